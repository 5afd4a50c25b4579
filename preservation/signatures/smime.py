"""Signed mail: `multipart/signed` and `application/pkcs7-mime` inside a message file.

What was signed is cut out of the message byte by byte; a mail library would write it anew and break the signature.

Source:
    RFC 8551 sections 3.1, 3.4 and 3.5; RFC 1847; RFC 2046 section 5.1
"""

import base64
import binascii
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import Message
from email.parser import BytesParser

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
from preservation.cms import findings as kinds
from preservation.cms import tlv
from preservation.cms.certificates import UnreadableCertificate, emails_of, parse
from preservation.cms.content import Content
from preservation.cms.envelope import Envelope, PackedCms, UnreadableCms, decoded, open_envelope
from preservation.signatures.cades import check_content, mapped_file
from preservation.signatures.source import SignedFile

SENDER_DIFFERS = finding_kind(
    "signature.mail-sender-differs",
    Severity.WARNING,
    N_("The mail says it comes from {sender}, but the certificate was made for {certified}."),
    remedy=N_("Ask the sender by another way whether the mail is theirs."),
    source="RFC 8550 section 3",
)
PART_NOT_SIGNED = finding_kind(
    "signature.mail-part-not-signed",
    Severity.WARNING,
    N_("Parts of the mail are not signed: {names}."),
    remedy=N_("Rely only on what is signed."),
    source="RFC 8551 section 3.5.3",
)
SIGNATURE_MISSING = finding_kind(
    "signature.mail-signature-missing",
    Severity.ERROR,
    N_("The mail says that it is signed, but its signature is missing or damaged: {reason}."),
    remedy=N_("Ask the sender for the original message file, not a forwarded or printed one."),
    source="RFC 8551 section 3.5.3",
)
NOT_SMIME = finding_kind(
    "signature.mail-other-kind",
    Severity.WARNING,
    N_("The mail is signed in a way this program does not check ({kind})."),
    remedy=N_("Have it checked with the sender's kind of software, and keep the result."),
    undecided=True,
)
ENCRYPTED = finding_kind(
    "signature.mail-encrypted",
    Severity.WARNING,
    N_("The mail, or a part of it, is encrypted or packed: whether it is signed cannot be told."),
    remedy=N_("Ask the recipient for the decrypted message."),
    source="RFC 8551 section 3.3",
    undecided=True,
)
TOO_DEEP = finding_kind(
    "signature.mail-too-many-parts",
    Severity.WARNING,
    N_("The mail has more parts, or parts nested more deeply, than are looked at ({limit})."),
    undecided=True,
)
TOO_LARGE = finding_kind(
    "signature.mail-too-large",
    Severity.WARNING,
    N_("The mail is larger than what is read ({limit} bytes)."),
    remedy=N_("Raise the limit in the configuration, or have it examined by hand."),
    undecided=True,
)

AMBIGUOUS = finding_kind(
    "signature.mail-ambiguous",
    Severity.WARNING,
    N_("The mail says twice, and differently, what a part of it is: mail programs may show different things of it."),
    remedy=N_("Ask the sender for the original message file."),
    source="RFC 5322 section 3.6; RFC 2045 section 5",
    undecided=True,
)

_HEADERS = 256 << 10
"""Bytes of the header fields of the mail."""
_PART_HEADERS = 32 << 10
"""Bytes of those of one part."""
_FIELD = 8 << 10
"""Bytes of a field that is taken apart; a longer one counts as absent."""
_PARTS = 500
_DEPTH = 12
_SIGNED_TYPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_NAMED_PARTS = 100
_ADDRESS = re.compile(r"[^\s<>()\[\],;:@\"]{1,64}@[^\s<>()\[\],;:@\"]{1,255}")
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n|\A\r?\n")
_CUT_OFF = N_("it is not there")
_ENCODED_WRONGLY = N_("its text cannot be decoded")
_NO_SIGNER = N_("nobody signed it")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One MIME entity and where it lies."""

    data: tlv.Buffer
    start: int
    body: int
    end: int
    headers: Message
    depth: int

    @property
    def kind(self) -> str:
        return self.headers.get_content_type().lower()

    @property
    def name(self) -> str:
        """Return what to call it: its file name, else its type."""
        try:
            return self.headers.get_filename() or self.kind
        except (ValueError, TypeError, LookupError, AttributeError):
            return self.kind

    def content(self, *, with_headers: bool) -> bytes:
        return bytes(self.data[self.start if with_headers else self.body : self.end])


@dataclass(slots=True)
class _Mail:
    """A mail while it is read."""

    file: SignedFile
    senders: tuple[str, ...] = ()
    signatures: list[SignatureFacts] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unsigned: list[str] = field(default_factory=list)
    """Parts outside every signature."""
    parts: int = 0
    unreadable: bool = False
    """Whether something was met that may hide a signature."""


def examine_smime(file: SignedFile) -> FileSignatures:
    """Return every S/MIME signature of a message file; never raises.

    A mail without any is unsigned; one that is encrypted is unreadable.
    """
    mail = _Mail(file=file)
    try:
        _read(mail)
    except OSError as exc:
        mail.findings.append(kinds.UNREADABLE_CMS.at(file.name, reason=exc.strerror or type(exc).__name__))
        mail.unreadable = True
    except Exception as exc:  # noqa: BLE001 - the boundary of one file: whatever its bytes make a library raise
        reason = str(exc).split("\n")[0][:200] or type(exc).__name__
        mail.findings.append(kinds.CHECK_BROKE_OFF.at(file.name, reason=reason))
        mail.unreadable = True
    state = SignedState.UNREADABLE if mail.unreadable else SignedState.UNSIGNED
    return FileSignatures(
        path=file.name,
        kind="smime",
        state=SignedState.SIGNED if mail.signatures else state,
        signatures=tuple(_with_unsigned(one, mail.unsigned) for one in mail.signatures),
        findings=tuple(mail.findings),
    )


def _read(mail: _Mail) -> None:
    file = mail.file
    size = file.path.stat().st_size
    if size == 0:
        return
    if size > file.limits.document:
        mail.findings.append(TOO_LARGE.at(file.name, limit=file.limits.document))
        mail.unreadable = True
        return
    with mapped_file(file.path) as mapped:
        top = _part(mapped, 0, len(mapped), 0)
        mail.senders = _senders(top.headers)
        _visit(mail, top, whole=True)
    if mail.signatures and mail.unsigned:
        mail.findings.append(PART_NOT_SIGNED.at(file.name, names=", ".join(mail.unsigned[:_NAMED_PARTS])))


def _visit(mail: _Mail, part: _Part, *, whole: bool) -> None:
    """Look for signatures in one part; depth and number of parts are capped.

    Args:
        whole: whether the part is all a reader sees.
    """
    mail.parts += 1
    whole = _is_plain(mail, part) and whole
    if mail.parts > _PARTS or part.depth > _DEPTH:
        if not mail.unreadable:
            mail.findings.append(TOO_DEEP.at(mail.file.name, limit=_PARTS))
        mail.unreadable = True
    elif part.kind == "multipart/signed":
        _visit_signed(mail, part, whole=whole)
    elif part.kind in _SIGNED_TYPES:
        _visit_opaque(mail, part, whole=whole)
    elif part.kind == "multipart/encrypted":
        mail.findings.append(ENCRYPTED.at(mail.file.name))
        mail.unreadable = True
    elif part.kind.startswith("multipart/"):
        children = list(_children(part))
        for child in children:
            _visit(mail, child, whole=whole and len(children) == 1)
    elif part.kind == "message/rfc822":
        _visit(mail, _part(part.data, part.body, part.end, part.depth + 1), whole=False)
    elif len(mail.unsigned) < _NAMED_PARTS:
        mail.unsigned.append(part.name)


def _visit_signed(mail: _Mail, part: _Part, *, whole: bool) -> None:
    """Check a clear-signed part: the first part is signed, the second is the signature (RFC 1847, 2.1)."""
    protocol = _parameter(part.headers, "protocol").lower()
    children = list(_children(part))
    if "pkcs7" not in protocol and not (len(children) > 1 and "pkcs7-signature" in children[1].kind):
        mail.signatures.append(_unchecked(mail, NOT_SMIME.at(mail.file.name, kind=protocol or "?"), None))
        return
    mail.unsigned += [child.name for child in children[2:]][:_NAMED_PARTS]
    if len(children) < 2:
        mail.signatures.append(_damaged(mail, _CUT_OFF))
        return
    signed, signature = children[:2]
    try:
        envelope = open_envelope(_decoded_body(signature))
    except UnreadableCms as exc:
        mail.signatures.append(_damaged(mail, exc.reason))
        return
    content = signed.content(with_headers=True)
    _check(mail, envelope, Content(lambda: (content,)), signed, whole=whole)
    # What a signature covers may be signed again inside (RFC 2634, 1.1); its parts are covered, not uncovered.
    inner = _inside(mail)
    _visit(inner, signed, whole=whole)
    mail.parts, mail.unreadable = inner.parts, mail.unreadable or inner.unreadable


def _visit_opaque(mail: _Mail, part: _Part, *, whole: bool) -> None:
    """Check a part that is CMS as a whole (RFC 8551, 3.5.2)."""
    kind = _parameter(part.headers, "smime-type").lower()
    try:
        envelope = open_envelope(_decoded_body(part))
    except PackedCms:
        mail.findings.append(ENCRYPTED.at(mail.file.name))
        mail.unreadable = True
        return
    except UnreadableCms as exc:
        mail.signatures.append(_damaged(mail, exc.reason))
        return
    if not len(envelope.signed_data["signer_infos"]):
        if kind != "certs-only":
            mail.signatures.append(_damaged(mail, _NO_SIGNER))
        return
    content = envelope.content(mail.file.limits.document)
    if content is None:
        mail.signatures.append(_damaged(mail, _CUT_OFF))
        return
    inside = _part(content, 0, len(content), part.depth + 1)
    _check(mail, envelope, Content(lambda: (content,)), inside, whole=whole)
    inner = _inside(mail)
    _visit(inner, inside, whole=whole)
    mail.parts, mail.unreadable = inner.parts, mail.unreadable or inner.unreadable


def _inside(mail: _Mail) -> _Mail:
    """Return a reader that shares everything but the list of unsigned parts: inside a signature nothing is unsigned."""
    return _Mail(
        file=mail.file,
        senders=mail.senders,
        signatures=mail.signatures,
        findings=mail.findings,
        parts=mail.parts,
        unreadable=mail.unreadable,
    )


def _check(mail: _Mail, envelope: Envelope, content: Content, signed: _Part, *, whole: bool) -> None:
    number = sum(not one.parent for one in mail.signatures) + 1
    scope = Scope(whole_document=whole, covered=tuple(_names(signed)))
    facts, findings = check_content(
        mail.file,
        envelope,
        content,
        id=f"signature-{number}",
        scope=scope,
        limit=max(0, mail.file.limits.signatures - len(mail.signatures)),
        format=SignatureFormat.SMIME,
    )
    mail.findings += findings
    mail.signatures += [_compared_with_sender(mail, one) for one in facts]


def _compared_with_sender(mail: _Mail, facts: SignatureFacts) -> SignatureFacts:
    """Compare the From field with the addresses in the certificate (RFC 8550, 3)."""
    der = mail.file.material.get(facts.certificate.id) if facts.certificate else None
    if facts.parent or der is None or not mail.senders:
        return facts
    try:
        certified = emails_of(parse(der))
    except UnreadableCertificate:
        return facts
    if not certified or set(mail.senders) <= set(certified):
        return facts
    finding = SENDER_DIFFERS.at(facts.id, sender=", ".join(mail.senders[:3]), certified=", ".join(certified[:3]))
    return replace(facts, findings=(*facts.findings, finding))


def _with_unsigned(facts: SignatureFacts, unsigned: list[str]) -> SignatureFacts:
    if not unsigned or facts.parent:
        return facts
    return replace(facts, scope=replace(facts.scope, whole_document=False, uncovered=tuple(unsigned[:_NAMED_PARTS])))


def _damaged(mail: _Mail, reason: str) -> SignatureFacts:
    return _unchecked(mail, SIGNATURE_MISSING.at(mail.file.name, reason=reason), SubIndication.FORMAT_FAILURE)


def _unchecked(mail: _Mail, finding: Finding, failure: SubIndication | None) -> SignatureFacts:
    return SignatureFacts(
        id=f"signature-{len(mail.signatures) + 1}",
        format=SignatureFormat.SMIME,
        integrity=Integrity.UNKNOWN,
        failure=failure,
        findings=(finding,),
    )


def _part(data: tlv.Buffer, start: int, end: int, depth: int) -> _Part:
    """Read the header fields of an entity; where they do not end within bounds, it has none."""
    head = bytes(data[start : min(end, start + (_PART_HEADERS if depth else _HEADERS))])
    blank = _BLANK_LINE.search(head)
    length = blank.end() if blank else len(head)
    headers = BytesParser(policy=email.policy.compat32).parsebytes(head[:length], headersonly=True)
    for name in ("Content-Type", "Content-Disposition", "Content-Transfer-Encoding"):
        if len(str(headers.get(name, ""))) > _FIELD:
            del headers[name]
    return _Part(data=data, start=start, body=min(start + length, end), end=end, headers=headers, depth=depth)


def _children(part: _Part) -> Iterator[_Part]:
    """Cut a multipart at its boundary lines; the line end before one belongs to it (RFC 2046, 5.1.1)."""
    boundary = _parameter(part.headers, "boundary").rstrip()
    if not boundary or len(boundary) > 200:
        return
    mark = re.escape(boundary.encode("utf-8", "surrogateescape"))
    line = re.compile(rb"(?:\r?\n|(?<=\n))--" + mark + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    begun: int | None = None
    for count, match in enumerate(line.finditer(part.data, part.body, part.end)):
        if begun is not None:
            yield _part(part.data, begun, max(begun, match.start()), part.depth + 1)
        begun = _after_line(part.data, match.end())
        if match[1] or count > _PARTS:
            return
    if begun is not None:
        yield _part(part.data, begun, part.end, part.depth + 1)


def _after_line(data: tlv.Buffer, position: int) -> int:
    if bytes(data[position : position + 2]) == b"\r\n":
        return position + 2
    return position + 1 if bytes(data[position : position + 1]) == b"\n" else position


def _decoded_body(part: _Part) -> bytes:
    """Return the CMS in a part.

    Raises:
        UnreadableCms: it cannot be decoded.
    """
    body = part.content(with_headers=False)
    encoding = str(part.headers.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding == "base64":
        try:
            return base64.b64decode(b"".join(body.split()), validate=False)
        except binascii.Error as exc:
            raise UnreadableCms(_ENCODED_WRONGLY) from exc
    if encoding == "quoted-printable":
        body = binascii.a2b_qp(body)
    return decoded(body)


def _is_plain(mail: _Mail, part: _Part) -> bool:
    """Whether a part says only once what it is; which of two fields counts differs between mail programs."""
    said = (part.headers.get_all(name, []) for name in ("Content-Type", "Content-Transfer-Encoding"))
    if all(len({str(value) for value in values}) < 2 for values in said):
        return True
    mail.findings.append(AMBIGUOUS.at(mail.file.name))
    mail.unreadable = True
    return False


def _names(part: _Part) -> Iterator[str]:
    """Yield what to call the parts of a signed entity, without containers."""
    todo, seen = [part], 0
    while todo and seen < _NAMED_PARTS:
        current = todo.pop(0)
        seen += 1
        if current.kind.startswith("multipart/") and current.depth < _DEPTH:
            todo = [*_children(current), *todo][:_PARTS]
        else:
            yield current.name


def _parameter(headers: Message, name: str) -> str:
    """Return a parameter of the Content-Type field; empty when it has none or cannot be read."""
    try:
        value = headers.get_param(name)
    except (ValueError, TypeError, LookupError, AttributeError):
        return ""
    if isinstance(value, tuple):
        value = value[2]
    return str(value or "")


def _senders(headers: Message) -> tuple[str, ...]:
    """Return every address in the From fields, also one that poses as a name beside another."""
    fields = " ".join(str(value)[:2000] for value in (headers.get_all("From") or [])[:5])
    return tuple(dict.fromkeys(address.lower() for address in _ADDRESS.findall(fields)))
