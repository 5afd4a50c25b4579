"""Names of the files in a container that speak of signatures."""

import re

CONTENT_TYPES = "[Content_Types].xml"
ROOT_RELATIONSHIPS = "_rels/.rels"
_OFFICE = re.compile(r"(?i)_xmlsignatures/|digital-signature/|\.sigs$|\.psds\w*$")
_META = "meta-inf/"


def is_office_signature(name: str) -> bool:
    """Whether the name of a part says that it belongs to signatures of an Office document."""
    return _OFFICE.search(name.replace("\\", "/")) is not None


def is_open_document_signature(name: str) -> bool:
    """Whether an entry holds signatures: a file of META-INF with `signatures` in its name.

    Source:
        OpenDocument 1.3 part 2, 2.4
    """
    folder, _, rest = name.replace("\\", "/").lower().partition("/")
    return f"{folder}/" == _META and "signatures" in rest
