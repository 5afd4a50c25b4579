"""`handover.json`: what a hand-over holds, for the receiver's system; a package a line.

Source:
    docs/giving-out.md
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from archive.archive import Archive
from archive.catalogue.handovers_values import HandoverItem, HandoverTotals
from archive.handover.folder import PACKAGES
from model.errors import StorageError
from model.text import N_

SCHEMA = "chauban-handover-manifest/1"


def write_manifest(
    archive: Archive,
    mark: Mapping[str, object],
    totals: HandoverTotals,
    items: Iterable[HandoverItem],
    target: Path,
) -> Path:
    """Write the manifest: a line that says what it is, then a line a package.

    Args:
        mark: what every record of the hand-over begins with.
        items: every case file, with its package.
        target: of the file; replaced when there.

    Raises:
        StorageError: it cannot be written.
    """
    configuration = archive.configuration
    head = {
        "schema": SCHEMA,
        **mark,
        "giver": {"archive_id": str(configuration.archive_id), "name": configuration.name},
        "case_files": totals.case_files,
        "documents": totals.documents,
        "files": totals.files,
        "bytes": totals.bytes,
        "digest_of": "the ZIP" if _packed(mark) else "METS.xml of the package",
    }
    try:
        with target.open("w", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(head, ensure_ascii=True, separators=(",", ":")).removesuffix("}") + ',"packages":[\n')
            separator = ""
            for item in items:
                file.write(separator + json.dumps(_package(archive, item), ensure_ascii=True, separators=(",", ":")))
                separator = ",\n"
            file.write("\n]}\n")
    except OSError as error:
        raise StorageError(
            N_("{path} cannot be written: {why}."),
            hint=N_("Choose another place or free some space."),
            path=target,
            why=error.strerror or error,
        ) from error
    return target


def _packed(mark: Mapping[str, object]) -> bool:
    request = mark["request"]
    return bool(request["packed"]) if isinstance(request, dict) else True


def _package(archive: Archive, item: HandoverItem) -> dict[str, object]:
    held = archive.catalogue.get_case_file(item.aip_id)
    case_file = held.case_file if held else None
    return {
        "ordinal": item.ordinal,
        "path": f"{PACKAGES}/{item.name}",
        "size": item.size,
        "sha256": item.sha256.hex(),
        "aip_id": str(item.aip_id),
        "version": item.version,
        "code": item.code,
        "title": case_file.title if case_file else "",
        "fonds": case_file.fonds_code if case_file else "",
        "documents": item.documents,
        "files": item.files,
        "bytes": item.bytes,
    }
