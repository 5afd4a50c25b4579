"""WAVE sound: chunks, lengths and the format chunk."""

import struct

from formats import findings as kinds
from formats.content import Content
from model.text import N_

_MAX_CHUNKS = 10_000


def validate(content: Content) -> None:
    """Check RIFF length, chunk lengths, and that format and data are there.

    Source:
        Multimedia Programming Interface and Data Specifications 1.0 (RIFF, WAVE); EBU Tech 3306 (RF64)
    """
    content.ran("chauban wave", "1")
    view = content.view
    if view[:4] not in (b"RIFF", b"RF64") or view[8:12] != b"WAVE":
        content.add(kinds.DAMAGED, detail=N_("there is no RIFF WAVE header"))
        return
    (length,) = struct.unpack("<I", view[4:8])
    if view[:4] == b"RIFF" and length + 8 > content.size:
        content.add(kinds.DAMAGED, detail=N_("the file is shorter than its header says"))
    position, seen = 12, set()
    for _ in range(_MAX_CHUNKS):
        if position + 8 > content.size:
            break
        kind, size = struct.unpack("<4sI", view[position : position + 8])
        seen.add(kind)
        position += 8 + size + size % 2
    for needed, name in ((b"fmt ", "fmt"), (b"data", "data")):
        if needed not in seen:
            content.add(kinds.DAMAGED, detail=f"{N_('a chunk is missing')}: {name}")


def extract(_content: Content, _limit: int) -> str:
    """Return nothing: sound has no text."""
    return ""
