"""Verification of what is held: every copy against its digest, copies against the catalogue, and repair.

Quick: the digest of each stored container, at disk speed, without unpacking. Deep: also the bag, METS,
PREMIS and every member inside. Both name exactly which copy of which package is missing, changed
or unreadable, and deep verification which file in it; what lies in a store without being in the
catalogue is surplus.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from archive.archive import Archive
from archive.catalogue.values import CopyVerification, PackageVersion
from archive.findings import (
    COPY_CHANGED,
    COPY_MISSING,
    COPY_REPAIRED,
    COPY_UNREADABLE,
    COPY_UNREPAIRABLE,
    DIGEST_FILE_CHANGED,
    DIGEST_FILE_MISSING,
    MEMBER_DAMAGED,
)
from archive.keptcopies import check_kept_copies
from archive.layout import digest_key
from archive.pending import record_event
from archive.store.protocol import Store, StoreWriter
from archive.store.seekable import open_seekable
from model.errors import ArchiveError, NotFoundError, StorageError
from model.findings import Finding, Outcome, Severity, ValidationReport, finding_kinds, outcome_of
from model.fixity import SHA256, digest_stream, read_chunks
from model.identifiers import new_uuid
from model.preservation import Event, EventOutcome, EventType
from model.text import N_
from model.version import PROGRAM
from preservation.package.check import check_container

_FINDINGS_IN_EVENT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyCheck:
    """What one copy of one package version was found to be."""

    store: str
    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> Outcome:
        """Whether the copy is as it was written."""
        return outcome_of(self.findings)


def verify_version(
    archive: Archive, version: PackageVersion, *, deep: bool = False, repair: bool = False
) -> ValidationReport:
    """Verify every copy of one package version, and write the result down.

    Args:
        deep: also check the bag, METS, PREMIS and every member inside each copy.
        repair: restore a damaged or missing copy from a good one.

    Events:
        fixity check (in the journal) where damage was found; recovery where a copy was restored.
    """
    findings, results = check_version(archive, version, deep=deep, repair=repair)
    archive.catalogue.record_verifications(results)
    return ValidationReport.of(str(version.aip_id), findings, type=version.profile)


def check_version(
    archive: Archive, version: PackageVersion, *, deep: bool, repair: bool
) -> tuple[list[Finding], list[CopyVerification]]:
    """Check every copy of one package version; repair and journal damage, leave the catalogue to the caller."""
    checks = {store.name: check_copy(store, version, deep=deep) for store in archive.copies.stores}
    if archive.catalogue.stubs.get(version.aip_id) is not None:
        return [], []  # destroyed meanwhile: nothing of it may be brought back
    damaged = [check for check in checks.values() if check.outcome is Outcome.FAILED]
    findings = [finding for check in checks.values() for finding in check.findings]
    kept = list(check_kept_copies(archive, version.aip_id, version.version, repair=repair))
    if kept:
        _record_kept(archive, version, kept)
    if damaged:
        _record(archive, version, EventType.FIXITY_CHECK, EventOutcome.FAIL, findings)
    if damaged and repair:
        repaired = list(_repair(archive, version, checks, deep=deep))
        findings = [finding for check in checks.values() for finding in check.findings] + repaired
    return findings + kept, list(_results(archive, version, checks.values()))


def check_copy(store: Store, version: PackageVersion, *, deep: bool) -> CopyCheck:
    """Check one copy of one package version, reading from the medium where that can be asked for.

    A container that is not what was written is looked into even when `deep` is off, so that the
    damage is named by file.
    """
    location = f"{store.name}:{version.container_key}"
    try:
        findings = list(_check_digest_file(store, version))
        changed = list(_check_container(store, version, location))
        findings += changed
        if deep or changed:
            findings += list(_check_inside(store, version, location))
    except NotFoundError:
        findings = [COPY_MISSING.at(location, store=store.name)]
    except ArchiveError as error:
        findings = [COPY_UNREADABLE.at(location, store=store.name, why=error.message)]
    return CopyCheck(store=store.name, findings=tuple(findings))


def _check_container(store: Store, version: PackageVersion, location: str) -> Iterator[Finding]:
    with store.open(version.container_key, fresh=True) as stream:
        size, (digest,) = digest_stream(stream, (SHA256,))
    if size != version.container_size or digest.value != version.container_sha256:
        yield COPY_CHANGED.at(
            location, store=store.name, size=version.container_size, found_size=size, found=digest.hex
        )


def _check_inside(store: Store, version: PackageVersion, location: str) -> Iterator[Finding]:
    """Yield what is wrong inside a copy: each damaged file once, with the first thing that showed it."""
    with open_seekable(store, version.container_key) as stream:
        report = check_container(stream, location)
    seen = set()
    for finding in report.findings:
        if finding.severity is not Severity.ERROR:
            continue
        if finding.location not in seen:
            seen.add(finding.location)
            yield MEMBER_DAMAGED.at(
                f"{location}!{finding.location}", store=store.name, what=_in_short(finding), code=finding.code
            )


_SHORT = (
    (("changed", "differs"), N_("It was changed.")),
    (("missing",), N_("It is missing.")),
    (("surplus", "twice", "duplicate"), N_("It should not be there.")),
    (("unreadable", "truncated", "broken", "bomb", "tag-file", "line"), N_("It cannot be read.")),
)
"""What is wrong with a file, by words in the codes of findings whose own sentence has values of its own."""
_CONTRADICTS = N_("It contradicts the rest of the package.")


def _in_short(finding: Finding) -> str:
    """Return what is wrong as a sentence the catalogue knows, so that it can be read in any language later."""
    kind = finding_kinds().get(finding.code)
    if kind is not None and "{" not in kind.message:
        return kind.message
    name = finding.code.partition(".")[2]
    return next((short for words, short in _SHORT if any(word in name for word in words)), _CONTRADICTS)


def _check_digest_file(store: Store, version: PackageVersion) -> Iterator[Finding]:
    key = digest_key(version.container_key)
    location = f"{store.name}:{key}"
    try:
        with store.open(key) as stream:
            if stream.read(4096) != digest_line(version):
                yield DIGEST_FILE_CHANGED.at(location, store=store.name)
    except NotFoundError:
        yield DIGEST_FILE_MISSING.at(location, store=store.name)


def digest_line(version: PackageVersion) -> bytes:
    """Return the content of the digest file beside a container, in the form `sha256sum -c` reads."""
    return f"{version.container_sha256.hex()}  {PurePosixPath(version.container_key).name}\n".encode()


def _repair(
    archive: Archive, version: PackageVersion, checks: dict[str, CopyCheck], *, deep: bool
) -> Iterator[Finding]:
    """Restore each damaged copy from a good one; `checks` then holds what the restored copies are."""
    stores = {store.name: store for store in archive.copies.stores}
    good = next((store for name, store in stores.items() if _container_is_good(store, version)), None)
    for name, check in list(checks.items()):
        if check.outcome is not Outcome.FAILED:
            continue
        location = f"{name}:{version.container_key}"
        if good is None:
            yield COPY_UNREPAIRABLE.at(location, store=name, why=N_("no copy is whole"))
            continue
        try:
            _restore(good, stores[name], version)
        except ArchiveError as error:
            yield COPY_UNREPAIRABLE.at(location, store=name, why=error.message)
            continue
        checks[name] = check_copy(stores[name], version, deep=deep)
        finding = COPY_REPAIRED.at(location, store=name, good=good.name)
        _record(archive, version, EventType.RECOVERY, EventOutcome.SUCCESS, [finding])
        yield finding


def _container_is_good(store: Store, version: PackageVersion) -> bool:
    try:
        return not list(_check_container(store, version, ""))
    except ArchiveError:
        return False


def _restore(good: Store, bad: Store, version: PackageVersion) -> None:
    """Bring the container and its digest file of one store back to what was written."""
    if not _container_is_good(bad, version):
        with good.open(version.container_key) as source, _replacing(bad, version.container_key) as writer:
            for chunk in read_chunks(source):
                writer.write(chunk)
            writer.commit()
    key = digest_key(version.container_key)
    if list(_check_digest_file(bad, version)):
        with _replacing(bad, key) as writer:
            writer.write(digest_line(version))
            writer.commit()


def _replacing(store: Store, key: str) -> StoreWriter:
    return store.replace_damaged(key) if store.stat(key) is not None else store.create(key)


def _results(archive: Archive, version: PackageVersion, checks: Iterable[CopyCheck]) -> Iterator[CopyVerification]:
    now = archive.clock.now()
    for check in checks:
        codes = sorted({finding.code for finding in check.findings if finding.severity is Severity.ERROR})
        yield CopyVerification(
            aip_id=version.aip_id,
            version=version.version,
            store=check.store,
            time=now,
            outcome=check.outcome,
            detail=", ".join(codes),
        )


def _record_kept(archive: Archive, version: PackageVersion, findings: Sequence[Finding]) -> None:
    """Write down damage to archival copies, or that all of it was repaired."""
    failed = any(finding.severity is Severity.ERROR for finding in findings)
    outcome = EventOutcome.FAIL if failed else EventOutcome.SUCCESS
    _record(archive, version, EventType.FIXITY_CHECK if failed else EventType.RECOVERY, outcome, findings)


def _record(
    archive: Archive, version: PackageVersion, type_: EventType, outcome: EventOutcome, findings: Sequence[Finding]
) -> None:
    now = archive.clock.now()
    shown = [f"{finding.location}: {finding.message('en')}" for finding in findings[:_FINDINGS_IN_EVENT]]
    event = Event(
        id=new_uuid(now),
        type=type_,
        time=now,
        outcome=outcome,
        detail=f"{len(findings)} findings" if outcome is EventOutcome.FAIL else "copy restored from a good one",
        outcome_detail="; ".join(shown),
        agent=PROGRAM,
    )
    with suppress(StorageError):  # the store that is away is among what was found; the event waits for it
        record_event(archive, version.aip_id, version.version, event)
