"""PDFs made to break the examiner: each gets an honest answer, in bounded time."""

import time
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.material import Material
from model.signatures import Integrity, Modification, SignedState
from preservation.signatures.pdf.examine import examine_pdf
from preservation.signatures.source import SignedFile
from tests.conftest import DATA
from tests.fakes import signed_pdfs as pdfs

PADES = DATA / "signatures" / "pades"
SIGNED = (PADES / "sig-no-signed-attrs.pdf").read_bytes()
LONG_TERM = (PADES / "pades-lta-dss-indirect-arrs-test.pdf").read_bytes()


def document(objects, *, trailer=b"/Root 1 0 R"):
    """Return a PDF of these objects, numbered from 1."""
    data, offsets = b"%PDF-1.7\n", []
    for number, text in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    end = b"trailer << /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, len(data))
    return data + head + table + end


def form(fields, *others):
    """Return a PDF whose form has these fields (an array)."""
    return document(
        [
            b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /SigFlags 3 /Fields %s >> >>" % fields,
            b"<< /Type /Pages /Kids [] /Count 0 >>",
            *others,
        ]
    )


def quickly(tmp_path, data, seconds=8.0):
    started = time.perf_counter()
    file, _ = pdfs.examined(tmp_path, data)
    assert time.perf_counter() - started < seconds
    return file


def test_form_that_refers_to_itself(tmp_path):
    file = quickly(tmp_path, form(b"[3 0 R]", b"<< /T (a) /FT /Sig /Kids [3 0 R 3 0 R] /V 3 0 R >>"))
    assert file.state is SignedState.SIGNED
    assert file.signatures[0].integrity is Integrity.UNKNOWN


def test_deep_form(tmp_path):
    fields = [b"<< /T (a) /FT /Sig /Kids [%d 0 R] >>" % (number + 4) for number in range(3000)]
    assert quickly(tmp_path, form(b"[3 0 R]", *fields, b"<< /T (z) >>")).state is SignedState.UNSIGNED


def test_wide_form(tmp_path):
    fields = b"[" + b"3 0 R " * 200_000 + b"]"
    file = quickly(tmp_path, form(fields, b"<< /T (a) /FT /Sig >>"), seconds=15)
    assert file.state is SignedState.UNSIGNED


def test_many_fields_with_one_signature(tmp_path):
    fields = b"[" + b" ".join(b"%d 0 R" % number for number in range(4, 2004)) + b"]"
    value = b"<< /Type /Sig /SubFilter /ETSI.CAdES.detached /ByteRange [0 1 2 3] /Contents <30> >>"
    file = quickly(tmp_path, form(fields, value, *[b"<< /T (%d) /FT /Sig /V 3 0 R >>" % n for n in range(2000)]))
    assert len(file.signatures) == 1
    assert len(file.findings) <= 60


def test_many_signatures(tmp_path):
    fields = b"[" + b" ".join(b"%d 0 R" % number for number in range(3, 2003)) + b"]"
    value = b"<< /Type /Sig /SubFilter /ETSI.CAdES.detached /ByteRange [0 1 2 3] /Contents <3000> >>"
    file = quickly(tmp_path, form(fields, *[b"<< /T (%d) /FT /Sig /V %s >>" % (n, value) for n in range(2000)]))
    assert len(file.signatures) == 200
    assert "signature.pdf-too-many" in {finding.code for finding in file.findings}


def test_deep_nesting(tmp_path):
    file = quickly(tmp_path, form(b"[3 0 R]", b"<< /T (a) /FT /Sig /V " + b"[" * 100_000 + b"]" * 100_000 + b" >>"))
    assert file.state in {SignedState.UNREADABLE, SignedState.SIGNED, SignedState.UNSIGNED}
    assert file.findings


def test_many_marks(tmp_path):
    filler = b"(" + b"/ByteRange /Contents <00> " * 200_000 + b")"
    file = quickly(tmp_path, form(b"[]", filler), seconds=15)
    assert file.state is SignedState.UNREADABLE


def test_ranges_without_end(tmp_path):
    ranges = b"[" + b"0 400 " * 50_000 + b"]"
    value = b"<< /Type /Sig /SubFilter /adbe.pkcs7.detached /ByteRange %s /Contents <3000> >>" % ranges
    (facts,) = quickly(tmp_path, form(b"[3 0 R]", b"<< /T (a) /FT /Sig /V %s >>" % value)).signatures
    assert facts.integrity is Integrity.UNKNOWN


def test_object_stream_that_unpacks_without_end(tmp_path):
    bomb = zlib.compress(bytes(200 << 20), 9)
    stream = b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (
        len(bomb),
        bomb,
    )
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>", stream]
    assert quickly(tmp_path, document(objects)).state is SignedState.UNSIGNED


def test_loops_of_references(tmp_path):
    file = quickly(tmp_path, form(b"3 0 R", b"4 0 R", b"3 0 R", b"<< /Type /Sig >>"))
    assert file.state is SignedState.UNREADABLE


def test_loops_of_revisions(tmp_path):
    data = form(b"[]", b"<< /Type /Sig >>")
    file = quickly(tmp_path, data.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % data.rindex(b"xref\n0")))
    assert file.state is SignedState.UNREADABLE


@pytest.mark.parametrize("cut", range(0, len(SIGNED), 617))
def test_cut_off(tmp_path, cut):
    file = quickly(tmp_path, SIGNED[:cut])
    assert file.state is SignedState.UNREADABLE


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(LONG_TERM) - 1), value=st.binary(min_size=1, max_size=6))
def test_changed_bytes_never_pass_unnoticed(tmp_path, place, value):
    data = LONG_TERM[:place] + value + LONG_TERM[place + len(value) :]
    path = tmp_path / "changed.pdf"
    path.write_bytes(data)
    file = examine_pdf(SignedFile(path=path, name="changed.pdf", material=Material()))
    assert file.state is not SignedState.UNSIGNED
    signed = place < 2905 or 25_421 <= place < 25_853
    if signed and data != LONG_TERM:
        for facts in file.signatures:
            good = facts.integrity is Integrity.INTACT and facts.modification is not Modification.SUSPICIOUS
            assert not good or not facts.scope.whole_document
