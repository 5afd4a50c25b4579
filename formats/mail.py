"""Electronic mail: parts decode, headers, body and names of attachments as text.

Source:
    RFC 5322, RFC 2045 to 2047
"""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

from formats import findings as kinds
from formats import html, plaintext
from formats.content import Content
from model.text import N_

LARGEST = 128 << 20
_PARTS = 1_000
_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_POLICY = policy.default.clone(raise_on_defect=False)


def validate(content: Content) -> None:
    """Check that there are header fields and that the parts can be taken apart."""
    if content.size > LARGEST:
        content.skipped("chauban mail", "too large")
        content.add(kinds.TOO_LARGE, what=N_("the message"), limit=f"{LARGEST >> 20} MiB")
        return
    content.ran("chauban mail", "1")
    message = _message(content)
    content.shared = message
    if not message.keys():
        content.add(kinds.DAMAGED, detail=N_("the message has no header fields"))
        return
    defects: dict[str, None] = {}
    attached: list[str] = []
    for part in _parts(message):
        defects.update(dict.fromkeys(type(defect).__name__ for defect in part.defects))
        if part.is_attachment():
            attached.append(part.get_filename() or part.get_content_type())
    for name in list(defects)[:5]:
        content.add(kinds.IRREGULAR, detail=name)
    if attached:
        content.add(kinds.EMBEDDED, detail=", ".join(attached[:10]))
    if message.get_content_type() == "multipart/encrypted" or "enveloped-data" in str(message.get("Content-Type", "")):
        content.add(kinds.ENCRYPTED, detail=N_("the message is encrypted"))


def extract(content: Content, limit: int) -> str:
    """Return the chief headers, the body, and the names of attachments."""
    message = content.shared if isinstance(content.shared, EmailMessage) else _message(content)
    parts: list[str] = []
    length = 0
    for piece in _pieces(message, limit):
        parts.append(piece)
        length += len(piece)
        if length > limit:
            break
    return "\n".join(parts)


def _message(content: Content) -> EmailMessage:
    data = content.data() if content.size <= LARGEST else content.view[:LARGEST]
    if data.startswith(b"From "):
        data = data.partition(b"\n")[2]
    return message_from_bytes(data.lstrip(b"\r\n"), policy=_POLICY)


def _parts(message: EmailMessage) -> Iterator[EmailMessage]:
    for number, part in enumerate(message.walk()):
        if number >= _PARTS:
            return
        yield part


def _pieces(message: EmailMessage, limit: int) -> Iterator[str]:
    for part in _parts(message):
        if part is message or part.get_content_type() == "message/rfc822":
            yield from _headers(part)
        name = part.get_filename()
        if name:
            yield name
        if part.is_attachment() or part.get_content_maintype() != "text":
            continue
        body = part.get_payload(decode=True)
        if not isinstance(body, bytes):
            continue
        if part.get_content_subtype() == "html":
            yield html.text_of(body, limit)
        else:
            yield plaintext.decode_text(body[: limit * 4], part.get_content_charset() or "")[0]


def _headers(part: EmailMessage) -> Iterator[str]:
    for name in _HEADERS:
        for value in part.get_all(name, [])[:20]:
            yield str(value)
