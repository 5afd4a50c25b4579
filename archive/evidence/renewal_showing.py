"""The renewal calendar, and what became of renewals, in words and as JSON."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from archive.evidence.renewal_values import (
    NotRenewed,
    PackageNotHashed,
    PlannedRenewal,
    Postponed,
    RenewalKind,
    RenewalState,
    RenewedBatches,
    RenewResult,
    WouldRenew,
)
from model.dates import utc_text
from model.findings import printable
from model.rendering import date_text
from model.text import N_, _, ngettext
from preservation.signatures.judging.lifetime import LimitKind

CALENDAR_SCHEMA = "evidence-calendar/1"
RENEW_SCHEMA = "evidence-renew/1"
_KINDS = {RenewalKind.TIMESTAMP: N_("new timestamp"), RenewalKind.HASH_TREE: N_("hash anew")}
_STATES = {
    RenewalState.OVERDUE: N_("OVERDUE"),
    RenewalState.DUE: N_("due"),
    RenewalState.PLANNED: N_("planned"),
    RenewalState.UNKNOWN: N_("UNKNOWN"),
}
_SIGNS = {
    RenewalState.OVERDUE: "✗",
    RenewalState.DUE: "!",
    RenewalState.PLANNED: "·",
    RenewalState.UNKNOWN: "?",
}
_REASONS = {
    LimitKind.TSA_CERTIFICATE: N_("the certificate of {name} ends"),
    LimitKind.AUTHORITY_CERTIFICATE: N_("the certificate of the authority {name} ends"),
    LimitKind.TRUST: N_("{name} is trusted until then"),
    LimitKind.SIGNATURE_ALGORITHM: N_("signatures with {name} no longer count"),
    LimitKind.HASH_ALGORITHM: N_("the hash algorithm {name} no longer counts"),
}


def kind_word(kind: RenewalKind) -> str:
    """Return how evidence is renewed, in a word."""
    return _(_KINDS[kind])


def reason_text(plan: PlannedRenewal) -> str:
    """Return why a renewal is needed."""
    if plan.reason is None:
        return _("nobody who is trusted stands behind its timestamp, or it cannot be read")
    return _(_REASONS[plan.reason.kind]).format(name=plan.reason.name)


def calendar_lines(plans: Iterable[PlannedRenewal]) -> Iterator[str]:
    """Yield the calendar: a line for everything that must be done by one day for one reason."""
    for _key, group in groupby(plans, key=_together):
        same = list(group)
        plan = same[0]
        count = ngettext("{count} batch", "{count} batches", len(same)).format(count=len(same))
        packages = sum(item.batch.count for item in same)
        held = ngettext("{count} package", "{count} packages", packages).format(count=packages)
        by = _("until {time}").format(time=date_text(plan.by)) if plan.by else ""
        words = [_(_STATES[plan.state]), by, f"{plan.batch.authority}: {kind_word(plan.kind)}", f"{count}, {held}"]
        yield printable(f"{_SIGNS[plan.state]} {'  '.join(word for word in words if word)}")
        yield printable(f"    {reason_text(plan)}")


def _together(plan: PlannedRenewal) -> tuple[object, ...]:
    return plan.state, plan.by, plan.kind, plan.batch.authority, plan.reason


def plan_json(plan: PlannedRenewal) -> dict[str, object]:
    """Return one planned renewal as JSON."""
    return {
        "schema": CALENDAR_SCHEMA,
        "batch": str(plan.batch.id),
        "authority": plan.batch.authority,
        "algorithm": plan.batch.algorithm,
        "packages": plan.batch.count,
        "sealed": utc_text(plan.batch.time),
        "last_timestamp": utc_text(plan.last) if plan.last else None,
        "timestamps": plan.timestamps,
        "renewal": plan.kind.value,
        "state": plan.state.value,
        "begin": utc_text(plan.begin) if plan.begin else None,
        "by": utc_text(plan.by) if plan.by else None,
        "reason": plan.reason.kind.value if plan.reason else None,
        "what": printable(plan.reason.name) if plan.reason else None,
    }


def result_json(result: RenewResult) -> dict[str, object]:
    """Return what became of a renewal as JSON."""
    data: dict[str, object] = {"schema": RENEW_SCHEMA, "authority": result.authority}
    match result:
        case RenewedBatches():
            return data | {
                "state": "renewed",
                "renewal": result.kind.value,
                "algorithm": result.algorithm,
                "batches": [str(item) for item in result.batches],
                "packages": result.packages,
                "time": utc_text(result.time),
                "by": printable(result.tsa),
                "certificate_expires": utc_text(result.expires),
                "resumed": result.resumed,
            }
        case WouldRenew():
            return data | {
                "state": "would-renew",
                "renewal": result.kind.value,
                "algorithm": result.algorithm,
                "batches": [str(item) for item in result.batches],
                "packages": result.packages,
            }
        case Postponed(batches=batches):
            return data | {"state": "postponed", "batches": [str(item) for item in batches]}
        case NotRenewed(batches=batches, problem=problem):
            return data | {
                "state": "not-renewed",
                "batches": [str(item) for item in batches],
                "problem": printable(problem.message),
                "hint": printable(problem.hint),
            }
        case PackageNotHashed(package=package, problem=problem):
            return data | {
                "state": "package-not-hashed",
                "aip_id": str(package.aip_id),
                "version": package.version,
                "problem": printable(problem.message),
                "hint": printable(problem.hint),
            }


def result_line(result: RenewResult) -> str:
    """Return what became of a renewal in a line."""
    match result:
        case RenewedBatches():
            text = ngettext(
                "{kind}: {count} batch, {packages} packages, one timestamp of {time} by {tsa} ({authority})",
                "{kind}: {count} batches, {packages} packages, one timestamp of {time} by {tsa} ({authority})",
                len(result.batches),
            ).format(
                kind=kind_word(result.kind),
                count=len(result.batches),
                packages=result.packages,
                time=date_text(result.time),
                tsa=result.tsa,
                authority=result.authority,
            )
            return printable(f"✓ {text}")
        case WouldRenew():
            text = ngettext(
                "{kind}: {count} batch, {packages} packages ({authority}, {algorithm})",
                "{kind}: {count} batches, {packages} packages ({authority}, {algorithm})",
                len(result.batches),
            ).format(
                kind=kind_word(result.kind),
                count=len(result.batches),
                packages=result.packages,
                authority=result.authority,
                algorithm=result.algorithm,
            )
            return printable(f"· {text}")
        case Postponed(authority=authority, batches=batches):
            text = ngettext(
                "{count} batch waits: {authority} still signs with what ends as soon as its last timestamp",
                "{count} batches wait: {authority} still signs with what ends as soon as their last timestamps",
                len(batches),
            ).format(count=len(batches), authority=authority)
            return printable(f"! {text}")
        case NotRenewed(problem=problem) | PackageNotHashed(problem=problem):
            return printable(f"✗ {problem}")
