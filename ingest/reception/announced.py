"""Reading the list of case files that an agency announced (mục lục hồ sơ nộp): XLSX, CSV or JSON."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from archive.catalogue.submissions_values import AnnouncedItem
from ingest.describe.csv_reader import csv_tables
from ingest.describe.reading import DescriptorError, Reading
from ingest.describe.tables import case_rows
from ingest.describe.titles import case_field
from ingest.describe.values import clean_text, code_of, number_of
from ingest.describe.xlsx_reader import xlsx_tables
from ingest.sources.values import Limits
from model.errors import InputError
from model.findings import FindingLog, printable
from model.text import N_, numbered

MAX_ITEMS = 200_000
_COLUMN_NUMBER = re.compile(r"\(\d{1,2}\)")
_CONTAINERS = ("caseFiles", "case_files", "hoSo", "items")


def read_announced(path: Path) -> list[AnnouncedItem]:
    """Read an announced list; columns and members are known by their Vietnamese and English titles.

    Raises:
        InputError: it cannot be read, holds no case file code, or names one twice.
    """
    try:
        items = _items(path)
    except DescriptorError as exc:
        raise _unreadable(path, str(exc)) from exc
    except OSError as exc:
        raise _unreadable(path, exc.strerror or str(exc)) from exc
    if not items:
        raise _unreadable(path, N_("no line with a case file code was found"))
    return list(items.values())


def _items(path: Path) -> dict[str, AnnouncedItem]:
    if path.stat().st_size > Limits().descriptor_size:
        raise DescriptorError(numbered(N_("it is larger than # bytes"), Limits().descriptor_size))
    items: dict[str, AnnouncedItem] = {}
    for cells in _json_rows(path) if path.suffix.lower() == ".json" else _table_rows(path):
        item = _item(cells)
        if not item.code:
            continue
        if item.code in items:
            raise DescriptorError(f"{N_('a case file code is there twice')}: {printable(item.code)}")
        if len(items) >= MAX_ITEMS:
            raise DescriptorError(numbered(N_("it has more than # lines"), MAX_ITEMS))
        items[item.code] = item
    return items


def item_to_json(item: AnnouncedItem) -> dict[str, object]:
    """Return the stored form of a line."""
    return {
        "code": item.code,
        "title": item.title,
        "maintenance": item.maintenance,
        "documents": item.documents,
    }


def item_from_json(data: Mapping[str, Any]) -> AnnouncedItem:
    """Read the stored form back."""
    return AnnouncedItem(
        code=data["code"], title=data["title"], maintenance=data["maintenance"], documents=data["documents"]
    )


def _item(cells: Mapping[str, object]) -> AnnouncedItem:
    texts = {attribute: clean_text(value)[0] for attribute, value in cells.items()}
    retention, count = texts.get("maintenance", ""), texts.get("total_doc", "")
    try:
        documents = number_of(count) if count else None
    except ValueError as exc:
        raise DescriptorError(f"{N_('a number of documents is no number')}: {printable(count[:100])}") from exc
    return AnnouncedItem(
        code=texts.get("file_code", ""),
        title=texts.get("title", ""),
        maintenance=code_of("maintenance", retention) if retention else "",
        documents=documents,
    )


def _table_rows(path: Path) -> Iterator[Mapping[str, object]]:
    reading = Reading(path=path, name=path.name, limits=Limits(), log=FindingLog())
    suffix = path.suffix.lower()
    if suffix not in {".xlsx", ".csv"}:
        raise DescriptorError(N_("it is neither XLSX nor CSV nor JSON"))
    tables = (xlsx_tables if suffix == ".xlsx" else csv_tables)(reading)
    try:
        for rows in (tables.case, tables.documents):
            for row in case_rows(reading, rows) if rows is not None else ():
                if not _numbers_columns(row.values()):
                    yield {attribute: value for attribute, (value, _title) in row.items()}
    finally:
        tables.close()


def _numbers_columns(cells: Iterable[tuple[object, str]]) -> bool:
    """Tell whether a row only numbers the columns: (1) (2) (3), as printed forms do."""
    texts = [text for value, _title in cells if (text := clean_text(value)[0])]
    return bool(texts) and all(_COLUMN_NUMBER.fullmatch(text) for text in texts)


def _json_rows(path: Path) -> Iterator[Mapping[str, object]]:
    try:
        data = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as exc:
        raise DescriptorError(N_("it is no JSON")) from exc
    if isinstance(data, dict):
        data = next((data[name] for name in _CONTAINERS if name in data), None)
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise DescriptorError(N_("it is no list of objects"))
    for item in data:
        yield {case_field(name): value for name, value in item.items() if case_field(name)}


def _unreadable(path: Path, why: str) -> InputError:
    return InputError(
        N_("{path} is no list of announced case files: {why}."),
        hint=N_("Give a table with the columns case file code, title, retention period and number of documents."),
        path=printable(str(path)),
        why=why,
    )
