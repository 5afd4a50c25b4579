"""What an edXML message says: the message of the national document axis (trục liên thông văn bản).

Everything is kept as it was sent, blanks around it removed; dates are also kept as read. What is not
there is empty. The checks say what is wrong with it: reading never refuses what can be told apart.

Source:
    QCVN 102:2016/BTTTT (Circular 10/2016/TT-BTTTT) and its amendment 1:2022 (Circular 01/2022/TT-BTTTT).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from model.dates import PartialDate
from model.findings import Finding


class Generation(StrEnum):
    """Which shape the message has."""

    CURRENT = "qcvn-102"
    """Root `edXML` of QCVN 102:2016, attachments in `AttachmentEncoded`."""
    SOAP = "soap"
    """The older one: a SOAP envelope, alone or in a MIME message with attachments as parts."""


class MessageKind(StrEnum):
    """What the message carries."""

    DOCUMENT = "document"
    STATUS = "status"
    """No body and no attachment: tells what became of a document."""


class Business(StrEnum):
    """What the message does (`BussinessDocType`)."""

    NEW = "0"
    RECALL = "1"
    UPDATE = "2"
    REPLACE = "3"


STATUS_CODES = ("01", "02", "03", "04", "05", "06", "13", "15", "16")
"""Codes of status messages; their words are in `ingest/edxml/wording.py`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A sender or receiver (`From`, `To`)."""

    code: str = ""
    """`OrganId`: 13 characters of 2016 (`000.00.00.G09`) or up to 35 of Decision 20/2020 (`H49.64.33`)."""
    name: str = ""
    in_charge: str = ""
    address: str = ""
    email: str = ""
    telephone: str = ""
    fax: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentKey:
    """What names a document on the axis: of the message itself, or of another one it speaks of.

    Several senders write no `DocumentId`, or a UUID: the parts then name it.
    """

    document_id: str = ""
    organ_code: str = ""
    number: str = ""
    """`CodeNumber`."""
    notation: str = ""
    """`CodeNotation`."""
    date: PartialDate | None = None
    """`PromulgationDate`."""

    @property
    def code(self) -> str:
        """Number and notation as written on the document: `15/QĐ-BXD`."""
        return "/".join(part for part in (self.number, self.notation) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One attached file, decoded."""

    content_id: str
    """Without `cid:`."""
    name: str
    """The name for people: `AttachmentName`, or what the message gives instead; made safe where a file gets it."""
    content_type: str = ""
    """As declared; what the file is, is told from its content later."""
    description: str = ""
    path: Path | None = None
    """The decoded bytes, in the folder given to the reader; none where they are missing or cannot be decoded."""
    size: int = 0
    sha256: bytes = b""
    unpacked: bool = False
    """The base64 held a ZIP made by the sending software, whose only member this is."""
    nested: bool = False
    """The bytes are another edXML message, whatever the name says."""


class SignatureState(StrEnum):
    """What can be said about the signature block of a message."""

    ABSENT = "absent"
    EMPTY = "empty"
    """A block is there but holds no value."""
    BROKEN = "broken"
    """It cannot be read or does not fit: cut-off certificate, wrong digest, wrong value."""
    INTACT = "intact"
    """The value fits the bytes and the certificate in the message; nothing is said about trust."""
    UNDECIDED = "undecided"
    """It could not be checked: an algorithm or a form that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureBlock:
    """The message's own signature; trust rests on the signed documents, never on this."""

    state: SignatureState = SignatureState.ABSENT
    algorithm: str = ""
    """`SignatureMethod`, the part after the last `#` or `/`."""
    signer: str = ""
    """Subject of the certificate, where it can be read."""
    weak: str = ""
    """What is weak in it: SHA-1, MD5 or an RSA key below 2048 bits; empty when nothing is."""
    reason: str = ""
    """Why it is broken or undecided, in English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEntry:
    """A station the message passed (`TraceHeader`)."""

    organ_code: str
    time: datetime | None = None
    """Aware; written without a zone it is Vietnamese time."""
    written: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverChange:
    """One line of an update's `ReceiverList`."""

    organ_code: str
    added: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """One document a message replaces (`ReplacementInfo`)."""

    document_id: str
    organ_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessPart:
    """What the message does to documents sent before (`Bussiness`)."""

    type: Business = Business.NEW
    document_id: str = ""
    """The document recalled or updated."""
    reason: str = ""
    paper: str = ""
    receivers: tuple[ReceiverChange, ...] = ()
    replaces: tuple[Replacement, ...] = ()
    department: str = ""
    staff: str = ""
    mobile: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdxmlMessage:
    """One message, read completely."""

    generation: Generation
    kind: MessageKind
    key: DocumentKey
    sender: Organization
    receivers: tuple[Organization, ...] = ()
    place: str = ""
    type_code: str = ""
    type_name: str = ""
    """`TypeName`: "Quyết định", "Công văn", …"""
    type_detail: str = ""
    subject: str = ""
    content: str = ""
    signer_competence: str = ""
    signer_position: str = ""
    signer_name: str = ""
    due_date: PartialDate | None = None
    to_places: tuple[str, ...] = ()
    priority: str = ""
    sphere: str = ""
    copies: str = ""
    """`PromulgationAmount`."""
    pages: int | None = None
    """`PageAmount`."""
    appendixes: tuple[str, ...] = ()
    response_for: tuple[DocumentKey, ...] = ()
    """The documents this one answers; of a status message the one it speaks of."""
    steering_type: str = ""
    secrecy: str = ""
    """`Secret` of the older generation; the regulation in force has no such element."""
    trace: tuple[TraceEntry, ...] = ()
    business: BusinessPart = BusinessPart()
    status_code: str = ""
    status_text: str = ""
    """`Description` of a status message."""
    time: datetime | None = None
    """`Timestamp` of a status message, else that of the first trace entry."""
    attachments: tuple[Attachment, ...] = ()
    signature: SignatureBlock = SignatureBlock()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMessage:
    """A message and what was found wrong with it; the message is none when it must be refused."""

    message: EdxmlMessage | None
    findings: Sequence[Finding]

    @property
    def complete(self) -> bool:
        """Whether it could be read and every attachment its manifest names is there."""
        return self.message is not None and all(item.path is not None for item in self.message.attachments)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdxmlLimits:
    """Caps on what a stranger controls; beyond one the message is refused."""

    message: int = 4 << 30
    """Bytes of a message."""
    header: int = 4 << 20
    """Bytes of all texts but attachments."""
    depth: int = 64
    elements: int = 100_000
    attachments: int = 1_000
    attachment: int = 2 << 30
    """Bytes of one attachment, decoded and unpacked."""
    total: int = 4 << 30
    """Bytes of all attachments, decoded and unpacked."""
    ratio: int = 200
    """Unpacked over packed bytes, once 16 MiB were unpacked."""
