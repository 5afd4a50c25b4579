"""E-ARK packages, complete and broken, judged by commons-ip 2.10.0 and by us: the same verdict.

Where the two differ, docs/format/eark-conformance.md says why.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from model.findings import Outcome
from preservation.package.check import check_package
from tests.conformance.test_eark_requirements import BREAKS, kind_of
from tests.conftest import DATA
from tests.fakes.eark_complete import PROFILES, change, write_complete

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

MAIN = "org.roda_project.commons_ip2.cli.Main"
BOTH_FAIL = [
    *("CSIP1", "CSIP7", "CSIP9", "CSIP13", "CSIP19", "CSIP26", "CSIP29", "CSIP41", "CSIP53", "CSIP59", "CSIP60"),
    *("CSIP68", "CSIP71", "CSIP81", "CSIP83", "CSIP85", "CSIP88", "CSIP106", "CSIP116", "SIP15"),
]
"""Broken requirements both refuse, a few of each part of METS."""
ONLY_SHOULD = ["CSIP20", "CSIP34", "CSIP47", "CSIP93", "CSIP97"]
"""Broken requirements that are only recommended: both let the package pass."""


@pytest.fixture(scope="module")
def classpath(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The validator's jars, fetched by Maven."""
    if not (shutil.which("java") and shutil.which("mvn")):
        pytest.skip("NOT RUN: java and mvn are needed for the independent E-ARK validator")
    folder = tmp_path_factory.mktemp("commons-ip")
    shutil.copy(DATA / "commons-ip" / "pom.xml", folder)
    done = subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={folder / 'lib'}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"NOT RUN: the independent E-ARK validator could not be fetched: {done.stdout[-300:]}")
    return f"{folder / 'lib'}/*"


def judged(classpath: str, package: Path, folder: Path) -> tuple[str, set[str]]:
    """Return the other validator's result, and the requirements it says are not met."""
    reports = folder / "reports"
    reports.mkdir()
    subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", "-cp", classpath, MAIN, "validate", "-i", str(package), "-o", str(reports)],
        cwd=folder,
        check=False,
        capture_output=True,
    )
    (report,) = (json.loads(path.read_text(encoding="utf-8")) for path in reports.iterdir())
    failed = (item for item in report["validation"] if item["testing"]["outcome"] == "FAILED")
    unmet = {item["id"] for item in failed if item["level"] == "MUST"}
    return report["summary"]["result"], unmet


@pytest.mark.parametrize("kind", PROFILES)
def test_both_accept_a_complete_package(classpath: str, tmp_path: Path, kind: str) -> None:
    package = write_complete(tmp_path, kind)
    result, unmet = judged(classpath, package, tmp_path)
    # it asks a package that declares the profile of CSIP for that of SIP, by its OAIS type
    expected = ("INVALID", {"SIP2"}) if kind == "CSIP" else ("VALID", set())
    assert (result, unmet) == expected
    assert check_package(package).outcome is Outcome.PASSED


@pytest.mark.parametrize("rule", BOTH_FAIL)
def test_both_refuse_a_broken_package(classpath: str, tmp_path: Path, rule: str) -> None:
    package = write_complete(tmp_path, kind_of(rule))
    change(package / "METS.xml", BREAKS[rule])
    assert judged(classpath, package, tmp_path)[0] == "INVALID"
    report = check_package(package)
    assert (report.outcome, f"csip.{rule.lower()}" in {finding.code for finding in report.findings}) == (
        Outcome.FAILED,
        True,
    )


@pytest.mark.parametrize("rule", ONLY_SHOULD)
def test_both_accept_what_is_only_recommended(classpath: str, tmp_path: Path, rule: str) -> None:
    package = write_complete(tmp_path, kind_of(rule))
    change(package / "METS.xml", BREAKS[rule])
    assert judged(classpath, package, tmp_path)[0] == "VALID"
    assert check_package(package).outcome is Outcome.PASSED
