"""What packages that leave the archive have in common: submissions to others, and packages for those who asked.

Everything that describes the content is generated first, from digests that are known already; then all
files are handed to the caller one after the other, in memory that does not grow with the case file.

Source:
    E-ARK CSIP 2.2.0; docs/format/sip-v1.md; docs/format/dip-v1.md
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from model.casefile import CaseFile, Document
from model.errors import IntegrityError
from model.fixity import CHUNK
from model.identifiers import derived_uuids
from model.preservation import Agent, AgentType, Event, FileObject
from model.text import N_
from model.version import PROGRAM
from preservation.package.blob import Blob, Sums
from preservation.package.descriptive import Ead3
from preservation.package.giving_json import HOSO, Hoso
from preservation.package.mets import REPRESENTATION, HeadAgent, Heading, Listed, RepresentationMets, root_mets
from preservation.package.plan import ExtraFile
from preservation.package.premis import DATA, RepresentationPremis, package_premis
from preservation.package.profiles import Profile, schema_bytes
from preservation.package.simpledc import document_path, document_simpledc
from preservation.package.tree import unsafe_name

_REP = f"representations/{REPRESENTATION}/"
_PREMIS = "metadata/preservation/PREMIS.xml"
_PREMIS_REP = f"metadata/preservation/PREMIS_{REPRESENTATION}.xml"
DOCUMENTATION = "documentation/"
_README = DOCUMENTATION + "README.txt"

Add = Callable[[str, int, Iterable[bytes]], object]
"""Takes one file: path from the folder above the package, size in bytes, content in pieces."""


class HandedFile(NamedTuple):
    """A content file and how to get at its bytes."""

    object: FileObject
    content: Callable[[], Iterable[bytes]]
    """Yields the bytes; raises when they are not those that were taken in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivingPlan:
    """What every package that is given out is made of; the same plan gives the same bytes."""

    package_id: UUID
    profile: str
    """`vn-tt05` or `eark`."""
    policy: str
    created: datetime
    """Aware, UTC."""
    case_file: CaseFile
    documents: Iterable[Document]
    """Iterated several times; `files` are paths of `files`."""
    files: Iterable[HandedFile]
    """Iterated twice; sorted by path, at least one."""
    extras: tuple[ExtraFile, ...] = ()
    """Files for `documentation/`."""
    software_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What one kind of package says of itself and does not share with the others."""

    profile: Profile
    describe: Callable[[], str]
    """Returns `EAD.xml`; not asked where the profile describes everything in one finding aid."""
    readme: Callable[[str], str]
    """Returns `documentation/README.txt` for an OBJID."""
    event: Event | None = None
    """What is told in PREMIS, where the profile has one."""
    record_ids: tuple[tuple[str, str], ...] = ()
    record_status: str = ""
    parties: tuple[HeadAgent, ...] = ()


def write_given(plan: GivingPlan, wording: Wording, staging: Path, add: Add) -> str:
    """Hand every file of a package to `add`.

    Args:
        staging: an existing folder for what does not fit into memory; nothing stays there.

    Returns:
        Name of the package's folder, which every path begins with: OBJID, `:` written `_`.

    Raises:
        ValueError: the plan has no files, or an extra file has no place in a package.
        IntegrityError: a path of the plan leads out of the package.
    """
    with ExitStack() as stack:
        build = _Build(plan, wording, staging, stack)
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
    def __init__(self, plan: GivingPlan, wording: Wording, staging: Path, stack: ExitStack) -> None:
        self.plan = plan
        self.wording = wording
        self.staging = staging
        self.stack = stack
        self.profile = wording.profile
        self.folder = self.profile.folder(plan.package_id)
        self.heading = _heading(plan, wording)
        self.events = [wording.event] if wording.event else []
        self.mets_rep = RepresentationMets(staging, self.heading)
        self.forms: set[str] = set()
        stack.callback(self.mets_rep.close)

    def write(self, add: Add) -> None:
        """Generate what describes the content, then hand over everything, METS first."""
        premis_rep = self._files()
        descriptive, hoso = self._describe()
        for part in self._parts(premis_rep, descriptive, hoso):
            add(f"{self.folder}/{part.path}", part.sums.size, part.chunks())
        if self.profile.one_file_per_document:
            for document in self.plan.documents:
                content = self._document(document)
                add(f"{self.folder}/{_REP}{document_path(document)}", len(content), [content])
        for file in self.plan.files:
            add(f"{self.folder}/{DATA}{file.object.path}", file.object.size, file.content())

    def _document(self, document: Document) -> bytes:
        return document_simpledc(document, self.plan.case_file, self.profile.package_type).encode("utf-8")

    def _files(self) -> Blob:
        """List every file; return `PREMIS_rep1.xml`, which nobody reads where the profile has none."""
        premis = RepresentationPremis(self.heading, self.events)
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

    def _describe(self) -> tuple[Blob, Blob]:
        """Describe every document; return the package's own description, and everything as JSON."""
        plan, blob, lines = self.plan, self._blob(), self._blob()
        hoso = Hoso(lines, plan.case_file)
        ead3 = None
        if self.profile.one_file_per_document:
            blob.write(self.wording.describe())
        else:
            software = f"{PROGRAM} {plan.software_version}".strip()
            ead3 = Ead3(blob, plan.case_file, objid=self.heading.objid, created=plan.created, software=software)
        for document in plan.documents:
            hoso.add(document)
            self.forms.add(document.form)
            if ead3 is not None:
                ead3.add(document)
                continue
            listed = Listed(path=document_path(document), sums=Sums.of(self._document(document)), mime="text/xml")
            files = ((path, self._file_id(path)) for path in document.files)
            self.mets_rep.add_document(document.ordinal, listed, files)
        hoso.finish()
        if ead3 is not None:
            ead3.finish()
        return blob, lines

    def _parts(self, premis_rep: Blob, descriptive: Blob, hoso: Blob) -> list[_Part]:
        """Put PREMIS and both METS together, the representation's first: the package's METS tells its digest."""
        description = _of_blob(f"metadata/descriptive/{self.profile.case_file_name}", descriptive)
        premis = self._premis()
        rep_premis = _of_blob(_PREMIS_REP, premis_rep) if premis else None
        mets_rep = self._blob()
        self.mets_rep.finish(mets_rep, rep_premis.listed if rep_premis else None)
        representation = _of_blob(f"{_REP}METS.xml", mets_rep)
        schemas = [
            _of_bytes(f"schemas/{schema.name}", schema_bytes(schema.resource), "application/xml")
            for schema in self.profile.schemas_of(loose=self.heading.loose, forms=self.forms)
        ]
        documentation = self._documentation(hoso)
        mets = self._blob()
        mets.write(
            root_mets(
                self.heading,
                description=description.listed,
                premis=premis.listed if premis else None,
                representation=representation.listed,
                schemas=[schema.listed for schema in schemas],
                documentation=[part.listed for part in documentation],
            )
        )
        preservation = [premis, rep_premis._replace(path=_REP + _PREMIS_REP)] if premis and rep_premis else []
        return [_of_blob("METS.xml", mets), description, representation, *preservation, *schemas, *documentation]

    def _premis(self) -> _Part | None:
        if not self.profile.premis:
            return None
        version = self.plan.software_version
        agent = Agent(identifier=PROGRAM, name="Châu Bản", type=AgentType.SOFTWARE, version=version)
        blob = self._blob()
        for text in package_premis(self.heading, self.events, [agent], self._file_id):
            blob.write(text)
        return _of_blob(_PREMIS, blob)

    def _documentation(self, hoso: Blob) -> list[_Part]:
        readme = self.wording.readme(self.heading.objid).encode("utf-8")
        parts = [
            _of_bytes(_README, readme, "text/plain"),
            _of_blob(HOSO, hoso)._replace(mime="application/json"),
        ]
        for extra in self.plan.extras:
            _check_path(extra.path)
            if not extra.path.startswith(DOCUMENTATION) or any(part.path == extra.path for part in parts):
                raise ValueError(f"an extra file cannot have the path {extra.path!r}")
            parts.append(_of_file(extra))
        return parts

    def _file_id(self, path: str) -> str:
        return self.heading.new_id(DATA + path)

    def _blob(self) -> Blob:
        blob = Blob(self.staging)
        self.stack.callback(blob.close)
        return blob


def _heading(plan: GivingPlan, wording: Wording) -> Heading:
    derive = derived_uuids(plan.package_id)
    profile = wording.profile
    return Heading(
        profile=profile,
        objid=profile.objid(plan.package_id),
        representation_id=profile.cased(derive(REPRESENTATION)),
        version=1,
        policy=plan.policy,
        created=plan.created,
        case_file=plan.case_file,
        software_version=plan.software_version,
        new_id=lambda name: profile.cased(derive(name)),
        record_ids=wording.record_ids,
        record_status=wording.record_status,
        parties=wording.parties,
    )


def _of_blob(path: str, blob: Blob) -> _Part:
    return _Part(path, blob.sums(), blob.chunks)


def _of_bytes(path: str, content: bytes, mime: str) -> _Part:
    return _Part(path, Sums.of(content), lambda: [content], mime)


def _of_file(extra: ExtraFile) -> _Part:
    def chunks() -> Iterable[bytes]:
        with extra.content.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                yield chunk

    return _Part(extra.path, Sums.of_chunks(chunks()), chunks, extra.mime)


def _check_path(path: str) -> None:
    """See that a path stays in the package, whatever the catalogue was rebuilt from."""
    if unsafe_name(path) is not None or any(part in ("", ".") for part in path.split("/")):
        raise IntegrityError(
            N_("The archive names a file outside its package: {path}."),
            hint=N_("Run `chauban verify` on the package and tell the person responsible."),
            path=path,
        )
