"""What the CRLs and OCSP responses at hand say about a certificate, once their own authority is established.

Each becomes a `Statement` about one certificate. Whether a statement is fresh enough, or dated, is judged apart
(`chain.py`, `sliding.py`): here only bytes count.

Source:
    RFC 5280 sections 5 and 6.3, RFC 6960
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from asn1crypto import core, crl, ocsp, x509

from model.material import Material, MaterialKind
from model.signatures import AlgorithmUse
from preservation.cms.certificates import UnreadableCertificate, key_facts
from preservation.cms.keys import SignatureScheme, UnsupportedAlgorithm, scheme_of
from preservation.cms.tlv import sequence_as_sent
from preservation.signatures.judging.certificates import (
    Cert,
    cert_from,
    comparable,
    general_names,
    issued_by,
    signed_by,
)
from preservation.signatures.judging.paths import Pool, Route

MAX_KEPT_BYTES = 96 << 20
"""Bytes of revocation data kept parsed between files."""
MAX_ENTRIES_READ = 2_000_000
"""Entries of one CRL that are read one by one, where the fast reader cannot read it."""
MAX_SINGLE_RESPONSES = 200
_EXPIRED_CERTS_ON_CRL = "2.5.29.60"
_CRL_EXTENSIONS = {
    "issuer_alt_name",
    "crl_number",
    "delta_crl_indicator",
    "issuing_distribution_point",
    "authority_key_identifier",
    "freshest_crl",
    "authority_information_access",
}
_HOLD, _REMOVED = "certificate_hold", "remove_from_crl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one CRL or OCSP response says about one certificate."""

    material: str
    """Id of the CRL or OCSP response."""
    kind: str
    """`crl` or `ocsp`."""
    this_update: datetime
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    """None: it says that the certificate is not revoked."""
    reason: str = ""
    partial: bool = False
    """It speaks only of some reasons, or only of changes: not being in it proves nothing."""
    expired_since: datetime | None = None
    """It also speaks of certificates that ended since then."""
    algorithms: tuple[AlgorithmUse, ...] = ()
    """What its own signature rests on."""
    signers: tuple[str, ...] = ()
    """Ids of certificates it rests on that are not in the path."""

    @property
    def on_hold(self) -> bool:
        """Whether the certificate is suspended rather than revoked."""
        return self.revoked_at is not None and self.reason == _HOLD


@dataclass(slots=True)
class CrlFile:
    """One revocation list, parsed as far as needed."""

    id: str
    der: bytes
    parsed: crl.CertificateList
    issuer: str
    this_update: datetime
    next_update: datetime | None
    scheme: SignatureScheme | None
    fast: Any = None
    """The same list in the cryptography library; none where it cannot read it."""
    serials: dict[int, tuple[datetime, str]] | None = None
    verified: dict[str, bool] = field(default_factory=dict)
    """By id of the signing certificate."""

    def signed_by(self, signer: Cert) -> bool:
        """Tell whether a certificate's key made it."""
        if signer.id not in self.verified:
            self.verified[signer.id] = signed_by(
                signer,
                self.scheme,
                bytes(self.parsed["signature"].native),
                bytes(sequence_as_sent(self.parsed["tbs_cert_list"])),
            )
        return self.verified[signer.id]

    def entry(self, cert: Cert) -> tuple[datetime, str] | None:
        """Return since when and why a certificate of the list's own issuer is revoked; none when it is not."""
        serial = int(cert.parsed.serial_number)
        if self.fast is not None and serial > 0:
            found = self.fast.get_revoked_certificate_by_serial_number(serial)
            return None if found is None else (found.revocation_date_utc.replace(tzinfo=UTC), _fast_reason(found))
        if self.serials is None:
            self.serials = dict(_entries(self.parsed))
        return self.serials.get(serial)


def _fast_reason(entry: Any) -> str:
    from cryptography import x509 as library

    try:
        name = entry.extensions.get_extension_for_class(library.CRLReason).value.reason.name
    except (library.ExtensionNotFound, ValueError):
        return "unspecified"
    return str(name)


def _entries(parsed: crl.CertificateList) -> Iterator[tuple[int, tuple[datetime, str]]]:
    for count, entry in enumerate(parsed["tbs_cert_list"]["revoked_certificates"] or ()):
        if count >= MAX_ENTRIES_READ:
            raise ValueError("too many entries")
        reason = entry.crl_reason_value
        yield (
            int(entry["user_certificate"].native),
            (entry["revocation_date"].native, str(reason.native) if reason else "unspecified"),
        )


@dataclass(frozen=True, slots=True)
class OcspFile:
    """One OCSP response."""

    id: str
    der: bytes
    basic: ocsp.BasicOCSPResponse
    singles: tuple[ocsp.SingleResponse, ...]
    certs: tuple[Cert, ...]
    scheme: SignatureScheme | None
    produced: datetime


_kept: "OrderedDict[str, CrlFile | OcspFile]" = OrderedDict()


def _remember(item: CrlFile | OcspFile) -> None:
    _kept[item.id] = item
    total = sum(len(one.der) for one in _kept.values()) if len(_kept) % 16 == 0 or len(item.der) > 1 << 20 else 0
    while (total > MAX_KEPT_BYTES or len(_kept) > 2048) and len(_kept) > 1:
        total -= len(_kept.popitem(last=False)[1].der)


@dataclass(slots=True)
class Revocations:
    """The CRLs and OCSP responses at hand, by what they can speak about."""

    crls: dict[str, list[CrlFile]] = field(default_factory=dict)
    """By issuer name."""
    indirect: list[CrlFile] = field(default_factory=list)
    ocsps: dict[int, list[OcspFile]] = field(default_factory=dict)
    """By serial number."""
    unreadable: list[str] = field(default_factory=list)
    """Ids of what could not be read."""
    found: dict[tuple[str, ...], tuple[Statement, ...]] = field(default_factory=dict)
    """Statements already looked for, by certificate and issuer."""


def gather(material: Material) -> Revocations:
    """Read the revocation data of a collection; what cannot be read is left aside and named."""
    pool = Revocations()
    for identifier, item in material.items.items():
        if item.kind is MaterialKind.CRL:
            take_crl(pool, identifier, item.content)
        elif item.kind is MaterialKind.OCSP:
            _take_ocsp(pool, identifier, item.content)
    return pool


def take_crl(pool: Revocations, identifier: str, der: bytes) -> None:
    """Take one CRL in."""
    try:
        known = _kept.get(identifier) or _read_crl(identifier, der)
    except Exception:  # noqa: BLE001 - the parser raises many kinds on hostile bytes; it is named as unreadable
        pool.unreadable.append(identifier)
        return
    if isinstance(known, CrlFile):
        pool.crls.setdefault(known.issuer, []).append(known)
        if _is_indirect(known):
            pool.indirect.append(known)


def _take_ocsp(pool: Revocations, identifier: str, der: bytes) -> None:
    try:
        known = _kept.get(identifier) or _read_ocsp(identifier, der)
    except Exception:  # noqa: BLE001 - the parser raises many kinds on hostile bytes; it is named as unreadable
        pool.unreadable.append(identifier)
        return
    if isinstance(known, OcspFile):
        for serial in {int(single["cert_id"]["serial_number"].native) for single in known.singles}:
            pool.ocsps.setdefault(serial, []).append(known)


def _read_crl(identifier: str, der: bytes) -> CrlFile:
    from cryptography import x509 as library

    parsed = crl.CertificateList.load(der)
    signed = parsed["tbs_cert_list"]
    try:
        fast = library.load_der_x509_crl(der)
    except (ValueError, TypeError):
        fast = None
    item = CrlFile(
        id=identifier,
        der=der,
        parsed=parsed,
        issuer=comparable(parsed.issuer),
        this_update=_aware(signed["this_update"].native),
        next_update=_aware_or_none(signed["next_update"].native),
        scheme=_scheme(parsed["signature_algorithm"]),
        fast=fast,
    )
    _remember(item)
    return item


def _read_ocsp(identifier: str, der: bytes) -> OcspFile:
    response = ocsp.OCSPResponse.load(der)
    basic = response.basic_ocsp_response
    data = basic["tbs_response_data"]
    certs = []
    for certificate in basic["certs"] or ():
        try:
            certs.append(cert_from(certificate.dump()))
        except UnreadableCertificate:
            continue
    item = OcspFile(
        identifier,
        der,
        basic,
        tuple(data["responses"])[:MAX_SINGLE_RESPONSES],
        tuple(certs[:20]),
        _scheme(basic["signature_algorithm"]),
        _aware(data["produced_at"].native),
    )
    _remember(item)
    return item


def _scheme(algorithm: Any) -> SignatureScheme | None:
    try:
        return scheme_of(algorithm, None)
    except UnsupportedAlgorithm:
        return None


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _aware_or_none(moment: datetime | None) -> datetime | None:
    return None if moment is None else _aware(moment)


# --- statements --------------------------------------------------------------------------------------------------


def statements(route: Route, position: int, pool: Pool, revocations: Revocations) -> tuple[Statement, ...]:
    """Return everything that is said with authority about one certificate of a path, newest first.

    Args:
        route: the path.
        position: of the certificate in it, 0 for the leaf; not the anchor.
        pool: certificates at hand, for signers of CRLs that are not in the path.
        revocations: CRLs and OCSP responses at hand.
    """
    key = route.ids[position:]
    if key not in revocations.found:
        cert, issuer = route.certs[position], route.certs[position + 1]
        said = [*_from_ocsps(cert, issuer, pool, revocations), *_from_crls(route, position, pool, revocations)]
        revocations.found[key] = tuple(sorted(said, key=lambda one: one.this_update, reverse=True))
    return revocations.found[key]


def _from_crls(route: Route, position: int, pool: Pool, revocations: Revocations) -> Iterator[Statement]:
    cert = route.certs[position]
    direct = revocations.crls.get(cert.issuer, ())
    others = [item for item in revocations.indirect if item.issuer != cert.issuer]
    named = _named_crl_issuers(cert) if others else set()
    for item in (*direct, *(item for item in others if item.issuer in named)):
        yield from _tolerated(item.id, revocations, _from_crl(item, route, position, pool))


def _tolerated(identifier: str, revocations: Revocations, said: Iterator[Statement]) -> tuple[Statement, ...]:
    """Return what a piece says; nothing where reading it further fails, so that one bad piece hides no good one."""
    try:
        return tuple(said)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception:  # noqa: BLE001 - the parser raises many kinds on hostile bytes; the piece is named as unreadable
        revocations.unreadable.append(identifier)
        return ()


def _from_crl(item: CrlFile, route: Route, position: int, pool: Pool) -> Iterator[Statement]:
    issuer = route.certs[position + 1]
    signer = _crl_signer(item, issuer, route.certs[position + 1 :], pool)
    if signer is not None:
        yield from _crl_statement(item, route.certs[position], signer, issuer)


def _crl_signer(item: CrlFile, issuer: Cert, above: tuple[Cert, ...], pool: Pool) -> Cert | None:
    """Return the certificate with which a CRL was signed, if its authority is established.

    It is the issuer of the certificate in question; or bears the CRL's issuer name, may sign CRLs, and was itself
    issued by that issuer or by one above it.
    """
    if item.issuer == issuer.subject and _may_sign_crls(issuer, named=False) and item.signed_by(issuer):
        return issuer
    for other in pool.named(item.issuer)[:20]:
        if other.key == issuer.key or not _may_sign_crls(other, named=True) or not _lived(other, item.this_update):
            continue
        if any(issued_by(other, one) for one in above) and item.signed_by(other):
            return other
    return None


def _may_sign_crls(cert: Cert, *, named: bool) -> bool:
    return not named if cert.key_usage is None else "crl_sign" in cert.key_usage


def _lived(cert: Cert, moment: datetime) -> bool:
    return cert.facts.not_before <= moment <= cert.facts.not_after


def _crl_statement(item: CrlFile, cert: Cert, signer: Cert, issuer: Cert) -> Iterator[Statement]:
    partial = _partial(item, cert)
    if partial is None:
        return
    entry = _entry(item, cert, signer)
    removed = entry is not None and entry[1] == _REMOVED
    if partial and (entry is None or removed):
        return
    yield Statement(
        material=item.id,
        kind="crl",
        this_update=item.this_update,
        next_update=item.next_update,
        revoked_at=None if entry is None or removed else _aware(entry[0]),
        reason="" if entry is None or removed else entry[1],
        partial=partial,
        expired_since=_expired_since(item),
        algorithms=_algorithms(item.scheme, signer),
        signers=() if signer == issuer else (signer.id,),
    )


def _entry(item: CrlFile, cert: Cert, signer: Cert) -> tuple[datetime, str] | None:
    if not _is_indirect(item):
        return item.entry(cert)
    from pyhanko_certvalidator.revinfo.validate_crl import find_cert_in_list

    moment, reason = find_cert_in_list(cert.parsed, cert.parsed.issuer, item.parsed, signer.parsed.subject)
    return None if moment is None else (moment, str(reason.native))


def _partial(item: CrlFile, cert: Cert) -> bool | None:
    """Tell whether a CRL speaks of all revocations of a certificate (False), of some (True), or not of it (None)."""
    if item.parsed.critical_extensions - _CRL_EXTENSIONS:
        return None
    partial = item.parsed.delta_crl_indicator_value is not None
    scope = item.parsed.issuing_distribution_point_value
    if scope is None:
        return partial
    is_ca = bool(cert.parsed.ca)
    if scope["only_contains_attribute_certs"].native:
        return None
    if scope["only_contains_user_certs"].native and is_ca:
        return None
    if scope["only_contains_ca_certs"].native and not is_ca:
        return None
    if not _same_distribution_point(scope, cert):
        return None
    return partial or scope["only_some_reasons"].native is not None


def _same_distribution_point(scope: crl.IssuingDistributionPoint, cert: Cert) -> bool:
    """Tell whether the part of the issuer's certificates that a CRL is for includes this one (RFC 5280, 6.3.3 b 2)."""
    point = scope["distribution_point"]
    if not point or point.name != "full_name":
        return not point
    wanted = general_names(point.chosen)
    for own in cert.parsed.crl_distribution_points_value or ():
        name = own["distribution_point"]
        if name and name.name == "full_name" and not wanted.isdisjoint(general_names(name.chosen)):
            return True
        if own["crl_issuer"] and not wanted.isdisjoint(general_names(own["crl_issuer"])):
            return True
    return False


def _is_indirect(item: CrlFile) -> bool:
    scope = item.parsed.issuing_distribution_point_value
    return bool(scope is not None and scope["indirect_crl"].native)


def _named_crl_issuers(cert: Cert) -> set[str]:
    return {
        comparable(name.chosen)
        for point in cert.parsed.crl_distribution_points_value or ()
        for name in point["crl_issuer"] or ()
        if name.name == "directory_name"
    }


def _expired_since(item: CrlFile) -> datetime | None:
    for extension in item.parsed["tbs_cert_list"]["crl_extensions"] or ():
        if extension["extn_id"].dotted == _EXPIRED_CERTS_ON_CRL:
            return _aware(core.GeneralizedTime.load(bytes(extension["extn_value"])).native)
    return None


def _from_ocsps(cert: Cert, issuer: Cert, pool: Pool, revocations: Revocations) -> Iterator[Statement]:
    for item in revocations.ocsps.get(int(cert.parsed.serial_number), ()):
        yield from _tolerated(item.id, revocations, _from_ocsp(item, cert, issuer, pool, revocations))


def _from_ocsp(item: OcspFile, cert: Cert, issuer: Cert, pool: Pool, revocations: Revocations) -> Iterator[Statement]:
    singles = [single for single in item.singles if _is_about(single, cert, issuer)]
    signer = _responder(item, issuer, pool) if singles else None
    if signer is None or _withdrawn(signer, issuer, item.produced, revocations):
        return
    for single in singles:
        yield from _ocsp_statement(item, single, signer, issuer)


def _is_about(single: ocsp.SingleResponse, cert: Cert, issuer: Cert) -> bool:
    wanted = single["cert_id"]
    if int(wanted["serial_number"].native) != int(cert.parsed.serial_number):
        return False
    name = str(wanted["hash_algorithm"]["algorithm"].native)
    if name not in {"sha1", "sha224", "sha256", "sha384", "sha512"}:
        return False
    key = bytes(issuer.parsed.public_key["public_key"])
    names = {cert.parsed.issuer.dump(), issuer.parsed.subject.dump()}
    return bytes(wanted["issuer_key_hash"].native) == hashlib.new(name, key).digest() and any(
        bytes(wanted["issuer_name_hash"].native) == hashlib.new(name, one).digest() for one in names
    )


def _responder(item: OcspFile, issuer: Cert, pool: Pool) -> Cert | None:
    """Return the certificate with which a response was signed: the issuer's, or one it made (RFC 6960, 4.2.2.2)."""
    signature = bytes(item.basic["signature"].native)
    data = bytes(sequence_as_sent(item.basic["tbs_response_data"]))
    for candidate in _named_responders(item, issuer, pool):
        own = candidate.key == issuer.key and candidate.subject == issuer.subject
        delegated = "ocsp_signing" in (candidate.extended_key_usage or ()) and issued_by(candidate, issuer)
        if not own and not (delegated and _lived(candidate, item.produced)):
            continue
        if signed_by(candidate, item.scheme, signature, data):
            return candidate
    return None


def _named_responders(item: OcspFile, issuer: Cert, pool: Pool) -> Iterator[Cert]:
    who = item.basic["tbs_response_data"]["responder_id"]
    candidates: Iterable[Cert] = (issuer, *item.certs)
    if who.name == "by_key":
        wanted = bytes(who.chosen.native)
        for cert in candidates:
            key = bytes(cert.parsed.public_key["public_key"])
            if hashlib.sha1(key, usedforsecurity=False).digest() == wanted:
                yield cert
        return
    name = comparable(x509.Name.load(who.chosen.untag().dump()) if who.chosen.tag else who.chosen)
    for cert in (*candidates, *pool.named(name)[:20]):
        if cert.subject == name:
            yield cert


def _withdrawn(signer: Cert, issuer: Cert, moment: datetime, revocations: Revocations) -> bool:
    """Tell whether the issuer's own CRLs say that a responder's certificate was revoked before it answered."""
    if signer.key == issuer.key or signer.parsed.ocsp_no_check_value is not None:
        return False
    for item in revocations.crls.get(issuer.subject, ()):
        entry = item.entry(signer) if not _is_indirect(item) and item.signed_by(issuer) else None
        if entry is not None and entry[1] != _REMOVED and _aware(entry[0]) <= moment:
            return True
    return False


def _ocsp_statement(item: OcspFile, single: ocsp.SingleResponse, signer: Cert, issuer: Cert) -> Iterator[Statement]:
    status = single["cert_status"]
    if status.name not in {"good", "revoked"}:
        return
    revoked = status.name == "revoked"
    reason = status.chosen["revocation_reason"].native if revoked else None
    cutoff = single.archive_cutoff_value
    yield Statement(
        material=item.id,
        kind="ocsp",
        this_update=_aware(single["this_update"].native),
        next_update=_aware_or_none(single["next_update"].native),
        revoked_at=_aware(status.chosen["revocation_time"].native) if revoked else None,
        reason=str(reason or "unspecified") if revoked else "",
        expired_since=_aware(cutoff.native) if cutoff is not None else None,
        algorithms=_algorithms(item.scheme, signer),
        signers=() if signer == issuer else (signer.id,),
    )


def _algorithms(scheme: SignatureScheme | None, signer: Cert) -> tuple[AlgorithmUse, ...]:
    return () if scheme is None else algorithms_of(scheme, signer)


def algorithms_of(scheme: SignatureScheme, signer: Cert) -> tuple[AlgorithmUse, ...]:
    """Return what a signature value rests on: its digest, and its algorithm with the size of the signer's key."""
    uses = [AlgorithmUse(use="signature", name=scheme.algorithm, key_size=key_facts(signer.parsed)[1])]
    if scheme.digest:
        uses.append(AlgorithmUse(use="digest", name=scheme.digest))
    return tuple(uses)
