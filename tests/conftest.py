"""Shared by every test: no network but loopback, long tests only on request, English messages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from model.text import use_language

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
DATA = Path(__file__).parent / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the long suites")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="long suite: make test-long")
    for item in items:
        if "long" in item.keywords:
            item.add_marker(skip)


def pytest_runtest_setup(item: pytest.Item) -> None:
    from pytest_socket import socket_allow_hosts

    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not CORPUS.is_dir():
        terminalreporter.write_line(
            "NOT RUN: the whole-corpus tests (no ../shared/corpus beside this clone)", yellow=True
        )


@pytest.fixture
def corpus() -> Path:
    """The folder of real files by others; tests that read it are skipped, loudly, where it is absent."""
    if not CORPUS.is_dir():
        pytest.skip("corpus absent: nothing beside this clone")
    return CORPUS


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Messages in English, whatever a test before chose."""
    use_language("en")
    yield
    use_language("en")
