"""Archival copies (PAdES-B-LTA) of the signed PDFs of a held case file: given out, and on request kept beside it.

The package itself never changes.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from archive.access.export import current_version, dissemination, write_file
from archive.access.writing import must_be_new, new_file
from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile, HeldFile, PackageVersion
from archive.configuration import Configuration, TimestampAuthoritySetting
from archive.keptcopies import digest_detail
from archive.layout import augmented_key
from archive.pending import complete_pending, record_event
from archive.signatures.stored import stored_signatures
from model.dates import utc_text
from model.errors import ArchiveError, ConfigurationError, InputError, NotFoundError, PolicyError
from model.fixity import read_chunks
from model.identifiers import new_uuid
from model.preservation import Event, EventOutcome, EventType
from model.text import N_
from model.version import PROGRAM
from preservation.signatures.augment import AugmentReport, AugmentSettings, augment_pdf
from preservation.signatures.checker import SignatureChecker, StoredSignatures
from preservation.signatures.detect import SignedKind
from preservation.signatures.judging.tokens import token_check
from preservation.signatures.policy import load_signature_policy
from preservation.timestamps.client import TimestampAuthority, TimestampClient
from preservation.trust.collect import FetchingCollector
from preservation.trust.fetch import Fetcher

IN_PDF = ("sha256", "sha384", "sha512")
"""Digest algorithms of document timestamps that PDF readers know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentRequest:
    """What copies are asked for."""

    document: int | None = None
    """Only of the signed PDFs of this document."""
    target: Path | None = None
    """A new file for one copy, else a folder in which the copies get the names of their documents."""
    keep: bool = False
    """Keep them beside the package."""
    allow_indeterminate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmented:
    """One signed PDF of a case file, and what became of its copy."""

    path: str
    """Of the document, in the case file."""
    report: AugmentReport | None = None
    written: Path | None = None
    """Where the copy was given out."""
    key: str = ""
    """Under which it is kept in every store."""
    problem: ArchiveError | None = None
    """Why there is no copy."""


def augment(
    archive: Archive, held: HeldCaseFile, request: AugmentRequest, environment: Mapping[str, str] = os.environ
) -> Iterator[Augmented]:
    """Make archival copies; yield what became of each signed PDF, in the order of their names.

    Raises:
        NotFoundError: the case file, or the document, has no signed PDF.
        ConfigurationError: no timestamp authority is configured, or one in a way that cannot be used.
        TimestampError: no authority gave a timestamp.
        ConflictError: a target exists.
        IntegrityError, StorageError: a stored document cannot be read, or a copy not be kept.

    Events:
        creation (in the journal) for each copy kept; dissemination for those given out.
    """
    version = current_version(archive, held)
    files = _signed_pdfs(archive, held, request.document)
    targets = _targets(list(files), request.target)
    settings = _usable(archive.configuration)
    authorities = [_authority(setting, archive.folder, environment) for setting in settings]
    complete_pending(archive)
    fetcher = _fetcher(archive)
    with (
        SignatureChecker(
            archive.configuration.signatures.trust_folder(archive.folder),
            archive.configuration.signatures.policy_file(archive.folder),
            fetcher=fetcher,
            clock=archive.clock,
        ) as checker,
        stored_signatures(archive, version) as stored,
    ):
        check = token_check(
            checker.trust,
            checker.policy,
            archive.clock.now,
            lambda: FetchingCollector(fetcher.fetch) if fetcher else None,
        )
        work = _Work(
            archive=archive,
            version=version,
            checker=checker,
            authority=TimestampClient(authorities, check, clock=archive.clock),
            settings=AugmentSettings(algorithm=settings[0].algorithm, allow_indeterminate=request.allow_indeterminate),
            keep=request.keep,
        )
        for record in stored.records():
            path = record.report.file.path
            if path in targets:
                known = StoredSignatures(file=record.report.file, material=stored.material(record))
                yield work.copy(files[path], known, targets[path])


def _signed_pdfs(archive: Archive, held: HeldCaseFile, document: int | None) -> dict[str, HeldFile]:
    """Return the signed PDFs of a case file, or of one document, by path."""
    catalogue = archive.catalogue
    signed = catalogue.signed_files(held.aip_id, held.current_version)
    paths = {file.path for file in signed if file.kind == SignedKind.PDF and file.signatures}
    if document is not None:
        paths &= {file.object.path for file in catalogue.document_files(held.aip_id, document)}
    found = (catalogue.file_by_path(held.aip_id, path) for path in sorted(paths))
    files = {file.object.path: file for file in found if file is not None}
    if files:
        return files
    if document is not None:
        raise NotFoundError(
            N_("Document {ordinal} of case file {code} has no signed PDF."),
            hint=N_("`chauban signature show {code}` shows what is signed."),
            ordinal=document,
            code=held.case_file.file_code,
        )
    raise NotFoundError(
        N_("Case file {code} has no signed PDF."),
        hint=N_("`chauban signature show {code}` shows what is signed."),
        code=held.case_file.file_code,
    )


def _targets(paths: Sequence[str], target: Path | None) -> dict[str, Path | None]:
    """Return where each copy goes; see that nothing is there."""
    if target is None:
        return dict.fromkeys(paths)
    single = len(paths) == 1 and not target.is_dir()
    targets: dict[str, Path | None] = {path: target if single else target / path for path in paths}
    for place in targets.values():
        if place is not None:
            must_be_new(place)
    return targets


def _usable(configuration: Configuration) -> list[TimestampAuthoritySetting]:
    """Return the authorities to be asked: those of the first algorithm that PDF readers know.

    Where none is named for documents, those that seal packages are asked.
    """
    settings = configuration.timestamp_authorities or tuple(_sealing(configuration))
    known = [setting for setting in settings if setting.algorithm in IN_PDF]
    if known:
        return [setting for setting in known if setting.algorithm == known[0].algorithm]
    raise ConfigurationError(
        N_("No timestamp authority is configured that stamps with {algorithms}."),
        hint=N_("Name one in chauban.toml, under [[timestamp_authority]]."),
        algorithms=", ".join(IN_PDF),
    )


def _sealing(configuration: Configuration) -> Iterator[TimestampAuthoritySetting]:
    for authority in configuration.evidence.authorities:
        for address in authority.addresses:
            yield TimestampAuthoritySetting(name=authority.name, algorithm=authority.algorithm, **asdict(address))


def _authority(setting: TimestampAuthoritySetting, folder: Path, environment: Mapping[str, str]) -> TimestampAuthority:
    return TimestampAuthority(
        url=setting.url,
        user=_secret(setting.user_env, setting, environment),
        password=_secret(setting.password_env, setting, environment),
        client_certificate=folder / setting.client_certificate if setting.client_certificate else None,
        tls_authorities=folder / setting.tls_authorities if setting.tls_authorities else None,
        timeout=setting.timeout,
        policy=setting.policy,
    )


def _secret(variable: str, setting: TimestampAuthoritySetting, environment: Mapping[str, str]) -> str:
    if variable and variable not in environment:
        raise ConfigurationError(
            N_("The environment variable {variable} for the timestamp authority {authority} is not set."),
            hint=N_("Set it for the account that runs the program."),
            variable=variable,
            authority=setting.name,
        )
    return environment[variable] if variable else ""


def _fetcher(archive: Archive) -> Fetcher | None:
    settings = archive.configuration.signatures
    fetching = load_signature_policy(settings.policy_file(archive.folder)).fetch
    return Fetcher(fetching, archive.fetched_folder, archive.clock) if settings.fetch and fetching.enabled else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    archive: Archive
    version: PackageVersion
    checker: SignatureChecker
    authority: TimestampClient
    settings: AugmentSettings
    keep: bool

    def copy(self, file: HeldFile, stored: StoredSignatures, target: Path | None) -> Augmented:
        """Make the copy of one signed PDF; one that cannot have any does not keep the others from having theirs."""
        path = file.object.path
        with tempfile.TemporaryDirectory(prefix="chauban-") as folder:
            source, made = Path(folder) / "original.pdf", Path(folder) / "copy.pdf"
            write_file(self.archive, self.version, file, source)
            try:
                report = augment_pdf(
                    source,
                    made,
                    name=path,
                    checker=self.checker,
                    authority=self.authority,
                    stored=stored,
                    settings=self.settings,
                )
            except (PolicyError, InputError) as problem:
                return Augmented(path=path, problem=problem)
            key = self._kept(path, made, report) if self.keep else ""
            if target is not None:
                self._given_out(path, made, target)
        return Augmented(path=path, report=report, written=target, key=key)

    def _kept(self, path: str, made: Path, report: AugmentReport) -> str:
        """Put a copy into every store, and only then say in the journal that it is there."""
        key = augmented_key(self.version.aip_id, self.version.version, report.sha256)
        with made.open("rb") as source, self.archive.copies.create(key) as writer:
            for chunk in read_chunks(source):
                writer.write(chunk)
            writer.commit()
        now = self.archive.clock.now()
        event = Event(
            id=new_uuid(now),
            type=EventType.CREATION,
            time=now,
            outcome=EventOutcome.SUCCESS,
            detail=f"archival copy (PAdES-B-LTA) of a signed PDF, the original unchanged; document timestamp of"
            f" {report.timestamp.authority} at {utc_text(report.timestamp.time)}",
            outcome_detail=digest_detail(report.sha256),
            agent=PROGRAM,
            subject=path,
        )
        record_event(self.archive, self.version.aip_id, self.version.version, event)
        return key

    def _given_out(self, path: str, made: Path, target: Path) -> None:
        with made.open("rb") as source, new_file(target) as file:
            for chunk in read_chunks(source):
                file.write(chunk)
        event = dissemination(self.archive, f"archival copy of {path}")
        record_event(self.archive, self.version.aip_id, self.version.version, event)
