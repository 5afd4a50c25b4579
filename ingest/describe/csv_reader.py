"""Reading hoso.csv as spreadsheet programs write it: any of three dividers, UTF-8, UTF-16 or Windows-1258."""

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

from ingest.describe import findings as kinds
from ingest.describe.convert import Cells
from ingest.describe.reading import DescriptorError, Reading
from ingest.describe.tables import Rows, Tables, read_one_case
from ingest.describe.titles import case_field, document_field
from ingest.legacy.names import field_named
from model.text import N_, numbered

_SAMPLE_LINES = 60
_LEGACY = "cp1258"


def read_csv(reading: Reading) -> Iterator[Cells]:
    """Yield the documents of a CSV descriptor; case-level values go to `reading`.

    Raises:
        DescriptorError: no encoding fits, or the table cannot be read.
    """
    yield from read_one_case(reading, csv_tables(reading))


def csv_tables(reading: Reading) -> Tables:
    """Return the only table of a CSV file."""
    return Tables(None, _rows(reading, _encoding(reading)))


def _rows(reading: Reading, encoding: str) -> Rows:
    divider, skip = _divider(reading.path, encoding)
    with reading.path.open("r", encoding=encoding, newline="") as text:
        for _ in range(skip):
            text.readline()
        lines = csv.reader(text, delimiter=divider)
        try:
            for cells in lines:
                stripped: list[object] = [cell.strip() for cell in cells]
                yield lines.line_num + skip, stripped
        except (csv.Error, UnicodeDecodeError) as error:
            raise DescriptorError(f"{numbered(N_('line #'), lines.line_num + skip + 1)}: {error}") from error


def _encoding(reading: Reading) -> str:
    """Return the encoding by the byte order mark, else UTF-8, else the legacy one (with a finding)."""
    with reading.path.open("rb") as stream:
        start = stream.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.count(b"\0") > len(start) // 4:
        return "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
    if _decodes(reading.path, "utf-8"):
        return "utf-8-sig"
    if not _decodes(reading.path, _LEGACY):
        raise DescriptorError(N_("its encoding is not known; save it as “CSV UTF-8”"))
    reading.log.add(kinds.LEGACY_ENCODING.at(reading.name, encoding="Windows-1258"))
    return _LEGACY


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                decoder.decode(chunk)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _divider(path: Path, encoding: str) -> tuple[str, int]:
    """Return the divider that makes most titles recognised, and how many lines to skip (`sep=;`)."""
    with path.open("r", encoding=encoding, newline="") as text:
        try:
            lines = [text.readline(1 << 16) for _ in range(_SAMPLE_LINES)]
        except UnicodeDecodeError as error:
            raise DescriptorError(N_("its encoding is not known; save it as “CSV UTF-8”")) from error
    first = lines[0].strip().strip('"').lower()
    if first.startswith("sep=") and len(first) == 5:
        return lines[0].strip().strip('"')[4], 1
    scores = {divider: _score(lines, divider) for divider in (";", "\t", ",")}
    return max(scores, key=lambda divider: scores[divider]), 0


def _score(lines: list[str], divider: str) -> tuple[int, int]:
    best = total = 0
    try:
        for cells in csv.reader(lines, delimiter=divider):
            known = sum(1 for cell in cells if _is_title(cell))
            best, total = max(best, known), total + len(cells)
    except csv.Error:
        return (0, 0)
    return best, total


def _is_title(cell: str) -> bool:
    return bool(document_field(cell) or case_field(cell.lstrip("#")) or field_named(cell))
