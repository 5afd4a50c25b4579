"""The ingest report: what was found and decided, stored in the package and read back for people.

Schema `ingest-report/1`: the transfer, the decision and the findings as codes and values, so that
they can be judged again under a later policy and read in another language.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from archive.catalogue.values import Transfer, TransferState
from ingest.policy import Decision
from ingest.values import IngestReport, IngestStatus, ReceptionNote
from model.dates import from_utc_text, utc_text
from model.findings import Finding, FindingLog, printable
from model.version import program_version

SCHEMA = "ingest-report/1"

_STATUS = {
    TransferState.ACCEPTED: IngestStatus.ACCEPTED,
    TransferState.REFUSED: IngestStatus.REFUSED,
    TransferState.HELD_ALREADY: IngestStatus.HELD_ALREADY,
    TransferState.AWAITING: IngestStatus.AWAITING,
    TransferState.APPROVED: IngestStatus.ACCEPTED,
    TransferState.RESOLVED: IngestStatus.ACCEPTED,
    TransferState.RETURNED: IngestStatus.REFUSED,
    TransferState.FAILED: IngestStatus.FAILED,
}


def report_text(
    transfer: Transfer, log: FindingLog, decision: Decision, more: Mapping[str, object] | None = None
) -> str:
    """Return the ingest report as JSON text.

    Args:
        more: further members, of a transfer that was handed in under a submission.
    """
    data: dict[str, object] = {
        "schema": SCHEMA,
        "software": f"chauban {program_version()}",
        "transfer": transfer_to_json(transfer),
        "decision": {
            "accepted": decision.accepted,
            "policy": decision.policy,
            "refusing": [list(item) for item in decision.refusing],
            "warnings": decision.warnings,
            "waived": list(decision.waived),
        },
        "findings": [finding.to_json() for finding in log],
        "findings_left_out": log.left_out(),
        **(more or {}),
    }
    return json_text(data, indent=1) + "\n"


def json_text(data: object, *, indent: int | None = None) -> str:
    """Return JSON that UTF-8 can hold: what stands for bytes that are no text becomes JSON's own escape."""
    text = json.dumps(data, ensure_ascii=False, indent=indent, sort_keys=True)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def transfer_from_report(report: bytes) -> Transfer:
    """Return the accepted transfer that a package's ingest report tells of."""
    text = report.decode("utf-8")
    return transfer_from_json(json.loads(text)["transfer"], text)


def findings_of(report: str) -> tuple[Finding, ...]:
    """Return the findings of a stored report."""
    return tuple(Finding.from_json(item) for item in json.loads(report)["findings"]) if report else ()


def reception_more(note: ReceptionNote | None) -> dict[str, object]:
    """Return what a report says more of a transfer that was handed in under a submission."""
    return {"reception": note.to_json()} if note is not None else {}


def reception_note(report: str) -> ReceptionNote | None:
    """Return what a stored report says of the submission it belongs to; none when there is none."""
    data = json.loads(report).get("reception") if report else None
    return ReceptionNote.from_json(data) if data else None


def summary(transfer: Transfer) -> IngestReport:
    """Return what became of a transfer, for people and for the exit code."""
    data: dict[str, Any] = json.loads(transfer.report) if transfer.report else {"findings": [], "findings_left_out": 0}
    return IngestReport(
        transfer_id=transfer.id,
        source=transfer.source,
        status=_STATUS[transfer.state],
        case_code=transfer.case_code,
        title=transfer.title,
        aip_id=transfer.aip_id,
        findings=tuple(Finding.from_json(item) for item in data["findings"]),
        left_out=int(data["findings_left_out"]),
        reason=transfer.reason,
        files=transfer.files,
        bytes=transfer.bytes,
    )


def transfer_to_json(transfer: Transfer) -> dict[str, object]:
    """Return the stored form of a transfer, without its report and its living owner."""
    return {
        "id": str(transfer.id),
        "source": transfer.source,
        "kind": transfer.kind,
        "received_at": utc_text(transfer.received_at),
        "state": transfer.state.value,
        "fingerprint": transfer.fingerprint,
        "case_code": transfer.case_code,
        "title": transfer.title,
        "aip_id": str(transfer.aip_id) if transfer.aip_id else None,
        "decided_at": utc_text(transfer.decided_at) if transfer.decided_at else None,
        "reason": transfer.reason,
        "files": transfer.files,
        "bytes": transfer.bytes,
        "kept_key": transfer.kept_key,
    }


def transfer_from_json(data: Mapping[str, Any], report: str = "") -> Transfer:
    """Read the stored form of a transfer back."""
    return Transfer(
        id=UUID(data["id"]),
        source=data["source"],
        kind=data["kind"],
        received_at=from_utc_text(data["received_at"]),
        state=TransferState(data["state"]),
        fingerprint=data["fingerprint"],
        case_code=data["case_code"],
        title=data["title"],
        aip_id=UUID(data["aip_id"]) if data["aip_id"] else None,
        decided_at=from_utc_text(data["decided_at"]) if data["decided_at"] else None,
        reason=data["reason"],
        files=data["files"],
        bytes=data["bytes"],
        kept_key=data["kept_key"],
        report=report,
    )


def report_json(schema: str, report: IngestReport) -> dict[str, object]:
    """Return the public form of what became of one transfer.

    Args:
        schema: versioned name of the form, such as `ingest/1`.
    """
    return {
        "schema": schema,
        "transfer_id": str(report.transfer_id),
        "path": printable(report.source),
        "status": report.status.value,
        "case_code": report.case_code,
        "title": report.title,
        "aip_id": str(report.aip_id) if report.aip_id else None,
        "reason": report.reason,
        "files": report.files,
        "bytes": report.bytes,
        "findings": [finding.to_public() for finding in report.findings],
        "findings_left_out": report.left_out,
    }
