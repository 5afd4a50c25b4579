"""Signed documents made with the test PKI, at any time, at any level: PDF, CMS and XML.

Nothing here asks the clock, and no signature is made by the libraries that check signatures in the program, except
that pyHanko writes the PDF objects around one.
"""

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from typing import Any

from asn1crypto import cms, core, crl, ocsp, tsp, x509
from lxml import etree

from tests.fakes.pki import SIGNED, Pki, pki
from tests.fakes.tokens import sign_raw

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
_RESERVED = 24_576
_CONTENT_STAMP = "1.2.840.113549.1.9.16.2.20"
_DIGEST_URI = {
    "sha1": "http://www.w3.org/2000/09/xmldsig#sha1",
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """How to sign."""

    signer: str = "person"
    """Label of the certificate."""
    at: datetime = SIGNED
    """Signing time as the signer claims it."""
    level: str = "B"
    """`B`, `T`, `LT` or `LTA`."""
    tsa: str = "tsa"
    """Authority of the timestamps from level T on."""
    stamped: datetime | None = None
    """When the timestamp was made; none: a minute after signing."""
    collected: datetime | None = None
    """When the validation data of level LT was collected; none: a day after the stamp, when a new CRL is out."""
    sealed: datetime | None = None
    """When the archive timestamp of level LTA was made; none: a minute after the collecting."""
    content_stamped: datetime | None = None
    """When a timestamp over the content was made, before signing; none: there is none (CMS and PDF)."""
    digest: str = "sha256"
    pss: bool = False
    binding: str = "v2"
    """The signing-certificate attribute: `v2`, `wrong` (another certificate's) or `none` (plain CMS)."""
    chain: bool = True
    """Whether the certificates of the authorities (without the root) are included."""
    damage: bool = False
    """Spoil the signature value."""
    pki: Pki | None = None
    """The PKI; none: the one whose addresses lead nowhere."""

    @property
    def source(self) -> Pki:
        """The PKI in use."""
        return self.pki or pki()

    @property
    def stamp_time(self) -> datetime:
        """When the signature timestamp is made."""
        return self.stamped or self.at + timedelta(minutes=1)

    @property
    def collect_time(self) -> datetime:
        """When the validation data is collected."""
        return self.collected or self.stamp_time + timedelta(days=1)

    @property
    def seal_time(self) -> datetime:
        """When the archive timestamp is made."""
        return self.sealed or self.collect_time + timedelta(minutes=1)


# --- CMS -------------------------------------------------------------------------------------------------------------


def sign_cms(data: bytes, signing: Signing = Signing(), *, detached: bool = True, pdf: bool = False) -> bytes:
    """Return a CAdES signature (or plain CMS) over data as DER.

    Args:
        data: what is signed.
        signing: how.
        detached: whether the data stays outside.
        pdf: leave out the signing time, as PAdES wants it (EN 319 142-1, 6.3).
    """
    source, certificate = signing.source, signing.source.asn1(signing.signer)
    attributes = cms.CMSAttributes(_signed_attributes(data, certificate, signing, pdf=pdf))
    scheme, signature = sign_raw(source.key(signing.signer), attributes.dump(), signing.digest, pss=signing.pss)
    value = _spoiled(signature) if signing.damage else signature
    signer = {
        "version": "v1",
        "sid": {"issuer_and_serial_number": {"issuer": certificate.issuer, "serial_number": certificate.serial_number}},
        "digest_algorithm": {"algorithm": signing.digest},
        "signature_algorithm": scheme,
        "signed_attrs": attributes,
        "signature": value,
    }
    if signing.level != "B":
        signer["unsigned_attrs"] = [
            _attribute("signature_time_stamp_token", cms.ContentInfo.load(_stamp(value, signing)))
        ]
    content: dict[str, Any] = {
        "version": "v1",
        "digest_algorithms": [{"algorithm": signing.digest}],
        "encap_content_info": {"content_type": "data", "content": None if detached else data},
        "certificates": [certificate, *_others(signing, with_tsa=signing.level in {"LT", "LTA"} and not pdf)],
        "signer_infos": [cms.SignerInfo(signer)],
    }
    if signing.level in {"LT", "LTA"} and not pdf:
        content["crls"] = [cms.RevocationInfoChoice({"crl": crl.CertificateList.load(one)}) for one in _crls(signing)]
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)}).dump())


def _signed_attributes(data: bytes, certificate: x509.Certificate, signing: Signing, *, pdf: bool) -> list[Any]:
    attributes = [
        _attribute("content_type", "data"),
        _attribute("message_digest", hashlib.new(signing.digest, data).digest()),
    ]
    if not pdf:
        attributes.append(_attribute("signing_time", cms.Time({"utc_time": core.UTCTime(signing.at)})))
    if signing.binding != "none":
        der = certificate.dump() if signing.binding == "v2" else b"another"
        identifier = tsp.ESSCertIDv2(
            {"hash_algorithm": {"algorithm": "sha256"}, "cert_hash": hashlib.sha256(der).digest()}
        )
        attributes.append(_attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [identifier]})))
    if signing.content_stamped:
        from pyhanko.sign.ades import cades_asn1  # noqa: F401 - tells asn1crypto what the attribute holds

        digest = hashlib.sha256(data).digest()
        token = signing.source.timestamp(digest, "sha256", signing.content_stamped, tsa=signing.tsa)
        attributes.append(_attribute(_CONTENT_STAMP, cms.ContentInfo.load(token)))
    return attributes


def _attribute(name: str, value: Any) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": name, "values": [value]})


def _stamp(value: bytes, signing: Signing) -> bytes:
    digest = hashlib.sha256(value).digest()
    return signing.source.timestamp(digest, "sha256", signing.stamp_time, tsa=signing.tsa)


def _spoiled(signature: bytes) -> bytes:
    return signature[:-1] + bytes([signature[-1] ^ 1])


def _others(signing: Signing, *, with_tsa: bool) -> list[x509.Certificate]:
    chain = signing.source.chain(signing.signer) if signing.chain else ()
    extra = signing.source.chain(signing.tsa) if with_tsa else ()
    return [x509.Certificate.load(der) for der in dict.fromkeys((*chain, *extra))]


def _crls(signing: Signing, at: datetime | None = None) -> list[bytes]:
    moment = at or signing.collect_time
    found = (*signing.source.crls(signing.signer, moment), *signing.source.crls(signing.tsa, moment))
    return list(dict.fromkeys(found))


# --- PDF -------------------------------------------------------------------------------------------------------------


@cache
def plain_pdf(text: str = "Decision 12/QD-UBND", pages: int = 1) -> bytes:
    """Return a small PDF with text on its pages; the same bytes each time."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(pages))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for number in range(pages):
        content = f"BT /F1 14 Tf 72 720 Td ({text}) Tj ET".encode()
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * number} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _assembled(objects)


def _assembled(objects: list[bytes]) -> bytes:
    out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    identity = hashlib.md5(bytes(out)).hexdigest().encode()
    out += b"trailer\n<< /Size %d /Root 1 0 R /ID [<%s> <%s>] >>\n" % (len(objects) + 1, identity, identity)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def sign_pdf(
    document: bytes | None = None,
    signing: Signing = Signing(),
    *,
    field: str = "Signature1",
    subfilter: str = "ETSI.CAdES.detached",
    reason: str | None = None,
    certify: bool = False,
) -> bytes:
    """Return a PDF with one more signature, added as an incremental update, at the level asked for."""
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.signers.cms_embedder import SigMDPSetup
    from pyhanko.sign.signers.pdf_byterange import SignatureObject

    placeholder = SignatureObject(
        timestamp=signing.at, subfilter=SigSeedSubFilter("/" + subfilter), reason=reason, bytes_reserved=_RESERVED
    )
    mdp = SigMDPSetup(signing.digest, certify=True, docmdp_perms=MDPPerm.FILL_FORMS) if certify else None
    pades = subfilter == "ETSI.CAdES.detached"
    signed = _embedded(
        plain_pdf() if document is None else document,
        placeholder,
        field,
        lambda data: sign_cms(data, signing, pdf=pades),
        mdp,
    )
    if signing.level in {"LT", "LTA"}:
        signed = add_validation_data(signed, signing)
    if signing.level == "LTA":
        signed = stamp_pdf(signed, signing.tsa, signing.seal_time, source=signing.source)
    return signed


def add_validation_data(document: bytes, signing: Signing, at: datetime | None = None) -> bytes:
    """Return a PDF whose security store holds the certificates and CRLs of signer and timestamp authority."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    source = signing.source
    labels = (signing.signer, signing.tsa)
    chain = dict.fromkeys(
        der for label in labels for der in (source.certificate(label), *source.chain(label, root=True))
    )
    responses = [source.ocsp(signing.signer, at or signing.collect_time)] if signing.signer == "person-ocsp" else []
    writer = IncrementalPdfFileWriter(BytesIO(document))
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[x509.Certificate.load(der) for der in chain],
        crls=[crl.CertificateList.load(der) for der in _crls(signing, at)],
        ocsps=[ocsp.OCSPResponse.load(der) for der in responses],
    )
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def stamp_pdf(
    document: bytes,
    tsa: str = "tsa",
    at: datetime = SIGNED,
    *,
    field: str = "",
    source: Pki | None = None,
    **options: Any,
) -> bytes:
    """Return a PDF with a document timestamp over everything in it; `options` as for `Pki.timestamp`."""
    from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp

    authority = source or pki()
    name = field or f"Timestamp-{at:%Y%m%d%H%M}"
    return _embedded(
        document,
        DocumentTimestamp(bytes_reserved=_RESERVED),
        name,
        lambda data: authority.timestamp(hashlib.sha256(data).digest(), "sha256", at, tsa=tsa, **options),
    )


def _embedded(document: bytes, placeholder: Any, field: str, sign: Any, mdp: Any = None) -> bytes:
    """Write a placeholder into a PDF, then what `sign` makes of the bytes around it."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigFieldSpec
    from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup

    writer = IncrementalPdfFileWriter(BytesIO(document))
    steps = PdfCMSEmbedder(SigFieldSpec(field)).write_cms(field, writer)
    next(steps)
    steps.send(SigObjSetup(sig_placeholder=placeholder, mdp_setup=mdp))
    prepared, output = steps.send(SigIOSetup(md_algorithm="sha256"))
    whole = output.getvalue()
    data = whole[: prepared.reserved_region_start] + whole[prepared.reserved_region_end :]
    steps.send(sign(data))
    return bytes(output.getvalue())


# --- XML -------------------------------------------------------------------------------------------------------------


def sign_xml(document: bytes, signing: Signing = Signing(), *, detached: str = "") -> bytes:
    """Return an XAdES signature: enveloped in the document, or apart over a file of the name given."""
    root = etree.fromstring(document) if not detached else None
    signature = etree.Element(_ds("Signature"), nsmap={"ds": DS}, Id="sig-1")
    holder = signature if root is None else root
    if root is not None:
        root.append(signature)
    info = etree.SubElement(signature, _ds("SignedInfo"))
    value = etree.SubElement(signature, _ds("SignatureValue"), Id="sig-1-value")
    properties = _properties(signature, signing)
    etree.SubElement(info, _ds("CanonicalizationMethod"), Algorithm=_C14N)
    etree.SubElement(info, _ds("SignatureMethod"), Algorithm=_method(signing))
    if root is None:
        _reference(info, document, signing, URI=detached, Id="ref-1")
    else:
        root.remove(signature)
        plain = _canonical(root)
        root.append(signature)
        enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
        _reference(info, plain, signing, transforms=(enveloped, _C14N), URI="", Id="ref-1")
    kind = "http://uri.etsi.org/01903#SignedProperties"
    _reference(info, _canonical(properties), signing, transforms=(_C14N,), URI="#sig-1-props", Type=kind)
    raw = _xml_value(signing, _canonical(info))
    value.text = base64.b64encode(_spoiled(raw) if signing.damage else raw).decode()
    if signing.level != "B":
        _xml_unsigned(signature, value, signing)
    return bytes(etree.tostring(holder, xml_declaration=True, encoding="UTF-8"))


def _ds(name: str) -> str:
    return f"{{{DS}}}{name}"


def _xades(name: str) -> str:
    return f"{{{XADES}}}{name}"


def _canonical(element: Any) -> bytes:
    """Exclusive C14N of an element in its place: serialised alone first, for lxml takes a subtree's tail along."""
    return bytes(etree.tostring(element, method="c14n", exclusive=True, with_tail=False))


def _method(signing: Signing) -> str:
    kind = "ecdsa" if signing.signer.endswith("-ec") else "rsa"
    if signing.digest == "sha1":
        return f"http://www.w3.org/2000/09/xmldsig#{kind}-sha1"
    return f"http://www.w3.org/2001/04/xmldsig-more#{kind}-{signing.digest}"


def _xml_value(signing: Signing, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    key = signing.source.key(signing.signer)
    raw = sign_raw(key, data, signing.digest)[1]
    if not signing.signer.endswith("-ec"):
        return raw
    size = (key.key_size + 7) // 8
    return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(raw))


def _reference(info: Any, data: bytes, signing: Signing, *, transforms: tuple[str, ...] = (), **names: str) -> None:
    reference = etree.SubElement(info, _ds("Reference"), **names)
    if transforms:
        holder = etree.SubElement(reference, _ds("Transforms"))
        for transform in transforms:
            etree.SubElement(holder, _ds("Transform"), Algorithm=transform)
    etree.SubElement(reference, _ds("DigestMethod"), Algorithm=_DIGEST_URI[signing.digest])
    digest = etree.SubElement(reference, _ds("DigestValue"))
    digest.text = base64.b64encode(hashlib.new(signing.digest, data).digest()).decode()


def _properties(signature: Any, signing: Signing) -> Any:
    """Write KeyInfo and the XAdES object; return SignedProperties."""
    der = signing.source.certificate(signing.signer)
    x509_data = etree.SubElement(etree.SubElement(signature, _ds("KeyInfo")), _ds("X509Data"))
    for one in (der, *(signing.source.chain(signing.signer) if signing.chain else ())):
        etree.SubElement(x509_data, _ds("X509Certificate")).text = base64.b64encode(one).decode()
    qualifying = etree.SubElement(
        etree.SubElement(signature, _ds("Object")),
        _xades("QualifyingProperties"),
        nsmap={"xades": XADES},
        Target="#sig-1",
    )
    properties = etree.SubElement(qualifying, _xades("SignedProperties"), Id="sig-1-props")
    signed = etree.SubElement(properties, _xades("SignedSignatureProperties"))
    etree.SubElement(signed, _xades("SigningTime")).text = f"{signing.at:%Y-%m-%dT%H:%M:%SZ}"
    if signing.binding != "none":
        named = der if signing.binding == "v2" else b"another"
        certificate = etree.SubElement(etree.SubElement(signed, _xades("SigningCertificateV2")), _xades("Cert"))
        digest = etree.SubElement(certificate, _xades("CertDigest"))
        etree.SubElement(digest, _ds("DigestMethod"), Algorithm=_DIGEST_URI["sha256"])
        value = etree.SubElement(digest, _ds("DigestValue"))
        value.text = base64.b64encode(hashlib.sha256(named).digest()).decode()
    return properties


def _xml_unsigned(signature: Any, value: Any, signing: Signing) -> None:
    qualifying = signature.find(f".//{_xades('QualifyingProperties')}")
    unsigned = etree.SubElement(
        etree.SubElement(qualifying, _xades("UnsignedProperties")), _xades("UnsignedSignatureProperties")
    )
    token = _stamp(_canonical(value), signing)
    stamp = etree.SubElement(unsigned, _xades("SignatureTimeStamp"))
    etree.SubElement(stamp, _ds("CanonicalizationMethod"), Algorithm=_C14N)
    etree.SubElement(stamp, _xades("EncapsulatedTimeStamp")).text = base64.b64encode(token).decode()
    if signing.level == "T":
        return
    source = signing.source
    certificates = etree.SubElement(unsigned, _xades("CertificateValues"))
    for der in dict.fromkeys((*source.chain(signing.signer, root=True), *source.chain(signing.tsa, root=True))):
        one = etree.SubElement(certificates, _xades("EncapsulatedX509Certificate"))
        one.text = base64.b64encode(der).decode()
    lists = etree.SubElement(etree.SubElement(unsigned, _xades("RevocationValues")), _xades("CRLValues"))
    for der in _crls(signing):
        etree.SubElement(lists, _xades("EncapsulatedCRLValue")).text = base64.b64encode(der).decode()


def variant(signing: Signing, **changes: Any) -> Signing:
    """Return the same way of signing with something changed."""
    return replace(signing, **changes)
