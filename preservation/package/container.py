"""The container: an uncompressed TAR, written deterministically and read without trusting it.

Source:
    docs/format/aip-v1.md section 3; POSIX.1-1988 `ustar`, POSIX.1-2001 `pax`.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from model.errors import IntegrityError, StorageError
from model.text import N_

BLOCK = 512
END_OF_CONTAINER = bytes(2 * BLOCK)

_HEADER = struct.Struct("100s8s8s8s12s12s8s1s100s6s2s32s32s8s8s155s12x")
_SIZE_LIMIT = 1 << 33
"""First size that eleven octal digits cannot tell."""
_PAX_LIMIT = 1 << 16
"""A path is at most a few thousand bytes; a longer extended header is not one of ours."""
_REGULAR = (b"0", b"\0", b"7")
MAX_MEMBERS = 10_000_000


class Entry(NamedTuple):
    """Where one file lies in a container."""

    path: str
    """Path with the top folder."""
    offset: int
    size: int


def member_header(path: str, size: int, mtime: int) -> bytes:
    """Return everything that stands before a member's content.

    Args:
        path: relative, `/` separated, valid Unicode.
        mtime: seconds since 1970; times before are written as 0.
    """
    encoded = path.encode("utf-8")
    split = _split(encoded) if path.isascii() else None
    if split is not None and size < _SIZE_LIMIT:
        return _header(split[0], split[1], size, mtime, b"0")
    records = b"" if split is not None else _pax_record(b"path", encoded)
    if size >= _SIZE_LIMIT:
        records += _pax_record(b"size", b"%d" % size)
    prefix, name = split or (b"", _stand_in(path))
    extended = _header(b"", b"PaxHeaders/" + name[-80:].lstrip(b"/"), len(records), mtime, b"x")
    shown = size if size < _SIZE_LIMIT else 0
    return extended + records + padding(len(records)) + _header(prefix, name, shown, mtime, b"0")


def padding(size: int) -> bytes:
    """Return the zero bytes that fill up a member's last block."""
    return bytes(-size % BLOCK)


def read_members(stream: BinaryIO, *, start: int = 0) -> Iterator[Entry]:
    """Yield every member of a container in order, reading headers only.

    Folder entries are passed over. The stream is positioned anew for every header, so the caller
    may read from it between two members.

    Args:
        start: where a header begins, to go on from a member found before.

    Raises:
        IntegrityError: not such a container, cut off, or holding anything but files with safe paths.
        StorageError: the stream cannot be read.
    """
    try:
        yield from _members(stream, start)
    except OSError as exc:
        raise StorageError(N_("The container cannot be read: {reason}."), reason=exc) from exc


def _members(stream: BinaryIO, position: int) -> Iterator[Entry]:
    end = stream.seek(0, 2)
    extended: dict[bytes, bytes] = {}
    for _ in range(MAX_MEMBERS):
        stream.seek(position)
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            raise _broken(N_("it ends without the end mark"))
        if block.count(0) == BLOCK:
            return
        kind, name, size = _parse(block)
        position += BLOCK
        if kind in (b"x", b"L"):
            extended |= _extended(_content(stream, size), kind)
        else:
            size = _number(extended[b"size"]) if b"size" in extended else size
            if kind in _REGULAR:
                path = _safe_path(extended.get(b"path", name))
                if size > end - position:
                    raise _broken(N_("it is cut off inside a file"))
                yield Entry(path, position, size)
            elif kind not in (b"5", b"g"):
                raise _broken(N_("it holds something that is neither file nor folder"))
            extended = {}
        position += size + -size % BLOCK
    raise _broken(N_("it has too many members"))


def _split(path: bytes) -> tuple[bytes, bytes] | None:
    if len(path) <= 100:
        return b"", path
    cut = path.find(b"/", len(path) - 101)
    if cut <= 0 or cut > 155 or cut == len(path) - 1:
        return None
    return path[:cut], path[cut + 1 :]


def _stand_in(path: str) -> bytes:
    """Return what old programs, which do not know pax headers, will call the file."""
    return path.encode("ascii", "replace").replace(b"?", b"_")[-100:].lstrip(b"/")


def _header(prefix: bytes, name: bytes, size: int, mtime: int, kind: bytes) -> bytes:
    header = _HEADER.pack(
        name,
        b"0000644\0",
        b"0000000\0",
        b"0000000\0",
        b"%011o\0" % size,
        b"%011o\0" % max(mtime, 0),
        b"        ",
        kind,
        b"",
        b"ustar\0",
        b"00",
        b"",
        b"",
        b"0000000\0",
        b"0000000\0",
        prefix,
    )
    return header[:148] + b"%06o\0 " % sum(header) + header[156:]


def _pax_record(key: bytes, value: bytes) -> bytes:
    bare = len(key) + len(value) + 3
    length = bare + len(str(bare))
    if bare + len(str(length)) > length:
        length += 1
    return b"%d %s=%s\n" % (length, key, value)


def _parse(block: bytes) -> tuple[bytes, bytes, int]:
    checksum = _octal(block[148:156])
    if sum(block[:148]) + 256 + sum(block[156:]) != checksum:
        raise _broken(N_("a header does not match its checksum"))
    if block[257:262] != b"ustar":
        raise _broken(N_("it is not a ustar or pax archive"))
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0] if block[257:263] == b"ustar\0" else b""
    size = int.from_bytes(block[125:136], "big") if block[124] == 0x80 else _octal(block[124:136])
    return block[156:157], prefix + b"/" + name if prefix else name, size


def _content(stream: BinaryIO, size: int) -> bytes:
    if size > _PAX_LIMIT:
        raise _broken(N_("an extended header is too long"))
    content = stream.read(size)
    if len(content) != size:
        raise _broken(N_("it is cut off inside an extended header"))
    return content


def _extended(content: bytes, kind: bytes) -> dict[bytes, bytes]:
    if kind == b"L":
        return {b"path": content.rstrip(b"\0")}
    records: dict[bytes, bytes] = {}
    position = 0
    while position < len(content):
        space = content.find(b" ", position, position + 12)
        length = _number(content[position:space]) if space > 0 else 0
        record = content[space + 1 : position + length]
        key, equals, value = record.partition(b"=")
        if not space - position < length <= len(content) - position or not equals or not value.endswith(b"\n"):
            raise _broken(N_("an extended header cannot be read"))
        if key.startswith(b"GNU.sparse"):
            raise _broken(N_("it holds a sparse file"))
        records[key] = value[:-1]
        position += length
    return records


def _octal(field: bytes) -> int:
    digits = field.strip(b" \0")
    try:
        return int(digits or b"0", 8) if b"-" not in digits and b"_" not in digits else _not_a_number()
    except ValueError:
        return _not_a_number()


def _number(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 19:
        return _not_a_number()
    return int(digits)


def _not_a_number() -> int:
    raise _broken(N_("a header holds no proper number"))


def _safe_path(raw: bytes) -> str:
    try:
        path = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _broken(N_("a path is not UTF-8")) from None
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") for part in parts):
        raise _broken(N_("a path leads outside the package"))
    return path


def _broken(reason: str) -> IntegrityError:
    return IntegrityError(
        N_("The container cannot be read: {reason}."),
        hint=N_("Compare it with its digest, and read another copy of the package."),
        reason=_Reason(reason),
    )


class _Reason:
    """A reason that is translated when the sentence around it is."""

    def __init__(self, template: str) -> None:
        self.template = template

    def __str__(self) -> str:
        from model.text import _

        return _(self.template)
