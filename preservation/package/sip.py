"""Writes a submission package: what is handed over to another system, such as a historical archive.

Source:
    Circular 05/2025/TT-BNV, Annexes III (`SIP_hoso`) and IV (`SIP_tailieu`); E-ARK SIP 2.2.0;
    docs/format/sip-v1.md
"""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from model.preservation import Event
from preservation.package.giving import Add, GivingPlan, HandedFile, Wording, write_given
from preservation.package.mets import HeadAgent
from preservation.package.profiles import SIP_PROFILES, profile_named
from preservation.package.simpledc import SUBMISSION, case_file_simpledc

__all__ = ("RECORD_STATUSES", "HandedFile", "SipPlan", "Submitter", "write_sip")

RECORD_STATUSES = ("NEW", "SUPPLEMENT", "REPLACEMENT", "TEST", "OTHER")
"""What a submission is (`RECORDSTATUS`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitter:
    """An agency that submits, or that is to receive (SIP15-18, SIP26-31)."""

    name: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SipPlan(GivingPlan):
    """Everything a submission package is made of; a case file with a `source` is one of loose documents."""

    registration: str = ""
    """Registration code of the submission, the `SUBMISSIONAGREEMENT`; the circular's packages name the case file's
    code where there is none."""
    record_status: str = "NEW"
    """One of `RECORD_STATUSES`."""
    submitter: Submitter | None = None
    """The agency of the case file when none is given."""
    receiver: Submitter | None = None
    aip_id: UUID | None = None
    """Of the archival package the content comes from."""
    version: int = 0
    """Of the archival package."""
    event: Event | None = None
    """The handing over; told in PREMIS where the norm has one (E-ARK)."""


def write_sip(plan: SipPlan, staging: Path, add: Add) -> str:
    """Hand every file of a submission package to `add`.

    Args:
        staging: an existing folder for what does not fit into memory; nothing stays there.

    Returns:
        Name of the package's folder, which every path begins with: the OBJID.

    Raises:
        ValueError: the plan has no files, or its record status is unknown.
        IntegrityError: a path of the plan leads out of the package.
        ConfigurationError: the profile is unknown.
    """
    if plan.record_status not in RECORD_STATUSES:
        raise ValueError(f"unknown record status {plan.record_status!r}")
    wording = Wording(
        profile=profile_named(plan.profile, SIP_PROFILES),
        describe=lambda: case_file_simpledc(plan.case_file, SUBMISSION),
        readme=lambda objid: _readme(plan, objid),
        event=plan.event,
        record_ids=_record_ids(plan),
        record_status=plan.record_status,
        parties=_parties(plan),
    )
    return write_given(plan, wording, staging, add)


def _record_ids(plan: SipPlan) -> tuple[tuple[str, str], ...]:
    code = plan.case_file.file_code
    agreement = plan.registration or (code if plan.profile != "eark" else "")
    ids = [("SUBMISSIONAGREEMENT", agreement)]
    if plan.profile == "eark":
        ids.append(("REFERENCECODE", code))
    if plan.aip_id is not None:
        ids.append(("CHAUBAN-AIP", f"{plan.aip_id}-v{plan.version:05d}"))
    return tuple((kind, text) for kind, text in ids if text)


def _parties(plan: SipPlan) -> tuple[HeadAgent, ...]:
    """Return who submits (SIP15-20) and who is to preserve (SIP26-31)."""
    case_file = plan.case_file
    name = case_file.agency_name or case_file.agency_code or case_file.fonds_code
    submitter = plan.submitter or (Submitter(name=name, code=case_file.agency_code) if name else None)
    parties = (("CREATOR", submitter), ("PRESERVATION", plan.receiver))
    return tuple(HeadAgent(role=role, name=party.name, code=party.code) for role, party in parties if party)


_TEXT = """\
GÓI HỒ SƠ, TÀI LIỆU NỘP / SUBMISSION PACKAGE
{rule}
{objid}
{title}

TIẾNG VIỆT
Gói này dùng để nộp hồ sơ, tài liệu vào một lưu trữ hoặc chuyển sang hệ thống khác.

- Tài liệu: thư mục representations/rep1/data.
- Mô tả: thư mục metadata/descriptive và representations/rep1/metadata/descriptive.
- Mô tả đầy đủ, dùng cho máy: documentation/hoso.json.
- Mã băm SHA-256 của từng tệp: representations/rep1/METS.xml.

ENGLISH
This package was made to hand records over to an archive, or to another system.

- The documents: folder representations/rep1/data.
- What they are: folders metadata/descriptive and representations/rep1/metadata/descriptive.
- The whole description, for machines: documentation/hoso.json.
- SHA-256 digest of each file: representations/rep1/METS.xml.

Chuẩn / standards: METS, E-ARK CSIP. Profile {profile}.
"""


def _readme(plan: SipPlan, objid: str) -> str:
    title = " ".join(f"{plan.case_file.file_code} {plan.case_file.title}".split())
    return _TEXT.format(
        rule="=" * 44,
        objid=objid,
        title=title.encode("utf-8", "backslashreplace").decode("utf-8"),
        profile=plan.profile,
    )
