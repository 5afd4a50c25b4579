"""The desk, opened: acts go to its folder first and to the catalogue after, which can always be made from it again."""

import json
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from archive.archive import Archive
from archive.audit.values import current_actor
from archive.catalogue.database import batches
from archive.catalogue.desk import DeskIndex
from archive.catalogue.desk_values import DISCARDED, TRAY, DeskChange, DeskDocumentRow, DeskFileRow, DeskPlanRow
from archive.catalogue.transfers import MIN_PREFIX
from ingest.desk.contents import Contents
from ingest.desk.keys import KeyMaker
from ingest.desk.log import DeskFolder
from ingest.desk.values import ActKind, DeskAct, DeskCase, DeskDocument, FileState, PlanLine
from model import codec
from model.dates import utc_text
from model.errors import ConflictError, NotFoundError, PolicyError
from model.text import N_

FOLDER = "desk"
VIETNAM = timezone(timedelta(hours=7))
"""Days in registers are days in Vietnam."""

AT_ONCE = 200
"""Acts in one batch."""


class Desk:
    """One open desk; what changes it needs `changing`."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.index: DeskIndex = archive.catalogue.desk
        self.folder = DeskFolder(archive.folder / FOLDER)
        self.contents = Contents(self.folder.path)
        self.keys = KeyMaker(archive.catalogue)
        self._last = -1

    @property
    def now(self) -> datetime:
        """The time, to the millisecond."""
        now = self.archive.clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the desk alone; what a killed process left is brought to an end first.

        Raises:
            ConflictError: another process holds it.
        """
        with self.folder.locked():
            bring_level(self)
            self.contents.tidy()
            self.finish_leaving()
            self._last = self.index.sequence()
            yield
            self._last = -1

    def commit(self, acts: Sequence[DeskAct], *, anew: Container[str] = ()) -> None:
        """Carry out acts: durable, all or none, and seen by everybody when this returns.

        Args:
            anew: logs that begin with these acts; what was in them goes.
        """
        if self._last < 0:
            raise RuntimeError("the desk is changed without being held")
        if not acts:
            return
        time, (actor, _account) = self.now, current_actor()
        numbered = [
            replace(act, seq=self._last + place, time=act.time or time, actor=actor)
            for place, act in enumerate(acts, 1)
        ]
        self.contents.sync()
        self.folder.write(numbered, anew=anew)
        self._last = numbered[-1].seq
        self.index.apply(self.change_of(numbered))

    def finish_leaving(self) -> None:
        """Bring to an end what a killed process began to take off the desk, or leave it where that was not recorded."""
        for note in self.contents.removing():
            place, _, identifier = note.partition("-")
            if place == DISCARDED:
                document = self.index.get_documents([identifier]).get(identifier)
                left = document is not None and document.file_id == DISCARDED
            else:
                row = self.index.get_file(note)
                left = row is not None and row.state == FileState.HANDED_OVER
            if left:
                self.contents.finish_removing(note)
            else:
                self.contents.forget_removing(note)

    def needed(self, digests: Iterable[str], leaving: Container[str]) -> set[str]:
        """Return which contents are needed by documents on the desk other than those that leave it."""
        holders = self.index.holding(digests)
        others = {name for names in holders.values() for name in names if name not in leaving}
        rows = self.index.get_documents(sorted(others))
        gone = {place for place in {row.file_id for row in rows.values()} if self._is_gone(place)}
        staying = {name for name, row in rows.items() if row.file_id not in gone}
        return {digest for digest, names in holders.items() if names & staying}

    def _is_gone(self, place: str) -> bool:
        """Tell whether the documents of a place are off the desk."""
        if place == TRAY:
            return False
        row = self.index.get_file(place)
        return row is None or row.state == FileState.HANDED_OVER

    # Looking up

    def case(self, identifier: str) -> DeskCase:
        """Return the case file whose identifier begins so.

        Raises:
            NotFoundError, ConflictError: there is none, or more than one.
        """
        found = self.index.find_files(identifier.strip().lower()) if len(identifier.strip()) >= 4 else []
        if not found:
            raise NotFoundError(
                N_("There is no case file {identifier} on the desk."),
                hint=N_("`chauban casefile list` shows them."),
                identifier=identifier,
            )
        if len(found) > 1 and found[0].id != identifier:
            raise ConflictError(
                N_("More than one case file on the desk begins with {identifier}."),
                hint=N_("Give more digits of its identifier."),
                identifier=identifier,
            )
        return case_of(found[0])

    def case_by_number(self, number: str, year: int, agency: str | None = None) -> DeskCase | None:
        """Return the case file with a number in a year.

        Raises:
            ConflictError: several agencies have one.
        """
        found = self.index.files_by_number(year, fold_number(number), agency)
        if len(found) > 1:
            raise ConflictError(
                N_("Several agencies have a case file {number} of {year}."),
                hint=N_("Name the agency with --agency."),
                number=number,
                year=year,
            )
        return case_of(found[0]) if found else None

    def document(self, identifier: str) -> tuple[DeskDocument, str]:
        """Return the document whose identifier begins so, and where it is.

        Raises:
            NotFoundError, ConflictError: there is none, or more than one.
        """
        text = identifier.strip().lower()
        found = self.index.find_documents(text) if len(text) >= MIN_PREFIX else []
        if not found:
            raise NotFoundError(
                N_("There is no document {identifier} on the desk."),
                hint=N_("`chauban casefile show` and `chauban casefile tray` show them; eight digits are enough."),
                identifier=identifier,
            )
        if len(found) > 1:
            raise ConflictError(
                N_("More than one document on the desk begins with {identifier}."),
                hint=N_("Give more digits of its identifier."),
                identifier=identifier,
            )
        return document_of(found[0]), found[0].file_id

    def documents(self, case: str) -> Iterator[DeskDocument]:
        """Yield the documents of a case file, or of the tray, by their date."""
        return (document_of(row) for row in self.index.documents(case))

    # What acts mean for the catalogue

    def change_of(self, acts: Sequence[DeskAct]) -> DeskChange:
        """Return what a batch of acts changes in the catalogue; a document that is only moved keeps its keys."""
        return DeskChange(
            last=max(act.seq for act in acts),
            gone=tuple(act.document_id or act.log for act in acts if act.act is ActKind.DESTROYED),
            plan=tuple(_plan_row(act.line, act.seq) for act in acts if act.line is not None),
            files=tuple(_file_row(act.case, act.seq) for act in acts if act.case is not None),
            documents=tuple(
                self._document_row(act.document, act.log, act.seq)
                for act in acts
                if act.document is not None and act.act in (ActKind.ADDED, ActKind.CHANGED)
            ),
        )

    def _document_row(self, document: DeskDocument, log: str, seq: int) -> DeskDocumentRow:
        arrival = document.time or document.received_at
        return DeskDocumentRow(
            id=document.id,
            seq=seq,
            file_id=log,
            organ=self.keys.organ(document.key.organ_code),
            date=document.key.date.iso if document.key.date is not None else "",
            registered=arrival.astimezone(VIETNAM).date().isoformat(),
            data=_text(document),
            keys=self.keys.keys(document) if log != DISCARDED else (),
        )


@contextmanager
def open_desk(archive: Archive) -> Iterator[Desk]:
    """Open the desk of an archive to read it; the catalogue is brought level unless somebody is changing the desk."""
    desk = Desk(archive)
    if desk.index.sequence() != desk.folder.last():
        try:
            with desk.folder.locked(wait=0):
                bring_level(desk)
        except ConflictError:
            pass  # whoever changes the desk brings the catalogue level
    yield desk


def bring_level(desk: Desk) -> None:
    """Let the catalogue follow the folder; everything is read again when more than the last batch is missing."""
    shown, written = desk.index.sequence(), desk.folder.last()
    if shown == written:
        return
    acts = desk.folder.redo()
    if acts and shown == acts[0].seq - 1:
        desk.index.apply(desk.change_of(acts))
    else:
        reindex(desk)


def reindex(desk: Desk) -> tuple[str, ...]:
    """Make what the catalogue says about the desk again from its folder.

    Returns:
        The logs whose last line was cut off, and is left out.

    Raises:
        IntegrityError: a log is damaged.
    """
    torn: list[str] = []
    desk.index.clear()
    acts = (act for log in desk.folder.logs() for act in desk.folder.acts(log, torn.append))
    for part in batches(acts, AT_ONCE):
        desk.index.apply(replace(desk.change_of(part), last=0))  # level only when everything was read
    desk.index.apply(DeskChange(last=desk.folder.last()))
    return tuple(torn)


def case_of(row: DeskFileRow) -> DeskCase:
    """Return the case file that a row of the catalogue tells of."""
    return codec.decode(DeskCase, json.loads(row.data))


def document_of(row: DeskDocumentRow) -> DeskDocument:
    """Return the document that a row of the catalogue tells of."""
    return codec.decode(DeskDocument, json.loads(row.data))


def line_of(row: DeskPlanRow) -> PlanLine:
    """Return the line of a plan that a row of the catalogue tells of."""
    return codec.decode(PlanLine, json.loads(row.data))


def fold_number(number: str) -> str:
    """Return the number of a case file apart from case and spaces; signs count."""
    return "".join(number.casefold().split())


def must_be_open(case: DeskCase) -> None:
    """See that a case file may be changed.

    Raises:
        PolicyError: it is closed or handed over.
    """
    if case.state is FileState.OPEN:
        return
    if case.state is FileState.HANDED_OVER:
        hint = N_("It is in the archive; open another case file for what came later.")
    else:
        hint = N_("Open it again with `chauban casefile reopen`.")
    raise PolicyError(N_("The case file {code} is closed."), hint=hint, code=case.code)


def in_tray(identifier: str) -> bool:
    """Tell whether a place on the desk is the tray."""
    return identifier == TRAY


def _plan_row(line: PlanLine, seq: int) -> DeskPlanRow:
    return DeskPlanRow(
        id=line.id,
        seq=seq,
        year=line.year,
        agency=line.agency_code,
        folded=fold_number(line.number),
        place=line.place,
        data=_text(line),
    )


def _file_row(case: DeskCase, seq: int) -> DeskFileRow:
    return DeskFileRow(
        id=case.id,
        seq=seq,
        state=case.state.value,
        agency=case.agency_code,
        year=case.year,
        folded=fold_number(case.number),
        opened_at=utc_text(case.opened_at),
        data=_text(case),
    )


def _text(value: DeskCase | DeskDocument | PlanLine) -> str:
    return json.dumps(codec.encode(value), ensure_ascii=True, separators=(",", ":"))
