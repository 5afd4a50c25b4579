"""Writes a dissemination package: what somebody who asked for a case file is handed.

Source:
    Circular 05/2025/TT-BNV, Annex V; E-ARK DIP 2.2.0; docs/format/dip-v1.md
"""

import re
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from model.dates import PartialDate
from model.errors import InputError
from model.preservation import Event
from model.text import N_
from preservation.package.giving import Add, GivingPlan, HandedFile, Wording, write_given
from preservation.package.profiles import DIP_PROFILES, Profile, profile_named
from preservation.package.simpledc import simpledc

__all__ = ("AccessRequest", "DipPlan", "HandedFile", "write_dip")

PURPOSES = ("01", "02", "03")
"""Purposes of a request: personal, official, special official (`purpose` of Annex V)."""
OFFICIAL = "02"
_LENGTHS = (100, 10, 2, 500, 2, 250, 2000)
"""Characters at most of the elements of a request, in their order."""
FEES = tuple(f"{number:02d}" for number in range(1, 11))
"""Codes of who asks, which decides the fee (`feeObjectType` of Annex V)."""
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """What somebody asked for and why: the 7 elements of `EAD.xml` in a dissemination package.

    Source:
        Circular 05/2025/TT-BNV, Annex V.
    """

    request_id: str = ""
    """At most 100 characters; the identifier of the package stands for an empty one."""
    request_date: PartialDate | None = None
    """To the day; the day of the package when none is given."""
    purpose: str = OFFICIAL
    """One of `PURPOSES`."""
    purpose_content: str = ""
    """At most 500 characters."""
    fee_object_type: str = ""
    """01 to 10, or empty."""
    research_topic: str = ""
    """At most 250 characters."""
    description: str = ""
    """At most 2000 characters."""

    def __post_init__(self) -> None:
        """See that the circular's schema can hold the request.

        Raises:
            InputError: a text is too long or holds control characters, or a code is unknown.
        """
        for limit, (name, value) in zip(_LENGTHS, self.elements("-", "01/01/2000"), strict=True):
            if len(value) > limit or _UNWRITABLE.search(value):
                raise InputError(
                    N_("{name} of the request has more than {limit} characters, or characters that cannot be written."),
                    hint=N_("Shorten or correct it."),
                    name=name,
                    limit=limit,
                )
        if self.purpose not in PURPOSES or self.fee_object_type not in ("", *FEES):
            raise InputError(
                N_("The request has an unknown code: purpose {purpose}, fee {fee}."),
                hint=N_("Purposes are 01 personal, 02 official, 03 special official; fees are 01 to 10."),
                purpose=self.purpose,
                fee=self.fee_object_type,
            )

    def elements(self, identifier: str, day: str) -> tuple[tuple[str, str], ...]:
        """Return the elements in the order of the schema.

        Args:
            identifier: stands for a request without one.
            day: `DD/MM/YYYY`, stands for a request without a date.
        """
        return (
            ("requestID", self.request_id or identifier),
            ("requestDate", self.request_date.vietnamese if self.request_date else day),
            ("purpose", self.purpose),
            ("purposeContent", self.purpose_content),
            ("feeObjectType", self.fee_object_type),
            ("researchTopic", self.research_topic),
            ("description", self.description),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DipPlan(GivingPlan):
    """Everything a dissemination package is made of; `profile` is that of the archival package."""

    aip_id: UUID
    """Of the archival package the content comes from."""
    version: int
    """Of the archival package."""
    request: AccessRequest
    event: Event
    """The handing out, as the archive records it."""


def write_dip(plan: DipPlan, staging: Path, add: Add) -> str:
    """Hand every file of a dissemination package to `add`.

    Args:
        staging: an existing folder for what does not fit into memory; nothing stays there.

    Returns:
        Name of the package's folder, which every path begins with: OBJID, `:` written `_`.

    Raises:
        ValueError: the plan has no files.
        IntegrityError: a path of the plan leads out of the package.
        ConfigurationError: the profile is unknown.
    """
    profile = profile_named(plan.profile, DIP_PROFILES)
    record_ids = [("CHAUBAN-AIP", f"{plan.aip_id}-v{plan.version:05d}")]
    if plan.request.request_id:
        record_ids.append(("CHAUBAN-REQUEST", plan.request.request_id))
    wording = Wording(
        profile=profile,
        describe=lambda: _request(plan, profile),
        readme=lambda objid: _readme(plan, objid),
        event=plan.event,
        record_ids=tuple(record_ids),
    )
    return write_given(plan, wording, staging, add)


def _request(plan: DipPlan, profile: Profile) -> str:
    day = plan.created.astimezone(profile.zone).strftime("%d/%m/%Y")
    return simpledc("../../schemas/EAD.xsd", plan.request.elements(profile.cased(str(plan.package_id)), day))


_TEXT = """\
GÓI TÀI LIỆU LƯU TRỮ SỬ DỤNG / DISSEMINATION PACKAGE
{rule}
{objid}
{title}

TIẾNG VIỆT
Gói này là bản giao cho người sử dụng, lấy từ gói lưu trữ {aip} (phiên bản {version}).

- Tài liệu: thư mục representations/rep1/data, đúng từng byte như trong kho lưu trữ.
- Mô tả: thư mục metadata/descriptive và representations/rep1/metadata/descriptive.
- Mô tả đầy đủ, dùng cho máy: documentation/hoso.json.
- Mã băm SHA-256 của từng tệp: representations/rep1/METS.xml. Tên gốc, định dạng: PREMIS_rep1.xml.

ENGLISH
This package was made to be handed out, from archival package {aip} (version {version}).

- The documents: folder representations/rep1/data, byte for byte as the archive keeps them.
- What they are: folders metadata/descriptive and representations/rep1/metadata/descriptive.
- The whole description, for machines: documentation/hoso.json.
- SHA-256 digest of each file: representations/rep1/METS.xml. Original names, formats: PREMIS_rep1.xml.

Chuẩn / standards: METS, PREMIS 3, E-ARK CSIP. Profile {profile}.
"""


def _readme(plan: DipPlan, objid: str) -> str:
    title = " ".join(f"{plan.case_file.file_code} {plan.case_file.title}".split())
    return _TEXT.format(
        rule="=" * 52,
        objid=objid,
        title=title.encode("utf-8", "backslashreplace").decode("utf-8"),
        aip=plan.aip_id,
        version=plan.version,
        profile=plan.profile,
    )
