"""Decisions to destroy, made on the spot, and archives with records that are due."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from archive.archive import Archive, create_archive, open_archive
from archive.catalogue.values import PackageVersion
from archive.disposal.execution import execute
from archive.disposal.reach import is_evidence
from archive.disposal.values import Destruction, Permission
from archive.fixity import check_copy
from archive.layout import destroyed_key, hold_key, package_folder, stub_key
from archive.retention.hold_values import Hold, HoldScope, ScopeKind
from tests.fakes.archives import take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.pki import SetClock

NOW = datetime(2060, 3, 2, 8, tzinfo=UTC)
"""When case files of 2024 that are kept for ten years have long been due."""


def permission(at: datetime = NOW, **changes: Any) -> Permission:
    """Return a decision that may be executed at a time."""
    return Permission(
        **{
            "review_id": uuid4(),
            "kind": "review",
            "opened_by": "lan",
            "approved_by": "minh",
            "approved_at": at - timedelta(days=5),
            "confirmed_by": "hoa",
            "confirmed_at": at - timedelta(days=4),
            "not_before": at - timedelta(days=1),
            "not_after": at + timedelta(days=10),
            "because": "Quyết định số 12/QĐ-LTLS",
            **changes,
        }
    )


@dataclass(slots=True)
class Coverage:
    """Which records a decision covers: what is named here it does not."""

    objected: dict[UUID, str] = field(default_factory=dict)

    def __call__(self, connection: Any, aip_id: UUID) -> str:
        return self.objected.get(aip_id, "")


def make_due(folder: Path, count: int = 3, *, stores: Sequence[str] = ("a", "b"), database: str = "") -> list[UUID]:
    """Make an archive with records that are due at NOW; return them by their codes."""
    create_archive(folder, stores=stores, database=database)
    with opened(folder, NOW - timedelta(days=30)) as archive:
        return take_due(archive, folder.parent / "cases", count)


def take_due(archive: Archive, cases: Path, count: int, *, first: int = 1) -> list[UUID]:
    """Take in so many case files that are kept for some years."""
    found = []
    for number in range(first, first + count):
        make_case_folder(cases / str(number), f"H49.{number}", documents=2)
    for report in take_in(archive, cases):
        assert report.status.value in ("accepted", "held-already"), report
        if report.status.value == "accepted" and report.aip_id is not None:
            found.append(report.aip_id)
    return found


@contextmanager
def opened(folder: Path, at: datetime = NOW) -> Iterator[Archive]:
    """Open an archive at a time."""
    with open_archive(folder, clock=SetClock(time=at)) as archive:
        yield archive


def destroyed(
    archive: Archive, aip_ids: Sequence[UUID], decision: Permission | None = None, **options: Any
) -> dict[UUID, Destruction]:
    """Execute a decision; return what became of each record."""
    coverage = options.pop("coverage", None) or Coverage()
    decision = decision or permission(archive.clock.now())
    return {done.aip_id: done for done in execute(archive, decision, aip_ids, coverage, **options)}


def codes(done: Destruction) -> set[str]:
    """Return the codes of its findings."""
    return {finding.code for finding in done.findings}


def hold_on(aip_id: UUID, at: datetime = NOW) -> Hold:
    """Return a hold on one record."""
    return Hold(
        id=uuid4(),
        title="Vụ án",
        mandate="Yêu cầu của tòa án",
        scopes=(HoldScope(kind=ScopeKind.RECORD, value=str(aip_id)),),
        placed_by="lan",
        placed_at=at,
        because="theo công văn",
    )


def put_hold(archive: Archive, hold: Hold) -> None:
    """Keep a hold in the stores only, as when the catalogue was brought back from an older backup."""
    content = {"schema": "chauban-hold/1", **hold.to_json()}
    archive.copies.put(hold_key(hold.id, "placed"), json.dumps(content).encode())


def objects(archive: Archive, aip_id: UUID) -> set[str]:
    """Return store and key of everything but evidence that any store keeps in a record's folder."""
    return {
        f"{store.name}:{key}"
        for store in archive.copies.stores
        for key in store.remains(package_folder(aip_id))
        if not is_evidence(key)
    }


def is_whole(archive: Archive, aip_id: UUID, versions: Sequence[PackageVersion]) -> bool:
    """Whether a record is held with all its copies."""
    if archive.catalogue.get_case_file(aip_id) is None or not versions:
        return False
    checks = (check_copy(store, version, deep=False) for version in versions for store in archive.copies.stores)
    return all(not check.findings for check in checks)


def is_gone(archive: Archive, aip_id: UUID) -> bool:
    """Whether nothing of a record is left but its stub, its report and its evidence, in every store."""
    if objects(archive, aip_id) or archive.catalogue.get_case_file(aip_id) or archive.catalogue.versions(aip_id):
        return False
    keys = (stub_key(aip_id), destroyed_key(aip_id))
    return all(store.stat(key) is not None for store in archive.copies.stores for key in keys)
