"""Proofs from the audit log that whoever keeps two heads, or one head and an entry, can check without the archive."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archive.archive import Archive
from archive.audit.segments import read_segment
from archive.audit.values import Head, canonical, entry_hash
from model.errors import InputError, IntegrityError
from model.text import N_
from preservation.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    Subtree,
    consistency_proof,
    folded,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)

CONSISTENCY_SCHEMA = "chauban-audit-consistency/1"
INCLUSION_SCHEMA = "chauban-audit-inclusion/1"
MAX_FILE = 1 << 20
_STEPS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyProof:
    """That the log of the later head begins with everything the earlier head stood for."""

    earlier: Head
    later: Head
    steps: tuple[bytes, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {
            "schema": CONSISTENCY_SCHEMA,
            "from": self.earlier.to_json(),
            "to": self.later.to_json(),
            "consistency": [step.hex() for step in self.steps],
        }

    @property
    def holds(self) -> bool:
        """Whether the proof shows it."""
        earlier, later = self.earlier, self.later
        if earlier.archive != later.archive:
            return False
        if earlier.size == 0:
            return earlier.root == EMPTY_ROOT and not self.steps
        return verify_consistency(earlier.size, later.size, earlier.root, later.root, self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusionProof:
    """That an entry is in the log of a head."""

    head: Head
    seq: int
    entry: str
    """The entry as it stands in its segment."""
    steps: tuple[bytes, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {
            "schema": INCLUSION_SCHEMA,
            "head": self.head.to_json(),
            "seq": self.seq,
            "entry": self.entry,
            "inclusion": [step.hex() for step in self.steps],
        }

    @property
    def holds(self) -> bool:
        """Whether the proof shows it."""
        leaf = entry_hash(self.entry.encode())
        return verify_inclusion(leaf, self.seq - 1, self.head.size, self.steps, self.head.root)


def prove_consistency(archive: Archive, earlier: Head, later: Head) -> ConsistencyProof:
    """Return the proof that the later head continues the earlier one.

    Raises:
        InputError: a head is another archive's, or they are in the wrong order.
        IntegrityError: the log is not the one that a head stands for.
    """
    for head in (earlier, later):
        if head.archive != archive.configuration.archive_id:
            raise InputError(
                N_("A head is of another archive ({archive})."),
                hint=N_("Name heads that were exported from this archive."),
                archive=head.archive,
            )
    if earlier.size > later.size:
        raise InputError(
            N_("The head to begin with is the later one ({size} entries)."),
            hint=N_("Exchange --from and --to."),
            size=earlier.size,
        )
    nodes = _nodes(archive)
    for head in (earlier, later):
        if head.size > archive.catalogue.audit_state().size or nodes(0, head.size) != head.root:
            raise IntegrityError(
                N_("The audit log is not the one of which the head with {size} entries was taken."),
                hint=N_("Run `chauban audit verify --head` with it: it says what was changed."),
                size=head.size,
            )
    steps = consistency_proof(earlier.size, later.size, nodes) if earlier.size else ()
    return ConsistencyProof(earlier=earlier, later=later, steps=steps)


def prove_entries(archive: Archive, object_: str, *, limit: int = 1000) -> Iterator[InclusionProof]:
    """Yield the entries about something, newest first, each with the proof that it is in the log of the present head.

    Raises:
        IntegrityError: the stores hold something else than what was entered.
    """
    from archive.catalogue.values import AuditQuery

    head, nodes = archive.audit.head(), _nodes(archive)
    for row in archive.catalogue.audit_page(AuditQuery(object=object_, limit=limit)):
        if row.seq > head.size:
            continue
        lines = read_segment(archive.copies, row.segment).lines
        entry = next((line for line in lines if entry_hash(line) == row.hash), None)
        if entry is None:
            raise IntegrityError(
                N_("Entry {seq} of the audit log is not in the stores as it was entered."),
                hint=N_("See what was changed with `chauban audit verify`."),
                seq=row.seq,
            )
        steps = inclusion_proof(row.seq - 1, head.size, nodes)
        yield InclusionProof(head=head, seq=row.seq, entry=entry.decode(), steps=steps)


def read_proof(content: bytes) -> ConsistencyProof | InclusionProof:
    """Read a proof.

    Raises:
        InputError: it is none.
    """
    try:
        data = json.loads(content)
        if data["schema"] == INCLUSION_SCHEMA:
            return InclusionProof(
                head=Head.from_json(data["head"]),
                seq=int(data["seq"]),
                entry=str(data["entry"]),
                steps=_steps(data["inclusion"]),
            )
        if data["schema"] == CONSISTENCY_SCHEMA:
            return ConsistencyProof(
                earlier=Head.from_json(data["from"]),
                later=Head.from_json(data["to"]),
                steps=_steps(data["consistency"]),
            )
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise _no_proof() from exc
    raise _no_proof()


def proof_content(proof: ConsistencyProof | InclusionProof) -> bytes:
    """Return the bytes of a proof file."""
    return canonical(proof.to_json()) + b"\n"


def _steps(given: Any) -> tuple[bytes, ...]:
    steps = tuple(bytes.fromhex(step) for step in given[:_STEPS])
    if len(steps) != len(given) or any(len(step) != HASH_BYTES for step in steps):
        raise ValueError("not the steps of a proof")
    return steps


def _nodes(archive: Archive) -> Subtree:
    """Return what gives the roots of subtrees from the catalogue's hashes, each computed once."""
    computed: dict[tuple[int, int], bytes] = {}
    fold = folded(archive.catalogue.audit_hashes)

    def subtree(start: int, stop: int) -> bytes:
        if (start, stop) not in computed:
            computed[start, stop] = _folded(fold, start, stop)
        return computed[start, stop]

    return subtree


def _folded(fold: Subtree, start: int, stop: int) -> bytes:
    try:
        return fold(start, stop)
    except ValueError as exc:
        raise IntegrityError(
            N_("The catalogue lacks entries of the audit log."),
            hint=N_("Run `chauban audit verify` to see which, then `chauban rebuild`."),
        ) from exc


def _no_proof() -> InputError:
    return InputError(
        N_("This is no proof from an audit log."),
        hint=N_("Name a file written by `chauban audit prove`."),
    )
