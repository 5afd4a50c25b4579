"""The stand-alone verifier's own arithmetic, against the cryptography library; and its words in both languages."""

import builtins
import dataclasses
import datetime
import enum
import itertools
import re
from string import Formatter
from typing import Any

import pytest
from asn1crypto import algos, keys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from model.findings import finding_kinds
from preservation.cms.digests import UnsupportedAlgorithm
from preservation.evidence import findings as evidence_findings
from preservation.proof.offline import older
from preservation.proof.offline.saying import LANGUAGES, words
from preservation.proof.offline.signatures import CURVES as CURVES_HERE
from preservation.proof.offline.signatures import Curve, fits, scheme_of
from tests.fakes.pki import pki
from tests.fakes.tokens import sign_raw

RSA = pki().key("tsa")
CURVES = (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())


def info(key: Any) -> keys.PublicKeyInfo:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return keys.PublicKeyInfo.load(key.public_key().public_bytes(serialization.Encoding.DER, form))


def check(key: Any, content: bytes, digest: str, *, pss: bool = False) -> None:
    algorithm, value = sign_raw(key, content, digest, pss=pss)
    scheme = scheme_of(algos.SignedDigestAlgorithm.load(algorithm.dump()))
    assert fits(info(key), scheme, content, value)
    assert not fits(info(key), scheme, content + b"x", value)
    damaged = bytearray(value)
    damaged[len(value) // 2] ^= 1
    try:
        assert not fits(info(key), scheme, content, bytes(damaged))
    except ValueError:
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # the two numbers are no longer two numbers


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["sha256", "sha384", "sha512"]), st.booleans())
def test_rsa(content: bytes, digest: str, pss: bool) -> None:
    check(RSA, content, digest, pss=pss)


@settings(max_examples=15, deadline=None, phases=[Phase.generate])
@given(st.binary(max_size=200), st.sampled_from(["sha256", "sha384", "sha512"]), st.sampled_from(CURVES))
def test_ecdsa(content: bytes, digest: str, curve: ec.EllipticCurve) -> None:
    check(ec.generate_private_key(curve), content, digest)


@pytest.mark.parametrize("bits", [2048, 2049, 2055, 2056, 3072])
@pytest.mark.parametrize("salt", [0, 20, 32])
def test_pss_of_every_shape(bits: int, salt: int) -> None:
    key = rsa.generate_private_key(65537, bits) if bits < 3000 else RSA
    scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=salt)
    value = key.sign(b"content", scheme, hashes.SHA256())
    algorithm = sign_raw(RSA, b"", "sha256", pss=True)[0]
    algorithm["parameters"]["salt_length"] = salt
    found = scheme_of(algos.SignedDigestAlgorithm.load(algorithm.dump(force=True)))
    assert fits(info(key), found, b"content", value)
    assert not fits(info(key), found, b"Content", value)
    with pytest.raises(AssertionError):
        wrong = dataclasses.replace(found, salt_length=salt + 1)
        assert fits(info(key), wrong, b"content", value)


def test_a_forged_padding_is_refused() -> None:
    """RSA with exponent 3 forgives padding that is not compared to its end (CVE-2006-4339)."""
    key = rsa.generate_private_key(3, 2048)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"content")
    prefix = bytes.fromhex("0001ff003031300d060960864801650304020105000420") + digest.finalize()
    target = int.from_bytes(prefix + bytes(256 - len(prefix)), "big")
    low, high = 0, 1 << 700
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < target else (low, middle)
    forged = low.to_bytes(256, "big")
    assert (low**3).to_bytes(256, "big").startswith(prefix)
    scheme = scheme_of(algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}))
    assert not fits(info(key), scheme, b"content", forged)


@pytest.mark.parametrize("curve", CURVES_HERE.values(), ids=CURVES_HERE)
def test_the_curves_are_what_they_should_be(curve: Curve) -> None:
    assert curve.holds(curve.x, curve.y)
    assert curve.combine(curve.n - 1, 0, (curve.x, curve.y)) == (curve.x, curve.p - curve.y)


@pytest.mark.parametrize("pair", [(0, 1), (1, 0), (0, 0), (2**300, 1)])
def test_ecdsa_values_out_of_range_are_refused(pair: tuple[int, int]) -> None:
    value = algos.DSASignature({"r": pair[0], "s": pair[1]}).dump()
    scheme = scheme_of(algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}))
    assert not fits(info(ec.generate_private_key(ec.SECP256R1())), scheme, b"", value)


def test_what_is_unknown_is_said_to_be() -> None:
    with pytest.raises(UnsupportedAlgorithm):
        scheme_of(algos.SignedDigestAlgorithm({"algorithm": "ed25519"}))
    scheme = scheme_of(algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}))
    with pytest.raises(UnsupportedAlgorithm):
        fits(info(ec.generate_private_key(ec.SECP256K1())), scheme, b"", b"")


# -- words


def test_both_languages_have_the_same_places() -> None:
    for key, sentence in words().items():
        assert set(sentence) == set(LANGUAGES), key
        places = [
            {name for _text, name, _form, _conversion in Formatter().parse(sentence[one]) if name} for one in LANGUAGES
        ]
        assert places[0] == places[1], key


def test_the_words_are_those_of_the_product() -> None:
    assert evidence_findings.UNREADABLE.code in words()
    for code, kind in finding_kinds().items():
        if code.startswith("evidence.") and code in words():
            assert words()[code]["en"] == kind.message
    kinds = [value for value in vars(evidence_findings).values() if hasattr(value, "code")]
    assert {kind.code for kind in kinds} - {evidence_findings.NOT_SEALED.code} <= set(words())


# -- older Pythons


def test_what_stands_in_on_older_pythons_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((enum, "StrEnum"), (datetime, "UTC"), (itertools, "pairwise")):
        monkeypatch.delattr(module, name)
    monkeypatch.setattr(dataclasses, "dataclass", dataclasses.dataclass)
    monkeypatch.setattr(builtins, "zip", builtins.zip)
    older.prepare()
    enum_like: Any = enum
    colour = enum_like.StrEnum("colour", {"RED": "red"})
    assert f"{colour.RED}" == str(colour("red")) == "red"
    assert list(itertools.pairwise("abc")) == [("a", "b"), ("b", "c")]
    assert list(zip("ab", "cd", strict=True)) == [("a", "c"), ("b", "d")]
    assert datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC).utcoffset() == datetime.timedelta(0)

    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class Value:
        first: int = 1
        second: int

    assert (Value(second=2).first, Value(second=2, first=3).second) == (1, 2)
    assert re.fullmatch(r".*Value\(.*\)", repr(Value(second=2)))
