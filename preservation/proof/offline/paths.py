"""Certificate paths: from the certificate of a timestamp authority to a root that the inspector trusts.

Source:
    RFC 5280 4.2.1, 5, 6.1, 6.3; ETSI EN 319 102-1 5.2.6
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from asn1crypto import core, crl, x509

from model.signatures import SubIndication
from preservation.cms.digests import UnsupportedAlgorithm
from preservation.proof.offline.signatures import fits, scheme_of, weakness

LIBRARY_ERRORS = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError)
"""What the ASN.1 library raises on hostile bytes."""
TOLERANCE = timedelta(seconds=60)
"""Two clocks that differ by less are taken to agree."""
_LONGEST = 8
"""Certificates in a path."""
_MAX_TRIES = 200
"""Certificate signatures verified while a path is looked for."""
_WITHOUT_NEXT_UPDATE = timedelta(hours=24)
"""How long a revocation list counts that does not say when the next one comes."""
_KNOWN_CRITICAL = frozenset({"key_usage", "extended_key_usage", "basic_constraints", "certificate_policies"})


@dataclass(slots=True)
class Material:
    """Certificates and revocation lists at hand; none of them is trusted for being here."""

    certificates: dict[bytes, x509.Certificate] = field(default_factory=dict)
    """By their DER."""
    revocation_lists: dict[bytes, crl.CertificateList] = field(default_factory=dict)

    def with_token(self, certificates: Iterable[bytes], lists: Iterable[bytes]) -> Material:
        """Return this material and that of a token together."""
        both = Material(dict(self.certificates), dict(self.revocation_lists))
        both.add(certificates, lists)
        return both

    def add(self, certificates: Iterable[bytes], lists: Iterable[bytes] = ()) -> None:
        """Take in what can be read; the rest is left aside."""
        for der in certificates:
            try:
                parsed = x509.Certificate.load(der, strict=True)
                _ = (
                    parsed.subject.hashable,
                    parsed.issuer.hashable,
                    parsed.public_key.algorithm,
                )  # so that it is decoded
            except LIBRARY_ERRORS:
                continue
            self.certificates.setdefault(der, parsed)
        for der in lists:
            try:
                read = crl.CertificateList.load(der, strict=True)
                _ = read.issuer.hashable, read["tbs_cert_list"]["this_update"].native  # so that it is decoded
            except LIBRARY_ERRORS:
                continue
            self.revocation_lists.setdefault(der, read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A path: the authority's certificate first, the root last."""

    certificates: tuple[x509.Certificate, ...]

    @property
    def root(self) -> x509.Certificate:
        """Where it ends."""
        return self.certificates[-1]

    def ends(self) -> datetime:
        """When the first certificate of it ends, not counting the root."""
        below = self.certificates[:-1] or self.certificates
        return min(moment(one.not_valid_after) for one in below)


def signed_by(issuer: x509.Certificate, algorithm: core.Sequence, content: bytes, value: bytes) -> bool:
    """Tell whether a certificate's key made a signature; one of an unknown kind counts as not made by it."""
    try:
        return fits(issuer.public_key, scheme_of(algorithm), content, value)
    except (UnsupportedAlgorithm, *LIBRARY_ERRORS):
        return False


def find_path(leaf: x509.Certificate, material: Material, roots: Sequence[x509.Certificate]) -> Path | None:
    """Return a path from a certificate to one of the roots; none when there is none.

    Every signature on it is verified, and every issuer is an authority that may issue to that depth.
    """
    trusted = {root.dump() for root in roots}
    pool = [*roots, *material.certificates.values()]
    tries = [_MAX_TRIES]

    def climb(path: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...] | None:
        if path[-1].dump() in trusted:
            return path
        for issuer in pool if len(path) < _LONGEST else ():
            if issuer in path or not _may_issue(issuer, path) or not _spend(tries):
                continue
            below = path[-1]
            content = below["tbs_certificate"].dump()
            if signed_by(issuer, below["signature_algorithm"], content, below.signature):
                found = climb((*path, issuer))
                if found:
                    return found
        return None

    certificates = climb((leaf,))
    return Path(certificates=certificates) if certificates else None


def _spend(tries: list[int]) -> bool:
    tries[0] -= 1
    return tries[0] >= 0


def _may_issue(issuer: x509.Certificate, path: tuple[x509.Certificate, ...]) -> bool:
    """Tell whether a certificate may stand above a path (RFC 5280 4.2.1.3, 4.2.1.9)."""
    if issuer.subject != path[-1].issuer:
        return False
    constraints, usage = issuer.basic_constraints_value, issuer.key_usage_value
    if constraints is None or not constraints["ca"].native:
        return False
    if usage is not None and "key_cert_sign" not in usage.native:
        return False
    limit = constraints["path_len_constraint"].native
    between = sum(1 for one in path[1:] if one.subject != one.issuer)
    return limit is None or between <= limit


def problem(path: Path, stamped: datetime, at: datetime, material: Material) -> SubIndication | None:
    """Return why a path cannot be relied on at a time; none when it can.

    Args:
        stamped: when the timestamp says that it was made.
        at: when it must still hold.
    """
    leaf = path.certificates[0]
    if not _for_timestamps(leaf) or any(_unknown_critical(one) for one in path.certificates[:-1]):
        return SubIndication.CHAIN_CONSTRAINTS_FAILURE
    links = list(zip(path.certificates, path.certificates[1:], strict=False))
    said = [_revocation(certificate, issuer, at, material) for certificate, issuer in links]
    if SubIndication.REVOKED_NO_POE in said:
        leaf_revoked = said[0] is SubIndication.REVOKED_NO_POE
        return SubIndication.REVOKED_NO_POE if leaf_revoked else SubIndication.REVOKED_CA_NO_POE
    for certificate in path.certificates[:-1] or path.certificates:
        if not (moment(certificate.not_valid_before) <= stamped and at <= moment(certificate.not_valid_after)):
            return SubIndication.OUT_OF_BOUNDS_NO_POE
    if any(weakness(issuer.public_key, scheme_of(one["signature_algorithm"])) for one, issuer in links):
        return SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    return next((found for found in reversed(said) if found is not None), None)


def _for_timestamps(leaf: x509.Certificate) -> bool:
    """RFC 3161 2.3: the certificate must be for timestamps."""
    purposes, usage = leaf.extended_key_usage_value, leaf.key_usage_value
    signs = usage is None or bool({"digital_signature", "non_repudiation"} & usage.native)
    return signs and purposes is not None and "time_stamping" in purposes.native


def _unknown_critical(certificate: x509.Certificate) -> bool:
    return bool(set(certificate.critical_extensions) - _KNOWN_CRITICAL)


def _revocation(
    certificate: x509.Certificate, issuer: x509.Certificate, at: datetime, material: Material
) -> SubIndication | None:
    """Return what the revocation lists at hand say against a certificate at a time."""
    found: SubIndication | None = SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE
    for one in _lists_for(certificate, issuer, material):
        revoked = _revoked_at(one, certificate.serial_number)
        if revoked is not None and revoked <= at:
            return SubIndication.REVOKED_NO_POE
        tbs = one["tbs_cert_list"]
        issued = moment(tbs["this_update"].native)
        stated = tbs["next_update"].native
        until = moment(stated) if stated else issued + _WITHOUT_NEXT_UPDATE
        speaks = issued <= moment(certificate.not_valid_after)
        if speaks and (revoked is not None or at <= until + TOLERANCE or issued + TOLERANCE >= at):
            found = None
        elif found is not None:
            found = SubIndication.TRY_LATER
    return found


def _lists_for(
    certificate: x509.Certificate, issuer: x509.Certificate, material: Material
) -> Iterator[crl.CertificateList]:
    """Yield the revocation lists that an authority signed itself and that speak of a certificate."""
    usage = issuer.key_usage_value
    if usage is not None and "crl_sign" not in usage.native:
        return
    for one in material.revocation_lists.values():
        if one.issuer != issuer.subject or not _in_scope(one, certificate):
            continue
        if signed_by(issuer, one["signature_algorithm"], one["tbs_cert_list"].dump(), one["signature"].native):
            yield one


def _in_scope(one: crl.CertificateList, certificate: x509.Certificate) -> bool:
    """Tell whether a list speaks of all reasons and of this certificate (RFC 5280 5.2.5, 6.3.3)."""
    if set(one.critical_extensions) - {"issuing_distribution_point"} or one.delta_crl_indicator_value is not None:
        return False
    scope = one.issuing_distribution_point_value
    if scope is None:
        return True
    if any(scope[name].native for name in ("only_some_reasons", "indirect_crl", "only_contains_attribute_certs")):
        return False
    if scope["only_contains_ca_certs" if not certificate.ca else "only_contains_user_certs"].native:
        return False
    named = _names(scope["distribution_point"])
    own = [_names(point["distribution_point"]) for point in certificate.crl_distribution_points_value or ()]
    return not named or any(named & names for names in own)


def _names(point: core.Asn1Value) -> set[bytes]:
    """Return the full names of a distribution point, encoded."""
    chosen = getattr(point, "chosen", None)
    return {name.dump() for name in chosen} if chosen is not None and point.name == "full_name" else set()


def _revoked_at(one: crl.CertificateList, serial: int) -> datetime | None:
    for entry in one["tbs_cert_list"]["revoked_certificates"] or ():
        if entry["user_certificate"].native == serial:
            return moment(entry["revocation_date"].native)
    return None


def moment(native: datetime) -> datetime:
    """Return a time of the ASN.1 library in UTC."""
    return native.astimezone(UTC) if native.tzinfo else native.replace(tzinfo=UTC)
