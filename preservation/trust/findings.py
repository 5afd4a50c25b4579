"""What the loading of a trust folder can find."""

from model.findings import Severity, finding_kind
from model.text import N_

_WARNING, _INFO = Severity.WARNING, Severity.INFO
_ADD = N_("Add it with `chauban trust add`, which checks its fingerprint, or remove the file.")

UNREADABLE_FILE = finding_kind(
    "trust.unreadable-file",
    _WARNING,
    N_("The file {file} of the trust folder could not be read and is not used: {why}."),
    remedy=N_("Replace it by the certificate or list as its authority publishes it."),
)
UNLISTED_FILE = finding_kind(
    "trust.unlisted-file",
    _WARNING,
    N_("The file {file} lies in the trust folder but trust.toml does not name it: it is not trusted."),
    remedy=_ADD,
)
TOO_MANY_FILES = finding_kind(
    "trust.too-many-files",
    _WARNING,
    N_("The trust folder holds more than {limit} files; the rest is not used."),
    remedy=N_("Keep only the certificates and lists that are needed."),
    undecided=True,
)
UNCONFIRMED = finding_kind(
    "trust.unconfirmed",
    _WARNING,
    N_("The certificate of {name} is not trusted yet: nobody has confirmed its fingerprint."),
    remedy=N_("Compare the fingerprint with the published one, then confirm it with `chauban trust add`."),
)
LIST_NOT_READ = finding_kind(
    "trust.list-not-read",
    _WARNING,
    N_("The trusted list {file} was not read, so nothing in it is trusted."),
    remedy=N_("Run `chauban trust check` to see why."),
    undecided=True,
)
NO_ANCHOR = finding_kind(
    "trust.empty",
    _WARNING,
    N_("The trust folder names no certificate authority for this purpose ({purpose}), so nobody's signature can pass."),
    remedy=N_(
        "Add the root certificates you rely on with `chauban trust add`, or name their folder with `--trust`; the"
        " program never uses those of the operating system."
    ),
    source="ETSI EN 319 102-1 5.1.4.2",
    undecided=True,
)
