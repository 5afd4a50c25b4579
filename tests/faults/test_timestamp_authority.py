"""Timestamp authorities that fail, lie or attack: nothing wrong is ever accepted, and each costs its cap at most."""

import hashlib
import logging
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp

from model.errors import ConfigurationError, TimestampError
from model.findings import Outcome
from preservation.evidence.values import TokenVerdict
from preservation.signatures.judging.tokens import judge_token
from preservation.signatures.judging.values import Judging
from preservation.signatures.policy import load_signature_policy
from preservation.timestamps.client import TimestampAuthority, TimestampClient, request_timestamp
from preservation.timestamps.response import Check, Timestamp
from preservation.trust.store import load_trust
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
from tests.fakes.pki import SIGNED, SetClock, pki, serve, write_trust
from tests.fakes.tokens import make_response

DIGEST = hashlib.sha512(b"root of the tree").digest()
OTHER = hashlib.sha512(b"another").digest()


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with hostile_server() as running:
        yield running


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """Judges as the program does, with the lists of that day."""
    folder = write_trust(tmp_path_factory.mktemp("trust"))
    return judged_by(folder)


def judged_by(folder: Path) -> Check:
    trust = load_trust(folder)
    lists = [pki().crl(label) for label in ("root-public", "tsa-ca", "root-gov", "gov-ca", "root-ec", "ec-ca")]
    judging = Judging(trust=replace(trust, crls=tuple(lists)), policy=load_signature_policy(), at=SIGNED)

    def judge(token: bytes, imprint: Callable[[str], bytes | None]) -> TokenVerdict:
        return judge_token(token, imprint, judging, id="timestamp")

    return judge


def lenient(_token: bytes, _imprint: Callable[[str], bytes | None]) -> TokenVerdict:
    return TokenVerdict(outcome=Outcome.PASSED)


def stamping(**changes: Any) -> Behaviour:
    """Answer as an authority would, with something changed."""

    def behave(connection: socket.socket, request: bytes) -> None:
        asked = tsp.TimeStampReq.load(request.partition(b"\r\n\r\n")[2])
        imprint = asked["message_imprint"]
        values = {
            "digest": imprint["hashed_message"].native,
            "algorithm": imprint["hash_algorithm"]["algorithm"].native,
            "nonce": asked["nonce"].native,
            "at": SIGNED,
        }
        values.update(changes)
        token = pki().timestamp(values.pop("digest"), values.pop("algorithm"), values.pop("at"), **values)
        answer(make_response(token), kind="application/timestamp-reply")(connection, request)

    return behave


def asked(server: HostileServer, behaviour: Behaviour, check: Check, **options: Any) -> Timestamp:
    server.behaviours["/tsa"] = behaviour
    authority = TimestampAuthority(**({"url": server.url("/tsa"), "timeout": 0.5} | options))
    return request_timestamp(DIGEST, "sha512", authority, check=check, clock=SetClock())


def test_timestamp_that_is_right_is_accepted(server: HostileServer, check: Check) -> None:
    stamp = asked(server, stamping(), check)
    assert stamp.time == SIGNED
    assert stamp.authority == server.url("/tsa")
    assert stamp.facts.imprint_matches
    assert stamp.token.startswith(b"\x30")
    assert b"application/timestamp-query" in server.heads[0]


def test_timestamp_granted_with_changes_is_accepted_if_it_fits(server: HostileServer, check: Check) -> None:
    def behave(connection: socket.socket, request: bytes) -> None:
        query = tsp.TimeStampReq.load(request.partition(b"\r\n\r\n")[2])
        token = pki().timestamp(DIGEST, "sha512", nonce=query["nonce"].native)
        answer(make_response(token, status="granted_with_mods"))(connection, request)

    assert asked(server, behave, check).time == SIGNED


WRONG = {
    "wrong nonce": ({"nonce": 4711}, "repeats an earlier answer"),
    "no nonce": ({"nonce": None}, "repeats an earlier answer"),
    "other data": ({"digest": OTHER}, "for other data"),
    "other algorithm": ({"digest": DIGEST[:32], "algorithm": "sha256"}, "another digest algorithm"),
    "same length, other algorithm": ({"algorithm": "sha3_512"}, "another digest algorithm"),
    "too early": ({"at": SIGNED - timedelta(hours=1)}, "its time is not"),
    "too late": ({"at": SIGNED + timedelta(hours=1)}, "its time is not"),
    "damaged": ({"damage": True}, "signature"),
    "no certificate": ({"with_certificates": False}, "certificate is missing"),
    "bound to another certificate": ({"binding": "wrong"}, "certificate"),
    "not bound": ({"binding": "none"}, "certificate"),
    "expired": ({"tsa": "tsa-expired"}, "TSA hết hạn"),
    "revoked": ({"tsa": "tsa-revoked"}, "TSA bị thu hồi"),
    "unknown": ({"tsa": "tsa-unknown"}, "Vô Danh"),
    "not an authority": ({"tsa": "tsa-not-tsa"}, "timestamps"),
    "also a web server": ({"tsa": "tsa-lax"}, "timestamps alone"),
    "a person": ({"tsa": "person"}, "timestamps"),
}


@pytest.mark.parametrize("name", WRONG)
def test_timestamp_that_is_wrong_is_not_accepted(server: HostileServer, check: Check, name: str) -> None:
    changes, words = WRONG[name]
    with pytest.raises(TimestampError) as caught:
        asked(server, stamping(**changes), check)
    assert words in caught.value.message
    assert server.url("/tsa") in caught.value.message
    assert caught.value.hint
    assert caught.value.retryable
    assert caught.value.exit_code == 14


@pytest.mark.parametrize("name", [name for name in WRONG if name not in {"expired", "revoked", "unknown"}])
def test_timestamp_that_is_wrong_by_itself_needs_no_judge(server: HostileServer, name: str) -> None:
    with pytest.raises(TimestampError):
        asked(server, stamping(**WRONG[name][0]), lenient)


def test_timestamp_under_another_policy_is_not_accepted(server: HostileServer, check: Check) -> None:
    with pytest.raises(TimestampError, match="another policy"):
        asked(server, stamping(), check, policy="1.2.3.4")
    assert asked(server, stamping(policy="1.2.3.4"), check, policy="1.2.3.4").policy == "1.2.3.4"


GOOD = pki().timestamp(DIGEST, "sha512")
FAILING = {
    "refused": (answer(make_response(None, "rejection", "bad_alg")), "refused.*bad_alg"),
    "refused with a token": (answer(make_response(GOOD, "rejection")), "refused"),
    "waiting": (answer(make_response(None, "waiting")), "refused.*waiting"),
    "granted without a token": (answer(make_response(None)), "not a timestamp"),
    "HTML": (answer(b"<html>Bao tri</html>", kind="text/html"), "not a timestamp"),
    "empty": (answer(b""), "not a timestamp"),
    "token instead of a response": (answer(GOOD), "not a timestamp"),
    "truncated": (answer(make_response(GOOD)[:-100]), "not a timestamp"),
    "trailing bytes": (answer(make_response(GOOD) + b"\x00"), "not a timestamp"),
    "a certificate": (answer(pki().certificate("tsa")), "not a timestamp"),
    "deeply nested": (answer(b"\x30\x80" * 20_000), "not a timestamp"),
    "server error": (answer(b"", status="500 Internal Server Error"), "HTTP status 500"),
    "unavailable": (answer(b"", status="503 Service Unavailable"), "HTTP status 503"),
    "password": (answer(b"", status="401 Unauthorized"), "HTTP status 401.*password"),
    "redirect loop": (redirect("/tsa"), "HTTP status 302.*not followed"),
    "redirect to a file": (redirect("file:///etc/passwd"), "HTTP status 302"),
    "silent": (silent(), "did not answer in time"),
    "dripping": (dripping(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(500), 0.02), "did not answer in time"),
    "endless": (endless(), "too large"),
    "announced too large": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"), "too large"),
    "cut short": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nabc"), "breaks off"),
    "no HTTP": (raw(b"220 mail.example.vn ESMTP\r\n"), "not HTTP"),
    "hanging up": (raw(b""), "cannot be reached"),
}


@pytest.mark.parametrize("name", FAILING)
def test_timestamp_authority_that_fails_is_an_error_with_a_hint(server: HostileServer, check: Check, name: str) -> None:
    behaviour, words = FAILING[name]
    started = time.monotonic()
    with pytest.raises(TimestampError, match=f"(?s){words}"):
        asked(server, behaviour, check)
    assert time.monotonic() - started < 3


def test_timestamp_authority_that_is_not_there() -> None:
    for url in ("http://127.0.0.1:1/", "ftp://tsa.example.vn/", "http://u:p@tsa.example.vn/"):
        with pytest.raises(TimestampError):
            request_timestamp(DIGEST, "sha512", TimestampAuthority(url=url), check=lenient, clock=SetClock())


def test_timestamp_second_authority_is_asked_when_the_first_fails(
    server: HostileServer, check: Check, caplog: pytest.LogCaptureFixture
) -> None:
    server.behaviours |= {
        "/down": answer(b"", status="503 Service Unavailable"),
        "/liar": stamping(digest=OTHER),
        "/good": stamping(),
    }
    authorities = [
        TimestampAuthority(url=server.url(path), user="co-quan", password="khong-ghi-lai")
        for path in ("/down", "/liar", "/good")
    ]
    with caplog.at_level(logging.DEBUG):
        stamp = TimestampClient(authorities, check, clock=SetClock()).timestamp(DIGEST, "sha512")
    assert stamp.authority == server.url("/good")
    assert server.requests == ["/down", "/liar", "/good"]
    assert b"Authorization: Basic " in server.heads[0]
    assert "khong-ghi-lai" not in caplog.text + repr(authorities)
    with pytest.raises(TimestampError, match="None of the 2") as caught:
        TimestampClient(authorities[:2], check, clock=SetClock()).timestamp(DIGEST, "sha512")
    assert "503" in caught.value.message
    assert "other data" in caught.value.message
    assert caught.value.hint
    with pytest.raises(ConfigurationError):
        TimestampClient([], check).timestamp(DIGEST, "sha512")


def test_timestamp_nonce_is_the_callers(server: HostileServer, check: Check) -> None:
    server.behaviours["/tsa"] = stamping(nonce=77)
    authority = TimestampAuthority(url=server.url("/tsa"))
    stamp = request_timestamp(DIGEST, "sha512", authority, check=check, nonce=lambda: 77, clock=SetClock())
    assert stamp.time == SIGNED
    with pytest.raises(TimestampError):
        request_timestamp(DIGEST, "sha512", authority, check=check, nonce=lambda: 78, clock=SetClock())


def test_timestamp_digest_of_the_wrong_length_is_a_mistake_of_the_caller(check: Check) -> None:
    with pytest.raises(ValueError, match="digest"):
        request_timestamp(DIGEST[:32], "sha512", TimestampAuthority(url="http://x/"), check=check)


def test_timestamp_certificate_files_that_cannot_be_read(tmp_path: Path, check: Check) -> None:
    authority = TimestampAuthority(url="https://127.0.0.1:1/", client_certificate=tmp_path / "none.pem")
    with pytest.raises(ConfigurationError, match="certificate files"):
        request_timestamp(DIGEST, "sha512", authority, check=check, clock=SetClock())


@pytest.mark.parametrize(("algorithm", "size"), [("sha256", 32), ("sha384", 48), ("sha512", 64), ("sha3-512", 64)])
def test_timestamp_of_another_implementation(tmp_path: Path, algorithm: str, size: int) -> None:
    """certomancer's authority, which names its certificate by SHA-1 as many do, over HTTP."""
    with serve() as served:
        folder = write_trust(tmp_path, served.pki)
        trust = load_trust(folder)
        lists = (served.pki.crl("tsa-ca"), served.pki.crl("root-public"))
        judging = Judging(trust=replace(trust, crls=lists), policy=load_signature_policy(), at=SIGNED)
        authority = TimestampAuthority(url=served.tsa())
        stamp = request_timestamp(
            bytes(size),
            algorithm,
            authority,
            check=lambda token, imprint: judge_token(token, imprint, judging, id="timestamp"),
            clock=served.clock,
        )
        assert stamp.time == SIGNED
