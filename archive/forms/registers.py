"""The registers of incoming and outgoing documents (sổ đăng ký văn bản đến, đi).

Source:
    Decree 30/2020/NĐ-CP, Articles 15 and 22 and Annex IV, I (outgoing) and VI (incoming): ten columns each.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from archive.forms.layout import Align, Column, Form, Head, Paragraph, Signature, Table
from archive.forms.values import Direction, Issuer, RegisterEntry
from archive.forms.words import grouped, number_in_words, place_and_day, short_day
from archive.forms.writing import write_form

INCOMING_COLUMNS = (
    Column(title="Ngày đến", width=23, align=Align.CENTER),
    Column(title="Số đến", width=14, align=Align.CENTER),
    Column(title="Tác giả", width=34),
    Column(title="Số, ký hiệu văn bản", width=28),
    Column(title="Ngày tháng văn bản", width=23, align=Align.CENTER),
    Column(title="Tên loại và trích yếu nội dung văn bản", width=58),
    Column(title="Đơn vị hoặc người nhận", width=28),
    Column(title="Ngày chuyển", width=17, align=Align.CENTER),
    Column(title="Ký nhận", width=14, align=Align.CENTER),
    Column(title="Ghi chú", width=26),
)
OUTGOING_COLUMNS = (
    Column(title="Số, ký hiệu văn bản", width=30),
    Column(title="Ngày tháng văn bản", width=23, align=Align.CENTER),
    Column(title="Tên loại và trích yếu nội dung văn bản", width=60),
    Column(title="Người ký", width=26),
    Column(title="Nơi nhận văn bản", width=36),
    Column(title="Đơn vị, người nhận bản lưu", width=22),
    Column(title="Số lượng bản", width=13, align=Align.CENTER),
    Column(title="Ngày chuyển", width=17, align=Align.CENTER),
    Column(title="Ký nhận", width=14, align=Align.CENTER),
    Column(title="Ghi chú", width=26),
)
_WORDS = {Direction.INCOMING: "đến", Direction.OUTGOING: "đi"}


@dataclass(slots=True)
class _Extent:
    """From where to where the entries reach."""

    count: int = 0
    first: int = 0
    last: int = 0
    begin: date | None = None
    end: date | None = None

    def add(self, entry: RegisterEntry) -> None:
        """Reach over one more entry."""
        self.count += 1
        self.first = entry.ordinal if self.count == 1 else min(self.first, entry.ordinal)
        self.last = max(self.last, entry.ordinal)
        self.begin = entry.registered if self.begin is None else min(self.begin, entry.registered)
        self.end = entry.registered if self.end is None else max(self.end, entry.registered)


def write_register(
    entries: Iterable[RegisterEntry], issuer: Issuer, direction: Direction, year: int, target: Path
) -> Path:
    """Write the register of incoming or outgoing documents of a year.

    The columns for a pen (handed over on, received by, kept copies) stay empty.

    Args:
        entries: in the order of the register; read once.
        issuer: the agency that keeps the register.
        direction: which register.
        year: numbers begin anew with each year.
        target: `.docx`, `.xlsx` or `.pdf`.
    Returns:
        The target.
    Raises:
        ConfigurationError: another suffix.
        StorageError: the file could not be written.
    Source:
        Decree 30/2020/NĐ-CP, Articles 15 and 22 (registers kept in a system can be printed) and Annex IV.
    """
    extent, word = _Extent(), _WORDS[direction]
    incoming = direction is Direction.INCOMING
    rows = (_incoming(entry) if incoming else _outgoing(entry) for entry in _counted(entries, extent))
    form = Form(
        title=f"Sổ đăng ký văn bản {word}",
        subtitles=(f"Năm {year}",),
        head=Head(issuer=issuer),
        landscape=True,
        blocks=(
            Table(columns=INCOMING_COLUMNS if incoming else OUTGOING_COLUMNS, rows=rows),
            Paragraph(text=lambda: _closing(extent, word)),
        ),
        signatures=(
            Signature(
                capacity="Văn thư cơ quan",
                dated=place_and_day(issuer.place, issuer.day),
            ),
        ),
    )
    return write_form(form, target)


def _counted(entries: Iterable[RegisterEntry], extent: _Extent) -> Iterator[RegisterEntry]:
    for entry in entries:
        extent.add(entry)
        yield entry


def _closing(extent: _Extent, word: str) -> str:
    words = number_in_words(extent.count)
    total = f"Sổ này đăng ký {grouped(extent.count)} văn bản {word} (bằng chữ: {words} văn bản)"
    if not extent.count:
        return f"{total}."
    return (
        f"{total}, từ số {extent.first} đến số {extent.last},"
        f" từ ngày {short_day(extent.begin)} đến ngày {short_day(extent.end)}."
    )


def _note(entry: RegisterEntry) -> str:
    """Return the note, with the extent and the case file, for which the register has no columns."""
    pages = f"{entry.pages} trang" if entry.pages.isdecimal() else entry.pages
    case_file = f"HS {entry.case_code}" if entry.case_code else ""
    return "; ".join(part for part in (entry.note, pages, case_file) if part)


def _incoming(entry: RegisterEntry) -> tuple[str, ...]:
    return (
        short_day(entry.registered),
        str(entry.ordinal),
        entry.organ,
        entry.code,
        short_day(entry.date),
        entry.type_and_subject,
        entry.receiver,
        "",
        "",
        _note(entry),
    )


def _outgoing(entry: RegisterEntry) -> tuple[str, ...]:
    return (
        entry.code,
        short_day(entry.date),
        entry.type_and_subject,
        entry.signer,
        entry.receiver,
        "",
        "",
        "",
        "",
        _note(entry),
    )
