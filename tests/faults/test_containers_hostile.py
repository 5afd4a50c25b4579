"""Signed containers made by an attacker: a value as answer, bounded cost, and never a good verdict on altered data."""

import io
import random
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.signatures import FileSignatures, Integrity, SignedState
from preservation.signatures.containers.asic import examine_asic
from preservation.signatures.containers.odf import examine_odf
from preservation.signatures.containers.ooxml import examine_ooxml
from preservation.signatures.source import SignatureLimits
from tests.fakes.signed_containers import (
    ASIC_E,
    Docx,
    asic_cades,
    asic_list,
    asic_xades,
    odt,
    packed,
    signed_file,
    signed_odt,
)

KINDS: dict[str, tuple[Callable[..., FileSignatures], Mapping[str, bytes]]] = {
    "x.asice": (examine_asic, asic_xades()),
    "c.asice": (examine_asic, asic_cades()),
    "a.odt": (examine_odf, signed_odt()),
    "a.docx": (examine_ooxml, Docx().signed()),
}


def _read(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("name", sorted(KINDS))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 32))
def test_flipped_bytes_never_pass_over_altered_content(tmp_path: Path, name: str, seed: int) -> None:
    examine, files = KINDS[name]
    content = bytearray(packed(files))
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 4)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    found = examine(signed_file(tmp_path, bytes(content), name))
    good = [facts for facts in found.signatures if facts.integrity is Integrity.INTACT and facts.scope.whole_document]
    if not good:
        return
    try:
        read = _read(bytes(content))
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError):
        return
    for entry in good[0].scope.covered:
        if not entry.endswith((".rels", ".xml")):
            assert read[entry] == files[entry], entry


@pytest.mark.parametrize("name", sorted(KINDS))
def test_truncation_is_never_unsigned_nor_good(tmp_path: Path, name: str) -> None:
    examine, files = KINDS[name]
    content = packed(files)
    for cut in range(0, len(content) - 1, max(1, len(content) // 40)):
        found = examine(signed_file(tmp_path, content[:cut], name))
        assert found.state is SignedState.UNREADABLE
        assert found.findings


@pytest.mark.parametrize("name", sorted(KINDS))
@pytest.mark.parametrize("twin", ["same", "case"])
def test_a_second_file_of_the_same_name_is_refused(tmp_path: Path, name: str, twin: str) -> None:
    examine, files = KINDS[name]
    stream = io.BytesIO(packed(files))
    victim = next(entry for entry in files if entry.endswith((".txt", "content.xml", "document.xml")))
    with zipfile.ZipFile(stream, "a") as archive:
        if twin == "same":
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr(victim, b"forged")
        else:
            archive.writestr(victim.upper(), b"forged")
    found = examine(signed_file(tmp_path, stream.getvalue(), name))
    assert found.state is SignedState.UNREADABLE
    assert {one.code for one in found.findings} <= {
        "signature.container-duplicate-name",
        "signature.container-name-collision",
    }


def test_forged_content_put_before_the_container_is_found(tmp_path: Path) -> None:
    found = examine_asic(signed_file(tmp_path, packed({"a.txt": b"forged"}) + packed(asic_xades()), "a.asice"))
    assert all(facts.scope.whole_document is False for facts in found.signatures)
    assert any(one.code == "signature.container-hidden-bytes" for one in found.findings)


def test_entities_in_lists_and_signatures_are_not_expanded(tmp_path: Path) -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]><x>&b;&c;</x>'
    files = {
        "mimetype": ASIC_E,
        "a.txt": b"1",
        "META-INF/signatures.xml": laughs,
        "META-INF/ASiCManifest.xml": laughs,
        "META-INF/manifest.xml": laughs,
    }
    found = examine_asic(signed_file(tmp_path, files, "a.asice"))
    (facts,) = found.signatures
    assert facts.integrity is Integrity.UNKNOWN
    assert "root:" not in repr(found)
    for examine, name, document in (
        (examine_odf, "a.odt", {**odt(), "META-INF/documentsignatures.xml": laughs}),
        (examine_ooxml, "a.docx", {**Docx().signed(), "[Content_Types].xml": laughs}),
        (examine_ooxml, "b.docx", {**Docx().signed(), "_rels/.rels": laughs}),
    ):
        other = examine(signed_file(tmp_path, document, name))
        assert "root:" not in repr(other)
        assert all(facts.integrity is not Integrity.INTACT for facts in other.signatures)


def test_references_out_of_the_container_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_bytes(b"one")
    for address in (f"file://{secret}", str(secret), "../secret.txt", "http://127.0.0.1:1/x"):
        files = asic_xades({"a.txt": b"one"})
        files["META-INF/signatures.xml"] = files["META-INF/signatures.xml"].replace(b'"a.txt"', f'"{address}"'.encode())
        (facts,) = examine_asic(signed_file(tmp_path, files, "a.asice")).signatures
        assert facts.integrity is not Integrity.INTACT
        assert facts.scope.covered == ()


def test_lists_that_name_each_other_end(tmp_path: Path) -> None:
    first = asic_list("META-INF/ASiCManifest2.xml", {"META-INF/ASiCManifest2.xml": b""})
    second = asic_list("META-INF/ASiCManifest1.xml", {"META-INF/ASiCManifest1.xml": first})
    files = {"META-INF/ASiCManifest1.xml": first, "META-INF/ASiCManifest2.xml": second, "a.txt": b"1"}
    found = examine_asic(signed_file(tmp_path, files, "a.asice"))
    assert found.state is SignedState.UNSIGNED


def test_many_signatures_over_one_large_file_are_digested_once(tmp_path: Path) -> None:
    data = {"large.bin": random.Random(1).randbytes(8 << 20)}
    listed = asic_list("META-INF/s.p7s", data)
    files = {"mimetype": ASIC_E, **data}
    files |= {f"META-INF/ASiCManifest{n}.xml": listed.replace(b"s.p7s", b"s%d.p7s" % n) for n in range(300)}
    files |= {f"META-INF/s{n}.p7s": b"\x30\x03\x02\x01\x01" for n in range(300)}
    start = time.perf_counter()
    found = examine_asic(signed_file(tmp_path, files, "a.asice"))
    assert time.perf_counter() - start < 10
    assert len(found.signatures) == SignatureLimits().signatures
    assert any(one.code == "signature.container-too-many" for one in found.findings)


def test_ten_thousand_files_stay_cheap(tmp_path: Path) -> None:
    data = {f"d/{number}.txt": b"%d" % number for number in range(4000)}
    start = time.perf_counter()
    found = examine_asic(signed_file(tmp_path, asic_xades(data), "a.asice"))
    assert time.perf_counter() - start < 20
    (facts,) = found.signatures
    assert (facts.integrity, facts.scope.whole_document) == (Integrity.INTACT, True)
    assert len(facts.scope.covered) == 4000
