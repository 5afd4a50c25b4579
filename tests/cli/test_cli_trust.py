"""`chauban trust`: certificates by purpose and fingerprint, lists brought up to date, the folder checked."""

from pathlib import Path
from typing import Any

import pytest

from preservation.trust import commands
from preservation.trust.editing import fingerprint_of
from preservation.trust.store import Purpose
from tests.fakes.pki import pki, write_trust
from tests.fakes.terminal import Said, Terminal
from tests.fakes.trusted_lists import Service, signed_list

HEADS = "document-signer", "agency-seal", "tsa"


def test_the_purposes_are_those_of_the_store() -> None:
    assert tuple(Purpose) == HEADS == tuple(commands._PURPOSES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "trust"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Files as authorities publish them."""
    (tmp_path / "root.crt").write_bytes(pki().certificate("root-gov"))
    (tmp_path / "ca.crt").write_bytes(pki().certificate("gov-ca"))
    (tmp_path / "gov.crl").write_bytes(pki().crl("gov-ca"))
    (tmp_path / "list.xml").write_bytes(signed_list(Service(label="public-ca")))
    return tmp_path


def trust(folder: Path, command: str, *words: object) -> Said:
    return Terminal()("trust", command, *words, "--trust", folder)


def listed(folder: Path) -> list[dict[str, Any]]:
    return trust(folder, "list", "--json").objects


def test_an_anchor_needs_purpose_and_fingerprint(folder: Path, files: Path) -> None:
    right = fingerprint_of(pki().certificate("root-gov"))
    wrong = fingerprint_of(pki().certificate("gov-ca"))
    assert trust(folder, "add", files / "root.crt", "--purpose", "agency-seal").code == 17
    refused = trust(folder, "add", files / "root.crt", "--purpose", "agency-seal", "--fingerprint", wrong)
    assert refused.code == 17
    assert right in refused.err
    assert wrong in refused.err
    assert not (folder / "trust.toml").exists()
    said = trust(
        folder,
        "add",
        files / "root.crt",
        *("--purpose", "agency-seal", "--purpose", "tsa", "--fingerprint", right.lower().replace(":", " ")),
        *("--from", "2020-01-01T00:00:00Z", "--source", "Công báo", "--because", "kế hoạch 12"),
    )
    assert said.code == 0
    (one,) = listed(folder)
    assert (one["schema"], one["kind"], one["purposes"]) == ("trust-list/1", "anchor", ["agency-seal", "tsa"])
    assert (one["valid_from"], one["confirmed"], one["source"]) == ("2020-01-01T00:00:00.000Z", True, "Công báo")
    assert one["added_by"].endswith("kế hoạch 12")


def test_what_is_not_an_anchor_only_helps(folder: Path, files: Path) -> None:
    bundle = files / "bundle.pem"
    from asn1crypto import pem

    bundle.write_bytes(b"".join(pem.armor("CERTIFICATE", pki().certificate(name)) for name in ("gov-ca", "root-gov")))
    pin = fingerprint_of(pki().certificate("root-gov"))
    assert trust(folder, "add", bundle, "--purpose", "tsa", "--fingerprint", pin).code == 0
    assert trust(folder, "add", files / "ca.crt").code == 0
    assert trust(folder, "add", files / "gov.crl").code == 0
    assert [one["kind"] for one in listed(folder)] == ["anchor", "intermediate", "crl"]
    lines = trust(folder, "list").out.splitlines()
    assert len(lines) == 3


def test_nothing_else_gets_in(folder: Path, files: Path) -> None:
    (files / "note.txt").write_text("no certificate")
    assert trust(folder, "add", files / "note.txt").code == 17
    assert trust(folder, "add", files / "absent").code == 10
    assert trust(folder, "add", files / "list.xml").code == 17, "nobody is known who may sign it"


def test_lists_are_added_and_followed(folder: Path, files: Path) -> None:
    pin = fingerprint_of(pki().certificate("agency"))
    assert trust(folder, "add", files / "list.xml", "--fingerprint", pin).code == 0
    kinds = [one["kind"] for one in listed(folder)]
    assert kinds == ["service", "list"]
    (files / "newer.xml").write_bytes(signed_list(Service(label="gov-ca"), sequence=8))
    said = trust(folder, "update", files / "newer.xml", files / "gov.crl", "--json")
    assert said.code == 0
    assert [(one["kind"], one["new"]) for one in said.objects] == [("list", True), ("crl", True)]
    again = trust(folder, "update", files / "newer.xml", files / "list.xml", "--json")
    assert again.code == 17, "the older one is refused"
    assert [one["new"] for one in again.objects] == [False]
    assert trust(folder, "update").code == 0, "nothing came from an address"


def test_lists_come_from_addresses(folder: Path, files: Path) -> None:
    import http.server
    import threading

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, directory=str(files), **named)

        def log_message(self, format: str, *given: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}"
            pin = fingerprint_of(pki().certificate("agency"))
            folder.mkdir()
            first = trust(folder, "update", f"{url}/list.xml", "--fingerprint", pin, "--json")
            (files / "list.xml").write_bytes(signed_list(Service(label="gov-ca"), sequence=9))
            second = trust(folder, "update", "--json")
            absent = trust(folder, "update", f"{url}/absent.xml")
        finally:
            server.shutdown()
            thread.join()
    assert (first.code, second.code, absent.code) == (0, 0, 14)
    assert [one["new"] for one in (*first.objects, *second.objects)] == [True, True]


def test_trust_ends_but_is_not_forgotten(folder: Path) -> None:
    write_trust(folder)
    (one, *_) = listed(folder)
    assert trust(folder, "end", one["id"][:12], "--until", "2026-01-01").code == 2, "why?"
    said = trust(folder, "end", one["id"][:12], "--until", "2026-01-01T00:00:00Z", "--because", "khóa bị lộ")
    assert said.code == 0
    (ended, *_) = [entry for entry in listed(folder) if entry["id"] == one["id"]]
    assert ended["valid_until"] == "2026-01-01T00:00:00.000Z"
    assert trust(folder, "end", "00000000", "--until", "2026-01-01", "--because", "x").code == 10


def test_the_folder_is_checked(folder: Path, files: Path) -> None:
    write_trust(folder)
    said = trust(folder, "check", "--json", "--at", "2026-03-02")
    (told,) = said.objects
    assert (said.code, told["schema"], told["outcome"]) == (0, "trust-check/1", "PASSED"), told
    assert set(told["purposes"]) == set(HEADS)
    assert all(told["purposes"].values())
    assert trust(folder, "add", files / "gov.crl").code == 0
    later = trust(folder, "check", "--json", "--at", "2030-01-01").objects[0]
    assert "trust.crl-stale" in {finding["code"] for finding in later["findings"]}
    assert "nobody" not in trust(folder, "check", "--at", "2026-03-02").out
    (folder / "anchors" / "root-gov.cer").write_bytes(pki().certificate("root-public"))
    changed = trust(folder, "check")
    assert changed.code == 13
    assert "root-gov.cer" in changed.err


def test_purposes_nobody_serves_leave_it_undecided(folder: Path, files: Path) -> None:
    pin = fingerprint_of(pki().certificate("root-gov"))
    assert trust(folder, "add", files / "root.crt", "--purpose", "tsa", "--fingerprint", pin).code == 0
    said = trust(folder, "check", "--json")
    assert said.code == 4
    assert [one["location"] for one in said.objects[0]["findings"]] == ["document-signer", "agency-seal"]


def test_the_archive_has_its_own_folder(fresh: Terminal, files: Path) -> None:
    pin = fingerprint_of(pki().certificate("root-gov"))
    assert fresh("trust", "add", files / "root.crt", "--purpose", "tsa", "--fingerprint", pin).code == 0
    assert fresh.archive is not None
    assert (fresh.archive / "trust" / "trust.toml").is_file()
    assert len(fresh("trust", "list", "--json").objects) == 1
    assert Terminal()("trust", "list").code == 13, "which folder?"
