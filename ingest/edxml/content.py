"""The bytes of attachments on their way to disk: decoded as they come, hashed, never held whole."""

import binascii
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ingest.edxml import findings as kinds
from ingest.edxml.refusal import ATTACHMENT, ATTACHMENTS, TOTAL, Refused, beyond
from ingest.edxml.values import EdxmlLimits
from model.errors import StorageError
from model.text import N_

START = 4096
"""First bytes that are kept to tell what a file is."""
_BLANKS = b" \t\r\n"
_SPLIT = N_("it ends in the middle of a group of four characters")
_AFTER_END = N_("characters follow its end")
_FOREIGN = N_("it holds other characters")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Name the file when the disk does not take it."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            N_("{path} cannot be written: {why}."),
            hint=N_("Choose another place or free some space."),
            path=path,
            why=error.strerror or type(error).__name__,
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One decoded file in the work folder."""

    path: Path
    size: int
    sha256: bytes
    start: bytes
    """The first bytes."""


class Shelf:
    """Where the files of one message are written; counts them against the limits."""

    def __init__(self, folder: Path, limits: EdxmlLimits) -> None:
        self.folder = folder
        self.limits = limits
        self._made: list[Path] = []
        self._taken = 0
        self._names = 0

    def new(self) -> "FileWriter":
        """Begin a file under a name nobody else uses."""
        while True:
            self._names += 1
            path = self.folder / f".edxml-{self._names:04d}.part"
            with _writing(path):
                if path.exists():
                    continue
                stream = path.open("xb")
            self._made.append(path)
            return FileWriter(path, stream, self.take)

    def take(self, size: int, whole: int) -> None:
        """Count bytes of a file that now has `whole` bytes.

        Raises:
            Refused: one file or all together are too large.
        """
        self._taken += size
        if whole > self.limits.attachment:
            raise beyond(ATTACHMENT, self.limits.attachment)
        if self._taken > self.limits.total:
            raise beyond(TOTAL, self.limits.total)

    def give_back(self, stored: Stored) -> None:
        """Delete a file that is not wanted any more; it still counts."""
        stored.path.unlink(missing_ok=True)
        self._made.remove(stored.path)

    def rename(self, stored: Stored, name: str) -> Path:
        """Give a file its name in the folder."""
        path = self.folder / name
        with _writing(path):
            stored.path.rename(path)
        self._made[self._made.index(stored.path)] = path
        return path

    def clear(self) -> None:
        """Delete every file of the message."""
        for path in self._made:
            path.unlink(missing_ok=True)
        self._made.clear()


class FileWriter:
    """Writes one file and hashes it."""

    def __init__(self, path: Path, stream: BinaryIO, take: Callable[[int, int], None]) -> None:
        self._path = path
        self._stream = stream
        self._take = take
        self._hash = hashlib.sha256()
        self._size = 0
        self._start = b""

    def write(self, data: bytes) -> None:
        """Add bytes.

        Raises:
            Refused: a limit was met.
        """
        self._size += len(data)
        self._take(len(data), self._size)
        if len(self._start) < START:
            self._start += data[: START - len(self._start)]
        self._hash.update(data)
        with _writing(self._path):
            self._stream.write(data)

    def close(self) -> Stored:
        """End the file."""
        with _writing(self._path):
            self._stream.close()
        return Stored(path=self._path, size=self._size, sha256=self._hash.digest(), start=self._start)


class Base64Decoder:
    """Decodes base64 that comes in pieces into a file; blanks and line ends are passed over."""

    def __init__(self, writer: FileWriter) -> None:
        self._writer = writer
        self._rest = b""
        self._ended = False
        self.seen = False
        """Whether any character other than a blank came."""

    def feed(self, text: bytes) -> None:
        """Decode a piece.

        Raises:
            BadBase64: it is not base64.
        """
        data = text.translate(None, _BLANKS)
        if not data:
            return
        self.seen = True
        if self._ended:
            raise BadBase64(_AFTER_END)
        data = self._rest + data if self._rest else data
        whole = len(data) & ~3
        self._rest = data[whole:]
        block = data[:whole] if self._rest else data
        try:
            decoded = binascii.a2b_base64(block, strict_mode=True)
        except binascii.Error as error:
            raise BadBase64(_FOREIGN) from error
        self._ended = block.endswith(b"=")
        if self._ended and self._rest:
            raise BadBase64(_AFTER_END)
        self._writer.write(decoded)

    def finish(self) -> None:
        """End the text.

        Raises:
            BadBase64: it is not complete.
        """
        if self._rest:
            raise BadBase64(_SPLIT)


class BadBase64(Exception):
    """What should be base64 is not; the text says what is wrong."""


class Contents:
    """The attachments' contents of one XML message, in the order their elements come."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.stored: list[Stored | None] = []
        """The files by slot; none where an element was empty or is not base64."""
        self.broken: dict[int, str] = {}
        """What is wrong with the base64 of a slot."""
        self._writer: FileWriter | None = None
        self._decoder: Base64Decoder | None = None

    def begin(self) -> int:
        """Begin the content of one more attachment and return its slot.

        Raises:
            Refused: there are too many.
        """
        if len(self.stored) >= self._shelf.limits.attachments:
            raise beyond(ATTACHMENTS, self._shelf.limits.attachments)
        self._writer = self._shelf.new()
        self._decoder = Base64Decoder(self._writer)
        self.stored.append(None)
        return len(self.stored) - 1

    def feed(self, text: str) -> None:
        """Add a piece of the content's text."""
        slot = len(self.stored) - 1
        if self._decoder is None or slot in self.broken:
            return
        try:
            self._decoder.feed(text.encode("ascii"))
        except UnicodeEncodeError:
            self.broken[slot] = _FOREIGN
        except BadBase64 as error:
            self.broken[slot] = str(error)

    def end(self) -> None:
        """End the content begun last."""
        slot = len(self.stored) - 1
        writer, decoder = self._writer, self._decoder
        self._writer = self._decoder = None
        if writer is None or decoder is None:
            return
        stored = writer.close()
        try:
            decoder.finish()
        except BadBase64 as error:
            self.broken.setdefault(slot, str(error))
        if slot in self.broken or not decoder.seen:
            self._shelf.give_back(stored)
        else:
            self.stored[slot] = stored

    def abandon(self) -> None:
        """Close what is still open after an error."""
        if self._writer is not None:
            self._writer.close()
            self._writer = self._decoder = None


def bad_base64(name: str, what: str, location: str) -> Refused:
    """Return the refusal of a message one of whose attachments is not base64."""
    return Refused(kinds.BASE64.at(location, name=name, what=what))
