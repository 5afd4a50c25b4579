"""Giving out a dissemination package: in a new folder, or as one ZIP."""

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from archive.access.certificate import CERTIFICATE, Recipient, authentication_code, certificate_facts
from archive.access.content import Again, Content, Resolved, content_of, followed, giving
from archive.access.export import dissemination
from archive.access.levels import check_access
from archive.access.writing import Sink, must_be_new
from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile
from archive.pending import record_event
from archive.store.seekable import open_seekable
from model.identifiers import new_uuid
from model.version import program_version
from preservation.package.dip import AccessRequest, DipPlan, write_dip
from preservation.package.plan import ExtraFile
from preservation.package.profiles import DIP_PROFILES, profile_named


def export_dip(
    archive: Archive,
    held: HeldCaseFile,
    target: Path,
    request: AccessRequest | None = None,
    *,
    document: int | None = None,
    recipient: Recipient | None = None,
    keep_links: bool = False,
) -> Path:
    """Write a dissemination package of a case file, by the profile of its archival package.

    Args:
        target: a new folder, which the package's folder is laid into; or, ending in `.zip`, a new file.
        request: what it answers; without one, an official request of today.
        document: only this document and its files, by its number in the case file.
        recipient: who gets it; without one the package has no certificate.
        keep_links: linked documents stay links; else those that are public are put in their place.

    Returns:
        The package's folder, or the ZIP.

    Raises:
        NotFoundError: no such document, or it has no file.
        ConflictError: the target exists.
        PolicyError: it is secret, or its use has conditions and nobody says who uses it for what.
        InputError: the certificate would end before it begins.
        IntegrityError: the stored bytes are not what was taken in; nothing is left behind.

    Events:
        dissemination (in the journal of the archival package, and in PREMIS of the dissemination package).
    """
    must_be_new(target)
    content = content_of(archive, held, document)
    asked = request or AccessRequest()
    check_access(content, held, informed=recipient is not None and bool(asked.purpose_content.strip()))
    with ExitStack() as stack:
        container = stack.enter_context(open_seekable(archive.copies, content.version.container_key))
        code = ""
        given = Resolved(content=content, replaced={}) if keep_links else followed(content, container)
        plan = _plan(given, held, asked, container)
        if recipient is not None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="chauban-"))
            code, certificate = _certificate(content, plan, recipient, Path(folder))
            plan = replace(plan, extras=(certificate,))
        plan = replace(plan, event=dissemination(archive, _what(content, plan, code)))
        with giving(target, plan.created) as sink:
            name = _write(archive, plan, target.parent, sink)
    return target if target.suffix.lower() == ".zip" else target / name


def _write(archive: Archive, plan: DipPlan, staging: Path, sink: Sink) -> str:
    """Write the package, then the event, while nobody sees the package: none is given out that is not recorded."""
    name = write_dip(plan, staging, sink.add)
    record_event(archive, plan.aip_id, plan.version, plan.event)
    return name


def _plan(given: Resolved, held: HeldCaseFile, request: AccessRequest, container: BinaryIO) -> DipPlan:
    content = given.content
    version = content.version
    now = content.archive.clock.now()
    return DipPlan(
        package_id=new_uuid(now),
        aip_id=version.aip_id,
        version=version.version,
        profile=version.profile,
        policy=version.policy,
        created=now,
        request=request,
        case_file=held.case_file,
        documents=Again(given.documents),
        files=Again(partial(given.files, container)),
        event=dissemination(content.archive, "a package"),
        software_version=program_version(),
    )


def _certificate(content: Content, plan: DipPlan, recipient: Recipient, folder: Path) -> tuple[str, ExtraFile]:
    """Write the certificate; return its code and where it goes in the package."""
    from archive.forms.certificate import write_certificate

    files = Again(lambda: (file.object for file in plan.files))
    objid = profile_named(plan.profile, DIP_PROFILES).objid(plan.package_id)
    code = authentication_code(objid, files)
    facts = certificate_facts(
        archive_name=content.archive.configuration.name,
        recipient=recipient,
        request=plan.request,
        case_file=plan.case_file,
        document=content.document,
        code=code,
        created=plan.created,
        files=files,
    )
    path = folder / "certificate.pdf"
    write_certificate(facts, path)
    return code, ExtraFile(path=CERTIFICATE, content=path, mime="application/pdf")


def _what(content: Content, plan: DipPlan, code: str) -> str:
    """Say what is given out, and to which request; who asked and why is personal and stays out of the journal."""
    part = f"document {content.document.ordinal}" if content.document else "all files"
    number = f", request {plan.request.request_id}" if plan.request.request_id else ""
    certificate = f", certificate {code}" if code else ""
    source = f"archival package {plan.aip_id}, version {plan.version}"
    purpose = f", purpose {plan.request.purpose}"
    return f"dissemination package {plan.package_id} ({part}) of {source}{number}{purpose}{certificate}"
