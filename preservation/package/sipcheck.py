"""What the E-ARK profiles of SIP, AIP and DIP ask beyond CSIP of the METS file of a package.

Source:
    E-ARK SIP 2.2.0 SIP1 to SIP35, E-ARK AIP 2.2.0 AIPM1 to AIPM7, E-ARK DIP 2.2.0 DIP1 to DIP4
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from preservation.package.eark_requirements import CSIP, KNOWN_PROFILES, METS, OAIS_TYPES, RECORD_STATUSES

_PERSONS = ("ORGANIZATION", "INDIVIDUAL")
_CODE = "IDENTIFICATIONCODE"
_RULES = {"SIP": ("SIP2", "SIP4"), "AIP": ("AIPM2", "AIPM3"), "DIP": ("DIP2", "DIP3")}
_SINGLE_RECORD_IDS = (("SIP5", "SUBMISSIONAGREEMENT"), ("SIP7", "REFERENCECODE"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One requirement that is not met."""

    rule: str
    value: str = ""
    warns: bool = False
    """It weighs less than its level says: another version of the profile may say otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetsAgent:
    """One agent of a METS header."""

    role: str
    other_role: str
    type: str
    other_type: str
    name: str
    notes: tuple[str, ...]
    """`csip:NOTETYPE` of each note."""

    @classmethod
    def of(cls, element: etree._Element) -> "MetsAgent":
        """Read an `agent` element."""
        return cls(
            role=element.get("ROLE", ""),
            other_role=element.get("OTHERROLE", ""),
            type=element.get("TYPE", ""),
            other_type=element.get("OTHERTYPE", ""),
            name=(element.findtext(f"{{{METS}}}name") or "").strip(),
            notes=tuple(note.get(f"{{{CSIP}}}NOTETYPE", "") for note in element.findall(f"{{{METS}}}note")),
        )

    @property
    def is_software(self) -> bool:
        """Whether this is the software that made the package (CSIP10 to CSIP13)."""
        return self.role == "CREATOR" and self.type == "OTHER" and self.other_type == "SOFTWARE"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderFacts:
    """What the METS file of a package says about it as a whole."""

    profile: str
    package_type: str
    """csip:OAISPACKAGETYPE."""
    record_status: str
    record_ids: tuple[str, ...]
    """`TYPE` of each `altRecordID`."""
    agents: tuple[MetsAgent, ...]
    sections: int
    """Descriptive metadata sections."""
    seen: Mapping[str, bool]
    """`current`, `digiprov`, `premis`, `premis3`: such metadata was seen."""


def profile_kind(profile: str) -> str:
    """Return SIP, AIP or DIP for a profile of E-ARK that says so; empty for others."""
    return next((kind for kind in KNOWN_PROFILES if f"E-ARK-{kind}" in profile), "")


def check_software(agents: Iterable[MetsAgent]) -> Iterator[Breach]:
    """Check the agent that stands for the software (CSIP10 to CSIP16)."""
    known = tuple(agents)
    software = [agent for agent in known if agent.is_software]
    if not software:
        tests = (
            ("CSIP11", any(agent.role == "CREATOR" for agent in known)),
            ("CSIP12", any(agent.type == "OTHER" for agent in known)),
            ("CSIP13", any(agent.other_type == "SOFTWARE" for agent in known)),
        )
        unmet = [rule for rule, met in tests if not met] if known else []
        yield from (Breach(rule=rule) for rule in unmet or ["CSIP10"])
        return
    if not any(agent.name for agent in software):
        yield Breach(rule="CSIP14")
    if not any(agent.notes for agent in software):
        yield Breach(rule="CSIP15")
    elif not any("SOFTWARE VERSION" in agent.notes for agent in software):
        yield Breach(rule="CSIP16")


def check_profile(facts: HeaderFacts) -> Iterator[Breach]:
    """Check what the profile that a package declares asks of it."""
    kind = profile_kind(facts.profile)
    if not kind:
        return
    profile_rule, type_rule = _RULES[kind]
    if not facts.profile.endswith(KNOWN_PROFILES[kind]):
        yield Breach(rule=profile_rule, value=facts.profile, warns=True)
    if facts.package_type in OAIS_TYPES and facts.package_type != kind:
        yield Breach(rule=type_rule, value=facts.package_type)
    if kind == "SIP":
        yield from _check_sip(facts)
    elif kind == "AIP":
        yield from _check_aip(facts)
    elif facts.sections and not facts.seen.get("current"):
        yield Breach(rule="DIP4")


def _check_sip(facts: HeaderFacts) -> Iterator[Breach]:
    if facts.record_status and facts.record_status not in RECORD_STATUSES:
        yield Breach(rule="SIP3", value=facts.record_status)
    for rule, kind in _SINGLE_RECORD_IDS:
        if facts.record_ids.count(kind) > 1:
            yield Breach(rule=rule, value=str(facts.record_ids.count(kind)))
    people = [agent for agent in facts.agents if not agent.is_software]
    yield from _check_submitting(people)
    yield from _check_role(people, "ARCHIVIST", ("SIP9", "SIP11", "SIP12", "SIP14"), _PERSONS)
    yield from _check_role(people, "PRESERVATION", ("SIP26", "SIP28", "SIP29", "SIP31"), ("ORGANIZATION",))


def _check_submitting(people: list[MetsAgent]) -> Iterator[Breach]:
    """Check the submitting agent and the contact persons: agents with the role of a creator.

    The submitter is an organisation or, when none is named, the first person; further persons are contacts.
    """
    marked = [agent for agent in people if agent.role == "OTHER" and agent.other_role == "SUBMITTER"]
    creators = [agent for agent in people if agent.role == "CREATOR"]
    submitting = marked or [agent for agent in creators if agent.type == "ORGANIZATION"]
    submitting = submitting or [agent for agent in creators if agent.type == "INDIVIDUAL"][:1] or creators[:1]
    if not submitting:
        others = [agent for agent in people if agent.role not in ("ARCHIVIST", "PRESERVATION")]
        yield Breach(rule="SIP16" if others else "SIP15", value=others[0].role if others else "")
        return
    for agent in submitting:
        if agent.type not in _PERSONS:
            yield Breach(rule="SIP17", value=agent.type)
        if not agent.name:
            yield Breach(rule="SIP18")
        if agent.type == "ORGANIZATION" and agent.notes and _CODE not in agent.notes:
            yield Breach(rule="SIP20")
    for agent in creators:
        if agent not in submitting and agent.type == "INDIVIDUAL" and not agent.name:
            yield Breach(rule="SIP24")


def _check_role(
    people: list[MetsAgent], role: str, rules: tuple[str, str, str, str], types: tuple[str, ...]
) -> Iterator[Breach]:
    once, kind, name, note = rules
    found = [agent for agent in people if agent.role == role]
    if len(found) > 1:
        yield Breach(rule=once, value=str(len(found)))
    for agent in found:
        if agent.type not in types:
            yield Breach(rule=kind, value=agent.type)
        if not agent.name:
            yield Breach(rule=name)
        if agent.notes and _CODE not in agent.notes:
            yield Breach(rule=note)


def _check_aip(facts: HeaderFacts) -> Iterator[Breach]:
    seen = facts.seen
    tests = (
        ("AIPM4", seen.get("current") or not facts.sections),
        ("AIPM5", seen.get("digiprov")),
        ("AIPM6", seen.get("premis")),
        ("AIPM7", seen.get("premis3") or not seen.get("premis")),
    )
    for rule, met in tests:
        if not met:
            yield Breach(rule=rule)
