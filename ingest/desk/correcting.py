"""What an archivist corrects on the desk: describing a document, and discarding what is not to be kept.

Nothing is discarded silently: what it was, who discarded it and why stays in the log `discarded/` of the desk.

Source:
    Decree 30/2020/NĐ-CP, Article 29.4 (drafts and duplicates are taken out when a case file is closed).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from archive.catalogue.desk_values import DISCARDED, TRAY
from ingest.desk.describing import LooseFacts, with_facts
from ingest.desk.desk import Desk, must_be_open
from ingest.desk.values import ActKind, DeskAct, DeskDocument, FileState
from ingest.desk.view import view_case
from model.errors import InputError, NotFoundError, PolicyError
from model.text import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class Discarded:
    """What is kept of a document that was discarded."""

    document: DeskDocument
    origin: str
    """The case file it was in, or the tray."""
    because: str
    actor: str
    time: datetime | None


def describe(desk: Desk, identifier: str, facts: LooseFacts) -> DeskDocument:
    """Say what a document in the tray or in an open case file is; what is not said stays as it was.

    Raises:
        InputError: nothing is said, or a message says otherwise of itself.
        NotFoundError, ConflictError: the document is not there, or its identifier not clear.
        PolicyError: its case file is closed.
    """
    document, place = desk.document(identifier)
    _must_be_here(document, place)
    if place != TRAY:
        must_be_open(desk.case(place))
    if facts == LooseFacts():
        raise InputError(
            N_("Nothing is said about the document."),
            hint=N_("`chauban casefile describe --help` shows what can be said."),
        )
    described = with_facts(document, facts)
    if described != document:
        desk.commit([DeskAct(log=place, act=ActKind.CHANGED, document=described)])
    return described


def discard(desk: Desk, identifiers: Sequence[str], because: str) -> list[DeskDocument]:
    """Take documents off the desk for good: out of the tray, or what of a case file is not handed over.

    Raises:
        InputError: no reason is given.
        NotFoundError, ConflictError: a document is not there, or its identifier not clear.
        PolicyError: a document counts in its case file.
    """
    if not because.strip():
        raise InputError(N_("What is discarded needs a reason."), hint=N_("Give it with --because."))
    found = {document.id: (document, place) for document, place in map(desk.document, identifiers)}
    for document, place in found.values():
        _must_be_here(document, place)
    _must_not_count(desk, {place for _, place in found.values()}, found)
    acts: list[DeskAct] = []
    for document, place in found.values():
        gone = replace(document, by_hand=True)
        acts += (
            DeskAct(log=place, act=ActKind.REMOVED, document_id=document.id, because=because, to=DISCARDED),
            DeskAct(log=DISCARDED, act=ActKind.ADDED, document=gone, because=because, to=place),
        )
        digests = {file.sha256 for file in document.files}
        going = sorted(digests - desk.needed(digests, found))
        desk.contents.begin_removing(f"{DISCARDED}-{document.id}", going)
    desk.commit(acts)
    for document, _ in found.values():
        desk.contents.finish_removing(f"{DISCARDED}-{document.id}")
    return [document for document, _ in found.values()]


def discarded(desk: Desk) -> Iterator[Discarded]:
    """Yield what was discarded, oldest first; what was taken back and discarded again is told again."""
    for act in desk.folder.acts(DISCARDED):
        if act.document is not None:
            yield Discarded(
                document=act.document,
                origin=act.to or TRAY,
                because=act.because,
                actor=act.actor,
                time=act.time,
            )


def _must_be_here(document: DeskDocument, place: str) -> None:
    if place == DISCARDED:
        raise NotFoundError(
            N_("The document {document} was discarded."),
            hint=N_("`chauban casefile discarded` says why; `chauban casefile add` with --to takes its file back."),
            document=document.id[:12],
        )


def _must_not_count(desk: Desk, places: set[str], wanted: dict[str, tuple[DeskDocument, str]]) -> None:
    """See that of case files only what is not handed over is discarded."""
    for place in sorted(places - {TRAY}):
        case = desk.case(place)
        view = view_case(desk, case)
        excluded = {item.document.id for item in view.excluded()}
        for document, where in wanted.values():
            if where != place or document.id in excluded:
                continue
            if case.state is FileState.HANDED_OVER:
                hint = N_("It is in the archive; nothing of it is left on the desk.")
            else:
                hint = N_("Take it out with `chauban casefile remove` first, if it does not belong there.")
            raise PolicyError(
                N_("The document {document} counts in the case file {code} and cannot be discarded."),
                hint=hint,
                document=document.id[:12],
                code=case.code,
            )
