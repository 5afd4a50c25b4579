"""The corpus of awkward file names: everything is taken in, nothing overwrites anything, original bytes are kept."""

from pathlib import Path

import pytest

from ingest.sources.discovery import open_archive
from ingest.sources.naming import portable_paths
from ingest.sources.values import Limits
from tests.conftest import DATA

FLAGGED = {
    "names-case-only.zip": ["intake.name-collision"],
    "names-nfc-and-nfd.zip": ["intake.name-collision"],
    "names-nfc.zip": [],
    "names-nfd.zip": [],
    "names-odd.zip": ["intake.name-changed"] * 5,
}


def read(path: Path) -> dict[bytes, bytes]:
    source = open_archive(path, Limits())
    try:
        contents = {}
        for entry in source.entries():
            with source.open(entry) as stream:
                contents[entry.name] = stream.read()
                assert len(contents[entry.name]) == entry.size
        return contents
    finally:
        source.close()


@pytest.mark.parametrize("name", sorted(FLAGGED))
def test_names_are_taken_in_and_what_is_odd_is_said(name: str, tmp_path: Path) -> None:
    contents = read(DATA / "filenames" / name)
    codes = []
    for original, path, findings in portable_paths(contents):
        target = tmp_path / path
        assert not target.exists()
        target.write_bytes(contents[original])
        codes += [finding.code for finding in findings]
    assert codes == FLAGGED[name]
    assert len(list(tmp_path.iterdir())) == len(contents)


def test_original_bytes_of_a_decomposed_name_are_kept() -> None:
    (name,) = read(DATA / "filenames" / "names-nfd.zip")
    (composed,) = read(DATA / "filenames" / "names-nfc.zip")
    assert name != composed
    assert [path for _, path, _ in portable_paths([name])] == [composed.decode()]
