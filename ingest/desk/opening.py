"""Opening case files: from a line of the yearly plan, by number, or with a title of their own."""

import hashlib
from dataclasses import dataclass, replace

from ingest.desk.desk import Desk, case_of, fold_number, line_of
from ingest.desk.values import ActKind, DeskAct, DeskCase, FileState, PlanLine
from model.errors import ConflictError, InputError, PolicyError
from model.text import N_

_OUTSIDE = "NDM"
"""Numbers of case files that are in no plan (ngoài danh mục)."""
_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningFacts:
    """What an archivist says about a case file that is opened; empty: the plan says it, or nobody."""

    year: int
    number: str = ""
    title: str = ""
    agency_code: str | None = None
    agency_name: str = ""
    maintenance: str = ""
    mode: str = ""
    fonds: str = ""
    compiler: str = ""


def file_identifier(agency: str, year: int, number: str) -> str:
    """Return the identifier of a case file or line: always the same for the same agency, year and number."""
    text = "|".join((agency.upper(), str(year), fold_number(number)))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def open_case(desk: Desk, facts: OpeningFacts) -> DeskCase:
    """Open a case file.

    Raises:
        ConflictError: there is one with this number, or several agencies have such a line.
        InputError: neither the plan nor the archivist gives a title, or a value is no number of a case file.
    """
    line = _planned(desk, facts)
    agency = facts.agency_code if facts.agency_code is not None else line.agency_code if line else ""
    number = (line.number if line else facts.number.strip()) or _free_number(desk, agency, facts.year)
    if len(number) > _LONGEST or not number.isprintable() or "/../" in f"/{number}/":
        raise InputError(
            N_("“{number}” cannot be the number of a case file."),
            hint=N_("Write number and notation as in the yearly list, such as 15.TH."),
            number=number[:200],
        )
    held = desk.case_by_number(number, facts.year, agency)
    if held is not None:
        raise ConflictError(
            N_("The case file {code} is on the desk already."),
            hint=N_("It has the identifier {identifier}."),
            code=held.code,
            identifier=held.id,
        )
    title = facts.title or (line.title if line else "")
    if not title:
        raise InputError(
            N_("The plan of {year} has no line {number}, and no title is given."),
            hint=N_("Name the case file with --title, or import the plan with `chauban casefile plan import`."),
            year=facts.year,
            number=number,
        )
    case = _said(_of_line(desk, line) if line else _bare(desk, facts, number, agency), facts, title)
    desk.commit([DeskAct(log=case.id, act=ActKind.OPENED, case=case)])
    return case


def case_for_line(desk: Desk, line: PlanLine) -> tuple[DeskCase, DeskAct | None]:
    """Return the case file of a line of the plan, and the act that opens it where it is not open yet."""
    row = desk.index.get_file(file_identifier(line.agency_code, line.year, line.number))
    if row is None:
        found = desk.index.files_by_number(line.year, fold_number(line.number), line.agency_code)
        row = found[0] if found else None
    if row is not None:
        return case_of(row), None
    case = _of_line(desk, line)
    return case, DeskAct(log=case.id, act=ActKind.OPENED, case=case)


def reopen(desk: Desk, case: DeskCase, because: str) -> DeskCase:
    """Open a closed or refused case file again.

    Raises:
        PolicyError: it is open, or in the archive.
    """
    if case.state in (FileState.OPEN, FileState.HANDED_OVER):
        raise PolicyError(
            N_("The case file {code} is not closed, or is in the archive already."),
            hint=N_("Only a case file that is closed and not handed over can be opened again."),
            code=case.code,
        )
    opened = replace(case, state=FileState.OPEN, closed_at=None, incomplete="", transfer_id="", reasons=())
    desk.commit([DeskAct(log=case.id, act=ActKind.REOPENED, case=opened, because=because)])
    return opened


def _planned(desk: Desk, facts: OpeningFacts) -> PlanLine | None:
    if not facts.number:
        return None
    folded = fold_number(facts.number)
    found = [row for row in desk.index.plan(facts.year, facts.agency_code) if row.folded == folded]
    if len(found) > 1:
        raise ConflictError(
            N_("Several agencies have a line {number} in the plan of {year}."),
            hint=N_("Name the agency with --agency."),
            number=facts.number,
            year=facts.year,
        )
    return line_of(found[0]) if found else None


def _of_line(desk: Desk, line: PlanLine) -> DeskCase:
    return DeskCase(
        id=file_identifier(line.agency_code, line.year, line.number),
        year=line.year,
        number=line.number,
        title=line.title,
        agency_code=line.agency_code,
        agency_name=_agency_name(desk, line.agency_code),
        maintenance=line.maintenance,
        mode=line.mode,
        compiler=line.compiler,
        keywords=line.keywords,
        plan_id=line.id,
        fonds=desk.archive.configuration.fonds,
        opened_at=desk.now,
    )


def _bare(desk: Desk, facts: OpeningFacts, number: str, agency: str) -> DeskCase:
    return DeskCase(
        id=file_identifier(agency, facts.year, number),
        year=facts.year,
        number=number,
        agency_code=agency,
        agency_name=_agency_name(desk, agency),
        fonds=desk.archive.configuration.fonds,
        opened_at=desk.now,
    )


def _said(case: DeskCase, facts: OpeningFacts, title: str) -> DeskCase:
    """Let what the archivist says outweigh the plan."""
    return replace(
        case,
        title=title,
        agency_code=facts.agency_code if facts.agency_code is not None else case.agency_code,
        agency_name=facts.agency_name or case.agency_name,
        maintenance=facts.maintenance or case.maintenance,
        mode=facts.mode or case.mode,
        fonds=facts.fonds or case.fonds,
        compiler=facts.compiler or case.compiler,
    )


def _agency_name(desk: Desk, code: str) -> str:
    agency = desk.archive.catalogue.get_agency(code) if code else None
    return agency.name if agency is not None else ""


def _free_number(desk: Desk, agency: str, year: int) -> str:
    """Return the next number for a case file that is in no plan."""
    ordinal = 1
    while desk.index.files_by_number(year, fold_number(f"{_OUTSIDE}{ordinal:02d}"), agency):
        ordinal += 1
    return f"{_OUTSIDE}{ordinal:02d}"
