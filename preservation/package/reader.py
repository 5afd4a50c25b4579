"""Reads an archival package out of its container, without unpacking it and without trusting it.

Nothing is verified here, only read: digests are compared by the check. What cannot be read is
reported as damage; a hostile container cannot make the reader leave the container or fill the memory.

Source:
    docs/format/aip-v1.md
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from model.casefile import CaseFile, Document
from model.dates import from_utc_text
from model.errors import IntegrityError, StorageError, UnsupportedVersionError
from model.preservation import Agent, Event, FileObject
from model.text import N_
from preservation.package.bag import BAG_INFO, FORMAT_LABEL, FORMAT_VERSION, read_bag_info
from preservation.package.container import Entry, read_members
from preservation.package.mets import REPRESENTATION
from preservation.package.premis import DATA
from preservation.package.premis_reader import read_file_objects, read_package_premis
from preservation.package.signature_lines import is_bulk
from preservation.package.writer import DESCRIPTION, DESCRIPTION_SCHEMA, REPORT, TAGS, TEXT

_SMALL = 1 << 20
_REPORT_LIMIT = 1 << 28
_LINE_LIMIT = 1 << 24
_FRONT_LIMIT = 10_000
"""More tag files, metadata and companions than any package has."""


_BROKEN = (ValueError, KeyError, TypeError, AttributeError, RecursionError, SyntaxError, OverflowError)
"""What `json`, `lxml` (whose syntax error is a `SyntaxError`) and the conversions say to broken bytes."""


class PackagedFile(NamedTuple):
    """One content file and where its bytes lie."""

    object: FileObject
    path: str
    """Path in the container, with the top folder."""
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPackage:
    """One version of a package; its stream must stay open, and is used by one reader at a time."""

    aip_id: UUID
    version: int
    profile: str
    policy: str
    created: datetime
    top_folder: str
    payload_folder: str
    """Folder of the information package in the bag, `data/…`."""
    labels: Mapping[str, str]
    """Everything `bag-info.txt` says."""
    case_file: CaseFile
    events: tuple[Event, ...]
    agents: tuple[Agent, ...]
    text: Entry | None
    """The extracted text, `chauban/text.jsonl.gz`."""
    front: Mapping[str, Entry]
    """Every member before the content but validation material and descriptions, by its path in the bag."""
    stream: BinaryIO
    content_start: int
    """Where the header of the first member behind the front begins."""

    @property
    def documents(self) -> "Documents":
        """The documents, as often as one likes."""
        return Documents(self)

    @property
    def files(self) -> "Files":
        """The content files with all that is known about them, as often as one likes."""
        return Files(self)

    def read(self, path: str, *, limit: int = _REPORT_LIMIT) -> bytes | None:
        """Return a member of the front by its path in the bag; none where there is no such member.

        Raises:
            IntegrityError: it is larger than `limit`.
        """
        entry = self.front.get(path)
        return None if entry is None else _bytes(self.stream, entry, limit)

    def json_lines(self, path: str) -> Iterator[Mapping[str, Any]]:
        """Yield the objects of a JSON Lines member of the front; none where there is no such member.

        Raises:
            IntegrityError: a line is no object, or the container is damaged.
        """
        entry = self.front.get(path)
        if entry is None:
            return
        lines = _lines(self.stream, entry)
        while True:
            with _reading(path):
                line = next(lines, None)
                value = _object(line) if line is not None else None
            if value is None:
                return
            yield value

    @property
    def text_offset(self) -> int:
        """First byte of the extracted text in the container; 0 when there is none."""
        return self.text.offset if self.text else 0

    @property
    def text_size(self) -> int:
        """Bytes of the extracted text; 0 when there is none."""
        return self.text.size if self.text else 0

    @property
    def report(self) -> bytes:
        """The report of the intake, `chauban/report.json`; empty when there is none."""
        return self.read(REPORT) or b""

    @property
    def extras(self) -> tuple[str, ...]:
        """Paths of the tag files the plan handed over."""
        return tuple(path for path in self.front if path.startswith(TAGS) and path != DESCRIPTION)


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents of a package, read from its description at every iteration."""

    package: ReadPackage

    def __iter__(self) -> Iterator[Document]:
        lines = _lines(self.package.stream, self.package.front[DESCRIPTION])
        next(lines, None)
        for line in lines:
            with _reading(DESCRIPTION):
                document = Document.from_json(_object(line))
            yield document


@dataclass(frozen=True, slots=True)
class Files:
    """The content files of a package, read from PREMIS and the container's headers side by side."""

    package: ReadPackage

    def __iter__(self) -> Iterator[PackagedFile]:
        package = self.package
        folder = f"{package.payload_folder}/representations/{REPRESENTATION}"
        premis = f"{folder}/metadata/preservation/PREMIS_{REPRESENTATION}.xml"
        prefix = f"{package.top_folder}/{package.payload_folder}/{DATA}"
        members = read_members(package.stream, start=package.content_start)
        with _reading(premis):
            window = Window(package.stream, _front(package.front, premis))
            content = (entry for entry in members if entry.path.startswith(prefix))
            yield from _paired(read_file_objects(window), content, prefix)


def read_package(stream: BinaryIO) -> ReadPackage:
    """Read a package from its container.

    Args:
        stream: seekable; stays in use as long as documents or files are iterated.

    Raises:
        UnsupportedVersionError: the package was written by a newer program.
        IntegrityError: it is no package, or is damaged so that it cannot be read.
        StorageError: the stream cannot be read.
    """
    with _reading("container"):
        top, front, content_start = _scan_front(stream)
        labels = read_bag_info(_bytes(stream, _front(front, BAG_INFO), _SMALL).decode("utf-8"))
        _check_version(labels)
        payload = _payload_folder(front)
        premis = _front(front, f"{payload}/metadata/preservation/PREMIS.xml")
        events, agents = read_package_premis(Window(stream, premis))
        head = _object(next(_lines(stream, _front(front, DESCRIPTION)), b""))
        if head.get("schema") != DESCRIPTION_SCHEMA:
            raise ValueError(f"{N_('the description does not follow this schema')}: {DESCRIPTION_SCHEMA}")
        return ReadPackage(
            aip_id=UUID(labels["Chauban-AIP-Id"]),
            version=int(labels["Chauban-Package-Version"]),
            profile=labels["Chauban-Profile"],
            policy=labels.get("Chauban-Policy", ""),
            created=from_utc_text(labels["Chauban-Created"]),
            top_folder=top,
            payload_folder=payload,
            labels=labels,
            case_file=CaseFile.from_json(head["case_file"]),
            events=events,
            agents=agents,
            text=front.get(TEXT),
            front=front,
            stream=stream,
            content_start=content_start,
        )


class Window:
    """One member of a container as a stream of its own; it finds its place again at every read."""

    def __init__(self, stream: BinaryIO, entry: Entry) -> None:
        self._stream = stream
        self._position = entry.offset
        self._end = entry.offset + entry.size

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, none at the end."""
        left = self._end - self._position
        wanted = left if size < 0 else min(size, left)
        if wanted <= 0:
            return b""
        self._stream.seek(self._position)
        chunk = self._stream.read(wanted)
        if not chunk:
            raise ValueError(N_("the container is cut off"))
        self._position += len(chunk)
        return chunk


class _reading:  # noqa: N801 - a context manager, used like a function
    """Turns whatever broken bytes make the standard library say into damage of a named part."""

    def __init__(self, part: str) -> None:
        self._part = part

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise StorageError(N_("The container cannot be read: {reason}."), reason=error) from error
        if isinstance(error, _BROKEN):
            raise IntegrityError(
                N_("The package cannot be read: {part} is damaged ({reason})."),
                hint=N_("Compare the container with its digest, and read another copy of the package."),
                part=self._part,
                reason=error,
            ) from error


def _scan_front(stream: BinaryIO) -> tuple[str, dict[str, Entry], int]:
    """Return the top folder, the members before the content by their path in the bag, and where these end."""
    front: dict[str, Entry] = {}
    top, end = "", 0
    for entry in read_members(stream):
        first, _, path = entry.path.partition("/")
        if not path or (top and first != top):
            raise ValueError(N_("there is not exactly one top folder"))
        top = first
        if path.startswith("data/") and f"/representations/{REPRESENTATION}/data/" in path:
            break
        if f"/representations/{REPRESENTATION}/metadata/descriptive/" in path:
            break
        if is_bulk(path):
            break
        if path in front or len(front) >= _FRONT_LIMIT:
            raise ValueError(f"{path}: {N_('it is there twice, or there are too many files')}")
        front[path] = entry
        end = entry.offset + entry.size + -entry.size % 512
    return top, front, end


def _front(front: Mapping[str, Entry], path: str) -> Entry:
    entry = front.get(path)
    if entry is None:
        raise ValueError(f"{N_('a part is missing')}: {path}")
    return entry


def _check_version(labels: Mapping[str, str]) -> None:
    version = int(labels[FORMAT_LABEL])
    if version > FORMAT_VERSION:
        raise UnsupportedVersionError(
            N_("The package has format {version}; this program reads formats up to {known}."),
            hint=N_("Install a newer version of the program."),
            version=version,
            known=FORMAT_VERSION,
        )


def _payload_folder(front: Mapping[str, Entry]) -> str:
    folders = [path.removesuffix("/METS.xml") for path in front if path.endswith("/METS.xml") and path.count("/") == 2]
    if len(folders) != 1 or not folders[0].startswith("data/"):
        raise ValueError(N_("there is not exactly one information package"))
    return folders[0]


def _bytes(stream: BinaryIO, entry: Entry, limit: int) -> bytes:
    if entry.size > limit:
        raise IntegrityError(
            N_("The package cannot be read: {part} is damaged ({reason})."),
            part=entry.path,
            reason=f"{entry.size} > {limit}",
        )
    window = Window(stream, entry)
    return b"".join(iter(lambda: window.read(_SMALL), b""))


def _lines(stream: BinaryIO, entry: Entry) -> Iterator[bytes]:
    window = Window(stream, entry)
    rest = b""
    while chunk := window.read(_SMALL):
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        if len(rest) > _LINE_LIMIT:
            raise ValueError(N_("a line is too long"))
        yield from lines
    if rest:
        yield rest


def _object(line: bytes) -> Mapping[str, Any]:
    value = json.loads(line)
    if not isinstance(value, dict):
        raise TypeError("a line is not an object")
    return value


def _paired(objects: Iterator[FileObject], members: Iterator[Entry], prefix: str) -> Iterator[PackagedFile]:
    for item in objects:
        entry = next(members, None)
        if entry is None or entry.path != prefix + item.path or entry.size != item.size:
            raise ValueError(f"{item.path} is not where it should be")
        yield PackagedFile(item, entry.path, entry.offset)
    surplus = next(members, None)
    if surplus is not None:
        raise ValueError(f"{surplus.path} is not described")
