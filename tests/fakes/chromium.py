"""A headless Chromium for the tests, spoken to over its own pipe (DevTools protocol): no driver, no port."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
_TIMEOUT = 60.0


def chromium() -> str | None:
    """Return the browser's program; none where there is no browser."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """One page of the browser."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._buffer = b""
        self._count = 0
        self._session = ""
        self.log: list[str] = []
        """What the page wrote to its console, and errors."""
        self.requested: list[str] = []
        """Addresses the page asked for."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "DOM", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Any:
        """Call a method of the protocol and return its result."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._send(message)
        while True:
            answer = self._receive()
            if answer.get("id") == self._count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _send(self, message: dict[str, Any]) -> None:
        rest = json.dumps(message).encode() + b"\0"
        while rest:
            rest = rest[os.write(self._write, rest) :]

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            piece = os.read(self._read, 1 << 16)
            if not piece:
                raise RuntimeError("the browser ended")
            self._buffer += piece
        line, _zero, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        kind, params = message.get("method"), message.get("params", {})
        if kind == "Log.entryAdded":
            self.log.append(params["entry"]["text"])
        elif kind == "Runtime.exceptionThrown":
            self.log.append(str(params["exceptionDetails"].get("exception", {}).get("description", params)))
        elif kind == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])

    def open(self, address: str) -> None:
        """Open an address and wait until it is there."""
        self.call("Page.navigate", url=address)
        self.wait("document.readyState === 'complete'")

    def run(self, expression: str) -> Any:
        """Return the value of an expression, awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description"))
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until a condition holds."""
        end = time.monotonic() + _TIMEOUT
        while not self.run(condition):
            if time.monotonic() > end:
                raise TimeoutError(condition)
            time.sleep(0.02)

    def give(self, selector: str, paths: list[Path]) -> None:
        """Choose files in a file field, as a person does."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        field = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=field, files=[str(path) for path in paths])

    def screenshot(self, path: Path) -> None:
        """Keep a picture of the whole page."""
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(picture))


def _pipe() -> tuple[int, int]:
    """Return a pipe whose ends are out of the way of the numbers 3 and 4, which the browser speaks on."""
    ends = os.pipe()
    kept = fcntl.fcntl(ends[0], fcntl.F_DUPFD, 20), fcntl.fcntl(ends[1], fcntl.F_DUPFD, 20)
    for one in ends:
        os.close(one)
    return kept


@contextmanager
def browser() -> Iterator[Page]:
    """Start a browser without a network and give its page."""
    program = chromium()
    if program is None:
        raise FileNotFoundError("no Chromium")
    to_browser, write = _pipe()
    read, from_browser = _pipe()
    with tempfile.TemporaryDirectory() as profile:
        command = (
            f'exec 3<&{to_browser} 4>&{from_browser}; exec "$0" "$@"',
            program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--proxy-server=127.0.0.1:9",
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            "--no-first-run",
        )
        process = subprocess.Popen(
            ["bash", "-c", *command],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        try:
            yield Page(write, read)
        finally:
            process.terminate()
            process.wait(timeout=20)
            os.close(write)
            os.close(read)
