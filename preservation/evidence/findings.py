"""What the verification of an evidence record can find."""

from model.findings import Severity, finding_kind
from model.text import N_

NOT_SEALED = finding_kind(
    "evidence.not-sealed",
    Severity.WARNING,
    N_("This package is not sealed yet: nothing proves since when it has existed."),
    remedy=N_("Seal it with `chauban evidence seal`."),
    source="RFC 4998 4.2",
    undecided=True,
)
UNREADABLE = finding_kind(
    "evidence.unreadable",
    Severity.ERROR,
    N_("The evidence record cannot be read: {reason}."),
    remedy=N_("Ask for the record again; keep this one, it may be repaired."),
    source="RFC 4998 3.1; RFC 6283 2.1",
)
UNKNOWN_ALGORITHM = finding_kind(
    "evidence.unknown-algorithm",
    Severity.WARNING,
    N_("The evidence record uses a hash algorithm this program does not know: {algorithm}."),
    remedy=N_("Verify it with a newer version of the program."),
    source="RFC 4998 3.1",
    undecided=True,
)
NOT_COVERED = finding_kind(
    "evidence.not-covered",
    Severity.ERROR,
    N_("The evidence record does not cover this data: it is not among what was timestamped, or it was changed."),
    remedy=N_("Compare the file with another copy; check that the record belongs to it."),
    source="RFC 4998 4.3; RFC 6283 3.3",
)
NOT_COMPUTABLE = finding_kind(
    "evidence.digest-missing",
    Severity.WARNING,
    N_("The record needs the {algorithm} digest of this data, which is not known."),
    remedy=N_("Give the file itself, or its digest by that algorithm."),
    source="RFC 4998 5.3",
    undecided=True,
)
GROUP_MISMATCH = finding_kind(
    "evidence.group-mismatch",
    Severity.ERROR,
    N_("The record proves a group of {count} objects that none of the given files explains."),
    remedy=N_("A file of the group is missing, or was changed. Give every file that was sealed together."),
    source="RFC 4998 4.3; RFC 6283 3.3",
)
OTHERS_COVERED = finding_kind(
    "evidence.others-covered",
    Severity.INFO,
    N_("The first list of the record has {count} further values: other objects, or neighbours in the hash tree."),
    source="RFC 4998 4.2",
)
NOT_RENEWED = finding_kind(
    "evidence.renewal-not-covered",
    Severity.ERROR,
    N_("The hash-tree renewal of {time} does not cover this data."),
    remedy=N_("The proof ends before that renewal; look for the record as it was before."),
    source="RFC 4998 5.3; RFC 6283 4.3",
)
ROOT_MISMATCH = finding_kind(
    "evidence.root-mismatch",
    Severity.ERROR,
    N_("The hash tree does not lead to what timestamp {number} of {time} stamps: record or data were changed."),
    remedy=N_("Compare the record with another copy."),
    source="RFC 4998 4.3",
)
NOT_CHAINED = finding_kind(
    "evidence.not-chained",
    Severity.ERROR,
    N_("Timestamp {number} of {time} does not cover the timestamp before it."),
    remedy=N_("Compare the record with another copy."),
    source="RFC 4998 5.3; RFC 6283 4.3",
)
ORDER = finding_kind(
    "evidence.order",
    Severity.ERROR,
    N_("Timestamp {number} of {time} is older than the one it renews."),
    remedy=N_("Compare the record with another copy."),
    source="RFC 4998 5.3",
)
MIXED_ALGORITHMS = finding_kind(
    "evidence.mixed-algorithms",
    Severity.ERROR,
    N_("A chain of the record mixes hash algorithms: {algorithms}."),
    remedy=N_("Compare the record with another copy."),
    source="RFC 4998 5.1",
)
IMPRINT_ALGORITHM = finding_kind(
    "evidence.imprint-algorithm",
    Severity.ERROR,
    N_("Timestamp {number} stamps a {imprint} digest, but its hash tree is made with {algorithm}."),
    remedy=N_("Compare the record with another copy."),
    source="RFC 4998 4.1",
)
UNDECLARED_ALGORITHM = finding_kind(
    "evidence.undeclared-algorithm",
    Severity.ERROR,
    N_("The record uses {algorithm} without declaring it."),
    remedy=N_("Compare the record with another copy."),
    source="RFC 4998 3.1",
)
TOKEN_FAILED = finding_kind(
    "evidence.timestamp-failed",
    Severity.ERROR,
    N_("Timestamp {number} of {time} does not verify: {reason}."),
    remedy=N_("The proof rests on this timestamp. Compare the record with another copy."),
    source="RFC 4998 5.3; EN 319 102-1 5.4",
)
TOKEN_UNDECIDED = finding_kind(
    "evidence.timestamp-undecided",
    Severity.WARNING,
    N_("Timestamp {number} of {time} could not be judged as of {at}: {reason}."),
    remedy=N_("Give the authority's root certificate in the trust folder (purpose tsa) and its revocation data."),
    source="RFC 4998 5.3; EN 319 102-1 5.4",
    undecided=True,
)
NO_DATA = finding_kind(
    "evidence.no-data",
    Severity.WARNING,
    N_("No data was given: only the record's own consistency was verified, and it proves nothing about any file."),
    remedy=N_("Name the files with --data, or their digests with --digest."),
    source="RFC 4998 4.3",
    undecided=True,
)
