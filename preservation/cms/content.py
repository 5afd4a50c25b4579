"""The contents a signature signs, wherever they lie: digests streamed, each algorithm once."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from preservation.cms.digests import CHUNK, digest_chunks


class Content:
    """Bytes that can be read again and again, in chunks."""

    def __init__(self, chunks: Callable[[], Iterable[bytes]]) -> None:
        self._chunks = chunks
        self._digests: dict[str, bytes] = {}

    @classmethod
    def of_file(cls, path: Path) -> "Content":
        """Return the contents of a file."""
        return cls(lambda: _file_chunks(path))

    def digest(self, name: str) -> bytes:
        """Return a digest of all of it.

        Raises:
            UnsupportedAlgorithm: no such digest here.
            OSError: it cannot be read.
        """
        if name not in self._digests:
            self._digests.update(digest_chunks(self._chunks(), (name,)))
        return self._digests[name]

    def whole(self, limit: int) -> bytes | None:
        """Return all of it; none when there is more than the limit."""
        pieces, size = [], 0
        for chunk in self._chunks():
            size += len(chunk)
            if size > limit:
                return None
            pieces.append(chunk)
        return b"".join(pieces)

    def head(self, size: int) -> bytes:
        """Return the first bytes."""
        return next(iter(self._chunks()), b"")[:size]

    def with_line_ends(self) -> "Content":
        """Return it with every bare line feed as carriage return and line feed, as mail is signed (RFC 8551, 3.1.1)."""
        return Content(lambda: _canonical(self._chunks()))


def _file_chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _canonical(chunks: Iterable[bytes]) -> Iterator[bytes]:
    after_return = False
    for chunk in chunks:
        bare = chunk.replace(b"\r\n", b"\n")
        if after_return and chunk.startswith(b"\n"):
            bare = bare[1:]
            yield b"\n"
        after_return = chunk.endswith(b"\r")
        yield bare.replace(b"\n", b"\r\n")
