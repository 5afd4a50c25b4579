"""What the signatures of a case file mean at intake; the signature policy decides which of these is found."""

from model.findings import Severity, finding_kind
from model.text import N_

REFUSED = finding_kind(
    "signature.refused-by-policy",
    Severity.ERROR,
    N_("The signature of {signer} is not accepted ({verdict}): {why}."),
    remedy=N_("Ask the agency for a soundly signed copy, or let an officer decide with `chauban transfer resolve`."),
    source="ETSI EN 319 102-1",
)
DOUBTFUL = finding_kind(
    "signature.doubtful",
    Severity.WARNING,
    N_("The signature of {signer} could not be confirmed ({verdict}): {why}."),
    remedy=N_("See that the trust folder holds the signer's authority; `chauban signature recheck` judges it again."),
    source="ETSI EN 319 102-1",
)
ACCEPTED = finding_kind(
    "signature.accepted",
    Severity.INFO,
    N_("The signature of {signer} is accepted ({verdict})."),
    source="ETSI EN 319 102-1",
)
