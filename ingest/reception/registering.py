"""Registering what an agency is going to hand in, with the list it announced.

What is registered is kept in the stores, created once; the catalogue repeats it.

Source:
    Circular 05/2025/TT-BNV, Article 23.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from archive.archive import Archive
from archive.audit.recording import record_act
from archive.audit.values import Action, Detail, current_actor
from archive.catalogue.submissions_values import AnnouncedItem, RegisteredSubmission
from archive.layout import announced_key, submission_key
from archive.pending import put_everywhere
from ingest.reception.acting import OFFICERS, must_be
from ingest.reception.announced import item_from_json, item_to_json, read_announced
from ingest.reception.deadlines import local_day
from ingest.reports import json_text
from model.dates import from_utc_text, utc_text
from model.errors import ConflictError, NotFoundError
from model.identifiers import derived_uuid
from model.text import N_

SCHEMA = "submission/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What an agency says it will hand in."""

    code: str
    ordinal: int = 1
    agency_code: str
    agency_name: str
    fonds: str = ""
    packages: int
    case_files: int
    documents: int
    bytes: int | None = None
    deadline: date | None = None
    asked: date | None = None
    """None: today."""


def submission_id(archive: Archive, code: str, ordinal: int) -> UUID:
    """Return the identifier that a registration code and an ordinal have in an archive."""
    return derived_uuid(archive.configuration.archive_id, f"submission:{ordinal}:{code}")


def register(archive: Archive, announcement: Announcement, listed: Path | None = None) -> RegisteredSubmission:
    """Register a submission; the same once more changes nothing.

    Args:
        listed: the announced list as XLSX, CSV or JSON.

    Raises:
        ConflictError: the code and ordinal are registered with other facts.
        InputError: the list cannot be read.
    """
    must_be(archive, OFFICERS)
    items = read_announced(listed) if listed is not None else []
    content = "".join(json_text(item_to_json(item)) + "\n" for item in items).encode()
    digest = hashlib.sha256(content).hexdigest() if items else ""
    now = archive.clock.now()
    submission = RegisteredSubmission(
        id=submission_id(archive, announcement.code, announcement.ordinal),
        code=announcement.code,
        ordinal=announcement.ordinal,
        agency_code=announcement.agency_code,
        agency_name=announcement.agency_name,
        fonds=announcement.fonds,
        packages=announcement.packages,
        case_files=announcement.case_files,
        documents=announcement.documents,
        bytes=announcement.bytes,
        deadline=announcement.deadline,
        asked=announcement.asked or local_day(now),
        registered_at=now,
        registered_by=current_actor()[0],
        listed=len(items),
    )
    known = _registered(archive, submission.id)
    if known is not None:
        submission = _same(submission, digest, *known)
    else:
        if items:
            archive.copies.put(announced_key(submission.id, digest), content)
        put_everywhere(archive, submission_key(submission.id), json_text(_to_json(submission, digest)))
    archive.catalogue.submissions.put(submission, items)
    if known is None:
        details: dict[str, Detail] = {"code": submission.code, "ordinal": submission.ordinal}
        record_act(archive, Action.SUBMISSION_REGISTER, submission.id, details=details)
    return submission


def find_submission(archive: Archive, code: str, ordinal: int | None = None) -> RegisteredSubmission:
    """Return the submission of a registration code with an ordinal, or the newest one.

    Raises:
        NotFoundError: there is none.
    """
    found = archive.catalogue.submissions.find(code, ordinal)
    if found is None:
        raise NotFoundError(
            N_("No submission {submission} is registered."),
            hint=N_("`chauban submission list` shows those that are; `chauban submission register` enters one."),
            submission=code if ordinal is None else f"{code}/{ordinal}",
        )
    return found


def stored_submission(archive: Archive, key: str) -> tuple[RegisteredSubmission, Iterable[AnnouncedItem]]:
    """Return what the stores hold of a submission, with its announced list."""
    with archive.copies.open(key) as stream:
        data = json.loads(stream.read())
    submission = _from_json(data)
    return submission, _stored_items(archive, submission.id, data["announced"]) if data["announced"] else ()


def _registered(archive: Archive, identifier: UUID) -> tuple[RegisteredSubmission, str] | None:
    try:
        with archive.copies.open(submission_key(identifier)) as stream:
            data = json.loads(stream.read())
    except NotFoundError:
        return None
    return _from_json(data), data["announced"]


def _same(
    submission: RegisteredSubmission, digest: str, known: RegisteredSubmission, known_digest: str
) -> RegisteredSubmission:
    alike = replace(
        submission,
        asked=known.asked,
        registered_at=known.registered_at,
        registered_by=known.registered_by,
    )
    if alike != known or digest != known_digest:
        raise ConflictError(
            N_("Submission {ordinal} of registration {code} is registered already, with other facts."),
            hint=N_("Give another --ordinal for a further submission; what is registered is never changed."),
            ordinal=submission.ordinal,
            code=submission.code,
        )
    return known


def _stored_items(archive: Archive, identifier: UUID, digest: str) -> Iterator[AnnouncedItem]:
    with archive.copies.open(announced_key(identifier, digest)) as stream:
        for line in stream:
            yield item_from_json(json.loads(line))


def _to_json(submission: RegisteredSubmission, announced: str) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "id": str(submission.id),
        "code": submission.code,
        "ordinal": submission.ordinal,
        "agency_code": submission.agency_code,
        "agency_name": submission.agency_name,
        "fonds": submission.fonds,
        "packages": submission.packages,
        "case_files": submission.case_files,
        "documents": submission.documents,
        "bytes": submission.bytes,
        "deadline": submission.deadline.isoformat() if submission.deadline else None,
        "asked": submission.asked.isoformat(),
        "registered_at": utc_text(submission.registered_at),
        "registered_by": submission.registered_by,
        "listed": submission.listed,
        "announced": announced,
    }


def _from_json(data: Mapping[str, Any]) -> RegisteredSubmission:
    return RegisteredSubmission(
        id=UUID(data["id"]),
        code=data["code"],
        ordinal=data["ordinal"],
        agency_code=data["agency_code"],
        agency_name=data["agency_name"],
        fonds=data["fonds"],
        packages=data["packages"],
        case_files=data["case_files"],
        documents=data["documents"],
        bytes=data["bytes"],
        deadline=date.fromisoformat(data["deadline"]) if data["deadline"] else None,
        asked=date.fromisoformat(data["asked"]),
        registered_at=from_utc_text(data["registered_at"]),
        registered_by=data["registered_by"],
        listed=data["listed"],
    )
