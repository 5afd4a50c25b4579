"""What can be wrong with a descriptor and with the metadata it gives."""

from model.findings import Severity, finding_kind
from model.text import N_

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO
_ELEMENTS = "Circular 05/2025/TT-BNV Annexes I and III"
_CHECK = "Circular 05/2025/TT-BNV Art. 24"

NO_DESCRIPTOR = finding_kind(
    "metadata.no-descriptor",
    _E,
    N_("There is no description of the case file and its documents."),
    remedy=N_(
        "Put a filled-in descriptor into the folder: hoso.json, hoso.xml, hoso.xlsx or hoso.csv."
        " “chauban template” writes empty ones."
    ),
    source=_CHECK,
)
SEVERAL_DESCRIPTORS = finding_kind(
    "metadata.several-descriptors",
    _W,
    N_("There are several descriptors ({names}); “{name}” was read, the others were not."),
    remedy=N_("Leave one descriptor in the case file. The order of precedence is JSON, XML, XLSX, CSV."),
)
UNREADABLE_DESCRIPTOR = finding_kind(
    "metadata.unreadable-descriptor",
    _E,
    N_("The descriptor “{name}” cannot be read: {reason}."),
    remedy=N_("Correct the file at the place named, or fill in a new one from the template."),
    source=_CHECK,
)
LEGACY_ENCODING = finding_kind(
    "metadata.legacy-encoding",
    _W,
    N_("The descriptor is not UTF-8; it was read as {encoding}."),
    remedy=N_("Check the accents of titles and names; save later files as “CSV UTF-8”."),
)
SEVERAL_CASE_FILES = finding_kind(
    "metadata.several-case-files",
    _E,
    N_("The descriptor describes several case files: {codes}."),
    remedy=N_(
        "Give each case file its own descriptor, or put the descriptor beside folders named after the case file codes."
    ),
    source=_CHECK,
)
CASE_NOT_DESCRIBED = finding_kind(
    "metadata.case-not-described",
    _E,
    N_("The descriptor beside the folders does not describe a case file with the code {code}."),
    remedy=N_("Name the folder exactly after its case file code, or add the case file to the descriptor."),
    source=_CHECK,
)
CASE_FIELD_DIFFERS = finding_kind(
    "metadata.case-field-differs",
    _E,
    N_("The case file's “{title}” is given twice, as “{value}” and as “{other}”."),
    remedy=N_("Give the case file's own fields one value in every row."),
    source=_ELEMENTS,
)
FIELD_TWICE = finding_kind(
    "metadata.field-twice",
    _E,
    N_("“{title}” is given twice for the same thing; only the first was read."),
    remedy=N_("Leave one of the two."),
)
UNKNOWN_COLUMN = finding_kind(
    "metadata.unknown-column",
    _I,
    N_("“{name}” is no field of the description; it is kept in the descriptor and used nowhere else."),
    remedy=N_("If it is a misspelt field, write its title as in the template."),
)
FORMULA = finding_kind(
    "metadata.formula",
    _W,
    N_("Cell {cell} holds a formula; the value last shown (“{value}”) was read."),
    remedy=N_("Replace formulas by their values (copy, then “paste values”)."),
)
HIDDEN_ROWS = finding_kind(
    "metadata.hidden-rows",
    _W,
    N_("The sheet “{sheet}” has {count} hidden rows; they were read like the others."),
    remedy=N_("Check that the hidden documents belong to the case file."),
)
ROW_SKIPPED = finding_kind(
    "metadata.row-skipped",
    _I,
    N_("Row {row} does not look like a document and was not read as one: “{text}”."),
    remedy=N_("If it is a document, fill in at least its subject and its file."),
)
BAD_DATE = finding_kind(
    "metadata.bad-date",
    _E,
    N_("“{value}” in “{title}” is not a date."),
    remedy=N_("Write the day, month and year as dd/mm/yyyy, for example 05/02/2024."),
    source=_ELEMENTS,
)
TWO_DIGIT_YEAR = finding_kind(
    "metadata.two-digit-year",
    _E,
    N_("The year of “{value}” in “{title}” has two digits: the century is not known."),
    remedy=N_("Write the year with four digits."),
    source=_ELEMENTS,
)
BAD_NUMBER = finding_kind(
    "metadata.bad-number",
    _E,
    N_("“{value}” in “{title}” is not a whole number."),
    remedy=N_("Write digits only."),
    source=_ELEMENTS,
)
BAD_BOOLEAN = finding_kind(
    "metadata.bad-boolean",
    _E,
    N_("“{value}” in “{title}” is neither yes nor no."),
    remedy=N_("Write “có” or “không” (or 1 or 0)."),
    source=_ELEMENTS,
)
UNPRINTABLE = finding_kind(
    "metadata.unprintable",
    _W,
    N_("“{title}” held characters that cannot be shown; they were left out."),
    remedy=N_("Type the text anew instead of copying it."),
)
ORDINAL = finding_kind(
    "metadata.ordinal",
    _W,
    N_("The document's number in the list is {given}, but it stands at place {place}."),
    remedy=N_("Number the documents 1, 2, 3 … in the order of the list."),
)
MISSING = finding_kind(
    "metadata.missing",
    _E,
    N_("“{title}” is missing."),
    remedy=N_("Fill in “{title}” ({field})."),
    source=_ELEMENTS,
)
TOO_LONG = finding_kind(
    "metadata.too-long",
    _E,
    N_("“{title}” has {length} characters; {limit} are allowed."),
    remedy=N_("Shorten it and put the rest into “Ghi chú”."),
    source=_ELEMENTS,
)
UNKNOWN_CODE = finding_kind(
    "metadata.unknown-code",
    _E,
    N_("“{value}” is no value of “{title}”."),
    remedy=N_("Use one of: {allowed}."),
    source=_ELEMENTS,
)
END_BEFORE_START = finding_kind(
    "metadata.end-before-start",
    _E,
    N_("The case file ends on {end}, before it starts on {start}."),
    remedy=N_("Correct the start or the end date."),
    source=_ELEMENTS,
)
DATE_OUTSIDE = finding_kind(
    "metadata.date-outside",
    _W,
    N_("The document is dated {date}, outside the case file's time from {start} to {end}."),
    remedy=N_("Check the date of the document and the start and end of the case file."),
    source=_CHECK,
)
IMPLAUSIBLE_DATE = finding_kind(
    "metadata.implausible-date",
    _W,
    N_("“{value}” in “{title}” lies before the year 1000."),
    remedy=N_("Check the year."),
)
TOTAL_DIFFERS = finding_kind(
    "metadata.total-differs",
    _E,
    N_("The case file is said to hold {claimed} documents, but {listed} are listed."),
    remedy=N_("Correct “Tổng số tài liệu trong hồ sơ”, or add the documents that are missing."),
    source=_CHECK,
)
PAGES_DIFFER = finding_kind(
    "metadata.pages-differ",
    _W,
    N_("The case file is said to have {claimed} pages; its documents have {listed} together."),
    remedy=N_("Correct the number of pages of the case file or of its documents."),
    source=_CHECK,
)
NO_DOCUMENTS = finding_kind(
    "metadata.no-documents",
    _E,
    N_("The descriptor lists no document."),
    remedy=N_("Add one entry or row for each document of the case file."),
    source=_CHECK,
)
DUPLICATE_VALUE = finding_kind(
    "metadata.duplicate-value",
    _E,
    N_("“{title}” has the value “{value}” in more than one document."),
    remedy=N_("Give each document its own, or remove the document that is listed twice."),
    source=_ELEMENTS,
)
DUPLICATE_DOCUMENT = finding_kind(
    "metadata.duplicate-document",
    _W,
    N_("Another document of the case file has the same number, notation and date: {value}."),
    remedy=N_("Check whether the document is listed twice."),
    source="Circular 05/2025/TT-BNV Art. 24(1)",
)
RETENTION_SHORTER = finding_kind(
    "metadata.retention-shorter",
    _W,
    N_("The case file is kept for “{case}”, but document {document} for “{longest}”, which is longer."),
    remedy=N_("Set the retention period of the case file to that of its most valuable document."),
    source="Decree 30/2020/ND-CP Art. 29(4)",
)
RISK_STATUS_WITHOUT = finding_kind(
    "metadata.backup-contradiction",
    _W,
    N_("“Tình trạng dự phòng” is given although “Chế độ dự phòng” says no."),
    remedy=N_("Set “Chế độ dự phòng” to yes, or leave the status empty."),
    source=_ELEMENTS,
)
INHERITED = finding_kind(
    "metadata.inherited",
    _I,
    N_("No document gives “{title}”; each of them takes it from the case file (“{value}”)."),
    source="Circular 05/2025/TT-BNV Annex I",
)
GENERATED = finding_kind(
    "metadata.generated",
    _I,
    N_("{count} documents have no archival code; it was made from the case file code and the document's place."),
    source="Circular 05/2025/TT-BNV Annex I (docCode)",
)
NO_DOCUMENT_IDENTIFIERS = finding_kind(
    "metadata.no-document-identifiers",
    _W,
    N_("No document gives “{title}”; it stays empty."),
    remedy=N_("Add the identifiers from the system that made the documents, if it has them."),
    source="Circular 05/2025/TT-BNV Annex I (docId)",
)
FILE_ABSENT = finding_kind(
    "intake.file-absent",
    _E,
    N_("The description names the file “{name}”, which was not handed in."),
    remedy=N_("Add the file, or correct its name in the descriptor (spelling, accents, extension)."),
    source="Circular 05/2025/TT-BNV Art. 24(2)",
)
FILE_UNNAMED = finding_kind(
    "intake.file-unnamed",
    _E,
    N_("No document of the description names the file “{name}”."),
    remedy=N_("Add it to the document it belongs to, or take it out of the case file."),
    source="Circular 05/2025/TT-BNV Art. 24(2)",
)
NO_FILE = finding_kind(
    "intake.document-without-file",
    _E,
    N_("The document names no file."),
    remedy=N_("Fill in the name of its file (“Tên tệp”)."),
    source="Circular 05/2025/TT-BNV Art. 24(2)",
)
FILE_NAMED_TWICE = finding_kind(
    "intake.file-named-twice",
    _E,
    N_("The file “{name}” is named by document {first} and by document {second}."),
    remedy=N_("Name each file in one document only."),
    source="Circular 05/2025/TT-BNV Art. 24(2)",
)
FILE_NAME_DIFFERS = finding_kind(
    "intake.file-name-differs",
    _I,
    N_("The description writes “{written}” for the file “{name}”; they were taken to be the same."),
    remedy=N_("Check that the right file was meant."),
)
FILE_AMBIGUOUS = finding_kind(
    "intake.file-ambiguous",
    _E,
    N_("“{written}” may be any of several files; “{name}” is one of them."),
    remedy=N_("Write the folder too, as in “folder/file.pdf”."),
    source="Circular 05/2025/TT-BNV Art. 24(2)",
)
