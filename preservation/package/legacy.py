"""Recognising a description by Circular 02/2019/TT-BNV: by the names in it, whatever kind of file it is."""

import codecs
import io
import re
import unicodedata
import zipfile

from model.errors import InputError
from preservation.package.tree import SubTree

KINDS = (".xml", ".json", ".xlsx", ".csv")
CANDIDATES = 16
"""Files of a package that are looked into at most."""
_TELLING = ("filecatalog", "filenotation", "organid")
"""Element or column names that no other description has together."""
_TITLES = ("mục lục số hoặc năm", "số và ký hiệu hồ sơ", "mã phông")
"""The circular's Vietnamese titles of the same."""
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_START = 1 << 20
_WORKBOOK = 16 << 20
"""Bytes of a workbook that is looked into at most."""


def is_legacy(tree: SubTree, path: str) -> bool:
    """Tell whether a file of a package is a description by Circular 02/2019; only its start is read."""
    if not path.lower().endswith(KINDS):
        return False
    try:
        with tree.open(path) as stream:
            if path.lower().endswith(".xlsx"):
                return _names(_sheets(stream.read(_WORKBOOK + 1)))
            return _names(stream.read(_START))
    except (InputError, OSError):
        return False


def start_text(start: bytes) -> str:
    """Return the start of a description as text: UTF-8, UTF-16 or Windows-1258, escapes of JSON undone."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = start.decode("utf-16", "ignore")
    elif start.count(b"\0") > len(start) // 4:
        text = start.decode("utf-16-le" if start[1:2] == b"\0" else "utf-16-be", "ignore")
    else:
        try:
            text = codecs.getincrementaldecoder("utf-8")().decode(start)  # a letter may be cut off at the end
        except UnicodeDecodeError:
            text = unicodedata.normalize("NFC", start.decode("cp1258", "ignore"))
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def _names(start: bytes) -> bool:
    text = unicodedata.normalize("NFC", start_text(start)).lower()
    if all(re.search(rf"(?<![a-z]){name}(?![a-z])", text) for name in _TELLING):
        return True
    return all(title in text for title in _TITLES)


def _sheets(book: bytes) -> bytes:
    """Return the start of what the sheets of a workbook say."""
    if len(book) > _WORKBOOK:
        return b""
    found = []
    try:
        with zipfile.ZipFile(io.BytesIO(book)) as packed:
            parts = [name for name in packed.namelist() if re.match(r"xl/(sharedStrings|worksheets/[^/]+)\.xml$", name)]
            for name in parts[:CANDIDATES]:
                with packed.open(name) as part:
                    found.append(part.read(_START >> 1))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError):
        return b""
    return b"\n".join(found)
