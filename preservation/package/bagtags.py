"""The text files of a bag: the declaration, manifests, bag-info.txt. Reading only; `bagcheck` judges.

Source:
    RFC 8493 sections 2.1 to 2.3; drafts 0.93 to 0.97 where they differ.
"""

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from model.fixity import read_chunks

LINE_LIMIT = 16_384
"""Characters of a line; a path has at most 4096 bytes."""
SMALL = 1 << 20
"""Bytes of bagit.txt or bag-info.txt that are read."""

_CODECS = re.compile(
    r"utf-?(8|16|32)(-[bl]e)?|ascii|iso8859-\d+|cp\d+|koi8-[rtu]|shift_jis|euc_\w+|gb\w+|big5\w*|tis-620|mac-\w+"
)
_DECLARATION = re.compile(r"BagIt-Version: (\d+)\.(\d+)")
_ENCODING = re.compile(r"Tag-File-Character-Encoding: (\S+)")
_LINE = re.compile(r"([0-9a-fA-F]+)([ \t]+)(\*?)(.*)", re.DOTALL)
_ENCODED = re.compile(r"%(0[aA]|0[dD]|25)")
_ELEMENT = re.compile(r"([^\s:](?:[^:]*[^\s:])?):(?:[ \t](.*))?", re.DOTALL)
_LOOSE_ELEMENT = re.compile(r"\s*([^:]*?)\s*:\s*(.*)", re.DOTALL)


class TagFileError(ValueError):
    """A tag file cannot be read as text: wrong encoding, or a line without end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What bagit.txt says, and how well it says it."""

    version: tuple[int, int] = (1, 0)
    encoding: str = "utf-8"
    fault: int = 0
    """Number of the line that is not as it must be; 0 when the file is exact."""
    unknown_encoding: str = ""
    """Name of an encoding that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestLine:
    """One line of a manifest."""

    number: int
    digest: str
    path: str
    """As written, after the marks of `md5sum` are taken off."""
    marked: bool
    """The path has the asterisk that `md5sum -b` writes."""


def codec_named(name: str) -> str:
    """Return Python's name of a character encoding; empty when it is not one for text."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return found if _CODECS.fullmatch(found) else ""


def text_lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield the lines of a tag file; they end with LF, CR or CRLF.

    Raises:
        TagFileError: the bytes are not in the encoding, or a line is too long.

    Source:
        RFC 8493 section 2.3
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("strict"), translate=True)
    pending = ""
    try:
        for chunk in read_chunks(stream, 1 << 16):
            lines = (pending + decoder.decode(chunk)).split("\n")
            pending = lines.pop()
            if len(pending) > LINE_LIMIT:
                raise TagFileError(f"line of more than {LINE_LIMIT} characters")
            yield from lines
        lines = (pending + decoder.decode(b"", final=True)).split("\n")
    except UnicodeError as error:
        raise TagFileError(f"not {encoding} text") from error
    yield from lines[:-1]
    if lines[-1]:
        yield lines[-1]


def read_declaration(data: bytes) -> Declaration:
    """Read bagit.txt: exactly two lines, no byte-order mark.

    Source:
        RFC 8493 section 2.1.1
    """
    if data.startswith(codecs.BOM_UTF8):
        return Declaration(fault=1)
    try:
        lines = list(text_lines(io.BytesIO(data), "utf-8"))
    except TagFileError:
        return Declaration(fault=1)
    version = _DECLARATION.fullmatch(lines[0]) if lines else None
    encoding = _ENCODING.fullmatch(lines[1]) if len(lines) > 1 else None
    if version is None:
        return Declaration(fault=1)
    number = (int(version[1][:4]), int(version[2][:4]))
    if encoding is None:
        return Declaration(version=number, fault=2)
    codec = codec_named(encoding[1])
    if not codec:
        return Declaration(version=number, unknown_encoding=encoding[1][:40])
    fault = 3 if len(lines) > 2 else 0
    return Declaration(version=number, encoding=codec, fault=fault)


def manifest_lines(stream: BinaryIO, encoding: str) -> Iterator[ManifestLine | int]:
    """Yield the lines of a manifest; a number stands for a line that cannot be read as one.

    Raises:
        TagFileError: the file is not text.

    Source:
        RFC 8493 section 2.1.3
    """
    for number, line in enumerate(text_lines(stream, encoding), 1):
        if not line.strip(" \t\ufeff"):
            continue
        match = _LINE.fullmatch(line.removeprefix("\ufeff") if number == 1 else line)
        if match is None or not match[4]:
            yield number
        else:
            yield ManifestLine(number=number, digest=match[1], path=match[4], marked=bool(match[3]))


def decode_path(path: str) -> str:
    """Undo the percent-encoding of LF, CR and the percent sign, and of these only.

    Source:
        RFC 8493 section 2.1.3
    """
    if "%" not in path:
        return path
    return _ENCODED.sub(lambda match: chr(int(match[1], 16)), path)


def fully_encoded(path: str) -> bool:
    """Tell whether every percent sign of a manifest's path begins one of the three codes."""
    return path.count("%") == len(_ENCODED.findall(path))


def info_elements(stream: BinaryIO, encoding: str, *, strict: bool) -> Iterator[tuple[str, str] | int]:
    """Yield label and value of each element of bag-info.txt; a number stands for a line that is not one.

    Args:
        stream: the file.
        encoding: of the tag files.
        strict: as in version 1.0: no space around the label, and one after the colon.

    Raises:
        TagFileError: the file is not text.

    Source:
        RFC 8493 section 2.2.2
    """
    element: tuple[str, str] | None = None
    for number, line in enumerate(text_lines(stream, encoding), 1):
        if line[:1] in (" ", "\t") and element is not None and line.strip():
            element = (element[0], f"{element[1]} {line.strip()}"[: LINE_LIMIT * 4])
            continue
        if element is not None:
            yield element
            element = None
        if not line.strip("\ufeff \t"):
            continue
        match = (_ELEMENT if strict else _LOOSE_ELEMENT).fullmatch(line.removeprefix("\ufeff"))
        if match is None or not match[1]:
            yield number
        else:
            element = (match[1], match[2] or "")
    if element is not None:
        yield element
