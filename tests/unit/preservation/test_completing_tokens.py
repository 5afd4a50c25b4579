"""Validation data laid into a timestamp token: it stays the same timestamp, for us and for OpenSSL."""

import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms, pem
from hypothesis import given
from hypothesis import strategies as st

from model.material import Material
from model.signatures import Integrity, TimestampKind
from preservation.cms.digests import digest_bytes
from preservation.evidence.completing import with_validation_data
from preservation.timestamps.token import timestamp_facts
from tests.fakes.pki import pki

VALUE = digest_bytes(b"a document", "sha256")


def integrity(token: bytes) -> Integrity:
    facts = timestamp_facts(token, None, id="t", kind=TimestampKind.ARCHIVE, material=Material())
    return facts.integrity


def completed(*, ocsp: bool = False) -> bytes:
    world = pki()
    responses = [world.ocsp("person")] if ocsp else []
    return with_validation_data(world.timestamp(VALUE), world.chain("tsa"), world.crls("tsa"), responses)


def test_the_signature_still_holds_and_the_data_is_read_back() -> None:
    token = completed(ocsp=True)
    assert integrity(token) is Integrity.INTACT
    material = Material()
    timestamp_facts(token, None, id="t", kind=TimestampKind.ARCHIVE, material=material)
    contents = {item.content for item in material}
    assert {*pki().crls("tsa"), *pki().chain("tsa"), pki().ocsp("person")} <= contents
    signed = cms.ContentInfo.load(token)["content"]
    assert signed["version"].native == "v5"


def test_it_is_der_and_doing_it_again_changes_nothing() -> None:
    token = completed()
    assert cms.ContentInfo.load(token, strict=True).dump(force=True) == token
    world = pki()
    assert with_validation_data(token, world.chain("tsa"), world.crls("tsa")) == token
    assert with_validation_data(world.timestamp(VALUE), (), ())[:1] == b"\x30"


def test_openssl_verifies_a_completed_token(tmp_path: Path) -> None:
    token, data, root = tmp_path / "t.tst", tmp_path / "data", tmp_path / "root.pem"
    token.write_bytes(completed())
    data.write_bytes(b"a document")
    root.write_bytes(pem.armor("CERTIFICATE", pki().certificate("root-public")))
    command = ["openssl", "ts", "-verify", "-data", str(data), "-in", str(token), "-token_in", "-CAfile", str(root)]
    result = subprocess.run([*command, "-attime", "1772438400"], capture_output=True, text=True, check=False)
    assert "Verification: OK" in result.stdout + result.stderr, result.stderr


@given(st.binary(max_size=200))
def test_what_is_no_token_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        with_validation_data(content, (), ())
