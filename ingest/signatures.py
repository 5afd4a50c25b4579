"""Third step: which files are signed, what each signature is worth, and what that means at intake.

Facts, verdicts and validation material are kept for the package; findings go to the log, where the intake policy
judges them like any others.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import tee

from archive.archive import Archive
from ingest import signature_findings as kinds
from ingest.companions import CaseCompanions
from ingest.examine import Examined
from model.casefile import Document
from model.findings import Finding, FindingLog, Severity, printable
from model.material import Material
from model.signatures import SignatureFacts, SignatureReport, SignatureVerdict, SignedState
from model.text import N_
from preservation.package.plan import ContentFile
from preservation.signatures.checker import CheckItem, SignatureChecker
from preservation.signatures.judging.findings import CANNOT_VERIFY, NONE
from preservation.signatures.judging.required import required_signatures
from preservation.signatures.policy import IntakeAction, RequiredAction, SignaturePolicy, load_signature_policy
from preservation.signatures.wording import reason_phrase
from preservation.trust.fetch import Fetcher

_NOBODY = N_("an unknown signer")


def checker_for(archive: Archive) -> "AbstractContextManager[SignatureChecker | None]":
    """Return the checker of an archive, to be used in a `with`; none where its configuration switches checking off.

    Raises:
        ConfigurationError: the trust folder or the signature policy cannot be used.
    """
    settings = archive.configuration.signatures
    if not settings.check:
        return nullcontext()
    policy = settings.policy_file(archive.folder)
    fetching = load_signature_policy(policy).fetch
    fetcher = Fetcher(fetching, archive.fetched_folder, archive.clock) if settings.fetch and fetching.enabled else None
    return SignatureChecker(settings.trust_folder(archive.folder), policy, clock=archive.clock, fetcher=fetcher)


def examine_signatures(examined: Examined, log: FindingLog, checker: SignatureChecker) -> None:
    """Look at every file that may be signed, and keep what was found.

    Args:
        examined: its files are read; its spools of signatures are written.
        log: all findings are added to it.
    """
    companions = CaseCompanions(examined.files)
    required = _Required(examined.documents, checker.policy)
    if_unsigned = checker.policy.action_without_signature(SignedState.UNSIGNED)
    unsigned: list[str] = []
    files, items = tee(examined.files)
    checked = checker.check(_item(file, companions) for file in items)
    for file, found in zip(files, checked, strict=True):
        report = _at(found.report, file.object.path)
        if report.file.state is not SignedState.NOT_SIGNABLE:
            log.extend(_findings(report, checker.policy))
            examined.signatures.append(report, found.material, _validation_report(report, found.material))
            if report.file.state is SignedState.UNSIGNED and if_unsigned is not IntakeAction.PASS:
                unsigned.append(file.object.path)
        log.extend(required.take(file.object.document, report))
    examined.signatures.close()
    severity = Severity.ERROR if if_unsigned is IntakeAction.REFUSE else Severity.WARNING
    log.extend(NONE.at(path, severity=severity) for path in unsigned if path not in companions.found)


def _item(file: ContentFile, companions: CaseCompanions) -> CheckItem:
    item = file.object
    return CheckItem(path=file.content, name=item.path, companions=companions.of(item.path), mime=item.format.mime)


def _at(report: SignatureReport, path: str) -> SignatureReport:
    """Return the report under the path the file has in the package."""
    return report if report.file.path == path else replace(report, file=replace(report.file, path=path))


def _validation_report(report: SignatureReport, material: Material) -> bytes | None:
    if not report.file.signatures:
        return None
    from preservation.signatures.reporting.etsi import etsi_report

    return etsi_report([(report, material)])


def _findings(report: SignatureReport, policy: SignaturePolicy) -> Iterator[Finding]:
    """Yield what the policy makes of the signatures of one file."""
    path = report.file.path
    for facts, verdict in zip(report.file.signatures, report.verdicts, strict=True):
        yield _judged(path, facts, verdict, policy)
    if report.file.state is not SignedState.UNREADABLE:
        return
    action = policy.action_without_signature(report.file.state)
    if action is IntakeAction.PASS:
        return
    severity = Severity.ERROR if action is IntakeAction.REFUSE else Severity.WARNING
    yield CANNOT_VERIFY.at(path, severity=severity)
    for finding in report.file.findings:
        yield replace(finding, location=path, severity=Severity.WARNING)


def _judged(path: str, facts: SignatureFacts, verdict: SignatureVerdict, policy: SignaturePolicy) -> Finding:
    signer = printable(facts.certificate.name) if facts.certificate else _NOBODY
    word = verdict.indication.value
    if verdict.sub_indication is None:
        why = N_("no reason is given")
    else:
        word, why = f"{word}/{verdict.sub_indication.value}", reason_phrase(verdict.sub_indication)
    kind = {
        IntakeAction.REFUSE: kinds.REFUSED,
        IntakeAction.WARN: kinds.DOUBTFUL,
        IntakeAction.PASS: kinds.ACCEPTED,
    }[policy.action(verdict.indication, verdict.sub_indication)]
    return kind.at(path, signer=signer, verdict=word, why=why)


class _Required:
    """Sees that the documents whose type must be signed are, each as soon as all its files were looked at.

    Source:
        Decree 30/2020/NĐ-CP, Articles 8, 12, 13.
    """

    def __init__(self, documents: Iterable[Document], policy: SignaturePolicy) -> None:
        self._policy = policy
        types = {code for rule in policy.required for code in rule.types}
        wanted = policy.required_action is not RequiredAction.OFF
        self._open = {
            document.ordinal: (len(document.files), document.type_name)
            for document in documents
            if wanted and document.type_name in types
        }
        self._reports: dict[int, list[SignatureReport]] = {}

    def take(self, document: int | None, report: SignatureReport) -> Iterator[Finding]:
        """Take the report on a file of a document; yield what is missing when it was the last one."""
        if document is None or document not in self._open:
            return
        reports = self._reports.setdefault(document, [])
        reports.append(report)
        count, type_name = self._open[document]
        if len(reports) == count:
            del self._reports[document]
            place = reports[0].file.path
            for finding in required_signatures(type_name, reports, self._policy):
                yield replace(finding, location=place)
