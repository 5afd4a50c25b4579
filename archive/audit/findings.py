"""What verification of the audit log can find."""

from model.findings import Severity, finding_kind
from model.text import N_

_RFC = "RFC 9162, section 2.1"
_WHO = N_("Compare it with a backup and with the other copies, and find out who could write there.")

ENTRY_CHANGED = finding_kind(
    "audit.entry-changed",
    Severity.ERROR,
    N_("Entry {seq} of the audit log is not what was entered."),
    remedy=_WHO,
)
ENTRY_UNREADABLE = finding_kind(
    "audit.entry-unreadable",
    Severity.ERROR,
    N_("Line {line} of this segment is no entry of an audit log."),
    remedy=_WHO,
)
CHAIN_BROKEN = finding_kind(
    "audit.chain-broken",
    Severity.ERROR,
    N_("Entry {seq} of the audit log does not continue the one before it: one of the two was changed or exchanged."),
    remedy=_WHO,
)
ENTRIES_REMOVED = finding_kind(
    "audit.entries-removed",
    Severity.ERROR,
    N_("Entries {first} to {last} of the audit log are missing."),
    remedy=N_("Bring them back from another copy or a backup, and find out who could remove them."),
)
ENTRY_INSERTED = finding_kind(
    "audit.entry-inserted",
    Severity.ERROR,
    N_("There is an entry with the number {seq} at a place where it was never entered."),
    remedy=_WHO,
)
ENTRIES_REORDERED = finding_kind(
    "audit.entries-reordered",
    Severity.ERROR,
    N_("The entries of this segment do not stand in the order in which they were entered."),
    remedy=_WHO,
)
SEGMENT_MISPLACED = finding_kind(
    "audit.segment-misplaced",
    Severity.ERROR,
    N_("The segment of entry {first} holds entries that begin with {found}: segments were exchanged or copied."),
    remedy=_WHO,
)
SEGMENT_UNREADABLE = finding_kind(
    "audit.segment-unreadable",
    Severity.ERROR,
    N_("This object among the segments of the audit log cannot be read: {why}"),
    remedy=N_("See that the store is there and readable; then verify again, or restore the object from a good copy."),
)
TRUNCATED = finding_kind(
    "audit.truncated",
    Severity.ERROR,
    N_("The audit log ends with entry {found}, but {witness} knows {size} entries: its end was removed."),
    remedy=N_("Bring the missing entries back from another copy or a backup, and find out who could remove them."),
)
HEAD_DIFFERS = finding_kind(
    "audit.head-differs",
    Severity.ERROR,
    N_("The first {size} entries of the audit log are not those of this head: history was rewritten."),
    remedy=N_(
        "Compare the log with a backup of the time of the head; trust none of the entries until it is explained."
    ),
    source=_RFC,
)
HEAD_FOREIGN = finding_kind(
    "audit.head-foreign",
    Severity.ERROR,
    N_("The head is of another archive ({archive})."),
    remedy=N_("Name a head that was exported from this archive."),
)
HEAD_UNREADABLE = finding_kind(
    "audit.head-unreadable",
    Severity.ERROR,
    N_("This stored object is no head of the audit log, or of another size than its name says."),
    remedy=_WHO,
)
ROW_CHANGED = finding_kind(
    "audit.row-changed",
    Severity.ERROR,
    N_("The catalogue tells entry {seq} of the audit log otherwise than the stores do ({fields})."),
    remedy=N_("Find out who could write the catalogue; `chauban rebuild` makes it again from the stores."),
)
ROW_MISSING = finding_kind(
    "audit.row-missing",
    Severity.ERROR,
    N_("The catalogue lacks entry {seq} of the audit log."),
    remedy=N_("Find out who could write the catalogue; `chauban rebuild` makes it again from the stores."),
)
STATE_DIFFERS = finding_kind(
    "audit.state-differs",
    Severity.ERROR,
    N_("The catalogue computes another head than the entries in store {store} give."),
    remedy=N_("Find out who could write the catalogue; `chauban rebuild` makes it again from the stores."),
    source=_RFC,
)
NOT_TAKEN_OVER = finding_kind(
    "audit.not-taken-over",
    Severity.WARNING,
    N_("Entries {first} to {last} are in the store but not in the catalogue yet: a command was ended at that moment."),
    remedy=N_("The next act on the archive takes them over; if this stays, find out who wrote them."),
)
ACT_NOT_RECORDED = finding_kind(
    "audit.act-not-recorded",
    Severity.WARNING,
    N_("The archive holds this package, but the audit log knows nothing of its ingest."),
    remedy=N_("After a power cut this can happen; else find out who put the package there."),
)
NOTHING_RECORDED = finding_kind(
    "audit.nothing-recorded",
    Severity.INFO,
    N_("The audit log has no entry: nothing was verified."),
    undecided=True,
)
VERIFIED = finding_kind(
    "audit.verified",
    Severity.INFO,
    N_("{size} entries verified in {stores} stores; root {root}."),
    source=_RFC,
)
