"""Examines the signatures of a PDF: facts from the bytes alone.

Source:
    ISO 32000-2, section 12.8; ETSI EN 319 142-1
"""

from mmap import ACCESS_READ, mmap
from typing import BinaryIO

from model.findings import Finding
from model.signatures import FileSignatures, SignedState
from preservation.signatures.pdf import findings as kinds
from preservation.signatures.pdf.scan import Scan, scan
from preservation.signatures.source import SignedFile

KIND = "pdf"


def examine_pdf(file: SignedFile) -> FileSignatures:
    """Return every signature and document timestamp of a PDF; never raises for what the file contains.

    Raises:
        OSError: the file cannot be opened.
    """
    with file.path.open("rb") as handle:
        if handle.seek(0, 2) == 0:
            return _unreadable(file, kinds.DAMAGED.at(reason="it is empty"))
        # Closed when nothing refers to it any more: the reader keeps views of it in cycles.
        raw = mmap(handle.fileno(), 0, access=ACCESS_READ)
        seen = scan(raw)
        if not seen.signed and seen.sound:
            return FileSignatures(path=file.name, kind=KIND, state=SignedState.UNSIGNED)
        if seen.header < 0:
            return _unreadable(file, kinds.DAMAGED.at(reason="it has no PDF header"))
        return _read(file, handle, raw, seen)


def _read(file: SignedFile, handle: BinaryIO, raw: mmap, seen: Scan) -> FileSignatures:
    """Read the file by the rules of the format and, where it breaks them, leniently."""
    from preservation.signatures.pdf.facts import document_signatures
    from preservation.signatures.pdf.reading import Locked, why

    problem = ""
    for strict in (True, False):
        try:
            return document_signatures(file, handle, raw, seen.header, strict=strict, problem=problem)
        except Locked:
            if seen.ranges:
                return _unreadable(file, kinds.ENCRYPTED.at())
            return FileSignatures(path=file.name, kind=KIND, state=SignedState.UNSIGNED)
        except Exception as exc:  # noqa: BLE001 - the boundary of one file: whatever its bytes make the library raise
            problem = problem or why(exc)
    return _unreadable(file, kinds.DAMAGED.at(reason=problem))


def _unreadable(file: SignedFile, finding: Finding) -> FileSignatures:
    return FileSignatures(path=file.name, kind=KIND, state=SignedState.UNREADABLE, findings=(finding,))
