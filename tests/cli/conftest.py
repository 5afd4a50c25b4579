"""An archive with a few case files, made once through the command line itself, and the command line to ask it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.casefiles import make_case_folder
from tests.fakes.terminal import Terminal

CODE, OTHER_CODE, PROTECTED_CODE = "H49.64.2024.1", "H49.64.2024.2", "H49.64.2024.3"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine, and a working folder of its own."""
    for name in [name for name in os.environ if name.startswith("CHAUBAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with two stores: two case files held, one refused for its description. Tests only read it."""
    folder = tmp_path_factory.mktemp("held")
    archive = folder / "archive"
    make_case_folder(folder / "batch" / "1", CODE, case={"mode": "02"})
    make_case_folder(folder / "batch" / "2", OTHER_CODE, documents=4, case={"maintenance": "01", "fondsCode": "P02"})
    make_case_folder(folder / "batch" / "3", PROTECTED_CODE, case={"totalDoc": 7})
    terminal = Terminal(archive)
    assert terminal("init", archive, "--name", "Thử", "--store", "store-a", "--store", "store-b").code == 0
    assert terminal("ingest", folder / "batch").code == 3
    return archive


@pytest.fixture
def reading(held: Path) -> Terminal:
    """The command line on the shared archive, for commands that only read."""
    return Terminal(held)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Terminal]:
    """The command line on a new, empty archive of one store."""
    archive = tmp_path / "archive"
    terminal = Terminal(archive)
    assert terminal("init", archive).code == 0
    yield terminal
