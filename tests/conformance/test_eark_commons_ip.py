"""What we write, judged by commons-ip 2.10.0, an independent E-ARK validator (CSIP and AIP 2.2.0).

Every finding that remains is explained in docs/format/eark-conformance.md.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import DATA
from tests.fakes.package_plans import changed, package_plan, written
from tests.fakes.signature_reports import evidence_for

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

EXPLAINED = {"eark": set(), "vn-tt05": {"CSIP1", "CSIP107"}}


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


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("profile", ["eark", "vn-tt05"])
def test_commons_ip_finds_nothing_unexplained(classpath: str, tmp_path: Path, profile: str, signed: bool) -> None:
    plan = package_plan(tmp_path, profile)
    evidence = evidence_for(list(plan.files)) if signed else None
    data, result = written(changed(plan, signatures=evidence), tmp_path)
    (tmp_path / "package.tar").write_bytes(data)
    subprocess.run(["tar", "-xf", "package.tar"], cwd=tmp_path, check=True)
    (package,) = (tmp_path / result.top_folder / "data").iterdir()
    reports = tmp_path / "reports"
    reports.mkdir()
    main = "org.roda_project.commons_ip2.cli.Main"
    subprocess.run(
        ["java", "-cp", classpath, main, "validate", "-i", str(package), "-o", str(reports)],
        cwd=tmp_path,
        check=False,
        capture_output=True,
    )
    (report,) = (json.loads(path.read_text()) for path in reports.iterdir())
    failed = {
        item["id"]: item["testing"]["issues"] for item in report["validation"] if item["testing"]["outcome"] == "FAILED"
    }
    assert set(failed) == EXPLAINED[profile], failed
    assert report["summary"]["warnings"] == 0
    assert report["summary"]["success"] > 100
    assert report["summary"]["result"] == ("VALID" if profile == "eark" else "INVALID")
