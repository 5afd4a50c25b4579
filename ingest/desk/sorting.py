"""Sorting the tray: where each document belongs, whatever the order in which the messages came.

Documents that name each other (recall, update, replacement, status; answers) hang together. Where one of them is
in a case file, the others follow it; else the line of the plan that exactly one fits decides, first by those that
answer nothing. What several case files could claim stays undecided, for somebody to place by hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from archive.catalogue.database import batches
from archive.catalogue.desk import SELF
from archive.catalogue.desk_values import TRAY, DeskLink
from ingest.desk.adding import moving
from ingest.desk.desk import AT_ONCE, Desk, document_of
from ingest.desk.keys import ANSWER, CONCERNING
from ingest.desk.matching import PlanMatcher
from ingest.desk.opening import case_for_line
from ingest.desk.values import DeskAct, DeskDocument, FileState, PlanLine

_LARGEST = 20_000
"""Documents that hang together at most; the rest of a larger cluster is sorted by itself."""
_PLANNED = "plan:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """A document that was moved from the tray into a case file."""

    document: str
    case: str


@dataclass(slots=True)
class _Cluster:
    """Documents of the tray that hang together, and what they hang on."""

    members: dict[str, DeskDocument] = field(default_factory=dict)
    concerned: dict[str, set[str]] = field(default_factory=dict)
    """Whom each recalls, replaces, …, or is called like; both ways."""
    answered: dict[str, set[str]] = field(default_factory=dict)
    """Whom each answers; both ways."""
    answering: set[str] = field(default_factory=set)
    """Members that answer or speak of another one here."""
    placed: dict[str, str] = field(default_factory=dict)
    """Where documents are, or will be: a case file, or a line of the plan not opened yet."""


@dataclass(slots=True)
class _Around:
    """A part of the tray with its neighbours, read together."""

    documents: dict[str, DeskDocument] = field(default_factory=dict)
    """Those of the tray."""
    links: dict[str, list[DeskLink]] = field(default_factory=dict)
    """Who names whom, by either of the two."""
    places: dict[str, str] = field(default_factory=dict)
    """Where neighbours are that were met."""


def sort_tray(desk: Desk) -> Iterator[Sorted]:
    """Sort what is in the tray; yield what was moved, in batches that are carried out as a whole."""
    matcher = PlanMatcher(desk)
    looked_at: set[int] = set()
    acts: list[DeskAct] = []
    moved: list[Sorted] = []
    states: dict[str, bool] = {}
    for part in batches(list(desk.index.document_ids(TRAY)), AT_ONCE):
        around = _look_around(desk, [identifier for identifier in part if hash(identifier) not in looked_at])
        for identifier in part:
            if hash(identifier) in looked_at:
                continue
            cluster = _gather(around, identifier)
            looked_at.update(hash(member) for member in cluster.members)
            for document, line_or_case in _decide(cluster, matcher):
                case = _case_of(desk, line_or_case, acts, states)
                if case:
                    acts += moving(document, TRAY, case, by_hand=False)
                    moved.append(Sorted(document=document.id, case=case))
        desk.commit(acts)
        yield from moved
        acts, moved = [], []


def _look_around(desk: Desk, start: list[str]) -> _Around:
    """Return documents of the tray with everything that hangs together with them, from neighbour to neighbour."""
    around = _Around()
    edge = start
    while edge:
        for row in desk.index.get_documents(edge).values():
            around.documents[row.id] = document_of(row)
        found: set[str] = set()
        for link in desk.index.links(edge):
            if link.role not in (ANSWER, SELF, *CONCERNING):
                continue
            for one, other in ((link.document_id, link.target), (link.target, link.document_id)):
                around.links.setdefault(one, []).append(link)
                if other in around.documents and one not in around.documents:
                    around.places[one] = link.file_id
                    found.add(one)
        room = _LARGEST - len(around.documents)
        edge = sorted(name for name in found if around.places[name] == TRAY)[: max(room, 0)]
    return around


def _gather(around: _Around, start: str) -> _Cluster:
    """Return the documents of the tray that hang together with one."""
    cluster = _Cluster()
    edge = [start]
    while edge:
        name = edge.pop()
        if name in cluster.members or name not in around.documents:
            continue
        cluster.members[name] = around.documents[name]
        for link in around.links.get(name, ()):
            names = cluster.answered if link.role == ANSWER else cluster.concerned
            names.setdefault(link.document_id, set()).add(link.target)
            names.setdefault(link.target, set()).add(link.document_id)
            if link.role != SELF:
                cluster.answering.add(link.document_id)
            other = link.target if link.document_id == name else link.document_id
            place = around.places.get(other, TRAY)
            if place == TRAY:
                edge.append(other)
            else:
                cluster.placed[other] = place
    return cluster


def _decide(cluster: _Cluster, matcher: PlanMatcher) -> Iterator[tuple[DeskDocument, "str | PlanLine"]]:
    """Yield each member that has a place with that place: a case file, or a line of the plan."""
    lines: dict[str, PlanLine] = {}
    if not cluster.placed:
        _seed(cluster, matcher, lines)
    _spread(cluster)
    for identifier, document in sorted(cluster.members.items()):
        place = cluster.placed.get(identifier, "")
        if place and not document.by_hand:
            yield document, lines.get(place, place)


def _seed(cluster: _Cluster, matcher: PlanMatcher, lines: dict[str, PlanLine]) -> None:
    """Place those by the plan that answer nothing, or, where none of these fits, any."""
    roots = [document for name, document in cluster.members.items() if name not in cluster.answering]
    for group in (roots, list(cluster.members.values())):
        for document in group:
            line = None if document.by_hand else matcher.match(document)
            if line is not None:
                place = _PLANNED + line.id
                cluster.placed[document.id] = place
                lines[place] = line
        if cluster.placed:
            return


def _spread(cluster: _Cluster) -> None:
    """Let members follow what they speak of, then what they answer, until nothing more is clear.

    Each round looks only at what the rounds before placed, so that the order of the members plays no part.
    """
    edge = set(cluster.placed)
    for names in (cluster.concerned, cluster.answered):
        edge |= {other for name in cluster.placed for other in names.get(name, ())}
    while edge:
        found: dict[str, str] = {}
        for name in edge:
            if name in cluster.members and name not in cluster.placed:
                place = _clear_place(cluster, name)
                if place:
                    found[name] = place
        cluster.placed |= found
        edge = {
            other
            for name in found
            for names in (cluster.concerned, cluster.answered)
            for other in names.get(name, ())
            if other not in cluster.placed
        }


def _clear_place(cluster: _Cluster, name: str) -> str:
    for names in (cluster.concerned, cluster.answered):
        places = {cluster.placed[other] for other in names.get(name, ()) if other in cluster.placed}
        if places:
            return places.pop() if len(places) == 1 else ""
    return ""


def _case_of(desk: Desk, place: "str | PlanLine", acts: list[DeskAct], states: dict[str, bool]) -> str:
    """Return the open case file that a place is, opening it for a line of the plan; empty when it is closed."""
    if isinstance(place, PlanLine):
        case, opening = case_for_line(desk, place)
        if opening is not None and case.id not in states:
            acts.append(opening)
        states.setdefault(case.id, case.state is FileState.OPEN)
        return case.id if states[case.id] else ""
    if place not in states:
        row = desk.index.get_file(place)
        states[place] = row is not None and row.state == FileState.OPEN
    return place if states[place] else ""
