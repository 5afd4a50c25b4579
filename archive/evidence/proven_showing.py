"""How the signatures of a held package are shown at their proven time: beside the verdict at filing, with reasons."""

from collections.abc import Iterator

from archive.catalogue.values import HeldCaseFile
from archive.evidence.proven import Bearer, ProvenFile, ProvenSignature, WeakestLink
from archive.evidence.verified import PackageEvidence
from model.dates import utc_text
from model.findings import printable
from model.rendering import date_text, finding_lines, outcome_word, path_fields
from model.signatures import Indication, Process, ProofOfExistence, ProofSource, SignatureVerdict
from model.text import N_, _
from preservation.evidence.findings import NOT_SEALED
from preservation.signatures.judging.lifetime import LimitKind
from preservation.signatures.wording import reason_text, verdict_text

SCHEMA = "signature-proven/1"
_KINDS = {
    LimitKind.TSA_CERTIFICATE: N_("the certificate of the timestamp authority {name}"),
    LimitKind.AUTHORITY_CERTIFICATE: N_("the certificate of {name}, which stands above the timestamp authority"),
    LimitKind.TRUST: N_("the trust in {name}, by your trust folder"),
    LimitKind.SIGNATURE_ALGORITHM: N_("the signature algorithm {name}"),
    LimitKind.HASH_ALGORITHM: N_("the hash algorithm {name}"),
}


def evidence_lines(evidence: PackageEvidence) -> Iterator[str]:
    """Yield the lines that tell what the evidence of a package proves."""
    if not evidence.records:
        yield from finding_lines(NOT_SEALED.at())
    for one in evidence.records:
        yield printable(
            _("Evidence record of {authority}: {outcome}").format(
                authority=one.record.authority, outcome=outcome_word(one.report.outcome)
            )
        )
        for finding in dict.fromkeys(one.report.findings):
            yield from finding_lines(finding)
    if evidence.since is not None:
        yield _("Proven to have existed, with all validation data, since {time}").format(time=date_text(evidence.since))


def file_lines(file: ProvenFile, evidence: PackageEvidence) -> Iterator[str]:
    """Yield the lines on one file."""
    yield printable(f"{file.path}: {outcome_word(file.outcome)}")
    for one in file.signatures:
        name = one.facts.certificate.name if one.facts.certificate else _("an unknown signer")
        yield "  " + printable(_("Signature {id} of {signer}").format(id=one.facts.id, signer=name))
        filed = _("when filed, {time}: {verdict}").format(
            time=date_text(file.filed_at), verdict=verdict_text(one.filed)
        )
        yield f"    {filed}"
        yield f"    {_now_text(one, evidence)}"
        yield f"    {difference_text(one)}"
        if one.link is not None:
            yield f"    {printable(link_text(one.link))}"


def _now_text(one: ProvenSignature, evidence: PackageEvidence) -> str:
    verdict = verdict_text(one.now)
    if evidence.since is None:
        return _("now, without proof of time: {verdict}").format(verdict=verdict)
    return _("at its proven time, {time}: {verdict}").format(
        time=date_text(one.now.best_signature_time or evidence.since), verdict=verdict
    )


def difference_text(one: ProvenSignature) -> str:
    """Return in a sentence why the verdict that can be reached now is, or is not, that of the filing."""
    filed, now = one.filed, one.now
    proof = _record(now)
    if not one.changed:
        if proof is None:
            return _("Nothing has changed since filing.")
        return _("The same verdict as at filing; an evidence record proves since when the signature exists.")
    if now.indication is Indication.TOTAL_PASSED:
        return _better(filed, now, proof)
    reason = reason_text(now.sub_indication) if now.sub_indication else ""
    if filed.indication is Indication.TOTAL_PASSED:
        text = _("It was valid at filing; what is kept in the package does not suffice to show it now: {reason}.")
        return text.format(reason=reason)
    return _("At filing it stood otherwise: {before}. Now: {reason}.").format(
        before=verdict_text(filed), reason=reason or verdict_text(now)
    )


def _better(filed: SignatureVerdict, now: SignatureVerdict, proof: ProofOfExistence | None) -> str:
    reason = reason_text(filed.sub_indication) if filed.sub_indication else verdict_text(filed)
    if proof is None or now.process is Process.BASIC:
        return _("At filing it was not valid: {reason}. Trust or policy have changed since.").format(reason=reason)
    text = _("At filing it was not valid: {reason}. The evidence record proves that it existed on {time}, when it was.")
    return text.format(reason=reason, time=date_text(proof.time))


def _record(verdict: SignatureVerdict) -> ProofOfExistence | None:
    return next((one for one in verdict.proofs if one.source is ProofSource.EVIDENCE_RECORD), None)


def link_text(link: WeakestLink) -> str:
    """Return in a sentence what ends first, and when."""
    if link.bearer is Bearer.EVIDENCE:
        what = _(_KINDS[LimitKind(link.kind)]).format(name=link.name)
        return _("Weakest link: {what}, until {time}, if the evidence is not renewed").format(
            what=what, time=date_text(link.until) if link.until else "?"
        )
    what = _("the certificate of {name}").format(name=link.name) if link.name else _("what the signature rests on")
    if link.until is None:
        return _("Weakest link: {what}; its end cannot be told").format(what=what)
    return _("Weakest link: {what}, until {time}").format(what=what, time=date_text(link.until))


def file_json(held: HeldCaseFile, file: ProvenFile, evidence: PackageEvidence) -> dict[str, object]:
    """Return one file as JSON, schema `signature-proven/1`."""
    return {
        "schema": SCHEMA,
        "aip_id": str(held.aip_id),
        **path_fields(file.path),
        "outcome": file.outcome.value,
        "proven_time": utc_text(evidence.since) if evidence.since else None,
        "filed_at": utc_text(file.filed_at),
        "records": [_record_json(evidence, number) for number in range(len(evidence.records))],
        "signatures": [_signature_json(one) for one in file.signatures],
    }


def _record_json(evidence: PackageEvidence, number: int) -> dict[str, object]:
    one = evidence.records[number]
    return {
        "authority": printable(one.record.authority),
        "outcome": one.report.outcome.value,
        "sub_indication": one.report.sub_indication.value if one.report.sub_indication else None,
        "proof_time": utc_text(one.report.proof_time) if one.report.proof_time else None,
        "holds_until": utc_text(one.report.holds_until) if one.report.holds_until else None,
    }


def _signature_json(one: ProvenSignature) -> dict[str, object]:
    return {
        "id": printable(one.facts.id),
        "signer": printable(one.facts.certificate.name) if one.facts.certificate else "",
        "filed": _verdict_json(one.filed),
        "proven": _verdict_json(one.now),
        "changed": one.changed,
        "difference": difference_text(one),
        "weakest_link": None
        if one.link is None
        else {
            "bearer": one.link.bearer.value,
            "kind": one.link.kind,
            "name": printable(one.link.name),
            "until": utc_text(one.link.until) if one.link.until else None,
        },
    }


def _verdict_json(verdict: SignatureVerdict) -> dict[str, object]:
    return {
        "indication": verdict.indication.value,
        "sub_indication": verdict.sub_indication.value if verdict.sub_indication else None,
        "process": verdict.process.value,
        "validation_time": utc_text(verdict.validation_time),
        "best_signature_time": utc_text(verdict.best_signature_time) if verdict.best_signature_time else None,
        "findings": [finding.to_public() for finding in verdict.findings],
    }
