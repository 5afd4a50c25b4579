"""What a file may be signed as: content before name, a few bytes only, and nothing hostile costs more."""

import base64
import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preservation.signatures.detect import SignedKind, detect, kind_of_bytes, may_carry_signatures

DATA = Path(__file__).resolve().parents[2] / "data"
CORPUS = DATA / "signatures" / "corpus"


def zipped(*names: str, mimetype: str = "", method: int = zipfile.ZIP_STORED, first: bool = True) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        entries = [(name, b"x") for name in names]
        if mimetype:
            entries.insert(0 if first else len(entries), ("mimetype", mimetype.encode()))
        for name, content in entries:
            archive.writestr(name, content, method)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("minimal.pdf", SignedKind.PDF),
        ("counterSig.p7m", SignedKind.CMS),
        ("cades-detached.pkcs7", SignedKind.CMS),
        ("dss-signed.xml", SignedKind.XML),
        ("xades-onefile-ok.asice", SignedKind.ASIC_E),
        ("cades-er-asn1-multi-files.asice", SignedKind.ASIC_E),
    ],
)
def test_content_decides_over_the_name(name: str, kind: SignedKind) -> None:
    for given_name in (name, "anything.bin", "photo.jpg", "a.docx"):
        assert detect(CORPUS / name, given_name) is kind


def test_office_documents_and_mail(tmp_path: Path) -> None:
    formats = DATA / "formats"
    assert detect(formats / "valid_2007_onwards.docx", "x") is SignedKind.OOXML
    assert detect(formats / "testODTEncrypted.odt", "x") is SignedKind.ODF
    assert detect(formats / "testWORD.doc", "x") is SignedKind.OLE
    assert detect(formats / "testRFC822_base64", "x") is SignedKind.SMIME
    assert detect(formats / "valid_1.2.png", "x.png") is SignedKind.NOTHING
    assert detect(formats / "testRTF.rtf", "x.rtf") is SignedKind.NOTHING


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (zipped("a.txt", mimetype="application/vnd.etsi.asic-s+zip"), SignedKind.ASIC_S),
        (zipped("a.txt", mimetype="application/vnd.etsi.asic-e+zip\r\n"), SignedKind.ASIC_E),
        (zipped("a.txt", mimetype="application/vnd.etsi.asic-e+zip", first=False), SignedKind.ASIC_E),
        (zipped("a", mimetype="application/vnd.etsi.asic-e+zip", method=zipfile.ZIP_DEFLATED), SignedKind.ASIC_E),
        (zipped("a.txt", mimetype="application/vnd.lt.archyvai.adoc-2008"), SignedKind.ADOC),
        (zipped("a.txt", mimetype="application/vnd.oasis.opendocument.text"), SignedKind.ODF),
        (zipped("META-INF/manifest.xml", "content.xml"), SignedKind.ODF),
        (zipped("[Content_Types].xml", "word/document.xml"), SignedKind.OOXML),
        (zipped("a.txt", "META-INF/signatures.xml"), SignedKind.ASIC_S),
        (zipped("a.txt", "b.txt", "META-INF/signature001.p7s"), SignedKind.ASIC_E),
        (zipped("a.txt", "META-INF/timestamp.tst"), SignedKind.ASIC_S),
        (zipped("META-INF/MANIFEST.MF", "META-INF/X.SF", "META-INF/X.RSA", "a.class"), SignedKind.NOTHING),
        (zipped("a.txt"), SignedKind.NOTHING),
        (b"junk before" + zipped("a.txt", mimetype="application/vnd.etsi.asic-e+zip"), SignedKind.NOTHING),
    ],
)
def test_containers(tmp_path: Path, content: bytes, kind: SignedKind) -> None:
    (tmp_path / "file").write_bytes(content)
    assert detect(tmp_path / "file", "file.zip") is kind


def test_bytes_before_a_zip_do_not_hide_its_entries(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"PK\x07\x08xx" + zipped("a.txt", mimetype="application/vnd.etsi.asic-e+zip"))
    assert detect(tmp_path / "file", "file.zip") is SignedKind.ASIC_E


def test_a_damaged_container_is_what_its_name_says(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(zipped("a.txt", mimetype="x")[:60])
    assert detect(tmp_path / "file", "contract.asice") is SignedKind.ASIC_E
    assert detect(tmp_path / "file", "contract.docx") is SignedKind.OOXML
    assert detect(tmp_path / "file", "contract.zip") is SignedKind.NOTHING


def test_armoured_signatures() -> None:
    der = (CORPUS / "counterSig.p7m").read_bytes()
    text = base64.encodebytes(der)
    assert kind_of_bytes(text) is SignedKind.CMS
    assert kind_of_bytes(b"-----BEGIN PKCS7-----\n" + text) is SignedKind.CMS
    assert kind_of_bytes(b"-----BEGIN CMS-----\nComment: x\n\n" + text) is SignedKind.CMS
    certificate = base64.encodebytes(b"\x30\x82\x03\x00\x30\x82\x02\x00" + bytes(100))
    assert kind_of_bytes(b"-----BEGIN CERTIFICATE-----\n" + certificate) is None
    assert kind_of_bytes(b"-----BEGIN PGP SIGNATURE-----\n\niQEz") is SignedKind.PGP
    token = (DATA / "signatures" / "cades" / "tst-response.tsr").read_bytes()
    assert kind_of_bytes(token) is SignedKind.TIMESTAMP


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("<a/>".encode("utf-16"), SignedKind.XML),
        ("<a/>".encode("utf-16-le"), SignedKind.XML),
        (b"\xef\xbb\xbf  <?xml version='1.0'?><a/>", SignedKind.XML),
        (b"<!DOCTYPE html><p>", SignedKind.NOTHING),
        (b"<!-- a --><HTML>", SignedKind.NOTHING),
        (b"a < b", None),
        (b"junk\n%PDF-1.7", SignedKind.PDF),
        (bytes(2000) + b"%PDF-1.7", None),
        (b"From: a@b.vn\r\nSubject: x\r\n\r\nhello", SignedKind.SMIME),
        (b"From x Mon\nReceived: a\n b\nMIME-Version: 1.0\n\n", SignedKind.SMIME),
        (b"Note: one\nOther: two\n\n", None),
        (b"", None),
    ],
)
def test_beginnings(content: bytes, kind: SignedKind | None) -> None:
    assert kind_of_bytes(content) is kind


def test_pictures_are_not_even_opened() -> None:
    nowhere = Path("/nonexistent")
    assert detect(nowhere, "scan.jpg", "image/jpeg") is SignedKind.NOTHING
    assert detect(nowhere, "talk.bin", "audio/mpeg") is SignedKind.NOTHING
    assert may_carry_signatures("drawing.svg", "image/svg+xml")
    assert may_carry_signatures("scan.jpg.p7s", "image/jpeg")
    assert may_carry_signatures("unknown", "")


@given(st.binary(max_size=300), st.sampled_from(["a.pdf", "b", "c.asice"]))
def test_any_bytes_give_an_answer(tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    for beginning in (b"", b"PK\x03\x04", b"\x30\x80", b"PK\x05\x06"):
        path.write_bytes(beginning + content)
        detect(path, name)


def test_lying_directories_are_capped(tmp_path: Path) -> None:
    many = zipped(*(f"{number}.txt" for number in range(3000)), "META-INF/signatures.xml")
    (tmp_path / "many").write_bytes(many)
    assert detect(tmp_path / "many", "x.zip") is SignedKind.NOTHING, "beyond what is read, the name decides"
    assert detect(tmp_path / "many", "x.asice") is SignedKind.ASIC_E
    end = many.rfind(b"PK\x05\x06")
    lying = many[: end + 12] + struct.pack("<II", 0xFFFFFFF0, 5) + many[end + 20 :]
    (tmp_path / "lying").write_bytes(lying)
    assert detect(tmp_path / "lying", "x.zip") is SignedKind.NOTHING
