"""Puts together the facts of each signature and document timestamp of a PDF.

Source:
    ISO 32000-2, section 12.8; ETSI EN 319 142-1, sections 5 and 6
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from mmap import mmap
from typing import Any, BinaryIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfStrictReadError

from model.findings import Finding
from model.signatures import (
    FileSignatures,
    Integrity,
    Level,
    Modification,
    Scope,
    SignatureFacts,
    SignatureFormat,
    SignedState,
    SubIndication,
    TimestampFacts,
    TimestampKind,
)
from preservation.cms import findings as cms_kinds
from preservation.cms import tlv
from preservation.cms.digests import digest_bytes
from preservation.cms.envelope import Envelope, UnreadableCms, open_envelope
from preservation.cms.signers import all_signer_facts
from preservation.signatures.pdf import findings as kinds
from preservation.signatures.pdf.changes import History
from preservation.signatures.pdf.coverage import Coverage, RangeDigests, Reach, coverage_of, trailing_bytes
from preservation.signatures.pdf.examine import KIND
from preservation.signatures.pdf.legacy import raw_rsa_facts, unsupported_facts
from preservation.signatures.pdf.reading import Document, Place, entry, find_places, open_document, why
from preservation.signatures.pdf.scan import OBJECT
from preservation.signatures.pdf.seeds import seed_value_breach
from preservation.signatures.pdf.stores import SecurityStore, concerns
from preservation.signatures.source import SignedFile
from preservation.timestamps.token import TST_INFO, timestamp_facts

_PADES = frozenset({"/ETSI.CAdES.detached", "/PBAD.PAdES"})
_DETACHED = _PADES | {"/adbe.pkcs7.detached"}
_SHA1 = "/adbe.pkcs7.sha1"
_RAW_RSA = "/adbe.x509.rsa_sha1"
_TOKEN = "/ETSI.RFC3161"
_TEXT = 1000
_SHA1_SIZE = 20
_CUT_OFF = 1 << 20
_RANK = (Level.NONE, Level.B, Level.T, Level.LT, Level.LTA)


@dataclass(slots=True, kw_only=True)
class _Found:
    """One signature dictionary, read as far as it can be."""

    place: Place
    contents: bytes = b""
    """Value of `/Contents` without padding."""
    envelope: Envelope | None = None
    coverage: Coverage = field(default_factory=lambda: Coverage(reach=Reach.PART, whole_ranges=False))
    problem: str = ""
    """Why it cannot be read."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def form(self) -> str:
        """The SubFilter."""
        return str(entry(self.place.dictionary, "/SubFilter") or "")

    @property
    def stamps(self) -> bool:
        """Whether it is a timestamp: by what it contains, or by its name where that cannot be read."""
        if self.envelope is not None:
            return self.envelope.content_type == TST_INFO
        return self.form == _TOKEN or entry(self.place.dictionary, "/Type") == "/DocTimeStamp"


@dataclass(slots=True, kw_only=True)
class _Work:
    """One document while its signatures are examined."""

    file: SignedFile
    document: Document
    digests: RangeDigests
    store: SecurityStore
    history: History
    signatures: list[SignatureFacts] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)
    """Where the signed bytes of each signature end, by id."""


def document_signatures(
    file: SignedFile, handle: BinaryIO, raw: mmap, header: int, *, strict: bool, problem: str
) -> FileSignatures:
    """Return everything found in a PDF that may be signed.

    Args:
        raw: the whole file.
        header: where the PDF begins in it.
        strict: whether a breach of the format's rules is an error.
        problem: what the strict reader complained of.
    Raises:
        Locked: the PDF needs a password or a key.
        PdfReadError, and whatever else the library raises on hostile bytes: it cannot be read.
    """
    document = open_document(raw, handle, header, strict=strict)
    limit = file.limits.signatures
    places = find_places(document, limit)
    if len(places) > limit:
        document.findings.add(kinds.TOO_MANY.at(limit=limit))
    found = [_look(document, place) for place in places[:limit]]
    found.sort(key=lambda one: (one.place.revision, one.coverage.end))
    if problem:
        document.findings.add(kinds.LENIENT.at(reason=problem))
    if not found:
        return _without_signatures(file, document)
    return _examined(file, document, found)


def _without_signatures(file: SignedFile, document: Document) -> FileSignatures:
    """Say that there is no signature, or that there may have been one: traces of one, or a last update cut off."""
    start, count = trailing_bytes(document)
    if count and OBJECT.search(document.data[start : start + _CUT_OFF]):
        document.findings.add(kinds.DAMAGED.at(reason="its last update is cut off"))
    lost = {kinds.STRAY.code, kinds.DAMAGED.code, kinds.FORM_UNREADABLE.code}
    unreadable = any(finding.code in lost for finding in document.findings)
    state = SignedState.UNREADABLE if unreadable else SignedState.UNSIGNED
    return FileSignatures(path=file.name, kind=KIND, state=state, findings=tuple(document.findings))


def _examined(file: SignedFile, document: Document, found: list[_Found]) -> FileSignatures:
    wholly = (one.place.revision for one in found if not one.stamps and one.coverage.reach is not Reach.PART)
    work = _Work(
        file=file,
        document=document,
        digests=RangeDigests(document.data),
        store=SecurityStore(document=document, material=file.material),
        history=History(document=document, checkpoints=tuple(sorted(wholly)), trailing=trailing_bytes(document)),
    )
    _note_surroundings(work)
    work.store.at(document.revisions - 1)
    for one in found:
        if not one.stamps:
            _add_signature(work, one)
    timestamps = _timestamps(work, [one for one in found if one.stamps])
    return FileSignatures(
        path=file.name,
        kind=KIND,
        state=SignedState.SIGNED,
        signatures=tuple(_levelled(work, facts, timestamps) for facts in work.signatures),
        timestamps=timestamps,
        findings=tuple(dict.fromkeys(document.findings)),
    )


def _note_surroundings(work: _Work) -> None:
    _, count = work.history.trailing
    if work.document.header:
        work.document.findings.add(kinds.LEADING_BYTES.at(count=work.document.header))
    if count:
        work.document.findings.add(kinds.TRAILING_BYTES.at(count=count))


def _look(document: Document, place: Place) -> _Found:
    """Read one signature dictionary; what is wrong with it is noted, not raised."""
    found = _Found(place=place)
    try:
        value = place.dictionary.raw_get("/Contents", decrypt=generic.EncryptedObjAccess.RAW).get_object()
        whole = value.original_bytes
        found.coverage = coverage_of(document, place, whole)
        found.contents = _unpadded(found, whole)
        if found.form != _RAW_RSA:
            found.envelope = open_envelope(found.contents)
    except PdfStrictReadError:
        raise
    except UnreadableCms as exc:
        found.problem = exc.reason
    except Exception as exc:  # noqa: BLE001 - the boundary of one signature: it must not hide the others
        found.problem = why(exc)
    return found


def _unpadded(found: _Found, whole: bytes) -> bytes:
    """Cut off the padding after the signature; anything in it but zeros is a finding."""
    try:
        end = tlv.element_at(whole, 0).end
    except tlv.BadEncoding as exc:
        raise UnreadableCms("it is empty" if not whole.strip(b"\0") else str(exc)) from exc
    rest = whole[end:]
    if rest.strip(b"\0"):
        found.findings.append(kinds.PADDING.at(found.place.id, count=len(rest)))
    return whole[:end]


def _digest(work: _Work, found: _Found) -> Callable[[str], bytes | None]:
    if not found.coverage.whole_ranges:
        return lambda _: None
    return partial(_range_digest, work.digests, found.coverage)


def _range_digest(digests: RangeDigests, coverage: Coverage, name: str) -> bytes | None:
    return digests.digest(name, coverage.ranges)


def _add_signature(work: _Work, found: _Found) -> None:
    """Examine one signature with the signers in it, whatever is wrong with it."""
    try:
        facts = _signers(work, found)
    except PdfStrictReadError:
        raise
    except Exception as exc:  # noqa: BLE001 - the boundary of one signature: it must not hide the others
        facts = (_unreadable(found, why(exc)),)
    for one in facts:
        complete = _completed(work, found, one)
        work.signatures.append(complete)
        work.ends[complete.id] = found.coverage.end


def _signers(work: _Work, found: _Found) -> tuple[SignatureFacts, ...]:
    place, form, material = found.place, found.form, work.file.material
    if found.problem:
        return (_unreadable(found, found.problem),)
    if form == _RAW_RSA:
        digest = _digest(work, found)
        return (raw_rsa_facts(place.id, _plain(form), place.dictionary, found.contents, digest, material),)
    if form not in _DETACHED | {_SHA1, _TOKEN} or found.envelope is None:
        return (unsupported_facts(place.id, _plain(form)),)
    envelope = found.envelope
    if envelope.attached and form != _SHA1:
        return (_rejected(found, kinds.ENCAPSULATED.at(place.id)),)
    facts, findings = all_signer_facts(
        envelope.signed_data,
        partial(_embedded_digest, work, found) if form == _SHA1 else _digest(work, found),
        id=place.id,
        format=SignatureFormat.PADES if form in _PADES else SignatureFormat.PDF,
        form=_plain(form),
        material=material,
        attached=form == _SHA1,
    )
    if not facts:
        return (_unreadable(found, "nobody signed it"),)
    return (replace(facts[0], findings=(*facts[0].findings, *findings)), *facts[1:])


def _embedded_digest(work: _Work, found: _Found, name: str) -> bytes | None:
    """`adbe.pkcs7.sha1`: the CMS signs the SHA-1 digest of the bytes, which must be theirs."""
    inside = found.envelope.content(_SHA1_SIZE) if found.envelope else None
    outside = _digest(work, found)("sha1")
    if inside is None or outside is None:
        return None
    return digest_bytes(outside, name)


def _completed(work: _Work, found: _Found, facts: SignatureFacts) -> SignatureFacts:
    """Add what only the PDF around a signature tells."""
    place, coverage, document = found.place, found.coverage, work.document
    changes = work.history.after(place, coverage)
    findings = [*facts.findings, *found.findings, *coverage.findings, *changes.findings]
    if place.field is None:
        findings.append(kinds.UNLISTED.at(place.id))
    if facts.parent:
        return replace(facts, modification=changes.modification, changes=changes.changes)
    integrity, failure = facts.integrity, facts.failure
    if not coverage.whole_ranges and not found.problem:
        findings = [one for one in findings if one.code != cms_kinds.NO_CONTENT.code]
        outside = bool(coverage.ranges)
        integrity = Integrity.BROKEN if outside else integrity
        failure = SubIndication.HASH_FAILURE if outside else SubIndication.FORMAT_FAILURE
    breach = seed_value_breach(document, place, facts) if integrity is Integrity.INTACT else ""
    if breach:
        findings.append(kinds.SEED_VALUES.at(place.id, detail=breach))
        failure = failure or SubIndication.SIG_CONSTRAINTS_FAILURE
    whole = coverage.reach is not Reach.PART and changes.modification is not Modification.SUSPICIOUS
    return replace(
        facts,
        integrity=integrity,
        failure=failure,
        scope=Scope(whole_document=whole, revision=place.revision + 1, revisions=document.revisions),
        modification=changes.modification,
        changes=changes.changes,
        claimed_signing_time=facts.claimed_signing_time or _time(place.dictionary),
        reason=_text(place.dictionary, "/Reason") or facts.reason,
        location=_text(place.dictionary, "/Location") or facts.location,
        findings=tuple(findings),
    )


def _timestamps(work: _Work, found: list[_Found]) -> tuple[TimestampFacts, ...]:
    """Return the document timestamps, oldest first, with what each of them proves to have existed."""
    kept: list[TimestampFacts] = []
    for order, one in enumerate(found):
        whole = one.coverage.reach is not Reach.PART
        covered = [facts for facts in work.signatures if whole and work.ends[facts.id] <= one.coverage.end]
        material = _covered_material(work, one, covered, kept) if whole else ()
        facts = timestamp_facts(
            one.contents,
            _digest(work, one),
            id=one.place.id,
            kind=TimestampKind.DOCUMENT,
            material=work.file.material,
            order=order,
            covers=tuple(facts.id for facts in covered),
            covered_material=material,
        )
        findings = [*facts.findings, *one.findings, *one.coverage.findings]
        if not one.coverage.whole_ranges and one.coverage.ranges:
            facts = replace(facts, imprint_matches=False)
        if one.place.field is None:
            findings.append(kinds.UNLISTED.at(one.place.id))
        kept.append(replace(facts, findings=tuple(findings)))
    return tuple(kept)


def _covered_material(
    work: _Work, found: _Found, covered: list[SignatureFacts], earlier: list[TimestampFacts]
) -> tuple[str, ...]:
    """Return the certificates, revocation data and tokens that lie in the revision a timestamp covers."""
    ids = dict.fromkeys(work.store.at(found.place.revision).all)
    for facts in covered:
        ids.update(dict.fromkeys((*facts.certificates, *facts.revocations)))
        for inner in facts.timestamps:
            ids.update(dict.fromkeys((inner.token, *inner.certificates)))
    for before in earlier:
        ids.update(dict.fromkeys((before.token, *before.certificates)))
    ids.pop("", None)
    return tuple(ids)


def _levelled(work: _Work, facts: SignatureFacts, timestamps: Iterable[TimestampFacts]) -> SignatureFacts:
    """Add what the document offers for a signature, and find its level with it (ETSI EN 319 142-1, section 6)."""
    stored = work.store.at(work.document.revisions - 1)
    stamps = [
        one
        for one in timestamps
        if facts.id in one.covers and one.imprint_matches and one.integrity is Integrity.INTACT
    ]
    level = facts.level
    if level in (Level.B, Level.T, Level.LT):
        own = facts.certificate.id if facts.certificate else ""
        usable = (*facts.revocations, *concerns(work.file.material, stored.revocations, own))
        level = _level(level, stamps, usable)
    return replace(
        facts,
        level=level,
        certificates=tuple(dict.fromkeys((*facts.certificates, *stored.certificates))),
        revocations=tuple(dict.fromkeys((*facts.revocations, *stored.revocations))),
    )


def _level(level: Level, stamps: list[TimestampFacts], usable: tuple[str, ...]) -> Level:
    reached = Level.T if stamps and level is Level.B else level
    if reached is Level.T and usable:
        reached = Level.LT
    if reached is Level.LT and any(set(usable) & set(one.covered_material) for one in stamps):
        reached = Level.LTA
    return max(level, reached, key=_RANK.index)


def _unreadable(found: _Found, reason: str) -> SignatureFacts:
    return _rejected(found, kinds.UNREADABLE.at(found.place.id, reason=reason))


def _rejected(found: _Found, finding: Finding) -> SignatureFacts:
    return SignatureFacts(
        id=found.place.id,
        format=SignatureFormat.PADES if found.form in _PADES else SignatureFormat.PDF,
        form=_plain(found.form),
        integrity=Integrity.UNKNOWN,
        failure=SubIndication.FORMAT_FAILURE,
        findings=(finding,),
    )


def _plain(form: str) -> str:
    return form.removeprefix("/")[:100]


def _text(dictionary: Any, name: str) -> str:
    try:
        value = entry(dictionary, name)
    except PdfStrictReadError:
        raise
    except Exception:  # noqa: BLE001 - the boundary of one text that only informs
        return ""
    return str(value)[:_TEXT] if isinstance(value, str) else ""


def _time(dictionary: Any) -> datetime | None:
    """Return the time the signature dictionary states; none when it cannot be read."""
    try:
        moment = generic.parse_pdf_date(str(dictionary["/M"]), strict=False)
    except PdfStrictReadError:
        raise
    except Exception:  # noqa: BLE001 - the boundary of one date that only informs
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
