"""HTML: its encoding, unknown elements, and text."""

import re
from urllib.parse import unquote

from lxml import etree

from formats import findings as kinds
from formats import plaintext
from formats.content import Content
from formats.tools import tool_version
from model.text import N_

LARGEST = 32 << 20
_KNOWN = """
    a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink
    blockquote body br button canvas caption center cite code col colgroup command data datalist dd del
    details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset h1
    h2 h3 h4 h5 h6 head header hgroup hr html i iframe image img input ins isindex kbd keygen label legend
    li link listing main map mark marquee menu menuitem meta meter nav nobr noembed noframes noscript object
    ol optgroup option output p param picture plaintext portal pre progress q rb rp rt rtc ruby s samp
    script search section select slot small source spacer span strike strong style sub summary sup svg math
    table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr xml xmp
"""
_ELEMENTS = frozenset(_KNOWN.split())
_TAG = re.compile(rb"<([A-Za-z][A-Za-z0-9]*)(?=[\s/>])")
_FOREIGN = re.compile(rb"<(svg|math|script|style|textarea|xml)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_SILENT = ("script", "style", "template", "noscript")
_BLOCK = "p div br li tr td th h1 h2 h3 h4 h5 h6 title option dt dd table section article"
_BLOCKS = tuple(_BLOCK.split())


def validate(content: Content) -> None:
    """Check the encoding and that only elements known to HTML are used.

    Source:
        HTML Living Standard 4; HTML 4.01
    """
    if content.size > LARGEST:
        content.skipped("chauban html", "too large")
        content.add(kinds.TOO_LARGE, what=N_("the page"), limit=f"{LARGEST >> 20} MiB")
        return
    content.ran("lxml", tool_version("lxml"))
    data = content.data()
    if not _CHARSET.search(data[:4096]):
        plaintext.decoded(content, report=True)
    own = _FOREIGN.sub(b"", data)
    used = {match.lower().decode("ascii") for match in _TAG.findall(own)}
    unknown = sorted(used - _ELEMENTS)
    if unknown:
        content.add(kinds.DAMAGED, detail=f"{N_('elements unknown to HTML')}: {', '.join(unknown[:10])}")
    if "<!doctype" not in data[:2048].decode("latin-1").lower():
        content.add(kinds.IRREGULAR, detail=N_("there is no document type declaration"))


def extract(content: Content, limit: int) -> str:
    """Return the visible text."""
    return text_of(content.data() if content.size <= LARGEST else content.view[:LARGEST], limit)


def text_of(data: bytes, limit: int) -> str:
    """Return the visible text of a page given as bytes."""
    declared = _CHARSET.search(data[:4096])
    text, _ = plaintext.decode_text(data, declared[1].decode("ascii") if declared else "")
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    cleaned = text.replace("\x00", "").encode("utf-8", "replace")
    root = etree.fromstring(cleaned, parser) if cleaned.strip() else None
    if root is None:
        return ""
    etree.strip_elements(root, *_SILENT, with_tail=False)
    for block in root.iter(*_BLOCKS):
        block.text = f"\n{block.text or ''}"
        block.tail = f"\n{block.tail or ''}"
    parts: list[str] = []
    length = 0
    for piece in root.itertext():
        parts.append(str(piece))
        length += len(piece)
        if length > limit * 2:
            break
    return "".join(parts)


def unquoted(reference: str) -> str:
    """Return a reference without percent encoding and fragment, as a member name."""
    return unquote(reference.partition("#")[0])
