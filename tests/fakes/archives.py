"""Archives made on the spot, and the short way to take something into one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from archive.archive import Archive, create_archive, open_archive
from archive.indexing import bring_level, open_index
from archive.search.values import SearchPage, SearchRequest
from ingest.batch import BatchSettings, ingest_all
from ingest.values import IngestReport


@contextmanager
def new_archive(folder: Path, *, stores: Sequence[str] = ("a",), database: str = "") -> Iterator[Archive]:
    """Make and open an archive."""
    create_archive(folder, stores=stores, database=database)
    with open_archive(folder) as archive:
        yield archive


def take_in(
    archive: Archive,
    *paths: Path,
    profile: str = "",
    workers: int = 1,
    fonds: str = "",
    waive: tuple[str, ...] = (),
) -> list[IngestReport]:
    """Ingest paths with the archive's settings; `waive` names findings that an officer let pass."""
    settings = BatchSettings(folder=archive.folder, profile=profile, fonds=fonds, workers=workers, waive=waive)
    return list(ingest_all(paths, archive, settings))


def find(archive: Archive, query: str, **conditions: object) -> SearchPage:
    """Search an archive, its index brought level first."""
    with open_index(archive) as index:
        bring_level(archive, index)
        return index.search(SearchRequest(query=query, **conditions))  # type: ignore[arg-type]  # conditions are fields


def codes(report: IngestReport) -> set[str]:
    """Return the codes of a report's findings."""
    return {finding.code for finding in report.findings}


def container_paths(archive: Archive, store: str = "a") -> list[Path]:
    """Return the stored containers of a folder store."""
    return sorted((archive.folder / store / "aips").rglob("*.tar"))


def flip_byte(path: Path, position: int | None = None) -> None:
    """Change one byte of a file, as a failing disk would."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if position is None else position] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
