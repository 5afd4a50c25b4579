"""Preparing a hand-over: selected case files become submission packages in a folder, with their papers.

Each step is kept before the next begins: whose the folder is, what is to be handed over (catalogue and
stores), each package as it is written, the manifest last. The same hand-over gives the same packages,
byte for byte, so that a killed preparation is simply begun again by the same command.

Source:
    Circular 05/2025/TT-BNV, Articles 21, 22 and Annex III; docs/giving-out.md
"""

import shutil
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
from archive.catalogue.handovers_values import Handover, HandoverItem, HandoverRequest
from archive.catalogue.values import HeldCaseFile
from archive.handover.folder import PACKAGES, Marked, finish_folder, folder_lock, mark_json, read_mark, write_mark
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
_SELECTION = ".selection.jsonl"
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
        if not marked.finished:
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
    """Yield the code of each case file that was left out of a hand-over, and why."""
    lines = read_lines(archive, handover_left_out_key(handover_id))
    next(lines)
    for line in lines:
        yield line["code"], LeftOut(line["reason"])


def _prepare(archive: Archive, marked: Marked, folder: Path, tell: Told) -> None:
    catalogue = archive.catalogue.handovers
    handover = Handover(id=marked.id, request=marked.request, started=marked.started, because=marked.because)
    if catalogue.get(marked.id) is None:
        _plan(archive, marked, folder)
    put_plan(archive, handover, catalogue.all_items(marked.id))
    for item in catalogue.all_items(marked.id):
        if item.name and (folder / PACKAGES / item.name).exists():
            continue
        tell(_write(archive, handover, item, folder))
    totals = catalogue.totals(marked.id)
    manifest = write_manifest(archive, mark_json(marked), totals, catalogue.all_items(marked.id), folder / _MANIFEST)
    write_papers(archive, handover, totals, manifest, folder)
    moment = archive.clock.now()
    put_prepared(archive, handover, catalogue.all_items(marked.id), moment)
    catalogue.prepared(marked.id, moment)
    identifier = derived_uuid(marked.id, "prepared")
    details: dict[str, Detail] = {"case-files": totals.case_files, "receiver": marked.request.receiver_code[:100]}
    note_act(
        archive,
        Action.HANDOVER_PREPARE,
        marked.id,
        identifier=identifier,
        because=marked.because,
        details=details,
    )
    archive.audit.flush()
    finish_folder(folder, manifest)


def _plan(archive: Archive, marked: Marked, folder: Path) -> None:
    """Select the case files, and enter them all together: they are in no other hand-over from here on."""
    (folder / _SELECTION).unlink(missing_ok=True)
    chosen: Spool[HandoverItem] = Spool(folder / _SELECTION, _encode, _decode, durable=False)
    others: list[tuple[str, str]] = []
    try:
        ordinals = count(1)
        for judged in select(archive, marked.request, marked.id):
            if judged.reason is not None:
                others.append((judged.held.case_file.file_code, judged.reason.value))
                continue
            chosen.append(_item(archive, marked.id, next(ordinals), judged.held))
        chosen.close()
        if next(iter(chosen), None) is None:
            raise _nothing(others)
        handover = Handover(id=marked.id, request=marked.request, started=marked.started, because=marked.because)
        write_mark(folder, marked)
        reasons = ({"code": code, "reason": reason} for code, reason in others)
        put_lines(archive, handover_left_out_key(marked.id), {"schema": LEFT_OUT_SCHEMA}, reasons)
        archive.catalogue.handovers.put(handover, chosen)
    finally:
        chosen.close()
        (folder / _SELECTION).unlink(missing_ok=True)


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
    measured = target if request.packed else target / top / "METS.xml"
    with measured.open("rb") as stream:
        size, (digest,) = digest_stream(stream, (SHA256,))
    written = replace(item, name=name, size=size, sha256=digest.value)
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


def _nothing(others: list[tuple[str, str]]) -> NotFoundError:
    counted: dict[str, int] = {}
    for _code, reason in others:
        counted[reason] = counted.get(reason, 0) + 1
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
