"""Archives that seal: a timestamp authority on the loopback, trusted, with its revocation lists at hand."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from archive.archive import Archive, create_archive, open_archive
from archive.evidence.seal import seal
from archive.evidence.values import SealedBatch, SealResult, SealSettings
from tests.fakes.archives import take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.pki import SIGNED, PkiServer, SetClock

ROOTS = ("root-public", "root-gov", "root-ec")
LISTS = ("root-public", "tsa-ca", "root-gov", "gov-ca", "root-ec", "ec-ca")
"""Authorities whose revocation lists are at hand."""


class Tsa(NamedTuple):
    """One `[[evidence.authority]]`."""

    name: str
    url: str
    algorithm: str = "sha256"
    timeout: float = 5.0
    more: str = ""


def trust(folder: Path, server: PkiServer, at: datetime = SIGNED, *, roots: Sequence[str] = ROOTS) -> None:
    """Write a trust folder: whom the tests trust, and the revocation lists of a time."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for label in roots:
        (folder / f"{label}.cer").write_bytes(server.pki.certificate(label))
    for label in LISTS:
        (folder / f"{label}.crl").write_bytes(server.pki.crl(label, at))


def configure(folder: Path, *authorities: Tsa, seal: str = "off") -> None:
    """Write the `[evidence]` of an archive's configuration, in the place of the one there."""
    path = folder / "chauban.toml"
    before, _evidence, rest = path.read_text(encoding="utf-8").partition("[evidence]")
    stores = rest[rest.index("[store.") :]
    section = f'[evidence]\nseal = "{seal}"\n\n' + "".join(
        f'[[evidence.authority]]\nname = "{item.name}"\nurl = "{item.url}"\nalgorithm = "{item.algorithm}"\n'
        f"timeout = {item.timeout}\n{item.more}\n"
        for item in authorities
    )
    path.write_text(before + section + stores, encoding="utf-8")


def make_archive(
    folder: Path,
    server: PkiServer,
    *authorities: Tsa,
    seal: str = "off",
    at: datetime = SIGNED,
    stores: Sequence[str] = ("a", "b"),
) -> Path:
    """Make an archive that trusts the server's authorities and seals by them."""
    create_archive(folder, stores=stores)
    trust(folder / "trust", server, at)
    configure(folder, *authorities, seal=seal)
    return folder


@contextmanager
def opened(folder: Path, at: datetime = SIGNED) -> Iterator[Archive]:
    """Open an archive with a clock that stands still."""
    with open_archive(folder, clock=SetClock(time=at)) as archive:
        yield archive


def take_in_cases(archive: Archive, folder: Path, count: int, *, first: int = 1, documents: int = 2) -> None:
    """Take in so many small case files."""
    for number in range(first, first + count):
        make_case_folder(folder / str(number), f"H49.64.2024.{number}", documents=documents)
    reports = take_in(archive, folder)
    assert {report.status.value for report in reports} <= {"accepted", "held-already"}, reports


def sealed(archive: Archive, limit: int | None = None) -> list[SealResult]:
    """Seal what waits."""
    return list(seal(archive, SealSettings(limit=limit)))


def batches(results: Sequence[SealResult]) -> list[SealedBatch]:
    """Return the batches among the results; there must be nothing else."""
    found = [item for item in results if isinstance(item, SealedBatch)]
    assert len(found) == len(results), results
    return found
