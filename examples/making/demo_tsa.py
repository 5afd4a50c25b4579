"""A timestamp authority for the demonstration: on this machine only, trusted by nobody, gone when the program ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from making.demo_signing import timestamp_response

_MOST = 1 << 16


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer one request."""
        length = min(int(self.headers.get("Content-Length", 0)), _MOST)
        answer = timestamp_response(self.rfile.read(length), datetime.now(UTC).replace(microsecond=0))
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def demo_authority() -> Iterator[str]:
    """Serve while the block runs; give the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
