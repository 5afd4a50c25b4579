"""What can be odd or wrong about what was handed in, apart from its metadata."""

from model.findings import Severity, finding_kind
from model.text import N_

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO
_RECEIVE = "Circular 05/2025/TT-BNV Art. 24"
_DUPLICATES = "Circular 05/2025/TT-BNV Art. 24(1)"

LINK = finding_kind(
    "intake.link",
    _E,
    N_("“{name}” is a link, not a file; links are never followed."),
    remedy=N_("Put the file itself in place of the link and hand the case file in again."),
    source=_RECEIVE,
)
SPECIAL_FILE = finding_kind(
    "intake.special-file",
    _E,
    N_("“{name}” is not an ordinary file ({what}); it cannot be kept."),
    remedy=N_("Remove it, or put an ordinary file in its place, and hand the case file in again."),
    source=_RECEIVE,
)
ENCRYPTED_MEMBER = finding_kind(
    "intake.encrypted-member",
    _E,
    N_("“{name}” is protected by a password inside the archive; its content cannot be read or kept readable."),
    remedy=N_("Make the ZIP anew without a password and hand it in again."),
    source="Circular 05/2025/TT-BNV Art. 24(2)",
)
NESTED_ARCHIVE = finding_kind(
    "intake.nested-archive",
    _W,
    N_("“{name}” is an archive inside the case file; it is kept as one file and not unpacked."),
    remedy=N_("Unpack it and describe its files as documents, unless the archive itself is the record."),
    source="Circular 05/2025/TT-BNV Art. 24(2)",
)
SYSTEM_FILE = finding_kind(
    "intake.system-file",
    _I,
    N_("“{name}” was made by the computer, not by a person; it is kept, and no document needs to name it."),
    remedy=N_("Nothing need be done. Leave such files out of later case files."),
)
EMPTY_FOLDER = finding_kind(
    "intake.empty-folder",
    _I,
    N_("The folder “{name}” is empty; only files are kept."),
)
TRAILING_DATA = finding_kind(
    "intake.trailing-data",
    _W,
    N_("The archive goes on after its end mark; what follows is not read."),
    remedy=N_("If archives were joined together, hand each of them in by itself."),
)
NAME_CHANGED = finding_kind(
    "intake.name-changed",
    _I,
    N_("“{name}” is kept in the package as “{path}”, a name every system can hold; the original name is on record."),
)
NAME_COLLISION = finding_kind(
    "intake.name-collision",
    _W,
    N_("“{name}” differs from another name only by case or by the way accents are stored; it is kept as “{path}”."),
    remedy=N_("Check that both files are meant to be there."),
)
NAME_UNDECODABLE = finding_kind(
    "intake.name-undecodable",
    _W,
    N_("The name “{name}” is not UTF-8; it is kept as “{path}” and the original bytes are on record."),
    remedy=N_("Check the name; make later ZIP files with a program that writes UTF-8 names."),
)
EMPTY_SUBMISSION = finding_kind(
    "intake.empty",
    _E,
    N_("The case file holds no file besides its descriptor."),
    remedy=N_("Add the documents' files and hand the case file in again."),
    source="Circular 05/2025/TT-BNV Art. 24(2)",
)
UNREADABLE = finding_kind(
    "intake.unreadable",
    _E,
    N_("It could not be read or is unsafe to read: {why}"),
    remedy=N_("Make it anew or copy it again from where it was made, and hand it in again."),
    source="Circular 05/2025/TT-BNV Art. 24(2)",
)
SECRET = finding_kind(
    "intake.secret",
    _E,
    N_("The access level of {subject} is “{value}”: secret records may not enter a networked archive."),
    remedy=N_(
        "Do not hand it in here. Take the copy off this computer if it may not hold secrets,"
        " and follow the rules for protecting state secrets."
    ),
    source="Law on Archives 33/2024/QH15; Circular 05/2025/TT-BNV Annex I (mode 03)",
)
DUPLICATE_IN_SUBMISSION = finding_kind(
    "intake.duplicate-in-submission",
    _E,
    N_("The file has the same content as “{other}” of the same case file."),
    remedy=N_("Keep one of them, correct the descriptor and hand the case file in again."),
    source=_DUPLICATES,
)
DUPLICATE_IN_ARCHIVE = finding_kind(
    "intake.duplicate-in-archive",
    _W,
    N_("The file has the same content as “{other}” of case file {code}, which the archive holds (package {package})."),
    remedy=N_("Compare both lists of documents and decide whether this one is to be kept too."),
    source=_DUPLICATES,
)
CASE_CODE_HELD = finding_kind(
    "intake.case-code-held",
    _E,
    N_(
        "The archive already holds a case file with the code {code}: “{title}” (package {package}), with other content."
    ),
    remedy=N_("Correct the case file code, or ask the archive to take this in as a new version of the case file."),
    source=_DUPLICATES,
)
CHANGED_DURING_INGEST = finding_kind(
    "intake.changed-during-ingest",
    _E,
    N_("“{name}” changed while it was being taken in."),
    remedy=N_("Close every program that has the files open, wait for copying to end, and hand the case file in again."),
)

UNSAFE_TO_KEEP_PARTLY = frozenset(
    kind.code for kind in (EMPTY_SUBMISSION, LINK, SPECIAL_FILE, ENCRYPTED_MEMBER, SECRET, CHANGED_DURING_INGEST)
)
"""Codes that must refuse whatever the policy says: something that was handed in would be missing or may not be here."""
