"""The forms we write as PDF, judged by veraPDF 1.30.2, the reference validator of PDF/A."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import DATA
from tests.fakes.form_facts import FORMS

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def classpath(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The validator's jars, fetched by Maven."""
    if not (shutil.which("javac") and shutil.which("mvn")):
        pytest.skip("NOT RUN: javac and mvn are needed for veraPDF")
    folder = tmp_path_factory.mktemp("verapdf")
    shutil.copy(DATA / "verapdf" / "pom.xml", folder)
    done = subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={folder / 'lib'}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"NOT RUN: veraPDF could not be fetched: {done.stdout[-300:]}")
    return f"{folder / 'lib'}/*"


def verdicts(classpath: str, files: list[Path]) -> dict[str, str]:
    """Return veraPDF's line about each file, by the file's name."""
    command = ["java", "-cp", classpath, str(DATA / "verapdf" / "Check.java"), *map(str, files)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return {path.name: line for path, line in zip(files, lines, strict=True)}


def test_verapdf_passes_every_form(classpath: str, tmp_path: Path) -> None:
    files = [write(tmp_path / f"{name}.pdf") for name, write in FORMS.items()]
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(files[0].read_bytes().replace(b"/OutputIntents", b"/OutputIntentz"))
    found = verdicts(classpath, [*files, broken])
    assert found.pop("broken.pdf").startswith("fail "), "a validator that passes everything proves nothing"
    assert {name: line for name, line in found.items() if not line.startswith("pass ")} == {}
