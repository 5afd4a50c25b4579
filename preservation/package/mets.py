"""METS, split: one for the package, one for the representation, each streamed.

Source:
    METS 1.12; E-ARK CSIP 2.2.0 (requirement numbers in the code); Circular 05/2025/TT-BNV, Annex I.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from model.casefile import CaseFile
from model.preservation import FileObject
from preservation.package.blob import Blob, Sums
from preservation.package.profiles import Profile
from preservation.package.xmltext import escape, href, time_text

REPRESENTATION = "rep1"
_UNKNOWN_MIME = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One file a METS refers to."""

    path: str
    """Relative to the METS."""
    sums: Sums
    mime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What the head of every METS of a package says."""

    profile: Profile
    objid: str
    """Of the package."""
    representation_id: str
    """UUID of the representation, in the profile's case."""
    version: int
    policy: str
    created: datetime
    case_file: CaseFile
    software_version: str
    new_id: Callable[[str], str]
    """Derives the UUID of a named part, in the profile's case."""
    record_ids: tuple[tuple[str, str], ...] = ()
    """Further `altRecordID`: type and identifier."""

    @property
    def time(self) -> str:
        """Time of creation as the profile writes it."""
        return time_text(self.created, self.profile.zone)


def root_mets(
    heading: Heading,
    *,
    description: Listed,
    premis: Listed,
    representation: Listed,
    schemas: Iterable[Listed],
    documentation: Iterable[Listed],
) -> str:
    """Return the METS of the package."""
    new_id = heading.new_id
    dmd, prov, rep = (f"uuid-{new_id('mets/' + name)}" for name in ("dmd", "digiprov", REPRESENTATION))
    docs, xsds = (f"uuid-{new_id('mets/' + name)}" for name in ("documentation", "schemas"))
    parts = [
        _head(heading, heading.objid, heading.profile.root_profile, "schemas/"),
        _dmd_sec(heading, dmd, description),
        _amd_sec(heading, new_id("mets/amd"), prov, premis),
        f'<fileSec ID="uuid-{new_id("mets/files")}">\n',
        _group(heading, docs, "Documentation", documentation),
        _group(heading, xsds, "Schemas", schemas),
        _group(heading, rep, f"Representations/{REPRESENTATION}", [representation]),
        "</fileSec>\n",
        _struct_map_head(heading, "mets", heading.objid, dmd, prov),
        _pointer_div(new_id("mets/div/documentation"), "Documentation", docs),
        _pointer_div(new_id("mets/div/schemas"), "Schemas", xsds),
        # CSIP105-112; CSIP108: the title names the file group
        f'<div ID="uuid-{new_id("mets/div/rep1")}" LABEL="Representations/{REPRESENTATION}">'
        f'<mptr LOCTYPE="URL" xlink:type="simple" xlink:href="{href(representation.path)}" '
        f'xlink:title="{rep}"/></div>\n',
        _TAIL,
    ]
    return "".join(parts)


class RepresentationMets:
    """The METS of the representation: rows are gathered file by file and document by document, then put together."""

    def __init__(self, staging: Path, heading: Heading) -> None:
        self._heading = heading
        self._documents = Blob(staging, hashed=False)
        self._files = Blob(staging, hashed=False)
        self._links = Blob(staging, hashed=False)
        self._attachments = Blob(staging, hashed=False)
        self._created = heading.time
        self._provenance = f"uuid-{heading.new_id('rep1/mets/digiprov')}"

    def add_file(self, item: FileObject, file_id: str) -> None:
        """List one content file; `file_id` is its UUID in the profile's case."""
        profile = self._heading.profile
        created = time_text(item.modified, profile.zone) if item.modified else self._created
        self._files.write(
            _FILE.format(
                id=file_id,
                mime=escape(_mime(item)),
                size=item.size,
                created=created,
                checksum=profile.cased(item.sha256.hex()),
                href="data/" + href(item.path),
            )
        )
        if item.document is None:
            self._attachments.write(f'<fptr FILEID="ID-{file_id}"/>\n')

    def add_document(self, ordinal: int, listed: Listed, file_ids: Iterable[str]) -> None:
        """List one document's description and link it with its files (circular: `MetadataLink/File`)."""
        new_id = self._heading.new_id
        dmd = f"uuid-{new_id(f'rep1/mets/dmd/{ordinal}')}"
        pointers = "".join(f'<fptr FILEID="ID-{file_id}"/>' for file_id in file_ids)
        self._documents.write(_dmd_sec(self._heading, dmd, listed, created=self._created))
        self._links.write(
            f'<div ID="uuid-{new_id(f"rep1/mets/link/{ordinal}")}" LABEL="MetadataLink/File" DMDID="{dmd}" '
            f'ADMID="{self._provenance}">{pointers}</div>\n'
        )

    def finish(self, blob: Blob, premis: Listed) -> None:
        """Put the METS together in `blob`."""
        heading, new_id = self._heading, self._heading.new_id
        group = f"uuid-{new_id('rep1/mets/data')}"
        blob.write(_head(heading, REPRESENTATION, heading.profile.representation_profile, "../../schemas/"))
        blob.append(self._documents)
        blob.write(_amd_sec(heading, new_id("rep1/mets/amd"), self._provenance, premis))
        blob.write(f'<fileSec ID="uuid-{new_id("rep1/mets/files")}">\n<fileGrp ID="{group}" USE="Data">\n')
        blob.append(self._files)
        blob.write("</fileGrp>\n</fileSec>\n")
        blob.write(_struct_map_head(heading, "rep1/mets", REPRESENTATION, None, self._provenance))
        self._finish_map(blob, group)

    def close(self) -> None:
        """Give back what the gathered rows occupied."""
        for part in (self._documents, self._files, self._links, self._attachments):
            part.close()

    def _finish_map(self, blob: Blob, group: str) -> None:
        new_id = self._heading.new_id
        blob.write(_pointer_div(new_id("rep1/mets/div/data"), "Data", group))
        if self._heading.profile.one_file_per_document:
            for name, label, part in (
                ("links", "MetadataLink", self._links),
                ("attachments", "AttachmentFile", self._attachments),
            ):
                blob.write(f'<div ID="uuid-{new_id(f"rep1/mets/div/{name}")}" LABEL="{label}">\n')
                blob.append(part)
                blob.write("</div>\n")
        blob.write(_TAIL)


_TAIL = "</div>\n</structMap>\n</mets>\n"

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:csip="https://DILCIS.eu/XML/METS/CSIPExtensionMETS" \
xsi:schemaLocation="http://www.loc.gov/METS/ {schemas}{mets} http://www.w3.org/1999/xlink {schemas}xlink.xsd \
https://DILCIS.eu/XML/METS/CSIPExtensionMETS {schemas}DILCISExtensionMETS.xsd" \
OBJID="{objid}" LABEL="{label}" TYPE="{category}" PROFILE="{profile}" csip:CONTENTINFORMATIONTYPE="MIXED">
<metsHdr CREATEDATE="{created}" RECORDSTATUS="{status}" csip:OAISPACKAGETYPE="{package_type}">
<agent ROLE="CREATOR" TYPE="OTHER" OTHERTYPE="SOFTWARE"><name>chauban</name>\
<note csip:NOTETYPE="SOFTWARE VERSION">{software}</note></agent>
{agency}<altRecordID TYPE="CHAUBAN-PROFILE">{name}</altRecordID>
<altRecordID TYPE="CHAUBAN-POLICY">{policy}</altRecordID>
{record_ids}</metsHdr>
"""

_FILE = (
    '<file ID="ID-{id}" MIMETYPE="{mime}" SIZE="{size}" CREATED="{created}" CHECKSUM="{checksum}" '
    'CHECKSUMTYPE="SHA-256"><FLocat LOCTYPE="URL" xlink:type="simple" xlink:href="{href}"/></file>\n'
)


def _head(heading: Heading, objid: str, profile: str, schemas: str) -> str:
    case_file = heading.case_file
    return _HEAD.format(
        schemas=schemas,
        mets=heading.profile.mets_schema,
        objid=escape(objid),
        label=escape(case_file.title or case_file.file_code or heading.objid),
        profile=profile,
        category=heading.profile.content_category,
        package_type=heading.profile.package_type,
        created=heading.time,
        status="NEW" if heading.version == 1 else "REPLACEMENT",
        software=escape(heading.software_version or "unknown"),
        agency=_agency(case_file),
        name=heading.profile.name,
        policy=escape(heading.policy),
        record_ids="".join(
            f'<altRecordID TYPE="{kind}">{escape(text)}</altRecordID>\n' for kind, text in heading.record_ids
        ),
    )


def _agency(case_file: CaseFile) -> str:
    name = case_file.agency_name or case_file.agency_code or case_file.fonds_code
    code = case_file.fonds_code or case_file.agency_code
    if not name:
        return ""
    note = f'<note csip:NOTETYPE="IDENTIFICATIONCODE">{escape(code)}</note>' if code else ""
    return f'<agent ROLE="ARCHIVIST" TYPE="ORGANIZATION"><name>{escape(name)}</name>{note}</agent>\n'


def _md_ref(listed: Listed, created: str, checksum: str, kind: str) -> str:
    # CSIP22-30, CSIP36-44
    return (
        f'<mdRef LOCTYPE="URL" xlink:type="simple" xlink:href="{href(listed.path)}" {kind} MIMETYPE="{listed.mime}" '
        f'SIZE="{listed.sums.size}" CREATED="{created}" CHECKSUM="{checksum}" CHECKSUMTYPE="SHA-256"/>'
    )


def _dmd_sec(heading: Heading, identifier: str, listed: Listed, *, created: str = "") -> str:
    profile, created = heading.profile, created or heading.time
    version = f' MDTYPEVERSION="{profile.mdtype_version}"' if profile.mdtype_version else ""
    reference = _md_ref(listed, created, profile.cased(listed.sums.sha256.hex()), f'MDTYPE="{profile.mdtype}"{version}')
    return f'<dmdSec ID="{identifier}" CREATED="{created}" STATUS="CURRENT">{reference}</dmdSec>\n'


def _amd_sec(heading: Heading, amd_id: str, identifier: str, premis: Listed) -> str:
    checksum = heading.profile.cased(premis.sums.sha256.hex())
    reference = _md_ref(premis, heading.time, checksum, 'MDTYPE="PREMIS" MDTYPEVERSION="3.0"')
    return (
        f'<amdSec ID="uuid-{amd_id}"><digiprovMD ID="{identifier}" STATUS="CURRENT" CREATED="{heading.time}">'
        f"{reference}</digiprovMD></amdSec>\n"
    )


def _group(heading: Heading, identifier: str, use: str, files: Iterable[Listed]) -> str:
    rows = [
        _FILE.format(
            id=heading.new_id(f"mets/file/{item.path}"),
            mime=escape(item.mime),
            size=item.sums.size,
            created=heading.time,
            checksum=heading.profile.cased(item.sums.sha256.hex()),
            href=href(item.path),
        )
        for item in files
    ]
    content_type = ' csip:CONTENTINFORMATIONTYPE="MIXED"' if use.startswith("Representations") else ""
    return f'<fileGrp ID="{identifier}" USE="{use}"{content_type}>\n{"".join(rows)}</fileGrp>\n'


def _struct_map_head(heading: Heading, level: str, label: str, dmd: str | None, prov: str) -> str:
    """Return the map's start with the metadata division; `MetadataLink` refers to the documents' descriptions."""
    new_id = heading.new_id
    description = f' DMDID="{dmd}"' if dmd else ""
    return (
        f'<structMap ID="uuid-{new_id(level + "/map")}" TYPE="PHYSICAL" LABEL="CSIP">\n'
        f'<div ID="uuid-{new_id(level + "/div")}" LABEL="{escape(label)}">\n'
        f'<div ID="uuid-{new_id(level + "/div/metadata")}" LABEL="Metadata" ADMID="{prov}"{description}/>\n'
    )


def _pointer_div(identifier: str, label: str, group: str) -> str:
    return f'<div ID="uuid-{identifier}" LABEL="{label}"><fptr FILEID="{group}"/></div>\n'


def _mime(item: FileObject) -> str:
    return item.format.mime.partition(",")[0].partition(";")[0].strip() or _UNKNOWN_MIME
