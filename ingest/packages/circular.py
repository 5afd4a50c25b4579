"""The description of a package of Circular 05/2025: `EAD.xml`, and one `EAD_doc`, `EAD_pic` or `EAD_media` a document.

Source:
    Circular 05/2025/TT-BNV, Annexes I to V.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.describe.convert import Cells
from ingest.describe.titles import FILES, MORE
from ingest.packages.findings import CASE_NOT_DESCRIBED, DESCRIPTION_BROKEN, NO_LINK, ORDER
from ingest.packages.linking import FileLinks, description_keys
from ingest.packages.simpledc import NotSimpleDc, Pair, case_cells, document_cells, ordinal_of, read_simpledc
from model.errors import InputError
from model.findings import FindingLog
from preservation.package.safexml import XmlFault
from preservation.package.tree import SubTree

CASE_FILE = "metadata/descriptive/EAD.xml"
_DOCUMENT = re.compile(r"ead[_-](doc|pic|media)(?:[_-].*)?\.xml", re.IGNORECASE)
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class DescribedFile:
    """The description of one document: where it lies, and which elements it has."""

    path: str
    form: str


def is_circular(package: SubTree) -> bool:
    """Tell whether a package has a description as the circular wants it."""
    if package.size(CASE_FILE) is not None:
        try:
            read_simpledc(package, CASE_FILE)
        except (XmlFault, InputError):
            return True
        except NotSimpleDc:
            return False
        return True
    return next(document_files(package), None) is not None


def read_case(package: SubTree, log: FindingLog) -> dict[str, object]:
    """Return the cells of the case file."""
    if package.size(CASE_FILE) is None:
        log.add(CASE_NOT_DESCRIBED.at(package.at(CASE_FILE)))
        return {}
    return case_cells(_pairs(package, CASE_FILE, log) or [])


def read_documents(package: SubTree, links: FileLinks, case_code: str, log: FindingLog) -> Iterator[Cells]:
    """Yield the cells of each document, with its files, in the order of the ordinals or else of the names."""
    for position, (item, pairs) in enumerate(_in_order(package, log), 1):
        cells = document_cells(pairs, item.form, case_code)
        given = ordinal_of(pairs)
        if given is not None and given != position:
            log.add(ORDER.at(package.at(item.path), given=given, place=position))
            held = cells.get(MORE)
            cells[MORE] = [*(held if isinstance(held, list) else []), ("docOrdinal", str(given))]
        files = links.linked(item.path)
        if not files:
            codes = [str(cells[name]) for name in ("doc_code", "doc_id") if name in cells]
            files = links.similar(description_keys(item.path, codes))
            if files:
                log.add(NO_LINK.at(package.at(item.path)))
        cells[FILES] = list(files)
        yield cells


def document_files(package: SubTree) -> Iterator[DescribedFile]:
    """Yield the descriptions of documents, in the order of the package."""
    for path, _size in package.files():
        parts = path.split("/")
        if "metadata" not in parts[:-1] or parts[0] in ("documentation", "schemas"):
            continue
        found = _DOCUMENT.fullmatch(parts[-1])
        if found:
            form = found[1].lower()
            yield DescribedFile(path, "" if form == "doc" else form)


def _in_order(package: SubTree, log: FindingLog) -> Iterator[tuple[DescribedFile, list[Pair]]]:
    """Yield the descriptions in order; they are read a second time only where their names do not give the order."""
    items = sorted(document_files(package), key=lambda item: _natural(item.path))
    ordinals = [_ordinal(package, item) for item in items[:1]]
    if ordinals and ordinals[0] is not None:
        given = [_ordinal(package, item) for item in items]
        if None not in given:
            keyed = sorted(zip(given, range(len(items)), strict=True), key=lambda pair: (pair[0] or 0, pair[1]))
            items = [items[place] for _ordinal_given, place in keyed]
    for item in items:
        pairs = _pairs(package, item.path, log)
        if pairs is not None:
            yield item, pairs


def _ordinal(package: SubTree, item: DescribedFile) -> int | None:
    return ordinal_of(_pairs(package, item.path, FindingLog()) or [])


def _pairs(package: SubTree, path: str, log: FindingLog) -> list[Pair] | None:
    """Return the elements of a description; none, with a finding, when it cannot be read."""
    try:
        return read_simpledc(package, path)
    except XmlFault as error:
        log.add(DESCRIPTION_BROKEN.at(package.at(path), reason=error.at("").message("en")))
    except NotSimpleDc as error:
        log.add(DESCRIPTION_BROKEN.at(package.at(path), reason=error))
    except InputError as error:
        log.add(DESCRIPTION_BROKEN.at(package.at(path), reason=error))
    return None


def _natural(path: str) -> tuple[tuple[int, str], ...]:
    """Return what sorts `EAD_doc_2` before `EAD_doc_10`."""
    parts = _DIGITS.split(path)
    return tuple((int(part) if part.isdecimal() and len(part) < 20 else -1, part) for part in parts)
