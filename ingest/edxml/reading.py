"""Reading an edXML message of either generation: its values, and its attachments as files.

Source:
    QCVN 102:2016/BTTTT (Circular 10/2016/TT-BTTTT) and its amendment 1:2022 (Circular 01/2022/TT-BTTTT).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ingest.edxml import findings as kinds
from ingest.edxml.attachments import Carried, attach, carried_in
from ingest.edxml.content import Contents, Shelf
from ingest.edxml.interpreting import interpret, refusal_of
from ingest.edxml.mime import read_mime
from ingest.edxml.parsing import parse_message
from ingest.edxml.refusal import Refused
from ingest.edxml.signature import judge_signature, signature_findings
from ingest.edxml.values import EdxmlLimits, EdxmlMessage, ReadMessage
from model.errors import InputError
from model.findings import Finding, FindingLog
from model.text import N_
from preservation.package.edxml import is_multipart

_START = 4096
_UNREADABLE_HINT = N_("Check that the file is there and that this program may read it.")


def read_message(source: Path | BinaryIO, folder: Path, limits: EdxmlLimits | None = None) -> ReadMessage:
    """Read a message; its attachments are decoded into files, in bounded memory whatever their size.

    Whatever is in the message, nothing is raised for it: a message that must be refused gives no message
    but the findings that say why, one of them naming the document where its header could be read. Then
    no file is left behind.

    Args:
        source: the file, or a stream that can be set back.
        folder: where attachments are written, made if it is not there; nothing is written elsewhere. Give
            each message a folder of its own.
        limits: caps on what the sender controls.

    Raises:
        InputError: the file cannot be opened or read.
        StorageError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if isinstance(source, Path):
            with source.open("rb") as stream:
                return _read(stream, folder, limits or EdxmlLimits())
        return _read(source, folder, limits or EdxmlLimits())
    except OSError as error:
        raise InputError(
            N_("The message {path} cannot be read: {why}."),
            hint=_UNREADABLE_HINT,
            path=source if isinstance(source, Path) else folder,
            why=error.strerror or type(error).__name__,
        ) from error


def _read(stream: BinaryIO, folder: Path, limits: EdxmlLimits) -> ReadMessage:
    shelf = Shelf(folder, limits)
    log = FindingLog()
    message = None
    try:
        message = _message(stream, shelf, log)
    except Refused as refused:
        log.add(refused.finding)
    finally:
        if message is None:
            shelf.clear()
    return ReadMessage(message=message, findings=tuple(log))


def _message(stream: BinaryIO, shelf: Shelf, log: FindingLog) -> EdxmlMessage | None:
    """Return the message; none when it must be refused, which the log then says."""
    begin = stream.tell()
    start = stream.read(_START)
    stream.seek(begin)
    if not is_multipart(start):
        return _from_xml(stream, begin, (), shelf, log)
    mime = read_mime(stream, shelf)
    with mime.root.path.open("rb") as root:
        message = _from_xml(root, 0, mime.carried, shelf, log)
    shelf.give_back(mime.root)
    return message


def _from_xml(
    stream: BinaryIO, begin: int, parts: Sequence[Carried], shelf: Shelf, log: FindingLog
) -> EdxmlMessage | None:
    contents = Contents(shelf)
    parsed = parse_message(stream, contents, shelf.limits)
    log.extend(parsed.findings)
    refusal = refusal_of(parsed.root)
    if parsed.root is None or refusal is not None:
        if refusal is not None and not parsed.refused:
            log.add(refusal)
        return None
    said = FindingLog()
    envelope = interpret(parsed.root, said)
    if parsed.refused:
        log.add(_salvaged(envelope.message))
        return None
    log.extend(said)
    try:
        carried = [*carried_in(envelope.encoded, contents), *parts]
        attachments = attach(envelope.manifest, carried, shelf, log)
    except Refused as refused:
        log.add(refused.finding)
        log.add(_salvaged(envelope.message))
        return None
    signature = judge_signature(parsed.root, stream, begin, attachments)
    log.extend(signature_findings(signature))
    return replace(envelope.message, attachments=attachments, signature=signature)


def _salvaged(message: EdxmlMessage) -> Finding:
    """Return the finding that names the document of a refused message, as far as it could be read."""
    key = message.key
    return kinds.SALVAGED.at(
        key.document_id[:200],
        code=key.code[:80] or "?",
        date=key.date.vietnamese if key.date else "?",
        sender=(message.sender.name or message.sender.code)[:200] or "?",
        title=message.subject[:300] or "?",
    )
