"""Keys of stored objects: plain ASCII paths that mean the same on every file system and object store."""

import re

from model.errors import InputError
from model.text import N_

TEMPORARY = "tmp"
"""Folder of what is being written; never listed."""
DAMAGED = "damaged"
"""Folder of damaged bytes set aside; listed only when asked for."""
MARKER = "chauban-store.json"
"""File at the root of a folder store that says that this is the store, and not an empty mount point."""

MAX_KEY = 700
"""Bytes in a key: with a prefix and a set-aside folder before it, within S3's 1,024."""
MAX_PART = 200
"""Bytes in one part of a key."""

_RESERVED = (TEMPORARY, DAMAGED, MARKER)
_NOT_OURS = (TEMPORARY + "/", "lost+found/")
_PART = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._+=@~,-]*[A-Za-z0-9_+=@~,-])?")


def is_key(key: str) -> bool:
    """Tell whether a text can be a key: relative ASCII parts without `.`, `..`, hidden names or trailing dots."""
    if not 0 < len(key) <= MAX_KEY:
        return False
    return all(len(part) <= MAX_PART and _PART.fullmatch(part) for part in key.split("/"))


def check_key(key: str) -> str:
    """Return the key of an object that may be read, or deleted by an approved decision.

    Raises:
        InputError: it is not a key, or names what is being written.
    """
    if is_key(key) and key != MARKER and key.partition("/")[0] != TEMPORARY:
        return key
    raise InputError(
        N_("“{key}” cannot be the key of a stored object."),
        hint=N_("Keys are relative paths of ASCII letters, digits and . _ + = @ ~ , - without empty parts."),
        key=key,
    )


def check_new_key(key: str) -> str:
    """Return the key of an object that may be created or replaced.

    Raises:
        InputError: it is not a key, or lies in a folder kept for the store itself.
    """
    if key.partition("/")[0] not in _RESERVED:
        return check_key(key)
    raise InputError(
        N_("“{key}” lies in a folder that the store keeps for itself."),
        hint=N_("Choose a key that does not begin with tmp, damaged or chauban-store.json."),
        key=key,
    )


def is_walked(folder: str, prefix: str) -> bool:
    """Tell whether a folder (its key with `/` behind it) can hold objects that belong in a list of a prefix."""
    if folder == DAMAGED + "/":
        return prefix.startswith(folder)
    overlaps = folder.startswith(prefix) or prefix.startswith(folder)
    return overlaps and folder not in _NOT_OURS and is_key(folder[:-1])


def is_listed(key: str, prefix: str) -> bool:
    """Tell whether a key found in the store belongs in a list of a prefix."""
    if not key.startswith(prefix) or not is_key(key):
        return False
    top = key.partition("/")[0]
    return top not in _RESERVED or (top == DAMAGED and prefix.startswith(DAMAGED + "/"))
