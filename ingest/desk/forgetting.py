"""The desk forgets case files whose records were destroyed in the archive: what they were about, and their documents.

Of a case file one act stays: which record it became, and when it went. Acts on its documents in other logs (the tray,
the case files they were in before) keep the document's digest and nothing else. Everything here may be done again.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from archive.archive import Archive
from archive.catalogue.desk_values import DISCARDED
from archive.disposal.values import Stub
from ingest.desk.desk import Desk, case_of, fold_number
from ingest.desk.values import ActKind, DeskAct, DeskCase, FileState
from model.errors import ArchiveError, ConflictError, StorageError
from model.text import N_

_YEAR = re.compile(r"(?:^|\.)(\d{4})(?=\.)")
_DIGEST = re.compile(rb"[0-9a-f]{64}")


def forget(archive: Archive, stubs: Sequence[Stub]) -> Mapping[UUID, str]:
    """Make the desk forget destroyed records; return of which something is left, and why."""
    desk = Desk(archive)
    if not desk.folder.path.is_dir() and not desk.index.sequence():
        return {}
    wanted = list(stubs)
    try:
        if desk.index.sequence() < desk.folder.last():
            with desk.changing():
                pass  # whoever holds the desk brings the catalogue level
        wanted = [stub for stub in stubs if any(_cases(desk, stub))]
        if wanted:
            _must_be_here(desk)
            with desk.changing():
                _forget(desk, [case for stub in wanted for case in _cases(desk, stub)])
    except ArchiveError as error:
        return {stub.aip_id: error.message for stub in wanted}
    return {}


def _must_be_here(desk: Desk) -> None:
    if desk.folder.last() < desk.index.sequence():
        raise ConflictError(
            N_("The desk lies on another machine."),
            hint=N_("Run `chauban retention destroyed resume` there."),
        )


def _cases(desk: Desk, stub: Stub) -> Iterator[DeskCase]:
    """Yield the case file of the desk that became a record: its code names agency, year and number."""
    for found in _YEAR.finditer(stub.case_code):
        agency, number = stub.case_code[: found.start()], stub.case_code[found.end() + 1 :]
        for row in desk.index.files_by_number(int(found[1]), fold_number(number), agency):
            case = case_of(row)
            if case.aip_id == str(stub.aip_id) and case.state is FileState.HANDED_OVER:
                yield case


def _forget(desk: Desk, cases: Sequence[DeskCase]) -> None:
    """Remove what is left of the content, then every word in other logs, then the logs themselves."""
    logs = {case.id for case in cases}
    documents = [document for case in cases for document in desk.documents(case.id)]
    discarded = list(_discarded(desk, logs))
    going = {document.id for document in documents} | set(discarded)
    digests = {file.sha256 for document in documents for file in document.files}
    for digest in digests - desk.needed(digests, going):
        desk.contents.path(digest).unlink(missing_ok=True)
    _blank(desk, going, logs)
    acts = [DeskAct(log=case.id, act=ActKind.DESTROYED, aip_id=case.aip_id) for case in cases]
    acts += [DeskAct(log=DISCARDED, act=ActKind.DESTROYED, document_id=document) for document in discarded]
    desk.commit(acts, anew=logs)
    _read_back(desk, logs, going)


def _discarded(desk: Desk, logs: set[str]) -> Iterator[str]:
    """Yield the documents that were discarded out of case files, and are in no other."""
    found = dict.fromkeys(_document(act) for act in desk.folder.acts(DISCARDED) if act.to in logs)
    rows = desk.index.get_documents(found)
    yield from (name for name in found if name in rows and rows[name].file_id == DISCARDED)


def _blank(desk: Desk, going: set[str], logs: set[str]) -> None:
    """Leave nothing but digests of documents in the logs of other case files, of the tray and of what was discarded."""
    known = {name.encode() for name in going}

    def is_known(line: bytes) -> bool:
        return not known.isdisjoint(_DIGEST.findall(line))

    for log in desk.folder.logs():
        if log not in logs and any(is_known(line) for line in desk.folder.raw(log)):
            desk.folder.blank(log, is_known, lambda act: _blanked(act, going))


def _blanked(act: DeskAct, going: set[str]) -> DeskAct:
    document = _document(act)
    return replace(act, document=None, document_id=document, because="") if document in going else act


def _document(act: DeskAct) -> str:
    return act.document.id if act.document is not None else act.document_id


def _read_back(desk: Desk, logs: set[str], going: set[str]) -> None:
    """See that nothing is left.

    Raises:
        StorageError: something is.
    """
    rows = desk.index.get_documents(going)
    told = any(_tells(desk.folder.acts(log)) for log in logs)
    if rows or told or any(desk.index.get_file(log) is not None for log in logs):
        raise StorageError(
            N_("The desk still tells of a case file that was destroyed."),
            hint=N_("Run `chauban retention destroyed resume`; if it stays, check the disk."),
        )


def _tells(acts: Iterable[DeskAct]) -> bool:
    return any(act.case is not None or act.document is not None for act in acts)
