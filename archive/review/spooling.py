"""Lists of any length, kept in the stores as objects of a thousand lines and read back one at a time."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from uuid import UUID

from archive.archive import Archive
from archive.layout import review_list_key
from archive.review.acts import unreadable
from archive.review.values import Spool
from model.identifiers import new_uuid

LINES = 1000
_MOST_BYTES = 1 << 24
"""An object of a thousand lines is far smaller."""


def write_spool(archive: Archive, review_id: UUID, lines: Iterable[str]) -> Spool:
    """Keep lines in every store.

    The list has an identifier of its own, so that what a killed process left is in nobody's way.

    Raises:
        StorageError: a store cannot be written.
    """
    spool_id, whole = new_uuid(archive.clock.now()), hashlib.sha256()
    remaining, objects, count = iter(lines), 0, 0
    while some := list(islice(remaining, LINES)):
        content = "".join(f"{line}\n" for line in some).encode()
        archive.copies.put(review_list_key(review_id, spool_id, objects), content)
        whole.update(content)
        objects, count = objects + 1, count + len(some)
    return Spool(id=spool_id, objects=objects, lines=count, sha256=whole.hexdigest())


def read_spool(archive: Archive, review_id: UUID, spool: Spool) -> Iterator[tuple[bytes, str]]:
    """Yield each line, and the key it lies under.

    Raises:
        IntegrityError: it is not the list that was written; found out at its end at the latest.
        StorageError: it cannot be read.
    """
    whole, count = hashlib.sha256(), 0
    for number in range(spool.objects):
        key = review_list_key(review_id, spool.id, number)
        with archive.copies.open(key) as stream:
            content = stream.read(_MOST_BYTES)
        whole.update(content)
        for line in content.split(b"\n")[:-1]:
            count += 1
            yield line, key
    if whole.hexdigest() != spool.sha256 or count != spool.lines:
        raise unreadable(review_list_key(review_id, spool.id, 0))
