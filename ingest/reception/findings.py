"""What the reception of a submission can find beyond what every ingest finds."""

from ingest.sources.findings import CASE_CODE_HELD
from ingest.sources.findings import DUPLICATE_IN_ARCHIVE as FILE_HELD
from model.findings import Severity, finding_kind
from model.text import N_

_E, _W = Severity.ERROR, Severity.WARNING
_DUPLICATES = "Circular 05/2025/TT-BNV Art. 24(1)"
_CONTENT = "Circular 05/2025/TT-BNV Art. 24(3)"
_REGISTERED = "Circular 05/2025/TT-BNV Art. 23"

DUPLICATE_IN_SUBMISSION = finding_kind(
    "reception.duplicate-in-submission",
    _E,
    N_(
        "The same submission holds its case file code, its content or one of its documents already:"
        " transfer {transfer}, case file {code}."
    ),
    remedy=N_("Hand each case file in once. If it is another case file, correct its code and hand it in again."),
    source=_DUPLICATES,
)
DUPLICATE_IN_ARCHIVE = finding_kind(
    "reception.duplicate-in-archive",
    _W,
    N_("The archive holds case file {code} (package {package}) with {held} of its {files} files, or with its code."),
    remedy=N_("Compare both lists with `chauban submission compare`, then decide whether it is kept or refused."),
    source=_DUPLICATES,
)
NOT_ANNOUNCED = finding_kind(
    "reception.not-announced",
    _W,
    N_("The case file {code} is not on the list of what was announced."),
    remedy=N_("Ask the agency whether it belongs to this submission, then decide whether it is kept or refused."),
    source=_CONTENT,
)
TITLE_DIFFERS = finding_kind(
    "reception.title-differs",
    _W,
    N_("The title is “{found}”; the list that was announced says “{announced}”."),
    remedy=N_("Compare the case file with the list; have the wrong one corrected."),
    source=_CONTENT,
)
RETENTION_DIFFERS = finding_kind(
    "reception.retention-differs",
    _W,
    N_("The retention period is “{found}”; the list that was announced says “{announced}”."),
    remedy=N_("Compare the case file with the list and the retention schedule; have the wrong one corrected."),
    source=_CONTENT,
)
COUNT_DIFFERS = finding_kind(
    "reception.count-differs",
    _W,
    N_("The case file holds {found} documents; the list that was announced says {announced}."),
    remedy=N_("Ask the agency for the documents that are missing, or for a corrected list."),
    source=_CONTENT,
)
REGISTRATION_DIFFERS = finding_kind(
    "reception.registration-differs",
    _W,
    N_("The package names registration {found}; it was handed in under {registered}."),
    remedy=N_("Find out under which registration it belongs, then decide whether it is kept here or refused."),
    source=_REGISTERED,
)
AGENCY_DIFFERS = finding_kind(
    "reception.agency-differs",
    _W,
    N_("The case file names agency {found}; agency {registered} registered this submission."),
    remedy=N_("Ask the agency whether it hands in for another one; if not, have the code corrected."),
    source=_REGISTERED,
)
FONDS_DIFFERS = finding_kind(
    "reception.fonds-differs",
    _W,
    N_("The case file names fonds {found}; the submission was registered for fonds {registered}."),
    remedy=N_("Check which fonds it belongs to; have the wrong code corrected."),
    source=_REGISTERED,
)

WAITING = frozenset(kind.code for kind in (DUPLICATE_IN_ARCHIVE, NOT_ANNOUNCED, REGISTRATION_DIFFERS))
"""Codes about which an officer decides before the case file can be approved."""

OFFICERS_MATTER = (FILE_HELD.code, CASE_CODE_HELD.code)
"""Codes of every ingest that do not refuse a case file of a submission: an officer decides about them."""
