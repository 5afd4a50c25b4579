"""What a prescribed form is made of, whatever file it becomes.

Source:
    Decree 30/2020/NĐ-CP, Annex I: the parts of an administrative document and where they stand.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from archive.forms.values import Issuer


class Align(StrEnum):
    """Where the words of a line stand."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"
    JUSTIFY = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of the first page: who issues, and the national title with the motto."""

    issuer: Issuer
    numbered: bool = False
    """Whether the form has a number and notation of its own."""
    dated: bool = False
    """Whether place and date stand in the head; where they do not, they stand above the signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One paragraph."""

    text: str | Callable[[], str]
    """A callable is asked when the paragraph's turn comes: a count is known only after its table."""
    lead: str = ""
    """Words before the text, in bold."""
    bold: bool = False
    italic: bool = False
    align: Align = Align.JUSTIFY
    indented: bool = True
    """Whether the first line is indented."""

    def words(self) -> str:
        """Return the text, asking for it where it is known only now."""
        return self.text if isinstance(self.text, str) else self.text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table."""

    title: str
    width: int
    """Share of the width of the table."""
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose head stands on every page it reaches."""

    columns: Sequence[Column]
    rows: Iterable[Sequence[str]]
    """Read once, in order, never held together: there may be hundreds of thousands."""
    numbered: bool = True
    """Whether a row (1) (2) (3) stands under the titles, as in the forms of the norms."""
    totals: Callable[[], Sequence[str]] | None = None
    """The last row, in bold; asked for after the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBreak:
    """What follows begins on a new page."""


Block = Paragraph | Table | PageBreak


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Where one person signs."""

    capacity: str
    """In whose name, or as what; written in capitals."""
    hint: str = "(Ký và ghi rõ họ và tên)"
    name: str = ""
    dated: str = ""
    """Place and date above the capacity; empty where the head has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form ready to be written."""

    title: str
    head: Head
    subtitles: Sequence[str] = ()
    """Lines under the title."""
    blocks: Sequence[Block] = ()
    signatures: Sequence[Signature] = ()
    """At most two, side by side; a single one stands at the right."""
    appendix: Sequence[Block] = ()
    """What stands after the signatures, on pages of its own."""
    landscape: bool = False
