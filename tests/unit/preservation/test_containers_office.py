"""Signed OpenDocument and Office files: what is covered, what was changed, and how fast the unsigned ones are."""

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from model.signatures import FileSignatures, Integrity, SignatureFormat, SignedState, SubIndication
from preservation.signatures.containers.odf import examine_odf
from preservation.signatures.containers.ooxml import examine_ooxml
from tests.conftest import DATA
from tests.fakes.signed_containers import OFFICE, RELATIONS, Docx, Link, odt, signed_file, signed_odt


def _odf(folder: Path, files: Mapping[str, bytes]) -> FileSignatures:
    return examine_odf(signed_file(folder, files, "a.odt"))


def _ooxml(folder: Path, files: Mapping[str, bytes]) -> FileSignatures:
    return examine_ooxml(signed_file(folder, files, "a.docx"))


def _codes(found: FileSignatures) -> set[str]:
    return {one.code for one in (*found.findings, *(f for facts in found.signatures for f in facts.findings))}


# -- OpenDocument


def test_signed_odf_is_intact_and_whole(tmp_path: Path) -> None:
    found = _odf(tmp_path, signed_odt(odt({"Pictures/a b.png": b"x"})))
    (facts,) = found.signatures
    assert (found.kind, found.state, facts.format) == ("odf", SignedState.SIGNED, SignatureFormat.ODF)
    assert facts.integrity is Integrity.INTACT, facts.findings
    assert facts.scope.whole_document is True
    assert set(facts.scope.covered) == {*odt(), "Pictures/a b.png"}
    assert facts.id == "META-INF/documentsignatures.xml#S0"
    assert _codes(found) == set()


def test_unsigned_odf_says_so(tmp_path: Path) -> None:
    found = _odf(tmp_path, odt())
    assert (found.state, found.signatures, found.findings) == (SignedState.UNSIGNED, (), ())


@pytest.mark.parametrize("name", ["content.xml", "Pictures/1.png", "META-INF/manifest.xml", "mimetype"])
def test_odf_file_altered(tmp_path: Path, name: str) -> None:
    files = signed_odt()
    files[name] = (
        files[name]
        .replace(b"text", b"texT")
        .replace(b"Text", b"TexT")
        .replace(b"PNG", b"PNg")
        .replace(b"styles.xml", b"styleS.xml")
    )
    (facts,) = _odf(tmp_path, files).signatures
    assert facts.integrity is Integrity.BROKEN
    assert facts.failure is SubIndication.HASH_FAILURE
    assert name not in facts.scope.covered
    assert facts.scope.whole_document is False


def test_odf_file_that_is_xml_no_longer(tmp_path: Path) -> None:
    (facts,) = _odf(tmp_path, {**signed_odt(), "content.xml": b"<not xml"}).signatures
    assert (facts.integrity, facts.failure) == (Integrity.BROKEN, SubIndication.HASH_FAILURE)


def test_odf_file_added_is_uncovered(tmp_path: Path) -> None:
    found = _odf(tmp_path, {**signed_odt(), "Scripts/python/new.py": b"print()"})
    (facts,) = found.signatures
    assert facts.integrity is Integrity.INTACT
    assert facts.scope.whole_document is False
    assert facts.scope.uncovered == ("Scripts/python/new.py",)
    assert "signature.container-uncovered-file" in _codes(found)


def test_odf_file_removed_is_named(tmp_path: Path) -> None:
    files = signed_odt()
    del files["styles.xml"]
    (facts,) = _odf(tmp_path, files).signatures
    assert (facts.integrity, facts.failure) == (Integrity.BROKEN, SubIndication.SIGNED_DATA_NOT_FOUND)
    assert any("styles.xml" in one.message() for one in facts.findings)


def test_odf_without_its_manifest_signed_is_not_whole(tmp_path: Path) -> None:
    files = odt()
    found = _odf(tmp_path, signed_odt(files, only=tuple(name for name in files if name != "META-INF/manifest.xml")))
    (facts,) = found.signatures
    assert facts.scope.uncovered == ("META-INF/manifest.xml",)
    assert facts.scope.whole_document is False


def test_odf_with_signed_macros_only_is_not_a_signed_document(tmp_path: Path) -> None:
    files = odt({"Basic/Standard/Module1.xml": b"<module/>"})
    macros = signed_odt(files, only=("Basic/Standard/Module1.xml",), place="META-INF/macrosignatures.xml")
    found = _odf(tmp_path, macros)
    (facts,) = found.signatures
    assert facts.integrity is Integrity.INTACT
    assert facts.scope.whole_document is False
    assert "signature.container-macros-only" in _codes(found)


def test_odf_signature_that_is_no_xml_is_still_a_signature(tmp_path: Path) -> None:
    found = _odf(tmp_path, {**odt(), "META-INF/documentsignatures.xml": b"<document-signatures"})
    (facts,) = found.signatures
    assert (found.state, facts.integrity) == (SignedState.SIGNED, Integrity.UNKNOWN)
    assert facts.failure is SubIndication.FORMAT_FAILURE


def test_odf_signatures_taken_out_leave_it_unsigned(tmp_path: Path) -> None:
    found = _odf(tmp_path, {**odt(), "META-INF/documentsignatures.xml": b"<document-signatures/>"})
    assert found.state is SignedState.UNSIGNED


# -- Office


def test_signed_ooxml_is_intact_and_whole(tmp_path: Path) -> None:
    found = _ooxml(tmp_path, Docx().signed())
    (facts,) = found.signatures
    assert facts.integrity is Integrity.INTACT, facts.findings
    assert (found.kind, facts.format, facts.scope.whole_document) == ("ooxml", SignatureFormat.OOXML, True)
    assert {"word/document.xml", "word/_rels/document.xml.rels"} <= set(facts.scope.covered)
    assert set(facts.scope.uncovered) == {"docProps/core.xml", "docProps/thumbnail.jpeg", "customXml/item1.xml"}
    assert _codes(found) == {"signature.container-uncovered-properties"}
    assert facts.claimed_signing_time is not None
    assert facts.claimed_signing_time.isoformat() == "2026-03-04T05:06:07+00:00"
    assert facts.certificate is not None
    assert facts.certificate.name == "Nguyễn Văn A"


def test_unsigned_ooxml_says_so(tmp_path: Path) -> None:
    document = Docx()
    document.links["_rels/.rels"].pop()
    found = _ooxml(tmp_path, document.unsigned())
    assert (found.state, found.findings) == (SignedState.UNSIGNED, ())


@pytest.mark.parametrize("name", ["word/document.xml", "word/styles.xml", "word/media/image1.png"])
def test_ooxml_part_altered(tmp_path: Path, name: str) -> None:
    files = Docx().signed()
    files[name] += b" "
    (facts,) = _ooxml(tmp_path, files).signatures
    assert (facts.integrity, facts.failure) == (Integrity.BROKEN, SubIndication.HASH_FAILURE)
    assert any(name in one.message() for one in facts.findings)


def test_ooxml_part_removed_is_named(tmp_path: Path) -> None:
    files = Docx().signed()
    del files["word/styles.xml"]
    (facts,) = _ooxml(tmp_path, files).signatures
    assert (facts.integrity, facts.failure) == (Integrity.BROKEN, SubIndication.SIGNED_DATA_NOT_FOUND)
    assert any("word/styles.xml" in one.message() for one in facts.findings)


def test_ooxml_part_added_is_uncovered(tmp_path: Path) -> None:
    found = _ooxml(tmp_path, {**Docx().signed(), "word/comments.xml": b"<comments/>"})
    (facts,) = found.signatures
    assert facts.integrity is Integrity.INTACT
    assert facts.scope.whole_document is False
    assert "word/comments.xml" in facts.scope.uncovered
    assert "signature.office-part-uncovered" in _codes(found)


def test_ooxml_signed_link_retargeted_breaks_it(tmp_path: Path) -> None:
    files = Docx().signed()
    table = "word/_rels/document.xml.rels"
    files[table] = files[table].replace(b"media/image1.png", b"media/image2.png")
    (facts,) = _ooxml(tmp_path, files).signatures
    assert (facts.integrity, facts.failure) == (Integrity.BROKEN, SubIndication.HASH_FAILURE)


def test_ooxml_link_added_is_found(tmp_path: Path) -> None:
    document = Docx()
    files = document.signed()
    document.links["word/_rels/document.xml.rels"].append(
        Link("rId99", f"{OFFICE}/attachedTemplate", "https://example.org/evil.dotm", "External")
    )
    files["word/_rels/document.xml.rels"] = document.unsigned()["word/_rels/document.xml.rels"]
    found = _ooxml(tmp_path, files)
    (facts,) = found.signatures
    assert facts.integrity is Integrity.INTACT
    assert facts.scope.whole_document is False
    assert "signature.office-relationship-unsigned" in _codes(found)


def test_ooxml_links_by_group_are_signed(tmp_path: Path) -> None:
    from preservation.signatures.containers.opc import relationship_transform
    from preservation.signatures.xml.document import read_document

    transform = read_document(
        b'<Transform xmlns:m="http://schemas.openxmlformats.org/package/2006/digital-signature">'
        b'<m:RelationshipsGroupReference SourceType="urn:b"/></Transform>',
        limit=1000,
    ).root
    table = (
        f'<!-- c --><Relationships xmlns="{RELATIONS}"><!-- c --> <Relationship Id="b" Type="urn:b" Target="x">t'
        '</Relationship>\n<Relationship Id="C" Type="urn:b" Target="y" TargetMode="External"/>'
        '<Relationship Id="a" Type="urn:a" Target="z"/></Relationships>'
    )
    assert relationship_transform(table.encode(), transform).decode() == (
        f'<Relationships xmlns="{RELATIONS}"><Relationship Id="C" Type="urn:b" Target="y" TargetMode="External"/>'
        '<Relationship Id="b" Type="urn:b" Target="x" TargetMode="Internal"/></Relationships>'
    )


def test_ooxml_content_type_changed_breaks_it(tmp_path: Path) -> None:
    document = Docx()
    files = document.signed()
    document.types["word/document.xml"] = "application/vnd.ms-word.document.macroEnabled.main+xml"
    files["[Content_Types].xml"] = document.unsigned()["[Content_Types].xml"]
    found = _ooxml(tmp_path, files)
    (facts,) = found.signatures
    assert (facts.integrity, facts.failure) == (Integrity.BROKEN, SubIndication.HASH_FAILURE)
    assert "signature.office-content-type-changed" in _codes(found)


def test_ooxml_main_part_never_signed_is_not_whole(tmp_path: Path) -> None:
    document = Docx(signed_parts=("word/styles.xml",), signed_links=("styles",))
    (facts,) = _ooxml(tmp_path, document.signed()).signatures
    assert facts.integrity is Integrity.INTACT
    assert facts.scope.whole_document is False
    assert "word/document.xml" in facts.scope.uncovered


def test_ooxml_custom_xml_that_is_shown_must_be_signed(tmp_path: Path) -> None:
    document = Docx()
    document.parts["word/document.xml"] = b'<w:document xmlns:w="urn:w"><w:dataBinding/></w:document>'
    (facts,) = _ooxml(tmp_path, document.signed()).signatures
    assert facts.integrity is Integrity.INTACT
    assert facts.scope.whole_document is False


def test_ooxml_signature_under_another_name_is_found(tmp_path: Path) -> None:
    document = Docx()
    files = document.signed()
    moved = {name.replace("_xmlsignatures", "sealed").replace(".sigs", ".bin"): one for name, one in files.items()}
    moved["_rels/.rels"] = files["_rels/.rels"].replace(b"_xmlsignatures/origin.sigs", b"sealed/origin.bin")
    found = _ooxml(tmp_path, moved)
    assert found.state is SignedState.SIGNED


def test_ooxml_with_an_origin_and_no_signature_is_unsigned(tmp_path: Path) -> None:
    files = Docx().signed()
    del files["_xmlsignatures/sig1.xml"]
    assert _ooxml(tmp_path, files).state is SignedState.UNSIGNED


def test_unsigned_office_files_cost_less_than_a_millisecond(tmp_path: Path) -> None:
    sample = DATA / "formats" / "valid_2007_onwards.docx"
    file = signed_file(tmp_path, sample.read_bytes(), "a.docx")
    assert examine_ooxml(file).state is SignedState.UNSIGNED
    start = time.perf_counter()
    for _ in range(200):
        examine_ooxml(file)
    assert (time.perf_counter() - start) / 200 < 0.003, "three times the target, for a busy machine"


def test_a_protected_document_is_not_called_unsigned(tmp_path: Path) -> None:
    found = examine_ooxml(signed_file(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.docx"))
    assert found.state is SignedState.UNREADABLE
    assert _codes(found) == {"signature.container-protected"}
