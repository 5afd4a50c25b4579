"""Packages of Circular 05/2025, kind by kind: each rule broken once, and what is known to differ."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from model.findings import Finding, FindingKind, Outcome, Severity, ValidationReport
from preservation.package import tt05_codes, tt05_findings
from preservation.package.check import check_package
from preservation.package.tt05_elements import document_layout, is_loose
from tests.fakes.sip_packages import (
    CASE,
    CIRCULAR_DIP_PROFILE,
    MEDIA,
    PICTURE,
    Heading,
    SipDocument,
    archival_elements,
    document_elements,
    make_aip_hoso,
    make_sip_hoso,
    make_sip_tailieu,
    seal,
    simpledc,
    zipped,
)

CODE = CASE["fileCode"]
EAD = "metadata/descriptive/EAD.xml"
AIP_HEADING = Heading(
    objid="urn:uuid:1F0E0D0C-0B0A-4908-8706-050403020100",
    package_type="AIP",
    profile="http://www.ra.ee/METS/v01/IP.xml",
)


def codes(report: ValidationReport) -> set[str]:
    return {finding.code for finding in report.findings}


def one(report: ValidationReport, code: str) -> Finding:
    found = [finding for finding in report.findings if finding.code == code]
    assert len(found) == 1, report.findings
    return found[0]


def warnings(report: ValidationReport) -> set[str]:
    return {finding.code for finding in report.findings if finding.severity is not Severity.INFO}


def document(ordinal: int = 1, **changed: str) -> SipDocument:
    elements = {**document_elements(CODE, ordinal), **changed}
    return SipDocument(elements=tuple(elements.items()), files={f"{ordinal}.txt": b"text"})


def test_complete_packages_of_every_kind_have_no_warning(tmp_path: Path) -> None:
    for folder, make, kind in (
        ("a", make_sip_hoso, "vn-tt05-sip"),
        ("b", make_sip_tailieu, "vn-tt05-sip"),
        ("c", make_aip_hoso, "vn-tt05-aip"),
    ):
        (tmp_path / folder).mkdir()
        report = check_package(make(tmp_path / folder))
        assert (report.type, report.outcome) == (kind, Outcome.PASSED)
        assert warnings(report) <= {"tt05.link-incomplete"}, report.findings


CASES: dict[str, tuple[dict[str, str], Severity]] = {
    "tt05.file-code-form": ({"fileCode": "160"}, Severity.WARNING),
    "tt05.not-permanent": ({"maintenance": "04"}, Severity.WARNING),
    "tt05.secret": ({"mode": "03"}, Severity.ERROR),
    "tt05.retention-lower": ({"maintenance": "06"}, Severity.WARNING),
    "tt05.date-outside": ({"startDate": "01/04/2024"}, Severity.WARNING),
    "tt05.count": ({"totalDoc": "7"}, Severity.ERROR),
    "tt05.digitised": ({"confidenceLevel": "02", "paperFileCode": "K1.2", "numberOfPaper": "3"}, Severity.INFO),
    "tt05.dates": ({"startDate": "31/12/2024"}, Severity.ERROR),
    "tt05.code": ({"maintenance": "09"}, Severity.ERROR),
    "tt05.date": ({"endDate": "12/2024"}, Severity.ERROR),
    "tt05.number": ({"numberOfPage": "ba"}, Severity.ERROR),
    "tt05.length": ({"title": "x" * 1001}, Severity.ERROR),
    "tt05.element-unknown": ({"other": "x"}, Severity.WARNING),
}


@pytest.mark.parametrize("code", CASES)
def test_a_rule_of_the_case_file(tmp_path: Path, code: str) -> None:
    changed, severity = CASES[code]
    report = check_package(make_sip_hoso(tmp_path, case=changed))
    found = [finding for finding in report.findings if finding.code == code]
    assert found, report.findings
    assert {finding.severity for finding in found} == {severity}
    assert all(finding.source.startswith("TT ") and "?" not in finding.message("en") for finding in found)
    assert report.outcome is (Outcome.FAILED if severity is Severity.ERROR else Outcome.PASSED)


DOCUMENTS: dict[str, list[SipDocument]] = {
    "tt05.document-code": [document(docCode="H49.64.2024.7.0000001")],
    "tt05.document-code-year": [document(docCode="H49.64.2023.1.0000001")],
    "tt05.code-twice": [document(1), document(2, docId=document_elements(CODE, 1)["docId"])],
    "tt05.secret": [document(mode="03")],
    "tt05.file-not-linked": [document(1), replace(document(2), linked=False)],
    "tt05.document-not-linked": [document(1), replace(document(2), files={})],
    "tt05.link-incomplete": [document(1), replace(document(2), files={})],
    "tt05.element-repeated": [SipDocument(elements=(*document().elements, ("subject", "x")), files={"a.txt": b"x"})],
}


@pytest.mark.parametrize("code", DOCUMENTS)
def test_a_rule_of_the_documents(tmp_path: Path, code: str) -> None:
    described = DOCUMENTS[code]
    report = check_package(make_sip_hoso(tmp_path, described=described, case={"totalDoc": str(len(described))}))
    secret = code == "tt05.secret"
    assert one(report, code).severity is (Severity.ERROR if secret else Severity.WARNING)
    assert report.outcome is (Outcome.FAILED if secret else Outcome.PASSED), report.findings


def test_a_missing_file_is_named_as_people_write_it(tmp_path: Path) -> None:
    package = make_sip_hoso(tmp_path)
    next((package / "representations/rep1/data").iterdir()).unlink()
    assert "001 văn bản.txt" in one(check_package(package), "mets.reference-missing").message("en")


def test_a_year_written_wrong_in_every_document_is_told_once(tmp_path: Path) -> None:
    described = [document(number, docCode=f"H49.64.2019.1.{number:07d}") for number in range(1, 6)]
    report = check_package(make_sip_hoso(tmp_path, described=described, case={"totalDoc": "5"}))
    finding = one(report, "tt05.document-code-year")
    assert dict(finding.args) == {"found": "2019", "year": "2024", "count": "5"}
    assert finding.location.endswith("EAD_doc_1.xml")


HEADINGS: dict[str, Heading] = {
    "tt05.objid": Heading(objid="gói-1"),
    "tt05.letter-case": Heading(objid="uuid-0f0e0d0c-0b0a-4908-8706-050403020100"),
    "tt05.content-category": Heading(content_category="Datasets"),
    "tt05.profile": Heading(profile="https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-2-0.xml"),
    "tt05.fonds-code": Heading(agency=""),
    "tt05.registration-code": Heading(registration=""),
    "tt05.registration-is-file-code": Heading(registration=CODE),
    "tt05.record-status": Heading(status="OLD"),
    "tt05.checksum-type": Heading(checksum_type="SHA-512"),
    "tt05.metadata-type": Heading(mdtype="EAD"),
}


@pytest.mark.parametrize("code", HEADINGS)
def test_a_convention_of_mets(tmp_path: Path, code: str) -> None:
    report = check_package(make_sip_hoso(tmp_path, heading=HEADINGS[code]))
    assert code in codes(report), report.findings
    assert report.outcome is Outcome.PASSED, report.findings


def rewritten(root: Path, name: str, *changes: tuple[str, str]) -> None:
    path = root / name
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    if name != "METS.xml":
        seal(root, Heading())


REP = "representations/rep1/METS.xml"
METS_CHANGES: dict[str, tuple[str, tuple[str, str]]] = {
    "tt05.time-form": ("METS.xml", ("08:00:00.000+07:00", "01:00:00Z")),
    "tt05.identifier-form": (REP, ('file ID="ID-', 'file ID="F-')),
    "tt05.file-group": (REP, ('USE="Data"', 'USE="Dữ liệu"')),
    "tt05.file-group-missing": (REP, ('USE="Data"', 'USE="Schemas"')),
    "tt05.division": (REP, ('LABEL="MetadataLink">', 'LABEL="Liên kết">')),
    "tt05.division-missing": (REP, ('LABEL="Data"', 'LABEL="Dữ liệu"')),
    "mets.identifier-unresolved": (REP, ('LABEL="MetadataLink/File" DMDID="', 'LABEL="MetadataLink/File" DMDID="x')),
}


@pytest.mark.parametrize("code", METS_CHANGES)
def test_a_convention_inside_mets(tmp_path: Path, code: str) -> None:
    package = make_sip_hoso(tmp_path)
    name, change = METS_CHANGES[code]
    rewritten(package, name, change)
    report = check_package(package)
    assert code in codes(report), report.findings
    assert report.outcome is Outcome.PASSED, report.findings


def test_a_package_without_any_links_says_so_once(tmp_path: Path) -> None:
    report = check_package(make_sip_hoso(tmp_path, described=[replace(document(), linked=False)]))
    assert not codes(report) & {"tt05.file-not-linked", "tt05.document-not-linked"}


def test_the_name_of_a_zip_is_noted(tmp_path: Path) -> None:
    package = make_sip_hoso(tmp_path)
    named = check_package(zipped(package, tmp_path / f"01_{package.name}.zip"))
    bare = check_package(zipped(package, tmp_path / "gói.zip"))
    assert "tt05.zip-name" not in codes(named)
    assert one(bare, "tt05.zip-name").severity is Severity.INFO


LINKED: list[tuple[str, set[str]]] = [
    ("H49.64.2024.1-9", {"tt05.linked-document"}),
    ("", {"tt05.linked-document", "tt05.linked-form"}),
    ("một\nhai", {"tt05.linked-document", "tt05.linked-form"}),
    ("x" * 300, {"tt05.linked-document", "tt05.linked-form"}),
    ("x" * 70_000, {"tt05.linked-document", "tt05.linked-form"}),
]


@pytest.mark.parametrize(("text", "expected"), LINKED, ids=range(len(LINKED)))
def test_a_linked_document_of_a_submission(tmp_path: Path, text: str, expected: set[str]) -> None:
    report = check_package(make_sip_hoso(tmp_path, linked={"9.pdf": text}))
    assert {code for code in codes(report) if code.startswith("tt05.linked")} == expected
    assert report.outcome is Outcome.PASSED


UUID = "5F0E0D0C-0B0A-4908-8706-050403020100"
ARCHIVAL_LINKED: list[tuple[str, set[str], Outcome]] = [
    (f"urn_P01_{UUID}_representations/rep1/data/a b.pdf 12 data/a b.pdf ID-9", set(), Outcome.PASSED),
    (f"urn_P02_{UUID}_representations/rep1/data/a.pdf 12 data/a.pdf ID-9", {"tt05.linked-fonds"}, Outcome.FAILED),
    ("H49.64.2024.1-9", {"tt05.linked-form"}, Outcome.PASSED),
    ("", {"tt05.linked-form"}, Outcome.PASSED),
    (
        f"urn_P01_{UUID}_representations/rep1/data/a.pdf 12 representations/rep1/data/9 ID-9\n"
        f"urn_P01_{UUID}_representations/rep1/data/b.pdf 13 representations/rep1/data/9 ID-9\n",
        set(),
        Outcome.PASSED,
    ),
    (f"urn_P01_{UUID}_representations/rep1/data/a.pdf 12 data/a.pdf ID-9\nID-9", {"tt05.linked-form"}, Outcome.PASSED),
]


@pytest.mark.parametrize(("text", "expected", "outcome"), ARCHIVAL_LINKED)
def test_a_linked_document_of_an_archival_package(
    tmp_path: Path, text: str, expected: set[str], outcome: Outcome
) -> None:
    package = make_aip_hoso(tmp_path)
    (package / "representations/rep1/data/9.fetch.txt").write_text(text, encoding="utf-8")
    report = check_package(package)
    assert {code for code in codes(report) if code.startswith("tt05.linked-f")} == expected
    assert report.outcome is outcome, report.findings


def test_a_linked_document_among_loose_ones_is_a_warning(tmp_path: Path) -> None:
    package = make_sip_tailieu(tmp_path)
    (package / "representations/rep1/data/9.fetch.txt").write_text("9", encoding="utf-8")
    assert "tt05.linked-in-loose" in codes(check_package(package))


LOOSE: list[tuple[dict[str, str], str]] = [
    ({"source": "2"}, "tt05.code"),
    ({"title": ""}, "tt05.element-missing"),
    ({"totalDoc": "9"}, "tt05.count"),
    ({"maintenance": "01"}, "tt05.element-unknown"),
]


@pytest.mark.parametrize(("changed", "code"), LOOSE)
def test_a_rule_of_loose_documents(tmp_path: Path, changed: dict[str, str], code: str) -> None:
    assert code in codes(check_package(make_sip_tailieu(tmp_path, case=changed)))


def test_the_code_of_a_submission_of_loose_documents(tmp_path: Path) -> None:
    assert "tt05.batch-code-form" in codes(check_package(make_sip_tailieu(tmp_path, code="H49.64.2024.1")))


def archival(tmp_path: Path, case: Iterable[tuple[str, str]], described: Iterable[SipDocument]) -> ValidationReport:
    package = make_aip_hoso(tmp_path)
    for path in (package / "representations").rglob("*.xml"):
        if path.name.startswith("EAD_"):
            path.unlink()
    (package / EAD).write_bytes(simpledc(case))
    folder = package / "representations/rep1/metadata/descriptive"
    for ordinal, item in enumerate(described, 1):
        (folder / f"EAD_{item.form}_{ordinal}.xml").write_bytes(simpledc(item.elements))
    return check_package(package)


def described_faults(report: ValidationReport) -> set[str]:
    return {finding.code for finding in report.findings if finding.code.startswith("tt05.element")}


ARCHIVAL_CASE = {("arcFileCode" if name == "fileCode" else name): value for name, value in CASE.items()}
ARCHIVAL_LOOSE = {"arcFileCode": "H49", "title": "Văn bản", "source": "văn bản đi", "description": ""}
PICTURES: dict[str, tuple[dict[str, str], dict[str, str], set[str]]] = {
    "Annex I": (
        ARCHIVAL_CASE,
        {"arcFileCode": CODE, "docCode": f"{CODE}.0000001", "docOrdinal": "1", **PICTURE},
        set(),
    ),
    "Annex I without its ordinal": (
        ARCHIVAL_CASE,
        {"arcFileCode": CODE, "docCode": f"{CODE}.0000001", **PICTURE},
        {"tt05.element-missing"},
    ),
    "Annex II": (ARCHIVAL_LOOSE, {"arcDocCode": "H49.1", **PICTURE}, set()),
    "Annex II as Annex I": (
        ARCHIVAL_LOOSE,
        {"arcFileCode": "H49", "docCode": "H49.1", "docOrdinal": "1", **PICTURE},
        set(),
    ),
    "an element of another kind": (
        ARCHIVAL_LOOSE,
        {"arcDocCode": "H49.1", **PICTURE, "recorder": "x"},
        {"tt05.element-unknown"},
    ),
}


@pytest.mark.parametrize("case", PICTURES)
def test_pictures_of_an_archival_package_by_annex(tmp_path: Path, case: str) -> None:
    description, elements, expected = PICTURES[case]
    report = archival(
        tmp_path, description.items(), [SipDocument(elements=tuple(elements.items()), files={}, form="pic")]
    )
    assert described_faults(report) == expected, report.findings
    missing = [finding for finding in report.findings if finding.code == "tt05.element-missing"]
    assert all(finding.severity is Severity.WARNING for finding in missing)


def test_pictures_and_recordings_of_a_submission(tmp_path: Path) -> None:
    described = [
        SipDocument(elements=(("docCode", f"{CODE}.000000{n}"), *rows.items()), files={f"{n}.txt": b"x"}, form=form)
        for n, (form, rows) in enumerate((("pic", PICTURE), ("media", MEDIA)), 1)
    ]
    report = check_package(make_sip_hoso(tmp_path, described=described, case={"totalDoc": "2"}))
    assert (report.outcome, warnings(report)) == (Outcome.PASSED, set()), report.findings


def test_loose_documents_of_an_archival_package_have_four_elements(tmp_path: Path) -> None:
    described = [SipDocument(elements=tuple(archival_elements("H49", 1).items()), files={})]
    report = archival(tmp_path, ARCHIVAL_LOOSE.items(), described)
    assert described_faults(report) == set(), report.findings
    with_total = {**ARCHIVAL_LOOSE, "totalDoc": "1"}
    (tmp_path / "b").mkdir()
    assert described_faults(archival(tmp_path / "b", with_total.items(), described)) == {"tt05.element-unknown"}


def test_a_document_names_its_case_file_and_its_ordinal(tmp_path: Path) -> None:
    elements = {**archival_elements(CODE, 1), "arcFileCode": "H49.64.2024.7", "docOrdinal": "5"}
    report = archival(tmp_path, ARCHIVAL_CASE.items(), [SipDocument(elements=tuple(elements.items()), files={})])
    assert {"tt05.parent-code", "tt05.ordinal"} <= codes(report)


REQUEST = {
    "requestID": "1",
    "requestDate": "01/06/2025",
    "purpose": "01",
    "purposeContent": "",
    "feeObjectType": "",
    "researchTopic": "",
    "description": "",
}


def given_out(tmp_path: Path, request: dict[str, str]) -> ValidationReport:
    heading = Heading(package_type="DIP", profile=CIRCULAR_DIP_PROFILE, content_category="MIXED")
    elements = {("arcDocCode" if k == "docCode" else k): v for k, v in document_elements(CODE, 1).items()}
    elements.pop("organName")
    described = [SipDocument(elements=tuple(elements.items()), files={"a.txt": b"x"})]
    package = make_sip_hoso(tmp_path, described=described, heading=heading)
    (package / EAD).write_bytes(simpledc(request.items()))
    seal(package, heading)
    return check_package(package)


def test_a_package_given_out(tmp_path: Path) -> None:
    report = given_out(tmp_path, REQUEST)
    assert (report.type, report.outcome, warnings(report)) == ("vn-tt05-dip", Outcome.PASSED, set()), report.findings


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"purpose": "09"}, "tt05.code"),
        ({"requestID": ""}, "tt05.element-missing"),
        ({"title": "x"}, "tt05.element-unknown"),
    ],
)
def test_a_rule_of_the_access_request(tmp_path: Path, changed: dict[str, str], code: str) -> None:
    assert code in codes(given_out(tmp_path, {**REQUEST, **changed}))


def schema(*names: str) -> bytes:
    rows = "".join(f'<xs:element name="{name}" type="xs:string"/>' for name in names)
    return (
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="simpledc"><xs:complexType>'
        f"<xs:sequence>{rows}</xs:sequence></xs:complexType></xs:element></xs:schema>"
    ).encode()


def test_a_schema_of_the_package_that_says_otherwise_is_noted(tmp_path: Path) -> None:
    names = [("arcDocCode" if name == "docCode" else name) for name in document_elements(CODE, 1)]
    report = check_package(make_sip_hoso(tmp_path, extra={"schemas/ead_doc.xsd": schema(*names)}))
    differs, undeclared = one(report, "tt05.schema-differs"), one(report, "tt05.schema-undeclared")
    assert (dict(differs.args)["declared"], dict(differs.args)["expected"]) == ("arcDocCode", "docCode")
    assert (dict(undeclared.args)["element"], dict(undeclared.args)["count"]) == ("docCode", "3")
    assert report.outcome is Outcome.PASSED


@pytest.mark.parametrize("content", [b"", b"<xs", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<other/>"])
def test_a_schema_that_cannot_be_read_fails_nothing(tmp_path: Path, content: bytes) -> None:
    report = check_package(make_sip_hoso(tmp_path, extra={"schemas/EAD.xsd": content}))
    assert report.outcome is Outcome.PASSED, report.findings
    assert ("tt05.schema-unreadable" in codes(report)) == (content != b"<other/>")


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "not XML": b"\x00\xff",
    "an entity": b'<!DOCTYPE simpledc [<!ENTITY a SYSTEM "file:///etc/passwd">]><simpledc><title>&a;</title></simpledc>',
    "many elements": b"<simpledc>" + b"<a/>" * 100_000 + b"</simpledc>",
    "deep": b"<simpledc>" + b"<a>" * 2000 + b"</a>" * 2000 + b"</simpledc>",
    "too large": b"<simpledc><title>" + b"x" * 5_000_000 + b"</title></simpledc>",
    "another encoding": '<?xml version="1.0" encoding="UTF-16"?><simpledc/>'.encode("utf-16"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("path", [EAD, "representations/rep1/metadata/descriptive/EAD_doc_1.xml"])
def test_hostile_descriptions_end_with_a_verdict(tmp_path: Path, name: str, path: str) -> None:
    package = make_sip_hoso(tmp_path, count=1)
    (package / path).write_bytes(HOSTILE[name])
    assert check_package(package).outcome is Outcome.FAILED


def test_every_kind_of_finding_has_a_sentence_and_a_source() -> None:
    kinds = [value for value in vars(tt05_findings).values() if isinstance(value, FindingKind)]
    assert len(kinds) > 35
    assert all(kind.message and kind.source.startswith("TT ") for kind in kinds)


@pytest.mark.parametrize(
    ("prefix", "code", "expected"),
    [
        ("H49.64.2024.1", "H49.64.2024.1", True),
        ("H49.64.2024.1", "LT01.H49.64.2024.1", True),
        ("4.1", "H49.64.2024.1", False),
        ("", "H49.64.2024.1", False),
    ],
)
def test_a_code_begins_with_that_of_the_case_file(prefix: str, code: str, expected: bool) -> None:
    assert tt05_codes.belongs(prefix, code) is expected


def test_what_the_codes_are_made_of() -> None:
    assert tt05_codes.read_document_code("H49.2024.1.0000012") == tt05_codes.DocumentCode(
        prefix="H49.2024.1", ordinal="0000012"
    )
    assert tt05_codes.other_year("H49.2023.1", "H49.2024.1") == ("2023", "2024")
    assert tt05_codes.other_year("H49.2023.2", "H49.2024.1") is None
    assert tt05_codes.is_file_code("H49.64.33.2001.160")
    assert not tt05_codes.is_file_code("2001.160")
    assert tt05_codes.is_batch_code("H49.64.2024.01.0000001")


def test_descriptions_are_told_apart_by_their_elements() -> None:
    assert is_loose(("fileCode", "title", "source"))
    assert is_loose(("fileCode", "title", "description"))
    assert not is_loose(CASE)
    assert document_layout("SIP", "", loose=False).elements != document_layout("AIP", "", loose=False).elements
