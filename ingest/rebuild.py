"""The catalogue, made again from the stores alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from archive.accounts.accounts import restore_accounts
from archive.archive import REBUILDING, Archive
from archive.audit.recording import record_act
from archive.audit.values import Action, ActOutcome
from archive.catalogue.values import (
    HeldCaseFile,
    HeldFile,
    PackageVersion,
    Registration,
    StoredCopy,
    Transfer,
)
from archive.disposal.stubs import is_being_destroyed, restore_stubs, restore_their_transfers
from archive.evidence.rebuilding import restore_evidence
from archive.handover.records import restore_handovers
from archive.journal import read_journal
from archive.layout import AIPS, digest_key
from archive.registry.registry import ensure_fonds, restore
from archive.retention.decisions import restore_retention
from archive.retention.holding import restore_holds
from archive.review.recording import restore_reviews
from archive.signatures.values import held_signed_file
from archive.store.protocol import StoredObject
from archive.store.seekable import open_seekable
from ingest.desk.rebuilding import restore_desk
from ingest.reception.restoring import restore_decisions, restore_submissions
from ingest.refuse import record_transfer
from ingest.reports import transfer_from_report
from ingest.transfers import stored_transfers
from model.errors import ArchiveError, IntegrityError, NotFoundError
from model.fixity import SHA256, digest_stream
from model.text import N_, _
from preservation.package.reader import ReadPackage, read_package
from preservation.package.signature_reader import PackagedSignatures


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildProblem:
    """A container that could not be read back."""

    key: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuild brought back."""

    packages: int
    transfers: int
    problems: tuple[RebuildProblem, ...]


def rebuild(archive: Archive) -> Rebuilt:
    """Empty the catalogue and fill it from the stores.

    While it runs the archive says that it is being rebuilt; a killed rebuild is started again. A
    container that cannot be read is reported and left where it is.
    """
    archive.catalogue.put_setting(REBUILDING, "1")
    archive.catalogue.clear()
    archive.catalogue.put_setting(REBUILDING, "1")
    archive.catalogue.put_setting("archive-id", str(archive.configuration.archive_id))
    archive.catalogue.put_setting("feed-id", str(uuid4()))
    problems, packages = [], 0
    restore_stubs(archive)
    for item in _containers(archive):
        if is_being_destroyed(archive, item.key):
            continue
        try:
            _register(archive, item)
            packages += 1
        except ArchiveError as error:
            problems.append(RebuildProblem(key=item.key, why=error.message))
    restore(archive)
    problems += [RebuildProblem(key=key, why=why) for key, why in restore_desk(archive)]
    restore_accounts(archive)
    restore_holds(archive)
    restore_retention(archive)
    archive.catalogue.reviews.clear()
    problems += [RebuildProblem(key=key, why=why) for key, why in restore_reviews(archive)]
    problems += [RebuildProblem(key=key, why=why) for key, why in restore_evidence(archive)]
    problems += [RebuildProblem(key=key, why=why) for key, why in restore_handovers(archive)]
    restore_submissions(archive)
    transfers = 0
    for transfer in stored_transfers(archive):
        record_transfer(transfer, archive)
        transfers += 1
    restore_their_transfers(archive)
    restore_decisions(archive)
    problems += [RebuildProblem(key=key, why=_(why)) for key, why in archive.audit.restore()]
    archive.catalogue.put_setting(REBUILDING, "")
    record_act(
        archive,
        Action.REBUILD,
        archive.configuration.archive_id,
        outcome=ActOutcome.DAMAGE if problems else ActOutcome.DONE,
        details={"packages": packages, "transfers": transfers, "problems": len(problems)},
    )
    return Rebuilt(packages=packages, transfers=transfers, problems=tuple(problems))


def _containers(archive: Archive) -> Iterator[StoredObject]:
    return (item for item in archive.copies.list(AIPS) if item.key.endswith(".tar"))


def _register(archive: Archive, item: StoredObject) -> None:
    sha256 = _recorded_digest(archive, item.key)
    with open_seekable(archive.copies, item.key) as stream:
        package = read_package(stream)
        transfer = transfer_from_report(_report(package, item.key))
        archive.catalogue.register(_registration(archive, item, sha256, package, transfer))
        ensure_fonds(archive, package.case_file.fonds_code)


def _registration(
    archive: Archive, item: StoredObject, sha256: bytes, package: ReadPackage, transfer: Transfer
) -> Registration:
    journal = [event for version, event in read_journal(archive.copies, package.aip_id) if version == package.version]
    return Registration(
        held=HeldCaseFile(
            aip_id=package.aip_id,
            case_file=package.case_file,
            transfer_id=transfer.id,
            accepted_at=package.created,
            current_version=package.version,
        ),
        version=PackageVersion(
            aip_id=package.aip_id,
            version=package.version,
            profile=package.profile,
            policy=package.policy,
            created=package.created,
            container_key=item.key,
            container_size=item.size,
            container_sha256=sha256,
            file_count=transfer.files,
            byte_count=transfer.bytes,
            text_offset=package.text_offset,
            text_size=package.text_size,
            copies=tuple(StoredCopy(store=store.name) for store in archive.copies.stores),
        ),
        documents=package.documents,
        files=(HeldFile(object=file, container_path=path, offset=offset) for file, path, offset in package.files),
        events=(*package.events, *journal),
        transfer=transfer,
        signatures=(held_signed_file(record.report) for record in PackagedSignatures(package).records()),
    )


def _report(package: ReadPackage, key: str) -> bytes:
    report = package.report
    if report is None:
        raise IntegrityError(N_("{key} holds no ingest report."), hint=N_("Restore it from a good copy."), key=key)
    return report


def _recorded_digest(archive: Archive, key: str) -> bytes:
    """Return the container's digest: from the digest file beside it, else by reading the container."""
    try:
        with archive.copies.open(digest_key(key)) as stream:
            return bytes.fromhex(stream.read(64).decode("ascii"))
    except NotFoundError:
        with archive.copies.open(key) as stream:
            _size, (digest,) = digest_stream(stream, (SHA256,))
        return digest.value
    except ValueError as exc:
        raise IntegrityError(
            N_("The digest file of {key} is unreadable."), hint=N_("Restore it from a backup."), key=key
        ) from exc
