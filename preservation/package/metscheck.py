"""The check of a METS file: schema, the requirements of CSIP, SIP and AIP, and everything it refers to.

One pass over the file; a METS that lists 100,000 files needs no more memory than a small one.
"""

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import unquote

from lxml import etree

from model.errors import InputError
from model.findings import FindingLog, Severity
from preservation.package import findings as kinds
from preservation.package.csip import (
    BY_ELEMENT,
    CONTENT_CATEGORIES,
    CSIP,
    METS,
    OAIS_TYPES,
    OLDEST,
    TT05,
    XLINK,
    Regime,
    breach,
    regime_of,
)
from preservation.package.fixity import Fixity, algorithm_named
from preservation.package.safexml import XmlFault, forget, local_name, root_tag, validate_file, walk
from preservation.package.tree import PathSet, SubTree

_HREF = f"{{{XLINK}}}href"
_HEAD_EVENTS = 2000
_LOOKED_AT = tuple(
    f"{{{METS}}}{name}"
    for name in (
        "mets",
        "metsHdr",
        "dmdSec",
        "amdSec",
        "digiprovMD",
        "rightsMD",
        "mdRef",
        "fileSec",
        "fileGrp",
        "file",
        "structMap",
        "div",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetsHead:
    """What the first lines of a METS file tell about the package."""

    profile: str = ""
    package_type: str = ""
    """csip:OAISPACKAGETYPE."""
    objid: str = ""


@dataclass(slots=True, kw_only=True)
class MetsFacts:
    """What the check of a METS file learned."""

    place: str
    folder: str
    """Folder of the METS file inside the package; hrefs are relative to it."""
    head: MetsHead = field(default_factory=MetsHead)
    referenced: PathSet = field(default_factory=PathSet)
    """Paths inside the package that were found."""
    pointers: list[str] = field(default_factory=list)
    """Paths of the METS files it points to."""
    premis: list[str] = field(default_factory=list)
    """Paths of PREMIS files it refers to."""


def read_head(package: SubTree, path: str = "METS.xml") -> MetsHead:
    """Read profile and package type; empty where the file says nothing or cannot be read."""
    profile = objid = ""
    try:
        with package.open(path) as stream:
            for number, (event, element) in enumerate(walk(stream)):
                name = local_name(element)
                if number == 0:
                    profile, objid = element.get("PROFILE", ""), element.get("OBJID", "")
                if (name == "metsHdr" and event == "start") or number > _HEAD_EVENTS:
                    kind = element.get(f"{{{CSIP}}}OAISPACKAGETYPE", "")
                    return MetsHead(profile=profile, package_type=kind, objid=objid)
    except (XmlFault, InputError, KeyError):
        pass
    return MetsHead(profile=profile, objid=objid)


def check_mets(
    package: SubTree,
    path: str,
    fixity: Fixity | None,
    log: FindingLog,
    *,
    regime: Regime | None = None,
) -> MetsFacts:
    """Check one METS file.

    Args:
        package: the tree seen from the package's root folder.
        path: of the METS file inside the package.
        fixity: digests; without them what the file refers to is not looked at (a METS file alone).
        log: where findings go.
        regime: how strictly to judge; by the profile the file declares when none is given.
    """
    check = _MetsCheck(package, path, fixity, log, regime)
    if not validate_file(package, path, package.at(path), log):
        return check.facts
    tag = root_tag(package, path)
    if tag != f"{{{METS}}}mets":
        log.add(kinds.METS_ROOT.at(package.at(path), name=tag[:100]))
        return check.facts
    try:
        with package.open(path) as stream:
            check.read(stream)
    except XmlFault as error:
        log.add(error.at(package.at(path)))
    except InputError as error:
        log.add(kinds.UNREADABLE.at(package.at(path), reason=error))
    return check.facts


class _MetsCheck:
    def __init__(
        self, package: SubTree, path: str, fixity: Fixity | None, log: FindingLog, regime: Regime | None
    ) -> None:
        folder = path.rpartition("/")[0]
        self.facts = MetsFacts(place=package.at(path), folder=folder)
        self._package = package
        self._fixity = fixity
        self._log = log
        self._given = regime
        self._regime = regime or Regime(version="2.2.0")
        self._root_level = not folder
        self._names: list[str] = []
        self._counts: dict[str, int] = {}
        self._agents: list[_Agent] = []
        self._uses: list[str] = []
        self._map_label: str | None = None
        self._map_found = False
        self._has_md: dict[str, bool] = {}
        self._group = ""
        self._ends: dict[str, Callable[[etree._Element], None]] = {
            "metsHdr": self._end_header,
            "mdRef": self._end_md_ref,
            "dmdSec": self._end_section,
            "digiprovMD": self._end_section,
            "rightsMD": self._end_section,
            "file": self._end_file,
            "fileGrp": self._end_group,
            "fileSec": self._end_file_section,
            "div": self._end_div,
            "structMap": self._end_map,
        }

    def read(self, stream: BinaryIO) -> None:
        for event, element in walk(stream, tags=_LOOKED_AT):
            name = local_name(element)
            if event == "start":
                if not self._names and not self._start_document(element):
                    return
                self._names.append(name)
                self._start(name, element)
                continue
            self._counts[name] = self._counts.get(name, 0) + 1
            if name in self._ends:
                self._ends[name](element)
            self._names.pop()
            if name == "div" and self._names.count("div") > 1:
                _forget_division(element)
            elif name in ("file", "dmdSec", "amdSec", "fileGrp", "metsHdr", "structMap"):
                forget(element)
        self._end_document()

    def _start_document(self, mets: etree._Element) -> bool:
        if mets.tag != f"{{{METS}}}mets" or mets.getparent() is not None:
            return False
        profile = mets.get("PROFILE", "")
        self._regime = self._given or regime_of(profile)
        self.facts.head = MetsHead(profile=profile, objid=mets.get("OBJID", ""))
        self._require("mets", mets)
        category = mets.get("TYPE", "")
        if category and category.lower() not in CONTENT_CATEGORIES:
            self._say("CSIP2", value=category, severity=Severity.WARNING)
        if category.upper() == "OTHER" and not mets.get(f"{{{CSIP}}}OTHERTYPE"):
            self._say("CSIP3")
        if mets.get(f"{{{CSIP}}}CONTENTINFORMATIONTYPE") == "OTHER" and not mets.get(
            f"{{{CSIP}}}OTHERCONTENTINFORMATIONTYPE"
        ):
            self._say("CSIP5")
        return True

    def _start(self, name: str, element: etree._Element) -> None:
        if name == "metsHdr":
            kind = element.get(f"{{{CSIP}}}OAISPACKAGETYPE", "")
            self.facts.head = MetsHead(profile=self.facts.head.profile, objid=self.facts.head.objid, package_type=kind)
            self._require("metsHdr", element)
        elif name == "fileGrp":
            self._group = element.get("USE", "")
            self._uses.append(self._group)
            self._require("fileGrp", element)
        elif name == "structMap":
            self._start_map(element)
        elif name == "fileSec":
            self._require("fileSec", element)

    def _start_map(self, element: etree._Element) -> None:
        label = element.get("LABEL", "")
        self._map_label = label
        if label in ("CSIP", "CSIP StructMap"):
            self._map_found = True
            self._require("structMap", element)
            if label != "CSIP":
                self._say("CSIP82", value=label)

    def _end_header(self, header: etree._Element) -> None:
        for agent in header.iterchildren(f"{{{METS}}}agent"):
            self._agents.append(_Agent.of(agent))

    def _end_section(self, section: etree._Element) -> None:
        name = local_name(section)
        self._require(name, section)
        rule = {"dmdSec": "CSIP21", "digiprovMD": "CSIP35", "rightsMD": "CSIP48"}[name]
        if section.find(f"{{{METS}}}mdRef") is None:
            self._say(rule, value=section.get("ID", ""))
        elif name == "dmdSec" and section.get("STATUS") == "CURRENT":
            self._has_md["current"] = True

    def _end_md_ref(self, reference: etree._Element) -> None:
        above = reference.getparent()
        parent = "" if above is None else local_name(above)
        self._require(f"{parent}/mdRef", reference)
        if parent == "digiprovMD":
            self._has_md["digiprov"] = True
            if reference.get("MDTYPE") == "PREMIS":
                self._has_md["premis"] = True
                if reference.get("MDTYPEVERSION", "").startswith("3"):
                    self._has_md["premis3"] = True
        path = self._follow(reference, reference)
        if path is not None and reference.get("MDTYPE") == "PREMIS":
            self.facts.premis.append(path)

    def _end_file(self, file: etree._Element) -> None:
        self._require("file", file)
        locations = file.findall(f"{{{METS}}}FLocat")
        if not locations:
            self._say("CSIP76", value=file.get("ID", ""))
        for location in locations:
            self._require("FLocat", location, of=file)
            self._follow(location, file)

    def _end_group(self, group: etree._Element) -> None:
        if not self._counts.pop("file", 0) and "fileGrp" not in self._names[:-1]:
            self._say("CSIP66", value=group.get("USE", ""))

    def _end_file_section(self, _section: etree._Element) -> None:
        if not self._root_level:
            return
        for rule, use in (("CSIP60", "Documentation"), ("CSIP113", "Schemas"), ("CSIP114", "Representations")):
            if not any(name == use or (rule == "CSIP114" and name.startswith(use)) for name in self._uses):
                self._say(rule)

    def _end_div(self, div: etree._Element) -> None:
        if self._map_label not in ("CSIP", "CSIP StructMap"):
            return
        depth = self._names.count("div")
        label = div.get("LABEL", "")
        if depth == 1:
            self._require("structMap/div", div)
        elif depth == 2 and label in ("Metadata", "Documentation", "Schemas", "Representations"):
            self._end_known_div(div, label)
        elif depth == 2 and label.startswith("Representations/"):
            self._end_representation_div(div, label)

    def _end_known_div(self, div: etree._Element, label: str) -> None:
        self._has_md[f"div {label}"] = True
        self._require(f"div[{label}]", div)
        pointers = div.findall(f"{{{METS}}}fptr")
        for pointer in pointers:
            self._require(f"div[{label}]/fptr", pointer)
        rule = {"Documentation": "CSIP96", "Schemas": "CSIP100", "Representations": "CSIP104"}.get(label)
        if rule and not pointers:
            self._say(rule)
        if label == "Metadata" and (self._root_level or self._regime is not TT05):
            for rule, attribute, section in (("CSIP91", "ADMID", "amdSec"), ("CSIP92", "DMDID", "dmdSec")):
                if self._counts.get(section) and not div.get(attribute):
                    self._say(rule)

    def _end_representation_div(self, div: etree._Element, label: str) -> None:
        self._has_md["div Representations"] = True
        self._require("div[Representations/…]", div)
        pointers = div.findall(f"{{{METS}}}mptr")
        if not pointers:
            self._say("CSIP109", value=label)
        for pointer in pointers:
            self._require("mptr", pointer)
            path = self._follow(pointer, pointer)
            if path is not None and path not in self.facts.pointers:
                self.facts.pointers.append(path)

    def _end_map(self, structure: etree._Element) -> None:
        if self._map_label in ("CSIP", "CSIP StructMap"):
            count = len(structure.findall(f"{{{METS}}}div"))
            if count != 1:
                self._say("CSIP84", value=str(count))
            if not self._has_md.get("div Metadata"):
                self._say("CSIP88")
            for rule, label in (("CSIP93", "Documentation"), ("CSIP97", "Schemas"), ("CSIP101", "Representations")):
                if self._root_level and not self._has_md.get(f"div {label}"):
                    self._say(rule)
        self._map_label = None

    def _end_document(self) -> None:
        if not self._counts.get("metsHdr"):
            self._say("CSIP117")
        else:
            self._check_agents()
        if self._root_level and not self._counts.get("dmdSec"):
            self._say("CSIP17")
        if self._counts.get("amdSec", 0) != 1:
            self._say("CSIP31", value=str(self._counts.get("amdSec", 0)))
        elif not self._counts.get("digiprovMD"):
            self._say("CSIP32")
        if not self._counts.get("fileSec"):
            self._say("CSIP58")
        if not self._counts.get("structMap"):
            self._say("CSIP80")
        elif not self._map_found:
            self._say("CSIP82")
        if self._root_level:
            self._check_profile()

    def _check_agents(self) -> None:
        software = [agent for agent in self._agents if agent.is_software]
        if not software:
            tests = (
                ("CSIP11", any(agent.role == "CREATOR" for agent in self._agents)),
                ("CSIP12", any(agent.type == "OTHER" for agent in self._agents)),
                ("CSIP13", any(agent.other_type == "SOFTWARE" for agent in self._agents)),
            )
            unmet = [rule for rule, met in tests if not met] if self._agents else ["CSIP10"]
            for rule in unmet or ["CSIP10"]:
                self._say(rule)
            return
        if not any(agent.name for agent in software):
            self._say("CSIP14")
        if not any(agent.notes for agent in software):
            self._say("CSIP15")
        elif not any(kind == "SOFTWARE VERSION" for agent in software for kind in agent.notes):
            self._say("CSIP16")

    def _check_profile(self) -> None:
        head = self.facts.head
        if "E-ARK-SIP" in head.profile:
            if not head.profile.endswith("/E-ARK-SIP-v2-2-0.xml"):
                self._say("SIP2", value=head.profile, severity=Severity.WARNING)
            if head.package_type in OAIS_TYPES and head.package_type != "SIP":
                self._say("SIP4", value=head.package_type)
            self._check_submitter()
        elif "E-ARK-AIP" in head.profile:
            self._check_aip_profile(head)

    def _check_submitter(self) -> None:
        named = [agent for agent in self._agents if not agent.is_software]
        submitting = [agent for agent in named if agent.role == "OTHER" and agent.other_role == "SUBMITTER"]
        submitting = submitting or [
            agent for agent in named if agent.role == "CREATOR" and agent.type in ("ORGANIZATION", "INDIVIDUAL")
        ]
        if not submitting:
            self._say("SIP15")
            return
        for agent in submitting:
            if agent.type not in ("ORGANIZATION", "INDIVIDUAL"):
                self._say("SIP17", value=agent.type)
            if not agent.name:
                self._say("SIP18")
            if agent.type == "ORGANIZATION" and agent.notes and "IDENTIFICATIONCODE" not in agent.notes:
                self._say("SIP20")

    def _check_aip_profile(self, head: MetsHead) -> None:
        if not head.profile.endswith("/E-ARK-AIP-v2-2-0.xml"):
            self._say("AIPM2", value=head.profile, severity=Severity.WARNING)
        if head.package_type in OAIS_TYPES and head.package_type != "AIP":
            self._say("AIPM3", value=head.package_type)
        tests = (
            ("AIPM4", bool(self._has_md.get("current")) or not self._counts.get("dmdSec")),
            ("AIPM5", bool(self._has_md.get("digiprov"))),
            ("AIPM6", bool(self._has_md.get("premis"))),
            ("AIPM7", bool(self._has_md.get("premis3")) or not self._has_md.get("premis")),
        )
        for rule, met in tests:
            if not met:
                self._say(rule)

    def _require(self, element: str, node: etree._Element, *, of: etree._Element | None = None) -> None:
        for rule in BY_ELEMENT.get(element, ()):
            value = node.get(rule.attribute, "")
            if value.strip() and (not rule.values or value in rule.values):
                continue
            owner = node if of is None else of
            identifier = owner.get("ID", "")
            shown = f"{element}[@ID='{identifier[:100]}']" if identifier else element
            attribute = rule.attribute.replace(f"{{{CSIP}}}", "csip:").replace(f"{{{XLINK}}}", "xlink:")
            place = f"{self.facts.place}: {shown}"
            self._log.add(breach(rule.id, place, self._regime, value=value, attribute=attribute, element=element))

    def _say(self, rule: str, *, value: str = "", severity: Severity | None = None) -> None:
        self._log.add(breach(rule, self.facts.place, self._regime, value=value, severity=severity))

    def _follow(self, location: etree._Element, described: etree._Element) -> str | None:
        """Find what a reference points to and compare size and checksum; return its path inside the package."""
        href = location.get(_HREF, "")
        if self._fixity is None or not href:
            return None
        path = resolve(self._package, self.facts.folder, href)
        if path is None:
            inside = target(self.facts.folder, href) is not None
            kind = kinds.REFERENCE_MISSING if inside else kinds.REFERENCE_OUTSIDE
            self._log.add(kind.at(self.facts.place, href=href[:300]))
            return None
        self.facts.referenced.add(path)
        self._compare(path, described)
        return path

    def _compare(self, path: str, described: etree._Element) -> None:
        place = self._package.at(path)
        softened = self._regime is OLDEST and self._group == "Schemas" and local_name(described) == "file"
        weight = Severity.WARNING if softened else Severity.ERROR
        size = described.get("SIZE", "")
        if size.isdecimal() and int(size[:20]) != self._package.size(path):
            found = str(self._package.size(path))
            self._log.add(
                kinds.REFERENCE_SIZE.at(place, severity=weight, named_in=self.facts.place, size=size, found=found)
            )
        checksum, name = described.get("CHECKSUM", ""), described.get("CHECKSUMTYPE", "")
        if not checksum or not name or self._fixity is None:
            return
        algorithm = algorithm_named(name)
        if not algorithm:
            self._log.add(kinds.REFERENCE_ALGORITHM.at(place, algorithm=name))
            return
        digest = self._fixity.digest(place, algorithm)
        if digest is not None and digest.hex() != checksum.strip().lower():
            self._log.add(
                kinds.REFERENCE_CHECKSUM.at(place, severity=weight, named_in=self.facts.place, algorithm=name)
            )


def _forget_division(div: etree._Element) -> None:
    """Free a division inside a division, and the divisions before it, but not the pointers of its parent."""
    div.clear()
    parent = div.getparent()
    while parent is not None and (before := div.getprevious()) is not None and local_name(before) == "div":
        parent.remove(before)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agent:
    role: str
    other_role: str
    type: str
    other_type: str
    name: str
    notes: tuple[str, ...]

    @classmethod
    def of(cls, element: etree._Element) -> "_Agent":
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
        return self.role == "CREATOR" and self.type == "OTHER" and self.other_type == "SOFTWARE"


def target(folder: str, href: str) -> str | None:
    """Return the path an href means, from the package's root; none when it leads out of the package."""
    plain = href.split("#", 1)[0]
    for prefix in ("file:///./", "file://./", "file:./", "file:"):
        if plain.startswith(prefix):
            plain = plain[len(prefix) :]
            break
    if "://" in plain or plain.startswith(("/", "\\")) or "\\" in plain:
        return None
    path = posixpath.normpath(posixpath.join(folder, unquote(plain, errors="surrogateescape")))
    return None if path.startswith("../") or path in ("..", ".") else path


def resolve(package: SubTree, folder: str, href: str) -> str | None:
    """Return the path of the file an href means, if it is there.

    A name that was not percent-encoded as it should be, and a path from the root instead of from the
    METS file, are understood too.
    """
    for base in (folder, "") if folder else ("",):
        for text in (href, href.replace("%", "%25")):
            path = target(base, text)
            if path is not None and package.size(path) is not None:
                return path
    return None
