"""The yearly list of case files (danh mục hồ sơ): read from a spreadsheet, imported, compared with what was before.

Source:
    Decree 30/2020/NĐ-CP, Article 28 and Annex V.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from archive.catalogue.database import batches
from ingest.describe.csv_reader import csv_tables
from ingest.describe.reading import DescriptorError, Reading
from ingest.describe.tables import Rows
from ingest.describe.titles import fold
from ingest.describe.values import clean_text, code_of, split_list
from ingest.describe.xlsx_reader import xlsx_tables
from ingest.desk import findings as kinds
from ingest.desk.desk import AT_ONCE, Desk, fold_number, line_of
from ingest.desk.opening import file_identifier
from ingest.desk.values import PLAN, ActKind, DeskAct, PlanLine
from ingest.sources.values import Limits
from model.elements import CODE_TABLES
from model.errors import StorageError
from model.findings import Finding, FindingLog
from model.text import N_

COLUMNS = {
    "number": (
        "Số và ký hiệu hồ sơ",
        "sovakyhieuhoso sokyhieuhoso sovakyhieuhs sovakyhieu sokyhieu sohoso hososo kyhieuhoso mahoso number",
    ),
    "title": (
        "Đề mục và tiêu đề hồ sơ",
        "demucvatieudehoso tendemucvatieudehoso demuctieudehoso tieudehoso tieude tenhoso demuc title",
    ),
    "maintenance": ("Thời hạn bảo quản", "thoihanbaoquan thoihanluutru thoihanbq thbq thlt retention retentionperiod"),
    "compiler": (
        "Người lập hồ sơ",
        "nguoilaphoso nguoilap donvinguoilap donvinguoilaphoso donvicanhanlaphoso donvi canbolap compiler",
    ),
    "note": ("Ghi chú", "ghichu note notes remarks"),
    "keywords": ("Từ khóa", "tukhoa keyword keywords"),
    "types": ("Loại văn bản", "loaivanban tenloaivanban loaitailieu documenttype type"),
    "organs": ("Cơ quan ban hành", "coquanbanhanh coquan donvibanhanh tacgia issuer organisation"),
    "mode": ("Chế độ sử dụng", "chedosudung mucdotiepcan mucdotruycap accesslevel access"),
}
"""Title of each column as templates have it, and every way clerks write it, folded."""

_MEANS = {word: name for name, (title, words) in COLUMNS.items() for word in (*words.split(), fold(title))}
_KNOWN_ELSEWHERE = frozenset(("stt", "tt", "sott", "no"))
_HEADING_NUMBER = re.compile(r"(?:[IVXLC]+|\d{1,3}(?:\.\d{1,3})*|[A-ZĐ])[.)]?")
_EXAMPLE = frozenset(("vidu", "example"))
_ROWS = 100_000
_ROWS_BEFORE_TITLES = 200
_NUMBER, _TITLE, _ITEMS = 60, 1000, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """One line of a plan that is new or differs from what was imported before."""

    line: PlanLine
    before: PlanLine | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of what differs; empty for a new line."""
        if self.before is None:
            return ()
        names = ("number", "title", "maintenance", "mode", "compiler", "note", "group", "keywords", "types", "organs")
        return tuple(name for name in names if getattr(self.line, name) != getattr(self.before, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanImport:
    """What an import found and changed."""

    changes: tuple[PlanChange, ...]
    unchanged: int
    absent: tuple[PlanLine, ...]
    """Lines of before that the table does not have; they stay."""
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Reader:
    """Reads the rows of a plan one after the other."""

    name: str
    year: int
    agency: str
    log: FindingLog
    columns: dict[int, str] = field(default_factory=dict)
    group: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    """Row of each number met."""


def import_plan(desk: Desk, path: Path, year: int, agency: str, *, dry_run: bool = False) -> PlanImport:
    """Import a year's plan; what is new or differs from before takes effect, nothing is taken away.

    Every row that cannot be used is a finding, and keeps no other row out.

    Raises:
        StorageError: the file cannot be read.
    """
    log = FindingLog()
    lines = list(read_plan(path, year, agency, log))
    before = {row.id: line_of(row) for row in desk.index.plan(year, agency)}
    changes = []
    for line in lines:
        held = before.get(line.id)
        change = PlanChange(line=line, before=held)
        if held is None or change.fields or held.place != line.place:
            changes.append(change)
    named = {line.id for line in lines}
    if not dry_run:
        for part in batches(changes, AT_ONCE):
            desk.commit([DeskAct(log=PLAN, act=ActKind.PLANNED, line=change.line) for change in part])
    return PlanImport(
        changes=tuple(change for change in changes if change.before is None or change.fields),
        unchanged=len(lines) - sum(1 for change in changes if change.before is None or change.fields),
        absent=tuple(line for identifier, line in before.items() if identifier not in named),
        findings=tuple(log),
    )


def read_plan(path: Path, year: int, agency: str, log: FindingLog) -> Iterator[PlanLine]:
    """Yield the lines of a plan in a spreadsheet or CSV file.

    Raises:
        StorageError: the file cannot be opened.
    """
    reader = _Reader(name=path.name, year=year, agency=agency, log=log)
    reading = Reading(path=path, name=path.name, limits=Limits(), log=FindingLog())
    count = 0
    try:
        _check_size(path, reading.limits.descriptor_size)
        tables = (xlsx_tables if path.suffix.lower() == ".xlsx" else csv_tables)(reading)
        try:
            for line in _lines(reader, tables.documents):
                count += 1
                yield line
        finally:
            tables.close()
    except DescriptorError as error:
        log.add(kinds.PLAN_UNREADABLE.at(path.name, why=error))
        return
    except OSError as error:
        raise StorageError(
            N_("The list {path} cannot be read: {why}."),
            hint=N_("Check the path and the right to read it."),
            path=path,
            why=error.strerror or error,
        ) from error
    if not count:
        log.add(kinds.PLAN_EMPTY.at(path.name))


def _check_size(path: Path, limit: int) -> None:
    if path.stat().st_size > limit:
        raise DescriptorError(N_("it is too large"))


def _lines(reader: _Reader, rows: Rows) -> Iterator[PlanLine]:
    for place, (number, cells) in enumerate(rows):
        if place > _ROWS:
            raise DescriptorError(N_("it has too many rows"))
        if not reader.columns:
            reader.columns = _titles(reader, cells)
            if not reader.columns and place > _ROWS_BEFORE_TITLES:
                return
            continue
        values = {name: cells[at] for at, name in reader.columns.items() if at < len(cells)}
        if _is_aside(cells):
            continue
        line = _line(reader, number or place + 1, values)
        if line is not None:
            yield line


def _is_aside(cells: list[object]) -> bool:
    """Tell whether a row is an example, or only numbers the columns: (1) (2) (3), as printed forms do."""
    texts = [text for cell in cells if (text := clean_text(cell)[0])]
    if texts and fold(texts[0]) in _EXAMPLE:
        return True
    numbers = [text.strip("()") for text in texts]
    return len(texts) > 1 and numbers == [str(number) for number in range(1, len(numbers) + 1)]


def _titles(reader: _Reader, cells: list[object]) -> dict[int, str]:
    """Return the columns when a row is the row of titles: number and title at least."""
    found: dict[int, str] = {}
    unknown = []
    for at, cell in enumerate(cells[:64]):
        text = clean_text(cell)[0]
        name = _MEANS.get(fold(text), "")
        if name and name not in found.values():
            found[at] = name
        elif text and fold(text) not in _KNOWN_ELSEWHERE:
            unknown.append(text)
    if not {"number", "title"} <= set(found.values()):
        return {}
    for text in unknown:
        reader.log.add(kinds.PLAN_UNKNOWN_COLUMN.at(reader.name, title=text[:200]))
    return found


def _line(reader: _Reader, row: int, values: dict[str, object]) -> PlanLine | None:
    """Return the line of one row; none for a heading, an empty row, or one that cannot be used."""
    text = {name: clean_text(value)[0] for name, value in values.items()}
    number, title = " ".join(text.get("number", "").split()), " ".join(text.get("title", "").split())
    told = bool(text.get("maintenance") or text.get("compiler"))
    if not told and (not number or _HEADING_NUMBER.fullmatch(number)):
        if title and not title.strip("()").isdecimal():
            reader.group = title[:_TITLE]
        return None
    place = f"{reader.name}:{row}"
    if not number:
        reader.log.add(kinds.PLAN_NO_NUMBER.at(place, row=row, text=title[:200]))
    elif not title:
        reader.log.add(kinds.PLAN_NO_TITLE.at(place, row=row, number=number[:_NUMBER]))
    elif len(number) > _NUMBER or len(title) > _TITLE:
        reader.log.add(kinds.PLAN_TOO_LONG.at(place, row=row, limit=_NUMBER))
    elif (first := reader.rows.get(fold_number(number))) is not None:
        reader.log.add(kinds.PLAN_TWICE.at(place, row=row, number=number, first=first))
    else:
        reader.rows[fold_number(number)] = row
        return _with_codes(reader, row, text, _plain(reader, number, title, text))
    return None


def _plain(reader: _Reader, number: str, title: str, text: dict[str, str]) -> PlanLine:
    return PlanLine(
        id=file_identifier(reader.agency, reader.year, number),
        year=reader.year,
        agency_code=reader.agency,
        number=number,
        title=title,
        compiler=text.get("compiler", "")[:200],
        note=text.get("note", "")[:_TITLE],
        group=reader.group,
        place=len(reader.rows),
        keywords=tuple(split_list(text.get("keywords", ""))[:_ITEMS]),
        organs=tuple(split_list(text.get("organs", ""))[:_ITEMS]),
    )


def _with_codes(reader: _Reader, row: int, text: dict[str, str], line: PlanLine) -> PlanLine:
    """Return a line with its coded values, and note those that are none."""
    place = f"{reader.name}:{row}"
    retention = text.get("maintenance", "")
    code = code_of("maintenance", retention) if retention else ""
    if not retention:
        reader.log.add(kinds.PLAN_NO_RETENTION.at(place, row=row, number=line.number))
    elif code not in CODE_TABLES["maintenance"]:
        reader.log.add(kinds.PLAN_OTHER_RETENTION.at(place, row=row, number=line.number, value=retention[:200]))
        line = replace(line, note="; ".join(part for part in (line.note, retention[:200]) if part))
        code = "07"
    types = _known(reader, place, row, "types", "typeName", split_list(text.get("types", "")))
    modes = _known(reader, place, row, "mode", "mode", [text["mode"]] if text.get("mode") else [])
    return replace(line, maintenance=code, types=tuple(types), mode=modes[0] if modes else "")


def _known(reader: _Reader, place: str, row: int, column: str, table: str, words: list[str]) -> list[str]:
    codes = []
    for word in words[:_ITEMS]:
        code = code_of(table, word)
        if code in CODE_TABLES[table]:
            codes.append(code)
        else:
            title = COLUMNS[column][0]
            reader.log.add(kinds.PLAN_UNKNOWN_VALUE.at(place, row=row, title=title, value=word[:200]))
    return codes


def write_plan_template(path: Path) -> None:
    """Write an empty plan as a spreadsheet, with the columns of Decree 30/2020 and those that help to sort.

    Raises:
        StorageError: it cannot be written.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    sheet = book.active or book.create_sheet()
    sheet.title = "Danh mục hồ sơ"
    sheet.append([title for title, _ in COLUMNS.values()])
    sheet.append(["Ví dụ", "I. TÊN ĐỀ MỤC LỚN", *([""] * (len(COLUMNS) - 2))])
    sheet.append(["Ví dụ", "Hồ sơ về việc sửa chữa đường liên xã", "Vĩnh viễn", "Nguyễn Văn Mẫu", "", *_EXAMPLE_END])
    for cell, width in zip(sheet[1], (22, 60, 20, 24, 24, 30, 24, 30, 20), strict=True):
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[cell.column_letter].width = width
    sheet.freeze_panes = "A2"
    try:
        book.save(path)
    except OSError as error:
        raise StorageError(
            N_("{path} cannot be written: {why}."),
            hint=N_("Choose another place or free some space."),
            path=path,
            why=error.strerror or error,
        ) from error


_EXAMPLE_END = ("sửa đường; liên xã", "Công văn; Tờ trình", "H49.64; Sở Xây dựng", "Công khai")
