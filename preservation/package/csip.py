"""The requirements of E-ARK CSIP, SIP and AIP as data, and the structure of a package's folders.

Source:
    E-ARK CSIP 2.2.0 (METS profile and section 4.1), E-ARK SIP 2.2.0, E-ARK AIP 2.2.0
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from model.findings import Finding, FindingKind, FindingLog, Severity, finding_kind
from model.text import N_
from preservation.package.tree import SubTree

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


_MUST, _SHOULD = Level.MUST, Level.SHOULD
_NOTE = f"{{{CSIP}}}NOTETYPE"
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
    Requirement("CSIP5", _SHOULD, "mets/@csip:OTHERCONTENTINFORMATIONTYPE"),
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
    Requirement("CSIP66", _SHOULD, "fileSec/fileGrp/file"),
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
    Requirement("CSIP109", _MUST, "div[starts-with(@LABEL,'Representations/')]/mptr"),
    Requirement("SIP2", _MUST, "mets/@PROFILE"),
    Requirement("SIP4", _MUST, "metsHdr/@csip:OAISPACKAGETYPE"),
    Requirement("SIP15", _MUST, "metsHdr/agent (submitting)"),
    Requirement("SIP17", _MUST, "metsHdr/agent/@TYPE (submitting)"),
    Requirement("SIP18", _MUST, "metsHdr/agent/name (submitting)"),
    Requirement("SIP20", _MUST, "metsHdr/agent/note/@csip:NOTETYPE (submitting)"),
    Requirement("AIPM2", _MUST, "mets/@PROFILE"),
    Requirement("AIPM3", _MUST, "metsHdr/@csip:OAISPACKAGETYPE"),
    Requirement("AIPM4", _SHOULD, "dmdSec[@STATUS='CURRENT']"),
    Requirement("AIPM5", _MUST, "amdSec/digiprovMD/mdRef"),
    Requirement("AIPM6", _SHOULD, "digiprovMD/mdRef[@MDTYPE='PREMIS']"),
    Requirement("AIPM7", _SHOULD, "digiprovMD/mdRef[starts-with(@MDTYPEVERSION,'3')]"),
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

_WEIGHT = {Level.MUST: Severity.ERROR, Level.SHOULD: Severity.WARNING, Level.MAY: Severity.INFO}
_STRUCTURE_MESSAGES = {
    "CSIPSTR1": N_("The package is not inside one single root folder."),
    "CSIPSTR4": N_("The root folder has no file named METS.xml."),
}


def _specification(identifier: str) -> str:
    for name in ("AIP", "SIP"):
        if identifier.startswith(name):
            return f"E-ARK {name} 2.2.0 {identifier}"
    return f"CSIP 2.2.0 {identifier}"


def _register(requirement: Requirement, message: str, remedy: str) -> FindingKind:
    return finding_kind(
        f"csip.{requirement.id.lower()}",
        _WEIGHT[requirement.level],
        message,
        remedy=remedy,
        source=_specification(requirement.id),
    )


_ASK = N_("Ask the maker of the package to correct its METS file, or correct it before sending.")
KINDS: dict[str, FindingKind] = {
    **{
        row.id: _register(row, N_("The attribute {attribute} of {element} is missing or wrong: “{value}”."), _ASK)
        for row in ATTRIBUTE_REQUIREMENTS
    },
    **{row.id: _register(row, N_("{element} is missing or wrong: {value}."), _ASK) for row in ELEMENT_REQUIREMENTS},
    **{
        row.id: _register(
            row,
            _STRUCTURE_MESSAGES.get(row.id, N_("The package has no folder or file {element}.")),
            N_("Arrange the folders of the package as the specification says."),
        )
        for row in STRUCTURE_REQUIREMENTS
    },
}
"""Kind of finding of every requirement, by its identifier."""

BY_ELEMENT: dict[str, tuple[Requirement, ...]] = {
    element: tuple(row for row in ATTRIBUTE_REQUIREMENTS if row.element == element)
    for element in {row.element for row in ATTRIBUTE_REQUIREMENTS}
}
_ELEMENT_OF = {row.id: row.element for row in ELEMENT_REQUIREMENTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """How strictly a METS file is read, by the profile it declares."""

    version: str
    """Version of CSIP for the source of a finding."""
    lenient: frozenset[str] | None = frozenset()
    """Requirements that only warn; none for all but `binding`."""
    binding: frozenset[str] = frozenset()

    def severity(self, requirement: str, kind: FindingKind) -> Severity:
        """Return how much a requirement weighs under this regime."""
        if kind.severity is not Severity.ERROR:
            return kind.severity
        lenient = requirement not in self.binding if self.lenient is None else requirement in self.lenient
        return Severity.WARNING if lenient else Severity.ERROR


_OLD = frozenset(("CSIP59", "CSIP60", "CSIP113", "CSIP114", "CSIP82", "CSIP116", "CSIP118", "CSIP119"))
OLDEST = Regime(version="2.0", lenient=_OLD)
"""Packages that name the profile `CSIP.xml`, from before these requirements were in force."""
TT05 = Regime(
    version="2.0.4",
    lenient=None,
    binding=frozenset(("CSIP1", "CSIP7", "CSIP9", "CSIP76", "CSIP79", "CSIP80", "CSIP117", "CSIP110", "CSIPSTR4")),
)
"""Circular 05/2025 extends CSIP 2.0.4 and contradicts it in places: only what is needed to read it binds."""


def regime_of(profile: str) -> Regime:
    """Return how strictly to read a METS file that declares a profile."""
    if profile.endswith("/CSIP.xml"):
        return OLDEST
    for version in ("2-0-4", "2-1-0", "2-2-0"):
        if f"v{version}" in profile:
            return Regime(version=version.replace("-", "."))
    return Regime(version="2.2.0")


def breach(
    requirement: str,
    place: str,
    regime: Regime,
    *,
    value: str = "",
    attribute: str = "",
    element: str = "",
    severity: Severity | None = None,
) -> Finding:
    """Make the finding that a requirement is not met."""
    kind = KINDS[requirement]
    return kind.at(
        place,
        severity=severity or regime.severity(requirement, kind),
        source=kind.source.replace("CSIP 2.2.0", f"CSIP {regime.version}"),
        element=element or _ELEMENT_OF.get(requirement, value),
        attribute=attribute,
        value=value[:200],
    )


def check_structure(package: SubTree, log: FindingLog, regime: Regime, *, archive: bool) -> None:
    """Check the folders of an information package.

    Args:
        package: the tree seen from the package's root folder.
        log: where findings go.
        regime: how strictly to judge.
        archive: the package came as an archive, which must hold one single root folder.

    Source:
        CSIP 2.2.0 section 4.1, CSIPSTR1 to CSIPSTR16
    """
    for finding in _structure_findings(package, regime, archive=archive):
        log.add(finding)


def _structure_findings(package: SubTree, regime: Regime, *, archive: bool) -> Iterator[Finding]:
    if archive and not package.prefix:
        yield breach("CSIPSTR1", package.location, regime)
    if package.size("METS.xml") is None:
        yield breach("CSIPSTR4", package.at("METS.xml"), regime)
    folders = set(package.directories())
    has = folders.__contains__
    if not has("metadata"):
        yield _absent("CSIPSTR5", package, "metadata", regime)
    else:
        for number, name in (("CSIPSTR6", "metadata/preservation"), ("CSIPSTR7", "metadata/descriptive")):
            if not has(name):
                yield _absent(number, package, name, regime)
    yield from _representation_findings(package, folders, regime)
    for number, name in (("CSIPSTR15", "schemas"), ("CSIPSTR16", "documentation")):
        if not any(folder.rpartition("/")[2] == name and _is_top(folder) for folder in folders):
            yield _absent(number, package, name, regime)


def _representation_findings(package: SubTree, folders: set[str], regime: Regime) -> Iterator[Finding]:
    if "representations" not in folders:
        yield _absent("CSIPSTR9", package, "representations", regime)
        return
    names = representation_names(folders)
    if not names:
        yield _absent("CSIPSTR10", package, "representations/…", regime)
    for name in names:
        base = f"representations/{name}"
        if f"{base}/data" not in folders:
            yield _absent("CSIPSTR11", package, f"{base}/data", regime)
        if package.size(f"{base}/METS.xml") is None:
            yield _absent("CSIPSTR12", package, f"{base}/METS.xml", regime)
        if f"{base}/metadata" not in folders:
            yield _absent("CSIPSTR13", package, f"{base}/metadata", regime)


def representation_names(folders: set[str]) -> list[str]:
    """Return the names of the representation folders, sorted."""
    return sorted(
        path.split("/")[1] for path in folders if path.startswith("representations/") and path.count("/") == 1
    )


def _is_top(folder: str) -> bool:
    parts = folder.split("/")
    return len(parts) == 1 or (len(parts) == 3 and parts[0] == "representations")


def _absent(requirement: str, package: SubTree, name: str, regime: Regime) -> Finding:
    return breach(requirement, package.at(name), regime, value=name)
