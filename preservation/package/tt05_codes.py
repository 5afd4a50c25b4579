"""How the circular composes codes, and what they say about each other.

Source:
    Circular 05/2025/TT-BNV, Annexes I, III and IV: Mã hồ sơ, Mã lưu trữ của tài liệu
"""

import re
from dataclasses import dataclass

_PARTS = re.compile(r"[.\-/_]")
_YEAR = re.compile(r"1[89]\d\d|20\d\d")
_ORDINAL = re.compile(r"(?P<prefix>.*?)[.\-_/]?(?P<ordinal>\d{7})")
_BATCH = re.compile(r".+?[.\-_]?(?:1[89]|20)\d\d[.\-_]?\d{2}[.\-_]?\d{7}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCode:
    """What the code of a document says."""

    prefix: str
    """What stands before the ordinal: the code of its case file."""
    ordinal: str
    """The 7 digits; empty when the code does not end so."""


def is_file_code(code: str) -> bool:
    """Tell whether a code is composed of agency, year, and number and notation."""
    parts = _PARTS.split(code)
    return any(_YEAR.fullmatch(part) for part in parts[1:-1])


def is_batch_code(code: str) -> bool:
    """Tell whether a code is composed of agency, year, submission (2 digits) and document (7 digits)."""
    return _BATCH.fullmatch(code) is not None


def read_document_code(code: str) -> DocumentCode:
    """Take the code of a document apart."""
    match = _ORDINAL.fullmatch(code)
    if match is None:
        return DocumentCode(prefix=code, ordinal="")
    return DocumentCode(prefix=match["prefix"], ordinal=match["ordinal"])


def other_year(prefix: str, code: str) -> tuple[str, str] | None:
    """Return the two years when two codes differ in nothing else."""
    mine, other = _PARTS.split(prefix), _PARTS.split(code)
    if len(mine) != len(other):
        return None
    differing = [(left, right) for left, right in zip(mine, other, strict=True) if left != right]
    if len(differing) == 1 and all(_YEAR.fullmatch(part) for part in differing[0]):
        return differing[0]
    return None


def belongs(prefix: str, code: str) -> bool:
    """Tell whether the code of a document begins with that of its case file.

    The archival code of a case file has the code of the archive before it, which a document's code may lack.
    """
    return prefix == code or (bool(prefix) and code.endswith(prefix) and code[-len(prefix) - 1] in ".-_/")
