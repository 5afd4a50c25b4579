"""Reading `<simpledc>` of the circular as other systems write it: any order, other names, values in one or several.

Source:
    Circular 05/2025/TT-BNV, Annexes I to V.
"""

from collections.abc import Iterable

from lxml import etree

from ingest.describe.titles import FORM, MORE
from model.elements import CASE_FILE_ELEMENTS, ELEMENT_SETS, LOOSE_ELEMENTS, Element, ElementType
from preservation.package.safexml import local_name, read_small
from preservation.package.tree import SubTree

Pair = tuple[str, str]
"""Name and text of one element."""

ORDINAL = "docOrdinal"
CASE_CODE = "arcFileCode"
_SEVERAL = (ElementType.CODES, ElementType.TEXTS)
_OTHER_NAMES = {"arcfilecode": "filecode", "arcdoccode": "doccode", "keywords": "keyword", "languages": "language"}


class NotSimpleDc(Exception):
    """A description's root element is another one; the text names it."""


def read_simpledc(package: SubTree, path: str) -> list[Pair]:
    """Return the elements of a description in their order, those without a value too.

    Raises:
        XmlFault: not well-formed, too large, or with a document type.
        InputError: it cannot be read.
        NotSimpleDc: it is another kind of document.
    """
    root = read_small(package, path)
    if local_name(root) != "simpledc":
        raise NotSimpleDc(local_name(root)[:100])
    return [
        (local_name(child)[:200], "".join(str(part) for part in child.itertext()).strip())
        for child in root.iterchildren(etree.Element)
    ]


def case_cells(pairs: Iterable[Pair]) -> dict[str, object]:
    """Return what `EAD.xml` says, by attribute; elements that are none of ours are kept by name."""
    return _cells(pairs, {element.name.lower(): element for element in (*LOOSE_ELEMENTS, *CASE_FILE_ELEMENTS)})


def document_cells(pairs: Iterable[Pair], form: str, case_code: str) -> dict[str, object]:
    """Return what the description of a document says, by attribute.

    Args:
        pairs: the elements.
        form: a key of `ELEMENT_SETS`.
        case_code: of the case file: an `arcFileCode` that says the same tells nothing new.
    """
    told = [(name, value) for name, value in pairs if not _is_told(name, value, case_code)]
    cells = _cells(told, {element.name.lower(): element for element in (*ELEMENT_SETS[""], *ELEMENT_SETS[form])})
    if form:
        cells[FORM] = form
    return cells


def ordinal_of(pairs: Iterable[Pair]) -> int | None:
    """Return the ordinal a description gives its document; none when it gives none."""
    for name, value in pairs:
        if name == ORDINAL and value.isdecimal() and len(value) < 10:
            return int(value)
    return None


def _is_told(name: str, value: str, case_code: str) -> bool:
    return (name == CASE_CODE and value == case_code) or (name == ORDINAL and value.isdecimal())


def _cells(pairs: Iterable[Pair], elements: dict[str, Element]) -> dict[str, object]:
    cells: dict[str, object] = {}
    several: dict[str, list[str]] = {}
    more: list[Pair] = []
    for name, value in pairs:
        element = elements.get(name.lower()) or elements.get(_OTHER_NAMES.get(name.lower(), ""))
        if not value:
            continue
        if element is None or not element.attribute:
            more.append((name if element is None else element.name, value))
        elif element.type in _SEVERAL:
            several.setdefault(element.attribute, []).append(value)
        elif cells.setdefault(element.attribute, value) != value:
            more.append((name, value))
    cells.update(several)
    if more:
        cells[MORE] = more
    return cells
