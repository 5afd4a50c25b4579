"""What is known about signatures, in the work area: written once, read any number of times by the package writer.

Validation material is appended to one pack and found again by its place: a case file of 100,000 signed documents has
several hundred thousand pieces, which are no files of their own before they are in the package.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from model.codec import decode, encode
from model.dates import from_utc_text, utc_text
from model.material import Material, MaterialItem, MaterialKind, MaterialSource
from model.signatures import SignatureReport
from model.spool import Spool
from preservation.package.plan import SignatureEvidence, SignatureRecord

RECORDS = "signatures.jsonl"
MATERIAL = "validation-data.jsonl"
REPORTS = "validation-reports.jsonl"
PACK = "validation-data.bin"


class _Piece(NamedTuple):
    """One piece of validation material in the pack."""

    offset: int
    size: int
    kind: MaterialKind
    source: MaterialSource
    url: str
    obtained: str


class _Report(NamedTuple):
    """One validation report in the pack."""

    number: int
    offset: int
    size: int


class SignatureSpools:
    """The facts about a submission's signatures, in the folder of its work area."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pack: IO[bytes] | None = None
        self._known: set[bytes] = set()
        self._position = 0
        self._count = 0
        self.records: Spool[SignatureRecord] = Spool(folder / RECORDS, _encode_record, _decode_record)
        self._pieces: Spool[_Piece] = Spool(folder / MATERIAL, list, _piece)
        self._reports: Spool[_Report] = Spool(folder / REPORTS, list, lambda data: _Report(*data))

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files of the work area that the package is made from; none before anything was examined."""
        names = (RECORDS, MATERIAL, REPORTS, PACK)
        return tuple(path for path in (self._folder / name for name in names) if path.exists())

    def append(self, report: SignatureReport, material: Material, validation_report: bytes | None) -> None:
        """Add what was found in one file.

        Args:
            validation_report: as XML; none where there is nothing to report.
        """
        self._count += 1
        for item in material:
            self._add_piece(item)
        self.records.append(SignatureRecord(report=report, material=tuple(material.items)))
        if validation_report is not None:
            self._reports.append(_Report(self._count, *self._write(validation_report)))

    def close(self) -> None:
        """End writing."""
        for spool in (self.records, self._pieces, self._reports):
            spool.close()
        if self._pack is not None:
            self._pack.close()
            self._pack = None

    def evidence(self) -> SignatureEvidence | None:
        """Return what the package keeps; none where nothing is known about any file."""
        if not (self._folder / RECORDS).exists() or not any(True for _record in self.records):
            return None
        return SignatureEvidence(
            records=self.records,
            material=_Material(self._folder, self._pieces),
            reports=_Reports(self._folder, self._reports),
        )

    def _add_piece(self, item: MaterialItem) -> None:
        key = bytes.fromhex(item.id)
        if key in self._known:
            return
        self._known.add(key)
        obtained = utc_text(item.obtained) if item.obtained else ""
        self._pieces.append(_Piece(*self._write(item.content), item.kind, item.source, item.url, obtained))

    def _write(self, content: bytes) -> tuple[int, int]:
        if self._pack is None:
            self._pack = (self._folder / PACK).open("wb")
        self._pack.write(content)
        self._position += len(content)
        return self._position - len(content), len(content)


@dataclass(frozen=True, slots=True)
class _Material:
    """The pieces of the pack, as often as one likes."""

    folder: Path
    pieces: Spool[_Piece]

    def __iter__(self) -> Iterator[MaterialItem]:
        with _Pack(self.folder) as pack:
            for piece in self.pieces:
                obtained = from_utc_text(piece.obtained) if piece.obtained else None
                content = pack.read(piece.offset, piece.size)
                yield MaterialItem(
                    kind=piece.kind, content=content, source=piece.source, url=piece.url, obtained=obtained
                )


@dataclass(frozen=True, slots=True)
class _Reports:
    """The validation reports of the pack, as often as one likes."""

    folder: Path
    reports: Spool[_Report]

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        with _Pack(self.folder) as pack:
            for report in self.reports:
                yield report.number, pack.read(report.offset, report.size)


class _Pack:
    """The pack, opened when the first piece is asked for: there is none where nothing was collected."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / PACK
        self._file: IO[bytes] | None = None

    def __enter__(self) -> "_Pack":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def read(self, offset: int, size: int) -> bytes:
        """Return one piece."""
        if self._file is None:
            self._file = self._path.open("rb")
        self._file.seek(offset)
        return self._file.read(size)


def _encode_record(record: SignatureRecord) -> object:
    return [encode(record.report), list(record.material)]


def _decode_record(data: list[Any]) -> SignatureRecord:
    return SignatureRecord(report=_report(data[0]), material=tuple(data[1]))


_report = partial(decode, SignatureReport)


def _piece(data: list[Any]) -> _Piece:
    offset, size, kind, source, url, obtained = data
    return _Piece(offset, size, MaterialKind(kind), MaterialSource(source), url, obtained)
