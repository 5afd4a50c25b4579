"""Reading schedules from a spreadsheet as clerks keep it: XLSX or CSV, Vietnamese or English column titles.

Nothing is entered while a row is wrong: every row's findings come back together.
"""

import csv
import re
import unicodedata
import warnings
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile, ZipFile

from archive.retention import findings as kinds
from archive.retention.schedules import CODE
from archive.retention.values import DisposalAction, Offset, Period, Schedule, Trigger, Unit
from model.errors import InputError
from model.findings import Finding
from model.text import N_

T = TypeVar("T")

MAX_ROWS = 50_000
MAX_COLUMNS = 60
MAX_BYTES = 64 << 20
MAX_UNPACKED = 64 << 20
MAX_CELL = 4000
_HEAD_ROWS = 30

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("Mã", "code", "Mã thời hạn", "Mã quy tắc"),
    "title": ("Nhóm hồ sơ, tài liệu", "title", "Tên nhóm hồ sơ, tài liệu", "Tên"),
    "period": ("Thời hạn lưu trữ", "period", "Thời hạn bảo quản", "THBQ"),
    "action": ("Hành động khi hết hạn", "action"),
    "trigger": ("Bắt đầu tính từ", "trigger"),
    "name": ("Tên sự kiện hoặc trường ngày", "event or field"),
    "offset": ("Tính từ cuối", "offset"),
    "confirmation": ("Số ngày xác nhận", "confirmation days"),
    "mandate": ("Căn cứ", "mandate"),
    "scope": ("Phạm vi", "scope"),
    "source": ("Nguồn và hiệu lực", "source"),
    "note": ("Ghi chú", "note"),
}
"""Columns and their titles; the first is the one written into the sample."""

_ACTIONS = {
    DisposalAction.DESTROY: ("", "destroy", "hủy", "huỷ", "xét hủy", "xét huỷ"),
    DisposalAction.REVIEW: ("review", "xem xét", "đánh giá lại"),
    DisposalAction.TRANSFER: ("transfer", "nộp lưu", "nộp lưu trữ lịch sử"),
    DisposalAction.RETAIN: ("retain", "giữ", "lưu vĩnh viễn"),
}
_TRIGGERS = {
    Trigger.CLOSED: ("", "closed", "kết thúc công việc", "năm kết thúc công việc", "kết thúc hồ sơ"),
    Trigger.LAST_DOCUMENT: ("last document", "last-document", "văn bản cuối", "tài liệu cuối"),
    Trigger.DATE: ("date", "trường ngày", "ngày"),
    Trigger.EVENT: ("event", "sự kiện"),
}
_OFFSETS = {
    Offset.END_OF_YEAR: ("", "year", "end-of-year", "năm"),
    Offset.END_OF_QUARTER: ("quarter", "end-of-quarter", "quý"),
    Offset.END_OF_MONTH: ("month", "end-of-month", "tháng"),
    Offset.NONE: ("none", "không", "ngày"),
}
_PERMANENT = ("permanent", "vĩnh viễn", "vv")
_UNITS = {
    Unit.YEARS: ("", "năm", "year", "years"),
    Unit.MONTHS: ("tháng", "month", "months"),
    Unit.WEEKS: ("tuần", "week", "weeks"),
    Unit.DAYS: ("ngày", "day", "days"),
}
_PERIOD = re.compile(r"(\d{1,6})\s*([^\d\s]*)")
_CONFIRMATION = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSchedules:
    """The drafts of a spreadsheet, and what is wrong with its rows."""

    drafts: tuple[Schedule, ...]
    findings: tuple[Finding, ...]


def read_schedules(path: Path) -> ReadSchedules:
    """Read every schedule of a spreadsheet; rows without a code are headings of groups.

    Raises:
        InputError: it cannot be read as XLSX or CSV, or is beyond a limit.
    """
    with warnings.catch_warnings(action="ignore"):  # a library's, of what it does not know and leaves out
        return _read(_numbered(path))


def _read(rows: Iterator[tuple[int, list[str]]]) -> ReadSchedules:
    places = _places(rows)
    if places is None:
        return ReadSchedules(drafts=(), findings=(kinds.NO_TABLE.at(),))
    drafts: list[Schedule] = []
    findings: list[Finding] = []
    seen: dict[str, int] = {}
    for number, cells in rows:
        values = {name: _cell(cells, place) for name, place in places.items()}
        if _is_heading(values):
            continue
        where = f"row {number}"
        if values["code"] in seen:
            findings.append(kinds.CODE_TWICE.at(where, value=values["code"], row=seen[values["code"]]))
            continue
        seen[values["code"]] = number
        found = _schedule(values, where)
        if isinstance(found, Schedule):
            drafts.append(found)
        else:
            findings += found
    return ReadSchedules(drafts=tuple(drafts), findings=tuple(findings))


def _is_heading(values: Mapping[str, str]) -> bool:
    """Tell whether a row only divides the list: no code and no period, or words alone in the column of codes."""
    if not values["code"]:
        return not values["period"]
    return not CODE.fullmatch(values["code"]) and not any(value for name, value in values.items() if name != "code")


def _schedule(values: Mapping[str, str], where: str) -> Schedule | list[Finding]:
    wrong: list[Finding] = []
    if not CODE.fullmatch(values["code"]):
        wrong.append(kinds.WRONG_CODE.at(where, value=values["code"]))
    wrong += [kinds.MISSING.at(where, column=COLUMNS[name][0]) for name in ("title", "period") if not values.get(name)]
    permanent = _folded(values.get("period", "")) in map(_folded, _PERMANENT)
    period = None if permanent else _period(values.get("period", ""))
    if values.get("period") and not permanent and period is None:
        known = "Vĩnh viễn; 10 năm; 6 tháng; 90 ngày"
        wrong.append(kinds.WRONG_VALUE.at(where, value=values["period"], column=COLUMNS["period"][0], known=known))
    action = _word(values, "action", _ACTIONS, where, wrong)
    trigger = _word(values, "trigger", _TRIGGERS, where, wrong)
    offset = _word(values, "offset", _OFFSETS, where, wrong)
    days = values.get("confirmation", "") or str(_CONFIRMATION)
    if not days.isdecimal() or len(days) > 4:
        wrong.append(kinds.WRONG_VALUE.at(where, value=days, column=COLUMNS["confirmation"][0], known="1 … 9999"))
    if wrong or action is None or trigger is None or offset is None:
        return wrong
    if permanent and not values.get("action"):
        action = DisposalAction.RETAIN
    name = values.get("name", "")
    try:
        return Schedule(
            code=values["code"],
            version=0,
            title=values["title"],
            action=action,
            trigger=trigger,
            field=name if trigger is Trigger.DATE else "",
            event=name if trigger is not Trigger.DATE else "",
            period=period,
            offset=offset,
            confirmation_days=int(days),
            mandate=values.get("mandate", ""),
            scope=values.get("scope", ""),
            source=values.get("source", ""),
            note=values.get("note", ""),
        )
    except ValueError:
        return [kinds.CONTRADICTS.at(where)]


def _word(
    values: Mapping[str, str], column: str, words: Mapping[T, tuple[str, ...]], where: str, wrong: list[Finding]
) -> T | None:
    """Return what a word of a column means; a word that means nothing is a finding."""
    written = _folded(values.get(column, ""))
    for value, known in words.items():
        if written in map(_folded, known):
            return value
    choices = "; ".join(known[-1] for known in words.values())
    wrong.append(kinds.WRONG_VALUE.at(where, value=values[column], column=COLUMNS[column][0], known=choices))
    return None


def _period(text: str) -> Period | None:
    match = _PERIOD.fullmatch(_folded(text))
    if match is None:
        return None
    for unit, words in _UNITS.items():
        if match[2] in map(_folded, words):
            try:
                return Period(number=int(match[1]), unit=unit)
            except ValueError:
                return None
    return None


def _places(rows: Iterator[tuple[int, list[str]]]) -> dict[str, int] | None:
    """Read up to the row of titles; return the place of each column, none where there is no such row."""
    known = {_folded(title): name for name, titles in COLUMNS.items() for title in titles}
    for number, cells in rows:
        places: dict[str, int] = {}
        for place, cell in enumerate(cells):
            name = known.get(_folded(cell))
            if name is not None:
                places.setdefault(name, place)
        if {"code", "title", "period"} <= set(places):
            return places
        if number >= _HEAD_ROWS:
            break
    return None


def _cell(cells: list[str], place: int) -> str:
    return " ".join(cells[place].split())[:MAX_CELL] if place < len(cells) else ""


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _numbered(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a spreadsheet with their numbers, from 1.

    Raises:
        InputError: it cannot be read, or is beyond a limit.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _unreadable(path, f"> {MAX_BYTES >> 20} MiB")
        rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _xlsx_rows(path)
        for number, cells in enumerate(rows, 1):
            if number > MAX_ROWS:
                raise _unreadable(path, f"> {MAX_ROWS}")
            yield number, cells[:MAX_COLUMNS]
    except (OSError, ValueError, csv.Error) as error:
        raise _unreadable(path, str(error)) from error


def _csv_rows(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline(MAX_CELL)
        file.seek(0)
        yield from csv.reader(file, delimiter=";" if head.count(";") > head.count(",") else ",")


def _xlsx_rows(path: Path) -> Iterator[list[str]]:
    import openpyxl

    try:
        with path.open("rb") as file:
            with ZipFile(file) as container:
                if sum(item.file_size for item in container.infolist()) > MAX_UNPACKED:
                    raise ValueError(f"> {MAX_UNPACKED >> 20} MiB")
            sheet = openpyxl.load_workbook(file, read_only=True, data_only=True).worksheets[0]
            sheet.reset_dimensions()  # the size a file claims is often wrong, and rows beyond it would be lost
            for row in sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True):
                yield [_text(cell) for cell in row]
    except _DAMAGED as error:
        raise ValueError(str(error)) from error


_DAMAGED = (
    *(BadZipFile, zlib.error, EOFError, RuntimeError, SyntaxError),
    *(LookupError, TypeError, AttributeError, ArithmeticError),
)
"""What the libraries raise for a damaged, encrypted or wrongly built workbook."""


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _unreadable(path: Path, why: str) -> InputError:
    return InputError(
        N_("{path} cannot be read as a list of schedules: {why}."),
        hint=N_("Give an XLSX file or a CSV file in UTF-8, like the one of `chauban retention schedule sample`."),
        path=path,
        why=why,
    )
