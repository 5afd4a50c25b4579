"""The older generation in MIME: an envelope and its attachments as parts, read once in bounded memory.

Source:
    RFC 2045 section 6, RFC 2046 section 5.1, RFC 2387 (multipart/related); SOAP Messages with Attachments.
"""

import binascii
import email
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from typing import BinaryIO

from ingest.edxml import findings as kinds
from ingest.edxml.attachments import Carried
from ingest.edxml.content import BadBase64, Base64Decoder, FileWriter, Shelf, Stored, bad_base64
from ingest.edxml.interpreting import EncodedEntry, plain_id
from ingest.edxml.refusal import ATTACHMENTS, SIZE, Refused, beyond
from model.text import N_

_CHUNK = 1 << 18
_HEADERS = 1 << 15
"""Bytes of the headers of one part."""
_BOUNDARY = 200
_QUOTED_LINE = 1 << 16
_NO_BOUNDARY = N_("it does not say how its parts are divided")
_NO_END = N_("it is cut off before its end mark")
_LONG_HEADERS = N_("the headers of a part are too long")
_NO_ENVELOPE = N_("it has no part with an envelope")
_ENCODING = N_("a part is encoded in a way that is not known")
_QUOTED = N_("a line of quoted-printable text is too long")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One part, decoded."""

    content_id: str
    name: str
    content_type: str
    description: str
    stored: Stored
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MimeMessage:
    """The parts of a message."""

    root: Stored
    """The envelope."""
    carried: tuple[Carried, ...] = ()
    """The other parts."""


def read_mime(stream: BinaryIO, shelf: Shelf) -> MimeMessage:
    """Read the parts of a message into files; the caller gives the envelope back.

    Raises:
        Refused: it is cut off, not MIME as it should be, or beyond a limit.
    """
    source = _Source(stream, shelf.limits.message)
    boundary, start = _opening(source)
    parts: list[_Part] = []
    last = source.skip_to(boundary)
    while not last:
        if len(parts) > shelf.limits.attachments:
            raise beyond(ATTACHMENTS, shelf.limits.attachments)
        part, last = _part(source, boundary, shelf, len(parts) + 1)
        parts.append(part)
    root = _root(parts, start)
    return MimeMessage(root=root.stored, carried=tuple(_carried(part) for part in parts if part is not root))


def _carried(part: _Part) -> Carried:
    entry = EncodedEntry(
        content_id=part.content_id,
        name=part.name,
        content_type=part.content_type,
        description=part.description,
        location=f"part {part.number}",
    )
    if part.stored.size == 0:
        return Carried(entry=entry, stored=None)
    return Carried(entry=entry, stored=part.stored)


def _root(parts: list[_Part], start: str) -> _Part:
    named = [part for part in parts if start and part.content_id == start]
    typed = [part for part in parts if "xml" in part.content_type.lower()]
    looks = [part for part in parts if part.stored.start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")]
    for found in (named, typed[:1] if typed and typed[0] in looks else [], looks):
        if found:
            return found[0]
    raise Refused(kinds.MIME.at(what=_NO_ENVELOPE))


def _opening(source: "_Source") -> tuple[bytes, str]:
    """Return the boundary, and the identifier of the first part to read where one is named."""
    start = source.peek(_HEADERS)
    if start.lstrip().startswith(b"--"):
        return start.lstrip().split(b"\n", 1)[0].strip()[2:][:_BOUNDARY], ""
    headers = source.headers()
    boundary = headers.get_param("boundary")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= _BOUNDARY:
        raise Refused(kinds.MIME.at(what=_NO_BOUNDARY))
    named = headers.get_param("start")
    return boundary.encode("utf-8", "surrogateescape"), plain_id(named) if isinstance(named, str) else ""


def _part(source: "_Source", boundary: bytes, shelf: Shelf, number: int) -> tuple[_Part, bool]:
    headers = source.headers()
    encoding = _plain(headers.get("Content-Transfer-Encoding")).lower()
    writer = shelf.new()
    place = f"part {number}"
    name = _name(headers)
    try:
        last = _decode(source, boundary, encoding, writer, place)
    except BadBase64 as error:
        raise bad_base64(name or place, str(error), place) from error
    finally:
        stored = writer.close()
    written = _plain(headers.get("Content-ID")) or _plain(headers.get("Content-Location"))
    part = _Part(
        content_id=plain_id(written),
        name=name,
        content_type=headers.get_content_type() if headers.get("Content-Type") else "",
        description=_plain(headers.get("Content-Description")),
        stored=stored,
        number=number,
    )
    return part, last


def _decode(source: "_Source", boundary: bytes, encoding: str, writer: FileWriter, place: str) -> bool:
    """Write the decoded body of a part; return whether it was the last."""
    if encoding == "base64":
        decoder = Base64Decoder(writer)
        for piece in source.body(boundary):
            decoder.feed(piece)
        decoder.finish()
    elif encoding == "quoted-printable":
        for line in _lines(source.body(boundary), place):
            writer.write(binascii.a2b_qp(line))
    elif encoding in ("", "7bit", "8bit", "binary"):
        for piece in source.body(boundary):
            writer.write(piece)
    else:
        raise Refused(kinds.MIME.at(place, what=_ENCODING))
    return source.ended


def _lines(pieces: Iterator[bytes], place: str) -> Iterator[bytes]:
    """Yield whole lines, with their ends."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line + b"\n" for line in lines)
        if len(rest) > _QUOTED_LINE:
            raise Refused(kinds.MIME.at(place, what=_QUOTED))
    yield rest


def _name(headers: Message) -> str:
    """Return the file name a part gives, decoded as far as it can be."""
    try:
        given = headers.get_filename() or ""
    except (ValueError, LookupError, MessageError, TypeError):
        given = ""
    return _plain(given)


def _plain(value: object) -> str:
    """Return a header's value with encoded words decoded (RFC 2047)."""
    text = str(value) if value is not None else ""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if "=?" in text:
        with suppress(ValueError, LookupError, MessageError):
            text = str(make_header(decode_header(text)))
    return re.sub(r"[\r\n\0]+", " ", text.encode("utf-8", "replace").decode("utf-8")).strip()


class _Source:
    """A stream divided by boundaries, read in pieces."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._read = 0
        self._held = b""
        self._over = False
        self.ended = False
        """Whether the end mark was met."""

    def peek(self, size: int) -> bytes:
        """Return up to that many bytes without taking them."""
        while len(self._held) < size and not self._over:
            self._more()
        return self._held[:size]

    def headers(self) -> Message:
        """Take the headers up to the empty line."""
        block = self.peek(_HEADERS)
        if block.startswith((b"\r\n", b"\n")):
            self._held = self._held[block.index(b"\n") + 1 :]
            return Message()
        found = re.search(rb"\r?\n\r?\n", block)
        if found is None:
            raise Refused(kinds.MIME.at(what=_LONG_HEADERS if len(block) >= _HEADERS else _NO_END))
        self._held = self._held[found.end() :]
        try:
            return email.message_from_bytes(block[: found.end()])
        except (ValueError, LookupError, MessageError) as error:
            raise Refused(kinds.MIME.at(what=type(error).__name__)) from error

    def skip_to(self, boundary: bytes) -> bool:
        """Pass over everything before the first part; return whether there is none."""
        self._held = b"\n" + self._held
        for _piece in self.body(boundary):
            pass
        return self.ended

    def body(self, boundary: bytes) -> Iterator[bytes]:
        """Yield what stands before the next boundary, and take the boundary.

        Raises:
            Refused: there is none, or the whole is too large.
        """
        mark = b"\n--" + boundary
        while True:
            found = self._held.find(mark)
            if found >= 0:
                body = self._held[:found]
                yield body[:-1] if body.endswith(b"\r") else body
                self._held = self._held[found + len(mark) :]
                self._close()
                return
            if self._over:
                raise Refused(kinds.MIME.at(what=_NO_END))
            safe = max(0, len(self._held) - len(mark) - 1)
            if safe:
                piece, self._held = self._held[:safe], self._held[safe:]
                yield piece
            self._more()

    def _close(self) -> None:
        """Take the rest of a boundary's line."""
        self.ended = self.peek(2) == b"--"
        if self.ended:
            return
        line = self.peek(_BOUNDARY)
        end = line.find(b"\n")
        if end < 0 or line[:end].strip():
            raise Refused(kinds.MIME.at(what=_NO_END if end < 0 else _NO_BOUNDARY))
        self._held = self._held[end + 1 :]

    def _more(self) -> None:
        chunk = self._stream.read(_CHUNK)
        self._over = not chunk
        self._read += len(chunk)
        if self._read > self._limit:
            raise beyond(SIZE, self._limit)
        self._held += chunk
