"""What the reading of XML signatures can find."""

from model.findings import Severity, finding_kind
from model.text import N_

_ASK = N_("Ask the sender for the file as it was signed.")
_BROKEN = N_("Do not rely on this signature; ask the sender for the file as it was signed.")

TOO_LARGE = finding_kind(
    "signature.xml.too-large",
    Severity.WARNING,
    N_("The XML document is larger than {limit} bytes; its signatures were not looked at."),
    remedy=N_("Raise the limit for signed XML, or check the file with another program."),
    undecided=True,
)
NOT_XML = finding_kind(
    "signature.xml.unreadable",
    Severity.ERROR,
    N_("The XML document cannot be read: {reason}"),
    remedy=_ASK,
    source="XML 1.0",
    undecided=True,
)
DOCTYPE = finding_kind(
    "signature.xml.doctype",
    Severity.ERROR,
    N_("The XML document declares a document type, which can hide or replace content; it was not read."),
    remedy=N_("Ask the sender for the document without a DOCTYPE declaration."),
    source="XMLDSig 1.1, 8.1.3",
    undecided=True,
)
ENCODING = finding_kind(
    "signature.xml.encoding",
    Severity.ERROR,
    N_("The XML document is written in the encoding {encoding}, which is not read."),
    remedy=N_("Ask the sender for the document in UTF-8."),
    undecided=True,
)
TOO_MANY = finding_kind(
    "signature.xml.too-many",
    Severity.WARNING,
    N_("The document holds more than {limit} signatures; the rest was not looked at."),
    remedy=N_("Check the file with another program, or ask the sender why there are so many."),
    undecided=True,
)
FAILED = finding_kind(
    "signature.xml.checker-failed",
    Severity.ERROR,
    N_("The signature could not be checked: {reason}"),
    remedy=N_("Check the file with another program and tell the maintainers of this one."),
    undecided=True,
)
STRUCTURE = finding_kind(
    "signature.xml.structure",
    Severity.ERROR,
    N_("The signature is not built as the standard says: {reason}"),
    remedy=_BROKEN,
    source="XMLDSig 1.1, 4",
)
VALUE = finding_kind(
    "signature.xml.value",
    Severity.ERROR,
    N_("The signature value is not base64 and cannot be checked."),
    remedy=_BROKEN,
    source="XMLDSig 1.1, 4.3",
)
EMPTY = finding_kind(
    "signature.xml.empty-block",
    Severity.WARNING,
    N_("The message has a place for a signature, but the place is empty."),
    remedy=N_("Treat the message as not signed, or ask the sender for a signed one."),
    source="QCVN 102:2016/BTTTT",
    undecided=True,
)
DIGEST = finding_kind(
    "signature.xml.digest",
    Severity.ERROR,
    N_("The content that the reference “{reference}” names was changed after signing."),
    remedy=_BROKEN,
    source="XMLDSig 1.1, 3.2.1",
)
DIGEST_VALUE = finding_kind(
    "signature.xml.digest-value",
    Severity.ERROR,
    N_("The reference “{reference}” holds no proper digest value."),
    remedy=_BROKEN,
    source="XMLDSig 1.1, 4.4.3.6",
)
MISSING = finding_kind(
    "signature.xml.data-not-found",
    Severity.WARNING,
    N_("The signed data “{reference}” is not here, so it could not be checked."),
    remedy=N_("Put the file that was signed beside the signature, under the name the signature gives."),
    source="EN 319 102-1, 5.2.7",
    undecided=True,
)
DANGLING = finding_kind(
    "signature.xml.target-missing",
    Severity.ERROR,
    N_("The signature names “{reference}”, which the document does not contain."),
    remedy=_BROKEN,
    source="XMLDSig 1.1, 4.4.3.2",
)
AMBIGUOUS = finding_kind(
    "signature.xml.ambiguous-id",
    Severity.ERROR,
    N_("The signed part “{reference}” exists more than once in the document: it cannot be told which was signed."),
    remedy=_BROKEN,
    source="XMLDSig Best Practices, 2.3",
)
WRAPPED = finding_kind(
    "signature.xml.wrapped",
    Severity.ERROR,
    N_("The signed part “{reference}” was moved to a place where it does not belong (signature wrapping)."),
    remedy=_BROKEN,
    source="XMLDSig Best Practices, 2.3",
)
REFUSED = finding_kind(
    "signature.xml.refused",
    Severity.WARNING,
    N_("The reference “{reference}” was not followed: {reason}"),
    remedy=N_("Check this signature with the program it was made with."),
    source="XMLDSig Best Practices, 2.1",
    undecided=True,
)
CRYPTO = finding_kind(
    "signature.xml.crypto",
    Severity.ERROR,
    N_("The signature value does not fit the signed information and the signer's certificate."),
    remedy=_BROKEN,
    source="XMLDSig 1.1, 3.2.2",
)
ALGORITHM = finding_kind(
    "signature.xml.algorithm",
    Severity.WARNING,
    N_("The algorithm {algorithm} is not supported, so the signature could not be checked."),
    remedy=N_("Check this signature with the program it was made with."),
    undecided=True,
)
HMAC = finding_kind(
    "signature.xml.hmac",
    Severity.ERROR,
    N_("The signature rests on a shared secret ({algorithm}); it proves nobody's identity and is never accepted."),
    remedy=N_("Ask the sender for a signature made with a certificate."),
    source="XMLDSig 1.1, 6.3.1",
    undecided=True,
)
NO_CERTIFICATE = finding_kind(
    "signature.xml.no-certificate",
    Severity.WARNING,
    N_("The signature carries no certificate of its signer, so nobody can be named."),
    remedy=N_("Ask the sender for a signature that contains the signer's certificate."),
    source="EN 319 102-1, 5.2.3",
    undecided=True,
)
BAD_CERTIFICATE = finding_kind(
    "signature.xml.bad-certificate",
    Severity.ERROR,
    N_("A certificate in the signature is damaged: {reason}"),
    remedy=_BROKEN,
    source="XMLDSig 1.1, 4.5.4",
)
OTHER_CERTIFICATE = finding_kind(
    "signature.xml.other-certificate",
    Severity.ERROR,
    N_("The certificate that fits the signature is not the one the signer named in the signed properties."),
    remedy=_BROKEN,
    source="EN 319 132-1, 5.2.2",
)
OTHER_KEY = finding_kind(
    "signature.xml.other-key",
    Severity.WARNING,
    N_("The key named in the signature is not the key of the signer's certificate; the certificate was used."),
    remedy=N_("Ask the sender which key signed the document."),
    source="XMLDSig 1.1, 4.5",
)
REMOTE_KEY = finding_kind(
    "signature.xml.remote-key",
    Severity.WARNING,
    N_("The signature keeps its key at another place ({reference}), which was not visited."),
    remedy=N_("Ask the sender for a signature that contains the signer's certificate."),
    source="XMLDSig Best Practices, 2.1.4",
)
UNSIGNED_PROPERTIES = finding_kind(
    "signature.xml.unsigned-properties",
    Severity.ERROR,
    N_("The signed properties (signing time, certificate) are not covered by the signature."),
    remedy=_BROKEN,
    source="EN 319 132-1, 4.3.1",
)
TARGET = finding_kind(
    "signature.xml.target",
    Severity.WARNING,
    N_("The properties of the signature name another signature as their own."),
    remedy=N_("Ask the sender for the file as it was signed."),
    source="EN 319 132-1, 4.3.1",
)
COUNTERSIGNATURE = finding_kind(
    "signature.xml.countersignature",
    Severity.ERROR,
    N_("The countersignature does not sign the value of the signature it stands in."),
    remedy=_BROKEN,
    source="EN 319 132-1, 5.2.7.2",
)
PARTIAL = finding_kind(
    "signature.xml.partial",
    Severity.WARNING,
    N_("The signature covers only a part of the document; not covered: {uncovered}"),
    remedy=N_("Rely only on the signed part; ask the sender for a signature over the whole document."),
    source="EN 319 102-1, 5.1.4.3",
)
MATERIAL = finding_kind(
    "signature.xml.material",
    Severity.WARNING,
    N_("A {kind} kept in the signature cannot be read and was left out."),
    remedy=N_("The proof may be incomplete; ask the sender for the file as it was signed."),
    source="EN 319 132-1, 5.4",
)
STAMP_IMPRINT = finding_kind(
    "signature.xml.timestamp-imprint",
    Severity.WARNING,
    N_("It could not be computed what the timestamp {timestamp} stamps: {reason}"),
    remedy=N_("Do not rely on this timestamp, or check it with the program it was made with."),
    source="EN 319 132-1, 5.5",
    undecided=True,
)
STAMP_FORM = finding_kind(
    "signature.xml.timestamp-form",
    Severity.WARNING,
    N_("The timestamp {timestamp} is not of a form that can be read."),
    remedy=N_("Do not rely on this timestamp."),
    source="EN 319 132-1, 5.1.4",
    undecided=True,
)
