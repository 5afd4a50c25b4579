"""Timestamp tokens made by other authorities, whole and spoiled."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.material import Material, MaterialKind
from model.signatures import Integrity, TimestampFacts, TimestampKind
from preservation.cms.digests import digest_bytes
from preservation.cms.envelope import UnreadableCms
from preservation.timestamps import findings as kinds
from preservation.timestamps.token import timestamp_facts, token_of

DATA = Path(__file__).parents[2] / "data" / "signatures" / "cades"
RESPONSE = (DATA / "tst-response.tsr").read_bytes()


def facts_of(token: bytes, data: bytes = b"hello", material: Material | None = None) -> TimestampFacts:
    return timestamp_facts(
        token,
        lambda name: digest_bytes(data, name),
        id="t",
        kind=TimestampKind.CONTENT,
        material=Material() if material is None else material,
        covers=("hello.bin",),
    )


def codes(facts: TimestampFacts) -> set[str]:
    return {finding.code for finding in facts.findings}


def test_sound_token() -> None:
    material = Material()
    facts = facts_of(RESPONSE, material=material)
    assert (facts.integrity, facts.imprint_matches) == (Integrity.INTACT, True)
    assert facts.time == datetime(2024, 10, 8, 15, 40, 32, tzinfo=UTC)
    assert facts.certificate is not None
    assert facts.certificate.name == "Test TSA Timestamping"
    assert facts.covers == ("hello.bin",)
    assert material.get(facts.token) == token_of(RESPONSE)
    assert len(facts.certificates) == len(list(material.of(MaterialKind.CERTIFICATE)))
    assert {use.use: use.name for use in facts.algorithms}["imprint"] == "sha512"
    assert not facts.findings


def test_response_and_bare_token_say_the_same() -> None:
    assert facts_of(token_of(RESPONSE)) == facts_of(RESPONSE)


def test_token_for_other_data() -> None:
    facts = facts_of(RESPONSE, b"hallo")
    assert (facts.integrity, facts.imprint_matches) == (Integrity.INTACT, False)
    assert codes(facts) == {kinds.FOREIGN.code}


def test_spoiled_signature() -> None:
    facts = facts_of((DATA / "tst-invalid-signature.tsr").read_bytes())
    assert facts.integrity is Integrity.BROKEN
    assert codes(facts) == {kinds.BROKEN.code}


def test_injected_certificates_are_left_aside() -> None:
    facts = facts_of((DATA / "tst-injected-certs.tsr").read_bytes())
    assert facts.certificate is not None
    assert (facts.integrity, facts.certificate.name) == (Integrity.INTACT, "Test TSA Timestamping")
    assert codes(facts) == {kinds.STRAY_CERTIFICATES.code}


def test_nothing_to_compare_with() -> None:
    facts = timestamp_facts(RESPONSE, None, id="t", kind=TimestampKind.DOCUMENT, material=Material())
    assert facts.imprint_matches is None
    facts = timestamp_facts(RESPONSE, lambda _: None, id="t", kind=TimestampKind.DOCUMENT, material=Material())
    assert facts.imprint_matches is None
    assert codes(facts) == {kinds.NOT_COMPARED.code}


@pytest.mark.parametrize("content", [b"", b"hello", b"\x30\x03\x02\x01\x02", b"\x30\x05\x30\x03\x02\x01\x02"])
def test_what_is_no_token(content: bytes) -> None:
    with pytest.raises(UnreadableCms):
        token_of(content)
    facts = facts_of(content)
    assert (facts.integrity, facts.imprint_matches, codes(facts)) == (
        Integrity.UNKNOWN,
        None,
        {kinds.UNREADABLE.code},
    )


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, len(RESPONSE) - 1))
def test_cut_off_tokens_are_worthless(cut: int) -> None:
    assert facts_of(RESPONSE[:cut]).integrity is not Integrity.INTACT


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, len(RESPONSE) - 1), bit=st.integers(0, 7))
def test_no_spoiled_token_changes_its_time(place: int, bit: int) -> None:
    spoiled = bytearray(RESPONSE)
    spoiled[place] ^= 1 << bit
    facts = facts_of(bytes(spoiled))
    sound = facts_of(RESPONSE)
    if facts.integrity is Integrity.INTACT and facts.imprint_matches:
        assert (facts.time, facts.certificate, facts.serial) == (sound.time, sound.certificate, sound.serial)


@pytest.mark.corpus
def test_the_corpus_of_timestamps(corpus: Path) -> None:
    data = (corpus / "timestamps" / "data" / "hello.bin").read_bytes()
    verdicts = {
        "sigstage/response-invalid-signature.tsr": Integrity.BROKEN,
        "sigstage/response-sha256.tsr": Integrity.INTACT,
        "sigstage/response-sha512.tsr": Integrity.INTACT,
        "test_tsa/other_response.tsr": Integrity.INTACT,
        "test_tsa/response.tsr": Integrity.INTACT,
    }
    for name, integrity in verdicts.items():
        facts = facts_of((corpus / "timestamps" / name).read_bytes(), data)
        assert (facts.integrity, facts.imprint_matches) == (integrity, True), name
