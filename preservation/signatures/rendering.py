"""How reports on signatures are shown: the public JSON objects, and plain lines for people."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from importlib import import_module

from model.dates import utc_text
from model.findings import Finding, printable
from model.rendering import date_text, finding_lines, outcome_word, path_fields
from model.signatures import (
    CertificateFacts,
    EvidenceFacts,
    EvidenceState,
    ProofSource,
    RevocationUse,
    SignatureFacts,
    SignatureReport,
    SignatureVerdict,
    TimestampFacts,
    TimestampVerdict,
)
from model.text import N_, _
from preservation.signatures.wording import (
    coverage_text,
    integrity_text,
    modification_text,
    proof_text,
    role_text,
    state_text,
    timestamp_text,
    verdict_text,
)

SCHEMA = "signature-check/1"
_VOCABULARY = "preservation.signatures.vocabulary"
"""Gives every finding its sentence; imported when something is shown, for it brings the readers of CMS along."""
_MOST_SHOWN = 5
_EVIDENCE_WORDS = {
    EvidenceState.VALID: N_("valid"),
    EvidenceState.INVALID: N_("NOT valid"),
    EvidenceState.NOT_COVERING: N_("it does not cover the files of this container"),
    EvidenceState.UNREADABLE: N_("cannot be read"),
}


def report_json(report: SignatureReport, *, signed_by: Iterable[str] = ()) -> dict[str, object]:
    """Return the public JSON object on one file.

    Args:
        report: what was found and judged.
        signed_by: names of the files beside it that hold its signature.
    """
    import_module(_VOCABULARY)
    file = report.file
    return {
        "schema": SCHEMA,
        **path_fields(file.path),
        "outcome": report.outcome.value,
        "kind": file.kind,
        "state": file.state.value,
        "signed_by": _texts(signed_by),
        "signatures": [_signature(*both) for both in zip(file.signatures, report.verdicts, strict=True)],
        "timestamps": list(_timestamps(file.timestamps, report.timestamps)),
        "evidence": [_evidence(record) for record in file.evidence],
        "findings": _findings(file.findings),
        "checked_at": utc_text(report.checked_at),
        "policy": report.policy,
        "trust": report.trust,
    }


def _signature(facts: SignatureFacts, verdict: SignatureVerdict) -> dict[str, object]:
    certificate = facts.certificate
    return {
        "id": printable(facts.id),
        "format": facts.format.value,
        "form": printable(facts.form),
        "level": facts.level.value,
        "parent": printable(facts.parent),
        "indication": verdict.indication.value,
        "sub_indication": verdict.sub_indication.value if verdict.sub_indication else None,
        "engine_value": verdict.engine_value,
        "process": verdict.process.value,
        "integrity": facts.integrity.value,
        "covers_whole_document": facts.scope.whole_document,
        "covered": _texts(facts.scope.covered),
        "uncovered": _texts(facts.scope.uncovered),
        "revision": facts.scope.revision,
        "revisions": facts.scope.revisions,
        "modified_after_signing": facts.modification.value,
        "changes": _texts(facts.changes),
        "signer": printable(certificate.name) if certificate else "",
        "signer_certificate": _certificate(certificate) if certificate else None,
        "role": verdict.role.value,
        "issuer": printable(certificate.issuer) if certificate else "",
        "serial": certificate.serial if certificate else "",
        "reason": printable(facts.reason),
        "location": printable(facts.location),
        "claimed_signing_time": _time(facts.claimed_signing_time),
        "best_signature_time": _time(verdict.best_signature_time),
        "validation_time": utc_text(verdict.validation_time),
        "holds_until": _time(verdict.holds_until),
        "algorithms": [{"use": use.use, "name": use.name, "key_size": use.key_size} for use in facts.algorithms],
        "policy_identifier": printable(facts.policy),
        "anchor": verdict.anchor,
        "chain": list(verdict.chain),
        "timestamps": list(_timestamps(facts.timestamps, verdict.timestamps)),
        "revocations": [_revocation(use) for use in verdict.revocations],
        "proofs": [
            {"time": utc_text(proof.time), "source": proof.source.value, "reference": printable(proof.reference)}
            for proof in verdict.proofs
        ],
        "findings": _findings((*facts.findings, *verdict.findings)),
    }


def _certificate(certificate: CertificateFacts) -> dict[str, object]:
    return {
        "sha256": certificate.id,
        "subject": printable(certificate.subject),
        "organisation": printable(certificate.organisation),
        "issuer": printable(certificate.issuer),
        "serial": certificate.serial,
        "not_before": utc_text(certificate.not_before),
        "not_after": utc_text(certificate.not_after),
        "key_algorithm": certificate.key_algorithm,
        "key_size": certificate.key_size,
    }


def _timestamps(stamps: Iterable[TimestampFacts], verdicts: Iterable[TimestampVerdict]) -> Iterator[dict[str, object]]:
    judged = {verdict.id: verdict for verdict in verdicts}
    for stamp in stamps:
        verdict = judged.get(stamp.id)
        yield {
            "id": printable(stamp.id),
            "kind": stamp.kind.value,
            "outcome": verdict.outcome.value if verdict else None,
            "sub_indication": verdict.sub_indication.value if verdict and verdict.sub_indication else None,
            "time": _time(stamp.time),
            "integrity": stamp.integrity.value,
            "imprint_matches": stamp.imprint_matches,
            "covers": _texts(stamp.covers),
            "authority": printable(stamp.certificate.name) if stamp.certificate else "",
            "serial": stamp.serial,
            "policy": stamp.policy,
            "findings": _findings((*stamp.findings, *(verdict.findings if verdict else ()))),
        }


def _revocation(use: RevocationUse) -> dict[str, object]:
    return {
        "certificate": use.certificate,
        "kind": use.kind,
        "material": use.material,
        "status": use.status,
        "this_update": _time(use.this_update),
        "next_update": _time(use.next_update),
        "revoked_at": _time(use.revoked_at),
        "reason": printable(use.reason),
    }


def _evidence(record: EvidenceFacts) -> dict[str, object]:
    return {
        "id": printable(record.id),
        "kind": record.kind,
        "state": record.state.value,
        "time": _time(record.time),
        "covered": _texts(record.covered),
        "uncovered": _texts(record.uncovered),
        "findings": _findings(record.findings),
    }


def _texts(texts: Iterable[str]) -> list[str]:
    return [printable(text) for text in texts]


def _time(moment: datetime | None) -> str | None:
    return utc_text(moment) if moment else None


def _findings(findings: Iterable[Finding]) -> list[dict[str, str]]:
    return [finding.to_public() for finding in dict.fromkeys(findings)]


# -- for people


def report_lines(report: SignatureReport, *, signed_by: Iterable[str] = ()) -> Iterator[str]:
    """Yield the lines that show one file: its outcome, each signature in words, and what to do."""
    import_module(_VOCABULARY)
    file = report.file
    yield _("{path}: {outcome} ({state})").format(
        path=printable(file.path), outcome=outcome_word(report.outcome), state=state_text(file.state)
    )
    for name in signed_by:
        yield f"  {_('Signed by the file beside it')}: {printable(name)}"
    for facts, verdict in zip(file.signatures, report.verdicts, strict=True):
        yield from _signature_lines(facts, verdict)
    judged = {verdict.id: verdict for verdict in report.timestamps}
    for stamp in file.timestamps:
        yield _stamp_line(stamp, judged.get(stamp.id), "  ")
        yield from _finding_lines((*stamp.findings, *_said(judged.get(stamp.id))))
    for record in file.evidence:
        told = _("Evidence record {id}: {state}")
        yield "  " + told.format(id=printable(record.id), state=_(_EVIDENCE_WORDS[record.state]))
        yield from _finding_lines(record.findings)
    yield from _finding_lines(replace(one, location="") if one.location == file.path else one for one in file.findings)


def _signature_lines(facts: SignatureFacts, verdict: SignatureVerdict) -> Iterator[str]:
    kind = f"{facts.format.value}-{facts.level.value}" if facts.level.value else facts.format.value
    told = _("Signature {id} ({kind}): {verdict}")
    yield "  " + told.format(id=printable(facts.id), kind=kind, verdict=verdict_text(verdict))
    for label, text in _rows(facts, verdict):
        if text:
            yield f"      {label}: {text}"
    judged = {one.id: one for one in verdict.timestamps}
    for stamp in facts.timestamps:
        yield _stamp_line(stamp, judged.get(stamp.id), "      ")
    stamped = [finding for stamp in facts.timestamps for finding in (*stamp.findings, *_said(judged.get(stamp.id)))]
    yield from _finding_lines((*facts.findings, *verdict.findings, *stamped))


def _rows(facts: SignatureFacts, verdict: SignatureVerdict) -> Iterator[tuple[str, str]]:
    certificate = facts.certificate
    if certificate:
        organisation = certificate.organisation if certificate.organisation != certificate.name else ""
        names = ", ".join(filter(None, (certificate.name, organisation)))
        yield _("signer"), f"{printable(names)} ({role_text(verdict.role)})"
        yield (
            _("certificate"),
            _("{serial}, issued by {issuer}, until {end}").format(
                serial=certificate.serial, issuer=printable(certificate.issuer), end=date_text(certificate.not_after)
            ),
        )
    yield _("countersigns"), printable(facts.parent)
    yield _("signing time"), _signing_time(facts, verdict)
    yield _("integrity"), integrity_text(facts.integrity)
    yield _("covers"), _with(coverage_text(facts), facts.scope.uncovered, N_("not: {names}"))
    yield _("afterwards"), _with(modification_text(facts.modification), facts.changes, "{names}")
    yield _("verdict holds until"), date_text(verdict.holds_until) if verdict.holds_until else ""


def _signing_time(facts: SignatureFacts, verdict: SignatureVerdict) -> str:
    """Return when it was signed, by the signer's clock and as far as it is proven."""
    claimed = ""
    if facts.claimed_signing_time:
        claimed = _("{time} by the signer's clock").format(time=date_text(facts.claimed_signing_time))
    proof = next((one for one in verdict.proofs if one.source is not ProofSource.CHECK), None)
    if proof is None or verdict.best_signature_time is None:
        return claimed
    proven = _("not after {time}, {proof}").format(
        time=date_text(verdict.best_signature_time), proof=proof_text(proof.source)
    )
    return "; ".join(filter(None, (claimed, proven)))


def _with(text: str, names: tuple[str, ...], template: str) -> str:
    if not names:
        return text
    shown = ", ".join(printable(name) for name in names[:_MOST_SHOWN]) + (", …" if len(names) > _MOST_SHOWN else "")
    return f"{text} ({_(template).format(names=shown)})"


def _stamp_line(stamp: TimestampFacts, verdict: TimestampVerdict | None, indent: str) -> str:
    text = _("timestamp {time} of {authority}: {verdict}").format(
        time=date_text(stamp.time) if stamp.time else "?",
        authority=printable(stamp.certificate.name) if stamp.certificate else "?",
        verdict=timestamp_text(verdict.outcome, verdict.sub_indication) if verdict else "?",
    )
    return indent + text


def _said(verdict: TimestampVerdict | None) -> tuple[Finding, ...]:
    return verdict.findings if verdict else ()


def _finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in dict.fromkeys(findings):
        yield from finding_lines(finding)
