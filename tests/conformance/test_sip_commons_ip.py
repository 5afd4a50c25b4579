"""The submission packages we write, judged by commons-ip 2.10.0, an independent E-ARK validator.

Every finding that remains is explained in docs/format/sip-v1.md, section 8.
"""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conformance.test_eark_commons_ip import classpath  # noqa: F401 - a fixture
from tests.unit.preservation.test_package_sip import FOLDERS, complete, on_disk, sip_plan, written

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

EXPLAINED = {"eark": set(), "vn-tt05": {"CSIP107", "SIP2"}}


@pytest.mark.parametrize("profile", sorted(EXPLAINED))
def test_commons_ip_finds_nothing_unexplained(
    classpath: str,  # noqa: F811 - the fixture
    tmp_path: Path,
    profile: str,
) -> None:
    plan = complete(sip_plan(tmp_path, profile))
    plan = replace(plan, files=[file for file in plan.files if not file.object.path.endswith(".fetch.txt")])
    package = on_disk(written(plan, tmp_path), tmp_path / FOLDERS[profile])
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
