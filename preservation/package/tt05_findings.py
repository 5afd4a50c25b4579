"""What the checks of packages of Circular 05/2025 can find beside the elements of a description."""

from model.findings import Finding, FindingKind, FindingLog, Severity, finding_kind
from model.text import N_

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
_METS = "TT 05/2025 PL I-V, METS"
_DATA = "TT 05/2025 PL I-V"
_CORRECT = N_("Correct it in the system the package was made with, and export it again.")
_TELL_MAKER = N_("Tell the maker of the program that wrote the package; nothing has to be sent again for this alone.")
_LINK = N_("Ask for the package with every document linked to its files, or link them when it is taken in.")
_APPROVE = N_("Ask whether it belongs into this transfer before approving it.")


class Gathered:
    """Findings that a whole package repeats: told once, with the first place and how often."""

    _LIMIT = 200

    def __init__(self, log: FindingLog) -> None:
        self._log = log
        self._found: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[FindingKind, Finding, int]] = {}

    def add(self, kind: FindingKind, finding: Finding) -> None:
        """Count a finding; it is told at the end."""
        key = (finding.code, finding.args)
        known = self._found.get(key)
        if known is not None:
            self._found[key] = (kind, known[1], known[2] + 1)
        elif len(self._found) < self._LIMIT:
            self._found[key] = (kind, finding, 1)
        else:
            self._log.add(_counted(kind, finding, 1))

    def tell(self) -> None:
        """Put everything that was counted into the log."""
        for kind, finding, count in self._found.values():
            self._log.add(_counted(kind, finding, count))
        self._found.clear()


def _counted(kind: FindingKind, finding: Finding, count: int) -> Finding:
    args = {**dict(finding.args), "count": str(count)}
    return kind.at(finding.location, severity=finding.severity, source=finding.source, **args)


OBJID = finding_kind(
    "tt05.objid",
    _WARNING,
    N_("The identifier of the package is “{value}”; the circular writes {form}."),
    remedy=_TELL_MAKER,
    source=_METS,
)
LETTER_CASE = finding_kind(
    "tt05.letter-case",
    _INFO,
    N_("{attribute} is written with small letters, “{value}”; the circular writes capitals ({count} times)."),
    remedy=_TELL_MAKER,
    source=_METS,
)
IDENTIFIER_FORM = finding_kind(
    "tt05.identifier-form",
    _INFO,
    N_("The identifiers of {element} do not have the form {form} ({count} times)."),
    remedy=_TELL_MAKER,
    source=_METS,
)
TIME_FORM = finding_kind(
    "tt05.time-form",
    _WARNING,
    N_("{attribute} of {element} is not written as YYYY-MM-DDThh:mm:ss.sss+07:00 ({count} times)."),
    remedy=_TELL_MAKER,
    source=_METS,
)
CHECKSUM_TYPE = finding_kind(
    "tt05.checksum-type",
    _WARNING,
    N_("Checksums are {algorithm}; the circular asks for SHA-256 ({count} times)."),
    remedy=_TELL_MAKER,
    source=_METS,
)
METADATA_TYPE = finding_kind(
    "tt05.metadata-type",
    _INFO,
    N_("MDTYPE of a description is “{value}”; the circular writes DC or OTHER ({count} times)."),
    remedy=_TELL_MAKER,
    source=_METS,
)
FILE_GROUP = finding_kind(
    "tt05.file-group",
    _WARNING,
    N_("The file group “{value}” is none of {known}."),
    remedy=_TELL_MAKER,
    source=_METS,
)
FILE_GROUP_MISSING = finding_kind(
    "tt05.file-group-missing",
    _WARNING,
    N_("There is no file group “{value}”."),
    remedy=_TELL_MAKER,
    source=_METS,
)
DIVISION = finding_kind(
    "tt05.division",
    _INFO,
    N_("The division “{value}” of the structural map is none of the circular's."),
    remedy=_TELL_MAKER,
    source=_METS,
)
DIVISION_MISSING = finding_kind(
    "tt05.division-missing",
    _WARNING,
    N_("The structural map has no division “{value}”."),
    remedy=_LINK,
    source=_METS,
)
LINK_INCOMPLETE = finding_kind(
    "tt05.link-incomplete",
    _WARNING,
    N_("A division MetadataLink/File has no {missing} ({count} times)."),
    remedy=_LINK,
    source=_METS,
)
DOCUMENT_NOT_LINKED = finding_kind(
    "tt05.document-not-linked",
    _WARNING,
    N_("METS links this description of a document with no file."),
    remedy=_LINK,
    source=_METS,
)
FILE_NOT_LINKED = finding_kind(
    "tt05.file-not-linked",
    _WARNING,
    N_("METS links this file with no document, and does not list it as an attachment."),
    remedy=_LINK,
    source=_METS,
)
FONDS_CODE = finding_kind(
    "tt05.fonds-code",
    _WARNING,
    N_("No agent of the METS header gives the code of the fonds in a note IDENTIFICATIONCODE."),
    remedy=_CORRECT,
    source=_METS,
)
RECORD_STATUS = finding_kind(
    "tt05.record-status",
    _WARNING,
    N_("RECORDSTATUS “{value}” is none of {known}."),
    remedy=_TELL_MAKER,
    source=_METS,
)
REGISTRATION_CODE = finding_kind(
    "tt05.registration-code",
    _WARNING,
    N_("The METS header has no registration code of the transfer (altRecordID SUBMISSIONAGREEMENT)."),
    remedy=N_("Ask the submitter for the registration code of the transfer."),
    source="TT 05/2025 PL III, IV; Article 23",
)
REGISTRATION_IS_CODE = finding_kind(
    "tt05.registration-is-file-code",
    _INFO,
    N_("The registration code of the transfer is the code of the case file."),
    remedy=N_("Ask the submitter for the registration code of the transfer."),
    source="TT 05/2025 PL III, IV",
)
CONTENT_CATEGORY = finding_kind(
    "tt05.content-category",
    _WARNING,
    N_("TYPE of METS is “{value}”; the circular writes {known}."),
    remedy=_TELL_MAKER,
    source=_METS,
)
PROFILE = finding_kind(
    "tt05.profile",
    _WARNING,
    N_("PROFILE of METS is “{value}”; the circular writes {known}."),
    remedy=_TELL_MAKER,
    source=_METS,
)
ZIP_NAME = finding_kind(
    "tt05.zip-name",
    _INFO,
    N_("The file is named {name}; the circular names it by an ordinal and {objid}."),
    source="TT 05/2025 PL III, IV",
)

CODE_FORM = finding_kind(
    "tt05.file-code-form",
    _WARNING,
    N_("“{value}” is not composed as the code of a case file: agency, year, number and notation."),
    remedy=_CORRECT,
    source=_DATA,
)
BATCH_CODE_FORM = finding_kind(
    "tt05.batch-code-form",
    _WARNING,
    N_("“{value}” is not composed of agency, year, submission (2 digits) and document (7 digits)."),
    remedy=_CORRECT,
    source="TT 05/2025 PL IV",
)
DOCUMENT_CODE = finding_kind(
    "tt05.document-code",
    _WARNING,
    N_("Codes of documents are not {code} and an ordinal of 7 digits, but begin with “{value}” ({count} times)."),
    remedy=_CORRECT,
    source=_DATA,
)
DOCUMENT_YEAR = finding_kind(
    "tt05.document-code-year",
    _WARNING,
    N_("Codes of documents have the year {found}, the case file's has {year} ({count} times)."),
    remedy=_CORRECT,
    source=_DATA,
)
CODE_TWICE = finding_kind(
    "tt05.code-twice",
    _WARNING,
    N_("Another document of the package has the same {element}: “{value}”."),
    remedy=_CORRECT,
    source=_DATA,
)
ORDINAL = finding_kind(
    "tt05.ordinal",
    _WARNING,
    N_("The ordinal {value} is not the one in the document's code {code}."),
    remedy=_CORRECT,
    source="TT 05/2025 PL I",
)
PARENT_CODE = finding_kind(
    "tt05.parent-code",
    _WARNING,
    N_("Documents name “{value}” as their case file, which is {code} ({count} times)."),
    remedy=_CORRECT,
    source="TT 05/2025 PL I",
)
DATE_OUTSIDE = finding_kind(
    "tt05.date-outside",
    _WARNING,
    N_("The document is of {date}; its case file runs from {start} to {end}."),
    remedy=_CORRECT,
    source=_DATA,
)
MORE_VALUABLE = finding_kind(
    "tt05.retention-lower",
    _WARNING,
    N_("The document's retention period ({document}) is longer than its case file's ({case})."),
    remedy=N_("A case file is kept as long as its most valuable document: raise its period."),
    source="TT 10/2022; TT 05/2025 PL III",
)
NOT_PERMANENT = finding_kind(
    "tt05.not-permanent",
    _WARNING,
    N_("The retention period is {value}; a historical archive takes only what is kept permanently (01)."),
    remedy=_APPROVE,
    source="TT 05/2025 PL III; Article 17",
)
SECRET = finding_kind(
    "tt05.secret",
    _ERROR,
    N_("The access level is 03, secret: it must not be kept on a system that is connected to a network."),
    remedy=N_("Do not take it in here. Follow the rules for protecting state secrets."),
    source="TT 05/2025 PL III",
)
DIGITISED = finding_kind(
    "tt05.digitised",
    _INFO,
    N_("Documents are said to be digitised: PDF/A with two layers, which this check does not look into."),
    remedy=N_("Their format is examined when the package is taken in."),
    source="TT 05/2025 Article 8",
)
REPEATED = finding_kind(
    "tt05.element-repeated",
    _WARNING,
    N_("The element {element} stands there more than once (descriptions like this: {count})."),
    remedy=_CORRECT,
    source=_DATA,
)

LINKED_FORM = finding_kind(
    "tt05.linked-form",
    _WARNING,
    N_("The file does not say what it stands for as the circular writes it: {form}."),
    remedy=_CORRECT,
    source="TT 05/2025 PL I, III",
)
LINKED_FONDS = finding_kind(
    "tt05.linked-fonds",
    _ERROR,
    N_("The linked document is of the fonds {found}; only those of the package's own fonds ({fonds}) may be linked."),
    remedy=_CORRECT,
    source="TT 05/2025 PL I",
)
LINKED_LOOSE = finding_kind(
    "tt05.linked-in-loose",
    _WARNING,
    N_("Only packages of case files may hold linked documents."),
    remedy=_CORRECT,
    source="TT 05/2025 PL II, IV",
)
SCHEMA_DIFFERS = finding_kind(
    "tt05.schema-differs",
    _INFO,
    N_("The schema declares {declared}, and not {expected}."),
    remedy=_TELL_MAKER,
    source=_DATA,
)
SCHEMA_UNDECLARED = finding_kind(
    "tt05.schema-undeclared",
    _WARNING,
    N_("The element {element} is not declared in the package's own schema {schema} ({count} times)."),
    remedy=_TELL_MAKER,
    source=_DATA,
)
SCHEMA_UNREADABLE = finding_kind(
    "tt05.schema-unreadable",
    _WARNING,
    N_("The schema cannot be read: {reason}."),
    remedy=_TELL_MAKER,
    source=_DATA,
)
