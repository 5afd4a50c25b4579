"""What becomes of each example in a real archive is what expected.csv says."""

import csv
import json
from pathlib import Path

import pytest

from archive.archive import create_archive, open_archive
from archive.catalogue.values import TransferQuery
from ingest.batch import BatchSettings, ingest_all
from ingest.sources.describe_checks import check_description
from ingest.sources.descriptor import read_description
from ingest.sources.discovery import discover
from ingest.sources.values import Limits
from model.findings import Severity

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
with (EXAMPLES / "expected.csv").open(encoding="utf-8", newline="") as file:
    EXPECTED = list(csv.DictReader(file))


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    folder = tmp_path_factory.mktemp("archive") / "kho"
    create_archive(folder)
    with open_archive(folder) as archive:
        settings = BatchSettings(folder=folder, profile="", fonds="")
        for row in EXPECTED:
            for _report in ingest_all([EXAMPLES / row["path"]], archive, settings):
                pass
        transfers = list(archive.catalogue.list_transfers(TransferQuery(limit=1000)))
    return {
        Path(transfer.source).relative_to(EXAMPLES).as_posix(): {
            "state": transfer.state.value,
            "reason": transfer.reason,
            "report": json.loads(transfer.report) if transfer.report else {},
        }
        for transfer in transfers
    }


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row["path"])
def test_the_outcome_is_as_expected(row: dict[str, str], reports: dict[str, dict[str, object]]) -> None:
    got = reports[row["path"]]
    assert got["state"] == row["outcome"], got
    codes = {finding["code"] for finding in got["report"]["findings"]}  # type: ignore[index]  # parsed JSON
    assert set(row["codes"].split()) <= codes


@pytest.mark.parametrize("row", [row for row in EXPECTED if row["outcome"] == "accepted"], ids=lambda row: row["path"])
def test_a_good_description_reads_without_a_finding(row: dict[str, str], tmp_path: Path) -> None:
    (submission,) = discover([EXAMPLES / row["path"]], Limits())
    try:
        description = read_description(submission, tmp_path, Limits())
        names = [entry.name for entry in submission.source.entries()]
        others = [name for name in names if name != description.descriptor]
        findings = [*description.findings, *check_description(description, others)]
    finally:
        submission.source.close()
    assert [finding.code for finding in findings if finding.severity is not Severity.INFO] == []
    assert description.case_file.total_doc == len(list(description.documents))
