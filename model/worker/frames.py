"""The frames that pass between a parent and its worker: a length, then JSON.

JSON and not pickle: the worker parses hostile bytes, so what it says is data and never code. Text may hold
lone surrogates (names that are not UTF-8), which `surrogatepass` keeps.
"""

import json
import struct
from typing import Any

HEADER = struct.Struct(">I")
MARKER = struct.Struct("<qqd")
"""Shared with the worker: number of the item at work, its step, when the step began (monotonic seconds)."""

IDLE = -1
"""Marker number when the worker waits or writes."""
STEP_IDENTIFY = 0
STEP_VALIDATE = 1
STEP_TEXT = 2

EXIT_RENEW = 75
"""The worker ends by itself, to be replaced by a fresh one (it used much memory)."""


def encode(message: dict[str, Any]) -> bytes:
    """Return one frame."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return HEADER.pack(len(body)) + body


def decode(body: bytes) -> dict[str, Any]:
    """Read the body of one frame."""
    message = json.loads(body.decode("utf-8", "surrogatepass"))
    if not isinstance(message, dict):
        raise ValueError("frame is not an object")
    return message
