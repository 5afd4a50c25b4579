"""Making an archive: once, whole, and again after an interruption."""

from pathlib import Path

import pytest

from archive.archive import create_archive, open_archive
from model.errors import ConflictError
from tests.fakes.archives import take_in
from tests.fakes.casefiles import make_case_folder


def test_interrupted_init_is_taken_up_again(tmp_path: Path) -> None:
    create_archive(tmp_path / "archive")
    (tmp_path / "archive" / "chauban.toml").unlink()
    create_archive(tmp_path / "archive")
    with open_archive(tmp_path / "archive") as archive:
        (report,) = take_in(archive, make_case_folder(tmp_path / "case"))
        assert report.aip_id is not None


def test_catalogue_that_holds_something_is_never_taken_over(tmp_path: Path) -> None:
    create_archive(tmp_path / "archive")
    with open_archive(tmp_path / "archive") as archive:
        take_in(archive, make_case_folder(tmp_path / "case"))
    (tmp_path / "archive" / "chauban.toml").unlink()
    with pytest.raises(ConflictError):
        create_archive(tmp_path / "archive")
