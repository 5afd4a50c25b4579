"""Batches and archive timestamps as they lie in the stores.

Source:
    docs/format/store-v1.md, section 8
"""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from archive.evidence.values import BatchPlan, Leaf, ObjectKey, PackageKey
from archive.layout import (
    EVIDENCE_BATCHES,
    EvidencePart,
    batch_key,
    evidence_part,
    evidence_prefix,
    token_key,
)
from archive.store.copies import CopySet
from model.dates import from_utc_text, utc_text
from model.errors import IntegrityError, NotFoundError
from model.text import N_

SCHEMA = "chauban-evidence-batch/1"
MAX_TOKEN = 1 << 24
_MAX_BATCH = 1 << 28
_MAX_PART = 1 << 26


def batch_json(plan: BatchPlan) -> bytes:
    """Return the description of a batch; the leaves of its tree are the packages, then the other objects."""
    packages = [(str(leaf.what.aip_id), leaf.what.version, leaf.value.hex()) for leaf in _packages(plan)]
    objects = [(leaf.what.key, leaf.value.hex()) for leaf in plan.leaves if isinstance(leaf.what, ObjectKey)]
    data = {
        "schema": SCHEMA,
        "id": str(plan.id),
        "authority": plan.authority,
        "algorithm": plan.algorithm,
        "chain": plan.chain,
        "created": utc_text(plan.created),
        "root": plan.root.hex(),
        "packages": packages,
        "objects": objects,
    }
    return json.dumps(data, separators=(",", ":")).encode()


def _packages(plan: BatchPlan) -> Iterator[Any]:
    return (leaf for leaf in plan.leaves if isinstance(leaf.what, PackageKey))


def parse_batch(content: bytes) -> BatchPlan:
    """Read the description of a batch back.

    Raises:
        ValueError: it is none.
    """
    try:
        data = json.loads(content)
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']}")
        packages = [Leaf(PackageKey(UUID(aip), int(number)), bytes.fromhex(v)) for aip, number, v in data["packages"]]
        objects = [Leaf(ObjectKey(str(key)), bytes.fromhex(value)) for key, value in data["objects"]]
        return BatchPlan(
            id=UUID(data["id"]),
            authority=str(data["authority"]),
            algorithm=str(data["algorithm"]),
            chain=int(data["chain"]),
            created=from_utc_text(data["created"]),
            leaves=(*packages, *objects),
            root=bytes.fromhex(data["root"]),
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not the description of a batch") from error


def read_batch(copies: CopySet, batch_id: UUID) -> BatchPlan:
    """Return a batch from the stores.

    Raises:
        NotFoundError: there is none.
        IntegrityError: it cannot be read.
    """
    key = batch_key(batch_id)
    try:
        return parse_batch(read_object(copies, key, _MAX_BATCH))
    except ValueError as error:
        raise unreadable(key) from error


def read_object(copies: CopySet, key: str, limit: int = _MAX_PART) -> bytes:
    """Return a whole object of the evidence.

    Raises:
        NotFoundError: there is none.
        IntegrityError: it is larger than any that was ever written.
    """
    with copies.open(key) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise unreadable(key)
    return content


def find_object(copies: CopySet, key: str, limit: int = _MAX_PART) -> bytes | None:
    """Return a whole object of the evidence; none where no store has it."""
    try:
        return read_object(copies, key, limit)
    except NotFoundError:
        return None


def stored_batches(copies: CopySet) -> Iterator[UUID]:
    """Yield the batches of which any store holds the timestamp."""
    for item in copies.list(EVIDENCE_BATCHES):
        name = item.key.removeprefix(EVIDENCE_BATCHES)
        try:
            batch_id = UUID(name.partition("/")[0])
        except ValueError:
            continue
        if item.key == token_key(batch_id):
            yield batch_id


def stored_parts(copies: CopySet, prefix: str) -> Iterator[EvidencePart]:
    """Yield the archive timestamps beside packages under a prefix, by key."""
    for item in copies.list(prefix):
        part = evidence_part(item.key)
        if part is not None:
            yield part


def parts_of(copies: CopySet, package: PackageKey) -> list[EvidencePart]:
    """Return the archive timestamps beside one package version: by authority and chain; of two the older batch."""
    found: dict[tuple[str, int], EvidencePart] = {}
    for part in stored_parts(copies, evidence_prefix(package.aip_id, package.version)):
        key = (part.authority, part.chain)
        if key not in found or part.batch_id < found[key].batch_id:
            found[key] = part
    return [found[key] for key in sorted(found)]


def unreadable(key: str) -> IntegrityError:
    """Return the error that an object of the evidence is not what was written."""
    return IntegrityError(
        N_("The evidence object {key} cannot be read as what it should be."),
        hint=N_("Run `chauban verify --all --repair`: a good copy replaces it."),
        key=key,
    )
