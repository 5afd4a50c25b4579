"""The message's own signature is judged over the bytes that were signed, in its own namespace, and never trusted."""

import base64
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from ingest.edxml import signature as judged
from ingest.edxml.reading import read_message
from ingest.edxml.values import ReadMessage, SignatureState
from tests.fakes.edxml_messages import NAMESPACE, Sent, Shape, a_message, document_bytes, write_message
from tests.fakes.signing import Signing
from tests.fakes.tokens import sign_raw

DSIG = "http://www.w3.org/2000/09/xmldsig#"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
METHODS = {"sha1": f"{DSIG}rsa-sha1", "sha256": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"}
DIGESTS = {"sha1": f"{DSIG}sha1", "sha256": "http://www.w3.org/2001/04/xmlenc#sha256"}
FILE = Sent("QD15.pdf", b"%PDF-1.4 signed")


def canonical(element: Any) -> bytes:
    return bytes(etree.tostring(element, method="c14n", exclusive=True, with_tail=False))


def signed(
    digest: str = "sha1", *, space: str = NAMESPACE, attachment: bytes = b"", method: str = "", key: str = "person"
) -> bytes:
    """A message with a signature block over the whole of it, made without the code under test."""
    source = Signing().source
    root = etree.fromstring(write_message(a_message(), [FILE], Shape()))
    header = next(root.iter("{*}edXMLHeader"))
    transforms = f'<Transform Algorithm="{DSIG}enveloped-signature"/><Transform Algorithm="{EXC}"/>'
    references = [("", f"<Transforms>{transforms}</Transforms>", canonical(root))]
    if attachment:
        references.append(("cid:att-1", "", attachment))
    inner = "".join(
        f'<Reference URI="{uri}">{applied}'
        f'<DigestMethod Algorithm="{DIGESTS[digest]}"/>'
        f"<DigestValue>{base64.b64encode(hashlib.new(digest, data).digest()).decode()}</DigestValue></Reference>"
        for uri, applied, data in references
    )
    certificate = base64.b64encode(source.certificate(key)).decode()
    block = etree.fromstring(
        f'<Signature xmlns="{space}"><SignedInfo><CanonicalizationMethod Algorithm="{EXC}"/>'
        f'<SignatureMethod Algorithm="{method or METHODS[digest]}"/>{inner}</SignedInfo><SignatureValue/>'
        f"<KeyInfo><X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></Signature>"
    )
    header.append(block)
    raw = sign_raw(source.key("person"), canonical(block[0]), digest)[1]
    block[1].text = base64.b64encode(raw).decode()
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def read(data: bytes, folder: Path) -> ReadMessage:
    got = read_message(io.BytesIO(data), folder)
    assert got.message is not None
    return got


def state(got: ReadMessage) -> SignatureState:
    assert got.message is not None
    return got.message.signature.state


@pytest.mark.parametrize("space", [NAMESPACE, DSIG], ids=["edxml", "xmldsig"])
@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_intact(space: str, digest: str, tmp_path: Path) -> None:
    got = read(signed(digest, space=space), tmp_path)
    assert got.message is not None
    block = got.message.signature
    assert block.state is SignatureState.INTACT
    assert block.signer
    assert block.algorithm == f"rsa-{digest}"
    assert block.weak == ("rsa-sha1, sha1" if digest == "sha1" else "")
    assert {finding.code for finding in got.findings} == ({"edxml.signature-weak"} if block.weak else set())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data.replace("Danh mục".encode(), "Danh Mục".encode()), "changed"),
        (
            lambda data: data.replace(b"<CodeNumber>15", b"<CodeNumber>16").replace(
                b"CodeNumber>15<", b"CodeNumber>16<"
            ),
            "changed",
        ),
        (lambda data: data.replace(b"SignatureValue>", b"SignatureValue>AAAA", 1), "value"),
        (lambda data: data.replace(b"X509Certificate>MII", b"X509Certificate>MIIC"), "certificate"),
        (lambda data: data.replace(b"Algorithm=", b"x='1' Algorithm=", 1), "value"),
    ],
    ids=["subject", "number", "value", "certificate", "signed-info"],
)
def test_broken(change: Callable[[bytes], bytes], reason: str, tmp_path: Path) -> None:
    original = signed("sha256")
    data = change(original)
    assert data != original
    got = read(data, tmp_path)
    assert state(got) is SignatureState.BROKEN
    assert got.message is not None
    assert reason in got.message.signature.reason
    assert "edxml.signature-broken" in {finding.code for finding in got.findings}


def test_a_cut_certificate_is_the_reason_given_first(tmp_path: Path) -> None:
    data = signed("sha1").replace(b"X509Certificate>MII", b"X509Certificate>MIIC").replace(b">15<", b">16<")
    got = read(data, tmp_path)
    assert got.message is not None
    assert "certificate is damaged" in got.message.signature.reason


def test_the_weak_part_is_named(tmp_path: Path) -> None:
    data = signed("sha1", method=METHODS["sha256"])
    [weak] = [finding for finding in read(data, tmp_path).findings if finding.code == "edxml.signature-weak"]
    assert "(sha1)" in weak.message("en")


def test_another_certificate(tmp_path: Path) -> None:
    assert state(read(signed("sha256", key="tsa"), tmp_path)) is SignatureState.BROKEN


def test_attachments_are_found_by_reference(tmp_path: Path) -> None:
    assert state(read(signed("sha256", attachment=FILE.content), tmp_path / "1")) is SignatureState.INTACT
    assert state(read(signed("sha256", attachment=b"other"), tmp_path / "2")) is SignatureState.BROKEN


@pytest.mark.parametrize("xml", ["<Signature/>", "<edXML:DigitalSignature/>", "<Signature><SignedInfo/></Signature>"])
def test_empty(xml: str, tmp_path: Path) -> None:
    got = read(write_message(a_message(), [FILE], Shape(signature=xml)), tmp_path)
    assert state(got) is SignatureState.EMPTY
    assert {finding.code for finding in got.findings} == {"edxml.signature-empty"}


def test_absent(tmp_path: Path) -> None:
    assert state(read(document_bytes(), tmp_path)) is SignatureState.ABSENT


def test_unknown_forms_are_undecided(tmp_path: Path) -> None:
    hmac = signed("sha256", method=f"{DSIG}hmac-sha1")
    foreign = signed("sha256", space="http://www.e-doc.vn/Schema/")
    for number, data in enumerate((hmac, foreign)):
        got = read(data, tmp_path / str(number))
        assert state(got) is SignatureState.UNDECIDED
        assert "edxml.signature-undecided" in {finding.code for finding in got.findings}


def test_too_large_to_be_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judged, "LIMIT", 1000)
    assert state(read(signed("sha256"), tmp_path)) is SignatureState.UNDECIDED
