"""Legacy Vietnamese encodings: decoded, and told apart."""

import unicodedata

import pytest

from formats import vietnamese
from formats.plaintext import decode_text
from formats.text import tidy
from formats.vietnamese import CP1258, TCVN3, VISCII, VNI

SENTENCE = "nghị định này quy định về công tác văn thư và quản lý nhà nước đối với hồ sơ điện tử của cơ quan"
LOWER = "ăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"


def encode(text: str, encoding: str) -> bytes:
    """Write text in a legacy encoding by reversing its decoder letter by letter."""
    if encoding == CP1258:
        apart = "".join(
            unicodedata.normalize("NFC", letter[0] + "".join(m for m in letter[1:] if m in "\u0302\u0306\u031b"))
            + "".join(m for m in letter[1:] if m not in "\u0302\u0306\u031b")
            for letter in (unicodedata.normalize("NFD", character) for character in text)
        )
        return apart.encode("cp1258")
    letters = {vietnamese.decode(bytes((byte,)), encoding): bytes((byte,)) for byte in range(255, 0, -1)}
    if encoding == VNI:
        for base in "aeiouyAEIOUY\xf4\xf6\xd4\xd6":
            for mark in "ùøûõïâáàåãäêéèúüë":
                data = (base + mark).encode("cp1252")
                letters.setdefault(vietnamese.decode(data, VNI), data)
    return b"".join(letters.get(character, character.encode("ascii", "replace")) for character in text)


@pytest.mark.parametrize("encoding", [TCVN3, VNI, VISCII, CP1258])
def test_every_letter_comes_back(encoding: str) -> None:
    assert vietnamese.decode(encode(LOWER, encoding), encoding) == LOWER


@pytest.mark.parametrize("encoding", [TCVN3, VNI, VISCII, CP1258])
def test_the_encoding_is_told(encoding: str) -> None:
    found, plausibility, lead = vietnamese.likely_encoding(encode(SENTENCE, encoding))
    assert found == encoding
    assert plausibility > 0.9
    assert lead > 0.1
    assert decode_text(encode(SENTENCE, encoding))[0] == SENTENCE


def test_known_bytes() -> None:
    assert vietnamese.decode(b"C\xe9ng h\xdfa x\xb7 h\xe9i", TCVN3) == "Cộng hòa xã hội"
    assert vietnamese.decode("Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam, ñôn vò".encode("cp1252"), VNI) == (
        "Cộng hòa xã hội chủ nghĩa Việt Nam, đơn vị"
    )
    assert vietnamese.decode(b"\xd0\xb5c l\xa7p", VISCII) == "Độc lập"


def test_fonts() -> None:
    assert vietnamese.by_font("C«ng v¨n", ".VnTime") == "Công văn"
    assert vietnamese.by_font("c«ng v¨n", ".VnTimeH") == "CÔNG VĂN"
    assert vietnamese.by_font("coâng vaên", "VNI-Times") == "công văn"
    assert vietnamese.by_font("café", "Times New Roman") == "café"


def test_other_languages_are_not_taken_for_vietnamese() -> None:
    text = "Ödegård möter Ærø, naïve façade, Straße, über, señor, Größe, Jörg, Köln, äpple, schön".encode("cp1252")
    _, encoding = decode_text(text)
    assert encoding == "Windows-1252"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Ho\u0302\u0300 so\u031b", "Hồ sơ"),
        ("a\x00b\x0cc  d\t\te", "ab\nc d e"),
        ("  x \r\n\r\n\n y ", "x\ny"),
        ("a\ud800b\ufffe", "ab"),
    ],
)
def test_tidy(given: str, expected: str) -> None:
    assert tidy(given, 100) == (expected, False)
