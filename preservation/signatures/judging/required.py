"""Whether a document bears the signatures its type requires: the person's, then the agency's.

Source:
    Decree 30/2020/NĐ-CP
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from model.dates import utc_text
from model.findings import Finding, Severity
from model.signatures import Indication, Role, SignatureReport, SignatureVerdict
from preservation.signatures.judging import findings as say
from preservation.signatures.policy import RequiredAction, RequiredRule, SignaturePolicy


def required_signatures(
    document_type: str, reports: Iterable[SignatureReport], policy: SignaturePolicy
) -> tuple[Finding, ...]:
    """Return what is missing of the signatures a type of document requires.

    Args:
        document_type: code 01-32 of Circular 05/2025/TT-BNV; a type without a rule requires nothing.
        reports: on all files of the document.
        policy: names the rules, and whether a missing signature warns or refuses.
    """
    if policy.required_action is RequiredAction.OFF:
        return ()
    severity = Severity.ERROR if policy.required_action is RequiredAction.REFUSE else Severity.WARNING
    verdicts = (verdict for report in reports for verdict in report.verdicts)
    passed = [verdict for verdict in verdicts if verdict.indication is Indication.TOTAL_PASSED]
    return tuple(
        finding
        for rule in policy.required
        if document_type in rule.types
        for finding in _against(rule, document_type, passed, severity)
    )


def _against(
    rule: RequiredRule, document_type: str, passed: list[SignatureVerdict], severity: Severity
) -> Iterator[Finding]:
    by_role = {role: [verdict for verdict in passed if verdict.role is role] for role in rule.signers}
    # A signature of which it is not known for whom it was made can stand for one that is missing.
    spare = sum(verdict.role is Role.UNKNOWN for verdict in passed)
    for role in rule.signers:
        if by_role[role]:
            continue
        if spare:
            spare -= 1
            continue
        yield say.REQUIRED_MISSING.at(severity=severity, type=document_type, who=role.value, source=rule.source)
    if rule.signers == (Role.PERSON, Role.AGENCY):
        person, agency = (_first(by_role[role]) for role in rule.signers)
        if person is not None and agency is not None and agency < person:
            yield say.REQUIRED_ORDER.at(person=utc_text(person), agency=utc_text(agency))


def _first(verdicts: list[SignatureVerdict]) -> datetime | None:
    """Return the earliest proven time; none where one of them is not proven."""
    times = [verdict.best_signature_time for verdict in verdicts]
    known = [time for time in times if time is not None]
    return min(known) if known and len(known) == len(times) else None
