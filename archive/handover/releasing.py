"""Releasing what another archive has received: the record goes here, and its stub says where it is now.

Nothing is taken from the catalogue alone. That a case file was received is read from the decision, the list of packages
and the receipt in every store; who prepared the hand-over and who registered the receipt, from the audit log there.

Source:
    MoReq2010 8 (transfer is confirmed before destruction); Law on Archives 33/2024/QH15, Article 19
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from archive.accounts.acting import require
from archive.accounts.values import Account, Role
from archive.archive import Archive
from archive.audit.recording import note_act
from archive.audit.segments import read_segment
from archive.audit.values import Act, Action, Detail, Entry, entry_hash
from archive.catalogue.handovers import accepted
from archive.catalogue.handovers_values import Handover, HandoverItem, ItemState
from archive.catalogue.values import AuditQuery
from archive.disposal.execution import execute
from archive.disposal.findings import NO_RECEIPT
from archive.disposal.values import HANDOVER, Destruction, DisposalState, HandedOver, Permission
from archive.handover.receiptfiles import ReceivedFiles
from archive.handover.receipts import RECEIPT_SCHEMA
from archive.handover.records import Decision, decisions, read_lines
from archive.layout import handover_decision_key, handover_prepared_key, handover_receipt_key
from model.dates import from_utc_text
from model.errors import InputError, IntegrityError, NotFoundError, PolicyError
from model.findings import Severity, finding_kind
from model.fixity import SHA256, digest_stream
from model.identifiers import derived_uuid
from model.text import N_, _

RECEIPT_WRONG = finding_kind(
    "handover.receipt-wrong",
    Severity.ERROR,
    N_("It is kept: what the stores hold does not prove that it was received. {why}"),
    remedy=N_("See what was changed with `chauban verify --all` and `chauban audit verify`; restore it from a backup."),
    source="MoReq2010 8 (transfer is confirmed before destruction)",
)
NO_PERSON = finding_kind(
    "handover.no-person",
    Severity.ERROR,
    N_("It is kept: nobody with an account registered the receipt."),
    remedy=N_("Have the receipt registered by somebody who is logged in; a receipt counts only with its person."),
)
_TOLD = ("accepted", "held-already")
_MANY = 1_000_000
_RECEIPTS_AT_ONCE = 4
_SEGMENTS_AT_ONCE = 8


@dataclass(slots=True)
class _Proofs:
    """What proves that the case files of a hand-over were received, as the stores have it."""

    decided: dict[int, Decision] = field(default_factory=dict)
    """By position in the hand-over; the decision that accepted it, without its items."""
    written: dict[int, tuple[str, int, str]] = field(default_factory=dict)
    """By position: name, size and digest of the package."""
    people: dict[UUID, Act] = field(default_factory=dict)
    """The acts on the hand-over in the audit log, by identifier."""


def release(archive: Archive, handover: Handover, because: str, *, dry_run: bool = False) -> Iterator[Destruction]:
    """Release every case file of a hand-over that its receiver has; yield what became of each.

    After a kill it is called again: what was marked is removed, the rest is tested again.

    Args:
        because: why it is released now.
        dry_run: only test; what would go says so in its findings.

    Raises:
        PolicyError: whoever releases is no approver, or prepared the hand-over; or nothing of it was accepted.
        IntegrityError: the catalogue is older than the stores, or the audit log was tampered with.
        ConflictError: another process destroys.

    Events:
        deaccession (in the report beside each stub).
    """
    person = require(archive, Role.APPROVER)
    if not archive.catalogue.handovers.totals(handover.id).states.get(ItemState.ACCEPTED):
        raise PolicyError(
            N_("No receipt says that a case file of hand-over {handover} was received."),
            hint=N_("Register the receipt with `chauban transfer receipt`; only then something can be released."),
            handover=handover.id,
        )
    archive.audit.flush()
    return _release(archive, handover, person, because, dry_run=dry_run)


def _release(
    archive: Archive, handover: Handover, person: Account, because: str, *, dry_run: bool
) -> Iterator[Destruction]:
    run = _Run(archive=archive, handover=handover, person=person, because=because)
    count = {state: 0 for state in (DisposalState.DESTROYED, None)}
    for done in execute(archive, run.permission, run.received(), run.allowing, dry_run=dry_run):
        count[done.state] = count.get(done.state, 0) + 1
        yield done
    count[None] += len(run.kept)
    yield from run.kept
    if not dry_run:
        details: dict[str, Detail] = {"released": count[DisposalState.DESTROYED], "kept": count[None]}
        note_act(archive, Action.HANDOVER_RELEASE, handover.id, because=because, details=details)
        archive.audit.flush()


class _Run:
    """One run over the case files of a hand-over."""

    def __init__(self, *, archive: Archive, handover: Handover, person: Account, because: str) -> None:
        self._archive = archive
        self._handover = handover
        self._person = person
        self._because = because
        self._now = archive.clock.now()
        self._permissions: dict[UUID, Permission] = {}
        self._proofs = _Proofs()
        self._receipt = lru_cache(_RECEIPTS_AT_ONCE)(self._read_receipt)
        self.kept: list[Destruction] = []

    def received(self) -> Iterator[UUID]:
        """Yield the case files that were received; what is not proven is kept, with the reason."""
        self._proofs = _read_proofs(self._archive, self._handover)
        preparer = self._preparer()
        for item in self._archive.catalogue.handovers.all_items(self._handover.id):
            if item.state in (ItemState.REFUSED, ItemState.WITHDRAWN):
                continue
            if self._archive.catalogue.stubs.get(item.aip_id) is not None:
                yield item.aip_id
                continue
            finding = NO_RECEIPT.at(item.code) if item.state is ItemState.OPEN else None
            if finding is None:
                try:
                    self._permissions[item.aip_id] = self._permission(item, preparer)
                except (InputError, IntegrityError, NotFoundError) as error:
                    finding = RECEIPT_WRONG.at(item.code, why=error.message)
                except PolicyError:
                    finding = NO_PERSON.at(item.code)
            if finding is None:
                yield item.aip_id
            else:
                self.kept.append(Destruction(aip_id=item.aip_id, state=None, findings=(finding,)))

    def permission(self, aip_id: UUID) -> Permission:
        """Return the permission of one record."""
        return self._permissions.pop(aip_id)

    def allowing(self, connection: Any, aip_id: UUID) -> str:
        """Tell, within the transaction that destroys, why the receipt does not cover a record any more."""
        if accepted(connection, self._handover.id, aip_id) is None:
            return _("The version that is held is not one that was received.")
        return ""

    def _preparer(self) -> Account:
        """Return who prepared the hand-over.

        Raises:
            PolicyError: nobody with an account did, or whoever releases now.
        """
        preparer = self._account(derived_uuid(self._handover.id, "prepared"))
        if preparer.id == self._person.id:
            raise PolicyError(
                N_("{login} prepared hand-over {handover} and cannot release it."),
                hint=N_("Ask another approver."),
                login=self._person.login,
                handover=self._handover.id,
            )
        return preparer

    def _account(self, act_id: UUID) -> Account:
        """Return the account that did an act.

        Raises:
            PolicyError: there was none with this login then.
        """
        act = self._proofs.people.get(act_id)
        account = self._archive.catalogue.accounts.named(act.actor) if act is not None else None
        if act is None or account is None or account.created > act.time:
            raise PolicyError(
                N_("Nobody with an account prepared hand-over {handover}, so it is not known who did."),
                hint=N_("What nobody answers for cannot be released; its case files stay in the archive."),
                handover=self._handover.id,
            )
        return account

    def _permission(self, item: HandoverItem, preparer: Account) -> Permission:
        """Return the permission that the receipt of a case file gives.

        Raises:
            IntegrityError, InputError, NotFoundError: the stores do not prove it.
            PolicyError: nobody with an account registered the receipt.
        """
        decision = self._proofs.decided.get(item.ordinal)
        if decision is None or not decision.receipt:
            raise _unproven(N_("No decision in the stores accepts it."))
        package = (item.name, item.size, item.sha256.hex())
        if not item.name or self._proofs.written.get(item.ordinal) != package:
            raise _unproven(N_("The stores name another package."))
        self._compare(item, decision)
        confirmer = self._account(derived_uuid(decision.id, "registered"))
        request, settings = self._handover.request, self._archive.configuration.disposal
        return Permission(
            review_id=self._handover.id,
            kind=HANDOVER,
            opened_by=preparer.login,
            approved_by=self._person.login,
            approved_at=self._now,
            confirmed_by=confirmer.login,
            confirmed_at=decision.time,
            not_before=decision.time + timedelta(days=settings.release_after_days),
            not_after=self._now + timedelta(days=settings.legal_days),
            because=self._because,
            handed_over=HandedOver(
                receiver=request.receiver,
                receiver_code=request.receiver_code,
                registration=request.registration,
                package=item.name,
                sha256=item.sha256.hex(),
                receipt=decision.receipt,
                registered_at=decision.time,
            ),
        )

    def _compare(self, item: HandoverItem, decision: Decision) -> None:
        """See that a receipt is what was registered, in every store, and names the case file."""
        entries = self._receipt(decision.receipt)
        if entries is None:  # a scan: what it says an officer read, and that is in the decision
            return
        found = next(
            (entry for entry in entries if item.code == entry["case_code"] or item.name == entry["name"]), None
        )
        if found is None:
            raise _unproven(N_("Its receipt does not accept it."))
        if isinstance(found["file_list"], list):
            ReceivedFiles(Path(decision.name or "receipt")).compare(self._archive, item, found)

    def _read_receipt(self, digest: str) -> list[dict[str, Any]] | None:
        """Return what a receipt accepts; none for one that no program reads.

        Raises:
            IntegrityError: a store holds other bytes.
            NotFoundError: a store has lost it.
        """
        key = handover_receipt_key(self._handover.id, digest)
        for store in self._archive.copies.stores:
            with store.open(key, fresh=True) as stream:
                if digest_stream(stream, (SHA256,))[1][0].value.hex() != digest:
                    raise _unproven(N_("A store holds another receipt than the one that was registered."))
        with self._archive.copies.open(key) as stream:
            content = stream.read()
        if hashlib.sha256(content).hexdigest() != digest:
            raise _unproven(N_("A store holds another receipt than the one that was registered."))
        try:
            data = json.loads(content)
        except (ValueError, RecursionError):
            return None
        if not isinstance(data, dict) or data.get("schema") != RECEIPT_SCHEMA:
            return None
        return [_entry(entry) for entry in data["transfers"] if entry.get("status") in _TOLD]


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    source = str(entry.get("source") or "").replace("\\", "/").rstrip("/")
    return {
        "case_code": str(entry.get("case_code") or ""),
        "name": source.rpartition("/")[2],
        "file_list": entry.get("file_list"),
    }


def _read_proofs(archive: Archive, handover: Handover) -> _Proofs:
    """Read what the stores hold of a hand-over, the same in every one.

    Raises:
        IntegrityError: the stores differ, or the audit log is not as it was entered.
    """
    proofs = _Proofs()
    for decision in decisions(archive, handover.id):
        _same_everywhere(archive, handover_decision_key(handover.id, decision.id, decision.time))
        for item in decision.items:
            if item.state is ItemState.ACCEPTED:
                proofs.decided[item.ordinal] = decision
            else:
                proofs.decided.pop(item.ordinal, None)
    key = handover_prepared_key(handover.id)
    _same_everywhere(archive, key)
    lines = read_lines(archive, key)
    from_utc_text(next(lines)["time"])
    for line in lines:
        proofs.written[int(line["ordinal"])] = str(line["name"]), int(line["size"]), str(line["sha256"])
    proofs.people = {act.id: act for act in _acts(archive, handover)}
    return proofs


def _same_everywhere(archive: Archive, key: str) -> None:
    found = set()
    for store in archive.copies.stores:
        with store.open(key, fresh=True) as stream:
            found.add(digest_stream(stream, (SHA256,))[1][0].value)
    if len(found) != 1:
        raise IntegrityError(
            N_("The stores hold different bytes under {key}."),
            hint=N_("Nothing was released. See with `chauban verify --all` which copy is right."),
            key=key,
        )


def _acts(archive: Archive, handover: Handover) -> Iterator[Act]:
    """Yield the acts on a hand-over, as the audit log in the stores tells of them."""
    read = lru_cache(_SEGMENTS_AT_ONCE)(lambda key: read_segment(archive.copies, key).lines)
    for row in archive.catalogue.audit_page(AuditQuery(object=str(handover.id), limit=_MANY)):
        if row.action not in (Action.HANDOVER_PREPARE.value, Action.HANDOVER_RECEIPT.value):
            continue
        line = next((line for line in read(row.segment) if entry_hash(line) == row.hash), None)
        if line is None:
            raise IntegrityError(
                N_("Entry {seq} of the audit log is not in the stores as it was entered."),
                hint=N_("See what was changed with `chauban audit verify`."),
                seq=row.seq,
            )
        yield Entry.from_line(line).act


def _unproven(why: str) -> IntegrityError:
    return IntegrityError(why, hint=N_("Nothing of it was released."))
