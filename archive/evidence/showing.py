"""Since when a package is sealed, and by whom: on a screen and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from archive.archive import Archive
from archive.catalogue.evidence_values import EvidenceBatch, Seal
from model.dates import utc_text
from model.findings import printable
from model.rendering import date_text
from model.text import _


def newest_seals(archive: Archive, aip_ids: Iterable[UUID]) -> dict[UUID, Seal]:
    """Return of each package that is sealed the earliest seal of the newest sealed version."""
    found = {}
    for aip_id, seals in archive.catalogue.seals(aip_ids).items():
        newest = max(seal.version for seal in seals)
        found[aip_id] = min((seal for seal in seals if seal.version == newest), key=lambda seal: seal.batch.time)
    return found


def version_seals(seals: Iterable[Seal], version: int) -> list[Seal]:
    """Return the seals of one version by which it was first sealed, one of each authority."""
    return [seal for seal in seals if seal.version == version and seal.chain == 1]


def seal_lines(seals: Sequence[Seal]) -> Iterator[str]:
    """Yield the lines that tell of the seals of one package version."""
    if not seals:
        yield _("Not sealed yet: no timestamp proves since when it exists")
    for seal in seals:
        batch = seal.batch
        yield printable(
            _("Sealed since {time} by {tsa} ({authority}, {algorithm}, {count} packages under one timestamp)").format(
                time=date_text(batch.time),
                tsa=batch.tsa,
                authority=seal.authority,
                algorithm=batch.algorithm,
                count=batch.count,
            )
        )


def short_line(seal: Seal | None) -> str:
    """Return in a few words since when a package is sealed."""
    if seal is None:
        return _("not sealed")
    return printable(_("sealed since {time} by {tsa}").format(time=date_text(seal.batch.time), tsa=seal.batch.tsa))


def seal_json(seal: Seal | None) -> dict[str, object] | None:
    """Return a seal as JSON; null where there is none."""
    if seal is None:
        return None
    return {"since": utc_text(seal.batch.time), "by": printable(seal.batch.tsa), "authority": seal.authority}


def seal_details(seal: Seal) -> dict[str, object]:
    """Return everything about a seal as JSON."""
    return {"version": seal.version, "chain": seal.chain, **batch_json(seal.batch)}


def batch_json(batch: EvidenceBatch) -> dict[str, object]:
    """Return a batch as JSON."""
    return {
        "batch": str(batch.id),
        "authority": batch.authority,
        "algorithm": batch.algorithm,
        "since": utc_text(batch.time),
        "by": printable(batch.tsa),
        "policy": batch.policy,
        "certificate_expires": utc_text(batch.expires),
        "packages": batch.count,
        "root": batch.root.hex(),
    }
