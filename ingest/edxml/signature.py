"""The signature block of a message: whether it holds, never whether it is to be trusted.

The block has the structure of an XML signature but stands in the message's own namespace or in that of
XML signatures. What was signed is SignedInfo as it stands, in its namespace, in canonical form; that is
what is checked. Trust rests on the signed documents.

Source:
    QCVN 102:2016/BTTTT, Signature; XML Signature Syntax and Processing 1.1, 3.2.
"""

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from ingest.edxml import findings as kinds
from ingest.edxml.interpreting import plain_id
from ingest.edxml.nodes import EMPTY, Node
from ingest.edxml.values import Attachment, SignatureBlock, SignatureState
from model.findings import Finding
from model.signatures import Integrity, SignatureFacts, SubIndication
from model.text import N_

LIMIT = 32 << 20
"""Bytes of a message whose signature is checked; the check needs the message in memory."""
_WEAK_DIGESTS = ("md5", "sha1")
_WEAK_KEY = 2048
_TOO_LARGE = N_("the message is too large")
_UNKNOWN = N_("its form is not known")
_NO_KEY = N_("it holds no certificate that can be read")
_CUT = N_("its certificate is damaged, so nobody can verify it")
_DIGEST = N_("what was signed was changed afterwards")
_VALUE = N_("its value does not fit the certificate")
_NOT_HERE = N_("what was signed is not in the message as it was signed")
_UNSUPPORTED = N_("it uses a method that is not supported")
_FORM = N_("it is not built as a signature should be")
_STATES = {
    Integrity.INTACT: SignatureState.INTACT,
    Integrity.BROKEN: SignatureState.BROKEN,
    Integrity.UNKNOWN: SignatureState.UNDECIDED,
}
_REASONS = {
    SubIndication.HASH_FAILURE: _DIGEST,
    SubIndication.SIG_CRYPTO_FAILURE: _VALUE,
    SubIndication.SIGNED_DATA_NOT_FOUND: _NOT_HERE,
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: _NO_KEY,
    SubIndication.FORMAT_FAILURE: _FORM,
}


def judge_signature(root: Node, stream: BinaryIO, begin: int, attachments: Sequence[Attachment]) -> SignatureBlock:
    """Judge the signature block of a message.

    Args:
        root: of the message as it was read.
        stream: the document, read again from `begin` where there is something to check.
        attachments: what references by `cid:` lead to.
    """
    block = _block(root)
    if block is None:
        return SignatureBlock()
    info = block.first("SignedInfo")
    method = (info or EMPTY).first("SignatureMethod") or EMPTY
    algorithm = method.attributes.get("Algorithm", "").replace("#", "/").rpartition("/")[2][:80]
    if info is None or not block.value("SignatureValue"):
        return SignatureBlock(state=SignatureState.EMPTY, algorithm=algorithm)
    stream.seek(begin)
    document = stream.read(LIMIT + 1)
    if len(document) > LIMIT:
        return SignatureBlock(state=SignatureState.UNDECIDED, algorithm=algorithm, reason=_TOO_LARGE)
    return _checked(document, algorithm, attachments)


def signature_findings(block: SignatureBlock) -> Iterator[Finding]:
    """Yield what is to be said of a signature block."""
    if block.state is SignatureState.EMPTY:
        yield kinds.SIGNATURE_EMPTY.at("Signature")
    elif block.state is SignatureState.BROKEN:
        yield kinds.SIGNATURE_BROKEN.at("Signature", reason=block.reason)
    elif block.state is SignatureState.UNDECIDED:
        yield kinds.SIGNATURE_UNDECIDED.at("Signature", reason=block.reason)
    if block.weak:
        yield kinds.SIGNATURE_WEAK.at("Signature", algorithm=block.weak)


def _block(root: Node) -> Node | None:
    """Return the first block that holds something, else the first."""
    blocks = [node for node in root.walk() if node.name in ("Signature", "DigitalSignature")]
    return next((block for block in blocks if block.first("SignedInfo") is not None), blocks[0] if blocks else None)


def _checked(document: bytes, algorithm: str, attachments: Sequence[Attachment]) -> SignatureBlock:
    """Check the signature as an XML signature of the document."""
    from model.material import Material
    from preservation.signatures.source import SignatureLimits
    from preservation.signatures.xml.document import XmlFault
    from preservation.signatures.xml.signature import xml_signatures

    try:
        found = xml_signatures(
            document, material=Material(), resolve=_Resolver(attachments), limits=SignatureLimits(xml=LIMIT)
        )
    except XmlFault as fault:
        reason = fault.finding.message("en")
        return SignatureBlock(state=SignatureState.UNDECIDED, algorithm=algorithm, reason=reason)
    if not found:
        return SignatureBlock(
            state=SignatureState.UNDECIDED, algorithm=algorithm, weak=_weakness(algorithm), reason=_UNKNOWN
        )
    return _judged(found[0], algorithm)


def _judged(facts: SignatureFacts, algorithm: str) -> SignatureBlock:
    from preservation.signatures.xml.findings import BAD_CERTIFICATE

    state, reason = (
        _STATES[facts.integrity],
        _REASONS.get(facts.failure, _UNSUPPORTED) if facts.failure else _UNSUPPORTED,
    )
    damaged = any(finding.code == BAD_CERTIFICATE.code for finding in facts.findings)
    if damaged:
        state, reason = SignatureState.BROKEN, _CUT
    elif state is not SignatureState.BROKEN and facts.certificate is None:
        state, reason = SignatureState.UNDECIDED, _NO_KEY
    certificate = facts.certificate
    weak_key = certificate is not None and certificate.key_algorithm == "rsa" and certificate.key_size < _WEAK_KEY
    weak_digest = next((use.name for use in facts.algorithms if use.use == "digest" and use.name in _WEAK_DIGESTS), "")
    return SignatureBlock(
        state=state,
        algorithm=algorithm,
        signer=certificate.subject if certificate is not None else "",
        weak=_weakness(algorithm, weak_digest, certificate.key_size if weak_key and certificate is not None else 0),
        reason="" if state is SignatureState.INTACT else reason,
    )


def _weakness(algorithm: str, digest: str = "", key_size: int = 0) -> str:
    """Name what is weak: the method, the digest of what was signed, the key; empty when nothing is."""
    method = algorithm if algorithm.lower().endswith(_WEAK_DIGESTS) else ""
    return ", ".join(part for part in (method, digest, f"RSA {key_size}" if key_size else "") if part)


class _Resolver:
    """Gives references by `cid:` the attachments they name, as far as they are here as they were sent."""

    def __init__(self, attachments: Sequence[Attachment]) -> None:
        self._by_id = {item.content_id: item for item in attachments if item.path is not None and not item.unpacked}

    def __call__(self, uri: str) -> bytes | None:
        item = self._by_id.get(plain_id(uri)) if uri[:4].lower() == "cid:" else None
        if item is None or item.path is None or item.size > LIMIT:
            return None
        return item.path.read_bytes()
