"""Office documents before 2007 and Outlook messages: structure, encryption, macros, text.

Source:
    [MS-DOC] 2.5 and 2.8, [MS-XLS] 2.4, [MS-PPT] 2.3.2, [MS-OXMSG] 2.1, [MS-OFFCRYPTO] 2.3
"""

import re
import struct
from collections.abc import Iterator

from formats import findings as kinds
from formats import vietnamese
from formats.compound import Compound, CompoundDamage, Entry, read_compound
from formats.content import Content
from model.text import N_

_FILEPASS = 0x2F
_SST = 0xFC
_CONTINUE = 0x3C
_BOUNDSHEET = 0x85
_LABELS = (0x0204, 0x00D6)
_PPT_TEXT = {0x0FA0: "utf-16-le", 0x0FA8: "cp1252"}
_PPT_ENCRYPTED = 0xF3D1C4DF
_MAX_RECORDS = 2_000_000
_MESSAGE = ("0037", "0C1A", "0E04", "0E03", "1000", "3707")
_WORD_FIELD = re.compile("\x13[^\x14\x15]*\x14?|\x15")
_SHEET_TYPES = frozenset({"Workbook", "Book"})


def validate(content: Content) -> None:
    """Check the compound file and the header of the document in it; note encryption and macros."""
    content.ran("chauban ole2", "1")
    try:
        compound = read_compound(content.view)
        content.shared = compound
        _document(content, compound)
    except CompoundDamage as damage:
        content.add(kinds.DAMAGED, detail=damage)
    except struct.error:
        content.add(kinds.DAMAGED, detail=N_("a record is cut short"))


def extract(content: Content, limit: int) -> str:
    """Return the text of a Word, Excel or PowerPoint document or an Outlook message."""
    compound = content.shared if isinstance(content.shared, Compound) else read_compound(content.view)
    word = compound.find("WordDocument")
    if word is not None:
        return _word_text(compound, word)
    sheets = compound.find(*_SHEET_TYPES)
    if sheets is not None:
        return "\n".join(_sheet_text(compound.read(sheets), limit))
    slides = compound.find("PowerPoint Document")
    if slides is not None:
        return "\n".join(_slide_text(compound.read(slides)))
    return "\n".join(_message_text(compound))


def _document(content: Content, compound: Compound) -> None:
    names = {entry.name for entry in compound.entries}
    if "EncryptedPackage" in names:
        content.add(kinds.ENCRYPTED, detail=N_("Office document with a password"))
        return
    if names & {"VBA", "_VBA_PROJECT_CUR", "Macros"}:
        content.add(kinds.ACTIVE, detail=N_("macros (VBA)"))
    word, sheets = compound.find("WordDocument"), compound.find(*_SHEET_TYPES)
    if word is not None:
        _check_word(content, compound, word)
    elif sheets is not None:
        _check_sheets(content, compound.read(sheets))
    elif "PowerPoint Document" in names:
        user = compound.find("Current User")
        if user is not None and struct.unpack("<L", compound.read(user)[12:16])[0] == _PPT_ENCRYPTED:
            content.add(kinds.ENCRYPTED, detail=N_("PowerPoint document with a password"))
    elif not any(name.startswith("__properties_version1.0") for name in names):
        content.add(kinds.NOT_CHECKED, why=N_("what the OLE2 file holds is not known to this program"))
    for entry in compound.entries:
        if entry.kind == 2 and entry.size:
            compound.read(entry, 1 << 30)


def _check_word(content: Content, compound: Compound, word: Entry) -> None:
    header = compound.read(word, 1024)
    if header[:2] not in (b"\xec\xa5", b"\xdc\xa5"):
        content.add(kinds.DAMAGED, detail=N_("the Word header is missing"))
        return
    if struct.unpack("<H", header[10:12])[0] & 0x0100:
        content.add(kinds.ENCRYPTED, detail=N_("Word document with a password"))


def _check_sheets(content: Content, data: bytes) -> None:
    first = True
    for kind, _body in _records(data):
        if first and kind not in (0x0809, 0x0409, 0x0209, 0x0009):
            content.add(kinds.DAMAGED, detail=N_("the workbook does not begin with a BOF record"))
            return
        first = False
        if kind == _FILEPASS:
            content.add(kinds.ENCRYPTED, detail=N_("Excel workbook with a password"))
            return
        if kind == 0x0A:
            return
    content.add(kinds.DAMAGED, detail=N_("the workbook has no end record"))


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    for _ in range(_MAX_RECORDS):
        if position + 4 > len(data):
            return
        kind, length = struct.unpack_from("<2H", data, position)
        yield kind, data[position + 4 : position + 4 + length]
        position += 4 + length


# -- Word


def _word_text(compound: Compound, word: Entry) -> str:
    """Return the text of the pieces, in order ([MS-DOC] 2.4.1)."""
    data = compound.read(word)
    (flags,) = struct.unpack_from("<H", data, 10)
    table = compound.find("1Table" if flags & 0x0200 else "0Table")
    if table is None or data[:2] != b"\xec\xa5":
        raise CompoundDamage("the Word table stream is missing")
    (start, length) = struct.unpack_from("<2L", data, 0x01A2)
    clx = compound.read(table)[start : start + length]
    text = "".join(_pieces(data, _piece_table(clx)))
    font = _first_font(compound.read(table), data)
    if font:
        text = vietnamese.by_font(text, font)
    return _WORD_FIELD.sub("", text).replace("\r", "\n").replace("\x07", "\t").replace("\x0b", "\n")


def _piece_table(clx: bytes) -> bytes:
    position = 0
    while position < len(clx) and clx[position] == 1:
        position += 3 + int(struct.unpack_from("<H", clx, position + 1)[0])
    if position >= len(clx) or clx[position] != 2:
        raise CompoundDamage("the Word piece table is missing")
    (size,) = struct.unpack_from("<L", clx, position + 1)
    return clx[position + 5 : position + 5 + size]


def _pieces(data: bytes, table: bytes) -> Iterator[str]:
    count = (len(table) - 4) // 12
    places = struct.unpack_from(f"<{count + 1}L", table)
    for number in range(count):
        (offset,) = struct.unpack_from("<L", table, (count + 1) * 4 + number * 8 + 2)
        length = places[number + 1] - places[number]
        if offset & 0x40000000:
            start = (offset & 0x3FFFFFFF) // 2
            yield data[start : start + length].decode("cp1252", "replace")
        else:
            yield data[offset : offset + length * 2].decode("utf-16-le", "replace")


def _first_font(table: bytes, data: bytes) -> str:
    """Return the first font of the document when it is a legacy Vietnamese one (the default of its text)."""
    start, length = struct.unpack_from("<2L", data, 0x0112)
    names = table[start : start + length]
    if len(names) < 4:
        return ""
    size = names[4] if len(names) > 4 else 0
    name = names[4 + 1 + 39 : 4 + 1 + size].decode("utf-16-le", "ignore").split("\x00")[0]
    return name if name.lower().startswith((".vn", "vni")) else ""


# -- Excel


def _sheet_text(data: bytes, limit: int) -> Iterator[str]:
    """Yield names of sheets and the shared strings ([MS-XLS] 2.4.265)."""
    blocks: list[bytes] = []
    shared = False
    for kind, body in _records(data):
        if kind == _SST:
            blocks, shared = [body], True
        elif kind == _CONTINUE and shared:
            blocks.append(body)
        else:
            shared = False
            if kind == _BOUNDSHEET and len(body) > 8:
                yield body[8:].decode("utf-16-le" if body[7] & 1 else "cp1252", "replace")
            elif kind in _LABELS and len(body) > 8:
                yield body[8:].decode("cp1252", "replace")
    if blocks:
        yield from _Strings(blocks).all(limit)


class _Strings:
    """Reads the shared strings, which may break off anywhere into a CONTINUE record."""

    def __init__(self, blocks: list[bytes]) -> None:
        self._blocks = blocks
        self._block = 0
        self._at = 8
        self._count = struct.unpack_from("<L", blocks[0], 4)[0]

    def all(self, limit: int) -> Iterator[str]:
        """Yield string after string."""
        length = 0
        for _ in range(min(self._count, 1_000_000)):
            text = self._one()
            if text is None or length > limit:
                return
            length += len(text)
            yield text

    def _one(self) -> str | None:
        header = self._bytes(3)
        if len(header) < 3:
            return None
        count, flags = struct.unpack("<HB", header)
        runs = struct.unpack("<H", self._bytes(2))[0] if flags & 8 else 0
        extra = struct.unpack("<L", self._bytes(4))[0] if flags & 4 else 0
        text = self._characters(count, wide=bool(flags & 1))
        self._bytes(runs * 4 + extra)
        return text

    def _characters(self, count: int, *, wide: bool) -> str:
        """Read characters; after a break a new flag tells their width."""
        parts: list[str] = []
        while count > 0 and self._block < len(self._blocks):
            left = len(self._blocks[self._block]) - self._at
            take = min(count, left // (2 if wide else 1))
            chunk = self._blocks[self._block][self._at : self._at + take * (2 if wide else 1)]
            parts.append(chunk.decode("utf-16-le" if wide else "latin-1", "replace"))
            self._at += len(chunk)
            count -= take
            if count:
                self._block, self._at = self._block + 1, 1
                if self._block < len(self._blocks) and self._blocks[self._block]:
                    wide = bool(self._blocks[self._block][0] & 1)
        return "".join(parts)

    def _bytes(self, count: int) -> bytes:
        parts = b""
        while count > 0 and self._block < len(self._blocks):
            chunk = self._blocks[self._block][self._at : self._at + count]
            parts += chunk
            count -= len(chunk)
            self._at += len(chunk)
            if count:
                self._block, self._at = self._block + 1, 0
        return parts


# -- PowerPoint and Outlook


def _slide_text(data: bytes) -> Iterator[str]:
    """Yield the text atoms; containers (version 0xF) are entered ([MS-PPT] 2.3.1)."""
    position = 0
    for _ in range(_MAX_RECORDS):
        if position + 8 > len(data):
            return
        version, kind, length = struct.unpack_from("<2HL", data, position)
        position += 8
        if version & 0xF == 0xF:
            continue
        if kind in _PPT_TEXT:
            yield data[position : position + length].decode(_PPT_TEXT[kind], "replace").replace("\r", "\n")
        position += length


def _message_text(compound: Compound) -> Iterator[str]:
    """Yield subject, sender, recipients, body and names of attachments ([MS-OXPROPS])."""
    for wanted in _MESSAGE:
        for entry in compound.entries:
            if entry.name == f"__substg1.0_{wanted}001F":
                yield compound.read(entry).decode("utf-16-le", "replace")
            elif entry.name == f"__substg1.0_{wanted}001E":
                yield compound.read(entry).decode("cp1252", "replace")
