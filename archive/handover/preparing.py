"""Preparing a hand-over: selected case files become submission packages in a folder, with their papers.

Each step is kept before the next begins: whose the folder is, what is to be handed over (catalogue and
stores), each package as it is written, the manifest last. The same hand-over gives the same packages,
byte for byte, so that a killed preparation is simply begun again by the same command.

Source:
    Circular 05/2025/TT-BNV, Articles 21, 22 and Annex III; docs/giving-out.md
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from archive.access.content import giving
from archive.access.sip import SipRequest, sip_plan
from archive.archive import Archive
from archive.audit.recording import note_act
from archive.audit.values import Action, Detail
from archive.catalogue.handovers_values import Handover, HandoverItem, HandoverRequest, HandoverTotals, ItemState
from archive.catalogue.values import HeldCaseFile
from archive.handover.folder import (
    LEFT_OUT,
    PACKAGES,
    SELECTION,
    Marked,
    clear_leftovers,
    finish_folder,
    folder_lock,
    mark_json,
    read_mark,
    tidy,
    write_mark,
)
from archive.handover.manifest import write_manifest
from archive.handover.papers import write_papers
from archive.handover.records import put_lines, put_plan, put_prepared, read_lines
from archive.handover.selecting import LeftOut, select
from archive.layout import handover_left_out_key
from archive.pending import record_event
from archive.store.seekable import open_seekable
from model.errors import ConflictError, InputError, NotFoundError, StorageError
from model.fixity import SHA256, digest_stream
from model.identifiers import derived_uuid, new_uuid
from model.preservation import Event, EventOutcome, EventType
from model.spool import Spool
from model.text import N_
from model.version import PROGRAM
from preservation.package.profiles import SIP_PROFILES, profile_named
from preservation.package.sip import Submitter, write_sip

LEFT_OUT_SCHEMA = "chauban-handover-left-out/1"
_MANIFEST = ".handover.new"
_MAX_TEXT = 200

Told = Callable[[HandoverItem], None]
"""Is told of each package when it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a preparation ended with."""

    handover: Handover
    already: bool
    """It had been prepared before; nothing was done."""


def prepare(archive: Archive, request: HandoverRequest, folder: Path, because: str, tell: Told) -> Prepared:
    """Prepare a hand-over in a folder, or go on with one that was interrupted there.

    Args:
        folder: new, empty, or that of the same hand-over.
        tell: is told of each package that is written now.

    Raises:
        InputError: the request says too much or nothing.
        NotFoundError: nothing is left to hand over; why is in the error's hint.
        ConflictError: the folder is another hand-over's, or a case file got into another one meanwhile.
        IntegrityError: a stored package is damaged; the hand-over can go on when it is repaired.

    Events:
        dissemination (in the journal of each archival package).
    """
    _check(request)
    with folder_lock(folder):
        marked = read_mark(folder)
        if marked is None:
            now = archive.clock.now()
            marked = Marked(id=new_uuid(now), request=request, started=now, because=because, finished=False)
        elif marked.request != request:
            raise ConflictError(
                N_("{path} holds another hand-over."),
                hint=N_("Name a new folder, or repeat the options it was begun with."),
                path=folder,
            )
        if marked.finished:
            tidy(folder)
        else:
            clear_leftovers(folder)
            _prepare(archive, marked, folder, tell)
    handover = archive.catalogue.handovers.get(marked.id)
    if handover is None:
        raise NotFoundError(
            N_("This archive knows nothing of the hand-over in {path}."),
            hint=N_("It is another archive's, or the catalogue must be made again with `chauban rebuild`."),
            path=folder,
        )
    return Prepared(handover=handover, already=marked.finished)


def left_out(archive: Archive, handover_id: UUID) -> Iterator[tuple[str, LeftOut]]:
    """Yield the code of each case file that was left out of a hand-over, and why; none before that is kept."""
    if archive.copies.stat(handover_left_out_key(handover_id)) is None:
        return
    lines = read_lines(archive, handover_left_out_key(handover_id))
    next(lines)
    for line in lines:
        yield line["code"], LeftOut(line["reason"])


def _prepare(archive: Archive, marked: Marked, folder: Path, tell: Told) -> None:
    catalogue = archive.catalogue.handovers
    handover = Handover(id=marked.id, request=marked.request, started=marked.started, because=marked.because)
    if catalogue.get(marked.id) is None:
        _plan(archive, marked, folder)
    _refuse_withdrawn(catalogue.totals(marked.id), folder)
    put_plan(archive, handover, catalogue.all_items(marked.id))
    put_lines(archive, handover_left_out_key(marked.id), {"schema": LEFT_OUT_SCHEMA}, _left_out_lines(folder))
    for item in catalogue.all_items(marked.id):
        if not _is_written(item, handover.request, folder):
            tell(_write(archive, handover, item, folder))
    totals = catalogue.totals(marked.id)
    manifest = write_manifest(archive, mark_json(marked), totals, catalogue.all_items(marked.id), folder / _MANIFEST)
    write_papers(archive, handover, totals, manifest, folder)
    moment = put_prepared(archive, handover, catalogue.all_items(marked.id), archive.clock.now())
    catalogue.prepared(marked.id, moment)
    _note(archive, marked, totals)
    finish_folder(folder, manifest)


def _note(archive: Archive, marked: Marked, totals: HandoverTotals) -> None:
    details: dict[str, Detail] = {"case-files": totals.case_files, "receiver": marked.request.receiver_code[:100]}
    note_act(
        archive,
        Action.HANDOVER_PREPARE,
        marked.id,
        identifier=derived_uuid(marked.id, "prepared"),
        because=marked.because,
        details=details,
    )
    archive.audit.flush()


def _refuse_withdrawn(totals: HandoverTotals, folder: Path) -> None:
    if totals.states.get(ItemState.WITHDRAWN):
        raise ConflictError(
            N_("The hand-over in {path} was withdrawn."), hint=N_("Prepare another one in a new folder."), path=folder
        )


def _plan(archive: Archive, marked: Marked, folder: Path) -> None:
    """Select the case files, and enter them all together: they are in no other hand-over from here on."""
    for name in (SELECTION, LEFT_OUT):
        (folder / name).unlink(missing_ok=True)
    chosen: Spool[HandoverItem] = Spool(folder / SELECTION, _encode, _decode, durable=False)
    others = _left_out_spool(folder)
    counted: Counter[str] = Counter()
    try:
        ordinals = count(1)
        for judged in select(archive, marked.request, marked.id):
            if judged.reason is None:
                chosen.append(_item(archive, marked.id, next(ordinals), judged.held))
            else:
                others.append((judged.held.case_file.file_code, judged.reason.value))
                counted[judged.reason.value] += 1
        chosen.close()
        others.close()
        if next(iter(chosen), None) is None:
            (folder / LEFT_OUT).unlink(missing_ok=True)
            raise _nothing(counted)
        handover = Handover(id=marked.id, request=marked.request, started=marked.started, because=marked.because)
        write_mark(folder, marked)
        archive.catalogue.handovers.put(handover, chosen)
    finally:
        chosen.close()
        others.close()
        (folder / SELECTION).unlink(missing_ok=True)


def _left_out_spool(folder: Path) -> Spool[tuple[str, str]]:
    """Return what was left out, which waits in the folder until the plan is entered: only then it is known."""
    return Spool(folder / LEFT_OUT, list, tuple)


def _left_out_lines(folder: Path) -> Iterator[dict[str, str]]:
    for code, reason in _left_out_spool(folder):
        yield {"code": code, "reason": reason}


def _is_written(item: HandoverItem, request: HandoverRequest, folder: Path) -> bool:
    """Whether a package is there as it was written; what a power cut left of it is written again."""
    if not item.name:
        return False
    target = folder / PACKAGES / item.name
    try:
        return _measured(target if request.packed else next(target.glob("*/METS.xml"))) == (item.size, item.sha256)
    except (OSError, StopIteration):
        return False


def _measured(path: Path) -> tuple[int, bytes]:
    with path.open("rb") as stream:
        size, (digest,) = digest_stream(stream, (SHA256,))
    return size, digest.value


def _item(archive: Archive, handover_id: UUID, ordinal: int, held: HeldCaseFile) -> HandoverItem:
    documents, files, size = archive.catalogue.handovers.extent(held)
    return HandoverItem(
        handover_id=handover_id,
        ordinal=ordinal,
        aip_id=held.aip_id,
        version=held.current_version,
        code=held.case_file.file_code,
        documents=documents,
        files=files,
        bytes=size,
    )


def _write(archive: Archive, handover: Handover, item: HandoverItem, folder: Path) -> HandoverItem:
    """Write the package of a case file, read it back, and keep what it is."""
    held = archive.catalogue.get_case_file(item.aip_id)
    if held is None or held.current_version != item.version:
        raise ConflictError(
            N_("Case file {code} has changed since the hand-over was planned."),
            hint=N_("Withdraw it with `chauban transfer withdraw` and prepare a new one."),
            code=item.code,
        )
    request = handover.request
    package_id = package_id_of(item)
    objid = profile_named(request.profile, SIP_PROFILES).objid(package_id)
    name = f"{item.ordinal:06d}-{objid}{'.zip' if request.packed else ''}"
    target = folder / PACKAGES / name
    _remove(target)
    event = _event(handover, item, package_id)
    asked = SipRequest(
        profile=request.profile,
        registration=request.registration,
        receiver=Submitter(name=request.receiver, code=request.receiver_code),
        keep_links=request.keep_links,
    )
    version = next(found for found in archive.catalogue.versions(item.aip_id) if found.version == item.version)
    with open_seekable(archive.copies, version.container_key) as container:
        plan = sip_plan(archive, held, asked, package_id=package_id, event=event, container=container)
        with giving(target, handover.started) as sink:
            top = write_sip(plan, folder, sink.add)
            record_event(archive, item.aip_id, item.version, event)
    size, sha256 = _measured(target if request.packed else target / top / "METS.xml")
    written = replace(item, name=name, size=size, sha256=sha256)
    archive.catalogue.handovers.written(written)
    return written


def package_id_of(item: HandoverItem) -> UUID:
    """Return the identifier of the submission package of a case file in a hand-over."""
    return derived_uuid(item.handover_id, f"package/{item.aip_id}/{item.version}")


def _event(handover: Handover, item: HandoverItem, package_id: UUID) -> Event:
    registration = handover.request.registration
    receiver = handover.request.receiver_code or handover.request.receiver
    what = f"submission package {package_id} for hand-over {handover.id} to {receiver}, registration {registration}"
    return Event(
        id=derived_uuid(handover.id, f"event/{item.aip_id}/{item.version}"),
        type=EventType.DISSEMINATION,
        time=handover.started,
        outcome=EventOutcome.SUCCESS,
        detail=f"given out: {what}",
        agent=PROGRAM,
    )


def _remove(target: Path) -> None:
    """Remove what an interrupted preparation wrote and nobody noted."""
    try:
        if target.is_dir():
            shutil.rmtree(target)
        target.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            N_("{path} cannot be written: {why}."),
            hint=N_("Choose another place or free some space."),
            path=target,
            why=error.strerror or error,
        ) from error


def _check(request: HandoverRequest) -> None:
    for value in (request.receiver, request.receiver_code, request.registration, request.fonds):
        if len(value) > _MAX_TEXT or not value.isprintable():
            raise InputError(
                N_("A name or code of the hand-over has more than {limit} characters, or some that cannot be read."),
                hint=N_("Shorten or correct it."),
                limit=_MAX_TEXT,
            )
    if not request.receiver.strip() or not request.registration.strip():
        raise InputError(
            N_("A hand-over needs the name of the receiver and the registration code."),
            hint=N_("Give --receiver and --registration."),
        )


def _nothing(counted: Counter[str]) -> NotFoundError:
    why = ", ".join(f"{number} {reason}" for reason, number in sorted(counted.items())) or "-"
    return NotFoundError(
        N_("There is nothing to hand over (left out: {why})."),
        hint=N_("See what would be handed over with --dry-run."),
        why=why,
    )


def _encode(item: HandoverItem) -> object:
    names = ("ordinal", "version", "code", "documents", "files", "bytes")
    return [str(item.handover_id), str(item.aip_id), *(getattr(item, name) for name in names)]


def _decode(data: Any) -> HandoverItem:
    handover_id, aip_id, ordinal, version, code, documents, files, size = data
    return HandoverItem(
        handover_id=UUID(handover_id),
        aip_id=UUID(aip_id),
        ordinal=ordinal,
        version=version,
        code=code,
        documents=documents,
        files=files,
        bytes=size,
    )
