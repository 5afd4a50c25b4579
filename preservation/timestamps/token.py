"""Facts of one RFC 3161 timestamp token: whose it is, when it was made, for what, and whether it holds.

Source:
    RFC 3161 sections 2.3 and 2.4.2; RFC 5816; ETSI EN 319 422
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from asn1crypto import tsp

from model.findings import Finding, FindingKind
from model.material import Material, MaterialKind
from model.signatures import AlgorithmUse, Integrity, SubIndication, TimestampFacts, TimestampKind
from model.text import N_
from preservation.cms import tlv
from preservation.cms.attributes import read_signer
from preservation.cms.certificates import UnreadableCertificate, parse
from preservation.cms.digests import UnsupportedAlgorithm, digest_bytes, name_of
from preservation.cms.envelope import Envelope, UnreadableCms, decoded, open_envelope
from preservation.cms.harvest import keep_attributes, keep_bag, read_bag
from preservation.cms.verification import (
    LIBRARY_ERRORS,
    SignerCheck,
    check_signer,
)
from preservation.timestamps import findings as kinds

TST_INFO = "1.2.840.113549.1.9.16.1.4"
_TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
_LARGEST = 16 << 20
"""Bytes of a token."""

Imprint = Callable[[str], bytes | None]
"""Gives the digest of the stamped bytes by algorithm name; none when they are not here."""

_NOT_HERE = N_("the stamped data is not here")
_NO_SIGNER = N_("nobody signed it")
_DAMAGED = N_("it is damaged")
_PROBLEMS = {
    SubIndication.HASH_FAILURE: N_("what it states was altered"),
    SubIndication.SIG_CRYPTO_FAILURE: N_("its signature value does not fit"),
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: N_("the authority's certificate is missing or was exchanged"),
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE: N_("it uses an algorithm that is not known here"),
    SubIndication.SIG_CONSTRAINTS_FAILURE: N_("it signs something else than a timestamp"),
}
_BAD_IMPRINT = N_("its digest algorithm is not known")


def timestamp_facts(
    token: bytes,
    imprint: Imprint | None,
    *,
    id: str,
    kind: TimestampKind,
    material: Material,
    order: int = 0,
    covers: tuple[str, ...] = (),
    covered_material: tuple[str, ...] = (),
) -> TimestampFacts:
    """Return what a token says and whether it holds; never raises.

    Args:
        token: a TimeStampToken, DER or BER; a TimeStampResp is unwrapped.
        imprint: digest of the stamped bytes by algorithm; none where it cannot be computed.
        id: unique within the file.
        order: position among the timestamps of the file.
        covers: ids of the signatures, or names of the files, it stamps.
        covered_material: ids of the validation material it stamps.
    """
    bare = TimestampFacts(
        id=id,
        kind=kind,
        integrity=Integrity.UNKNOWN,
        order=order,
        covers=covers,
        covered_material=covered_material,
    )
    reading = _Reading(facts=bare)
    try:
        _read(reading, token, imprint, material)
    except Exception as exc:  # noqa: BLE001 - the boundary of one token: whatever its bytes make a library raise
        reading.findings.append(kinds.UNREADABLE.at(id, reason=_reason(exc)))
    return replace(reading.facts, findings=tuple(reading.findings))


def token_of(content: bytes) -> bytes:
    """Return the TimeStampToken of a TimeStampResp, or the bytes themselves when they are a token.

    Raises:
        UnreadableCms: neither, or a response without a token.
    """
    data = decoded(content)
    try:
        top = tlv.element_at(data, 0)
        parts = list(tlv.children(data, top))
        if parts and parts[0].tag == tlv.OBJECT_IDENTIFIER:
            return tlv.raw(data, top)
        if len(parts) > 1 and parts[0].tag == parts[1].tag == tlv.SEQUENCE:
            return tlv.raw(data, parts[1])
    except tlv.BadEncoding as exc:
        raise UnreadableCms(str(exc)) from exc
    raise UnreadableCms(N_("it contains no timestamp"))


def token_time(token: bytes) -> datetime:
    """Return the time a token states, whether or not it holds.

    Raises:
        UnreadableCms: it is not a token.
    """
    return _moment(_info(open_envelope(token_of(token))))


@dataclass(slots=True)
class _Reading:
    """A token while it is read."""

    facts: TimestampFacts
    findings: list[Finding] = field(default_factory=list)

    def say(self, finding: FindingKind, **values: str | int) -> None:
        self.findings.append(replace(finding.at(self.facts.id), args=tuple((n, str(v)) for n, v in values.items())))


def _read(reading: _Reading, token: bytes, imprint: Imprint | None, material: Material) -> None:
    if len(token) > _LARGEST:
        raise UnreadableCms(N_("it is too large"))
    token = token_of(token)
    envelope = open_envelope(token)
    info = _info(envelope)
    reading.facts = replace(
        reading.facts,
        token=material.add(MaterialKind.TIMESTAMP, token),
        time=_moment(info),
        policy=info["policy"].dotted,
        serial=(info["serial_number"].contents or b"").hex().lstrip("0") or "0",
    )
    _compare(reading, info, imprint)
    _check_authority(reading, envelope, material)


def _info(envelope: Envelope) -> tsp.TSTInfo:
    content = envelope.content(_LARGEST)
    if envelope.content_type != TST_INFO or content is None:
        raise UnreadableCms(N_("it is not a timestamp"))
    info = tsp.TSTInfo.load(content)
    try:
        info["message_imprint"]["hashed_message"].native[:0]
        info["policy"].dotted.strip()
    except LIBRARY_ERRORS as exc:
        raise UnreadableCms(N_("its contents are damaged")) from exc
    return info


def _moment(info: tsp.TSTInfo) -> datetime:
    try:
        native = info["gen_time"].native
    except LIBRARY_ERRORS as exc:
        raise UnreadableCms(N_("its time cannot be read")) from exc
    if not isinstance(native, datetime):
        raise UnreadableCms(N_("its time cannot be read"))
    return native.astimezone(UTC) if native.tzinfo else native.replace(tzinfo=UTC)


def _compare(reading: _Reading, info: tsp.TSTInfo, imprint: Imprint | None) -> None:
    """Compare what the token was made for with what it stands beside (EN 319 102-1, 5.4.4)."""
    oid = info["message_imprint"]["hash_algorithm"]["algorithm"].dotted
    name = name_of(oid)
    uses = (AlgorithmUse(use="imprint", name=name or oid),)
    reading.facts = replace(reading.facts, algorithms=uses)
    if name is None:
        reading.say(kinds.NOT_COMPARED, reason=_BAD_IMPRINT)
        return
    try:
        actual = imprint(name) if imprint else None
    except UnsupportedAlgorithm:
        reading.say(kinds.NOT_COMPARED, reason=_BAD_IMPRINT)
        return
    if actual is None:
        if imprint is not None:
            reading.say(kinds.NOT_COMPARED, reason=_NOT_HERE)
        return
    matches = actual == info["message_imprint"]["hashed_message"].native
    reading.facts = replace(reading.facts, imprint_matches=matches)
    if not matches:
        reading.say(kinds.FOREIGN)


def _check_authority(reading: _Reading, envelope: Envelope, material: Material) -> None:
    signers = list(envelope.signed_data["signer_infos"])
    if not signers:
        reading.say(kinds.UNCHECKED, reason=_NO_SIGNER)
        return
    if len(signers) > 1:
        reading.say(kinds.SEVERAL_SIGNERS, count=len(signers))
    bag = read_bag(envelope.signed_data)
    certificates = list(bag.certificates)
    signer = read_signer(signers[0])
    carried = keep_bag(bag, material).certificates + keep_attributes(signer, material).certificates
    reading.facts = replace(reading.facts, certificates=tuple(dict.fromkeys(carried)))
    content = envelope.content(_LARGEST) or b""
    check = check_signer(
        signer,
        lambda name: digest_bytes(content, name),
        certificates=certificates,
        material=material,
        content_type=TST_INFO,
        location=reading.facts.id,
        content=lambda: content,
    )
    reading.facts = replace(
        reading.facts,
        integrity=check.integrity,
        certificate=check.certificate_facts,
        algorithms=(*reading.facts.algorithms, *check.algorithms),
    )
    _say_integrity(reading, check)
    if check.certificate is not None:
        _check_purpose(reading, check.certificate)
        stray = len(_stray(check.certificate, certificates))
        if stray:
            reading.say(kinds.STRAY_CERTIFICATES, count=stray)


def _say_integrity(reading: _Reading, check: SignerCheck) -> None:
    """Turn the findings of the signer into those of the timestamp: they must not speak of the document."""
    problem = _PROBLEMS.get(check.failure, _DAMAGED) if check.failure else _DAMAGED
    if check.integrity is Integrity.BROKEN:
        reading.say(kinds.BROKEN, reason=problem)
    elif check.integrity is Integrity.UNKNOWN:
        reading.say(kinds.UNCHECKED, reason=problem)
    elif check.failure is SubIndication.SIG_CONSTRAINTS_FAILURE:
        reading.facts = replace(reading.facts, integrity=Integrity.BROKEN)
        reading.say(kinds.BROKEN, reason=problem)
    if not check.bound:
        reading.say(kinds.NOT_BOUND)


def _check_purpose(reading: _Reading, der: bytes) -> None:
    """The authority's certificate must be for timestamps only, and say so critically (RFC 3161, 2.3)."""
    certificate = parse(der)
    try:
        purposes = certificate.extended_key_usage_value
        stated = [purpose.dotted for purpose in purposes] if purposes is not None else []
        critical = "extended_key_usage" in certificate.critical_extensions
    except LIBRARY_ERRORS:
        stated, critical = [], False
    if stated != [_TIME_STAMPING] or not critical:
        name = reading.facts.certificate.name if reading.facts.certificate else ""
        reading.say(kinds.NO_PURPOSE, name=name)


def _stray(signer: bytes, certificates: list[bytes]) -> list[bytes]:
    """Return the certificates neither on the authority's chain nor issued by one of its members, by their names."""
    readable = list(_readable(certificates))
    wanted = {parse(signer).issuer.hashable}
    kept = {signer}
    grown = True
    while grown:
        grown = False
        for der, subject, issuer in readable:
            if der not in kept and subject in wanted:
                kept.add(der)
                wanted.add(issuer)
                grown = True
    related = kept | {der for der, _, issuer in readable if issuer in wanted}
    return [der for der in dict.fromkeys(certificates) if der not in related]


def _readable(certificates: list[bytes]) -> Iterator[tuple[bytes, str, str]]:
    for der in dict.fromkeys(certificates):
        try:
            certificate = parse(der)
            yield der, certificate.subject.hashable, certificate.issuer.hashable
        except (UnreadableCertificate, *LIBRARY_ERRORS):
            continue


def _reason(exc: Exception) -> str:
    if isinstance(exc, UnreadableCms):
        return exc.reason
    return str(exc).split("\n")[0][:200] or type(exc).__name__
