"""The catalogue: what the archive holds, what was handed in, and what changed.

It can be made anew from the packages at any time; see docs/catalogue.md. SQLAlchemy is imported in
this folder only.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from archive.catalogue import (
    audit,
    counters,
    dump,
    evidence,
    feed,
    jobs,
    packages,
    reference,
    register,
    schema,
    signatures,
    transfers,
)
from archive.catalogue.accounts import AccountTable
from archive.catalogue.database import Database
from archive.catalogue.desk import DeskIndex
from archive.catalogue.disposal import StubTable
from archive.catalogue.evidence_values import EvidenceBatch, Seal, SealedVersion, WaitingVersion
from archive.catalogue.handovers import Handovers
from archive.catalogue.holds import HoldTable
from archive.catalogue.identifiers import DocumentIdentifiers
from archive.catalogue.retention import RetentionTable
from archive.catalogue.reviews import ReviewTable
from archive.catalogue.rows import transfer_row
from archive.catalogue.submissions import Submissions
from archive.catalogue.values import (
    Agency,
    AuditQuery,
    AuditRow,
    AuditState,
    Change,
    CopyVerification,
    DuplicateFile,
    Fonds,
    HeldCaseFile,
    HeldFile,
    HeldSignedFile,
    HoldingsCount,
    Job,
    PackageVersion,
    Registration,
    SignatureTotals,
    Transfer,
    TransferQuery,
)
from model.casefile import Document
from model.preservation import Event, EventType


def create_catalogue(url: str) -> "Catalogue":
    """Make a new catalogue in an empty database and open it.

    Args:
        url: `sqlite:///folder/catalogue.db` or `postgresql://user:password@server/database`.

    Raises:
        ConflictError: there is a catalogue already.
        ConfigurationError: the address, the folder or the database cannot be used.
        ExternalServiceError: the database server cannot be reached.
    """
    return _opened(url, schema.create)


def open_catalogue(url: str) -> "Catalogue":
    """Open a catalogue; an older one is brought up to date first, by one process while the others wait.

    Raises:
        ConfigurationError: there is none.
        UnsupportedVersionError: a newer program made it.
        ExternalServiceError: the database server cannot be reached.
    """
    return _opened(url, schema.open_existing)


def _opened(url: str, prepare: Any) -> "Catalogue":
    database = Database(url)
    try:
        prepare(database)
    except BaseException:
        database.close()
        raise
    return Catalogue(database)


class Catalogue:
    """One open catalogue; may be used by several threads, and opened in any number of processes at once.

    Every method raises StorageError when the database is locked for longer than half a minute, its disk
    is full or cannot be read, ExternalServiceError when its server cannot be reached, ConfigurationError
    when it cannot be written, and IntegrityError when it is damaged. Nothing was changed then.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._registrar = register.Registrar(database)
        self.desk = DeskIndex(database)
        self.accounts = AccountTable(database)
        self.retention = RetentionTable(database)
        self.holds = HoldTable(database)
        self.stubs = StubTable(database)
        self.reviews = ReviewTable(database)
        self.submissions = Submissions(database)
        self.identifiers = DocumentIdentifiers(database)
        self.handovers = Handovers(database)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Transfers

    def claim_transfer(self, transfer: Transfer) -> Transfer | None:
        """Record a transfer as being processed, unless another with the same fingerprint is, or was accepted.

        Of any number of processes that claim one fingerprint at once exactly one gets none.

        Args:
            transfer: recorded as PROCESSING whatever state it carries; one that is recorded as accepted
                already stays so. An empty fingerprint claims nothing.

        Returns:
            None when the claim holds, else the transfer that holds the fingerprint; nothing was recorded then.
        """
        return transfers.claim(self._database, transfer)

    def take_over_transfer(self, identifier: UUID, owner_seen: str, new_owner: str) -> bool:
        """Make somebody else the owner of a transfer that is processed or failed.

        Returns:
            Whether it still had the owner that was seen; false when somebody else was quicker.
        """
        with self._database.write() as connection:
            return transfers.take_over(connection, identifier, owner_seen, new_owner)

    def save_transfer(self, transfer: Transfer) -> None:
        """Record a transfer as it is given, new or known.

        Raises:
            ConflictError: it is processed or accepted, and another one with its fingerprint is so too.
        """
        with self._database.write() as connection:
            transfers.put(connection, transfer_row(transfer))

    def get_transfer(self, identifier: UUID) -> Transfer | None:
        """Return a transfer."""
        with self._database.read() as connection:
            return transfers.get(connection, identifier)

    def find_transfer(self, prefix: str) -> Transfer | None:
        """Return the transfer whose identifier begins with at least eight hexadecimal digits.

        Raises:
            ConflictError: several begin so.
        """
        with self._database.read() as connection:
            return transfers.find(connection, prefix)

    def find_accepted(self, fingerprint: str) -> Transfer | None:
        """Return the accepted transfer of the same case file with the same bytes."""
        with self._database.read() as connection:
            return transfers.accepted(connection, fingerprint)

    def list_transfers(self, query: TransferQuery) -> list[Transfer]:
        """Return transfers, newest first."""
        with self._database.read() as connection:
            return transfers.page(connection, query)

    # Packages

    def register(self, registration: Registration) -> None:
        """Add a package version with all that belongs to it, mark its transfer accepted, and announce it.

        One transaction: durable when this returns, invisible before. A version that is registered
        already is left as it is; only its transfer is marked accepted again if it was claimed since.

        Raises:
            ConflictError: another transfer with the same fingerprint is processed or accepted, or two
                documents have one position, or two files one path.
            InputError: a path cannot be kept as text.
        """
        self._registrar.register(registration)

    def find_case_by_code(self, code: str) -> list[HeldCaseFile]:
        """Return the case files with exactly this code, oldest first."""
        with self._database.read() as connection:
            return packages.by_code(connection, code)

    def find_case_files(self, identifier: str) -> list[HeldCaseFile]:
        """Return the case files a user may mean: case file code, identifier, or its first eight or more digits."""
        with self._database.read() as connection:
            return packages.by_identifier(connection, identifier)

    def get_case_file(self, aip_id: UUID) -> HeldCaseFile | None:
        """Return a case file."""
        with self._database.read() as connection:
            return packages.get_case_file(connection, aip_id)

    def find_duplicates(self, digests: Iterable[bytes]) -> Iterator[DuplicateFile]:
        """Yield for each SHA-256 digest that is held one file that has it; in no order."""
        return packages.find_duplicates(self._database, digests)

    def documents(self, aip_id: UUID, version: int | None = None) -> Iterator[Document]:
        """Yield the documents of a version, the newest unless named, in their order and in bounded memory."""
        return packages.stream_documents(self._database, aip_id, version)

    def files(self, aip_id: UUID, version: int | None = None) -> Iterator[HeldFile]:
        """Yield the files of a version, the newest unless named, by path and in bounded memory."""
        return packages.stream_files(self._database, aip_id, version)

    def document_files(self, aip_id: UUID, ordinal: int) -> list[HeldFile]:
        """Return the files of one document of the newest version, by path."""
        return list(packages.stream_files(self._database, aip_id, None, packages.of_document(ordinal)))

    def file_by_path(self, aip_id: UUID, path: str) -> HeldFile | None:
        """Return one file of the newest version by its path under `data/`."""
        return next(iter(list(packages.stream_files(self._database, aip_id, None, packages.at_path(path)))), None)

    def versions(self, aip_id: UUID) -> list[PackageVersion]:
        """Return the versions of a package, oldest first."""
        with self._database.read() as connection:
            return packages.versions(connection, aip_id)

    def iter_versions(self, after: tuple[UUID, int] | None, limit: int) -> list[PackageVersion]:
        """Return the next package versions behind one, by identifier and version."""
        with self._database.read() as connection:
            return packages.versions_after(connection, after, limit)

    def events(self, aip_id: UUID, version: int | None = None, kind: EventType | None = None) -> list[Event]:
        """Return the events of a package, or of one version of it, or of one type, oldest first."""
        with self._database.read() as connection:
            return packages.list_events(connection, aip_id, version, kind)

    def record_events(self, aip_id: UUID, version: int, events: Iterable[Event]) -> None:
        """Add events; one that is recorded already stays as it is. New verdicts they carry become the current ones.

        Raises:
            NotFoundError: no such package version.
        """
        with self._database.write() as connection:
            register.record_events(self._database, connection, aip_id, version, list(events))

    def signed_files(
        self, aip_id: UUID, version: int | None = None, *, by_document: bool = False
    ) -> Iterator[HeldSignedFile]:
        """Yield what is known about signatures, file by file, in bounded memory; the newest version unless named.

        Args:
            by_document: in the order of the documents, files of none first; else by path.
        """
        return signatures.stream(self._database, aip_id, version, by_document=by_document)

    def signature_totals(self, aip_id: UUID) -> SignatureTotals:
        """Return how the signatures of the newest version of a package stand."""
        with self._database.read() as connection:
            return signatures.totals(connection, aip_id)

    def signed_versions(self, after: tuple[UUID, int] | None, limit: int) -> list[PackageVersion]:
        """Return the newest versions of the next packages with signatures behind one, by identifier."""
        with self._database.read() as connection:
            return signatures.versions_after(connection, after, limit)

    def record_verifications(self, batch: Sequence[CopyVerification]) -> None:
        """Record when copies were compared last, and how it went.

        Raises:
            NotFoundError: no such package version; nothing of the batch was recorded.
        """
        with self._database.write() as connection:
            register.record_verifications(connection, batch)

    def counts(self) -> HoldingsCount:
        """Return how much is held: exact running totals, each package counted by its newest version."""
        with self._database.read() as connection:
            return counters.read(connection)

    # Change feed

    def changes(self, after: int, limit: int) -> list[Change]:
        """Return the changes behind a number, in order; none that becomes visible later has a lower number."""
        with self._database.read() as connection:
            return feed.after(connection, after, limit)

    def last_change(self) -> int:
        """Return the number of the newest change; 0 when there is none."""
        with self._database.read() as connection:
            return feed.last(connection)

    # Jobs

    def start_job(self, job: Job) -> None:
        """Record a new job.

        Raises:
            ConflictError: its identifier is taken.
        """
        with self._database.write() as connection:
            jobs.start(connection, job)

    def save_job(self, job: Job) -> None:
        """Record how far a job is.

        Raises:
            NotFoundError: it was never started.
        """
        with self._database.write() as connection:
            jobs.save(connection, job)

    def unfinished_job(self, kind: str) -> Job | None:
        """Return the newest job of a kind that is not done."""
        with self._database.read() as connection:
            return jobs.unfinished(connection, kind)

    # Evidence

    def add_authorities(self, names: Sequence[str]) -> None:
        """Let everything held and everything to come wait for a seal by authorities; known ones change nothing."""
        evidence.add_authorities(self._database, names)

    def waiting_for_seal(self, authority: str, after: int, limit: int) -> list[WaitingVersion]:
        """Return the next package versions that wait for an authority behind a number, in the order they came."""
        with self._database.read() as connection:
            return evidence.waiting(connection, authority, after, limit)

    def count_waiting(self, authority: str, most: int | None = None) -> int:
        """Return how many package versions wait for an authority, counting no further than `most`."""
        with self._database.read() as connection:
            return evidence.count_waiting(connection, authority, most)

    def oldest_waiting(self, authority: str) -> datetime | None:
        """Return since when the first of the package versions that wait for an authority is held."""
        with self._database.read() as connection:
            return evidence.oldest_waiting(connection, authority)

    def put_batch(self, batch: EvidenceBatch) -> None:
        """Record a batch of sealed packages; one that is recorded already stays as it is."""
        with self._database.write() as connection:
            evidence.put_batch(connection, batch)

    def add_sealed(self, batch: EvidenceBatch, sealed: Sequence[SealedVersion]) -> None:
        """Record that package versions are in a batch, with their events; doing so again changes nothing."""
        with self._database.write() as connection:
            evidence.add_sealed(connection, batch, sealed)

    def seals(self, aip_ids: Iterable[UUID]) -> dict[UUID, list[Seal]]:
        """Return the seals of packages, also of packages that are gone: by version, authority and chain."""
        with self._database.read() as connection:
            return evidence.seals(connection, aip_ids)

    def get_batch(self, batch_id: UUID) -> EvidenceBatch | None:
        """Return a batch."""
        with self._database.read() as connection:
            return evidence.get_batch(connection, batch_id)

    def evidence_batches(self) -> Iterator[EvidenceBatch]:
        """Yield every batch, oldest first."""
        return evidence.stream_batches(self._database)

    def batch_members(self, batch_id: UUID, after: tuple[UUID, int] | None, limit: int) -> list[tuple[UUID, int]]:
        """Return the next package versions of a batch behind one, by identifier and version."""
        with self._database.read() as connection:
            return evidence.members_after(connection, batch_id, after, limit)

    def unrenewed_members(self, batch_id: UUID, after: tuple[UUID, int] | None, limit: int) -> list[tuple[UUID, int]]:
        """Return those of the next package versions of a batch behind one that no later chain covers."""
        with self._database.read() as connection:
            return evidence.members_after(connection, batch_id, after, limit, unrenewed=True)

    def evidence_counts(self) -> tuple[int, int]:
        """Return how many batches there are, and how many packages are not sealed in their newest version."""
        with self._database.read() as connection:
            return evidence.counts(connection)

    def content_digests(self, aip_id: UUID, version: int, algorithm: str) -> Iterator[tuple[str, bytes]]:
        """Yield path in the container and digest (`sha256` or `sha512`) of each content file of a version."""
        return evidence.content_digests(self._database, aip_id, version, algorithm)

    # Audit log

    def audit_appending(self) -> AbstractContextManager[audit.AuditAppending]:
        """Hold the end of the audit log: of any number of processes one at a time."""
        return audit.appending(self._database)

    def audit_state(self) -> AuditState:
        """Return where the audit log ends."""
        with self._database.read() as connection:
            return audit.state(connection)

    def audit_page(self, query: AuditQuery) -> list[AuditRow]:
        """Return entries of the audit log, newest first."""
        with self._database.read() as connection:
            return audit.page(connection, query)

    def audit_after(self, seq: int, limit: int) -> list[AuditRow]:
        """Return the entries of the audit log behind a number, in order."""
        with self._database.read() as connection:
            return audit.rows_after(connection, seq, limit)

    def audit_hashes(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the hashes of the entries behind `start` up to `stop`, in order and in bounded memory."""
        return audit.hashes(self._database, start, stop)

    def unrecorded_packages(self, action: str, limit: int) -> list[tuple[UUID, datetime]]:
        """Return packages accepted since the audit log began of which it knows no such act, oldest first."""
        with self._database.read() as connection:
            return audit.unrecorded_packages(connection, action, limit)

    # Fonds, agencies, settings

    def put_fonds(self, fonds: Fonds) -> None:
        """Record a fonds, new or known by its code."""
        with self._database.write() as connection:
            reference.put_fonds(connection, fonds)

    def get_fonds(self, code: str) -> Fonds | None:
        """Return a fonds."""
        with self._database.read() as connection:
            return reference.get_fonds(connection, code)

    def list_fonds(self) -> list[Fonds]:
        """Return every fonds, by code."""
        with self._database.read() as connection:
            return reference.list_fonds(connection)

    def put_agency(self, agency: Agency) -> None:
        """Record an agency, new or known by its code."""
        with self._database.write() as connection:
            reference.put_agency(connection, agency)

    def get_agency(self, code: str) -> Agency | None:
        """Return the agency that has, or had, a code."""
        with self._database.read() as connection:
            return reference.get_agency(connection, code)

    def successor_chain(self, code: str) -> list[Agency]:
        """Return an agency and those that took its tasks over one after the other."""
        with self._database.read() as connection:
            return reference.successor_chain(connection, code)

    def agency_at(self, code: str, day: date) -> Agency | None:
        """Return who has the tasks of an agency on a day: itself, a successor, or nobody known."""
        with self._database.read() as connection:
            return reference.agency_at(connection, code, day)

    def put_setting(self, name: str, value: str) -> None:
        """Record a setting of the archive, such as its identifier."""
        with self._database.write() as connection:
            reference.put_setting(connection, name, value)

    def get_setting(self, name: str) -> str | None:
        """Return a setting."""
        with self._database.read() as connection:
            return reference.get_setting(connection, name)

    # Rebuild

    def dump(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Yield table and row in canonical order: what a rebuild from the packages must give again.

        Left out: the feed, jobs, settings, totals, internal numbers, the owner of a transfer, and when and
        how copies were compared.
        """
        return dump.dump(self._database)

    def clear(self) -> None:
        """Remove what registering the packages again brings back; only while nobody else uses the archive."""
        with self._database.write() as connection:
            dump.clear(self._database, connection)
