"""Signed documents go in: found, judged, kept with their proof material, found again, and judged again."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.archive import Archive
from archive.catalogue.values import HeldSignature
from archive.search.values import Level
from archive.signatures.recheck import recheck
from archive.signatures.showing import file_json, file_lines, show_files, stored_reports, summary_line
from archive.signatures.values import Direction, RecheckSettings
from archive.store.seekable import open_seekable
from ingest.batch import recover
from ingest.rebuild import rebuild
from ingest.values import IngestReport, IngestStatus
from model.errors import IntegrityError, StorageError
from model.findings import Outcome
from model.preservation import EventType
from model.signatures import Indication, SignedState
from preservation.package.check import check_package
from preservation.package.plan import PackagePlan
from preservation.package.reader import read_package
from preservation.package.writer import write_package
from tests.fakes.archives import codes, container_paths, find, flip_byte, take_in
from tests.fakes.custody import one_examiner
from tests.fakes.signed_cases import (
    altered,
    detached,
    good,
    make_signed_case,
    revoked,
    trust_folder,
    trusting_archive,
)
from tests.fakes.signing import plain_pdf

PLAIN = plain_pdf("Plain")
Filed = tuple[Archive, IngestReport]


@pytest.fixture(scope="module", autouse=True)
def examiner() -> Iterator[None]:
    with one_examiner():
        yield


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with trusting_archive(tmp_path / "archive") as opened:
        yield opened


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filed]:
    """An archive with one case file; who judges it anew under another trust folder judges it back again."""
    folder = tmp_path_factory.mktemp("filed")
    with trusting_archive(folder / "archive") as opened:
        yield opened, taken_in(opened, sound_case(folder / "case"))


@pytest.fixture
def distrust(filed: Filed, tmp_path: Path) -> Iterator[RecheckSettings]:
    """Another trust folder, under which nothing passes."""
    trust_folder(tmp_path / "other", "root-unknown")
    yield RecheckSettings(trust=tmp_path / "other")
    list(recheck(filed[0], RecheckSettings()))


def sound_case(folder: Path, code: str = "H49.64.2024.1") -> Path:
    """A good, a doubtful and an unsigned document, and one with a detached signature."""
    files = {
        "1 tốt.pdf": good(),
        "2 thu hồi.pdf": revoked(),
        "3 chưa ký.pdf": plain_pdf("Unsigned"),
        "4 tách rời.pdf": PLAIN,
        "4 tách rời.pdf.p7s": detached(PLAIN),
    }
    return make_signed_case(folder, code, files)


def taken_in(archive: Archive, folder: Path) -> IngestReport:
    (report,) = take_in(archive, folder)
    assert report.status is IngestStatus.ACCEPTED, report.findings
    return report


def current(archive: Archive, report: IngestReport) -> dict[str, HeldSignature]:
    """Return the one signature of each signed file, by path."""
    assert report.aip_id is not None
    return {file.path: file.signatures[0] for file in archive.catalogue.signed_files(report.aip_id) if file.signatures}


def validations(archive: Archive, report: IngestReport) -> int:
    """Count the events of the package's journal that carry new verdicts."""
    assert report.aip_id is not None
    events = archive.catalogue.events(report.aip_id)
    return sum(event.type is EventType.SIGNATURE_VALIDATION for event in events)


def test_a_signed_case_file_is_kept_with_its_proof(filed: Filed) -> None:
    archive, report = filed
    assert {"signature.accepted", "signature.doubtful"} <= codes(report)
    assert "signature.none" not in codes(report)
    assert report.aip_id is not None
    files = {file.path: file for file in archive.catalogue.signed_files(report.aip_id)}
    assert {path: file.state for path, file in files.items()} == {
        "1 tốt.pdf": SignedState.SIGNED,
        "2 thu hồi.pdf": SignedState.SIGNED,
        "3 chưa ký.pdf": SignedState.UNSIGNED,
        "4 tách rời.pdf": SignedState.UNSIGNED,
        "4 tách rời.pdf.p7s": SignedState.SIGNED,
    }
    assert files["4 tách rời.pdf.p7s"].document == 4
    passed = [path for path, item in current(archive, report).items() if item.filed.verdict == "TOTAL-PASSED"]
    assert passed == ["1 tốt.pdf", "4 tách rời.pdf.p7s"]
    (container, _other) = container_paths(archive) + container_paths(archive, "b")
    checked = check_package(container)
    assert checked.outcome is Outcome.PASSED, [finding.message() for finding in checked.findings]


def test_what_is_kept_suffices_to_judge_again(filed: Filed) -> None:
    archive, report = filed
    assert report.aip_id is not None
    for stored, material in stored_reports(archive, archive.catalogue.versions(report.aip_id)[-1]):
        for signature, verdict in zip(stored.file.signatures, stored.verdicts, strict=True):
            assert set(signature.certificates) | set(signature.revocations) | set(verdict.chain) <= set(material.items)
    assert [item.changes for item in recheck(archive, RecheckSettings())] == [()]


def test_an_altered_document_is_refused(archive: Archive, tmp_path: Path) -> None:
    (report,) = take_in(archive, make_signed_case(tmp_path / "case", "H49.64.2024.1", {"1.pdf": altered()}))
    assert report.status is IngestStatus.REFUSED
    assert report.reason == "signature.refused-by-policy"
    (finding,) = (item for item in report.findings if item.code == "signature.refused-by-policy")
    assert finding.location == "1.pdf"
    assert "TOTAL-FAILED/HASH_FAILURE" in finding.message("en")


def test_policy_decides_about_unsigned_documents(archive: Archive, tmp_path: Path) -> None:
    shipped = Path("preservation/signatures/data/signature-policy.toml").read_text(encoding="utf-8")
    strict = shipped.replace('"none" = "pass"', '"none" = "refuse"')
    assert strict != shipped
    (archive.folder / "signature-policy.toml").write_text(strict, encoding="utf-8")
    (report,) = take_in(archive, sound_case(tmp_path / "case"))
    assert report.status is IngestStatus.REFUSED
    unsigned = [finding.location for finding in report.findings if finding.code == "signature.none"]
    assert unsigned == ["3 chưa ký.pdf"]


def test_missing_signers_are_told(filed: Filed) -> None:
    _archive, report = filed
    missing = [
        (finding.location, dict(finding.args)["who"])
        for finding in report.findings
        if finding.code == "signature.required-missing"
    ]
    assert ("1 tốt.pdf", "agency") in missing
    assert ("1 tốt.pdf", "person") not in missing
    assert ("3 chưa ký.pdf", "person") in missing


def test_switched_off_nothing_is_looked_for(archive: Archive, tmp_path: Path) -> None:
    settings = replace(archive.configuration.signatures, check=False)
    quiet = replace(archive, configuration=replace(archive.configuration, signatures=settings))
    report = taken_in(quiet, make_signed_case(tmp_path / "case", "H49.64.2024.1", {"1.pdf": altered()}))
    assert not [code for code in codes(report) if code.startswith("signature.")]
    (container,) = container_paths(archive)
    assert b"chauban/signatures.jsonl" not in container.read_bytes()


def test_a_resumed_ingest_judges_nothing_twice_and_gives_the_same_bytes(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest import pipeline

    first = io.BytesIO()

    def cut_off(plan: PackagePlan, staging: Path, _write: object) -> None:
        write_package(plan, staging, first.write)
        raise StorageError("the power went away")

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "write_package", cut_off)
        (report,) = take_in(archive, sound_case(tmp_path / "case"))
    assert report.status is IngestStatus.FAILED
    with monkeypatch.context() as patch:
        patch.setattr("ingest.signatures.SignatureChecker", None)
        (resumed,) = recover(archive)
    assert resumed.status is IngestStatus.ACCEPTED
    (container,) = container_paths(archive)
    assert container.read_bytes() == first.getvalue()
    assert list(archive.work.iterdir()) == []


def test_everything_comes_back_from_the_packages(filed: Filed, distrust: RecheckSettings) -> None:
    archive, report = filed
    (changed,) = recheck(archive, distrust)
    assert len(changed.changes) == 3
    before = list(archive.catalogue.dump())
    rebuild(archive)
    assert list(archive.catalogue.dump()) == before
    assert current(archive, report)["1 tốt.pdf"].current.indication is Indication.INDETERMINATE


def test_signatures_are_searched_by_their_current_verdict(filed: Filed, distrust: RecheckSettings) -> None:
    archive, report = filed
    documents = {
        "verdict:passed": {"1", "4"},
        'ketqua:"hợp lệ" AND signer:anh': {"1", "4"},
        "verdict:indeterminate": {"2"},
        "verdict:chưa-ký": {"3"},
        "subindication:revoked_no_poe": {"2"},
        "signer:(ngô bá hủy)": {"2"},
        "issuer:sông": {"1", "2", "4"},
        "signlevel:LT -signlevel:PAdES": {"4"},
        "algorithm:rsa-2048 AND mucky:pades-lt": {"1", "2"},
        "certexpiry:2029": {"1", "2", "4"},
        "certexpiry:2026..2028": set(),
        "certexpiry:<2030-06 NOT verdict:passed": {"2"},
    }
    for query, expected in documents.items():
        found = {hit.id.partition("/")[2] for hit in find(archive, query, level=Level.DOCUMENT).hits}
        assert found == expected, query
    page = find(archive, "", facets=True)
    assert dict(page.facets["verdict"])["passed"] == 3
    list(recheck(archive, distrust))
    assert find(archive, "verdict:passed").total == 0
    assert current(archive, report)["1 tốt.pdf"].filed.indication is Indication.TOTAL_PASSED


def test_recheck_for_worse_and_for_better(filed: Filed, distrust: RecheckSettings) -> None:
    archive, report = filed
    assert report.aip_id is not None
    before = validations(archive, report)
    (dry,) = recheck(archive, replace(distrust, dry_run=True))
    (worse,) = recheck(archive, distrust)
    assert dry.changes == worse.changes
    assert {item.change.path: item.direction for item in worse.changes} == {
        "1 tốt.pdf": Direction.WORSE,
        "2 thu hồi.pdf": Direction.OTHER,
        "4 tách rời.pdf.p7s": Direction.WORSE,
    }
    (same,) = recheck(archive, distrust)
    assert same.changes == ()
    (better,) = recheck(archive, RecheckSettings(aip_ids=(report.aip_id,)))
    assert [item.direction for item in better.changes].count(Direction.BETTER) == 2
    assert validations(archive, report) == before + 2
    assert all(item.current.verdict == item.filed.verdict for item in current(archive, report).values())


def test_recheck_for_another_time_records_nothing(filed: Filed) -> None:
    archive, report = filed
    at = archive.clock.now() + timedelta(days=365 * 20)
    (later,) = recheck(archive, RecheckSettings(at=at))
    assert later.changes
    assert all(item.direction is not Direction.BETTER for item in later.changes)
    assert all(item.current == item.filed for item in current(archive, report).values())


def test_recheck_tells_of_a_damaged_package_and_goes_on(archive: Archive, tmp_path: Path) -> None:
    taken_in(archive, sound_case(tmp_path / "one", "H49.64.2024.1"))
    files = {"1.pdf": good(archive.clock.now() - timedelta(days=1, hours=3))}
    taken_in(archive, make_signed_case(tmp_path / "two", "H49.64.2024.2", files))
    for store in ("a", "b"):
        path = container_paths(archive, store)[0]
        flip_byte(path, path.read_bytes().index(b'"chauban-signatures/1"') + 3)
    results = list(recheck(archive, RecheckSettings()))
    assert [type(item.problem) for item in results if item.problem] == [IntegrityError]
    assert len(results) == 2


def test_shown_as_filed_and_as_judged_again(filed: Filed, distrust: RecheckSettings) -> None:
    archive, report = filed
    assert report.aip_id is not None
    held = archive.catalogue.get_case_file(report.aip_id)
    assert held is not None
    assert summary_line(archive, held) == "2 valid; 1 cannot be decided; 2 × no signature"
    list(recheck(archive, distrust))
    shown = {found.file.path: (found, known) for found, known in show_files(archive, held)}
    text = "\n".join(file_lines(*shown["1 tốt.pdf"]))
    assert "Nguyễn Thị Hồng Ánh" in text
    assert "judged again" in text
    data: Any = file_json(held, *shown["1 tốt.pdf"])
    assert data["schema"] == "signature-show/1"
    assert data["signatures"][0]["indication"] == "TOTAL-PASSED"
    assert data["current"][0]["indication"] == "INDETERMINATE"


def test_the_payload_is_not_read_again(archive: Archive, tmp_path: Path) -> None:
    taken_in(archive, sound_case(tmp_path / "case"))
    (container,) = container_paths(archive)
    with container.open("rb") as stream:
        first = min(file.offset for file in read_package(stream).files)
    for store in ("a", "b"):
        path = container_paths(archive, store)[0]
        content = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(content[:first] + bytes(len(content) - first))
    with open_seekable(archive.copies, container.relative_to(archive.folder / "a").as_posix()) as stream:
        assert read_package(stream).aip_id
    (result,) = recheck(archive, RecheckSettings())
    assert result.problem is None
    assert result.signatures == 3
