"""One case file from hand-in to shelf: receive, examine, decide, package, store, register.

Each finished step is journalled in the work area, and each step is idempotent by digest, so that a
killed ingest goes on where it stopped and repeats nothing. The order of writes makes this safe:
the container and its digest file are on every copy before the catalogue names them, and the work
area is removed last.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from archive.archive import Archive
from archive.catalogue.values import Transfer, TransferState
from archive.journal import write_event
from archive.layout import container_key, digest_key
from archive.registry.registry import ensure_fonds
from formats.examine import Examiner
from formats.policy import FormatPolicy
from formats.tools import tool_versions
from ingest.agencies import new_codes
from ingest.claims import claim, owner
from ingest.examine import Examined, examine, examined_in
from ingest.package_parts import KeptPart
from ingest.packages.links import LinkResolver
from ingest.plan import VERSION, package_plan, registration, replication_event
from ingest.policy import IntakePolicy, decide
from ingest.receive import Received, receive
from ingest.recording import note_failure, note_transfer
from ingest.refuse import CONCLUDED, Keeping, conclude, conclude_again, refuse, refuse_secret, refuse_unreadable
from ingest.reports import report_text, summary, transfer_from_json, transfer_to_json
from ingest.sources.descriptor import read_description
from ingest.sources.secrecy import is_secret
from ingest.sources.values import Description, Limits, Origin, Submission
from ingest.values import IngestReport, IngestStatus, ReceptionNote
from ingest.workspace import Workspace
from model.casefile import CaseFile
from model.dates import from_utc_text, utc_text
from model.errors import ArchiveError, InputError, PolicyError, StorageError
from model.findings import Finding, FindingLog
from model.identifiers import new_uuid
from model.preservation import Agent
from model.text import N_
from preservation.package.plan import ExtraFile
from preservation.package.writer import write_package

if TYPE_CHECKING:
    from preservation.signatures.checker import SignatureChecker

REPORT = "report.json"
DECIDED = "decided"
"""Step of the journal: the transfer is accepted; from here on a killed ingest is resumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """What a run of ingest is told."""

    profile: str
    fonds: str
    policy: IntakePolicy
    formats: FormatPolicy
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A transfer that was received and examined, before it is decided upon."""

    submission: Submission
    transfer: Transfer
    case_file: CaseFile
    received: Received
    examined: Examined
    log: FindingLog


class Reception(Protocol):
    """A registered submission under which transfers are handed in: it has rules of its own for them."""

    def known(self, transfer: Transfer, source: Submission, policy: str) -> IngestReport | None:
        """Return what became of the same transfer when it was handed in before; none for a new one."""
        ...

    def note(self, transfer: Transfer, source: Submission) -> ReceptionNote:
        """Return what the report of a transfer that cannot be looked into says of the submission."""
        ...

    def held(self, transfer: Transfer, other: Transfer, source: Submission, workspace: Workspace) -> IngestReport:
        """Record that the archive holds the same case file with the same bytes."""
        ...

    def settle(self, judged: Judged, workspace: Workspace, run: "Ingest") -> IngestReport:
        """Decide about a transfer: it is refused, or kept until the submission is approved."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A transfer that is taken in from what was kept of it."""

    fingerprint: str
    """Of what was examined when it was received."""
    findings: tuple[Finding, ...] = ()
    """What its reception found beyond what is found again."""
    told: Mapping[str, object]
    """What its report says of the approval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """A run of ingest: the archive, the options and the processes that examine files and check signatures."""

    archive: Archive
    options: IngestOptions
    examiner: Examiner
    checker: "SignatureChecker | None" = None
    """None: signatures are not looked for."""
    reception: Reception | None = None
    """The submission that the transfers are handed in under; none: they are taken in at once."""
    approval: Approval | None = None
    """Of the one transfer of the run; one that does not pass is not kept once more."""


def ingest(submission: Submission, run: Ingest) -> IngestReport:
    """Take in one case file, or refuse it with its reasons.

    Returns:
        What became of it; an error that stopped it is in the report, so that a batch goes on.

    Events:
        ingestion start, message digest calculation, format identification, validation, accession,
        information package creation (in the package); replication (in its journal).
    """
    now = run.archive.clock.now()
    transfer = Transfer(
        id=new_uuid(now),
        source=submission.name,
        kind=submission.source.kind,
        received_at=now,
        state=TransferState.PROCESSING,
        owner=owner(),
    )
    try:
        with Workspace.create(run.archive.work, transfer.id) as workspace:
            try:
                with _work_area():
                    return _take_in(submission, transfer, workspace, run)
            except ArchiveError as error:
                return _stopped(transfer, error, workspace, run.archive)
            finally:
                submission.source.close()
    except OSError as error:
        return _report_of(transfer, _unusable(error))


def resume(workspace: Workspace, archive: Archive) -> IngestReport | None:
    """Go on with a transfer whose process died.

    A transfer that was not decided yet is dropped: its source was not touched, nobody was told
    that it had been taken in, and handing it in again gives the same result.

    Returns:
        What became of it; none when it was dropped.
    """
    try:
        return _go_on(workspace, archive)
    except ArchiveError as error:
        return _stopped(_journalled(workspace), error, workspace, archive)


def end_for_another(workspace: Workspace, archive: Archive) -> None:
    """Go on with a dead process's transfer because another one of the same case file is waiting for it."""
    try:
        _go_on(workspace, archive)
    except InputError as error:
        _stopped(_journalled(workspace), error, workspace, archive)


def _go_on(workspace: Workspace, archive: Archive) -> IngestReport | None:
    known = archive.catalogue.get_transfer(workspace.transfer_id)
    ended = known is not None and known.state not in {TransferState.PROCESSING, TransferState.FAILED}
    with _work_area():
        if workspace.step(CONCLUDED) is not None and not ended:
            report = conclude_again(workspace, archive)
            if report is not None:
                return report
        elif workspace.step(DECIDED) is not None and not ended and _is_complete(workspace):
            transfer = _journalled(workspace)
            other = claim(transfer, archive, end_for_another)
            if other is not None:
                return _held_already(transfer, other, workspace, archive)
            return shelve(workspace, archive, examined_in(workspace))
        if known is not None and known.state is TransferState.PROCESSING:
            archive.catalogue.save_transfer(replace(known, state=TransferState.FAILED, reason="interrupted", owner=""))
        workspace.remove()
    return summary(known) if known is not None and known.state is TransferState.ACCEPTED else None


def _journalled(workspace: Workspace) -> Transfer:
    """Return a transfer as its journal tells of it."""
    concluded = workspace.step(CONCLUDED)
    if concluded is not None:
        return transfer_from_json(concluded["transfer"], concluded["report"])
    decided = workspace.step(DECIDED) or {}
    return transfer_from_json(decided["transfer"], (workspace.path / REPORT).read_text(encoding="utf-8"))


def _is_complete(workspace: Workspace) -> bool:
    """Whether a power cut left everything that was decided upon as it was then."""
    return all(digest == _digest(workspace.path / name) for name, digest in (workspace.step(DECIDED) or {})["parts"])


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


@contextmanager
def _work_area() -> Iterator[None]:
    """What the operating system refuses while the block runs is about the work area: sources and stores say so."""
    try:
        yield
    except OSError as error:
        raise _unusable(error) from error


def _unusable(error: OSError) -> StorageError:
    return StorageError(
        N_("The work area cannot be used: {why}."),
        hint=N_("Free some space or check the disk, then run the same command again."),
        why=error.strerror or error,
    )


def _take_in(submission: Submission, transfer: Transfer, workspace: Workspace, run: Ingest) -> IngestReport:
    log = FindingLog()
    archive, options = run.archive, run.options
    try:
        description = read_description(submission, workspace.path, options.limits, new_codes(archive))
        secret = is_secret(description.case_file, description.documents)
        if secret is not None:
            return _refuse_unread(submission, transfer, secret, log, workspace, run)
        log.extend(description.findings)
        links = _links(description, run)
        received = receive(submission, description, workspace, log, options.limits, links)
    except InputError as error:
        return _refuse_unread(submission, transfer, error, log, workspace, run)
    case_file = _placed(description.case_file, options.fonds)
    transfer = replace(
        transfer,
        fingerprint=received.fingerprint,
        case_code=case_file.file_code,
        title=case_file.title,
        files=received.count,
        bytes=received.bytes,
    )
    known = _known(submission, transfer, workspace, run)
    if known is not None:
        return known
    _check_unchanged(transfer, run)
    other = claim(transfer, archive, end_for_another)
    if other is not None and run.reception is not None:
        return run.reception.held(transfer, other, submission, workspace)
    if other is not None:
        return _held_already(transfer, other, workspace, archive)
    return _judge(submission, transfer, case_file, received, workspace, log, run)


def _refuse_unread(
    submission: Submission,
    transfer: Transfer,
    why: Finding | InputError,
    log: FindingLog,
    workspace: Workspace,
    run: Ingest,
) -> IngestReport:
    """Refuse a secret case file, or one that cannot be read."""
    archive, policy, note = run.archive, run.options.policy.id, None
    if run.reception is not None:
        marked = replace(transfer, fingerprint=why.code)  # nothing was read that could tell it from another
        known = _known(submission, marked, workspace, run)
        if known is not None:
            return known
        note = run.reception.note(marked, submission)
    if isinstance(why, Finding):
        return refuse_secret(transfer, why, archive, workspace, policy, note)
    return refuse_unreadable(transfer, submission, why, log, archive, workspace, policy, note)


def _known(submission: Submission, transfer: Transfer, workspace: Workspace, run: Ingest) -> IngestReport | None:
    """Return what became of the same hand-in under the same submission before; the work area is done then."""
    known = run.reception.known(transfer, submission, run.options.policy.id) if run.reception else None
    if known is not None:
        workspace.remove()
    return known


def _check_unchanged(transfer: Transfer, run: Ingest) -> None:
    if run.approval is not None and run.approval.fingerprint != transfer.fingerprint:
        raise PolicyError(
            N_("What was kept of transfer {transfer} does not read as it did when it was received."),
            hint=N_("Have the agency hand the case file in again, and refuse this transfer."),
            transfer=transfer.source,
        )


def _judge(
    submission: Submission,
    transfer: Transfer,
    case_file: CaseFile,
    received: Received,
    workspace: Workspace,
    log: FindingLog,
    run: Ingest,
) -> IngestReport:
    archive, options = run.archive, run.options
    examined = examine(
        received.description,
        received.files,
        workspace,
        log,
        examiner=run.examiner,
        formats=options.formats,
        catalogue=archive.catalogue,
    )
    if run.checker is not None:
        from ingest.signatures import examine_signatures

        examine_signatures(examined, log, run.checker)
    if run.reception is not None:
        judged = Judged(
            submission=submission,
            transfer=transfer,
            case_file=case_file,
            received=received,
            examined=examined,
            log=log,
        )
        return run.reception.settle(judged, workspace, run)
    if run.approval is not None:
        log.extend(run.approval.findings)
    decision = decide(log, options.policy)
    transfer = replace(transfer, decided_at=archive.clock.now())
    if not decision.accepted:
        _refuse_nothing_approved(decision.reason, run)
        keeping = Keeping(transfer, submission, received.whole, received.descriptor)
        return refuse(transfer, log, decision, archive, workspace, keeping)
    transfer = replace(transfer, state=TransferState.ACCEPTED, aip_id=new_uuid(archive.clock.now()), owner="")
    more = run.approval.told if run.approval else None
    (workspace.path / REPORT).write_text(report_text(transfer, log, decision, more), encoding="utf-8")
    workspace.finish(DECIDED, _acceptance(transfer, case_file, received, options, examined, workspace))
    return shelve(workspace, archive, examined)


def _refuse_nothing_approved(reason: str, run: Ingest) -> None:
    """Leave an approved transfer that does not pass any more as it is: it is kept already, and decided upon again."""
    if run.approval is not None:
        raise PolicyError(
            N_("The case file does not pass any more: {codes}."),
            hint=N_("Decide about it with `chauban submission decide`, then approve the submission again."),
            codes=reason,
        )


def shelve(workspace: Workspace, archive: Archive, examined: Examined) -> IngestReport:
    """Package, store and register an accepted transfer: the steps a resumed ingest repeats.

    Everything comes from the journal of the work area and nothing from the clock before it was
    journalled, so that the same container comes out again, byte for byte.
    """
    decided = workspace.step(DECIDED) or {}
    report = workspace.path / REPORT
    transfer = transfer_from_json(decided["transfer"], report.read_text(encoding="utf-8"))
    plan = package_plan(
        transfer,
        CaseFile.from_json(decided["case_file"]),
        examined,
        profile=decided["profile"],
        policy=decided["policy"],
        tools=[Agent.from_json(tool) for tool in decided["tools"]],
        report=report,
        kept=(*_descriptor(decided, workspace), *_parts(decided, workspace)),
        origin=Origin(**decided["origin"]) if decided.get("origin") else None,
    )
    key = container_key(plan.aip_id, VERSION)
    with archive.copies.create(key) as writer:
        written = write_package(plan, workspace.path, writer.write)
        stored, digest = writer.commit()
    archive.copies.put(digest_key(key), f"{digest.hex}  {Path(key).name}\n".encode())
    if workspace.step("stored") is None:
        workspace.finish("stored", {"time": utc_text(archive.clock.now())})
    stored_at = from_utc_text((workspace.step("stored") or {})["time"])
    event = replication_event(plan.aip_id, stored_at, archive.copies.stores, digest)
    write_event(archive.copies, plan.aip_id, VERSION, event)
    archive.catalogue.register(
        registration(
            transfer,
            plan,
            written,
            container=(key, stored.size, digest),
            stores=archive.copies.stores,
            event=event,
        )
    )
    ensure_fonds(archive, plan.case_file.fonds_code)
    note_transfer(transfer, archive)
    workspace.remove()
    return summary(transfer)


def _held_already(transfer: Transfer, other: Transfer, workspace: Workspace, archive: Archive) -> IngestReport:
    """Record that the same case file with the same bytes is in the archive; nothing is added."""
    held = replace(
        transfer,
        state=TransferState.HELD_ALREADY,
        aip_id=other.aip_id,
        decided_at=archive.clock.now(),
        owner="",
        report="",
    )
    return conclude(held, archive, workspace)


def _stopped(transfer: Transfer, error: ArchiveError, workspace: Workspace, archive: Archive) -> IngestReport:
    """Return the report of a transfer that an error stopped.

    What can be resumed stays in its work area; an accepted one also keeps its claim, so that nobody
    makes a second package of the case file meanwhile.
    """
    note_failure(transfer, error, archive)
    resumable = not isinstance(error, InputError)
    accepted = resumable and workspace.step(CONCLUDED) is None and workspace.step(DECIDED) is not None
    if not accepted and not (resumable and workspace.step(CONCLUDED) is not None):
        with suppress(OSError):
            workspace.remove()
    with suppress(ArchiveError):  # where the catalogue is out of reach, the journal of the work area remembers
        known = archive.catalogue.get_transfer(transfer.id)
        if known is not None and accepted:
            archive.catalogue.save_transfer(replace(known, reason=error.message))
        elif known is not None:
            stopped = replace(known, state=TransferState.FAILED, reason=error.message, owner="")
            archive.catalogue.save_transfer(stopped)
    return _report_of(transfer, error)


def _report_of(transfer: Transfer, error: ArchiveError) -> IngestReport:
    return IngestReport(
        transfer_id=transfer.id,
        source=transfer.source,
        status=IngestStatus.FAILED,
        case_code=transfer.case_code,
        title=transfer.title,
        reason=str(error),
        exit_code=error.exit_code,
    )


def _acceptance(
    transfer: Transfer,
    case_file: CaseFile,
    received: Received,
    options: IngestOptions,
    examined: Examined,
    workspace: Workspace,
) -> Mapping[str, Any]:
    parts = [workspace.path / REPORT, examined.files.path, examined.documents.path, examined.text]
    parts += examined.signatures.paths
    parts += [received.descriptor] if received.descriptor else []
    parts += [workspace.path / part.place for part in received.parts]
    return {
        "parts": [(str(part.relative_to(workspace.path)), _digest(part)) for part in parts],
        "transfer": transfer_to_json(transfer),
        "case_file": case_file.to_json(),
        "profile": options.profile,
        "policy": options.policy.id,
        "tools": [tool.to_json() for tool in tool_versions()],
        "descriptor": received.descriptor.name if received.descriptor else "",
        "descriptor_type": received.descriptor_type,
        "kept": [part.to_json() for part in received.parts],
        "origin": received.description.origin.to_json() if received.description.origin else None,
    }


def _descriptor(decided: Mapping[str, Any], workspace: Workspace) -> Iterator[ExtraFile]:
    name = decided["descriptor"]
    if name:
        yield ExtraFile(
            path=f"documentation/submission/{name}",
            content=workspace.path / "descriptor" / name,
            mime=decided["descriptor_type"],
        )


def _parts(decided: Mapping[str, Any], workspace: Workspace) -> Iterator[ExtraFile]:
    """Yield what is kept of a package beside its content."""
    return (KeptPart.from_json(part).as_extra(workspace.path) for part in decided.get("kept", ()))


def _links(description: Description, run: Ingest) -> LinkResolver | None:
    """Return what finds the linked documents of a package; none where it has no such documents."""
    if not description.links:
        return None
    fonds = _placed(description.case_file, run.options.fonds).fonds_code
    return LinkResolver(run.archive.catalogue.identifiers, fonds)


def _placed(case_file: CaseFile, fonds: str) -> CaseFile:
    """Return the case file with its fonds: its own, else the one the run was told."""
    return case_file if case_file.fonds_code or not fonds else replace(case_file, fonds_code=fonds)
