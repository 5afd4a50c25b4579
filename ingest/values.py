"""What passes between the steps of an ingest."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from model.dates import from_utc_text, utc_text
from model.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """One file as received: digests computed in the one pass that read it."""

    name: bytes
    """Relative path as received, byte for byte."""
    path: str
    """Portable path it gets under the representation's `data/`."""
    size: int
    sha256: bytes
    sha512: bytes
    content: Path
    """Where its bytes are: in the submitted folder, or unpacked in the work area."""
    modified: datetime | None = None

    def to_json(self) -> dict[str, object]:
        """Return the stored form."""
        return {
            "name": base64.b64encode(self.name).decode("ascii"),
            "path": self.path,
            "size": self.size,
            "sha256": self.sha256.hex(),
            "sha512": self.sha512.hex(),
            "content": base64.b64encode(bytes(self.content)).decode("ascii"),
            "modified": utc_text(self.modified) if self.modified else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ReceivedFile":
        """Read the stored form back."""
        return cls(
            name=base64.b64decode(data["name"]),
            path=data["path"],
            size=data["size"],
            sha256=bytes.fromhex(data["sha256"]),
            sha512=bytes.fromhex(data["sha512"]),
            content=Path(base64.b64decode(data["content"]).decode("utf-8", "surrogateescape")),
            modified=from_utc_text(data["modified"]) if data["modified"] else None,
        )


class IngestStatus(StrEnum):
    """How one transfer ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    HELD_ALREADY = "held-already"
    FAILED = "failed"
    AWAITING = "awaiting-approval"
    """Passed the checks of its submission; kept, and not taken in before the submission is approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What became of one transfer."""

    transfer_id: UUID
    source: str
    status: IngestStatus
    case_code: str = ""
    title: str = ""
    aip_id: UUID | None = None
    findings: tuple[Finding, ...] = ()
    left_out: int = 0
    """Findings that were counted but not kept."""
    reason: str = ""
    """Refusing codes, or the sentence of the error that stopped it."""
    exit_code: int = 0
    files: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceptionNote:
    """What a transfer's report says of the submission it was handed in under."""

    submission: UUID
    mark: str
    """Digest over where it came from and what it is, hex."""
    documents: int = 0
    failed: int = 0
    """Documents with a finding that refuses."""
    waits: bool = False
    """Whether an officer has to decide about it."""
    table: str = ""
    """Key of the table beside it that describes several case files; empty when there is none."""
    table_code: str = ""
    """Which case file of that table it is."""

    def to_json(self) -> dict[str, object]:
        """Return the stored form."""
        return {
            "submission": str(self.submission),
            "mark": self.mark,
            "documents": self.documents,
            "failed": self.failed,
            "waits": self.waits,
            "table": self.table,
            "table_code": self.table_code,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ReceptionNote":
        """Read the stored form back."""
        return cls(**{**data, "submission": UUID(data["submission"])})
