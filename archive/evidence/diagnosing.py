"""What `chauban doctor` says of the evidence: is everything sealed, and if not, why not."""

from collections.abc import Iterator
from typing import NamedTuple

from archive.archive import Archive
from archive.evidence.drafts import open_drafts
from archive.evidence.settings import SealMode
from model.rendering import date_text
from model.text import _, ngettext


class EvidenceLine(NamedTuple):
    """One thing looked at."""

    what: str
    ok: bool | None
    """None: worth knowing, not wrong."""
    detail: str


def diagnose_evidence(archive: Archive) -> Iterator[EvidenceLine]:
    """Yield how the evidence stands; nothing is changed but that new authorities become known to the catalogue."""
    settings = archive.configuration.evidence
    batches, unsealed = archive.catalogue.evidence_counts()
    held = _("{batches} batches; {unsealed} case files are not sealed").format(batches=batches, unsealed=unsealed)
    yield EvidenceLine(_("evidence"), None if unsealed else True, held)
    if not settings.authorities:
        detail = _("none configured: nothing can be sealed; name one under [[evidence.authority]] in chauban.toml")
        yield EvidenceLine(_("timestamp authorities"), None, detail)
        return
    archive.catalogue.add_authorities([item.name for item in settings.authorities])
    for authority in settings.authorities:
        what = _("timestamp authority {name} ({algorithm})").format(name=authority.name, algorithm=authority.algorithm)
        waiting = archive.catalogue.count_waiting(authority.name)
        oldest = archive.catalogue.oldest_waiting(authority.name)
        detail = _("nothing waits")
        if waiting and oldest is not None:
            detail = ngettext(
                "{count} package waits since {since}: chauban evidence seal",
                "{count} packages wait, the first since {since}: chauban evidence seal",
                waiting,
            ).format(count=waiting, since=date_text(oldest))
        yield EvidenceLine(what, None if waiting else True, detail)
    if settings.seal.mode is SealMode.OFF:
        yield EvidenceLine(_("sealing"), None, _("only by hand: `seal` in chauban.toml is off"))
    begun = sum(1 for _draft in open_drafts(archive))
    if begun:
        text = ngettext("{count} batch is begun; the next seal ends it", "{count} batches are begun", begun)
        yield EvidenceLine(_("sealing"), None, text.format(count=begun))
