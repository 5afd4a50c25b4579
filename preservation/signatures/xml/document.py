"""XML documents that strangers signed: read without entities, network or document type, in bounded memory."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from lxml import etree

from model.findings import Finding
from preservation.signatures.xml import findings as kinds
from preservation.signatures.xml.names import WSU, XML

_ID_ATTRIBUTES = ("Id", "ID", "id", f"{{{XML}}}id", f"{{{WSU}}}Id")
_WITH_ID = etree.XPath("//*[@Id or @ID or @id or @xml:id or @wsu:Id]", namespaces={"wsu": WSU})
_DOCTYPE = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->)*<!DOCTYPE", re.DOTALL)
_BARE_DOCTYPE = re.compile(_DOCTYPE.pattern + rb"[^\[\]<>]*>", re.DOTALL)
"""One without declarations of its own: it changes nothing as long as nothing outside is read."""
_ENCODING = re.compile(r"(utf-?(8|16(le|be)?)|us-ascii|ascii|iso-8859-\d{1,2}|windows-125\d)", re.IGNORECASE)
_LARGE_TEXT = ("text node", "Text node", "AttValue", "Buffer size limit", "size limit")


class XmlFault(Exception):
    """A document cannot be read; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


@dataclass(slots=True)
class Budget:
    """How much work one document may still cause."""

    octets: int
    """Bytes of canonical form and of companions."""
    filters: int = 64
    """XPath expressions evaluated."""
    references: int = 20_000


class OverBudget(Exception):
    """A document asks for more work than it may cause."""


@dataclass(eq=False)
class XmlDocument:
    """A parsed document and its identifiers."""

    content: bytes
    tree: etree._ElementTree
    location: str = ""
    budget: Budget = field(default_factory=lambda: Budget(octets=4 << 30))
    canonical: tuple[object, bytes] | None = None
    """The canonical form made last, and of what: references often name the same."""

    @property
    def root(self) -> etree._Element:
        """The outermost element."""
        return self.tree.getroot()

    @cached_property
    def identifiers(self) -> dict[str, list[etree._Element]]:
        """Every element by each of its identifiers (Id, ID, id, xml:id, wsu:Id)."""
        found: dict[str, list[etree._Element]] = {}
        for element in cast("list[etree._Element]", _WITH_ID(self.tree)):
            for value in dict.fromkeys(element.get(name) for name in _ID_ATTRIBUTES):
                if value is not None:
                    found.setdefault(value, []).append(element)
        return found

    def fresh(self) -> etree._ElementTree:
        """Return a second copy of the tree, to be changed."""
        return _parse(self.content, self.location).getroottree()


def identifier_of(element: etree._Element | None) -> str:
    """Return an element's identifier; empty when it has none."""
    if element is None:
        return ""
    return next((value for name in _ID_ATTRIBUTES if (value := element.get(name))), "")


def read_document(content: bytes, *, location: str = "", limit: int, bare_doctype: bool = False) -> XmlDocument:
    """Read a document.

    Args:
        limit: bytes at most.
        bare_doctype: a document type without declarations of its own is no reason to refuse.

    Raises:
        XmlFault: too large, not well-formed, with a document type, or in an encoding that is not read.
    """
    if len(content) > limit:
        raise XmlFault(kinds.TOO_LARGE.at(location, limit=limit))
    tree = _parse(content, location).getroottree()
    typed = tree.docinfo.internalDTD is not None or bool(tree.docinfo.doctype)
    if typed and not (bare_doctype and _BARE_DOCTYPE.match(content)):
        raise XmlFault(kinds.DOCTYPE.at(location))
    encoding = tree.docinfo.encoding or "UTF-8"
    if not _ENCODING.fullmatch(encoding):
        raise XmlFault(kinds.ENCODING.at(location, encoding=encoding[:40]))
    return XmlDocument(content=content, tree=tree, location=location)


def parse_data(content: bytes) -> etree._ElementTree:
    """Parse signed data that is XML, for a transform that needs nodes.

    Raises:
        XmlFault: it is not well-formed, or declares entities or the like.
    """
    return read_document(content, limit=len(content), bare_doctype=True).tree


def _parse(content: bytes, location: str) -> etree._Element:
    """Parse; a long text (an attachment in base64) is no reason to refuse, depth and entities are."""
    try:
        return etree.fromstring(content, _parser(huge=False))
    except etree.XMLSyntaxError as error:
        if not _only_long_text(error, content):
            raise XmlFault(_unreadable(error, content, location)) from error
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise XmlFault(kinds.NOT_XML.at(location, reason=str(error)[:200])) from error
    try:
        return etree.fromstring(content, _parser(huge=True))
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise XmlFault(kinds.NOT_XML.at(location, reason=str(error)[:200])) from error


def _parser(*, huge: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        collect_ids=False,
        huge_tree=huge,
    )


def _only_long_text(error: etree.XMLSyntaxError, content: bytes) -> bool:
    """Whether the parser only met a text longer than its cautious default of 10 MB."""
    return any(word in str(error) for word in _LARGE_TEXT) and not _DOCTYPE.match(content)


def _unreadable(error: etree.XMLSyntaxError, content: bytes, location: str) -> Finding:
    if _DOCTYPE.match(content):
        return kinds.DOCTYPE.at(location)
    return kinds.NOT_XML.at(location, reason=str(error)[:200])
