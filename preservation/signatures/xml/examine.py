"""Signatures of an XML file: found cheaply, and none of them hidden by another."""

import mmap
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

from model.findings import Finding
from model.signatures import (
    FileSignatures,
    Integrity,
    SignatureFacts,
    SignatureFormat,
    SignedState,
    SubIndication,
)
from preservation.signatures.source import SignedFile
from preservation.signatures.xml import findings as kinds
from preservation.signatures.xml import names
from preservation.signatures.xml.document import XmlDocument, XmlFault, read_document
from preservation.signatures.xml.names import DSIG, EDXML
from preservation.signatures.xml.scan import may_be_signed
from preservation.signatures.xml.scope import Envelope
from preservation.signatures.xml.signature import signatures_in
from preservation.signatures.xml.transforms import decode_base64


def examine_xml(file: SignedFile) -> FileSignatures:
    """Find and check the signatures of an XML file.

    Source:
        XMLDSig 1.1; EN 319 132-1; QCVN 102:2016/BTTTT (edXML)
    """
    try:
        return _examined(file)
    except XmlFault as fault:
        return _unreadable(file, fault.finding)
    except Exception as error:  # noqa: BLE001 - boundary: a file that breaks a library is unreadable, not a crash
        return _unreadable(file, kinds.FAILED.at(file.name, reason=f"{type(error).__name__}: {error}"[:200]))


def _unreadable(file: SignedFile, finding: Finding) -> FileSignatures:
    return FileSignatures(path=file.name, kind="xml", state=SignedState.UNREADABLE, findings=(finding,))


def _examined(file: SignedFile) -> FileSignatures:
    if not _may_be_signed(file.path):
        return FileSignatures(path=file.name, kind="xml", state=SignedState.UNSIGNED)
    if file.path.stat().st_size > file.limits.xml:
        raise XmlFault(kinds.TOO_LARGE.at(file.name, limit=file.limits.xml))
    document = read_document(file.path.read_bytes(), limit=file.limits.xml)
    message = is_message(document)
    found = signatures_in(
        document,
        material=file.material,
        resolve=_Beside(file, document),
        format=SignatureFormat.EDXML if message else None,
        limits=file.limits,
        envelope=Envelope.DOCUMENT,
    )
    found += tuple(_empty_blocks(document)) if message else ()
    return FileSignatures(
        path=file.name,
        kind="xml",
        state=SignedState.SIGNED if found else SignedState.UNSIGNED,
        signatures=found,
    )


def _may_be_signed(path: Path) -> bool:
    if path.stat().st_size == 0:
        return False
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return may_be_signed(content)


def is_message(document: XmlDocument) -> bool:
    """Whether a document is an edXML message."""
    return names.local(document.root).lower() == "edxml"


def _empty_blocks(document: XmlDocument) -> list[SignatureFacts]:
    """Return an entry for each place of an edXML message that was made for a signature and holds none."""
    found: list[SignatureFacts] = []
    for element in document.root.iter(*(f"{{{space}}}{name}" for space in (EDXML, "") for name in _BLOCKS), *_BLOCKS):
        inside = any(names.local(part) == "SignedInfo" for part in element.iter(etree.Element))
        if not inside and names.space(element) != DSIG:
            name = f"{names.local(element)}-{len(found) + 1}"
            found.append(
                SignatureFacts(
                    id=name,
                    format=SignatureFormat.EDXML,
                    integrity=Integrity.UNKNOWN,
                    failure=SubIndication.FORMAT_FAILURE,
                    findings=(kinds.EMPTY.at(name),),
                )
            )
    return found


_BLOCKS = ("Signature", "DigitalSignature")


class _Beside:
    """Finds the data of detached signatures among the files beside the signed one."""

    def __init__(self, file: SignedFile, document: XmlDocument) -> None:
        self._file = file
        self._digests: dict[str, dict[str, bytes]] = {}
        for reference in document.root.iter(f"{{{DSIG}}}Reference"):
            uri = reference.get("URI", "")
            if not uri.startswith("#") and names.child(reference, "Transforms", (DSIG,)) is None:
                self._note(uri, reference)

    def _note(self, uri: str, reference: etree._Element) -> None:
        method = names.child(reference, "DigestMethod", (DSIG,))
        algorithm = names.DIGESTS.get(method.get("Algorithm", "") if method is not None else "")
        value = decode_base64(names.text_of(names.child(reference, "DigestValue", (DSIG,))).encode())
        if algorithm and value:
            self._digests.setdefault(uri, {})[algorithm] = value

    def __call__(self, uri: str) -> bytes | None:
        """Return the content of a file beside the signed one; none when there is none."""
        wanted = tuple(dict.fromkeys(name for name in (unquote(uri), uri) if name))
        if any("://" in name or name.startswith("/") or ".." in name.split("/") for name in wanted):
            return None
        companion = self._file.companions.find(wanted, self._digests.get(uri, {}))
        if companion is None or companion.path.stat().st_size > self._file.limits.document:
            return None
        return companion.path.read_bytes()
