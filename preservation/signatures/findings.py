"""Findings about a file as a whole when signatures are looked for: there is none, or it could not be looked at."""

from model.findings import Severity, finding_kind
from model.text import N_
from preservation.signatures.judging.findings import CHECKER_FAILED, NONE, NOT_SIGNABLE

__all__ = ["CHECKER_FAILED", "NONE", "NOT_SIGNABLE"]

DETACHED_BESIDE = finding_kind(
    "signature.detached-beside",
    Severity.INFO,
    N_("The signature of this file is in {name}."),
    remedy=N_("Read the verdict on {name}: it holds for this file too."),
)
DETACHED_CANDIDATE = finding_kind(
    "signature.detached-candidate",
    Severity.INFO,
    N_("Beside this file lies {name}, which may be its signature."),
    remedy=N_("Check {name} too."),
)
ROLE_MISSING = finding_kind(
    "signature.role-missing",
    Severity.WARNING,
    N_("A valid signature is required here and was not found: {what}."),
    remedy=N_("Look at the verdict on each signature, and ask the agency for the missing one."),
    source="Decree 30/2020/NĐ-CP Art. 8, 12, 13",
    undecided=True,
)
UNREADABLE = finding_kind(
    "signature.unreadable",
    Severity.WARNING,
    N_("The file could not be read: {why}."),
    remedy=N_("Check that the file exists and that this account may read it."),
    undecided=True,
)
NOT_A_FILE = finding_kind(
    "signature.not-a-file",
    Severity.WARNING,
    N_("This is a link, a device or another special file, not a document."),
    remedy=N_("Replace it by the document itself."),
    undecided=True,
)
TIMEOUT = finding_kind(
    "signature.timeout",
    Severity.WARNING,
    N_("The check of the signatures took longer than {seconds} seconds and was stopped."),
    remedy=N_("The file may be damaged or made to attack. Check it alone, or ask for another copy."),
    undecided=True,
)
MEMORY = finding_kind(
    "signature.memory",
    Severity.WARNING,
    N_("The check of the signatures needed more than {megabytes} MiB of memory and was stopped."),
    remedy=N_("The file may be damaged or made to attack. Check it alone, or ask for another copy."),
    undecided=True,
)
TOO_MUCH_MATERIAL = finding_kind(
    "signature.too-much-material",
    Severity.WARNING,
    N_("The file carries more than {megabytes} MiB of certificates and revocation data and was not judged."),
    remedy=N_("Have a specialist look at the file: a normal signature needs a thousandth of it."),
    undecided=True,
)
UNSUPPORTED = finding_kind(
    "signature.unsupported",
    Severity.WARNING,
    N_("The file is signed in a way this program cannot check: {what}."),
    remedy=N_("Check it with the program that made it, and keep that program's answer with the file."),
    undecided=True,
)
ENCRYPTED = finding_kind(
    "signature.encrypted",
    Severity.WARNING,
    N_("The file is encrypted: whether it is signed cannot be told."),
    remedy=N_("Ask the submitter for the file without a password."),
    undecided=True,
)
