"""Preservation metadata: events and agents (PREMIS 3), and the files of an archival package."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from model.dates import from_utc_text, utc_text
from model.fixity import SHA256, SHA512, Digest
from model.formats import FormatIdentification


class EventType(StrEnum):
    """Event types of the Library of Congress preservation vocabulary that we use."""

    INGESTION_START = "ingestion start"
    INGESTION_END = "ingestion end"
    MESSAGE_DIGEST_CALCULATION = "message digest calculation"
    FORMAT_IDENTIFICATION = "format identification"
    VALIDATION = "validation"
    INFORMATION_PACKAGE_CREATION = "information package creation"
    REPLICATION = "replication"
    FIXITY_CHECK = "fixity check"
    RECOVERY = "recovery"
    DISSEMINATION = "dissemination"
    ACCESSION = "accession"
    TRANSFER = "transfer"
    """Another archive was handed the case file, and its receipt says what became of it."""
    POLICY_ASSIGNMENT = "policy assignment"
    SIGNATURE_VALIDATION = "digital signature validation"
    CREATION = "creation"
    """An archival copy of a signed document was made and is kept beside its package."""
    DELETION = "deletion"
    """The package was destroyed by an approved decision."""
    DEACCESSION = "deaccession"
    """The package was released after another archive had taken it over."""
    EVIDENCE_RECORD_CREATION = "evidence record creation"
    """Local term: the package was sealed by a timestamp over many (RFC 4998)."""
    EVIDENCE_RECORD_RENEWAL = "evidence record renewal"
    """Local term: a newer timestamp covers the package's last one (RFC 4998, 5.2)."""


class EventOutcome(StrEnum):
    """Outcome of an event (Library of Congress event outcome vocabulary)."""

    SUCCESS = "success"
    FAIL = "fail"
    WARNING = "warning"


class AgentType(StrEnum):
    """Kinds of agent (Library of Congress agent type vocabulary)."""

    SOFTWARE = "software"
    PERSON = "person"
    ORGANISATION = "organization"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Who or what carried out an event."""

    identifier: str
    """Stable within the archive, such as `chauban` or `pygfried`."""
    name: str
    type: AgentType
    version: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the stored form."""
        return {"identifier": self.identifier, "name": self.name, "type": self.type.value, "version": self.version}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Agent":
        """Read the stored form back."""
        return cls(
            identifier=data["identifier"],
            name=data["name"],
            type=AgentType(data["type"]),
            version=data.get("version", ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that was done to a package or a part of it (PREMIS event)."""

    id: UUID
    type: EventType
    time: datetime
    """Aware, UTC."""
    outcome: EventOutcome
    detail: str = ""
    """What was done, in English: preservation metadata must be read anywhere."""
    outcome_detail: str = ""
    agent: str = ""
    """Identifier of the executing agent."""
    subject: str = ""
    """Path of the object inside the information package; empty for the whole package."""

    def to_json(self) -> dict[str, object]:
        """Return the stored form."""
        return {
            "id": str(self.id),
            "type": self.type.value,
            "time": utc_text(self.time),
            "outcome": self.outcome.value,
            "detail": self.detail,
            "outcome_detail": self.outcome_detail,
            "agent": self.agent,
            "subject": self.subject,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Event":
        """Read the stored form back."""
        return cls(
            id=UUID(data["id"]),
            type=EventType(data["type"]),
            time=from_utc_text(data["time"]),
            outcome=EventOutcome(data["outcome"]),
            detail=data.get("detail", ""),
            outcome_detail=data.get("outcome_detail", ""),
            agent=data.get("agent", ""),
            subject=data.get("subject", ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileObject:
    """One file of a case file: what was received, and where it lies in the package (PREMIS file object)."""

    path: str
    """Path under the representation's `data/`: relative, `/` separated, NFC, portable, unique by case folding."""
    original_name: bytes
    """Relative path as received, byte for byte."""
    size: int
    sha256: bytes
    sha512: bytes
    format: FormatIdentification
    document: int | None = None
    """Ordinal of the document the file belongs to; none for a file no document names."""
    modified: datetime | None = None
    """Modification time as received."""

    @property
    def digests(self) -> tuple[Digest, Digest]:
        """Both digests, SHA-256 first."""
        return Digest(SHA256, self.sha256), Digest(SHA512, self.sha512)

    def to_json(self) -> dict[str, object]:
        """Return the stored form."""
        return {
            "path": self.path,
            "original_name": base64.b64encode(self.original_name).decode("ascii"),
            "size": self.size,
            "sha256": self.sha256.hex(),
            "sha512": self.sha512.hex(),
            "format": self.format.to_json(),
            "document": self.document,
            "modified": utc_text(self.modified) if self.modified else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "FileObject":
        """Read the stored form back."""
        return cls(
            path=data["path"],
            original_name=base64.b64decode(data["original_name"]),
            size=data["size"],
            sha256=bytes.fromhex(data["sha256"]),
            sha512=bytes.fromhex(data["sha512"]),
            format=FormatIdentification.from_json(data["format"]),
            document=data["document"],
            modified=from_utc_text(data["modified"]) if data["modified"] else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file inside a stored container."""

    path: str
    """Path inside the container, from its top folder."""
    offset: int
    """First byte of the content, from the start of the container."""
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalConfirmation:
    """An approved decision to delete something from custody; nothing can be deleted without one."""

    identifier: UUID
    reason: str
    approved_by: str
    approved_at: datetime
