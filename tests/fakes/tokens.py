"""Timestamp tokens made by hand, right or wrong in one chosen way."""

import hashlib
import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

POLICY = "1.3.6.1.4.1.4146.2.3"
_serials = itertools.count(1_000_001)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """What goes into one token."""

    digest: bytes
    algorithm: str
    time: datetime
    nonce: int | None = None
    policy: str = POLICY
    accuracy_seconds: int | None = 1
    signed_with: str = "sha256"
    """Digest algorithm of the authority's own signature."""
    binding: str = "v2"
    """`v2` (ESSCertIDv2), `v1` (ESSCertID, SHA-1), `wrong` (of another certificate) or `none`."""
    with_certificates: bool = True
    damage: bool = False
    """Spoil the signature value."""


def make_token(request: TokenRequest, certificate: x509.Certificate, key: Any, others: tuple[Any, ...] = ()) -> bytes:
    """Return a DER TimeStampToken (RFC 3161, 2.4.2)."""
    info = _info(request, certificate)
    attributes = [
        _attribute("content_type", "tst_info"),
        _attribute("message_digest", hashlib.new(request.signed_with, info).digest()),
        *_binding(request, certificate),
    ]
    signed = cms.CMSAttributes(attributes)
    scheme, signature = sign_raw(key, signed.dump(), request.signed_with)
    if request.damage:
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": {
                "issuer_and_serial_number": {
                    "issuer": certificate.issuer,
                    "serial_number": certificate.serial_number,
                }
            },
            "digest_algorithm": {"algorithm": request.signed_with},
            "signature_algorithm": scheme,
            "signed_attrs": signed,
            "signature": signature,
        }
    )
    data: dict[str, Any] = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": request.signed_with}],
        "encap_content_info": {"content_type": "tst_info", "content": cms.ParsableOctetString(info)},
        "signer_infos": [signer],
    }
    if request.with_certificates:
        data["certificates"] = [certificate, *others]
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)}).dump()


def make_response(token: bytes | None, status: str = "granted", failure: str | None = None) -> bytes:
    """Return a DER TimeStampResp."""
    state: dict[str, Any] = {"status": status}
    if failure:
        state["fail_info"] = {failure}
    parts = tsp.PKIStatusInfo(state).dump() + (token or b"")
    return bytes(core.Sequence(contents=parts).dump())


def sign_raw(key: Any, data: bytes, digest: str, *, pss: bool = False) -> tuple[algos.SignedDigestAlgorithm, bytes]:
    """Sign bytes; return the algorithm as CMS names it and the signature."""
    algorithm = getattr(hashes, digest.upper())()
    if isinstance(key, rsa.RSAPrivateKey) and pss:
        length = algorithm.digest_size
        scheme = {
            "algorithm": "rsassa_pss",
            "parameters": {
                "hash_algorithm": {"algorithm": digest},
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": digest}},
                "salt_length": length,
            },
        }
        signature = key.sign(data, padding.PSS(mgf=padding.MGF1(algorithm), salt_length=length), algorithm)
        return algos.SignedDigestAlgorithm(scheme), signature
    if isinstance(key, rsa.RSAPrivateKey):
        return (
            algos.SignedDigestAlgorithm({"algorithm": f"{digest}_rsa"}),
            key.sign(data, padding.PKCS1v15(), algorithm),
        )
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"}), key.sign(data, ec.ECDSA(algorithm))
    return algos.SignedDigestAlgorithm({"algorithm": "ed25519"}), key.sign(data)


def _info(request: TokenRequest, certificate: x509.Certificate) -> bytes:
    content: dict[str, Any] = {
        "version": "v1",
        "policy": request.policy,
        "message_imprint": {
            "hash_algorithm": {"algorithm": request.algorithm},
            "hashed_message": request.digest,
        },
        "serial_number": next(_serials),
        "gen_time": request.time,
        "tsa": x509.GeneralName(name="directory_name", value=certificate.subject),
    }
    if request.accuracy_seconds is not None:
        content["accuracy"] = {"seconds": request.accuracy_seconds}
    if request.nonce is not None:
        content["nonce"] = request.nonce
    return tsp.TSTInfo(content).dump()


def _attribute(name: str, value: Any) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": name, "values": [value]})


def _binding(request: TokenRequest, certificate: x509.Certificate) -> list[cms.CMSAttribute]:
    der = certificate.dump() if request.binding != "wrong" else b"another certificate"
    if request.binding == "none":
        return []
    if request.binding == "v1":
        identifier = tsp.ESSCertID({"cert_hash": hashlib.sha1(der).digest()})
        return [_attribute("signing_certificate", tsp.SigningCertificate({"certs": [identifier]}))]
    identifier = tsp.ESSCertIDv2(
        {"hash_algorithm": {"algorithm": "sha256"}, "cert_hash": core.OctetString(hashlib.sha256(der).digest())}
    )
    return [_attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [identifier]}))]
