"""Writes a dissemination package: what somebody who asked for a case file is handed.

Everything that describes the content is generated first, from digests that are known already; then all
files are handed to the caller one after the other, in memory that does not grow with the case file.

Source:
    Circular 05/2025/TT-BNV, Annex V; E-ARK DIP 2.2.0; docs/format/dip-v1.md
"""

import re
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.errors import InputError, IntegrityError
from model.identifiers import derived_uuids
from model.preservation import Agent, AgentType, Event, FileObject
from model.text import N_
from model.version import PROGRAM
from preservation.package.blob import Blob, Sums
from preservation.package.descriptive import Ead3, disseminated_simpledc, simpledc
from preservation.package.mets import REPRESENTATION, Heading, Listed, RepresentationMets, root_mets
from preservation.package.premis import DATA, RepresentationPremis, package_premis
from preservation.package.profiles import DIP_PROFILES, Profile, profile_named, schema_bytes
from preservation.package.tree import unsafe_name
from preservation.package.tt05 import DISSEMINATION, case_elements

PURPOSES = ("01", "02", "03")
"""Purposes of a request: personal, official, special official (`purpose` of Annex V)."""
OFFICIAL = "02"
_FEES = ("", *(f"{number:02d}" for number in range(1, 11)))
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_REP = f"representations/{REPRESENTATION}/"
_PREMIS = "metadata/preservation/PREMIS.xml"
_PREMIS_REP = f"metadata/preservation/PREMIS_{REPRESENTATION}.xml"
_README = "documentation/README.txt"

Add = Callable[[str, int, Iterable[bytes]], object]
"""Takes one file: path from the folder above the package, size in bytes, content in pieces."""


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
        for element, (name, value) in zip(case_elements(DISSEMINATION), self.elements("-", "01/01/2000"), strict=True):
            if len(value) > element.length or _UNWRITABLE.search(value):
                raise InputError(
                    N_("{name} of the request has more than {limit} characters, or characters that cannot be written."),
                    hint=N_("Shorten or correct it."),
                    name=name,
                    limit=element.length,
                )
        if self.purpose not in PURPOSES or self.fee_object_type not in _FEES:
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


class HandedFile(NamedTuple):
    """A content file and how to get at its bytes."""

    object: FileObject
    content: Callable[[], Iterable[bytes]]
    """Yields the bytes; raises when they are not those that were taken in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DipPlan:
    """Everything a dissemination package is made of."""

    dip_id: UUID
    aip_id: UUID
    """Of the archival package the content comes from."""
    version: int
    """Of the archival package."""
    profile: str
    """Of the archival package, `vn-tt05` or `eark`; the dissemination package follows the same norm."""
    policy: str
    created: datetime
    """Aware, UTC."""
    request: AccessRequest
    case_file: CaseFile
    documents: Iterable[Document]
    """Iterated several times; `files` are paths of `files`."""
    files: Iterable[HandedFile]
    """Iterated twice; sorted by path, at least one."""
    event: Event
    """The handing out, as the archive records it."""
    software_version: str = ""


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
    with ExitStack() as stack:
        build = _Build(plan, staging, stack)
        build.write(add)
        return build.folder


class _Part(NamedTuple):
    """A file that describes the content, or goes with it."""

    path: str
    sums: Sums
    chunks: Callable[[], Iterable[bytes]]
    mime: str = "text/xml"

    @property
    def listed(self) -> Listed:
        """The part as METS lists it."""
        return Listed(path=self.path, sums=self.sums, mime=self.mime)


class _Build:
    def __init__(self, plan: DipPlan, staging: Path, stack: ExitStack) -> None:
        self.plan = plan
        self.staging = staging
        self.stack = stack
        self.profile = profile_named(plan.profile, DIP_PROFILES)
        self.folder = self.profile.folder(plan.dip_id)
        self.heading = _heading(plan, self.profile)
        self.mets_rep = RepresentationMets(staging, self.heading)
        stack.callback(self.mets_rep.close)

    def write(self, add: Add) -> None:
        """Generate what describes the content, then hand over everything, METS first."""
        premis_rep = self._files()
        descriptive = self._describe()
        for part in self._parts(premis_rep, descriptive):
            add(f"{self.folder}/{part.path}", part.sums.size, part.chunks())
        if self.profile.one_file_per_document:
            for document in self.plan.documents:
                content = disseminated_simpledc(document).encode("utf-8")
                add(f"{self.folder}/{_REP}{_document_path(document)}", len(content), [content])
        for file in self.plan.files:
            add(f"{self.folder}/{DATA}{file.object.path}", file.object.size, file.content())

    def _files(self) -> Blob:
        premis = RepresentationPremis(self.heading, [self.plan.event])
        blob = self._blob()
        blob.write(premis.head())
        count = 0
        for file in self.plan.files:
            _check_path(file.object.path)
            file_id = self._file_id(file.object.path)
            blob.write(premis.file(file.object, file_id))
            self.mets_rep.add_file(file.object, file_id)
            count += 1
        if not count:
            raise ValueError("a package without files")
        blob.write(premis.tail())
        return blob

    def _describe(self) -> Blob:
        """Describe every document; return the package's own description: the request, or the case file."""
        plan, blob = self.plan, self._blob()
        if self.profile.one_file_per_document:
            day = plan.created.astimezone(self.profile.zone).strftime("%d/%m/%Y")
            identifier = self.profile.cased(str(plan.dip_id))
            blob.write(simpledc("../../schemas/EAD.xsd", plan.request.elements(identifier, day)))
            for document in plan.documents:
                sums = Sums.of(disseminated_simpledc(document).encode("utf-8"))
                listed = Listed(path=_document_path(document), sums=sums, mime="text/xml")
                self.mets_rep.add_document(document.ordinal, listed, map(self._file_id, document.files))
            return blob
        software = f"{PROGRAM} {plan.software_version}".strip()
        ead3 = Ead3(blob, plan.case_file, objid=self.heading.objid, created=plan.created, software=software)
        for document in plan.documents:
            ead3.add(document)
        ead3.finish()
        return blob

    def _parts(self, premis_rep: Blob, descriptive: Blob) -> list[_Part]:
        """Put PREMIS and both METS together, the representation's first: the package's METS tells its digest."""
        premis = self._blob()
        agent = Agent(identifier=PROGRAM, name="Châu Bản", type=AgentType.SOFTWARE, version=self.plan.software_version)
        for text in package_premis(self.heading, [self.plan.event], [agent], self._file_id):
            premis.write(text)
        mets_rep = self._blob()
        self.mets_rep.finish(mets_rep, _of_blob(_PREMIS_REP, premis_rep).listed)
        parts = [
            _of_blob(f"metadata/descriptive/{self.profile.case_file_name}", descriptive),
            _of_blob(_PREMIS, premis),
            _of_blob(f"{_REP}METS.xml", mets_rep),
        ]
        schemas = [
            _of_bytes(f"schemas/{schema.name}", schema_bytes(schema.resource), "application/xml")
            for schema in self.profile.schemas
        ]
        readme = _of_bytes(_README, _readme(self.plan, self.heading).encode("utf-8"), "text/plain")
        mets = self._blob()
        mets.write(
            root_mets(
                self.heading,
                description=parts[0].listed,
                premis=parts[1].listed,
                representation=parts[2].listed,
                schemas=[schema.listed for schema in schemas],
                documentation=[readme.listed],
            )
        )
        return [_of_blob("METS.xml", mets), *parts, _of_blob(_REP + _PREMIS_REP, premis_rep), *schemas, readme]

    def _file_id(self, path: str) -> str:
        return self.heading.new_id(DATA + path)

    def _blob(self) -> Blob:
        blob = Blob(self.staging)
        self.stack.callback(blob.close)
        return blob


def _heading(plan: DipPlan, profile: Profile) -> Heading:
    derive = derived_uuids(plan.dip_id)
    record_ids = [("CHAUBAN-AIP", f"{plan.aip_id}-v{plan.version:05d}")]
    if plan.request.request_id:
        record_ids.append(("CHAUBAN-REQUEST", plan.request.request_id))
    return Heading(
        profile=profile,
        objid=profile.objid(plan.dip_id),
        representation_id=profile.cased(derive(REPRESENTATION)),
        version=1,
        policy=plan.policy,
        created=plan.created,
        case_file=plan.case_file,
        software_version=plan.software_version,
        new_id=lambda name: profile.cased(derive(name)),
        record_ids=tuple(record_ids),
    )


def _of_blob(path: str, blob: Blob) -> _Part:
    return _Part(path, blob.sums(), blob.chunks)


def _of_bytes(path: str, content: bytes, mime: str) -> _Part:
    return _Part(path, Sums.of(content), lambda: [content], mime)


def _document_path(document: Document) -> str:
    return f"metadata/descriptive/EAD_doc_{document.ordinal:07d}.xml"


def _check_path(path: str) -> None:
    """See that a path stays in the package, whatever the catalogue was rebuilt from."""
    if unsafe_name(path) is not None or any(part in ("", ".") for part in path.split("/")):
        raise IntegrityError(
            N_("The archive names a file outside its package: {path}."),
            hint=N_("Run `chauban verify` on the package and tell the person responsible."),
            path=path,
        )


_TEXT = """\
GÓI TÀI LIỆU LƯU TRỮ SỬ DỤNG / DISSEMINATION PACKAGE
{rule}
{objid}
{title}

TIẾNG VIỆT
Gói này là bản giao cho người sử dụng, lấy từ gói lưu trữ {aip} (phiên bản {version}).

- Tài liệu: thư mục representations/rep1/data, đúng từng byte như trong kho lưu trữ.
- Mô tả: thư mục metadata/descriptive và representations/rep1/metadata/descriptive.
- Mã băm SHA-256 của từng tệp: representations/rep1/METS.xml. Tên gốc, định dạng: PREMIS_rep1.xml.

ENGLISH
This package was made to be handed out, from archival package {aip} (version {version}).

- The documents: folder representations/rep1/data, byte for byte as the archive keeps them.
- What they are: folders metadata/descriptive and representations/rep1/metadata/descriptive.
- SHA-256 digest of each file: representations/rep1/METS.xml. Original names, formats: PREMIS_rep1.xml.

Chuẩn / standards: METS, PREMIS 3, E-ARK CSIP. Profile {profile}.
"""


def _readme(plan: DipPlan, heading: Heading) -> str:
    title = " ".join(f"{plan.case_file.file_code} {plan.case_file.title}".split())
    return _TEXT.format(
        rule="=" * 52,
        objid=heading.objid,
        title=title.encode("utf-8", "backslashreplace").decode("utf-8"),
        aip=plan.aip_id,
        version=plan.version,
        profile=plan.profile,
    )
