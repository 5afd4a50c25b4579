"""One `<simpledc>` of a package against the circular's list of its elements.

Source:
    Circular 05/2025/TT-BNV, Annexes I to V: EAD.xml, EAD_doc, EAD_pic, EAD_media
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from lxml import etree

from model.dates import PartialDate
from model.elements import Element, ElementType, Obligation
from model.errors import InputError
from model.findings import FindingKind, FindingLog, Severity
from preservation.package import findings as kinds
from preservation.package import tt05_findings as more
from preservation.package.safexml import XmlFault, local_name, namespace, read_small
from preservation.package.tree import SubTree
from preservation.package.tt05_elements import CONTESTED, SYNONYMS, TABLES, Layout

_SPLIT = re.compile(r"[;,|]")
_DATE = re.compile(r"(?:(?:(\d{2})/)?(\d{2})/)?(\d{4})")
_MANY = ("language", "keyword")
"""Elements that may stand there more than once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One `simpledc` file being checked."""

    place: str
    values: Mapping[str, list[str]]
    """Values by element, in the order of the file."""
    layout: Layout
    weight: Severity
    """How much it weighs when the description breaks the circular's rules."""
    log: FindingLog
    notes: more.Gathered

    def first(self, name: str) -> str:
        """Return the first value of an element or of the other name it is known by."""
        for known in SYNONYMS.get(name, (name,)):
            for value in self.values.get(known, ()):
                if value:
                    return value
        return ""


def read_description(package: SubTree, path: str, log: FindingLog) -> dict[str, list[str]] | None:
    """Read the elements of a `simpledc` file; none, with a finding, when it is not one."""
    place = package.at(path)
    try:
        root = read_small(package, path)
    except XmlFault as error:
        log.add(error.at(place))
        return None
    except InputError as error:
        log.add(kinds.UNREADABLE.at(place, reason=error))
        return None
    if local_name(root) != "simpledc" or namespace(root):
        log.add(kinds.TT05_ROOT.at(place, name=str(root.tag)[:100]))
        return None
    values: dict[str, list[str]] = {}
    for child in root.iterchildren(etree.Element):
        values.setdefault(local_name(child), []).append((child.text or "").strip())
    return values


def check_elements(description: Description, *, partial_dates: bool) -> None:
    """Check presence, names, order and values of the elements.

    Args:
        description: the file.
        partial_dates: a date may be a month or a year.
    """
    for element, names in description.layout.rows:
        given = description.values.get(element.name)
        if given is None:
            given = _by_other_name(element, names, description)
        found = False
        for value in given:
            if value:
                found = True
                _check_value(element, value, description, partial_dates=partial_dates)
        if not found and not _optional(element, description):
            _missing(element, description)
    _check_names(description)


def _by_other_name(element: Element, names: tuple[str, ...], description: Description) -> list[str]:
    values = [value for name in names[1:] for value in description.values.get(name, ())]
    if values:
        found = kinds.TT05_OTHER_NAME.at(description.place, element=element.name, source=description.layout.source)
        description.notes.add(kinds.TT05_OTHER_NAME, found)
    return values


def _check_names(description: Description) -> None:
    layout, notes, place = description.layout, description.notes, description.place
    for name, given in description.values.items():
        if name not in layout.known:
            description.log.add(kinds.TT05_UNKNOWN_ELEMENT.at(place, element=name[:60], source=layout.source))
        elif len(given) > 1 and name not in _MANY:
            notes.add(more.REPEATED, more.REPEATED.at(place, element=name, source=layout.source))
    positions = [layout.positions[name] for name in description.values if name in layout.positions]
    if any(left > right for left, right in pairwise(positions)):
        notes.add(kinds.TT05_ORDER, kinds.TT05_ORDER.at(place, source=layout.source))


def _optional(element: Element, description: Description) -> bool:
    if element.obligation in (Obligation.OPTIONAL, Obligation.MANDATORY):
        return element.obligation is Obligation.OPTIONAL
    if element.obligation is Obligation.IF_DIGITISED:
        return description.first("confidenceLevel") not in ("02", "03")
    if element.obligation is Obligation.IF_BORN_DIGITAL:
        return description.first("confidenceLevel") not in ("01", "03")
    if element.obligation is Obligation.IF_RISK_RECOVERY:
        return description.first("riskRecovery") != "1"
    return False


def _missing(element: Element, description: Description) -> None:
    weight = Severity.WARNING if element.name in CONTESTED else description.weight
    description.log.add(
        kinds.TT05_MISSING.at(
            description.place,
            severity=weight,
            element=element.name,
            source=description.layout.source,
            title=element.vietnamese,
        )
    )


def _check_value(element: Element, value: str, description: Description, *, partial_dates: bool) -> None:
    parts = [value]
    if element.type in (ElementType.CODES, ElementType.TEXTS):
        parts = [part.strip() for part in _SPLIT.split(value) if part.strip()]
    for part in parts:
        fault = _fault_of(element, part, partial_dates=partial_dates)
        if fault is not None:
            description.log.add(
                fault.at(
                    description.place,
                    severity=description.weight,
                    element=element.name,
                    value=part[:80],
                    limit=element.length,
                    source=description.layout.source,
                )
            )


def _fault_of(element: Element, value: str, *, partial_dates: bool) -> FindingKind | None:
    if element.type in (ElementType.CODE, ElementType.CODES):
        return None if not element.codes or value in TABLES[element.codes] else kinds.TT05_CODE
    if element.type is ElementType.DATE:
        date = written_date(value)
        if date is None or (date.day is None and not partial_dates):
            return kinds.TT05_DATE
        return None
    if element.type is ElementType.BOOLEAN:
        return None if value in ("0", "1") else kinds.TT05_CODE
    if element.type is ElementType.NUMBER and not value.isdecimal():
        return kinds.TT05_NUMBER
    return kinds.TT05_LENGTH if len(value) > element.length else None


def written_date(text: str) -> PartialDate | None:
    """Return a date as the circular writes it, `DD/MM/YYYY`, `MM/YYYY` or `YYYY`; none when it is none."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return PartialDate(int(match[3]), int(match[2]) if match[2] else None, int(match[1]) if match[1] else None)
    except ValueError:
        return None
