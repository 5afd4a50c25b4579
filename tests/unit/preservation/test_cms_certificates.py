"""Certificates as people know them: names, roles, and the oddities of old authorities."""

import base64
import contextlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID, ObjectIdentifier
from hypothesis import given, settings
from hypothesis import strategies as st

from model.signatures import Role
from preservation.cms import tlv
from preservation.cms.certificates import (
    UnreadableCertificate,
    certificate_facts,
    emails_of,
    load,
    parse,
)
from tests.fakes.cms_signing import Recipe, make_cms, signer

KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(*names: tuple[ObjectIdentifier, str], statements: bytes = b"", serial: int = 0x1234) -> bytes:
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(KEY.public_key())
        .serial_number(serial)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2051, 1, 1, tzinfo=UTC))
    )
    if statements:
        extension = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.5.5.7.1.3"), statements)
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


def qc_type(last: int) -> bytes:
    """QCStatements with one QcType (ETSI EN 319 412-5, 4.2.3): 1 esign, 2 eseal."""
    kind = b"\x06\x07\x04\x00\x8e\x46\x01\x06" + bytes((last,))
    statement = b"\x06\x06\x04\x00\x8e\x46\x01\x06" + b"\x30" + bytes((len(kind),)) + kind
    return b"\x30" + bytes((len(statement) + 2,)) + b"\x30" + bytes((len(statement),)) + statement


CN, ORG, UID, SERIAL = NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.USER_ID, NameOID.SERIAL_NUMBER
GIVEN, SURNAME = NameOID.GIVEN_NAME, NameOID.SURNAME
IDENTIFIER = NameOID.ORGANIZATION_IDENTIFIER


@pytest.mark.parametrize(
    ("der", "role"),
    [
        (certificate((CN, "Sở Nội vụ"), (UID, "MST:0101234567")), Role.AGENCY),
        (certificate((CN, "Sở Nội vụ"), (SERIAL, "MNS:1012345")), Role.AGENCY),
        (certificate((CN, "Sở Nội vụ"), (IDENTIFIER, "VATVN-0101234567")), Role.AGENCY),
        (certificate((CN, "Nguyễn Văn A"), (UID, "CMND:012345678")), Role.PERSON),
        (certificate((CN, "Nguyễn Văn A"), (UID, "CCCD:001012345678"), (SERIAL, "MST:0101234567")), Role.PERSON),
        (certificate((CN, "A"), (GIVEN, "Văn A"), (SURNAME, "Nguyễn")), Role.PERSON),
        (certificate((CN, "Seal"), statements=qc_type(2)), Role.AGENCY),
        (certificate((CN, "Sign"), statements=qc_type(1)), Role.PERSON),
        (certificate((CN, "Nguyễn Văn A")), Role.UNKNOWN),
    ],
)
def test_roles(der: bytes, role: Role) -> None:
    assert certificate_facts(der).role is role


def test_names_and_numbers() -> None:
    facts = certificate_facts(certificate((ORG, "UBND huyện, tỉnh X"), (CN, "Nguyễn Văn A+B"), serial=0x0102))
    assert facts.subject == "CN=Nguyễn Văn A\\+B,O=UBND huyện\\, tỉnh X"
    assert (facts.name, facts.organisation, facts.serial) == ("Nguyễn Văn A+B", "UBND huyện, tỉnh X", "102")
    assert (facts.key_algorithm, facts.key_size) == ("ecdsa", 256)
    assert facts.not_after == datetime(2051, 1, 1, tzinfo=UTC)


def replaced(der: bytes, old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    assert old in der
    return der.replace(old, new)


def test_negative_serial() -> None:
    der = replaced(certificate((CN, "A")), b"\x02\x02\x12\x34", b"\x02\x02\x92\x34")
    assert certificate_facts(der).serial == "9234"


@pytest.mark.parametrize(
    ("tag", "written", "moment"),
    [
        (0x17, b"2501010000-0300", datetime(2025, 1, 1, 3, tzinfo=UTC)),
        (0x17, b"2501010000Z", datetime(2025, 1, 1, tzinfo=UTC)),
        (0x17, b"500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (0x18, b"20250101000000.5Z", datetime(2025, 1, 1, tzinfo=UTC)),
        (0x18, b"99991231235959Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_odd_times(tag: int, written: bytes, moment: datetime) -> None:
    der = certificate((CN, "A"))
    top = tlv.element_at(der, 0)
    signed, *rest = tlv.children(der, top)
    parts = [tlv.raw(der, part) for part in tlv.children(der, signed)]
    parts[4] = tlv.encode(0x30, tlv.encode(tag, written) + b"\x17\x0d300101000000Z")
    spoiled = tlv.encode(0x30, b"".join(parts)) + b"".join(tlv.raw(der, part) for part in rest)
    assert certificate_facts(tlv.encode(0x30, spoiled)).not_before == moment


def test_forms_of_files() -> None:
    one, two = certificate((CN, "A")), certificate((CN, "B"))
    pem = b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
        for der in (one, two)
    )
    key = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert load(one) == (one,)
    assert load(pem) == load(key + pem) == (one, two)
    assert load(base64.b64encode(one)) == (one,)
    assert load(make_cms(Recipe(other_certificates=(one,)))) == (signer("rsa").certificate, one)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\x30\x80", b"\x30\x03\x02\x01\x01", b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"],
)
def test_what_is_no_certificate(content: bytes) -> None:
    with pytest.raises(UnreadableCertificate):
        load(content)


def test_addresses() -> None:
    assert emails_of(parse(signer("rsa").certificate)) == ("a@example.vn",)


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 900), value=st.integers(0, 255), cut=st.integers(0, 2000))
def test_spoiled_certificates_say_so(place: int, value: int, cut: int) -> None:
    der = bytearray(signer("rsa").certificate)
    der[place % len(der)] = value
    with contextlib.suppress(UnreadableCertificate):
        certificate_facts(bytes(der[: cut or None]))


@pytest.mark.corpus
def test_certificates_of_the_corpus(corpus: Path) -> None:
    chain = load((corpus / "timestamps" / "test_tsa" / "ts_chain.pem").read_bytes())
    assert [certificate_facts(der).name for der in chain][-1] == "Test TSA Root"
