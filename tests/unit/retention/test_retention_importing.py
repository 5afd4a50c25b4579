"""Spreadsheets of schedules as clerks and strangers make them: every row is read, and nothing crashes."""

import random
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest

from archive.retention.importing import COLUMNS, MAX_ROWS, MAX_UNPACKED, read_schedules
from archive.retention.sample import write_sample
from archive.retention.values import Period, Unit
from model.errors import InputError

TITLES = [titles[0] for titles in COLUMNS.values()]
SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return write_sample(tmp_path / "sample.xlsx", TITLES)


def changed(sample: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Return a copy whose parts were changed."""
    target = sample.with_name("changed.xlsx")
    with ZipFile(sample) as source, ZipFile(target, "w", ZIP_DEFLATED) as copy:
        for item in source.infolist():
            copy.writestr(item.filename, change(item.filename, source.read(item)))
    return target


def with_sheet(sample: Path, content: bytes) -> Path:
    return changed(sample, lambda name, old: content if name == SHEET else old)


def test_rows_beyond_the_size_the_sheet_claims_are_read(sample: Path) -> None:
    whole = len(read_schedules(sample).drafts)

    def claim(name: str, content: bytes) -> bytes:
        bare = re.sub(rb"<dimension[^>]*/>", b"", content)
        return bare.replace(b"<sheetData>", b'<dimension ref="A1:B3"/><sheetData>') if name == SHEET else content

    assert len(read_schedules(changed(sample, claim)).drafts) == whole > 3


def test_odd_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows: list[list[str | int | date | None]] = [
        ["THỜI HẠN LƯU TRỮ"],
        ["Mã", "Nhóm hồ sơ, tài liệu", "Thời hạn lưu trữ", "Số ngày xác nhận"],
        ["Nhóm I. Tài liệu chung"],
        [1, "số", 10, 90],
        ["2", "ngày thay cho số", date(1900, 1, 10), None],
        ["3", "=B4", "10 năm", None],
        ["4", "dài " * 10_000, "6 tháng", None],
    ]
    for row in rows:
        sheet.append(row)
    sheet.merge_cells("A3:D3")
    book.save(tmp_path / "odd.xlsx")
    read = read_schedules(tmp_path / "odd.xlsx")
    assert [(item.code, item.period) for item in read.drafts] == [
        ("1", Period(number=10, unit=Unit.YEARS)),
        ("4", Period(number=6, unit=Unit.MONTHS)),
    ]
    assert max(len(item.title) for item in read.drafts) <= 4000
    assert [(item.code, item.location) for item in read.findings] == [
        ("retention.wrong-value", "row 5"),
        ("retention.missing", "row 6"),
    ]


def test_numbers_written_as_fractions_are_whole(tmp_path: Path, sample: Path) -> None:
    cells = b"".join(
        b'<row r="%d">%s</row>' % (number, b"".join(row))
        for number, row in enumerate(
            (
                [b'<c t="inlineStr"><is><t>%s</t></is></c>' % title for title in (b"code", b"title", b"period")],
                [b"<c><v>2.0</v></c>", b'<c t="inlineStr"><is><t>x</t></is></c>', b"<c><v>10.0</v></c>"],
            ),
            1,
        )
    )
    sheet = b'<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (NAMESPACE, cells)
    read = read_schedules(with_sheet(sample, sheet))
    assert [(item.code, item.period) for item in read.drafts] == [("2", Period(number=10, unit=Unit.YEARS))]


@pytest.mark.parametrize(
    "head",
    [
        b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE a [<!ENTITY z "zzzzzzzzzz">%s]>'
        % b"".join(
            b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1 if letter > 97 else 122) * 10)
            for letter in range(97, 107)
        ),
    ],
)
def test_entities_are_refused(sample: Path, head: bytes) -> None:
    cell = b'<c r="A1" t="inlineStr"><is><t>&a;&j;</t></is></c>'
    sheet = b'<?xml version="1.0"?>%s<worksheet xmlns="%s"><sheetData><row r="1">%s</row></sheetData></worksheet>'
    with pytest.raises(InputError):
        read_schedules(with_sheet(sample, sheet % (head, NAMESPACE, cell)))


def test_what_is_beyond_a_limit_is_refused(tmp_path: Path, sample: Path) -> None:
    with pytest.raises(InputError, match=str(MAX_ROWS)):
        read_schedules(changed(sample, lambda _name, old: old.replace(b'<row r="3"', b'<row r="99999999"')))
    bomb = tmp_path / "bomb.xlsx"
    with ZipFile(bomb, "w", ZIP_DEFLATED) as container, container.open(SHEET, "w") as part:
        for _ in range(1 + (MAX_UNPACKED >> 20)):
            part.write(bytes(1 << 20))
    with pytest.raises(InputError, match="MiB"):
        read_schedules(bomb)


def test_a_workbook_without_a_sheet_is_refused(sample: Path) -> None:
    without = changed(sample, lambda _name, old: re.sub(rb"<sheets>.*</sheets>", b"<sheets/>", old))
    with pytest.raises(InputError):
        read_schedules(without)


def test_damaged_workbooks_end_in_findings_or_an_error(sample: Path) -> None:
    chance = random.Random(6)
    whole = sample.read_bytes()

    def damage(_name: str, old: bytes) -> bytes:
        content = bytearray(old)
        for _ in range(chance.randint(0, 4)):
            place = chance.randrange(len(content))
            content[place : place + chance.randint(0, 9)] = chance.randbytes(chance.randint(0, 2))
        return bytes(content)

    for turn in range(60):
        path = changed(sample, damage)
        if turn % 2:
            content = bytearray(whole)
            for _ in range(4):
                content[chance.randrange(len(content))] = chance.randrange(256)
            path.write_bytes(content)
        try:
            read_schedules(path)
        except InputError as error:
            assert error.hint
