"""The signatures of a case file on a screen, as JSON, or as a report: the verdict at filing and the current one."""

from collections.abc import Iterator

from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile, HeldSignature, HeldSignedFile, Judgement, PackageVersion
from archive.signatures.stored import stored_signatures
from model.dates import utc_text
from model.findings import printable
from model.material import Material
from model.rendering import date_text
from model.signatures import Indication, SignatureReport, SignedState
from model.text import N_, _
from preservation.signatures.rendering import report_json, report_lines
from preservation.signatures.wording import reason_text, state_text

_INDICATION_WORDS = {
    Indication.TOTAL_PASSED: N_("valid"),
    Indication.TOTAL_FAILED: N_("NOT valid"),
    Indication.INDETERMINATE: N_("cannot be decided"),
}


def stored_reports(archive: Archive, version: PackageVersion) -> Iterator[tuple[SignatureReport, Material]]:
    """Yield the reports made when the package was, each with its validation material."""
    with stored_signatures(archive, version) as stored:
        for record in stored.records():
            yield record.report, stored.material(record)


def show_files(archive: Archive, held: HeldCaseFile) -> Iterator[tuple[SignatureReport, HeldSignedFile | None]]:
    """Yield the stored report on each file, with what the catalogue knows of it now; none where it knows nothing."""
    version = archive.catalogue.versions(held.aip_id)[-1]
    known = {file.path: file for file in archive.catalogue.signed_files(held.aip_id, version.version)}
    with stored_signatures(archive, version) as stored:
        for record in stored.records():
            yield record.report, known.get(record.report.file.path)


def file_json(held: HeldCaseFile, report: SignatureReport, known: HeldSignedFile | None) -> dict[str, object]:
    """Return one file as JSON, schema `signature-show/1`: the object of `signature check`, and the current verdicts."""
    current = {item.ordinal: _judgement_json(item.current) for item in known.signatures} if known else {}
    return {
        **report_json(report),
        "schema": "signature-show/1",
        "aip_id": str(held.aip_id),
        "document": known.document if known else None,
        "current": [current.get(ordinal) for ordinal in range(1, len(report.verdicts) + 1)],
    }


def file_lines(report: SignatureReport, known: HeldSignedFile | None) -> Iterator[str]:
    """Yield the lines that show the signatures of one file to people."""
    yield from report_lines(report)
    for signature in known.signatures if known else ():
        if signature.current != signature.filed:
            yield printable(f"  {_current_line(signature)}")


def summary_line(archive: Archive, held: HeldCaseFile) -> str:
    """Return in one line how the signatures of a case file stand; empty where nothing was looked at."""
    totals = archive.catalogue.signature_totals(held.aip_id)
    if not totals.files:
        return ""
    parts = [
        f"{totals.signatures[indication]} {_(word)}"
        for indication, word in _INDICATION_WORDS.items()
        if totals.signatures.get(indication)
    ]
    parts += [
        f"{totals.files[state]} × {state_text(state)}"
        for state in (SignedState.UNSIGNED, SignedState.UNREADABLE)
        if totals.files.get(state)
    ]
    return "; ".join(parts)


def _current_line(signature: HeldSignature) -> str:
    now = signature.current
    word = _(_INDICATION_WORDS[now.indication])
    verdict = f"{word}: {reason_text(now.sub_indication)}" if now.sub_indication else word
    return _("judged again, {time}: signature of {signer}: {verdict}").format(
        time=date_text(now.judged_at), signer=signature.signer or _("an unknown signer"), verdict=verdict
    )


def _judgement_json(judgement: Judgement) -> dict[str, object]:
    return {
        "indication": judgement.indication.value,
        "sub_indication": judgement.sub_indication.value if judgement.sub_indication else None,
        "best_signature_time": utc_text(judgement.best_time) if judgement.best_time else None,
        "holds_until": utc_text(judgement.holds_until) if judgement.holds_until else None,
        "judged_at": utc_text(judgement.judged_at),
        "policy": judgement.policy,
        "trust": judgement.trust,
    }
