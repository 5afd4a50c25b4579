"""Every requirement of the E-ARK profiles is decided by the check, or it is said why it cannot be."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from model.findings import Outcome, Severity, ValidationReport
from preservation.package.check import check_package
from preservation.package.csip import KINDS
from preservation.package.eark_requirements import (
    ATTRIBUTE_REQUIREMENTS,
    ELEMENT_REQUIREMENTS,
    NOT_DECIDED,
    STRUCTURE_REQUIREMENTS,
)
from tests.conftest import DATA
from tests.fakes.eark_complete import CSIP, NAMES, PROFILES, XLINK, change, find, write_complete

Change = Callable[[etree._Element], None]
LEVELS = {row.id: row.level for row in (*ATTRIBUTE_REQUIREMENTS, *ELEMENT_REQUIREMENTS, *STRUCTURE_REQUIREMENTS)}
WEIGHT = {"MUST": Severity.ERROR, "SHOULD": Severity.WARNING, "MAY": Severity.INFO}
DIFFERENT_LEVEL = {"CSIP96", "CSIP100", "CSIP104"}
"""MUST in CSIP 2.1.0 with the cardinality 0..n, corrected to SHOULD in 2.2.0."""
ONLY_WARNS = {
    "CSIP2": "words outside the vocabulary; a missing TYPE is an error",
    "CSIP66": "the groups may not be left out, and may be empty (E-ARK-CSIP issue 752)",
    "CSIP23": "the schema of XLink supplies the value",
    "CSIP37": "the schema of XLink supplies the value",
    "CSIP50": "the schema of XLink supplies the value",
    "CSIP78": "the schema of XLink supplies the value",
    "CSIP111": "the schema of XLink supplies the value",
    "SIP2": "a later version of the profile has another address",
    "AIPM2": "a later version of the profile has another address",
    "DIP2": "a later version of the profile has another address",
}


def requirements() -> list[tuple[str, str, str]]:
    with (DATA / "eark" / "requirements.csv").open(encoding="utf-8", newline="") as stream:
        return [(row["profile"], row["id"], row["level"]) for row in csv.DictReader(stream)]


def test_every_requirement_is_decided_or_explained() -> None:
    for profile, identifier, level in requirements():
        if level not in ("MUST", "SHOULD"):
            continue
        assert (identifier in KINDS) != (identifier in NOT_DECIDED), (profile, identifier)
        if identifier in KINDS and (profile, identifier) not in {("CSIP 2.1.0", name) for name in DIFFERENT_LEVEL}:
            assert LEVELS[identifier] == level, (profile, identifier)
            assert KINDS[identifier].severity is WEIGHT[level]


def test_nothing_is_checked_that_no_profile_asks() -> None:
    asked = {identifier for _profile, identifier, _level in requirements()}
    assert {name for name in KINDS if not name.startswith("CSIPSTR")} <= asked
    assert {*LEVELS} == {*KINDS}


@pytest.mark.corpus
def test_the_list_of_requirements_is_that_of_the_profiles(corpus: Path) -> None:
    files = {
        "CSIP 2.1.0": "csip/E-ARK-CSIP-v2-1-0.xml",
        "CSIP 2.2.0": "csip/E-ARK-CSIP-v2-2-0.xml",
        "SIP 2.2.0": "sip/E-ARK-SIP-v2-2-0.xml",
        "AIP 2.2.0": "aip/E-ARK-AIP-v2-2-0.xml",
    }
    for profile, name in files.items():
        elements = etree.parse(corpus / "eark" / "reference" / name).iter("{*}requirement")
        found = [(row.get("ID"), row.get("REQLEVEL")) for row in elements if row.get("ID")]
        assert found == [(identifier, level) for known, identifier, level in requirements() if known == profile]


def without(path: str, attribute: str) -> Change:
    def remove(root: etree._Element) -> None:
        find(root, path).attrib.pop(attribute)

    return remove


def saying(path: str, attribute: str, value: str) -> Change:
    return lambda root: find(root, path).set(attribute, value)


def lacking(path: str) -> Change:
    def remove(root: etree._Element) -> None:
        element = find(root, path)
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)

    return remove


def doubled(path: str) -> Change:
    def add(root: etree._Element) -> None:
        element = find(root, path)
        copy = etree.fromstring(etree.tostring(element))
        if "ID" in copy.attrib:
            copy.attrib.pop("ID")
        element.addnext(copy)

    return add


def emptied(path: str) -> Change:
    def clear(root: etree._Element) -> None:
        element = find(root, path)
        for child in list(element):
            element.remove(child)

    return clear


def all_of(*changes: Change) -> Change:
    def run(root: etree._Element) -> None:
        for one in changes:
            one(root)

    return run


SOFTWARE = "m:metsHdr/m:agent[@OTHERTYPE='SOFTWARE']"
MAP = "m:structMap"
ROOT_DIV = f"{MAP}/m:div"


def md_ref(first: int, path: str) -> dict[str, Change]:
    names = ("LOCTYPE", f"{XLINK}type", f"{XLINK}href", "MDTYPE", "MIMETYPE", "SIZE", "CREATED", "CHECKSUM")
    rows = {f"CSIP{first + place}": without(path, name) for place, name in enumerate(names)}
    return {**rows, f"CSIP{first + 8}": without(path, "CHECKSUMTYPE")}


def division(label: str) -> str:
    return f"{ROOT_DIV}/m:div[@LABEL='{label}']"


def own_content(root: etree._Element) -> None:
    """Refer to the content itself, as packages without METS of representations do."""
    div = find(root, division("Representations/rep1"))
    div.set("LABEL", "Representations")
    div.remove(div[0])
    etree.SubElement(div, f"{{{NAMES['m']}}}fptr").set("FILEID", "gr")


BREAKS: dict[str, Change] = {
    "CSIP1": without(".", "OBJID"),
    "CSIP2": saying(".", "TYPE", "Something"),
    "CSIP3": saying(".", "TYPE", "OTHER"),
    "CSIP4": without(".", f"{CSIP}CONTENTINFORMATIONTYPE"),
    "CSIP5": saying(".", f"{CSIP}CONTENTINFORMATIONTYPE", "OTHER"),
    "CSIP6": without(".", "PROFILE"),
    "CSIP117": lacking("m:metsHdr"),
    "CSIP7": without("m:metsHdr", "CREATEDATE"),
    "CSIP9": saying("m:metsHdr", f"{CSIP}OAISPACKAGETYPE", "sip"),
    "CSIP10": emptied("m:metsHdr"),
    "CSIP11": all_of(
        saying(SOFTWARE, "ROLE", "EDITOR"),
        saying("m:metsHdr/m:agent[3]", "ROLE", "EDITOR"),
    ),
    "CSIP12": saying(SOFTWARE, "TYPE", "INDIVIDUAL"),
    "CSIP13": without(SOFTWARE, "OTHERTYPE"),
    "CSIP14": lambda root: find(root, f"{SOFTWARE}/m:name").__setattr__("text", ""),
    "CSIP15": lacking(f"{SOFTWARE}/m:note"),
    "CSIP16": without(f"{SOFTWARE}/m:note", f"{CSIP}NOTETYPE"),
    "CSIP17": lacking("m:dmdSec"),
    "CSIP18": without("m:dmdSec", "ID"),
    "CSIP19": without("m:dmdSec", "CREATED"),
    "CSIP20": saying("m:dmdSec", "STATUS", "OLD"),
    "CSIP21": lacking("m:dmdSec/m:mdRef"),
    **md_ref(22, "m:dmdSec/m:mdRef"),
    "CSIP31": lacking("m:amdSec"),
    "CSIP32": lacking("m:amdSec/m:digiprovMD"),
    "CSIP33": without("m:amdSec/m:digiprovMD", "ID"),
    "CSIP34": without("m:amdSec/m:digiprovMD", "STATUS"),
    "CSIP35": lacking("m:amdSec/m:digiprovMD/m:mdRef"),
    **md_ref(36, "m:amdSec/m:digiprovMD/m:mdRef"),
    "CSIP46": without("m:amdSec/m:rightsMD", "ID"),
    "CSIP47": without("m:amdSec/m:rightsMD", "STATUS"),
    "CSIP48": lacking("m:amdSec/m:rightsMD/m:mdRef"),
    **md_ref(49, "m:amdSec/m:rightsMD/m:mdRef"),
    "CSIP58": lacking("m:fileSec"),
    "CSIP59": without("m:fileSec", "ID"),
    "CSIP60": lacking("m:fileSec/m:fileGrp[@USE='Documentation']"),
    "CSIP113": lacking("m:fileSec/m:fileGrp[@USE='Schemas']"),
    "CSIP114": lacking("m:fileSec/m:fileGrp[@USE='Representations/rep1']"),
    "CSIP62": without("m:fileSec/m:fileGrp[@ID='gr']", f"{CSIP}CONTENTINFORMATIONTYPE"),
    "CSIP63": saying("m:fileSec/m:fileGrp[@ID='gr']", f"{CSIP}CONTENTINFORMATIONTYPE", "OTHER"),
    "CSIP64": without("m:fileSec/m:fileGrp[@ID='gs']", "USE"),
    "CSIP65": without("m:fileSec/m:fileGrp[@ID='gs']", "ID"),
    "CSIP66": emptied("m:fileSec/m:fileGrp[@ID='gs']"),
    "CSIP67": without("m:fileSec/m:fileGrp/m:file", "ID"),
    "CSIP68": without("m:fileSec/m:fileGrp/m:file", "MIMETYPE"),
    "CSIP69": without("m:fileSec/m:fileGrp/m:file", "SIZE"),
    "CSIP70": without("m:fileSec/m:fileGrp/m:file", "CREATED"),
    "CSIP71": without("m:fileSec/m:fileGrp/m:file", "CHECKSUM"),
    "CSIP72": without("m:fileSec/m:fileGrp/m:file", "CHECKSUMTYPE"),
    "CSIP76": lacking("m:fileSec/m:fileGrp/m:file/m:FLocat"),
    "CSIP77": saying("m:fileSec/m:fileGrp/m:file/m:FLocat", "LOCTYPE", "URN"),
    "CSIP78": without("m:fileSec/m:fileGrp/m:file/m:FLocat", f"{XLINK}type"),
    "CSIP79": without("m:fileSec/m:fileGrp/m:file/m:FLocat", f"{XLINK}href"),
    "CSIP80": lacking(MAP),
    "CSIP81": saying(MAP, "TYPE", "LOGICAL"),
    "CSIP82": saying(MAP, "LABEL", "Other"),
    "CSIP83": without(MAP, "ID"),
    "CSIP84": doubled(ROOT_DIV),
    "CSIP85": without(ROOT_DIV, "ID"),
    "CSIP88": lacking(division("Metadata")),
    "CSIP89": without(division("Metadata"), "ID"),
    "CSIP91": without(division("Metadata"), "ADMID"),
    "CSIP92": saying(division("Metadata"), "DMDID", "none"),
    "CSIP93": lacking(division("Documentation")),
    "CSIP94": without(division("Documentation"), "ID"),
    "CSIP96": emptied(division("Documentation")),
    "CSIP116": saying(f"{division('Documentation')}/m:fptr", "FILEID", "none"),
    "CSIP97": lacking(division("Schemas")),
    "CSIP98": without(division("Schemas"), "ID"),
    "CSIP100": emptied(division("Schemas")),
    "CSIP118": without(f"{division('Schemas')}/m:fptr", "FILEID"),
    "CSIP101": lacking(division("Representations/rep1")),
    "CSIP102": all_of(own_content, without(division("Representations"), "ID")),
    "CSIP104": all_of(own_content, emptied(division("Representations"))),
    "CSIP119": all_of(own_content, without(f"{division('Representations')}/m:fptr", "FILEID")),
    "CSIP105": own_content,
    "CSIP106": without(division("Representations/rep1"), "ID"),
    "CSIP107": saying(division("Representations/rep1"), "LABEL", "representations/rep1"),
    "CSIP108": without(f"{division('Representations/rep1')}/m:mptr", f"{XLINK}title"),
    "CSIP109": emptied(division("Representations/rep1")),
    "CSIP110": without(f"{division('Representations/rep1')}/m:mptr", f"{XLINK}href"),
    "CSIP111": without(f"{division('Representations/rep1')}/m:mptr", f"{XLINK}type"),
    "CSIP112": saying(f"{division('Representations/rep1')}/m:mptr", "LOCTYPE", "URN"),
    "SIP2": saying(".", "PROFILE", "https://earksip.dilcis.eu/profile/E-ARK-SIP-v9-0-0.xml"),
    "SIP3": saying("m:metsHdr", "RECORDSTATUS", "OLD"),
    "SIP4": saying("m:metsHdr", f"{CSIP}OAISPACKAGETYPE", "AIP"),
    "SIP5": doubled("m:metsHdr/m:altRecordID"),
    "SIP7": all_of(saying("m:metsHdr/m:altRecordID", "TYPE", "REFERENCECODE"), doubled("m:metsHdr/m:altRecordID")),
    "SIP9": doubled("m:metsHdr/m:agent[@ROLE='ARCHIVIST']"),
    "SIP11": saying("m:metsHdr/m:agent[@ROLE='ARCHIVIST']", "TYPE", "OTHER"),
    "SIP12": lambda root: find(root, "m:metsHdr/m:agent[@ROLE='ARCHIVIST']/m:name").__setattr__("text", " "),
    "SIP14": without("m:metsHdr/m:agent[@ROLE='ARCHIVIST']/m:note", f"{CSIP}NOTETYPE"),
    "SIP15": lacking("m:metsHdr/m:agent[3]"),
    "SIP16": saying("m:metsHdr/m:agent[3]", "ROLE", "EDITOR"),
    "SIP17": all_of(
        saying("m:metsHdr/m:agent[3]", "ROLE", "OTHER"),
        saying("m:metsHdr/m:agent[3]", "OTHERROLE", "SUBMITTER"),
        saying("m:metsHdr/m:agent[3]", "TYPE", "OTHER"),
    ),
    "SIP18": lambda root: find(root, "m:metsHdr/m:agent[3]/m:name").__setattr__("text", ""),
    "SIP20": without("m:metsHdr/m:agent[3]/m:note", f"{CSIP}NOTETYPE"),
    "SIP24": all_of(
        doubled("m:metsHdr/m:agent[3]"),
        saying("m:metsHdr/m:agent[4]", "TYPE", "INDIVIDUAL"),
        lambda root: find(root, "m:metsHdr/m:agent[4]/m:name").__setattr__("text", ""),
    ),
    "SIP26": doubled("m:metsHdr/m:agent[@ROLE='PRESERVATION']"),
    "SIP28": saying("m:metsHdr/m:agent[@ROLE='PRESERVATION']", "TYPE", "INDIVIDUAL"),
    "SIP29": lambda root: find(root, "m:metsHdr/m:agent[@ROLE='PRESERVATION']/m:name").__setattr__("text", ""),
    "SIP31": without("m:metsHdr/m:agent[@ROLE='PRESERVATION']/m:note", f"{CSIP}NOTETYPE"),
    "AIPM2": saying(".", "PROFILE", "https://earkaip.dilcis.eu/profile/E-ARK-AIP-v9-0-0.xml"),
    "AIPM3": saying("m:metsHdr", f"{CSIP}OAISPACKAGETYPE", "DIP"),
    "AIPM4": saying("m:dmdSec", "STATUS", "SUPERSEDED"),
    "AIPM5": lacking("m:amdSec/m:digiprovMD/m:mdRef"),
    "AIPM6": saying("m:amdSec/m:digiprovMD/m:mdRef", "MDTYPE", "OTHER"),
    "AIPM7": saying("m:amdSec/m:digiprovMD/m:mdRef", "MDTYPEVERSION", "2.2"),
    "DIP2": saying(".", "PROFILE", "https://earkdip.dilcis.eu/profile/E-ARK-DIP-v9-0-0.xml"),
    "DIP3": saying("m:metsHdr", f"{CSIP}OAISPACKAGETYPE", "AIP"),
    "DIP4": saying("m:dmdSec", "STATUS", "SUPERSEDED"),
}


@pytest.mark.parametrize("kind", PROFILES)
def test_a_complete_package_has_no_findings(tmp_path: Path, kind: str) -> None:
    report = check_package(write_complete(tmp_path, kind))
    types = {"CSIP": "eark-csip", "SIP": "eark-sip", "AIP": "eark-aip", "DIP": "eark-csip"}
    assert (report.type, report.outcome, report.findings) == (types[kind], Outcome.PASSED, ())


def test_every_decided_requirement_of_mets_is_broken_here() -> None:
    assert {*BREAKS} == {name for name in KINDS if not name.startswith("CSIPSTR")}
    assert {*ONLY_WARNS} <= {*BREAKS}


def kind_of(rule: str) -> str:
    return {"S": "SIP", "A": "AIP", "D": "DIP"}.get(rule[0], "SIP")


def broken(tmp_path: Path, rule: str) -> ValidationReport:
    package = write_complete(tmp_path, kind_of(rule))
    change(package / "METS.xml", BREAKS[rule])
    return check_package(package)


@pytest.mark.parametrize("rule", BREAKS)
def test_breaking_a_requirement_gives_a_finding_with_its_identifier(tmp_path: Path, rule: str) -> None:
    report = broken(tmp_path, rule)
    found = [finding for finding in report.findings if finding.code == f"csip.{rule.lower()}"]
    assert found, report.findings
    level = WEIGHT[LEVELS[rule]] if rule not in ONLY_WARNS else Severity.WARNING
    assert {finding.severity for finding in found} == {level}
    assert all(finding.source.endswith(rule) and finding.message() and finding.remedy() for finding in found)
    assert all(finding.location.startswith("METS.xml") for finding in found)
    if level is Severity.ERROR:
        assert report.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("profile", "version"),
    [
        ("https://earksip.dilcis.eu/profile/E-ARK-SIP.xml", "2.0.4"),
        ("https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-0-4.xml", "2.0.4"),
        ("https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-1-0.xml", "2.1.0"),
        ("https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-2-0.xml", "2.2.0"),
    ],
)
def test_the_version_a_package_declares_is_the_one_it_is_judged_by(tmp_path: Path, profile: str, version: str) -> None:
    package = write_complete(tmp_path)
    change(package / "METS.xml", saying(".", "PROFILE", profile))
    assert (check_package(package).outcome, check_package(package).findings) == (Outcome.PASSED, ())
    change(package / "METS.xml", without("m:dmdSec", "CREATED"))
    (finding,) = [item for item in check_package(package).findings if item.severity is Severity.ERROR]
    assert (finding.code, finding.source) == ("csip.csip19", f"CSIP {version} CSIP19")


FOLDERS = {
    "CSIPSTR5": "metadata",
    "CSIPSTR6": "metadata/preservation",
    "CSIPSTR7": "metadata/descriptive",
    "CSIPSTR9": "representations",
    "CSIPSTR10": "representations/rep1",
    "CSIPSTR11": "representations/rep1/data",
    "CSIPSTR12": "representations/rep1/METS.xml",
    "CSIPSTR13": "representations/rep1/metadata",
    "CSIPSTR15": "schemas",
    "CSIPSTR16": "documentation",
    "CSIPSTR4": "METS.xml",
}


@pytest.mark.parametrize("rule", FOLDERS)
def test_a_missing_folder_is_named(tmp_path: Path, rule: str) -> None:
    package = write_complete(tmp_path)
    path = package / FOLDERS[rule]
    path.rename(tmp_path / "elsewhere")
    findings = check_package(package).findings
    found = [finding for finding in findings if finding.code == f"csip.{rule.lower()}"]
    assert [finding.severity for finding in found] == [WEIGHT[LEVELS[rule]]], findings
