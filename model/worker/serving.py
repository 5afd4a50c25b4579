"""What every worker process does on its side of the pipes: read frames, and keep within its memory."""

import resource
import sys
from pathlib import Path
from typing import Any, BinaryIO

from model.worker import frames


def read_frame(stream: BinaryIO) -> dict[str, Any] | None:
    """Read one whole frame; none when the parent closed the pipe."""
    header = stream.read(frames.HEADER.size)
    if len(header) < frames.HEADER.size:
        return None
    (length,) = frames.HEADER.unpack(header)
    body = stream.read(length)
    return frames.decode(body) if len(body) == length else None


def limit_memory(memory: int) -> None:
    """Cap private memory: Linux counts heap, anonymous maps and stacks in RLIMIT_DATA, not Go's reserved space."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def resident_memory() -> int:
    """Return the bytes of memory in use that are not pages of mapped files."""
    with Path("/proc/self/statm").open("rb") as statm:
        _, resident, mapped, *_ = statm.read().split()
    return (int(resident) - int(mapped)) * resource.getpagesize()


def keep_off_the_network() -> None:
    """Refuse every connection this process may be talked into; it cannot be undone."""
    refused = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"}

    def guard(event: str, _arguments: tuple[object, ...]) -> None:
        if event in refused:
            raise PermissionError(event)

    sys.addaudithook(guard)
