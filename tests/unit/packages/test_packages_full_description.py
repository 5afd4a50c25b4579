"""`documentation/hoso.json` of a package is preferred to the reduced descriptions, unless they contradict it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.archive import Archive
from ingest.values import IngestReport, IngestStatus
from model.casefile import CaseFile, Document
from tests.fakes.archives import codes, new_archive, take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.sip_packages import (
    CASE,
    CIRCULAR_DIP_PROFILE,
    Heading,
    SipDocument,
    document_elements,
    make_sip_hoso,
    seal,
    simpledc,
)

CODE = CASE["fileCode"]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with new_archive(tmp_path / "archive") as opened:
        yield opened


def held(archive: Archive, report: IngestReport) -> tuple[CaseFile, list[Document]]:
    assert report.aip_id is not None, [finding.message() for finding in report.findings if finding.severity == "error"]
    found = archive.catalogue.get_case_file(report.aip_id)
    assert found is not None
    return found.case_file, list(archive.catalogue.documents(report.aip_id))


def full(**document: Any) -> bytes:
    elements = {name: value for name, value in document_elements(CODE, 1).items() if value}
    case = {name: value for name, value in CASE.items() if value} | {"totalDoc": 1, "numberOfPage": 1}
    case |= {"fondsCode": "P01"}
    further: dict[str, Any] = {"more": [["ghiThem", "một"], ["ghiThem", "hai"]]}
    files = ["representations/rep1/data/a.txt"]
    listed = {**elements, "more": [["boPhan", "Địa chính"]], "files": files, **document}
    return json.dumps({"caseFile": {**case, **further}, "documents": [listed]}, ensure_ascii=False).encode()


def package(folder: Path, hoso: bytes, *, heading: Heading | None = None) -> Path:
    reduced = {name: value for name, value in document_elements(CODE, 1).items() if name != "organName"}
    item = SipDocument(elements=tuple(reduced.items()), files={"a.txt": b"a"}, linked=False)
    case = {"totalDoc": "1", "numberOfPage": "1"}
    return make_sip_hoso(folder, described=[item], case=case, heading=heading, extra={"documentation/hoso.json": hoso})


def test_full_description_fills_what_the_norm_leaves_out(archive: Archive, tmp_path: Path) -> None:
    heading = Heading(package_type="DIP", profile=CIRCULAR_DIP_PROFILE)
    made = package(tmp_path / "dip", full(), heading=heading)
    request = {"requestID": "YC-1", "requestDate": "01/02/2026", "purpose": "02"}
    (made / "metadata/descriptive/EAD.xml").write_bytes(simpledc(request.items()))
    seal(made, heading)
    (report,) = take_in(archive, made)
    case_file, (document,) = held(archive, report)
    assert case_file.more == (("ghiThem", "một"), ("ghiThem", "hai"))
    assert document.organ_name == document_elements(CODE, 1)["organName"]
    assert document.more == (("boPhan", "Địa chính"),)
    assert document.files == ("a.txt",)


def test_contradicting_descriptions_refuse(archive: Archive, tmp_path: Path) -> None:
    (report,) = take_in(archive, package(tmp_path / "sip", full(subject="Một trích yếu khác")))
    assert report.status is IngestStatus.REFUSED
    assert "submission.descriptions-differ" in codes(report)


def test_secret_reduced_description_outweighs_a_public_full_one(archive: Archive, tmp_path: Path) -> None:
    made = package(tmp_path / "sip", full())
    (made / "metadata/descriptive/EAD.xml").write_bytes(simpledc({**CASE, "mode": "03"}.items()))
    seal(made, Heading())
    (report,) = take_in(archive, made)
    assert report.status is IngestStatus.REFUSED
    assert codes(report) == {"intake.secret"}


def test_descriptor_of_a_case_folder_carries_forms_and_further_elements(archive: Archive, tmp_path: Path) -> None:
    folder = make_case_folder(tmp_path / "case", documents=2)
    data = json.loads((folder / "hoso.json").read_text(encoding="utf-8"))
    data["caseFile"]["more"] = {"kho": ["A1", "A2"]}
    picture = data["documents"][0]
    for name in ("typeName", "codeNumber", "codeNotation", "process", "subject", "issuedDate", "organName"):
        del picture[name]
    picture |= {"form": "pic", "typePic": "02", "imageTitle": "Ảnh đường", "more": [["boPhan", "Địa chính"]]}
    (folder / "hoso.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    (report,) = take_in(archive, folder)
    case_file, (first, second) = held(archive, report)
    assert case_file.more == (("kho", "A1"), ("kho", "A2"))
    assert (first.form, first.subject) == ("pic", "Ảnh đường")
    assert first.more == (("typePic", "02"), ("boPhan", "Địa chính"))
    assert second.form == ""


def test_loose_documents_in_a_case_folder_need_five_elements(archive: Archive, tmp_path: Path) -> None:
    folder = make_case_folder(tmp_path / "case", documents=2)
    data = json.loads((folder / "hoso.json").read_text(encoding="utf-8"))
    data["caseFile"] = {"fileCode": "H49.2024.01.0000001", "title": "Văn bản đến", "source": "1", "totalDoc": 2}
    (folder / "hoso.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    (report,) = take_in(archive, folder, fonds="P01")
    case_file, documents = held(archive, report)
    assert case_file.is_loose
    assert len(documents) == 2
