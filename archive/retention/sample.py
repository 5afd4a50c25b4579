"""The sample list of schedules: rows known from the circulars, each with its source and the status of that source."""

import csv
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from model.errors import ConfigurationError, ConflictError
from model.text import N_

_RESOURCE = "sample-schedules.csv"


def write_sample(path: Path, titles: Sequence[str]) -> Path:
    """Write the sample as XLSX, or as CSV where the name ends so; an existing file is left as it is.

    Raises:
        ConflictError: the file exists.
        ConfigurationError: it cannot be written.
    """
    try:
        with path.open("xb") as file:
            if path.suffix.lower() == ".csv":
                for row in (titles, *_rows()):
                    file.write((",".join(map(_quoted, row)) + "\r\n").encode())
            else:
                import openpyxl

                book = openpyxl.Workbook(write_only=True)
                sheet = book.create_sheet("Thời hạn")
                for row in (titles, *_rows()):
                    sheet.append(list(row))
                book.save(file)
    except FileExistsError as error:
        raise ConflictError(N_("{path} exists already."), hint=N_("Choose another name."), path=path) from error
    except OSError as error:
        raise ConfigurationError(
            N_("{path} cannot be written: {why}."), hint=N_("Choose another place."), path=path, why=error.strerror
        ) from error
    return path


def _rows() -> Iterator[Sequence[str]]:
    text = (files("archive.retention") / "data" / _RESOURCE).read_text(encoding="utf-8")
    yield from csv.reader(text.splitlines())


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\r\n') else cell
