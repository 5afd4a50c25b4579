"""XML of strangers read safely: no entities, no external parts, no network, bounded."""

import re
from functools import cache
from typing import Final

from lxml import etree

from formats import findings as kinds
from formats.content import Content
from model.text import N_

LARGEST: Final = 64 << 20
"""Bytes of XML parsed as a tree; larger documents are read as a stream."""

_PROLOG = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->)", re.DOTALL)
_DOCTYPE = re.compile(
    r"<!DOCTYPE\s+[^\s\[>]+\s*(?:(SYSTEM|PUBLIC)\s+(\"[^\"]*\"|'[^']*')(?:\s+(\"[^\"]*\"|'[^']*'))?)?\s*(\[)?"
)
_SUBSET_END = re.compile(r"\]\s*>")
_HEAD = 1 << 20


@cache
def parser() -> etree.XMLParser:
    """Return the one way XML is parsed here."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def parse(content: Content, data: bytes, part: str = "", *, known_dtd: bool = False) -> etree._Element | None:
    """Return the root of a document; with findings and none when it is unsafe or not well-formed.

    Args:
        content: the file, for the findings.
        data: the XML.
        part: name of the part of the file, for the findings; empty for the file itself.
        known_dtd: a public definition of the W3C or OASIS is usual in this format.
    """
    if not check_doctype(content, data[:_HEAD], known_dtd=known_dtd):
        return None
    try:
        return etree.fromstring(data, parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        content.add(kinds.DAMAGED, detail=_said(error, part))
        return None


def parses(data: bytes) -> etree._Element | None:
    """Return the root of a document, or none when it is unsafe or not well-formed; says nothing."""
    if b"<!DOCTYPE" in data[:_HEAD] or b"<\x00!\x00D" in data[:_HEAD]:
        return None
    try:
        return etree.fromstring(data, parser())
    except (etree.XMLSyntaxError, ValueError):
        return None


def check_doctype(content: Content, head: bytes, *, known_dtd: bool = False) -> bool:
    """Look at the document type declaration before anything is parsed. Return whether parsing is safe."""
    if b"DOCTYPE" not in head and b"D\x00O\x00C" not in head:
        return True
    text = _decoded(head)
    position = 0
    while match := _PROLOG.match(text, position):
        position = match.end()
    found = _DOCTYPE.match(text.lstrip("\ufeff"), position) or _DOCTYPE.search(text, position, position + 4096)
    if found is None:
        return True
    kind, first, second, subset = found.groups()
    if subset:
        end = _SUBSET_END.search(text, found.end())
        inside = text[found.end() : end.start() if end else len(text)]
        if "<!ENTITY" in inside or "%" in inside:
            names = re.findall(r"<!ENTITY\s+(?:%\s+)?([^\s>]{1,40})", inside)[:3]
            content.add(kinds.ENTITIES, detail=", ".join(names) or N_("parameter entities"))
            return False
    if not kind:
        return True
    return _external(content, (second or first).strip("\"'"), known=known_dtd)


def _external(content: Content, system: str, *, known: bool) -> bool:
    """Judge the address of an external definition, which is never read."""
    remote = "://" in system or system.startswith(("/", "\\"))
    if remote and not known:
        content.add(kinds.EXTERNAL_REFERENCE, detail=system[:200])
        return False
    content.add(kinds.LOCAL_DTD, detail=system[:200])
    return True


def _decoded(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"<\x00")):
        return head.decode("utf-16-le", "replace").lstrip("\ufeff")
    if head.startswith((b"\xfe\xff", b"\x00<")):
        return head.decode("utf-16-be", "replace").lstrip("\ufeff")
    return head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def _said(error: Exception, part: str) -> str:
    message = str(error).partition(" (<string>")[0]
    return f"{part}: {message}" if part else message
