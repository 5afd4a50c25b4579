"""Signatures of PDFs: found, verified, and told what was changed after them."""

import asyncio
import re

import pytest
from asn1crypto import core
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from pyhanko.sign import fields, signers

from model.material import MaterialKind
from model.signatures import (
    Integrity,
    Level,
    Modification,
    SignatureFormat,
    SignedState,
    SubIndication,
    TimestampKind,
)
from preservation.signatures.source import SignatureLimits
from tests.fakes import signed_pdfs as pdfs
from tests.fakes.pki import SIGNED, pki


def codes(found):
    return {finding.code for finding in found.findings}


def test_a_plain_signature(tmp_path):
    file, material = pdfs.examined(tmp_path, pdfs.signed_pdf(stamped=True))
    (facts,) = file.signatures
    assert file.state is SignedState.SIGNED
    assert (facts.id, facts.format, facts.form) == ("Sig1", SignatureFormat.PADES, "ETSI.CAdES.detached")
    assert facts.integrity is Integrity.INTACT
    assert facts.failure is None
    assert facts.level is Level.T
    assert facts.scope.whole_document is True
    assert facts.modification is Modification.NONE
    assert facts.changes == ()
    assert facts.reason == "Đồng ý"
    assert facts.claimed_signing_time is not None
    assert facts.certificate.id in facts.certificates
    assert material.get(facts.certificate.id) == pki().certificate("person")
    (stamp,) = facts.timestamps
    assert (stamp.time, stamp.imprint_matches, stamp.integrity) == (SIGNED, True, Integrity.INTACT)


@pytest.mark.parametrize("streams", [False, True])
def test_unsigned_is_unsigned(tmp_path, streams):
    file, material = pdfs.examined(tmp_path, pdfs.plain_pdf(streams=streams))
    assert file.state is SignedState.UNSIGNED
    assert not file.findings
    assert len(material) == 0


def test_an_empty_signature_field_is_no_signature(tmp_path):
    def add(writer):
        fields.append_signature_field(writer, fields.SigFieldSpec(sig_field_name="Sig1"))

    file, _ = pdfs.examined(tmp_path, pdfs.changed_pdf(pdfs.plain_pdf(), add))
    assert file.state is SignedState.UNSIGNED


def test_xref_streams(tmp_path):
    file, _ = pdfs.examined(tmp_path, pdfs.signed_pdf(pdfs.plain_pdf(streams=True)))
    (facts,) = file.signatures
    assert facts.integrity is Integrity.INTACT
    assert facts.scope.whole_document is True


@pytest.mark.parametrize(
    ("edit", "change"),
    [
        (pdfs.add_page, "page added"),
        (pdfs.replace_content, "page content replaced"),
        (pdfs.add_annotation, "annotation added"),
        (pdfs.add_script, "script or action added"),
        (pdfs.add_attachment, "attachment added"),
    ],
)
def test_changes_after_signing_are_named(tmp_path, edit, change):
    file, _ = pdfs.examined(tmp_path, pdfs.changed_pdf(pdfs.signed_pdf(), edit))
    (facts,) = file.signatures
    assert facts.integrity is Integrity.INTACT
    assert facts.modification is Modification.SUSPICIOUS
    assert change in facts.changes
    assert facts.scope.whole_document is False
    assert (facts.scope.revision, facts.scope.revisions) == (2, 3)
    assert "signature.pdf-changed" in codes(facts)


@pytest.mark.parametrize(("edit", "level"), [(pdfs.fill_field, "FORM_FILLING"), (pdfs.change_info, "LTA_UPDATES")])
def test_permitted_changes(tmp_path, edit, level):
    file, _ = pdfs.examined(tmp_path, pdfs.changed_pdf(pdfs.signed_pdf(), edit))
    (facts,) = file.signatures
    assert facts.modification is Modification.PERMITTED
    assert facts.changes == (level,)
    assert facts.scope.whole_document is True


def test_a_certified_document_forbids_filling_in(tmp_path):
    data = pdfs.signed_pdf(certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES)
    file, _ = pdfs.examined(tmp_path, pdfs.changed_pdf(data, pdfs.fill_field))
    (facts,) = file.signatures
    assert facts.integrity is Integrity.INTACT
    assert facts.modification is Modification.SUSPICIOUS
    assert codes(facts) & {"signature.pdf-not-permitted", "signature.pdf-changed"}


def test_a_certified_document_permits_filling_in(tmp_path):
    data = pdfs.signed_pdf(certify=True, docmdp_permissions=fields.MDPPerm.FILL_FORMS)
    file, _ = pdfs.examined(tmp_path, pdfs.changed_pdf(data, pdfs.fill_field))
    assert file.signatures[0].modification is Modification.PERMITTED


def test_several_signatures_share_the_analysis(tmp_path):
    data = pdfs.signed_pdf()
    for number in range(2, 6):
        data = pdfs.signed_pdf(data, name=f"Sig{number}", label="agency" if number % 2 else "person")
    file, _ = pdfs.examined(tmp_path, data)
    assert [facts.id for facts in file.signatures] == [f"Sig{number}" for number in range(1, 6)]
    assert {facts.integrity for facts in file.signatures} == {Integrity.INTACT}
    assert [facts.modification for facts in file.signatures] == [Modification.PERMITTED] * 4 + [Modification.NONE]


def test_a_change_between_two_signatures_counts_for_the_first_only(tmp_path):
    data = pdfs.signed_pdf(pdfs.changed_pdf(pdfs.signed_pdf(), pdfs.replace_content), name="Sig2", label="agency")
    file, _ = pdfs.examined(tmp_path, pdfs.signed_pdf(data, name="Sig3"))
    assert [facts.modification for facts in file.signatures] == [
        Modification.SUSPICIOUS,
        Modification.PERMITTED,
        Modification.NONE,
    ]


def test_long_term_with_a_document_timestamp(tmp_path):
    data = pdfs.with_store(pdfs.signed_pdf(stamped=True))
    middle, _ = pdfs.examined(tmp_path, data)
    assert middle.signatures[0].level is Level.LT
    file, material = pdfs.examined(tmp_path, pdfs.stamped_pdf(pdfs.stamped_pdf(data, name="A"), name="B"))
    (facts,) = file.signatures
    assert facts.level is Level.LTA
    assert facts.modification is Modification.PERMITTED
    first, second = file.timestamps
    assert [one.kind for one in file.timestamps] == [TimestampKind.DOCUMENT] * 2
    assert (first.order, second.order) == (0, 1)
    assert first.covers == second.covers == ("Sig1",)
    stored = {item.id for item in material.of(MaterialKind.CRL)}
    assert stored <= set(first.covered_material)
    assert first.token in second.covered_material
    assert second.token not in first.covered_material
    assert stored <= set(facts.revocations)


def test_a_timestamp_covers_only_what_was_there(tmp_path):
    data = pdfs.with_store(pdfs.signed_pdf(pdfs.stamped_pdf(pdfs.plain_pdf(), name="Early"), stamped=True))
    file, _ = pdfs.examined(tmp_path, data)
    (stamp,) = file.timestamps
    assert stamp.covers == ()
    assert stamp.covered_material == ()
    assert file.signatures[0].level is Level.LT


def test_a_timestamp_of_another_document(tmp_path):
    one, other = pdfs.stamped_pdf(pdfs.signed_pdf(), name="T"), pdfs.stamped_pdf(pdfs.signed_pdf(), name="T")
    digits = [list(re.finditer(rb"<([0-9a-fA-F]{500,})>", data))[-1] for data in (one, other)]
    swapped = one[: digits[0].start(1)] + digits[1][1] + one[digits[0].end(1) :]
    file, _ = pdfs.examined(tmp_path, swapped)
    assert file.signatures[0].integrity is Integrity.INTACT
    assert file.timestamps[0].imprint_matches is False
    assert file.signatures[0].level is Level.B


def test_altered_bytes(tmp_path):
    data = pdfs.signed_pdf()
    file, _ = pdfs.examined(tmp_path, data.replace(b"BT ET", b"BT BT"))
    (facts,) = file.signatures
    assert (facts.integrity, facts.failure) == (Integrity.BROKEN, SubIndication.HASH_FAILURE)


def test_bytes_after_the_end(tmp_path):
    file, _ = pdfs.examined(tmp_path, pdfs.signed_pdf() + b"and more")
    (facts,) = file.signatures
    assert facts.integrity is Integrity.INTACT
    assert facts.modification is Modification.SUSPICIOUS
    assert facts.changes == ("bytes after the end",)
    assert facts.scope.whole_document is False
    assert "signature.pdf-trailing-bytes" in codes(file)


def test_a_repeated_end_does_not_hide_bytes(tmp_path):
    data = pdfs.signed_pdf()
    start = data.rindex(b"startxref")
    file, _ = pdfs.examined(tmp_path, data + b"hidden\n" + data[start:])
    assert file.signatures[0].modification is Modification.SUSPICIOUS
    assert "signature.pdf-trailing-bytes" in codes(file)


def test_white_space_after_the_end_is_nothing(tmp_path):
    file, _ = pdfs.examined(tmp_path, pdfs.signed_pdf() + b"\r\n\n")
    assert file.signatures[0].modification is Modification.NONE
    assert not file.findings


def test_bytes_before_the_header(tmp_path):
    file, _ = pdfs.examined(tmp_path, b"junk\n" + pdfs.signed_pdf())
    (facts,) = file.signatures
    assert facts.modification is Modification.SUSPICIOUS
    assert facts.scope.whole_document is False
    assert "signature.pdf-leading-bytes" in codes(file)


def test_a_signature_taken_off_the_form_is_still_found(tmp_path):
    file, _ = pdfs.examined(tmp_path, pdfs.changed_pdf(pdfs.signed_pdf(), pdfs.remove_fields))
    (facts,) = file.signatures
    assert facts.integrity is Integrity.INTACT
    assert facts.modification is Modification.SUSPICIOUS
    assert "signature.pdf-unlisted" in codes(facts)


def test_a_signature_within_an_attached_pdf_is_not_the_documents(tmp_path):
    from pyhanko.pdf_utils import embed

    inner = pdfs.signed_pdf()

    def attach(writer):
        stream = embed.EmbeddedFileObject.from_file_data(writer, data=inner, compress=False)
        embed.embed_file(writer, embed.FileSpec(file_spec_string="a.pdf", embedded_data=stream))

    file, _ = pdfs.examined(tmp_path, pdfs.changed_pdf(pdfs.plain_pdf(), attach))
    assert file.state is SignedState.UNSIGNED


def test_one_unreadable_signature_does_not_hide_the_other(tmp_path):
    first = pdfs.signed_pdf()
    place = re.search(rb"<(3082[0-9a-fA-F]{8})", first)
    damaged = first[: place.start(1)] + b"00" * 6 + first[place.end(1) :]
    file, _ = pdfs.examined(tmp_path, pdfs.signed_pdf(damaged, name="Sig2", label="agency"))
    one, two = file.signatures
    assert (one.id, one.integrity, one.failure) == ("Sig1", Integrity.UNKNOWN, SubIndication.FORMAT_FAILURE)
    assert "signature.pdf-signature-unreadable" in codes(one)
    assert two.integrity is Integrity.INTACT


@pytest.mark.parametrize(
    ("replacement", "integrity", "code"),
    [
        ("[0 10 20 30]", Integrity.BROKEN, "signature.pdf-range-gap"),
        ("[0 0 0 0]", Integrity.BROKEN, "signature.pdf-range-gap"),
        ("[0 99 9999999 9]", Integrity.BROKEN, "signature.pdf-range-outside"),
        ("[0 50]", Integrity.BROKEN, "signature.pdf-range-odd"),
        ("[5 50 40 9]", Integrity.BROKEN, "signature.pdf-range-odd"),
        ("[-5 50 40 9]", Integrity.UNKNOWN, "signature.pdf-range-odd"),
        ("[]", Integrity.UNKNOWN, "signature.pdf-range-odd"),
    ],
)
def test_odd_ranges(tmp_path, replacement, integrity, code):
    data = pdfs.signed_pdf()
    found = re.search(rb"/ByteRange\s*(\[[^]]*\])", data)
    size = found.end(1) - found.start(1)
    data = data[: found.start(1)] + replacement.encode().ljust(size) + data[found.end(1) :]
    file, _ = pdfs.examined(tmp_path, data)
    (facts,) = file.signatures
    assert facts.integrity is integrity
    assert facts.scope.whole_document is False
    assert facts.modification is Modification.SUSPICIOUS
    assert code in codes(facts)


def test_an_escaped_name_does_not_hide_a_signature(tmp_path):
    data = pdfs.signed_pdf().replace(b"/ByteRange [0 ", b"/B#79teRange [0 ")
    file, _ = pdfs.examined(tmp_path, data)
    assert file.state is not SignedState.UNSIGNED


def test_unknown_kinds_are_reported(tmp_path):
    data = pdfs.signed_pdf().replace(b"/ETSI.CAdES.detached", b"/ACME.Quantum.sealed")
    file, _ = pdfs.examined(tmp_path, data)
    (facts,) = file.signatures
    assert facts.integrity is Integrity.UNKNOWN
    assert facts.form == "ACME.Quantum.sealed"
    assert "signature.pdf-unsupported" in codes(facts)


def _with_contents(contents, subfilter, extra=b""):
    """Make a signature dictionary around what `contents(signed bytes)` returns."""
    holder = b"/V << /Type /Sig /Filter /Adobe.PPKLite /SubFilter %s %s /ByteRange [%s] /Contents <" % (
        subfilter,
        extra,
        b"0 %08d %08d %08d" % (0, 0, 0),
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /SigFlags 3 /Fields [4 0 R] >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 9 9] >>",
        b"<< /Type /Page /Parent 2 0 R >>",
        b"<< /FT /Sig /T (Old) " + holder + b"0" * 8000 + b"> >> >>",
    ]
    data, offsets = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    table = len(data)
    data += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % table
    start = data.index(b"<" + b"0" * 8000)
    end = start + 8002
    data = data.replace(b"0 %08d %08d %08d" % (0, 0, 0), b"0 %08d %08d %08d" % (start, end, len(data) - end))
    value = contents(data[:start] + data[end:]).hex().encode()
    return data[: start + 1] + value.ljust(8000, b"0") + data[end - 1 :]


@pytest.mark.parametrize("damage", [False, True])
def test_raw_rsa_signatures_of_old(tmp_path, damage):
    def sign(signed):
        value = pki().key("person").sign(signed + b"?" * damage, padding.PKCS1v15(), hashes.SHA1())
        return core.OctetString(value).dump()

    certificate = b"/Cert <%s>" % pki().certificate("person").hex().encode()
    file, _ = pdfs.examined(tmp_path, _with_contents(sign, b"/adbe.x509.rsa_sha1", certificate))
    (facts,) = file.signatures
    assert facts.format is SignatureFormat.PDF
    assert facts.integrity is (Integrity.BROKEN if damage else Integrity.INTACT)
    assert facts.certificate.name == pki().asn1("person").subject.native["common_name"]
    assert facts.scope.whole_document is True


@pytest.mark.parametrize("damage", [False, True])
def test_digest_signatures_of_old(tmp_path, damage):
    import hashlib

    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    def sign(signed):
        signer = SimpleSigner(
            signing_cert=pki().asn1("person"),
            signing_key=pki().key_info("person"),
            cert_registry=SimpleCertificateStore(),
        )
        hashed = hashlib.sha1(signed + b"?" * damage, usedforsecurity=False).digest()
        return asyncio.run(signer.async_sign_general_data(hashed, "sha256", detached=False, use_cades=False)).dump()

    file, _ = pdfs.examined(tmp_path, _with_contents(sign, b"/adbe.pkcs7.sha1"))
    (facts,) = file.signatures
    assert facts.integrity is (Integrity.BROKEN if damage else Integrity.INTACT)
    assert facts.failure is (SubIndication.HASH_FAILURE if damage else None)


def test_seed_values(tmp_path, monkeypatch):
    spec = fields.SigFieldSpec(
        sig_field_name="Sig1",
        seed_value_dict=fields.SigSeedValueSpec(flags=fields.SigSeedValFlags.REASONS, reasons=["Duyệt"]),
    )

    def add(writer):
        fields.append_signature_field(writer, spec)

    session = signers.pdf_signer.PdfSigningSession
    monkeypatch.setattr(session, "_enforce_seed_value_constraints", lambda *args, **kwargs: None)
    file, _ = pdfs.examined(tmp_path, pdfs.signed_pdf(pdfs.changed_pdf(pdfs.plain_pdf(), add)))
    (facts,) = file.signatures
    assert (facts.integrity, facts.failure) == (Integrity.INTACT, SubIndication.SIG_CONSTRAINTS_FAILURE)
    assert "signature.pdf-seed-values" in codes(facts)


def test_too_many_signatures(tmp_path):
    data = pdfs.signed_pdf(pdfs.signed_pdf(pdfs.signed_pdf(), name="Sig2"), name="Sig3")
    file, _ = pdfs.examined(tmp_path, data, limits=SignatureLimits(signatures=2))
    assert len(file.signatures) == 2
    assert "signature.pdf-too-many" in codes(file)


def test_encrypted(tmp_path):
    from io import BytesIO

    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    def encrypted(password):
        writer = copy_into_new_writer(PdfFileReader(BytesIO(pdfs.plain_pdf())))
        writer.encrypt(owner_pass="owner", user_pass=password)
        out = BytesIO()
        writer.write(out)
        return out.getvalue()

    def signed(data, password):
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko_certvalidator.registry import SimpleCertificateStore

        writer = IncrementalPdfFileWriter(BytesIO(data))
        writer.encrypt(password)
        signer = signers.SimpleSigner(pki().asn1("person"), pki().key_info("person"), SimpleCertificateStore())
        metadata = signers.PdfSignatureMetadata(field_name="Sig1", md_algorithm="sha256", reason="Đồng ý")
        return bytes(signers.sign_pdf(writer, metadata, signer).getvalue())

    file, _ = pdfs.examined(tmp_path, signed(encrypted(""), ""))
    (facts,) = file.signatures
    assert (facts.integrity, facts.reason) == (Integrity.INTACT, "Đồng ý")
    assert pdfs.examined(tmp_path, encrypted("secret"))[0].state is SignedState.UNSIGNED
    locked, _ = pdfs.examined(tmp_path, signed(encrypted("secret"), "secret"))
    assert locked.state is SignedState.UNREADABLE
    assert codes(locked) == {"signature.pdf-encrypted"}


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"no PDF at all", b"%PDF-1.7\nstartxref\n9\n%%EOF"])
def test_what_cannot_be_read(tmp_path, data):
    file, _ = pdfs.examined(tmp_path, data)
    assert file.state is SignedState.UNREADABLE
    assert codes(file) == {"signature.pdf-unreadable"}
