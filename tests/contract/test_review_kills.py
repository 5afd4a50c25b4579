"""A process killed at any moment of an act leaves the act done everywhere or nowhere, and the next one goes on."""

import os
import shutil
from functools import partial
from pathlib import Path

import pytest

from archive.archive import Archive, open_archive
from archive.review.council import object_
from archive.review.opening import Request, open_review
from archive.review.recording import find_review, read_review, review_items
from archive.review.values import ItemState, Review
from model.errors import PolicyError
from tests.fakes.killing import killing_itself, server
from tests.fakes.reviews import OFFICER, make_archive

TOKEN = "CHAUBAN_TOKEN_FILE"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with an open review."""
    folder = tmp_path_factory.mktemp("killed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TOKEN, str(folder / "token"))
        make_archive(folder, count=2)
        with open_archive(folder / "archive") as archive:
            open_review(archive, Request(title="Hồ sơ"), "theo quy định")
    return folder


def objecting(token: str, folder: Path) -> None:
    """Object to one case file, as the killed process does."""
    os.environ[TOKEN] = token
    with open_archive(folder) as archive:
        object_(archive, the_review(archive), ["H49.1"], "còn giá trị")


def the_review(archive: Archive) -> Review:
    (found,) = [review_id for review_id, number in archive.catalogue.reviews.all() if number.endswith("-001")]
    return read_review(archive, found)


BOUNDARIES = 97


@pytest.mark.parametrize("boundary", [*range(1, BOUNDARIES, 12)])
def test_an_objection_is_raised_whole_or_not_at_all(made: Path, tmp_path: Path, boundary: int) -> None:
    meets_a_kill(made, tmp_path, boundary)


@pytest.mark.long
@pytest.mark.parametrize("boundary", [*range(1, BOUNDARIES)])
def test_an_objection_is_raised_whole_or_not_at_all_at_every_boundary(
    made: Path, tmp_path: Path, boundary: int
) -> None:
    meets_a_kill(made, tmp_path, boundary)


def meets_a_kill(made: Path, tmp_path: Path, boundary: int) -> None:
    shutil.copytree(made, tmp_path / "copy")
    folder, token = tmp_path / "copy" / "archive", str(tmp_path / "copy" / "token")
    context = server()
    counted = context.Value("i", 0)
    act = partial(objecting, token)
    process = context.Process(target=killing_itself, args=(act, folder, boundary, counted))
    process.start()
    process.join(60)
    assert process.exitcode in (0, -9)
    with pytest.MonkeyPatch.context() as patch, open_archive(folder) as archive:
        patch.setenv(TOKEN, token)
        review = find_review(archive, the_review(archive).number)
        states = {row.case_code: row.state for row in archive.catalogue.reviews.items(review.id)}
        assert states == {row.case_code: review.state_of(row.aip_id) for row, _key in review_items(archive, review)}
        if review.acts == 1:
            assert states["H49.1"] is ItemState.LISTED
            assert process.exitcode == -9
            review = object_(archive, review, ["H49.1"], "lần hai")
        with pytest.raises(PolicyError):
            object_(archive, review, ["H49.1"], "lần ba")
        assert (review.acts, review.left, review.opened.by) == (2, 1, OFFICER)
        assert find_review(archive, review.number) == review
