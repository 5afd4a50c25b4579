"""A store is what docs/format/store-v1.md says, and can be read with plain tools as it says."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import CODE
from tests.fakes.terminal import Terminal

PAGE = Path(__file__).resolve().parents[2] / "docs" / "format" / "store-v1.md"
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
PLACES = {
    "{xx}/{yy}": "[0-9a-f]{2}/[0-9a-f]{2}",
    "{AIP id}": UUID,
    "{transfer id}": UUID,
    "{event id}": UUID,
    "{entry id}": UUID,
    "{campaign id}": UUID,
    "{part id}": UUID,
    "{version, 5 digits}": r"\d{5}",
    "{number of the first entry, 12 digits}": r"\d{12}",
    "{number of entries, 12 digits}": r"\d{12}",
    "{time}": r"\d{8}T\d{12}Z",
    "{suffix}": r"(?:\.[a-z0-9.]+)?",
    "{number, 6 digits}": r"\d{6}",
    "{number, 9 digits}": r"\d{9}",
    "{account id}": UUID,
    "{hold id}": UUID,
    "{review id}": UUID,
    "{list id}": UUID,
    "{handover id}": UUID,
    "{submission id}": UUID,
    "{subject id}": UUID,
    "{sha256}": "[0-9a-f]{64}",
    "{act}": "[a-z-]+",
    "{number}": r"\d{4}",
}

ELSEWHERE = ("submissions/", "handovers/", "accounts/", "retention/", "holds/", "review", "stubs/")
"""Kinds that come with decisions of officers: their own tests leave them in a store."""


def layout() -> list[str]:
    """The keys of section 2 as patterns."""
    block = PAGE.read_text("utf-8").split("## 2. Layout")[1].split("```")[1]
    patterns = [re.escape(re.split(r"\s{2,}", line)[0]) for line in block.splitlines() if line and "…" not in line]
    for place, pattern in PLACES.items():
        patterns = [item.replace(re.escape(place), pattern) for item in patterns]
    return [item for item in patterns if not item.endswith("/")]


def table(section: str) -> set[str]:
    """The names in the first column of a table of fields."""
    text = PAGE.read_text("utf-8").split(f"\n## {section}")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.fixture(scope="module")
def store(held: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of a copy of the shared archive, after everything that leaves something in it has happened."""
    archive = tmp_path_factory.mktemp("layout") / "archive"
    shutil.copytree(held, archive)
    terminal = Terminal(archive)
    assert terminal("verify", "--all").code == 0
    assert terminal("fonds", "add", "P09", "--title", "Phông thử").code == 0
    refused = terminal("transfer", "list", "--state", "refused", "--json").objects
    assert terminal("transfer", "resolve", refused[0]["id"], "--close", "--because", "trả lại").code == 0
    return archive / "store-a"


def keys(store: Path) -> list[str]:
    return sorted(str(path.relative_to(store)) for path in store.rglob("*") if path.is_file())


def test_every_key_is_of_a_kind_the_page_names_and_every_kind_is_there(store: Path) -> None:
    patterns = layout()
    assert len(patterns) == 32
    found = {key: [item for item in patterns if re.fullmatch(item, key)] for key in keys(store)}
    assert [key for key, matching in found.items() if len(matching) != 1] == []
    later = ("described\\.jsonl", "left/transfer\\.json")
    everyday = {item for item in patterns if not item.startswith(ELSEWHERE) and not item.endswith(later)}
    assert {matching[0] for matching in found.values()} == everyday


def test_every_store_holds_the_same(store: Path) -> None:
    other = store.parent / "store-b"
    assert keys(store) == keys(other)
    marker = "chauban-store.json"
    assert all((store / key).read_bytes() == (other / key).read_bytes() for key in keys(store) if key != marker)
    assert (store / marker).read_bytes() != (other / marker).read_bytes()


def test_records_have_the_fields_the_page_names(store: Path) -> None:
    events = [json.loads(path.read_bytes()) for path in store.glob("aips/*/*/*/journal/*.json")]
    assert {name for event in events for name in event} == table("5. Journal") | {"schema", "id", "time"}
    record = json.loads(next(store.glob("transfers/*/*/*/transfer.json")).read_bytes())
    assert set(record) == table("6. Transfers") | {"schema"}
    page = PAGE.read_text("utf-8")
    decision = json.loads(next(store.glob("transfers/*/*/*/resolution-*.json")).read_bytes())
    entry = json.loads(next(store.glob("registry/*.json")).read_bytes())
    result = json.loads(next(store.glob("fixity/*/*.jsonl")).read_text("utf-8").splitlines()[0])
    for name in (*decision, *entry, *entry["value"], *result):
        assert f"`{name}`" in page or name == "schema", name
    for data in (*events, record, decision, entry):
        assert f"`{data['schema']}`" in page or f'"{data["schema"]}"' in page


def test_the_commands_of_the_page_work(store: Path, tmp_path: Path) -> None:
    block = PAGE.read_text("utf-8").split("## 10. Reading")[1].split("## 11.")[0]
    check, find, take = (part.strip() for part in block.split("```")[1::2])
    shell = ["bash", "-euo", "pipefail", "-c"]
    subprocess.run([*shell, check], cwd=store, check=True)
    found = subprocess.run(
        [*shell, find.replace("cầu Suối Ngọc", f"số {CODE}") + "\ntrue"],
        cwd=store,
        check=False,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert len(found) == 1
    (tmp_path / "out").mkdir()
    subprocess.run([*shell, f"t={store / found[0]}\n{take}"], cwd=tmp_path / "out", check=True)
    victim = next((tmp_path / "out").rglob("*.pdf"))
    victim.write_bytes(b"changed")
    bag = next((tmp_path / "out").iterdir())
    again = subprocess.run([*shell, take.split("&& ")[-1]], cwd=bag, check=False, capture_output=True, text=True)
    assert again.returncode != 0
    assert victim.name in again.stdout
