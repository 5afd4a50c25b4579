"""The last time at which a path is known to have held, going only by what is proven to be old enough.

Pure. Used for signatures and timestamps whose certificates no longer hold today.

Source:
    ETSI EN 319 102-1 v1.4.1, 5.6.2.1 (past certificate validation) and 5.6.2.2 (validation time sliding)
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from preservation.signatures.judging.certificates import Cert
from preservation.signatures.judging.chain import Subject, fresh_until, path_algorithms, speaks
from preservation.signatures.judging.paths import unsoundness
from preservation.signatures.judging.revocation import Statement


@dataclass(slots=True)
class Poes:
    """Since when each thing is proven to exist; what nothing proves exists since the check."""

    at: datetime
    times: dict[str, datetime] = field(default_factory=dict)
    """By id of a piece of material, or of a signature (`signature_key`)."""

    def __getitem__(self, identifier: str) -> datetime:
        return min(self.times.get(identifier, self.at), self.at)

    def prove(self, identifiers: Iterable[str], moment: datetime) -> None:
        """Note that some things existed at a time; an earlier proof stays."""
        for identifier in identifiers:
            if identifier:
                self.times[identifier] = min(self.times.get(identifier, moment), moment)


def signature_key(identifier: str) -> str:
    """Return the name under which the existence of a signature value is noted."""
    return f"signature:{identifier}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    """Where the time came to rest, or at whose certificate it found no hold."""

    control_time: datetime | None
    unproven: Cert | None = None


def slide(subject: Subject, poes: Poes) -> Slide:
    """Return the last time at which a path is known to have held.

    From the authority next to the anchor down to the leaf: each certificate, and a statement that it was good, must be
    proven to have existed before the time reached so far; the time then goes back to where that statement was still
    news, the certificate still valid, or its algorithms still counted.
    """
    route = subject.route
    if unsoundness(route, subject.rules.certificate) is not None:
        return Slide(control_time=None, unproven=route.leaf)
    control = poes.at if route.anchor.valid_until is None else min(poes.at, route.anchor.valid_until)
    if not route.links:
        return Slide(control_time=min(control, route.leaf.facts.not_after))
    for position in reversed(range(len(route.links))):
        cert = route.certs[position]
        if poes[cert.id] > control:
            return Slide(control_time=None, unproven=cert)
        reached = _one_certificate(subject, position, control, poes)
        if reached is None:
            return Slide(control_time=None, unproven=cert)
        control = min(reached, cert.facts.not_after)
    for _, use in path_algorithms(route):
        window = subject.rules.policy.window(use.name, use.use, use.key_size)
        if not window.allowed:
            return Slide(control_time=None, unproven=route.leaf)
        control = control if window.until is None else min(control, window.until)
    return Slide(control_time=control)


def _one_certificate(subject: Subject, position: int, control: datetime, poes: Poes) -> datetime | None:
    """Return the time after looking at one certificate; none where nothing about it is proven."""
    cert, said = subject.route.certs[position], subject.said[position]
    held = said[0].revoked_at if said and said[0].on_hold else None
    ends = [one.revoked_at for one in said if one.revoked_at is not None and not one.on_hold]
    reached = min([control, *ends, *([held] if held else [])])
    if cert.needs_no_revocation:
        return reached
    usable = [one for one in said if _usable(one, cert, control, poes, subject)]
    if any(one.revoked_at is not None for one in usable):
        return reached
    freshest = max((fresh_until(one, subject.rules.revocation) for one in usable), default=None)
    return None if freshest is None else min(reached, freshest)


def _usable(one: Statement, cert: Cert, control: datetime, poes: Poes, subject: Subject) -> bool:
    dated = poes[one.material]
    return (
        not one.partial
        and not one.on_hold
        and one.this_update <= control
        and dated <= control
        and (one.revoked_at is not None or speaks(one, cert))
        and all(subject.rules.policy.window(use.name, use.use, use.key_size).at(dated) for use in one.algorithms)
    )
