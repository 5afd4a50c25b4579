"""What can be odd or wrong about an edXML message."""

from model.findings import Severity, finding_kind
from model.text import N_

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO
_QCVN = "QCVN 102:2016/BTTTT"
_HEADER = "QCVN 102:2016/BTTTT, MessageHeader"
_BODY = "QCVN 102:2016/BTTTT, edXMLBody"
_ENCODED = "QCVN 102:2016/BTTTT, AttachmentEncoded"
_TRACE = "QCVN 102:2016/BTTTT, TraceHeaderList"
_STATUS = "QCVN 102:2016/BTTTT, status message"
_XML = "XML 1.0"
_SEND_AGAIN = N_("Ask the sender to send the message again, written as the regulation wants it.")

# The message must be refused.

NOT_EDXML = finding_kind(
    "edxml.not-edxml",
    _E,
    N_("This is not an edXML message: {what}."),
    remedy=N_("Check that the right file was chosen; a file is judged by its content, not by its name."),
    source=_QCVN,
)
NO_HEADER = finding_kind(
    "edxml.no-header",
    _E,
    N_("The message has no MessageHeader: neither its sender nor its document is named."),
    remedy=_SEND_AGAIN,
    source=_HEADER,
)
STRAY_BYTES = finding_kind(
    "edxml.stray-bytes",
    _E,
    N_("{count} bytes stand before the XML declaration, beginning with “{text}”; nothing may stand there."),
    remedy=N_("Ask the sender to mend the software that writes the message, and to send it again without these bytes."),
    source="XML 1.0 section 2.8",
)
UNDECLARED_PREFIX = finding_kind(
    "edxml.undeclared-prefix",
    _E,
    N_("The prefix “{prefix}” of {name} is used but not declared, so what is meant by it is not known."),
    remedy=N_("Ask the sender to declare it, as in xmlns:{prefix}=“…”, on the element or above it, and to send again."),
    source="Namespaces in XML 1.0 section 5",
)
DOCTYPE = finding_kind(
    "edxml.doctype",
    _E,
    N_("The message has a document type declaration, which can make a reader fetch files or use up its memory."),
    remedy=N_("Treat the message as suspicious. Ask the sender whether it is theirs, and for one without DOCTYPE."),
    source=_QCVN,
)
ENCODING = finding_kind(
    "edxml.encoding",
    _E,
    N_("The character encoding “{encoding}” is not one this program reads."),
    remedy=N_("Ask the sender to send the message in UTF-8."),
    source=_QCVN,
)
TRUNCATED = finding_kind(
    "edxml.truncated",
    _E,
    N_("The message ends before it is complete: it was cut off."),
    remedy=N_("Fetch the message again from the document axis, or ask the sender to send it again."),
    source=_XML,
)
NOT_WELL_FORMED = finding_kind(
    "edxml.not-well-formed",
    _E,
    N_("The message is not well-formed XML: {what}."),
    remedy=N_("Fetch the message again from the document axis; if it is the same there, the sender must send it anew."),
    source=_XML,
)
MIME = finding_kind(
    "edxml.mime",
    _E,
    N_("The MIME message cannot be read: {what}."),
    remedy=_SEND_AGAIN,
    source="RFC 2046 section 5.1",
)
BEYOND_LIMIT = finding_kind(
    "edxml.beyond-limit",
    _E,
    N_("The message is beyond a limit: {what} (at most {limit})."),
    remedy=N_("If it is genuine, ask the operator to raise the limit; else treat it as an attack."),
)
BASE64 = finding_kind(
    "edxml.base64",
    _E,
    N_("The content of the attachment “{name}” is not base64: {what}."),
    remedy=N_("The attachment is damaged. Ask the sender to send the message again."),
    source=_ENCODED,
)
ZIP_UNSAFE = finding_kind(
    "edxml.zip-unsafe",
    _E,
    N_("The attachment “{name}” is a ZIP that cannot be unpacked safely: {why}"),
    remedy=N_("Treat the message as suspicious, and ask the sender to send it again."),
    source=_ENCODED,
)
SALVAGED = finding_kind(
    "edxml.salvaged",
    _I,
    N_("What could be read of the refused message: document {code} of {date}, from {sender}: {title}"),
    remedy=N_("Name this document when asking the sender to send the message again."),
)

# The message is incomplete.

ATTACHMENT_MISSING = finding_kind(
    "edxml.attachment-missing",
    _E,
    N_("The manifest names the attachment “{name}” ({id}), which is not in the message."),
    remedy=N_("Ask the sender for the missing file, or to send the message again with it."),
    source=_BODY,
)
ATTACHMENT_EMPTY = finding_kind(
    "edxml.attachment-empty",
    _E,
    N_("The attachment “{name}” ({id}) has no content."),
    remedy=N_("Ask the sender for the file, or to send the message again with it."),
    source=_ENCODED,
)

# The message is read, and something about it is odd.

OLDER_GENERATION = finding_kind(
    "edxml.older-generation",
    _I,
    N_("The message has the older form: a SOAP envelope."),
)
BLANK_BEFORE = finding_kind(
    "edxml.blank-before-declaration",
    _W,
    N_("Blanks stand before the XML declaration; they were passed over."),
    remedy=N_("The message was read. The sender should mend the software that writes it."),
    source="XML 1.0 section 2.8",
)
BOM = finding_kind("edxml.bom", _I, N_("The message begins with a byte order mark."))
NOT_UTF8 = finding_kind(
    "edxml.not-utf8",
    _W,
    N_("The message is encoded in {encoding}; the regulation wants UTF-8."),
    remedy=N_("Check that Vietnamese letters are shown rightly."),
    source=_QCVN,
)
NAMESPACE = finding_kind(
    "edxml.namespace",
    _W,
    N_("The message's elements are not in the namespace of the regulation but in “{namespace}”."),
    remedy=N_("The message was read by the names of its elements. The sender should use the prescribed namespace."),
    source=_QCVN,
)
NO_NAMESPACE = finding_kind(
    "edxml.no-namespace",
    _W,
    N_("The message's elements are in no namespace."),
    remedy=N_("The message was read by the names of its elements. The sender should use the prescribed namespace."),
    source=_QCVN,
)
PREFIX_MISSING = finding_kind(
    "edxml.prefix-missing",
    _I,
    N_("The elements of the envelope are written without the prefix edXML."),
    remedy=N_("Nothing need be done here; other systems on the document axis may refuse such a message."),
    source=_QCVN,
)
SPELLING = finding_kind(
    "edxml.spelling",
    _I,
    N_("The element is spelled “{written}”; the regulation spells it “{prescribed}”."),
    source=_TRACE,
)
CONTENT_ID_FORM = finding_kind(
    "edxml.content-id-form",
    _I,
    N_("The manifest and the attachment write the identifier “{id}” differently, with “cid:” and without."),
    source=_BODY,
)
REPEATED = finding_kind(
    "edxml.repeated",
    _W,
    N_("{name} stands {count} times where one is allowed; the first was taken."),
    remedy=N_("Check that the value shown is the right one."),
    source=_HEADER,
)
DATE_FORM = finding_kind(
    "edxml.date-form",
    _I,
    N_("The date “{text}” is not written YYYY/MM/DD; it was read as {date}."),
    remedy=N_("Check that day and month were not exchanged."),
    source=_HEADER,
)
DATE_UNREADABLE = finding_kind(
    "edxml.date-unreadable",
    _W,
    N_("“{text}” is not a date that exists."),
    remedy=N_("Take the date from the document itself."),
    source=_HEADER,
)
UNLISTED = finding_kind(
    "edxml.attachment-unlisted",
    _W,
    N_("The attachment “{name}” is in the message but the manifest does not name it; it is kept."),
    remedy=N_("Check that it belongs to the document."),
    source=_BODY,
)
NESTED = finding_kind(
    "edxml.attachment-nested",
    _W,
    N_("The attachment “{name}” is itself an edXML message, whatever its name says."),
    remedy=N_("Look at it: the document may be inside. Take that message in by itself if it is wanted."),
    source=_ENCODED,
)
NAME_TWICE = finding_kind(
    "edxml.attachment-name-twice",
    _W,
    N_("Several attachments are called “{name}”; each is kept under a name of its own."),
    remedy=N_("Check that all of them are meant to be there."),
    source=_BODY,
)
ID_TWICE = finding_kind(
    "edxml.attachment-id-twice",
    _W,
    N_("The identifier “{id}” is given to several attachments; they were matched in their order."),
    remedy=N_("Check that the names fit the files."),
    source=_BODY,
)
NAME_CHANGED = finding_kind(
    "edxml.attachment-name-changed",
    _I,
    N_("The attachment “{name}” is kept as “{path}”, a name every system can hold."),
)
ZIP_SEVERAL = finding_kind(
    "edxml.zip-several",
    _W,
    N_("The attachment “{name}” is a ZIP that does not hold exactly one file; it is kept as it is."),
    remedy=N_("Unpack it and file its documents one by one, unless the ZIP itself is the record."),
    source=_ENCODED,
)
ZIP_NOT_ONE = finding_kind(
    "edxml.zip-mislabelled",
    _W,
    N_("The attachment “{name}” is labelled application/zip but is no ZIP; it is kept as it is."),
    source=_ENCODED,
)
ZIP_UNLABELLED = finding_kind(
    "edxml.zip-unlabelled",
    _W,
    N_("The attachment “{name}” is a ZIP of one file although it is labelled {type}; it was unpacked."),
    remedy=N_("Check that the file can be opened."),
    source=_ENCODED,
)
ZIP_DAMAGED = finding_kind(
    "edxml.zip-damaged",
    _W,
    N_("The attachment “{name}” begins as a ZIP does but cannot be read as one; it is kept as it is."),
    remedy=N_("Check that the file can be opened; if it cannot, ask the sender for it."),
    source=_ENCODED,
)
INNER_ARCHIVE = finding_kind(
    "edxml.attachment-archive",
    _W,
    N_("The attachment “{name}” is an archive of files; it is kept as one file and not unpacked."),
    remedy=N_("Unpack it and file its documents one by one, unless the archive itself is the record."),
    source=_ENCODED,
)
SECRET = finding_kind(
    "edxml.secret",
    _E,
    N_("The message marks the document as secret (“{level}”); secret documents may not travel or be kept here."),
    remedy=N_("Tell the officer responsible for state secrets at once, and do not file the document here."),
    source="Law on Protection of State Secrets 29/2018/QH14",
)

# The requirements, one by one.

ELEMENT_MISSING = finding_kind(
    "edxml.element-missing",
    _E,
    N_("{name} is missing or empty; the regulation wants it."),
    remedy=N_("Take the value from the document itself, or ask the sender to send the message again."),
    source=_HEADER,
)
ORGAN_NAME = finding_kind(
    "edxml.organ-name",
    _W,
    N_("The agency “{code}” is named by its code alone; OrganName is missing or empty."),
    remedy=N_("Take the name from the document itself, or from the list of agencies."),
    source=_HEADER,
)
TOO_LONG = finding_kind(
    "edxml.too-long",
    _W,
    N_("{name} has {count} characters; at most {limit} are expected."),
    remedy=N_("Check that the value is what it should be; it is kept whole."),
    source=_HEADER,
)
AGENCY_CODE = finding_kind(
    "edxml.agency-code",
    _W,
    N_("“{code}” is not an identifier code of an agency, neither of 2016 (000.00.00.G09) nor of 2020 (H49.64.33)."),
    remedy=N_("Check the code against the list of agencies."),
    source="Decision 20/2020/QĐ-TTg; QCVN 102:2016/BTTTT amendment 1:2022",
)
RECEIVER_TWICE = finding_kind(
    "edxml.receiver-twice",
    _W,
    N_("The receiver “{code}” is named more than once."),
    source=_HEADER,
)
ID_FORM = finding_kind(
    "edxml.document-id-form",
    _I,
    N_("The DocumentId “{id}” is not written as agency code, date and number; the document is known by its parts."),
    source=_HEADER,
)
ID_DIFFERS = finding_kind(
    "edxml.document-id-differs",
    _W,
    N_("The DocumentId “{id}” does not agree with the header, which says {expected}."),
    remedy=N_("Check number, date and sender on the document itself."),
    source=_HEADER,
)
DATE_FUTURE = finding_kind(
    "edxml.date-future",
    _W,
    N_("The date {date} lies in the future."),
    remedy=N_("Take the date from the document itself."),
    source=_HEADER,
)
DATE_OLD = finding_kind(
    "edxml.date-old",
    _W,
    N_("The date {date} lies before electronic documents were exchanged."),
    remedy=N_("Take the date from the document itself."),
    source=_HEADER,
)
DUE_BEFORE = finding_kind(
    "edxml.due-before-date",
    _W,
    N_("The due date {due} lies before the date of the document, {date}."),
    remedy=N_("Check both dates on the document itself."),
    source=_HEADER,
)
PRIORITY = finding_kind(
    "edxml.priority",
    _W,
    N_("“{code}” is not a priority: 0 to 4 are known."),
    source=_HEADER,
)
STEERING = finding_kind(
    "edxml.steering-type",
    _W,
    N_("“{code}” is not a kind of steering document: 1 to 3 are known."),
    source=_HEADER,
)
DOCUMENT_TYPE = finding_kind(
    "edxml.document-type",
    _I,
    N_("The document type code “{code}” is neither 1 nor 2; the name of the type counts."),
    source=_HEADER,
)
NOT_A_NUMBER = finding_kind(
    "edxml.not-a-number",
    _W,
    N_("{name} should be a whole number and is “{text}”."),
    remedy=N_("Count the pages on the document itself."),
    source=_HEADER,
)
STATUS_CODE = finding_kind(
    "edxml.status-code",
    _W,
    N_("“{code}” is not a status code."),
    remedy=N_("Ask the sender what the status of the document is."),
    source=_STATUS,
)
STATUS_OF_NOTHING = finding_kind(
    "edxml.status-of-nothing",
    _E,
    N_("The status message does not say which document it speaks of."),
    remedy=N_("Ask the sender which document is meant."),
    source=_STATUS,
)
BUSINESS_TYPE = finding_kind(
    "edxml.business-type",
    _E,
    N_("“{code}” is not a kind of business: 0 new, 1 recall, 2 update and 3 replacement are known."),
    remedy=N_("Ask the sender what is to be done; the document is taken for a new one."),
    source=_TRACE,
)
NO_TARGET = finding_kind(
    "edxml.no-target",
    _E,
    N_("The message recalls or updates a document but does not say which."),
    remedy=N_("Ask the sender which document is meant."),
    source=_TRACE,
)
NO_REASON = finding_kind(
    "edxml.no-reason",
    _W,
    N_("The message recalls, updates or replaces a document without giving a reason."),
    remedy=N_("Ask the sender for the reason."),
    source=_TRACE,
)
NO_REPLACEMENT = finding_kind(
    "edxml.no-replacement",
    _W,
    N_("The message replaces a document but does not say which."),
    remedy=N_("Ask the sender which document is replaced."),
    source=_TRACE,
)
REPLACEMENT_PLACE = finding_kind(
    "edxml.replacement-place",
    _I,
    N_("The replaced document “{id}” is named in DocumentId and not in ReplacementInfoList; it was taken from there."),
    remedy=N_("Check on the document itself which one it replaces."),
    source=_TRACE,
)
REPLACES_ITSELF = finding_kind(
    "edxml.replaces-itself",
    _W,
    N_("The message says that the document “{id}” replaces itself."),
    remedy=N_("Ask the sender which document is replaced."),
    source=_TRACE,
)
NO_ATTACHMENT = finding_kind(
    "edxml.no-attachment",
    _W,
    N_("The message brings a document but no file."),
    remedy=N_("Ask the sender for the document's file."),
    source=_BODY,
)
STATUS_WITH_FILES = finding_kind(
    "edxml.status-with-files",
    _W,
    N_("The status message has attachments; it should have none."),
    source=_STATUS,
)

# The message's own signature.

SIGNATURE_EMPTY = finding_kind(
    "edxml.signature-empty",
    _I,
    N_("The signature block of the message is empty; trust rests on the signed documents."),
    source="QCVN 102:2016/BTTTT, Signature",
)
SIGNATURE_BROKEN = finding_kind(
    "edxml.signature-broken",
    _W,
    N_("The signature block of the message does not hold: {reason}. Trust rests on the signed documents."),
    remedy=N_("Check the signatures of the attached documents."),
    source="QCVN 102:2016/BTTTT, Signature",
)
SIGNATURE_UNDECIDED = finding_kind(
    "edxml.signature-undecided",
    _W,
    N_("The signature block of the message could not be checked: {reason}. Trust rests on the signed documents."),
    remedy=N_("Check the signatures of the attached documents."),
    source="QCVN 102:2016/BTTTT, Signature",
)
SIGNATURE_WEAK = finding_kind(
    "edxml.signature-weak",
    _W,
    N_("The signature block of the message uses a weak algorithm ({algorithm}); it proves little."),
    remedy=N_("Rely on the signatures of the attached documents."),
    source="QCVN 102:2016/BTTTT, Signature",
)
