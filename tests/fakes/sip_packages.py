"""Submission packages as other systems make them: Circular 05/2025 (SIP, AIP, DIP) and E-ARK.

`make_sip_hoso(folder)` writes a valid `SIP_hoso` that the strict intake policy accepts, and
`make_sip_tailieu` and `make_eark_sip` their like; every argument makes it differ in one respect.
Each returns the package's folder; `zipped` packs it as submitters send it. What is changed after
writing (a byte, a file taken away) the test does itself; `seal` writes METS anew.
"""

import hashlib
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

CIRCULAR_PROFILE = "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml"
CIRCULAR_AIP_PROFILE = "http://www.ra.ee/METS/v01/IP.xml"
CIRCULAR_DIP_PROFILE = "https://earkdip.dilcis.eu/profile/E-ARK-DIP.xml"
EARK_SIP_PROFILE = "https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-2-0.xml"
CREATED = "2025-06-01T08:00:00.000+07:00"

CASE = {
    "fileCode": "H49.64.2024.1",
    "title": "Hồ sơ về việc sửa đường liên xã",
    "maintenance": "01",
    "mode": "01",
    "language": "01",
    "startDate": "02/01/2024",
    "endDate": "30/12/2024",
    "keyword": "đường; kinh phí",
    "totalDoc": "3",
    "numberOfPaper": "",
    "numberOfPage": "3",
    "format": "01",
    "inforSign": "TT-01",
    "confidenceLevel": "01",
    "paperFileCode": "",
    "riskRecovery": "0",
    "riskRecoveryStatus": "",
    "description": "Người lập: Nguyễn Văn A",
}
"""The 18 elements of a case file; an empty value is written as an empty element."""

PICTURE = {
    "maintenance": "01",
    "typePic": "02",
    "archivesNumber": "A-12",
    "inforSign": "",
    "eventName": "Lễ khởi công",
    "imageTitle": "Ảnh lễ khởi công đường liên xã",
    "photographer": "Trần Thị B",
    "photoPlace": "Bình An",
    "photoTime": "05/03/2024",
    "colour": "02",
    "filmSize": "10x15",
    "docAttached": "",
    "mode": "01",
    "format": "01",
    "riskRecovery": "0",
    "riskRecoveryStatus": "",
    "description": "",
}
MEDIA = {
    "maintenance": "01",
    "typeMedia": "01",
    "archivesNumber": "B-3",
    "inforSign": "",
    "eventName": "Họp dân",
    "movieTitle": "Ghi âm cuộc họp dân",
    "recorder": "Trần Thị B",
    "recordPlace": "Bình An",
    "recordDate": "06/03/2024",
    "language": "01",
    "playTime": "00:10:00",
    "docAttached": "",
    "mode": "01",
    "quality": "128 kbps",
    "format": "01",
    "riskRecovery": "0",
    "riskRecoveryStatus": "",
    "description": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SipDocument:
    """One document of a package: its description and its files."""

    elements: Sequence[tuple[str, str]]
    files: Mapping[str, bytes]
    """Content by path below `data/`."""
    form: str = "doc"
    """doc, pic or media."""
    name: str = ""
    """What stands behind `EAD_doc_` in the description's name; the ordinal when empty."""
    linked: bool = True
    """METS says which files belong to it."""


@dataclass(slots=True, kw_only=True)
class Heading:
    """What METS says about the package."""

    objid: str = "uuid-0F0E0D0C-0B0A-4908-8706-050403020100"
    package_type: str = "SIP"
    profile: str = CIRCULAR_PROFILE
    content_category: str = "Mixed"
    fonds: str = "P01"
    """IDENTIFICATIONCODE of the archive's agent; no agent when empty."""
    agency: str = "Ủy ban nhân dân xã Bình An (hư cấu)"
    registration: str = "ĐK-2025-001"
    """altRecordID SUBMISSIONAGREEMENT."""
    status: str = "NEW"
    """RECORDSTATUS."""
    record_ids: Sequence[tuple[str, str]] = ()
    checksum_type: str = "SHA-256"
    mdtype: str = "DC"


def documents(code: str = CASE["fileCode"], count: int = 3, *, archival: bool = False) -> Iterator[SipDocument]:
    """Yield textual documents with one text file each."""
    for ordinal in range(1, count + 1):
        name = f"{ordinal:03d} văn bản.txt"
        text = f"Nội dung văn bản số {ordinal} của hồ sơ {code}: đường liên xã, kinh phí, người dân."
        elements = archival_elements(code, ordinal) if archival else document_elements(code, ordinal)
        yield SipDocument(elements=tuple(elements.items()), files={name: text.encode()})


def document_elements(code: str, ordinal: int) -> dict[str, str]:
    """Return the 21 elements of a textual document of a SIP."""
    return {
        "docId": f"{code}-{ordinal}"[-25:],
        "docCode": f"{code}.{ordinal:07d}",
        "maintenance": "01",
        "typeName": "02",
        "codeNumber": str(ordinal),
        "codeNotation": "QĐ-UBND",
        "issuedDate": "05/03/2024",
        "organName": "Ủy ban nhân dân xã Bình An (hư cấu)",
        "subject": f"Quyết định số {ordinal} về việc sửa đường",
        "language": "01",
        "numberOfPage": "1",
        "inforSign": "",
        "keyword": "đường",
        "mode": "01",
        "confidenceLevel": "01",
        "autograph": "",
        "format": "01",
        "process": "0",
        "riskRecovery": "0",
        "riskRecoveryStatus": "",
        "description": "",
    }


def archival_elements(code: str, ordinal: int) -> dict[str, str]:
    """Return the 19 elements of a textual document of an AIP."""
    given = document_elements(code, ordinal)
    order = [
        "mode",
        "language",
        "keyword",
        "numberOfPage",
        "format",
        "inforSign",
        "confidenceLevel",
        "description",
        "docCode",
    ]
    after = ["typeName", "codeNumber", "codeNotation", "issuedDate", "organName", "subject", "autograph", "process"]
    return {
        "arcFileCode": code,
        **{name: given[name] for name in order},
        "docOrdinal": str(ordinal),
        **{name: given[name] for name in after},
    }


def make_sip_hoso(
    folder: Path,
    code: str = CASE["fileCode"],
    *,
    count: int = 3,
    case: Mapping[str, str] | None = None,
    described: Iterable[SipDocument] | None = None,
    heading: Heading | None = None,
    extra: Mapping[str, bytes] | None = None,
    linked: Mapping[str, str] | None = None,
) -> Path:
    """Write a `SIP_hoso` of Annex III.

    Args:
        folder: where the package's folder is made; it is named after OBJID.
        case: elements of `EAD.xml` that differ; None as a value is not possible, empty is.
        described: other documents than the usual ones.
        extra: further files of the package by path, such as `documentation/ghi chú.txt`.
        linked: documents kept elsewhere: identifier by the name of the file it would be.
    """
    heading = heading or Heading()
    root = folder / heading.objid.replace(":", "_")
    items = list(documents(code, count)) if described is None else described
    total = {} if described is not None else {"totalDoc": str(count), "numberOfPage": str(count)}
    values = {**CASE, "fileCode": code, **total, **(case or {})}
    builder = _Builder(root, heading)
    builder.write("metadata/descriptive/EAD.xml", simpledc(values.items()))
    builder.representation("rep1", items, linked or {})
    builder.finish(extra or {})
    return root


def make_aip_hoso(
    folder: Path, code: str = CASE["fileCode"], *, count: int = 3, heading: Heading | None = None
) -> Path:
    """Write an `AIP_hoso` of Annex I, as another archive makes it."""
    heading = heading or Heading(
        objid="urn:uuid:1F0E0D0C-0B0A-4908-8706-050403020100", package_type="AIP", profile=CIRCULAR_AIP_PROFILE
    )
    root = folder / heading.objid.replace(":", "_")
    values = {("arcFileCode" if name == "fileCode" else name): value for name, value in CASE.items()}
    values |= {"arcFileCode": code, "totalDoc": str(count), "numberOfPage": str(count)}
    builder = _Builder(root, heading)
    builder.write("metadata/descriptive/EAD.xml", simpledc(values.items()))
    builder.write("metadata/preservation/PREMIS.xml", PREMIS)
    builder.write("representations/rep1/metadata/preservation/PREMIS_rep1.xml", PREMIS)
    builder.representation("rep1", documents(code, count, archival=True), {})
    builder.finish({})
    return root


def make_sip_tailieu(
    folder: Path,
    code: str = "H49.64.2024.01.0000001",
    *,
    source: str = "0",
    count: int = 3,
    case: Mapping[str, str] | None = None,
    heading: Heading | None = None,
) -> Path:
    """Write a `SIP_tailieu` of Annex IV: loose documents, five elements for the whole."""
    values = {
        "fileCode": code,
        "title": "Văn bản đi tháng 3 năm 2024",
        "source": source,
        "totalDoc": str(count),
        "description": "",
        **(case or {}),
    }
    heading = heading or Heading(objid="uuid-2F0E0D0C-0B0A-4908-8706-050403020100", content_category="Collection")
    root = folder / heading.objid.replace(":", "_")
    builder = _Builder(root, heading)
    builder.write("metadata/descriptive/EAD.xml", simpledc(values.items()))
    builder.representation("rep1", documents(code, count), {})
    builder.finish({})
    return root


def make_eark_sip(
    folder: Path,
    *,
    metadata: Mapping[str, tuple[str, bytes]] | None = None,
    representations: Mapping[str, Mapping[str, bytes]] | None = None,
    representation_mets: bool = True,
    heading: Heading | None = None,
    extra: Mapping[str, bytes] | None = None,
) -> Path:
    """Write an E-ARK SIP 2.2.0.

    Args:
        metadata: MDTYPE and content of descriptive metadata, by path from the root; Dublin Core when not given.
        representations: content by path below `data/`, by name of the representation.
        representation_mets: whether representations have METS files of their own.
        extra: further files of the package by path; one of documentation when not given.
    """
    heading = heading or Heading(
        objid="uuid-3F0E0D0C-0B0A-4908-8706-050403020100", profile=EARK_SIP_PROFILE, mdtype="OTHER"
    )
    root = folder / heading.objid
    builder = _Builder(root, heading)
    given = {"metadata/descriptive/dc.xml": ("DC", DUBLIN_CORE)} if metadata is None else metadata
    for path, (mdtype, content) in given.items():
        builder.write(path, content)
        builder.mdtypes[path] = mdtype
    for name, files in (representations or {"rep1": {"a.txt": "Nội dung".encode()}}).items():
        builder.plain_representation(name, files, mets=representation_mets)
    builder.finish({"documentation/readme.txt": b"Read me"} if extra is None else extra)
    return root


def zipped(package: Path, target: Path, *, top: bool = True) -> Path:
    """Pack a package folder as ZIP, with its folder in it or without."""
    base = str(target.with_suffix(""))
    packed = shutil.make_archive(base, "zip", package.parent if top else package, package.name if top else None)
    return Path(packed)


def simpledc(elements: Iterable[tuple[str, str]]) -> bytes:
    """Return a `<simpledc>` document."""
    body = "".join(f"  <{name}>{escape(value)}</{name}>\n" for name, value in elements)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<simpledc>\n{body}</simpledc>\n'.encode()


DUBLIN_CORE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:title>Dự án đường vành đai</dc:title><dc:identifier>DA-2023-17</dc:identifier>"
    "<dc:creator>Sở Giao thông (hư cấu)</dc:creator><dc:date>2023-02-01/2023-11-30</dc:date>"
    "<dc:language>vie</dc:language><dc:subject>đường</dc:subject><dc:subject>cầu</dc:subject>"
    "<dc:publisher>Nhà xuất bản</dc:publisher></oai_dc:dc>"
).encode()
"""What describes an E-ARK SIP when a test does not say."""

PREMIS = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<premis xmlns="http://www.loc.gov/premis/v3" '
    b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0">'
    b'<object xsi:type="intellectualEntity"><objectIdentifier><objectIdentifierType>local</objectIdentifierType>'
    b"<objectIdentifierValue>1</objectIdentifierValue></objectIdentifier></object></premis>"
)


def uid(name: str) -> str:
    """Return an upper-case UUID made from a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name)).upper()


@dataclass(slots=True)
class _Builder:
    root: Path
    heading: Heading
    mdtypes: dict[str, str] = field(default_factory=dict)
    pointers: list[str] = field(default_factory=list)
    direct: dict[str, list[str]] = field(default_factory=dict)
    """Files of representations without a METS of their own."""

    def write(self, path: str, content: bytes) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def representation(self, name: str, described: Iterable[SipDocument], linked: Mapping[str, str]) -> None:
        """Write a representation of the circular: descriptions, data, and METS that links them."""
        folder = f"representations/{name}/"
        sections, files, links = [], [], []
        preserved = "metadata/preservation/PREMIS_rep1.xml"
        adm = f' ADMID="uuid-{uid("prov" + folder)}"' if (self.root / folder / preserved).is_file() else ""
        for ordinal, document in enumerate(described, 1):
            path = f"metadata/descriptive/EAD_{document.form}_{document.name or ordinal}.xml"
            self.write(folder + path, simpledc(document.elements))
            sections.append(self._section(folder, path, f"uuid-{uid(path)}"))
            pointers = []
            for data, content in document.files.items():
                self.write(f"{folder}data/{data}", content)
                files.append(self._file(folder, f"data/{data}"))
                pointers.append(f'<fptr FILEID="ID-{uid(folder + "data/" + data)}"/>')
            if document.linked:
                links.append(
                    f'<div ID="uuid-{uid("link" + path)}" LABEL="MetadataLink/File" DMDID="uuid-{uid(path)}"{adm}>'
                    f"{''.join(pointers)}</div>"
                )
        holey = []
        for data, identifier in linked.items():
            path = f"data/{data}.fetch.txt"
            self.write(folder + path, identifier.encode())
            holey.append(self._file(folder, path))
            links.append(
                f'<div ID="uuid-{uid("link" + path)}" LABEL="MetadataLink/Holey">'
                f'<fptr FILEID="ID-{uid(folder + path)}"/></div>'
            )
        groups = self._group("Data", files) + (self._group("Holeyfile", holey) if holey else "")
        data_div = f'<div ID="uuid-{uid("data" + name)}" LABEL="Data"><fptr FILEID="uuid-{uid("Data")}"/></div>'
        link_div = f'<div ID="uuid-{uid("links" + name)}" LABEL="MetadataLink">{"".join(links)}</div>'
        mets = self._mets(name, CIRCULAR_PROFILE, "".join(sections), self._amd(folder, preserved), groups)
        self.write(f"{folder}METS.xml", mets(data_div + link_div).encode())
        self.pointers.append(name)

    def plain_representation(self, name: str, files: Mapping[str, bytes], *, mets: bool) -> None:
        """Write a representation of files alone."""
        folder = f"representations/{name}/"
        for path, content in files.items():
            self.write(f"{folder}data/{path}", content)
        if not mets:
            self.direct[name] = [f"{folder}data/{path}" for path in files]
            return
        listed = [self._file(folder, f"data/{path}") for path in files]
        div = f'<div ID="uuid-{uid("data" + name)}" LABEL="Data"><fptr FILEID="uuid-{uid("Data")}"/></div>'
        whole = self._mets(
            name, "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP-v2-2-0.xml", "", "", self._group("Data", listed)
        )
        self.write(f"{folder}METS.xml", whole(div).encode())
        self.pointers.append(name)

    def finish(self, extra: Mapping[str, bytes]) -> None:
        """Write the schemas, further files and the METS of the package."""
        for path, content in extra.items():
            self.write(path, content)
        if not any((self.root / "schemas").glob("*")):
            self.write("schemas/METS.xsd", b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>\n')
        seal(self.root, self.heading, self.mdtypes, self.pointers, self.direct)

    def _section(self, folder: str, path: str, identifier: str) -> str:
        kind = self.mdtypes.get(folder + path, self.heading.mdtype)
        return (
            f'<dmdSec ID="{identifier}" CREATED="{CREATED}" STATUS="CURRENT">'
            f'<mdRef {_location(path)} MDTYPE="{kind}" {self._about(folder + path)}/></dmdSec>\n'
        )

    def _amd(self, folder: str, path: str) -> str:
        if not (self.root / folder / path).is_file():
            return "<amdSec/>\n"
        return (
            f'<amdSec ID="uuid-{uid("amd" + folder)}"><digiprovMD ID="uuid-{uid("prov" + folder)}" STATUS="CURRENT" '
            f'CREATED="{CREATED}"><mdRef {_location(path)} MDTYPE="PREMIS" MDTYPEVERSION="3.0" '
            f"{self._about(folder + path)}/></digiprovMD></amdSec>\n"
        )

    def _file(self, folder: str, path: str) -> str:
        return f'<file ID="ID-{uid(folder + path)}" {self._about(folder + path)}><FLocat {_location(path)}/></file>\n'

    def _group(self, use: str, files: Iterable[str]) -> str:
        category = ' csip:CONTENTINFORMATIONTYPE="MIXED"' if use.startswith("Representations") else ""
        return f'<fileGrp ID="uuid-{uid(use)}" USE="{use}"{category}>\n{"".join(files)}</fileGrp>\n'

    def _about(self, path: str) -> str:
        content = (self.root / path).read_bytes()
        algorithm = self.heading.checksum_type.lower().replace("-", "")
        digest = hashlib.new(algorithm, content, usedforsecurity=False).hexdigest().upper()
        mime = "text/xml" if path.endswith(".xml") else "text/plain"
        return (
            f'MIMETYPE="{mime}" SIZE="{len(content)}" CREATED="{CREATED}" CHECKSUM="{digest}" '
            f'CHECKSUMTYPE="{self.heading.checksum_type}"'
        )

    def _mets(self, objid: str, profile: str, sections: str, amd: str, groups: str) -> "_Document":
        return _Document(self.heading, objid, profile, sections, amd or "<amdSec/>\n", groups)


@dataclass(frozen=True, slots=True)
class _Document:
    """A METS file but for the divisions of its map."""

    heading: Heading
    objid: str
    profile: str
    sections: str
    amd: str
    groups: str

    def __call__(self, divisions: str) -> str:
        heading = self.heading
        metadata = [part.split('"')[0] for part in self.sections.split('dmdSec ID="')[1:]]
        dmd = f' DMDID="{" ".join(metadata)}"' if metadata else ""
        adm = self.amd.partition('digiprovMD ID="')[2].partition('"')[0]
        key = self.objid
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink" '
            'xmlns:csip="https://DILCIS.eu/XML/METS/CSIPExtensionMETS" '
            'xmlns:sip="https://DILCIS.eu/XML/METS/SIPExtensionMETS" '
            f'OBJID={quoteattr(self.objid)} LABEL="Gói" TYPE="{heading.content_category}" PROFILE="{self.profile}" '
            'csip:CONTENTINFORMATIONTYPE="MIXED">\n'
            f'<metsHdr CREATEDATE="{CREATED}" RECORDSTATUS="{heading.status}" '
            f'csip:OAISPACKAGETYPE="{heading.package_type}">\n{_agents(heading)}{_record_ids(heading)}</metsHdr>\n'
            f'{self.sections}{self.amd}<fileSec ID="uuid-{uid("files" + key)}">\n{self.groups}</fileSec>\n'
            f'<structMap ID="uuid-{uid("map" + key)}" TYPE="PHYSICAL" LABEL="CSIP">\n'
            f'<div ID="uuid-{uid("div" + key)}" LABEL={quoteattr(self.objid)}>\n'
            f'<div ID="uuid-{uid("metadata" + key)}" LABEL="Metadata"{dmd}{f" ADMID={adm!r}" if adm else ""}/>\n'
            f"{divisions}</div>\n</structMap>\n</mets>\n"
        )


def seal(
    root: Path,
    heading: Heading,
    mdtypes: Mapping[str, str] | None = None,
    pointers: Sequence[str] = ("rep1",),
    direct: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Write the METS of the package over everything that lies in its folder."""
    builder = _Builder(root, heading, dict(mdtypes or {}))
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    described = [path for path in paths if path.startswith("metadata/descriptive/")]
    sections = "".join(builder._section("", path, f"uuid-{uid('root' + path)}") for path in described)
    groups, divisions = [], []
    for use, folder in (("Documentation", "documentation/"), ("Schemas", "schemas/")):
        inside = [builder._file("", path) for path in paths if path.startswith(folder)]
        if inside:
            groups.append(builder._group(use, inside))
            divisions.append(
                f'<div ID="uuid-{uid("div" + use)}" LABEL="{use}"><fptr FILEID="uuid-{uid(use)}"/></div>\n'
            )
    for name in pointers:
        use = f"Representations/{name}"
        groups.append(builder._group(use, [builder._file("", f"representations/{name}/METS.xml")]))
        location = _location(f"representations/{name}/METS.xml")
        divisions.append(
            f'<div ID="uuid-{uid("div" + use)}" LABEL="{use}"><mptr {location} xlink:title="uuid-{uid(use)}"/></div>\n'
        )
    for name, files in (direct or {}).items():
        use = f"Representations/{name}"
        groups.append(builder._group(use, [builder._file("", path) for path in files]))
        divisions.append(f'<div ID="uuid-{uid("div" + use)}" LABEL="{use}"><fptr FILEID="uuid-{uid(use)}"/></div>\n')
    amd = builder._amd("", "metadata/preservation/PREMIS.xml")
    document = builder._mets(heading.objid, heading.profile, sections, amd, "".join(groups))
    builder.write("METS.xml", document("".join(divisions)).encode())


def _agents(heading: Heading) -> str:
    text = (
        '<agent ROLE="CREATOR" TYPE="OTHER" OTHERTYPE="SOFTWARE"><name>Phần mềm quản lý văn bản</name>'
        '<note csip:NOTETYPE="SOFTWARE VERSION">3.1</note></agent>\n'
    )
    if heading.agency:
        note = f'<note csip:NOTETYPE="IDENTIFICATIONCODE">{escape(heading.fonds)}</note>' if heading.fonds else ""
        text += f'<agent ROLE="ARCHIVIST" TYPE="ORGANIZATION"><name>{escape(heading.agency)}</name>{note}</agent>\n'
        text += (
            f'<agent ROLE="CREATOR" TYPE="ORGANIZATION"><name>{escape(heading.agency)}</name>'
            '<note csip:NOTETYPE="IDENTIFICATIONCODE">H49.64</note></agent>\n'
        )
    return text


def _record_ids(heading: Heading) -> str:
    pairs = [*([("SUBMISSIONAGREEMENT", heading.registration)] if heading.registration else []), *heading.record_ids]
    return "".join(f'<altRecordID TYPE="{kind}">{escape(text)}</altRecordID>\n' for kind, text in pairs)


def _location(path: str) -> str:
    return f'LOCTYPE="URL" xlink:type="simple" xlink:href={quoteattr(quote(path))}'
