"""What a destruction has to say of a record: why it was kept, what holds it up, what else must be destroyed."""

from model.findings import Severity, finding_kind
from model.text import N_

_LAW = "Law on Archives 33/2024/QH15 Article 16; Circular 06/2025/TT-BNV"
_MOREQ = "MoReq2010 8 and 9"

NOT_HELD = finding_kind(
    "disposal.not-held",
    Severity.WARNING,
    N_("The archive holds no such record."),
    remedy=N_("Look for it with `chauban search`; take it off the list if it was entered by mistake."),
)
NOT_DUE = finding_kind(
    "disposal.not-due",
    Severity.WARNING,
    N_("It is kept: its period under {schedule} ends later; it is due on {due}."),
    remedy=N_("`chauban retention explain` tells how the day is counted."),
    source=_LAW,
)
NO_PERIOD = finding_kind(
    "disposal.no-period",
    Severity.WARNING,
    N_("It is kept: it has no rule, or what begins its period has not happened."),
    remedy=N_("`chauban retention explain` tells what it waits for."),
    source=_LAW,
)
OTHER_ACTION = finding_kind(
    "disposal.other-action",
    Severity.WARNING,
    N_("It is kept: its rule {schedule} asks for “{action}”, not for what was decided."),
    remedy=N_("Correct its class or rule, with a reason, and have it reviewed again."),
    source=_LAW,
)
NO_RECEIPT = finding_kind(
    "disposal.no-receipt",
    Severity.ERROR,
    N_("It is kept: no receipt says that another archive has it."),
    remedy=N_("Register the receipt with `chauban transfer receipt`, then release it again."),
    source="MoReq2010 8 (transfer is confirmed before destruction)",
)
ON_HOLD = finding_kind(
    "disposal.on-hold",
    Severity.WARNING,
    N_("It is kept: the hold “{hold}” is in force."),
    remedy=N_("Review it again when the hold is lifted."),
    source=_MOREQ,
)
NOT_COVERED = finding_kind(
    "disposal.not-covered",
    Severity.WARNING,
    N_("It is kept: the decision does not cover it any more. {why}"),
    remedy=N_("See the review; have the record reviewed again if it is to be destroyed."),
    source=_LAW,
)
FOUR_EYES = finding_kind(
    "disposal.four-eyes",
    Severity.ERROR,
    N_("It is kept: {person} stands on two sides of the decision."),
    remedy=N_("Have another person approve or confirm the decision."),
    source=_LAW,
)
TOO_EARLY = finding_kind(
    "disposal.too-early",
    Severity.WARNING,
    N_("It is kept: the cooling-off lasts until {until}."),
    remedy=N_("Execute the decision after that."),
)
TOO_LATE = finding_kind(
    "disposal.too-late",
    Severity.ERROR,
    N_("It is kept: the decision had to be executed until {until}."),
    remedy=N_("Have the decision made anew."),
    source=_LAW,
)
CLOCK_BACK = finding_kind(
    "disposal.clock-back",
    Severity.ERROR,
    N_("It is kept: the clock says {now}, and something was recorded at {last}."),
    remedy=N_("Set the clock of this machine, then execute the decision again."),
)
UNKNOWN_VERSION = finding_kind(
    "disposal.unknown-version",
    Severity.ERROR,
    N_("It is kept: store {store} holds a version of it that the catalogue does not know."),
    remedy=N_("Run `chauban rebuild`, then execute the decision again."),
)
STORE_AWAY = finding_kind(
    "disposal.store-away",
    Severity.WARNING,
    N_("A store could not be used, so it is not done: {why}"),
    remedy=N_("Bring the store back, then execute the decision again: it goes on where it stopped."),
    undecided=True,
)
LOCKED = finding_kind(
    "disposal.locked",
    Severity.WARNING,
    N_("Store {store} does not let go of {objects} objects yet; they are locked until {until}."),
    remedy=N_("Execute the decision again when the lock has ended; everything else of the record is gone."),
)
REMAINS = finding_kind(
    "disposal.remains",
    Severity.ERROR,
    N_("Store {store} still shows {objects} objects of the record after they were deleted."),
    remedy=N_("Execute the decision again; if they stay, ask the administrator of the store."),
)
IN_USE = finding_kind(
    "disposal.in-use",
    Severity.WARNING,
    N_("The work area of transfer {transfer} is in use, so what lies in it is not removed."),
    remedy=N_("Wait until that process has ended, then execute the decision again."),
)
ELSEWHERE = finding_kind(
    "disposal.elsewhere",
    Severity.WARNING,
    N_("The desk still tells of it: {why}"),
    remedy=N_("Put the cause right, then run `chauban retention destroyed resume`."),
    undecided=True,
)
NO_DIGESTS = finding_kind(
    "disposal.no-digests",
    Severity.WARNING,
    N_("No copy was whole, so the digests of its files could not be kept beside the stub."),
    remedy=N_("Its evidence record still lists them; the digest of its container is in the stub."),
)
WOULD_GO = finding_kind(
    "disposal.would-be-destroyed",
    Severity.INFO,
    N_("It would be destroyed now."),
)
GONE_ALREADY = finding_kind(
    "disposal.destroyed-already",
    Severity.INFO,
    N_("It was destroyed before."),
)
IN_BACKUP = finding_kind(
    "disposal.in-backup",
    Severity.WARNING,
    N_("The offline backup “{backup}” may hold it and is to be destroyed or overwritten."),
    remedy=N_("Destroy the medium or let it run out, and note that with the destruction file."),
    source=_LAW,
)
REAPPEARED = finding_kind(
    "custody.reappeared",
    Severity.ERROR,
    N_("Store {store} holds an object of a record that was destroyed."),
    remedy=N_("Find out who brought it back; it is not taken into the catalogue. Then have it removed again."),
    source=_LAW,
)
UNFINISHED = finding_kind(
    "custody.being-destroyed",
    Severity.INFO,
    N_("Store {store} still holds an object of a record that is being destroyed."),
    remedy=N_("Execute the decision again: it goes on where it stopped."),
)
