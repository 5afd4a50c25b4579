"""The regulation's requirements, one by one, of a message that was read.

Lengths are those that older checkers of the document axis apply; a longer value is kept whole and only
remarked upon.

Source:
    QCVN 102:2016/BTTTT and its amendment 1:2022.
"""

import re
from collections.abc import Iterator
from datetime import date

from ingest.edxml import findings as kinds
from ingest.edxml.times import read_date
from ingest.edxml.values import (
    STATUS_CODES,
    Business,
    DocumentKey,
    EdxmlMessage,
    MessageKind,
    Organization,
)
from ingest.edxml.wording import PRIORITY_WORDS
from model.dates import PartialDate
from model.findings import Finding, Severity

_CODE_2016 = re.compile(r"\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}")
"""Four levels, the highest last."""
_CODE_2020 = re.compile(r"[A-Z]\d{2}(\.\d{1,3}){0,10}")
"""The highest level first; at most 35 characters (Decision 20/2020/QĐ-TTg Art. 4)."""
_CODE_OTHER = re.compile(r"\d{10}(-\d{3})?|\d{12,13}")
"""Enterprises, cooperatives, households (Decision 20/2020/QĐ-TTg Art. 5, 6)."""
_UUID = re.compile(r"\{?[0-9A-Fa-f]{8}(-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}\}?")
_LONGEST_CODE = 35
_FIRST_YEAR = 1990
_STEERING = ("", "0", "1", "2", "3")
_LENGTHS = (
    ("place", "MessageHeader/PromulgationInfo/Place", 50),
    ("type_name", "MessageHeader/DocumentType/TypeName", 100),
    ("subject", "MessageHeader/Subject", 500),
    ("content", "MessageHeader/Content", 500),
    ("signer_competence", "MessageHeader/SignerInfo/Competence", 100),
    ("signer_position", "MessageHeader/SignerInfo/Position", 100),
    ("signer_name", "MessageHeader/SignerInfo/FullName", 50),
    ("sphere", "MessageHeader/OtherInfo/SphereOfPromulgation", 100),
)
_ORGAN_LENGTHS = (
    ("in_charge", "OrganizationInCharge", 200),
    ("name", "OrganName", 200),
    ("address", "OrganAdd", 250),
    ("email", "Email", 100),
    ("telephone", "Telephone", 20),
    ("fax", "Fax", 20),
)
_NUMBER, _NOTATION, _TO_PLACE, _APPENDIX = 11, 30, 150, 250


def check_message(message: EdxmlMessage, *, today: date) -> Iterator[Finding]:
    """Yield what does not meet the regulation; what was odd in reading is not said again.

    Args:
        today: dates after it lie in the future.
    """
    yield from _organization(message.sender, "MessageHeader/From")
    if message.kind is MessageKind.STATUS:
        yield from _status(message)
    else:
        yield from _receivers(message)
        yield from _mandatory(message)
        yield from _lengths(message)
        yield from _identity(message)
        yield from _codes(message)
        yield from _business(message)
        if not message.attachments and message.business.type in (Business.NEW, Business.REPLACE):
            yield kinds.NO_ATTACHMENT.at("edXMLBody")
    yield from _dates(message, today)
    yield from _answers(message)


def is_agency_code(code: str) -> bool:
    """Tell whether a code has the form of 2016, of 2020, or of an enterprise."""
    if len(code) > _LONGEST_CODE:
        return False
    return any(form.fullmatch(code) for form in (_CODE_2016, _CODE_2020, _CODE_OTHER))


def _missing(name: str, place: str, *, essential: bool = False) -> Finding:
    """Return that an element is missing: an error where nobody could say any more what the message is."""
    severity = Severity.ERROR if essential else Severity.WARNING
    return kinds.ELEMENT_MISSING.at(f"{place}/{name}", severity=severity, name=name)


def _too_long(text: str, limit: int, place: str) -> Iterator[Finding]:
    if len(text) > limit:
        yield kinds.TOO_LONG.at(place, name=place.rpartition("/")[2], count=len(text), limit=limit)


def _organization(body: Organization, place: str) -> Iterator[Finding]:
    if not body.code:
        yield _missing("OrganId", place, essential=not body.name and place.endswith("From"))
    elif not is_agency_code(body.code):
        yield kinds.AGENCY_CODE.at(f"{place}/OrganId", code=body.code[:80])
    if not body.name and body.code:  # the code tells who it is
        yield kinds.ORGAN_NAME.at(f"{place}/OrganName", code=body.code[:80])
    elif not body.name:
        yield _missing("OrganName", place, essential=place.endswith("From"))
    for attribute, name, limit in _ORGAN_LENGTHS:
        yield from _too_long(getattr(body, attribute), limit, f"{place}/{name}")


def _receivers(message: EdxmlMessage) -> Iterator[Finding]:
    if not message.receivers:
        yield _missing("To", "MessageHeader")
    seen: set[str] = set()
    for number, receiver in enumerate(message.receivers, 1):
        place = f"MessageHeader/To[{number}]"
        yield from _organization(receiver, place)
        if receiver.code and receiver.code in seen:
            yield kinds.RECEIVER_TWICE.at(f"{place}/OrganId", code=receiver.code[:80])
        seen.add(receiver.code)


def _mandatory(message: EdxmlMessage) -> Iterator[Finding]:
    key = message.key
    nameless = not _names_something(key)
    wanted = (
        (key.document_id, "DocumentId", "MessageHeader", nameless),
        (key.number, "CodeNumber", "MessageHeader/Code", nameless),
        (key.notation, "CodeNotation", "MessageHeader/Code", False),
        (key.date, "PromulgationDate", "MessageHeader/PromulgationInfo", False),
        (message.type_name, "TypeName", "MessageHeader/DocumentType", False),
        (message.subject, "Subject", "MessageHeader", True),
        (message.signer_name, "FullName", "MessageHeader/SignerInfo", False),
    )
    for value, name, place, essential in wanted:
        if not value:
            yield _missing(name, place, essential=essential)
    if not message.trace:
        yield _missing("TraceHeader", "TraceHeaderList")
    for number, entry in enumerate(message.trace, 1):
        if not entry.organ_code:
            yield _missing("OrganId", f"TraceHeaderList/TraceHeader[{number}]")
        if not entry.written:
            yield _missing("Timestamp", f"TraceHeaderList/TraceHeader[{number}]")


def _lengths(message: EdxmlMessage) -> Iterator[Finding]:
    for attribute, place, limit in _LENGTHS:
        yield from _too_long(getattr(message, attribute), limit, place)
    yield from _too_long(message.key.number, _NUMBER, "MessageHeader/Code/CodeNumber")
    yield from _too_long(message.key.notation, _NOTATION, "MessageHeader/Code/CodeNotation")
    for number, place in enumerate(message.to_places, 1):
        yield from _too_long(place, _TO_PLACE, f"MessageHeader/ToPlaces/Place[{number}]")
    for number, text in enumerate(message.appendixes, 1):
        yield from _too_long(text, _APPENDIX, f"MessageHeader/OtherInfo/Appendixes/Appendix[{number}]")


def _identity(message: EdxmlMessage) -> Iterator[Finding]:
    """Compare the identifier with the parts it is made of."""
    key, place = message.key, "MessageHeader/DocumentId"
    if not key.document_id:
        return
    parts = [part.strip() for part in key.document_id.split(",", 2)]
    try:
        issued = read_date(parts[1]) if len(parts) == 3 else None
    except ValueError:
        issued = None
    if issued is None:
        if not _UUID.fullmatch(key.document_id):
            yield kinds.ID_FORM.at(place, id=key.document_id[:200])
        return
    agrees = (
        parts[0] == (key.organ_code or parts[0])
        and key.date in (None, issued)
        and (not (key.number and key.notation) or _same(parts[2], key.code))
    )
    if not agrees:
        expected = ",".join((key.organ_code, key.date.iso.replace("-", "/") if key.date else "?", key.code))
        yield kinds.ID_DIFFERS.at(place, id=key.document_id[:200], expected=expected[:200])


def _same(one: str, other: str) -> bool:
    """Compare two numbers with notation; blanks and case do not count."""
    return re.sub(r"\s+", "", one).casefold() == re.sub(r"\s+", "", other).casefold()


def _codes(message: EdxmlMessage) -> Iterator[Finding]:
    if message.priority and message.priority not in PRIORITY_WORDS:
        yield kinds.PRIORITY.at("MessageHeader/OtherInfo/Priority", code=message.priority[:80])
    if message.steering_type not in _STEERING:
        yield kinds.STEERING.at("MessageHeader/SteeringType", code=message.steering_type[:80])
    if message.type_code not in ("", "1", "2"):
        yield kinds.DOCUMENT_TYPE.at("MessageHeader/DocumentType/Type", code=message.type_code[:80])
    if message.copies and not (message.copies.isascii() and message.copies.isdecimal()):
        place = "MessageHeader/OtherInfo/PromulgationAmount"
        yield kinds.NOT_A_NUMBER.at(place, name="PromulgationAmount", text=message.copies[:80])


def _business(message: EdxmlMessage) -> Iterator[Finding]:
    part, place = message.business, "TraceHeaderList/Bussiness"
    if part.type is Business.NEW:
        return
    if not part.reason:
        yield kinds.NO_REASON.at(f"{place}/BussinessDocReason")
    if part.type is Business.REPLACE:
        if not any(one.document_id for one in part.replaces):
            yield kinds.NO_REPLACEMENT.at(f"{place}/ReplacementInfoList")
        for number, one in enumerate(part.replaces, 1):
            if one.document_id and one.document_id == message.key.document_id:
                where = f"{place}/ReplacementInfoList/ReplacementInfo[{number}]/DocumentId"
                yield kinds.REPLACES_ITSELF.at(where, id=one.document_id[:200])
    elif not part.document_id and not message.key.document_id:  # a recall may name its document in the header alone
        yield kinds.NO_TARGET.at(f"{place}/DocumentId")
    for number, change in enumerate(part.receivers, 1):
        if change.organ_code and not is_agency_code(change.organ_code):
            where = f"{place}/BussinessDocumentInfo/ReceiverList/Receiver[{number}]/OrganId"
            yield kinds.AGENCY_CODE.at(where, code=change.organ_code[:80])


def _status(message: EdxmlMessage) -> Iterator[Finding]:
    if message.status_code not in STATUS_CODES:
        yield kinds.STATUS_CODE.at("MessageHeader/StatusCode", code=message.status_code[:80])
    if not any(_names_something(key) for key in message.response_for):
        yield kinds.STATUS_OF_NOTHING.at("MessageHeader/ResponseFor")
    if message.time is None:
        yield _missing("Timestamp", "MessageHeader")
    if message.attachments:
        yield kinds.STATUS_WITH_FILES.at("AttachmentEncoded")


def _names_something(key: DocumentKey) -> bool:
    return bool(key.document_id or (key.number and key.notation))


def _answers(message: EdxmlMessage) -> Iterator[Finding]:
    for number, key in enumerate(message.response_for, 1):
        place = f"MessageHeader/ResponseFor[{number}]"
        if key.organ_code and not is_agency_code(key.organ_code):
            yield kinds.AGENCY_CODE.at(f"{place}/OrganId", code=key.organ_code[:80])
        if message.kind is MessageKind.DOCUMENT and not _names_something(key):
            yield _missing("DocumentId", place)


def _dates(message: EdxmlMessage, today: date) -> Iterator[Finding]:
    issued, due = message.key.date, message.due_date
    yield from _date(issued, "MessageHeader/PromulgationInfo/PromulgationDate", today)
    for number, key in enumerate(message.response_for, 1):
        yield from _date(key.date, f"MessageHeader/ResponseFor[{number}]/PromulgationDate", today)
    if issued is not None and due is not None and due < issued:
        yield kinds.DUE_BEFORE.at("MessageHeader/DueDate", due=due.iso, date=issued.iso)
    for number, entry in enumerate(message.trace, 1):
        if entry.time is not None and entry.time.date() > today and (entry.time.date() - today).days > 1:
            where = f"TraceHeaderList/TraceHeader[{number}]/Timestamp"
            yield kinds.DATE_FUTURE.at(where, date=entry.time.date().isoformat())


def _date(found: PartialDate | None, place: str, today: date) -> Iterator[Finding]:
    if found is None:
        return
    if found.earliest > today:
        yield kinds.DATE_FUTURE.at(place, date=found.iso)
    elif found.year < _FIRST_YEAR:
        yield kinds.DATE_OLD.at(place, date=found.iso)
