"""One function for every act on the archive, so that none is reported done that is not in the audit log."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from uuid import UUID

from archive.archive import Archive
from archive.audit.values import Action, ActOutcome, Detail, new_act
from archive.findings import COPY_REPAIRED, OBJECT_RESTORED
from model.errors import ArchiveError, ExternalServiceError
from model.findings import Outcome, ValidationReport


def record_act(
    archive: Archive,
    action: Action,
    object_: object,
    *,
    outcome: ActOutcome = ActOutcome.DONE,
    because: str = "",
    details: Mapping[str, Detail] | None = None,
) -> None:
    """Enter an act into the audit log; it is in every store when this returns.

    Args:
        object_: identifier of what was acted on; never a title, a file name or a person's name.
        because: the reason given.

    Raises:
        StorageError: it cannot be recorded now, so it must not be reported done. It stays noted.
        IntegrityError: the log was tampered with.
    """
    archive.audit.record(
        new_act(action, str(object_), time=archive.clock.now(), outcome=outcome, reason=because, details=details)
    )


def note_act(
    archive: Archive,
    action: Action,
    object_: object,
    *,
    identifier: UUID | None = None,
    outcome: ActOutcome = ActOutcome.DONE,
    because: str = "",
    details: Mapping[str, Detail] | None = None,
) -> None:
    """Note an act that is entered together with others by `archive.audit.flush()`, before it is reported done.

    Raises:
        StorageError: the archive's folder cannot be written.
    """
    now = archive.clock.now()
    archive.audit.note(
        new_act(action, str(object_), time=now, outcome=outcome, reason=because, details=details, identifier=identifier)
    )


def record_finding(
    archive: Archive,
    action: Action,
    object_: object,
    outcome: ActOutcome,
    details: Mapping[str, Detail] | None = None,
) -> None:
    """Enter what a check found; when it found damage and a store is away, the entry waits for the store.

    Raises:
        StorageError: nothing was found, and this cannot be recorded.
    """
    try:
        record_act(archive, action, object_, outcome=outcome, details=details)
    except ExternalServiceError:
        if outcome is ActOutcome.DONE:
            raise


def recorded_verifications(
    archive: Archive, object_: object, reports: Iterable[ValidationReport], *, deep: bool
) -> Iterator[ValidationReport]:
    """Yield the reports of a verification of what is held; at its end enter it, and each package repaired by it.

    Raises:
        StorageError: no damage was found, and this cannot be recorded.
    """
    outcomes, repaired = {Outcome.PASSED}, 0
    for report in reports:
        outcomes.add(report.outcome)
        restored = sum(finding.code in {COPY_REPAIRED.code, OBJECT_RESTORED.code} for finding in report.findings)
        if restored:
            repaired += restored
            of_archive = report.type == "archive"
            subject = archive.configuration.archive_id if of_archive else report.subject
            note_act(archive, Action.REPAIR, subject, details={"copies": restored})
        yield report
    outcome = next(found for severest, found in _SEVEREST if severest in outcomes)
    record_finding(archive, Action.VERIFY, object_, outcome, {"deep": deep, "repaired": repaired})


_SEVEREST = (
    (Outcome.FAILED, ActOutcome.DAMAGE),
    (Outcome.INDETERMINATE, ActOutcome.UNDECIDED),
    (Outcome.PASSED, ActOutcome.DONE),
)


@contextmanager
def acting(
    archive: Archive,
    action: Action,
    object_: object,
    *,
    because: str = "",
    details: Mapping[str, Detail] | None = None,
) -> Iterator[None]:
    """Enter the act of the block: done when it ends, failed when an error ends it.

    Raises:
        StorageError: the act was done and cannot be recorded.
    """
    try:
        yield
    except ArchiveError as error:
        failed = {**(details or {}), "error": error.code}
        with suppress(ArchiveError):  # the error that ended the act is the one to tell of
            record_act(archive, action, object_, outcome=ActOutcome.FAILED, because=because, details=failed)
        raise
    record_act(archive, action, object_, because=because, details=details)


def current_head(archive: Archive) -> bytes:
    """Return the head of the audit log in canonical form: what evidence seals."""
    return archive.audit.head().content
