"""PDFs signed by other software: each gives what its list of expectations says."""

import csv

import pytest

from model.material import Material
from model.signatures import Integrity, Level, Modification, SignedState, SubIndication
from preservation.signatures.pdf.examine import examine_pdf
from preservation.signatures.source import SignedFile
from tests.conftest import DATA

PADES = DATA / "signatures" / "pades"


def examine(path):
    return examine_pdf(SignedFile(path=path, name=path.name, material=Material()))


def ordinary(facts):
    return (
        facts.integrity is Integrity.INTACT
        and facts.modification is not Modification.SUSPICIOUS
        and facts.scope.whole_document is True
    )


def uncovered(facts):
    codes = {finding.code for finding in facts.findings}
    return (
        facts.integrity is Integrity.INTACT
        and facts.scope.whole_document is False
        and facts.modification is Modification.SUSPICIOUS
        and any(code.startswith("signature.pdf-range") for code in codes)
    )


@pytest.mark.parametrize("name", ["one-byterange", "weird-byterange", "signature-gap-too-big", "tail-uncovered"])
def test_coverage(name):
    (facts,) = examine(PADES / f"{name}.pdf").signatures
    assert uncovered(facts)


def test_form_filled_in_between():
    first, second = examine(PADES / "form-update-override-appearance-stream.pdf").signatures
    assert first.modification is Modification.PERMITTED
    assert second.modification is Modification.NONE
    assert ordinary(first)
    assert ordinary(second)


def test_form_update_that_goes_too_far():
    first, second = examine(PADES / "form-update-override-appearance-stream-sneaky.pdf").signatures
    assert (first.integrity, first.modification) == (Integrity.INTACT, Modification.SUSPICIOUS)
    assert "object 9 replaced" in first.changes
    assert ordinary(second)


def test_contents_inside_the_signature():
    (facts,) = examine(PADES / "pdf-sig-with-econtent.pdf").signatures
    assert (facts.integrity, facts.failure) == (Integrity.UNKNOWN, SubIndication.FORMAT_FAILURE)


def test_without_signed_attributes():
    (facts,) = examine(PADES / "sig-no-signed-attrs.pdf").signatures
    assert ordinary(facts)


def test_long_term_archive_level():
    file = examine(PADES / "pades-lta-dss-indirect-arrs-test.pdf")
    (facts,) = file.signatures
    assert ordinary(facts)
    assert facts.level is Level.LTA
    assert facts.changes == ("LTA_UPDATES",)
    assert len(file.timestamps[0].covered_material) >= 4


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("minimal-startxref-hopeless", SignedState.UNREADABLE),
        ("minimal-aes256", SignedState.UNSIGNED),
        ("circular-page-tree", SignedState.UNSIGNED),
    ],
)
def test_without_signatures(name, state):
    assert examine(PADES / f"{name}.pdf").state is state


CHECKS = {
    "intact": lambda file: file.signatures and all(ordinary(facts) for facts in file.signatures),
    "broken": lambda file: any(facts.integrity is Integrity.BROKEN for facts in file.signatures),
    "broken-or-malformed": lambda file: (
        file.state is SignedState.UNREADABLE or any(facts.integrity is Integrity.BROKEN for facts in file.signatures)
    ),
    "intact-but-modified": lambda file: (
        all(facts.integrity is Integrity.INTACT for facts in file.signatures)
        and any(facts.modification is Modification.SUSPICIOUS and facts.changes for facts in file.signatures)
    ),
    "intact-but-coverage": lambda file: all(uncovered(facts) for facts in file.signatures),
    "intact-timestamp-broken": lambda file: (
        all(ordinary(facts) for facts in file.signatures)
        and any(stamp.imprint_matches is False and stamp.findings for stamp in file.timestamps)
    ),
    "cannot-verify": lambda file: all(
        facts.integrity is Integrity.UNKNOWN and facts.findings for facts in file.signatures
    ),
    "malformed": lambda file: (
        file.state is SignedState.UNREADABLE
        or all(facts.failure is SubIndication.FORMAT_FAILURE for facts in file.signatures)
    ),
    "no-signature": lambda file: file.state is SignedState.UNSIGNED,
    "no-crash": lambda file: True,
}


@pytest.mark.corpus
def test_the_whole_corpus(corpus):
    folder = corpus / "signatures"
    rows = csv.DictReader((folder / "expected.csv").read_text(encoding="utf-8").splitlines())
    wrong = [
        (row["path"], row["expected"])
        for row in rows
        if row["path"].startswith("pades/") and not CHECKS[row["expected"]](examine(folder / row["path"]))
    ]
    assert not wrong
