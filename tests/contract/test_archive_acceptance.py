"""The whole product, on every combination of database and stores: what a user does with it, on the command line."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bagit
import pytest

from archive.archive import open_archive
from tests.fakes.archives import flip_byte
from tests.fakes.casefiles import make_case_folder
from tests.fakes.catalogue_databases import new_database
from tests.fakes.s3_server import BUCKET, shared_server, use_credentials
from tests.fakes.terminal import Said, Terminal

DONE, REFUSED, NOT_FOUND, DAMAGE = 0, 3, 10, 12

BACK_ENDS = {
    "SQLite, a folder": ("sqlite", ("a",)),
    "SQLite, two folders": ("sqlite", ("a", "b")),
    "PostgreSQL, S3": ("postgresql", ("s3",)),
    "PostgreSQL, a folder and S3": ("postgresql", ("a", "s3")),
}


@dataclass(frozen=True, kw_only=True)
class Held:
    """An archive with what was handed in to it."""

    folder: Path
    batch: Path
    stores: tuple[str, ...]
    prefix: str

    def run(self, *words: object, code: int = DONE) -> Said:
        """Run the program; it ends as expected."""
        said = Terminal(self.folder)(*words)
        assert said.code == code, said.out + said.err
        return said

    def json(self, *words: object, code: int = DONE) -> list[dict[str, Any]]:
        """Run the program and read its lines of JSON."""
        return self.run(*words, "--json", code=code).objects

    def damage(self, ending: str) -> None:
        """Change one byte in the middle of a stored object of the last copy, past every safeguard."""
        if self.stores[-1] != "s3":
            flip_byte(next((self.folder / self.stores[-1] / "aips").rglob(f"*{ending}")))
            return
        client = shared_server().client()
        listed = client.list_objects_v2(Bucket=BUCKET, Prefix=f"{self.prefix}/aips/")["Contents"]
        key = next(item["Key"] for item in listed if item["Key"].endswith(ending))
        content = bytearray(client.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        content[len(content) // 2] ^= 1
        client.put_object(Bucket=BUCKET, Key=key, Body=bytes(content))
        client.close()


@pytest.fixture(scope="module", params=BACK_ENDS, ids=lambda name: name.replace(", ", "-").replace(" ", "_"))
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Held:
    backend, stores = BACK_ENDS[request.param]
    root = tmp_path_factory.mktemp("acceptance")
    prefix = root.name
    arguments: list[str] = []
    if "s3" in stores:
        use_credentials()
        shared_server()
    for store in stores:
        arguments += ["--store", shared_server().url(prefix) if store == "s3" else store]
    if backend == "postgresql":
        arguments += ["--database", new_database(backend, root)]
    archive = Held(folder=root / "archive", batch=root / "batch", stores=stores, prefix=prefix)
    archive.run("init", archive.folder, *arguments)
    for number in range(3):
        make_case_folder(archive.batch / f"tốt {number}", f"H49.64.2024.{number}")
    shutil.make_archive(str(archive.batch / "gói"), "zip", make_case_folder(root / "packed", "H49.64.2024.zip"))
    bad = make_case_folder(archive.batch / "xấu", "H49.64.2024.8", case={"title": "", "totalDoc": 9})
    (bad / "thừa.txt").write_text("không ai nêu tên", encoding="utf-8")
    make_case_folder(archive.batch / "mật", "H49.64.2024.9", case={"mode": "03", "title": "TIEUDEMAT"})
    (archive.batch / "hỏng.zip").write_bytes(b"PK\x03\x04" + bytes(60))
    return archive


def test_1_batch_of_good_and_bad_case_files(held: Held) -> None:
    reports = held.json("ingest", held.batch, code=17)
    states = sorted(report["status"] for report in reports)
    assert states == ["accepted"] * 4 + ["refused"] * 3, reports
    again = held.json("ingest", held.batch / "tốt 0", held.batch / "gói.zip")
    assert [report["status"] for report in again] == ["held-already"] * 2
    assert all(finding["source"] for report in reports for finding in report["findings"])


def test_2_transfers_are_listed_shown_and_resolved(held: Held) -> None:
    refused = held.json("transfer", "list", "--state", "refused")
    assert len(refused) == 3
    assert "TIEUDEMAT" not in json.dumps(held.json("transfer", "list"))
    loose = next(item for item in refused if "file-unnamed" in item["reason"])
    shown = held.run("transfer", "show", loose["id"]).out
    assert "thừa.txt" in shown
    (taken,) = held.json("transfer", "resolve", loose["id"], "--accept", "--because", "Thủ trưởng đồng ý")
    assert taken["status"] == "accepted"
    unreadable = next(item for item in refused if "unreadable" in item["reason"])
    (closed,) = held.json("transfer", "resolve", unreadable["id"], "--close", "--because", "Trả lại")
    assert closed["state"] == "returned"
    held.run("transfer", "resolve", unreadable["id"], "--close", "--because", "Trả lại", code=15)
    held.run("transfer", "show", "00000000-0000-0000-0000-000000000000", code=NOT_FOUND)


def test_3_every_word_is_found(held: Held) -> None:
    for query in ("kinh phí", "kinh phi", "đường liên xã", "duong lien xa"):
        page, *hits = held.json("search", query)
        assert page["total"] >= 5, query
        assert hits
    page, *_hits = held.json("search", "TIEUDEMAT")
    assert page["total"] == 0
    shown = held.run("show", "H49.64.2024.1").out
    assert "H49.64.2024.1" in shown
    assert "đường liên xã" in shown
    held.run("show", "H49.64.1999.1", code=NOT_FOUND)


def test_4_what_went_in_comes_out(held: Held, tmp_path: Path) -> None:
    source = held.batch / "tốt 1"
    held.run("export", "H49.64.2024.1", "--document", 1, "--to", tmp_path / "one.txt")
    assert (tmp_path / "one.txt").read_bytes() == (source / "001 văn bản.txt").read_bytes()
    assert held.run("export", "H49.64.2024.1", "--document", 1, "--to", "-").out.startswith("Nội dung văn bản")
    held.run("export", "H49.64.2024.1", "--as", "files", "--to", tmp_path / "files")
    subprocess.run(["sha512sum", "--check", "--quiet", "manifest-sha512.txt"], cwd=tmp_path / "files", check=True)
    given = {path.read_bytes() for path in (tmp_path / "files" / "data").iterdir()}
    assert given == {path.read_bytes() for path in source.iterdir() if path.name != "hoso.json"}
    held.run("export", "H49.64.2024.1", "--as", "aip", "--to", tmp_path / "package.tar")
    subprocess.run(["sha256sum", "--check", "--quiet", "package.tar.sha256"], cwd=tmp_path, check=True)
    held.run("package", "check", tmp_path / "package.tar")
    subprocess.run(["tar", "-xf", "package.tar"], cwd=tmp_path, check=True)
    bagit.Bag(str(next(path for path in tmp_path.iterdir() if path.name.endswith("-v00001")))).validate()
    held.run("export", "H49.64.2024.1", "--as", "aip", "--to", tmp_path / "package.tar", code=11)
    held.run("export", "H49.64.2024.1", "--document", 99, "--to", tmp_path / "none", code=NOT_FOUND)


def test_5_everything_held_is_verified(held: Held) -> None:
    assert [report["outcome"] for report in held.json("verify", "H49.64.2024.1")] == ["PASSED"]
    for form in ((), ("--deep",)):
        (report,) = held.json("verify", "--all", *form)
        assert report["outcome"] == "PASSED"


@pytest.mark.parametrize("ending", [".tar", ".tar.sha256"])
def test_6_damage_is_found_and_named_and_repaired_from_a_good_copy(held: Held, ending: str) -> None:
    held.damage(ending)
    found = held.json("verify", "--all", code=DAMAGE)
    places = [finding["location"] for report in found for finding in report["findings"]]
    name = "b" if len(held.stores) > 1 else "a"
    assert any(place.startswith(f"{name}:") and ending in place for place in places), places
    if len(held.stores) == 1 and ending == ".tar":
        unrepaired = held.json("verify", "--all", "--repair", code=DAMAGE)
        codes = {finding["code"] for report in unrepaired for finding in report["findings"]}
        assert "custody.copy-unrepairable" in codes
        held.damage(ending)  # the same bit turned back
    else:
        repaired = held.json("verify", "--all", "--repair")
        codes = {finding["code"] for report in repaired for finding in report["findings"]}
        assert "custody.copy-repaired" in codes
    (report,) = held.json("verify", "--all", "--deep")
    assert report["outcome"] == "PASSED"


def test_7_catalogue_comes_back_from_the_stores_alone(held: Held) -> None:
    with open_archive(held.folder) as archive:
        before = list(archive.catalogue.dump())
    for path in held.folder.glob("catalogue.sqlite*"):
        path.unlink()
    shutil.rmtree(held.folder / "index")
    (rebuilt,) = held.json("rebuild")
    assert rebuilt["problems"] == []
    assert rebuilt["packages"] == 5
    with open_archive(held.folder) as archive:
        assert list(archive.catalogue.dump()) == before
    page, *_hits = held.json("search", "kinh phi")
    assert page["total"] >= 5
    (report,) = held.json("verify", "--all")
    assert report["outcome"] == "PASSED"


def test_8_doctor_finds_everything_in_order(held: Held) -> None:
    for diagnosis in held.json("doctor"):
        assert diagnosis["ok"] is not False, diagnosis


def test_9_what_a_power_cut_left_of_an_index_does_not_matter(held: Held) -> None:
    for path in (held.folder / "index").rglob("*"):
        if path.is_file() and path.suffix:
            os.truncate(path, path.stat().st_size // 2)
    for _turn in range(2):
        said = Terminal(held.folder)("search", "kinh phí", "--json")
        assert said.code in {DONE, 14}, said
    assert said.code == DONE, said
    assert said.objects[0]["total"] >= 5
