"""Certificates and keys a signature offers: KeyInfo, WS-Security tokens, XAdES certificate values."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from asn1crypto import core, keys
from lxml import etree

from model.findings import Finding
from preservation.cms.certificates import UnreadableCertificate, load
from preservation.signatures.xml import findings as kinds
from preservation.signatures.xml import names
from preservation.signatures.xml.names import DSIG, DSIG11, EDXML, WSSE
from preservation.signatures.xml.references import ReferenceContext, unique_element
from preservation.signatures.xml.transforms import decode_base64

_DS = (DSIG, DSIG11, EDXML)
_MOST = 200
_CURVES = {"1.2.840.10045.3.1.7": "secp256r1", "1.3.132.0.34": "secp384r1", "1.3.132.0.35": "secp521r1"}


@dataclass(slots=True)
class OfferedKeys:
    """What a signature says about its signer's key."""

    certificates: list[bytes] = field(default_factory=list)
    """DER, in the order given."""
    bare: list[keys.PublicKeyInfo] = field(default_factory=list)
    """Bare keys (KeyValue)."""
    damaged: int = 0
    """Certificates that cannot be read."""
    findings: list[Finding] = field(default_factory=list)

    def add(self, content: bytes | None, location: str) -> None:
        """Keep a certificate, or count it as damaged."""
        try:
            self.certificates.extend(one for one in load(content or b"") if one not in self.certificates)
        except UnreadableCertificate as error:
            self.damaged += 1
            self.findings.append(kinds.BAD_CERTIFICATE.at(location, reason=str(error)[:200]))


def offered_keys(signature: etree._Element, context: ReferenceContext) -> OfferedKeys:
    """Read the KeyInfo of a signature.

    Source:
        XMLDSig 1.1, 4.5; WS-Security X.509 Token Profile 1.1, 3.2
    """
    offered = OfferedKeys()
    info = names.child(signature, "KeyInfo", (names.space(signature),))
    for element in _parts(info, context, offered):
        if len(offered.certificates) + offered.damaged >= _MOST:
            break
        _take(element, context, offered)
    return offered


def _parts(info: etree._Element | None, context: ReferenceContext, offered: OfferedKeys) -> Iterator[etree._Element]:
    """Yield the parts of KeyInfo, with what it names in the same document; nothing is fetched."""
    for element in info if info is not None else ():
        if names.local(element) not in ("RetrievalMethod", "KeyInfoReference"):
            yield element
            continue
        uri = element.get("URI", "")
        target = unique_element(uri[1:], context) if uri.startswith("#") else None
        if target is None:
            offered.findings.append(kinds.REMOTE_KEY.at(context.id, reference=uri[:200]))
        elif names.local(target) == "KeyInfo":
            yield from target
        else:
            yield target


def _take(element: etree._Element, context: ReferenceContext, offered: OfferedKeys) -> None:
    name = names.local(element)
    if name == "X509Data":
        for held in names.children(element, "X509Certificate", _DS):
            offered.add(decode_base64(names.text_of(held).encode()), context.id)
    elif name == "X509Certificate":
        offered.add(decode_base64(names.text_of(element).encode()), context.id)
    elif name == "SecurityTokenReference":
        _take_token(element, context, offered)
    elif name in ("KeyValue", "DEREncodedKeyValue"):
        key = _key_value(element)
        if key is not None:
            offered.bare.append(key)


def _take_token(element: etree._Element, context: ReferenceContext, offered: OfferedKeys) -> None:
    for reference in names.children(element, "Reference", (WSSE,)):
        uri = reference.get("URI", "")
        token = unique_element(uri[1:], context) if uri.startswith("#") else None
        if token is not None and names.named(token, "BinarySecurityToken", (WSSE,)):
            offered.add(decode_base64(names.text_of(token).encode()), context.id)
        elif token is None:
            offered.findings.append(kinds.REMOTE_KEY.at(context.id, reference=uri[:200]))
    for data in names.children(element, "X509Data", _DS):
        _take(data, context, offered)


def _key_value(element: etree._Element) -> keys.PublicKeyInfo | None:
    """Return a bare key; none when it cannot be read."""
    try:
        if names.local(element) == "DEREncodedKeyValue":
            return keys.PublicKeyInfo.load(decode_base64(names.text_of(element).encode()) or b"", strict=True)
        for value in element.iterchildren(etree.Element):
            maker = {"RSAKeyValue": _rsa, "DSAKeyValue": _dsa, "ECKeyValue": _ec}.get(names.local(value))
            if maker is not None:
                return maker(value)
    except (ValueError, TypeError, KeyError):
        return None
    return None


def _number(value: etree._Element, name: str) -> int:
    octets = decode_base64(names.text_of(names.child(value, name, _DS)).encode())
    if not octets:
        raise ValueError(name)
    return int.from_bytes(octets, "big")


def _rsa(value: etree._Element) -> keys.PublicKeyInfo:
    key = keys.RSAPublicKey({"modulus": _number(value, "Modulus"), "public_exponent": _number(value, "Exponent")})
    return keys.PublicKeyInfo.wrap(key, "rsa")


def _dsa(value: etree._Element) -> keys.PublicKeyInfo:
    parameters = keys.DSAParams({name: _number(value, name.upper()) for name in ("p", "q", "g")})
    algorithm = keys.PublicKeyAlgorithm({"algorithm": "dsa", "parameters": parameters})
    return keys.PublicKeyInfo({"algorithm": algorithm, "public_key": core.Integer(_number(value, "Y"))})


def _ec(value: etree._Element) -> keys.PublicKeyInfo:
    curve = names.child(value, "NamedCurve", _DS)
    oid = (curve.get("URI", "") if curve is not None else "").removeprefix("urn:oid:")
    point = decode_base64(names.text_of(names.child(value, "PublicKey", _DS)).encode())
    parameters = keys.ECDomainParameters(name="named", value=_CURVES[oid])
    algorithm = keys.PublicKeyAlgorithm({"algorithm": "ec", "parameters": parameters})
    return keys.PublicKeyInfo({"algorithm": algorithm, "public_key": keys.ECPointBitString(point or b"")})
