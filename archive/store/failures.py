"""What the operating system says when a folder store fails, put as errors an operator can act on."""

import errno
import os

from model.errors import ConflictError, NotFoundError, StorageError
from model.text import N_

WRITING = N_("Store {store} could not write {key}: {reason}.")
READING = N_("Store {store} could not read {key}: {reason}.")
LISTING = N_("Store {store} could not be listed at {key}: {reason}.")
DELETING = N_("Store {store} could not delete {key}: {reason}.")

_PERMISSION = N_("Give the account that runs the archive the right to read and write the store's folder.")
_FULL = N_("Free space on the disk of this store or move the store to a larger one, then run the command again.")
_MEDIUM = N_("The disk may be failing: check it now, and repair this copy from another one before it is lost.")
_READ_ONLY = N_("The disk is mounted read-only: find out why (a failing disk does this), then mount it for writing.")
_GONE = N_("Check that the disk or network folder of this store is connected and mounted.")
_OTHER = N_("Check the disk of this store, then run the command again.")

_HINTS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: N_("The file system or the account's limit does not allow a file this large: raise the limit."),
    errno.EIO: _MEDIUM,
    errno.EUCLEAN: _MEDIUM,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _PERMISSION,
    errno.EPERM: _PERMISSION,
    errno.ENOENT: _GONE,
    errno.ENODEV: _GONE,
    errno.ENXIO: _GONE,
    errno.ESTALE: _GONE,
    errno.ENOTCONN: _GONE,
    errno.EHOSTDOWN: _GONE,
    errno.EMFILE: N_("The account may open too few files at once: raise its limit of open files."),
}


def failure(error: OSError, message: str, *, store: str, key: str) -> StorageError:
    """Return the error for something the operating system refused.

    Args:
        message: one of the sentences of this module.
        store: name of the copy.
        key: the object, or the folder, that was being handled.
    """
    number = error.errno or 0
    reason = os.strerror(number) if number else str(error)
    return StorageError(message, hint=_HINTS.get(number, _OTHER), store=store, key=key, reason=reason)


def not_found(store: str, key: str) -> NotFoundError:
    """Return the error for a key that a store does not hold."""
    return NotFoundError(
        N_("Store {store} holds no object {key}."),
        hint=N_("Verify the archive: if the package should be there, this copy is damaged and can be repaired."),
        store=store,
        key=key,
    )


def conflict(store: str, key: str) -> ConflictError:
    """Return the error for a key that exists already."""
    return ConflictError(
        N_("Store {store} already holds an object {key}; it was left as it is."),
        hint=N_("Objects are created once and never overwritten. Verify the archive to see what it belongs to."),
        store=store,
        key=key,
    )
