"""Opens CMS: finds the SignedData in DER, BER, PEM or base64, and its contents without copying them.

Source:
    RFC 5652, sections 3 and 5.1
"""

import base64
import binascii
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from asn1crypto import cms, core

from model.text import N_
from preservation.cms import tlv

SIGNED_DATA = "1.2.840.113549.1.7.2"
_PACKED = {
    "1.2.840.113549.1.7.3": N_("it is encrypted"),
    "1.2.840.113549.1.9.16.1.23": N_("it is encrypted"),
    "1.2.840.113549.1.7.5": N_("it is a digest without a signature"),
    "1.2.840.113549.1.7.6": N_("it is encrypted"),
    "1.2.840.113549.1.9.16.1.9": N_("it is compressed"),
}
_CHUNK = 1 << 20
_ARMOUR = re.compile(rb"-----BEGIN (?:CMS|PKCS7|PKCS #7 SIGNED DATA|CERTIFICATE)-----(.*?)-----END ", re.DOTALL)
_MOST_PARTS = 6
_MOST_SIGNERS = 10_000
_LARGEST_STRUCTURE = 64 << 20
"""Bytes of everything but the contents: certificates, revocation lists, signers."""


class UnreadableCms(Exception):
    """The bytes are not a signature that can be read."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PackedCms(UnreadableCms):
    """CMS without a signature at its surface: encrypted or compressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A SignedData and where its contents are."""

    signed_data: cms.SignedData
    """Without the contents where they were attached."""
    content_type: str
    """OID of the type of the contents."""
    attached: bool
    """Whether the contents are inside."""
    source: tlv.Buffer
    """What they are inside of."""
    element: tlv.Element | None = None
    """Where they are; read anew each time, since they may lie in millions of pieces."""
    size: int = 0
    """Bytes of the contents."""
    trailing: int = 0
    """Bytes after the signature that are not zero padding."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the contents."""
        for start, end in tlv.octet_ranges(self.source, self.element) if self.element else ():
            for position in range(start, end, _CHUNK):
                yield bytes(self.source[position : min(position + _CHUNK, end)])

    def content(self, limit: int) -> bytes | None:
        """Return the contents; none when they are not inside or larger than the limit."""
        if not self.attached or self.size > limit:
            return None
        whole = bytearray()
        for chunk in self.chunks():
            whole += chunk
        return bytes(whole)

    def head(self, size: int) -> bytes:
        """Return the first bytes of the contents, a little more or less than asked for."""
        start = bytearray()
        for chunk in self.chunks():
            start += chunk[:size]
            if len(start) >= size:
                break
        return bytes(start)


def open_signed_data(content: bytes) -> cms.SignedData:
    """Return the SignedData of a CMS file with its contents.

    Args:
        content: a ContentInfo in DER, BER, PEM or base64; zero bytes after it are ignored.
    Raises:
        UnreadableCms: there is none, or its outline is damaged.
    """
    data = decoded(content)
    try:
        signed = _signed_data_element(data)
        if sum(1 for _ in islice(tlv.children(data, signed), _MOST_PARTS + 1)) not in range(3, _MOST_PARTS + 1):
            raise UnreadableCms(N_("its parts are damaged"))
        return _loaded(tlv.raw(data, signed))
    except tlv.BadEncoding as exc:
        raise UnreadableCms(str(exc)) from exc


def open_envelope(data: tlv.Buffer) -> Envelope:
    """Open CMS that may be large: the contents are located, not copied.

    Args:
        data: a ContentInfo in DER or BER (see `decoded`), or a mapped file.
    Raises:
        UnreadableCms: it is not a SignedData, or its outline is damaged.
    """
    try:
        signed = _signed_data_element(data)
        parts = list(islice(tlv.children(data, signed), _MOST_PARTS + 1))
        if len(parts) not in range(3, _MOST_PARTS + 1):
            raise UnreadableCms(N_("its parts are damaged"))
        place = next((number for number, part in enumerate(parts[:4]) if part.tag == tlv.SEQUENCE), None)
        if place is None:
            raise UnreadableCms(N_("it does not say what it signs"))
        content_type, content = _encapsulated(data, parts[place])
        parts_size = sum(part.end - part.start for number, part in enumerate(parts) if number != place)
        if parts_size > _LARGEST_STRUCTURE:
            raise UnreadableCms(N_("its certificates and signers are too large"))
        without = [
            tlv.encode(tlv.SEQUENCE, content_type) if number == place else tlv.raw(data, part)
            for number, part in enumerate(parts)
        ]
        return Envelope(
            signed_data=_loaded(tlv.encode(tlv.SEQUENCE, b"".join(without))),
            content_type=_dotted(content_type),
            attached=content is not None,
            source=data,
            element=content,
            size=sum(end - start for start, end in tlv.octet_ranges(data, content)) if content else 0,
            trailing=_trailing(data),
        )
    except tlv.BadEncoding as exc:
        raise UnreadableCms(str(exc)) from exc


def decoded(content: bytes) -> bytes:
    """Return BER or DER of what may be PEM or base64.

    Raises:
        UnreadableCms: it is neither.
    """
    if content[:1] == b"\x30" and content[1:2] > b"\x7f":
        return content
    if content.startswith(b"\xef\xbb\xbf"):
        content = content[3:]
    armoured = _ARMOUR.search(content)
    text = armoured[1] if armoured else content
    try:
        data = base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error as exc:
        raise UnreadableCms(N_("it is neither CMS nor text that stands for it")) from exc
    if data[:1] != b"\x30":
        raise UnreadableCms(N_("it is not CMS"))
    return data


def _loaded(der: bytes) -> cms.SignedData:
    """Parse a SignedData whose signers are few enough to be parsed.

    Raises:
        UnreadableCms: they are not, or it is damaged.
    """
    last = deque(tlv.children(der, tlv.element_at(der, 0)), maxlen=1)[0]
    if sum(1 for _ in islice(tlv.children(der, last), _MOST_SIGNERS + 1)) > _MOST_SIGNERS:
        raise UnreadableCms(N_("it has too many signers"))
    try:
        signed_data = cms.SignedData.load(der)
        len(signed_data["signer_infos"])
        signed_data["encap_content_info"]["content_type"].dotted.strip()
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as exc:
        raise UnreadableCms(N_("its parts are damaged")) from exc
    return signed_data


def _signed_data_element(data: tlv.Buffer) -> tlv.Element:
    """Return the SignedData inside a ContentInfo, or a bare one."""
    top = tlv.element_at(data, 0)
    if top.tag != tlv.SEQUENCE:
        raise UnreadableCms(N_("it is not CMS"))
    parts = tlv.children(data, top)
    first = next(parts, None)
    if first is None:
        raise UnreadableCms(N_("it is empty"))
    if first.tag == tlv.INTEGER:
        return top
    oid = _dotted(tlv.raw(data, first)) if first.tag == tlv.OBJECT_IDENTIFIER else ""
    if oid in _PACKED:
        raise PackedCms(_PACKED[oid])
    if oid != SIGNED_DATA:
        raise UnreadableCms(N_("it is not CMS with a signature"))
    wrapper = next(parts, None)
    inner = next(tlv.children(data, wrapper), None) if wrapper is not None else None
    if inner is None or inner.tag != tlv.SEQUENCE:
        raise UnreadableCms(N_("it has no contents"))
    return inner


def _encapsulated(data: tlv.Buffer, element: tlv.Element) -> tuple[bytes, tlv.Element | None]:
    """Return the DER of the content type, and the element that holds the contents where they are attached."""
    parts = list(tlv.children(data, element))
    if not parts or parts[0].tag != tlv.OBJECT_IDENTIFIER:
        raise UnreadableCms(N_("it does not say what it signs"))
    content_type = tlv.raw(data, parts[0])
    if len(parts) < 2:
        return content_type, None
    content = next(tlv.children(data, parts[1]), None)
    if content is None or content.tag in (tlv.OCTET_STRING, tlv.OCTET_STRING_IN_PIECES):
        return content_type, content
    # PKCS #7 (RFC 2315, 9.1) puts any element here; its contents octets are what is signed.
    return content_type, tlv.Element(tlv.OCTET_STRING, content.start, content.body, content.body_end, content.end)


def _dotted(der: bytes) -> str:
    try:
        return str(core.ObjectIdentifier.load(der).dotted)
    except (ValueError, TypeError) as exc:
        raise UnreadableCms(N_("an identifier cannot be read")) from exc


def _trailing(data: tlv.Buffer) -> int:
    end = tlv.element_at(data, 0).end
    rest = bytes(data[end : end + _CHUNK])
    return len(data) - end if rest.strip(b"\0\r\n") else 0
