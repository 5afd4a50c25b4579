"""Signature reports and validation material read out of a package by ranges: the payload is never touched.

Source:
    docs/format/aip-v1.md section 5.1.
"""

from collections.abc import Iterator
from typing import NamedTuple

from model.errors import IntegrityError
from model.material import Material, MaterialItem
from model.text import N_
from preservation.package.container import Entry, read_members
from preservation.package.plan import SignatureRecord
from preservation.package.reader import ReadPackage, Window
from preservation.package.signature_lines import (
    MATERIAL,
    MATERIAL_FOLDER,
    SIGNATURES,
    Provenance,
    is_bulk,
    material_path,
    provenance_of,
    record_of,
    report_path,
)

MATERIAL_LIMIT = 256 << 20
"""Bytes of one piece of validation material that are read; the largest CRLs known have a tenth of it."""
_KEPT_BYTES = 8 << 20
_KEPT_LARGEST = 1 << 20
"""Pieces up to this size are kept for the next file, up to `_KEPT_BYTES` of them: issuers repeat."""


class _Place(NamedTuple):
    entry: Entry
    provenance: Provenance


class PackagedSignatures:
    """What a package keeps about signatures; its stream is used while this is."""

    def __init__(self, package: ReadPackage) -> None:
        self._package = package
        self._places: dict[str, _Place] | None = None
        self._kept: dict[str, MaterialItem] = {}
        self._kept_bytes = 0

    def records(self) -> Iterator[SignatureRecord]:
        """Yield the records in the order of the files; none of a package without facts about signatures.

        Raises:
            IntegrityError: they are damaged.
        """
        for line in self._package.json_lines(SIGNATURES):
            try:
                record = record_of(line)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise _damaged(SIGNATURES, str(error)) from error
            yield record

    def material(self, record: SignatureRecord) -> Material:
        """Return the validation material of one file, in the order in which it was collected.

        Raises:
            IntegrityError: a piece is missing or damaged.
        """
        material = Material()
        for identifier in record.material:
            material.keep(self._item(identifier))
        return material

    def report(self, number: int) -> bytes | None:
        """Return the validation report as XML of the file on a line of `signatures.jsonl`, from 1."""
        wanted = f"{self._package.top_folder}/{report_path(number)}"
        for entry in self._bulk():
            if entry.path == wanted:
                return self._read(entry)
        return None

    def _item(self, identifier: str) -> MaterialItem:
        kept = self._kept.get(identifier)
        if kept is not None:
            return kept
        if self._places is None:
            self._places = self._find_places()
        place = self._places.get(identifier)
        if place is None:
            raise _damaged(MATERIAL_FOLDER + identifier, N_("it is not there"))
        item = place.provenance.item(self._read(place.entry))
        if item.id != identifier:
            raise _damaged(MATERIAL_FOLDER + identifier, N_("its digest is not its name"))
        self._keep(identifier, item)
        return item

    def _keep(self, identifier: str, item: MaterialItem) -> None:
        size = len(item.content)
        if size > _KEPT_LARGEST:
            return
        self._kept[identifier] = item
        self._kept_bytes += size
        while self._kept_bytes > _KEPT_BYTES:
            oldest = next(iter(self._kept))
            self._kept_bytes -= len(self._kept.pop(oldest).content)

    def _find_places(self) -> dict[str, _Place]:
        """Return where each piece lies; both the list and the pieces stand in one order."""
        prefix = f"{self._package.top_folder}/"
        entries = (entry for entry in self._bulk() if entry.path.startswith(prefix + MATERIAL_FOLDER))
        places = {}
        for line in self._package.json_lines(MATERIAL):
            try:
                provenance = provenance_of(line)
            except (ValueError, KeyError, TypeError) as error:
                raise _damaged(MATERIAL, str(error)) from error
            entry = next(entries, None)
            if entry is None or entry.path != prefix + material_path(provenance.id, provenance.kind):
                raise _damaged(material_path(provenance.id, provenance.kind), N_("it is not there"))
            places[provenance.id] = _Place(entry, provenance)
        return places

    def _bulk(self) -> Iterator[Entry]:
        """Yield the members of validation material and reports, which stand directly behind the front."""
        prefix = f"{self._package.top_folder}/"
        for entry in read_members(self._package.stream, start=self._package.content_start):
            if not is_bulk(entry.path.removeprefix(prefix)):
                return
            yield entry

    def _read(self, entry: Entry) -> bytes:
        if entry.size > MATERIAL_LIMIT:
            raise _damaged(entry.path, f"{entry.size} > {MATERIAL_LIMIT}")
        window = Window(self._package.stream, entry)
        try:
            return b"".join(iter(lambda: window.read(1 << 20), b""))
        except ValueError as error:
            raise _damaged(entry.path, str(error)) from error


def _damaged(part: str, reason: str) -> IntegrityError:
    return IntegrityError(
        N_("The package cannot be read: {part} is damaged ({reason})."),
        hint=N_("Compare the container with its digest, and read another copy of the package."),
        part=part,
        reason=reason,
    )
