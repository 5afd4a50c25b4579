"""Signatures in CMS files: attached (`.p7m`) and detached (`.p7s`), also nested, and bare timestamps.

Source:
    RFC 5652; ETSI EN 319 122-1
"""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

from model.findings import Finding, Severity, finding_kind
from model.signatures import (
    FileSignatures,
    Integrity,
    Scope,
    SignatureFacts,
    SignatureFormat,
    SignedState,
    SubIndication,
)
from model.text import N_
from preservation.cms import attributes as attrs
from preservation.cms import findings as kinds
from preservation.cms import tlv
from preservation.cms.attributes import SignerFields, read_signer
from preservation.cms.content import Content
from preservation.cms.digests import name_of
from preservation.cms.envelope import SIGNED_DATA, Envelope, UnreadableCms, decoded, open_envelope
from preservation.cms.signers import all_signer_facts
from preservation.cms.verification import LIBRARY_ERRORS
from preservation.signatures.source import SignedFile
from preservation.timestamps.token import TST_INFO

SIGNED_FILE_MISSING = finding_kind(
    "signature.signed-file-missing",
    Severity.WARNING,
    N_("The signature stands alone: the file it signs ({names}) is not beside it."),
    remedy=N_("Put the signed file beside the signature, or ask the sender for it."),
    source="RFC 5652 section 5.2",
    undecided=True,
)
SIGNED_FILE_UNREADABLE = finding_kind(
    "signature.signed-file-unreadable",
    Severity.WARNING,
    N_("The file the signature signs ({name}) cannot be read: {reason}."),
    remedy=N_("Put a readable copy of it beside the signature."),
    undecided=True,
)
LINE_ENDS = finding_kind(
    "signature.line-ends",
    Severity.INFO,
    N_("The signature fits the text with the line ends of mail (CR LF), not with those it has here."),
    remedy=N_("The words are as they were signed; only the ends of lines differ."),
    source="RFC 8551 section 3.1.1",
)
TOO_LARGE = finding_kind(
    "signature.file-too-large",
    Severity.WARNING,
    N_("The signature is written as text and larger than what is read ({limit} bytes)."),
    remedy=N_("Have it examined by hand, or raise the limit in the configuration."),
    undecided=True,
)

_NESTED = 5
"""Signatures inside the contents of another."""
_ENDINGS = (".p7s", ".p7m", ".p7b", ".p7", ".p7c", ".pkcs7", ".cms", ".sig", ".sgn", ".pem")
_LIKELY = ("pdf", "docx", "xlsx", "xml", "doc", "xls", "pptx", "odt", "ods", "txt", "zip", "jpg", "png", "tif")
_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
_HEAD = 4096
_SIGNED_DATA_DER = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
_SMALLEST = 64
_LARGEST_IN_PIECES = 64 << 20
"""Bytes of a nested signature: the smallest there can be, and the largest that is put together from pieces."""
_TIMESTAMP = N_("it is a timestamp, nobody's signature")
_SIGNATURES = N_("the signatures")


def examine_cms(file: SignedFile) -> FileSignatures:
    """Return every signature of a CMS file; never raises.

    A file that holds certificates only is unsigned; one that is encrypted or damaged is unreadable.
    """
    try:
        return _examine(file)
    except UnreadableCms as exc:
        finding = kinds.UNREADABLE_CMS.at(file.name, reason=exc.reason)
    except OSError as exc:
        finding = kinds.UNREADABLE_CMS.at(file.name, reason=exc.strerror or type(exc).__name__)
    except Exception as exc:  # noqa: BLE001 - the boundary of one file: whatever its bytes make a library raise
        finding = kinds.CHECK_BROKE_OFF.at(file.name, reason=str(exc).split("\n")[0][:200] or type(exc).__name__)
    return FileSignatures(path=file.name, kind="cms", state=SignedState.UNREADABLE, findings=(finding,))


def companion_names(name: str) -> tuple[str, ...]:
    """Return the names the file of a detached signature may have, likeliest first.

    `a.pdf.p7s` signs `a.pdf`; `a.p7s` signs `a` with one of the usual endings.
    """
    plain = PurePosixPath(name).name
    for ending in _ENDINGS:
        if plain.lower().endswith(ending) and len(plain) > len(ending):
            plain = plain[: -len(ending)]
            break
    else:
        return ()
    return (plain, *(f"{plain}.{ending}" for ending in _LIKELY))


@contextmanager
def mapped_file(path: Path) -> Iterator[mmap.mmap]:
    """Map a file that is not empty; its pages are the system's, not this program's memory."""
    with path.open("rb") as stream:
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        yield mapped
    finally:
        # A view of it may live on in the traceback of an exception; it is then closed when that goes.
        with suppress(BufferError):
            mapped.close()


def _examine(file: SignedFile) -> FileSignatures:
    if file.path.stat().st_size == 0:
        raise UnreadableCms(N_("it is empty"))
    with mapped_file(file.path) as mapped:
        if mapped[:1] == b"\x30" and mapped[1:2] > b"\x7f":
            return _examine_bytes(file, mapped)
        if len(mapped) > file.limits.document:
            finding = TOO_LARGE.at(file.name, limit=file.limits.document)
            return FileSignatures(path=file.name, kind="cms", state=SignedState.UNREADABLE, findings=(finding,))
        data = decoded(mapped[:])
    return _examine_bytes(file, data)


def _examine_bytes(file: SignedFile, data: tlv.Buffer) -> FileSignatures:
    envelope = open_envelope(data)
    if envelope.content_type == TST_INFO:
        raise UnreadableCms(_TIMESTAMP)
    findings: list[Finding] = []
    if envelope.trailing:
        findings.append(kinds.TRAILING_BYTES.at(file.name, count=envelope.trailing))
    signatures = _signatures(file, envelope, findings)
    state = SignedState.SIGNED if signatures else SignedState.UNSIGNED
    return FileSignatures(path=file.name, kind="cms", state=state, signatures=signatures, findings=tuple(findings))


def _signatures(file: SignedFile, envelope: Envelope, findings: list[Finding]) -> tuple[SignatureFacts, ...]:
    """Return the signatures of an envelope, and of those nested in its contents, outermost first."""
    found: list[SignatureFacts] = []
    current: Envelope | None = envelope
    for depth in range(_NESTED + 1):
        if current is None or (depth and not len(current.signed_data["signer_infos"])):
            break
        if depth == _NESTED or len(found) >= file.limits.signatures:
            findings.append(kinds.TOO_MANY.at(file.name, limit=len(found), what=_SIGNATURES))
            break
        prefix = "signer" if depth == 0 else f"inner-{depth}"
        found += _of_envelope(file, current, prefix, findings, file.limits.signatures - len(found))
        current = _nested(current)
    return tuple(found)


def _of_envelope(
    file: SignedFile, envelope: Envelope, prefix: str, findings: list[Finding], limit: int
) -> tuple[SignatureFacts, ...]:
    if envelope.attached:
        name = companion_names(file.name)[:1] or (file.name,)
        content: Content | None = Content(envelope.chunks)
        scope = Scope(whole_document=True, covered=name)
    elif not len(envelope.signed_data["signer_infos"]):
        content, scope = None, Scope()
    else:
        content, scope = _companion(file, envelope, findings)
    facts, said = check_content(file, envelope, content, id=prefix, scope=scope, limit=limit)
    findings += said
    return facts


def check_content(
    file: SignedFile,
    envelope: Envelope,
    content: Content | None,
    *,
    id: str,
    scope: Scope,
    limit: int,
    format: SignatureFormat = SignatureFormat.CADES,
) -> tuple[tuple[SignatureFacts, ...], tuple[Finding, ...]]:
    """Check every signer of an envelope over contents; text is tried with the line ends of mail too.

    Args:
        content: none when it is not here.
    """

    def check(tried: Content | None) -> tuple[tuple[SignatureFacts, ...], tuple[Finding, ...]]:
        return all_signer_facts(
            envelope.signed_data,
            tried.digest if tried else lambda _: None,
            id=id,
            format=format,
            form="",
            material=file.material,
            scope=scope,
            content=(lambda: tried.whole(file.limits.document)) if tried else None,
            attached=envelope.attached,
            limit=limit,
        )

    facts, findings = check(content)
    if content is not None and not envelope.attached and _contents_differ(facts):
        again, said = check(content.with_line_ends())
        if not _contents_differ(again):
            facts, findings = again, (*said, LINE_ENDS.at(id))
    if content is not None:
        facts = tuple(_suspect(one, content.head(_HEAD)) for one in facts)
    return tuple(replace(one, form=_form(one, attached=envelope.attached)) for one in facts), findings


def _form(facts: SignatureFacts, *, attached: bool) -> str:
    if facts.parent:
        return f"{facts.format} counter-signature"
    if facts.format is SignatureFormat.SMIME:
        return "application/pkcs7-mime" if attached else "multipart/signed"
    return f"{facts.format} {'attached' if attached else 'detached'}"


def _contents_differ(facts: tuple[SignatureFacts, ...]) -> bool:
    own = [one for one in facts if not one.parent]
    return any(one.integrity is Integrity.BROKEN for one in own)


def _suspect(facts: SignatureFacts, head: bytes) -> SignatureFacts:
    """Flag contents that are themselves a set of signed attributes: signature and attributes were rearranged."""
    bare = any(finding.code == kinds.NO_SIGNED_ATTRIBUTES.code for finding in facts.findings)
    if facts.parent or not bare or head[:1] != b"\x31" or _MESSAGE_DIGEST not in head:
        return facts
    finding = kinds.ATTRIBUTES_AS_CONTENT.at(facts.id)
    failure = facts.failure or SubIndication.SIG_CONSTRAINTS_FAILURE
    return replace(facts, failure=failure, findings=(*facts.findings, finding))


def _nested(envelope: Envelope) -> Envelope | None:
    """Return the signature that is the contents of another."""
    element = envelope.element
    if element is None or envelope.size < _SMALLEST:
        return None
    if envelope.content_type != SIGNED_DATA and _SIGNED_DATA_DER not in envelope.head(32)[:32]:
        return None
    if element.tag == tlv.OCTET_STRING:
        view: tlv.Buffer = memoryview(envelope.source)[element.body : element.body_end]
    else:
        view = envelope.content(_LARGEST_IN_PIECES) or b""
    try:
        return open_envelope(view)
    except UnreadableCms:
        return None


def _companion(file: SignedFile, envelope: Envelope, findings: list[Finding]) -> tuple[Content | None, Scope]:
    """Find the file a detached signature signs: by its digest, else by its name."""
    names = companion_names(file.name)
    found = file.companions.find(names, _stated_digests(envelope))
    if found is None:
        findings.append(SIGNED_FILE_MISSING.at(file.name, names=_spoken(names)))
        return None, Scope(covered=names[:1])
    reason = _cannot_read(found.path)
    if reason:
        findings.append(SIGNED_FILE_UNREADABLE.at(file.name, name=found.name, reason=reason))
        return None, Scope(covered=(found.name,))
    return Content.of_file(found.path), Scope(whole_document=True, covered=(found.name,))


def _spoken(names: tuple[str, ...]) -> str:
    """Return how to say which file is missing: `a.pdf` when that was signed as `a.pdf.p7s`, else `a`, `a.*`."""
    if not names or PurePosixPath(names[0]).suffix:
        return names[0] if names else "?"
    return f"{names[0]}, {names[0]}.*"


def _cannot_read(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            stream.read(1)
    except OSError as exc:
        return exc.strerror or type(exc).__name__
    return ""


def _stated_digests(envelope: Envelope) -> dict[str, bytes]:
    """Return the digests the signers state for the contents, by algorithm."""
    stated: dict[str, bytes] = {}
    for signer_info in list(envelope.signed_data["signer_infos"])[:20]:
        try:
            signer = read_signer(signer_info)
            name = name_of(signer_info["digest_algorithm"]["algorithm"].dotted)
            value = _message_digest(signer)
        except LIBRARY_ERRORS:
            continue
        if name and value:
            stated.setdefault(name, value)
    return stated


def _message_digest(signer: SignerFields) -> bytes:
    value = signer.signed_value(attrs.MESSAGE_DIGEST)
    return tlv.octets(value, tlv.element_at(value, 0)) if value else b""
