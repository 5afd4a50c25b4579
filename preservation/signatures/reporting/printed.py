"""The validation report on paper: signer, times, the verdict in words, what was checked and what was not."""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any

from model.findings import Finding, Severity
from model.rendering import date_text, outcome_word, severity_word
from model.signatures import (
    AlgorithmUse,
    Process,
    SignatureFacts,
    SignatureReport,
    SignatureVerdict,
    TimestampFacts,
    TimestampVerdict,
)
from model.text import N_, _, language_in_force
from model.version import program_version
from preservation.printing.page import FONT, escaped, styles
from preservation.signatures.wording import (
    coverage_text,
    integrity_text,
    modification_text,
    proof_text,
    role_text,
    state_text,
    timestamp_text,
    verdict_text,
)

_FINDINGS_SHOWN = 12
"""Findings printed for one signature; the rest is counted."""


def printed_report(reports: Sequence[SignatureReport]) -> bytes:
    """Return the report as a PDF in the language in force: one page a file, more where it has many signatures.

    The same reports give the same bytes.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import PageBreak, SimpleDocTemplate

    target = BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=14 * mm,
        bottomMargin=16 * mm,
        title=_("Signature validation report"),
        author=f"Châu Bản {program_version()}",
        lang=language_in_force(),
        invariant=1,
    )
    story: list[Any] = []
    for number, report in enumerate(reports):
        if number:
            story.append(PageBreak())
        story.extend(_file(report))
    document.build(story, onFirstPage=_footer, onLaterPages=_footer)
    return target.getvalue()


def _file(report: SignatureReport) -> Iterator[Any]:
    yield _paragraph(_("SIGNATURE VALIDATION REPORT"), "title")
    yield _paragraph(_("by ETSI EN 319 102-1; for people, without legal effect of its own"), "subtitle")
    yield _rows(
        (
            (N_("File"), report.file.path),
            (N_("Result"), f"{outcome_word(report.outcome)} ({state_text(report.file.state)})"),
            (N_("Checked on"), date_text(report.checked_at)),
            (N_("Signatures"), str(len(report.file.signatures))),
            (N_("Policy"), report.policy),
            (N_("Trust store"), report.trust[:16]),
        )
    )
    yield from _findings(report.file.findings)
    for facts, verdict in zip(report.file.signatures, report.verdicts, strict=True):
        yield from _signature(facts, verdict)
    yield from _timestamps(report.file.timestamps, report.timestamps)
    yield from _checked(report)


def _signature(facts: SignatureFacts, verdict: SignatureVerdict) -> Iterator[Any]:
    title = _("Signature {id}: {verdict}").format(id=facts.id, verdict=verdict_text(verdict))
    yield _paragraph(title, "heading")
    signer = facts.certificate
    indication = verdict.indication.value + (f" / {verdict.sub_indication.value}" if verdict.sub_indication else "")
    proof = verdict.proofs[0] if verdict.proofs else None
    rows = [
        (N_("Signer"), signer.name if signer else _("not known")),
        (
            N_("On behalf of"),
            f"{role_text(verdict.role)}{f' ({signer.organisation})' if signer and signer.organisation else ''}",
        ),
        (N_("Certificate"), _certificate(facts)),
        (N_("Verdict by the standard"), indication),
        (N_("Integrity"), integrity_text(facts.integrity)),
        (N_("Covers"), coverage_text(facts)),
        (N_("After signing"), modification_text(facts.modification)),
        (N_("Signing time claimed"), date_text(facts.claimed_signing_time) if facts.claimed_signing_time else "–"),
        (
            N_("Existed at the latest on"),
            f"{date_text(verdict.best_signature_time or verdict.validation_time)}"
            f"{f' ({proof_text(proof.source)})' if proof else ''}",
        ),
        (N_("Format and level"), f"{facts.format.value} {facts.level.value}".strip()),
        (N_("Algorithms"), ", ".join(_algorithm(use) for use in facts.algorithms) or "–"),
        (N_("Verdict holds until"), date_text(verdict.holds_until) if verdict.holds_until else "–"),
    ]
    yield _rows(rows)
    yield from _timestamps(facts.timestamps, verdict.timestamps)
    yield from _findings((*facts.findings, *verdict.findings))


def _certificate(facts: SignatureFacts) -> str:
    signer = facts.certificate
    if signer is None:
        return "–"
    text = _("issued by {issuer}; serial number {serial}; valid from {start} to {end}")
    return text.format(
        issuer=signer.issuer, serial=signer.serial, start=date_text(signer.not_before), end=date_text(signer.not_after)
    )


def _timestamps(stamps: Sequence[TimestampFacts], verdicts: Sequence[TimestampVerdict]) -> Iterator[Any]:
    judged = {verdict.id: verdict for verdict in verdicts}
    for stamp in stamps:
        verdict = judged.get(stamp.id)
        worth = timestamp_text(verdict.outcome, verdict.sub_indication) if verdict else _("not judged")
        when = date_text(stamp.time) if stamp.time else "–"
        authority = stamp.certificate.name if stamp.certificate else _("not known")
        text = _("Timestamp of {time} by {authority}: {verdict}")
        yield _paragraph(text.format(time=when, authority=authority, verdict=worth), "small")


_CHECKED = (
    N_("the bytes that were signed, and the signature value"),
    N_("what the signature covers, and what was changed after signing"),
    N_("the certificate path up to an authority of the trust folder, with revocation"),
    N_("the algorithms, by the policy's table of dates"),
    N_("the timestamps"),
)
_NOT_CHECKED = (
    N_("who stood behind the certificate, and whether that person was authorised to sign"),
    N_("what the document says, and its legal effect"),
)


def _checked(report: SignatureReport) -> Iterator[Any]:
    judged = any(verdict.process is not Process.NONE for verdict in report.verdicts)
    done = _CHECKED if judged else ()
    yield _paragraph(_("What was checked"), "heading")
    for text in done:
        yield _paragraph(f"• {_(text)}", "small")
    if not done:
        yield _paragraph(_("Nothing: no signature could be read."), "small")
    yield _paragraph(_("What was not checked"), "heading")
    for text in _NOT_CHECKED:
        yield _paragraph(f"• {_(text)}", "small")
    for finding in _all_findings(report):
        if finding.undecided:
            yield _paragraph(f"• {finding.message()}", "small")


def _all_findings(report: SignatureReport) -> Iterator[Finding]:
    yield from report.file.findings
    for facts, verdict in zip(report.file.signatures, report.verdicts, strict=True):
        yield from facts.findings
        yield from verdict.findings


def _findings(findings: Iterable[Finding]) -> Iterator[Any]:
    ranked = sorted(findings, key=lambda finding: list(Severity).index(finding.severity))
    for finding in ranked[:_FINDINGS_SHOWN]:
        place = f"{finding.location}: " if finding.location else ""
        yield _paragraph(f"[{severity_word(finding.severity)}] {place}{finding.message()} {finding.remedy()}", "small")
    if len(ranked) > _FINDINGS_SHOWN:
        yield _paragraph(_("and {count} more findings").format(count=len(ranked) - _FINDINGS_SHOWN), "small")


def _algorithm(use: AlgorithmUse) -> str:
    return f"{use.name} {use.key_size}" if use.key_size else use.name


def _paragraph(text: str, style: str) -> Any:
    from reportlab.platypus import Paragraph

    return Paragraph(escaped(text), styles()[style])


def _rows(rows: Iterable[tuple[str, str]]) -> Any:
    from reportlab.lib.colors import lightgrey
    from reportlab.lib.units import mm
    from reportlab.platypus import Table

    cells = [[_paragraph(_(label), "label"), _paragraph(value, "body")] for label, value in rows if value]
    return Table(
        cells,
        colWidths=(45 * mm, 124 * mm),
        hAlign="LEFT",
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.25, lightgrey),
            ("TOPPADDING", (0, 0), (-1, -1), 0.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 0.5),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ],
    )


def _footer(canvas: Any, document: Any) -> None:
    canvas.saveState()
    canvas.setFont(FONT, 8)
    text = _("Châu Bản {version}; page {page}").format(version=program_version(), page=document.page)
    canvas.drawCentredString(document.pagesize[0] / 2, 24, text)
    canvas.restoreState()
