"""Reading edXML messages, small and large, against lxml and base64 from the standard library."""

import base64
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from lxml import etree

from bench.measuring import RESULTS, report
from ingest.edxml.reading import read_message

_MARK = base64.b64encode(b"the attachment")
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><edXML xmlns="{n}"><edXML:edXMLEnvelope xmlns:edXML="{n}">'
    "<edXML:edXMLHeader>"
    "<edXML:MessageHeader><edXML:From><edXML:OrganId>H49.64.33</edXML:OrganId></edXML:From>"
    "<edXML:DocumentId>H49.64.33,2026/03/02,15/QĐ-SMAU</edXML:DocumentId></edXML:MessageHeader></edXML:edXMLHeader>"
    "</edXML:edXMLEnvelope><AttachmentEncoded><Attachment><ContentId>1</ContentId><AttachmentName>a.bin</AttachmentName>"
    "<ContentTransferEncoded>"
).format(n="http://www.mic.gov.vn/TBT/QCVN_102_2016")
_TAIL = "</ContentTransferEncoded></Attachment></AttachmentEncoded></edXML>"


def edxml() -> None:
    """Time messages of 100 KiB, and one of 500 MiB."""
    folder = RESULTS / "edxml"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        for name, blocks, times in (("1,000 messages of 100 KiB", 1, 1000), ("one message of 500 MiB", 6800, 1)):
            path = folder / "message.edxml"
            _write(path, blocks)
            ours = _timed(lambda work, path=path: _ours(path, work), folder, times)
            theirs = _timed(lambda work, path=path: _theirs(path, work), folder, times)
            report(f"edXML: {name}", "lxml and base64", ours, theirs, "≤ 2.50")
    finally:
        shutil.rmtree(folder)


def _write(path: Path, blocks: int) -> None:
    block = base64.b64encode(os.urandom(75_000))
    with path.open("wb") as stream:
        stream.write(_HEAD.encode())
        for _ in range(blocks):
            stream.write(block)
        stream.write(_TAIL.encode())


def _timed(read: Callable[[Path], None], folder: Path, times: int) -> float:
    """Return the middle of three runs, in seconds."""
    found = []
    for _ in range(3):
        work = folder / "work"
        started = time.perf_counter()
        for number in range(times):
            read(work / str(number))
        found.append(time.perf_counter() - started)
        shutil.rmtree(work)
    return sorted(found)[1]


def _ours(path: Path, work: Path) -> None:
    if read_message(path, work).message is None:
        raise RuntimeError("the message of the benchmark was refused")


def _theirs(path: Path, work: Path) -> None:
    work.mkdir(parents=True)
    parser = etree.XMLParser(huge_tree=True, resolve_entities=False)
    for element in etree.parse(str(path), parser).iter("{*}ContentTransferEncoded"):
        (work / "a.bin").write_bytes(base64.b64decode(element.text or ""))
