"""How submissions and their transfers stand: the one set of states that people and other systems are told.

Source:
    Circular 05/2025/TT-BNV, Articles 23 to 25; the words are those in use among reception systems.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from archive.archive import Archive
from archive.catalogue.submissions_values import (
    ActKind,
    RegisteredSubmission,
    SubmissionAct,
    SubmissionTotals,
    SubmittedTransfer,
    Verdict,
)
from archive.catalogue.values import TransferState
from ingest.reception.deadlines import Deadlines, deadlines
from ingest.reception.described import Described, DescribedDocument, failing_documents, read_described
from ingest.reports import findings_of
from model.findings import Finding
from model.text import language_in_force


class Status(StrEnum):
    """Where a submission, or a transfer of it, stands."""

    WAITING = "waiting"
    PROCESSING = "processing"
    PASSED = "passed"
    FAILED = "failed"
    COMPLETED = "completed"


STATUS_WORDS = {
    Status.WAITING: ("Chờ tiếp nhận", "waiting to be received"),
    Status.PROCESSING: ("Đang xử lý", "being processed"),
    Status.PASSED: ("Đạt", "passed"),
    Status.FAILED: ("Không đạt", "failed"),
    Status.COMPLETED: ("Hoàn thành", "completed"),
}
"""Words of a status in Vietnamese and English."""

_TAKEN_IN = frozenset((TransferState.APPROVED, TransferState.RESOLVED, TransferState.HELD_ALREADY))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A submission and how it stands now."""

    submission: RegisteredSubmission
    totals: SubmissionTotals
    approved_in_all: int
    """Case files approved in all submissions of the registration."""
    deadlines: Deadlines

    @property
    def status(self) -> Status:
        """Where it stands."""
        totals = self.totals
        if not totals.received:
            return Status.WAITING
        if totals.undecided:
            return Status.PROCESSING
        if totals.passed:
            return Status.PASSED
        return Status.COMPLETED if totals.concluded_at or totals.held or totals.approved else Status.FAILED

    @property
    def late(self) -> bool:
        """Whether anything of it is late."""
        due = self.deadlines
        return due.reply_late or due.hand_in_late or due.approval_late


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedCase:
    """A transfer with everything that was found and decided about it."""

    submitted: SubmittedTransfer
    findings: tuple[Finding, ...]
    refusing: frozenset[str]
    """Codes that refused it."""
    acts: tuple[SubmissionAct, ...]
    described: Described | None
    """None where it could not be read."""

    @property
    def officers(self) -> tuple[SubmissionAct, ...]:
        """What officers decided about the case file as a whole, oldest first."""
        return tuple(act for act in self.acts if act.kind is ActKind.CASE)

    def failed_by_hand(self) -> dict[int, SubmissionAct]:
        """Return the documents an officer failed and did not pass again."""
        last = {act.document: act for act in self.acts if act.document is not None}
        return {ordinal: act for ordinal, act in last.items() if act.verdict is Verdict.REFUSE}

    def documents(self, language: str) -> Iterator[tuple[DescribedDocument, tuple[str, ...]]]:
        """Yield each document with why it failed, as sentences; none where it passed.

        Source:
            Circular 05/2025/TT-BNV, Article 24.2.
        """
        if self.described is None:
            return
        found = failing_documents(self.findings, self.refusing, self.described.documents)
        by_hand = self.failed_by_hand()
        for item in self.described.documents:
            ordinal = item.document.ordinal
            reasons = [finding.message(language) for finding in found.get(ordinal, ())]
            reasons += [by_hand[ordinal].because] if ordinal in by_hand else []
            yield item, tuple(dict.fromkeys(reasons))

    def reasons(self, language: str) -> tuple[str, ...]:
        """Return why the case file as a whole did not pass, as sentences."""
        sentences = [item.message(language) for item in self.findings if item.code in self.refusing]
        sentences += [act.because for act in self.acts if act.verdict is Verdict.REFUSE and act.kind is ActKind.CASE]
        return tuple(dict.fromkeys(sentences))


def standing(archive: Archive, submission: RegisteredSubmission) -> Standing:
    """Return how a submission stands now, by the clock of the archive."""
    totals = archive.catalogue.submissions.totals(submission.id)
    return Standing(
        submission=submission,
        totals=totals,
        approved_in_all=archive.catalogue.submissions.approved(submission.code),
        deadlines=deadlines(submission, totals, archive.clock.now()),
    )


def judged(archive: Archive, submitted: SubmittedTransfer) -> JudgedCase:
    """Return everything that was found and decided about a transfer."""
    transfer = archive.catalogue.get_transfer(submitted.transfer_id)
    report = transfer.report if transfer is not None else ""
    refusing = json.loads(report)["decision"]["refusing"] if report else []
    return JudgedCase(
        submitted=submitted,
        findings=findings_of(report),
        refusing=frozenset(code for code, _count in refusing),
        acts=tuple(archive.catalogue.submissions.acts(submitted.transfer_id)),
        described=read_described(archive, submitted.transfer_id),
    )


def status_of(submitted: SubmittedTransfer) -> Status:
    """Return where a transfer stands."""
    if submitted.state in _TAKEN_IN:
        return Status.COMPLETED
    if submitted.refused:
        return Status.FAILED
    return Status.PROCESSING if submitted.undecided else Status.PASSED


def status_word(status: Status, language: str = "") -> str:
    """Return a status in words, in the language in force unless one is named."""
    vietnamese, english = STATUS_WORDS[status]
    return vietnamese if (language or language_in_force()) == "vi" else english
