"""Giving out a submission package of what is held: for another system, or another archive."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from archive.access.content import Again, content_of, giving, submitted
from archive.access.export import current_version, dissemination
from archive.access.levels import refuse_secret
from archive.access.writing import must_be_new
from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile
from archive.pending import record_event
from archive.store.seekable import open_seekable
from model.identifiers import new_uuid
from model.preservation import Event
from model.version import program_version
from preservation.package.sip import SipPlan, Submitter, write_sip


@dataclass(frozen=True, slots=True, kw_only=True)
class SipRequest:
    """How a submission package is asked for."""

    profile: str = ""
    """`vn-tt05` or `eark`; that of the archival package when empty."""
    registration: str = ""
    """Registration code that the receiver gave."""
    record_status: str = "NEW"
    receiver: Submitter | None = None
    keep_links: bool = False
    """Linked documents go as links, instead of with their content."""


def export_sip(archive: Archive, held: HeldCaseFile, target: Path, request: SipRequest | None = None) -> Path:
    """Write a submission package of a case file.

    Args:
        target: a new folder, which the package's folder is laid into; or, ending in `.zip`, a new file.

    Returns:
        The package's folder, or the ZIP.

    Raises:
        ConflictError: the target exists.
        PolicyError: the case file is secret.
        IntegrityError: the stored bytes are not what was taken in; nothing is left behind.

    Events:
        dissemination (in the journal of the archival package, and in PREMIS of the package where its norm has one).
    """
    must_be_new(target)
    refuse_secret(archive, held)
    asked = request or SipRequest()
    now = archive.clock.now()
    package_id = new_uuid(now)
    version = current_version(archive, held)
    registration = f", registration {asked.registration}" if asked.registration else ""
    what = f"submission package {package_id} of archival package {version.aip_id}, version {version.version}"
    event = dissemination(archive, what + registration)
    with open_seekable(archive.copies, version.container_key) as container:
        plan = sip_plan(archive, held, asked, package_id=package_id, event=event, container=container)
        with giving(target, now) as sink:
            name = write_sip(plan, target.parent, sink.add)
            record_event(archive, version.aip_id, version.version, event)
    return target if target.suffix.lower() == ".zip" else target / name


def sip_plan(
    archive: Archive,
    held: HeldCaseFile,
    request: SipRequest,
    *,
    package_id: UUID,
    event: Event,
    container: BinaryIO,
) -> SipPlan:
    """Return the plan of a submission package; the same arguments give the same bytes.

    Args:
        package_id: of the submission package.
        event: the handing over; the package is as old as this.
        container: of the current version, opened.
    """
    content = content_of(archive, held)
    given = submitted(content, container, keep_links=request.keep_links)
    version = content.version
    return SipPlan(
        package_id=package_id,
        profile=request.profile or version.profile,
        policy=version.policy,
        created=event.time,
        case_file=held.case_file,
        documents=Again(given.documents),
        files=Again(partial(given.files, container)),
        registration=request.registration,
        record_status=request.record_status,
        receiver=request.receiver,
        aip_id=version.aip_id,
        version=version.version,
        event=event,
        software_version=program_version(),
    )
