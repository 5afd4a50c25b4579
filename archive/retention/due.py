"""What is due, by day: read from one index, in bounded memory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from archive.archive import Archive
from archive.forms.layout import Column, Form, Head, Table
from archive.forms.values import Issuer
from archive.forms.writing import write_form
from archive.retention.hold_values import Hold
from archive.retention.values import Retention
from model.dates import PartialDate

SCHEMA = "retention-due/1"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRecord:
    """A record in a list of what is due or waits."""

    retention: Retention
    case_code: str
    title: str
    holds: Sequence[Hold]

    def to_json(self) -> dict[str, Any]:
        """Return the public form."""
        record, dates = self.retention, self.retention.dates
        return {
            "schema": SCHEMA,
            "aip_id": str(record.aip_id),
            "case_code": self.case_code,
            "title": self.title,
            "fonds": record.fonds,
            "rule": record.schedule or None,
            "version": record.version or None,
            "basis": record.basis.value,
            "action": record.action.value,
            "trigger_day": record.trigger.isoformat() if record.trigger else None,
            "start": dates.start.isoformat() if dates else None,
            "due": dates.due.isoformat() if dates else None,
            "confirm_by": dates.confirm_by.isoformat() if dates else None,
            "holds": [str(hold.id) for hold in self.holds],
        }


def due_records(archive: Archive, by: date, *, fonds: str = "", limit: int | None = None) -> Iterator[DueRecord]:
    """Yield the records due on a day or before, by due date, with the holds on each."""
    return described(archive, islice(archive.catalogue.retention.due(by, fonds=fonds), limit))


def waiting_records(archive: Archive, what: str, *, limit: int | None = None) -> Iterator[DueRecord]:
    """Yield the records that wait for a `rule` or a `trigger`."""
    return described(archive, islice(archive.catalogue.retention.waiting(what), limit))


def write_due(archive: Archive, by: date, fonds: str, target: Path) -> Path:
    """Write everything that is due into a spreadsheet, or a document of another form by its suffix.

    Raises:
        ConfigurationError: it cannot be written in such a form.
        StorageError: it cannot be written.
    """
    titles = (
        ("STT", 8),
        ("Số, ký hiệu hồ sơ", 30),
        ("Tiêu đề hồ sơ", 70),
        ("Phông", 16),
        ("Quy tắc", 18),
        ("Bắt đầu tính", 20),
        ("Hết thời hạn", 20),
        ("Tạm giữ", 30),
    )
    columns = tuple(Column(title=title, width=width) for title, width in titles)
    rows = (_row(number, record) for number, record in enumerate(due_records(archive, by, fonds=fonds), 1))
    day = PartialDate(by.year, by.month, by.day).vietnamese
    form = Form(
        title="DANH MỤC HỒ SƠ HẾT THỜI HẠN LƯU TRỮ",
        head=Head(issuer=Issuer(agency=archive.configuration.name)),
        subtitles=(f"Tính đến ngày {day}",),
        landscape=True,
        blocks=(Table(columns=columns, rows=rows),),
    )
    return write_form(form, target)


def _row(number: int, record: DueRecord) -> tuple[str, ...]:
    dates = record.retention.dates
    return (
        str(number),
        record.case_code,
        record.title,
        record.retention.fonds,
        f"{record.retention.schedule} v{record.retention.version}",
        dates.start.strftime("%d/%m/%Y") if dates else "",
        dates.due.strftime("%d/%m/%Y") if dates else "",
        "; ".join(hold.title for hold in record.holds),
    )


def described(archive: Archive, records: Iterable[Retention]) -> Iterator[DueRecord]:
    """Join records with their titles and holds, a portion at a time."""
    remaining = iter(records)
    while some := list(islice(remaining, _AT_ONCE)):
        identifiers = [record.aip_id for record in some]
        names = archive.catalogue.retention.names(identifiers)
        holds = archive.catalogue.holds.barring(identifiers)
        for record in some:
            code, title = names.get(record.aip_id, ("", ""))
            yield DueRecord(retention=record, case_code=code, title=title, holds=holds.get(record.aip_id, ()))
