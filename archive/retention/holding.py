"""Placing and lifting holds: in every store first, then in the catalogue.

What is in the stores and not in the catalogue (a database brought back from an older backup) is entered
again before anything is destroyed: a hold can be late in the catalogue, never lost.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from archive.accounts.acting import reasoned, require
from archive.accounts.values import Role
from archive.archive import Archive
from archive.audit.recording import record_act
from archive.audit.values import Action
from archive.indexing import bring_level, open_index
from archive.layout import HOLDS, hold_key
from archive.pending import put_everywhere
from archive.retention.hold_values import Hold, HoldScope, Lifting, ScopeKind, lifting_from_json, lifting_json
from archive.search.values import SearchRequest, Sort
from model.errors import InputError, IntegrityError, NotFoundError, PolicyError
from model.identifiers import new_uuid
from model.text import N_

T = TypeVar("T")

SCHEMA = "chauban-hold/1"
MAX_TEXT = 2000
_PAGE = 1000
_MAX_STORED = 1 << 24
_PLACED, _LIFTED = "placed", "lifted"


def place_hold(
    archive: Archive, *, title: str, mandate: str, scopes: Iterable[HoldScope], because: str, scope_note: str = ""
) -> Hold:
    """Keep records from being destroyed until the hold is lifted.

    Raises:
        PolicyError: nobody is logged in as records officer.
        InputError: it covers nothing, or a text is missing or too long.
    """
    person = require(archive, Role.RECORDS_OFFICER)
    wanted = tuple(sorted(set(scopes)))
    texts = (title, mandate, scope_note, because, *(scope.value for scope in wanted))
    needed = (title, mandate, because, *(scope.value for scope in wanted))
    if not wanted or not all(map(str.strip, needed)) or any(len(text) > MAX_TEXT for text in texts):
        raise InputError(
            N_("A hold needs a title, a mandate and at least one scope, each at most {limit} characters long."),
            hint=N_("Name what it covers with --record, --class, --fonds or --query."),
            limit=MAX_TEXT,
        )
    now = archive.clock.now()
    hold = Hold(
        id=new_uuid(now),
        title=title,
        mandate=mandate,
        scope_note=scope_note,
        scopes=wanted,
        placed_by=person.login,
        placed_at=now,
        because=because,
    )
    members = set(_found_by_queries(archive, hold))
    _put(archive, hold_key(hold.id, _PLACED), hold.to_json())
    archive.catalogue.holds.place(hold, members)
    record_act(archive, Action.HOLD, hold.id, because=because, details={"scopes": len(wanted), "found": len(members)})
    return hold


def lift_hold(archive: Archive, hold: Hold, because: str) -> Hold:
    """Lift a hold; records that no other hold covers follow their rule again.

    Raises:
        PolicyError: nobody is logged in as records officer, or it is lifted already.
        InputError: no reason is given.
    """
    person = require(archive, Role.RECORDS_OFFICER)
    reasoned(because)
    lifted = hold.lifting or _stored_lifting(archive, hold.id)
    if lifted is not None:
        archive.catalogue.holds.lift(hold, lifted)  # which a catalogue brought back from a backup does not know
        raise PolicyError(N_("The hold {hold} was lifted already."), hold=hold.id)
    lifting = Lifting(by=person.login, at=archive.clock.now(), because=because)
    _put(archive, hold_key(hold.id, _LIFTED), lifting_json(lifting))
    archive.catalogue.holds.lift(hold, lifting)
    record_act(archive, Action.HOLD_LIFT, hold.id, because=because)
    return replace(hold, lifting=lifting)


def find_hold(archive: Archive, identifier: str) -> Hold:
    """Return the one hold an identifier, or the beginning of one, means.

    Raises:
        NotFoundError: there is none, or more than one.
    """
    wanted = identifier.strip().lower()
    found = [hold for hold in archive.catalogue.holds.all(lifted=True) if wanted and str(hold.id).startswith(wanted)]
    if len(found) != 1:
        raise NotFoundError(
            N_("There is no single hold {identifier}."),
            hint=N_("`chauban retention hold list --lifted` shows all of them."),
            identifier=identifier,
        )
    return found[0]


def restore_holds(archive: Archive) -> int:
    """Enter every hold of the stores into the catalogue, and lift those that were lifted; return how many there are.

    Doing so again changes nothing.
    """
    count = 0
    for hold in stored_holds(archive):
        archive.catalogue.holds.place(replace(hold, lifting=None))
        if hold.lifting is not None:
            archive.catalogue.holds.lift(hold, hold.lifting)
        count += 1
    return count


def stored_holds(archive: Archive) -> Iterator[Hold]:
    """Yield the holds as the stores keep them.

    Raises:
        IntegrityError: one cannot be read; then nothing may be destroyed.
    """
    for item in archive.copies.list(HOLDS):
        if item.key.endswith(f"/{_PLACED}.json"):
            hold = _read(archive, item.key, Hold.from_json)
            yield replace(hold, lifting=_stored_lifting(archive, hold.id))


def _stored_lifting(archive: Archive, hold_id: UUID) -> Lifting | None:
    key = hold_key(hold_id, _LIFTED)
    return _read(archive, key, lifting_from_json) if archive.copies.stat(key) is not None else None


def refresh_queries(archive: Archive) -> None:
    """Ask the queries of all holds in force again: what was taken in meanwhile is covered too."""
    for hold in archive.catalogue.holds.all():
        members = set(_found_by_queries(archive, hold))
        if members:
            archive.catalogue.holds.add_members(hold.id, members)


def _found_by_queries(archive: Archive, hold: Hold) -> Iterator[UUID]:
    queries = [scope.value for scope in hold.scopes if scope.kind is ScopeKind.QUERY]
    if not queries:
        return
    with open_index(archive) as index:
        bring_level(archive, index)
        for query in queries:
            offset, total = 0, 1
            while offset < total:
                request = SearchRequest(query=query, limit=_PAGE, offset=offset, sort=Sort.CODE, snippets=False)
                page = index.search(request)
                yield from (UUID(hit.aip_id) for hit in page.hits)
                offset, total = offset + _PAGE, page.total


def _put(archive: Archive, key: str, data: Mapping[str, object]) -> None:
    put_everywhere(archive, key, json.dumps({"schema": SCHEMA, **data}, ensure_ascii=False, sort_keys=True))


def _read(archive: Archive, key: str, decode: Callable[[Mapping[str, Any]], T]) -> T:
    with archive.copies.open(key) as stream:
        content = stream.read(_MAX_STORED)
    try:
        return decode(json.loads(content))
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(
            N_("The hold {key} cannot be read."), hint=N_("Restore it from another store or a backup."), key=key
        ) from error
