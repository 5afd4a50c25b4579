"""The colour space of what is printed: an sRGB profile made from its published numbers.

Source:
    IEC 61966-2-1 (sRGB: primaries, white, transfer curve); ICC.1:2001-04 (profile version 2.4).
"""

from functools import cache
from struct import pack

_WHITE = (0.9642, 1.0, 0.8249)
"""D50, the white of the connection space."""
_COLOURS = {
    "rXYZ": (0.4360747, 0.2225045, 0.0139322),
    "gXYZ": (0.3850649, 0.7168786, 0.0971045),
    "bXYZ": (0.1430804, 0.0606169, 0.7141733),
}
"""The primaries of sRGB, adapted from D65 to D50 by the Bradford transform."""
_POINTS = 1024


@cache
def srgb_profile() -> bytes:
    """Return the profile; the same bytes every time."""
    curve = b"curv" + bytes(4) + pack(">I", _POINTS) + b"".join(pack(">H", _light(n)) for n in range(_POINTS))
    words = b"sRGB\0"
    description = b"desc" + bytes(4) + pack(">I", len(words)) + words + bytes(78)
    tags = {
        "desc": description,
        "cprt": b"text" + bytes(4) + b"No copyright, use freely\0",
        "wtpt": _point(_WHITE),
        **{name: _point(colour) for name, colour in _COLOURS.items()},
        **dict.fromkeys(("rTRC", "gTRC", "bTRC"), curve),
    }
    offset = 128 + 4 + 12 * len(tags)
    table, body = pack(">I", len(tags)), b""
    places: dict[bytes, int] = {}
    for name, content in tags.items():
        if content not in places:
            places[content] = offset + len(body)
            body += content + bytes(-len(content) % 4)
        table += name.encode() + pack(">II", places[content], len(content))
    return _header(offset + len(body)) + table + body


def _header(size: int) -> bytes:
    made = pack(">6H", 2024, 1, 1, 0, 0, 0)
    illuminant = b"".join(_fixed(part) for part in _WHITE)
    start = pack(">I4sI", size, bytes(4), 0x02400000) + b"mntrRGB XYZ " + made + b"acsp" + bytes(28)
    return (start + illuminant).ljust(128, b"\0")


def _light(point: int) -> int:
    """Return the transfer curve at a point, in 65535ths."""
    value = point / (_POINTS - 1)
    return round(65535 * (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4))


def _point(colour: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(_fixed(part) for part in colour)


def _fixed(value: float) -> bytes:
    return pack(">i", round(value * 65536))
