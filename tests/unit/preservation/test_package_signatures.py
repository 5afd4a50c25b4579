"""Facts about signatures in a package: written, read by ranges, described in PREMIS, checked."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from model.errors import IntegrityError
from model.findings import Outcome
from model.preservation import EventType
from model.signatures import SignedState
from preservation.package.check import check_container
from preservation.package.plan import PackagePlan
from preservation.package.reader import read_package
from preservation.package.signature_reader import PackagedSignatures
from preservation.package.writer import WrittenPackage
from tests.fakes.package_plans import changed, package_plan, validator, written
from tests.fakes.signature_reports import PASSED, evidence_for, evidence_of, material_of, signed_report

PREMIS = "{http://www.loc.gov/premis/v3}"


@pytest.fixture(params=["vn-tt05", "eark"])
def plan(request: pytest.FixtureRequest, tmp_path: Path) -> PackagePlan:
    plain = package_plan(tmp_path, request.param)
    return changed(plain, signatures=evidence_for(list(plain.files)))


def content(data: bytes, ending: str, result: WrittenPackage) -> bytes:
    """Return a member by the end of its path."""
    (member,) = (item for item in result.members if item.path.endswith(ending))
    return data[member.offset : member.offset + member.size]


def test_facts_come_out_as_they_went_in(plan: PackagePlan, tmp_path: Path) -> None:
    data, _result = written(plan, tmp_path)
    package = read_package(io.BytesIO(data))
    signatures = PackagedSignatures(package)
    assert plan.signatures is not None
    assert list(signatures.records()) == list(plan.signatures.records)
    first = next(iter(signatures.records()))
    assert list(signatures.material(first)) == list(material_of(first.report.file.path))
    assert signatures.report(1) == b"<ValidationReport n='1'/>"
    assert signatures.report(2) is None
    assert [item.object for item in package.files] == [file.object for file in plan.files]
    assert list(package.documents) == list(plan.documents)
    assert package.events == plan.events


def test_one_line_a_file_and_one_file_a_piece(plan: PackagePlan, tmp_path: Path) -> None:
    data, result = written(plan, tmp_path)
    lines = [json.loads(line) for line in content(data, "chauban/signatures.jsonl", result).splitlines()]
    assert [line["file"]["state"] for line in lines] == ["signed", "unsigned", "unreadable"]
    assert {line["schema"] for line in lines} == {"chauban-signatures/1"}
    provenance = [json.loads(line) for line in content(data, "chauban/validation-data.jsonl", result).splitlines()]
    paths = [item.path.partition("/")[2] for item in result.members]
    pieces = [path for path in paths if path.startswith("chauban/validation-data/")]
    assert pieces == [f"chauban/validation-data/{item['id']}.{item['kind']}" for item in provenance]
    assert provenance[1] == {
        "id": provenance[1]["id"],
        "kind": "crl",
        "source": "fetched",
        "url": "http://crl.test/1.crl",
        "obtained": "2026-03-02T01:00:00.123Z",
    }
    assert "chauban/validation-reports/0000001.xml" in paths


def test_material_lies_behind_the_front_and_before_the_content(plan: PackagePlan, tmp_path: Path) -> None:
    _data, result = written(plan, tmp_path)
    paths = [item.path.partition("/")[2] for item in result.members]
    bulk = [number for number, path in enumerate(paths) if path.startswith("chauban/validation-") and "/" in path[20:]]
    assert bulk == list(range(bulk[0], bulk[-1] + 1))
    assert all(number > bulk[-1] for number, path in enumerate(paths) if "/rep1/data/" in path)
    assert all(number < bulk[0] for number, path in enumerate(paths) if path.startswith(("bag", "manifest", "tagman")))


def test_premis_says_it_by_its_own_schema(plan: PackagePlan, tmp_path: Path) -> None:
    data, result = written(plan, tmp_path)
    files = etree.fromstring(content(data, "PREMIS_rep1.xml", result))
    validator("PREMIS_rep1.xml")(files)
    described = files.findall(f"{PREMIS}object/{PREMIS}signatureInformation/{PREMIS}signature")
    assert len(described) == 2
    assert described[0].findtext(f"{PREMIS}signatureMethod") == "rsa 2048, sha256"
    properties = {item.text for item in described[1].findall(f"{PREMIS}signatureProperties")}
    assert {"indication: TOTAL-FAILED/REVOKED", "level: LT", "covers the whole document: no"} <= properties
    package = etree.fromstring(content(data, "PREMIS.xml", result))
    validator("PREMIS.xml")(package)
    events = [
        event
        for event in package.findall(f"{PREMIS}event")
        if event.findtext(f"{PREMIS}eventType") == EventType.SIGNATURE_VALIDATION.value
    ]
    outcomes = [event.findtext(f"{PREMIS}eventOutcomeInformation/{PREMIS}eventOutcome") for event in events]
    assert outcomes == ["success", "fail"]
    linked = {element.text for element in files.iter(f"{PREMIS}linkingEventIdentifierValue")}
    assert {event.findtext(f"{PREMIS}eventIdentifier/{PREMIS}eventIdentifierValue") for event in events} <= linked


def test_such_a_package_passes_its_check(plan: PackagePlan, tmp_path: Path) -> None:
    data, _result = written(plan, tmp_path)
    report = check_container(io.BytesIO(data), "p.tar")
    assert report.outcome is Outcome.PASSED, [(item.location, item.message()) for item in report.findings]


def test_same_plan_same_bytes_and_no_trace_without_signatures(plan: PackagePlan, tmp_path: Path) -> None:
    assert written(plan, tmp_path)[0] == written(plan, tmp_path)[0]
    _data, result = written(changed(plan, signatures=None), tmp_path)
    assert not [item.path for item in result.members if "signatures" in item.path or "validation-" in item.path]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"state":"signed"', b'"state":"signeD"', "aip.signatures"),
        (b'"kind":"crl","source"', b'"kind":"crx","source"', "aip.signatures"),
        (b"the authority", b"The authority", "aip.material-name"),
    ],
)
def test_damage_to_the_facts_is_found(tmp_path: Path, old: bytes, new: bytes, code: str) -> None:
    plain = package_plan(tmp_path)
    data, _result = written(changed(plain, signatures=evidence_for(list(plain.files))), tmp_path)
    assert data.count(old) == 1
    report = check_container(io.BytesIO(data.replace(old, new)), "p.tar")
    assert code in {finding.code for finding in report.findings}


def test_a_record_that_names_what_is_not_there_is_found(tmp_path: Path) -> None:
    plain = package_plan(tmp_path)
    evidence = evidence_for(list(plain.files))
    gone = list(evidence.material)[1:]
    data, _result = written(changed(plain, signatures=replace(evidence, material=gone)), tmp_path)
    report = check_container(io.BytesIO(data), "p.tar")
    assert "package.file-missing" in {finding.code for finding in report.findings}
    signatures = PackagedSignatures(read_package(io.BytesIO(data)))
    with pytest.raises(IntegrityError):
        signatures.material(next(iter(signatures.records())))


def test_changed_material_is_never_handed_out(tmp_path: Path) -> None:
    plain = package_plan(tmp_path)
    data, _result = written(changed(plain, signatures=evidence_for(list(plain.files))), tmp_path)
    signatures = PackagedSignatures(read_package(io.BytesIO(data.replace(b"the authority", b"The authority"))))
    with pytest.raises(IntegrityError):
        signatures.material(next(iter(signatures.records())))


def test_records_out_of_order_are_refused(tmp_path: Path) -> None:
    plain = package_plan(tmp_path)
    paths = [file.object.path for file in plain.files]
    for order in ([paths[1], paths[0]], ["no such file"]):
        evidence = evidence_of([signed_report(path, PASSED) for path in order])
        with pytest.raises(ValueError, match="signatures of"):
            written(changed(plain, signatures=evidence), tmp_path)


def test_states_are_kept(tmp_path: Path) -> None:
    plain = package_plan(tmp_path)
    data, _result = written(changed(plain, signatures=evidence_for(list(plain.files))), tmp_path)
    states = [item.report.file.state for item in PackagedSignatures(read_package(io.BytesIO(data))).records()]
    assert states == [SignedState.SIGNED, SignedState.UNSIGNED, SignedState.UNREADABLE]
