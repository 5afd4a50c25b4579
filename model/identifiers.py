"""Identifiers: time-ordered for what we create, derived for what belongs to it."""

import hashlib
import secrets
import uuid
from collections.abc import Callable
from datetime import datetime

_NAMESPACE = uuid.UUID("6f0b0a52-6d3a-5b9c-9d52-0c8c7a3b6e11")


def new_uuid(moment: datetime) -> uuid.UUID:
    """Return a UUID version 7 for a moment: sortable by creation, random otherwise (RFC 9562 5.7)."""
    milliseconds = int(moment.timestamp() * 1000) & ((1 << 48) - 1)
    value = (milliseconds << 80) | (0x7 << 76) | (secrets.randbits(12) << 64) | (0b10 << 62) | secrets.randbits(62)
    return uuid.UUID(int=value)


def derived_uuid(parent: uuid.UUID, name: str) -> uuid.UUID:
    """Return the UUID version 5 of a named part of a parent, the same at every call (RFC 9562 5.5)."""
    return uuid.uuid5(uuid.uuid5(_NAMESPACE, str(parent)), name)


def derived_uuids(parent: uuid.UUID) -> Callable[[str], str]:
    """Return a function giving `str(derived_uuid(parent, name))`, several times faster for many names of one parent."""
    seed = hashlib.sha1(uuid.uuid5(_NAMESPACE, str(parent)).bytes, usedforsecurity=False)

    def derive(name: str) -> str:
        state = seed.copy()
        state.update(name.encode("utf-8"))
        text = state.hexdigest()
        variant = "89ab"[int(text[16], 16) & 3]
        return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"

    return derive
