"""The dissemination packages we write, judged by commons-ip 2.10.0, an independent E-ARK validator.

Every finding that remains is explained in docs/format/dip-v1.md, section 9.
"""

import json
import subprocess
from pathlib import Path

import pytest

from tests.conformance.test_eark_commons_ip import classpath  # noqa: F401 - a fixture
from tests.unit.preservation.test_package_dip import dip_plan, on_disk, written

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

EXPLAINED = {"eark": set(), "vn-tt05": {"CSIP2", "CSIP107"}}


@pytest.mark.parametrize("profile", sorted(EXPLAINED))
def test_commons_ip_finds_nothing_unexplained(
    classpath: str,  # noqa: F811 - the fixture
    tmp_path: Path,
    profile: str,
) -> None:
    files = written(dip_plan(tmp_path, profile), tmp_path)
    objid = {"eark": "01970000-dddd-7eee-8fff-0123456789ab", "vn-tt05": "uuid-01970000-DDDD-7EEE-8FFF-0123456789AB"}
    package = on_disk(files, tmp_path / objid[profile])
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
