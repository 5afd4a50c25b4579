"""Registering what the receiving archive says of a hand-over: only then is a case file handed over.

Two kinds of receipt are known. A machine-readable one (`receipt/1`, as this program leaves it beside what
it takes in) is compared with what was handed over, file by file. Any other file (a signed PDF, a scan) is
kept as it is, and an officer says which case files it accepts and refuses.

Source:
    Circular 05/2025/TT-BNV, Articles 23 to 25; docs/giving-out.md
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from archive.archive import Archive
from archive.audit.recording import note_act
from archive.audit.values import Action, Detail
from archive.catalogue.handovers_values import Handover, HandoverItem, ItemState
from archive.handover.folder import only_one
from archive.handover.preparing import package_id_of
from archive.handover.receiptfiles import ReceivedFiles
from archive.handover.records import Decision, decisions, put_decision, put_plan
from archive.layout import handover_receipt_key
from archive.pending import record_event
from model.errors import ConflictError, InputError, NotFoundError, PolicyError, StorageError
from model.identifiers import derived_uuid, new_uuid
from model.preservation import Event, EventOutcome, EventType
from model.text import N_
from model.version import PROGRAM

RECEIPT_SCHEMA = "receipt/1"
SUBMISSION_SCHEMA = "submission-receipt/1"
RECEIPT_LIMIT = 256 * 1024 * 1024
"""Bytes of a receipt at most."""
ALL = "all"
_STATES = {
    "accepted": ItemState.ACCEPTED,
    "held-already": ItemState.ACCEPTED,
    "refused": ItemState.REFUSED,
}
"""What a `receipt/1` decides; anything else in it, such as waiting for approval, decides nothing yet."""
_MAX_REASON = 1000
_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an officer reads from a receipt that no program reads."""

    accepted: tuple[str, ...] = ()
    """Case file codes, or `all`."""
    refused: tuple[tuple[str, str], ...] = ()
    """Case file code, or `all`, and reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What a receipt decided."""

    handover: Handover
    accepted: int
    refused: int
    still_open: int


def find_handover(archive: Archive, identifier: str) -> Handover:
    """Return the one hand-over an identifier, or the beginning of one, means.

    Raises:
        NotFoundError: there is none.
        ConflictError: there are several.
    """
    found = archive.catalogue.handovers.find(identifier)
    if not found:
        raise NotFoundError(
            N_("There is no hand-over {identifier}."),
            hint=N_("`chauban transfer handovers` shows them."),
            identifier=identifier,
        )
    if len(found) > 1:
        raise ConflictError(
            N_("{identifier} means {count} hand-overs."),
            hint=N_("Give more of the identifier."),
            identifier=identifier,
            count=len(found),
        )
    return found[0]


def register_receipt(archive: Archive, handover: Handover, path: Path, said: Said, because: str) -> Registered:
    """Register a receipt; what it does not speak of stays open for another one.

    Args:
        path: of the receipt, which is kept as it is.
        said: what it says, of a receipt that no program reads; empty for `receipt/1`.

    Raises:
        InputError: it cannot be read, or it tells of other packages or other bytes than were handed over.
        PolicyError: the hand-over is not written yet, or it decides otherwise about what was decided.

    Events:
        transfer (in the journal of each archival package that is decided about).
    """
    with _deciding(archive, handover):
        return _register_receipt(archive, find_handover(archive, str(handover.id)), path, said, because)


@contextmanager
def _deciding(archive: Archive, handover: Handover) -> Iterator[None]:
    """Let one process at a time decide about a hand-over.

    Raises:
        ConflictError: another process does.
    """
    archive.work.mkdir(exist_ok=True)
    with only_one(archive.work / f"handover-{handover.id}.lock"):
        yield


def _register_receipt(archive: Archive, handover: Handover, path: Path, said: Said, because: str) -> Registered:
    if handover.prepared is None:
        raise PolicyError(
            N_("Hand-over {handover} is not written yet, so nobody can have received it."),
            hint=N_("Run `chauban transfer prepare` again with the options it was begun with."),
            handover=handover.id,
        )
    content = _read(path)
    data = _machine_readable(content, path)
    if (data is not None) == bool(said.accepted or said.refused):
        raise InputError(
            N_("{path} says by itself what was accepted.") if data is not None else N_("{path} is no `receipt/1`."),
            hint=N_("Give --accepted and --refused for a receipt that no program reads, and only for such a one."),
            path=path.name,
        )
    decided = (
        _by_machine(archive, handover, data, path) if data is not None else _by_officer(archive, handover, said, path)
    )
    fresh = [item for item in decided if item.decided is None]
    digest = hashlib.sha256(content).hexdigest()
    if fresh:
        archive.copies.put(handover_receipt_key(handover.id, digest), content)
    return _register(archive, handover, fresh, because, digest, path.name[:_NAME])


def withdraw(archive: Archive, handover: Handover, because: str) -> Registered:
    """Take back every case file of a hand-over of which no receipt tells: each may go into another one.

    Events:
        none (nothing was handed over).
    """
    with _deciding(archive, handover):
        put_plan(archive, handover, archive.catalogue.handovers.all_items(handover.id))
        items = tuple(
            replace(item, state=ItemState.WITHDRAWN)
            for item in archive.catalogue.handovers.all_items(handover.id)
            if item.state is ItemState.OPEN
        )
        return _register(archive, handover, items, because, "", "")


def _register(
    archive: Archive, handover: Handover, items: Sequence[HandoverItem], because: str, digest: str, name: str
) -> Registered:
    """Keep the decision, the events and the act, then the catalogue's own note: a killed registration does it again."""
    if items:
        decision = _decision(archive, handover, tuple(items), because, digest, name)
        put_decision(archive, decision)
        for item in items:
            if item.state is not ItemState.WITHDRAWN:
                record_event(archive, item.aip_id, item.version, _event(handover, item, decision))
        _note(archive, decision)
        archive.catalogue.handovers.decide(handover.id, items, decision.time)
    states = Counter(item.state for item in items)
    totals = archive.catalogue.handovers.totals(handover.id)
    return Registered(
        handover=archive.catalogue.handovers.get(handover.id) or handover,
        accepted=states[ItemState.ACCEPTED],
        refused=states[ItemState.REFUSED],
        still_open=totals.states.get(ItemState.OPEN, 0),
    )


def _decision(
    archive: Archive, handover: Handover, items: tuple[HandoverItem, ...], because: str, digest: str, name: str
) -> Decision:
    """Return the decision to keep: the same one, if an earlier, killed registration kept it already."""
    told = [(item.ordinal, item.state) for item in items]
    for earlier in decisions(archive, handover.id):
        if earlier.receipt == digest and [(item.ordinal, item.state) for item in earlier.items] == told:
            return replace(earlier, items=items)
    now = archive.clock.now()
    return Decision(
        id=new_uuid(now), handover_id=handover.id, time=now, because=because, items=items, receipt=digest, name=name
    )


def _note(archive: Archive, decision: Decision) -> None:
    states = Counter(item.state.value for item in decision.items)
    details: dict[str, Detail] = dict(states)
    if decision.receipt:
        details["receipt"] = decision.receipt
    action = Action.HANDOVER_RECEIPT if decision.receipt else Action.HANDOVER_WITHDRAW
    note_act(
        archive,
        action,
        decision.handover_id,
        identifier=derived_uuid(decision.id, "registered"),
        because=decision.because,
        details=details,
    )
    archive.audit.flush()


def _event(handover: Handover, item: HandoverItem, decision: Decision) -> Event:
    accepted = item.state is ItemState.ACCEPTED
    receiver = handover.request.receiver_code or handover.request.receiver
    verdict = f"{'accepted' if accepted else 'refused'} by {receiver}, receipt {decision.receipt}"
    return Event(
        id=derived_uuid(decision.id, f"event/{item.aip_id}"),
        type=EventType.TRANSFER,
        time=decision.time,
        outcome=EventOutcome.SUCCESS if accepted else EventOutcome.FAIL,
        detail=f"hand-over {handover.id}: package {package_id_of(item)} {verdict}",
        outcome_detail=item.reason,
        agent=PROGRAM,
    )


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > RECEIPT_LIMIT:
            raise InputError(
                N_("{path} is larger than a receipt can be ({limit} bytes)."),
                hint=N_("Name the receipt itself."),
                path=path.name,
                limit=RECEIPT_LIMIT,
            )
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(N_("{path} does not exist."), hint=N_("Correct the path."), path=path) from error
    except OSError as error:
        raise StorageError(
            N_("{path} cannot be read: {why}."), hint=N_("Correct its permissions."), path=path, why=error.strerror
        ) from error
    if not content:
        raise InputError(N_("{path} is empty."), hint=N_("Name the receipt itself."), path=path.name)
    return content


def _machine_readable(content: bytes, path: Path) -> dict[str, Any] | None:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    if data.get("schema") == SUBMISSION_SCHEMA:
        raise InputError(
            N_("{path} tells of a whole submission, and of no file in it."),
            hint=N_("Register the receipt that came with it: its name ends in `.receipt.json`."),
            path=path.name,
        )
    return data if data.get("schema") == RECEIPT_SCHEMA else None


def _by_machine(archive: Archive, handover: Handover, data: Mapping[str, Any], path: Path) -> list[HandoverItem]:
    """Return what a `receipt/1` decides, after comparing it with what was handed over."""
    _refuse_own(archive, data, path)
    decided: dict[int, HandoverItem] = {}
    received = ReceivedFiles(path)
    for entry in _entries(data, path):
        item = _item_of(archive, handover, entry, path)
        state = _STATES.get(str(entry.get("status")))
        if state is None:
            continue
        if decided.setdefault(item.ordinal, replace(item, state=state)).state is not state:
            raise InputError(
                N_("{path} both accepts and refuses {code}."),
                hint=N_("Ask the receiver what became of it; nothing was registered."),
                path=path.name,
                code=item.code,
            )
        if state is ItemState.ACCEPTED:
            received.compare(archive, item, entry)
        decided[item.ordinal] = _decide(item, state, _why(entry) if state is ItemState.REFUSED else "")
    return list(decided.values())


def _refuse_own(archive: Archive, data: Mapping[str, Any], path: Path) -> None:
    """See that a receipt is of another archive: who hands over cannot receive."""
    issuer = data.get("archive")
    if isinstance(issuer, dict) and str(issuer.get("id")).lower() == str(archive.configuration.archive_id):
        raise InputError(
            N_("{path} is a receipt of this archive itself."),
            hint=N_("Register the receipt of the archive that received; nothing was registered."),
            path=path.name,
        )


def _entries(data: Mapping[str, Any], path: Path) -> Iterator[Mapping[str, Any]]:
    entries = data.get("transfers")
    if not isinstance(entries, list) or not entries:
        raise InputError(
            N_("{path} tells of nothing that was received."),
            hint=N_("Ask the receiver for the receipt."),
            path=path.name,
        )
    for entry in entries:
        if isinstance(entry, dict):
            yield entry


def _item_of(archive: Archive, handover: Handover, entry: Mapping[str, Any], path: Path) -> HandoverItem:
    """Return the case file of the hand-over that an entry of the receipt is about."""
    catalogue = archive.catalogue.handovers
    code = str(entry.get("case_code") or "")
    found = catalogue.by_code(handover.id, code) if code else []
    source = str(entry.get("source") or "").replace("\\", "/").rstrip("/").rpartition("/")[2]
    named = [item for item in found if item.name and item.name == source] or found
    if not named and source[:6].isdecimal():
        named = [item for item in catalogue.items(handover.id, int(source[:6]) - 1, 1) if item.name == source]
    if len(named) != 1:
        raise InputError(
            N_("{path} tells of {code}, which is not one case file of this hand-over."),
            hint=N_("See that it is the receipt of this hand-over; nothing was registered."),
            path=path.name,
            code=(code or source or "?")[:_NAME],
        )
    return named[0]


def _why(entry: Mapping[str, Any]) -> str:
    """Return why the receiver refused, in its own words."""
    reason = str(entry.get("reason") or "")
    listed = entry.get("findings")
    findings = listed if isinstance(listed, list) else []
    codes = [str(item.get("code")) for item in findings if isinstance(item, dict) and item.get("severity") == "error"]
    return (reason or ", ".join(dict.fromkeys(codes)))[:_MAX_REASON]


def _decide(item: HandoverItem, state: ItemState, reason: str) -> HandoverItem:
    """Return a case file with what is decided about it; one that was decided so before keeps its time.

    Raises:
        PolicyError: it was decided otherwise.
    """
    if item.state is state:
        return item
    if item.state is not ItemState.OPEN:
        raise PolicyError(
            N_("Case file {code} of this hand-over was decided otherwise before ({state})."),
            hint=N_("A decision stands. Hand the case file over again if it is to go after all."),
            code=item.code,
            state=item.state.value,
        )
    return replace(item, state=state, reason=reason[:_MAX_REASON], decided=None)


def _by_officer(archive: Archive, handover: Handover, said: Said, path: Path) -> list[HandoverItem]:
    """Return what an officer reads from a receipt."""
    decided: dict[int, HandoverItem] = {}
    for code, reason in said.refused:
        for item in _meant(archive, handover, code):
            decided[item.ordinal] = _decide(item, ItemState.REFUSED, reason)
    for code in said.accepted:
        for item in _meant(archive, handover, code):
            if item.ordinal in decided and code != ALL:
                raise InputError(
                    N_("{code} is both accepted and refused."), hint=N_("Name it once."), path=path, code=item.code
                )
            if item.ordinal not in decided:
                decided[item.ordinal] = _decide(item, ItemState.ACCEPTED, "")
    return list(decided.values())


def _meant(archive: Archive, handover: Handover, code: str) -> list[HandoverItem]:
    """Return the case files a code means; `all` means those that nothing was decided about."""
    catalogue = archive.catalogue.handovers
    if code == ALL:
        return [item for item in catalogue.all_items(handover.id) if item.state is ItemState.OPEN]
    found = catalogue.by_code(handover.id, code) or _by_identifier(archive, handover, code)
    if not found:
        raise InputError(
            N_("{code} is not in this hand-over."),
            hint=N_("`chauban transfer handovers {handover}` shows what is."),
            code=code[:_NAME],
            handover=handover.id,
        )
    return found


def _by_identifier(archive: Archive, handover: Handover, text: str) -> list[HandoverItem]:
    try:
        aip_id = UUID(text)
    except ValueError:
        return []
    return [item for item in archive.catalogue.handovers.of_package(aip_id) if item.handover_id == handover.id]
