"""Which case files go to the historical archive, and why others do not.

What the retention rule of a case file says is decisive: that of its class, of an officer's decision, or of its
most valuable document. So hand-overs, deadlines and destruction go by the same rule.

Source:
    Law on Archives 33/2024/QH15; Circular 05/2025/TT-BNV, Annex I (only what is kept for ever is transferred)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from archive.access.export import find_one
from archive.access.levels import is_secret
from archive.archive import Archive
from archive.catalogue.handovers_values import GOING, HandoverRequest, ItemState
from archive.catalogue.values import HeldCaseFile
from archive.retention.schedules import bring_level
from archive.retention.values import Basis
from model.text import N_

PERMANENT = "01"
_PAGE = 500


class LeftOut(StrEnum):
    """Why a case file is not handed over."""

    NOT_PERMANENT = "not-permanent"
    SECRET = "secret"
    OTHER_FONDS = "other-fonds"
    NO_END = "no-end"
    ENDED_LATER = "ended-later"
    UNDER_WAY = "under-way"
    HANDED_OVER = "handed-over"


LEFT_OUT_WORDS = {
    LeftOut.NOT_PERMANENT: N_("not to be kept for ever"),
    LeftOut.SECRET: N_("secret"),
    LeftOut.OTHER_FONDS: N_("of another fonds"),
    LeftOut.NO_END: N_("it is not known when it ended"),
    LeftOut.ENDED_LATER: N_("ended later"),
    LeftOut.UNDER_WAY: N_("in another hand-over"),
    LeftOut.HANDED_OVER: N_("handed over already"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A case file and why it is left out; it is handed over when there is no reason."""

    held: HeldCaseFile
    reason: LeftOut | None


def select(archive: Archive, request: HandoverRequest, own: UUID | None = None) -> Iterator[Judged]:
    """Yield every case file the request asks about, in the order of identifiers unless it names them.

    Without names, these are the case files whose rule keeps them for ever or transfers them, of the fonds if one is
    given.

    Args:
        own: the hand-over that is being planned: what is in it already is not in another.

    Raises:
        NotFoundError: a name means no case file.
        ConflictError: a name means several.
    """
    bring_level(archive)
    for held in _named(archive, request) if request.identifiers else _by_rule(archive, request):
        yield Judged(held=held, reason=_reason(archive, request, held, own))


def _named(archive: Archive, request: HandoverRequest) -> Iterator[HeldCaseFile]:
    seen: set[UUID] = set()
    for identifier in request.identifiers:
        held = find_one(archive, identifier)
        if held.aip_id not in seen:
            seen.add(held.aip_id)
            yield held


def _by_rule(archive: Archive, request: HandoverRequest) -> Iterator[HeldCaseFile]:
    after = None
    while page := archive.catalogue.handovers.candidates(after, _PAGE, request.fonds):
        yield from page
        after = page[-1].aip_id


def _reason(archive: Archive, request: HandoverRequest, held: HeldCaseFile, own: UUID | None) -> LeftOut | None:
    case_file = held.case_file
    if request.fonds and case_file.fonds_code != request.fonds:
        return LeftOut.OTHER_FONDS
    if not _goes(archive, held):
        return LeftOut.NOT_PERMANENT
    if is_secret(archive, held):
        return LeftOut.SECRET
    if request.ended_before is not None:
        end = _end(archive, held)
        if end is None:
            return LeftOut.NO_END
        if end >= request.ended_before:
            return LeftOut.ENDED_LATER
    holding = archive.catalogue.handovers.holding(held.aip_id)
    if holding is None or holding.handover_id == own:
        return None
    return LeftOut.HANDED_OVER if holding.state is ItemState.ACCEPTED else LeftOut.UNDER_WAY


def _goes(archive: Archive, held: HeldCaseFile) -> bool:
    """Whether the rule keeps it for ever or transfers it; of loose documents, each must be kept for ever."""
    rule = archive.catalogue.retention.get(held.aip_id)
    if rule is None or rule.action not in GOING:
        return False
    if not held.case_file.is_loose or rule.basis is not Basis.DOCUMENTS:
        return True
    return {document.maintenance for document in archive.catalogue.documents(held.aip_id)} == {PERMANENT}


def _end(archive: Archive, held: HeldCaseFile) -> date | None:
    """Return the day it ended: of loose documents, that of the newest one."""
    if held.case_file.end_date is not None:
        return held.case_file.end_date.latest
    if not held.case_file.is_loose:
        return None
    facts = archive.catalogue.retention.facts(held.aip_id)
    return facts.last_document if facts is not None else None
