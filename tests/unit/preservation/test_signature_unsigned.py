"""Files that are called unsigned without the worker: only those that their examiner calls so too."""

import io
import time
import zipfile
from pathlib import Path

import pytest

from model.material import Material
from model.signatures import SignedState
from preservation.signatures.checker import CheckItem, SignatureChecker
from preservation.signatures.detect import SignedKind, detect
from preservation.signatures.dispatch import examine
from preservation.signatures.source import SignedFile
from preservation.signatures.unsigned import certainly_unsigned

DATA = Path(__file__).resolve().parents[2] / "data"
FILES = sorted(path for path in (DATA / "signatures").rglob("*") if path.is_file())

TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{}</Types>'
LINKS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
ORIGIN = "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin"
XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"


def told(tmp_path: Path, name: str, content: bytes, kind: SignedKind) -> bool:
    path = tmp_path / name
    path.write_bytes(content)
    assert detect(path, name) is kind
    return certainly_unsigned(path, kind, len(content))


def office(types: str | bytes = TYPES.format(""), links: str | bytes = LINKS.format(""), **parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", links)
        archive.writestr("word/document.xml", "<document/>")
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_what_is_called_unsigned_is_unsigned_to_its_examiner() -> None:
    certain = 0
    for path in FILES:
        kind = detect(path, path.name)
        if certainly_unsigned(path, kind, path.stat().st_size):
            certain += 1
            found = examine(SignedFile(path=path, name=path.name, material=Material()), kind)
            assert (found.state, found.findings) == (SignedState.UNSIGNED, ()), path
    assert certain


def test_an_office_document_without_signatures(tmp_path: Path) -> None:
    assert told(tmp_path, "a.docx", office(), SignedKind.OOXML)


@pytest.mark.parametrize(
    "content",
    [
        office(**{"_xmlsignatures/sig1.xml": "<Signature/>"}),
        office(links=LINKS.format(f'<Relationship Id="r" Type="{ORIGIN}" Target="any.xml"/>')),
        office(links=LINKS.format(f'<Relationship Id="r" Type="{ORIGIN.replace("-", "&#45;")}" Target="any.xml"/>')),
        office(links=LINKS.format(f'<Relationship Id="r" Type="{ORIGIN}" Target="any.xml"/>').encode("utf-16")),
        office(types=TYPES.format("<Override ContentType='x.digital-signature-xmlsignature+xml' PartName='/a'/>")),
        office(types="<Types"),
        office(types=TYPES.format(" " * (1 << 17))),
        office()[:-30],
    ],
    ids=["named", "linked", "escaped", "wide", "typed", "cut", "large", "damaged"],
)
def test_an_office_document_that_may_be_signed_is_left_to_the_worker(tmp_path: Path, content: bytes) -> None:
    assert not told(tmp_path, "a.docx", content, SignedKind.OOXML)


@pytest.mark.parametrize(
    ("content", "unsigned"),
    [
        (b"<a></a>", True),
        (f'<a><Signature xmlns="{XMLDSIG}"/></a>'.encode(), False),
        (f'<a><Signature xmlns="{XMLDSIG.replace("#", "&#35;")}"/></a>'.encode(), False),
        (f'<a><Signature xmlns="{XMLDSIG}"/></a>'.encode("utf-16"), False),
        (b'<?xml version="1.0" encoding="EBCDIC-CP-US"?><a></a>', False),
    ],
)
def test_xml(tmp_path: Path, content: bytes, unsigned: bool) -> None:
    assert told(tmp_path, "a.xml", content, SignedKind.XML) is unsigned


def test_a_large_file_is_left_to_the_worker(tmp_path: Path) -> None:
    assert not told(tmp_path, "a.xml", b"<a>" + b" " * (1 << 20) + b"</a>", SignedKind.XML)


@pytest.mark.parametrize(
    "filling",
    [b"ObjStm stream\n", b"/ObjStm/Decode/FlateDecode stream\n", b"#42", b"#42yteRang#66", b"startxref 1 %%EOF "],
)
def test_a_hostile_file_costs_little(tmp_path: Path, filling: bytes) -> None:
    content = b"%PDF-1.7\n" + filling * ((1 << 20) // len(filling) - 2)
    started = time.process_time()
    told(tmp_path, "a.pdf", content, SignedKind.PDF)
    assert time.process_time() - started < 5


def test_unsigned_files_start_no_worker() -> None:
    path = DATA / "signatures" / "corpus" / "minimal.pdf"
    with SignatureChecker() as checker:
        (checked,) = checker.check([CheckItem(path=path, name="minimal.pdf")])
        assert checker._worker is None
    assert [finding.code for finding in checked.report.file.findings] == ["signature.none"]
    assert (checked.report.file.state, checked.report.file.kind) == (SignedState.UNSIGNED, "pdf")
