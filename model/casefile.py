"""The case file (hồ sơ) and its documents (tài liệu), as Circular 05/2025/TT-BNV describes them.

The attribute names are the circular's element names in Python spelling. `elements.py` tells each
element's titles, length, code table and obligation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from model.dates import PartialDate

T = TypeVar("T", "CaseFile", "Document")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """The 18 case-file elements, and where the case file belongs.

    Absent values are `None` or empty: a description may be incomplete until it has been judged.

    Source:
        Circular 05/2025/TT-BNV, Annexes I and III (`EAD.xml`).
    """

    file_code: str = ""
    """`fileCode` in a submission, `arcFileCode` in an archival package."""
    title: str = ""
    maintenance: str = ""
    """Retention period, code 01-07."""
    mode: str = ""
    """Access level, code 01-03."""
    languages: tuple[str, ...] = ()
    """Codes 01-11."""
    start_date: PartialDate | None = None
    end_date: PartialDate | None = None
    keywords: tuple[str, ...] = ()
    total_doc: int | None = None
    number_of_paper: int | None = None
    number_of_page: int | None = None
    format: str = ""
    """Physical condition, code 01-03."""
    infor_sign: str = ""
    confidence_level: str = ""
    """Code 01-03: born digital, digitised, mixed."""
    paper_file_code: str = ""
    risk_recovery: bool | None = None
    risk_recovery_status: str = ""
    description: str = ""
    fonds_code: str = ""
    """Code of the fonds (mã phông); not one of the 18 elements."""
    agency_code: str = ""
    """Identifier code of the agency (Decision 20/2020/QĐ-TTg); not one of the 18 elements."""
    agency_name: str = ""
    source: str = ""
    """Only of a package of loose documents (`tài liệu rời lẻ`), which has 5 elements instead of 18: code 0
    outgoing, 1 incoming. Empty for a case file."""
    more: tuple[tuple[str, str], ...] = ()
    """Elements of a description that are none of these, by name: kept, never interpreted."""

    @property
    def is_loose(self) -> bool:
        """Whether this describes loose documents of which no case file was compiled (Article 17)."""
        return self.source != ""

    def to_json(self) -> dict[str, object]:
        """Return the stored form: attribute names, absent values left out."""
        return _to_json(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "CaseFile":
        """Read the stored form back."""
        return _from_json(cls, data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The 21 document elements, and the files that make up the document.

    Source:
        Circular 05/2025/TT-BNV, Annexes I and III (`EAD_doc`).
    """

    ordinal: int
    """Position in the case file, from 1."""
    doc_id: str = ""
    doc_code: str = ""
    maintenance: str = ""
    type_name: str = ""
    """Code 01-32."""
    code_number: str = ""
    code_notation: str = ""
    issued_date: PartialDate | None = None
    organ_name: str = ""
    subject: str = ""
    languages: tuple[str, ...] = ()
    number_of_page: int | None = None
    infor_sign: str = ""
    keywords: tuple[str, ...] = ()
    mode: str = ""
    confidence_level: str = ""
    autograph: str = ""
    format: str = ""
    process: bool | None = None
    risk_recovery: bool | None = None
    risk_recovery_status: str = ""
    description: str = ""
    form: str = ""
    """Which element set describes it: empty for a textual document, `pic` for a picture, `media` for sound or video."""
    more: tuple[tuple[str, str], ...] = ()
    """Further elements by name: those of `EAD_pic` or `EAD_media`, and any that are not known; in their order."""
    files: tuple[str, ...] = ()
    """Names of the files as the descriptor gives them (before packaging) or their paths under `data/` (after)."""

    def to_json(self) -> dict[str, object]:
        """Return the stored form: attribute names, absent values left out."""
        return _to_json(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Document":
        """Read the stored form back."""
        return _from_json(cls, data)


_DATES = ("start_date", "end_date", "issued_date")
_TUPLES = ("languages", "keywords", "files")
_PAIRS = ("more",)


_NAMES = {cls: tuple(item.name for item in fields(cls)) for cls in (CaseFile, Document)}
"""Attribute names by class: asking `dataclasses` for them costs more than everything else here."""


def _to_json(value: CaseFile | Document) -> dict[str, object]:
    data: dict[str, object] = {}
    for name in _NAMES[type(value)]:
        content = getattr(value, name)
        if content is None or content == "" or content == ():
            continue
        if isinstance(content, PartialDate):
            content = content.iso
        if name in _PAIRS:
            content = [list(pair) for pair in content]
        data[name] = list(content) if isinstance(content, tuple) else content
    return data


def _from_json(cls: type[T], data: Mapping[str, Any]) -> T:
    known = _NAMES[cls]
    values: dict[str, Any] = {}
    for name, content in data.items():
        if name not in known:
            continue
        if name in _DATES:
            content = PartialDate.from_iso(content)
        if name in _PAIRS:
            content = tuple((str(key), str(value)) for key, value in content)
        values[name] = tuple(content) if name in _TUPLES else content
    return cls(**values)
