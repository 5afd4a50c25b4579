"""What must hold after anything that went wrong: nothing half, nothing twice, nothing left, everything verifiable."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from archive.archive import Archive, open_archive
from archive.campaign import CampaignSettings, verify_all
from formats.examine import Examiner
from model.findings import Outcome
from model.ports import SystemClock
from preservation.signatures.checker import SignatureChecker

PROGRAM = "import cli; cli.main()"


def chauban(
    archive: Path, *arguments: object, before: str = "", environment: dict[str, str] | None = None, seconds: float = 60
) -> "subprocess.CompletedProcess[str]":
    """Run the program as a user does, in a process of its own.

    Args:
        before: Python to run in that process first, such as a shorter time to wait for a lock.
    """
    command = [sys.executable, "-c", f"{before}\n{PROGRAM}", "--lang", "en", "--archive", str(archive)]
    return subprocess.run(
        [*command, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env={**os.environ, **(environment or {})},
    )


@contextmanager
def one_examiner() -> Iterator[None]:
    """Let every ingest of this process use one examiner: starting one takes longer than most ingests of tests.

    Signature checkers of one and the same trust folder, policy and clock are kept too.
    """
    checkers: dict[str, SignatureChecker] = {}

    def kept(trust: Path | None = None, policy: Path | None = None, **options: Any) -> Any:
        clock = options["clock"]
        key = f"{_stamp(trust)} {_stamp(policy)} {'' if isinstance(clock, SystemClock) else repr(clock)}"
        if key not in checkers:
            checkers[key] = SignatureChecker(trust, policy, **options)
        return nullcontext(checkers[key])

    with Examiner() as examiner, pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.batch.Examiner", lambda: nullcontext(examiner))
        patch.setattr("ingest.signatures.SignatureChecker", kept)
        try:
            yield
        finally:
            for checker in checkers.values():
                checker.close()


def _stamp(path: Path | None) -> str:
    """Return what tells one trust folder or policy from another, wherever it lies."""
    if path is None or not path.exists():
        return ""
    files = [path] if path.is_file() else sorted(item for item in path.rglob("*") if item.is_file())
    return hashlib.sha256(b"".join(item.read_bytes() for item in files)).hexdigest() if files else "empty"


def assert_told(result: "subprocess.CompletedProcess[str]", exit_code: int) -> None:
    """The program ended with a documented exit code and a sentence, not with a traceback."""
    shown = result.stdout + result.stderr
    assert result.returncode == exit_code, shown
    assert "Traceback" not in shown, shown
    assert "Exception" not in shown, shown
    assert "✗ " in result.stdout or "Error: " in result.stderr, shown


def assert_unharmed(folder: Path, *, environment: dict[str, str] | None = None) -> None:
    """Whatever the catalogue shows is whole in every store."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (environment or {}).items():
            patch.setenv(name, value)
        with open_archive(folder) as archive:
            for report in verify_all(archive, CampaignSettings(deep=True, restart=True)):
                errors = [finding for finding in report.findings if finding.severity == "error"]
                assert not errors, [finding.message() for finding in errors]


def assert_whole(archive: Archive, case_files: int) -> None:
    """So many case files, each whole in every store, and nothing left over anywhere."""
    assert archive.catalogue.counts().case_files == case_files
    reports = list(verify_all(archive, CampaignSettings(deep=True, restart=True)))
    found = [(finding.code, finding.location) for report in reports for finding in report.findings]
    assert {code for code, _place in found if code.startswith("custody.")} == {"custody.verified"}, found
    assert all(report.outcome is Outcome.PASSED for report in reports), found
    assert leftovers(archive) == []


def leftovers(archive: Archive) -> list[Path]:
    """Return what lies in the work area and among the temporary files of folder stores."""
    left = list(archive.work.rglob("*"))
    for store in archive.copies.stores:
        left += [path for path in (Path(store.location) / "tmp").rglob("*") if path.is_file()]
    return left
