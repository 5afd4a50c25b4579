"""What renewed the timestamp of a batch, as it lies in the stores.

A renewal counts by its archive timestamp (`.ats`); it is put after the timestamp it covers (`.tst`). Where only the
latter is there, a renewal was cut off: it is passed over, and its number is not used again.

Source:
    RFC 4998 5.2; docs/format/store-v1.md, section 8
"""

from dataclasses import dataclass
from uuid import UUID

from archive.evidence.storing import MAX_TOKEN, find_object, read_object, unreadable
from archive.layout import earlier_prefix, renewal_key, renewals_prefix, token_key
from archive.store.copies import CopySet
from preservation.cms import tlv
from preservation.evidence.build import ArchiveTimestampParts, with_token


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """What follows upon the first archive timestamp that a batch gave each of its packages."""

    batch_id: UUID
    first_token: bytes | None
    """Stands in the place of the first one's token; none: that stays as it is."""
    later: tuple[bytes, ...]
    """DER archive timestamps that renewed it, oldest first."""
    last: int
    """Number of the newest of them; 0: none."""
    free: int
    """Number of the next renewal."""

    def upon(self, first: bytes) -> list[bytes]:
        """Return the archive timestamps of a whole chain, oldest first.

        Raises:
            ValueError: the first is no archive timestamp.
        """
        return [first if self.first_token is None else with_token(first, self.first_token), *self.later]


def read_tail(copies: CopySet, batch_id: UUID, following: UUID | None = None) -> Tail:
    """Return what renewed a batch.

    Args:
        following: the batch that begins the next chain, if there is one: what came after it is left out.

    Raises:
        NotFoundError, IntegrityError: it cannot be read.
    """
    numbers, free = _numbers(copies, batch_id)
    last = _covered_token(copies, batch_id, following) if following is not None else None
    if last is not None:
        numbers = [number for number in numbers if number <= last[0]]
    later = [read_object(copies, renewal_key(batch_id, number, "ats")) for number in numbers]
    covered = [find_object(copies, renewal_key(batch_id, number, "tst"), MAX_TOKEN) for number in numbers]
    covered.append(last[1] if last is not None else None)
    try:
        replaced = [
            stamp if token is None else with_token(stamp, token)
            for stamp, token in zip(later, covered[1:], strict=True)
        ]
    except ValueError as error:
        raise unreadable(renewals_prefix(batch_id)) from error
    return Tail(
        batch_id=batch_id, first_token=covered[0], later=tuple(replaced), last=max(numbers, default=0), free=free
    )


def batch_chain(copies: CopySet, batch_id: UUID, algorithm: str) -> list[bytes]:
    """Return the archive timestamps of a batch itself, over the root of its tree, oldest first.

    Raises:
        NotFoundError, IntegrityError: they cannot be read.
    """
    token = read_object(copies, token_key(batch_id), MAX_TOKEN)
    first = ArchiveTimestampParts(algorithm=algorithm, first=(), siblings=(), token=token).der()
    return read_tail(copies, batch_id).upon(first)


def token_in(timestamp: bytes) -> bytes:
    """Return the token of a DER archive timestamp.

    Raises:
        ValueError: it is none.
    """
    try:
        *_, token = tlv.children(timestamp, tlv.element_at(timestamp, 0))
        return tlv.raw(timestamp, token)
    except tlv.BadEncoding as error:
        raise ValueError("not an archive timestamp") from error


def _numbers(copies: CopySet, batch_id: UUID) -> tuple[list[int], int]:
    """Return the numbers of the renewals that count, and the next that was never used."""
    prefix = renewals_prefix(batch_id)
    names = [item.key.removeprefix(prefix) for item in copies.list(prefix)]
    used = [(int(name[:4]), name[4:]) for name in names if name[:4].isdecimal() and name[4:5] == "."]
    return (
        sorted(number for number, suffix in used if suffix == ".ats"),
        max((number for number, _ in used), default=0) + 1,
    )


def _covered_token(copies: CopySet, batch_id: UUID, following: UUID) -> tuple[int, bytes] | None:
    """Return the number of the last renewal that the next chain covers, and the token it ends with."""
    prefix = earlier_prefix(following, batch_id)
    for item in copies.list(prefix):
        number = item.key.removeprefix(prefix).removesuffix(".tst")
        if number.isdecimal():
            return int(number), read_object(copies, item.key, MAX_TOKEN)
    return None
