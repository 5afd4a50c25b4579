"""Finding the case files at the places a user names.

A place is a case-file folder, a ZIP or TAR, a bag, or a batch folder with many of those, at most
three levels deep; never both a case file and a batch.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.describe.titles import fold
from ingest.sources.bag import BagSource
from ingest.sources.descriptor import EXTENSIONS, descriptor_rank
from ingest.sources.folder import FolderSource
from ingest.sources.guards import is_system_file, unreadable
from ingest.sources.package import METS_NAME, PackageSource
from ingest.sources.tar import TarSource
from ingest.sources.values import Limits, Source, Submission
from ingest.sources.zip import ZipSource
from model.errors import InputError
from model.findings import printable
from model.text import N_

BATCH_LEVELS = 3
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_DECLARATION = b"bagit.txt"
_METS_DEPTH = 3
"""Folders above the METS of a package at most: the archive's, the bag's `data`, the package's own."""


def discover(paths: Sequence[Path], limits: Limits) -> Iterator[Submission]:
    """Yield the case files at the given places, in a stable order.

    Raises:
        InputError: a place is missing or unreadable, is nothing that holds a case file, or (after its
            case files) is a batch with files of no case file in it.
    """
    for path in paths:
        yield from _at(path, limits)


def _at(path: Path, limits: Limits) -> Iterator[Submission]:
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except OSError as error:
        raise unreadable(_shown(path), error) from error
    if is_folder:
        yield from _folder(path, limits, BATCH_LEVELS)
    elif is_file and archive_stem(path.name):
        yield _archive(path, _beside(path), limits)
    elif is_file and any(_is_archive_of(path, other) for other in path.parent.iterdir()):
        return
    elif is_file:
        raise InputError(
            N_("{path} is no folder, ZIP, TAR or bag."),
            hint=N_("Name the folder or archive of the case file, or the folder that holds several of them."),
            path=_shown(path),
        )
    else:
        raise InputError(N_("{path} does not exist."), hint=N_("Check the path for typing errors."), path=_shown(path))


@dataclass(slots=True)
class _Listing:
    """What lies directly in a folder."""

    folders: list[Path]
    archives: list[Path]
    descriptors: list[Path]
    """Files whose name is a descriptor's."""
    others: list[Path]
    """Files that are neither; those of the operating system left out."""
    is_bag: bool
    has_mets: bool


def _folder(path: Path, limits: Limits, levels: int) -> Iterator[Submission]:
    listing = _list(path)
    source = _special(path, listing, limits)
    if source is not None:
        yield _submission(source)
        return
    table = _batch_table(listing, limits)
    if table is not None:
        yield from _batch(listing, limits, levels, table)
    elif listing.descriptors or not (listing.folders or listing.archives) or levels == 0:
        yield _submission(FolderSource(path, limits))
    elif not listing.others:
        yield from _batch(listing, limits, levels, None)
    elif (
        any(_holds_case_files(folder, levels - 1) for folder in listing.folders)
        or _with_descriptor(listing)
        or any(isinstance(open_archive(archive, limits), PackageSource) for archive in listing.archives)
    ):
        yield from _batch(listing, limits, levels, None)
        raise InputError(
            N_("{path} also holds loose files that belong to no case file, such as “{name}”; they were not taken in."),
            hint=N_("Move the loose files into the case file they belong to, or out of the folder."),
            path=_shown(path),
            name=printable(listing.others[0].name),
        )
    else:
        yield _submission(FolderSource(path, limits))


def _batch(listing: _Listing, limits: Limits, levels: int, table: Path | None) -> Iterator[Submission]:
    for path in sorted(listing.folders + listing.archives, key=os.fsencode):
        if table is not None:
            yield _described_by(table, path, limits)
        elif path in listing.archives:
            yield _archive(path, _beside(path), limits)
        else:
            yield from _folder(path, limits, levels - 1)


def _described_by(table: Path, path: Path, limits: Limits) -> Submission:
    """Return a case file that a table beside it describes, unless it brings its own descriptor."""
    if path.is_dir():
        listing = _list(path)
        source = _special(path, listing, limits) or FolderSource(path, limits)
        own = None if not listing.descriptors else path
        code = path.name
    else:
        own = _beside(path)
        source = _archive(path, own, limits).source
        code = archive_stem(path.name)
    if own is not None:
        return _submission(source, own if own.is_file() else None)
    return _submission(source, table, case_code=code)


def _list(path: Path) -> _Listing:
    listing = _Listing([], [], [], [], False, False)
    try:
        with os.scandir(path) as found:
            items = sorted(found, key=lambda item: os.fsencode(item.name))
    except OSError as error:
        raise unreadable(_shown(path), error) from error
    for item in items:
        here = Path(item.path)
        if item.is_dir(follow_symlinks=False):
            if item.name != "__MACOSX":
                listing.folders.append(here)
        elif not item.is_file(follow_symlinks=False):
            listing.others.append(here)
        elif os.fsencode(item.name) == _DECLARATION:
            listing.is_bag = True
        elif archive_stem(item.name):
            listing.archives.append(here)
        elif descriptor_rank(item.name, path.name) is not None:
            listing.descriptors.append(here)
        elif not is_system_file(os.fsencode(item.name)):
            listing.others.append(here)
    listing.has_mets = any(os.fsencode(other.name) == METS_NAME for other in listing.others)
    beside = {archive: _beside(archive) for archive in listing.archives}
    listing.others = [other for other in listing.others if other not in beside.values()]
    return listing


def _special(path: Path, listing: _Listing, limits: Limits) -> Source | None:
    """Return the source of a folder that is a package or a bag; none for any other folder."""
    looks_so = listing.has_mets or (not listing.descriptors and _looks_like_package(listing))
    if not listing.is_bag and not looks_so:
        return None
    source: Source = FolderSource(path, limits)
    package = _package(source, limits)
    if package is not None:
        return package
    return BagSource(source, b"", limits) if listing.is_bag else None


def _looks_like_package(listing: _Listing) -> bool:
    return {"representations", "metadata"} <= {folder.name for folder in listing.folders}


def _package(source: Source, limits: Limits) -> PackageSource | None:
    """Return the package a source holds; none when it holds something else.

    A source that cannot be read, or is unsafe to read, is none either: what reads it next says so.
    """
    from preservation.package.detect import is_package_type

    try:
        found = PackageSource(source, "", limits).opened.detected
    except InputError:
        return None
    finally:
        source.close()
    return PackageSource(source, found.type, limits) if is_package_type(found) else None


def _with_descriptor(listing: _Listing) -> bool:
    return any(_beside(archive) is not None for archive in listing.archives)


def _holds_case_files(path: Path, levels: int) -> bool:
    if levels < 0:
        return False
    listing = _list(path)
    if listing.is_bag or listing.has_mets or listing.descriptors or _with_descriptor(listing):
        return True
    return any(_holds_case_files(folder, levels - 1) for folder in listing.folders)


def _batch_table(listing: _Listing, limits: Limits) -> Path | None:
    """Return the spreadsheet that describes the folders and archives beside it, if that is what this folder is."""
    tables = [path for path in listing.descriptors if path.suffix.lower() in (".xlsx", ".csv")]
    if listing.others or not tables or not (listing.folders or listing.archives):
        return None
    if len(tables) != len(listing.descriptors):
        return None
    from ingest.describe.batch_table import case_codes

    names = {fold(path.name) for path in listing.folders} | {fold(archive_stem(path.name)) for path in listing.archives}
    codes = case_codes(tables[0], limits)
    return tables[0] if names & {fold(code) for code in codes} else None


def archive_stem(name: str) -> str:
    """Return the name of an archive without its extension; empty when it is not named like one we read."""
    lowered = name.lower()
    for suffix in sorted(ARCHIVE_SUFFIXES, key=len, reverse=True):
        if lowered.endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return ""


def _beside(path: Path) -> Path | None:
    """Return the descriptor that lies beside an archive under the same name."""
    stem = archive_stem(path.name)
    for extension in EXTENSIONS:
        for written in (extension, extension.upper()):
            candidate = path.with_name(stem + written)
            if candidate.is_file():
                return candidate
    return None


def _is_archive_of(descriptor: Path, other: Path) -> bool:
    return descriptor.suffix.lower() in EXTENSIONS and archive_stem(other.name) == descriptor.stem


def _archive(path: Path, beside: Path | None, limits: Limits) -> Submission:
    source = open_archive(path, limits)
    return _submission(source, beside)


def open_archive(path: Path, limits: Limits) -> Source:
    """Return the source for an archive file by its first bytes; a bag when there is one in it.

    Unreadable archives are only noticed when they are read, so that one of a batch stops nothing else.
    """
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
    except OSError as error:
        raise unreadable(_shown(path), error) from error
    source: Source = ZipSource(path, limits) if magic[:2] == b"PK" else TarSource(path, limits)
    try:
        top, looks_so = _marks(source)
    except InputError:
        return source
    finally:
        source.close()
    if looks_so and (package := _package(source, limits)) is not None:
        return package
    return source if top is None else BagSource(source, top, limits)


def _marks(source: Source) -> tuple[bytes | None, bool]:
    """Return the top folder of the bag in an archive, if it is one, and whether it may hold a package."""
    top: bytes | None = None
    has_mets = False
    for entry in source.entries():
        folder, _, base = entry.name.rpartition(b"/")
        if base == _DECLARATION and b"/" not in folder and top is None:
            top = folder + b"/" if folder else b""
        has_mets = has_mets or (base == METS_NAME and entry.name.count(b"/") <= _METS_DEPTH)
    return top, has_mets


def _submission(source: Source, beside: Path | None = None, case_code: str = "") -> Submission:
    return Submission(source=source, name=_shown(source.location), beside=beside, case_code=case_code)


def _shown(path: Path) -> str:
    return printable(os.fsencode(path).decode("utf-8", "backslashreplace"))
