"""edXML messages for tests, written by hand so that the reader is tested against something of its own.

    data = document_bytes(number="15", notation="QĐ-SMAU", files=[Sent("QD15.pdf", b"%PDF-1.4 …")])
    data = status_bytes("03", of=key)
    data = write_message(a_message(subject="…"), [Sent(…)], Shape(prefix=""))
    data = write_mime(a_message(), [Sent(…)])

`a_message` makes a complete `EdxmlMessage` (every mandatory element) with the values given changed;
`write_message` writes any `EdxmlMessage`: current generation, or a bare SOAP envelope with
`Shape(soap=True)`; `write_mime` the older generation in MIME. What is read back equals what was written
but for `attachments` and `signature`.
"""

import base64
import io
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from ingest.edxml.times import VIETNAM
from ingest.edxml.values import (
    Business,
    BusinessPart,
    DocumentKey,
    EdxmlMessage,
    Generation,
    MessageKind,
    Organization,
    Replacement,
    TraceEntry,
)
from model.dates import PartialDate

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
OLDER = "http://www.e-doc.vn/Schema/"
SENDER = Organization(code="H49.64.33", name="Sở Thử Nghiệm tỉnh Mẫu", in_charge="Ủy ban nhân dân tỉnh Mẫu")
ISSUED = PartialDate(2026, 3, 2)
NOTHING_MORE = BusinessPart()
RECEIVER = Organization(code="000.00.00.H49", name="Lưu trữ lịch sử tỉnh Mẫu", email="luutru@mau.example")


@dataclass(frozen=True)
class Sent:
    """One file to attach."""

    name: str
    content: bytes
    type: str = "application/pdf"
    zipped: bool = False
    """As sending software does it: a ZIP of one file with a random name, labelled application/zip."""
    id: str = ""
    """Made from its position when empty."""
    listed: bool = True
    """Whether the manifest names it."""
    enclosed: bool = True
    """Whether it is there."""
    transfer: str = "base64"
    """In MIME only: base64, quoted-printable or binary."""


@dataclass(frozen=True)
class Shape:
    """How a message is written."""

    prefix: str = "edXML"
    """Of the envelope's elements; empty: none."""
    namespace: str = NAMESPACE
    """Empty: none."""
    encoded_prefix: bool = True
    """Whether `ContentTransferEncoded` has the prefix."""
    cid: bool = True
    """Whether identifiers begin with `cid:` in the manifest and in the attachment."""
    business: str = "Bussiness"
    date: str = "%Y/%m/%d"
    time: str = "%Y/%m/%d %H:%M:%S"
    encoding: str = "UTF-8"
    bom: bool = False
    width: int = 0
    """Characters of a line of base64; 0: all in one."""
    soap: bool = False
    signature: str = ""
    """XML to put where the signature block stands."""


def a_message(**changes: object) -> EdxmlMessage:
    """Return a complete document message, with the values given changed."""
    organ = changes.get("sender", SENDER)
    key = DocumentKey(
        document_id="H49.64.33,2026/03/02,15/QĐ-SMAU",
        organ_code=getattr(organ, "code", ""),
        number="15",
        notation="QĐ-SMAU",
        date=PartialDate(2026, 3, 2),
    )
    sent = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    message = EdxmlMessage(
        generation=Generation.CURRENT,
        kind=MessageKind.DOCUMENT,
        key=key,
        sender=SENDER,
        receivers=(RECEIVER,),
        place="Thành phố Mẫu",
        type_code="2",
        type_name="Quyết định",
        subject="Về việc ban hành Danh mục hồ sơ năm 2026",
        signer_name="Nguyễn Văn Mẫu",
        signer_position="Giám đốc",
        signer_competence="GIÁM ĐỐC",
        priority="0",
        pages=1,
        steering_type="1",
        trace=(TraceEntry(organ_code="H49.64.33", time=sent, written="2026/03/02 08:00:00"),),
        time=sent,
    )
    return replace(message, **changes)  # type: ignore[arg-type]  # the caller names fields of the message


def document_bytes(
    *,
    number: str = "15",
    notation: str = "QĐ-SMAU",
    date: PartialDate = ISSUED,
    files: Sequence[Sent] = (),
    sender: Organization = SENDER,
    receivers: Sequence[Organization] = (RECEIVER,),
    type_name: str = "Quyết định",
    subject: str = "Về việc ban hành Danh mục hồ sơ năm 2026",
    answers: Sequence[DocumentKey] = (),
    business: BusinessPart = NOTHING_MORE,
    **changes: object,
) -> bytes:
    """Return a document message as bytes; its DocumentId follows from sender, date and number."""
    key = key_of(number, notation, date, sender)
    message = a_message(
        key=key,
        sender=sender,
        receivers=tuple(receivers),
        type_name=type_name,
        subject=subject,
        response_for=tuple(answers),
        business=business,
        **changes,
    )
    return write_message(message, files)


def key_of(number: str, notation: str, date: PartialDate, sender: Organization = SENDER) -> DocumentKey:
    """Return the key of a document whose identifier is written as the regulation wants it."""
    identifier = f"{sender.code},{date.iso.replace('-', '/')},{number}/{notation}"
    return DocumentKey(document_id=identifier, organ_code=sender.code, number=number, notation=notation, date=date)


def recall_of(key: DocumentKey, reason: str = "Thu hồi văn bản điện tử") -> BusinessPart:
    """Return the business of a message that recalls a document."""
    return BusinessPart(type=Business.RECALL, document_id=key.document_id, reason=reason, paper="0")


def update_of(key: DocumentKey, reason: str = "Cập nhật văn bản điện tử") -> BusinessPart:
    """Return the business of a message that updates a document."""
    return BusinessPart(type=Business.UPDATE, document_id=key.document_id, reason=reason, paper="0")


def replacing(*keys: DocumentKey, reason: str = "Văn bản thay thế") -> BusinessPart:
    """Return the business of a message that replaces documents."""
    replaced = tuple(Replacement(document_id=key.document_id, organ_codes=(RECEIVER.code,)) for key in keys)
    return BusinessPart(type=Business.REPLACE, reason=reason, paper="0", replaces=replaced)


def status_bytes(
    code: str, *, of: DocumentKey, sender: Organization = RECEIVER, text: str = "", time: str = "2026/03/02 10:00:00"
) -> bytes:
    """Return a status message as bytes."""
    answered = element("ResponseFor", _key(of, Shape(), code_in_one=True))
    inner = _organization("From", sender) + answered + text_element("StatusCode", code)
    inner += text_element("Description", text or "Trạng thái") + text_element("Timestamp", time)
    header = element("edXMLHeader", element("MessageHeader", inner))
    return _document(_wrap(_prefixed(header, Shape()), Shape()), Shape())


def write_message(message: EdxmlMessage, files: Sequence[Sent] = (), shape: Shape = Shape()) -> bytes:
    """Write a document message with its files."""
    header = element("MessageHeader", "".join(_header(message, shape))) + _trace(message, shape)
    manifest = element("edXMLManifest", "".join(_reference(file, place, shape) for place, file in _listed(files)))
    if shape.soap:
        manifest = manifest.replace("edXMLManifest", "Manifest")
        body = _prefixed(manifest, shape) if files else ""
        inner = f"<S:Header>{_prefixed(header + shape.signature, shape)}</S:Header><S:Body>{body}</S:Body>"
        return _document(inner + _encoded(files, shape), shape)
    envelope = _prefixed(element("edXMLHeader", header + shape.signature), shape)
    if files:
        envelope += _prefixed(element("edXMLBody", manifest), shape)
    return _document(_wrap(envelope, shape) + _encoded(files, shape), shape)


def write_mime(
    message: EdxmlMessage,
    files: Sequence[Sent] = (),
    *,
    shape: Shape = Shape(soap=True, namespace=OLDER),
    boundary: str = "Boundary",
    headers: bool = True,
    line_end: bytes = b"\r\n",
) -> bytes:
    """Write a message of the older generation: a SOAP envelope and its files as parts of a MIME message."""
    envelope = write_message(message, [replace(file, enclosed=False) for file in files], shape)
    lines: list[bytes] = []
    if headers:
        lines += [b"MIME-Version: 1.0", b'Content-Type: multipart/related; type="text/xml";']
        lines += [b'\tstart="<Start>"; boundary="' + boundary.encode() + b'"', b""]
    mark = b"--" + boundary.encode()
    lines += [mark, b"Content-Type: text/xml; charset=utf-8", b"Content-Transfer-Encoding: 8bit"]
    lines += [b"Content-ID: <Start>", b"", envelope]
    for place, file in _enclosed(files):
        lines += [mark, f"Content-Type: {file.type}".encode(), f"Content-Transfer-Encoding: {file.transfer}".encode()]
        lines += [f"Content-ID: <{_id(file, place)}>".encode(), _disposition(file.name), b"", _transfer(file)]
    lines += [mark + b"--", b""]
    return line_end.join(lines)


def packed(content: bytes, member: str = "") -> bytes:
    """Return a ZIP whose only member has a random name."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(member or f"{uuid.UUID(int=len(content))}.bin"), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def element(name: str, inner: str) -> str:
    """Return an element whose prefix is put in later; nothing when it would be empty."""
    return f"<{{p}}{name}>{inner}</{{p}}{name}>" if inner else ""


def text_element(name: str, text: str) -> str:
    """Return an element with a text."""
    return element(name, _escaped(text))


def _escaped(text: str) -> str:
    return escape(text).replace("{", "&#123;").replace("}", "&#125;").replace("\r", "&#13;")


def _prefixed(xml: str, shape: Shape) -> str:
    return xml.replace("{p}", f"{shape.prefix}:" if shape.prefix else "")


def _declared(shape: Shape, *, own: bool) -> str:
    if not shape.namespace:
        return ""
    name = f"xmlns:{shape.prefix}" if shape.prefix and own else "xmlns"
    return f" {name}={quoteattr(shape.namespace)}"


def _wrap(inner: str, shape: Shape) -> str:
    tag = f"{shape.prefix}:edXMLEnvelope" if shape.prefix else "edXMLEnvelope"
    return f"<{tag}{_declared(shape, own=True)}>{inner}</{tag}>"


def _document(inner: str, shape: Shape) -> bytes:
    if shape.soap:
        soap = "http://schemas.xmlsoap.org/soap/envelope/"
        xml = f'<S:Envelope xmlns:S="{soap}"{_declared(shape, own=True)}>{inner}</S:Envelope>'
    else:
        xml = f"<edXML{_declared(shape, own=False)}>{inner}</edXML>"
    text = f'<?xml version="1.0" encoding="{shape.encoding}"?>\n{xml}\n'
    data = text.encode("utf-8" if shape.encoding.lower() == "utf-8" else shape.encoding, "xmlcharrefreplace")
    return b"\xef\xbb\xbf" + data if shape.bom and shape.encoding.lower() == "utf-8" else data


def _header(message: EdxmlMessage, shape: Shape) -> Iterable[str]:
    key = message.key
    yield _organization("From", message.sender)
    for receiver in message.receivers:
        yield _organization("To", receiver)
    yield text_element("DocumentId", key.document_id)
    yield element("Code", text_element("CodeNumber", key.number) + text_element("CodeNotation", key.notation))
    issued = text_element("Place", message.place) + _date("PromulgationDate", key.date, shape)
    yield element("PromulgationInfo", issued)
    kind = text_element("Type", message.type_code) + text_element("TypeName", message.type_name)
    yield element("DocumentType", kind + text_element("TypeDetail", message.type_detail))
    yield text_element("Subject", message.subject)
    yield text_element("Content", message.content)
    signer = text_element("Competence", message.signer_competence) + text_element("Position", message.signer_position)
    yield element("SignerInfo", signer + text_element("FullName", message.signer_name))
    yield _date("DueDate", message.due_date, shape)
    yield element("ToPlaces", "".join(text_element("Place", place) for place in message.to_places))
    yield element("OtherInfo", "".join(_other(message)))
    for answered in message.response_for:
        yield element("ResponseFor", _key(answered, shape))
    yield text_element("SteeringType", message.steering_type)


def _other(message: EdxmlMessage) -> Iterable[str]:
    yield text_element("Priority", message.priority)
    yield text_element("SphereOfPromulgation", message.sphere)
    yield text_element("PromulgationAmount", message.copies)
    yield text_element("PageAmount", "" if message.pages is None else str(message.pages))
    yield element("Appendixes", "".join(text_element("Appendix", text) for text in message.appendixes))
    yield text_element("Secret", message.secrecy)


def _organization(name: str, body: Organization) -> str:
    parts = (
        ("OrganId", body.code),
        ("OrganizationInCharge", body.in_charge),
        ("OrganName", body.name),
        ("OrganAdd", body.address),
        ("Email", body.email),
        ("Telephone", body.telephone),
        ("Fax", body.fax),
        ("Website", body.website),
    )
    return f"<{{p}}{name}>" + "".join(text_element(part, text) for part, text in parts) + f"</{{p}}{name}>"


def _key(key: DocumentKey, shape: Shape, *, code_in_one: bool = False) -> str:
    parts = text_element("CodeNumber", key.number) + text_element("CodeNotation", key.notation)
    code = text_element("Code", key.code) if code_in_one else element("Code", parts)
    xml = text_element("OrganId", key.organ_code) + code + _date("PromulgationDate", key.date, shape)
    return xml + text_element("DocumentId", key.document_id)


def _date(name: str, date: PartialDate | None, shape: Shape) -> str:
    return text_element(name, _strftime(shape.date, date) if date else "")


def _strftime(form: str, date: PartialDate) -> str:
    """Years before 1000 too, which `strftime` writes with fewer digits."""
    return form.replace("%Y", f"{date.year:04d}").replace("%m", f"{date.month:02d}").replace("%d", f"{date.day:02d}")


def _trace(message: EdxmlMessage, shape: Shape) -> str:
    inner = "".join(_station(entry, shape) for entry in message.trace)
    part = message.business
    inner_business = text_element("DocumentId", part.document_id)
    inner_business += text_element(f"{shape.business}DocType", part.type.value)
    inner_business += text_element(f"{shape.business}DocReason", part.reason) + text_element("Paper", part.paper)
    changes = "".join(
        element("Receiver", text_element("OrganId", one.organ_code) + text_element("ReceiverType", str(int(one.added))))
        for one in part.receivers
    )
    inner_business += element(f"{shape.business}DocumentInfo", element("ReceiverList", changes))
    replaced = "".join(
        element(
            "ReplacementInfo",
            text_element("DocumentId", one.document_id)
            + element("OrganIdList", "".join(text_element("OrganId", code) for code in one.organ_codes)),
        )
        for one in part.replaces
    )
    inner_business += element("ReplacementInfoList", replaced)
    staff = (("Department", part.department), ("Staff", part.staff), ("Mobile", part.mobile), ("Email", part.email))
    inner_business += element("StaffInfo", "".join(text_element(name, text) for name, text in staff))
    return element("TraceHeaderList", inner + element(shape.business, inner_business))


def _station(entry: TraceEntry, shape: Shape) -> str:
    written = entry.written or (entry.time.astimezone(VIETNAM).strftime(shape.time) if entry.time else "")
    return element("TraceHeader", text_element("OrganId", entry.organ_code) + text_element("Timestamp", written))


def _id(file: Sent, place: int) -> str:
    return file.id or f"att-{place}"


def _listed(files: Sequence[Sent]) -> list[tuple[int, Sent]]:
    return [(place, file) for place, file in enumerate(files, 1) if file.listed]


def _enclosed(files: Sequence[Sent]) -> list[tuple[int, Sent]]:
    return [(place, file) for place, file in enumerate(files, 1) if file.enclosed]


def _reference(file: Sent, place: int, shape: Shape) -> str:
    identifier = ("cid:" if shape.cid else "") + _id(file, place)
    kind = "application/zip" if file.zipped else file.type
    inner = text_element("ContentId", identifier) + text_element("ContentType", kind)
    return element("Reference", inner + text_element("AttachmentName", file.name))


def _encoded(files: Sequence[Sent], shape: Shape) -> str:
    there = _enclosed(files)
    if not there:
        return ""
    return f"<AttachmentEncoded>{''.join(_attachment(file, place, shape) for place, file in there)}</AttachmentEncoded>"


def _attachment(file: Sent, place: int, shape: Shape) -> str:
    identifier = ("cid:" if shape.cid else "") + _id(file, place)
    kind = "application/zip" if file.zipped else file.type
    text = base64.b64encode(packed(file.content) if file.zipped else file.content).decode()
    if shape.width:
        text = "\n".join(text[at : at + shape.width] for at in range(0, len(text), shape.width))
    tag, declared = "ContentTransferEncoded", ""
    if shape.encoded_prefix and shape.prefix and shape.namespace:
        tag, declared = f"{shape.prefix}:{tag}", _declared(shape, own=True)
    return (
        f"<Attachment><ContentId>{_escaped(identifier)}</ContentId><AttachmentName>{_escaped(file.name)}"
        f"</AttachmentName><ContentType>{_escaped(kind)}</ContentType><{tag}{declared}>{text}</{tag}></Attachment>"
    )


def _disposition(name: str) -> bytes:
    from urllib.parse import quote

    if name.isascii():
        return f'Content-Disposition: attachment; filename="{name}"'.encode()
    return f"Content-Disposition: attachment; filename*=UTF-8''{quote(name)}".encode()


def _transfer(file: Sent) -> bytes:
    if file.transfer == "base64":
        return base64.encodebytes(file.content).replace(b"\n", b"\r\n").rstrip()
    if file.transfer == "quoted-printable":
        return b"=\r\n".join(
            b"=" + file.content[at : at + 24].hex("=").upper().encode() for at in range(0, len(file.content), 24)
        )
    return file.content
