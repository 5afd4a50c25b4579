"""Receiving under a submission: every check of an ingest, then custody instead of a package.

What passes waits for approval, kept exactly as refused transfers are; what fails is refused and kept with
its reasons. Handing the same thing in again, from the same place, changes nothing.

Source:
    Circular 05/2025/TT-BNV, Article 24.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from archive.archive import Archive
from archive.catalogue.submissions_values import AnnouncedItem, RegisteredSubmission
from archive.catalogue.values import Transfer, TransferState
from archive.layout import shared_table_key
from ingest.claims import end_abandoned, is_alive
from ingest.pipeline import Ingest, Judged, end_for_another
from ingest.policy import Action, Decision, IntakePolicy, decide
from ingest.reception import findings as kinds
from ingest.reception.described import described_in, failing_documents, submission_keys, write_described
from ingest.refuse import DESCRIPTION, Keeping, conclude, refuse
from ingest.reports import reception_more, report_text, summary
from ingest.sources.findings import CASE_CODE_HELD
from ingest.sources.findings import DUPLICATE_IN_ARCHIVE as FILE_HELD
from ingest.sources.values import Submission
from ingest.values import IngestReport, ReceptionNote
from ingest.workspace import Workspace
from model.casefile import CaseFile
from model.elements import code_word
from model.errors import ConflictError, NotFoundError
from model.findings import Finding, FindingLog
from model.text import N_

RELEVANT_SHARE = 0.5
"""Share of a case file's files held already from which an officer decides about it."""

_PATIENCE = 60.0
_PAUSE = 0.1


def receiving(archive: Archive, submission_id: UUID) -> "Receiving":
    """Return what receives under a registered submission.

    Raises:
        NotFoundError: there is none.
    """
    submission = archive.catalogue.submissions.get(submission_id)
    if submission is None:
        raise NotFoundError(
            N_("There is no submission {submission}."),
            hint=N_("`chauban submission list` shows them."),
            submission=submission_id,
        )
    return Receiving(archive=archive, submission=submission)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """The reception of one submission: what `ingest.pipeline.Reception` asks for."""

    archive: Archive
    submission: RegisteredSubmission
    tables: dict[tuple[Path, int], str] = field(default_factory=dict)
    """Keys of tables that were kept already, by path and time of change."""

    def known(self, transfer: Transfer, source: Submission, policy: str) -> IngestReport | None:
        """Return what became of the same hand-in before; one that was refused is judged again by another policy."""
        for before in self.archive.catalogue.submissions.marked(self.submission.id, self._mark(transfer, source)):
            judged_alike = before.state is TransferState.REFUSED and _policy_of(before.report) == policy
            if judged_alike or before.state in _STANDING:
                return summary(before)
        return None

    def note(self, transfer: Transfer, source: Submission) -> ReceptionNote:
        """Return what the report of a transfer that cannot be looked into says of the submission."""
        return ReceptionNote(submission=self.submission.id, mark=self._mark(transfer, source).hex())

    def held(self, transfer: Transfer, other: Transfer, source: Submission, workspace: Workspace) -> IngestReport:
        """Record that the archive holds the same case file with the same bytes: there is nothing to decide."""
        archive = self.archive
        held = replace(
            transfer,
            state=TransferState.HELD_ALREADY,
            aip_id=other.aip_id,
            decided_at=archive.clock.now(),
            owner="",
        )
        log = FindingLog()
        package, files = str(other.aip_id), transfer.files
        log.add(kinds.DUPLICATE_IN_ARCHIVE.at(code=other.case_code, package=package, held=files, files=files))
        documents = sum(1 for _ in archive.catalogue.documents(other.aip_id)) if other.aip_id else 0
        note = replace(self.note(transfer, source), documents=documents)
        report = report_text(held, log, Decision(accepted=True, policy=""), reception_more(note))
        return conclude(replace(held, report=report), archive, workspace)

    def settle(self, judged: Judged, workspace: Workspace, run: Ingest) -> IngestReport:
        """Refuse a transfer, or keep it until its submission is approved."""
        archive, log, policy = self.archive, judged.log, run.options.policy
        described = workspace.path / DESCRIPTION
        write_described(described, judged.case_file, judged.examined)
        documents = sum(1 for _ in judged.examined.documents)
        log.extend(self._registered(judged, documents))
        log.extend(_held_in_archive(judged))
        transfer = replace(judged.transfer, decided_at=archive.clock.now())
        decision = decide(log, policy)
        if decision.accepted:
            keys = submission_keys(transfer.fingerprint, judged.case_file, described_in(described))
            other = self._claim(transfer, list(keys))
            if other is not None:
                log.add(kinds.DUPLICATE_IN_SUBMISSION.at(transfer=other.id, code=other.case_code))
                decision = decide(log, _always_refusing(policy))
        refusing = frozenset(code for code, _count in decision.refusing)
        note = replace(
            self.note(transfer, judged.submission),
            documents=documents,
            failed=len(failing_documents(log, refusing, described_in(described))),
            waits=decision.accepted and any(code in kinds.WAITING for code, _severity in log.counts),
            table=self._shared_table(judged.submission),
            table_code=judged.submission.case_code,
        )
        received = judged.received
        keeping = Keeping(transfer, judged.submission, received.files, received.descriptor, restorable=True)
        if not decision.accepted:
            return refuse(transfer, log, decision, archive, workspace, keeping, note)
        awaiting = replace(transfer, state=TransferState.AWAITING, kept_key=keeping.key, owner="")
        report = report_text(awaiting, log, decision, reception_more(note))
        return conclude(replace(awaiting, report=report), archive, workspace, keeping)

    def _registered(self, judged: Judged, documents: int) -> Iterator[Finding]:
        """Yield how a case file differs from what was registered."""
        case_file, submission = judged.case_file, self.submission
        named = judged.received.description.registration
        if named and named != submission.code:
            yield kinds.REGISTRATION_DIFFERS.at(found=named, registered=submission.code)
        if case_file.agency_code and case_file.agency_code != submission.agency_code:
            place = "caseFile/agencyCode"
            yield kinds.AGENCY_DIFFERS.at(place, found=case_file.agency_code, registered=submission.agency_code)
        if submission.fonds and case_file.fonds_code and case_file.fonds_code != submission.fonds:
            yield kinds.FONDS_DIFFERS.at("caseFile/fondsCode", found=case_file.fonds_code, registered=submission.fonds)
        if submission.listed:
            item = self.archive.catalogue.submissions.item(submission.id, case_file.file_code)
            if item is None:
                yield kinds.NOT_ANNOUNCED.at("caseFile/fileCode", code=case_file.file_code)
            else:
                yield from announced_differences(item, case_file, documents)

    def _claim(self, transfer: Transfer, keys: list[bytes]) -> Transfer | None:
        """Claim what may be in the submission once, waiting a while for a living process that may give it up.

        Returns:
            None when this transfer holds it all, else the one that stands already.
        """
        deadline = time.monotonic() + _PATIENCE
        catalogue = self.archive.catalogue
        while True:
            identifier = catalogue.submissions.claim_keys(self.submission.id, transfer.id, keys)
            other = catalogue.get_transfer(identifier) if identifier is not None else None
            if other is None and identifier is None:
                return None
            if other is not None and other.state is not TransferState.PROCESSING:
                return other
            if other is not None and not is_alive(other, self.archive):
                end_abandoned(other, self.archive, end_for_another)
            elif time.monotonic() > deadline:
                raise ConflictError(
                    N_("Another process is taking in the same case file (transfer {transfer})."),
                    hint=N_("Wait until it has ended, then run the command again: it will say what became of it."),
                    transfer=identifier,
                )
            else:
                time.sleep(_PAUSE)

    def _mark(self, transfer: Transfer, source: Submission) -> bytes:
        place = os.fsencode(source.source.location.absolute())
        return hashlib.sha256(b"\0".join((place, source.case_code.encode(), transfer.fingerprint.encode()))).digest()

    def _shared_table(self, source: Submission) -> str:
        """Keep a table that describes several case files once for all of them; return its key."""
        if source.beside is None or not source.case_code:
            return ""
        found = source.beside, source.beside.stat().st_mtime_ns
        if found not in self.tables:
            content = source.beside.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            key = shared_table_key(self.submission.id, digest, source.beside.suffix.lower())
            self.archive.copies.put(key, content)
            self.tables[found] = key
        return self.tables[found]


_STANDING = (
    TransferState.AWAITING,
    TransferState.APPROVED,
    TransferState.RESOLVED,
    TransferState.HELD_ALREADY,
)


def announced_differences(item: AnnouncedItem, case_file: CaseFile, documents: int) -> Iterator[Finding]:
    """Yield how a case file differs from its line of the announced list.

    Source:
        Circular 05/2025/TT-BNV, Article 24.3.
    """
    if item.title and _plain(item.title) != _plain(case_file.title):
        yield kinds.TITLE_DIFFERS.at("caseFile/title", found=case_file.title, announced=item.title)
    if item.maintenance and item.maintenance != case_file.maintenance:
        found, announced = (code_word("maintenance", code, "vi") for code in (case_file.maintenance, item.maintenance))
        yield kinds.RETENTION_DIFFERS.at("caseFile/maintenance", found=found, announced=announced)
    if item.documents is not None and item.documents != documents:
        yield kinds.COUNT_DIFFERS.at("caseFile/totalDoc", found=documents, announced=item.documents)


def _held_in_archive(judged: Judged) -> Iterator[Finding]:
    """Yield that the archive holds the case file's code, or a relevant share of its files."""
    counts = {code: count for (code, _severity), count in judged.log.counts.items()}
    files, held = judged.received.count, counts.get(FILE_HELD.code, 0)
    if not counts.get(CASE_CODE_HELD.code) and (not held or held < RELEVANT_SHARE * files):
        return
    codes = (CASE_CODE_HELD.code, FILE_HELD.code)
    first = min((finding for finding in judged.log if finding.code in codes), key=lambda item: codes.index(item.code))
    args = dict(first.args)
    yield kinds.DUPLICATE_IN_ARCHIVE.at(code=args["code"], package=args["package"], held=held, files=files)


def _always_refusing(policy: IntakePolicy) -> IntakePolicy:
    """Return the policy with what the circular refuses by itself, whatever an archive's own policy says."""
    return replace(policy, findings={**policy.findings, kinds.DUPLICATE_IN_SUBMISSION.code: Action.REFUSE})


def _policy_of(report: str) -> str:
    return str(json.loads(report)["decision"]["policy"]) if report else ""


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
