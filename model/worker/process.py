"""One worker process and the pipes to it."""

import fcntl
import mmap
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from model.worker import frames

_CHUNK = 1 << 18
_LARGEST_FRAME = 256 << 20


class WorkerProcess:
    """A spawned `python -m MODULE MARKER LIFELINE`, its request and answer pipes, and the marker it leaves.

    The worker dies with this process: the write end of its lifeline is held here only.

    Args:
        module: the program's module that is run, such as `formats.worker`.
    """

    def __init__(self, module: str) -> None:
        with tempfile.TemporaryFile() as shared:
            shared.write(frames.MARKER.pack(frames.IDLE, 0, 0.0))
            shared.flush()
            self._marker = mmap.mmap(shared.fileno(), frames.MARKER.size, access=mmap.ACCESS_READ)
            lifeline, self._lifeline = os.pipe()
            self._inherited = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", module, str(shared.fileno()), str(lifeline)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(shared.fileno(), lifeline),
                    env=_environment(),
                    bufsize=0,
                )
            finally:
                os.close(lifeline)
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("worker has no pipes")
        self._stdin, self._stdout = stdin, stdout
        os.set_blocking(stdin.fileno(), False)
        self._outgoing = bytearray()
        self._incoming = bytearray()
        self._closed = False

    def queue(self, frame: bytes) -> None:
        """Have a frame written as the worker takes it."""
        self._outgoing += frame

    def message(self) -> dict[str, Any] | None:
        """Return the next whole message received, if there is one."""
        if len(self._incoming) < frames.HEADER.size:
            return None
        (length,) = frames.HEADER.unpack_from(self._incoming)
        if length > _LARGEST_FRAME:
            raise ValueError("worker sent an oversized frame")
        end = frames.HEADER.size + length
        if len(self._incoming) < end:
            return None
        body = bytes(self._incoming[frames.HEADER.size : end])
        del self._incoming[:end]
        return frames.decode(body)

    def pump(self, seconds: float) -> bool:
        """Move bytes both ways, waiting at most so long. Return False when the worker closed its end."""
        writers = [self._stdin] if self._outgoing and not self._closed else []
        readable, writable, _ = select.select([self._stdout], writers, [], seconds)
        if writable:
            self._write()
        if readable:
            chunk = os.read(self._stdout.fileno(), _CHUNK)
            if not chunk:
                return False
            self._incoming += chunk
        return True

    def _write(self) -> None:
        try:
            written = os.write(self._stdin.fileno(), self._outgoing[:_CHUNK])
        except BrokenPipeError:
            self._closed = True
        else:
            del self._outgoing[:written]

    def marker(self) -> tuple[int, int, float]:
        """Return the number of the item at work, its step and when the step began."""
        number, step, started = frames.MARKER.unpack(self._marker[:])
        return number, step, started

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    def signal_kill(self) -> None:
        """Kill the worker; what it had sent can still be read."""
        self._process.send_signal(signal.SIGKILL)

    def reap(self) -> tuple[int, int]:
        """Wait for the dead worker; return its exit code (negative: signal) and its peak memory in bytes."""
        self.signal_kill_if_alive()
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self._release()
        # Linux counts what the process that started it held until the worker's program was loaded.
        own = usage.ru_maxrss if usage.ru_maxrss > self._inherited else 0
        return self._process.returncode, own * 1024

    def signal_kill_if_alive(self) -> None:
        """A worker that closed its pipe is ending; one that did not end within a second is killed."""
        descriptor = os.pidfd_open(self._process.pid)
        try:
            if not select.select([descriptor], [], [], 1.0)[0]:
                self.signal_kill()
        finally:
            os.close(descriptor)

    def kill(self) -> None:
        """End the worker now."""
        self._process.kill()
        self._process.wait()
        self._release()

    def _release(self) -> None:
        self._stdin.close()
        self._stdout.close()
        os.close(self._lifeline)
        self._marker.close()


def _environment() -> dict[str, str]:
    """Return this process's environment, with this program's code found wherever it was found here."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    search = {"PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}
    return {**os.environ, **search, **_LEAN}


_LEAN = {"GOGC": "50", "MALLOC_ARENA_MAX": "2"}
"""Keeps the worker small: Go's collector runs earlier, and the C library keeps fewer pools of freed memory."""


def die_with(lifeline: int) -> None:
    """Have this process killed when the other end of the pipe is closed (Linux)."""
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:
        os.kill(os.getpid(), signal.SIGKILL)
