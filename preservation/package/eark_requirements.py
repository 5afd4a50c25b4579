"""The requirements of E-ARK CSIP, SIP, AIP and DIP as data, by identifier and level.

Source:
    E-ARK CSIP 2.2.0 (METS profile and section 4.1), E-ARK SIP 2.2.0, E-ARK AIP 2.2.0, E-ARK DIP 2.2.0
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

CSIP = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
XLINK = "http://www.w3.org/1999/xlink"
METS = "http://www.loc.gov/METS/"
OAIS_TYPES = ("SIP", "AIP", "DIP", "AIU", "AIC")
CONTENT_CATEGORIES = frozenset(
    (
        "textual works – print",
        "textual works – digital",
        "textual works – electronic serials",
        "digital musical composition (score-based representations)",
        "musical scores - print",
        "musical scores - digital",
        "photographs – print",
        "photographs – digital",
        "other graphic images – print",
        "other graphic images – digital",
        "microforms",
        "audio – on tangible medium (digital or analog)",
        "audio – media-independent (digital)",
        "motion pictures – digital and physical media",
        "video – file-based and physical media",
        "software",
        "software and video games",
        "email",
        "datasets",
        "geospatial data",
        "geographic information system (gis) - vector data",
        "gis raster and georeferenced images",
        "gis vector and raster combined",
        "non-gis cartographic",
        "2d and 3d computer aided design",
        "design (schematics, architectural drawings) - print",
        "scanned 3d objects (output from photogrammetry scanning)",
        "databases",
        "websites",
        "web archives",
        "collection",
        "event",
        "image",
        "interactive resource",
        "moving image",
        "sound",
        "still image",
        "text",
        "physical object",
        "service",
        "mixed",
        "other",
    )
)
"""The CSIP vocabulary of content categories, in lower case."""

CONTENT_TYPES = frozenset(
    (
        "ERMS",
        "SIARD1",
        "SIARD2",
        "SIARDDK",
        "GeoData",
        "citscarchival_v1_0",
        "cscarchival_v1_0",
        "citserms_v2_1",
        "citserms_v3_0",
        "citspremis_v1_0",
        "cspremis_v1_0",
        "citsehpj_v1_0",
        "citsehpj_v2_0",
        "citsehcr_v1_0",
        "citssiard_v1_0",
        "citsgeospatial_v3_0",
        "cits3dpm_v1_0",
        "MIXED",
        "OTHER",
    )
)
"""The CSIP vocabulary of content information types; the DILCIS Board adds to it."""

RECORD_STATUSES = ("NEW", "SUPPLEMENT", "REPLACEMENT", "TEST", "VERSION", "DELETE", "OTHER")
"""The SIP vocabulary of package states."""


class Level(StrEnum):
    """How binding a requirement is (RFC 2119)."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a specification."""

    id: str
    level: Level
    element: str
    """Where it applies: the element's path in short, or `folder`."""
    attribute: str = ""
    """Attribute that must be there; empty when the element itself is meant."""
    values: tuple[str, ...] = ()
    """What the attribute may say; empty for anything that is not blank."""


_MUST, _SHOULD, _MAY = Level.MUST, Level.SHOULD, Level.MAY
_HREF = f"{{{XLINK}}}href"
_LINK = f"{{{XLINK}}}type"


def _md_ref(first: int, element: str) -> tuple[Requirement, ...]:
    rows = (
        ("LOCTYPE", ("URL",)),
        (_LINK, ("simple",)),
        (_HREF, ()),
        ("MDTYPE", ()),
        ("MIMETYPE", ()),
        ("SIZE", ()),
        ("CREATED", ()),
        ("CHECKSUM", ()),
        ("CHECKSUMTYPE", ()),
    )
    return tuple(
        Requirement(f"CSIP{first + index}", _MUST, element, attribute, values)
        for index, (attribute, values) in enumerate(rows)
    )


ATTRIBUTE_REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement("CSIP1", _MUST, "mets", "OBJID"),
    Requirement("CSIP2", _MUST, "mets", "TYPE"),
    Requirement("CSIP4", _SHOULD, "mets", f"{{{CSIP}}}CONTENTINFORMATIONTYPE"),
    Requirement("CSIP6", _MUST, "mets", "PROFILE"),
    Requirement("CSIP7", _MUST, "metsHdr", "CREATEDATE"),
    Requirement("CSIP9", _MUST, "metsHdr", f"{{{CSIP}}}OAISPACKAGETYPE", OAIS_TYPES),
    Requirement("CSIP18", _MUST, "dmdSec", "ID"),
    Requirement("CSIP19", _MUST, "dmdSec", "CREATED"),
    Requirement("CSIP20", _SHOULD, "dmdSec", "STATUS", ("CURRENT", "SUPERSEDED")),
    *_md_ref(22, "dmdSec/mdRef"),
    Requirement("CSIP33", _MUST, "digiprovMD", "ID"),
    Requirement("CSIP34", _SHOULD, "digiprovMD", "STATUS", ("CURRENT", "SUPERSEDED")),
    *_md_ref(36, "digiprovMD/mdRef"),
    Requirement("CSIP46", _MUST, "rightsMD", "ID"),
    Requirement("CSIP47", _SHOULD, "rightsMD", "STATUS", ("CURRENT", "SUPERSEDED")),
    *_md_ref(49, "rightsMD/mdRef"),
    Requirement("CSIP59", _MUST, "fileSec", "ID"),
    Requirement("CSIP64", _MUST, "fileGrp", "USE"),
    Requirement("CSIP65", _MUST, "fileGrp", "ID"),
    Requirement("CSIP67", _MUST, "file", "ID"),
    Requirement("CSIP68", _MUST, "file", "MIMETYPE"),
    Requirement("CSIP69", _MUST, "file", "SIZE"),
    Requirement("CSIP70", _MUST, "file", "CREATED"),
    Requirement("CSIP71", _MUST, "file", "CHECKSUM"),
    Requirement("CSIP72", _MUST, "file", "CHECKSUMTYPE"),
    Requirement("CSIP77", _MUST, "FLocat", "LOCTYPE", ("URL",)),
    Requirement("CSIP78", _MUST, "FLocat", _LINK, ("simple",)),
    Requirement("CSIP79", _MUST, "FLocat", _HREF),
    Requirement("CSIP81", _MUST, "structMap", "TYPE", ("PHYSICAL",)),
    Requirement("CSIP83", _MUST, "structMap", "ID"),
    Requirement("CSIP85", _MUST, "structMap/div", "ID"),
    Requirement("CSIP89", _MUST, "div[Metadata]", "ID"),
    Requirement("CSIP94", _MUST, "div[Documentation]", "ID"),
    Requirement("CSIP98", _MUST, "div[Schemas]", "ID"),
    Requirement("CSIP102", _MUST, "div[Representations]", "ID"),
    Requirement("CSIP106", _MUST, "div[Representations/…]", "ID"),
    Requirement("CSIP116", _MUST, "div[Documentation]/fptr", "FILEID"),
    Requirement("CSIP118", _MUST, "div[Schemas]/fptr", "FILEID"),
    Requirement("CSIP119", _MUST, "div[Representations]/fptr", "FILEID"),
    Requirement("CSIP108", _MUST, "mptr", f"{{{XLINK}}}title"),
    Requirement("CSIP110", _MUST, "mptr", _HREF),
    Requirement("CSIP111", _MUST, "mptr", _LINK, ("simple",)),
    Requirement("CSIP112", _MUST, "mptr", "LOCTYPE", ("URL",)),
)
"""Requirements on one attribute of one element."""

ELEMENT_REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement("CSIP3", _SHOULD, "mets/@csip:OTHERTYPE"),
    Requirement("CSIP5", _MAY, "mets/@csip:OTHERCONTENTINFORMATIONTYPE"),
    Requirement("CSIP117", _MUST, "mets/metsHdr"),
    Requirement("CSIP10", _MUST, "metsHdr/agent"),
    Requirement("CSIP11", _MUST, "metsHdr/agent[@ROLE='CREATOR']"),
    Requirement("CSIP12", _MUST, "metsHdr/agent[@TYPE='OTHER']"),
    Requirement("CSIP13", _MUST, "metsHdr/agent[@OTHERTYPE='SOFTWARE']"),
    Requirement("CSIP14", _MUST, "metsHdr/agent/name"),
    Requirement("CSIP15", _MUST, "metsHdr/agent/note"),
    Requirement("CSIP16", _MUST, "metsHdr/agent/note[@csip:NOTETYPE='SOFTWARE VERSION']"),
    Requirement("CSIP17", _SHOULD, "mets/dmdSec"),
    Requirement("CSIP21", _SHOULD, "dmdSec/mdRef"),
    Requirement("CSIP31", _SHOULD, "mets/amdSec"),
    Requirement("CSIP32", _SHOULD, "amdSec/digiprovMD"),
    Requirement("CSIP35", _SHOULD, "digiprovMD/mdRef"),
    Requirement("CSIP48", _SHOULD, "rightsMD/mdRef"),
    Requirement("CSIP58", _SHOULD, "mets/fileSec"),
    Requirement("CSIP60", _MUST, "fileSec/fileGrp[@USE='Documentation']"),
    Requirement("CSIP113", _MUST, "fileSec/fileGrp[@USE='Schemas']"),
    Requirement("CSIP114", _MUST, "fileSec/fileGrp[starts-with(@USE,'Representations')]"),
    Requirement("CSIP62", _SHOULD, "fileGrp[starts-with(@USE,'Representations')]/@csip:CONTENTINFORMATIONTYPE"),
    Requirement("CSIP63", _MAY, "fileGrp/@csip:OTHERCONTENTINFORMATIONTYPE"),
    Requirement("CSIP66", _MUST, "fileSec/fileGrp/file"),
    Requirement("CSIP76", _MUST, "fileGrp/file/FLocat"),
    Requirement("CSIP80", _MUST, "mets/structMap"),
    Requirement("CSIP82", _MUST, "structMap[@LABEL='CSIP']"),
    Requirement("CSIP84", _MUST, "structMap/div"),
    Requirement("CSIP88", _MUST, "structMap/div/div[@LABEL='Metadata']"),
    Requirement("CSIP91", _SHOULD, "div[@LABEL='Metadata']/@ADMID"),
    Requirement("CSIP92", _SHOULD, "div[@LABEL='Metadata']/@DMDID"),
    Requirement("CSIP93", _SHOULD, "structMap/div/div[@LABEL='Documentation']"),
    Requirement("CSIP96", _SHOULD, "div[@LABEL='Documentation']/fptr"),
    Requirement("CSIP97", _SHOULD, "structMap/div/div[@LABEL='Schemas']"),
    Requirement("CSIP100", _SHOULD, "div[@LABEL='Schemas']/fptr"),
    Requirement("CSIP101", _SHOULD, "structMap/div/div[@LABEL='Representations']"),
    Requirement("CSIP104", _SHOULD, "div[@LABEL='Representations']/fptr"),
    Requirement("CSIP105", _SHOULD, "structMap/div/div[starts-with(@LABEL,'Representations/')]"),
    Requirement("CSIP107", _MUST, "div[starts-with(@LABEL,'Representations/')]"),
    Requirement("CSIP109", _MUST, "div[starts-with(@LABEL,'Representations/')]/mptr"),
    Requirement("SIP2", _MUST, "mets/@PROFILE"),
    Requirement("SIP3", _MAY, "metsHdr/@RECORDSTATUS"),
    Requirement("SIP4", _MUST, "metsHdr/@csip:OAISPACKAGETYPE"),
    Requirement("SIP5", _MAY, "metsHdr/altRecordID[@TYPE='SUBMISSIONAGREEMENT']"),
    Requirement("SIP7", _MAY, "metsHdr/altRecordID[@TYPE='REFERENCECODE']"),
    Requirement("SIP9", _MAY, "metsHdr/agent[@ROLE='ARCHIVIST']"),
    Requirement("SIP11", _MUST, "metsHdr/agent[@ROLE='ARCHIVIST']/@TYPE"),
    Requirement("SIP12", _MUST, "metsHdr/agent[@ROLE='ARCHIVIST']/name"),
    Requirement("SIP14", _MUST, "metsHdr/agent[@ROLE='ARCHIVIST']/note/@csip:NOTETYPE"),
    Requirement("SIP15", _MUST, "metsHdr/agent (submitting)"),
    Requirement("SIP16", _MUST, "metsHdr/agent/@ROLE (submitting)"),
    Requirement("SIP17", _MUST, "metsHdr/agent/@TYPE (submitting)"),
    Requirement("SIP18", _MUST, "metsHdr/agent/name (submitting)"),
    Requirement("SIP20", _MUST, "metsHdr/agent/note/@csip:NOTETYPE (submitting)"),
    Requirement("SIP24", _MUST, "metsHdr/agent/name (contact person)"),
    Requirement("SIP26", _MAY, "metsHdr/agent[@ROLE='PRESERVATION']"),
    Requirement("SIP28", _MUST, "metsHdr/agent[@ROLE='PRESERVATION']/@TYPE"),
    Requirement("SIP29", _MUST, "metsHdr/agent[@ROLE='PRESERVATION']/name"),
    Requirement("SIP31", _MUST, "metsHdr/agent[@ROLE='PRESERVATION']/note/@csip:NOTETYPE"),
    Requirement("AIPM2", _MUST, "mets/@PROFILE"),
    Requirement("AIPM3", _MUST, "metsHdr/@csip:OAISPACKAGETYPE"),
    Requirement("AIPM4", _SHOULD, "dmdSec[@STATUS='CURRENT']"),
    Requirement("AIPM5", _MUST, "amdSec/digiprovMD/mdRef"),
    Requirement("AIPM6", _SHOULD, "digiprovMD/mdRef[@MDTYPE='PREMIS']"),
    Requirement("AIPM7", _SHOULD, "digiprovMD/mdRef[starts-with(@MDTYPEVERSION,'3')]"),
    Requirement("DIP2", _MUST, "mets/@PROFILE"),
    Requirement("DIP3", _MUST, "metsHdr/@csip:OAISPACKAGETYPE"),
    Requirement("DIP4", _SHOULD, "dmdSec[@STATUS='CURRENT']"),
)
"""Requirements on the presence or number of elements."""

STRUCTURE_REQUIREMENTS: tuple[Requirement, ...] = tuple(
    Requirement(f"CSIPSTR{number}", level, "folder")
    for number, level in (
        (1, _MUST),
        (4, _MUST),
        (5, _SHOULD),
        (6, _SHOULD),
        (7, _SHOULD),
        (9, _SHOULD),
        (10, _SHOULD),
        (11, _SHOULD),
        (12, _SHOULD),
        (13, _SHOULD),
        (15, _SHOULD),
        (16, _SHOULD),
    )
)

NOT_DECIDED: Mapping[str, str] = MappingProxyType(
    {
        "CSIP8": "only the maker knows whether the package was changed after it was made",
        "CSIP90": "a division with another label is not the metadata division: CSIP88",
        "CSIP95": "a division with another label is not the documentation division: CSIP93",
        "CSIP99": "a division with another label is not the schemas division: CSIP97",
        "CSIP103": "a division with another label is not the content division: CSIP101",
        "SIP10": "an agent with another role is not the archival creator: SIP9, which is optional",
        "SIP22": "an agent with another role is not the contact person: SIP21, which is optional",
        "SIP23": "an agent of another type is not the contact person: SIP21, which is optional",
        "SIP27": "an agent with another role is not the preservation agent: SIP26, which is optional",
        "AIPM1": "one package alone does not show its earlier versions",
        "DIP1": "one package alone does not show the package it was made from; that OBJID is there: CSIP1",
        "REF_CSIP_1": "names the requirements of CSIP, which are decided one by one",
        "REF_CSIP_2": "names the requirements of CSIP, which are decided one by one",
        "REF_CSIP_3": "names the requirements of CSIP, which are decided one by one",
    }
)
"""MUST and SHOULD requirements of the profiles that no package alone can break visibly, and why."""

UNIQUE_IDS: Mapping[str, str] = MappingProxyType(
    {
        "dmdSec": "CSIP18",
        "digiprovMD": "CSIP33",
        "rightsMD": "CSIP46",
        "fileSec": "CSIP59",
        "fileGrp": "CSIP65",
        "file": "CSIP67",
        "structMap": "CSIP83",
        "div": "CSIP106",
    }
)
"""Requirement that says the identifier of an element is unique, by the element's name."""

_VERSIONED = ("", "-v2-0-0", "-v2-0-1", "-v2-0-2", "-v2-0-3", "-v2-0-4", "-v2-1-0", "-v2-1-1", "-v2-2-0")
KNOWN_PROFILES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {kind: tuple(f"/E-ARK-{kind}{version}.xml" for version in _VERSIONED) for kind in ("SIP", "AIP", "DIP")}
)
"""Ends of the profile addresses of the versions that are known."""
