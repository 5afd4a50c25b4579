"""Legacy Vietnamese encodings: TCVN3 (ABC), VNI, VISCII and Windows-1258, and how to tell them apart.

Sources: TCVN 5712:1993 (VN3), RFC 1456 (VISCII), the VNI-Windows font layout, Microsoft code page 1258.
"""

import re
import unicodedata
from functools import cache

TCVN3 = "TCVN3 (ABC)"
VNI = "VNI-Windows"
VISCII = "VISCII"
CP1258 = "Windows-1258"

_TCVN3_BYTES = (
    "a1 a2 a3 a4 a5 a6 a7 a8 a9 aa ab ac ad ae b5 b6 b7 b8 b9 bb bc bd be c6 c7 c8 c9 ca cb cc ce cf d0 d1 d2 d3 "
    "d4 d5 d6 d7 d8 dc dd de df e1 e2 e3 e4 e5 e6 e7 e8 e9 ea eb ec ed ee ef f1 f2 f3 f4 f5 f6 f7 f8 f9 fa fb fc fd fe"
)
_TCVN3_LETTERS = "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
_VISCII_LETTERS = {
    0x02: "Ẳ",
    0x05: "Ẵ",
    0x06: "Ẫ",
    0x14: "Ỷ",
    0x19: "Ỹ",
    0x1E: "Ỵ",
}
_VISCII_HIGH = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ"
    "ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư"
    "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_VNI_MARKS = {
    "ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323", "â": "\u0302",
    "á": "\u0302\u0301", "à": "\u0302\u0300", "å": "\u0302\u0309", "ã": "\u0302\u0303", "ä": "\u0302\u0323",
    "ê": "\u0306", "é": "\u0306\u0301", "è": "\u0306\u0300", "ú": "\u0306\u0309", "ü": "\u0306\u0303",
    "ë": "\u0306\u0323",
}  # fmt: skip
_VNI_SINGLE = {"ñ": "đ", "ô": "ơ", "ö": "ư", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}


@cache
def _tcvn3() -> dict[int, str]:
    return dict(zip((int(byte, 16) for byte in _TCVN3_BYTES.split()), _TCVN3_LETTERS, strict=True))


@cache
def _viscii() -> dict[int, str]:
    return {**_VISCII_LETTERS, **{0x80 + index: letter for index, letter in enumerate(_VISCII_HIGH)}}


@cache
def _vni() -> tuple[re.Pattern[str], dict[str, str]]:
    marks = {**_VNI_MARKS, **{mark.upper(): accents for mark, accents in _VNI_MARKS.items()}}
    single = {**_VNI_SINGLE, **{letter.upper(): value.upper() for letter, value in _VNI_SINGLE.items()}}
    pattern = re.compile(f"([AaEeIiOoUuYyÔôÖö])([{''.join(marks)}])|([{''.join(single)}])")
    return pattern, {**single, **{f"mark:{mark}": accents for mark, accents in marks.items()}}


def from_tcvn3(text: str) -> str:
    """Decode text whose characters are TCVN3 bytes read as Windows-1252; a `.VnTimeH` font makes them capitals."""
    return text.translate(_tcvn3())


def from_vni(text: str) -> str:
    """Decode text whose characters are VNI bytes read as Windows-1252."""
    pattern, table = _vni()

    def letter(match: re.Match[str]) -> str:
        base, mark, single = match.groups()
        if single:
            return table[single]
        return table.get(base, base) + table[f"mark:{mark}"]

    return unicodedata.normalize("NFC", pattern.sub(letter, text))


def decode(data: bytes, encoding: str) -> str:
    """Decode bytes in one of the four legacy encodings, to NFC; bytes without meaning become U+FFFD."""
    if encoding == CP1258:
        return unicodedata.normalize("NFC", data.decode("cp1258", "replace"))
    if encoding == VISCII:
        return data.decode("latin-1").translate(_viscii())
    text = data.decode("cp1252", "replace")
    return from_tcvn3(text) if encoding == TCVN3 else from_vni(text)


def by_font(text: str, font: str) -> str:
    """Decode the text of a run set in a legacy font (.VnTime, VNI-Times); other fonts leave it alone."""
    name = font.strip().lower()
    if name.startswith(".vn"):
        decoded = from_tcvn3(text)
        return decoded.upper() if name.endswith("h") else decoded
    if name.startswith("vni"):
        return from_vni(text)
    return text


_WORD = re.compile(r"[^\W\d_]+")
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnprstvx])?"
    r"(?:uyê|iê|yê|ươ|uô|uâ|uơ|oă|oa|oe|uê|uy|ia|ua|ưa|[aăâeêioôơuưy])"
    r"(?:ch|ng|nh|[cmnptuioy])?"
)
_TONES = dict.fromkeys((0x300, 0x301, 0x303, 0x309, 0x323))


def _is_syllable(word: str) -> bool:
    """Tell whether a word with diacritics can be Vietnamese: at most one tone, and a possible shape."""
    apart = unicodedata.normalize("NFD", word.lower())
    toneless = apart.translate(_TONES)
    return len(apart) - len(toneless) <= 1 and bool(_SYLLABLE.fullmatch(unicodedata.normalize("NFC", toneless)))


def plausibility(text: str) -> float:
    """Return the share of the words with letters beyond ASCII that can be Vietnamese syllables."""
    words = [word for word in _WORD.findall(text[:200_000]) if not word.isascii()][:2000]
    return sum(map(_is_syllable, words)) / len(words) if words else 0.0


def likely_encoding(data: bytes) -> tuple[str, float, float]:
    """Return the likeliest legacy encoding of bytes, its plausibility, and its lead over the next."""
    sample = data[:65536]
    scores = sorted(
        ((plausibility(decode(sample, encoding)), encoding) for encoding in (CP1258, VISCII, VNI, TCVN3)), reverse=True
    )
    (best, encoding), (second, _) = scores[0], scores[1]
    return encoding, best, best - second
