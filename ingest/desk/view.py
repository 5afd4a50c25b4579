"""A case file as it stands: what each of its documents is, seen together with everything on the desk.

What recalls, replaces or repeats what is never stored: it follows from the messages that are there, so that the
order in which they came plays no part.

Source:
    Decree 30/2020/NĐ-CP, Article 18; QCVN 102:2016/BTTTT (`Bussiness`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from archive.catalogue.desk import SELF
from archive.catalogue.desk_values import DeskLink
from ingest.desk.desk import Desk, document_of
from ingest.desk.keys import ANSWER, RECALL, REPLACE, STATUS, UPDATE, is_notice
from ingest.desk.values import DeskCase, DeskDocument, Standing, StandingDocument

_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case file with its documents in their order."""

    case: DeskCase
    documents: tuple[StandingDocument, ...]
    answers: tuple[DeskLink, ...]
    """Who answers whom: links of which one end at least is in the case file."""
    without_effect: tuple[tuple[str, DeskDocument], ...] = ()
    """Documents that a message of another organisation recalls or replaces, and that message."""
    replaces: Mapping[str, tuple[DeskDocument, ...]] = field(default_factory=dict)
    """By identifier the documents of this case file that a document replaces with effect."""

    def handed_over(self) -> Iterator[StandingDocument]:
        """Yield the documents that become documents of the package, in their order."""
        return (item for item in self.documents if item.standing.is_handed_over)

    def excluded(self) -> Iterator[StandingDocument]:
        """Yield the documents that stay on the desk: drafts, duplicates, notices of what is not here."""
        carried = {notice.id for item in self.handed_over() for notice in item.notices}
        for item in self.documents:
            if not item.standing.is_handed_over and item.document.id not in carried:
                yield item


@dataclass(slots=True)
class _Links:
    """Who speaks of whom, by the document spoken of."""

    own: dict[str, DeskDocument]
    others: dict[str, DeskDocument]
    by_role: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    without_effect: list[tuple[str, DeskDocument]] = field(default_factory=list)

    def of(self, role: str, target: str) -> set[str]:
        """Return who speaks of a document in a role."""
        return self.by_role.get(role, {}).get(target, set())

    def document(self, identifier: str) -> DeskDocument:
        """Return a document of the case file, or one that speaks of it."""
        return self.own.get(identifier) or self.others[identifier]


def view_case(desk: Desk, case: DeskCase) -> CaseView:
    """Return a case file with its documents as they stand."""
    own = {document.id: document for document in desk.documents(case.id)}
    found = list(desk.index.links(own))
    named = {name for link in found for name in (link.document_id, link.target)} - own.keys()
    others = {name: document_of(row) for name, row in desk.index.get_documents(sorted(named)).items()}
    links = _Links(own, others)
    for link in found:
        _sort_in(desk, links, link)
    standing = {name: _standing(desk, document, links) for name, document in own.items()}
    listed = [
        StandingDocument(
            document=document,
            standing=standing[name][0],
            other=standing[name][1],
            notices=tuple(_notices(desk, name, links)) if standing[name][0].is_handed_over else (),
        )
        for name, document in own.items()
    ]
    return CaseView(
        case=case,
        documents=tuple(sorted(listed, key=lambda item: order_of(item.document))),
        answers=tuple(link for link in found if link.role == ANSWER),
        without_effect=tuple(sorted(links.without_effect, key=lambda pair: (pair[0], pair[1].id))),
        replaces=_replaced(links),
    )


def _replaced(links: _Links) -> dict[str, tuple[DeskDocument, ...]]:
    found: dict[str, list[DeskDocument]] = {}
    for target, speakers in links.by_role.get(REPLACE, {}).items():
        for speaker in speakers if target in links.own else ():
            found.setdefault(speaker, []).append(links.own[target])
    return {speaker: tuple(sorted(targets, key=order_of)) for speaker, targets in found.items()}


def order_of(document: DeskDocument) -> tuple[str, datetime, int, str]:
    """Return what the documents of a case file are ordered by: date, time sent, number."""
    number = "".join(c for c in document.key.number if c.isdecimal())[:9]
    date = document.key.date.iso if document.key.date is not None else "9999"
    return date, document.time or _EARLIEST, int(number or 0), document.id


def _sort_in(desk: Desk, links: _Links, link: DeskLink) -> None:
    speaker, target = links.document(link.document_id), links.document(link.target)
    if link.role in (RECALL, REPLACE, UPDATE) and desk.keys.organ(speaker.sender) != desk.keys.organ(_issuer(target)):
        links.without_effect.append((target.id, speaker))
        return
    if not speaker.draft:
        links.by_role.setdefault(link.role, {}).setdefault(target.id, set()).add(speaker.id)


def _issuer(document: DeskDocument) -> str:
    return document.sender or document.key.organ_code


def _standing(desk: Desk, document: DeskDocument, links: _Links) -> tuple[Standing, str]:
    name = document.id
    if document.draft:
        return Standing.DRAFT, ""
    if is_notice(document, desk.keys):
        concerned = [
            target
            for role in (RECALL, UPDATE, STATUS, REPLACE)
            for target, speakers in links.by_role.get(role, {}).items()
            if name in speakers
        ]
        return Standing.NOTICE, min(concerned, default="")
    original = _original(name, links)
    if original != name:
        return Standing.DUPLICATE, original
    for role, standing in ((RECALL, Standing.RECALLED), (REPLACE, Standing.REPLACED)):
        if speakers := links.of(role, name):
            return standing, min(speakers, key=lambda speaker: order_of(links.document(speaker)))
    return Standing.CURRENT, ""


def _original(name: str, links: _Links) -> str:
    """Return the first of the documents that are called alike; one that replaces another is no duplicate of it."""
    alike = {name}
    for other in links.of(SELF, name).intersection(links.own):
        if other not in links.of(REPLACE, name) and name not in links.of(REPLACE, other):
            alike.add(other)
    return min(alike, key=lambda item: order_of(links.document(item)))


def _notices(desk: Desk, name: str, links: _Links) -> list[DeskDocument]:
    """Return the messages of this case file that only speak of a document, oldest first."""
    found = {
        speaker: links.own[speaker]
        for role in (RECALL, UPDATE, STATUS, REPLACE)
        for speaker in links.of(role, name)
        if speaker in links.own and is_notice(links.own[speaker], desk.keys)
    }
    return sorted(found.values(), key=order_of)
