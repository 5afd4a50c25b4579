"""What of a held package is given out: its documents, its files, and the files its links point to."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Generic, NamedTuple, TypeVar
from urllib.parse import unquote
from uuid import UUID

from archive.access.export import current_version, no_document, open_file
from archive.access.writing import FolderSink, Sink, ZipSink, new_file, new_folder, verified
from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile, HeldFile, PackageVersion
from model.casefile import Document
from model.elements import SECRET_MODE
from model.fixity import CHUNK, SHA256, SHA512, Digester, read_chunks
from preservation.package.giving import HandedFile
from preservation.package.mets import LINK_SUFFIX, is_link

T = TypeVar("T")

_LINK_SIZE = 1 << 14
"""Bytes of a link that are read; a longer one is none."""
_MAX_LINKS = 10_000
_BEHIND = 3
"""Words of a link from its size on: the path here and the document follow it."""
_PUBLIC = frozenset({"", "01"})
_NOT_SECRET = frozenset({"", "01", "02"})
_PACKAGE = re.compile("_([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})_")
_SIZE = re.compile("[0-9]{1,20}")
_DATA = "representations/rep1/data/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A linked document: one that lies in another package of the same fonds.

    Source:
        Circular 05/2025/TT-BNV, Annex I: the line of a `.fetch.txt` in an archival package.
    """

    package: UUID
    path: str
    """Of the file, in the other package's folder."""
    document: str
    """Identifier of the document."""


@dataclass(frozen=True, slots=True)
class Again(Generic[T]):
    """What can be iterated several times, each time from the catalogue."""

    start: Callable[[], Iterable[T]]

    def __iter__(self) -> Iterator[T]:
        return iter(self.start())


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What of a package version is given out."""

    archive: Archive
    version: PackageVersion
    document: Document | None = None
    """The only one; none for all."""

    def documents(self) -> Iterable[Document]:
        """Return the documents in their order."""
        if self.document is not None:
            return (self.document,)
        return self.archive.catalogue.documents(self.version.aip_id, self.version.version)

    def held_files(self) -> Iterator[HeldFile]:
        """Yield the files by path, which is the order in which they lie in the container."""
        wanted = None if self.document is None else frozenset(self.document.files)
        for file in self.archive.catalogue.files(self.version.aip_id, self.version.version):
            if wanted is None or file.object.path in wanted:
                yield file

    def files(self, container: BinaryIO) -> Iterator[HandedFile]:
        """Yield the files with their bytes, which are compared with what was taken in while they are read."""
        for file in self.held_files():
            yield HandedFile(file.object, partial(_read, container, file))


def content_of(archive: Archive, held: HeldCaseFile, ordinal: int | None = None) -> Content:
    """Return the content of the current version, or of one document of it.

    Raises:
        NotFoundError: no such document, or it has no file.
    """
    version = current_version(archive, held)
    if ordinal is None:
        return Content(archive=archive, version=version)
    for document in archive.catalogue.documents(version.aip_id, version.version):
        if document.ordinal == ordinal and document.files:
            return Content(archive=archive, version=version, document=document)
    raise no_document(held, ordinal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The content of a package with its links followed, or written as a submission writes them."""

    content: Content
    replaced: dict[str, tuple[HandedFile, ...]]
    """By the path of the link: what stands in its place."""

    def documents(self) -> Iterator[Document]:
        """Yield the documents, naming the files that stand in the place of links."""
        for document in self.content.documents():
            if any(path in self.replaced for path in document.files):
                yield replace(document, files=tuple(chain.from_iterable(map(self._paths, document.files))))
            else:
                yield document

    def files(self, container: BinaryIO) -> Iterator[HandedFile]:
        """Yield the files by path."""
        kept = (file for file in self.content.files(container) if file.object.path not in self.replaced)
        put = sorted(chain.from_iterable(self.replaced.values()), key=_place)
        return merge(kept, put, key=_place)

    def _paths(self, path: str) -> tuple[str, ...]:
        return tuple(file.object.path for file in self.replaced[path]) if path in self.replaced else (path,)


def followed(content: Content, container: BinaryIO) -> Resolved:
    """Return a content with public linked documents in the place of their links; other links stay as they are."""
    links = _links_of(content, container, _PUBLIC)
    return Resolved(content=content, replaced={link.path: link.targets for link in links if link.targets})


def submitted(content: Content, container: BinaryIO, *, keep_links: bool) -> Resolved:
    """Return what a submission has of a content.

    Args:
        keep_links: linked documents stay links, as `.fetch.txt` with the document's identifier; else their
            content is put in place, where it is held, not secret, and its name is free.
    """
    links = _links_of(content, container, frozenset() if keep_links else _NOT_SECRET)
    replaced = {link.path: link.targets or (_as_submitted(link.file, link.links),) for link in links}
    return Resolved(content=content, replaced=replaced)


def read_links(content: bytes) -> tuple[Link, ...]:
    """Return what the `.fetch.txt` of an archival package says, a file a line; nothing when it is not one."""
    try:
        lines = content.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return ()
    found = [link for line in lines if (link := _read_link(line.strip()))]
    return tuple(found) if len(found) == len(lines) else ()


def _read_link(line: str) -> Link | None:
    """Read `urn_{fonds}_{package}_{path} {size} {path here} {document}`; the paths may have spaces."""
    words = line.split(" ")
    package = _PACKAGE.search(line)
    size = next((at for at, word in enumerate(words) if at and _SIZE.fullmatch(word)), 0)
    head = " ".join(words[:size])
    if package is None or not line.startswith("urn_") or package.end() >= len(head) or len(words) < size + _BEHIND:
        return None
    return Link(package=UUID(package[1]), path=unquote(head[package.end() :]), document=unquote(words[-1]))


class _Followed(NamedTuple):
    """A link of a content, what it says, and what may stand in its place."""

    file: HeldFile
    links: tuple[Link, ...]
    targets: tuple[HandedFile, ...]

    @property
    def path(self) -> str:
        """Path of the link."""
        return self.file.object.path


def _links_of(content: Content, container: BinaryIO, modes: frozenset[str]) -> Iterator[_Followed]:
    """Yield the links of a content; those to documents of some access levels with what they point to."""
    links = [file for file in content.held_files() if is_link(file.object.path)]
    taken = Taken(file.object.path for file in content.held_files()) if links else Taken(())
    levels = _Levels(content.archive)
    for file in links[:_MAX_LINKS]:
        read = read_links(b"".join(_range(container, file)) if file.object.size <= _LINK_SIZE else b"")
        if read:
            targets = _targets(content, file, read, levels, modes) if modes else ()
            yield _Followed(file, read, targets if taken.take([item.object.path for item in targets]) else ())


class Taken:
    """The paths of a package: a file can neither have the name of another nor that of a folder."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        for path in paths:
            self._add(path)

    def take(self, paths: Sequence[str]) -> bool:
        """Take some paths together; return false, and take none, when one is not free."""
        folders = [folder for path in paths for folder in _folders(path)]
        free = self._folders.isdisjoint(map(_key, paths)) and self._files.isdisjoint(map(_key, [*paths, *folders]))
        if not paths or not free or len(set(map(_key, paths))) < len(paths):
            return False
        for path in paths:
            self._add(path)
        return True

    def _add(self, path: str) -> None:
        self._files.add(_key(path))
        self._folders.update(map(_key, _folders(path)))


def _key(path: str) -> str:
    """Return what is the same of paths that some file systems take for one."""
    return path.casefold()


def _folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


class _Levels:
    """The access levels of linked documents; those of one package at a time are kept."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._package: UUID | None = None
        self._modes: dict[int, str] = {}

    def of(self, held: HeldCaseFile, file: HeldFile) -> str:
        """Return the level of a file: of its document, else of its case file; secret if that is."""
        if held.case_file.mode == SECRET_MODE:
            return SECRET_MODE
        if self._package != held.aip_id:
            documents = self._archive.catalogue.documents(held.aip_id, held.current_version)
            self._modes = {document.ordinal: document.mode for document in documents}
            self._package = held.aip_id
        return self._modes.get(file.object.document or 0, "") or held.case_file.mode


def _targets(
    content: Content, file: HeldFile, links: Sequence[Link], levels: _Levels, modes: frozenset[str]
) -> tuple[HandedFile, ...]:
    """Return the files a link points to; none unless all are held in the same fonds and may be given."""
    place = file.object.path.removesuffix(LINK_SUFFIX)
    own = content.archive.catalogue.get_case_file(content.version.aip_id)
    found = []
    for link in links:
        held = content.archive.catalogue.get_case_file(link.package)
        if own is None or held is None or not place or held.case_file.fonds_code != own.case_file.fonds_code:
            return ()
        target = content.archive.catalogue.file_by_path(link.package, link.path.removeprefix(_DATA))
        if target is None or is_link(target.object.path) or levels.of(held, target) not in modes:
            return ()
        path = place if len(links) == 1 else f"{place}/{link.path.rpartition('/')[2]}"
        item = replace(target.object, path=path, document=file.object.document)
        version = current_version(content.archive, held)
        found.append(HandedFile(item, partial(_read_other, content.archive, version, target)))
    return tuple(found)


def _place(file: HandedFile) -> str:
    return file.object.path


def _read_other(archive: Archive, version: PackageVersion, file: HeldFile) -> Iterator[bytes]:
    with open_file(archive, version, file) as stream:
        yield from verified(read_chunks(stream), file.object.sha256, file.object.path)


def _as_submitted(file: HeldFile, links: Sequence[Link]) -> HandedFile:
    """Return the link as a submission has it: nothing but the document's identifier."""
    content = "\n".join(dict.fromkeys(link.document for link in links)).encode()
    digester = Digester((SHA256, SHA512))
    digester.update(content)
    sha256, sha512 = (digest.value for digest in digester.digests())
    item = replace(file.object, size=len(content), sha256=sha256, sha512=sha512)
    return HandedFile(item, lambda: [content])


def _read(container: BinaryIO, file: HeldFile) -> Iterator[bytes]:
    return verified(_range(container, file), file.object.sha256, file.object.path)


def _range(container: BinaryIO, file: HeldFile) -> Iterator[bytes]:
    container.seek(file.offset)
    left = file.object.size
    while left and (chunk := container.read(min(CHUNK, left))):
        left -= len(chunk)
        yield chunk


@contextmanager
def giving(target: Path, created: datetime) -> Iterator[Sink]:
    """Open a new folder, or, for a name that ends in `.zip`, a new ZIP; it appears only when the block ends well.

    Raises:
        ConflictError: the target exists.
        StorageError: it cannot be written.
    """
    if target.suffix.lower() == ".zip":
        with new_file(target) as file, closing(ZipSink(file, created)) as sink:
            yield sink
    else:
        with new_folder(target) as folder:
            yield FolderSink(folder)
