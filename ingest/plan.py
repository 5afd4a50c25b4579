"""From an accepted transfer to what the package writer and the catalogue are told."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from archive.catalogue.values import (
    HeldCaseFile,
    HeldFile,
    PackageVersion,
    Registration,
    StoredCopy,
    Transfer,
)
from archive.signatures.values import held_signed_file
from archive.store.protocol import Store
from ingest.examine import Examined
from ingest.sources.values import Origin
from model.casefile import CaseFile
from model.findings import Outcome
from model.fixity import Digest
from model.identifiers import derived_uuid
from model.preservation import Agent, AgentType, Event, EventOutcome, EventType
from model.version import PROGRAM, program_version
from preservation.package.plan import ExtraFile, PackagePlan
from preservation.package.writer import WrittenPackage

REPORT_PATH = "chauban/report.json"
TEXT_PATH = "chauban/text.jsonl.gz"
VERSION = 1


def package_plan(
    transfer: Transfer,
    case_file: CaseFile,
    examined: Examined,
    *,
    profile: str,
    policy: str,
    tools: Iterable[Agent],
    report: Path,
    kept: Iterable[ExtraFile] = (),
    origin: Origin | None = None,
) -> PackagePlan:
    """Return everything the package is made of; the same transfer always gives the same plan.

    Args:
        kept: what was handed in beside the content: the descriptor, or the metadata of a package.
        origin: the package that was handed in, if it was one.
    """
    if transfer.aip_id is None or transfer.decided_at is None:
        raise ValueError("only an accepted transfer becomes a package")
    extras = [
        ExtraFile(path=REPORT_PATH, content=report, mime="application/json"),
        ExtraFile(path=TEXT_PATH, content=examined.text, mime="application/gzip"),
        *kept,
    ]
    agents = (Agent(identifier=PROGRAM, name="Châu Bản", type=AgentType.SOFTWARE, version=program_version()), *tools)
    return PackagePlan(
        aip_id=transfer.aip_id,
        version=VERSION,
        profile=profile,
        policy=policy,
        created=transfer.decided_at,
        case_file=case_file,
        documents=examined.documents,
        files=examined.files,
        events=tuple(_events(transfer, policy, agents, origin)),
        agents=agents,
        extras=tuple(extras),
        signatures=examined.signatures.evidence(),
        software_version=program_version(),
    )


def replication_event(aip_id: UUID, time: datetime, stores: Sequence[Store], digest: Digest) -> Event:
    """Return the event of having laid the container into every store and compared each copy."""
    names = ", ".join(store.name for store in stores)
    return Event(
        id=derived_uuid(aip_id, f"replication:{VERSION}"),
        type=EventType.REPLICATION,
        time=time,
        outcome=EventOutcome.SUCCESS,
        detail=f"container written to {names}; each copy read back and compared",
        outcome_detail=f"{digest.algorithm}:{digest.hex}",
        agent=PROGRAM,
    )


def registration(
    transfer: Transfer,
    plan: PackagePlan,
    written: WrittenPackage,
    *,
    container: tuple[str, int, Digest],
    stores: Sequence[Store],
    event: Event,
) -> Registration:
    """Return what the accepted case file adds to the catalogue."""
    key, size, digest = container
    return Registration(
        held=HeldCaseFile(
            aip_id=plan.aip_id,
            case_file=plan.case_file,
            transfer_id=transfer.id,
            accepted_at=plan.created,
            current_version=plan.version,
        ),
        version=PackageVersion(
            aip_id=plan.aip_id,
            version=plan.version,
            profile=plan.profile,
            policy=plan.policy,
            created=plan.created,
            container_key=key,
            container_size=size,
            container_sha256=digest.value,
            file_count=written.file_count,
            byte_count=written.byte_count,
            text_offset=written.text_offset,
            text_size=written.text_size,
            copies=tuple(
                StoredCopy(store=store.name, verified_at=event.time, outcome=Outcome.PASSED) for store in stores
            ),
        ),
        documents=plan.documents,
        files=_held_files(plan, written),
        events=(*plan.events, event),
        transfer=transfer,
        signatures=(held_signed_file(record.report) for record in (plan.signatures.records if plan.signatures else ())),
    )


def _held_files(plan: PackagePlan, written: WrittenPackage) -> Iterator[HeldFile]:
    """Yield each file with where it lies in the container; both sequences are in the order of the plan."""
    for file, member in zip(plan.files, written.content_members(), strict=True):
        yield HeldFile(object=file.object, container_path=member.path, offset=member.offset)


def _creation(origin: Origin | None) -> tuple[str, str]:
    """Return what the event of making the package says: from what, and what was changed.

    Source:
        Circular 05/2025/TT-BNV, Article 25(3)(a): conversion of a submission package into an archival one.
    """
    if origin is None:
        return "archival package made from the transfer", ""
    named = f"archival package made from the package {origin.objid or '(without OBJID)'} of type {origin.type}"
    profile = f", profile {origin.profile}" if origin.profile else ""
    status = f", record status {origin.record_status}" if origin.record_status else ""
    return (
        f"{named}{profile}{status}",
        "content kept byte for byte; links to documents of other packages written as the norm has them; METS, PREMIS"
        " and descriptions made anew; those that were handed in are kept in documentation/submission",
    )


def _events(transfer: Transfer, policy: str, agents: Sequence[Agent], origin: Origin | None) -> Iterator[Event]:
    aip_id, decided = transfer.aip_id, transfer.decided_at
    if aip_id is None or decided is None:
        raise ValueError("only an accepted transfer has ingest events")
    tools = ", ".join(f"{agent.name} {agent.version}".strip() for agent in agents[1:])
    scope = f"{transfer.files} files, {transfer.bytes} bytes"
    steps = (
        (EventType.INGESTION_START, transfer.received_at, f"transfer {transfer.id} from {transfer.kind}", scope),
        (EventType.MESSAGE_DIGEST_CALCULATION, decided, "SHA-256 and SHA-512 of every file, in one pass", scope),
        (EventType.FORMAT_IDENTIFICATION, decided, "PRONOM identification of every file", tools),
        (EventType.VALIDATION, decided, "description and well-formedness of every file", tools),
        (EventType.ACCESSION, decided, f"accepted under policy {policy}", "findings in chauban/report.json"),
        (EventType.INFORMATION_PACKAGE_CREATION, decided, *_creation(origin)),
    )
    for type_, time, detail, outcome_detail in steps:
        yield Event(
            id=derived_uuid(aip_id, f"event:{VERSION}:{type_.value}"),
            type=type_,
            time=time,
            outcome=EventOutcome.SUCCESS,
            detail=detail,
            outcome_detail=outcome_detail,
            agent=PROGRAM,
        )
