"""Recognising a description by Circular 02/2019/TT-BNV: by the names in it, whatever kind of file it is."""

import io
import re
import zipfile

from model.errors import InputError
from preservation.package.tree import SubTree

KINDS = (".xml", ".json", ".xlsx", ".csv")
CANDIDATES = 16
"""Files of a package that are looked into at most."""
_TELLING = (b"filecatalog", b"filenotation", b"organid")
"""Element or column names that no other description has together."""
_TITLES = ("mục lục số hoặc năm", "số và ký hiệu hồ sơ", "mã phông")
"""The circular's Vietnamese titles of the same."""
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


def _names(start: bytes) -> bool:
    plain = start.replace(b"\0", b"").lower()
    if all(re.search(rb"(?<![a-z])" + name + rb"(?![a-z])", plain) for name in _TELLING):
        return True
    text = plain.decode("utf-8", "ignore").lower()
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
