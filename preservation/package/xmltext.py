"""Text inside XML: everything a string can hold gets in, comes out again, and stays well-formed."""

import re
from datetime import UTC, datetime, tzinfo
from urllib.parse import quote

_SPECIAL = re.compile('[&<>"\\\\\t\n\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_ESCAPE_TAIL = re.compile(r"u[0-9A-Fa-f]{4}")
_HREF_SAFE = "/-._~!$&'()*,;=:@"


def escape(text: str) -> str:
    r"""Return text for element content or a double-quoted attribute.

    Characters XML 1.0 cannot carry become `\uXXXX`, and a backslash that would be read as the start
    of such an escape becomes `\u005C`, so that `unescape` gives back exactly what went in.
    """
    return _SPECIAL.sub(_replacement, text)


def unescape(text: str) -> str:
    r"""Undo the `\uXXXX` escapes of `escape` in text an XML parser returned."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "\\u" in text else text


def carried_as_is(text: str) -> bool:
    """Whether a reader that knows XML, but not our escapes, reads exactly this text."""
    return "\\" not in text and all(match[0] in _ENTITIES for match in _SPECIAL.finditer(text))


def href(path: str) -> str:
    """Return a relative path as a URI reference: UTF-8, percent-encoded (RFC 3986)."""
    return quote(path, safe=_HREF_SAFE).replace("&", "&amp;")


def time_text(moment: datetime, zone: tzinfo) -> str:
    """Return an aware time in a zone, with milliseconds, or microseconds where they are not zero.

    Times at the very ends of the calendar, which a zone would push over, are given in UTC.
    """
    try:
        local = moment.astimezone(zone)
    except OverflowError:
        local = moment.astimezone(UTC)
    precision = "microseconds" if local.microsecond % 1000 else "milliseconds"
    text = local.isoformat(timespec=precision)
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def _replacement(match: re.Match[str]) -> str:
    character = match[0]
    entity = _ENTITIES.get(character)
    if entity is not None:
        return entity
    if character == "\\" and not _ESCAPE_TAIL.match(match.string, match.end()):
        return character
    return f"\\u{ord(character):04X}"
