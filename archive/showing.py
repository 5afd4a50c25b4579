"""One case file on a screen or as JSON: description, documents, versions, copies, events."""

from collections.abc import Iterator

from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile, PackageVersion
from archive.evidence.showing import seal_details, seal_lines, version_seals
from archive.keptcopies import KeptCopy, kept_copies
from archive.signatures.showing import summary_line
from model.casefile import CaseFile, Document
from model.dates import PartialDate, utc_text
from model.elements import CASE_FILE_ELEMENTS, Element, ElementType, code_word
from model.findings import Outcome, printable
from model.preservation import EventOutcome, EventType
from model.rendering import date_text, day_text, outcome_word, size_text
from model.text import N_, _, language_in_force

_DOCUMENTS_SHOWN = 200
_EVENT_WORDS = {
    EventType.INGESTION_START: N_("ingestion start"),
    EventType.INGESTION_END: N_("ingestion end"),
    EventType.MESSAGE_DIGEST_CALCULATION: N_("message digest calculation"),
    EventType.FORMAT_IDENTIFICATION: N_("format identification"),
    EventType.VALIDATION: N_("validation"),
    EventType.INFORMATION_PACKAGE_CREATION: N_("information package creation"),
    EventType.REPLICATION: N_("replication"),
    EventType.FIXITY_CHECK: N_("fixity check"),
    EventType.RECOVERY: N_("recovery"),
    EventType.DISSEMINATION: N_("dissemination"),
    EventType.ACCESSION: N_("accession"),
    EventType.POLICY_ASSIGNMENT: N_("policy assignment"),
    EventType.SIGNATURE_VALIDATION: N_("digital signature validation"),
    EventType.CREATION: N_("creation"),
    EventType.TRANSFER: N_("hand-over to another archive"),
    EventType.DELETION: N_("destruction"),
    EventType.DEACCESSION: N_("release to another archive"),
    EventType.EVIDENCE_RECORD_CREATION: N_("evidence record creation"),
    EventType.EVIDENCE_RECORD_RENEWAL: N_("evidence record renewal"),
}
_EVENT_OUTCOME_WORDS = {
    EventOutcome.SUCCESS: N_("success"),
    EventOutcome.FAIL: N_("fail"),
    EventOutcome.WARNING: N_("warning"),
}


def show_json(archive: Archive, held: HeldCaseFile) -> dict[str, object]:
    """Return everything about a case file as one JSON object, schema `case-file/1`."""
    catalogue = archive.catalogue
    return {
        "schema": "case-file/1",
        "aip_id": str(held.aip_id),
        "transfer_id": str(held.transfer_id),
        "accepted_at": utc_text(held.accepted_at),
        "current_version": held.current_version,
        "case_file": held.case_file.to_json(),
        "documents": [document.to_json() for document in catalogue.documents(held.aip_id)],
        "signatures": _signatures_json(archive, held),
        "evidence": [seal_details(seal) for seal in catalogue.seals([held.aip_id]).get(held.aip_id, [])],
        "versions": [_version_json(version) for version in catalogue.versions(held.aip_id)],
        "archival_copies": [_copy_json(copy) for copy in kept_copies(archive, held.aip_id, held.current_version)],
        "events": [event.to_json() for event in catalogue.events(held.aip_id)],
    }


def show_lines(archive: Archive, held: HeldCaseFile) -> Iterator[str]:
    """Yield the lines that show a case file to people."""
    case, catalogue = held.case_file, archive.catalogue
    yield printable(f"{case.file_code}  {case.title}")
    for element in CASE_FILE_ELEMENTS:
        value = _value(case, element)
        if value:
            yield printable(f"  {_(element.title)}: {value}")
    yield f"  {_('Package')}: {held.aip_id}"
    yield f"  {_('Taken in')}: {date_text(held.accepted_at)} ({_('transfer')} {held.transfer_id})"
    signatures = summary_line(archive, held)
    if signatures:
        yield f"  {_('Signatures')}: {signatures} (chauban signature show {held.aip_id})"
    yield _("Documents:")
    for position, document in enumerate(catalogue.documents(held.aip_id)):
        if position == _DOCUMENTS_SHOWN:
            yield "  " + _("… more: see --json")
            break
        yield printable(_document_line(document))
    seals = catalogue.seals([held.aip_id]).get(held.aip_id, [])
    for version in catalogue.versions(held.aip_id):
        yield from _version_lines(version)
        yield from (f"  {line}" for line in seal_lines(version_seals(seals, version.version)))
    for kept in kept_copies(archive, held.aip_id, held.current_version):
        yield printable(_("Archival copy of {path}: {key}").format(path=kept.path, key=kept.key))
    yield _("Events:")
    for event in catalogue.events(held.aip_id):
        what, outcome = _(_EVENT_WORDS[event.type]), _(_EVENT_OUTCOME_WORDS[event.outcome])
        yield printable(f"  {date_text(event.time)}  {what}: {outcome}  {event.detail}")


def _signatures_json(archive: Archive, held: HeldCaseFile) -> dict[str, object]:
    totals = archive.catalogue.signature_totals(held.aip_id)
    return {
        "files": {state.value: count for state, count in totals.files.items()},
        "verdicts": {indication.value: count for indication, count in totals.signatures.items()},
    }


def _copy_json(copy: KeptCopy) -> dict[str, object]:
    return {"path": printable(copy.path), "key": copy.key, "sha256": copy.sha256.hex(), "made": utc_text(copy.made)}


def _value(case: CaseFile, element: Element) -> str:
    value = getattr(case, element.attribute)
    if value is None or value == "" or value == ():
        return ""
    if isinstance(value, PartialDate):
        return day_text(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    values = value if isinstance(value, tuple) else (value,)
    if element.type in {ElementType.CODE, ElementType.CODES}:
        values = tuple(code_word(element.codes, item, language_in_force()) for item in values)
    return ", ".join(str(item) for item in values)


def _document_line(document: Document) -> str:
    sign = "/".join(part for part in (document.code_number, document.code_notation) if part)
    kind = code_word("typeName", document.type_name, language_in_force())
    files = ", ".join(document.files)
    return f"  {document.ordinal:4}. {kind} {sign} ({day_text(document.issued_date)}) {document.subject}  [{files}]"


def _version_lines(version: PackageVersion) -> Iterator[str]:
    yield _("Version {version}: profile {profile}, {files} files, {size}, container SHA-256 {digest}").format(
        version=version.version,
        profile=version.profile,
        files=version.file_count,
        size=size_text(version.byte_count),
        digest=version.container_sha256.hex(),
    )
    for copy in version.copies:
        when = date_text(copy.verified_at) if copy.verified_at else _("never")
        state = outcome_word(copy.outcome) if copy.outcome is not Outcome.INDETERMINATE else _("not verified")
        yield "  " + _("Copy {store}: {state}, last verified {when}").format(store=copy.store, state=state, when=when)


def _version_json(version: PackageVersion) -> dict[str, object]:
    return {
        "version": version.version,
        "profile": version.profile,
        "policy": version.policy,
        "created": utc_text(version.created),
        "container": version.container_key,
        "size": version.container_size,
        "sha256": version.container_sha256.hex(),
        "files": version.file_count,
        "bytes": version.byte_count,
        "copies": [
            {
                "store": copy.store,
                "verified_at": utc_text(copy.verified_at) if copy.verified_at else None,
                "outcome": copy.outcome.value,
            }
            for copy in version.copies
        ],
    }
