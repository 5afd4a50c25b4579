"""A submission package of Circular 05/2025 as other systems make it, elements in free order."""

import hashlib
import zipfile
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from model.findings import Outcome, Severity, ValidationReport
from preservation.package.check import check_package

NAME = "uuid-0F0E0D0C-0B0A-4908-8706-050403020100"
Files = dict[str, bytes]
CASE = {
    "title": "Hồ sơ thử",
    "fileCode": "H49.64.33.2001.160",
    "maintenance": "01",
    "mode": "01",
    "language": "01",
    "startDate": "02/01/2001",
    "endDate": "31/12/2001",
    "totalDoc": "1",
    "numberOfPage": "2",
    "riskRecovery": "0",
}
DOCUMENT = {
    "docId": "H49.64.33.2001.160.01",
    "arcDocCode": "H49.64.33.2001.160.0000001",
    "maintenance": "01",
    "typeName": "22",
    "issuedDate": "05/03/2001",
    "organName": "Sở Ví dụ",
    "subject": "Về việc thử",
    "language": "01",
    "numberOfPage": "2",
    "mode": "01",
    "riskRecovery": "0",
}


def simple(values: dict[str, str]) -> bytes:
    body = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    return f"<simpledc>{body}</simpledc>".encode()


def about(files: Files, folder: str, path: str) -> str:
    content = files[folder + path]
    return (
        f'MIMETYPE="application/xml" SIZE="{len(content)}" CREATED="2025-01-01T00:00:00.000+07:00" '
        f'CHECKSUM="{hashlib.sha256(content).hexdigest().upper()}" CHECKSUMTYPE="SHA-256"'
    )


def location(path: str) -> str:
    return f'LOCTYPE="URL" xlink:type="simple" xlink:href={quoteattr(path)}'


def mets(files: Files, folder: str, described: list[str], listed: dict[str, list[str]], pointer: str = "") -> bytes:
    """Return a METS file about files below a folder."""
    sections = "".join(
        f'<dmdSec ID="d{number}" CREATED="2025-01-01T00:00:00.000+07:00"><mdRef MDTYPE="DC" '
        f"{location(path)} {about(files, folder, path)}/></dmdSec>"
        for number, path in enumerate(described)
    )
    groups = "".join(
        f'<fileGrp ID="g{number}" USE="{use}">'
        + "".join(
            f'<file ID="f{number}-{index}" {about(files, folder, path)}><FLocat {location(path)}/></file>'
            for index, path in enumerate(paths)
        )
        + "</fileGrp>"
        for number, (use, paths) in enumerate(listed.items())
    )
    return (
        '<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'xmlns:csip="https://DILCIS.eu/XML/METS/CSIPExtensionMETS" OBJID="{NAME}" TYPE="Mixed" '
        'PROFILE="https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml">'
        '<metsHdr CREATEDATE="2025-01-01T00:00:00.000+07:00" csip:OAISPACKAGETYPE="SIP"/>'
        f'{sections}<amdSec/><fileSec ID="s">{groups}</fileSec>'
        f'<structMap ID="m" TYPE="PHYSICAL" LABEL="CSIP"><div ID="r"><div ID="x" LABEL="Metadata"/>{pointer}</div>'
        "</structMap></mets>"
    ).encode()


def submission(case: dict[str, str], document: dict[str, str]) -> Files:
    files = {
        "metadata/descriptive/EAD.xml": simple(case),
        "representations/rep1/data/a.pdf": b"%PDF",
        "representations/rep1/metadata/descriptive/EAD_doc_1.xml": simple(document),
        "schemas/EAD.xsd": b"<xs/>",
    }
    rep = "representations/rep1/"
    files[f"{rep}METS.xml"] = mets(files, rep, ["metadata/descriptive/EAD_doc_1.xml"], {"Data": ["data/a.pdf"]})
    pointer = (
        '<div ID="p" LABEL="Representations/rep1"><mptr xlink:title="g1" '
        f"{location('representations/rep1/METS.xml')}/></div>"
    )
    listed = {"Schemas": ["schemas/EAD.xsd"], "Representations/rep1": [f"{rep}METS.xml"]}
    files["METS.xml"] = mets(files, "", ["metadata/descriptive/EAD.xml"], listed, pointer)
    return files


def check(tmp_path: Path, files: Files) -> ValidationReport:
    path = tmp_path / f"{NAME}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{NAME}/{name}", content)
    return check_package(path)


def test_a_submission_in_free_order_passes_with_notes(tmp_path: Path) -> None:
    report = check(tmp_path, submission(CASE, DOCUMENT))
    assert (report.type, report.outcome) == ("vn-tt05-sip", Outcome.PASSED), report.findings
    notes = {finding.code for finding in report.findings if finding.severity is Severity.INFO}
    assert {"tt05.order", "tt05.other-name"} <= notes


@pytest.mark.parametrize(
    ("element", "value", "code"),
    [
        ("maintenance", "", "tt05.element-missing"),
        ("language", "01; 99", "tt05.code"),
        ("startDate", "01/2001", "tt05.date"),
        ("endDate", "01/01/2001", "tt05.dates"),
        ("riskRecovery", "có", "tt05.code"),
    ],
)
def test_a_fault_of_the_case_file_fails(tmp_path: Path, element: str, value: str, code: str) -> None:
    report = check(tmp_path, submission({**CASE, element: value}, DOCUMENT))
    assert report.outcome is Outcome.FAILED
    assert code in {finding.code for finding in report.findings}


def test_an_element_the_printed_circular_forgot_only_warns(tmp_path: Path) -> None:
    document = {name: value for name, value in DOCUMENT.items() if name != "riskRecovery"}
    report = check(tmp_path, submission({**CASE, "confidenceLevel": "02"}, document))
    assert report.outcome is Outcome.PASSED
    missing = [dict(finding.args)["element"] for finding in report.findings if finding.code == "tt05.element-missing"]
    assert sorted(missing) == ["numberOfPaper", "paperFileCode", "riskRecovery"]


def test_a_package_with_its_files_at_the_root_of_the_zip_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in submission(CASE, DOCUMENT).items():
            archive.writestr(name, content)
    report = check_package(path)
    assert (report.type, report.outcome) == ("vn-tt05-sip", Outcome.PASSED)
    assert "csip.csipstr1" in {finding.code for finding in report.findings}


def test_a_package_inside_a_foreign_bag_is_checked_at_both_levels(tmp_path: Path) -> None:
    files = submission(CASE, DOCUMENT)
    files["representations/rep1/data/a.pdf"] = b"%PDx"
    lines = "".join(f"{hashlib.sha512(data).hexdigest()}  data/{name}\n" for name, data in files.items())
    bag = tmp_path / "bag"
    for name, content in {
        **{f"data/{name}": content for name, content in files.items()},
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "manifest-sha512.txt": lines.encode(),
    }.items():
        (bag / name).parent.mkdir(parents=True, exist_ok=True)
        (bag / name).write_bytes(content)
    report = check_package(bag)
    assert (report.type, report.outcome) == ("vn-tt05-sip", Outcome.FAILED)
    assert [(finding.code, finding.location) for finding in report.findings if finding.severity is Severity.ERROR] == [
        ("package.checksum-differs", "data/representations/rep1/data/a.pdf")
    ]
