"""The metadata of one package of each profile, byte for byte: the format does not change unnoticed.

To accept a change on purpose: `UPDATE_GOLDEN=1 pytest tests/golden/test_package_golden.py`, then read the diff.
"""

import hashlib
import os
from pathlib import Path

import pytest

from tests.fakes.package_plans import package_plan, written

GOLDEN = Path(__file__).parent / "package"
NOT_KEPT = ("/schemas/", "/rep1/data/", "text.jsonl.gz")


@pytest.mark.parametrize("profile", ["vn-tt05", "eark"])
def test_package_is_as_it_was(tmp_path: Path, profile: str) -> None:
    data, result = written(package_plan(tmp_path, profile), tmp_path)
    found = {"container.sha256": f"{hashlib.sha256(data).hexdigest()}\n".encode()}
    for member in result.members:
        if not any(part in member.path for part in NOT_KEPT):
            path = member.path.removeprefix(f"{result.top_folder}/")
            found[path] = data[member.offset : member.offset + member.size]
    folder = GOLDEN / profile
    if os.environ.get("UPDATE_GOLDEN"):
        for path, content in found.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    kept = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert sorted(found) == sorted(kept)
    for path, content in kept.items():
        assert found[path].decode() == content.decode(), path
