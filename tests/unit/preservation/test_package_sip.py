"""Writing a submission package: from a plan alone, without an archive."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from lxml import etree

from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.elements import ELEMENT_SETS
from model.errors import IntegrityError
from model.findings import Outcome, Severity
from preservation.package.check import check_package
from preservation.package.profiles import PROFILES, SIP_PROFILES
from preservation.package.simpledc import ARCHIVAL, DISSEMINATION, SUBMISSION, case_layout, document_layout
from preservation.package.sip import HandedFile, SipPlan, Submitter, write_sip
from preservation.package.writer import write_package
from preservation.package.xmltext import unescape
from tests.fakes.package_plans import AIP_ID, CREATED, SCHEMAS, content_file, events, package_plan, validator

SIP_ID = UUID("01970000-eeee-7fff-8aaa-0123456789ab")
FOLDERS = {"vn-tt05": f"uuid-{str(SIP_ID).upper()}", "eark": str(SIP_ID)}
REP = "representations/rep1/"
XLINK_TITLE = "{http://www.w3.org/1999/xlink}title"
PICTURE = Document(
    ordinal=3,
    doc_code="H49.64.33.2025.160.0000003",
    maintenance="01",
    mode="01",
    form="pic",
    subject="Lễ khởi công",
    organ_name="Nguyễn Văn A",
    risk_recovery=False,
    more=(("typePic", "02"), ("colour", "02"), ("nơiLưu <lạ>", "giá & kệ 5")),
    files=("anh.jpg",),
)
RECORDING = Document(
    ordinal=4,
    doc_code="H49.64.33.2025.160.0000004",
    maintenance="01",
    mode="01",
    form="media",
    subject="Cuộc họp",
    languages=("01",),
    risk_recovery=False,
    more=(("typeMedia", "01"), ("playTime", "01:02:03")),
    files=("hop.mp3", "xa.fetch.txt"),
)


def sip_plan(folder: Path, profile: str, **values: object) -> SipPlan:
    """Return a plan of the hostile case file that packages are tested with, and a picture, a recording and a link."""
    source = package_plan(folder, profile)
    added = [
        content_file(folder / "source", "anh.jpg", b"jpeg", document=3),
        content_file(folder / "source", "hop.mp3", b"sound", document=4),
        content_file(folder / "source", "xa.fetch.txt", b"H49.64-0099", document=4),
    ]
    files = sorted([*source.files, *added], key=lambda file: file.object.path)
    plan = SipPlan(
        package_id=SIP_ID,
        profile=profile,
        policy=source.policy,
        created=CREATED,
        case_file=replace(source.case_file, total_doc=4),
        documents=[*source.documents, PICTURE, RECORDING],
        files=[HandedFile(file.object, _reader(file.content)) for file in files],
        registration="DK-2026/07",
        receiver=Submitter(name="Lưu trữ lịch sử tỉnh Ví Dụ", code="H49.LS"),
        aip_id=AIP_ID,
        version=2,
        event=events()[0],
        software_version="0.1.0",
    )
    return replace(plan, **values)  # type: ignore[arg-type]  # the tests name the plan's own fields


def _reader(path: Path):  # type: ignore[no-untyped-def]  # a thunk for one test
    return lambda: iter([path.read_bytes()])


def written(plan: SipPlan, folder: Path) -> dict[str, bytes]:
    """Write a package into memory; sizes are compared."""
    staging = folder / "staging"
    staging.mkdir(exist_ok=True)
    files: dict[str, bytes] = {}

    def add(path: str, size: int, chunks: Iterable[bytes]) -> None:
        assert path not in files
        files[path] = b"".join(chunks)
        assert len(files[path]) == size, path

    name = write_sip(plan, staging, add)
    assert list(staging.iterdir()) == []
    assert all(path.startswith(name + "/") for path in files)
    return {path.removeprefix(name + "/"): content for path, content in files.items()}


def on_disk(files: dict[str, bytes], root: Path) -> Path:
    """Write a package into a folder."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def own_validator(files: dict[str, bytes], path: str):  # type: ignore[no-untyped-def]  # lxml's own bound method
    """Return the validator of an XML file: for `<simpledc>` by the schema that lies in the package itself."""
    name = path.rpartition("/")[2]
    if name.startswith("EAD") and name != "EAD3.xml":
        schema = name.split("_0")[0].removesuffix(".xml") + ".xsd"
        return etree.XMLSchema(etree.fromstring(files[f"schemas/{schema}"])).assertValid
    return validator(name)


@pytest.mark.parametrize("profile", sorted(SIP_PROFILES))
def test_everything_is_valid_against_the_schema_in_the_package(tmp_path: Path, profile: str) -> None:
    files = written(sip_plan(tmp_path, profile), tmp_path)
    documents = [path for path in files if path.endswith(".xml") and "/data/" not in path]
    assert len(documents) == (7 if profile == "vn-tt05" else 5)
    for path in documents:
        own_validator(files, path)(etree.fromstring(files[path]))


def test_the_circular_keeps_premis_out_of_a_submission(tmp_path: Path) -> None:
    files = written(sip_plan(tmp_path, "vn-tt05"), tmp_path)
    assert not [path for path in files if "PREMIS" in path or "premis" in path]
    for path in ("METS.xml", REP + "METS.xml"):
        (section,) = etree.fromstring(files[path]).iterfind("{*}amdSec")
        assert len(section) == 0
        assert b"ADMID" not in files[path]


@pytest.mark.parametrize(
    ("profile", "root_profile"),
    [
        ("vn-tt05", "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml"),
        ("eark", "https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-2-0.xml"),
    ],
)
def test_mets_says_what_the_norm_asks_for(tmp_path: Path, profile: str, root_profile: str) -> None:
    mets = etree.fromstring(written(sip_plan(tmp_path, profile), tmp_path)["METS.xml"])
    assert (mets.get("PROFILE"), mets.get("TYPE"), mets.get("OBJID")) == (root_profile, "Mixed", FOLDERS[profile])
    (header,) = mets.iterfind("{*}metsHdr")
    assert header.get("{https://DILCIS.eu/XML/METS/CSIPExtensionMETS}OAISPACKAGETYPE") == "SIP"
    assert header.get("RECORDSTATUS") == "NEW"
    ids = {item.get("TYPE"): item.text for item in header.iterfind("{*}altRecordID")}
    assert ids["SUBMISSIONAGREEMENT"] == "DK-2026/07"
    assert ids["CHAUBAN-AIP"] == f"{AIP_ID}-v00002"
    agents = [
        (agent.get("ROLE"), agent.get("TYPE"), agent.findtext("{*}name"), agent.findtext("{*}note"))
        for agent in header.iterfind("{*}agent")
    ]
    assert agents[1:] == [
        ("ARCHIVIST", "ORGANIZATION", "Ủy ban nhân dân phường Ví Dụ", "P.049"),
        ("CREATOR", "ORGANIZATION", "Ủy ban nhân dân phường Ví Dụ", "H49.64"),
        ("PRESERVATION", "ORGANIZATION", "Lưu trữ lịch sử tỉnh Ví Dụ", "H49.LS"),
    ]


def test_without_a_registration_the_case_file_code_stands_for_it(tmp_path: Path) -> None:
    mets = written(sip_plan(tmp_path, "vn-tt05", registration=""), tmp_path)["METS.xml"]
    assert b'<altRecordID TYPE="SUBMISSIONAGREEMENT">H49.64.33.2025.160</altRecordID>' in mets


def test_formats_stand_in_mets_of_eark(tmp_path: Path) -> None:
    files = written(sip_plan(tmp_path, "eark"), tmp_path)
    rows = list(etree.fromstring(files[REP + "METS.xml"]).iterfind(".//{*}file"))
    sip = "{https://DILCIS.eu/XML/METS/SIPExtensionMETS}"
    assert rows[0].get(sip + "FORMATREGISTRYKEY") == "fmt/477"
    extension = etree.XMLSchema(etree.parse(SCHEMAS / "DILCISExtensionSIPMETS.xsd"))
    assert extension is not None
    assert {key for row in rows for key in row.attrib if str(key).startswith(sip)} == {
        sip + name for name in ("FILEFORMATNAME", "FILEFORMATVERSION", "FORMATREGISTRY", "FORMATREGISTRYKEY")
    }


def test_linked_documents_have_a_group_and_a_division_of_their_own(tmp_path: Path) -> None:
    mets = etree.fromstring(written(sip_plan(tmp_path, "vn-tt05"), tmp_path)[REP + "METS.xml"])
    groups = {group.get("USE"): [file.get("ID") for file in group] for group in mets.iterfind(".//{*}fileGrp")}
    assert (len(groups["Data"]), len(groups["Holeyfile"])) == (6, 1)
    divisions = [div for div in mets.iterfind(".//{*}div") if (div.get("LABEL") or "").startswith("MetadataLink/")]
    labels = [(div.get("LABEL"), len(div)) for div in divisions]
    assert labels == [*[("MetadataLink/File", n) for n in (2, 1, 1, 1)], ("MetadataLink/Holey", 1)]
    assert divisions[3].get("DMDID") == divisions[4].get("DMDID")
    assert [pointer.get("FILEID") for pointer in divisions[4]] == groups["Holeyfile"]


def test_names_files_were_received_under_are_kept_without_premis(tmp_path: Path) -> None:
    mets = etree.fromstring(written(sip_plan(tmp_path, "vn-tt05"), tmp_path)[REP + "METS.xml"])
    titles = [location.get(XLINK_TITLE) for location in mets.iterfind(".//{*}FLocat") if location.get(XLINK_TITLE)]
    assert [unescape(str(title)).encode("utf-8", "surrogateescape") for title in titles] == [b"d\xf4i \xff\\u0041.bin"]


def test_content_is_byte_for_byte_under_its_path(tmp_path: Path) -> None:
    plan = sip_plan(tmp_path, "eark")
    files = written(plan, tmp_path)
    for file in plan.files:
        assert hashlib.sha256(files[f"{REP}data/{file.object.path}"]).digest() == file.object.sha256


@pytest.mark.parametrize("profile", sorted(SIP_PROFILES))
def test_the_whole_description_is_there_for_machines(tmp_path: Path, profile: str) -> None:
    plan = sip_plan(tmp_path, profile)
    data = json.loads(written(plan, tmp_path)["documentation/hoso.json"])
    assert data["caseFile"]["fileCode"] == plan.case_file.file_code
    assert data["caseFile"]["agencyCode"] == "H49.64"
    assert [item["ordinal"] for item in data["documents"]] == [1, 2, 3, 4]
    assert data["documents"][2]["form"] == "pic"
    assert data["documents"][2]["more"] == [list(pair) for pair in PICTURE.more]
    assert data["documents"][3]["files"] == list(RECORDING.files)


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    plan = sip_plan(tmp_path, "vn-tt05")
    assert written(plan, tmp_path) == written(plan, tmp_path)


def complete(plan: SipPlan) -> SipPlan:
    """Return the plan with a description that the circular has nothing to say against."""
    first = next(iter(plan.documents))
    documents = [
        replace(first, ordinal=number, doc_id=f"ID-{number}", doc_code=f"{first.doc_code[:-1]}{number}", subject="Về")
        for number in (1, 2)
    ]
    paths = [file.object.path for file in plan.files if file.object.document in (1, 2)]
    documents = [replace(documents[0], files=tuple(paths[:-1])), replace(documents[1], files=(paths[-1],))]
    case_file = replace(plan.case_file, start_date=PartialDate(2024, 1, 1), total_doc=4)
    return replace(plan, case_file=case_file, documents=[*documents, PICTURE, replace(RECORDING, files=("hop.mp3",))])


@pytest.mark.parametrize(("profile", "kind"), [("vn-tt05", "vn-tt05-sip"), ("eark", "eark-sip")])
def test_our_own_check_passes(tmp_path: Path, profile: str, kind: str) -> None:
    plan = complete(sip_plan(tmp_path, profile))
    plan = replace(plan, files=[file for file in plan.files if not file.object.path.endswith(".fetch.txt")])
    report = check_package(on_disk(written(plan, tmp_path), tmp_path / FOLDERS[profile]))
    wrong = {finding.code for finding in report.findings if finding.severity is not Severity.INFO}
    assert (report.type, report.outcome, wrong) == (kind, Outcome.PASSED, set())


def loose(plan: SipPlan) -> SipPlan:
    """Return the plan as one of loose documents."""
    case_file = CaseFile(
        file_code="H49.64.2026.010000001",
        title="Công văn đến quý I",
        source="1",
        total_doc=4,
        fonds_code="P.049",
        agency_name="Ủy ban nhân dân phường Ví Dụ",
    )
    return replace(plan, case_file=case_file)


def test_loose_documents_have_five_elements_in_a_submission(tmp_path: Path) -> None:
    files = written(loose(sip_plan(tmp_path, "vn-tt05")), tmp_path)
    root = etree.fromstring(files["metadata/descriptive/EAD.xml"])
    own_validator(files, "metadata/descriptive/EAD.xml")(root)
    assert [(element.tag, element.text or "") for element in root] == [
        ("fileCode", "H49.64.2026.010000001"),
        ("title", "Công văn đến quý I"),
        ("source", "1"),
        ("totalDoc", "4"),
        ("description", ""),
    ]


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_loose_documents_pictures_and_sound_in_an_archival_package(tmp_path: Path, profile: str) -> None:
    sip = loose(sip_plan(tmp_path, profile))
    source = package_plan(tmp_path, profile)
    added = [content_file(tmp_path / "source", file.object.path, b"".join(file.content())) for file in sip.files]
    plan = replace(source, case_file=sip.case_file, documents=sip.documents, files=added, signatures=None)
    staging = tmp_path / "aip"
    staging.mkdir()
    data = bytearray()
    result = write_package(plan, staging, data.extend)
    prefix = f"{result.top_folder}/data/"
    files = {
        member.path.removeprefix(prefix).partition("/")[2]: bytes(data[member.offset : member.offset + member.size])
        for member in result.members
        if member.path.startswith(prefix)
    }
    for path, content in files.items():
        if path.endswith(".xml") and "/data/" not in path:
            own_validator(files, path)(etree.fromstring(content))
    described = sorted(path.rpartition("/")[2] for path in files if path.startswith(REP + "metadata/descriptive"))
    if profile == "eark":
        assert described == []
        assert "nơiLưu &lt;lạ&gt;".encode() in files["metadata/descriptive/EAD3.xml"]
        assert '<odd localtype="source"><p>1 Văn bản đến</p></odd>'.encode() in files["metadata/descriptive/EAD3.xml"]
        return
    assert described == [
        "EAD_doc_0000001.xml",
        "EAD_doc_0000002.xml",
        "EAD_media_0000004.xml",
        "EAD_pic_0000003.xml",
    ]
    batch = etree.fromstring(files["metadata/descriptive/EAD.xml"])
    assert [element.tag for element in batch] == ["arcFileCode", "title", "source", "description"]
    picture = etree.fromstring(files[REP + "metadata/descriptive/EAD_pic_0000003.xml"])
    values = {str(element.tag): element.text for element in picture}
    assert (values["arcFileCode"], values["docOrdinal"], values["typePic"]) == ("H49.64.2026.010000001", "3", "02")
    (tmp_path / "package.tar").write_bytes(data)
    report = check_package(tmp_path / "package.tar")
    assert report.type == "vn-tt05-aip"
    assert [finding for finding in report.findings if finding.severity is Severity.ERROR] == []


@pytest.mark.parametrize("package_type", [SUBMISSION, ARCHIVAL, DISSEMINATION])
@pytest.mark.parametrize("form", sorted(ELEMENT_SETS))
def test_a_layout_and_its_schema_name_the_same_elements(package_type: str, form: str) -> None:
    layout = document_layout(package_type, form)
    schema = etree.parse(SCHEMAS / layout.schema)
    assert [element.get("name") for element in schema.iterfind(".//{*}sequence/{*}element")] == list(layout.names)


@pytest.mark.parametrize("package_type", [SUBMISSION, ARCHIVAL])
@pytest.mark.parametrize("loose_documents", [False, True])
def test_the_layout_of_a_case_file_and_its_schema_name_the_same_elements(
    package_type: str, loose_documents: bool
) -> None:
    layout = case_layout(package_type, loose=loose_documents)
    schema = etree.parse(SCHEMAS / layout.schema)
    assert [element.get("name") for element in schema.iterfind(".//{*}sequence/{*}element")] == list(layout.names)


def test_an_unknown_record_status_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="record status"):
        written(sip_plan(tmp_path, "eark", record_status="OLD"), tmp_path)


def test_a_path_that_leads_out_is_damage_and_writes_nothing(tmp_path: Path) -> None:
    plan = sip_plan(tmp_path, "vn-tt05")
    item = next(iter(plan.files)).object
    added: list[str] = []
    bad = replace(plan, files=[HandedFile(replace(item, path="../out.txt"), lambda: [b"x"])])
    with pytest.raises(IntegrityError):
        write_sip(bad, tmp_path, lambda path, size, chunks: added.append(path))
    assert added == []
