"""What can be odd or wrong about a package of another system when it is taken in, apart from its form.

Its form is judged by `package check`, requirement by requirement.
"""

from model.findings import Severity, finding_kind
from model.text import N_

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO
_ANNEX = "Circular 05/2025/TT-BNV Annex III"
_ANNEXES = "Circular 05/2025/TT-BNV Annexes I and III"
_CSIP = "E-ARK CSIP 2.2.0"

CONVERTED = finding_kind(
    "submission.converted",
    _I,
    N_("This is made from the package {objid} of type {type} (profile {profile}); everything of it is kept."),
    source="Circular 05/2025/TT-BNV Art. 25(3)",
)
TEST = finding_kind(
    "submission.test",
    _E,
    N_("The package says of itself that it is a test (RECORDSTATUS TEST)."),
    remedy=N_("Hand in the real package; take tests in with an archive that was made for trying."),
    source="E-ARK SIP 2.2.0 SIP3",
)
CHANGES_EARLIER = finding_kind(
    "submission.changes-earlier",
    _W,
    N_("The package says that it replaces or supplements an earlier one (RECORDSTATUS {status}): {earlier}."),
    remedy=N_("Compare it with the earlier package; both stay as they were handed in."),
    source="E-ARK SIP 2.2.0 SIP3",
)
NO_DESCRIPTION = finding_kind(
    "submission.no-description",
    _E,
    N_("The package holds no description that can be read; only what METS says of it is known."),
    remedy=N_(
        "Put a descriptor with the same name beside the packed package, such as package.json beside package.zip."
    ),
    source=_CSIP,
)
DESCRIPTION_BROKEN = finding_kind(
    "submission.description-broken",
    _E,
    N_("The description cannot be read: {reason}"),
    remedy=N_("Have the package made anew by the system that made it."),
    source=_ANNEXES,
)
DESCRIPTION_NOT_USED = finding_kind(
    "submission.description-not-used",
    _I,
    N_("This description ({standard}) is kept as a file; nothing was taken from it."),
    source=_CSIP,
)
DESCRIPTIONS_DIFFER = finding_kind(
    "submission.descriptions-differ",
    _E,
    N_("The full description says {element} “{full}”, the description of the norm “{reduced}”."),
    remedy=N_("Have the package made anew: its two descriptions contradict each other."),
    source=_ANNEXES,
)
NOT_IN_STANDARD = finding_kind(
    "submission.element-not-described",
    _W,
    N_("The package is described in {standard}, which says nothing of “{title}”."),
    remedy=N_("Put a descriptor that gives it beside the packed package, or complete the description later."),
    source=_ANNEXES,
)
DECISION_MISSING = finding_kind(
    "submission.decision-missing",
    _E,
    N_("The package does not say “{title}”: {standard} has no place for it, or it is left empty there."),
    remedy=N_(
        "An archivist decides it. Put a descriptor that gives it beside the packed package, such as package.json "
        "beside package.zip; or let an officer take the package in without it (chauban transfer resolve)."
    ),
    source=_ANNEXES,
)
CASE_NOT_DESCRIBED = finding_kind(
    "submission.case-not-described",
    _E,
    N_("The package has no description of the case file (EAD.xml), only of its documents."),
    remedy=N_("Have the package made anew with it, or put a descriptor beside the packed package."),
    source=_ANNEXES,
)
NO_LINK = finding_kind(
    "submission.document-unlinked",
    _W,
    N_("METS does not say which files belong to this document; they were found by their names."),
    remedy=N_("Check that the files are the right ones."),
    source=_ANNEXES,
)
WHOLE = finding_kind(
    "submission.one-document",
    _W,
    N_("The package does not describe its documents one by one: its {count} files are kept as one document."),
    remedy=N_("Describe the documents in a descriptor beside the packed package, if they are to be found one by one."),
    source=_CSIP,
)
ORDER = finding_kind(
    "submission.document-order",
    _W,
    N_("The ordinals of the documents are not 1, 2, 3 …: this one is {given} and becomes number {place}."),
    source=_ANNEXES,
)
VALUE_SUPPLIED = finding_kind(
    "submission.value-supplied",
    _I,
    N_("The description does not give {element}; “{value}” was taken from {where}."),
    source=_CSIP,
)
METS_BROKEN = finding_kind(
    "submission.mets-unread",
    _E,
    N_("METS could not be used to its end: {reason}"),
    remedy=N_("Have the package made anew by the system that made it."),
    source=_CSIP,
)
METS_TOO_LARGE = finding_kind(
    "submission.mets-too-large",
    _E,
    N_("METS lists more than {limit} things; the rest was not read."),
    remedy=N_("Divide the package, or ask the archive to raise the limit."),
    source=_CSIP,
)
SAME_ID = finding_kind(
    "submission.id-twice",
    _E,
    N_("METS gives the identifier {id} more than once: which file it means cannot be known."),
    remedy=N_("Have the package made anew by the system that made it."),
    source="METS 1.12.1",
)
EVENTS_KEPT = finding_kind(
    "submission.events-kept",
    _I,
    N_("What the other archive did with the package stands in this file, which is kept as it is."),
    source="PREMIS 3.0",
)
LINK_FORM = finding_kind(
    "submission.link-form",
    _E,
    N_("This should name a document of another package; it says “{text}”."),
    remedy=N_("Have the package made anew, with the identifier of the linked document in this file."),
    source=_ANNEX,
)
LINK_NOT_FOUND = finding_kind(
    "submission.link-not-found",
    _E,
    N_("The linked document {identifier} is not in this archive (fonds {fonds})."),
    remedy=N_("Hand in the case file that holds it first, or put the document itself in place of the link."),
    source=_ANNEX,
)
LINK_AMBIGUOUS = finding_kind(
    "submission.link-ambiguous",
    _E,
    N_("The linked document {identifier} is there more than once, in the packages {packages}."),
    remedy=N_("Put the document itself in place of the link."),
    source=_ANNEX,
)
LINK_OTHER_FONDS = finding_kind(
    "submission.link-other-fonds",
    _E,
    N_("The linked document {identifier} belongs to the fonds {other}; a link stays within its fonds ({fonds})."),
    remedy=N_("Put the document itself in place of the link."),
    source=_ANNEX,
)
LINK_MADE = finding_kind(
    "submission.link-made",
    _I,
    N_("The linked document {identifier} is {path} in package {package} (SHA-256 {sha256}); the link was rewritten."),
    source=_ANNEX,
)
