"""What a package has to say about the requirements of E-ARK: their findings, regimes, and the folders.

Source:
    E-ARK CSIP 2.2.0 (METS profile and section 4.1), E-ARK SIP 2.2.0, E-ARK AIP 2.2.0, E-ARK DIP 2.2.0
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from model.findings import Finding, FindingKind, FindingLog, Severity, finding_kind
from model.text import N_
from preservation.package.eark_requirements import (
    ATTRIBUTE_REQUIREMENTS,
    ELEMENT_REQUIREMENTS,
    STRUCTURE_REQUIREMENTS,
    Level,
    Requirement,
)
from preservation.package.tree import SubTree

_WEIGHT = {Level.MUST: Severity.ERROR, Level.SHOULD: Severity.WARNING, Level.MAY: Severity.INFO}
_STRUCTURE_MESSAGES = {
    "CSIPSTR1": N_("The package is not inside one single root folder."),
    "CSIPSTR4": N_("The root folder has no file named METS.xml."),
}


def _specification(identifier: str) -> str:
    for name in ("AIP", "SIP", "DIP"):
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
    noted: frozenset[str] = frozenset()
    """Requirements that are only noted: the norm in force asks for something else."""

    def severity(self, requirement: str, kind: FindingKind) -> Severity:
        """Return how much a requirement weighs under this regime."""
        if requirement in self.noted:
            return Severity.INFO
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
    noted=frozenset(
        ("CSIPSTR6", "CSIPSTR16", "CSIP4", "CSIP20", "CSIP32", "CSIP34", "CSIP60", "CSIP62", "CSIP91", "CSIP93")
    ),
)
"""Circular 05/2025 extends CSIP 2.0.4 and contradicts it in places: only what is needed to read it binds.

What it leaves out itself is noted: preservation metadata of a submission, documentation, states of sections.
"""


_VERSION = re.compile(r"-v(2)-([0-2])-([0-4])(?:\.xml)?$")


def regime_of(profile: str) -> Regime:
    """Return how strictly to read a METS file that declares a profile.

    An address without a version is the one that was printed until version 2.0.4.
    """
    if profile.endswith("/CSIP.xml"):
        return OLDEST
    match = _VERSION.search(profile)
    if match is not None:
        return Regime(version=".".join(match.groups()))
    if profile.endswith(("/E-ARK-CSIP.xml", "/E-ARK-SIP.xml", "/E-ARK-AIP.xml", "/E-ARK-DIP.xml")):
        return Regime(version="2.0.4")
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
    if not value and requirement in _ELEMENT_OF:
        value = "–"
    return kind.at(
        place,
        severity=severity or regime.severity(requirement, kind),
        source=kind.source.replace(" 2.2.0 ", f" {regime.version} "),
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
