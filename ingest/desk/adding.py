"""Laying things on the desk: messages, folders of them, loose files. One that is broken stops no other."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from archive.catalogue.database import batches
from archive.catalogue.desk_values import DISCARDED, TRAY, DeskDocumentRow
from ingest.desk.describing import LooseFacts, document_of_message, loose_document, loose_identifier, with_facts
from ingest.desk.desk import AT_ONCE, Desk, document_of, must_be_open
from ingest.desk.log import STAGING
from ingest.desk.values import ActKind, Added, AddOutcome, DeskAct, DeskCase, DeskDocument, DeskFile, DocumentKind
from ingest.edxml.findings import SECRET
from ingest.edxml.reading import read_message
from ingest.sources.guards import is_system_file
from model.errors import InputError, NotFoundError
from model.findings import Finding, printable
from model.text import N_, _
from model.walking import found_files
from preservation.package.edxml import begins_as_edxml

_START = 4096


@dataclass(slots=True)
class _Batch:
    """What a batch of files came to, before it is carried out."""

    acts: list[DeskAct] = field(default_factory=list)
    added: list[Added] = field(default_factory=list)
    refused: list[tuple[DeskFile, tuple[Finding, ...]]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


def lay_down(
    desk: Desk, paths: Sequence[Path], case: DeskCase | None = None, facts: LooseFacts | None = None
) -> Iterator[Added]:
    """Lay messages and loose files on the desk; yield what became of each.

    What is on the desk already changes nothing, so that a killed run is simply run again. Documents that are
    named for no case file go to the tray, from where `sorting.sort_tray` takes them.

    Args:
        case: the case file to put them in; none: the tray.
        facts: what is said about loose files.

    Raises:
        PolicyError: the case file is closed.
        NotFoundError: a path does not exist.
    """
    if case is not None:
        must_be_open(case)
    place = case.id if case is not None else TRAY
    facts = facts or LooseFacts()
    found = (file.path for path in paths for file in found_files(path))
    wanted = (path for path in found if not is_system_file(os.fsencode(path.name)))
    with tempfile.TemporaryDirectory(prefix="reading-", dir=_work(desk)) as work:
        if facts.together:
            yield from _carry_out(desk, _together(desk, list(wanted), place, facts))
            return
        for part in batches(wanted, AT_ONCE):
            yield from _carry_out(desk, _batch(desk, part, place, facts, Path(work)))


def place_by_hand(desk: Desk, case: DeskCase, identifiers: Iterable[str]) -> Iterator[Added]:
    """Put documents of the tray into a case file.

    Raises:
        PolicyError: the case file is closed.
        NotFoundError, ConflictError: a document is not there, or its identifier not clear.
    """
    must_be_open(case)
    batch = _Batch()
    for identifier in identifiers:
        document, place = desk.document(identifier)
        _known(batch, document, place, case.id, document.source)
    yield from _carry_out(desk, batch)


def take_out(desk: Desk, case: DeskCase, identifier: str, because: str) -> DeskDocument:
    """Take a document out of a case file, back into the tray; it stays there until somebody places it.

    Raises:
        PolicyError: the case file is closed.
        NotFoundError: the document is not in it.
    """
    must_be_open(case)
    document, place = desk.document(identifier)
    if place != case.id:
        raise NotFoundError(
            N_("The document {document} is not in the case file {code}."),
            hint=N_("`chauban casefile show` lists its documents."),
            document=document.id[:12],
            code=case.code,
        )
    taken = replace(document, by_hand=True)
    desk.commit(
        [
            DeskAct(log=case.id, act=ActKind.REMOVED, document_id=document.id, because=because, to=TRAY),
            DeskAct(log=TRAY, act=ActKind.ADDED, document=taken, because=because),
        ]
    )
    return taken


def moving(document: DeskDocument, origin: str, target: str, *, by_hand: bool) -> tuple[DeskAct, DeskAct]:
    """Return the acts that move a document."""
    return (
        DeskAct(log=origin, act=ActKind.TAKEN, document_id=document.id, to=target),
        DeskAct(log=target, act=ActKind.ADDED, document=replace(document, by_hand=by_hand)),
    )


def _batch(desk: Desk, paths: Sequence[Path], place: str, facts: LooseFacts, work: Path) -> _Batch:
    batch = _Batch()
    taken: list[tuple[Path, DeskFile]] = []
    for path in paths:
        try:
            taken.append((path, desk.contents.take(path)))
        except InputError as error:
            batch.added.append(Added(path=_shown(path), outcome=AddOutcome.UNREADABLE, why=str(error)))
    held = desk.index.get_documents([file.sha256 for _, file in taken])
    for path, file in taken:
        _one(desk, batch, path, file, held.get(file.sha256), place, facts, work)
    return batch


def _one(
    desk: Desk,
    batch: _Batch,
    path: Path,
    file: DeskFile,
    held: DeskDocumentRow | None,
    place: str,
    facts: LooseFacts,
    work: Path,
) -> None:
    if held is not None:
        if held.file_id != DISCARDED or place == TRAY:
            desk.contents.put_back(file.sha256)
        _known(batch, document_of(held), held.file_id, place, _shown(path), facts)
        return
    if file.sha256 in batch.seen:
        batch.added.append(Added(path=_shown(path), outcome=AddOutcome.KNOWN, document=file.sha256, case=place))
        return
    batch.seen.add(file.sha256)
    content = desk.contents.path(file.sha256)
    if not _is_message(content):
        document = loose_document([file], facts, desk.now, _shown(path))
    else:
        read = read_message(content, work)
        _clear(work)
        if read.message is None or any(finding.code == SECRET.code for finding in read.findings):
            batch.refused.append((file, tuple(read.findings)))
            batch.added.append(
                Added(
                    path=_shown(path),
                    outcome=AddOutcome.REFUSED,
                    document=file.sha256,
                    findings=tuple(read.findings),
                )
            )
            return
        document = document_of_message(read.message, file, read.findings, desk.now, _shown(path))
    _add(batch, document, place)


def _together(desk: Desk, paths: list[Path], place: str, facts: LooseFacts) -> _Batch:
    """Return the batch that makes one document of several loose files."""
    batch = _Batch()
    files = [desk.contents.take(path) for path in paths]
    if not files:
        return batch
    held = desk.index.get_documents([loose_identifier(files)])
    for row in held.values():
        if row.file_id == DISCARDED and place == TRAY:
            for file in files:
                desk.contents.put_back(file.sha256)
        _known(batch, document_of(row), row.file_id, place, _shown(paths[0]), facts)
    if not held:
        _add(batch, loose_document(files, facts, desk.now, _shown(paths[0])), place)
    return batch


def _add(batch: _Batch, document: DeskDocument, place: str) -> None:
    by_hand = place != TRAY
    batch.acts.append(DeskAct(log=place, act=ActKind.ADDED, document=replace(document, by_hand=by_hand)))
    outcome = AddOutcome.ADDED if by_hand else AddOutcome.TRAY
    case = place if by_hand else ""
    batch.added.append(
        Added(path=document.source, outcome=outcome, document=document.id, case=case, findings=document.findings)
    )


def _known(
    batch: _Batch, document: DeskDocument, origin: str, target: str, path: str, facts: LooseFacts | None = None
) -> None:
    """Note a document that is known: out of the tray it goes where it is wanted, from another case file it does not.

    One that was discarded comes back only where somebody names its case file. What is said anew about a loose file
    is taken up, unless it is in another case file.
    """
    case = "" if origin == TRAY else origin
    if origin == DISCARDED and target == TRAY:
        why = N_("It was discarded before; name a case file with --to to take it back.")
        batch.added.append(Added(path=path, outcome=AddOutcome.KNOWN, document=document.id, why=_(why)))
        return
    is_loose = facts is not None and document.kind is DocumentKind.LOOSE and origin in (TRAY, target, DISCARDED)
    described = with_facts(document, facts) if is_loose and facts is not None else document
    if origin in (TRAY, DISCARDED) and target != TRAY:
        batch.acts += moving(described, origin, target, by_hand=True)
        batch.added.append(Added(path=path, outcome=AddOutcome.ADDED, document=document.id, case=target))
    elif described != document:
        batch.acts.append(DeskAct(log=origin, act=ActKind.CHANGED, document=described))
        batch.added.append(Added(path=path, outcome=AddOutcome.DESCRIBED, document=document.id, case=case))
    else:
        batch.added.append(Added(path=path, outcome=AddOutcome.KNOWN, document=document.id, case=case))


def _carry_out(desk: Desk, batch: _Batch) -> Iterator[Added]:
    for file, findings in batch.refused:
        desk.contents.refuse(file, findings, desk.now, keep=not any(f.code == SECRET.code for f in findings))
    desk.commit(batch.acts)
    yield from batch.added


def _is_message(path: Path) -> bool:
    with path.open("rb") as stream:
        return begins_as_edxml(stream.read(_START))


def _clear(folder: Path) -> None:
    """Remove decoded attachments: the message has them, and they are decoded again when the case file is closed."""
    for path in folder.iterdir():
        path.unlink()


def _work(desk: Desk) -> Path:
    folder = desk.folder.path / STAGING
    folder.mkdir(exist_ok=True)
    return folder


def _shown(path: Path) -> str:
    return printable(os.fsencode(path).decode("utf-8", "backslashreplace"))
