"""Everything the checks of packages can find, except the requirements of E-ARK (`csip.KINDS`)."""

from model.findings import FindingKind, Severity, finding_kind
from model.text import N_

__all__ = ["FindingKind"]

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
_SEND_AGAIN = N_("Ask for the package to be sent again, complete and unchanged.")
_PACK_AGAIN = N_("Pack it again with plain files and folders only.")
_RENAME = N_("Rename the file before packing.")
_MAKE_AGAIN = N_("Make the bag again with a program that follows RFC 8493.")
_FIX_DESCRIPTION = N_("Correct the description in the system the package was made with, and export it again.")

NAME_UNSAFE = finding_kind(
    "package.name-unsafe",
    _ERROR,
    N_("The name leads out of the package or cannot be a file's name."),
    remedy=_PACK_AGAIN,
    source="RFC 8493 5.1",
)
NAME_TOO_DEEP = finding_kind(
    "package.name-too-deep",
    _ERROR,
    N_("The path is too long, or lies in more than {limit} folders."),
    remedy=_RENAME,
)
NAME_COLLISION = finding_kind(
    "package.name-collision",
    _WARNING,
    N_("The name differs from {other} only in capital letters or in the way accents are stored."),
    remedy=N_("Rename one of the two: some systems cannot keep both."),
    source="RFC 8493 6.1.1",
)
NAME_NOT_PORTABLE = finding_kind(
    "package.name-not-portable",
    _WARNING,
    N_("The name cannot be used on every system."),
    remedy=N_('Avoid < > : " | ? * \\ in names, a space or dot at the end, and names such as CON or NUL.'),
    source="RFC 8493 6.1.2",
)
LINK = finding_kind("package.link", _ERROR, N_("This is a link, not a file."), remedy=_PACK_AGAIN)
SPECIAL = finding_kind(
    "package.special-file", _ERROR, N_("This is a device or another special file."), remedy=_PACK_AGAIN
)
DUPLICATE_MEMBER = finding_kind(
    "package.duplicate-member", _ERROR, N_("The archive holds this name twice."), remedy=_PACK_AGAIN
)
ENCRYPTED_MEMBER = finding_kind(
    "package.encrypted-member",
    _ERROR,
    N_("This file is protected by a password and cannot be read."),
    remedy=N_("Pack it again without a password."),
)
BOMB = finding_kind(
    "package.bomb",
    _ERROR,
    N_("This file would unpack to more than {limit} times its packed size; it was not read."),
    remedy=N_("Send it in a folder or an uncompressed TAR."),
)
TRUNCATED = finding_kind(
    "package.truncated", _ERROR, N_("The archive is damaged or cut off at byte {offset}."), remedy=_SEND_AGAIN
)
UNREADABLE = finding_kind("package.unreadable", _ERROR, N_("The file cannot be read: {reason}"), remedy=_SEND_AGAIN)
UNKNOWN = finding_kind(
    "package.unknown",
    _ERROR,
    N_("No kind of package was recognised."),
    remedy=N_(
        "A package is a BagIt bag, an E-ARK or Circular 05/2025 information package, or a folder of documents "
        "with a description (hoso.json, hoso.xml, .xlsx or .csv)."
    ),
)
NOT_JUDGED = finding_kind(
    "package.not-judged",
    _INFO,
    N_("This kind of package ({kind}) is recognised, and not checked by this version."),
    remedy=N_("Check it with the system it comes from."),
    undecided=True,
)
PACKAGE_NAME = finding_kind(
    "package.name",
    _WARNING,
    N_("The root folder is named {name}, the package {objid}."),
    source="CSIP 2.2.0 CSIPSTR2",
)
MORE = finding_kind("package.more-findings", _INFO, N_("{count} more findings were counted and are not shown."))

FILE_MISSING = finding_kind(
    "package.file-missing",
    _ERROR,
    N_("The file is missing; {named_in} lists it."),
    remedy=_SEND_AGAIN,
    source="RFC 8493 3",
)
FILE_SURPLUS = finding_kind(
    "package.file-surplus",
    _ERROR,
    N_("The file is in the package and no manifest lists it."),
    remedy=_SEND_AGAIN,
    source="RFC 8493 3",
)
FILE_CHANGED = finding_kind(
    "package.file-changed",
    _ERROR,
    N_("The file was changed: its {algorithm} digest is not the one in {named_in}."),
    remedy=_SEND_AGAIN,
    source="RFC 8493 3",
)
TAG_FILE_CHANGED = finding_kind(
    "package.tag-file-changed",
    _ERROR,
    N_("The tag file was changed: its {algorithm} digest is not the one in {named_in}."),
    remedy=_SEND_AGAIN,
    source="RFC 8493 2.2.1",
)

BAG_DECLARATION_MISSING = finding_kind(
    "bag.declaration-missing",
    _ERROR,
    N_("The bag has no bagit.txt."),
    remedy=_MAKE_AGAIN,
    source="RFC 8493 2.1.1",
)
BAG_DECLARATION = finding_kind(
    "bag.declaration",
    _ERROR,
    N_(
        "bagit.txt is not exactly the two lines “BagIt-Version: M.N” and “Tag-File-Character-Encoding: …” "
        "without a byte-order mark; line {line} differs."
    ),
    remedy=_MAKE_AGAIN,
    source="RFC 8493 2.1.1",
)
BAG_ENCODING_UNKNOWN = finding_kind(
    "bag.encoding-unknown",
    _ERROR,
    N_("The tag files are in a character encoding that is not known: {encoding}."),
    remedy=_MAKE_AGAIN,
    source="RFC 8493 2.1.1",
)
BAG_VERSION = finding_kind(
    "bag.version",
    _INFO,
    N_("The bag declares BagIt version {version}, which this program does not know."),
    remedy=N_("Make the bag again in version 1.0."),
    source="RFC 8493 2.1.1",
    undecided=True,
)
BAG_ENCODING_OLD = finding_kind(
    "bag.encoding",
    _WARNING,
    N_("The tag files are in {encoding}; UTF-8 is recommended."),
    source="RFC 8493 2.1.1",
)
BAG_NO_PAYLOAD_FOLDER = finding_kind(
    "bag.no-payload-folder", _ERROR, N_("The bag has no folder data."), remedy=_MAKE_AGAIN, source="RFC 8493 2.1.2"
)
BAG_EMPTY = finding_kind(
    "bag.empty",
    _INFO,
    N_("The bag holds no file in data: nothing was checked."),
    remedy=N_("Ask whether the package was meant to be empty."),
    source="RFC 8493 2.1.2",
    undecided=True,
)
BAG_NO_MANIFEST = finding_kind(
    "bag.no-manifest",
    _ERROR,
    N_("The bag has no payload manifest: nothing proves that its files are unchanged."),
    remedy=_MAKE_AGAIN,
    source="RFC 8493 2.1.3",
)
BAG_MANIFEST_NAME = finding_kind(
    "bag.manifest-name", _WARNING, N_("The manifest's name is not in lower case."), source="RFC 8493 2.4"
)
BAG_ALGORITHM_UNKNOWN = finding_kind(
    "bag.algorithm-unknown",
    _WARNING,
    N_("The digests of this manifest could not be checked: the algorithm {algorithm} is not known."),
    remedy=N_("Ask for a manifest with SHA-256 or SHA-512."),
    source="RFC 8493 2.4",
    undecided=True,
)
BAG_WEAK_DIGEST = finding_kind(
    "bag.weak-digest",
    _WARNING,
    N_("Only MD5 or SHA-1 protects the files: that shows accidents, not forgery."),
    remedy=N_("Ask for a manifest with SHA-256 or SHA-512."),
    source="RFC 8493 2.4",
)
BAG_MANIFEST_LINE = finding_kind(
    "bag.manifest-line",
    _ERROR,
    N_("This line of the manifest is not a digest of the right length and a path."),
    remedy=_MAKE_AGAIN,
    source="RFC 8493 2.1.3",
)
BAG_TAG_FILE = finding_kind(
    "bag.tag-file", _ERROR, N_("The tag file cannot be read: {reason}"), remedy=_MAKE_AGAIN, source="RFC 8493 2.3"
)
BAG_MD5SUM_MARK = finding_kind(
    "bag.md5sum-mark",
    _WARNING,
    N_("An asterisk stands before the path, as md5sum writes it."),
    source="RFC 8493 2.1.3",
)
BAG_RELATIVE_PATH = finding_kind(
    "bag.relative-path",
    _WARNING,
    N_("The path “{name}” has parts without meaning (“.” or an empty part)."),
    source="RFC 8493 2.1.3",
)
BAG_PATH_OUTSIDE = finding_kind(
    "bag.path-outside",
    _ERROR,
    N_("The manifest lists “{name}”, which is not inside the part of the bag it is about."),
    remedy=_MAKE_AGAIN,
    source="RFC 8493 5.1",
)
BAG_LISTED_TWICE = finding_kind(
    "bag.listed-twice",
    _ERROR,
    N_("The manifest lists {name} more than once."),
    remedy=_MAKE_AGAIN,
    source="RFC 8493 2.1.3",
)
BAG_PERCENT = finding_kind(
    "bag.percent",
    _WARNING,
    N_("A percent sign in “{name}” is not encoded as %25."),
    source="RFC 8493 2.1.3",
)
BAG_NORMAL_FORM = finding_kind(
    "bag.normal-form",
    _WARNING,
    N_("The accents of this name are stored in another way than in {named_in}."),
    source="RFC 8493 6.1.1",
)
BAG_NOT_IN_MANIFEST = finding_kind(
    "bag.not-in-manifest",
    _ERROR,
    N_("{manifest} does not list this file; in version 1.0 every manifest lists every file."),
    remedy=_MAKE_AGAIN,
    source="RFC 8493 2.1.3",
)
BAG_FETCH = finding_kind(
    "bag.fetch",
    _ERROR,
    N_("The bag wants {count} files to be fetched from elsewhere; nothing is ever fetched."),
    remedy=N_("Ask for a bag that holds all its files."),
    source="RFC 8493 2.2.3",
)
BAG_FETCH_EMPTY = finding_kind(
    "bag.fetch-empty", _WARNING, N_("The bag has an empty fetch.txt."), source="RFC 8493 2.2.3"
)
BAG_OXUM = finding_kind(
    "bag.payload-oxum",
    _ERROR,
    N_("Payload-Oxum says {value}; the payload is {actual} (bytes.files)."),
    remedy=_SEND_AGAIN,
    source="RFC 8493 2.2.2",
)
BAG_OXUM_FORM = finding_kind(
    "bag.payload-oxum-form",
    _ERROR,
    N_("Payload-Oxum “{value}” is not a number of bytes, a dot and a number of files."),
    remedy=_MAKE_AGAIN,
    source="RFC 8493 2.2.2",
)
BAG_OXUM_REPEATED = finding_kind(
    "bag.payload-oxum-repeated",
    _ERROR,
    N_("bag-info.txt gives Payload-Oxum more than once."),
    remedy=_MAKE_AGAIN,
    source="RFC 8493 2.2.2",
)
BAG_INFO_LINE = finding_kind(
    "bag.info-line",
    _ERROR,
    N_("This line is not a label, a colon, a space and a value."),
    remedy=_MAKE_AGAIN,
    source="RFC 8493 2.2.2",
)

XML_BROKEN = finding_kind(
    "xml.broken", _ERROR, N_("The file is not acceptable XML: {reason}"), remedy=_SEND_AGAIN, source="XML 1.0"
)
XML_DOCTYPE = finding_kind(
    "xml.document-type",
    _ERROR,
    N_("The file has a document type declaration, through which it could reach outside; it was not read."),
    remedy=N_("Ask for the file without a document type declaration."),
    source="XML 1.0 2.8",
)
XML_TOO_LARGE = finding_kind(
    "xml.too-large",
    _ERROR,
    N_("The file is larger than any such file may be; it was not read to its end."),
    remedy=N_("Split the package into several."),
)
XML_EMPTY = finding_kind("xml.empty", _ERROR, N_("The file is empty."), remedy=_SEND_AGAIN, source="XML 1.0")
XML_INVALID = finding_kind(
    "xml.invalid",
    _ERROR,
    N_("The file does not follow its schema: {reason}"),
    remedy=N_("Ask the maker of the package to correct the program that wrote it."),
    source="XML Schema 1.0",
)
METS_ROOT = finding_kind(
    "mets.root",
    _ERROR,
    N_("The root element is {name}, not mets of METS 1."),
    remedy=N_("Check it with the system it comes from."),
    source="CSIP 2.2.0 CSIPSTR4",
)
REFERENCE_MISSING = finding_kind(
    "mets.reference-missing",
    _ERROR,
    N_("The file “{href}” that METS refers to is missing."),
    remedy=_SEND_AGAIN,
    source="CSIP 2.2.0 CSIP79",
)
REFERENCE_OUTSIDE = finding_kind(
    "mets.reference-outside",
    _ERROR,
    N_("METS refers to “{href}”, which is not inside the package."),
    remedy=N_("Ask for a package that holds all its files."),
    source="CSIP 2.2.0 CSIP79",
)
REFERENCE_SIZE = finding_kind(
    "package.size-differs",
    _ERROR,
    N_("The file has {found} bytes; {named_in} says {size}."),
    remedy=_SEND_AGAIN,
    source="CSIP 2.2.0 CSIP69",
)
REFERENCE_CHECKSUM = finding_kind(
    "package.checksum-differs",
    _ERROR,
    N_("The file was changed: its {algorithm} checksum is not the one in {named_in}."),
    remedy=_SEND_AGAIN,
    source="CSIP 2.2.0 CSIP71",
)
REFERENCE_ALGORITHM = finding_kind(
    "package.checksum-unknown",
    _WARNING,
    N_("The checksum could not be compared: the algorithm {algorithm} is not known."),
    remedy=N_("Ask for SHA-256 or SHA-512."),
    source="CSIP 2.2.0 CSIP72",
    undecided=True,
)
REFERENCE_SPELLING = finding_kind(
    "mets.reference-spelling",
    _WARNING,
    N_("METS writes “{href}”; the file it means is {path}."),
    remedy=N_("Ask the maker of the package to write the path as the file is named, relative to the METS file."),
    source="CSIP 2.2.0 CSIP79",
)
METS_UNRESOLVED = finding_kind(
    "mets.identifier-unresolved",
    _WARNING,
    N_("This refers to “{identifier}”, and no element of the METS file has that identifier."),
    remedy=N_("Ask the maker of the package to correct its METS file, or correct it before sending."),
    source="METS 1.12",
)
NOT_REFERENCED = finding_kind(
    "mets.not-referenced",
    _WARNING,
    N_("No METS file refers to this file."),
    source="CSIP 2.2.0 CSIP58",
)
PREMIS_OLD = finding_kind(
    "premis.old", _WARNING, N_("This is PREMIS 2; it was not compared with the files."), source="E-ARK AIP 2.2.0 AIPM7"
)
PREMIS_ROOT = finding_kind(
    "premis.root",
    _ERROR,
    N_("The root element is {name}, not one of PREMIS 3."),
    remedy=N_("Check it with the system it comes from."),
)
PREMIS_UNMATCHED = finding_kind(
    "premis.unmatched",
    _WARNING,
    N_("None of the file objects could be matched with a file of the package."),
)
PREMIS_TWICE = finding_kind("premis.described-twice", _WARNING, N_("{named_in} describes this file more than once."))

TT05_NO_DESCRIPTION = finding_kind(
    "tt05.no-description",
    _ERROR,
    N_("The description of the case file (EAD.xml) is missing."),
    remedy=_FIX_DESCRIPTION,
    source="TT 05/2025",
)
TT05_ROOT = finding_kind(
    "tt05.root",
    _ERROR,
    N_("The root element is {name}, not simpledc without a namespace."),
    remedy=_FIX_DESCRIPTION,
    source="TT 05/2025",
)
TT05_MISSING = finding_kind(
    "tt05.element-missing",
    _ERROR,
    N_("The element {element} ({title}) is missing or empty."),
    remedy=_FIX_DESCRIPTION,
)
TT05_CODE = finding_kind("tt05.code", _ERROR, N_("“{value}” is not a code of {element}."), remedy=_FIX_DESCRIPTION)
TT05_DATE = finding_kind(
    "tt05.date", _ERROR, N_("“{value}” of {element} is not a date as DD/MM/YYYY."), remedy=_FIX_DESCRIPTION
)
TT05_NUMBER = finding_kind(
    "tt05.number", _ERROR, N_("“{value}” of {element} is not a whole number."), remedy=_FIX_DESCRIPTION
)
TT05_LENGTH = finding_kind(
    "tt05.length", _ERROR, N_("{element} is longer than {limit} characters: “{value}”."), remedy=_FIX_DESCRIPTION
)
TT05_DATES = finding_kind(
    "tt05.dates",
    _ERROR,
    N_("The case file ends ({end}) before it starts ({start})."),
    remedy=_FIX_DESCRIPTION,
    source="TT 05/2025",
)
TT05_COUNT = finding_kind(
    "tt05.count",
    _ERROR,
    N_("The description says {total} documents; {found} are described."),
    remedy=_FIX_DESCRIPTION,
    source="TT 05/2025",
)
TT05_ORDER = finding_kind(
    "tt05.order", _INFO, N_("The elements are not in the order of the schema (descriptions like this: {count}).")
)
TT05_OTHER_NAME = finding_kind(
    "tt05.other-name",
    _INFO,
    N_("{element} is written under the other name the circular uses for it (descriptions like this: {count})."),
)
TT05_UNKNOWN_ELEMENT = finding_kind(
    "tt05.element-unknown", _WARNING, N_("The element {element} is not one of this kind of package.")
)
TT05_NO_DATA = finding_kind(
    "tt05.no-data",
    _ERROR,
    N_("The package holds no document under representations/…/data."),
    remedy=_SEND_AGAIN,
    source="TT 05/2025",
)
TT05_LINKED = finding_kind(
    "tt05.linked-document",
    _INFO,
    N_("This stands for a document kept in another package; it is not followed."),
    source="TT 05/2025",
)
TT05_NO_SCHEMAS = finding_kind("tt05.no-schemas", _WARNING, N_("The package holds no schemas."), source="TT 05/2025")
TT05_NO_PREMIS = finding_kind(
    "tt05.no-premis",
    _ERROR,
    N_("The preservation metadata (PREMIS) that an archival package must have is missing."),
    remedy=_SEND_AGAIN,
    source="TT 05/2025 PL I",
)
TT05_PREMIS_IN_SIP = finding_kind(
    "tt05.premis-in-sip",
    _INFO,
    N_("The submission package holds preservation metadata, which it needs not."),
    source="TT 05/2025 PL III",
)

AIP_LABEL = finding_kind(
    "aip.label",
    _ERROR,
    N_("bag-info.txt says {label}: “{value}”; expected is “{expected}”."),
    remedy=N_("Compare with another copy of the package; this one cannot be trusted."),
    source="AIP format 1, section 4",
)
AIP_FILE_MISSING = finding_kind(
    "aip.file-missing",
    _ERROR,
    N_("The package has no such file; every package of this archive has one."),
    remedy=N_("Compare with another copy of the package; this one cannot be trusted."),
    source="AIP format 1, sections 4 to 6",
)
AIP_NOT_PROTECTED = finding_kind(
    "aip.not-protected",
    _ERROR,
    N_("{manifest} does not list this tag file."),
    remedy=N_("Compare with another copy of the package; this one cannot be trusted."),
    source="AIP format 1, section 4",
)
AIP_DESCRIPTION = finding_kind(
    "aip.description",
    _ERROR,
    N_("Line {line} of the description cannot be used."),
    remedy=N_("Compare with another copy of the package; this one cannot be trusted."),
    source="AIP format 1, section 5",
)
AIP_SIGNATURES = finding_kind(
    "aip.signatures",
    _ERROR,
    N_("Line {line} of the facts about signatures cannot be used."),
    remedy=N_("Compare with another copy of the package; this one cannot be trusted."),
    source="AIP format 1, section 5.1",
)
AIP_MATERIAL_NAME = finding_kind(
    "aip.material-name",
    _ERROR,
    N_("This piece of validation material is not the one its name stands for."),
    remedy=N_("Compare with another copy of the package; this one cannot be trusted."),
    source="AIP format 1, section 5.1",
)
AIP_NOT_DESCRIBED = finding_kind(
    "aip.not-described",
    _ERROR,
    N_("{place} does not describe this file."),
    remedy=N_("Compare with another copy of the package; this one cannot be trusted."),
    source="AIP format 1, section 6",
)
AIP_NOT_OURS = finding_kind(
    "aip.not-ours",
    _ERROR,
    N_("The container does not hold an archival package of this archive."),
    remedy=N_("Compare with another copy of the package; this one cannot be trusted."),
    source="AIP format 1, section 4",
)
