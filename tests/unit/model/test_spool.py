"""A spool gives back what was put in, from memory or from disk, now or in a later process."""

from pathlib import Path

import pytest

from model import spool
from model.spool import Spool


def make(path: Path, *, durable: bool = True) -> Spool[int]:
    return Spool(path, lambda value: [value], lambda data: int(data[0]), durable=durable)


@pytest.mark.parametrize("count", [0, 1, 5, 6, 50])
@pytest.mark.parametrize("durable", [True, False])
def test_values_come_back_every_time(
    tmp_path: Path, count: int, durable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "IN_MEMORY", 5)
    kept = make(tmp_path / "values", durable=durable)
    for value in range(count):
        kept.append(value)
    assert list(kept) == list(kept) == list(range(count))
    with pytest.raises(ValueError, match="closed"):
        kept.append(1)
    assert (tmp_path / "values").exists() == (durable or count > 5)


@pytest.mark.parametrize("count", [0, 3, 20])
def test_durable_values_are_there_for_a_later_process(
    tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "IN_MEMORY", 5)
    first = make(tmp_path / "values")
    for value in range(count):
        first.append(value)
    first.close()
    later = make(tmp_path / "values")
    assert list(later) == list(later) == list(range(count))
