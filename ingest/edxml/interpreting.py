"""From the elements of an envelope to the values of a message.

Source:
    QCVN 102:2016/BTTTT and its amendment 1:2022; names of the older generation are read as well.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ingest.edxml import findings as kinds
from ingest.edxml.nodes import EMPTY, Node
from ingest.edxml.times import is_prescribed, read_date, read_time
from ingest.edxml.values import (
    Business,
    BusinessPart,
    DocumentKey,
    EdxmlMessage,
    Generation,
    MessageKind,
    Organization,
    ReceiverChange,
    Replacement,
    TraceEntry,
)
from ingest.sources.secrecy import is_secret_mode
from model.dates import PartialDate
from model.findings import Finding, FindingLog
from model.text import N_

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
OLDER_NAMESPACE = "http://www.e-doc.vn/Schema/"
_KNOWN = frozenset(name.lower().rstrip("/") for name in (NAMESPACE, OLDER_NAMESPACE))
_ROOTS = ("edxml", "edxmlenvelope", "envelope")
_BUSINESS = ("Bussiness", "Business")
_ONCE = (
    "From",
    "DocumentId",
    "Code",
    "PromulgationInfo",
    "DocumentType",
    "Subject",
    "Content",
    "SignerInfo",
    "DueDate",
    "ToPlaces",
    "OtherInfo",
    "SteeringType",
    "StatusCode",
)
_NO_ROOT = N_("its first element has another name")
_NO_MESSAGE = N_("it is a SOAP envelope without a MessageHeader")
_NOTHING = N_("there is no element in it")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """What a manifest says of one attachment."""

    content_id: str
    name: str = ""
    content_type: str = ""
    description: str = ""
    written_id: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedEntry:
    """One element that carries an attachment."""

    content_id: str
    name: str = ""
    content_type: str = ""
    description: str = ""
    written_id: str = ""
    slot: int = -1
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the elements of a message say."""

    message: EdxmlMessage
    manifest: tuple[ManifestEntry, ...] = ()
    encoded: tuple[EncodedEntry, ...] = ()


def plain_id(text: str) -> str:
    """Return a content identifier without `cid:` and angle brackets."""
    plain = text.strip()
    if plain[:4].lower() == "cid:":
        plain = plain[4:]
    return plain.strip("<> \t")


def refusal_of(root: Node | None) -> Finding | None:
    """Return why a document is no edXML message that can be understood; none when it is one."""
    if root is None:
        return kinds.NOT_EDXML.at(what=_NOTHING)
    if root.name.lower() not in _ROOTS:
        return kinds.NOT_EDXML.at(f"line {root.line}", what=_NO_ROOT)
    if root.find("MessageHeader") is None:
        return kinds.NO_HEADER.at() if root.name.lower() != "envelope" else kinds.NOT_EDXML.at(what=_NO_MESSAGE)
    return None


def interpret(root: Node, log: FindingLog) -> Envelope:
    """Read the values of a message; what is odd is added to the log.

    Args:
        root: of a document that `refusal_of` has nothing to say about.
    """
    return _Interpreter(root, log).envelope()


class _Interpreter:
    def __init__(self, root: Node, log: FindingLog) -> None:
        self._root = root
        self._log = log
        self._nodes = list(root.walk())
        self._firsts: dict[str, Node] = {}
        for node in self._nodes:
            self._firsts.setdefault(node.name, node)
        self._header = self._firsts.get("MessageHeader", EMPTY)
        self._soap = root.name.lower() == "envelope"

    def envelope(self) -> Envelope:
        self._forms()
        header = self._header
        status = header.first("StatusCode") is not None
        answered = tuple(self._answered(node, number) for number, node in enumerate(header.all("ResponseFor"), 1))
        trace = self._trace()
        signer = header.first("SignerInfo", "Author") or EMPTY
        other = header.first("OtherInfo") or EMPTY
        kind = header.first("DocumentType") or EMPTY
        older_kind = header.first("type") or EMPTY
        business = self._business()
        message = EdxmlMessage(
            generation=Generation.SOAP if self._soap else Generation.CURRENT,
            kind=MessageKind.STATUS if status else MessageKind.DOCUMENT,
            key=self._key(),
            sender=_organization(header.first("From") or EMPTY),
            receivers=tuple(_organization(node) for node in header.all("To")),
            place=(header.first("PromulgationInfo") or EMPTY).value("Place"),
            type_code=kind.value("Type") or older_kind.value("value"),
            type_name=kind.value("TypeName") or older_kind.value("description"),
            type_detail=kind.value("TypeDetail"),
            subject=header.value("Subject"),
            content=header.value("Content"),
            signer_competence=signer.value("Competence"),
            signer_position=signer.value("Position", "Function"),
            signer_name=signer.value("FullName"),
            due_date=self._date(header, "DueDate", "MessageHeader/DueDate"),
            to_places=_texts((header.first("ToPlaces") or EMPTY).all("Place")),
            priority=other.value("Priority"),
            sphere=other.value("SphereOfPromulgation"),
            copies=other.value("PromulgationAmount"),
            pages=self._number(other, "PageAmount", "MessageHeader/OtherInfo/PageAmount"),
            appendixes=_texts((other.first("Appendixes") or EMPTY).all("Appendix")),
            response_for=answered,
            steering_type=header.value("SteeringType"),
            trace=trace,
            business=business,
            status_code=header.value("StatusCode"),
            status_text=header.value("Description") if status else "",
            time=self._time(header, "Timestamp", "MessageHeader/Timestamp") or (trace[0].time if trace else None),
            secrecy=other.value("Secret"),
        )
        if is_secret_mode(message.secrecy):
            self._log.add(kinds.SECRET.at("MessageHeader/OtherInfo/Secret", level=message.secrecy[:80]))
        return Envelope(message=message, manifest=tuple(self._manifest()), encoded=tuple(self._encoded()))

    def _forms(self) -> None:
        """Note variants of namespace, prefix and cardinality."""
        header = self._header
        namespace = header.namespace
        if not namespace:
            self._log.add(kinds.NO_NAMESPACE.at("MessageHeader"))
        elif namespace.lower().rstrip("/") not in _KNOWN:
            self._log.add(kinds.NAMESPACE.at("MessageHeader", namespace=namespace[:200]))
        elif not header.prefix and not self._soap:
            self._log.add(kinds.PREFIX_MISSING.at("MessageHeader"))
        if self._soap:
            self._log.add(kinds.OLDER_GENERATION.at(self._root.name))
        for name in _ONCE:
            count = sum(1 for _ in header.all(name))
            if count > 1:
                self._log.add(kinds.REPEATED.at(f"MessageHeader/{name}", name=name, count=count))

    def _key(self) -> DocumentKey:
        header = self._header
        code = header.first("Code") or EMPTY
        number, notation = _code(code)
        issued = header.first("PromulgationInfo") or EMPTY
        name = "PromulgationDate" if issued.first("PromulgationDate") is not None else "Date"
        return DocumentKey(
            document_id=header.value("DocumentId"),
            organ_code=(header.first("From") or EMPTY).value("OrganId"),
            number=number,
            notation=notation,
            date=self._date(issued, name, f"MessageHeader/PromulgationInfo/{name}"),
        )

    def _answered(self, node: Node, place: int) -> DocumentKey:
        number, notation = _code(node.first("Code") or EMPTY)
        where = f"MessageHeader/ResponseFor[{place}]/PromulgationDate"
        return DocumentKey(
            document_id=node.value("DocumentId"),
            organ_code=node.value("OrganId"),
            number=number,
            notation=notation,
            date=self._date(node, "PromulgationDate", where),
        )

    def _trace(self) -> tuple[TraceEntry, ...]:
        found = self._firsts.get("TraceHeaderList", EMPTY)
        entries = []
        for number, node in enumerate(found.all("TraceHeader"), 1):
            where = f"TraceHeaderList/TraceHeader[{number}]/Timestamp"
            station = node.first("Sender") or node
            entries.append(
                TraceEntry(
                    organ_code=node.value("OrganId") or station.value("OrganId"),
                    time=self._time(node, "Timestamp", where),
                    written=node.value("Timestamp"),
                )
            )
        return tuple(entries)

    def _business(self) -> BusinessPart:
        part = self._firsts.get(_BUSINESS[0]) or self._firsts.get(_BUSINESS[1])
        if part is None:
            staff = self._header.first("StaffInfo") or EMPTY
            return _with_staff(BusinessPart(), staff)
        name = part.name
        if name != _BUSINESS[0]:
            self._log.add(kinds.SPELLING.at(name, written=name, prescribed=_BUSINESS[0]))
        code = part.value("BussinessDocType", "BusinessDocType")
        kind = next((one for one in Business if one.value == (code.lstrip("0") or "0")), None)
        if kind is None:
            self._log.add(kinds.BUSINESS_TYPE.at(f"TraceHeaderList/{name}/BussinessDocType", code=code[:80]))
        about = part.first("BussinessDocumentInfo", "BusinessDocumentInfo") or EMPTY
        named, replaces = part.value("DocumentId"), tuple(_replacements(part.first("ReplacementInfoList") or EMPTY))
        if kind is Business.REPLACE and not replaces and named not in ("", self._header.value("DocumentId")):
            self._log.add(kinds.REPLACEMENT_PLACE.at(f"TraceHeaderList/{name}/DocumentId", id=named[:200]))
            replaces = (Replacement(document_id=named),)
        business = BusinessPart(
            type=kind or Business.NEW,
            document_id=named,
            reason=part.value("BussinessDocReason", "BusinessDocReason"),
            paper=part.value("Paper"),
            receivers=tuple(_changes(about.first("ReceiverList") or EMPTY)),
            replaces=replaces,
        )
        return _with_staff(business, part.first("StaffInfo") or EMPTY)

    def _manifest(self) -> Iterator[ManifestEntry]:
        body = (
            self._firsts.get("edXMLBody") or self._firsts.get("Body") or self._root
        )  # a signature may have a Manifest of its own
        manifest = body.find("edXMLManifest", "Manifest") or EMPTY
        for number, node in enumerate(manifest.all("Reference"), 1):
            written = node.value("ContentId") or node.attributes.get("href", "")
            yield ManifestEntry(
                content_id=plain_id(written),
                name=node.value("AttachmentName"),
                content_type=node.value("ContentType"),
                description=node.value("Description"),
                written_id=written.strip(),
                location=f"{manifest.name}/Reference[{number}]",
            )

    def _encoded(self) -> Iterator[EncodedEntry]:
        number = 0
        for node in self._nodes:
            carrier = next((child for child in node.children if child.slot >= 0), None)
            if node.name not in ("Attachment", "attachment") or (carrier is None and not node.first("ContentId")):
                continue
            number += 1
            written = node.value("ContentId") or node.attributes.get("Content-ID", "")
            yield EncodedEntry(
                content_id=plain_id(written),
                name=node.value("AttachmentName", "FileName", "name"),
                content_type=node.value("ContentType", "FileType") or node.attributes.get("Content-Type", ""),
                description=node.value("Description"),
                written_id=written.strip(),
                slot=carrier.slot if carrier is not None else -1,
                location=f"AttachmentEncoded/Attachment[{number}]",
            )

    def _date(self, parent: Node, name: str, where: str) -> PartialDate | None:
        text = parent.value(name)
        if not text:
            return None
        try:
            date = read_date(text)
        except ValueError:
            self._log.add(kinds.DATE_UNREADABLE.at(where, text=text[:80]))
            return None
        if not is_prescribed(text):
            self._log.add(kinds.DATE_FORM.at(where, text=text[:80], date=date.iso))
        return date

    def _time(self, parent: Node, name: str, where: str) -> datetime | None:
        text = parent.value(name)
        if not text:
            return None
        try:
            moment = read_time(text)
        except ValueError:
            self._log.add(kinds.DATE_UNREADABLE.at(where, text=text[:80]))
            return None
        if not is_prescribed(text):
            self._log.add(kinds.DATE_FORM.at(where, text=text[:80], date=read_date(text).iso))
        return moment

    def _number(self, parent: Node, name: str, where: str) -> int | None:
        text = parent.value(name)
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) <= 9):
            self._log.add(kinds.NOT_A_NUMBER.at(where, name=name, text=text[:80]))
            return None
        return int(text)


def _organization(node: Node) -> Organization:
    return Organization(
        code=node.value("OrganId"),
        name=node.value("OrganName"),
        in_charge=node.value("OrganizationInCharge"),
        address=node.value("OrganAdd"),
        email=node.value("Email"),
        telephone=node.value("Telephone"),
        fax=node.value("Fax"),
        website=node.value("Website"),
    )


def _code(node: Node) -> tuple[str, str]:
    """Return number and notation, also where both stand in one text: `101/SMAU-VP`."""
    number, notation = node.value("CodeNumber"), node.value("CodeNotation")
    if number or notation:
        return number, notation
    number, slash, notation = node.text.partition("/")
    return (number.strip(), notation.strip()) if slash else (node.text, "")


def _changes(node: Node) -> Iterator[ReceiverChange]:
    for receiver in node.all("Receiver"):
        yield ReceiverChange(organ_code=receiver.value("OrganId"), added=receiver.value("ReceiverType") == "1")


def _replacements(node: Node) -> Iterator[Replacement]:
    for info in node.all("ReplacementInfo"):
        codes = _texts((info.first("OrganIdList") or EMPTY).all("OrganId"))
        yield Replacement(document_id=info.value("DocumentId"), organ_codes=codes)


def _with_staff(business: BusinessPart, staff: Node) -> BusinessPart:
    return replace(
        business,
        department=staff.value("Department"),
        staff=staff.value("Staff"),
        mobile=staff.value("Mobile"),
        email=staff.value("Email"),
    )


def _texts(nodes: Iterable[Node]) -> tuple[str, ...]:
    return tuple(text for node in nodes if (text := node.text))
