"""Each requirement of the regulation, broken by itself, is named with its place."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ingest.edxml.check import check_edxml
from ingest.edxml.checks import check_message, is_agency_code
from ingest.edxml.describe import document_of
from ingest.edxml.values import (
    STATUS_CODES,
    Attachment,
    Business,
    BusinessPart,
    DocumentKey,
    EdxmlMessage,
    MessageKind,
    Organization,
    ReceiverChange,
    TraceEntry,
)
from ingest.edxml.wording import BUSINESS_WORDS, PRIORITY_WORDS, STATUS_WORDS, word_of
from model.dates import PartialDate
from model.errors import InputError
from model.findings import Finding, Outcome, finding_kinds
from preservation.package.check import check_package
from tests.fakes.edxml_messages import (
    OLDER,
    RECEIVER,
    SENDER,
    Sent,
    Shape,
    a_message,
    document_bytes,
    key_of,
    recall_of,
    replacing,
    status_bytes,
    write_message,
    write_mime,
)

TODAY = date(2026, 3, 10)
ONE = (Attachment(content_id="a", name="a.pdf", size=1),)
GOOD = a_message(attachments=ONE)
KEY = GOOD.key
UUID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
OTHER = key_of("14", "QĐ-SMAU", PartialDate(2026, 2, 1))
STATUS = EdxmlMessage(
    generation=GOOD.generation,
    kind=MessageKind.STATUS,
    key=DocumentKey(),
    sender=SENDER,
    response_for=(KEY,),
    status_code="03",
    time=datetime(2026, 3, 3, tzinfo=UTC),
)


def places(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(finding.code.removeprefix("edxml."), finding.location) for finding in findings]


def test_good_messages_have_no_findings() -> None:
    assert places(check_message(GOOD, today=TODAY)) == []
    assert places(check_message(STATUS, today=TODAY)) == []


@pytest.mark.parametrize(
    ("changes", "code", "place"),
    [
        ({"sender": replace(SENDER, code="")}, "element-missing", "MessageHeader/From/OrganId"),
        (
            {"sender": replace(SENDER, code="SXD"), "key": replace(KEY, document_id=UUID)},
            "agency-code",
            "MessageHeader/From/OrganId",
        ),
        ({"sender": replace(SENDER, name="")}, "organ-name", "MessageHeader/From/OrganName"),
        ({"sender": replace(SENDER, telephone="0" * 21)}, "too-long", "MessageHeader/From/Telephone"),
        ({"receivers": ()}, "element-missing", "MessageHeader/To"),
        ({"receivers": (RECEIVER, RECEIVER)}, "receiver-twice", "MessageHeader/To[2]/OrganId"),
        ({"key": replace(KEY, document_id="")}, "element-missing", "MessageHeader/DocumentId"),
        ({"key": replace(KEY, document_id="15/QĐ-SMAU")}, "document-id-form", "MessageHeader/DocumentId"),
        (
            {"key": replace(KEY, document_id="H49,2026/03/02,15/QĐ-SMAU")},
            "document-id-differs",
            "MessageHeader/DocumentId",
        ),
        ({"key": replace(KEY, number="")}, "element-missing", "MessageHeader/Code/CodeNumber"),
        ({"key": replace(KEY, notation="")}, "element-missing", "MessageHeader/Code/CodeNotation"),
        ({"key": replace(KEY, date=None)}, "element-missing", "MessageHeader/PromulgationInfo/PromulgationDate"),
        ({"place": "x" * 51}, "too-long", "MessageHeader/PromulgationInfo/Place"),
        ({"type_name": ""}, "element-missing", "MessageHeader/DocumentType/TypeName"),
        ({"type_code": "18"}, "document-type", "MessageHeader/DocumentType/Type"),
        ({"subject": ""}, "element-missing", "MessageHeader/Subject"),
        ({"subject": "x" * 501}, "too-long", "MessageHeader/Subject"),
        ({"signer_name": ""}, "element-missing", "MessageHeader/SignerInfo/FullName"),
        ({"due_date": PartialDate(2026, 3, 1)}, "due-before-date", "MessageHeader/DueDate"),
        ({"to_places": ("", "x" * 151)}, "too-long", "MessageHeader/ToPlaces/Place[2]"),
        ({"appendixes": ("x" * 251,)}, "too-long", "MessageHeader/OtherInfo/Appendixes/Appendix[1]"),
        ({"priority": "5"}, "priority", "MessageHeader/OtherInfo/Priority"),
        ({"copies": "hai"}, "not-a-number", "MessageHeader/OtherInfo/PromulgationAmount"),
        ({"steering_type": "7"}, "steering-type", "MessageHeader/SteeringType"),
        ({"response_for": (replace(KEY, organ_code="x"),)}, "agency-code", "MessageHeader/ResponseFor[1]/OrganId"),
        (
            {"response_for": (DocumentKey(organ_code="G09"),)},
            "element-missing",
            "MessageHeader/ResponseFor[1]/DocumentId",
        ),
        ({"trace": ()}, "element-missing", "TraceHeaderList/TraceHeader"),
        (
            {"trace": (TraceEntry(organ_code="", written="x"),)},
            "element-missing",
            "TraceHeaderList/TraceHeader[1]/OrganId",
        ),
        ({"trace": (TraceEntry(organ_code="G09"),)}, "element-missing", "TraceHeaderList/TraceHeader[1]/Timestamp"),
        ({"attachments": ()}, "no-attachment", "edXMLBody"),
        (
            {"business": replace(recall_of(OTHER), reason="")},
            "no-reason",
            "TraceHeaderList/Bussiness/BussinessDocReason",
        ),
        ({"business": replacing()}, "no-replacement", "TraceHeaderList/Bussiness/ReplacementInfoList"),
        (
            {"business": replacing(KEY)},
            "replaces-itself",
            "TraceHeaderList/Bussiness/ReplacementInfoList/ReplacementInfo[1]/DocumentId",
        ),
        (
            {"business": replace(recall_of(OTHER), receivers=(ReceiverChange(organ_code="?", added=True),))},
            "agency-code",
            "TraceHeaderList/Bussiness/BussinessDocumentInfo/ReceiverList/Receiver[1]/OrganId",
        ),
    ],
)
def test_one_requirement(changes: dict[str, object], code: str, place: str) -> None:
    findings = list(check_message(a_message(**({"attachments": ONE} | changes)), today=TODAY))
    assert places(findings) == [(code, place)]
    kind = finding_kinds()[findings[0].code]
    assert kind.source.startswith(("QCVN 102:2016", "Decision 20/2020"))


@pytest.mark.parametrize(
    ("when", "code"),
    [(PartialDate(2026, 3, 11), "date-future"), (PartialDate(1954, 1, 1), "date-old")],
)
def test_impossible_dates(when: PartialDate, code: str) -> None:
    key = key_of("15", "QĐ-SMAU", when)
    assert [code] == [found for found, _ in places(check_message(a_message(key=key, attachments=ONE), today=TODAY))]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status_code": "99"}, "status-code"),
        ({"response_for": ()}, "status-of-nothing"),
        ({"response_for": (DocumentKey(organ_code="G09"),)}, "status-of-nothing"),
        ({"time": None}, "element-missing"),
        ({"attachments": ONE}, "status-with-files"),
    ],
)
def test_status(changes: dict[str, object], code: str) -> None:
    message = replace(STATUS, **changes)  # type: ignore[arg-type]  # fields of the message
    assert [found for found, _ in places(check_message(message, today=TODAY))] == [code]


def test_recall_of_nothing() -> None:
    message = a_message(
        attachments=ONE,
        key=replace(KEY, document_id=""),
        business=BusinessPart(type=Business.RECALL, reason="Thu hồi"),
    )
    assert "no-target" in [code for code, _ in places(check_message(message, today=TODAY))]


@pytest.mark.parametrize("code", ["000.00.00.G09", "H49.64.33", "G09", "H49.64.33.1.2", "0101234567", "0101234567-001"])
def test_agency_codes(code: str) -> None:
    assert is_agency_code(code)


@pytest.mark.parametrize("code", ["", "000.00.G09", "h49", "H49.", "H49..1", "G9", "H49" + ".123" * 9, "H49 "])
def test_no_agency_codes(code: str) -> None:
    assert not is_agency_code(code)


def test_words() -> None:
    assert set(STATUS_WORDS) == set(STATUS_CODES)
    assert set(BUSINESS_WORDS) == {one.value for one in Business}
    assert word_of(STATUS_WORDS, "03", "vi") == "Đã tiếp nhận"
    assert word_of(PRIORITY_WORDS, "3", "en") == "Express"
    assert word_of(PRIORITY_WORDS, "9", "vi") == "9"


def test_check_reads_and_checks(tmp_path: Path) -> None:
    path = tmp_path / "a.edxml"
    path.write_bytes(document_bytes(files=[Sent("a.pdf", b"%PDF")]))
    before = sorted(tmp_path.rglob("*"))
    assert check_edxml(path, today=TODAY).outcome is Outcome.PASSED
    path.write_bytes(write_message(a_message(subject=""), [Sent("a.pdf", b"1", enclosed=False)]))
    report = check_edxml(path, today=TODAY)
    assert report.outcome is Outcome.FAILED
    assert [finding.code for finding in report.findings] == ["edxml.attachment-missing", "edxml.element-missing"]
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(InputError):
        check_edxml(tmp_path / "nothing.edxml")


@pytest.mark.parametrize("name", ["a.edxml", "a.xml", "a", "a.pdf", "a.eml"])
@pytest.mark.parametrize("shape", ["plain", "soap", "mime", "bom", "utf-16", "status", "stray"])
def test_recognised_by_content(name: str, shape: str, tmp_path: Path) -> None:
    data = {
        "plain": document_bytes(),
        "soap": write_message(a_message(), shape=Shape(soap=True, namespace=OLDER)),
        "mime": write_mime(a_message()),
        "bom": write_message(a_message(), shape=Shape(bom=True, prefix="")),
        "utf-16": write_message(a_message(), shape=Shape(encoding="UTF-16")),
        "status": status_bytes("01", of=KEY),
        "stray": b"1212" + document_bytes(),
    }[shape]
    path = tmp_path / name
    path.write_bytes(data)
    assert check_package(path, edxml=check_edxml).type == "edxml"
    assert check_package(path).outcome is Outcome.INDETERMINATE


@pytest.mark.parametrize("content", [b"%PDF-1.4 <</Type>>", b"<html/>", b"", b"PNG"])
def test_other_content_under_the_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.edxml"
    path.write_bytes(content)
    report = check_package(path, edxml=check_edxml)
    assert (report.type, report.outcome) == ("edxml", Outcome.FAILED)
    assert report.findings[0].code == "edxml.not-edxml"


@pytest.mark.parametrize(
    "content",
    [
        b"<mets xmlns='http://www.loc.gov/METS/' LABEL='edXML'/>",
        b"<p>edXML http://www.mic.gov.vn/TBT/QCVN_102_2016</p>",
    ],
)
def test_what_only_mentions_edxml(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(content)
    assert check_package(path, edxml=check_edxml).type != "edxml"


def test_description() -> None:
    found = document_of(GOOD, 3, ["QD15.pdf", "Phụ lục.xlsx"])
    document = found.document
    assert (document.ordinal, document.type_name, document.code_number) == (3, "02", "15")
    assert (document.code_notation, document.issued_date) == ("QĐ-SMAU", PartialDate(2026, 3, 2))
    assert (document.organ_name, document.subject) == (SENDER.name, GOOD.subject)
    assert (document.number_of_page, document.confidence_level, document.languages) == (1, "01", ("01",))
    assert document.files == ("QD15.pdf", "Phụ lục.xlsx")
    assert set(found.unfilled) == {"doc_id", "doc_code", "maintenance", "mode", "process", "risk_recovery"}


@pytest.mark.parametrize(
    ("written", "code"),
    [("QUYẾT ĐỊNH", "02"), ("công văn", "22"), ("Tờ  trình", "15"), ("Sắc lệnh", "32"), ("", ""), ("Giấy mời", "26")],
)
def test_types(written: str, code: str) -> None:
    found = document_of(a_message(type_name=written), 1, [])
    assert found.document.type_name == code
    assert found.document.description == (written if code == "32" else "")
    assert ("type_name" in found.unfilled) == (code == "")


def test_values_that_do_not_fit() -> None:
    message = a_message(
        subject="Về việc " * 100, key=replace(KEY, number="1" * 12), pages=0, sender=Organization(code="G09")
    )
    found = document_of(message, 1, [])
    assert len(found.document.subject) <= 500
    assert found.document.subject.endswith("…")
    assert found.document.code_number == ""
    assert {"number_of_page", "organ_name"} <= set(found.unfilled)


@pytest.mark.parametrize(
    "lacking",
    [
        {"signer_name": ""},
        {"type_name": ""},
        {"trace": ()},
        {"receivers": ()},
        {"key": DocumentKey(organ_code="H49", number="15", notation="QĐ-UBND")},
        {"key": DocumentKey(document_id="H49,2026/03/02,15/QĐ-UBND")},
    ],
)
def test_what_can_still_be_told_apart_is_a_warning(lacking: dict[str, object]) -> None:
    message = replace(a_message(), **lacking)  # type: ignore[arg-type]  # fields of a message
    found = [finding for finding in check_message(message, today=TODAY) if finding.code == "edxml.element-missing"]
    assert found
    assert {finding.severity for finding in found} == {"warning"}


@pytest.mark.parametrize("lacking", [{"subject": ""}, {"key": DocumentKey()}, {"sender": Organization()}])
def test_a_message_nobody_could_file_is_an_error(lacking: dict[str, object]) -> None:
    message = replace(a_message(), **lacking)  # type: ignore[arg-type]  # fields of a message
    assert "error" in {finding.severity for finding in check_message(message, today=TODAY)}
