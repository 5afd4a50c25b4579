"""Plain text: which encoding it is in, and its characters."""

import codecs

from formats import findings as kinds
from formats import vietnamese
from formats.content import Content
from model.text import N_

LARGEST = 256 << 20
"""Bytes of text checked as one piece."""
VALIDATOR = "chauban text"
VERSION = "1"

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SURE = 0.85
_LEAD = 0.1


def validate(content: Content) -> None:
    """Check that the text is sound Unicode, or say which legacy encoding it is likely in."""
    if content.size > LARGEST:
        content.skipped(VALIDATOR, "too large", VERSION)
        content.add(kinds.TOO_LARGE, what=N_("the text"), limit=f"{LARGEST >> 20} MiB")
        return
    content.ran(VALIDATOR, VERSION)
    content.shared = decoded(content, report=True)


def extract(content: Content, limit: int) -> str:
    """Return the decoded text."""
    if isinstance(content.shared, str):
        return content.shared
    head = content.view[: limit * 4]
    return decode_text(head)[0]


def decoded(content: Content, *, report: bool) -> str:
    """Return the whole text; with `report`, say what is wrong with its encoding."""
    data = content.data()
    text, encoding, certain = _decode(data)
    if not report:
        return text
    if encoding == "damaged":
        content.add(kinds.DAMAGED, detail=N_("bytes that do not belong to its Unicode encoding"))
    elif encoding and certain:
        content.add(kinds.LEGACY_ENCODING, encoding=encoding)
    elif encoding:
        content.add(kinds.UNCLEAR_ENCODING, encoding=encoding)
    if "\x00" in text:
        content.add(kinds.DAMAGED, detail=N_("NUL characters, which text does not hold"))
    return text


def decode_text(data: bytes, declared: str = "") -> tuple[str, str]:
    """Return text and encoding of bytes; a declared encoding is used when the bytes fit it."""
    if declared:
        try:
            codec = codecs.lookup(declared).name
            return data.decode(codec), codec
        except (LookupError, UnicodeError):
            pass
    text, encoding, _ = _decode(data)
    return text, encoding or "utf-8"


def _decode(data: bytes) -> tuple[str, str, bool]:
    """Return text, its legacy encoding (empty: sound Unicode; `damaged`), and whether that is certain."""
    for bom, codec in _BOMS:
        if data.startswith(bom):
            try:
                return data.decode(codec), "", True
            except UnicodeDecodeError:
                return data.decode(codec, "replace"), "damaged", True
    try:
        return data.decode("utf-8"), "", True
    except UnicodeDecodeError as error:
        cut_short = error.start >= len(data) - 3 and len(data) > 64 and not data[: error.start].isascii()
    utf16 = _unmarked_utf16(data)
    if utf16:
        return data.decode(utf16, "replace"), "", True
    if cut_short or _mostly_utf8(data):
        return data.decode("utf-8", "replace"), "damaged", True
    return _legacy(data)


def _legacy(data: bytes) -> tuple[str, str, bool]:
    encoding, score, lead = vietnamese.likely_encoding(data)
    if score >= _SURE and lead >= _LEAD:
        return vietnamese.decode(data, encoding), encoding, True
    if score >= _SURE:
        return vietnamese.decode(data, encoding), encoding, False
    return data.decode("cp1252", "replace"), "Windows-1252", False


def _unmarked_utf16(data: bytes) -> str:
    """Return the byte order of UTF-16 without a mark: every other byte of Latin text is zero."""
    sample = data[:4096]
    if len(sample) < 8 or len(data) % 2:
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.5 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.5 and odd < half * 0.05:
        return "utf-16-be"
    return ""


def _mostly_utf8(data: bytes) -> bool:
    """Tell whether bytes are UTF-8 with a few broken places rather than another encoding."""
    text = data[: 1 << 20].decode("utf-8", "replace")
    broken = text.count("\ufffd")
    beyond = sum(1 for character in text[:100_000] if character > "\x7f")
    return broken > 0 and beyond > broken * 10
