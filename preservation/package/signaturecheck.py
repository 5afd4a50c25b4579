"""The check of what a package keeps about signatures: every line readable, every piece there and what its name says.

Source:
    docs/format/aip-v1.md section 5.1
"""

import json
from collections.abc import Iterator
from typing import Any

from model.errors import InputError
from model.findings import FindingLog
from preservation.package import findings as kinds
from preservation.package.fixity import Fixity
from preservation.package.signature_lines import (
    MATERIAL,
    MATERIAL_FOLDER,
    SIGNATURES,
    material_path,
    provenance_of,
    record_of,
)
from preservation.package.tree import PathSet, SubTree

_LINE = 64 * 1024 * 1024
_CONTENT = "representations/rep1/data/"
_UNUSABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def check_signatures(bag: SubTree, package: SubTree, fixity: Fixity, log: FindingLog) -> None:
    """Check the tag files about signatures, where there are any.

    Args:
        bag: the tree seen from the bag's top folder.
        package: the tree seen from the payload folder.
        fixity: digests by path from the root of what was opened.
        log: where findings go.
    """
    listed = _check_material(bag, log)
    _check_names(bag, fixity, log)
    if bag.size(SIGNATURES) is None:
        return
    for number, value in _numbered(bag, SIGNATURES, log):
        place = bag.at(SIGNATURES)
        try:
            record = record_of(value)
        except _UNUSABLE:
            log.add(kinds.AIP_SIGNATURES.at(place, line=number))
            continue
        path = f"{_CONTENT}{record.report.file.path}"
        if package.size(path) is None:
            log.add(kinds.FILE_MISSING.at(package.at(path), named_in=place))
        for identifier in record.material:
            if identifier not in listed:
                log.add(kinds.FILE_MISSING.at(bag.at(MATERIAL_FOLDER + identifier), named_in=place))


def _check_material(bag: SubTree, log: FindingLog) -> PathSet:
    """Check the list of validation material; return the ids it names."""
    listed = PathSet()
    if bag.size(MATERIAL) is None:
        return listed
    for number, value in _numbered(bag, MATERIAL, log):
        try:
            provenance = provenance_of(value)
        except _UNUSABLE:
            log.add(kinds.AIP_SIGNATURES.at(bag.at(MATERIAL), line=number))
            continue
        listed.add(provenance.id)
        path = material_path(provenance.id, provenance.kind)
        if bag.size(path) is None:
            log.add(kinds.FILE_MISSING.at(bag.at(path), named_in=bag.at(MATERIAL)))
    return listed


def _check_names(bag: SubTree, fixity: Fixity, log: FindingLog) -> None:
    for path, _size in bag.files():
        if path.startswith(MATERIAL_FOLDER):
            digest = fixity.digest(bag.at(path), "sha256")
            if digest is not None and digest.hex() != path.removeprefix(MATERIAL_FOLDER).partition(".")[0]:
                log.add(kinds.AIP_MATERIAL_NAME.at(bag.at(path)))


def _numbered(bag: SubTree, path: str, log: FindingLog) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the lines of a tag file with their numbers; what cannot be read ends them with a finding."""
    number = 0
    try:
        for number, value in enumerate(json_lines(bag, path), 1):
            yield number, value
    except (ValueError, RecursionError):
        log.add(kinds.AIP_SIGNATURES.at(bag.at(path), line=number + 1))
    except InputError as error:
        log.add(kinds.UNREADABLE.at(bag.at(path), reason=error))


def json_lines(bag: SubTree, path: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON Lines file.

    Raises:
        ValueError: a line is no object, or too long.
        InputError: the file cannot be read.
    """
    with bag.open(path) as stream:
        pending = b""
        while chunk := stream.read(1 << 20):
            *lines, pending = (pending + chunk).split(b"\n")
            if len(pending) > _LINE:
                raise ValueError("a line is too long")
            for line in lines:
                yield _object(line)
        if pending:
            yield _object(pending)


def _object(line: bytes) -> dict[str, Any]:
    value = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError("a line is not a JSON object")
    return value
