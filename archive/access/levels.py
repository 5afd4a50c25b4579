"""Who may be given what: secret records go to nobody this way, conditional ones not to somebody unknown.

Source:
    Law on Archives 33/2024/QH15; Circular 05/2025/TT-BNV, `mode` (01 public, 02 with conditions, 03 secret)
"""

from archive.access.content import Content
from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile
from model.elements import SECRET_MODE
from model.errors import PolicyError
from model.text import N_

CONDITIONAL_MODE = "02"


def is_secret(archive: Archive, held: HeldCaseFile) -> bool:
    """Whether a case file, or a document in it, is secret."""
    modes = (document.mode for document in archive.catalogue.documents(held.aip_id, held.current_version))
    return held.case_file.mode == SECRET_MODE or SECRET_MODE in set(modes)


def refuse_secret(archive: Archive, held: HeldCaseFile) -> None:
    """See that a case file is not secret, nor any document in it.

    Raises:
        PolicyError: it is.
    """
    if is_secret(archive, held):
        raise _secret(held)


def check_access(content: Content, held: HeldCaseFile, *, informed: bool) -> None:
    """See that a content may be given to somebody who asks.

    Args:
        informed: it is said who uses it, and for what.

    Raises:
        PolicyError: it is secret, or its use has conditions and nobody says who uses it for what.
    """
    own = {document.mode or held.case_file.mode for document in content.documents()}
    modes = own if content.document is not None else own | {held.case_file.mode}
    if SECRET_MODE in modes | {held.case_file.mode}:
        raise _secret(held)
    if CONDITIONAL_MODE in modes and not informed:
        raise PolicyError(
            N_("The use of case file {code}, or of a document in it, has conditions."),
            hint=N_("Say who uses it and for what: give --recipient and --purpose-text."),
            code=held.case_file.file_code,
        )


def _secret(held: HeldCaseFile) -> PolicyError:
    return PolicyError(
        N_("Case file {code} is secret and does not leave the archive this way."),
        hint=N_("Hand it over by the rules for state secrets."),
        code=held.case_file.file_code,
    )
