"""What can be found about a timestamp token."""

from model.findings import Severity, finding_kind
from model.text import N_

_WORTHLESS = N_("The time it states proves nothing. Ask the sender for the file once more.")

UNREADABLE = finding_kind(
    "timestamp.unreadable",
    Severity.WARNING,
    N_("A timestamp cannot be read: {reason}."),
    remedy=_WORTHLESS,
    source="RFC 3161 section 2.4.2",
)
BROKEN = finding_kind(
    "timestamp.broken",
    Severity.WARNING,
    N_("The authority's signature on a timestamp does not hold: {reason}."),
    remedy=_WORTHLESS,
    source="RFC 3161 section 2.4.2; ETSI EN 319 102-1 section 5.4",
)
FOREIGN = finding_kind(
    "timestamp.foreign",
    Severity.WARNING,
    N_("A timestamp was made for other data: it does not belong to what it stands beside."),
    remedy=_WORTHLESS,
    source="ETSI EN 319 102-1 section 5.4",
)
NOT_COMPARED = finding_kind(
    "timestamp.not-compared",
    Severity.WARNING,
    N_("It could not be computed what a timestamp was made for ({reason}), so it proves nothing here."),
    remedy=N_("The signature is judged without it."),
    source="ETSI EN 319 122-1 section 5.5",
    undecided=True,
)
UNCHECKED = finding_kind(
    "timestamp.unchecked",
    Severity.WARNING,
    N_("The authority's signature on a timestamp could not be checked: {reason}."),
    remedy=N_("The signature is judged without it."),
    source="RFC 3161 section 2.4.2",
    undecided=True,
)
NO_PURPOSE = finding_kind(
    "timestamp.certificate-purpose",
    Severity.WARNING,
    N_("The certificate of the timestamp authority ({name}) was not made for timestamps alone."),
    remedy=N_("Rely on this timestamp only if the authority is known to you."),
    source="RFC 3161 section 2.3",
)
NOT_BOUND = finding_kind(
    "timestamp.certificate-not-bound",
    Severity.WARNING,
    N_("The timestamp does not name its authority's certificate in what it signs."),
    remedy=N_("Rely on this timestamp only if the authority is known to you."),
    source="RFC 5816 section 2.2.1",
)
STRAY_CERTIFICATES = finding_kind(
    "timestamp.stray-certificates",
    Severity.WARNING,
    N_("The timestamp carries {count} certificates that have nothing to do with its authority; they were left aside."),
    remedy=N_("Take the authority's name from the checked chain only."),
    source="RFC 5652 section 5.1",
)
SEVERAL_SIGNERS = finding_kind(
    "timestamp.several-signers",
    Severity.WARNING,
    N_("The timestamp has {count} signers; it must have one. Only the first was looked at."),
    source="RFC 3161 section 2.4.2",
)
COVERED_THING_MISSING = finding_kind(
    "timestamp.covered-missing",
    Severity.WARNING,
    N_("An archive timestamp covers {count} certificates, revocation data or attributes that are no longer here."),
    remedy=N_("Something was taken out of the signature after it was timestamped. Ask the sender for the original."),
    source="ETSI EN 319 122-1 section 5.5.2",
)
