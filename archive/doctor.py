"""Is everything in order? The archive's configuration, catalogue, stores and index, and the tools on this machine."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.archive import Archive, open_archive, record_capabilities
from archive.evidence.diagnosing import diagnose_evidence
from archive.indexing import open_index
from model.errors import ArchiveError
from model.rendering import size_text
from model.text import N_, _
from model.version import library_version, program_version

_LIBRARIES = ("lxml", "sqlalchemy", "tantivy", "pygfried", "pikepdf", "pypdfium2", "pillow", "openpyxl", "bagit")
_OPTIONAL_LIBRARIES = (("psycopg", N_("PostgreSQL")), ("boto3", N_("S3 stores")))
_OPTIONAL_TOOLS = (
    ("verapdf", N_("PDF/A validation")),
    ("soffice", N_("conversion of office documents")),
    ("clamdscan", N_("virus scanning")),
)
_LOW_SPACE = 5 << 30
_TRUST_FINDINGS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing looked at."""

    what: str
    ok: bool | None
    """None: absent and optional."""
    detail: str


def diagnose(folder: Path) -> Iterator[Diagnosis]:
    """Yield what is in order and what is not; looking changes nothing but the recorded abilities of the stores."""
    yield Diagnosis(what="chauban", ok=True, detail=program_version())
    yield from _libraries()
    try:
        with open_archive(folder) as archive:
            yield from _archive(archive)
    except ArchiveError as error:
        yield Diagnosis(what=_("archive"), ok=False, detail=str(error))


def _libraries() -> Iterator[Diagnosis]:
    for name in _LIBRARIES:
        version = library_version(name)
        yield Diagnosis(what=name, ok=bool(version), detail=version or _("not installed"))
    for name, purpose in _OPTIONAL_LIBRARIES:
        version = library_version(name)
        yield Diagnosis(
            what=f"{name} ({_(purpose)})", ok=True if version else None, detail=version or _("not installed")
        )
    for name, purpose in _OPTIONAL_TOOLS:
        path = shutil.which(name)
        yield Diagnosis(
            what=f"{name} ({_(purpose)})", ok=True if path else None, detail=path or _("not installed; not used")
        )


def _archive(archive: Archive) -> Iterator[Diagnosis]:
    counts = archive.catalogue.counts()
    held = _("{cases} case files, {documents} documents, {files} files, {size}").format(
        cases=counts.case_files, documents=counts.documents, files=counts.files, size=size_text(counts.bytes)
    )
    yield Diagnosis(what=_("catalogue"), ok=True, detail=held)
    yield from _stores(archive)
    with open_index(archive) as index:
        behind = archive.catalogue.last_change() - index.cursor
    yield Diagnosis(
        what=_("search index"),
        ok=True,
        detail=_("{behind} changes behind; the next search catches up").format(behind=max(behind, 0)),
    )
    yield from _signatures(archive)
    for line in diagnose_evidence(archive):
        yield Diagnosis(what=line.what, ok=line.ok, detail=line.detail)
    unfinished = len(archive.catalogue.stubs.unfinished())
    if unfinished:
        told = _("{count} records are decided upon and not wholly removed; execute their decisions again")
        yield Diagnosis(what=_("destruction"), ok=False, detail=told.format(count=unfinished))
    left = [path.name for path in archive.work.iterdir()] if archive.work.is_dir() else []
    yield Diagnosis(
        what=_("work area"),
        ok=True if not left else None,
        detail=_("empty")
        if not left
        else _("{count} transfers under way or to be resumed by the next ingest").format(count=len(left)),
    )
    free = shutil.disk_usage(archive.folder).free
    yield Diagnosis(what=_("free space"), ok=free > _LOW_SPACE, detail=size_text(free))


def _signatures(archive: Archive) -> Iterator[Diagnosis]:
    """Say what signatures are judged by; a trust folder that cannot be used keeps everything from being taken in."""
    from preservation.signatures.policy import load_signature_policy
    from preservation.trust.lists import read_list
    from preservation.trust.store import EMPTY_TRUST, SIGNING, load_trust

    settings = archive.configuration.signatures
    if not settings.check:
        yield Diagnosis(what=_("signatures"), ok=None, detail=_("not checked: switched off in chauban.toml"))
        return
    try:
        folder = settings.trust_folder(archive.folder)
        trust = load_trust(folder, read_list) if folder else EMPTY_TRUST
        policy = load_signature_policy(settings.policy_file(archive.folder))
    except ArchiveError as error:
        yield Diagnosis(what=_("signatures"), ok=False, detail=str(error))
        return
    anchors = len(trust.trusted(SIGNING))
    empty = _("nobody is trusted yet, so no signature can pass: fill the folder with `chauban trust add`")
    held = _("{anchors} trusted authorities, {others} further certificates, {crls} revocation lists").format(
        anchors=anchors, others=len(trust.intermediates), crls=len(trust.crls)
    )
    yield Diagnosis(what=_("trust folder"), ok=True if anchors else None, detail=held if anchors else empty)
    for finding in trust.findings[:_TRUST_FINDINGS]:
        yield Diagnosis(what=_("trust folder"), ok=None, detail=finding.message())
    yield Diagnosis(what=_("signature policy"), ok=True, detail=policy.id)
    fetching = settings.fetch and policy.fetch.enabled
    detail = _("on") if fetching else _("off: only what is handed in and what lies in the trust folder counts")
    yield Diagnosis(what=_("fetching of revocation data"), ok=True, detail=detail)


def _stores(archive: Archive) -> Iterator[Diagnosis]:
    for setting, store in zip(archive.configuration.stores, archive.copies.stores, strict=True):
        what = _("store {name} ({location})").format(name=store.name, location=store.location)
        try:
            seen = store.probe()
        except ArchiveError as error:
            yield Diagnosis(what=what, ok=False, detail=str(error))
            continue
        record_capabilities(archive.catalogue, setting, seen)
        abilities = {
            _("create-once"): seen.conditional_write,
            _("refuses wrong checksums"): seen.refuses_wrong_checksum,
            _("versions"): seen.versioning,
            _("object lock"): seen.object_lock,
            _("durable writes"): seen.durable,
        }
        words = {True: _("yes"), False: _("no"), None: _("cannot be seen")}
        yield Diagnosis(
            what=what, ok=True, detail=", ".join(f"{name}: {words[value]}" for name, value in abilities.items())
        )
    if len(archive.copies.stores) < 2:
        yield Diagnosis(
            what=_("copies"),
            ok=None,
            detail=_("one copy only; Circular 05/2025 Article 27 asks for two on independent media"),
        )
