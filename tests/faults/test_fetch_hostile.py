"""Servers that certificates name may be anything: slow, endless, lying, leading astray. Each costs its cap at most."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from preservation.network import http
from preservation.trust.fetch import Fetcher, FetchFailure, FetchKind, FetchResult
from preservation.trust.settings import FetchSettings
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
from tests.fakes.pki import SIGNED, SetClock, pki


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with hostile_server() as running:
        yield running


def fetcher(server: HostileServer, folder: Path, clock: SetClock | None = None, **settings: object) -> Fetcher:
    values: dict[str, Any] = {"enabled": True, "allow": server.allow, "timeout": 0.4, "total": 0.8, "max_crl": 200_000}
    return Fetcher(FetchSettings(**(values | settings)), folder, clock or SetClock())


def got(server: HostileServer, folder: Path, behaviour: Behaviour, **settings: object) -> FetchResult:
    server.behaviours["/a"] = behaviour
    return fetcher(server, folder, **settings).fetch(server.url("/a"), FetchKind.CRL)


CRL = pki().crl("public-ca")


def test_fetch_gets_what_is_there(server: HostileServer, tmp_path: Path) -> None:
    result = got(server, tmp_path, answer(CRL))
    assert result.ok
    assert (result.content, result.obtained, result.url, result.kept) == (CRL, SIGNED, server.url("/a"), False)
    assert b"Accept-Encoding: identity" in server.heads[0]
    assert b"GET /a HTTP/1.1" in server.heads[0]


BEHAVIOURS = {
    "silent": (silent(), FetchFailure.TIMEOUT),
    "dripping head": (dripping(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500), FetchFailure.TIMEOUT),
    "dripping body": (dripping(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(500), 0.02), FetchFailure.TIMEOUT),
    "endless": (endless(), FetchFailure.TOO_LARGE),
    "announced too large": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx"), FetchFailure.TOO_LARGE),
    "cut short": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nabc"), FetchFailure.UNUSABLE),
    "negative length": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc"), FetchFailure.UNUSABLE),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH_9.9\r\n"), FetchFailure.UNUSABLE),
    "nothing": (raw(b""), FetchFailure.UNREACHABLE),
    "endless head": (raw(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 5000), FetchFailure.UNUSABLE),
    "long line": (raw(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 200_000), FetchFailure.UNUSABLE),
    "bad chunks": (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), FetchFailure.UNUSABLE),
    "compressed": (answer(b"x", extra="Content-Encoding: gzip\r\n"), FetchFailure.UNUSABLE),
    "HTML": (answer(b"<html>Xin chao</html>", kind="text/html"), FetchFailure.UNUSABLE),
    "empty": (answer(b""), FetchFailure.UNUSABLE),
    "truncated list": (answer(CRL[:-40]), FetchFailure.UNUSABLE),
    "trailing bytes": (answer(CRL + b"x"), FetchFailure.UNUSABLE),
    "a certificate": (answer(pki().certificate("person")), FetchFailure.UNUSABLE),
    "not found": (answer(b"", status="404 Not Found"), FetchFailure.STATUS),
    "error": (answer(b"boom", status="500 Internal Server Error"), FetchFailure.STATUS),
    "partial": (answer(CRL, status="206 Partial Content"), FetchFailure.STATUS),
    "redirect without target": (answer(b"", status="302 Found"), FetchFailure.REDIRECTS),
    "redirect loop": (redirect("/a"), FetchFailure.REDIRECTS),
    "redirect to a file": (redirect("file:///etc/passwd"), FetchFailure.REDIRECTS),
    "redirect to metadata": (redirect("http://169.254.169.254/latest/"), FetchFailure.REDIRECTS),
    "redirect elsewhere": (redirect("http://evil.example/x"), FetchFailure.REDIRECTS),
    "redirect to another port": (redirect("http://127.0.0.1:1/x"), FetchFailure.REDIRECTS),
    "redirect to a broken address": (redirect("http://[::1/x"), FetchFailure.REDIRECTS),
}


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_fetch_hostile_servers_give_a_result(server: HostileServer, tmp_path: Path, name: str) -> None:
    behaviour, expected = BEHAVIOURS[name]
    started = time.monotonic()
    result = got(server, tmp_path, behaviour)
    assert result.failure is expected, result
    assert result.content == b""
    assert time.monotonic() - started < 3


def test_fetch_follows_three_redirects_and_no_more(server: HostileServer, tmp_path: Path) -> None:
    for number in range(4):
        server.behaviours[f"/{number}"] = redirect(f"/{number + 1}")
    server.behaviours["/4"] = answer(CRL)
    fetching = fetcher(server, tmp_path)
    assert fetching.fetch(server.url("/1"), FetchKind.CRL).content == CRL
    assert fetching.fetch(server.url("/0"), FetchKind.CRL).failure is FetchFailure.REDIRECTS


def test_fetch_redirects_share_one_time(server: HostileServer, tmp_path: Path) -> None:
    def slow(target: str) -> Behaviour:
        def behave(connection: socket.socket, request: bytes) -> None:
            time.sleep(0.35)
            redirect(target)(connection, request)

        return behave

    for number in range(3):
        server.behaviours[f"/{number}"] = slow(f"/{number + 1}")
    server.behaviours["/3"] = answer(CRL)
    result = fetcher(server, tmp_path).fetch(server.url("/0"), FetchKind.CRL)
    assert result.failure is FetchFailure.TIMEOUT


def test_fetch_asks_nobody_when_switched_off_or_not_listed(server: HostileServer, tmp_path: Path) -> None:
    off = fetcher(server, tmp_path, enabled=False).fetch(server.url("/a"), FetchKind.CRL)
    assert off.failure is FetchFailure.DISABLED
    for allow in ((), ("localhost",), ("*.0.0.1",), (f"127.0.0.1:{server.port + 1}",)):
        result = fetcher(server, tmp_path, allow=allow).fetch(server.url("/a"), FetchKind.CRL)
        assert result.failure is FetchFailure.NOT_ALLOWED
    assert not server.requests


def test_fetch_listed_name_that_leads_inside_is_refused(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A public name whose owner lets it point to the loopback: the address is vetted after it was resolved."""
    asked = []

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(http.socket, "getaddrinfo", resolve)
    result = fetcher(server, tmp_path, allow=(f"crl.example.vn:{server.port}",)).fetch(
        f"http://crl.example.vn:{server.port}/a", FetchKind.CRL
    )
    assert result.failure is FetchFailure.PRIVATE
    assert asked == ["crl.example.vn"]
    assert not server.requests
    server.behaviours["/a"] = answer(CRL)
    listed = fetcher(server, tmp_path / "2", allow=(f"crl.example.vn:{server.port}", "127.0.0.0/8"))
    assert listed.fetch(f"http://crl.example.vn:{server.port}/a", FetchKind.CRL).ok, "a closed network lists both"


def test_fetch_resolver_that_hangs_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        never.wait(5)
        return []

    monkeypatch.setattr(http.socket, "getaddrinfo", hang)
    settings = FetchSettings(enabled=True, allow=("crl.example.vn",), timeout=0.2, total=0.2)
    started = time.monotonic()
    result = Fetcher(settings, tmp_path, SetClock()).fetch("http://crl.example.vn/a", FetchKind.CRL)
    never.set()
    assert result.failure is FetchFailure.TIMEOUT
    assert time.monotonic() - started < 2


def test_fetch_uses_no_proxy_of_the_environment(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert got(server, tmp_path, answer(CRL)).ok


def test_fetch_keeps_a_list_until_its_next_update(server: HostileServer, tmp_path: Path) -> None:
    clock = SetClock()
    server.behaviours["/a"] = answer(CRL)
    fetching = fetcher(server, tmp_path, clock, cache=timedelta(days=7))
    fetching.fetch(server.url("/a"), FetchKind.CRL)
    clock.time = datetime(2026, 3, 2, 23, 59, tzinfo=UTC)
    kept = fetching.fetch(server.url("/a"), FetchKind.CRL)
    assert kept.kept
    assert (kept.content, kept.obtained) == (CRL, SIGNED)
    clock.time = datetime(2026, 3, 3, 0, 1, tzinfo=UTC)
    fetching.fetch(server.url("/a"), FetchKind.CRL)
    assert server.requests == ["/a", "/a"]


def test_fetch_keeps_nothing_longer_than_the_policy_says(server: HostileServer, tmp_path: Path) -> None:
    clock = SetClock()
    server.behaviours["/a"] = answer(CRL)
    fetching = fetcher(server, tmp_path, clock, cache=timedelta(hours=2))
    fetching.fetch(server.url("/a"), FetchKind.CRL)
    clock.time += timedelta(hours=3)
    fetching.fetch(server.url("/a"), FetchKind.CRL)
    assert len(server.requests) == 2


def test_fetch_leaves_a_dead_server_alone_for_a_while(server: HostileServer, tmp_path: Path) -> None:
    clock = SetClock()
    fetching = fetcher(server, tmp_path, clock)
    for _ in range(5):
        assert fetching.fetch(server.url("/gone"), FetchKind.CRL).failure is FetchFailure.STATUS
    assert server.requests == ["/gone"]
    clock.time += timedelta(minutes=6)
    fetching.fetch(server.url("/gone"), FetchKind.CRL)
    assert len(server.requests) == 2


def test_fetch_once_for_many_at_the_same_time(server: HostileServer, tmp_path: Path) -> None:
    def slow(connection: socket.socket, request: bytes) -> None:
        time.sleep(0.1)
        answer(CRL)(connection, request)

    server.behaviours["/a"] = slow
    results: list[FetchResult] = []

    def work() -> None:
        results.append(fetcher(server, tmp_path, total=5.0).fetch(server.url("/a"), FetchKind.CRL))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.content for result in results] == [CRL] * 8
    assert server.requests == ["/a"]


def test_fetch_cache_that_cannot_be_written_is_a_result(server: HostileServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    result = got(server, tmp_path / "file", answer(CRL))
    assert result.failure is FetchFailure.STORAGE


def test_fetch_ocsp_and_certificates(server: HostileServer, tmp_path: Path) -> None:
    server.behaviours["/ocsp"] = answer(pki().ocsp("person"))
    server.behaviours["/error"] = answer(b"\x30\x03\x0a\x01\x06")
    server.behaviours["/ca"] = answer(pki().certificate("public-ca"))
    fetching = fetcher(server, tmp_path)
    assert fetching.fetch(server.url("/ocsp"), FetchKind.OCSP, b"request").ok
    assert server.heads[0].startswith(b"POST /ocsp")
    assert b"application/ocsp-request" in server.heads[0]
    assert fetching.fetch(server.url("/error"), FetchKind.OCSP, b"request").failure is FetchFailure.UNUSABLE
    assert fetching.fetch(server.url("/ca"), FetchKind.CERTIFICATE).content == pki().certificate("public-ca")
    assert fetching.fetch(server.url("/ocsp"), FetchKind.CERTIFICATE).failure is FetchFailure.UNUSABLE
