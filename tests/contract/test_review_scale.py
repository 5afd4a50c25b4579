"""A review over a hundred thousand case files: everything is streamed."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from archive.archive import open_archive
from archive.review.council import appoint, minute, object_, vote
from archive.review.recording import find_review
from archive.review.values import Choice, ItemState
from tests.fakes.reviews import CHAIR, MEMBER, PASSWORD, SECRETARY, make_archive
from tests.fakes.terminal import Terminal

COUNT = 100_000
MOST_MIB = 256
TOKEN = "CHAUBAN_TOKEN_FILE"
_MEASURED = """
import resource, sys
sys.argv[0] = "chauban"
import cli
try:
    cli.main()
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""
_NUMBERED = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
_ID = "printf('00000000-0000-7000-8000-%012d', i)"
_FILL = (
    "INSERT INTO case_files SELECT {id}, 'HS.' || i, 'Hồ sơ số ' || i || ' về việc sửa đường', '05', '01',"
    " '2001-01-01', '2003-12-31', 'P09', 'H49', '{{}}', {id}, '2024-01-01T00:00:00.000Z', 1 FROM n",
    "INSERT INTO package_versions ({versions}) SELECT {values} FROM n",
    "INSERT INTO retention SELECT {id}, 'TT05-05', 1, 'documents', '', 'destroy', '', '2003-12-31', '2004-01-01',"
    " '2024-01-01', '2024-03-31', 'P09', 'H49', '01', '05', '', '2003-12-31', '2024-01-01' FROM n",
)


def fill(database: sqlite3.Connection) -> None:
    """Enter case files that exist in the catalogue only."""
    columns = [row[1:3] for row in database.execute("PRAGMA table_info(package_versions)")]
    columns = [(name, kind) for name, kind in columns if name != "id"]
    blank = {"INTEGER": "1", "BLOB": "x'00'"}
    values = [_ID if name == "aip_id" else blank.get(kind, "'' || i") for name, kind in columns]
    for statement in _FILL:
        filled = statement.format(id=_ID, versions=", ".join(name for name, _kind in columns), values=", ".join(values))
        before, _into, after = filled.partition(" SELECT ")
        database.execute(f"{before} {_NUMBERED.format(count=COUNT)} SELECT {after}")


def peak(folder: Path, *words: str) -> float:
    """Run a command in a process of its own; return the most memory it had, in MiB."""
    line = [sys.executable, "-c", _MEASURED, "--archive", str(folder), *words]
    done = subprocess.run(line, capture_output=True, text=True, timeout=600, env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done.stderr
    return int(done.stderr.rsplit("peak", 1)[1]) / 1024


@pytest.mark.long
def test_a_hundred_thousand_case_files_in_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_archive(tmp_path, count=1)
    folder, terminal = tmp_path / "archive", Terminal(tmp_path / "archive")
    monkeypatch.setenv(TOKEN, str(tmp_path / "token"))
    (tmp_path / "password.txt").write_text(PASSWORD, "utf-8")
    assert terminal("retention", "due", "--limit", "1").code == 0
    with sqlite3.connect(folder / "catalogue.sqlite") as database:
        fill(database)
    because = ("--because", "x")
    opened = peak(folder, "retention", "review", "open", "--title", "Nhiều", "--fonds", "P09", *because)
    assert opened < MOST_MIB
    with open_archive(folder) as archive:
        review = find_review(archive, archive.catalogue.reviews.all()[0][1])
        assert review.opened.body.listed == COUNT
        review = appoint(archive, review, (CHAIR, SECRETARY, [MEMBER]), "x")
        for login in (CHAIR, SECRETARY):
            assert terminal("login", login, "--password-file", tmp_path / "password.txt").code == 0
            review = vote(archive, review, Choice.DESTROY, [], "x")
        review = object_(archive, review, ["HS.5", "HS.6"], "x")
        review = minute(archive, review, "x")
        assert review.left == COUNT - 2
        assert archive.catalogue.reviews.counts(review.id) == {ItemState.LISTED: COUNT - 2, ItemState.OBJECTED: 2}
        with pytest.raises(Exception, match="already"):
            object_(archive, review, ["HS.5"], "x")
    for path in folder.glob("catalogue.sqlite*"):
        path.unlink()
    assert peak(folder, "rebuild") < MOST_MIB
    with open_archive(folder) as archive:
        assert archive.catalogue.reviews.counts(review.id) == {ItemState.LISTED: COUNT - 2, ItemState.OBJECTED: 2}
    assert terminal("retention", "review", "list").code == 0
