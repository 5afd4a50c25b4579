"""PREMIS about signatures: what is known of each, and the event of its validation.

Source:
    PREMIS Data Dictionary 3.0, semantic unit 1.9 signatureInformation; docs/format/aip-v1.md section 6.3.
"""

from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from model.dates import utc_text
from model.preservation import Event, EventOutcome, EventType
from model.signatures import AlgorithmUse, Indication, SignatureFacts, SignatureReport, SignatureVerdict
from model.version import PROGRAM
from preservation.package.plan import SignatureRecord
from preservation.package.xmltext import escape

RULES = "ETSI EN 319 102-1"
_ENCODING = "SHA-256 digest of the signature value, hexadecimal"
_NOT_READ = "not read"
_OUTCOMES = {
    Indication.TOTAL_PASSED: EventOutcome.SUCCESS,
    Indication.TOTAL_FAILED: EventOutcome.FAIL,
    Indication.INDETERMINATE: EventOutcome.WARNING,
}


def signature_information(report: SignatureReport) -> str:
    """Return the `signatureInformation` of a file: one element a signature."""
    return "".join(_information(facts, verdict) for facts, verdict in _pairs(report))


def event_ids(report: SignatureReport, new_id: Callable[[str], str]) -> Iterator[str]:
    """Yield the identifier of the validation event of each signature of a file."""
    checked = utc_text(report.checked_at)
    for ordinal, _facts in enumerate(report.file.signatures, 1):
        yield new_id(f"signature validation:{checked}:{ordinal}:{report.file.path}")


def validation_events(records: Iterable[SignatureRecord], new_id: Callable[[str], str], folder: str) -> Iterator[Event]:
    """Yield one event a signature, in order.

    Args:
        folder: of the content files in the payload folder, with a slash.
    """
    for record in records:
        report = record.report
        for (facts, verdict), identifier in zip(_pairs(report), event_ids(report, new_id), strict=True):
            yield Event(
                id=UUID(identifier),
                type=EventType.SIGNATURE_VALIDATION,
                time=report.checked_at,
                outcome=_OUTCOMES[verdict.indication],
                detail=f"signature {facts.id} ({facts.format.value}) by {RULES}, process {verdict.process.value}",
                outcome_detail=_verdict_text(verdict),
                agent=PROGRAM,
                subject=f"{folder}{report.file.path}",
            )


def _pairs(report: SignatureReport) -> Iterator[tuple[SignatureFacts, SignatureVerdict]]:
    return zip(report.file.signatures, report.verdicts, strict=True)


def _verdict_text(verdict: SignatureVerdict) -> str:
    parts = (verdict.indication.value, verdict.sub_indication.value if verdict.sub_indication else "")
    return "/".join(part for part in parts if part)


def _information(facts: SignatureFacts, verdict: SignatureVerdict) -> str:
    signer = f"<signer>{escape(facts.certificate.subject)}</signer>" if facts.certificate else ""
    rules = "; ".join(part for part in (RULES, verdict.policy, verdict.trust) if part)
    return (
        "<signatureInformation><signature>"
        f"<signatureEncoding>{_ENCODING}</signatureEncoding>{signer}"
        f"<signatureMethod>{escape(_method(facts.algorithms))}</signatureMethod>"
        f"<signatureValue>{escape(facts.value)}</signatureValue>"
        f"<signatureValidationRules>{escape(rules)}</signatureValidationRules>"
        + "".join(
            f"<signatureProperties>{name}: {escape(value)}</signatureProperties>"
            for name, value in _properties(facts, verdict)
            if value
        )
        + "</signature></signatureInformation>"
    )


def _method(algorithms: tuple[AlgorithmUse, ...]) -> str:
    used = {use.use: use for use in reversed(algorithms)}
    names = []
    for use in ("signature", "digest"):
        if use in used:
            size = f" {used[use].key_size}" if used[use].key_size else ""
            names.append(f"{used[use].name}{size}")
    return ", ".join(names) or _NOT_READ


def _properties(facts: SignatureFacts, verdict: SignatureVerdict) -> Iterator[tuple[str, str]]:
    yield "id", facts.id
    yield "format", " ".join(part for part in (facts.format.value, facts.form) if part)
    yield "level", facts.level.value
    yield "integrity", facts.integrity.value
    yield "modification after signing", facts.modification.value
    if facts.scope.whole_document is not None:
        yield "covers the whole document", "yes" if facts.scope.whole_document else "no"
    if facts.certificate is not None:
        yield "issuer", facts.certificate.issuer
        yield "certificate serial number", facts.certificate.serial
        yield "certificate SHA-256", facts.certificate.id
    for name, moment in (
        ("claimed signing time", facts.claimed_signing_time),
        ("best signature time", verdict.best_signature_time),
        ("validation time", verdict.validation_time),
    ):
        yield name, utc_text(moment) if moment else ""
    yield "indication", _verdict_text(verdict)
