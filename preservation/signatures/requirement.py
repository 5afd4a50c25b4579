"""Which valid signatures somebody demands of a file, beyond the verdict on those it has."""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from model.findings import Finding, Outcome, Severity
from model.signatures import Indication, Role, SignatureReport, SignedState
from model.text import N_
from preservation.signatures import findings as kinds


class Requirement(StrEnum):
    """What is demanded."""

    ANY = "any"
    """At least one signature, whoever made it."""
    NONE = "none"
    """Nothing: an unsigned file is in order, a signed one is judged as always."""
    PERSON = "person"
    AGENCY = "agency"
    BOTH = "both"
    """A person's and the agency's (Decree 30/2020/NĐ-CP)."""


_ROLES = {
    Requirement.PERSON: (Role.PERSON,),
    Requirement.AGENCY: (Role.AGENCY,),
    Requirement.BOTH: (Role.PERSON, Role.AGENCY),
}
_WHO = {Role.PERSON: N_("of a person"), Role.AGENCY: N_("of the agency")}
_UNSIGNED = {SignedState.UNSIGNED, SignedState.NOT_SIGNABLE}
_ABSENT = {kinds.NONE.code, kinds.NOT_SIGNABLE.code}


def required(
    report: SignatureReport, requirement: Requirement, beside: Iterable[SignatureReport] = ()
) -> SignatureReport:
    """Return the report as it stands under what is demanded.

    Args:
        report: on the file.
        requirement: what is demanded.
        beside: reports on the detached signatures of the file.
    """
    signing = (report, *beside)
    if requirement is Requirement.NONE:
        alone = len(signing) == 1 and report.file.state in _UNSIGNED
        return _unsigned_allowed(report) if alone else report
    passed = {
        verdict.role for one in signing for verdict in one.verdicts if verdict.indication is Indication.TOTAL_PASSED
    }
    missing = [role for role in _ROLES.get(requirement, ()) if role not in passed]
    if not missing:
        return report
    told = tuple(kinds.ROLE_MISSING.at(report.file.path, what=_WHO[role]) for role in missing)
    outcome = Outcome.FAILED if report.outcome is Outcome.FAILED else Outcome.INDETERMINATE
    return _with(report, (*report.file.findings, *told), outcome)


def _unsigned_allowed(report: SignatureReport) -> SignatureReport:
    """Let a file without signatures pass, unless a timestamp of it is wrong."""
    findings = tuple(
        replace(finding, severity=Severity.INFO) if finding.code in _ABSENT else finding
        for finding in report.file.findings
    )
    outcomes = {verdict.outcome for verdict in report.timestamps}
    outcomes |= {Outcome.INDETERMINATE for one in findings if one.undecided and one.code not in _ABSENT}
    order = (Outcome.FAILED, Outcome.INDETERMINATE)
    return _with(report, findings, next((one for one in order if one in outcomes), Outcome.PASSED))


def _with(report: SignatureReport, findings: tuple[Finding, ...], outcome: Outcome) -> SignatureReport:
    return replace(report, file=replace(report.file, findings=findings), outcome=outcome)
