"""A small signer of containers for tests: ASiC, OpenDocument and Office packages, from the standards' text alone.

It shares no code with the checker: XML is put together as text in its canonical form, links of Office packages are
transformed by hand (ISO/IEC 29500-2:2021, 10.6), lists of ASiC containers are written as ETSI EN 319 162-1, A.4 says.
"""

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from model.material import Material
from preservation.signatures.source import SignatureLimits, SignedFile

DSIG = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ASIC_E = b"application/vnd.etsi.asic-e+zip"
ASIC_S = b"application/vnd.etsi.asic-s+zip"
ODT = b"application/vnd.oasis.opendocument.text"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATION_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
TRANSFORM = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
MDSSI = "http://schemas.openxmlformats.org/package/2006/digital-signature"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
SIGNATURE_PART = "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml"


@cache
def identity(name: str = "Nguyễn Văn A") -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """Return a key and a self-signed certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1000))
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def b64_sha256(data: bytes) -> str:
    """Return a digest as XML wants it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


@dataclass(frozen=True)
class Ref:
    """One reference: its address, the octets it signs, its transforms as XML."""

    uri: str
    octets: bytes
    transforms: str = ""
    type: str = ""

    def xml(self) -> str:
        """Return it in canonical form."""
        kind = f" Type={quoteattr(self.type)}" if self.type else ""
        chain = f"<Transforms>{self.transforms}</Transforms>" if self.transforms else ""
        return (
            f"<Reference{kind} URI={quoteattr(self.uri)}>{chain}"
            f'<DigestMethod Algorithm="{SHA256}"></DigestMethod>'
            f"<DigestValue>{b64_sha256(self.octets)}</DigestValue></Reference>"
        )


def xml_signature(
    references: list[Ref],
    objects: Mapping[str, str] | None = None,
    signature_id: str = "S0",
    method: str = C14N,
) -> str:
    """Return an XML signature; objects are signed too, by their Id; all text is canonical already."""
    key, certificate = identity()
    held = {}
    signed = list(references)
    for name, content in (objects or {}).items():
        held[name] = f'<Object Id="{name}">{content}</Object>'
        apex = f'<Object xmlns="{DSIG}" Id="{name}">{content}</Object>'
        signed.append(Ref("#" + name, apex.encode(), type=DSIG + "Object"))
    inner = (
        f'<CanonicalizationMethod Algorithm="{method}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="{RSA_SHA256}"></SignatureMethod>' + "".join(one.xml() for one in signed)
    )
    info = f'<SignedInfo xmlns="{DSIG}">{inner}</SignedInfo>'.encode()
    value = base64.b64encode(key.sign(info, padding.PKCS1v15(), hashes.SHA256())).decode()
    der = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
    return (
        f'<Signature xmlns="{DSIG}" Id="{signature_id}"><SignedInfo>{inner}</SignedInfo>'
        f"<SignatureValue>{value}</SignatureValue><KeyInfo><X509Data><X509Certificate>{der}</X509Certificate>"
        f"</X509Data></KeyInfo>{''.join(held.values())}</Signature>"
    )


def cms_signature(content: bytes) -> bytes:
    """Return a detached CMS signature."""
    key, certificate = identity()
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.sign(serialization.Encoding.DER, options)


def packed(files: Mapping[str, bytes], *, mimetype: bool = True) -> bytes:
    """Return a ZIP of files in their order; `mimetype` is stored."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            how = zipfile.ZIP_STORED if name == "mimetype" and mimetype else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, how)
    return stream.getvalue()


def signed_file(
    folder: Path, content: bytes | Mapping[str, bytes], name: str, limits: SignatureLimits | None = None
) -> SignedFile:
    """Write a container and return what an examiner is given."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else packed(content))
    return SignedFile(path=path, name=name, material=Material(), limits=limits or SignatureLimits())


# -- ASiC


DATA = {"quyết định.txt": "Quyết định số 12".encode(), "phu-luc.txt": b"Appendix"}


def asic_xades(
    data: Mapping[str, bytes] = DATA, *, signed: tuple[str, ...] = (), mime: bytes = ASIC_E
) -> dict[str, bytes]:
    """Return the files of an ASiC container with one XAdES-form signature over all, or some, of its data."""
    references = [Ref(quote(name), data[name]) for name in signed or tuple(data)]
    document = (
        '<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#">'
        f"{xml_signature(references, method=EXCLUSIVE)}</asic:XAdESSignatures>"
    )
    return {"mimetype": mime, **data, "META-INF/signatures.xml": document.encode()}


def asic_list(target: str, files: Mapping[str, bytes], prefix: str = "ns7") -> bytes:
    """Return an ASiCManifest."""
    rows = "".join(
        f'<{prefix}:DataObjectReference URI="{quote(name)}"><d:DigestMethod Algorithm="{SHA256}"/>'
        f"<d:DigestValue>{b64_sha256(content)}</d:DigestValue></{prefix}:DataObjectReference>"
        for name, content in files.items()
    )
    return (
        f'<{prefix}:ASiCManifest xmlns:{prefix}="http://uri.etsi.org/02918/v1.2.1#" xmlns:d="{DSIG}">'
        f'<{prefix}:SigReference URI="{target}"/>{rows}</{prefix}:ASiCManifest>'
    ).encode()


def asic_cades(data: Mapping[str, bytes] = DATA) -> dict[str, bytes]:
    """Return the files of an ASiC-E container with one CAdES-form signature."""
    listed = asic_list("META-INF/signature001.p7s", data)
    return {
        "mimetype": ASIC_E,
        **data,
        "META-INF/ASiCManifest.xml": listed,
        "META-INF/signature001.p7s": cms_signature(listed),
    }


# -- OpenDocument


def odt(extra: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """Return the files of an unsigned text document."""
    files = {
        "mimetype": ODT,
        "content.xml": b'<c:document xmlns:c="urn:content"><c:p b="2" a="1">Text</c:p></c:document>',
        "styles.xml": b'<s:styles xmlns:s="urn:styles"/>',
        "Pictures/1.png": b"\x89PNG\r\n\x1a\n" + bytes(range(200)),
        **(extra or {}),
    }
    rows = "".join(f'<m:file-entry m:full-path={quoteattr(name)} m:media-type=""/>' for name in files)
    manifest = f'<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{rows}</m:manifest>'
    return {**files, "META-INF/manifest.xml": manifest.encode()}


_CANONICAL_ODT = {
    "content.xml": b'<c:document xmlns:c="urn:content"><c:p a="1" b="2">Text</c:p></c:document>',
    "styles.xml": b'<s:styles xmlns:s="urn:styles"></s:styles>',
}


def signed_odt(
    files: Mapping[str, bytes] | None = None,
    *,
    only: tuple[str, ...] = (),
    place: str = "META-INF/documentsignatures.xml",
) -> dict[str, bytes]:
    """Return the files of a signed text document; XML parts are signed in canonical form, as LibreOffice does."""
    files = files or odt()
    chain = f'<Transform Algorithm="{C14N}"></Transform>'
    references = []
    for name in only or tuple(files):
        if files[name] == odt().get(name) and name in _CANONICAL_ODT:
            references.append(Ref(name, _CANONICAL_ODT[name], chain))
        else:
            references.append(Ref(name.replace(" ", "%20"), files[name]))
    document = (
        '<document-signatures xmlns="urn:oasis:names:tc:opendocument:xmlns:digitalsignature:1.0">'
        f"{xml_signature(references)}</document-signatures>"
    )
    return {**files, place: document.encode()}


# -- Office


@dataclass
class Link:
    """One relationship."""

    id: str
    type: str
    target: str
    mode: str = ""

    def xml(self) -> str:
        """Return it as a producer writes it."""
        mode = f' TargetMode="{self.mode}"' if self.mode else ""
        return f'<Relationship Target="{escape(self.target)}" Id="{self.id}" Type="{self.type}"{mode}/>'

    def canonical(self) -> str:
        """Return it as it is signed."""
        return (
            f'<Relationship Id="{self.id}" Target="{escape(self.target)}" TargetMode="{self.mode or "Internal"}"'
            f' Type="{self.type}"></Relationship>'
        )


@dataclass
class Docx:
    """A text document of Office and what of it is signed."""

    parts: dict[str, bytes] = field(
        default_factory=lambda: {
            "word/document.xml": b'<w:document xmlns:w="urn:w"><w:t>Text</w:t></w:document>',
            "word/styles.xml": b'<w:styles xmlns:w="urn:w"/>',
            "word/media/image1.png": b"\x89PNG" + bytes(range(100)),
            "docProps/core.xml": b"<core/>",
            "docProps/thumbnail.jpeg": b"\xff\xd8",
            "customXml/item1.xml": b"<item/>",
        }
    )
    types: dict[str, str] = field(
        default_factory=lambda: {
            "word/document.xml": f"{WORD}.document.main+xml",
            "word/styles.xml": f"{WORD}.styles+xml",
            "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
        }
    )
    links: dict[str, list[Link]] = field(
        default_factory=lambda: {
            "_rels/.rels": [
                Link("rId1", f"{OFFICE}/officeDocument", "word/document.xml"),
                Link("rId2", f"{RELATIONS}/metadata/core-properties", "docProps/core.xml"),
                Link("rId3", f"{RELATIONS}/metadata/thumbnail", "docProps/thumbnail.jpeg"),
                Link("rId9", f"{RELATIONS}/digital-signature/origin", "_xmlsignatures/origin.sigs"),
            ],
            "word/_rels/document.xml.rels": [
                Link("rId20", f"{OFFICE}/hyperlink", "https://example.org/?a=1&b=2", "External"),
                Link("rId1", f"{OFFICE}/styles", "styles.xml"),
                Link("rId3", f"{OFFICE}/image", "media/image1.png"),
                Link("rId4", f"{OFFICE}/customXml", "../customXml/item1.xml"),
            ],
        }
    )
    signed_parts: tuple[str, ...] = ("word/document.xml", "word/styles.xml", "word/media/image1.png")
    signed_links: tuple[str, ...] = ("officeDocument", "hyperlink", "styles", "image")

    def content_type(self, name: str) -> str:
        """Return the content type of a part."""
        default = {"png": "image/png", "jpeg": "image/jpeg", "rels": RELATION_TYPE, "xml": "application/xml"}
        return self.types.get(name, default[name.rpartition(".")[2]])

    def unsigned(self) -> dict[str, bytes]:
        """Return the files without the signature."""
        overrides = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in self.types.items())
        types = (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Default Extension="rels" ContentType="{RELATION_TYPE}"/>'
            '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
            '<Default Extension="jpeg" ContentType="image/jpeg"/><Default Extension="sigs" '
            'ContentType="application/vnd.openxmlformats-package.digital-signature-origin"/>'
            f'<Override PartName="/_xmlsignatures/sig1.xml" ContentType="{SIGNATURE_PART}"/>{overrides}</Types>'
        )
        tables = {
            name: f'<Relationships xmlns="{RELATIONS}">\n{"".join(map(Link.xml, links))}</Relationships>'.encode()
            for name, links in self.links.items()
        }
        return {"[Content_Types].xml": types.encode(), **tables, **self.parts}

    def signed(self) -> dict[str, bytes]:
        """Return the files with the signature of what they are now."""
        references = [
            Ref(f"/{name}?ContentType={self.content_type(name)}", self.parts[name]) for name in self.signed_parts
        ]
        for table, links in self.links.items():
            chosen = [link for link in links if link.type.endswith(self.signed_links)]
            picks = "".join(
                f'<mdssi:RelationshipReference xmlns:mdssi="{MDSSI}" SourceId="{link.id}">'
                "</mdssi:RelationshipReference>"
                for link in chosen
            )
            chain = f'<Transform Algorithm="{TRANSFORM}">{picks}</Transform><Transform Algorithm="{C14N}"></Transform>'
            body = "".join(link.canonical() for link in sorted(chosen, key=lambda link: link.id))
            octets = f'<Relationships xmlns="{RELATIONS}">{body}</Relationships>'
            references.append(Ref(f"/{table}?ContentType={RELATION_TYPE}", octets.encode(), chain))
        manifest = f"<Manifest>{''.join(one.xml() for one in references)}</Manifest>"
        time = (
            '<SignatureProperties><SignatureProperty Id="idSignatureTime" Target="#idPackageSignature">'
            f'<mdssi:SignatureTime xmlns:mdssi="{MDSSI}"><mdssi:Format>YYYY-MM-DDThh:mm:ssTZD</mdssi:Format>'
            "<mdssi:Value>2026-03-04T05:06:07Z</mdssi:Value></mdssi:SignatureTime></SignatureProperty>"
            "</SignatureProperties>"
        )
        signature = xml_signature([], {"idPackageObject": manifest + time}, "idPackageSignature")
        origin = (
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" '
            f'Type="{RELATIONS}/digital-signature/signature" Target="sig1.xml"/></Relationships>'
        )
        return {
            **self.unsigned(),
            "_xmlsignatures/origin.sigs": b"",
            "_xmlsignatures/_rels/origin.sigs.rels": origin.encode(),
            "_xmlsignatures/sig1.xml": signature.encode(),
        }
