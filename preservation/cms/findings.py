"""What can be found about the signature value of a CMS signature, whatever file it lies in."""

from model.findings import Severity, finding_kind
from model.text import N_

_SAME_SOURCE = N_("Ask the sender for the file once more, from where it was signed.")
_SIGN_AGAIN = N_("Ask the signer to sign again with current software; keep this file as it is.")

UNREADABLE_CMS = finding_kind(
    "signature.cms-unreadable",
    Severity.ERROR,
    N_("The signature cannot be read: {reason}."),
    remedy=N_("Ask the sender for the file once more; it may have been damaged on the way."),
    source="RFC 5652 section 5",
)
UNREADABLE_SIGNER = finding_kind(
    "signature.signer-unreadable",
    Severity.ERROR,
    N_("This signature is damaged and cannot be read: {reason}."),
    remedy=N_("Ask the sender for the file once more; it may have been damaged on the way."),
    source="RFC 5652 section 5.3",
)
TRAILING_BYTES = finding_kind(
    "signature.cms-trailing-bytes",
    Severity.WARNING,
    N_("{count} bytes follow the signature and belong to nothing."),
    remedy=N_("They are not signed. Compare with the file the sender has."),
    source="RFC 5652 section 3",
)
NO_CERTIFICATE = finding_kind(
    "signature.certificate-missing",
    Severity.WARNING,
    N_("The certificate of the signer ({signer}) is not in the file, so the signature cannot be checked."),
    remedy=N_("Ask the signer for the certificate, or for a signature that contains it."),
    source="ETSI EN 319 102-1 section 5.2.3",
    undecided=True,
)
CERTIFICATE_UNREADABLE = finding_kind(
    "signature.certificate-unreadable",
    Severity.WARNING,
    N_("A certificate in the file cannot be read: {reason}."),
    remedy=N_("If it is the signer's, ask the signer to sign again."),
    source="RFC 5280 section 4.1",
)
CERTIFICATE_MISMATCH = finding_kind(
    "signature.certificate-mismatch",
    Severity.ERROR,
    N_("The signature names another certificate than the one that came with it: the certificate was exchanged."),
    remedy=_SAME_SOURCE,
    source="RFC 5035 section 3; ETSI EN 319 122-1 section 5.2.2",
)
CERTIFICATE_REFERENCE_ODD = finding_kind(
    "signature.certificate-reference-odd",
    Severity.WARNING,
    N_("Issuer or serial number in the signed reference to the certificate differ from the certificate's."),
    remedy=N_("The certificate itself is bound by its digest; nothing needs to be done unless other findings speak."),
    source="ETSI EN 319 102-1 section 5.2.3.4",
)
CERTIFICATE_REFERENCE_UNCHECKED = finding_kind(
    "signature.certificate-reference-unchecked",
    Severity.WARNING,
    N_("The signed reference to the certificate could not be checked: {reason}."),
    source="RFC 5035 section 3",
    undecided=True,
)
WRONG_VALUE = finding_kind(
    "signature.value-wrong",
    Severity.ERROR,
    N_("The signature value does not fit: the signature was altered or made with another key."),
    remedy=_SAME_SOURCE,
    source="ETSI EN 319 102-1 section 5.2.7",
)
WRONG_DIGEST = finding_kind(
    "signature.content-altered",
    Severity.ERROR,
    N_("What was signed is not what is here: the digest of the contents differs from the signed one ({algorithm})."),
    remedy=N_("The document was changed after it was signed, or is not the one that was signed. Ask for the original."),
    source="ETSI EN 319 102-1 section 5.2.7",
)
NO_CONTENT = finding_kind(
    "signature.content-missing",
    Severity.WARNING,
    N_("The signed contents are not here, so only the signature's own data could be checked."),
    remedy=N_("Put the signed file beside its signature, under the name it had."),
    source="ETSI EN 319 102-1 section 5.2.7",
    undecided=True,
)
UNSUPPORTED = finding_kind(
    "signature.algorithm-unsupported",
    Severity.WARNING,
    N_("The signature uses an algorithm this program cannot check: {algorithm}."),
    remedy=N_("Have it checked with the software of the signer's certification authority, and keep the result."),
    source="ETSI EN 319 102-1 section 5.2.7",
    undecided=True,
)
ALGORITHMS_DIFFER = finding_kind(
    "signature.algorithms-differ",
    Severity.ERROR,
    N_("The signature says that it used {stated} and at another place that it used {used}: it is not sound."),
    remedy=_SIGN_AGAIN,
    source="RFC 5652 section 5.3; RFC 6211",
)
NO_MESSAGE_DIGEST = finding_kind(
    "signature.digest-missing",
    Severity.ERROR,
    N_("The signed attributes do not contain exactly one digest of the contents: the contents are not signed."),
    remedy=_SIGN_AGAIN,
    source="RFC 5652 section 11.2",
)
CONTENT_TYPE_DIFFERS = finding_kind(
    "signature.content-type-differs",
    Severity.ERROR,
    N_("The signed content type ({stated}) is not the type of the contents ({used})."),
    remedy=_SIGN_AGAIN,
    source="RFC 5652 section 11.1",
)
NO_CONTENT_TYPE = finding_kind(
    "signature.content-type-missing",
    Severity.INFO,
    N_("The signed attributes do not state the type of the contents, as they should."),
    source="RFC 5652 section 11.1",
)
NO_SIGNED_ATTRIBUTES = finding_kind(
    "signature.no-signed-attributes",
    Severity.INFO,
    N_("The signature covers the contents only: neither a signing time nor the certificate is signed."),
    source="RFC 5652 section 5.3",
)
ATTRIBUTES_AS_CONTENT = finding_kind(
    "signature.attributes-as-content",
    Severity.ERROR,
    N_("The contents are the signed attributes of another signature: this is a known forgery."),
    remedy=N_("Do not rely on it. Ask the sender for the file once more."),
    source="RFC 5652 section 5.4",
)
NOT_DER = finding_kind(
    "signature.attributes-not-der",
    Severity.INFO,
    N_("The signed attributes are not in the order the standard asks; it was verified {detail}."),
    source="RFC 5652 section 5.4",
)
DUPLICATE_ATTRIBUTE = finding_kind(
    "signature.attribute-twice",
    Severity.WARNING,
    N_("The signed attribute {name} appears more than once."),
    source="RFC 5652 section 5.3",
)
TOO_MANY = finding_kind(
    "signature.too-many",
    Severity.WARNING,
    N_("Only the first {limit} of {what} were looked at."),
    remedy=N_("Have the file examined by hand: no honest document has so many."),
    undecided=True,
)
NO_SIGNERS = finding_kind(
    "signature.no-signer",
    Severity.INFO,
    N_("The file has the form of a signature and carries certificates only: nobody signed anything in it."),
    source="RFC 5652 section 5.1",
)
CHECK_BROKE_OFF = finding_kind(
    "signature.check-broke-off",
    Severity.WARNING,
    N_("The signature could not be checked to its end: {reason}."),
    remedy=N_("Keep the file and report it to whoever maintains this program."),
    undecided=True,
)
