"""Values to rows and back, by hand: no value of the catalogue knows its row."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

from archive.catalogue.values import HeldFile, PackageVersion, StoredCopy, Transfer, TransferState
from model.casefile import CaseFile, Document
from model.dates import PartialDate, from_utc_text, utc_text
from model.formats import FormatIdentification
from model.preservation import Event, EventOutcome, EventType, FileObject

Row = dict[str, Any]
T = TypeVar("T", CaseFile, Document)

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_encode_ascii = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def moment_text(moment: datetime | None) -> str | None:
    """Return a time as it is stored; none stays none."""
    return utc_text(moment) if moment is not None else None


def moment_of(text: str | None) -> datetime | None:
    """Read a stored time back."""
    return from_utc_text(text) if text is not None else None


def date_of(text: str | None) -> date | None:
    """Read a stored date back."""
    return date.fromisoformat(text) if text is not None else None


def storable(text: str) -> str:
    """Return text that both databases keep: U+0000 and undecodable characters become U+FFFD."""
    if _is_storable(text):
        return text
    return text.replace("\x00", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _is_storable(text: str) -> bool:
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_partial_date = lru_cache(maxsize=4096)(PartialDate.from_iso)


class Description(Generic[T]):
    """Splits a description into columns that are searched and JSON text that holds the rest, exactly.

    A text no database keeps (with U+0000, or not decodable) goes into the JSON as well, which wins
    when the description is read back.
    """

    def __init__(self, cls: type[T], columns: Mapping[str, str], dates: Mapping[str, str]) -> None:
        """Prepare for a class.

        Args:
            columns: attribute to column, for texts.
            dates: attribute to column, for dates.
        """
        self._cls: type[T] = cls
        self._columns = tuple(columns.items())
        self._dates = tuple(dates.items())
        self._rest = tuple(
            (item.name, item.default)
            for item in fields(cls)
            if item.name not in columns and item.name not in dates and item.default is not MISSING
        )

    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns, `details` last."""
        return (*(column for _, column in (*self._columns, *self._dates)), "details")

    def row(self, value: T) -> Row:
        """Return the columns of a description."""
        row: Row = {column: getattr(value, attribute) for attribute, column in self._columns}
        rest = {}
        for name, default in self._rest:
            content = getattr(value, name)
            if content != default:
                rest[name] = content
        if not _is_storable("".join(row.values())):
            self._mend(value, row, rest)
        for attribute, column in self._dates:
            moment = getattr(value, attribute)
            row[column] = None if moment is None else moment.iso
        details = _encode(rest)
        row["details"] = details if _is_storable(details) else _encode_ascii(rest)
        return row

    def _mend(self, value: T, row: Row, rest: Row) -> None:
        for attribute, column in self._columns:
            text = getattr(value, attribute)
            if not _is_storable(text):
                rest[attribute] = text
                row[column] = storable(text)

    def value(self, row: Any, **more: Any) -> T:
        """Return the description of a row that has the columns by name."""
        found: Row = {attribute: getattr(row, column) for attribute, column in self._columns}
        for attribute, column in self._dates:
            text = getattr(row, column)
            found[attribute] = None if text is None else _partial_date(text)
        if row.details != "{}":
            for name, content in json.loads(row.details).items():
                found[name] = _tuples(content)
        value: T = self._cls(**found, **more)
        return value


def _tuples(content: Any) -> Any:
    """Return a value of the JSON with tuples for its lists."""
    return tuple(_tuples(item) for item in content) if isinstance(content, list) else content


CASE_FILE = Description(
    CaseFile,
    {
        "file_code": "case_code",
        "title": "title",
        "maintenance": "maintenance",
        "mode": "mode",
        "fonds_code": "fonds_code",
        "agency_code": "agency_code",
    },
    {"start_date": "start_date", "end_date": "end_date"},
)

DOCUMENT = Description(
    Document,
    {
        name: name
        for name in (
            "doc_id",
            "doc_code",
            "type_name",
            "organ_name",
            "subject",
            "code_number",
            "code_notation",
            "mode",
            "maintenance",
        )
    },
    {"issued_date": "issued_date"},
)


def transfer_row(transfer: Transfer) -> Row:
    """Return a transfer's columns."""
    return {
        "id": transfer.id,
        "source": storable(transfer.source),
        "kind": transfer.kind,
        "received_at": utc_text(transfer.received_at),
        "state": transfer.state.value,
        "fingerprint": transfer.fingerprint,
        "case_code": storable(transfer.case_code),
        "title": storable(transfer.title),
        "aip_id": transfer.aip_id,
        "decided_at": moment_text(transfer.decided_at),
        "reason": storable(transfer.reason),
        "files": transfer.files,
        "bytes": transfer.bytes,
        "kept_key": transfer.kept_key,
        "report": storable(transfer.report),
        "owner": transfer.owner,
    }


def transfer_of(row: Any) -> Transfer:
    """Return the transfer of a row."""
    return Transfer(
        id=row.id,
        source=row.source,
        kind=row.kind,
        received_at=from_utc_text(row.received_at),
        state=TransferState(row.state),
        fingerprint=row.fingerprint,
        case_code=row.case_code,
        title=row.title,
        aip_id=row.aip_id,
        decided_at=moment_of(row.decided_at),
        reason=row.reason,
        files=row.files,
        bytes=row.bytes,
        kept_key=row.kept_key,
        report=row.report,
        owner=row.owner,
    )


def version_row(version: PackageVersion) -> Row:
    """Return a package version's own columns."""
    return {
        "aip_id": version.aip_id,
        "version": version.version,
        "profile": version.profile,
        "policy": storable(version.policy),
        "created": utc_text(version.created),
        "container_key": version.container_key,
        "container_size": version.container_size,
        "container_sha256": version.container_sha256,
        "file_count": version.file_count,
        "byte_count": version.byte_count,
        "text_offset": version.text_offset,
        "text_size": version.text_size,
    }


def version_of(row: Any, copies: tuple[StoredCopy, ...]) -> PackageVersion:
    """Return the package version of a row."""
    return PackageVersion(
        aip_id=row.aip_id,
        version=row.version,
        profile=row.profile,
        policy=row.policy,
        created=from_utc_text(row.created),
        container_key=row.container_key,
        container_size=row.container_size,
        container_sha256=row.container_sha256,
        file_count=row.file_count,
        byte_count=row.byte_count,
        text_offset=row.text_offset,
        text_size=row.text_size,
        copies=copies,
    )


def event_row(version_id: int, event: Event) -> Row:
    """Return an event's columns."""
    return {
        "version_id": version_id,
        "event_id": event.id,
        "type": event.type.value,
        "time": utc_text(event.time),
        "outcome": event.outcome.value,
        "detail": storable(event.detail),
        "outcome_detail": storable(event.outcome_detail),
        "agent": storable(event.agent),
        "subject": storable(event.subject),
    }


def event_of(row: Any) -> Event:
    """Return the event of a row."""
    return Event(
        id=row.event_id,
        type=EventType(row.type),
        time=from_utc_text(row.time),
        outcome=EventOutcome(row.outcome),
        detail=row.detail,
        outcome_detail=row.outcome_detail,
        agent=row.agent,
        subject=row.subject,
    )


@lru_cache(maxsize=1024)
def format_row(identification: FormatIdentification) -> tuple[bytes, str, str]:
    """Return the columns of a format: the key is made of the content, so equal formats share one row."""
    details = _encode_ascii(identification.to_json())
    return hashlib.sha256(details.encode()).digest()[:16], storable(identification.puid), details


def format_of(details: str) -> FormatIdentification:
    """Return the format of a row's text."""
    return FormatIdentification.from_json(json.loads(details))


FILE_COLUMNS = (
    "version_id",
    "path",
    "original_name",
    "size",
    "sha256",
    "sha512",
    "format_id",
    "document",
    "modified",
    "container_path",
    "content_offset",
)


def content_folder(file: HeldFile) -> str:
    """Return what stands before a file's own path in its path in the container; empty when they are unrelated."""
    return file.container_path.removesuffix(file.object.path) if file.object.path else ""


def file_row(version_id: int, folder: str, file: HeldFile) -> tuple[Any, ...]:
    """Return a file's columns in the order of `FILE_COLUMNS`; what follows from the path is left out."""
    subject = file.object
    path = subject.path
    return (
        version_id,
        path,
        None if subject.original_name == path.encode() else subject.original_name,
        subject.size,
        subject.sha256,
        subject.sha512,
        format_row(subject.format)[0],
        subject.document,
        None if subject.modified is None else utc_text(subject.modified),
        None if file.container_path == folder + path else file.container_path,
        file.offset,
    )


def file_of(row: Any, folder: str, identification: FormatIdentification) -> HeldFile:
    """Return the file of a row."""
    path = row.path
    return HeldFile(
        object=FileObject(
            path=path,
            original_name=path.encode() if row.original_name is None else row.original_name,
            size=row.size,
            sha256=row.sha256,
            sha512=row.sha512,
            format=identification,
            document=row.document,
            modified=moment_of(row.modified),
        ),
        container_path=folder + path if row.container_path is None else row.container_path,
        offset=row.content_offset,
    )
