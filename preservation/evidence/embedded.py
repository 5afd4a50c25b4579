"""Evidence records that lie inside a signed container: what they say of its files."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from model.findings import Outcome
from model.material import Material
from model.signatures import EvidenceFacts, EvidenceState, Integrity, SubIndication, TimestampKind
from preservation.evidence import findings as kinds
from preservation.evidence.values import DataObject, RecordReport, TokenVerdict
from preservation.evidence.verify import verify_record
from preservation.timestamps.token import timestamp_facts

_NO_TIME = datetime.max.replace(tzinfo=UTC)
"""Facts know no clock: only the signatures of the tokens are verified, not their certificates."""


def evidence_facts(
    record: bytes, digests: Callable[[str, str], bytes | None], names: tuple[str, ...], *, id: str
) -> EvidenceFacts:
    """Return what a record says of a container's files; the authority's certificate is not judged.

    Args:
        record: the record, DER or XML.
        digests: returns the digest of a file by its name and an algorithm; none where the file is not there.
        names: the files the record is to prove, together.
        id: its entry name.
    """
    objects = [DataObject(name=name, digest=partial(digests, name)) for name in names]
    report = verify_record(record, objects, at=_NO_TIME, check_token=_token)
    return EvidenceFacts(
        id=id,
        kind=report.kind,
        state=_state(report),
        time=report.proof_time,
        covered=tuple(item.name for item in report.objects if item.covered),
        uncovered=tuple(item.name for item in report.objects if not item.covered),
        findings=report.findings,
    )


def _state(report: RecordReport) -> EvidenceState:
    if any(finding.code in {kinds.UNREADABLE.code, kinds.UNKNOWN_ALGORITHM.code} for finding in report.findings):
        return EvidenceState.UNREADABLE
    if report.outcome is Outcome.FAILED:
        return EvidenceState.INVALID
    if report.sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND:
        return EvidenceState.NOT_COVERING
    return EvidenceState.VALID


def _token(token: bytes, at: datetime, *, number: int) -> TokenVerdict:  # noqa: ARG001 - a token check is told the time
    facts = timestamp_facts(
        token, None, id=f"evidence-{number}", kind=TimestampKind.ARCHIVE, material=Material(), order=number
    )
    if facts.integrity is Integrity.BROKEN:
        return TokenVerdict(outcome=Outcome.FAILED, sub_indication=SubIndication.SIG_CRYPTO_FAILURE)
    if facts.integrity is Integrity.UNKNOWN:
        return TokenVerdict(outcome=Outcome.INDETERMINATE, sub_indication=SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
    return TokenVerdict(outcome=Outcome.PASSED)
