"""An E-ARK package that meets every requirement, to take one thing away from it at a time."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from lxml import etree

NAMES = {
    "m": "http://www.loc.gov/METS/",
    "csip": "https://DILCIS.eu/XML/METS/CSIPExtensionMETS",
    "xlink": "http://www.w3.org/1999/xlink",
}
CSIP, XLINK = f"{{{NAMES['csip']}}}", f"{{{NAMES['xlink']}}}"
OBJID = "uuid-4F0E0D0C-0B0A-4908-8706-050403020100"
PROFILES = {
    "CSIP": "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP-v2-2-0.xml",
    "SIP": "https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-2-0.xml",
    "AIP": "https://earkdip.dilcis.eu/profile/E-ARK-AIP-v2-2-0.xml",
    "DIP": "https://earkdip.dilcis.eu/profile/E-ARK-DIP-v2-2-0.xml",
}
_TIME = "2025-06-01T08:00:00.000+07:00"
_PREMIS = (
    b'<premis xmlns="http://www.loc.gov/premis/v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    b'version="3.0"><object xsi:type="intellectualEntity"><objectIdentifier><objectIdentifierType>local'
    b"</objectIdentifierType><objectIdentifierValue>1</objectIdentifierValue></objectIdentifier></object></premis>"
)
_FILES = {
    "metadata/descriptive/dc.xml": b"<dc/>",
    "metadata/preservation/premis.xml": _PREMIS,
    "metadata/other/rights.xml": b"<rights/>",
    "schemas/dc.xsd": b"<xs/>",
    "documentation/readme.txt": b"Read me",
    "representations/rep1/data/a.txt": "Nội dung".encode(),
    "representations/rep1/metadata/other/note.xml": b"<note/>",
}
_HEAD = """<mets xmlns="{m}" xmlns:csip="{csip}" xmlns:xlink="{xlink}" OBJID="{objid}" TYPE="Mixed" PROFILE="{profile}"
 csip:CONTENTINFORMATIONTYPE="MIXED"><metsHdr CREATEDATE="{time}" RECORDSTATUS="NEW" csip:OAISPACKAGETYPE="{kind}">
<agent ROLE="CREATOR" TYPE="OTHER" OTHERTYPE="SOFTWARE"><name>Maker</name>
<note csip:NOTETYPE="SOFTWARE VERSION">1.0</note></agent>
<agent ROLE="ARCHIVIST" TYPE="ORGANIZATION"><name>Sở A</name><note csip:NOTETYPE="IDENTIFICATIONCODE">A</note></agent>
<agent ROLE="CREATOR" TYPE="ORGANIZATION"><name>Sở B</name><note csip:NOTETYPE="IDENTIFICATIONCODE">B</note></agent>
<agent ROLE="PRESERVATION" TYPE="ORGANIZATION"><name>Kho D</name><note csip:NOTETYPE="IDENTIFICATIONCODE">D</note>
</agent><altRecordID TYPE="SUBMISSIONAGREEMENT">1</altRecordID></metsHdr>"""


def write_complete(folder: Path, kind: str = "SIP") -> Path:
    """Write the package of a kind (a key of `PROFILES`) and return its folder."""
    root = folder / OBJID
    for path, content in _FILES.items():
        _write(root / path, content)
    package_type = "SIP" if kind == "CSIP" else kind
    head = {**NAMES, "time": _TIME, "kind": package_type}
    rep = root / "representations/rep1"
    _write(rep / "METS.xml", _representation(rep, {**head, "objid": "rep1", "profile": PROFILES[kind]}))
    _write(root / "METS.xml", _package(root, {**head, "objid": OBJID, "profile": PROFILES[kind]}))
    return root


def change(mets: Path, change: Callable[[etree._Element], None]) -> None:
    """Change a METS file in place."""
    tree = etree.parse(mets)
    change(tree.getroot())
    tree.write(mets, encoding="UTF-8", xml_declaration=True)


def find(root: etree._Element, path: str) -> etree._Element:
    """Return the first element of an XPath."""
    found = root.xpath(path, namespaces=NAMES)
    assert isinstance(found, list)
    assert found, path
    element = found[0]
    assert isinstance(element, etree._Element)
    return element


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _facts(root: Path, path: str, mime: str) -> str:
    content = (root / path).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return f'MIMETYPE="{mime}" SIZE="{len(content)}" CREATED="{_TIME}" CHECKSUM="{digest}" CHECKSUMTYPE="SHA-256"'


def _reference(root: Path, path: str, kind: str) -> str:
    return (
        f'<mdRef LOCTYPE="URL" xlink:type="simple" xlink:href="{path}" MDTYPE="{kind}" MDTYPEVERSION="3.0" '
        f"{_facts(root, path, 'application/xml')}/>"
    )


def _group(root: Path, identifier: str, use: str, path: str) -> str:
    content = ' csip:CONTENTINFORMATIONTYPE="MIXED"' if use.startswith("Rep") else ""
    return (
        f'<fileGrp ID="{identifier}" USE="{use}"{content}><file ID="ID-{identifier}" '
        f'{_facts(root, path, "text/plain")}><FLocat LOCTYPE="URL" xlink:type="simple" xlink:href="{path}"/></file>'
        "</fileGrp>"
    )


def _package(root: Path, head: dict[str, str]) -> bytes:
    state = f'CREATED="{_TIME}" STATUS="CURRENT"'
    parts = [
        _HEAD.format(**head),
        f'<dmdSec ID="d1" {state}>{_reference(root, "metadata/descriptive/dc.xml", "DC")}</dmdSec>',
        f'<amdSec ID="am"><rightsMD ID="r1" {state}>{_reference(root, "metadata/other/rights.xml", "OTHER")}',
        f'</rightsMD><digiprovMD ID="p1" {state}>{_reference(root, "metadata/preservation/premis.xml", "PREMIS")}',
        '</digiprovMD></amdSec><fileSec ID="fs">',
        _group(root, "gd", "Documentation", "documentation/readme.txt"),
        _group(root, "gs", "Schemas", "schemas/dc.xsd"),
        _group(root, "gr", "Representations/rep1", "representations/rep1/METS.xml"),
        f'</fileSec><structMap ID="sm" TYPE="PHYSICAL" LABEL="CSIP"><div ID="v0" LABEL="{OBJID}">',
        '<div ID="v1" LABEL="Metadata" DMDID="d1" ADMID="p1 r1"/>',
        '<div ID="v2" LABEL="Documentation"><fptr FILEID="gd"/></div>',
        '<div ID="v3" LABEL="Schemas"><fptr FILEID="gs"/></div>',
        '<div ID="v4" LABEL="Representations/rep1"><mptr LOCTYPE="URL" xlink:type="simple" ',
        'xlink:href="representations/rep1/METS.xml" xlink:title="gr"/></div></div></structMap></mets>',
    ]
    return "".join(parts).encode()


def _representation(root: Path, head: dict[str, str]) -> bytes:
    state = f'CREATED="{_TIME}" STATUS="CURRENT"'
    parts = [
        _HEAD.format(**head),
        f'<amdSec ID="am"><digiprovMD ID="p1" {state}>{_reference(root, "metadata/other/note.xml", "OTHER")}',
        '</digiprovMD></amdSec><fileSec ID="fs">',
        _group(root, "gr", "Data", "data/a.txt"),
        '</fileSec><structMap ID="sm" TYPE="PHYSICAL" LABEL="CSIP"><div ID="v0" LABEL="rep1">',
        '<div ID="v1" LABEL="Metadata" ADMID="p1"/><div ID="v2" LABEL="Data"><fptr FILEID="gr"/></div>',
        "</div></structMap></mets>",
    ]
    return "".join(parts).encode()
