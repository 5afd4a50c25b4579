"""Files with little to examine: a timestamp that lies alone, Office files of before 2007, OpenPGP."""

import mmap
from collections.abc import Callable
from pathlib import Path, PurePath

from asn1crypto import cms

from model.findings import Finding
from model.signatures import FileSignatures, SignedState, TimestampKind
from preservation.cms.digests import digest_file, name_of
from preservation.cms.envelope import UnreadableCms
from preservation.signatures import findings as kinds
from preservation.signatures.detect import SignedKind
from preservation.signatures.source import Companion, SignedFile
from preservation.timestamps.token import timestamp_facts, token_of

_LARGEST_TOKEN = 4 << 20
_LARGEST_COMPOUND_FILE = 1 << 30

_OFFICE_SIGNATURES = tuple(name.encode("utf-16-le") for name in ("_xmlsignatures", "_signatures"))
_OFFICE_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def examine_timestamp(file: SignedFile) -> FileSignatures:
    """Read an RFC 3161 token or response and compare it with the file beside it that it was made for.

    It stamps a file and signs nothing, so it is no signature.

    Raises:
        OSError: it cannot be read.
    """
    with file.path.open("rb") as stream:
        content = stream.read(_LARGEST_TOKEN)
    companion = _stamped(file, content)
    facts = timestamp_facts(
        content,
        _digester(companion.path) if companion else None,
        id=PurePath(file.name).name,
        kind=TimestampKind.DOCUMENT,
        material=file.material,
        covers=(companion.name,) if companion else (),
    )
    state = SignedState.UNSIGNED if facts.token else SignedState.UNREADABLE
    return FileSignatures(path=file.name, kind=SignedKind.TIMESTAMP, state=state, timestamps=(facts,))


def _stamped(file: SignedFile, content: bytes) -> Companion | None:
    """Find the file a token was made for: by its imprint, else `a.pdf` for `a.pdf.tsr`."""
    names = (PurePath(file.name).stem,)
    try:
        signed = cms.ContentInfo.load(token_of(content))["content"]
        stamped = signed["encap_content_info"]["content"].parsed["message_imprint"]
        algorithm = name_of(stamped["hash_algorithm"]["algorithm"].dotted)
        imprint = bytes(stamped["hashed_message"].native)
    except (UnreadableCms, ValueError, TypeError, KeyError, AttributeError):
        return file.companions.find(names, {})
    return file.companions.find(names, {algorithm: imprint} if algorithm else {})


def _digester(path: Path) -> Callable[[str], bytes | None]:
    def digest(name: str) -> bytes | None:
        return digest_file(path, (name,))[name]

    return digest


def examine_ole(file: SignedFile) -> FileSignatures:
    """Tell whether a compound file is encrypted or signed; its signatures are of a kind nobody judges any more.

    Source:
        [MS-OFFCRYPTO] 2.5 and 2.3.4
    """
    with file.path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if len(content) > _LARGEST_COMPOUND_FILE:
            what = f"> {_LARGEST_COMPOUND_FILE >> 20} MiB"
            return _unreadable(file, SignedKind.OLE, kinds.UNSUPPORTED.at(file.name, what=what))
        if content.find(_OFFICE_ENCRYPTED) >= 0:
            return _unreadable(file, SignedKind.OLE, kinds.ENCRYPTED.at(file.name))
        if any(content.find(name) >= 0 for name in _OFFICE_SIGNATURES):
            unsupported = kinds.UNSUPPORTED.at(file.name, what="Microsoft Office 97-2003")
            return _unreadable(file, SignedKind.OLE, unsupported)
    return FileSignatures(path=file.name, kind=SignedKind.OLE, state=SignedState.UNSIGNED)


def examine_pgp(file: SignedFile) -> FileSignatures:
    """Say that OpenPGP signatures are not judged."""
    return _unreadable(file, SignedKind.PGP, kinds.UNSUPPORTED.at(file.name, what="OpenPGP"))


def _unreadable(file: SignedFile, kind: SignedKind, finding: Finding) -> FileSignatures:
    return FileSignatures(path=file.name, kind=kind, state=SignedState.UNREADABLE, findings=(finding,))
