"""What the audit log says: acts, entries, heads; and their one canonical form."""

import getpass
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from model.dates import from_utc_text, utc_text
from model.findings import printable
from model.identifiers import new_uuid
from model.version import program_version
from preservation.merkle import HASH_BYTES, leaf_hash

ENTRY_SCHEMA = "chauban-audit/1"
HEAD_SCHEMA = "chauban-audit-head/1"
ACTOR = "CHAUBAN_ACTOR"
"""Environment variable: who acts, where the account of the machine does not say it."""

NO_ENTRY = bytes(HASH_BYTES)
"""What the first entry names as the hash of the one before."""

MAX_REASON = 2000
MAX_WORD = 500
MAX_DETAILS = 20

Detail = str | int | bool


class Action(StrEnum):
    """What was done."""

    INIT = "init"
    INGEST = "ingest"
    RESOLVE = "resolve"
    COMPILE = "compile"
    SUBMISSION_REGISTER = "submission-register"
    SUBMISSION_RECEIVE = "submission-receive"
    SUBMISSION_DECIDE = "submission-decide"
    SUBMISSION_APPROVE = "submission-approve"
    SUBMISSION_REJECT = "submission-reject"
    EXPORT = "export"
    HANDOVER_PREPARE = "handover-prepare"
    HANDOVER_RECEIPT = "handover-receipt"
    HANDOVER_WITHDRAW = "handover-withdraw"
    HANDOVER_RELEASE = "handover-release"
    VERIFY = "verify"
    REPAIR = "repair"
    REBUILD = "rebuild"
    REGISTRY = "registry"
    RECHECK = "recheck"
    AUGMENT = "augment"
    TRUST = "trust"
    SEAL = "seal"
    RENEW = "renew"
    EVIDENCE_VERIFY = "evidence-verify"
    CONFIGURATION = "configuration"
    ACCOUNT = "account"
    LOGIN = "login"
    HOLD = "hold"
    HOLD_LIFT = "hold-lift"
    RETENTION = "retention"
    REVIEW = "review"
    DESTROY = "destroy"
    DESTROY_RESUME = "destroy-resume"


class ActOutcome(StrEnum):
    """How an act ended."""

    DONE = "done"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    HELD_ALREADY = "held-already"
    FAILED = "failed"
    DAMAGE = "damage"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act on the archive, before it has its place in the log."""

    id: UUID
    """The same for the same act: it is entered once, however often a killed command is taken up again."""
    time: datetime
    actor: str
    """Who: a name given by CHAUBAN_ACTOR, else the account."""
    account: str
    """Account of the machine that ran the program."""
    action: Action
    object: str
    """Identifier of the package, transfer or other thing; never a title or a person's name."""
    outcome: ActOutcome
    reason: str = ""
    details: tuple[tuple[str, Detail], ...] = ()
    program: str

    def __post_init__(self) -> None:
        too_long = len(self.reason) > MAX_REASON or len(self.object) > MAX_WORD or len(self.details) > MAX_DETAILS
        if too_long or any(isinstance(value, str) and len(value) > MAX_WORD for _name, value in self.details):
            raise ValueError("an act is told of in few words")

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON takes them."""
        return {
            "account": self.account,
            "act": str(self.id),
            "action": self.action.value,
            "actor": self.actor,
            "details": dict(self.details),
            "object": self.object,
            "outcome": self.outcome.value,
            "program": self.program,
            "reason": self.reason,
            "time": utc_text(self.time),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Act":
        """Read the fields back.

        Raises:
            ValueError, KeyError, TypeError: not an act.
        """
        return cls(
            id=UUID(data["act"]),
            time=from_utc_text(data["time"]),
            actor=str(data["actor"]),
            account=str(data["account"]),
            action=Action(data["action"]),
            object=str(data["object"]),
            outcome=ActOutcome(data["outcome"]),
            reason=str(data["reason"]),
            details=tuple(sorted(dict(data["details"]).items())),
            program=str(data["program"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act in its place in the log."""

    seq: int
    """From 1, without gaps."""
    act: Act
    previous: bytes
    """Hash of the entry before; 32 zero bytes in the first."""
    salt: bytes
    """Random: from its hash alone nobody can guess an entry that has lawfully been erased."""

    @classmethod
    def following(cls, seq: int, act: Act, previous: bytes) -> "Entry":
        """Give an act its place."""
        return cls(seq=seq, act=act, previous=previous, salt=secrets.token_bytes(16))

    @property
    def line(self) -> bytes:
        """The entry in canonical form, without a line end."""
        data = self.act.to_json()
        data |= {
            "previous": self.previous.hex(),
            "salt": self.salt.hex(),
            "schema": ENTRY_SCHEMA,
            "seq": self.seq,
        }
        return canonical(data)

    @classmethod
    def from_line(cls, line: bytes) -> "Entry":
        """Read an entry back.

        Raises:
            ValueError: not an entry, or not in canonical form.
        """
        try:
            data = json.loads(line)
            entry = cls(
                seq=int(data["seq"]),
                act=Act.from_json(data),
                previous=bytes.fromhex(data["previous"]),
                salt=bytes.fromhex(data["salt"]),
            )
        except (KeyError, TypeError, RecursionError, AttributeError) as exc:
            raise ValueError("not an entry of an audit log") from exc
        if entry.line != line:
            raise ValueError("not the canonical form of an entry")
        return entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The state of a log in a few bytes: whoever keeps one notices every later change of what came before."""

    archive: UUID
    size: int
    """Number of entries."""
    root: bytes
    """Merkle tree hash over all of them (RFC 9162)."""
    time: str
    """Time of the last entry, as it stands there; empty for an empty log."""

    def to_json(self) -> dict[str, Any]:
        """Return the public form."""
        return {
            "archive": str(self.archive),
            "root": self.root.hex(),
            "schema": HEAD_SCHEMA,
            "size": self.size,
            "time": self.time,
        }

    @property
    def content(self) -> bytes:
        """The head in canonical form: the same bytes wherever it is made."""
        return canonical(self.to_json())

    @classmethod
    def from_json(cls, data: Any) -> "Head":
        """Read a head.

        Raises:
            ValueError: not a head.
        """
        try:
            head = cls(
                archive=UUID(data["archive"]),
                size=int(data["size"]),
                root=bytes.fromhex(data["root"]),
                time=str(data["time"]),
            )
        except (KeyError, TypeError, AttributeError) as exc:
            raise ValueError("not a head of an audit log") from exc
        if data.get("schema") != HEAD_SCHEMA or head.size < 0 or len(head.root) != HASH_BYTES:
            raise ValueError("not a head of an audit log")
        return head


def canonical(data: Mapping[str, Any]) -> bytes:
    """Return JSON in its canonical form: keys sorted, UTF-8, no spaces."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def entry_hash(line: bytes) -> bytes:
    """Return the hash of an entry: its leaf of the tree, and what the next entry names as the one before."""
    return leaf_hash(line)


def current_actor() -> tuple[str, str]:
    """Return who acts: the name in CHAUBAN_ACTOR or else the account; and the account."""
    account = f"uid {os.getuid()}"
    with suppress(OSError, KeyError, ImportError):
        account = getpass.getuser()
    name = os.environ.get(ACTOR, "").strip() or account
    return printable(name)[:MAX_WORD], printable(account)[:MAX_WORD]


def new_act(
    action: Action,
    object_: str,
    *,
    time: datetime,
    outcome: ActOutcome = ActOutcome.DONE,
    reason: str = "",
    details: Mapping[str, Detail] | None = None,
    identifier: UUID | None = None,
) -> Act:
    """Return an act of whoever runs the program; what is too long for the log is cut.

    Args:
        time: when it was done.
        identifier: where the same act may be told of again, so that it is entered once.
    """
    actor, account = current_actor()
    told = [(name, value[:MAX_WORD] if isinstance(value, str) else value) for name, value in (details or {}).items()]
    return Act(
        id=identifier or new_uuid(time),
        time=time,
        actor=actor,
        account=account,
        action=action,
        object=_text(object_)[:MAX_WORD],
        outcome=outcome,
        reason=_text(reason)[:MAX_REASON],
        details=tuple(sorted(told)[:MAX_DETAILS]),
        program=program_version(),
    )


def configuration_act(time: datetime, following: Act, digest: str) -> Act:
    """Return the act that a changed configuration is in force, before the first act under it."""
    act = new_act(Action.CONFIGURATION, digest, time=time)
    return replace(act, actor=following.actor, account=following.account)


def _text(given: str) -> str:
    """Return text that UTF-8 can hold; bytes of a name that are not UTF-8 as escapes."""
    return given.encode("utf-8", "backslashreplace").decode("utf-8")
