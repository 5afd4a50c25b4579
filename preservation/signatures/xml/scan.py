"""Looks over the raw bytes of an XML file: whether it can hold a signature at all.

Every XML file that arrives comes by here, so nothing is parsed and no XML library is loaded.
"""

import mmap
import re

_MARKS = ("xmldsig#", "edXML")
"""A signature's namespace, an edXML message."""
_VEILED = re.compile(rb"xmlns[^=<>]{0,80}=\s{0,9}[\"'][^\"'<>]{0,300}&")
"""A namespace written so that it cannot be read at sight."""
_PLAIN = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,64}<[^\x00]")
"""The document begins in an encoding whose letters are those of ASCII."""
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}encoding\s*=\s*[\"'](?!utf-8|us-ascii|ascii|iso-8859|windows-125)", re.I)
_ROOT = re.compile(rb"<([^\s?!/>][^\s/>]{0,300})")
_CLOSING = re.compile(rb"</([^\s/>]{1,301})\s*>\s*\Z")
_PROLOG = 16 << 10
_TAIL = 2 << 10
_WIDE = {b"\xff\xfe": "utf-16-le", b"<\x00": "utf-16-le", b"\xfe\xff": "utf-16-be", b"\x00<": "utf-16-be"}


def may_be_signed(content: bytes | mmap.mmap) -> bool:
    """Tell from a file's bytes whether it can hold a signature."""
    wide = _WIDE.get(content[:2])
    if wide is not None:
        return any(content.find(mark.encode(wide)) >= 0 for mark in (*_MARKS, "&#"))
    if not _PLAIN.match(content) or _DECLARED.match(content):
        return True
    marked = any(content.find(mark.encode()) >= 0 for mark in _MARKS) or _VEILED.search(content) is not None
    return marked or not _is_closed(content)


def _is_closed(content: bytes | mmap.mmap) -> bool:
    """Whether a document ends with its root: one that was cut off may have lost its signature, and must be parsed."""
    opening = _ROOT.search(content[:_PROLOG])
    closing = _CLOSING.search(content[-_TAIL:])
    return opening is not None and closing is not None and opening[1] == closing[1]
