"""How long a timestamp token can be proven, and what must be kept with it so that it can.

Source:
    RFC 4998 5.1 (when a timestamp is renewed), 5.3; ETSI EN 319 102-1 v1.4.1, 5.6.2
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from model.material import Material, MaterialItem, MaterialKind
from model.signatures import AlgorithmUse, FileSignatures, SignedState, TimestampKind
from preservation.evidence.completing import with_validation_data
from preservation.evidence.values import TokenVerdict
from preservation.signatures.judging.chain import Subject, conclusive, described, own_algorithms, path_algorithms
from preservation.signatures.judging.desk import Desk, trust_crls
from preservation.signatures.judging.revocation import Statement
from preservation.signatures.judging.stamps import Stamp, judge_stamps
from preservation.signatures.judging.tokens import judge_token
from preservation.signatures.judging.values import Judging
from preservation.timestamps.token import timestamp_facts
from preservation.trust.store import Purpose

Imprint = Callable[[str], "bytes | None"]
"""Digest of what a token stamps, by algorithm name."""


class LimitKind(StrEnum):
    """What ends."""

    TSA_CERTIFICATE = "tsa-certificate"
    AUTHORITY_CERTIFICATE = "authority-certificate"
    """Of an authority above the one that made the timestamp."""
    TRUST = "trust"
    """The trust in the root, by decision."""
    SIGNATURE_ALGORITHM = "signature-algorithm"
    """Also the digest inside a signature."""
    HASH_ALGORITHM = "hash-algorithm"
    """What the timestamp was made over: no further timestamp helps, the data itself must be hashed anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One thing a token rests on, and when it ends."""

    kind: LimitKind
    name: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfProving:
    """A token with its validation data inside."""

    token: bytes
    verdict: TokenVerdict
    """Its worth at the time of the judgement, going by what it carries and the anchors alone."""


def token_limits(token: bytes, judging: Judging) -> tuple[Limit, ...]:
    """Return when what a token rests on ends, soonest first; nothing where no path leads to an anchor.

    Revocation is not looked at.

    Args:
        token: DER `TimeStampToken`.
        judging: trust (purpose tsa) and policy.
    """
    material = Material()
    facts = timestamp_facts(token, None, id="", kind=TimestampKind.ARCHIVE, material=material)
    desk = Desk(material, replace(judging, collector=None))
    desk.lay_out()
    leaf = desk.certificate(facts.certificate)
    if leaf is None:
        return ()
    held = desk.look_up(leaf, (Purpose.TSA,))
    own = own_algorithms(facts.algorithms)
    found = [tuple(sorted(_limits(replace(subject, own=own)), key=lambda one: one.until)) for subject in held.subjects]
    return max(found, key=lambda limits: limits[0].until, default=())


def _limits(subject: Subject) -> Iterator[Limit]:
    route, policy = subject.route, subject.rules.policy
    leaf = route.leaf.facts
    yield Limit(kind=LimitKind.TSA_CERTIFICATE, name=leaf.name, until=leaf.not_after)
    for cert in route.certs[1:-1]:
        yield Limit(kind=LimitKind.AUTHORITY_CERTIFICATE, name=cert.facts.name, until=cert.facts.not_after)
    if route.anchor.valid_until is not None:
        yield Limit(kind=LimitKind.TRUST, name=route.anchor.name, until=route.anchor.valid_until)
    for use in dict.fromkeys((*subject.own, *(use for _, use in path_algorithms(route)))):
        end = policy.window(use.name, use.use, use.key_size).until
        if end is not None:
            yield Limit(kind=_kind(use), name=described(use), until=end)


def _kind(use: AlgorithmUse) -> LimitKind:
    return LimitKind.HASH_ALGORITHM if use.use == "imprint" else LimitKind.SIGNATURE_ALGORITHM


def self_proving(token: bytes, imprint: Imprint, judging: Judging, at_hand: Iterable[MaterialItem] = ()) -> SelfProving:
    """Return a token into which everything is laid that proves it valid at the time of the judgement.

    Args:
        token: DER `TimeStampToken`; what it carries already stays.
        imprint: digest of what it stamps.
        judging: trust (purpose tsa), policy and the time; its collector fetches what is missing.
        at_hand: further validation data.

    Raises:
        ValueError: it is no token.
    """
    material = Material()
    material.update(at_hand)
    facts = timestamp_facts(token, imprint, id="timestamp", kind=TimestampKind.ARCHIVE, material=material)
    desk = Desk(material, judging)
    desk.lay_out()
    (stamp,) = judge_stamps(FileSignatures(path="", state=SignedState.UNSIGNED, timestamps=(facts,)), desk).file
    completed = token if stamp.assessment is None else _completed(token, stamp, desk)
    alone = replace(judging, trust=replace(judging.trust, crls=()), collector=None)
    return SelfProving(token=completed, verdict=judge_token(completed, imprint, alone, id="timestamp"))


def _completed(token: bytes, stamp: Stamp, desk: Desk) -> bytes:
    """Lay in the certificates of the path that holds, and of each the newest word that it was good."""
    route = stamp.assessment.route if stamp.assessment else None
    subject = next((one for one in stamp.held.subjects if one.route == route), None) if stamp.held else None
    if subject is None:
        return token
    contents = {item.id: item.content for item in desk.material} | dict(trust_crls(desk.judging))
    certificates = {cert.id: cert.der for cert in subject.route.certs[:-1]}
    crls: dict[str, bytes] = {}
    ocsps: dict[str, bytes] = {}
    for position, said in enumerate(subject.said):
        one = _proof(subject, position, said, desk.judging.at)
        if one is None or one.material not in contents:
            continue
        (crls if one.kind == MaterialKind.CRL.value else ocsps)[one.material] = contents[one.material]
        certificates |= {signer: contents[signer] for signer in one.signers if signer in contents}
    return with_validation_data(token, certificates.values(), crls.values(), ocsps.values())


def _proof(subject: Subject, position: int, said: Iterable[Statement], at: datetime) -> Statement | None:
    """Return the newest statement that proves a certificate good: a list before a response, as more programs read it.

    `openssl ts` reads no token with an OCSP response among its lists.
    """
    cert = subject.route.certs[position]
    if cert.needs_no_revocation:
        return None
    proofs = [one for one in said if conclusive(one, cert, at, subject.rules, at)]
    return next((one for one in proofs if one.kind == MaterialKind.CRL.value), next(iter(proofs), None))
