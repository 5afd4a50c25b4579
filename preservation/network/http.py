"""One HTTP request, bounded in time and size: the only code of this package that opens a connection.

No proxy, no cookies, no compression, no redirects: who asks decides about each step. The address a name resolves to
is vetted before it is connected to, and the connection goes to that very address.
"""

import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Vet = Callable[[Address], bool]

_CHUNK = 64 << 10
_AGENT = "chauban"
_PORTS = {"http": 80, "https": 443}
MAX_URL = 2048


class Failure(StrEnum):
    """Why there is no answer."""

    BAD_ADDRESS = "bad-address"
    """Not an http or https address that may be used at all."""
    PRIVATE = "private-address"
    """It leads to an address that is not public and was not listed."""
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TOO_LARGE = "too-large"
    INSECURE = "insecure"
    """The server's TLS certificate does not fit."""
    MALFORMED = "malformed"
    """What it sent is not HTTP, or compressed, or cut short."""


class NotAnswered(Exception):
    """There is no usable answer.

    Args:
        failure: why.
        detail: in a library's or system's words.
    """

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(f"{failure}: {detail}")
        self.failure = failure
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one request may cost."""

    size: int
    """Bytes of the answer."""
    silence: float = 10.0
    """Seconds to connect, and between two pieces of the answer."""
    total: float = 30.0
    """Seconds in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered, whatever its status."""

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The parts of an address that decide where a request goes."""

    scheme: str
    host: str
    """Lower case; an IPv6 address without brackets."""
    port: int
    path: str
    """With the query."""


def target_of(url: str) -> Target:
    """Take an address apart.

    Raises:
        NotAnswered: it is not one to use: another scheme, credentials in it, control characters, dot segments.
    """
    if len(url) > MAX_URL or any(ord(sign) <= 0x20 or ord(sign) >= 0x7F for sign in url):
        raise NotAnswered(Failure.BAD_ADDRESS, "unusual characters or length")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise NotAnswered(Failure.BAD_ADDRESS, str(exc)) from exc
    host = (parts.hostname or "").rstrip(".").lower()
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc or "\\" in url or "%" in host:
        raise NotAnswered(Failure.BAD_ADDRESS, "not a plain http or https address")
    segments = parts.path.lower().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/").split("/")
    if "." in segments or ".." in segments:
        raise NotAnswered(Failure.BAD_ADDRESS, "dot segments")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme=parts.scheme, host=host, port=port or _PORTS[parts.scheme], path=path)


def send(
    url: str,
    bounds: Bounds,
    *,
    data: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    vet: Vet | None = None,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Ask a server once.

    Args:
        url: http or https.
        bounds: what it may cost.
        data: body of a POST; without it a GET.
        headers: further headers.
        vet: decides whether an address may be connected to; none: any.
        tls: how servers prove who they are; none: by the authorities the system knows, for transport only.

    Raises:
        NotAnswered: no answer, or one that breaks the bounds.
    """
    target = target_of(url)
    deadline = time.monotonic() + bounds.total
    connection = _Connection(target, bounds.silence, deadline, vet, tls)
    try:
        connection.request(
            "GET" if data is None else "POST",
            target.path,
            body=data,
            headers={"Accept-Encoding": "identity", "User-Agent": _AGENT, "Connection": "close", **(headers or {})},
        )
        response = connection.getresponse()
        return Answer(
            status=response.status,
            content=_body(response, bounds.size),
            headers={name.lower(): value for name, value in response.getheaders()},
        )
    except (NotAnswered, MemoryError):
        raise
    except TimeoutError as exc:
        raise NotAnswered(Failure.TIMEOUT, str(exc)) from exc
    except ssl.SSLError as exc:
        raise NotAnswered(Failure.INSECURE, exc.reason or str(exc)) from exc
    except OSError as exc:
        raise NotAnswered(Failure.UNREACHABLE, exc.strerror or str(exc)) from exc
    except (http.client.HTTPException, ValueError) as exc:
        raise NotAnswered(Failure.MALFORMED, type(exc).__name__) from exc
    finally:
        connection.end()


def _body(response: http.client.HTTPResponse, limit: int) -> bytes:
    if response.getheader("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise NotAnswered(Failure.MALFORMED, "compressed")
    if response.length is not None and response.length > limit:
        raise NotAnswered(Failure.TOO_LARGE, str(response.length))
    content = bytearray()
    while chunk := response.read(min(_CHUNK, limit + 1 - len(content))):
        content += chunk
        if len(content) > limit:
            raise NotAnswered(Failure.TOO_LARGE, f"over {limit}")
    if response.length:
        raise NotAnswered(Failure.MALFORMED, "cut short")
    return bytes(content)


class _Connection(http.client.HTTPConnection):
    """A connection to a vetted address whose every read ends by the deadline."""

    def __init__(
        self, target: Target, silence: float, deadline: float, vet: Vet | None, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(target.host, target.port)
        self._target, self._silence, self._deadline, self._vet = target, silence, deadline, vet
        self._tls = tls
        self._stream: socket.socket | None = None

    def end(self) -> None:
        """Close the connection for good."""
        self.close()
        if self._stream is not None:
            self._stream.close()

    def connect(self) -> None:
        """Connect to the first address that is allowed and answers."""
        failure: OSError | None = None
        for family, where in _resolved(self._target, self._left(), self._vet):
            raw = socket.socket(family, socket.SOCK_STREAM)
            try:
                raw.settimeout(self._left())
                raw.connect(where)
                raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                stream = self._secured(raw)
            except OSError as exc:
                raw.close()
                failure = exc
                continue
            self._stream = stream
            self.sock = _Timed(stream, self._left)
            return
        raise failure or NotAnswered(Failure.UNREACHABLE, "no address")

    def _secured(self, raw: socket.socket) -> socket.socket:
        if self._target.scheme == "http":
            return raw
        return (self._tls or _transport_tls()).wrap_socket(raw, server_hostname=self._target.host)

    def _left(self) -> float:
        """Return the seconds the next step may take."""
        left = min(self._silence, self._deadline - time.monotonic())
        if left <= 0:
            raise NotAnswered(Failure.TIMEOUT, "in all")
        return left


@cache
def _transport_tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _resolved(target: Target, seconds: float, vet: Vet | None) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    found = []
    for family, _, _, _, where in _lookup(target, seconds):
        address = ipaddress.ip_address(str(where[0]).split("%", 1)[0])
        if vet is None or vet(address):
            found.append((family, (str(where[0]), target.port)))
    if not found:
        raise NotAnswered(Failure.PRIVATE, target.host)
    return found


def _lookup(target: Target, seconds: float) -> list[tuple[socket.AddressFamily, int, int, str, tuple[object, ...]]]:
    """Resolve a name within a time: the system's resolver knows none, so it is asked in a thread of its own."""
    answers: list[list[tuple[socket.AddressFamily, int, int, str, tuple[object, ...]]]] = []
    errors: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            answers.append(list(socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as exc:
            errors.append(exc)

    asker = threading.Thread(target=ask, daemon=True)
    asker.start()
    asker.join(seconds)
    if answers:
        return answers[0]
    if errors:
        raise NotAnswered(Failure.UNREACHABLE, str(errors[0])) from errors[0]
    raise NotAnswered(Failure.TIMEOUT, "name not resolved")


class _Timed:
    """A socket as `http.client` uses one, each read and write given what time is left."""

    def __init__(self, stream: socket.socket, left: Callable[[], float]) -> None:
        self._stream, self._left = stream, left

    def sendall(self, data: bytes) -> None:
        """Send everything."""
        self._stream.settimeout(self._left())
        self._stream.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return what the answer is read from."""
        if mode != "rb":
            raise ValueError(mode)
        return io.BufferedReader(_TimedReader(self._stream, self._left))

    def close(self) -> None:
        """Leave it open: the answer is still read after `http.client` is done with the socket."""


class _TimedReader(io.RawIOBase):
    def __init__(self, stream: socket.socket, left: Callable[[], float]) -> None:
        self._stream, self._left = stream, left

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read what is there, waiting no longer than is left."""
        self._stream.settimeout(self._left())
        return self._stream.recv_into(buffer)
