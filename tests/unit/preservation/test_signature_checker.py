"""The checker of signatures: one worker for many files, reports in order, stored facts judged again."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.errors import ConfigurationError
from model.findings import Outcome
from model.signatures import Indication, Integrity, Role, SignatureReport, SignedState
from model.walking import FoundFile
from preservation.signatures.beside import Surroundings
from preservation.signatures.checker import CheckItem, SignatureChecker, StoredSignatures
from preservation.signatures.pairing import PairedChecks
from preservation.signatures.rendering import report_json, report_lines
from preservation.signatures.requirement import Requirement, required
from tests.fakes.signing import sign_cms

DATA = Path(__file__).resolve().parents[2] / "data" / "signatures"
CORPUS = DATA / "corpus"
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def checker() -> Iterator[SignatureChecker]:
    with SignatureChecker(at=AT) as checker:
        yield checker


def check(checker: SignatureChecker, *paths: Path) -> list[SignatureReport]:
    items = [CheckItem(path=path, name=path.name) for path in paths]
    return [checked.report for checked in checker.check(items)]


def test_reports_come_in_order_from_one_worker(checker: SignatureChecker, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("ghi chú")
    names = ["minimal.pdf", "counterSig.p7m", "dss-signed.xml", "xades-onefile-ok.asice"]
    paths = [tmp_path / "note.txt", *(CORPUS / name for name in names), tmp_path / "note.txt", tmp_path / "absent"]
    first, last = check(checker, *paths), check(checker, *paths)
    assert [one.file.path for one in first] == [path.name for path in paths]
    assert [one.file.kind for one in first] == ["", "pdf", "cms", "xml", "asic-e", "", ""]
    assert first == last
    assert [one.file.state for one in first[-2:]] == [SignedState.NOT_SIGNABLE, SignedState.UNREADABLE]
    assert all(one.outcome is Outcome.INDETERMINATE and one.checked_at == AT for one in first)
    assert {one.policy for one in first} == {checker.policy.id}
    assert {one.trust for one in first} == {checker.trust.id}


def test_stored_facts_are_judged_again_without_the_file(checker: SignatureChecker) -> None:
    items = [CheckItem(path=CORPUS / name, name=name) for name in ("counterSig.p7m", "dss-signed.xml")]
    checked = list(checker.check(items))
    again = list(checker.judge(StoredSignatures(file=one.report.file, material=one.material) for one in checked))
    assert [one.report for one in again] == [one.report for one in checked]
    assert [set(one.material.items) for one in again] == [set(one.material.items) for one in checked]
    assert all(len(one.material) for one in again)


def test_every_verdict_has_its_json_and_its_lines(checker: SignatureChecker) -> None:
    for path in sorted(CORPUS.iterdir()):
        (report,) = check(checker, path)
        told = report_json(report)
        assert told["schema"] == "signature-check/1"
        assert len(told["signatures"]) == len(report.file.signatures)
        lines = "\n".join(report_lines(report))
        assert path.name in lines
        for facts in report.file.signatures:
            assert facts.id in lines


def test_a_signature_finds_its_document_by_name_and_by_digest(checker: SignatureChecker, tmp_path: Path) -> None:

    document = tmp_path / "Quyết định.pdf"
    document.write_bytes(b"%PDF-1.4 a document")
    (tmp_path / "Quyết định.pdf.p7s").write_bytes(sign_cms(document.read_bytes()))
    (tmp_path / "other.p7s").write_bytes(sign_cms(document.read_bytes()))
    surroundings = Surroundings()
    for name in ("Quyết định.pdf.p7s", "other.p7s"):
        path = tmp_path / name
        item = CheckItem(path=path, name=name, companions=surroundings.of(path))
        (checked,) = checker.check([item])
        (facts,) = checked.report.file.signatures
        assert facts.integrity is Integrity.INTACT, name
        assert facts.scope.covered == (document.name,)
    document.write_bytes(b"%PDF-1.4 another document")
    path = tmp_path / "Quyết định.pdf.p7s"
    (checked,) = checker.check([CheckItem(path=path, name=path.name, companions=Surroundings().of(path))])
    assert checked.report.outcome is Outcome.FAILED


def test_a_document_answers_with_the_signature_beside_it(checker: SignatureChecker, tmp_path: Path) -> None:

    (tmp_path / "a.txt").write_bytes(b"hello")
    (tmp_path / "a.txt.p7s").write_bytes(sign_cms(b"hello"))
    (tmp_path / "b.txt").write_bytes(b"changed")
    (tmp_path / "b.txt.p7s").write_bytes(sign_cms(b"as it was signed"))
    (tmp_path / "c.p7s").write_bytes(sign_cms(b"c"))
    (tmp_path / "c.txt").write_bytes(b"c")
    (tmp_path / "d.txt").write_bytes(b"unsigned")
    names = sorted(path.name for path in tmp_path.iterdir())
    files = [FoundFile(path=tmp_path / name, links=False) for name in names]
    found = {one.path.name: one for one in PairedChecks(checker, Surroundings()).run(files)}
    assert list(found) == names
    assert found["a.txt"].signed_by == ("a.txt.p7s",)
    assert found["c.txt"].signed_by == ("c.p7s",)
    assert found["d.txt"].signed_by == ()
    assert found["a.txt"].checked.report.outcome is found["a.txt.p7s"].checked.report.outcome
    codes = {one.code for one in found["a.txt"].checked.report.file.findings}
    assert codes == {"signature.detached-beside"}
    assert found["b.txt"].checked.report.outcome is Outcome.FAILED, "its own signature says it was changed"
    (alone,) = PairedChecks(checker, Surroundings()).run([FoundFile(path=tmp_path / "a.txt", links=True)])
    assert alone.signed_by == ("a.txt.p7s",)


def test_what_may_be_demanded(checker: SignatureChecker) -> None:
    unsigned, signed = check(checker, CORPUS / "minimal.pdf", CORPUS / "dss-signed.xml")
    assert required(unsigned, Requirement.ANY) == unsigned
    allowed = required(unsigned, Requirement.NONE)
    assert allowed.outcome is Outcome.PASSED
    assert [one.severity.value for one in allowed.file.findings] == ["info"]
    assert required(signed, Requirement.NONE) == signed
    (verdict,) = signed.verdicts
    person = replace(
        signed,
        verdicts=(replace(verdict, indication=Indication.TOTAL_PASSED, sub_indication=None, role=Role.PERSON),),
        outcome=Outcome.PASSED,
    )
    assert required(person, Requirement.PERSON) == person
    both = required(person, Requirement.BOTH)
    assert both.outcome is Outcome.INDETERMINATE
    assert [one.code for one in both.file.findings] == ["signature.role-missing"]
    assert required(signed, Requirement.AGENCY).outcome is Outcome.INDETERMINATE


def test_folders_of_trust_are_read_before_anything_is_checked(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        SignatureChecker(tmp_path / "absent")
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "trust.toml").write_text("version = 2")
    with pytest.raises(ConfigurationError):
        SignatureChecker(tmp_path / "trust")


def test_special_files_and_links(checker: SignatureChecker, tmp_path: Path) -> None:
    (tmp_path / "link.pdf").symlink_to(CORPUS / "minimal.pdf")
    path = tmp_path / "link.pdf"
    followed, refused = (
        one.report.file
        for one in checker.check(CheckItem(path=path, name=path.name, links=links) for links in (True, False))
    )
    assert followed.state is SignedState.UNSIGNED
    assert [one.code for one in refused.findings] == ["signature.not-a-file"]
    (directory,) = check(checker, tmp_path)
    assert directory.file.state is SignedState.UNREADABLE


def test_a_timestamp_that_lies_alone(checker: SignatureChecker, tmp_path: Path) -> None:
    shutil.copy(DATA / "cades" / "tst-response.tsr", tmp_path / "hello.tsr")
    (report,) = check(checker, tmp_path / "hello.tsr")
    (stamp,) = report.file.timestamps
    assert (report.file.state, stamp.integrity, stamp.imprint_matches) == (
        SignedState.UNSIGNED,
        Integrity.INTACT,
        None,
    )
    assert report.outcome is Outcome.INDETERMINATE


def test_other_kinds_are_named_and_not_passed_over(checker: SignatureChecker, tmp_path: Path) -> None:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    (tmp_path / "plain.doc").write_bytes(head + bytes(600))
    (tmp_path / "signed.doc").write_bytes(head + bytes(600) + "_xmlsignatures".encode("utf-16-le"))
    (tmp_path / "locked.docx").write_bytes(head + bytes(600) + "EncryptedPackage".encode("utf-16-le"))
    (tmp_path / "note.asc").write_bytes(b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nx\n")
    reports = check(checker, *(tmp_path / name for name in ("plain.doc", "signed.doc", "locked.docx", "note.asc")))
    assert [one.file.state.value for one in reports] == ["unsigned", "unreadable", "unreadable", "unreadable"]
    codes = [one.file.findings[0].code for one in reports]
    assert codes == ["signature.none", "signature.unsupported", "signature.encrypted", "signature.unsupported"]
