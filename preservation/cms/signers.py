"""Facts of the signatures in one SignedData: every signer, its counter-signatures and its timestamps.

Source:
    RFC 5652 section 5; ETSI EN 319 122-1 sections 5 and 6
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from asn1crypto import cms, core

from model.findings import Finding
from model.material import Material
from model.signatures import (
    Integrity,
    Level,
    Scope,
    SignatureFacts,
    SignatureFormat,
    SubIndication,
    TimestampFacts,
    TimestampKind,
)
from model.text import N_
from preservation.cms import attributes as attrs
from preservation.cms import findings as kinds
from preservation.cms import tlv
from preservation.cms.attributes import SignerFields, read_signer, values_of
from preservation.cms.digests import digest_bytes
from preservation.cms.envelope import UnreadableCms, open_signed_data
from preservation.cms.harvest import Bag, Harvest, keep_attributes, keep_bag, read_bag
from preservation.cms.verification import (
    LIBRARY_ERRORS,
    DigestOf,
    SignerCheck,
    check_signer,
    signing_time,
    value_id,
)
from preservation.timestamps import findings as timestamp_kinds
from preservation.timestamps.archive import (
    Coverage,
    Stamped,
    archive_coverage,
    imprint_is_certain,
    references_imprint,
)
from preservation.timestamps.token import timestamp_facts

__all__ = ["UnreadableCms", "all_signer_facts", "open_signed_data", "signer_facts"]

_COUNTER_DEPTH = 4
_COUNTER_SIGNATURES = 50
_TIMESTAMPS = 50
"""Timestamps, and counter-signatures, of one signature that are looked at."""
_WHAT_COUNTER = N_("the counter-signatures")
_WHAT_TIMESTAMPS = N_("the timestamps")
_WHAT_CERTIFICATES = N_("the certificates")
_WHAT_SIGNERS = N_("the signatures")
_UNSIGNED_DAMAGED = N_("what was added to the signature later, such as timestamps")
_KINDS = {
    attrs.CONTENT_TIMESTAMP: TimestampKind.CONTENT,
    attrs.SIGNATURE_TIMESTAMP: TimestampKind.SIGNATURE,
    attrs.MICROSOFT_TIMESTAMP: TimestampKind.SIGNATURE,
    attrs.ESC_TIMESTAMP: TimestampKind.VALIDATION_DATA,
    attrs.REFERENCES_TIMESTAMP: TimestampKind.VALIDATION_DATA,
    attrs.ARCHIVE_TIMESTAMP_V1: TimestampKind.ARCHIVE,
    attrs.ARCHIVE_TIMESTAMP_V2: TimestampKind.ARCHIVE,
    attrs.ARCHIVE_TIMESTAMP_V3: TimestampKind.ARCHIVE,
}
_RANKS = (TimestampKind.CONTENT, TimestampKind.SIGNATURE, TimestampKind.VALIDATION_DATA, TimestampKind.ARCHIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """What the signers of one SignedData have in common."""

    bag: Bag
    harvest: Harvest
    content_type: bytes
    digest: DigestOf
    content: Callable[[], bytes | None] | None
    attached: bool
    format: SignatureFormat
    form: str
    scope: Scope
    material: Material


def signer_facts(
    signed_data: cms.SignedData,
    signer_info: cms.SignerInfo,
    digest: DigestOf,
    *,
    id: str,
    format: SignatureFormat,
    form: str,
    material: Material,
    scope: Scope = Scope(),  # noqa: B008 - a frozen value
    content: Callable[[], bytes | None] | None = None,
    attached: bool = False,
) -> tuple[SignatureFacts, ...]:
    """Return one signature and its counter-signatures; never raises.

    Args:
        digest: digest of the signed contents by algorithm name; none when the contents are not here.
        id: of the signature; its counter-signatures add to it.
        format: what its file makes of it; `CADES` becomes `CMS` where no signed attribute names the certificate.
        form: technical form, for people.
        material: certificates, revocation data and tokens are added to it; a certificate the signature lacks is
            looked for in it.
        scope: what the contents are.
        content: the contents themselves, for the few cases where a digest of them does not do.
        attached: whether the contents were inside the CMS.
    """
    try:
        signed = _common(signed_data, digest, format, form, material, scope, content, attached)
        return tuple(_signature_tree(signed, signer_info, id))
    except Exception as exc:  # noqa: BLE001 - the boundary of one signature: whatever its bytes make a library raise
        return (_unreadable(id, format, form, scope, exc),)


def all_signer_facts(
    signed_data: cms.SignedData,
    digest: DigestOf,
    *,
    id: str,
    format: SignatureFormat,
    form: str,
    material: Material,
    scope: Scope = Scope(),  # noqa: B008 - a frozen value
    content: Callable[[], bytes | None] | None = None,
    attached: bool = False,
    limit: int = 200,
) -> tuple[tuple[SignatureFacts, ...], tuple[Finding, ...]]:
    """Return every signature of a SignedData, and what is to be said of them together; never raises.

    Args:
        id: of the only signer; several are numbered `id#1`, `id#2`.
        limit: signers looked at.
    """
    try:
        signed = _common(signed_data, digest, format, form, material, scope, content, attached)
        signers = list(signed_data["signer_infos"])
    except Exception as exc:  # noqa: BLE001 - the boundary of one SignedData
        return (_unreadable(id, format, form, scope, exc),), ()
    found: list[SignatureFacts] = []
    for number, signer_info in enumerate(signers[:limit], 1):
        own = id if len(signers) == 1 else f"{id}#{number}"
        try:
            found += _signature_tree(signed, signer_info, own)
        except Exception as exc:  # noqa: BLE001 - the boundary of one signature
            found.append(_unreadable(own, format, form, scope, exc))
    findings = [] if signers else [kinds.NO_SIGNERS.at()]
    if len(signers) > limit:
        findings.append(kinds.TOO_MANY.at(limit=limit, what=_WHAT_SIGNERS))
    if signed.bag.truncated:
        findings.append(kinds.TOO_MANY.at(limit=len(signed.bag.certificates), what=_WHAT_CERTIFICATES))
    return tuple(found), tuple(findings)


def _common(
    signed_data: cms.SignedData,
    digest: DigestOf,
    format: SignatureFormat,
    form: str,
    material: Material,
    scope: Scope,
    content: Callable[[], bytes | None] | None,
    attached: bool,
) -> _Signed:
    bag = read_bag(signed_data)
    return _Signed(
        bag=bag,
        harvest=keep_bag(bag, material),
        content_type=signed_data["encap_content_info"]["content_type"].dump(),
        digest=digest,
        content=content,
        attached=attached,
        format=format,
        form=form,
        scope=scope,
        material=material,
    )


def _signature_tree(signed: _Signed, signer_info: core.Sequence, id: str) -> list[SignatureFacts]:
    """Return a signature, then its counter-signatures, each after the one it signs."""
    signer = read_signer(signer_info)
    content_type = core.ObjectIdentifier.load(signed.content_type).dotted
    facts = [_signature(signed, signer, id, content_type=content_type)]
    todo = _counters(signer, id, 1)
    while todo:
        parent, value, own, parent_id, depth = todo.pop(0)
        if len(facts) > _COUNTER_SIGNATURES or depth > _COUNTER_DEPTH:
            finding = kinds.TOO_MANY.at(id, limit=len(facts) - 1, what=_WHAT_COUNTER)
            facts[0] = replace(facts[0], findings=(*facts[0].findings, finding))
            break
        over = replace(
            signed,
            digest=_digest_of(parent.signature),
            content=lambda value=parent.signature: value,  # type: ignore[misc]  # the default binds the loop's value
            scope=Scope(covered=(parent_id,)),
            attached=False,
        )
        try:
            counter = read_signer(cms.SignerInfo.load(value))
            facts.append(replace(_signature(over, counter, own, content_type=None), parent=parent_id))
            todo += _counters(counter, own, depth + 1)
        except Exception as exc:  # noqa: BLE001 - the boundary of one counter-signature
            facts.append(replace(_unreadable(own, signed.format, signed.form, over.scope, exc), parent=parent_id))
    return facts


def _counters(signer: SignerFields, id: str, depth: int) -> list[tuple[SignerFields, bytes, str, str, int]]:
    values = list(values_of(signer.unsigned_attributes, attrs.COUNTER_SIGNATURE))[: _COUNTER_SIGNATURES + 1]
    return [(signer, value, f"{id}/countersignature-{n}", id, depth) for n, value in enumerate(values, 1)]


def _digest_of(value: bytes) -> DigestOf:
    return lambda name: digest_bytes(value, name)


def _signature(signed: _Signed, signer: SignerFields, id: str, *, content_type: str | None) -> SignatureFacts:
    check = check_signer(
        signer,
        signed.digest,
        certificates=signed.bag.certificates,
        material=signed.material,
        content_type=content_type,
        location=id,
        content=signed.content,
    )
    if not signer.unsigned_readable:
        check.findings.append(kinds.UNREADABLE_SIGNER.at(id, severity=None, reason=_UNSIGNED_DAMAGED))
    carried = keep_attributes(signer, signed.material)
    timestamps = _timestamps(signed, signer, id, check)
    revocations = tuple(dict.fromkeys((*signed.harvest.revocations, *carried.revocations)))
    form = signed.format
    return SignatureFacts(
        id=id,
        format=SignatureFormat.CMS if form is SignatureFormat.CADES and not check.bound else form,
        form=signed.form,
        level=level_of(check.bound, timestamps, has_revocations=bool(revocations)),
        integrity=check.integrity,
        failure=check.failure,
        scope=signed.scope,
        certificate=check.certificate_facts,
        certificates=tuple(dict.fromkeys((*signed.harvest.certificates, *carried.certificates))),
        revocations=revocations,
        claimed_signing_time=signing_time(signer),
        algorithms=tuple(check.algorithms),
        policy=_policy(signer),
        reason=_commitments(signer),
        location=_location(signer),
        value=value_id(signer.signature),
        timestamps=timestamps,
        findings=tuple(check.findings),
    )


def level_of(bound: bool, timestamps: Iterable[TimestampFacts], *, has_revocations: bool) -> Level:
    """Return the AdES level as found (ETSI EN 319 122-1, clause 6; 319 132-1, 6; 319 142-1, 6).

    Args:
        bound: whether a signed attribute names the certificate.
        timestamps: of the signature; those that are broken or foreign do not count.
        has_revocations: whether the signature carries revocation data.
    """
    if not bound:
        return Level.NONE
    sound = {one.kind for one in timestamps if one.integrity is Integrity.INTACT and one.imprint_matches is not False}
    if TimestampKind.ARCHIVE in sound:
        return Level.LTA
    if TimestampKind.SIGNATURE not in sound:
        return Level.B
    return Level.LT if has_revocations else Level.T


def _timestamps(signed: _Signed, signer: SignerFields, id: str, check: SignerCheck) -> tuple[TimestampFacts, ...]:
    stamped = Stamped(
        signer=signer,
        bag=signed.bag,
        content_type=signed.content_type,
        digest=signed.digest,
        content=signed.content,
        attached=signed.attached,
    )
    tokens = [
        (oid, value)
        for oid in _KINDS
        for value in values_of(
            signer.signed_attributes if oid == attrs.CONTENT_TIMESTAMP else signer.unsigned_attributes, oid
        )
    ]
    if len(tokens) > _TIMESTAMPS:
        check.findings.append(kinds.TOO_MANY.at(id, limit=_TIMESTAMPS, what=_WHAT_TIMESTAMPS))
    found = []
    for number, (oid, token) in enumerate(tokens[:_TIMESTAMPS], 1):
        own = f"{id}/timestamp-{number}"
        found.append(_timestamp(oid, token, stamped, own, id, signed.material))
    latest = datetime.max.replace(tzinfo=UTC)
    found.sort(key=lambda one: (_RANKS.index(one.kind), one.time or latest))
    return tuple(replace(one, order=order) for order, one in enumerate(found))


def _timestamp(
    oid: str, token: bytes, stamped: Stamped, own: str, signature: str, material: Material
) -> TimestampFacts:
    coverage = Coverage(imprint=lambda name: _plain_imprint(oid, stamped, name))
    if _KINDS[oid] is TimestampKind.ARCHIVE:
        try:
            coverage = archive_coverage(oid, token, stamped)
        except (UnreadableCms, *LIBRARY_ERRORS):
            coverage = Coverage(imprint=lambda _: None)
    facts = timestamp_facts(
        token,
        coverage.imprint,
        id=own,
        kind=_KINDS[oid],
        material=material,
        covers=(signature,),
        covered_material=coverage.material,
    )
    if coverage.missing:
        finding = timestamp_kinds.COVERED_THING_MISSING.at(own, count=coverage.missing)
        facts = replace(facts, findings=(*facts.findings, finding))
    if facts.imprint_matches is False and not imprint_is_certain(oid):
        others = tuple(one for one in facts.findings if one.code != timestamp_kinds.FOREIGN.code)
        finding = timestamp_kinds.NOT_COMPARED.at(own, reason=_OPEN_ENCODING)
        facts = replace(facts, imprint_matches=None, findings=(*others, finding))
    return facts


_OPEN_ENCODING = N_("its kind leaves open how what it covers is encoded")


def _plain_imprint(oid: str, stamped: Stamped, name: str) -> bytes | None:
    if oid == attrs.CONTENT_TIMESTAMP:
        return stamped.digest(name)
    if _KINDS[oid] is TimestampKind.SIGNATURE:
        return digest_bytes(stamped.signer.signature, name)
    return references_imprint(oid, stamped.signer, name)


def _policy(signer: SignerFields) -> str:
    """Return the OID of the signature policy (EN 319 122-1, 5.2.9.1)."""
    value = signer.signed_value(attrs.SIGNATURE_POLICY)
    if value is None:
        return ""
    try:
        first = next(tlv.children(value, tlv.element_at(value, 0)), None)
        return str(core.ObjectIdentifier.load(tlv.raw(value, first)).dotted) if first else ""
    except LIBRARY_ERRORS:
        return ""


def _commitments(signer: SignerFields) -> str:
    """Return the commitments the signer stated (EN 319 122-1, 5.2.3)."""
    stated = []
    for value in values_of(signer.signed_attributes, attrs.COMMITMENT_TYPE):
        try:
            first = next(tlv.children(value, tlv.element_at(value, 0)))
            oid = str(core.ObjectIdentifier.load(tlv.raw(value, first)).dotted)
        except (StopIteration, *LIBRARY_ERRORS):
            continue
        stated.append(attrs.COMMITMENTS.get(oid, oid))
    return "; ".join(dict.fromkeys(stated))


def _location(signer: SignerFields) -> str:
    """Return where the signer was: the strings of the signer-location attribute (EN 319 122-1, 5.2.5)."""
    value = signer.signed_value(attrs.SIGNER_LOCATION)
    if value is None:
        return ""
    texts: list[str] = []
    try:
        for part in tlv.children(value, tlv.element_at(value, 0)):
            for inner in tlv.children(value, part):
                plain = tlv.body(value, inner) if inner.tag != tlv.SEQUENCE else b""
                texts.append(plain.decode("utf-8", "replace").strip())
    except LIBRARY_ERRORS:
        return ""
    return ", ".join(text for text in texts if text)[:500]


def _unreadable(id: str, format: SignatureFormat, form: str, scope: Scope, exc: Exception) -> SignatureFacts:
    reason = exc.reason if isinstance(exc, UnreadableCms) else str(exc).split("\n")[0][:200] or type(exc).__name__
    return SignatureFacts(
        id=id,
        format=format,
        form=form,
        integrity=Integrity.UNKNOWN,
        failure=SubIndication.FORMAT_FAILURE,
        scope=scope,
        findings=(kinds.UNREADABLE_SIGNER.at(id, reason=reason),),
    )
