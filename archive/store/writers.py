"""Who is writing: names that tell, after a crash, whether the writer of a leftover is still alive."""

import os
import re
import secrets
import socket
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

STALE_SECONDS = 24 * 3600
"""Age from which a leftover is removed although its writer ran on another machine."""

_NAME = re.compile(r"(?P<host>[A-Za-z0-9_]{1,63})-(?P<pid>\d{1,10})-(?P<start>\d{1,20})-(?P<token>[0-9a-f]{16})")


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterName:
    """Name of one write: machine, process, start of the process, and a random token."""

    host: str
    pid: int
    start: str
    """Start of the process in clock ticks since boot; `0` where the system does not tell."""
    token: str

    @classmethod
    def new(cls) -> Self:
        """Name a write that this process begins."""
        host, pid, start = _this_process(os.getpid())
        return cls(host=host, pid=pid, start=start, token=secrets.token_hex(8))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a name back; none when it is not one."""
        match = _NAME.fullmatch(text)
        if match is None:
            return None
        return cls(host=match["host"], pid=int(match["pid"]), start=match["start"], token=match["token"])

    def __str__(self) -> str:
        return f"{self.host}-{self.pid}-{self.start}-{self.token}"

    def is_dead(self) -> bool:
        """Tell whether the writer ran on this machine and has ended; false when that cannot be known."""
        if self.host != _this_host():
            return False
        start = _start_of(self.pid)
        if start is not None:
            return start != self.start
        return not _is_running(self.pid)


@lru_cache(maxsize=1)
def _this_process(pid: int) -> tuple[str, int, str]:
    """Return who is writing; asked again in a child that was forked."""
    return _this_host(), pid, _start_of(pid) or "0"


def _this_host() -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", socket.gethostname())[:63] or "_"


def _start_of(pid: int) -> str | None:
    """Return field 22 of `/proc/PID/stat` (proc(5)); none where there is no such process or no `/proc`."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = text.rpartition(b")")[2].split()
    if fields[0] in (b"Z", b"X"):
        return None
    return fields[19].decode("ascii")


def _is_running(pid: int) -> bool:
    if Path("/proc/self/stat").exists():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
