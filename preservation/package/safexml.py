"""XML that a stranger wrote: no entities, no network, no document type, bounded memory."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO, cast

from lxml import etree

from model.errors import InputError
from model.findings import Finding, FindingKind, FindingLog
from preservation.package import findings as kinds
from preservation.package.tree import PackageTree

SCHEMAS = Path(__file__).parent / "schemas"
XML_LIMIT = 2 * 1024 * 1024 * 1024
"""Bytes of one metadata file that are parsed."""
SMALL_XML_LIMIT = 4 * 1024 * 1024
"""Bytes of a description that is read whole."""

_DRIVER = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="http://www.loc.gov/METS/" schemaLocation="mets.xsd"/>
<xs:import namespace="http://www.loc.gov/premis/v3" schemaLocation="premis-v3.xsd"/>
</xs:schema>"""


_METS, _PREMIS = "{http://www.loc.gov/METS/}", "{http://www.loc.gov/premis/v3}"
_LARGE = (
    *(f"{_METS}{name}" for name in ("file", "fileGrp", "div", "dmdSec", "digiprovMD", "amdSec", "smLink")),
    *(f"{_PREMIS}{name}" for name in ("object", "event", "agent", "rights")),
)
"""Elements that may come in great numbers: freed as soon as they end."""


class XmlFault(Exception):
    """A file is not the XML it should be."""

    def __init__(self, kind: FindingKind, reason: str = "") -> None:
        super().__init__(reason)
        self._kind = kind

    def at(self, place: str) -> Finding:
        """Return the finding that says so."""
        return self._kind.at(place, reason=str(self))


class _Local(etree.Resolver):
    """Finds every imported schema beside the program, never on the network."""

    def resolve(self, system_url: str, public_id: str, context: object) -> object:  # type: ignore[override]  # noqa: ARG002 - lxml passes the context
        name = (system_url or "").rsplit("/", 1)[-1]
        if (SCHEMAS / name).is_file():
            return self.resolve_filename(str(SCHEMAS / name), context)  # type: ignore[attr-defined]  # missing in the stubs
        empty = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>'
        return self.resolve_string(empty, context, base_url=None)


@cache
def _schema() -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    parser.resolvers.add(_Local())
    return etree.XMLSchema(etree.fromstring(_DRIVER, parser, base_url=str(SCHEMAS / "driver.xsd")))


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace; empty for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace(element: etree._Element) -> str:
    """Return an element's namespace; empty when it has none."""
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


class _Bounded:
    """A stream that ends with an error when it gives more than the limit."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._left = limit

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(1 << 15 if size < 0 else size)
        self._left -= len(chunk)
        if self._left < 0:
            raise XmlFault(kinds.XML_TOO_LARGE)
        return chunk


def walk(
    stream: BinaryIO,
    *,
    validate: bool = False,
    limit: int = XML_LIMIT,
    events: tuple[str, ...] = ("start", "end"),
    tags: tuple[str, ...] | None = None,
) -> Iterator[tuple[str, etree._Element]]:
    """Yield `start` and `end` events of a document; the caller clears what it has seen (`forget`).

    Args:
        stream: the document.
        validate: against the schemas of METS and PREMIS.
        limit: bytes at most.
        events: kinds of event wanted.
        tags: elements wanted; all when not given. Others cost next to nothing.

    Raises:
        XmlFault: not well-formed, not valid (with `validate`), too large, or with a document type.
    """
    etree.clear_error_log()  # else an error of another document, read before by this thread, is taken for one of this
    parser = etree.iterparse(
        _Bounded(stream, limit),
        events=events,
        tag=tags,
        schema=_schema() if validate else None,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    first = True
    try:
        for event, element in parser:
            if first:
                first = False
                if element.getroottree().docinfo.internalDTD is not None:
                    raise XmlFault(kinds.XML_DOCTYPE)
            yield str(event), element
    except etree.XMLSyntaxError as error:
        raise XmlFault(
            kinds.XML_INVALID if _is_schema_error(error) else kinds.XML_BROKEN, _first_message(error)
        ) from error
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise XmlFault(kinds.XML_BROKEN, str(error)[:300]) from error
    if first and getattr(parser, "root", None) is None:
        raise XmlFault(kinds.XML_EMPTY)


def root_tag(tree: PackageTree, path: str) -> str:
    """Return the tag of a document's root element, with its namespace; empty when there is none to be read."""
    try:
        with tree.open(path) as stream:
            for _event, element in walk(stream):
                return str(element.tag)
    except (XmlFault, InputError, KeyError):
        pass
    return ""


def forget(element: etree._Element) -> None:
    """Free an element whose end was seen, and what stands before it."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def validate_file(tree: PackageTree, path: str, place: str, log: FindingLog) -> bool:
    """Validate a METS or PREMIS file against its official schema, offline, in bounded memory.

    Returns:
        Whether it is well-formed, so that its content can be looked at.
    """
    try:
        with tree.open(path) as stream:
            for _event, element in walk(stream, validate=True, events=("end",), tags=_LARGE):
                forget(element)
    except XmlFault as error:
        finding = error.at(place)
        log.add(finding)
        return finding.code == kinds.XML_INVALID.code
    except InputError as error:
        log.add(kinds.UNREADABLE.at(path, reason=error))
        return False
    return True


def read_small(tree: PackageTree, path: str) -> etree._Element:
    """Read a small document whole.

    Raises:
        XmlFault: not well-formed, too large, or with a document type.
        InputError: it cannot be read.
    """
    root: etree._Element | None = None
    with tree.open(path) as stream:
        for _event, element in walk(stream, limit=SMALL_XML_LIMIT, events=("start",)):
            if root is None:
                root = element
    if root is None:
        raise XmlFault(kinds.XML_EMPTY)
    return root


def _entries(error: etree.XMLSyntaxError) -> Iterable[etree._LogEntry]:
    return cast("Iterable[etree._LogEntry]", error.error_log)


def _is_schema_error(error: etree.XMLSyntaxError) -> bool:
    domains = {entry.domain_name for entry in _entries(error)}
    return "SCHEMASV" in domains and "PARSER" not in domains


def _first_message(error: etree.XMLSyntaxError) -> str:
    for entry in _entries(error):
        text = entry.message or ""
        return f"line {entry.line}: {text[:300]}" if entry.line else text[:300]
    return str(error)[:300]
