"""What a package writer is told: everything that goes into one version of an archival package."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from model.casefile import CaseFile, Document
from model.material import MaterialItem
from model.preservation import Agent, Event, FileObject
from model.signatures import SignatureReport


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFile:
    """A file of the submission and where its bytes are to be read."""

    object: FileObject
    content: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraFile:
    """A further file of the package: documentation in the payload, or a tag file."""

    path: str
    """`documentation/…` (payload) or `chauban/…` (tag file)."""
    content: Path
    mime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureRecord:
    """What is kept about the signatures of one content file."""

    report: SignatureReport
    """`report.file.path` is the file's path under `data/`."""
    material: tuple[str, ...] = ()
    """Ids of all validation material the verdicts were reached with, in the order it was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureEvidence:
    """What is kept about the signatures of a whole case file."""

    records: Iterable[SignatureRecord]
    """Iterated several times; in the order of the plan's files."""
    material: Iterable[MaterialItem]
    """Iterated several times; each piece once."""
    reports: Iterable[tuple[int, bytes]] = ()
    """Iterated several times; the number of a record, from 1, and the validation report of its file as XML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagePlan:
    """Everything one version of an archival package is made of.

    The same plan gives the same bytes: a killed ingest writes the same container again.
    """

    aip_id: UUID
    version: int
    profile: str
    """`vn-tt05` or `eark`."""
    policy: str
    """Identifier of the preservation policy in force."""
    created: datetime
    """Aware, UTC."""
    case_file: CaseFile
    documents: Iterable[Document]
    """Iterated several times; `files` are paths under `data/`."""
    files: Iterable[ContentFile]
    """Iterated several times; sorted by path."""
    events: tuple[Event, ...]
    agents: tuple[Agent, ...]
    extras: tuple[ExtraFile, ...] = ()
    signatures: SignatureEvidence | None = None
    """None where no file was looked at for signatures, or none could carry any."""
    software_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerMember:
    """One file of the package as it was laid into the container."""

    path: str
    """Path inside the container, with its top folder."""
    offset: int
    size: int
    sha256: bytes
    sha512: bytes


OpenMember = Callable[[str], BinaryIO]
"""Opens a member of a package by its path from the bag's top folder."""
