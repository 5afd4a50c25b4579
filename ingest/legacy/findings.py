"""What can be found about a package by Circular 02/2019: its own requirements, and what its conversion did."""

from ingest.legacy.names import SOURCE
from model.findings import Severity, finding_kind
from model.text import N_

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO
_CASE = f"{SOURCE} Annex (case file)"
_DOCUMENT = f"{SOURCE} Annex (document)"

READ = finding_kind(
    "tt02.read",
    _I,
    N_("Case file {code}: {documents} documents were read from {names}; {files} files were matched with them."),
    source=SOURCE,
)
UNREADABLE = finding_kind(
    "tt02.unreadable",
    _E,
    N_("The description “{name}” cannot be read: {reason}."),
    remedy=N_("Export the description again from the system it comes from."),
    source=SOURCE,
)
NO_CASE_FILE = finding_kind(
    "tt02.no-case-file",
    _E,
    N_("The package describes no case file (no FileCode with a Title)."),
    remedy=N_("Export the data of the case file (hồ sơ) together with those of its documents."),
    source=_CASE,
)
SEVERAL_CASE_FILES = finding_kind(
    "tt02.several-case-files",
    _E,
    N_("The package describes several case files: {codes}; only the first was looked at."),
    remedy=N_("Divide the package, so that each holds one case file."),
    source=_CASE,
)
NO_DOCUMENTS = finding_kind(
    "tt02.no-documents",
    _E,
    N_("The package describes no document."),
    remedy=N_("Export the data of the documents (văn bản) together with those of the case file."),
    source=_DOCUMENT,
)
MISSING = finding_kind(
    "tt02.missing",
    _E,
    N_("The field {field} is missing."),
    remedy=N_("Fill it in where the case file was compiled, then export the package again."),
    source=SOURCE,
)
TOO_LONG = finding_kind(
    "tt02.too-long",
    _E,
    N_("The field {field} has {length} characters; {limit} are allowed."),
    remedy=N_("Shorten it, or take the package in all the same: its conversion has limits of its own."),
    source=SOURCE,
)
TWICE = finding_kind(
    "tt02.field-twice",
    _E,
    N_("The field {field} is given twice, as “{value}” and as “{other}”; the first was read."),
    remedy=N_("Correct the description."),
    source=SOURCE,
)
BAD_DATE = finding_kind(
    "tt02.bad-date",
    _E,
    N_("“{value}” in {field} is not a date."),
    remedy=N_("Write it as DD/MM/YYYY."),
    source=SOURCE,
)
DATE_FORM = finding_kind(
    "tt02.date-form",
    _W,
    N_("“{value}” in {field} is not written as DD/MM/YYYY."),
    remedy=N_("Nothing needs to be done for taking it in; the conversion reads it."),
    source=SOURCE,
)
BAD_NUMBER = finding_kind(
    "tt02.bad-number",
    _E,
    N_("“{value}” in {field} is not a whole number."),
    remedy=N_("Correct the number."),
    source=SOURCE,
)
CODE_PARTS = finding_kind(
    "tt02.code-parts",
    _E,
    N_("FileCode “{code}” is not made of its parts ({parts})."),
    remedy=N_("Correct the code or its parts: Identifier, OrganId, FileCatalog, FileNotation."),
    source=_CASE,
)
PART_FORM = finding_kind(
    "tt02.part-form",
    _W,
    N_("“{value}” in {field} does not have its form ({form})."),
    remedy=N_("See whether the code is the one in use when the case file was compiled."),
    source=SOURCE,
)
OTHER_FILE = finding_kind(
    "tt02.other-file",
    _E,
    N_("The document belongs to the case file “{other}” by its FileCode, not to “{code}”."),
    remedy=N_("Move the document to its case file, or correct its FileCode."),
    source=_DOCUMENT,
)
DOC_CODE = finding_kind(
    "tt02.doc-code",
    _E,
    N_("DocCode “{value}” does not begin with the code of its case file (“{code}”)."),
    remedy=N_("Correct the code of the document."),
    source=_DOCUMENT,
)
DUPLICATE = finding_kind(
    "tt02.duplicate",
    _E,
    N_("{field} “{value}” is given to more than one document."),
    remedy=N_("Give each document its own."),
    source=_DOCUMENT,
)
ORDINALS = finding_kind(
    "tt02.ordinals",
    _W,
    N_("The values of DocOrdinal do not run from 1 to {count}; the first that is out of place is {value}."),
    remedy=N_("See whether a document is missing."),
    source=_DOCUMENT,
)
TOTAL = finding_kind(
    "tt02.total",
    _E,
    N_("TotalDoc says {claimed} documents, but {listed} are described."),
    remedy=N_("Add the missing documents, or correct the number."),
    source=_CASE,
)
PAGES = finding_kind(
    "tt02.pages",
    _W,
    N_("PageNumber says {claimed} pages; the documents have {listed} together."),
    remedy=N_("See whether pages are missing."),
    source=_CASE,
)
DATES_REVERSED = finding_kind(
    "tt02.dates-reversed",
    _E,
    N_("The case file ends on {end}, before it starts on {start}."),
    remedy=N_("Correct StartDate or EndDate."),
    source=_CASE,
)
DATE_OUTSIDE = finding_kind(
    "tt02.date-outside",
    _W,
    N_("The document is dated {date}, outside the case file's time from {start} to {end}."),
    remedy=N_("See whether the document belongs to the case file, or correct the date."),
    source=_DOCUMENT,
)
UNKNOWN_WORD = finding_kind(
    "tt02.unknown-word",
    _W,
    N_("“{value}” in {field} is not known; its conversion needs a decision."),
    remedy=N_("Use a word of the circular."),
    source=SOURCE,
)
NO_FILE = finding_kind(
    "tt02.no-file",
    _E,
    N_("No file of the package belongs to the document: it names none, and none is called by its code or number."),
    remedy=N_("Name the file in the description (FileName), or call it by the document's DocCode."),
    source=_DOCUMENT,
)
FILE_ABSENT = finding_kind(
    "tt02.file-absent",
    _E,
    N_("The file “{name}” that the document names is not in the package."),
    remedy=N_("Add the file, or correct its name."),
    source=_DOCUMENT,
)
FILE_UNNAMED = finding_kind(
    "tt02.file-unnamed",
    _E,
    N_("The file “{name}” belongs to no document."),
    remedy=N_("Name it in the description of its document, or take it out of the package."),
    source=_DOCUMENT,
)
FILES_NOT_CHECKED = finding_kind(
    "tt02.files-not-checked",
    _W,
    N_("Only the description was given; whether its files are there was not checked."),
    remedy=N_("Name the folder or archive of the whole package."),
    source=SOURCE,
    undecided=True,
)
SECRET = finding_kind(
    "tt02.secret",
    _E,
    N_("The package holds state secrets ({value}); it must not be on a device with a network."),
    remedy=N_("Take the package off this machine and tell the person responsible for secrets."),
    source=f"{SOURCE}; Law on Archives 33/2024/QH15",
)

CONVERTED = finding_kind(
    "legacy.converted",
    _I,
    N_("{field}: “{old}” became “{new}” ({count} times)."),
    source="TT 02/2019/TT-BNV → TT 05/2025/TT-BNV Annex I",
)
CONVERTED_MANY = finding_kind(
    "legacy.converted-many",
    _I,
    N_("{field}: {count} values were converted, such as “{old}” to “{new}”."),
    source="TT 02/2019/TT-BNV → TT 05/2025/TT-BNV Annex I",
)
DEFAULT = finding_kind(
    "legacy.default",
    _I,
    N_("{field} has no counterpart in the old circular; “{value}” was put in ({count} times)."),
    remedy=N_("Correct it where it is not so."),
    source="TT 05/2025/TT-BNV Annex I",
)
UNKNOWN = finding_kind(
    "legacy.unknown-value",
    _W,
    N_("{field}: “{old}” is not known; it became “{new}” ({count} times), and is kept as it was beside it."),
    remedy=N_("See whether another value fits better."),
    source="TT 05/2025/TT-BNV Annex I",
)
RETENTION = finding_kind(
    "legacy.retention-undecided",
    _E,
    N_("The retention period “{old}” is no longer in use; it needs a decision ({count} times)."),
    remedy=N_(
        "Decide the period by the schedule in force and correct the description; if this finding is waived, the "
        "period is “Khác” (07) and the old one is kept beside it."
    ),
    source="TT 05/2025/TT-BNV Annex I (maintenance)",
)
AGENCY = finding_kind(
    "legacy.agency-successor",
    _I,
    N_("The agency code “{old}” became “{new}”, by the registry of agencies."),
    source="Decision 20/2020/QĐ-TTg",
)
AGENCY_KEPT = finding_kind(
    "legacy.agency-kept",
    _I,
    N_("The agency code “{old}” is one of the old 13-character codes; no successor is registered, so it was kept."),
    remedy=N_("Register the agency with its successor (`chauban agency`), if it has one."),
    source="Decision 20/2020/QĐ-TTg",
)
MATCHED = finding_kind(
    "legacy.matched",
    _I,
    N_("The files of {count} documents were found by {what}."),
    source=SOURCE,
)
DESCRIBED = finding_kind(
    "legacy.described",
    _I,
    N_("The description is by Circular 02/2019 ({names}); it was converted to Circular 05/2025."),
    source=SOURCE,
)
