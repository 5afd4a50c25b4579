"""Acts for audit logs of tests, and what somebody with write access could do to a log."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from archive.archive import Archive, open_archive
from archive.audit.recording import note_act, record_act
from archive.audit.values import Action, Entry, Head, canonical, entry_hash
from archive.audit.verify import verify_log
from preservation.merkle import Frontier

SEGMENTS = "audit/segments"


def act_often(folder: Path, count: int, name: str = "x") -> None:
    """Enter acts one by one, each by itself."""
    with open_archive(folder) as archive:
        for number in range(count):
            record_act(archive, Action.EXPORT, f"{name}-{number}")


def act_together(archive: Archive, count: int) -> None:
    """Enter acts in one go."""
    for number in range(count):
        note_act(archive, Action.INGEST, f"object-{number}")
    assert archive.audit.flush() == count


def found(folder: Path, *heads: Head) -> set[str]:
    """Return the codes of what verification finds."""
    with open_archive(folder) as archive:
        report = verify_log(archive, [(f"head {head.size}", head) for head in heads])
        return {finding.code.removeprefix("audit.") for finding in report.findings}


def places(folder: Path) -> dict[str, set[str]]:
    """Return what verification finds, with where."""
    told: dict[str, set[str]] = {}
    with open_archive(folder) as archive:
        for finding in verify_log(archive).findings:
            told.setdefault(finding.code.removeprefix("audit."), set()).add(finding.location)
    return told


def segment(folder: Path, first: int, store: str = "a") -> Path:
    """Return the file of a segment."""
    return folder / store / SEGMENTS / f"{first:012d}.jsonl"


def rewrite(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Change the lines of a segment."""
    path.chmod(0o644)
    path.write_bytes(b"".join(line + b"\n" for line in change(path.read_bytes().splitlines())))


def changed(line: bytes, **fields: Any) -> bytes:
    """Return an entry that says something else, in canonical form."""
    return canonical({**json.loads(line), **fields})


def chained(lines: Iterable[bytes]) -> list[bytes]:
    """Return entries numbered and chained anew from the beginning, as a forger would."""
    made: list[bytes] = []
    previous = bytes(32)
    for seq, line in enumerate(lines, 1):
        made.append(changed(line, seq=seq, previous=previous.hex()))
        previous = entry_hash(made[-1])
    return made


def forge(folder: Path, lines: list[bytes]) -> None:
    """Put another log into every store and into the catalogue, consistent in itself, its stored heads too."""
    with open_archive(folder) as archive:
        archive_id = archive.configuration.archive_id
        stores = [Path(store.location) for store in archive.copies.stores]
    frontier = Frontier()
    rows, last = [], b""
    for line in lines:
        entry, last = Entry.from_line(line), entry_hash(line)
        frontier.append(last)
        act = entry.act
        rows.append(
            (entry.seq, str(act.id), json.loads(line)["time"], act.actor, act.action, act.object, act.outcome, last, 1)
        )
    head = Head(archive=archive_id, size=len(lines), root=frontier.root(), time=rows[-1][2])
    for store in stores:
        for path in [*(store / SEGMENTS).iterdir(), *(store / "audit/heads").iterdir()]:
            path.unlink()
        (store / SEGMENTS / "000000000001.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
        (store / "audit/heads" / f"{head.size:012d}.json").write_bytes(head.content)
    state = {
        "size": len(lines),
        "last": last.hex(),
        "time": head.time,
        "peaks": [peak.hex() for peak in frontier.peaks],
    }
    with sqlite3.connect(folder / "catalogue.sqlite") as connection:
        connection.execute("DELETE FROM audit_entries")
        connection.executemany("INSERT INTO audit_entries VALUES (?,?,?,?,?,?,?,?,?)", rows)
        connection.execute("UPDATE settings SET value = ? WHERE name = 'audit-log'", (json.dumps(state),))
    connection.close()
