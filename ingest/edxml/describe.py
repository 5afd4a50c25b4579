"""What a message says of its document, in the elements of Circular 05/2025/TT-BNV.

Source:
    Circular 05/2025/TT-BNV, Annex I; QCVN 102:2016/BTTTT.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.describe.values import code_of
from ingest.edxml.values import EdxmlMessage
from model.casefile import Document
from model.elements import CODE_TABLES, DOCUMENT_ELEMENTS, Obligation

BORN_DIGITAL = "01"
VIETNAMESE = "01"
_OTHER_TYPE = "32"
_LONGEST_PAGES = 9999
_LENGTHS = {element.attribute: element.length for element in DOCUMENT_ELEMENTS}
_WANTED = tuple(
    element.attribute
    for element in DOCUMENT_ELEMENTS
    if element.obligation in (Obligation.MANDATORY, Obligation.IF_BORN_DIGITAL)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A document made from a message."""

    document: Document
    unfilled: tuple[str, ...] = ()
    """Attributes that are wanted and that the message does not give, or not in a form that can be taken over."""


def document_of(message: EdxmlMessage, ordinal: int, files: Sequence[str]) -> Described:
    """Describe the document a message brought, as far as the message says.

    What is too long for its element is cut at the element's length only in `subject` and `organ_name`,
    where the whole stays in the message that is kept; other values that do not fit stay empty.

    Args:
        ordinal: position in the case file, from 1.
        files: names of the document's files, the main one first.
    """
    key = message.key
    code, word = _type(message.type_name)
    document = Document(
        ordinal=ordinal,
        type_name=code,
        code_number=_fitting("code_number", key.number),
        code_notation=_fitting("code_notation", key.notation),
        issued_date=key.date,
        organ_name=_cut("organ_name", message.sender.name or message.sender.in_charge),
        subject=_cut("subject", message.subject or message.content),
        languages=(VIETNAMESE,),
        number_of_page=message.pages if message.pages and message.pages <= _LONGEST_PAGES else None,
        confidence_level=BORN_DIGITAL,
        description=_fitting("description", word),
        files=tuple(files),
    )
    return Described(document=document, unfilled=tuple(name for name in _WANTED if _is_absent(document, name)))


def _type(name: str) -> tuple[str, str]:
    """Return the code of a document type, and its own name where the table has none for it.

    Source:
        Circular 05/2025/TT-BNV, Annex I, table of document types (Decree 30/2020/NĐ-CP Art. 7).
    """
    if not name:
        return "", ""
    code = code_of("typeName", name)
    if code in CODE_TABLES["typeName"]:
        return code, ""
    return _OTHER_TYPE, name


def _is_absent(document: Document, attribute: str) -> bool:
    return getattr(document, attribute) in (None, "", ())


def _fitting(attribute: str, value: str) -> str:
    return value if len(value) <= _LENGTHS[attribute] else ""


def _cut(attribute: str, value: str) -> str:
    limit = _LENGTHS[attribute]
    return value if len(value) <= limit else value[: limit - 1].rstrip() + "…"
