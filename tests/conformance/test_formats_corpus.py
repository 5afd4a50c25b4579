"""Every file of the corpus against the verdict its origin gives; prints a score table.

What we do not reach is named below with its reason, and listed in docs/formats.md.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from formats.examine import ExamineItem, Examiner
from model.findings import Outcome, outcome_of
from model.formats import FormatFacts

FOLDERS = ("formats", "pdfa", "office-mail", "pronom", "hostile", "vietnamese-legal-text")
SCHEMA = "needs its XML Schema: validity, beyond well-formedness"
EXCEPTIONS = {
    "formats/wellformedness/application_pdf/invalid_1.4_wrong_version.pdf": "a newer version breaks no rule",
    "formats/wellformedness/application_epub+zip/invalid_2.0.1_libreoffice.epub": "rules of EPUB beyond its package",
    "formats/wellformedness/text_xml/invalid_1.0_catalog.xml": SCHEMA,
    "formats/wellformedness/text_xml/invalid_1.0_local_xsd.xml": SCHEMA,
    "formats/wellformedness/text_xml/invalid_1.0_no_namespace_xsd.xml": SCHEMA,
    "formats/wellformedness/text_xml/invalid_1.0_xsd.xml": SCHEMA,
}


def _met(expected: str, facts: FormatFacts) -> bool:
    outcome = outcome_of(facts.findings)
    codes = {finding.code for finding in facts.findings}
    word, _, value = expected.partition(":")
    if word == "puid":
        return facts.identification.puid == value
    checks = {
        "well-formed": outcome is not Outcome.FAILED,
        "pdfa-pass": outcome is not Outcome.FAILED,
        "accept": outcome is not Outcome.FAILED,
        "bounded": not codes & {"format.timeout", "format.crashed", "format.memory"},
        "not-well-formed": outcome is Outcome.FAILED,
        "refuse": outcome is Outcome.FAILED,
        "refuse-by-limit": outcome is Outcome.FAILED,
        "encrypted": "format.encrypted" in codes,
        "text": bool(facts.text),
        "mail": facts.text.count("\n") > 2,
        "embedded": "format.embedded-files" in codes,
    }
    return checks.get(word, "format.crashed" not in codes)


def _cases(corpus: Path) -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        with (corpus / folder / "expected.csv").open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                if row["expected"] != "reference":
                    yield f"{folder}/{row['path']}", row["expected"]


@pytest.mark.corpus
def test_every_file_gets_the_verdict_of_its_origin(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = list(_cases(corpus))
    met: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    missed: dict[str, str] = {}
    items = [ExamineItem(path=corpus / path, name=Path(path).name) for path, _ in cases]
    with Examiner() as examiner:
        for (path, expected), facts in zip(cases, examiner.examine(items), strict=True):
            key = path.split("/", 1)[0], expected.partition(":")[0]
            total[key] += 1
            if _met(expected, facts):
                met[key] += 1
            else:
                missed[path] = f"{expected}: {facts.identification.puid} {[(f.code, f.args) for f in facts.findings]}"
    with capsys.disabled():
        print()
        for key in sorted(total):
            print(f"  {key[0]:<24}{key[1]:<18}{met[key]:>4} of {total[key]}")
        for path, what in missed.items():
            print("  missed:", path, what[:300])
    assert set(missed) == set(EXCEPTIONS)
