"""Everything at hand for one file: certificates, revocation data, paths, and what may still be fetched.

The cascade asks the desk for a certificate's paths and judges them; it never looks at trust or material itself.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from model.material import Material, MaterialKind
from model.signatures import AlgorithmUse, CertificateFacts, Role
from preservation.cms.certificates import UnreadableCertificate
from preservation.signatures.judging.certificates import Cert, cert_of
from preservation.signatures.judging.chain import Assessment, Rules, Subject, Times, assess, conclusive
from preservation.signatures.judging.paths import Pool, find_routes, index_of, partial_chain
from preservation.signatures.judging.revocation import Revocations, Statement, gather, statements, take_crl
from preservation.signatures.judging.values import Judging
from preservation.trust.store import SIGNING, Anchor, Purpose

MAX_CERTIFICATES = 5000
"""Certificates of one file that are looked at."""
_TSA = (Purpose.TSA,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A certificate at hand, with its paths and what is said about them."""

    leaf: Cert
    subjects: tuple[Subject, ...]


@dataclass(slots=True)
class Desk:
    """What is at hand for one file."""

    material: Material
    judging: Judging
    pool: Pool = field(default_factory=Pool)
    revocations: Revocations = field(default_factory=Revocations)
    unreadable: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    """Ids of the certificates for which material was fetched once."""
    past: bool = False
    """It stands for an earlier time than the check: only what was there already then proves anything good."""
    size: int = -1
    held: dict[tuple[str, tuple[Purpose, ...]], Held] = field(default_factory=dict)

    def lay_out(self) -> None:
        """Take in what the material and the trust store hold, again where more has been fetched."""
        if self.size == len(self.material):
            return
        self.size = len(self.material)
        self.pool, self.unreadable, self.held = Pool(), [], {}
        for cert in index_of(self.judging.trust).certs:
            self.pool.add(cert)
        for identifier, item in self.material.items.items():
            if item.kind is MaterialKind.CERTIFICATE and len(self.pool.ids) < MAX_CERTIFICATES:
                self._take(identifier, item.content)
        self.revocations = gather(self.material)
        for certificate in (one for files in self.revocations.ocsps.values() for file in files for one in file.certs):
            self.pool.add(certificate)
        for identifier, content in trust_crls(self.judging):
            take_crl(self.revocations, identifier, content)

    def _take(self, identifier: str, content: bytes) -> None:
        try:
            self.pool.add(cert_of(identifier, content))
        except UnreadableCertificate:
            self.unreadable.append(identifier)

    def certificate(self, facts: CertificateFacts | None) -> Cert | None:
        """Return the certificate that facts speak of; none where it is not in the material."""
        content = self.material.get(facts.id) if facts else None
        return cert_of(facts.id, content) if facts and content else None

    def look_up(self, leaf: Cert, purposes: tuple[Purpose, ...]) -> Held:
        """Return a certificate's paths; what is missing is fetched once, where a collector is given."""
        self.lay_out()
        found = self._find(leaf, purposes)
        collector = self.judging.collector
        if collector is not None and leaf.id not in self.asked and self._lacks(found):
            self.asked.add(leaf.id)
            chain = found.subjects[0].route.certs if found.subjects else partial_chain(leaf, self.pool)
            at, policy = self.judging.at, self.judging.policy
            collector.collect(tuple(cert.der for cert in chain), self.material, at, policy)
            self.lay_out()
            found = self._find(leaf, purposes)
        return found

    def _find(self, leaf: Cert, purposes: tuple[Purpose, ...]) -> Held:
        key = (leaf.id, purposes)
        if key not in self.held:
            routes = find_routes(leaf, purposes, index_of(self.judging.trust), self.pool)
            self.held[key] = Held(
                leaf=leaf,
                subjects=tuple(
                    Subject(
                        route=route,
                        said=tuple(
                            self._known(statements(route, position, self.pool, self.revocations))
                            for position in range(len(route.links))
                        ),
                        own=(),
                        rules=Rules.of(self.judging.policy, purpose_of(route.anchor, leaf, purposes)),
                    )
                    for route in routes
                ),
            )
        return self.held[key]

    def _known(self, said: tuple[Statement, ...]) -> tuple[Statement, ...]:
        """Leave out what came after an earlier time, but for word of what was revoked by then."""
        if not self.past:
            return said
        limit = self.judging.at + self.judging.policy.tolerance
        return tuple(
            one
            for one in said
            if (one.revoked_at is not None and one.revoked_at <= limit)
            or max(one.this_update, self._obtained(one.material) or one.this_update) <= limit
        )

    def _obtained(self, identifier: str) -> datetime | None:
        item = self.material.items.get(identifier)
        return item.obtained if item else None

    def _lacks(self, found: Held) -> bool:
        """Tell whether an issuer, or news about a certificate of the first path, is missing."""
        if not found.subjects:
            return True
        subject, at = found.subjects[0], self.judging.at
        return any(
            not cert.needs_no_revocation and not any(conclusive(one, cert, at, subject.rules, at) for one in said)
            for (cert, _), said in zip(subject.route.links, subject.said, strict=True)
        )

    def trusts_nobody(self, purposes: Sequence[Purpose]) -> bool:
        """Tell whether no anchor serves a purpose at all."""
        return not self.judging.trust.trusted(purposes)

    def until(self, at: datetime) -> "Desk":
        """Return the same desk as it stands for an earlier time, where nothing more is fetched."""
        other = Desk(self.material, replace(self.judging, at=at, collector=None), past=True)
        other.lay_out()
        return other


_trust_crls: dict[str, tuple[tuple[str, bytes], ...]] = {}


def trust_crls(judging: Judging) -> tuple[tuple[str, bytes], ...]:
    """Return the CRLs of a trust store with their ids; those of the last few stores are remembered."""
    trust = judging.trust
    if trust.id not in _trust_crls:
        if len(_trust_crls) >= 8:
            _trust_crls.clear()
        _trust_crls[trust.id] = tuple((hashlib.sha256(one).hexdigest(), one) for one in trust.crls)
    return _trust_crls[trust.id]


def purpose_of(anchor: Anchor, leaf: Cert, purposes: tuple[Purpose, ...]) -> Purpose:
    """Return the purpose by whose rules a path is judged."""
    if purposes == _TSA:
        return Purpose.TSA
    return Purpose.AGENCY_SEAL if role_of(anchor, leaf.facts) is Role.AGENCY else Purpose.DOCUMENT_SIGNER


def role_of(anchor: Anchor, facts: CertificateFacts) -> Role:
    """Tell on whose behalf a signature was made: the anchor decides where it serves one role only."""
    served = set(anchor.purposes) & set(SIGNING)
    if served == {Purpose.AGENCY_SEAL}:
        return Role.AGENCY
    if served == {Purpose.DOCUMENT_SIGNER}:
        return Role.PERSON
    return facts.role


def best_assessment(held: Held, own: tuple[AlgorithmUse, ...], times: Times) -> Assessment | None:
    """Judge every path of a certificate; return the first that holds, else the one that came furthest."""
    found = [assess(replace(subject, own=own), times) for subject in held.subjects]
    passing = next((one for one in found if one.passed), None)
    return passing or min(found, key=lambda one: len(one.problems), default=None)
