"""CMS signatures and timestamps of the demonstration authority."""

import hashlib
import secrets
from datetime import datetime, timedelta

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509

from making import demo_pki

POLICY = "1.2.3.4.5"


def signed_data(data: bytes, who: str, when: datetime) -> bytes:
    """Return a detached CAdES signature with a signature timestamp, made a minute later."""
    signature = _signer_info(data, "data", who, signing_time=None)
    digest = hashlib.sha256(signature["signature"].native).digest()
    stamped = when + timedelta(minutes=1)
    token = timestamp_token(digest, "sha256", stamped, serial=int(stamped.timestamp()))
    attribute = _attribute("signature_time_stamp_token", cms.ContentInfo.load(token))
    signature["unsigned_attrs"] = cms.CMSAttributes([attribute])
    chain = [demo_pki.der(who), demo_pki.der("ca")]
    return _content_info(_bare("data"), signature, chain)


def timestamp_token(
    digest: bytes, algorithm: str, when: datetime, *, serial: int = 0, nonce: int | None = None
) -> bytes:
    """Return a DER TimeStampToken over a digest (RFC 3161 2.4.2)."""
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest},
            "serial_number": serial or secrets.randbits(63) + 1,
            "gen_time": when,
        }
        | ({} if nonce is None else {"nonce": nonce})
    )
    content = {"content_type": "tst_info", "content": core.ParsableOctetString(info.dump())}
    signature = _signer_info(info.dump(), "tst_info", "tsa", signing_time=when)
    return _content_info(content, signature, [demo_pki.der("tsa"), demo_pki.der("ca")])


def timestamp_response(request: bytes, when: datetime) -> bytes:
    """Answer a TimeStampReq (RFC 3161 2.4)."""
    asked = tsp.TimeStampReq.load(request)
    imprint = asked["message_imprint"]
    algorithm: algos.DigestAlgorithm = imprint["hash_algorithm"]
    token = timestamp_token(
        imprint["hashed_message"].native, algorithm["algorithm"].native, when, nonce=asked["nonce"].native
    )
    answer = {"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(token)}
    return bytes(tsp.TimeStampResp(answer).dump())


def _signer_info(data: bytes, content_type: str, who: str, *, signing_time: datetime | None) -> cms.SignerInfo:
    certificate = asn1_x509.Certificate.load(demo_pki.der(who))
    binding = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(certificate.dump()).digest()}]})
    attributes = [
        _attribute("content_type", content_type),
        _attribute("message_digest", hashlib.sha256(data).digest()),
        _attribute("signing_certificate_v2", binding),
    ]
    if signing_time is not None:
        attributes.append(_attribute("signing_time", cms.Time({"utc_time": signing_time})))
    signed = cms.CMSAttributes(attributes)
    return cms.SignerInfo(
        {
            "version": "v1",
            "sid": {
                "issuer_and_serial_number": {
                    "issuer": certificate.issuer,
                    "serial_number": certificate.serial_number,
                }
            },
            "digest_algorithm": {"algorithm": "sha256"},
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signed_attrs": signed,
            "signature": demo_pki.sign(who, signed.dump()),
        }
    )


def _content_info(content: dict[str, object], signature: cms.SignerInfo, chain: list[bytes]) -> bytes:
    signed_data = cms.SignedData(
        {
            "version": "v1" if content["content_type"] == "data" else "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": content,
            "certificates": [asn1_x509.Certificate.load(one) for one in chain],
            "signer_infos": [signature],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump())


def _bare(content_type: str) -> dict[str, object]:
    return {"content_type": content_type}


def _attribute(name: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": name, "values": [value]})
