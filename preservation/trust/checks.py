"""What is to be said about a trust folder: what has ended or soon ends, what is weak, what nobody is trusted for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from asn1crypto import core, crl

from model.dates import utc_text
from model.findings import Finding, Severity, ValidationReport, finding_kind
from model.text import N_
from preservation.cms.certificates import UnreadableCertificate, certificate_facts
from preservation.trust.findings import NO_ANCHOR
from preservation.trust.store import Anchor, Purpose, TrustStore

_SOON = timedelta(days=180)
_LEAST_BITS = {"rsa": 2048, "rsa-pss": 2048, "dsa": 2048, "ecdsa": 256}
"""Circular 15/2025/TT-BKHCN."""

EXPIRED = finding_kind(
    "trust.anchor-expired",
    Severity.INFO,
    N_("The certificate of {name} ended on {time}: it serves what was signed before."),
    remedy=N_("Keep it. Add the authority's newer certificate with `chauban trust add`."),
)
ENDING = finding_kind(
    "trust.anchor-ending",
    Severity.WARNING,
    N_("The certificate of {name} ends on {time}."),
    remedy=N_("Ask the authority for its next certificate and add it with `chauban trust add`."),
)
WEAK = finding_kind(
    "trust.weak-key",
    Severity.WARNING,
    N_("The key of {name} is weak: {algorithm} with {bits} bits."),
    remedy=N_("End the trust in it with `chauban trust end`; signatures proven to be older stay provable."),
    source="Circular 15/2025/TT-BKHCN",
)
UNUSUAL = finding_kind(
    "trust.anchor-unreadable",
    Severity.WARNING,
    N_("The certificate {name} cannot be read, so nothing can lead to it."),
    remedy=N_("Take the certificate again from its authority."),
)
CRL_STALE = finding_kind(
    "trust.crl-stale",
    Severity.WARNING,
    N_("The revocation list of {name} was to be replaced by {time}."),
    remedy=N_("Bring the current list with `chauban trust update FILE`."),
    source="RFC 5280 5.1.2.5",
)


def check_trust(store: TrustStore, now: datetime) -> ValidationReport:
    """Return what is to be said about a trust folder that could be read.

    Args:
        store: its state.
        now: the time for which ends and staleness are told.
    """
    findings = list(store.findings)
    for anchor in store.anchors:
        findings += _of_anchor(anchor, now)
    findings += _stale_lists(store, now)
    for purpose in Purpose:
        if not any(_serves(anchor, now) for anchor in store.trusted((purpose,))):
            findings.append(NO_ANCHOR.at(purpose.value, purpose=purpose.value))
    return ValidationReport.of(store.folder, findings, type="trust")


def _serves(anchor: Anchor, now: datetime) -> bool:
    begun = anchor.valid_from is None or anchor.valid_from <= now
    return begun and (anchor.valid_until is None or now < anchor.valid_until)


def _of_anchor(anchor: Anchor, now: datetime) -> Iterator[Finding]:
    try:
        facts = certificate_facts(anchor.certificate)
    except UnreadableCertificate:
        yield UNUSUAL.at(anchor.file, name=anchor.name)
        return
    end = min(facts.not_after, anchor.valid_until) if anchor.valid_until else facts.not_after
    if end <= now:
        yield EXPIRED.at(anchor.file, name=facts.name, time=utc_text(end))
    elif end - now < _SOON:
        yield ENDING.at(anchor.file, name=facts.name, time=utc_text(end))
    if facts.key_size < _LEAST_BITS.get(facts.key_algorithm, 0):
        yield WEAK.at(anchor.file, name=facts.name, algorithm=facts.key_algorithm, bits=facts.key_size)


def _stale_lists(store: TrustStore, now: datetime) -> Iterator[Finding]:
    """Tell of each issuer whose newest revocation list has ended."""
    newest: dict[str, datetime] = {}
    for der in store.crls:
        issuer, end = crl_head(der)
        if end is not None:
            newest[issuer] = max(end, newest.get(issuer, end))
    for issuer, end in newest.items():
        if end <= now:
            yield CRL_STALE.at(issuer, name=issuer, time=utc_text(end))


def crl_head(der: bytes) -> tuple[str, datetime | None]:
    """Return the issuer of a revocation list and when it is to be replaced; none where it does not say."""
    listed = crl.CertificateList.load(der)["tbs_cert_list"]
    following = listed["next_update"]
    if isinstance(following, core.Void):
        return str(listed["issuer"].human_friendly), None
    moment = following.native
    end = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return str(listed["issuer"].human_friendly), end
