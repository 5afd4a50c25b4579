"""ASiC, BDOC and ADOC: signatures, lists, timestamps and evidence records, and what of a container they cover."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from model.signatures import (
    EvidenceState,
    FileSignatures,
    Integrity,
    Level,
    SignatureFormat,
    SignedState,
    SubIndication,
    TimestampKind,
)
from preservation.signatures.containers.asic import examine_asic
from tests.conftest import DATA
from tests.fakes.signed_containers import (
    ASIC_S,
    asic_cades,
    asic_list,
    asic_xades,
    cms_signature,
    packed,
    signed_file,
)

SAMPLES = DATA / "signatures" / "asic"
ONE = {"a.txt": b"one"}


def _asic(folder: Path, files: bytes | Mapping[str, bytes], name: str = "a.asice") -> FileSignatures:
    return examine_asic(signed_file(folder, files, name))


def _sample(folder: Path, name: str) -> FileSignatures:
    return _asic(folder, (SAMPLES / name).read_bytes(), name)


def _codes(found: FileSignatures) -> set[str]:
    return {one.code for one in (*found.findings, *(f for facts in found.signatures for f in facts.findings))}


BOTH = pytest.mark.parametrize("make", [asic_xades, asic_cades])


@BOTH
def test_signed_container_is_intact_and_whole(tmp_path: Path, make) -> None:
    found = _asic(tmp_path, make())
    (facts,) = found.signatures
    assert (found.kind, found.state, facts.format) == ("asic-e", SignedState.SIGNED, SignatureFormat.ASIC_E)
    assert facts.integrity is Integrity.INTACT, facts.findings
    assert facts.scope.whole_document is True
    assert {"quyết định.txt", "phu-luc.txt"} <= set(facts.scope.covered)
    assert facts.scope.uncovered == ()
    assert found.findings == ()


@BOTH
def test_file_altered(tmp_path: Path, make) -> None:
    found = _asic(tmp_path, {**make(), "phu-luc.txt": b"Other"})
    (facts,) = found.signatures
    assert (facts.integrity, facts.failure) == (Integrity.BROKEN, SubIndication.HASH_FAILURE)
    assert any("phu-luc.txt" in one.message() for one in facts.findings)
    assert "phu-luc.txt" not in facts.scope.covered


@BOTH
def test_file_removed_is_named(tmp_path: Path, make) -> None:
    files = make()
    del files["phu-luc.txt"]
    (facts,) = _asic(tmp_path, files).signatures
    assert (facts.integrity, facts.failure) == (Integrity.BROKEN, SubIndication.SIGNED_DATA_NOT_FOUND)
    assert any("phu-luc.txt" in one.message() for one in facts.findings)


@BOTH
def test_file_added_is_uncovered(tmp_path: Path, make) -> None:
    found = _asic(tmp_path, {**make(), "new.txt": b"new"})
    (facts,) = found.signatures
    assert facts.integrity is Integrity.INTACT
    assert facts.scope.uncovered == ("new.txt",)
    assert facts.scope.whole_document is False
    assert "signature.container-uncovered-file" in _codes(found)


def test_damaged_file_breaks_the_signature(tmp_path: Path) -> None:
    content = bytearray(packed(asic_xades({"a.txt": b"one" * 100})))
    content[content.index(b"a.txt") + 8] ^= 0xFF
    (facts,) = _asic(tmp_path, bytes(content)).signatures
    assert facts.integrity is Integrity.BROKEN


def test_list_altered_breaks_the_signature(tmp_path: Path) -> None:
    files = asic_cades(ONE)
    files["a.txt"] = b"two"
    files["META-INF/ASiCManifest.xml"] = asic_list("META-INF/signature001.p7s", {"a.txt": b"two"})
    (facts,) = _asic(tmp_path, files).signatures
    assert (facts.integrity, facts.failure) == (Integrity.BROKEN, SubIndication.HASH_FAILURE)


def test_list_removed_is_no_good_signature(tmp_path: Path) -> None:
    files = asic_cades(ONE)
    del files["META-INF/ASiCManifest.xml"]
    (facts,) = _asic(tmp_path, files).signatures
    assert facts.integrity is not Integrity.INTACT


def test_signature_removed_is_found(tmp_path: Path) -> None:
    files = asic_cades(ONE)
    del files["META-INF/signature001.p7s"]
    found = _asic(tmp_path, files)
    assert found.state is SignedState.UNSIGNED
    assert "signature.container-signature-missing" in _codes(found)


def test_each_file_signed_by_another_signature_is_covered(tmp_path: Path) -> None:
    data = {"a.txt": b"one", "b.txt": b"two"}
    files = asic_xades(data, signed=("a.txt",))
    files["META-INF/signatures2.xml"] = asic_xades(data, signed=("b.txt",))["META-INF/signatures.xml"]
    found = _asic(tmp_path, files)
    assert [facts.scope.whole_document for facts in found.signatures] == [True, True]
    assert _codes(found) == {"signature.container-partial"}
    alone = _asic(tmp_path, files, "a.bdoc")
    assert {facts.format for facts in alone.signatures} == {SignatureFormat.BDOC}
    assert [facts.scope.whole_document for facts in alone.signatures] == [False, False]


def test_a_broken_signature_covers_nothing(tmp_path: Path) -> None:
    data = {"a.txt": b"one", "b.txt": b"two"}
    files = asic_xades(data, signed=("a.txt",))
    files["META-INF/signatures2.xml"] = asic_xades(data, signed=("b.txt",))["META-INF/signatures.xml"].replace(
        b"<SignatureValue>", b"<SignatureValue>AAAA"
    )
    intact, broken = _asic(tmp_path, files).signatures
    assert (intact.integrity, intact.scope.whole_document) == (Integrity.INTACT, False)
    assert broken.integrity is Integrity.BROKEN


@pytest.mark.parametrize("cades", [False, True])
def test_simple_container(tmp_path: Path, cades: bool) -> None:
    files = {"mimetype": ASIC_S, **ONE, "META-INF/signature.p7s": cms_signature(b"one")} if cades else None
    found = _asic(tmp_path, files or asic_xades(ONE, mime=ASIC_S), "a.asics")
    (facts,) = found.signatures
    assert (found.kind, facts.format, facts.integrity) == ("asic-s", SignatureFormat.ASIC_S, Integrity.INTACT)
    assert (facts.scope.covered, facts.scope.whole_document) == (("a.txt",), True)
    assert found.findings == ()


def test_simple_container_with_two_files_and_one_signed(tmp_path: Path) -> None:
    files = {"mimetype": ASIC_S, "0.txt": b"zero", **ONE, "META-INF/signature.p7s": cms_signature(b"one")}
    found = _asic(tmp_path, files, "a.asics")
    (facts,) = found.signatures
    assert (facts.integrity, facts.scope.whole_document, facts.scope.uncovered) == (
        Integrity.INTACT,
        False,
        ("0.txt",),
    )
    assert "signature.container-several-files" in _codes(found)


def test_simple_container_that_lost_its_file(tmp_path: Path) -> None:
    files = {"mimetype": ASIC_S, "META-INF/signature.p7s": cms_signature(b"one")}
    (facts,) = _asic(tmp_path, files, "a.asics").signatures
    assert facts.integrity is not Integrity.INTACT
    assert facts.failure is SubIndication.SIGNED_DATA_NOT_FOUND


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"mimetype": b"application/zip"}, "mimetype-wrong"),
        ({"mimetype": b"application/vnd.etsi.asic-e+zip\n"}, "mimetype-wrong"),
        ({"mimetype": ASIC_S}, "mimetype-wrong"),
        ({}, "mimetype-missing"),
    ],
)
def test_mimetype_rules(tmp_path: Path, change: dict[str, bytes], code: str) -> None:
    files = asic_xades()
    del files["mimetype"]
    found = _asic(tmp_path, {**change, **files})
    assert f"signature.container-{code}" in _codes(found)
    assert found.signatures[0].integrity is Integrity.INTACT


def test_mimetype_must_be_first_and_stored(tmp_path: Path) -> None:
    files = asic_xades()
    mimetype = files.pop("mimetype")
    found = _asic(tmp_path, packed({**files, "mimetype": mimetype}, mimetype=False))
    assert [one.code for one in found.findings].count("signature.container-mimetype-place") == 2


def test_unreadable_signatures_do_not_hide_the_others(tmp_path: Path) -> None:
    files = {**asic_xades(ONE), "META-INF/signatures9.xml": b"<x", "META-INF/signature9.p7s": b"\x30\x80"}
    found = _asic(tmp_path, files)
    good, bad, worse = found.signatures
    assert good.integrity is Integrity.INTACT
    assert {bad.integrity, worse.integrity} == {Integrity.UNKNOWN}
    assert {bad.failure, worse.failure} == {SubIndication.FORMAT_FAILURE}


def test_unknown_hash_function_in_a_list_is_undecided(tmp_path: Path) -> None:
    listed = asic_list("META-INF/signature001.p7s", ONE).replace(b"xmlenc#sha256", b"xmlenc#sha999")
    files = {**ONE, "META-INF/ASiCManifest.xml": listed, "META-INF/signature001.p7s": cms_signature(listed)}
    (facts,) = _asic(tmp_path, files).signatures
    assert facts.integrity is Integrity.UNKNOWN
    assert any(one.undecided for one in facts.findings)


def test_archive_timestamp_of_the_container_makes_level_lta(tmp_path: Path) -> None:
    found = _sample(tmp_path, "cades-asice-level-lta-with-custom-manifest-namespace.sce")
    (facts,) = found.signatures
    (stamp,) = found.timestamps
    assert (facts.integrity, facts.level, facts.scope.whole_document) == (Integrity.INTACT, Level.LTA, True)
    assert (stamp.kind, stamp.integrity, stamp.imprint_matches) == (TimestampKind.ARCHIVE, Integrity.INTACT, True)
    assert set(stamp.covers) == {"META-INF/signature001.p7s", "META-INF/ASiCManifest.xml", "test.text"}
    assert set(facts.certificates) <= set(stamp.covered_material)


def test_timestamp_whose_list_was_altered_is_foreign_and_the_signature_stays(tmp_path: Path) -> None:
    import io
    import zipfile

    name = "cades-asice-level-lta-with-custom-manifest-namespace.sce"
    with zipfile.ZipFile(io.BytesIO((SAMPLES / name).read_bytes())) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}
    files["META-INF/ASiCArchiveManifest.xml"] += b"\n"
    found = _asic(tmp_path, files)
    assert found.signatures[0].integrity is Integrity.INTACT
    assert found.signatures[0].level is not Level.LTA
    assert found.timestamps[0].imprint_matches is False


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("xades-container-signed.adoc", SignatureFormat.ADOC),
        ("xades-multifiles-ok.asice", SignatureFormat.ASIC_E),
        ("xades-onefile-ok.asics", SignatureFormat.ASIC_S),
    ],
)
def test_intact_samples(tmp_path: Path, name: str, form: SignatureFormat) -> None:
    found = _sample(tmp_path, name)
    assert found.signatures
    for facts in found.signatures:
        assert (facts.format, facts.integrity, facts.scope.whole_document) == (form, Integrity.INTACT, True)


def test_unsignable_metadata_of_adoc_is_only_noted(tmp_path: Path) -> None:
    found = _sample(tmp_path, "xades-container-signed.adoc")
    assert "signature.container-uncovered-properties" in _codes(found)
    assert "signature.container-uncovered-file" not in _codes(found)


def test_altered_list_sample_is_broken(tmp_path: Path) -> None:
    found = _sample(tmp_path, "cades-brokenReferenceAndAlteredManifest.asice")
    assert found.signatures[0].integrity is Integrity.BROKEN
    assert "signature.container-manifest-unreadable" in _codes(found)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("cades-er-asn1-multi-files.asice", EvidenceState.VALID),
        ("cades-er-asn1-no-hashtree-wrong-digest.sce", EvidenceState.INVALID),
        ("cades-er-multi-file-data-not-found.asice", EvidenceState.NOT_COVERING),
    ],
)
def test_evidence_records(tmp_path: Path, name: str, state: EvidenceState) -> None:
    found = _sample(tmp_path, name)
    (record,) = found.evidence
    assert (found.state, found.signatures, record.state) == (SignedState.SIGNED, (), state)


def test_evidence_record_for_a_changed_file_is_invalid(tmp_path: Path) -> None:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO((SAMPLES / "cades-er-asn1-multi-files.asice").read_bytes())) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}
    (record,) = _asic(tmp_path, {**files, "test.txt": b"other"}).evidence
    assert record.state is EvidenceState.INVALID
    assert "test.txt" in record.uncovered
    (record,) = _asic(tmp_path, {**files, "added.txt": b"other"}).evidence
    assert (record.state, record.uncovered) == (EvidenceState.VALID, ("added.txt",))


EXPECTED = {
    "intact": (SignedState.SIGNED, {Integrity.INTACT}, {True}),
    "broken": (SignedState.SIGNED, {Integrity.BROKEN}, None),
    "intact-but-uncovered-file": (SignedState.SIGNED, {Integrity.INTACT}, {False}),
    "no-signature": (SignedState.UNSIGNED, set(), None),
}
RECORDS = {
    "er-valid": EvidenceState.VALID,
    "er-invalid": EvidenceState.INVALID,
    "er-not-covering": EvidenceState.NOT_COVERING,
}


@pytest.mark.corpus
def test_whole_corpus(tmp_path: Path, corpus: Path) -> None:
    import csv

    with (corpus / "signatures" / "expected.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["path"].startswith("asic/")]
    assert rows
    for row in rows:
        name = Path(row["path"]).name
        found = _asic(tmp_path, (corpus / "signatures" / row["path"]).read_bytes(), name)
        if row["expected"] in RECORDS:
            assert [one.state for one in found.evidence] == [RECORDS[row["expected"]]], name
            continue
        state, integrity, whole = EXPECTED[row["expected"]]
        assert found.state is state, name
        assert {facts.integrity for facts in found.signatures} == integrity, name
        assert whole is None or {facts.scope.whole_document for facts in found.signatures} == whole, name
