"""`format identify` and `format check`: schemas, folders, exit codes."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from formats.commands import format_group
from model import walking
from model.errors import InputError, NotFoundError

DATA = Path(__file__).resolve().parents[2] / "data" / "formats"


def run(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    result = CliRunner().invoke(format_group, [*arguments, "--json"], catch_exceptions=False)
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_identify_a_folder() -> None:
    code, lines = run("identify", str(DATA))
    assert code == 0
    found = {Path(line["path"]).name: line for line in lines}
    assert found["testWORD.doc"]["puid"] == "fmt/40"
    fields = {"schema", "path", "puid", "name", "version", "mime", "basis", "warnings", "signature_release"}
    assert fields <= set(lines[0])
    assert lines[0]["schema"] == "format-identify/1"
    assert [line["path"] for line in lines] == sorted(line["path"] for line in lines)


def test_check_gives_each_outcome_its_exit_code(tmp_path: Path) -> None:
    assert run("check", str(DATA / "valid_1.2.png"))[0] == 0
    code, (line,) = run("check", str(DATA / "encryption_nocopy.pdf"))
    assert code == 3
    assert (line["schema"], line["outcome"], line["puid"]) == ("format-check/1", "FAILED", "fmt/276")
    assert line["validators"][0]["ran"] is True
    assert {"code", "severity", "location", "message", "source"} <= set(line["findings"][0])
    (tmp_path / "a.gz").write_bytes(b"\x1f\x8b\x08\x00" + bytes(40))
    assert run("check", str(tmp_path / "a.gz"))[0] == 4


def test_paths_that_are_not_utf8_and_links(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff.txt"
    Path(os.fsdecode(raw)).write_text("hồ sơ")
    (tmp_path / "link").symlink_to("/etc/passwd")
    code, lines = run("check", str(tmp_path))
    assert code == 3
    assert lines[0]["findings"][0]["code"] == "format.not-a-file"
    assert base64.b64decode(lines[1]["path_b64"]) == raw
    assert lines[1]["outcome"] == "PASSED"


def test_what_is_not_there() -> None:
    with pytest.raises(NotFoundError):
        run("identify", "/nonexistent/file")


def test_folders_are_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("x")
    monkeypatch.setattr(walking, "_MAX_FILES", 3)
    with pytest.raises(InputError):
        run("identify", str(tmp_path))


def test_human_output() -> None:
    result = CliRunner().invoke(format_group, ["check", str(DATA / "encryption_nocopy.pdf")])
    assert "failed" in result.stdout
    assert "password" in result.stdout
