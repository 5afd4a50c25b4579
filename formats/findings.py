"""Every kind of finding the examination of a file can make."""

from model.findings import Severity, finding_kind
from model.text import N_

_AGAIN = N_("Ask the submitter for an intact copy of the file.")

EMPTY = finding_kind(
    "format.empty",
    Severity.ERROR,
    N_("The file is empty."),
    remedy=N_("Ask the submitter for the file with its content."),
)
UNKNOWN = finding_kind(
    "format.unknown",
    Severity.WARNING,
    N_("The format of the file was not recognised."),
    remedy=N_("Find out what program made the file, and ask for it in a format of the policy."),
    source="PRONOM",
    undecided=True,
)
UNRECOGNISED = finding_kind(
    "format.unrecognised",
    Severity.WARNING,
    N_("PRONOM does not recognise the format; the file was checked as what its name ends in, .{extension}."),
    remedy=N_("Open the file with the program that made it and look at it."),
    source="PRONOM",
)
NOT_IDENTIFIED = finding_kind(
    "format.not-identified",
    Severity.WARNING,
    N_("The format could not be determined: {why}."),
    remedy=N_("Check the file again alone; if this comes again, treat the file as unsafe."),
    undecided=True,
)
UNREADABLE = finding_kind(
    "format.unreadable",
    Severity.WARNING,
    N_("The file could not be read: {why}."),
    remedy=N_("Check that the file exists and that this account may read it."),
    undecided=True,
)
NOT_A_FILE = finding_kind(
    "format.not-a-file",
    Severity.ERROR,
    N_("This is a link, a device or another special file, not a document."),
    remedy=N_("Replace it by the document itself."),
)
EXTENSION_MISMATCH = finding_kind(
    "format.extension-mismatch",
    Severity.WARNING,
    N_("The name ends in .{extension}, but the content is {format} ({puid})."),
    remedy=N_("Ask the submitter whether the right file was handed in; the content decides how it is kept."),
    source="PRONOM",
)
NO_VALIDATOR = finding_kind(
    "format.no-validator",
    Severity.INFO,
    N_("There is no validator for this format ({format}, {puid}): nothing beyond the identification was checked."),
    remedy=N_("Open the file with the program that made it and look at it."),
    undecided=True,
)
TIMEOUT = finding_kind(
    "format.timeout",
    Severity.WARNING,
    N_("The examination took longer than {seconds} seconds and was stopped."),
    remedy=N_("Examine the file alone with a larger time limit, or ask for another copy."),
    undecided=True,
)
CRASHED = finding_kind(
    "format.crashed",
    Severity.WARNING,
    N_("The program that examines files broke off on this file ({detail})."),
    remedy=N_("Treat the file as unsafe: it may be damaged or made to attack. Ask for another copy."),
    undecided=True,
)
MEMORY = finding_kind(
    "format.memory",
    Severity.WARNING,
    N_("The examination needed more than {megabytes} MiB of memory and was stopped."),
    remedy=N_("Examine the file alone with a larger memory limit, or ask for another copy."),
    undecided=True,
)
NOT_CHECKED = finding_kind(
    "format.not-checked",
    Severity.WARNING,
    N_("Not everything could be checked: {why}."),
    remedy=N_("Open the file with the program that made it and look at it."),
    undecided=True,
)
TOO_LARGE = finding_kind(
    "format.too-large",
    Severity.WARNING,
    N_("The content was not checked: {what} is more than {limit}."),
    remedy=N_("Check the file by hand, or raise the limit."),
    undecided=True,
)
DAMAGED = finding_kind(
    "format.damaged", Severity.ERROR, N_("The file is damaged or not well-formed: {detail}."), remedy=_AGAIN
)
IRREGULAR = finding_kind(
    "format.irregular",
    Severity.WARNING,
    N_("The file departs from its format: {detail}."),
    remedy=N_("Open the file and compare it with the original; ask for another copy when something is missing."),
)
ENCRYPTED = finding_kind(
    "format.encrypted",
    Severity.ERROR,
    N_("The file is encrypted or protected by a password ({detail})."),
    remedy=N_("Ask the submitter for a copy without password and restrictions."),
)
ENTITIES = finding_kind(
    "format.entities",
    Severity.ERROR,
    N_("The XML declares entities ({detail}); it was not read further."),
    remedy=N_("Ask for the XML without entity declarations."),
    source="XML 1.0 4.2",
)
EXTERNAL_REFERENCE = finding_kind(
    "format.external-reference",
    Severity.ERROR,
    N_("The XML needs something from outside ({detail}); nothing was fetched."),
    remedy=N_("Ask for the XML without external references."),
    source="XML 1.0 4.2.2",
)
LOCAL_DTD = finding_kind(
    "format.external-dtd",
    Severity.WARNING,
    N_("The XML names a document type definition that is not part of the file ({detail}); it was not read."),
    remedy=N_("Keep the definition in the same case file."),
    source="XML 1.0 2.8",
)
BOMB = finding_kind(
    "format.bomb",
    Severity.ERROR,
    N_("The file unpacks to far more than it is ({detail}); it was not unpacked."),
    remedy=N_("Treat the file as an attack and ask the submitter about it."),
)
UNSAFE_MEMBER = finding_kind(
    "format.unsafe-member",
    Severity.ERROR,
    N_("A member of the archive is unsafe: {member} ({why})."),
    remedy=N_("Ask for the documents themselves, or for an archive with plain relative names."),
    source="APPNOTE 4.4.17",
)
ACTIVE = finding_kind(
    "format.active-content",
    Severity.WARNING,
    N_("The file holds program code that may run when it is opened: {detail}."),
    remedy=N_("Open the file only with code switched off; ask for a copy without it."),
)
EMBEDDED = finding_kind(
    "format.embedded-files",
    Severity.WARNING,
    N_("Files are embedded in this file: {detail}."),
    remedy=N_("Ask for the embedded files as documents of their own when they belong to the case file."),
)
PDFA_CLAIMED = finding_kind(
    "format.pdfa-claimed",
    Severity.INFO,
    N_("The file says that it is PDF/A-{flavour}; the claim itself was not validated."),
    source="ISO 19005",
)
PDFA_DOUBTFUL = finding_kind(
    "format.pdfa-doubtful",
    Severity.WARNING,
    N_("The file says that it is PDF/A-{flavour}, but {detail}."),
    remedy=N_("Make the PDF/A again with a program that checks its result."),
    source="ISO 19005",
)
LEGACY_ENCODING = finding_kind(
    "format.legacy-encoding",
    Severity.WARNING,
    N_("The text is not in Unicode; it is most likely {encoding}."),
    remedy=N_("Keep the file as it is; make a copy in UTF-8 (TCVN 6909:2001) for use."),
    source="TCVN 6909:2001",
)
UNCLEAR_ENCODING = finding_kind(
    "format.encoding-unclear",
    Severity.WARNING,
    N_("The text is not in Unicode and its encoding could not be told; {encoding} was assumed for the search."),
    remedy=N_("Ask the submitter which program and font wrote the text."),
    undecided=True,
)
TEXT_FAILED = finding_kind(
    "format.text-failed",
    Severity.WARNING,
    N_("The text could not be extracted for the search: {why}."),
    remedy=N_("The file is kept; it is found by its description only."),
)
TEXT_CUT = finding_kind(
    "format.text-cut", Severity.INFO, N_("Only the first {limit} characters were taken for the search.")
)
NOT_ACCEPTED = finding_kind(
    "format.not-accepted",
    Severity.ERROR,
    N_("Files of this format are not accepted: {format} ({puid}). {reason}"),
    remedy=N_("Ask for the document in a format of the policy, such as PDF/A."),
    source="TT 05/2025/TT-BNV Đ8",
)
DISCOURAGED = finding_kind(
    "format.discouraged",
    Severity.WARNING,
    N_("Files of this format are hard to keep: {format} ({puid}). {reason}"),
    remedy=N_("Ask for the document in a format of the policy, such as PDF/A."),
    source="TT 05/2025/TT-BNV Đ8",
)
