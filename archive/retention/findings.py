"""What reading a spreadsheet of schedules can find."""

from model.findings import Severity, finding_kind
from model.text import N_

NO_TABLE = finding_kind(
    "retention.no-table",
    Severity.ERROR,
    N_("No row of this file has the column titles of a schedule list (code, title, period)."),
    remedy=N_("Begin from the sample: `chauban retention schedule sample FILE`."),
)
WRONG_CODE = finding_kind(
    "retention.wrong-code",
    Severity.ERROR,
    N_("“{value}” cannot be the code of a schedule."),
    remedy=N_("Use up to 60 letters, digits, dots, slashes and dashes, beginning with a letter or digit."),
)
CODE_TWICE = finding_kind(
    "retention.code-twice",
    Severity.ERROR,
    N_("The code “{value}” stands here again; it stood in row {row}."),
    remedy=N_("Give each schedule a code of its own."),
)
MISSING = finding_kind(
    "retention.missing",
    Severity.ERROR,
    N_("The column “{column}” is empty."),
    remedy=N_("Fill it in."),
)
WRONG_VALUE = finding_kind(
    "retention.wrong-value",
    Severity.ERROR,
    N_("“{value}” is no value of the column “{column}”."),
    remedy=N_("Use one of: {known}."),
)
CONTRADICTS = finding_kind(
    "retention.contradicts",
    Severity.ERROR,
    N_("The row contradicts itself."),
    remedy=N_(
        "Permanent retention has no other action; where an event or a date begins the period name it, and only there."
    ),
)
