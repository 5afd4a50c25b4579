"""The registry of fonds and agencies: kept in the stores like everything else, repeated in the catalogue.

Each entry is one object, created once; a later entry for the same code replaces an earlier one when
the registry is read in order. So nothing is lost, and a rebuild brings the registry back.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import Any

from archive.archive import Archive
from archive.catalogue.values import Agency, Fonds
from archive.layout import REGISTRY, registry_key
from model.errors import InputError
from model.identifiers import new_uuid
from model.text import N_

SCHEMA = "chauban-registry/1"
MAX_ROWS = 100_000

_COLUMNS = {
    "code": "code",
    "mã": "code",
    "mã định danh": "code",
    "name": "name",
    "tên": "name",
    "tên cơ quan": "name",
    "valid_from": "valid_from",
    "từ ngày": "valid_from",
    "valid_to": "valid_to",
    "đến ngày": "valid_to",
    "successor": "successor_code",
    "successor_code": "successor_code",
    "cơ quan kế thừa": "successor_code",
}


def put_fonds(archive: Archive, fonds: Fonds) -> None:
    """Enter a fonds, or a later state of one."""
    _write(archive, "fonds", asdict(fonds))
    archive.catalogue.put_fonds(fonds)


def put_agency(archive: Archive, agency: Agency) -> None:
    """Enter an agency, or a later state of one."""
    _write(archive, "agency", asdict(agency))
    archive.catalogue.put_agency(agency)


def ensure_fonds(archive: Archive, code: str) -> None:
    """See that the fonds of a case file is listed; its title and history may be entered later."""
    if code and archive.catalogue.get_fonds(code) is None:
        archive.catalogue.put_fonds(Fonds(code=code))


def restore(archive: Archive) -> int:
    """Bring every entry of the stores into the catalogue, oldest first; return how many there were."""
    count = 0
    for item in archive.copies.list(REGISTRY):
        with archive.copies.open(item.key) as stream:
            data = json.loads(stream.read())
        value = data["value"]
        if data["kind"] == "fonds":
            archive.catalogue.put_fonds(_fonds(value))
        else:
            archive.catalogue.put_agency(_agency(value))
        count += 1
    return count


def read_agencies(path: Path) -> Iterator[Agency]:
    """Read agencies from a CSV file with the columns code, name, valid_from, valid_to, successor.

    Dates are ISO or dd/mm/yyyy; Vietnamese column titles are known too.

    Raises:
        InputError: not such a file; the message names the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise _unreadable(path, 0, str(exc)) from exc
    rows = csv.reader(text.splitlines(), delimiter=";" if text.partition("\n")[0].count(";") else ",")
    header = [_COLUMNS.get(title.strip().casefold(), "") for title in next(rows, [])]
    if "code" not in header or "name" not in header:
        raise _unreadable(path, 1, "code, name")
    for number, row in enumerate(rows, 2):
        if number > MAX_ROWS:
            raise _unreadable(path, number, f"> {MAX_ROWS}")
        values = {name: cell.strip() for name, cell in zip(header, row, strict=False) if name and cell.strip()}
        if not values:
            continue
        try:
            yield _agency(values)
        except (KeyError, ValueError, TypeError) as exc:
            raise _unreadable(path, number, str(exc)) from exc


def _fonds(values: dict[str, Any]) -> Fonds:
    known = {item.name for item in fields(Fonds)}
    return Fonds(**{name: value for name, value in values.items() if name in known})


def _agency(values: dict[str, Any]) -> Agency:
    return Agency(
        code=values["code"],
        name=values["name"],
        valid_from=_day(values.get("valid_from")),
        valid_to=_day(values.get("valid_to")),
        successor_code=values.get("successor_code") or "",
    )


def _day(text: str | None) -> date | None:
    if not text:
        return None
    if "/" in text:
        day, month, year = text.split("/")
        return date(int(year), int(month), int(day))
    return date.fromisoformat(text)


def _write(archive: Archive, kind: str, value: dict[str, Any]) -> None:
    now = archive.clock.now()
    data = {"schema": SCHEMA, "kind": kind, "value": value}
    content = json.dumps(data, ensure_ascii=False, sort_keys=True, default=date.isoformat).encode()
    archive.copies.put(registry_key(new_uuid(now), now), content)


def _unreadable(path: Path, line: int, why: str) -> InputError:
    return InputError(
        N_("{path}, line {line}, is no list of agencies: {why}."),
        hint=N_("Give a CSV file with the columns code, name, valid_from, valid_to, successor; dates as 31/12/2024."),
        path=path,
        line=line,
        why=why,
    )
