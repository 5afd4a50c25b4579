"""Sound signatures of ordinary software that must not look forged, and verdicts in the standard's own pairs."""

import io
import re
import struct
import zipfile
from pathlib import Path

import pytest
from asn1crypto.algos import SignedDigestAlgorithm

from model.findings import Outcome
from model.material import Material
from model.signatures import Indication, Integrity, SignatureFacts, SignedState, SubIndication
from preservation.cms.keys import UnsupportedAlgorithm, scheme_of
from preservation.signatures.containers.container import ContainerFault, open_container
from preservation.signatures.containers.ooxml import examine_ooxml
from preservation.signatures.detect import SignedKind, detect
from preservation.signatures.smime import examine_smime
from preservation.signatures.source import SignatureLimits, SignedFile
from preservation.signatures.xml.examine import examine_xml
from tests.fakes.judging import World, day
from tests.fakes.signed_containers import Docx, packed, signed_file

DATA = Path(__file__).parents[2] / "data" / "signatures" / "review"


@pytest.fixture
def world() -> World:
    return World()


def test_a_file_missing_from_its_container_fails_in_the_words_of_the_standard(world: World) -> None:
    facts = world.facts(integrity=Integrity.BROKEN, failure=SubIndication.SIGNED_DATA_NOT_FOUND)
    report = world.judge(facts)
    verdict = report.verdicts[0]
    assert (verdict.indication, verdict.sub_indication) == (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)
    assert [finding.code for finding in verdict.findings] == ["signature.document-missing"]


def test_an_exchanged_certificate_is_undecided_and_never_passes(world: World) -> None:
    facts = world.facts(integrity=Integrity.BROKEN, failure=SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
    report = world.judge(facts)
    verdict = report.verdicts[0]
    assert verdict.indication is Indication.INDETERMINATE
    assert verdict.sub_indication is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    assert report.outcome is Outcome.INDETERMINATE


def test_before_the_certificate_began_nothing_is_known(world: World) -> None:
    verdict = world.judge(world.facts(), at=day(2020)).verdicts[0]
    assert (verdict.indication, verdict.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
    )


def test_a_local_header_that_knows_only_the_size(tmp_path) -> None:
    """As some Java programs write it: checksum and packed size follow in the data descriptor."""
    out = io.BytesIO()
    with zipfile.ZipFile(_Unseekable(out), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"a" * 100)
    data = bytearray(out.getvalue())
    for size, sound in ((100, True), (101, False)):
        struct.pack_into("<I", data, 22, size)
        path = tmp_path / f"{size}.zip"
        path.write_bytes(data)
        with open_container(path, SignatureLimits()) as container:
            if sound:
                assert container.read("a.txt", 1000) == b"a" * 100
            else:
                with pytest.raises(ContainerFault, match="container-inconsistent"):
                    container.read("a.txt", 1000)


def _xml(path: Path) -> tuple[SignatureFacts, ...]:
    return examine_xml(SignedFile(path=path, name=path.name, material=Material())).signatures


def test_a_countersignature_is_not_asked_to_cover_the_document() -> None:
    first, counter = _xml(DATA / "counter-signed.xml")
    assert (first.integrity, first.scope.whole_document) == (Integrity.INTACT, True)
    assert (counter.integrity, counter.parent) == (Integrity.INTACT, first.id)
    assert (counter.scope.whole_document, counter.scope.uncovered) == (None, ())
    assert not [finding for finding in counter.findings if finding.code == "signature.xml.partial"]


def test_own_key_info_called_an_object_is_no_wrapping() -> None:
    (facts,) = _xml(DATA / "key-info-as-object.xml")
    assert (facts.integrity, facts.failure) == (Integrity.INTACT, None)


def test_a_foreign_key_info_called_an_object_is_wrapping(tmp_path) -> None:
    content = (DATA / "key-info-as-object.xml").read_text(encoding="utf-8")
    opened, closed = re.search(r"<ds:KeyInfo.*?>", content), content.index("</ds:KeyInfo>") + len("</ds:KeyInfo>")
    key_info = content[opened.start() : closed]
    moved = content[: opened.start()] + "<ds:Object>" + key_info + "</ds:Object>" + content[closed:]
    path = tmp_path / "moved.xml"
    path.write_text(moved, encoding="utf-8")
    (facts,) = _xml(path)
    assert facts.integrity is not Integrity.INTACT


def test_properties_chosen_by_a_filter_are_signed(tmp_path) -> None:
    (facts,) = _xml(DATA / "properties-by-filter.xml")
    assert (facts.integrity, facts.failure) == (Integrity.INTACT, None)
    assert facts.claimed_signing_time is not None
    forged = tmp_path / "forged.xml"
    content = (DATA / "properties-by-filter.xml").read_bytes()
    wider = content.replace(b"etsi:QualifyingProperties/etsi:SignedProperties<", b"etsi:QualifyingProperties<")
    assert wider != content
    forged.write_bytes(wider)
    (other,) = _xml(forged)
    assert other.integrity is Integrity.BROKEN
    assert other.claimed_signing_time is None


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (b"<a><b>text</b></a>\n", SignedState.UNSIGNED),
        (b"<?xml version='1.0'?><!-- <b> --><a><b/></a><!-- end -->", SignedState.UNSIGNED),
        (b"<a/>", SignedState.UNSIGNED),
        (b"<a><b>text</b>", SignedState.UNREADABLE),
        (b"<a><b>te", SignedState.UNREADABLE),
    ],
)
def test_a_document_cut_off_may_have_lost_its_signature(tmp_path, content: bytes, state: SignedState) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(content)
    assert examine_xml(SignedFile(path=path, name="a.xml", material=Material())).state is state


def test_a_directory_that_points_before_the_file(tmp_path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", b"a")
        archive.writestr("mimetype", b"application/vnd.etsi.asic-e+zip")
    data = bytearray(out.getvalue())
    end = data.rfind(b"PK\x05\x06")
    (offset,) = struct.unpack_from("<I", data, end + 16)
    struct.pack_into("<I", data, end + 16, offset + 500)
    path = tmp_path / "a.asice"
    path.write_bytes(data)
    assert detect(path, path.name) is SignedKind.ASIC_E


_SHOWN = b'<w:dataBinding w:storeItemID="{6C3C8BC8-F283-45AE-878A-BAB7291924A1}"/>'


def test_an_algorithm_whose_identifier_is_cut_off_is_unknown() -> None:
    whole = bytes.fromhex("300a06082a8648ce3d040302")
    assert scheme_of(SignedDigestAlgorithm.load(whole), "sha256").algorithm == "ecdsa"
    with pytest.raises(UnsupportedAlgorithm):
        scheme_of(SignedDigestAlgorithm.load(whole[:-1] + b"\x82"), "sha256")


@pytest.mark.parametrize(("bound", "whole"), [(b"", True), (_SHOWN, False)])
def test_properties_that_the_document_shows_must_be_signed(tmp_path, bound: bytes, whole: bool) -> None:
    document = Docx()
    del document.parts["customXml/item1.xml"]
    document.links["word/_rels/document.xml.rels"].pop()
    document.parts["word/document.xml"] = b'<w:document xmlns:w="urn:w">' + bound + b"</w:document>"
    (facts,) = examine_ooxml(signed_file(tmp_path, packed(document.signed(), mimetype=False), "a.docx")).signatures
    assert facts.integrity is Integrity.INTACT
    assert facts.scope.whole_document is whole


@pytest.mark.parametrize("second", [b"Content-Type: text/html", b"Content-Transfer-Encoding: base64"])
def test_a_mail_that_says_twice_what_it_is(tmp_path, second: bytes) -> None:
    first = b"Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n"
    path = tmp_path / "a.eml"
    path.write_bytes(b"From: a@example.vn\nSubject: x\n" + first + second + b"\n\nTo whom it may concern\n")
    found = examine_smime(SignedFile(path=path, name="a.eml", material=Material()))
    assert found.state is SignedState.UNREADABLE
    assert [finding.code for finding in found.findings] == ["signature.mail-ambiguous"]


class _Unseekable(io.RawIOBase):
    """Makes `zipfile` write data descriptors."""

    def __init__(self, out: io.BytesIO) -> None:
        super().__init__()
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        return self._out.write(data)
