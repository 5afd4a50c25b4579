"""A table that describes several case files, lying beside folders named after their codes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ingest.describe import findings as kinds
from ingest.describe.convert import Cells
from ingest.describe.csv_reader import csv_tables
from ingest.describe.reading import DescriptorError, Reading
from ingest.describe.tables import read_cases
from ingest.describe.titles import fold
from ingest.describe.xlsx_reader import xlsx_tables
from ingest.sources.values import Limits
from model.findings import Finding, FindingLog
from model.text import N_, numbered

_ROWS = 50_000
"""Rows of a batch table at most: it is held in memory."""


@dataclass(slots=True)
class _Case:
    code: str
    case: dict[str, list[tuple[object, str]]] = field(default_factory=dict)
    documents: list[Cells] = field(default_factory=list)


@dataclass(slots=True)
class _Batch:
    cases: dict[str, _Case] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    common: dict[str, object] = field(default_factory=dict)
    """Case-level values above the table, the same for all."""
    fault: str = ""


def case_codes(path: Path, limits: Limits) -> frozenset[str]:
    """Return the case file codes a table gives row by row; empty when it describes one case file or cannot be read."""
    return frozenset(case.code for case in _load(path, limits).cases.values() if case.code)


def read_batch(reading: Reading) -> Iterator[Cells]:
    """Yield the documents of one case file of a batch table; its case-level values go to `reading`.

    Raises:
        DescriptorError: the table cannot be read.
    """
    batch = _load(reading.path, reading.limits)
    if batch.fault:
        raise DescriptorError(batch.fault)
    reading.log.extend(batch.findings)
    case = batch.cases.get(fold(reading.case_code))
    if case is None:
        reading.log.add(kinds.CASE_NOT_DESCRIBED.at(reading.name, code=reading.case_code))
        return
    for attribute, value in batch.common.items():
        reading.say_of_case(attribute, value, attribute)
    for attribute, values in case.case.items():
        for value, title in values:
            reading.say_of_case(attribute, value, title)
    yield from case.documents


def _load(path: Path, limits: Limits) -> _Batch:
    try:
        facts = path.stat()
    except OSError as error:
        return _Batch(fault=error.strerror or N_("it is gone"))
    return _load_once(path, facts.st_mtime_ns, facts.st_size, limits)


@lru_cache(maxsize=1)
def _load_once(path: Path, _modified: int, size: int, limits: Limits) -> _Batch:
    """Read a batch table once for all its case files."""
    log = FindingLog(limits.findings)
    reading = Reading(path=path, name=path.name, limits=limits, log=log)
    batch = _Batch()
    try:
        _read_rows(reading, size, batch)
    except DescriptorError as error:
        batch.fault = str(error)
    batch.findings = tuple(log)
    batch.common = reading.case_cells
    return batch


def _read_rows(reading: Reading, size: int, batch: _Batch) -> None:
    if size > reading.limits.descriptor_size:
        raise DescriptorError(numbered(N_("it is larger than # bytes"), reading.limits.descriptor_size))
    tables = (xlsx_tables if reading.path.suffix.lower() == ".xlsx" else csv_tables)(reading)
    try:
        for count, row in enumerate(read_cases(reading, tables)):
            if count >= _ROWS:
                raise DescriptorError(numbered(N_("it has more than # rows for several case files"), _ROWS))
            _add(batch, row.code, row.case, row.document)
    finally:
        tables.close()


def _add(batch: _Batch, code: str, values: dict[str, tuple[object, str]], document: Cells) -> None:
    case = batch.cases.setdefault(fold(code), _Case(code))
    for attribute, pair in values.items():
        held = case.case.setdefault(attribute, [])
        if pair not in held and len(held) < 20:
            held.append(pair)
    if document:
        case.documents.append(document)
