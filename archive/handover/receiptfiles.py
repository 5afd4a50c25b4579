"""Whether the files a receipt names are the files that were handed over."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from archive.archive import Archive
from archive.catalogue.handovers_values import HandoverItem
from model.errors import InputError
from model.text import N_
from preservation.package.mets import is_link

_MAX_ROWS = 20_000_000


class ReceivedFiles:
    """The files a receipt names: in itself, or, where they are many, in a table beside it."""

    def __init__(self, receipt: Path) -> None:
        self._receipt = receipt
        self._rows: Iterator[tuple[str, str]] | None = None
        self._next: tuple[str, str] | None = None

    def compare(self, archive: Archive, item: HandoverItem, entry: Mapping[str, Any]) -> None:
        """See that a receipt names every content file of a case file by its digest.

        Links are not compared: the receiver writes them anew (`.fetch.txt`).

        Raises:
            InputError: a file is missing, or has other bytes.
        """
        named = Counter(self._digests(entry))
        for file in archive.catalogue.files(item.aip_id, item.version):
            digest = file.object.sha256.hex()
            if is_link(file.object.path):
                continue
            if not named[digest]:
                raise InputError(
                    N_("{path} says that {code} was received, but names no file with the digest of {file}."),
                    hint=N_("Nothing was registered. Ask the receiver what became of the file."),
                    path=self._receipt.name,
                    code=item.code,
                    file=file.object.path,
                )
            named[digest] -= 1

    def _digests(self, entry: Mapping[str, Any]) -> Iterator[str]:
        listed = entry.get("file_list")
        if isinstance(listed, list):
            yield from (str(file.get("sha256")).lower() for file in listed if isinstance(file, dict))
        elif isinstance(listed, dict):
            yield from self._in_table(str(listed.get("table")), str(entry.get("transfer_id")))

    def _in_table(self, name: str, transfer: str) -> Iterator[str]:
        """Yield the digests of one transfer from the table beside the receipt, whose rows are in its order."""
        path = self._receipt.with_name(Path(name).name or "?")
        try:
            if self._rows is None:
                self._rows = _rows(path)
                self._next = next(self._rows, None)
            while self._next is not None and self._next[0] != transfer:
                self._next = next(self._rows, None)
            while self._next is not None and self._next[0] == transfer:
                yield self._next[1]
                self._next = next(self._rows, None)
        except (OSError, ValueError, csv.Error) as error:
            raise InputError(
                N_("The table of files {name}, which {path} refers to, cannot be read."),
                hint=N_("Lay it beside the receipt, as it came with it."),
                name=path.name,
                path=self._receipt.name,
            ) from error


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    """Yield transfer and digest of each row of a table of files."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in islice(csv.DictReader(file), _MAX_ROWS):
            yield str(row.get("transfer_id")), str(row.get("sha256")).lower()
