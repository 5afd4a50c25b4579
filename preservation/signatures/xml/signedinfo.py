"""The signature value: SignedInfo in canonical form, checked with the signer's key."""

from collections.abc import Iterable
from dataclasses import dataclass

from asn1crypto import keys
from lxml import etree

from model.findings import Finding
from model.signatures import AlgorithmUse, SubIndication
from preservation.cms.certificates import UnreadableCertificate, parse
from preservation.cms.keys import SignatureScheme, UnsupportedAlgorithm, verify
from preservation.signatures.xml import findings as kinds
from preservation.signatures.xml import names
from preservation.signatures.xml.canonical import canonicalize_element, method_of
from preservation.signatures.xml.names import DSIG
from preservation.signatures.xml.transforms import decode_base64


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureValue:
    """What the signature value was made with and over."""

    octets: bytes
    """SignedInfo in canonical form."""
    value: bytes
    scheme: SignatureScheme


class UnreadableSignature(Exception):
    """The signature value cannot be checked at all; the finding says why."""

    def __init__(self, finding: Finding, failure: SubIndication) -> None:
        super().__init__(finding.code)
        self.finding = finding
        self.failure = failure


def signed_info_of(signature: etree._Element, identifier: str) -> etree._Element:
    """Return the SignedInfo of a signature whose structure is sound.

    Raises:
        UnreadableSignature: SignedInfo or SignatureValue is missing, doubled, or elsewhere.
    """
    space = (names.space(signature),)
    elements = [child for child in signature if isinstance(child.tag, str)]
    order = [names.local(child) for child in elements if names.space(child) in space]
    if order[:2] != ["SignedInfo", "SignatureValue"] or order.count("SignedInfo") + order.count("SignatureValue") != 2:
        raise _structure(identifier, "SignedInfo, SignatureValue")
    if order.count("KeyInfo") > 1:
        raise _structure(identifier, "KeyInfo")
    return elements[0]


def signature_value(signature: etree._Element, info: etree._Element, identifier: str) -> SignatureValue:
    """Read the signature value and how it is to be checked.

    Raises:
        UnreadableSignature: a part is missing, unknown or damaged.
    """
    space = (names.space(signature), DSIG)
    method = names.child(info, "CanonicalizationMethod", space)
    algorithm = names.child(info, "SignatureMethod", space)
    if method is None or algorithm is None:
        raise _structure(identifier, "CanonicalizationMethod, SignatureMethod")
    value = decode_base64(names.text_of(names.child(signature, "SignatureValue", space)).encode())
    if not value:
        raise UnreadableSignature(kinds.VALUE.at(identifier), SubIndication.FORMAT_FAILURE)
    canonical = method_of(method.get("Algorithm", ""), method)
    if canonical is None:
        raise _unsupported(identifier, method.get("Algorithm", ""))
    scheme = _scheme(algorithm, identifier)
    try:
        octets = canonicalize_element(info, canonical)
    except etree.C14NError as error:
        raise _structure(identifier, "SignedInfo") from error
    return SignatureValue(octets=octets, value=value, scheme=scheme)


def fits(signed: SignatureValue, key: keys.PublicKeyInfo) -> bool:
    """Whether the value was made with a key; ECDSA also in the DER form some programs write.

    Raises:
        UnsupportedAlgorithm: it cannot be told.
    """
    if verify(key, signed.value, signed.octets, signed.scheme):
        return True
    if not signed.scheme.plain_ecdsa or signed.value[:1] != b"\x30":
        return False
    encoded = SignatureScheme(algorithm=signed.scheme.algorithm, digest=signed.scheme.digest)
    return verify(key, signed.value, signed.octets, encoded)


def fitting_certificate(signed: SignatureValue, certificates: Iterable[bytes]) -> tuple[bytes | None, str]:
    """Return the certificate whose key made the value.

    Returns:
        The certificate, none when no key fits; and the algorithm of a key that could not be used.
    """
    unsupported = ""
    for der in certificates:
        try:
            if fits(signed, parse(der).public_key):
                return der, ""
        except UnsupportedAlgorithm as error:
            unsupported = str(error) or signed.scheme.algorithm
        except UnreadableCertificate:
            continue
    return None, unsupported


def algorithms_of(signed: SignatureValue | None, digests: Iterable[str], key_size: int) -> tuple[AlgorithmUse, ...]:
    """Return the algorithms a signature rests on."""
    found = [AlgorithmUse(use="digest", name=name) for name in digests if name]
    if signed is not None:
        if signed.scheme.digest:
            found.append(AlgorithmUse(use="digest", name=signed.scheme.digest))
        found.append(AlgorithmUse(use="signature", name=signed.scheme.algorithm, key_size=key_size))
    return tuple(dict.fromkeys(found))


def _scheme(method: etree._Element, identifier: str) -> SignatureScheme:
    name = method.get("Algorithm", "")
    if names.is_hmac(name):
        raise UnreadableSignature(
            kinds.HMAC.at(identifier, algorithm=name[:120]), SubIndication.SIG_CONSTRAINTS_FAILURE
        )
    if name == names.RSA_PSS:
        return _pss(method, identifier)
    if name not in names.SIGNATURES:
        raise _unsupported(identifier, name)
    algorithm, digest = names.SIGNATURES[name]
    if algorithm == "rsa-pss":
        return SignatureScheme(algorithm=algorithm, digest=digest, mgf_digest=digest)
    if algorithm.startswith("ed"):
        return SignatureScheme(algorithm=algorithm)
    return SignatureScheme(algorithm=algorithm, digest=digest, plain_ecdsa=algorithm in ("ecdsa", "dsa"))


def _pss(method: etree._Element, identifier: str) -> SignatureScheme:
    """Read the parameters of RSASSA-PSS; the defaults are SHA-256 throughout and its length (RFC 9231, 2.3.9)."""
    parameters = next(method.iterchildren(etree.Element), None)
    found = {"digest": "sha256", "mgf": ""}
    salt = None
    for element in parameters.iter(etree.Element) if parameters is not None else ():
        name, given = names.local(element), element.get("Algorithm", "")
        if name == "DigestMethod":
            holder = element.getparent()
            inside = holder is not None and names.local(holder) == "MaskGenerationFunction"
            found["mgf" if inside else "digest"] = names.DIGESTS.get(given) or _raise(_unsupported(identifier, given))
        elif name == "MaskGenerationFunction" and given not in ("", names.MGF1):
            raise _unsupported(identifier, given)
        elif name == "SaltLength" and names.text_of(element).isdecimal():
            salt = int(names.text_of(element)[:6])
        elif name == "TrailerField" and names.text_of(element) != "1":
            raise _unsupported(identifier, "TrailerField")
    digest = found["digest"]
    return SignatureScheme(algorithm="rsa-pss", digest=digest, mgf_digest=found["mgf"] or digest, salt_length=salt)


def _raise(error: Exception) -> str:
    raise error


def _structure(identifier: str, part: str) -> UnreadableSignature:
    return UnreadableSignature(kinds.STRUCTURE.at(identifier, reason=part), SubIndication.FORMAT_FAILURE)


def _unsupported(identifier: str, algorithm: str) -> UnreadableSignature:
    finding = kinds.ALGORITHM.at(identifier, algorithm=algorithm[:120])
    return UnreadableSignature(finding, SubIndication.SIG_CONSTRAINTS_FAILURE)
