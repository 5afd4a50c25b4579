"""METS, split: one for the package, one for the representation, each streamed.

Source:
    METS 1.12; E-ARK CSIP 2.2.0 (requirement numbers in the code); Circular 05/2025/TT-BNV, Annex I.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from model.casefile import CaseFile
from model.formats import UNKNOWN_PUID
from model.preservation import FileObject
from preservation.package.blob import Blob, Sums
from preservation.package.profiles import Profile
from preservation.package.simpledc import ARCHIVAL
from preservation.package.xmltext import escape, href, time_text

REPRESENTATION = "rep1"
LINK_SUFFIX = ".fetch.txt"
SIP_NAMESPACE = "https://DILCIS.eu/XML/METS/SIPExtensionMETS"
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
    record_status: str = ""
    """RECORDSTATUS; by the version when empty."""
    parties: tuple["HeadAgent", ...] = ()
    """Who submits and who receives, in a submission."""

    @property
    def loose(self) -> bool:
        """Whether the package holds loose documents."""
        return self.case_file.is_loose

    @property
    def time(self) -> str:
        """Time of creation as the profile writes it."""
        return time_text(self.created, self.profile.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadAgent:
    """An agency in the head of a METS, besides the one that made the case file."""

    role: str
    name: str
    code: str = ""


def root_mets(
    heading: Heading,
    *,
    description: Listed,
    premis: Listed | None,
    representation: Listed,
    schemas: Iterable[Listed],
    documentation: Iterable[Listed],
) -> str:
    """Return the METS of the package."""
    new_id = heading.new_id
    dmd, rep = (f"uuid-{new_id('mets/' + name)}" for name in ("dmd", REPRESENTATION))
    prov = f"uuid-{new_id('mets/digiprov')}" if premis else ""
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
        self._linked = Blob(staging, hashed=False)
        self._holey = False
        self._created = heading.time
        self._provenance = f"uuid-{heading.new_id('rep1/mets/digiprov')}" if heading.profile.premis else ""

    def add_file(self, item: FileObject, file_id: str) -> None:
        """List one content file; `file_id` is its UUID in the profile's case."""
        profile = self._heading.profile
        created = time_text(item.modified, profile.zone) if item.modified else self._created
        linked = profile.one_file_per_document and is_link(item.path)
        self._holey = self._holey or linked
        (self._linked if linked else self._files).write(
            _FILE.format(
                id=file_id,
                mime=escape(_mime(item)),
                size=item.size,
                created=created,
                checksum=profile.cased(item.sha256.hex()),
                format=_format(item) if profile.submission_extension else "",
                href="data/" + href(item.path) + self._title(item),
            )
        )
        if item.document is None:
            self._attachments.write(f'<fptr FILEID="ID-{file_id}"/>\n')

    def add_document(self, ordinal: int, listed: Listed, files: Iterable[tuple[str, str]]) -> None:
        """List one document's description and link it with its files.

        Args:
            ordinal: of the document.
            listed: its description.
            files: path and UUID of each file; linked documents get a division of their own, as the circular says.
        """
        new_id = self._heading.new_id
        dmd = f"uuid-{new_id(f'rep1/mets/dmd/{ordinal}')}"
        pointers = {False: "", True: ""}
        for path, file_id in files:
            pointers[is_link(path)] += f'<fptr FILEID="ID-{file_id}"/>'
        self._documents.write(_dmd_sec(self._heading, dmd, listed, created=self._created))
        provenance = _attribute("ADMID", self._provenance)
        if pointers[False] or not pointers[True]:
            self._links.write(
                f'<div ID="uuid-{new_id(f"rep1/mets/link/{ordinal}")}" LABEL="MetadataLink/File" DMDID="{dmd}"'
                f"{provenance}>{pointers[False]}</div>\n"
            )
        if pointers[True]:
            self._links.write(
                f'<div ID="uuid-{new_id(f"rep1/mets/holey/{ordinal}")}" LABEL="MetadataLink/Holey" DMDID="{dmd}"'
                f"{provenance}>{pointers[True]}</div>\n"
            )

    def finish(self, blob: Blob, premis: Listed | None) -> None:
        """Put the METS together in `blob`."""
        heading, new_id = self._heading, self._heading.new_id
        group = f"uuid-{new_id('rep1/mets/data')}"
        blob.write(_head(heading, REPRESENTATION, heading.profile.representation_profile, "../../schemas/"))
        blob.append(self._documents)
        blob.write(_amd_sec(heading, new_id("rep1/mets/amd"), self._provenance, premis))
        blob.write(f'<fileSec ID="uuid-{new_id("rep1/mets/files")}">\n<fileGrp ID="{group}" USE="Data">\n')
        blob.append(self._files)
        if self._holey:
            blob.write(f'</fileGrp>\n<fileGrp ID="uuid-{new_id("rep1/mets/holeyfile")}" USE="Holeyfile">\n')
            blob.append(self._linked)
        blob.write("</fileGrp>\n</fileSec>\n")
        blob.write(_struct_map_head(heading, "rep1/mets", REPRESENTATION, None, self._provenance))
        self._finish_map(blob, group)

    def close(self) -> None:
        """Give back what the gathered rows occupied."""
        for part in (self._documents, self._files, self._links, self._attachments, self._linked):
            part.close()

    def _title(self, item: FileObject) -> str:
        """Return the name a file was received under, where no PREMIS carries it."""
        name = item.original_name.decode("utf-8", "surrogateescape")
        if self._heading.profile.premis or name == item.path:
            return ""
        return f'" xlink:title="{escape(name)}'

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


def is_link(path: str) -> bool:
    """Whether a content file stands for a document that lies elsewhere (`.fetch.txt`)."""
    return path.endswith(LINK_SUFFIX)


_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:csip="https://DILCIS.eu/XML/METS/CSIPExtensionMETS"\
{extension} xsi:schemaLocation="http://www.loc.gov/METS/ {schemas}{mets} \
http://www.w3.org/1999/xlink {schemas}xlink.xsd \
https://DILCIS.eu/XML/METS/CSIPExtensionMETS {schemas}DILCISExtensionMETS.xsd{extension_schema}" \
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
    'CHECKSUMTYPE="SHA-256"{format}><FLocat LOCTYPE="URL" xlink:type="simple" xlink:href="{href}"/></file>\n'
)


def _head(heading: Heading, objid: str, profile: str, schemas: str) -> str:
    case_file = heading.case_file
    extension = heading.profile.submission_extension
    return _HEAD.format(
        extension=f' xmlns:sip="{SIP_NAMESPACE}"' if extension else "",
        extension_schema=f" {SIP_NAMESPACE} {schemas}DILCISExtensionSIPMETS.xsd" if extension else "",
        schemas=schemas,
        mets=heading.profile.mets_schema,
        objid=escape(objid),
        label=escape(case_file.title or case_file.file_code or heading.objid),
        profile=profile,
        category=heading.profile.content_category,
        package_type=heading.profile.package_type,
        created=heading.time,
        status=heading.record_status or ("NEW" if heading.version == 1 else "REPLACEMENT"),
        software=escape(heading.software_version or "unknown"),
        agency=_agency(heading) + "".join(_organization(item.role, item.name, item.code) for item in heading.parties),
        name=heading.profile.name,
        policy=escape(heading.policy),
        record_ids="".join(
            f'<altRecordID TYPE="{kind}">{escape(text)}</altRecordID>\n' for kind, text in heading.record_ids
        ),
    )


def _agency(heading: Heading) -> str:
    """Return who made the case file, with the code of the fonds; what is given out names no other code in its place."""
    case_file = heading.case_file
    name = case_file.agency_name or case_file.agency_code or case_file.fonds_code
    code = case_file.fonds_code or (case_file.agency_code if heading.profile.package_type == ARCHIVAL else "")
    if not name:
        return ""
    return _organization("ARCHIVIST", name, code)


def _organization(role: str, name: str, code: str) -> str:
    note = f'<note csip:NOTETYPE="IDENTIFICATIONCODE">{escape(code)}</note>' if code else ""
    return f'<agent ROLE="{role}" TYPE="ORGANIZATION"><name>{escape(name)}</name>{note}</agent>\n'


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


def _amd_sec(heading: Heading, amd_id: str, identifier: str, premis: Listed | None) -> str:
    if premis is None:
        return f'<amdSec ID="uuid-{amd_id}"/>\n'
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
            format="",
            href=href(item.path),
        )
        for item in files
    ]
    content_type = ' csip:CONTENTINFORMATIONTYPE="MIXED"' if use.startswith("Representations") else ""
    return f'<fileGrp ID="{identifier}" USE="{use}"{content_type}>\n{"".join(rows)}</fileGrp>\n'


def _struct_map_head(heading: Heading, level: str, label: str, dmd: str | None, prov: str) -> str:
    """Return the map's start with the metadata division; `MetadataLink` refers to the documents' descriptions."""
    new_id = heading.new_id
    references = _attribute("ADMID", prov) + _attribute("DMDID", dmd or "")
    return (
        f'<structMap ID="uuid-{new_id(level + "/map")}" TYPE="PHYSICAL" LABEL="CSIP">\n'
        f'<div ID="uuid-{new_id(level + "/div")}" LABEL="{escape(label)}">\n'
        f'<div ID="uuid-{new_id(level + "/div/metadata")}" LABEL="Metadata"{references}/>\n'
    )


def _attribute(name: str, value: str) -> str:
    return f' {name}="{value}"' if value else ""


def _pointer_div(identifier: str, label: str, group: str) -> str:
    return f'<div ID="uuid-{identifier}" LABEL="{label}"><fptr FILEID="{group}"/></div>\n'


def _format(item: FileObject) -> str:
    """Return the format as E-ARK SIP tells it in METS (SIP32-35)."""
    known = item.format
    registry, key = ("PRONOM", known.puid) if known.puid != UNKNOWN_PUID else ("", "")
    names = ("FILEFORMATNAME", "FILEFORMATVERSION", "FORMATREGISTRY", "FORMATREGISTRYKEY")
    values = (known.name, known.version, registry, key)
    return "".join(_attribute(f"sip:{name}", escape(value)) for name, value in zip(names, values, strict=True))


def _mime(item: FileObject) -> str:
    return item.format.mime.partition(",")[0].partition(";")[0].strip() or _UNKNOWN_MIME
