"""Verdicts in words a person understands, for the terminal and for the printed report."""

from model.findings import Outcome
from model.signatures import (
    Indication,
    Integrity,
    Modification,
    ProofSource,
    Role,
    SignatureFacts,
    SignatureVerdict,
    SignedState,
    SubIndication,
)
from model.text import N_, _

_INDICATIONS = {
    Indication.TOTAL_PASSED: N_("valid"),
    Indication.TOTAL_FAILED: N_("NOT valid"),
    Indication.INDETERMINATE: N_("cannot be decided"),
}
_REASONS = {
    SubIndication.FORMAT_FAILURE: N_("the signature does not follow its format"),
    SubIndication.HASH_FAILURE: N_("the signed content was changed after signing"),
    SubIndication.SIG_CRYPTO_FAILURE: N_("the signature value does not belong to the signer's certificate"),
    SubIndication.REVOKED: N_("the certificate was revoked before the signature was made"),
    SubIndication.EXPIRED: N_("the signature was made after the certificate had expired"),
    SubIndication.NOT_YET_VALID: N_("the signature was made before the certificate became valid"),
    SubIndication.SIG_CONSTRAINTS_FAILURE: N_("the signature does not cover the document as it must"),
    SubIndication.CHAIN_CONSTRAINTS_FAILURE: N_("the certificate may not be used for this purpose"),
    SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE: N_("the certificate path could not be checked completely"),
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE: N_("an algorithm is too weak"),
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: N_(
        "an algorithm is too weak today, and nothing proves that the signature is older"
    ),
    SubIndication.POLICY_PROCESSING_ERROR: N_("the policy of the signature could not be applied"),
    SubIndication.SIGNATURE_POLICY_NOT_AVAILABLE: N_("the policy of the signature is not at hand"),
    SubIndication.TIMESTAMP_ORDER_FAILURE: N_("the timestamps contradict each other"),
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: N_("the signer's certificate is missing"),
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND: N_("the certificate leads to no authority in the trust folder"),
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE: N_(
        "the authority is trusted no longer, and nothing proves that the signature is older"
    ),
    SubIndication.REVOKED_NO_POE: N_(
        "the certificate was revoked, and nothing proves that the signature was made before"
    ),
    SubIndication.REVOKED_CA_NO_POE: N_(
        "the authority's certificate was revoked, and nothing proves that the signature was made before"
    ),
    SubIndication.OUT_OF_BOUNDS_NO_POE: N_(
        "the certificate has expired, and nothing proves that the signature was made before"
    ),
    SubIndication.OUT_OF_BOUNDS_NOT_REVOKED: N_(
        "the certificate has expired without having been revoked, and nothing proves when the signature was made"
    ),
    SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE: N_(
        "the revocation data is signed by a certificate that has expired"
    ),
    SubIndication.NO_POE: N_("nothing proves that the signature existed while its certificate was valid"),
    SubIndication.TRY_LATER: N_("newer revocation data is needed: check again later"),
    SubIndication.SIGNED_DATA_NOT_FOUND: N_("the signed document is not here"),
    SubIndication.CUSTOM: N_("the check could not be completed"),
}
_INTEGRITY = {
    Integrity.INTACT: N_("intact: the signed bytes are unchanged"),
    Integrity.BROKEN: N_("broken: the signed bytes were changed, or the signature was"),
    Integrity.UNKNOWN: N_("unknown: it could not be computed"),
}
_MODIFICATIONS = {
    Modification.NONE: N_("nothing was changed after signing"),
    Modification.PERMITTED: N_("only permitted additions after signing"),
    Modification.SUSPICIOUS: N_("changed after signing, and not explained"),
}
_COVERAGE = {
    True: N_("the whole document"),
    False: N_("only a part of the document"),
    None: N_("it cannot be told what it covers"),
}
_ROLES = {Role.PERSON: N_("person"), Role.AGENCY: N_("agency or organisation"), Role.UNKNOWN: N_("unknown")}
_PROOFS = {
    ProofSource.TIMESTAMP: N_("proven by a timestamp"),
    ProofSource.EVIDENCE_RECORD: N_("proven by an evidence record"),
    ProofSource.CHECK: N_("proven by nothing but this check"),
}
_STATES = {
    SignedState.SIGNED: N_("signed"),
    SignedState.UNSIGNED: N_("no signature"),
    SignedState.NOT_SIGNABLE: N_("no signature (files of this kind carry none)"),
    SignedState.UNREADABLE: N_("cannot be verified"),
}
_STAMPS = {
    Outcome.PASSED: N_("valid"),
    Outcome.FAILED: N_("NOT valid"),
    Outcome.INDETERMINATE: N_("cannot be decided"),
}


def verdict_text(verdict: SignatureVerdict) -> str:
    """Return a verdict in words: `NOT valid: the signed content was changed after signing`."""
    word = _(_INDICATIONS[verdict.indication])
    if verdict.sub_indication is None:
        return word
    return _("{verdict}: {reason}").format(verdict=word, reason=reason_text(verdict.sub_indication))


def reason_text(reason: SubIndication) -> str:
    """Return a sub-indication in words."""
    return _(_REASONS[reason])


def reason_phrase(reason: SubIndication) -> str:
    """Return a sub-indication in words, in English: to be stored, and translated when shown."""
    return _REASONS[reason]


def timestamp_text(outcome: Outcome, reason: SubIndication | None) -> str:
    """Return what a timestamp is worth, in words."""
    word = _(_STAMPS[outcome])
    return _("{verdict}: {reason}").format(verdict=word, reason=reason_text(reason)) if reason else word


def integrity_text(integrity: Integrity) -> str:
    """Return cryptographic integrity in words."""
    return _(_INTEGRITY[integrity])


def coverage_text(facts: SignatureFacts) -> str:
    """Return what a signature covers, in words."""
    return _(_COVERAGE[facts.scope.whole_document])


def modification_text(modification: Modification) -> str:
    """Return what happened after signing, in words."""
    return _(_MODIFICATIONS[modification])


def role_text(role: Role) -> str:
    """Return on whose behalf a signature was made, in words."""
    return _(_ROLES[role])


def proof_text(source: ProofSource) -> str:
    """Return what proves the time of a signature, in words."""
    return _(_PROOFS[source])


def state_text(state: SignedState) -> str:
    """Return in words whether a file is signed."""
    return _(_STATES[state])
