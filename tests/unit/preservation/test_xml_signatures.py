"""XML signatures: what others signed, what we sign here, and every way to make a document look signed that is not."""

import base64
import csv
import hashlib
import re
from pathlib import Path

import pytest
import signxml
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml import xades
from test_xml_signatures_canonical import ENVELOPED, make_signer, signed

from model.codec import decode, encode
from model.material import Material, MaterialKind
from model.signatures import (
    FileSignatures,
    Integrity,
    Level,
    SignatureFacts,
    SignatureFormat,
    SignedState,
    SubIndication,
    TimestampKind,
)
from preservation.signatures.source import Companion, SignatureLimits, SignedFile
from preservation.signatures.xml import names
from preservation.signatures.xml.examine import examine_xml
from preservation.signatures.xml.scope import Envelope
from preservation.signatures.xml.signature import xml_signatures

DATA = Path(__file__).parents[2] / "data" / "signatures" / "xades"
EXPECTED = list(csv.DictReader((DATA / "expected.csv").read_text(encoding="utf-8").splitlines()))
DS = {"ds": names.DSIG, "x": names.XADES_132}


@pytest.fixture(scope="module")
def signer() -> tuple[bytes, bytes]:
    return make_signer()


def examined(path: Path, **options: object) -> FileSignatures:
    return examine_xml(SignedFile(path=path, name=path.name, material=Material(), **options))


def one(content: bytes, **options: object) -> SignatureFacts:
    (facts,) = xml_signatures(content, material=Material(), **options)
    return facts


def codes(facts: SignatureFacts) -> set[str]:
    return {finding.code for finding in facts.findings}


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row["path"])
def test_the_verdict_of_every_sample(row):
    found = examined(DATA / row["path"])
    integrity = [facts.integrity for facts in found.signatures]
    stamps = [stamp.imprint_matches for facts in found.signatures for stamp in facts.timestamps]
    expected = row["expected"]
    assert found.state is SignedState.SIGNED
    assert integrity, "a signature must never vanish"
    if expected.startswith("intact"):
        assert integrity == [Integrity.INTACT] * len(integrity)
        assert all(facts.scope.whole_document for facts in found.signatures)
        assert all(stamps) is (expected == "intact")
    elif expected == "broken":
        assert Integrity.BROKEN in integrity
    else:
        assert integrity == [Integrity.UNKNOWN]
    assert decode(FileSignatures, encode(found)) == found


def test_an_archived_signature_is_read_whole():
    material = Material()
    facts = one((DATA / "xades-lta-valid.xml").read_bytes())
    assert (facts.format, facts.level) == (SignatureFormat.XADES, Level.LTA)
    assert facts.certificate is not None and facts.certificate.name == "good-user"
    assert [stamp.kind for stamp in facts.timestamps] == [TimestampKind.SIGNATURE, TimestampKind.ARCHIVE]
    assert all(stamp.imprint_matches and stamp.covers == (facts.id,) for stamp in facts.timestamps)
    xml_signatures((DATA / "xades-lta-valid.xml").read_bytes(), material=material)
    assert set(facts.revocations) <= {item.id for item in material if item.kind is not MaterialKind.CERTIFICATE}
    assert set(facts.revocations) <= set(facts.timestamps[1].covered_material)
    assert facts.timestamps[0].token in facts.timestamps[1].covered_material


def test_properties_are_read_only_when_they_are_signed():
    content = (DATA / "dss-signed.xml").read_bytes()
    assert one(content).claimed_signing_time is not None
    forged = content.replace(b"2019-02-19T12:29:01Z", b"2029-02-19T12:29:01Z")
    facts = one(forged)
    assert facts.integrity is Integrity.BROKEN
    assert facts.claimed_signing_time is None


# Signatures made here


def xades_signed(root: etree._Element, signer: tuple[bytes, bytes], **options: object) -> bytes:
    maker = xades.XAdESSigner(signature_algorithm=signxml.SignatureMethod.ECDSA_SHA256, **options)
    return etree.tostring(maker.sign(root, key=signer[0], cert=[signer[1].decode()]))


def test_what_signxml_signs_is_intact(signer):
    facts = one(xades_signed(etree.fromstring("<a><b>chữ</b></a>"), signer))
    assert (facts.integrity, facts.failure, facts.level) == (Integrity.INTACT, None, Level.B)
    assert facts.scope.whole_document is True
    assert facts.format is SignatureFormat.XADES
    assert facts.certificate is not None and facts.certificate.name == "Nguyễn Văn Mẫu"
    assert facts.algorithms


def test_enveloping_and_detached_forms_are_told_apart(signer):
    enveloping = signxml.XMLSigner(
        method=signxml.methods.enveloping, signature_algorithm=signxml.SignatureMethod.ECDSA_SHA256
    )
    content = etree.tostring(enveloping.sign(etree.fromstring("<a>x</a>"), key=signer[0], cert=[signer[1].decode()]))
    facts = one(content)
    assert (facts.form, facts.integrity, facts.scope.whole_document) == (
        "XML-DSig enveloping",
        Integrity.INTACT,
        True,
    )
    inside = signed('<a><b Id="b">x</b></a>', "#b", "", signer)
    assert one(inside).form == "XML-DSig detached"
    assert one(inside).scope.whole_document is None


DOCUMENT = '<don xmlns="urn:don" so="15"><nd>Đã ký &amp; đóng dấu</nd><!--k--><so>7</so></don>'
SIGNED = xades_signed(etree.fromstring(DOCUMENT), make_signer())
SIGNED_PART = len(SIGNED[: SIGNED.index(b"Signature")].rpartition(b"<")[0])


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, SIGNED_PART - 1), st.integers(1, 255))
def test_no_changed_byte_of_the_content_stays_intact(place, change):
    """Any other byte in the signed content breaks the signature, or the document."""
    forged = SIGNED[:place] + bytes([SIGNED[place] ^ change]) + SIGNED[place + 1 :]
    try:
        found = xml_signatures(forged, material=Material())
    except Exception:  # the document is no XML any more
        return
    same = canonical(forged) == canonical(SIGNED)
    assert same or all(facts.integrity is not Integrity.INTACT for facts in found), forged[place - 9 : place + 9]


def canonical(content: bytes) -> bytes:
    try:
        return etree.tostring(etree.fromstring(content), method="c14n", with_comments=False)
    except etree.C14NError:  # the changed byte lies in a namespace
        return b""


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_no_changed_byte_anywhere_ends_in_a_crash(place, change):
    forged = SIGNED[:place] + bytes([SIGNED[place] ^ change]) + SIGNED[place + 1 :]
    try:
        found = xml_signatures(forged, material=Material())
    except Exception as error:
        assert type(error).__name__ == "XmlFault", error
        return
    assert all("signature.xml.checker-failed" not in codes(facts) for facts in found)


# Signature wrapping


def test_a_signed_part_beside_unsigned_content_is_never_the_whole_document(signer):
    content = signed('<a><b Id="b">signed</b></a>', "#b", "", signer)
    root = etree.fromstring(content)
    fake = etree.Element("b")
    fake.text = "forged"
    root.insert(0, fake)
    facts = one(etree.tostring(root))
    assert facts.integrity is Integrity.INTACT
    assert facts.scope.whole_document is False
    assert facts.scope.covered == ("#b",) and facts.scope.uncovered == ("b",)
    assert "signature.xml.partial" in codes(facts)


def test_a_signed_document_moved_into_its_own_signature_is_not_the_whole(signer):
    """The original is hidden in an object; the reader sees the forged root."""
    content = etree.fromstring(signed('<a Id="a">signed</a>', "#a", ENVELOPED, signer))
    signature = content.find("ds:Signature", DS)
    content.remove(signature)
    forged = etree.Element("a")
    forged.text = "forged"
    forged.append(signature)
    etree.SubElement(signature, f"{{{names.DSIG}}}Object").append(content)
    facts = one(etree.tostring(forged))
    assert facts.scope.whole_document is not True


@pytest.mark.parametrize("attribute", ["Id", "ID", "id", f"{{{names.XML}}}id", f"{{{names.WSU}}}Id"])
def test_an_identifier_used_twice_is_refused(attribute, signer):
    content = signed('<a><b Id="b">signed</b></a>', "#b", "", signer)
    root = etree.fromstring(content)
    etree.SubElement(root, "b").set(attribute, "b")
    facts = one(etree.tostring(root))
    assert (facts.integrity, facts.failure) == (Integrity.BROKEN, SubIndication.FORMAT_FAILURE)
    assert "signature.xml.ambiguous-id" in codes(facts)


def test_content_hidden_in_a_second_signature_is_seen(signer):
    """A filter that leaves out every signature must not be a place to hide content."""
    transform = (
        f'<ds:Transform Algorithm="{names.FILTER2}"><f:XPath xmlns:f="{names.FILTER2}" Filter="subtract">'
        "/descendant::ds:Signature</f:XPath></ds:Transform>"
    )
    content = signed("<a>signed</a>", "", transform, signer)
    assert one(content).scope.whole_document is True
    for place in ("", "KeyInfo", "Object"):
        root = etree.fromstring(content)
        other = etree.SubElement(root, f"{{{names.DSIG}}}Signature")
        for name in ("SignedInfo", "SignatureValue"):
            etree.SubElement(other, f"{{{names.DSIG}}}{name}")
        etree.SubElement(etree.SubElement(other, f"{{{names.DSIG}}}{place}") if place else other, "forged")
        first = xml_signatures(etree.tostring(root), material=Material())[0]
        assert first.integrity is Integrity.INTACT
        assert first.scope.whole_document is False, place


def test_an_unsigned_object_in_the_signature_is_reported(signer):
    root = etree.fromstring(signed("<a>signed</a>", "", ENVELOPED, signer))
    held = etree.SubElement(root.find("ds:Signature", DS), f"{{{names.DSIG}}}Object")
    etree.SubElement(held, "forged")
    facts = one(etree.tostring(root))
    assert facts.integrity is Integrity.INTACT
    assert facts.scope.whole_document is False and facts.scope.uncovered == ("Object",)


def test_a_style_sheet_outside_the_signed_root_is_reported(signer):
    content = signed('<a Id="a">signed</a>', "#a", ENVELOPED, signer)
    assert one(content).scope.whole_document is True
    styled = content.replace(b"<a ", b'<?xml-stylesheet href="x.xsl"?><a ')
    assert one(styled).scope.uncovered == ("<?xml-stylesheet?>",)


def test_a_filter_that_leaves_content_out_is_not_the_whole(signer):
    for expression in ("not(ancestor-or-self::ds:Signature) and not(ancestor-or-self::b)",):
        transform = f'<ds:Transform Algorithm="{names.XPATH}"><ds:XPath>{expression}</ds:XPath></ds:Transform>'
        facts = one(signed("<a>x<b>free</b></a>", "", transform, signer))
        assert facts.integrity is Integrity.INTACT
        assert facts.scope.whole_document is False


# References outside the document, manifests, containers

DETACHED = """<ds:Signature xmlns:ds="{ds}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{c14n}"/>
<ds:SignatureMethod Algorithm="{method}"/>{references}</ds:SignedInfo><ds:SignatureValue>{value}</ds:SignatureValue>
<ds:KeyInfo>{key}</ds:KeyInfo>{objects}</ds:Signature>"""
REFERENCE = (
    '<ds:Reference URI="{uri}"{more}><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
    "<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>"
)
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_KEY = rsa.generate_private_key(65537, 2048)


def exclusive(element: etree._Element) -> bytes:
    copied = etree.fromstring(etree.tostring(element, encoding="UTF-8", with_tail=False))
    return etree.tostring(copied, method="c14n", exclusive=True)


def reference(uri: str, content: bytes, more: str = "") -> str:
    return REFERENCE.format(uri=uri, more=more, digest=base64.b64encode(hashlib.sha256(content).digest()).decode())


def rsa_value() -> str:
    numbers = RSA_KEY.public_key().public_numbers()

    def octets(number: int) -> str:
        return base64.b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode()

    return (
        f"<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{octets(numbers.n)}</ds:Modulus>"
        f"<ds:Exponent>{octets(numbers.e)}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>"
    )


def detached(
    references: str, *, objects: str = "", method: str = RSA_SHA256, pad: object = None, parameters: str = ""
) -> bytes:
    """Sign by hand with a bare RSA key."""
    parts = {"ds": names.DSIG, "c14n": names.EXC_C14N, "method": method, "references": references, "objects": objects}
    text = DETACHED.format(**parts, value="", key=rsa_value())
    if parameters:
        text = text.replace(f'"{method}"/>', f'"{method}">{parameters}</ds:SignatureMethod>')
    info = etree.fromstring(text.encode()).find("ds:SignedInfo", DS)
    octets = exclusive(info)
    value = RSA_KEY.sign(octets, pad or padding.PKCS1v15(), hashes.SHA256())
    return text.replace("<ds:SignatureValue>", f"<ds:SignatureValue>{base64.b64encode(value).decode()}").encode()


class Beside:
    """A folder beside the signed file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, wanted, digests):
        path = self.folder / wanted[0] if wanted else None
        return Companion(name=wanted[0], path=path) if path and path.is_file() else None


def test_detached_data_is_found_beside_the_signature(tmp_path):
    content = detached(reference("t%C3%A0i%20li%E1%BB%87u.pdf", b"data"))
    (tmp_path / "s.xml").write_bytes(content)
    (facts,) = examined(tmp_path / "s.xml", companions=Beside(tmp_path)).signatures
    assert (facts.integrity, facts.failure) == (Integrity.UNKNOWN, SubIndication.SIGNED_DATA_NOT_FOUND)
    (tmp_path / "tài liệu.pdf").write_bytes(b"data")
    (facts,) = examined(tmp_path / "s.xml", companions=Beside(tmp_path)).signatures
    assert facts.integrity is Integrity.INTACT
    assert facts.failure is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    assert facts.scope.whole_document is True
    (tmp_path / "tài liệu.pdf").write_bytes(b"Data")
    (facts,) = examined(tmp_path / "s.xml", companions=Beside(tmp_path)).signatures
    assert (facts.integrity, facts.failure) == (Integrity.BROKEN, SubIndication.HASH_FAILURE)


@pytest.mark.parametrize("uri", ["http://127.0.0.1/x", "file:///etc/passwd", "/etc/passwd", "../x", "x#y"])
def test_references_never_leave_the_folder(uri, tmp_path):
    (tmp_path / "s.xml").write_bytes(detached(reference(uri, b"data")))
    (facts,) = examined(tmp_path / "s.xml", companions=Beside(tmp_path)).signatures
    assert facts.integrity is Integrity.UNKNOWN


def test_every_reference_of_a_signed_manifest_is_checked():
    inner = '<ds:Manifest xmlns:ds="{}" Id="m">{}</ds:Manifest>'.format(
        names.DSIG, reference("a", b"1") + reference("b", b"2")
    )
    octets = etree.tostring(etree.fromstring(inner), method="c14n")
    typed = f' Type="{names.MANIFEST_TYPE}"'
    content = detached(reference("#m", octets, typed), objects=f"<ds:Object>{inner}</ds:Object>")
    files = {"a": b"1", "b": b"2"}
    assert one(content, resolve=files.get).integrity is Integrity.INTACT
    assert one(content, resolve={**files, "b": b"3"}.get).failure is SubIndication.HASH_FAILURE
    assert one(content, resolve={"a": b"1"}.get).failure is SubIndication.SIGNED_DATA_NOT_FOUND
    moved = content.replace(b"<ds:Object>", b"<ds:Object><w>").replace(b"</ds:Object>", b"</w></ds:Object>")
    assert one(moved, resolve=files.get).failure is SubIndication.FORMAT_FAILURE


def test_a_container_brings_its_own_data_and_transforms():
    transform = '<ds:Transforms><ds:Transform Algorithm="urn:upper"/></ds:Transforms>'
    content = detached(reference("x", b"DATA").replace("<ds:DigestMethod", transform + "<ds:DigestMethod"))
    facts = one(
        content,
        location="META-INF/signatures.xml",
        resolve={"x": b"data"}.get,
        format=SignatureFormat.ASIC_E,
        envelope=Envelope.PARTS,
        transforms={"urn:upper": lambda octets, element: octets.upper()},
    )
    assert facts.integrity is Integrity.INTACT
    assert facts.id == "META-INF/signatures.xml#signature-1"
    assert (facts.scope.whole_document, facts.scope.covered) == (None, ("x",))
    assert one(content, resolve={"x": b"data"}.get).integrity is Integrity.UNKNOWN


def test_rsa_pss_with_and_without_parameters():
    content = reference("x", b"data")
    files = {"x": b"data"}
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    plain = detached(content, method=names.MORE_2007 + "sha256-rsa-MGF1", pad=pss)
    assert one(plain, resolve=files.get).integrity is Integrity.INTACT
    pss = padding.PSS(padding.MGF1(hashes.SHA1()), 20)
    parameters = (
        f'<p:RSAPSSParams xmlns:p="{names.MORE_2007}"><ds:DigestMethod '
        'Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
        f'<p:MaskGenerationFunction Algorithm="{names.MGF1}"><ds:DigestMethod Algorithm="{names.DSIG}sha1"/>'
        "</p:MaskGenerationFunction><p:SaltLength>20</p:SaltLength></p:RSAPSSParams>"
    )
    given_parameters = detached(content, method=names.RSA_PSS, pad=pss, parameters=parameters)
    assert one(given_parameters, resolve=files.get).integrity is Integrity.INTACT
    wrong = given_parameters.replace(b"SaltLength>20", b"SaltLength>21")
    assert one(wrong, resolve=files.get).integrity is Integrity.BROKEN


def test_a_countersignature_names_its_parent(signer):
    root = etree.fromstring(xades_signed(etree.fromstring("<a>x</a>"), signer))
    value = root.find("ds:Signature/ds:SignatureValue", DS)
    value.set("Id", "v")
    transform = f'<ds:Transforms><ds:Transform Algorithm="{names.EXC_C14N}"/></ds:Transforms>'
    signs = reference("#v", exclusive(value)).replace("<ds:DigestMethod", transform + "<ds:DigestMethod")
    counter = etree.fromstring(detached(signs))
    qualifying = root.find("ds:Signature/ds:Object/x:QualifyingProperties", DS)
    unsigned = etree.SubElement(qualifying, f"{{{names.XADES_132}}}UnsignedProperties")
    holder = etree.SubElement(
        etree.SubElement(unsigned, f"{{{names.XADES_132}}}UnsignedSignatureProperties"),
        f"{{{names.XADES_132}}}CounterSignature",
    )
    holder.append(counter)
    first, second = xml_signatures(etree.tostring(root), material=Material())
    assert (first.integrity, second.integrity, second.parent) == (Integrity.INTACT, Integrity.INTACT, first.id)
    counter.find("ds:SignedInfo/ds:Reference", DS).set("URI", "")
    first, second = xml_signatures(etree.tostring(root), material=Material())
    assert (second.integrity, second.failure) == (Integrity.BROKEN, SubIndication.HASH_FAILURE)
    assert "signature.xml.countersignature" in codes(second)


# edXML and files without signatures


def edxml(block: str, body: str = "văn bản") -> str:
    return (
        f'<edXML xmlns="{names.EDXML}"><e:edXMLEnvelope xmlns:e="{names.EDXML}"><e:edXMLHeader>{block}'
        f"</e:edXMLHeader><e:edXMLBody>{body}</e:edXMLBody></e:edXMLEnvelope></edXML>"
    )


def test_messages_are_judged_as_they_are(tmp_path, signer):
    path = tmp_path / "m.edxml"
    path.write_text(edxml(""), encoding="utf-8")
    assert examined(path).state is SignedState.UNSIGNED
    for block in ("<e:Signature/>", "<DigitalSignature/>", f'<Signature xmlns="{names.DSIG}"/>'):
        path.write_text(edxml(block), encoding="utf-8")
        (facts,) = examined(path).signatures
        assert (facts.format, facts.integrity) == (SignatureFormat.EDXML, Integrity.UNKNOWN)
        assert codes(facts) == {"signature.xml.empty-block"}
    path.write_bytes(signed(edxml(""), "", ENVELOPED, signer))
    (facts,) = examined(path).signatures
    assert (facts.format, facts.integrity, facts.scope.whole_document) == (
        SignatureFormat.EDXML,
        Integrity.INTACT,
        True,
    )
    path.write_bytes(path.read_bytes().replace("văn bản".encode(), "văn bàn".encode()))
    assert examined(path).signatures[0].integrity is Integrity.BROKEN


def test_a_message_signed_in_the_namespace_of_edxml_is_read():
    content = detached(reference("x", b"data")).decode()
    content = re.sub(r'xmlns:ds="[^"]+"', f'xmlns:ds="{names.EDXML}"', content)
    element = etree.fromstring(content)
    info = element.find(f"{{{names.EDXML}}}SignedInfo")
    octets = exclusive(info)
    value = RSA_KEY.sign(octets, padding.PKCS1v15(), hashes.SHA256())
    element.find(f"{{{names.EDXML}}}SignatureValue").text = base64.b64encode(value).decode()
    message = edxml(etree.tostring(element, encoding="unicode"))
    facts = one(message.encode(), resolve={"x": b"data"}.get)
    assert facts.integrity is Integrity.INTACT
    assert facts.scope.whole_document is False


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_files_without_signatures_say_so(encoding, tmp_path):
    path = tmp_path / "a.xml"
    declared = "utf-16" if encoding.startswith("utf-16") else encoding
    path.write_bytes(f'<?xml version="1.0" encoding="{declared}"?><a>chữ</a>'.encode(encoding))
    assert examined(path).state is SignedState.UNSIGNED


def test_a_signature_in_utf_16_is_found(tmp_path, signer):
    text = signed("<a>chữ</a>", "", ENVELOPED, signer).decode("utf-8").partition("?>")[2]
    path = tmp_path / "a.xml"
    path.write_bytes(('<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16"))
    (facts,) = examined(path).signatures
    assert (facts.integrity, facts.scope.whole_document) == (Integrity.INTACT, True)


def test_a_namespace_in_character_references_hides_no_signature(tmp_path, signer):
    content = signed("<a>x</a>", "", ENVELOPED, signer)
    path = tmp_path / "a.xml"
    path.write_bytes(re.sub(rb'(xmlns:ds="[^"]+xmldsi)g', rb"\1&#103;", content).replace(b"xmldsig#", b"xmldsi&#103;#"))
    assert examined(path).state is SignedState.SIGNED


def test_long_attachments_are_no_reason_to_refuse(tmp_path, signer):
    path = tmp_path / "m.edxml"
    path.write_bytes(signed(edxml("", "QUJD" * 3_000_000), "", ENVELOPED, signer))
    (facts,) = examined(path).signatures
    assert (facts.integrity, facts.scope.whole_document) == (Integrity.INTACT, True)
    (found,) = examined(path, limits=SignatureLimits(xml=1000)).findings
    assert found.code == "signature.xml.too-large"


@pytest.mark.corpus
def test_the_whole_corpus_gives_its_verdicts(corpus):
    rows = csv.DictReader((corpus / "signatures" / "expected.csv").read_text(encoding="utf-8").splitlines())
    for row in rows:
        if row["path"].startswith("xades/"):
            integrity = {facts.integrity for facts in examined(corpus / "signatures" / row["path"]).signatures}
            wanted = {"broken": Integrity.BROKEN, "cannot-verify": Integrity.UNKNOWN, "malformed": Integrity.UNKNOWN}
            assert integrity == {wanted.get(row["expected"], Integrity.INTACT)}, row
