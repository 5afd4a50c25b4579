"""Whatever is done to the bytes of a real file, the examination ends with facts about it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formats.examine import ExamineItem, Examiner
from formats.zipreader import ZipDamage, read_archive
from model.findings import finding_kinds

DATA = Path(__file__).resolve().parents[1] / "data" / "formats"
FILES = sorted(path.name for path in DATA.iterdir() if path.suffix != ".md" and path.stat().st_size < 100_000)
ALLOWED = {"format.timeout", "format.memory"}


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    with Examiner() as one:
        yield one


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(FILES),
    place=st.floats(0, 1),
    put=st.binary(max_size=8),
    cut=st.integers(0, 64),
    end=st.floats(0.3, 1),
)
def test_damaged_files_give_facts(
    examiner: Examiner, tmp_path: Path, name: str, place: float, put: bytes, cut: int, end: float
) -> None:
    data = (DATA / name).read_bytes()
    at = int(place * len(data))
    changed = data[:at] + put + data[at + cut :]
    path = tmp_path / name
    path.write_bytes(changed[: int(len(changed) * end) + 1])
    (facts,) = examiner.examine([ExamineItem(path=path, name=name)])
    codes = {finding.code for finding in facts.findings}
    assert codes <= set(finding_kinds())
    assert "format.crashed" not in codes, [(f.code, f.args) for f in facts.findings]
    assert all(finding.message() != "?" for finding in facts.findings)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400).map(lambda tail: b"PK\x03\x04" + tail))
def test_the_zip_reader_raises_nothing_but_its_own(data: bytes) -> None:
    try:
        archive = read_archive(data + b"PK\x05\x06" + data[:18].ljust(18, b"\0"))
        for member in archive.members:
            for _ in archive.chunks(member):
                pass
    except ZipDamage:
        pass
