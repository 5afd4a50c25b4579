"""What verification of custody can find."""

from model.findings import Severity, finding_kind
from model.text import N_

COPY_CHANGED = finding_kind(
    "custody.copy-changed",
    Severity.ERROR,
    N_("The copy in store {store} is not what was written ({size} bytes): it has {found_size} bytes, SHA-256 {found}."),
    remedy=N_("Restore it from a good copy with --repair, and have the medium of this store examined."),
)
MEMBER_DAMAGED = finding_kind(
    "custody.member-damaged",
    Severity.ERROR,
    N_("This file inside the copy in store {store} is damaged: {what}"),
    remedy=N_("Restore the copy from a good one with --repair."),
)
COPY_MISSING = finding_kind(
    "custody.copy-missing",
    Severity.ERROR,
    N_("The copy in store {store} is missing."),
    remedy=N_("Restore it from a good copy with --repair, and find out who or what removed it."),
)
COPY_UNREADABLE = finding_kind(
    "custody.copy-unreadable",
    Severity.ERROR,
    N_("The copy in store {store} cannot be read: {why}"),
    remedy=N_("See that the store is there and readable; then verify again, or restore it with --repair."),
)
DIGEST_FILE_MISSING = finding_kind(
    "custody.digest-file-missing",
    Severity.ERROR,
    N_("The digest file beside the container in store {store} is missing."),
    remedy=N_("Restore it with --repair."),
)
DIGEST_FILE_CHANGED = finding_kind(
    "custody.digest-file-changed",
    Severity.ERROR,
    N_("The digest file beside the container in store {store} does not say what was written."),
    remedy=N_("Restore it with --repair, and find out who or what changed it."),
)
SURPLUS = finding_kind(
    "custody.surplus",
    Severity.WARNING,
    N_("Store {store} holds an object that the catalogue does not know."),
    remedy=N_("If a package is missing from the catalogue, run `chauban rebuild`; else find out who put it there."),
)
COPY_REPAIRED = finding_kind(
    "custody.copy-repaired",
    Severity.INFO,
    N_("The copy in store {store} was restored from store {good}; the damaged bytes were set aside under damaged/."),
)
COPY_UNREPAIRABLE = finding_kind(
    "custody.copy-unrepairable",
    Severity.ERROR,
    N_("The copy in store {store} could not be restored: {why}"),
    remedy=N_("Bring back a copy from a backup; until then no good copy of this package exists here."),
)
KEPT_COPY_CHANGED = finding_kind(
    "custody.archival-copy-changed",
    Severity.ERROR,
    N_("The archival copy of {document} in store {store} is not what was written, or cannot be read."),
    remedy=N_("Restore it with --repair, or make a new one with `chauban signature augment`."),
)
KEPT_COPY_MISSING = finding_kind(
    "custody.archival-copy-missing",
    Severity.ERROR,
    N_("The archival copy of {document} in store {store} is missing."),
    remedy=N_("Restore it with --repair, or make a new one with `chauban signature augment`."),
)
NOTHING_HELD = finding_kind(
    "custody.nothing-held",
    Severity.INFO,
    N_("The archive holds no package: nothing was verified."),
    undecided=True,
)
OBJECT_MISSING = finding_kind(
    "custody.object-missing",
    Severity.ERROR,
    N_("Store {store} lacks an object that store {good} holds."),
    remedy=N_("Bring it back with --repair, and find out who or what removed it."),
)
OBJECT_RESTORED = finding_kind(
    "custody.object-restored",
    Severity.INFO,
    N_("An object that store {store} lacked was brought there from store {good}."),
)
OBJECT_DIFFERS = finding_kind(
    "custody.object-differs",
    Severity.ERROR,
    N_("The stores {stores} hold different bytes under this key."),
    remedy=N_("Compare both with a backup, and have the media of these stores examined."),
)
VERIFIED = finding_kind(
    "custody.verified",
    Severity.INFO,
    N_("{done} package versions verified in every store."),
)
VERIFIED_WITH_DAMAGE = finding_kind(
    "custody.verified-with-damage",
    Severity.ERROR,
    N_("{done} package versions verified in every store, {failed} of them with damage or not decidable."),
    remedy=N_("Read the reports above; `chauban verify --all --repair` restores what has a good copy."),
)
