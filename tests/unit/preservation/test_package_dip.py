"""Writing a dissemination package: from a plan alone, without an archive."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from model.casefile import Document
from model.dates import PartialDate
from model.errors import ConfigurationError, InputError, IntegrityError
from model.findings import Outcome
from preservation.package.check import check_package
from preservation.package.dip import PURPOSES, AccessRequest, DipPlan, HandedFile, write_dip
from preservation.package.profiles import DIP_PROFILES, PROFILES, profile_named
from preservation.package.simpledc import simpledc
from preservation.package.xmltext import unescape
from tests.fakes.package_plans import AIP_ID, CREATED, SCHEMAS, content_file, events, package_plan, validator

DIP_ID = UUID("01970000-dddd-7eee-8fff-0123456789ab")
FOLDERS = {"vn-tt05": f"uuid-{str(DIP_ID).upper()}", "eark": str(DIP_ID)}
REQUEST = AccessRequest(
    request_id="YC-2026/15",
    request_date=PartialDate(2026, 2, 27),
    purpose="01",
    purpose_content="Chứng minh <quyền> & nghĩa vụ\nvề đất",
    fee_object_type="10",
    research_topic="Lịch sử địa phương",
    description="Nhận tại phòng đọc",
)
VN = {"request_id": "requestID", "research_topic": "researchTopic", "purpose_content": "purposeContent"}


def dip_plan(folder: Path, profile: str) -> DipPlan:
    """Return a plan of the hostile case file that packages are tested with."""
    source = package_plan(folder, profile)
    return DipPlan(
        package_id=DIP_ID,
        aip_id=AIP_ID,
        version=3,
        profile=profile,
        policy=source.policy,
        created=CREATED,
        request=REQUEST,
        case_file=source.case_file,
        documents=source.documents,
        files=[HandedFile(file.object, _reader(file.content)) for file in source.files],
        event=events()[0],
        software_version="0.1.0",
    )


def _reader(path: Path):  # type: ignore[no-untyped-def]  # a thunk for one test
    return lambda: iter([path.read_bytes()])


def written(plan: DipPlan, folder: Path) -> dict[str, bytes]:
    """Write a package into memory; sizes are compared."""
    staging = folder / "staging"
    staging.mkdir(exist_ok=True)
    files: dict[str, bytes] = {}

    def add(path: str, size: int, chunks: Iterable[bytes]) -> None:
        assert path not in files
        files[path] = b"".join(chunks)
        assert len(files[path]) == size, path

    name = write_dip(plan, staging, add)
    assert list(staging.iterdir()) == []
    assert all(path.startswith(name + "/") for path in files)
    return {path.removeprefix(name + "/"): content for path, content in files.items()}


def on_disk(files: dict[str, bytes], root: Path) -> Path:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def dip_validator(path: str):  # type: ignore[no-untyped-def]  # lxml's own bound method
    name = path.rpartition("/")[2]
    if name == "EAD.xml":
        return etree.XMLSchema(etree.parse(SCHEMAS / "EAD_dip.xsd")).assertValid
    if name.startswith("EAD_doc"):
        return etree.XMLSchema(etree.parse(SCHEMAS / "EAD_doc_dip.xsd")).assertValid
    return validator(name)


@pytest.mark.parametrize("profile", sorted(DIP_PROFILES))
def test_everything_is_valid_against_its_schema(tmp_path: Path, profile: str) -> None:
    files = written(dip_plan(tmp_path, profile), tmp_path)
    documents = [path for path in files if path.endswith(".xml") and "/data/" not in path]
    assert len(documents) == (7 if profile == "vn-tt05" else 5)
    for path in documents:
        dip_validator(path)(etree.fromstring(files[path]))


@pytest.mark.parametrize("profile", sorted(DIP_PROFILES))
def test_content_is_byte_for_byte_under_its_portable_path(tmp_path: Path, profile: str) -> None:
    plan = dip_plan(tmp_path, profile)
    files = written(plan, tmp_path)
    for file in plan.files:
        content = files[f"representations/rep1/data/{file.object.path}"]
        assert hashlib.sha256(content).digest() == file.object.sha256


@pytest.mark.parametrize(
    ("profile", "root_profile", "representation_profile", "category"),
    [
        (
            "vn-tt05",
            "https://earkdip.dilcis.eu/profile/E-ARK-DIP.xml",
            "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml",
            "MIXED",
        ),
        (
            "eark",
            "https://earkdip.dilcis.eu/profile/E-ARK-DIP-v2-2-0.xml",
            "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP-v2-2-0.xml",
            "Mixed",
        ),
    ],
)
def test_mets_says_what_the_norm_asks_for(
    tmp_path: Path, profile: str, root_profile: str, representation_profile: str, category: str
) -> None:
    files = written(dip_plan(tmp_path, profile), tmp_path)
    package_type = "{https://DILCIS.eu/XML/METS/CSIPExtensionMETS}OAISPACKAGETYPE"
    for path, expected in (("METS.xml", root_profile), ("representations/rep1/METS.xml", representation_profile)):
        mets = etree.fromstring(files[path])
        assert (mets.get("PROFILE"), mets.get("TYPE")) == (expected, category)
        header = mets.find("{*}metsHdr")
        assert header is not None
        assert header.get(package_type) == "DIP"
        assert header.get("RECORDSTATUS") == "NEW"
        ids = {item.get("TYPE"): item.text for item in header.iterfind("{*}altRecordID")}
        assert ids["CHAUBAN-AIP"] == f"{AIP_ID}-v00003"
        assert ids["CHAUBAN-REQUEST"] == "YC-2026/15"
    assert etree.fromstring(files["METS.xml"]).get("OBJID") == FOLDERS[profile]


def test_the_request_is_described_by_seven_elements(tmp_path: Path) -> None:
    root = etree.fromstring(written(dip_plan(tmp_path, "vn-tt05"), tmp_path)["metadata/descriptive/EAD.xml"])
    assert [(element.tag, element.text or "") for element in root] == [
        ("requestID", "YC-2026/15"),
        ("requestDate", "27/02/2026"),
        ("purpose", "01"),
        ("purposeContent", "Chứng minh <quyền> & nghĩa vụ\nvề đất"),
        ("feeObjectType", "10"),
        ("researchTopic", "Lịch sử địa phương"),
        ("description", "Nhận tại phòng đọc"),
    ]


def test_a_request_that_says_nothing_is_an_official_one_of_the_day(tmp_path: Path) -> None:
    plan = replace(dip_plan(tmp_path, "vn-tt05"), request=AccessRequest())
    files = written(plan, tmp_path)
    root = etree.fromstring(files["metadata/descriptive/EAD.xml"])
    assert [element.text or "" for element in root] == [str(DIP_ID).upper(), "02/03/2026", "02", "", "", "", ""]
    assert b"CHAUBAN-REQUEST" not in files["METS.xml"]


def test_a_document_is_described_by_twenty_elements(tmp_path: Path) -> None:
    files = written(dip_plan(tmp_path, "vn-tt05"), tmp_path)
    root = etree.fromstring(files["representations/rep1/metadata/descriptive/EAD_doc_0000001.xml"])
    values = {str(element.tag): element.text or "" for element in root}
    assert len(root) == len(values) == 20
    assert "organName" not in values
    assert "docCode" not in values
    assert values["arcDocCode"] == "H49.64.33.2025.160.0000001"
    assert values["docId"] == "H49.64-0001"
    assert values["issuedDate"] == "02/03/2025"
    assert (values["process"], values["riskRecovery"]) == ("1", "0")
    assert unescape(values["subject"]) == "Về việc cấp phép \x0b xây dựng"


def test_eark_describes_the_case_file_and_links_its_files(tmp_path: Path) -> None:
    plan = dip_plan(tmp_path, "eark")
    files = written(plan, tmp_path)
    root = etree.fromstring(files["metadata/descriptive/EAD3.xml"])
    assert len(root.findall(".//{*}c")) == 2
    assert len(root.findall(".//{*}dao")) == 3


def test_the_handing_out_is_told_and_nothing_else_that_happened(tmp_path: Path) -> None:
    files = written(dip_plan(tmp_path, "vn-tt05"), tmp_path)
    premis = etree.fromstring(files["metadata/preservation/PREMIS.xml"])
    (event,) = premis.iterfind("{*}event")
    assert event.findtext(".//{*}eventIdentifierValue") == str(events()[0].id).upper()
    assert [agent.findtext(".//{*}agentIdentifierValue") for agent in premis.iterfind("{*}agent")] == ["chauban"]


def test_the_readme_names_the_archival_package_in_both_languages(tmp_path: Path) -> None:
    text = written(dip_plan(tmp_path, "eark"), tmp_path)["documentation/README.txt"].decode()
    assert f"gói lưu trữ {AIP_ID} (phiên bản 3)" in text
    assert f"archival package {AIP_ID} (version 3)" in text


def test_eark_package_passes_the_check(tmp_path: Path) -> None:
    root = on_disk(written(dip_plan(tmp_path, "eark"), tmp_path), tmp_path / FOLDERS["eark"])
    report = check_package(root)
    assert (report.type, report.outcome, report.findings) == ("eark-csip", Outcome.PASSED, ())


def test_circular_package_passes_the_check_when_the_description_is_complete(tmp_path: Path) -> None:
    plan = dip_plan(tmp_path, "vn-tt05")
    first = next(iter(plan.documents))
    plan = replace(plan, documents=[replace(first, subject="Về việc cấp phép")])
    report = check_package(on_disk(written(plan, tmp_path), tmp_path / FOLDERS["vn-tt05"]))
    assert (report.type, report.outcome) == ("vn-tt05-dip", Outcome.PASSED)
    # of the second document the plan has only the file
    assert [(finding.code, finding.location[-7:]) for finding in report.findings] == [
        ("tt05.file-not-linked", "zz_.bin")
    ]


def test_every_archival_profile_has_its_dissemination_profile() -> None:
    assert DIP_PROFILES.keys() == PROFILES.keys()
    with pytest.raises(ConfigurationError):
        profile_named("other", DIP_PROFILES)


def test_the_plan_must_have_files(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without files"):
        written(replace(dip_plan(tmp_path, "eark"), files=[]), tmp_path)


@pytest.mark.parametrize("path", ["../out.txt", "/etc/passwd", "a//b", "./a", "a/../../b", "nul\0byte", ""])
def test_a_path_that_leads_out_is_damage_and_writes_nothing(tmp_path: Path, path: str) -> None:
    item = content_file(tmp_path / "s", "a.pdf", b"x").object
    plan = replace(dip_plan(tmp_path, "eark"), files=[HandedFile(replace(item, path=path), lambda: [b"x"])])
    added: list[str] = []
    with pytest.raises(IntegrityError):
        write_dip(plan, tmp_path, lambda path, size, chunks: added.append(path))
    assert added == []


@pytest.mark.parametrize(
    "values",
    [
        {"request_id": "x" * 101},
        {"purpose_content": "x" * 501},
        {"research_topic": "x" * 251},
        {"description": "x" * 2001},
        {"purpose": "04"},
        {"purpose": ""},
        {"fee_object_type": "11"},
        {"request_id": "a\x00b"},
        {"research_topic": "a\ud800"},
    ],
)
def test_a_request_the_circular_cannot_hold_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(InputError) as raised:
        AccessRequest(**values)
    assert raised.value.message
    assert raised.value.hint


@given(
    request_id=st.text(max_size=100),
    purpose=st.sampled_from(PURPOSES),
    purpose_content=st.text(max_size=500),
    research_topic=st.text(max_size=250),
)
def test_a_request_comes_out_of_the_xml_as_it_went_in(**values: str) -> None:
    request = None
    with suppress(InputError):
        request = AccessRequest(**values)
    if request is None:
        return
    root = etree.fromstring(simpledc("x.xsd", request.elements("id", "01/02/2026")).encode())
    etree.XMLSchema(etree.parse(SCHEMAS / "EAD_dip.xsd")).assertValid(root)
    found = {str(element.tag): unescape(element.text or "") for element in root}
    for name, element in VN.items():
        assert found[element] == (values[name] or ("id" if name == "request_id" else ""))


SCRIPT = """
import sys, time
from dataclasses import replace
from pathlib import Path
from tests.unit.preservation.test_package_dip import HandedFile, dip_plan, Repeated
from preservation.package.dip import write_dip

folder, count, profile = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
plan = dip_plan(folder, profile)
item, document = plan.files[1].object, plan.documents[0]
path = lambda number: f"tập {number // 1000}/văn bản {number:06d}.pdf"
content = lambda: [b""]
plan = replace(
    plan,
    files=Repeated(lambda n: HandedFile(replace(item, path=path(n), document=n + 1), content), count),
    documents=Repeated(lambda n: replace(document, ordinal=n + 1, files=(path(n),)), count),
)
start = time.process_time()
write_dip(plan, folder, lambda path, size, chunks: None)
used = time.process_time() - start
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024, int(used / count * 1e6))
"""


class Repeated:
    """Something made anew for every number, as often as it is iterated."""

    def __init__(self, make, count: int) -> None:  # type: ignore[no-untyped-def]  # files and documents alike
        self._make = make
        self._count = count

    def __iter__(self) -> Iterator[HandedFile | Document]:
        return (self._make(number) for number in range(self._count))


@pytest.mark.long
@pytest.mark.parametrize("profile", sorted(DIP_PROFILES))
def test_100_000_documents_in_bounded_memory(tmp_path: Path, profile: str) -> None:
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), "100000", profile],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    peak, microseconds = (int(number) for number in done.stdout.split())
    print(f"{profile}: peak {peak} MiB, {microseconds} µs of CPU a document")
    assert peak < 200
