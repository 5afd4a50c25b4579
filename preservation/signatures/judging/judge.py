"""Judges what was found in a file: one judge for all formats.

From stored facts, material, trust, policy and a time alone; the same verdict is reached again from a package without
its payload. Only the collector, where one is given, reaches outside.

Source:
    ETSI EN 319 102-1 v1.4.1
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from model.findings import Outcome
from model.material import Material, MaterialKind, MaterialSource
from model.signatures import (
    FileSignatures,
    Indication,
    Integrity,
    Process,
    ProofOfExistence,
    ProofSource,
    SignatureFacts,
    SignatureReport,
    SignatureVerdict,
    SignedState,
    SubIndication,
)
from preservation.cms.certificates import UnreadableCertificate
from preservation.signatures.judging import findings as say
from preservation.signatures.judging.cascade import Case, judge_case, unjudged
from preservation.signatures.judging.desk import Desk, trust_crls
from preservation.signatures.judging.paths import index_of
from preservation.signatures.judging.stamps import Stamps, judge_stamps
from preservation.signatures.judging.values import Judging

_TOTAL_FAILURES = {SubIndication.HASH_FAILURE, SubIndication.SIG_CRYPTO_FAILURE}
_FAILED_AS = {SubIndication.SIGNED_DATA_NOT_FOUND: SubIndication.HASH_FAILURE}
"""What a container that lost a signed file is: what it holds no longer has the digest that was signed. The standard
knows data that is not found only where it is looked for elsewhere, and undecided (5.2.7)."""
_AT_ONCE = {
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
    SubIndication.SIGNED_DATA_NOT_FOUND,
    SubIndication.FORMAT_FAILURE,
}
_WITHOUT = {
    SignedState.NOT_SIGNABLE: say.NOT_SIGNABLE,
    SignedState.UNSIGNED: say.NONE,
    SignedState.SIGNED: say.NONE,
    SignedState.UNREADABLE: say.CANNOT_VERIFY,
}


def judge_file(file: FileSignatures, material: Material, judging: Judging) -> SignatureReport:
    """Judge every signature and timestamp of a file.

    Args:
        file: what was found in it.
        material: certificates, CRLs, OCSP responses and tokens it holds; takes what the collector fetches, and what of
            the trust store the verdicts rest on, so that it suffices to judge again.
        judging: under what, and for which time.

    Returns:
        One verdict for each signature. An error of the program on one is that one's verdict.
    """
    desk = Desk(material, judging)
    desk.lay_out()
    stamps = judge_stamps(file, desk)
    verdicts = tuple(_one(facts, desk, stamps, file) for facts in file.signatures)
    timestamps = tuple(stamp.verdict for stamp in stamps.file)
    _keep(material, judging, _relied_on(verdicts, stamps))
    return SignatureReport(
        file=_with_state(file),
        verdicts=verdicts,
        timestamps=timestamps,
        outcome=_outcome(verdicts, stamps),
        checked_at=judging.at,
        policy=judging.policy.id,
        trust=judging.trust.id,
    )


def _with_state(file: FileSignatures) -> FileSignatures:
    """Return the facts of a file without signatures with the finding that says so, once."""
    if file.signatures:
        return file
    kind = _WITHOUT[file.state]
    if any(finding.code == kind.code for finding in file.findings):
        return file
    return replace(file, findings=(*file.findings, kind.at(file.path)))


def _outcome(verdicts: tuple[SignatureVerdict, ...], stamps: Stamps) -> Outcome:
    """Return PASSED only where there is a signature and all passed, and no timestamp is broken."""
    indications = {verdict.indication for verdict in verdicts}
    if Indication.TOTAL_FAILED in indications:
        return Outcome.FAILED
    broken = any(stamp.verdict.outcome is Outcome.FAILED for stamp in stamps.all())
    return Outcome.PASSED if indications == {Indication.TOTAL_PASSED} and not broken else Outcome.INDETERMINATE


def _one(facts: SignatureFacts, desk: Desk, stamps: Stamps, file: FileSignatures) -> SignatureVerdict:
    """Judge one signature; what the libraries raise on hostile certificates becomes its verdict."""
    try:
        return _verdict(facts, desk, stamps, file)
    except UnreadableCertificate:
        finding = say.NO_SIGNING_CERTIFICATE.at(facts.id)
        return unjudged(facts, desk, stamps, SubIndication.NO_SIGNING_CERTIFICATE_FOUND, finding)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # noqa: BLE001 - hostile certificates make the libraries raise anything
        finding = say.CHECKER_FAILED.at(facts.id, what=f"{type(error).__name__}: {error}"[:200])
        return unjudged(facts, desk, stamps, SubIndication.CUSTOM, finding)


def _verdict(facts: SignatureFacts, desk: Desk, stamps: Stamps, file: FileSignatures) -> SignatureVerdict:
    decided = _by_bytes(facts, desk, stamps)
    if decided is not None:
        return decided
    leaf = desk.certificate(facts.certificate)
    if leaf is None:
        finding = say.NO_SIGNING_CERTIFICATE.at(facts.id)
        return unjudged(facts, desk, stamps, SubIndication.NO_SIGNING_CERTIFICATE_FOUND, finding)
    found = judge_case(Case(facts=facts, leaf=leaf, desk=desk, stamps=stamps))
    if found.indication is not Indication.INDETERMINATE:
        return found
    return _at_a_proven_time(facts, desk, file) or found


def _by_bytes(facts: SignatureFacts, desk: Desk, stamps: Stamps) -> SignatureVerdict | None:
    """Return the verdict where the bytes alone decide."""
    failure = facts.failure
    exchanged = failure is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    if (facts.integrity is Integrity.BROKEN and not exchanged) or failure in _TOTAL_FAILURES:
        failure = failure or SubIndication.SIG_CRYPTO_FAILURE
        finding = say.BY_BYTES.get(failure, say.FORGED).at(facts.id)
        return unjudged(facts, desk, stamps, _FAILED_AS.get(failure, failure), finding, Indication.TOTAL_FAILED)
    if facts.integrity is Integrity.UNKNOWN or failure in _AT_ONCE:
        failure = failure or SubIndication.CUSTOM
        kind = say.UNREADABLE if failure is SubIndication.FORMAT_FAILURE else say.BY_BYTES.get(failure, say.UNREADABLE)
        return unjudged(facts, desk, stamps, failure, kind.at(facts.id))
    return None


def _at_a_proven_time(facts: SignatureFacts, desk: Desk, file: FileSignatures) -> SignatureVerdict | None:
    """Judge as of the times at which evidence records prove the file and its material; return what passes.

    What a record proves to have existed then was found then as it is found now: a verdict of that time stands.
    """
    judging = desk.judging
    records = [proof for proof in judging.proofs if proof.source is ProofSource.EVIDENCE_RECORD]
    for proof in sorted(records, key=lambda one: one.time):
        if proof.time >= judging.at:
            continue
        then = desk.until(proof.time)
        leaf = then.certificate(facts.certificate)
        if leaf is None:
            return None
        found = judge_case(Case(facts=facts, leaf=leaf, desk=then, stamps=judge_stamps(file, then)))
        if found.indication is Indication.TOTAL_PASSED:
            proofs = (*(one for one in found.proofs if one.source is not ProofSource.CHECK), proof, _check(judging))
            ordered = tuple(sorted(dict.fromkeys(proofs), key=lambda one: one.time))
            return replace(
                found,
                process=Process.POINT_IN_TIME,
                validation_time=judging.at,
                proofs=ordered,
                best_signature_time=ordered[0].time,
                holds_until=None,
            )
    return None


def _check(judging: Judging) -> ProofOfExistence:
    return ProofOfExistence(time=judging.at, source=ProofSource.CHECK)


# --- what a verdict rests on stays with the facts ----------------------------------------------------------------


def _relied_on(verdicts: tuple[SignatureVerdict, ...], stamps: Stamps) -> Iterator[str]:
    for verdict in verdicts:
        yield from verdict.chain
        yield from (use.material for use in verdict.revocations if use.material)
    for stamp in stamps.all():
        yield from stamp.verdict.chain
        if stamp.assessment is not None:
            yield from (use.material for use in stamp.assessment.revocations if use.material)


def _keep(material: Material, judging: Judging, identifiers: Iterable[str]) -> None:
    """Add what of the trust store the verdicts rest on to the material."""
    wanted = {identifier for identifier in identifiers if identifier not in material.items}
    if not wanted:
        return
    for cert in index_of(judging.trust).certs:
        if cert.id in wanted:
            material.add(MaterialKind.CERTIFICATE, cert.der, MaterialSource.TRUST_STORE)
    for identifier, content in trust_crls(judging):
        if identifier in wanted:
            material.add(MaterialKind.CRL, content, MaterialSource.TRUST_STORE)
