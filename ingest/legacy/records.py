"""Reading case files and documents by Circular 02/2019 out of XML, JSON, XLSX and CSV, whatever they are wrapped in.

A record is any element, object or row that has at least three of the circular's fields. Nothing is said here about
values; that is for the check and the conversion.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from ingest.describe.csv_reader import csv_tables
from ingest.describe.reading import DescriptorError, Reading
from ingest.describe.tables import Rows
from ingest.describe.values import clean_text, split_files
from ingest.describe.xlsx_reader import xlsx_sheets
from ingest.describe.xml_reader import refuse_declarations
from ingest.legacy.findings import TWICE
from ingest.legacy.names import (
    CASE_ONLY,
    FILES,
    PARTS,
    as_case_field,
    field_named,
    is_case,
    is_document,
    is_of_document_alone,
)
from model.findings import FindingLog
from model.text import N_, numbered

_FEWEST = 3
"""Fields that make a record."""
_DEPTH = 24
_LIVE = 20_000
"""XML elements held at once."""
_JSON = 32 << 20
"""Bytes of a JSON description, which is held in memory."""
_COLUMNS = 256
_ROWS_BEFORE_TITLES = 200
_OTHERS, _OTHER = 50, 2000
"""Unknown fields that are kept of a record, and characters of each."""
_OF_CASE = CASE_ONLY | {"FileCode", "Language", *PARTS}
"""What a row that tells of a case file and of a document at once says of the case file."""
_NAMING = frozenset(("name", "key", "id", "ten", "field"))
_VALUE = ("value", "href", "src", "path", "name")

Pairs = list[tuple[str, object]]
"""Titles and values as they stand in the description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a description says of one case file or one document."""

    is_document: bool
    fields: Mapping[str, str]
    """Values by the circular's field names."""
    files: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    """Values by names that are not the circular's."""
    place: str = ""
    """Name of the description it stands in."""
    aside: bool = False
    """Whether a case file is told of in the description of a document: what is said of it elsewhere comes first."""

    def to_json(self) -> list[object]:
        """Return the stored form."""
        return [dict(self.fields), list(self.files), [list(pair) for pair in self.others], self.place]

    @classmethod
    def document_from_json(cls, data: Sequence[Any]) -> "Record":
        """Read the stored form of a document's record back."""
        fields, files, others, place = data
        pairs = tuple((name, value) for name, value in others)
        return cls(is_document=True, fields=fields, files=tuple(files), others=pairs, place=place)


def read_records(reading: Reading, suffix: str) -> Iterator[Record]:
    """Yield the records of a description.

    Args:
        suffix: its kind, lower case: `.xml`, `.json`, `.xlsx` or `.csv`.

    Raises:
        DescriptorError: it cannot be read.
    """
    reader = {".xml": _read_xml, ".json": _read_json, ".xlsx": _read_xlsx, ".csv": _read_csv}[suffix]
    yield from reader(reading)


@dataclass(slots=True)
class _Made:
    """A record being put together from titles and values."""

    place: str
    log: FindingLog
    fields: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, title: str, value: object) -> None:
        text = clean_text(value)[0]
        if name == FILES:
            self.files.extend(split_files(text))
        elif not text:
            return
        elif not name:
            if len(self.others) < _OTHERS:
                self.others.append((title[:100], text[:_OTHER]))
        elif self.fields.setdefault(name, text) != text:
            self.log.add(TWICE.at(self.place, field=name, value=self.fields[name][:200], other=text[:200]))

    def record(self, *, is_document: bool, aside: bool = False) -> Record:
        return Record(
            is_document=is_document,
            aside=aside,
            fields=self.fields,
            files=tuple(dict.fromkeys(self.files)),
            others=tuple(self.others),
            place=self.place,
        )


def _records(reading: Reading, pairs: Pairs) -> Iterator[Record]:
    """Yield the records that titles and values make: a row may tell of the case file and of a document at once."""
    names = {name for title, _ in pairs if (name := field_named(title)) and name != FILES}
    if len(names) < _FEWEST:
        return
    flat = is_document(names)
    of_document_alone = is_of_document_alone(names)
    if is_case(names) and not of_document_alone:
        made = _Made(reading.name, reading.log)
        for title, value in pairs:
            name = as_case_field(title)
            if name in _OF_CASE if flat else name != FILES:
                made.add(name, title, value)
        yield made.record(is_document=False, aside=flat)
    if flat:
        made = _Made(reading.name, reading.log)
        for title, value in pairs:
            name = field_named(title)
            if of_document_alone:
                name = {"Rights": "Mode", "Maintenance": ""}.get(name, name)  # the period is kept as it is
            if name not in CASE_ONLY:
                made.add(name, title, value)
        yield made.record(is_document=True)


def _read_xml(reading: Reading) -> Iterator[Record]:
    refuse_declarations(reading)
    with reading.path.open("rb") as stream:
        events = etree.iterparse(
            stream,
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        depth = live = 0
        try:
            for event, element in events:
                if event == "start":
                    depth, live = depth + 1, live + 1
                    _check_xml(depth, live)
                    continue
                depth -= 1
                found = list(_records(reading, _xml_pairs(element)))
                yield from found
                if found and depth:
                    live -= 1 + sum(1 for _ in element.iterdescendants())
                    _drop(element)
        except etree.XMLSyntaxError as error:
            line, column = error.position
            raise DescriptorError(f"{numbered(N_('line #, column #'), line, column)}: {error.msg}") from error


def _check_xml(depth: int, live: int) -> None:
    if depth > _DEPTH:
        raise DescriptorError(numbered(N_("its elements are nested more than # deep"), _DEPTH))
    if live > _LIVE:
        raise DescriptorError(numbered(N_("one part of it has more than # elements"), _LIVE))


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    element.clear()
    if parent is not None:
        parent.remove(element)


def _xml_pairs(element: etree._Element) -> Pairs:
    """Return the titles and values of an element; none of an element that is itself a field."""
    if field_named(_local(element)) not in ("", FILES):
        return []
    pairs: Pairs = [(str(key), text) for key, text in element.attrib.items() if not str(key).startswith("{")]
    for child in element:
        title = _local(child)
        if not len(child):
            pairs.append(_leaf(child, title))
        elif field_named(title) and field_named(title) != FILES:
            pairs.append((title, child.text or ""))
            pairs.extend(_leaf(part, _local(part)) for part in child if field_named(_local(part)) in PARTS)
        else:
            pairs.extend(_files_below(child))
    return pairs


def _leaf(element: etree._Element, title: str) -> tuple[str, object]:
    """Return title and value of an element without children, also of one like `<field name="FileCode" value="…"/>`."""
    named = {str(key).rpartition("}")[2].lower(): str(text) for key, text in element.attrib.items()}
    text = (element.text or "").strip()
    value = text or next((named[key] for key in _VALUE if key in named), "")
    if not field_named(title):
        for key in _NAMING & named.keys():
            if field_named(named[key]):
                return named[key], text or named.get("value", "")
    return title, value


def _files_below(element: etree._Element) -> Pairs:
    """Return the file names in a group such as `<Files><File><FileName>…`."""
    return [
        _leaf(part, _local(part))
        for part in element.iterdescendants()
        if not len(part) and field_named(_local(part)) == FILES
    ]


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _read_json(reading: Reading) -> Iterator[Record]:
    if reading.path.stat().st_size > _JSON:
        raise DescriptorError(numbered(N_("it is larger than # bytes"), _JSON))
    content = reading.path.read_bytes()
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        data = json.loads(content.decode(encoding))
    except json.JSONDecodeError as error:
        raise DescriptorError(f"{numbered(N_('line #, column #'), error.lineno, error.colno)}: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise DescriptorError(N_("it is not UTF-8 text")) from error
    except (RecursionError, ValueError) as error:
        raise DescriptorError(N_("a value is nested too deeply or is too large")) from error
    yield from _walk_json(reading, data, 0)


def _walk_json(reading: Reading, data: object, depth: int) -> Iterator[Record]:
    if depth > _DEPTH:
        raise DescriptorError(N_("a value is nested too deeply or is too large"))
    if isinstance(data, dict):
        yield from _records(reading, list(_json_pairs(data)))
        data = [value for key, value in data.items() if field_named(str(key)) in ("", FILES)]
    if isinstance(data, list):
        for item in data:
            if isinstance(item, dict | list):
                yield from _walk_json(reading, item, depth + 1)


def _json_pairs(data: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in data.items():
        name = field_named(key)
        if not isinstance(value, dict | list):
            yield key, value
        elif name == FILES:
            yield from ((key, text) for text in _json_files(value))
        elif name and isinstance(value, dict):
            yield from ((part, content) for part, content in value.items() if field_named(part) in PARTS)
        elif name and isinstance(value, list):
            yield key, "; ".join(clean_text(item)[0] for item in value if not isinstance(item, dict | list))


def _json_files(value: object) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield from (str(text) for key, text in item.items() if field_named(key) == FILES or key.lower() == "name")
        elif isinstance(item, str):
            yield item


def _read_xlsx(reading: Reading) -> Iterator[Record]:
    for _name, rows in xlsx_sheets(reading):
        yield from _read_rows(reading, rows)


def _read_csv(reading: Reading) -> Iterator[Record]:
    tables = csv_tables(reading)
    try:
        yield from _read_rows(reading, tables.documents)
    finally:
        tables.close()


def _read_rows(reading: Reading, rows: Rows) -> Iterator[Record]:
    """Yield the records of a sheet: below a row of titles, or as field and value down the sheet."""
    titles: list[str] = []
    down: Pairs = []
    known_case = ""
    for number, row in rows:
        cells = row[:_COLUMNS]
        texts = [cell.strip() if isinstance(cell, str) else "" for cell in cells]
        if not titles:
            if sum(1 for text in texts if field_named(text)) >= _FEWEST:
                titles = texts
                yield from _records(reading, down)
                down = []
            elif (pair := _down(texts, cells)) is not None:
                down.append(pair)
            elif number > _ROWS_BEFORE_TITLES and not down:
                return
            continue
        for record in _records(reading, _row_pairs(titles, cells)):
            key = repr(sorted(record.fields.items()))
            if record.is_document or key != known_case:  # the case file stands in every row of one sheet
                yield record
            known_case = known_case if record.is_document else key
    yield from _records(reading, down)


def _down(texts: list[str], cells: list[object]) -> tuple[str, object] | None:
    for at, text in enumerate(texts[:-1]):
        if field_named(text):
            value = next((cell for cell in cells[at + 1 :] if cell not in (None, "")), None)
            return (text, value) if value is not None else None
    return None


def _row_pairs(titles: list[str], cells: list[object]) -> Pairs:
    return [(title, cell) for title, cell in zip(titles, cells, strict=False) if title and cell not in (None, "")]
