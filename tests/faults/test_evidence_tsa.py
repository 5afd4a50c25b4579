"""Authorities that fail, lie or attack, against a whole archive: what waits keeps waiting, and is sealed later."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp

from archive.archive import Archive
from archive.evidence.seal import seal
from archive.evidence.values import SealedBatch, SealFailed, SealSettings
from model.errors import StorageError, TimestampError
from tests.fakes.archives import take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.custody import assert_whole, one_examiner
from tests.fakes.hostile_http import (
    Behaviour,
    HostileServer,
    answer,
    dripping,
    endless,
    hostile_server,
    raw,
    redirect,
    silent,
)
from tests.fakes.pki import SIGNED, PkiServer, serve
from tests.fakes.sealed_archives import Tsa, batches, configure, make_archive, opened, sealed, take_in_cases, trust
from tests.fakes.tokens import make_response

TIMEOUT = 0.5


@pytest.fixture(scope="module")
def server() -> Iterator[PkiServer]:
    with serve() as running:
        yield running


@pytest.fixture(scope="module")
def hostile() -> Iterator[HostileServer]:
    with hostile_server() as running:
        yield running


@pytest.fixture(scope="module")
def waiting(server: PkiServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One archive for all attacks: none may change anything in it."""
    folder = make_archive(tmp_path_factory.mktemp("waiting") / "archive", server, Tsa("a", server.tsa()))
    with one_examiner(), opened(folder) as archive:
        take_in_cases(archive, folder.parent / "cases", 2)
    return folder


@pytest.fixture
def archive(waiting: Path) -> Iterator[Archive]:
    with opened(waiting) as running:
        yield running


def stamping(server: PkiServer, **changes: Any) -> Behaviour:
    """Answer as an authority would, with something changed."""

    def behave(connection: socket.socket, request: bytes) -> None:
        asked = tsp.TimeStampReq.load(request.partition(b"\r\n\r\n")[2])
        imprint = asked["message_imprint"]
        values = {
            "digest": imprint["hashed_message"].native,
            "algorithm": imprint["hash_algorithm"]["algorithm"].native,
            "nonce": asked["nonce"].native,
        } | changes
        token = server.pki.timestamp(values.pop("digest"), values.pop("algorithm"), values.pop("at", SIGNED), **values)
        answer(make_response(token), kind="application/timestamp-reply")(connection, request)

    return behave


ATTACKS = {
    "nonce": {"nonce": 4711},
    "no nonce": {"nonce": None},
    "imprint": {"digest": bytes(32)},
    "imprint algorithm": {"algorithm": "sha512", "digest": bytes(64)},
    "time": {"at": SIGNED - timedelta(days=2)},
    "future": {"at": SIGNED + timedelta(days=2)},
    "expired": {"tsa": "tsa-expired"},
    "revoked": {"tsa": "tsa-revoked"},
    "unknown": {"tsa": "tsa-unknown"},
    "purpose": {"tsa": "tsa-not-tsa"},
    "lax purpose": {"tsa": "tsa-lax"},
    "binding": {"binding": "wrong"},
    "damaged": {"damage": True},
}


def behaviours(server: PkiServer) -> dict[str, Behaviour]:
    """Return every way to misbehave."""
    good = make_response(server.pki.timestamp(bytes(32)))
    return {
        **{name: stamping(server, **what) for name, what in ATTACKS.items()},
        "500": answer(b"out of order", status="500 Internal Server Error"),
        "denied": answer(b"", status="401 Unauthorized"),
        "redirect": redirect("http://127.0.0.1:9/"),
        "empty": answer(b""),
        "rubbish": answer(b"<html>Welcome</html>"),
        "truncated": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n" + good[:300]),
        "cut": answer(good[:-20]),
        "replayed": answer(good),
        "refused": answer(make_response(None, "rejection", "bad_alg")),
        "slow": dripping(good),
        "silent": silent(2.0),
        "endless": endless(),
    }


def assert_waits(archive: Archive, results: list[Any]) -> SealFailed:
    """Nothing was accepted, nothing put anywhere, nothing lost; the reason is told."""
    (failed,) = results
    assert isinstance(failed, SealFailed)
    assert isinstance(failed.problem, TimestampError)
    assert failed.problem.exit_code == 14
    assert failed.waiting == archive.catalogue.count_waiting("a") == 2
    assert list(archive.copies.list("evidence/")) == []
    assert archive.catalogue.evidence_counts() == (0, 2)
    assert len(list((archive.folder / "sealing").iterdir())) <= 1
    return failed


def test_no_attack_is_accepted_and_everything_is_sealed_later(
    server: PkiServer, hostile: HostileServer, waiting: Path
) -> None:
    for name, behaviour in behaviours(server).items():
        path = f"/{name.replace(' ', '-')}"
        hostile.behaviours[path] = behaviour
        configure(waiting, Tsa("a", hostile.url(path), timeout=TIMEOUT))
        with opened(waiting) as archive:
            failed = assert_waits(archive, sealed(archive))
            assert hostile.url(path) in failed.problem.message, name
            assert failed.problem.hint, name
    configure(waiting, Tsa("a", server.tsa()))
    with opened(waiting) as archive:
        trust(waiting / "trust", server, roots=())
        assert_waits(archive, sealed(archive))
        trust(waiting / "trust", server)
        (done,) = batches(sealed(archive))
        assert (done.resumed, done.batch.count) == (True, 2)
        assert_whole(archive, 2)


def test_the_next_address_is_asked_when_the_first_fails(
    server: PkiServer, hostile: HostileServer, tmp_path: Path
) -> None:
    hostile.behaviours["/500"] = answer(b"", status="500 Internal Server Error")
    first, second = Tsa("a", hostile.url("/500"), timeout=TIMEOUT), Tsa("a", server.tsa())
    with one_examiner(), opened(make_archive(tmp_path / "archive", server, first, second)) as archive:
        take_in_cases(archive, tmp_path / "cases", 1)
        (done,) = batches(sealed(archive))
        assert done.batch.tsa.startswith("Sông Hồng")


def test_one_authority_that_fails_does_not_keep_the_other_from_sealing(
    server: PkiServer, hostile: HostileServer, tmp_path: Path
) -> None:
    hostile.behaviours["/500"] = answer(b"", status="500 Internal Server Error")
    failing, good = Tsa("a", hostile.url("/500"), timeout=TIMEOUT), Tsa("b", server.own_tsa("tsa-ec"), "sha512")
    folder = make_archive(tmp_path / "archive", server, failing, good)
    with one_examiner(), opened(folder) as archive:
        take_in_cases(archive, tmp_path / "cases", 1)
        failed, done = sealed(archive)
        assert isinstance(failed, SealFailed)
        assert isinstance(done, SealedBatch)
        assert archive.catalogue.count_waiting("a") == 1
        take_in_cases(archive, tmp_path / "more", 1, first=5)
        configure(folder, Tsa("a", server.tsa()), good)
    with opened(folder) as archive:
        first, second, third = batches(sealed(archive))
        assert [item.batch.authority for item in (first, second, third)] == ["a", "a", "b"]
        assert (first.resumed, first.batch.count, second.batch.count, third.batch.count) == (True, 1, 1, 1)
        assert archive.catalogue.count_waiting("a") == archive.catalogue.count_waiting("b") == 0
        assert_whole(archive, 2)


def test_a_missing_secret_is_said_and_nothing_is_asked(server: PkiServer, tmp_path: Path) -> None:
    asked = server.requests.total()
    setting = Tsa("a", server.tsa(), more='user_env = "CHAUBAN_TEST_NO_SUCH"')
    with opened(make_archive(tmp_path / "archive", server, setting)) as archive:
        (failed,) = sealed(archive)
        assert isinstance(failed, SealFailed)
        assert failed.problem.exit_code == 13
        assert server.requests.total() == asked


def test_a_client_authenticates(
    server: PkiServer, hostile: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile.behaviours["/basic"] = stamping(server)
    monkeypatch.setenv("TSA_USER", "chauban")
    monkeypatch.setenv("TSA_WORD", "Bí mật")
    setting = Tsa("a", hostile.url("/basic"), more='user_env = "TSA_USER"\npassword_env = "TSA_WORD"')
    with one_examiner(), opened(make_archive(tmp_path / "archive", server, setting)) as archive:
        make_case_folder(tmp_path / "case")
        take_in(archive, tmp_path / "case")
        batches(sealed(archive))
    assert b"Authorization: Basic Y2hhdWJhbjpCw60gbeG6rXQ=" in hostile.heads[-1]


def test_a_store_that_is_away_loses_no_timestamp(
    server: PkiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_archive(tmp_path / "archive", server, Tsa("a", server.tsa()))
    with one_examiner(), opened(folder) as archive:
        take_in_cases(archive, tmp_path / "cases", 2)
        asked = server.requests.total()
        away = archive.copies.stores[1]
        create = type(away).create

        def refusing(store: Any, key: str) -> Any:
            if store is away and key.endswith(".ats"):
                raise StorageError("The store is away.")
            return create(store, key)

        with monkeypatch.context() as patch:
            patch.setattr(type(away), "create", refusing)
            (failed,) = list(seal(archive, SealSettings()))
        assert isinstance(failed, SealFailed)
        assert isinstance(failed.problem, StorageError)
        assert archive.catalogue.count_waiting("a") == 2
        (done,) = batches(sealed(archive))
        assert (done.resumed, done.batch.count) == (True, 2)
        assert server.requests.total() == asked + 1
        assert_whole(archive, 2)
