"""Updates of a signed PDF that viewers read differently, or that draw over what was signed."""

import re

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields

from model.signatures import Integrity, Modification
from preservation.signatures.pdf.changes import OVERLAY
from tests.fakes import signed_pdfs as pdfs

_NO_PAGES = b"91 0 obj\n<< /Type /Pages /Count 0 /Kids [] >>\nendobj\n"
_PAGE = (0, 0, 200, 200)


def _last(pattern: bytes, data: bytes) -> bytes:
    return re.findall(pattern, data)[-1]


def _update(data: bytes, body: bytes, *, trailer: bytes = b"", shift: int = 0, free: bytes = b"") -> bytes:
    """Append objects in a classic update, its `startxref` moved by so many bytes, with entries for free objects."""
    out = data + b"\n" + body
    table = b"xref\n" + free
    for match in re.finditer(rb"(?m)^(\d+) 0 obj", body):
        table += b"%d 1\n%010d 00000 n \n" % (int(match[1]), len(data) + 1 + match.start())
    identity = _last(rb"(?s)/ID\s*\[.*?\]", data)
    previous = int(_last(rb"startxref\s+(\d+)", data))
    table += b"trailer\n<< /Size 92 /Root 1 0 R /Prev %d %s %s >>\n" % (previous, identity, trailer)
    return out + table + b"startxref\n%d\n%%%%EOF\n" % (len(out) + shift)


def _catalogue(data: bytes, edit: tuple[bytes, bytes]) -> bytes:
    """Return the catalogue once more, something in it replaced; an empty security store is all that is new."""
    body = _last(rb"(?s)\n1 0 obj(.*?)endobj", data).strip()
    return b"1 0 obj\n" + (body[:-2] + b"/DSS << >> >>").replace(*edit) + b"\nendobj\n"


def _facts(tmp_path, data):
    file, _ = pdfs.examined(tmp_path, data)
    return file.signatures[0]


def test_a_plain_update_is_permitted(tmp_path):
    data = pdfs.signed_pdf()
    facts = _facts(tmp_path, _update(data, _catalogue(data, (b"", b""))))
    assert (facts.modification, facts.scope.whole_document) == (Modification.PERMITTED, True)


@pytest.mark.parametrize("again", [b"/Pages 91 0 R", b"/P#61ges 91 0 R"])
def test_an_entry_given_twice_is_read_differently_by_viewers(tmp_path, again):
    data = pdfs.signed_pdf()
    body = _NO_PAGES + _catalogue(data, (b"/Pages 2 0 R", b"/Pages 2 0 R " + again))
    facts = _facts(tmp_path, _update(data, body))
    assert facts.integrity is Integrity.INTACT
    assert (facts.modification, facts.scope.whole_document) == (Modification.SUSPICIOUS, False)


def test_a_trailer_with_two_roots(tmp_path):
    data = pdfs.signed_pdf()
    body = b"90 0 obj\n<< /Type /Catalog /Pages 91 0 R >>\nendobj\n" + _NO_PAGES
    facts = _facts(tmp_path, _update(data, body, trailer=b"/Root 90 0 R"))
    assert facts.modification is Modification.SUSPICIOUS


@pytest.mark.parametrize("shift", [1, 3, -2])
def test_a_wrong_startxref_lets_viewers_find_other_objects(tmp_path, shift):
    data = pdfs.signed_pdf()
    facts = _facts(tmp_path, _update(data, _catalogue(data, (b"", b"")), shift=shift))
    assert facts.modification is Modification.SUSPICIOUS


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        (b"60 1\n0000000000 65534 f \n", Modification.PERMITTED),
        (b"3 1\n0000000000 00001 f \n", Modification.SUSPICIOUS),
        (b"3 1\n0000000000 65534 f \n", Modification.SUSPICIOUS),
    ],
)
def test_numbers_that_no_object_had_may_be_free(tmp_path, free, expected):
    data = pdfs.signed_pdf()
    facts = _facts(tmp_path, _update(data, _catalogue(data, (b"", b"")), free=free))
    assert facts.modification is expected


def _add_field(writer: IncrementalPdfFileWriter, picture: bytes, box: tuple[int, int, int, int]) -> None:
    fields.append_signature_field(writer, fields.SigFieldSpec("Second", box=box))
    field = writer.root["/AcroForm"]["/Fields"][-1]
    sides = generic.ArrayObject([generic.NumberObject(side) for side in box])
    kind = {pdf_name("/Type"): pdf_name("/XObject"), pdf_name("/Subtype"): pdf_name("/Form"), pdf_name("/BBox"): sides}
    drawn = generic.StreamObject(generic.DictionaryObject(kind), stream_data=picture)
    field[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(drawn)})
    writer.update_container(field)


@pytest.mark.parametrize(
    ("picture", "box", "expected"),
    [
        (b"1 g 0 0 200 200 re f", _PAGE, Modification.SUSPICIOUS),
        (b"1 g 0 0 20 9 re f", (10, 10, 30, 19), Modification.SUSPICIOUS),
        (b" \n", _PAGE, Modification.PERMITTED),
    ],
)
def test_a_field_that_nobody_signed_shows_nothing(tmp_path, picture, box, expected):
    changed = pdfs.changed_pdf(pdfs.signed_pdf(), lambda writer: _add_field(writer, picture, box))
    facts = _facts(tmp_path, changed)
    assert facts.modification is expected
    assert (facts.changes == (OVERLAY,)) is (expected is Modification.SUSPICIOUS)


@pytest.mark.parametrize(
    ("box", "expected"), [(_PAGE, Modification.SUSPICIOUS), ((10, 10, 90, 60), Modification.PERMITTED)]
)
def test_a_second_signature_must_not_cover_the_page(tmp_path, box, expected):
    changed = pdfs.changed_pdf(pdfs.signed_pdf(), lambda writer: _add_field(writer, b"0 0 9 9 re f", box))
    facts = _facts(tmp_path, pdfs.signed_pdf(changed, name="Second"))
    assert facts.modification is expected
