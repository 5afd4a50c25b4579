"""The demonstration runs to its end, in both languages, wherever it lies."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("language", "last"), [("en", "That was the demonstration."), ("vi", "")])
def test_the_demonstration_runs_to_its_end(language: str, last: str, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    environment = {name: text for name, text in os.environ.items() if not name.startswith("CHAUBAN_")}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "examples/demo.py")],
        env=environment | {"CHAUBAN_LANG": language},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert last in done.stdout
    made = {path.name for path in (tmp_path / "demo").iterdir()}
    assert {"so-van-ban-den.pdf", "so-van-ban-di.pdf", "muc-luc-van-ban.pdf", "nop-luu", "tiep-nhan", "huy"} <= made
    assert (tmp_path / "demo/huy/giay-chung-nhan-huy.pdf").stat().st_size
