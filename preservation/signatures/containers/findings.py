"""What can be found about signed containers: ASiC, BDOC, ADOC, OpenDocument and Office files."""

from model.findings import Severity, finding_kind
from model.text import N_

_ZIP = "APPNOTE.TXT 6.3.10 4.3"
_ASIC = "ETSI EN 319 162-1 V1.1.1"

UNREADABLE = finding_kind(
    "signature.container-unreadable",
    Severity.WARNING,
    N_("Whether it is signed cannot be told: the container cannot be read ({reason})."),
    remedy=N_("Ask the sender for the file again; it may have been damaged on the way."),
    source=_ZIP,
    undecided=True,
)
PROTECTED = finding_kind(
    "signature.container-protected",
    Severity.WARNING,
    N_("Whether it is signed cannot be told: the document is protected by a password, or of an older Office format."),
    remedy=N_("Ask the sender for the document without password, or for the signed PDF."),
    undecided=True,
)
CHECK_ENDED = finding_kind(
    "signature.container-check-ended",
    Severity.WARNING,
    N_("The signatures of this container could not be checked to the end ({reason})."),
    remedy=N_("Keep the file and report it to the people who maintain the program."),
    undecided=True,
)
OVER_LIMIT = finding_kind(
    "signature.container-over-limit",
    Severity.WARNING,
    N_("The container was not checked: {what}; the limit is {limit}."),
    remedy=N_("Look at the file by hand, or raise the limit if its sender is known."),
    undecided=True,
)
BOMB = finding_kind(
    "signature.container-bomb",
    Severity.ERROR,
    N_("The file {name} unpacks to more than {limit} times its size in the container, as no honest document does."),
    remedy=N_("Refuse the file and ask the sender where it comes from."),
    source=_ZIP,
)
DUPLICATE = finding_kind(
    "signature.container-duplicate-name",
    Severity.ERROR,
    N_("Two files in the container have the name {name}: the one that is shown need not be the one that was signed."),
    remedy=N_("Refuse the file and ask the sender for a container with unique names."),
    source=_ZIP,
)
COLLISION = finding_kind(
    "signature.container-name-collision",
    Severity.ERROR,
    N_("The names {name} and {other} in the container differ only in letter case or in the way accents are written."),
    remedy=N_("Refuse the file and ask the sender for a container with unique names."),
)
UNSAFE_NAME = finding_kind(
    "signature.container-unsafe-name",
    Severity.ERROR,
    N_("A file in the container has a name that leads out of it: {name}."),
    remedy=N_("Refuse the file and ask the sender where it comes from."),
    source=_ZIP,
)
ENCRYPTED = finding_kind(
    "signature.container-encrypted",
    Severity.ERROR,
    N_("The file {name} in the container is encrypted; what was signed cannot be compared."),
    remedy=N_("Ask the sender for the container without a password."),
    source=_ZIP,
    undecided=True,
)
INCONSISTENT = finding_kind(
    "signature.container-inconsistent",
    Severity.ERROR,
    N_("The container says two different things about its file {name}: {reason}. Programs may show different content."),
    remedy=N_("Refuse the file and ask the sender for the container again."),
    source=_ZIP,
)
HIDDEN_BYTES = finding_kind(
    "signature.container-hidden-bytes",
    Severity.WARNING,
    N_("The container holds {size} bytes {what}; no signature covers them."),
    remedy=N_("Ask the sender for the container as it was signed."),
    source=_ZIP,
)
ENTRY_DAMAGED = finding_kind(
    "signature.container-file-damaged",
    Severity.ERROR,
    N_("The file {name} in the container is damaged: {reason}."),
    remedy=N_("Ask the sender for the container again."),
    source=_ZIP,
)

MIMETYPE_MISSING = finding_kind(
    "signature.container-mimetype-missing",
    Severity.WARNING,
    N_("The container does not say its type: its file `mimetype` is missing."),
    remedy=N_("Nothing needs to be done; the type was told from the content."),
    source=f"{_ASIC} A.1",
)
MIMETYPE_PLACE = finding_kind(
    "signature.container-mimetype-place",
    Severity.WARNING,
    N_("The file `mimetype` of the container is {what}; it must be its first file, stored without compression."),
    remedy=N_("Nothing needs to be done; the content is not affected."),
    source=f"{_ASIC} A.1",
)
MIMETYPE_WRONG = finding_kind(
    "signature.container-mimetype-wrong",
    Severity.WARNING,
    N_("The container calls itself {found}, which does not fit its content."),
    remedy=N_("Check with the sender which kind of container was meant."),
    source=f"{_ASIC} A.1",
)
MANIFEST_UNREADABLE = finding_kind(
    "signature.container-manifest-unreadable",
    Severity.ERROR,
    N_("The list of signed files {name} in the container cannot be read ({reason})."),
    remedy=N_("Ask the sender for the container again."),
    source=f"{_ASIC} A.4",
)
MANIFEST_MISSING = finding_kind(
    "signature.container-manifest-missing",
    Severity.WARNING,
    N_("No list in the container says which files {name} belongs to."),
    remedy=N_("Ask the sender for the complete container."),
    source=f"{_ASIC} 4.4.4.2",
)
SIGNATURE_MISSING = finding_kind(
    "signature.container-signature-missing",
    Severity.ERROR,
    N_("The list {manifest} belongs to {name}, which is not in the container."),
    remedy=N_("Ask the sender for the complete container: a signature, timestamp or evidence record was removed."),
    source=f"{_ASIC} A.4",
)
FILE_MISSING = finding_kind(
    "signature.container-file-missing",
    Severity.ERROR,
    N_("The file {name} was signed and is missing from the container."),
    remedy=N_("Ask the sender for the complete container."),
    source=f"{_ASIC} 4.3.3, 4.4.3",
)
FILE_CHANGED = finding_kind(
    "signature.container-file-changed",
    Severity.ERROR,
    N_("The file {name} in the container is not the one that was signed: it was changed or replaced."),
    remedy=N_("Ask the sender for the container as it was signed."),
    source=f"{_ASIC} 4.3.3, 4.4.3",
)
DIGEST_UNKNOWN = finding_kind(
    "signature.container-digest-unknown",
    Severity.WARNING,
    N_("The file {name} could not be compared with what was signed: the hash function {algorithm} is not known."),
    remedy=N_("Check the signature with the program that made it."),
    undecided=True,
)
UNCOVERED = finding_kind(
    "signature.container-uncovered-file",
    Severity.WARNING,
    N_("The file {name} in the container is not covered by any signature: anyone may have added or changed it."),
    remedy=N_("Do not treat this file as signed; ask the sender whether it belongs to the document."),
    source=f"{_ASIC} 4.4.3",
)
PARTIAL = finding_kind(
    "signature.container-partial",
    Severity.INFO,
    N_("This signature does not cover {name}; another signature does."),
    remedy=N_("Check that the right person signed each file."),
    source=f"{_ASIC} 4.4.3",
)
UNCOVERED_PARTS = finding_kind(
    "signature.container-uncovered-properties",
    Severity.INFO,
    N_("As usual for this kind of document, the signature does not cover {name}."),
    remedy=N_("Do not rely on the title, author and preview shown for the document."),
)
NOT_LISTED = finding_kind(
    "signature.container-not-listed",
    Severity.WARNING,
    N_("The table of contents of the container does not name its file {name}."),
    remedy=N_("Ask the sender whether the file belongs to the document."),
    source="OpenDocument 1.3 part 2, 3.2",
)
LISTED_MISSING = finding_kind(
    "signature.container-listed-missing",
    Severity.WARNING,
    N_("The table of contents of the container names the file {name}, which is not there."),
    remedy=N_("Ask the sender for the complete container."),
    source="OpenDocument 1.3 part 2, 3.2",
)
SEVERAL_OBJECTS = finding_kind(
    "signature.container-several-files",
    Severity.WARNING,
    N_("A container for one signed file (ASiC-S) holds {count} files."),
    remedy=N_("Do not treat the files as signed that the signature does not cover."),
    source=f"{_ASIC} 4.3.3.1",
)
TOO_MANY = finding_kind(
    "signature.container-too-many",
    Severity.WARNING,
    N_("The container holds more than {limit} signatures; the others were not checked."),
    remedy=N_("Look at the file by hand."),
    undecided=True,
)
SIGNATURE_UNREADABLE = finding_kind(
    "signature.container-signature-unreadable",
    Severity.ERROR,
    N_("The signature {name} in the container cannot be read ({reason})."),
    remedy=N_("Ask the sender for the container again."),
)
TIMESTAMP_NOT_COVERING = finding_kind(
    "timestamp.container-file-not-covered",
    Severity.WARNING,
    N_("The timestamp does not prove the existence of {name}: the file is missing or not the one it was made for."),
    remedy=N_("Do not rely on this timestamp for that file."),
    source=f"{_ASIC} A.4",
)
EVIDENCE_NOT_CHECKED = finding_kind(
    "signature.container-evidence-not-checked",
    Severity.WARNING,
    N_("The evidence record {name} in the container was not checked ({reason})."),
    remedy=N_("Check the record with a verifier of evidence records (RFC 4998 or RFC 6283)."),
    source=f"{_ASIC} 4.4.4.2",
    undecided=True,
)
RELATIONSHIP_UNSIGNED = finding_kind(
    "signature.office-relationship-unsigned",
    Severity.WARNING,
    N_("A link of the document was added or changed after signing, or never signed: {name}."),
    remedy=N_("Do not treat what the link shows as signed."),
    source="ISO/IEC 29500-2:2021 10.6",
)
PART_UNCOVERED = finding_kind(
    "signature.office-part-uncovered",
    Severity.WARNING,
    N_("A part of the document is not covered by the signature: {name}."),
    remedy=N_("Do not treat the document as signed as a whole."),
    source="ISO/IEC 29500-2:2021 10",
)
PART_CHANGED = finding_kind(
    "signature.office-part-changed",
    Severity.ERROR,
    N_("The part {name} of the document is not the one that was signed."),
    remedy=N_("Ask the sender for the document as it was signed."),
    source="ISO/IEC 29500-2:2021 10",
)
PART_MISSING = finding_kind(
    "signature.office-part-missing",
    Severity.ERROR,
    N_("The part {name} of the document was signed and is missing."),
    remedy=N_("Ask the sender for the document as it was signed."),
    source="ISO/IEC 29500-2:2021 10",
)
CONTENT_TYPE_CHANGED = finding_kind(
    "signature.office-content-type-changed",
    Severity.ERROR,
    N_("The part {name} was signed as {signed} and is now {found}: it may be shown as something else."),
    remedy=N_("Ask the sender for the document as it was signed."),
    source="ISO/IEC 29500-2:2021 10",
)
PACKAGE_NOT_SIGNED = finding_kind(
    "signature.office-package-not-signed",
    Severity.WARNING,
    N_("The signature does not cover any part of the document."),
    remedy=N_("Do not treat the document as signed."),
    source="ISO/IEC 29500-2:2021 10",
)
MACROS_ONLY = finding_kind(
    "signature.container-macros-only",
    Severity.WARNING,
    N_("This signature covers the macros of the document only, not its text."),
    remedy=N_("Do not treat the document as signed because of it."),
    source="OpenDocument 1.3 part 2, 5",
)
