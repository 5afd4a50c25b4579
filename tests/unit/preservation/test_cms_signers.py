"""The check of CMS signers: every algorithm, every way to be wrong, and nothing that raises."""

import hashlib

import pytest
from asn1crypto import cms, core, keys

from model.material import Material, MaterialKind
from model.signatures import Integrity, Level, SignatureFacts, SignatureFormat, SubIndication
from preservation.cms import findings as kinds
from preservation.cms.digests import UnsupportedAlgorithm, digest_bytes
from preservation.cms.envelope import UnreadableCms, open_envelope
from preservation.cms.keys import SignatureScheme, verify
from preservation.cms.signers import all_signer_facts, open_signed_data, signer_facts
from tests.fakes.cms_signing import NIST, SIGNED_AT, Recipe, make_cms, make_counter, signature_value, signer

COUNTER = "1.2.840.113549.1.9.6"


def facts_of(
    data: bytes, *, content: bytes | None = None, material: Material | None = None
) -> tuple[SignatureFacts, ...]:
    envelope = open_envelope(data)
    signed = content if content is not None else envelope.content(1 << 20)
    found, _ = all_signer_facts(
        envelope.signed_data,
        lambda name: None if signed is None else digest_bytes(signed, name),
        id="s",
        format=SignatureFormat.CADES,
        form="CAdES",
        material=Material() if material is None else material,
        content=lambda: signed,
        attached=envelope.attached,
    )
    return found


def only(data: bytes, **options: bytes) -> SignatureFacts:
    (facts,) = facts_of(data, **options)  # type: ignore[arg-type]  # the names of the fields pass through
    return facts


def codes(facts: SignatureFacts) -> set[str]:
    return {finding.code for finding in facts.findings}


@pytest.mark.parametrize(
    ("scheme", "digest", "name"),
    [
        ("rsa", "sha1", "rsa"),
        ("rsa", "sha256", "rsa"),
        ("rsa", "sha512", "rsa"),
        ("rsa", "sha3_256", "rsa"),
        ("pss", "sha256", "rsa-pss"),
        ("ecdsa", "sha384", "ecdsa"),
        ("ecdsa", "sha3_256", "ecdsa"),
        ("dsa", "sha256", "dsa"),
        ("ed25519", "sha512", "ed25519"),
        ("ed448", "shake256", "ed448"),
    ],
)
@pytest.mark.parametrize("with_attributes", [True, False])
def test_every_algorithm_verifies_and_notices_a_change(
    scheme: str, digest: str, name: str, with_attributes: bool
) -> None:
    by = signer("rsa" if scheme == "pss" else scheme)
    data = make_cms(Recipe(scheme=scheme, digest=digest, signed_attributes=with_attributes), by)
    facts = only(data)
    assert facts.integrity is Integrity.INTACT, facts.findings
    assert facts.failure is None
    uses = {use.use: use.name for use in facts.algorithms}
    assert uses["signature"] == name
    assert uses["digest"] == digest.replace("_", "-")
    altered = only(data, content=b"Quyet dinh so 13/QD-UBND")
    assert altered.integrity is Integrity.BROKEN
    expected = SubIndication.HASH_FAILURE if with_attributes else SubIndication.SIG_CRYPTO_FAILURE
    assert altered.failure is expected


def test_what_is_told_of_a_signature() -> None:
    material = Material()
    (facts,) = facts_of(make_cms(Recipe()), material=material)
    assert facts.format is SignatureFormat.CADES
    assert facts.level is Level.B
    assert facts.claimed_signing_time == SIGNED_AT
    assert facts.certificate is not None
    assert facts.certificate.name == "Nguyen Van A"
    assert facts.certificates == (facts.certificate.id,)
    assert [item.id for item in material.of(MaterialKind.CERTIFICATE)] == [facts.certificate.id]
    assert facts.value == hashlib.sha256(signature_value(make_cms(Recipe()))).hexdigest()


def test_old_reference_to_the_certificate() -> None:
    facts = only(make_cms(Recipe(reference="v1")))
    assert (facts.integrity, facts.format) == (Integrity.INTACT, SignatureFormat.CADES)


def test_without_reference_it_is_plain_cms() -> None:
    facts = only(make_cms(Recipe(reference="none")))
    assert (facts.integrity, facts.format, facts.level) == (Integrity.INTACT, SignatureFormat.CMS, Level.NONE)


def test_exchanged_certificate() -> None:
    facts = only(make_cms(Recipe(reference="wrong")))
    assert facts.integrity is Integrity.BROKEN
    assert facts.failure is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    assert kinds.CERTIFICATE_MISMATCH.code in codes(facts)


def test_missing_certificate_is_found_in_the_material() -> None:
    data = make_cms(Recipe(with_certificate=False))
    missing = only(data)
    assert missing.integrity is Integrity.UNKNOWN
    assert missing.failure is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    material = Material()
    material.add(MaterialKind.CERTIFICATE, signer("rsa").certificate)
    (found,) = facts_of(data, material=material)
    assert found.integrity is Integrity.INTACT


def test_a_stranger_s_certificate_is_never_taken() -> None:
    stranger = signer("rsa", "Tran Thi B").certificate
    facts = only(make_cms(Recipe(with_certificate=False, reference="none", other_certificates=(stranger,))))
    assert facts.certificate is None
    assert facts.failure is SubIndication.NO_SIGNING_CERTIFICATE_FOUND


def test_content_that_is_not_here() -> None:
    facts = only(make_cms(Recipe(attached=False)))
    assert facts.integrity is Integrity.UNKNOWN
    assert facts.failure is SubIndication.SIGNED_DATA_NOT_FOUND
    assert kinds.NO_CONTENT.code in codes(facts)


def test_digest_and_signature_algorithm_must_agree() -> None:
    facts = only(make_cms(Recipe(digest="sha256", signature_oid=NIST + "14")))
    assert facts.integrity is Integrity.BROKEN
    assert kinds.ALGORITHMS_DIFFER.code in codes(facts)


def test_algorithm_protection() -> None:
    assert only(make_cms(Recipe(protection="sha256"))).integrity is Integrity.INTACT
    assert only(make_cms(Recipe(protection="sha512"))).integrity is Integrity.BROKEN


def test_unknown_algorithm_cannot_be_verified() -> None:
    facts = only(make_cms(Recipe(signature_oid="1.2.3.4.5")))
    assert facts.integrity is Integrity.UNKNOWN
    assert kinds.UNSUPPORTED.code in codes(facts)


def test_content_type_must_be_the_signed_one() -> None:
    facts = only(make_cms(Recipe(stated_type="1.2.840.113549.1.9.16.1.4")))
    assert facts.failure is SubIndication.SIG_CONSTRAINTS_FAILURE
    assert kinds.CONTENT_TYPE_DIFFERS.code in codes(facts)


@pytest.mark.parametrize("recipe", [Recipe(shuffled=True), Recipe(sent_shuffled=True), Recipe(sent_in_pieces=True)])
def test_attributes_in_another_order(recipe: Recipe) -> None:
    facts = only(make_cms(recipe))
    assert facts.integrity is Integrity.INTACT
    assert kinds.NOT_DER.code in codes(facts)


def test_missing_or_doubled_digest() -> None:
    twice = (("1.2.840.113549.1.9.4", core.OctetString(b"x" * 32).dump()),)
    facts = only(make_cms(Recipe(extra=twice)))
    assert facts.integrity is Integrity.BROKEN
    assert kinds.NO_MESSAGE_DIGEST.code in codes(facts)


def test_several_signers_are_judged_one_by_one() -> None:
    bad = Recipe(scheme="ecdsa", stated_digest=b"\0" * 32)
    first, second = facts_of(make_cms(Recipe(), signer("rsa"), (bad, signer("ecdsa"))))
    assert {first.id, second.id} == {"s#1", "s#2"}
    assert {first.integrity, second.integrity} == {Integrity.INTACT, Integrity.BROKEN}


def test_a_damaged_signer_is_still_told_of() -> None:
    signed = open_signed_data(make_cms(Recipe()))
    damaged = cms.SignerInfo.load(b"\x30\x03\x02\x01\x01")
    (facts,) = signer_facts(
        signed, damaged, lambda _: b"", id="x", format=SignatureFormat.CADES, form="", material=Material()
    )
    assert (facts.integrity, facts.failure) == (Integrity.UNKNOWN, SubIndication.FORMAT_FAILURE)
    assert codes(facts) == {kinds.UNREADABLE_SIGNER.code}


def test_counter_signatures_are_checked_recursively() -> None:
    # Contents, key and scheme are the same each time, and so is the signature value (PKCS #1 v1.5).
    value = signature_value(make_cms(Recipe()))
    office, clerk = signer("rsa", "Chanh Van Phong"), signer("rsa", "Van Thu")
    own = bytes(cms.SignerInfo.load(make_counter(value, office))["signature"].native)
    good = make_counter(value, office, unsigned=((COUNTER, make_counter(own, clerk)),))
    foreign = make_counter(b"the value of another signature", office)
    recipe = Recipe(
        unsigned=((COUNTER, good), (COUNTER, foreign)), other_certificates=(office.certificate, clerk.certificate)
    )
    facts = {one.id: one for one in facts_of(make_cms(recipe))}
    assert {id: one.parent for id, one in facts.items()} == {
        "s": "",
        "s/countersignature-1": "s",
        "s/countersignature-2": "s",
        "s/countersignature-1/countersignature-1": "s/countersignature-1",
    }
    broken = facts.pop("s/countersignature-2")
    assert (broken.integrity, broken.failure) == (Integrity.BROKEN, SubIndication.HASH_FAILURE)
    assert {one.integrity for one in facts.values()} == {Integrity.INTACT}


def test_counter_signatures_are_capped() -> None:
    plain = make_cms(Recipe())
    counter = make_counter(signature_value(plain), signer("rsa"))
    facts = facts_of(make_cms(Recipe(unsigned=((COUNTER, counter),) * 80)))
    assert len(facts) <= 52
    assert kinds.TOO_MANY.code in codes(facts[0])


def test_negative_modulus_is_read_as_it_was_meant() -> None:
    by = signer("rsa")
    spki = keys.PublicKeyInfo.load(cms.Certificate.load(by.certificate).public_key.dump())
    numbers = by.key.public_key().public_numbers()
    modulus = numbers.n.to_bytes(256, "big")
    assert modulus[0] & 0x80
    negative = core.Integer(numbers.e).dump()
    key = b"\x30\x82" + (4 + 256 + len(negative)).to_bytes(2, "big") + b"\x02\x82\x01\x00" + modulus + negative
    spki["public_key"] = core.ParsableOctetBitString(key)
    data = make_cms(Recipe(signed_attributes=False))
    scheme = SignatureScheme(algorithm="rsa", digest="sha256")
    assert verify(keys.PublicKeyInfo.load(spki.dump(force=True)), signature_value(data), Recipe().content, scheme)


def test_plain_ecdsa() -> None:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    by = signer("ecdsa")
    r, s = decode_dss_signature(signature_value(make_cms(Recipe(scheme="ecdsa", signed_attributes=False), by)))
    key = cms.Certificate.load(by.certificate).public_key
    scheme = SignatureScheme(algorithm="ecdsa", digest="sha256", plain_ecdsa=True)
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert verify(key, raw, Recipe().content, scheme)
    assert not verify(key, raw[:-1], Recipe().content, scheme)
    with pytest.raises(UnsupportedAlgorithm):
        verify(key, raw, b"", SignatureScheme(algorithm="ecdsa", digest="whirlpool"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"0",
        b"\x30\x80",
        b"%PDF-1.7",
        b"-----BEGIN CMS-----\n!!\n-----END CMS-----",
        b"\x30\x03\x02\x01\x01",
        b"MIIB",
    ],
)
def test_what_is_not_cms(content: bytes) -> None:
    with pytest.raises(UnreadableCms):
        open_signed_data(content)


def test_pem_base64_and_padding() -> None:
    import base64

    data = make_cms(Recipe())
    text = base64.encodebytes(data)
    for form in (data, data + b"\0" * 100, text, b"-----BEGIN PKCS7-----\n" + text + b"-----END PKCS7-----\n"):
        assert len(open_signed_data(form)["signer_infos"]) == 1


def test_structures_whose_length_ends_like_an_open_one() -> None:
    """The ASN.1 library takes a header that ends in 0x80 for one of open length and encodes the structure anew."""
    for padding in range(700):
        data = make_cms(Recipe(unsigned=(("1.2.3.4", core.OctetString(bytes(padding)).dump()),)))
        (signer_info,) = cms.ContentInfo.load(data)["content"]["signer_infos"]
        size = len(signer_info.contents or b"")
        if size & 0xFF == 0x80:
            assert only(data).integrity is Integrity.INTACT
            return
    pytest.fail("no such length was met")
