"""Giving out a proof: a document or package with its evidence, and everything to verify it without this program.

Every byte is compared with its digest on the way, and the evidence is verified before anything is given out. Of a
package that is not sealed, or whose content is gone, the bundle says so plainly.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from archive.access.export import current_version, dissemination, find_one, from_a_good_copy, no_document
from archive.access.proof_parts import Members, proof_material, proof_reports, sealed_digests
from archive.access.writing import new_file, new_folder
from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile, HeldFile, PackageVersion
from archive.evidence.groups import bag_files, read_group
from archive.evidence.holding import held_objects
from archive.evidence.values import PackageKey
from archive.evidence.verified import PackageEvidence, package_evidence
from archive.pending import record_event
from archive.store.protocol import Store
from archive.store.seekable import open_seekable
from model.errors import IntegrityError, NotFoundError
from model.findings import Finding, Outcome, Severity, finding_kind
from model.text import N_
from preservation.evidence.findings import NOT_SEALED
from preservation.proof.bundle import ProofParts, ProofRecord, pack_bundle, write_bundle

GONE = finding_kind(
    "proof.content-gone",
    Severity.WARNING,
    N_("The content of this package is no longer held: it was destroyed, or lost. Its evidence is given out alone."),
    remedy=N_("Whoever has a copy of a file can prove with this evidence that it is one of those that were sealed."),
    undecided=True,
)
_LISTED = "sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a proof is about."""

    package: PackageKey
    held: HeldCaseFile | None = None
    """None where even the catalogue no longer knows the package: only its evidence is left."""
    version: PackageVersion | None = None
    gone: bool = False
    """No store holds the content."""

    @property
    def label(self) -> str:
        """What people call it."""
        if self.held is None:
            return f"{self.package.aip_id}, v{self.package.version}"
        case = self.held.case_file
        return f"{case.title} ({case.file_code}; {self.package.aip_id}, v{self.package.version})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofExport:
    """A proof that was given out."""

    path: Path
    files: int
    evidence: PackageEvidence
    findings: tuple[Finding, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Passed only when a record verifies and the content is there."""
        return Outcome.INDETERMINATE if self.findings else self.evidence.outcome


def proof_subject(archive: Archive, identifier: str) -> Subject:
    """Return what an identifier means, be it held or only its evidence.

    Raises:
        NotFoundError: no such package, and no evidence of one.
        ConflictError: the identifier means several.
    """
    try:
        held = find_one(archive, identifier)
    except NotFoundError:
        with suppress(ValueError):
            aip_id = UUID(identifier)
            seals = archive.catalogue.seals([aip_id]).get(aip_id, [])
            if seals:
                return Subject(package=PackageKey(aip_id, max(seal.version for seal in seals)), gone=True)
        raise
    version = current_version(archive, held)
    gone = archive.copies.stat(version.container_key) is None
    return Subject(package=PackageKey(held.aip_id, held.current_version), held=held, version=version, gone=gone)


def export_proof(archive: Archive, subject: Subject, target: Path, *, document: int | None = None) -> ProofExport:
    """Write a proof bundle.

    Args:
        target: a new folder; or, ending in `.zip`, a new file.
        document: only this document and its files, by its number in the case file.

    Raises:
        NotFoundError: no such document.
        ConflictError: the target exists.
        IntegrityError: the stored bytes or the evidence are not what they were; nothing is left behind.

    Events:
        dissemination.
    """
    if subject.gone or subject.version is None or subject.held is None:
        return _export_evidence(archive, subject, target, document)
    files = _files(archive, subject.held, document)
    wanted = None if document is None else {_in_bag(file) for file in files}
    expected = dict(read_group(archive, subject.version, _LISTED))
    walked = next((path for path in map(_in_bag, files) if not set(path) & set("\r\n")), "bagit.txt")
    export = _Export(archive=archive, subject=subject, version=subject.version, wanted=wanted, walked=walked)
    found: list[PackageEvidence] = []

    def write(store: Store) -> None:
        evidence = package_evidence(archive, subject.package, held_objects(store, export.version))
        _must_not_fail(evidence, subject)
        found[:] = [evidence]
        with open_seekable(store, export.version.container_key) as stream, _new_bundle(target) as give:
            members = Members(stream=stream, entries=dict(bag_files(stream)), sha256=expected)
            give(export.parts(members, evidence))
            what = "whole package" if document is None else f"document {document}"
            event = dissemination(archive, f"proof bundle ({what})")
            record_event(archive, subject.package.aip_id, subject.package.version, event)

    from_a_good_copy(archive, write)
    count = len(expected) if wanted is None else len(wanted)
    return ProofExport(path=target, files=count, evidence=found[0], findings=_findings(found[0]))


def _export_evidence(archive: Archive, subject: Subject, target: Path, document: int | None) -> ProofExport:
    """Write the evidence of a package whose content is gone."""
    if document is not None:
        raise NotFoundError(
            N_("The content of package {package} is no longer held, so no single document can be given out."),
            hint=N_("Give out the evidence of the whole package: leave --document away."),
            package=subject.package.aip_id,
        )
    evidence = package_evidence(archive, subject.package, ())
    if not evidence.records:
        raise NotFoundError(
            N_("The content of package {package} is no longer held, and it was never sealed: nothing proves it."),
            package=subject.package.aip_id,
        )
    _must_not_fail(evidence, subject)
    with _new_bundle(target) as give:
        material = proof_material(archive, evidence)
        parts = ProofParts(
            label=subject.label,
            created=archive.clock.now(),
            data=(),
            complete=False,
            records=_records(evidence),
            certificates=material.certificates,
            revocation_lists=material.crls,
            ocsp_responses=material.ocsps,
            reports=tuple(sealed_digests(archive, subject.package)),
        )
        give(parts)
        if subject.version is not None:
            event = dissemination(archive, "proof bundle (evidence alone: the content is gone)")
            record_event(archive, subject.package.aip_id, subject.package.version, event)
    return ProofExport(path=target, files=0, evidence=evidence, findings=(GONE.at(),))


@contextmanager
def _new_bundle(target: Path) -> Iterator[Callable[[ProofParts], None]]:
    """Yield what writes a bundle, which appears under its name only when the block ends well."""
    if target.suffix.lower() == ".zip":
        with new_file(target) as file:
            yield partial(pack_bundle, file, target.stem)
    else:
        with new_folder(target) as folder:
            yield partial(write_bundle, folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Export:
    """Everything that is known before the first byte is copied."""

    archive: Archive
    subject: Subject
    version: PackageVersion
    wanted: set[str] | None
    """Paths in the bag; none: everything."""
    walked: str

    def parts(self, members: Members, evidence: PackageEvidence) -> ProofParts:
        """Return the parts of the bundle, read from one copy of the container."""
        name = self.version.container_key.rpartition("/")[2]
        material = proof_material(self.archive, evidence)
        paths = members.entries if self.wanted is None else sorted(self.wanted)
        reports = proof_reports(self.archive, self.version, evidence, members, self._content())
        return ProofParts(
            label=self.subject.label,
            created=self.archive.clock.now(),
            data=tuple(members.file(path, path) for path in paths),
            complete=self.wanted is None,
            records=_records(evidence),
            certificates=material.certificates,
            revocation_lists=material.crls,
            ocsp_responses=material.ocsps,
            reports=tuple(reports),
            walked=self.walked,
            container=name,
            member_prefix=f"{name.removesuffix('.tar')}/",
        )

    def _content(self) -> set[str] | None:
        """Return the wanted files by their paths as reports name them."""
        if self.wanted is None:
            return None
        files = self.archive.catalogue.files(self.version.aip_id, self.version.version)
        return {file.object.path for file in files if _in_bag(file) in self.wanted}


def _files(archive: Archive, held: HeldCaseFile, document: int | None) -> list[HeldFile]:
    """Return the files of a document, or of the first one of a case file that has files."""
    if document is not None:
        files = archive.catalogue.document_files(held.aip_id, document)
        if not files:
            raise no_document(held, document)
        return files
    first = (one for one in archive.catalogue.documents(held.aip_id, held.current_version) if one.files)
    return [file for one in first for file in archive.catalogue.document_files(held.aip_id, one.ordinal)][:1]


def _in_bag(file: HeldFile) -> str:
    return file.container_path.partition("/")[2]


def _records(evidence: PackageEvidence) -> tuple[ProofRecord, ...]:
    return tuple(ProofRecord(authority=one.record.authority, content=one.record.content) for one in evidence.records)


def _findings(evidence: PackageEvidence) -> tuple[Finding, ...]:
    """Return what keeps the proof from being one."""
    if not evidence.records:
        return (NOT_SEALED.at(),)
    return () if evidence.outcome is Outcome.PASSED else tuple(dict.fromkeys(evidence.records[0].report.findings))


def _must_not_fail(evidence: PackageEvidence, subject: Subject) -> None:
    if evidence.records and evidence.outcome is Outcome.FAILED:
        raise IntegrityError(
            N_("The evidence of package {package} does not prove what is stored; no proof is given out."),
            hint=N_("Run `chauban evidence verify {package}` to see why, and `chauban verify --all --repair`."),
            package=subject.package.aip_id,
        )
