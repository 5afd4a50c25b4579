"""What the judgement of signatures says, in words for archivists: why one did not pass, and what to do."""

from model.findings import FindingKind, Severity, finding_kind
from model.signatures import SubIndication
from model.text import N_
from preservation.trust.findings import NO_ANCHOR

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
_STANDARD = "ETSI EN 319 102-1"
_ASK_SENDER = N_("Ask the agency that handed it in for the document as it was signed.")
_KEEP_AND_SEAL = N_(
    "Nothing can be done for this document now; documents like it must be stamped with the time, or sealed in this"
    " archive, while their certificates are valid."
)
_FETCH = N_(
    "Import a newer revocation list of this authority with `chauban trust add`, or allow fetching in the signature"
    " policy, and check again."
)


def _kind(code: str, severity: Severity, message: str, remedy: str, clause: str, undecided: bool) -> FindingKind:
    source = f"{_STANDARD} {clause}" if clause else ""
    return finding_kind(code, severity, message, remedy=remedy, source=source, undecided=undecided)


def _undecided(code: str, message: str, remedy: str, clause: str = "") -> FindingKind:
    return _kind(code, _WARNING, message, remedy, clause, undecided=True)


FORMAT = _kind(
    "signature.format",
    _ERROR,
    N_("The signature is damaged: it is not built as its standard says."),
    _ASK_SENDER,
    "5.2.2",
    undecided=False,
)
ALTERED = _kind(
    "signature.altered",
    _ERROR,
    N_("The document was altered after it was signed: its contents no longer fit the signature."),
    _ASK_SENDER,
    "5.2.7",
    undecided=False,
)
FORGED = _kind(
    "signature.forged",
    _ERROR,
    N_("The signature was not made with the key of the certificate named in it, or it was altered."),
    _ASK_SENDER,
    "5.2.7",
    undecided=False,
)
REVOKED = _kind(
    "signature.signed-after-revocation",
    _ERROR,
    N_("The signature was made after the certificate of {name} was revoked ({time})."),
    N_("Refuse the document, and tell the agency: the key was used after its certificate was withdrawn."),
    "5.3.4",
    undecided=False,
)
EXPIRED = _kind(
    "signature.signed-after-expiry",
    _ERROR,
    N_("The signature was made after the certificate of {name} had ended ({time})."),
    N_("Ask for the document signed with a valid certificate."),
    "5.3.4",
    undecided=False,
)
SIGNED_TOO_EARLY = _kind(
    "signature.signed-before-certificate",
    _ERROR,
    N_("The signature existed ({proven}) before the certificate of {name} became valid ({time})."),
    N_("Ask the agency which certificate was meant: the one in the document cannot have made this signature."),
    "5.5.4",
    undecided=False,
)
NOT_YET_VALID = _undecided(
    "signature.certificate-not-yet-valid",
    N_("At the time of this check the certificate of {name} is not yet valid: it begins on {time}."),
    N_("Check again for a time after it began."),
    "5.2.6",
)
NO_SIGNING_CERTIFICATE = _undecided(
    "signature.no-certificate",
    N_("The certificate of the signer is not in the document, so the signature cannot be checked."),
    N_("Ask the agency for the signer's certificate."),
    "5.2.3",
)
DATA_NOT_FOUND = _undecided(
    "signature.document-missing",
    N_("The document that was signed is not here, so the signature cannot be checked."),
    N_("Hand in the signed document together with its signature file."),
    "5.2.7",
)
UNREADABLE = _undecided(
    "signature.unverifiable",
    N_("The signature could not be checked; the findings beside this one say why."),
    N_("Keep the document as it is; it may become possible to check it with a later version."),
)
NO_CHAIN = _undecided(
    "signature.unknown-issuer",
    N_("The certificate of {name} leads to no authority you trust; its issuer is {issuer}."),
    N_(
        "If you know this authority, compare its fingerprint with the published one and add it with"
        " `chauban trust add`; otherwise ask the agency where its certificate comes from."
    ),
    "5.2.6",
)
ANCHOR_ENDED = _undecided(
    "signature.trust-ended",
    N_("The trust in the authority {name} ended on {time}, and nothing proves that the signature is older."),
    _KEEP_AND_SEAL,
    "5.2.6",
)
ANCHOR_LATER = _undecided(
    "signature.trust-began-later",
    N_("The authority {name} is trusted only since {time}; the signature is older."),
    N_("If it was to be trusted before, correct the beginning of its trust in trust.toml."),
    "5.2.6",
)
CHAIN_CONSTRAINTS = _undecided(
    "signature.certificate-unsuitable",
    N_("The certificate of {name} was not issued for this use: {why}."),
    N_("Ask the agency for the document signed with a certificate that is meant for signing documents."),
    "5.2.6",
)
CHAIN_GENERAL = _undecided(
    "signature.chain-unsound",
    N_("The certificates from {name} up to the trusted authority do not fit together: {why}."),
    N_("Ask the authority that issued the certificate, or its publication, for the right intermediate certificates."),
    "5.2.6",
)
REVOCATION_MISSING = _undecided(
    "signature.revocation-unknown",
    N_("It is not known whether the certificate of {name} was revoked: there is no revocation list or OCSP answer."),
    _FETCH,
    "5.2.5",
)
REVOCATION_IGNORED = finding_kind(
    "signature.revocation-not-required",
    _WARNING,
    N_("It is not known whether the certificate of {name} was revoked; the policy accepts that."),
    remedy=_FETCH,
)
TRY_LATER = _undecided(
    "signature.revocation-stale",
    N_("What is known of the revocation of {name} is from {time}: too old to decide."),
    _FETCH,
    "5.2.5",
)
ON_HOLD = _undecided(
    "signature.certificate-on-hold",
    N_("The certificate of {name} was suspended on {time}; whether it was revoked is not decided."),
    N_("Check again when its authority has decided."),
    "5.2.6",
)
REVOKED_NO_POE = _undecided(
    "signature.revoked",
    N_("The certificate of {name} was revoked on {time} ({why}), and nothing proves that the signature is older."),
    N_(
        "Ask the agency whether it can prove when the document was signed, and decide by hand; keep the answer with"
        " the case file."
    ),
    "5.3.4",
)
REVOKED_CA_NO_POE = _undecided(
    "signature.authority-revoked",
    N_(
        "The certificate of the authority {name} was revoked on {time} ({why}), and nothing proves that the signature"
        " is older."
    ),
    N_("Ask the authority's publication what happened to its certificates, and decide by hand."),
    "5.2.6",
)
OUT_OF_BOUNDS_NO_POE = _undecided(
    "signature.certificate-ended",
    N_(
        "The certificate of {name} ended on {time}, and it cannot be proven that it was valid when the document was"
        " signed."
    ),
    _KEEP_AND_SEAL,
    "5.2.6",
)
OUT_OF_BOUNDS_NOT_REVOKED = _undecided(
    "signature.certificate-ended-not-revoked",
    N_(
        "The certificate of {name} ended on {time} without having been revoked, but nothing proves that the document"
        " was signed before."
    ),
    _KEEP_AND_SEAL,
    "5.2.6",
)
CRYPTO = _undecided(
    "signature.algorithm-refused",
    N_("The policy does not accept the algorithm {algorithm}."),
    N_("Ask for the document signed with a program that uses today's algorithms."),
    "5.2.8",
)
CRYPTO_NO_POE = _undecided(
    "signature.algorithm-ended",
    N_("The algorithm {algorithm} is no longer safe since {time}, and nothing proves that the signature is older."),
    _KEEP_AND_SEAL,
    "5.2.8",
)
ORDER = _undecided(
    "signature.timestamp-order",
    N_("The timestamps contradict each other: {first} ({first_time}) must not be later than {second} ({second_time})."),
    N_("Ask the agency how the document was stamped; one of the authorities may have had a wrong clock."),
    "5.5.4",
)
NO_POE = _undecided(
    "signature.no-proof",
    N_("What would prove that the certificate of {name} was valid then cannot be dated: no timestamp covers it."),
    _KEEP_AND_SEAL,
    "5.6.2",
)
CONSTRAINTS = _undecided(
    "signature.constraints",
    N_(
        "The signature itself is sound, but a condition it is bound to is not met; the findings beside this one say"
        " which."
    ),
    N_("Look at the findings of the signature and decide by hand."),
    "5.2.8",
)
MODIFIED = _undecided(
    "signature.modified-after-signing",
    N_("The file was changed after it was signed, in a way nothing permits: {what}."),
    N_("Compare the file with the signed state inside it, and ask the agency for the document as it was signed."),
    "5.2.8",
)
NOT_COVERED = _undecided(
    "signature.not-whole",
    N_("The signature covers only a part of what a reader sees."),
    N_("Ask for the document with a signature over the whole of it."),
    "5.2.8",
)
CHECKER_FAILED = _undecided(
    "signature.checker-failed",
    N_("The check ended in an error of the program on this signature ({what}); it is neither good nor bad."),
    N_("Tell the maker of the program, and keep the document."),
)
NONE = _undecided(
    "signature.none",
    N_("There is no signature in this document."),
    N_("If it had to be signed, ask the agency for the signed document."),
)
NOT_SIGNABLE = _undecided(
    "signature.not-signable",
    N_("Files of this type carry no signatures."),
    N_("If it was signed, hand in the signature file together with it."),
)
CANNOT_VERIFY = _undecided(
    "signature.cannot-verify",
    N_("The file could not be read for signatures; the findings beside this one say why."),
    N_("Ask for the file again if it is damaged."),
)
CLAIMED_LATER = finding_kind(
    "signature.claimed-time-late",
    _WARNING,
    N_("The signer's clock said {claimed}, but the signature existed already at {proven}."),
    remedy=N_("Rely on the proven time; the clock of the signer's computer was wrong."),
)
CLAIMED_ONLY = finding_kind(
    "signature.time-unproven",
    _INFO,
    N_("The time of signing ({claimed}) is the word of the signer's computer only."),
)
ALGORITHM_ENDING = finding_kind(
    "signature.algorithm-ending",
    _INFO,
    N_("The algorithm {algorithm} counts only until {time}; before that the document must be sealed or stamped."),
)
MATERIAL_UNREADABLE = finding_kind(
    "signature.material-unreadable",
    _INFO,
    N_("A certificate, revocation list or OCSP answer could not be read and was left aside ({what})."),
)
TIMESTAMP_BROKEN = finding_kind(
    "signature.timestamp-broken",
    _WARNING,
    N_("The timestamp {what} is broken or was made for something else: it proves nothing."),
    remedy=_ASK_SENDER,
    source=f"{_STANDARD} 5.4",
)
TIMESTAMP_UNPROVEN = finding_kind(
    "signature.timestamp-unproven",
    _WARNING,
    N_("The timestamp {what} could not be confirmed, so its time ({time}) proves nothing."),
    remedy=N_("Add its authority with `chauban trust add --purpose tsa`, and see that its revocation data is here."),
    source=f"{_STANDARD} 5.4",
)
TIMESTAMP_FUTURE = _undecided(
    "signature.timestamp-future",
    N_("The timestamp {what} is from {time}, after the time of this check."),
    N_("Check for a later time."),
    "5.4",
)
REQUIRED_MISSING = finding_kind(
    "signature.required-missing",
    _WARNING,
    N_("Documents of this type ({type}) are signed by {who}, and there is no such signature that passed."),
    remedy=N_("Ask the agency for the document with all its signatures."),
    source="Decree 30/2020/NĐ-CP",
)
REQUIRED_ORDER = finding_kind(
    "signature.required-order",
    _WARNING,
    N_("The agency signed ({agency}) before the authorised person did ({person})."),
    remedy=N_("Ask the agency how the document was issued."),
    source="Decree 30/2020/NĐ-CP",
)

BY_BYTES: dict[SubIndication, FindingKind] = {
    SubIndication.FORMAT_FAILURE: FORMAT,
    SubIndication.HASH_FAILURE: ALTERED,
    SubIndication.SIG_CRYPTO_FAILURE: FORGED,
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: NO_SIGNING_CERTIFICATE,
    SubIndication.SIGNED_DATA_NOT_FOUND: DATA_NOT_FOUND,
    SubIndication.SIG_CONSTRAINTS_FAILURE: CONSTRAINTS,
}
"""What to say where the bytes alone decide."""

TRUST_EMPTY = NO_ANCHOR
