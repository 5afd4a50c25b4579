"""What of a held package is given out: its documents, its files, and the files its links point to."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar
from urllib.parse import unquote
from uuid import UUID

from archive.access.export import current_version, no_document, open_file
from archive.access.writing import FolderSink, Sink, ZipSink, new_file, new_folder, verified
from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile, HeldFile, PackageVersion
from model.casefile import Document
from model.fixity import CHUNK, SHA256, SHA512, Digester, read_chunks
from preservation.package.giving import HandedFile
from preservation.package.mets import LINK_SUFFIX, is_link

T = TypeVar("T")

_LINK_SIZE = 1 << 14
"""Bytes of a link that are read; a longer one is none."""
_MAX_LINKS = 10_000
_LINK = re.compile(
    r"urn_\S*?_?(?P<package>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})_(?P<path>.+?)"
    r" \d{1,20} \S.* (?P<document>\S+)"
)
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
class Submitted:
    """The content of a package as a submission has it: links are followed, or written as a submission writes them."""

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
        """Yield the files."""
        for file in self.content.files(container):
            yield from self.replaced.get(file.object.path, (file,))

    def _paths(self, path: str) -> tuple[str, ...]:
        return tuple(file.object.path for file in self.replaced[path]) if path in self.replaced else (path,)


def submitted(content: Content, container: BinaryIO, *, keep_links: bool) -> Submitted:
    """Return what a submission has of a content.

    Args:
        keep_links: linked documents stay links, as `.fetch.txt` with the document's identifier; else their
            content is put in place, where it is held and its name is free.
    """
    links = [file for file in content.held_files() if is_link(file.object.path)]
    taken = {file.object.path for file in content.held_files()} if links else set()
    replaced = {}
    for file in links[:_MAX_LINKS]:
        read = read_links(b"".join(_range(container, file)) if file.object.size <= _LINK_SIZE else b"")
        if not read:
            continue
        targets = () if keep_links else _followed(content.archive, file, read, taken)
        replaced[file.object.path] = targets or (_as_submitted(file, read),)
        taken.update(target.object.path for target in targets)
    return Submitted(content=content, replaced=replaced)


def read_links(content: bytes) -> tuple[Link, ...]:
    """Return what the `.fetch.txt` of an archival package says, a file a line; nothing when it is not one."""
    try:
        lines = content.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return ()
    found = [match for line in lines if (match := _LINK.fullmatch(line.strip()))]
    if not found or len(found) != len(lines):
        return ()
    return tuple(
        Link(package=UUID(match["package"]), path=unquote(match["path"]), document=unquote(match["document"]))
        for match in found
    )


def _followed(archive: Archive, file: HeldFile, links: Sequence[Link], taken: set[str]) -> tuple[HandedFile, ...]:
    """Return the files a link points to; none unless all are held and their places are free."""
    place = file.object.path.removesuffix(LINK_SUFFIX)
    found = []
    for link in links:
        held = archive.catalogue.get_case_file(link.package)
        target = archive.catalogue.file_by_path(link.package, link.path.removeprefix(_DATA)) if held else None
        path = place if len(links) == 1 else f"{place}/{link.path.rpartition('/')[2]}"
        if held is None or target is None or not place or path in taken:
            return ()
        item = replace(target.object, path=path, document=file.object.document)
        found.append(HandedFile(item, partial(_read_other, archive, current_version(archive, held), target)))
    distinct = len({item.object.path for item in found}) == len(found)
    return tuple(found) if distinct else ()


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
