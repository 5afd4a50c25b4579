"""Whether bytes begin like an edXML message, whatever the file is called.

Source:
    QCVN 102:2016/BTTTT and its amendment 1:2022; the older generation is a SOAP envelope, alone or in MIME.
"""

import re

_NAMESPACES = re.compile(rb"https?://(?:www\.mic\.gov\.vn/TBT/QCVN_?102|(?:www\.)?e-doc\.vn/)", re.IGNORECASE)
_TAG = re.compile(rb"<(?:[A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)[^<>]*")
_HEADER = re.compile(rb"<(?:edXML:)?MessageHeader[\s/>]")
_MULTIPART = re.compile(rb"(?:\A|\n)content-type:[ \t]*multipart/|\A\s*--[^\r\n]{1,200}\r?\ncontent-", re.IGNORECASE)
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


def is_multipart(start: bytes) -> bool:
    """Tell whether bytes begin as a MIME message of several parts, with or without headers of its own."""
    if start.lstrip().startswith(b"<") or not (start.lstrip().startswith(b"--") or b"multipart/" in start.lower()):
        return False
    return _MULTIPART.search(start) is not None


def begins_as_edxml(start: bytes) -> bool:
    """Tell whether the first bytes of a file, some 4 KiB, are those of an edXML message of either generation.

    Bytes before the first element are passed over: whether they may stand there is for the reader to say.
    """
    plain = start.replace(b"\0", b"") if start.startswith(_WIDE) else start
    several = is_multipart(plain)
    for tag in _TAG.finditer(plain):
        name = tag[1].lower()
        if name in (b"edxml", b"edxmlenvelope") or (name != b"envelope" and _NAMESPACES.search(tag[0])):
            return True
        if name == b"envelope" and (_NAMESPACES.search(plain) or _HEADER.search(plain)):
            return True
        if not several:
            return False
    return False
