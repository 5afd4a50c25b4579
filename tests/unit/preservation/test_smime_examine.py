"""Signed mail: clear-signed, opaque, in lists, altered on the way, and hostile."""

import base64
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.material import Material
from model.signatures import FileSignatures, Integrity, SignatureFormat, SignedState, SubIndication
from preservation.cms import findings as kinds
from preservation.signatures import cades, smime
from preservation.signatures.smime import examine_smime
from preservation.signatures.source import SignatureLimits, SignedFile
from tests.fakes.cms_signing import Recipe, Signer, make_cms, signer

BODY = b"Content-Type: text/plain; charset=utf-8\r\n\r\nKinh gui: So Noi vu\r\n-- \r\nVan thu\r\n"
FIRST = b'Content-Type: multipart/mixed; boundary="in"\r\n\r\n--in\r\n' + BODY
FIRST += b"\r\n--in\r\nContent-Type: application/pdf\r\n"
FIRST += b'Content-Disposition: attachment; filename="a.pdf"\r\n\r\n%PDF\r\n--in--\r\n'


def clear(
    content: bytes = BODY, by: Signer | None = None, *, sender: bytes = b"A <a@example.vn>", **options: object
) -> bytes:
    value = make_cms(Recipe(content=content, attached=False, **options), by)  # type: ignore[arg-type]  # the names of the fields pass through
    return b"\r\n".join(
        (
            b"From: " + sender,
            b"Subject: Bao cao",
            b"MIME-Version: 1.0",
            b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256;',
            b' boundary="b1"',
            b"",
            b"This is a signed message",
            b"--b1",
            content,
            b"--b1",
            b"Content-Type: application/pkcs7-signature; name=smime.p7s",
            b"Content-Transfer-Encoding: base64",
            b"",
            base64.encodebytes(value).replace(b"\n", b"\r\n").rstrip(),
            b"--b1--",
            b"",
        )
    )


def opaque(content: bytes = BODY, kind: bytes = b"signed-data", value: bytes | None = None) -> bytes:
    value = make_cms(Recipe(content=content)) if value is None else value
    head = b"From: a@example.vn\r\nContent-Type: application/pkcs7-mime; smime-type=" + kind + b"; name=smime.p7m\r\n"
    return head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(value)


def examine(folder: Path, content: bytes, limits: SignatureLimits | None = None) -> FileSignatures:
    path = folder / "thu.eml"
    path.write_bytes(content)
    return examine_smime(SignedFile(path=path, name="thu.eml", material=Material(), limits=limits or SignatureLimits()))


def codes(file: FileSignatures) -> set[str]:
    return {finding.code for finding in file.findings}


def test_clear_signed(tmp_path: Path) -> None:
    file = examine(tmp_path, clear(FIRST))
    (signature,) = file.signatures
    assert file.state is SignedState.SIGNED
    assert (signature.integrity, signature.format) == (Integrity.INTACT, SignatureFormat.SMIME)
    assert signature.scope.whole_document is True
    assert signature.scope.covered == ("text/plain", "a.pdf")
    assert not (file.findings or signature.findings)


@pytest.mark.parametrize("options", [{"signed_attributes": False}, {"digest": "sha1"}, {"reference": "none"}])
def test_kinds_of_signatures(tmp_path: Path, options: dict[str, object]) -> None:
    (signature,) = examine(tmp_path, clear(BODY, **options)).signatures
    assert signature.integrity is Integrity.INTACT


def test_mail_saved_with_bare_line_feeds(tmp_path: Path) -> None:
    file = examine(tmp_path, clear().replace(b"\r\n", b"\n"))
    assert file.signatures[0].integrity is Integrity.INTACT
    assert codes(file) == {cades.LINE_ENDS.code}


def test_altered_mail(tmp_path: Path) -> None:
    (signature,) = examine(tmp_path, clear().replace(b"So Noi vu", b"So Noi Vu")).signatures
    assert (signature.integrity, signature.failure) == (Integrity.BROKEN, SubIndication.HASH_FAILURE)


def test_opaque(tmp_path: Path) -> None:
    file = examine(tmp_path, opaque(FIRST))
    (signature,) = file.signatures
    assert (signature.integrity, signature.form) == (Integrity.INTACT, "application/pkcs7-mime")
    assert signature.scope.covered == ("text/plain", "a.pdf")


def test_signed_twice(tmp_path: Path) -> None:
    inner = clear(by=signer("rsa", "Van Thu"))
    file = examine(tmp_path, opaque(inner[inner.index(b"Content-Type") :]))
    assert [one.integrity for one in file.signatures] == [Integrity.INTACT] * 2
    assert [one.scope.whole_document for one in file.signatures] == [True, True]


def test_footer_of_a_mailing_list_is_not_signed(tmp_path: Path) -> None:
    signed = clear()
    part = signed[signed.index(b"Content-Type: multipart/signed") :]
    mail = b"From: a@example.vn\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\n" + part
    mail += b"\r\n--out\r\nContent-Type: text/html\r\n\r\nfooter\r\n--out--\r\n"
    file = examine(tmp_path, mail)
    (signature,) = file.signatures
    assert signature.integrity is Integrity.INTACT
    assert signature.scope.whole_document is False
    assert signature.scope.uncovered == ("text/html",)
    assert codes(file) == {smime.PART_NOT_SIGNED.code}


@pytest.mark.parametrize("sender", [b"B <b@example.vn>", b"a@example.vn, b@example.vn"])
def test_sender_and_certificate_differ(tmp_path: Path, sender: bytes) -> None:
    (signature,) = examine(tmp_path, clear(sender=sender)).signatures
    assert signature.integrity is Integrity.INTACT
    assert {finding.code for finding in signature.findings} == {smime.SENDER_DIFFERS.code}


def test_signature_taken_away(tmp_path: Path) -> None:
    whole = clear()
    cut = whole[: whole.index(b"Content-Type: application/pkcs7-signature")]
    for mail in (cut, cut + b"Content-Type: application/pkcs7-signature\r\n\r\n", whole.replace(b"MII", b"!!!")):
        (signature,) = examine(tmp_path, mail).signatures
        assert (signature.integrity, signature.failure) == (Integrity.UNKNOWN, SubIndication.FORMAT_FAILURE)
        assert [finding.code for finding in signature.findings] == [smime.SIGNATURE_MISSING.code]


def test_openpgp_is_told_of(tmp_path: Path) -> None:
    mail = clear().replace(b"pkcs7-signature", b"pgp-signature")
    (signature,) = examine(tmp_path, mail).signatures
    assert signature.integrity is Integrity.UNKNOWN
    assert [finding.code for finding in signature.findings] == [smime.NOT_SMIME.code]


def test_encrypted_mail_cannot_be_told(tmp_path: Path) -> None:
    value = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x00"
    file = examine(tmp_path, opaque(kind=b"enveloped-data", value=value))
    assert (file.state, codes(file)) == (SignedState.UNREADABLE, {smime.ENCRYPTED.code})


@pytest.mark.parametrize("mail", [b"", b"\r\n", b"From: a@b\n\nhello", b"no header at all", b"\xff" * 4000])
def test_unsigned_mail(tmp_path: Path, mail: bytes) -> None:
    file = examine(tmp_path, mail)
    assert (file.state, file.findings) == (SignedState.UNSIGNED, ())


def test_mail_over_the_limit(tmp_path: Path) -> None:
    file = examine(tmp_path, clear(), SignatureLimits(document=100))
    assert (file.state, codes(file)) == (SignedState.UNREADABLE, {smime.TOO_LARGE.code})


def test_too_many_parts(tmp_path: Path) -> None:
    wide = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 5000
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(400))
    for mail in (wide, deep, b"Content-Type: message/rfc822\r\n\r\n" * 400):
        file = examine(tmp_path, mail)
        assert (file.state, codes(file)) == (SignedState.UNREADABLE, {smime.TOO_DEEP.code})


@pytest.mark.parametrize(
    "field", [b'x; boundary="' + b"b" * 100_000 + b'"', b"multipart/mixed; " + b'"' * 200_000, b"a/b;" * 60_000]
)
def test_hostile_header_fields(tmp_path: Path, field: bytes) -> None:
    file = examine(tmp_path, b"Content-Type: " + field + b"\r\nFrom: " + b"(" * 100_000 + b"\r\n\r\nbody")
    assert file.state is SignedState.UNSIGNED


MAIL = clear(FIRST, signer("ecdsa"), scheme="ecdsa")
SIGNED = range(MAIL.index(FIRST), MAIL.index(FIRST) + len(FIRST))


@settings(max_examples=60, deadline=None)
@given(place=st.sampled_from(SIGNED), bit=st.integers(0, 7))
def test_a_flipped_bit_in_the_signed_part_is_never_intact(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    spoiled = bytearray(MAIL)
    spoiled[place] ^= 1 << bit
    file = examine(tmp_path_factory.getbasetemp(), bytes(spoiled))
    assert not any(one.integrity is Integrity.INTACT for one in file.signatures)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_cut_and_spoiled_mail_never_raises(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    content = bytearray(MAIL)
    for _ in range(data.draw(st.integers(0, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    file = examine(tmp_path_factory.getbasetemp(), bytes(content[: data.draw(st.integers(0, len(content)))]))
    assert kinds.CHECK_BROKE_OFF.code not in codes(file)


@pytest.mark.corpus
def test_ordinary_mail_is_unsigned(corpus: Path) -> None:
    for path in sorted((corpus / "office-mail").glob("*.eml")):
        file = examine_smime(SignedFile(path=path, name=path.name, material=Material()))
        assert file.state is SignedState.UNSIGNED, path.name
