"""XML documents: well-formed, safe to read, and their text."""

from lxml import etree

from formats import findings as kinds
from formats import xmltools
from formats.content import Content
from formats.tools import tool_version


def validate(content: Content) -> None:
    """Check well-formedness; entities and remote definitions are refused before parsing.

    Source:
        XML 1.0 (fifth edition) 2.1, 2.8, 4.2
    """
    content.ran("lxml", tool_version("lxml"))
    known = "svg" in content.identification.mime
    if content.size > xmltools.LARGEST:
        if xmltools.check_doctype(content, content.view[: 1 << 20], known_dtd=known):
            _stream(content)
        return
    content.shared = xmltools.parse(content, content.data(), known_dtd=known)


def extract(content: Content, limit: int) -> str:
    """Return the character data, a space between elements."""
    root = content.shared if isinstance(content.shared, etree._Element) else None
    if root is None and content.size <= xmltools.LARGEST:
        root = xmltools.parses(content.data())
    if root is None:
        return ""
    parts: list[str] = []
    length = 0
    for piece in root.itertext():
        parts.append(str(piece))
        length += len(piece)
        if length > limit * 2:
            break
    return " ".join(parts)


def _stream(content: Content) -> None:
    """Parse a large document element by element, in little memory."""
    content.stream.seek(0)
    try:
        for _, element in etree.iterparse(
            content.stream, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        ):
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        content.add(kinds.DAMAGED, detail=str(error).partition(" (")[0])
