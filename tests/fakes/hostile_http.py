"""An HTTP server on the loopback that misbehaves as it is told, byte for byte."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket, bytes], None]
"""Answers one request: the connection, and the request's head and body."""


@dataclass(slots=True)
class HostileServer:
    """A server whose every path behaves in its own way."""

    port: int
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    """Paths asked for, in order."""
    heads: list[bytes] = field(default_factory=list)

    def url(self, path: str) -> str:
        """Address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def allow(self) -> tuple[str, ...]:
        """What lists this server for a fetcher."""
        return (f"127.0.0.1:{self.port}",)


def answer(
    content: bytes, *, status: str = "200 OK", kind: str = "application/octet-stream", extra: str = ""
) -> Behaviour:
    """Answer properly."""

    def behave(connection: socket.socket, _request: bytes) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n{extra}\r\n"
        connection.sendall(head.encode() + content)

    return behave


def raw(content: bytes) -> Behaviour:
    """Send exactly these bytes."""
    return lambda connection, _request: connection.sendall(content)


def redirect(target: str, status: str = "302 Found") -> Behaviour:
    """Lead elsewhere."""
    return answer(b"", status=status, extra=f"Location: {target}\r\n")


def endless(chunk: bytes = b"x" * 65536) -> Behaviour:
    """Never stop sending."""

    def behave(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(chunk)

    return behave


def silent(seconds: float = 5.0) -> Behaviour:
    """Accept and say nothing."""
    return lambda _connection, _request: time.sleep(seconds)


def dripping(content: bytes, pause: float = 0.05) -> Behaviour:
    """Send one byte at a time: each read succeeds, the whole never ends in time."""

    def behave(connection: socket.socket, _request: bytes) -> None:
        for byte in content:
            connection.sendall(bytes([byte]))
            time.sleep(pause)

    return behave


@contextmanager
def hostile_server() -> Iterator[HostileServer]:
    """Serve on a free port until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    server = HostileServer(port=listener.getsockname()[1])
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                threading.Thread(target=_serve, args=(server, connection), daemon=True).start()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        ended.set()
        thread.join()
        listener.close()


def _serve(server: HostileServer, connection: socket.socket) -> None:
    with connection, suppress(OSError):
        connection.settimeout(5)
        request = _read(connection)
        path = request.split(b" ", 2)[1].decode("latin-1")
        server.requests.append(path)
        server.heads.append(request)
        server.behaviours.get(path, answer(b"", status="404 Not Found"))(connection, request)


def _read(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
