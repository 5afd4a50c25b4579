"""What can be found about the signatures of a PDF: what they cover, and what happened to the file after them."""

from model.findings import Severity, finding_kind
from model.text import N_

_SAME_SOURCE = N_("Ask the sender for the file once more, from where it was signed.")
_COMPARE = N_("Compare the file with the signed revision, and ask the signer whether the change was meant.")

DAMAGED = finding_kind(
    "signature.pdf-unreadable",
    Severity.WARNING,
    N_("The PDF cannot be read, so nothing can be said about its signatures: {reason}."),
    remedy=N_("Ask the sender for the file once more; it may have been damaged on the way."),
    source="ISO 32000-2 section 7.5",
    undecided=True,
)
ENCRYPTED = finding_kind(
    "signature.pdf-encrypted",
    Severity.WARNING,
    N_("The PDF is encrypted and cannot be opened without a password or key: its signatures cannot be checked."),
    remedy=N_("Ask the sender for the file without a password; the original stays as it is."),
    source="ISO 32000-2 section 7.6",
    undecided=True,
)
LENIENT = finding_kind(
    "signature.pdf-lenient",
    Severity.INFO,
    N_("The PDF breaks rules of its format and was read leniently ({reason})."),
    source="ISO 32000-2 section 7.5",
)
TOO_MANY = finding_kind(
    "signature.pdf-too-many",
    Severity.WARNING,
    N_("The PDF has more than {limit} signatures; the rest was not looked at."),
    remedy=N_("Have the file examined by hand: no honest document has so many."),
    undecided=True,
)
FORM_UNREADABLE = finding_kind(
    "signature.pdf-form-unreadable",
    Severity.WARNING,
    N_("Part of the form that lists the signatures cannot be read ({reason}); signatures may be missing here."),
    remedy=N_("Ask the sender for the file once more; it may have been damaged on the way."),
    source="ISO 32000-2 section 12.7",
    undecided=True,
)
STRAY = finding_kind(
    "signature.pdf-stray",
    Severity.WARNING,
    N_("The PDF has traces of a signature that belong to no object of the file: they cannot be checked."),
    remedy=N_("The file may have been rewritten after signing. Ask for the file as the signer has it."),
    source="ISO 32000-2 section 12.8",
    undecided=True,
)
UNLISTED = finding_kind(
    "signature.pdf-unlisted",
    Severity.WARNING,
    N_("No signature field of the document leads to this signature: a PDF viewer does not show it."),
    remedy=N_("It was removed or replaced after signing. Ask for the file as the signer has it."),
    source="ISO 32000-2 section 12.8.1",
)
SHARED = finding_kind(
    "signature.pdf-shared",
    Severity.WARNING,
    N_("The signature field {field} shows the same signature once more; it is one signature."),
    source="ISO 32000-2 section 12.7.5.5",
)
USAGE_RIGHTS = finding_kind(
    "signature.pdf-usage-rights",
    Severity.INFO,
    N_("The PDF carries a usage-rights signature, which unlocks functions of a viewer and signs no document."),
    source="ISO 32000-2 section 12.8.6",
)
UNREADABLE = finding_kind(
    "signature.pdf-signature-unreadable",
    Severity.ERROR,
    N_("This signature cannot be read: {reason}."),
    remedy=N_("Ask the sender for the file once more; it may have been damaged on the way."),
    source="ISO 32000-2 section 12.8.1; ETSI EN 319 142-1",
)
UNSUPPORTED = finding_kind(
    "signature.pdf-unsupported",
    Severity.WARNING,
    N_("This kind of PDF signature ({form}) cannot be checked by this program."),
    remedy=N_("Have it checked with the software of the signer's certification authority, and keep the result."),
    source="ISO 32000-2 Table 255",
    undecided=True,
)
ENCAPSULATED = finding_kind(
    "signature.pdf-encapsulated",
    Severity.ERROR,
    N_("The signature holds contents of its own instead of signing the PDF around it: it does not sign this document."),
    remedy=_SAME_SOURCE,
    source="ISO 32000-2 section 12.8.3.3; ETSI EN 319 142-1",
)
PADDING = finding_kind(
    "signature.pdf-padding",
    Severity.WARNING,
    N_("{count} bytes follow the signature in its place in the PDF; they are not signed."),
    remedy=N_("They show nothing in a viewer. Compare with the file the signer has."),
    source="ISO 32000-2 section 12.8.1",
)
RANGE_OUTSIDE = finding_kind(
    "signature.pdf-range-outside",
    Severity.ERROR,
    N_("The signature says it covers bytes that the file does not have: part of what was signed is missing."),
    remedy=_SAME_SOURCE,
    source="ISO 32000-2 section 12.8.1 (ByteRange)",
)
RANGE_ODD = finding_kind(
    "signature.pdf-range-odd",
    Severity.WARNING,
    N_("The signature covers the file in an unusual way ({range}): it cannot be told what a reader sees was signed."),
    remedy=_SAME_SOURCE,
    source="ISO 32000-2 section 12.8.1 (ByteRange)",
    undecided=True,
)
RANGE_GAP = finding_kind(
    "signature.pdf-range-gap",
    Severity.WARNING,
    N_("The signature leaves {count} bytes of the file unsigned that are not the signature itself."),
    remedy=_SAME_SOURCE,
    source="ISO 32000-2 section 12.8.1 (ByteRange)",
    undecided=True,
)
RANGE_TAIL = finding_kind(
    "signature.pdf-range-tail",
    Severity.WARNING,
    N_("The signature does not cover the whole of the revision it was made in."),
    remedy=_SAME_SOURCE,
    source="ISO 32000-2 section 12.8.1 (ByteRange)",
    undecided=True,
)
LEADING_BYTES = finding_kind(
    "signature.pdf-leading-bytes",
    Severity.WARNING,
    N_("{count} bytes stand before the beginning of the PDF."),
    remedy=N_("A PDF begins with its header. Ask for the file as the signer has it."),
    source="ISO 32000-2 section 7.5.2",
    undecided=True,
)
TRAILING_BYTES = finding_kind(
    "signature.pdf-trailing-bytes",
    Severity.WARNING,
    N_("{count} bytes follow the end of the PDF; no signature covers them."),
    remedy=N_("They were added after signing. Ask for the file as the signer has it."),
    source="ISO 32000-2 section 7.5.5",
    undecided=True,
)
CHANGED = finding_kind(
    "signature.pdf-changed",
    Severity.WARNING,
    N_("The document was changed after this signature in a way that is not explained: {what}."),
    remedy=_COMPARE,
    source="ISO 32000-2 section 12.8.2.2; ETSI EN 319 142-1",
    undecided=True,
)
NOT_PERMITTED = finding_kind(
    "signature.pdf-not-permitted",
    Severity.WARNING,
    N_("The document was changed after this signature, and its signer had not permitted such a change ({what})."),
    remedy=_COMPARE,
    source="ISO 32000-2 section 12.8.2.2 (DocMDP), 12.8.2.4 (FieldMDP)",
    undecided=True,
)
DRAWN_OVER = finding_kind(
    "signature.pdf-drawn-over",
    Severity.WARNING,
    N_("After this signature the field {field} was added, whose picture hides what was signed on the page."),
    remedy=N_("Look at the document as it was signed, without that field; ask who added it and why."),
    source="ISO 32000-2 section 12.7.5.5; EN 319 102-1 section 5.2.8",
    undecided=True,
)
UNEXPLAINED = finding_kind(
    "signature.pdf-changes-unknown",
    Severity.WARNING,
    N_("The document was changed after this signature, and what was changed could not be found out ({reason})."),
    remedy=_COMPARE,
    source="ISO 32000-2 section 12.8.2.2",
    undecided=True,
)
SEED_VALUES = finding_kind(
    "signature.pdf-seed-values",
    Severity.WARNING,
    N_("The signature does not keep to what its field prescribes: {detail}."),
    remedy=N_("Whoever made the form can say whether the signature is acceptable all the same."),
    source="ISO 32000-2 section 12.7.5.5 (seed values)",
)
DSS_UNREADABLE = finding_kind(
    "signature.pdf-dss-unreadable",
    Severity.WARNING,
    N_("Part of the validation data stored in the PDF cannot be read ({reason})."),
    remedy=N_("Certificates and revocation data may have to be fetched again."),
    source="ETSI EN 319 142-1 section 5.4.2",
)
TYPE_DIFFERS = finding_kind(
    "signature.pdf-type-differs",
    Severity.INFO,
    N_("The PDF calls this a {stated}; it is a {found} and was checked as one."),
    source="ETSI EN 319 142-1 section 5.4.3",
)
