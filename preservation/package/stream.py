"""The container as it flows out: headers, contents and padding, gathered into large pieces.

Source:
    docs/format/aip-v1.md section 3.
"""

import hashlib
from collections.abc import Callable, Iterable
from io import RawIOBase

from model.errors import InputError
from model.fixity import CHUNK, SHA256, Digester
from model.spool import Spool
from model.text import N_
from preservation.package.blob import Sums
from preservation.package.container import END_OF_CONTAINER, member_header, padding
from preservation.package.plan import ContainerMember

Write = Callable[[bytes | memoryview], object]

_LARGE = 1 << 18
"""Pieces from this size are handed on as they are: joining them would copy for nothing."""


class ContainerStream:
    """Writes members in order and remembers where each of them lies."""

    def __init__(self, write: Write, members: Spool[ContainerMember], top: str, mtime: int) -> None:
        self.position = 0
        self._write = write
        self._members = members
        self._top = top
        self._mtime = mtime
        self._pieces: list[bytes] = []
        self._gathered = 0

    def add(self, path: str, sums: Sums, chunks: Iterable[bytes]) -> ContainerMember:
        """Write a generated member, whose bytes are known to match `sums`."""
        member = self._begin(path, sums)
        for chunk in chunks:
            self._put(chunk)
        self._put(padding(sums.size))
        return member

    def add_read(self, path: str, sums: Sums, content: RawIOBase, name: str) -> ContainerMember:
        """Write a member from a file, and see that its bytes are those that were measured before.

        Raises:
            InputError: size or digest differ.
        """
        member = self._begin(path, sums)
        copy = self._copy_small if sums.size <= CHUNK else self._copy_large
        if not copy(content, sums):
            raise _changed(name)
        self._put(padding(sums.size))
        return member

    def finish(self) -> None:
        """Write the end mark and hand over what is still gathered."""
        self._put(END_OF_CONTAINER)
        self._hand_over()

    def _begin(self, path: str, sums: Sums) -> ContainerMember:
        full = f"{self._top}/{path}"
        self._put(member_header(full, sums.size, self._mtime))
        member = ContainerMember(
            path=full, offset=self.position, size=sums.size, sha256=sums.sha256, sha512=sums.sha512
        )
        self._members.append(member)
        return member

    def _copy_small(self, content: RawIOBase, sums: Sums) -> bool:
        chunk = content.read(sums.size + 1)
        if len(chunk) != sums.size or hashlib.sha256(chunk).digest() != sums.sha256:
            return False
        self._put(chunk)
        return True

    def _copy_large(self, content: RawIOBase, sums: Sums) -> bool:
        """Copy while two threads work: one hashes a chunk, this one writes it and reads the next."""
        digester = Digester((SHA256,))
        left = sums.size
        while left and (chunk := content.read(min(CHUNK, left))):
            digester.update(chunk)
            self._put(chunk)
            left -= len(chunk)
        return not left and not content.read(1) and digester.digests()[0].value == sums.sha256

    def _put(self, piece: bytes) -> None:
        if len(piece) >= _LARGE:
            self._hand_over()
            self._write(piece)
        elif piece:
            self._pieces.append(piece)
            self._gathered += len(piece)
            if self._gathered >= CHUNK:
                self._hand_over()
        self.position += len(piece)

    def _hand_over(self) -> None:
        if self._pieces:
            whole = b"".join(self._pieces)
            self._pieces, self._gathered = [], 0
            self._write(whole)


def _changed(path: str) -> InputError:
    return InputError(
        N_("The file {path} was changed while it was being taken in."),
        hint=N_("See that nobody works in the folder, then start again."),
        path=path,
    )
