"""The check of a METS file: schema, the requirements of CSIP, SIP and AIP, and everything it refers to.

One pass over the file; a METS that lists 100,000 files needs no more memory than a small one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol
from urllib.parse import unquote

from lxml import etree

from model.errors import InputError
from model.findings import FindingLog, Severity
from preservation.package import findings as kinds
from preservation.package.csip import BY_ELEMENT, OLDEST, TT05, Regime, breach, regime_of, representation_names
from preservation.package.eark_requirements import CONTENT_CATEGORIES, CONTENT_TYPES, CSIP, METS, UNIQUE_IDS, XLINK
from preservation.package.fixity import Fixity, algorithm_named
from preservation.package.metsids import Identifiers
from preservation.package.references import resolve
from preservation.package.safexml import XmlFault, forget, local_name, root_tag, validate_file, walk
from preservation.package.sipcheck import Breach, HeaderFacts, MetsAgent, check_profile, check_software
from preservation.package.tree import PathSet, SubTree

_HREF, _LINK = f"{{{XLINK}}}href", f"{{{XLINK}}}type"
_HEAD_EVENTS = 2000
_MAPS = ("CSIP", "CSIP StructMap")
_DIVISIONS = ("Metadata", "Documentation", "Schemas", "Representations")
_AMD = ("digiprovMD", "rightsMD", "techMD", "sourceMD")
_POINTER_RULES = {"Documentation": "CSIP116", "Schemas": "CSIP118", "Representations": "CSIP119"}
_LOCATION_RULES = {
    "dmdSec": "CSIP24",
    "digiprovMD": "CSIP38",
    "rightsMD": "CSIP51",
    "file": "CSIP79",
    "div": "CSIP110",
}
_LOOKED_AT = tuple(
    f"{{{METS}}}{name}"
    for name in (
        "mets",
        "metsHdr",
        "dmdSec",
        "amdSec",
        "digiprovMD",
        "rightsMD",
        "techMD",
        "sourceMD",
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


class MetsWatcher(Protocol):
    """Sees a METS file pass by, for what another norm asks of it."""

    def start(self, name: str, element: etree._Element) -> None:
        """See the start of an element, with its attributes."""
        ...

    def located(self, element: etree._Element, path: str) -> None:
        """See the file an `mdRef` or `file` refers to, by its path inside the package."""
        ...

    def end(self, name: str, element: etree._Element, depth: int) -> None:
        """See the end of an element, with what is in it; `depth` is that of a division, from 1."""
        ...


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
    watcher: MetsWatcher | None = None,
) -> MetsFacts:
    """Check one METS file.

    Args:
        package: the tree seen from the package's root folder.
        path: of the METS file inside the package.
        fixity: digests; without them what the file refers to is not looked at (a METS file alone).
        log: where findings go.
        regime: how strictly to judge; by the profile the file declares when none is given.
        watcher: sees the elements too.
    """
    check = _MetsCheck(package, path, fixity, log, regime, watcher)
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
        self,
        package: SubTree,
        path: str,
        fixity: Fixity | None,
        log: FindingLog,
        regime: Regime | None,
        watcher: MetsWatcher | None,
    ) -> None:
        folder = path.rpartition("/")[0]
        self.facts = MetsFacts(place=package.at(path), folder=folder)
        self._package = package
        self._fixity = fixity
        self._log = log
        self._given = regime
        self._regime = regime or Regime(version="2.2.0")
        self._root_level = not folder
        self._watcher = watcher
        self._ids = Identifiers()
        self._record_status = ""
        self._record_ids: tuple[str, ...] = ()
        self._names: list[str] = []
        self._counts: dict[str, int] = {}
        self._agents: list[MetsAgent] = []
        self._uses: list[str] = []
        self._map_label: str | None = None
        self._maps = 0
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
                if self._watcher is not None:
                    self._watcher.start(name, element)
                continue
            self._counts[name] = self._counts.get(name, 0) + 1
            if name in self._ends:
                self._ends[name](element)
            if self._watcher is not None:
                self._watcher.end(name, element, self._names.count("div"))
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
        self._check_content(mets)
        return True

    def _check_content(self, mets: etree._Element) -> None:
        category = mets.get("TYPE", "")
        if category and category.lower() not in CONTENT_CATEGORIES:
            self._say("CSIP2", mets, value=category, severity=Severity.WARNING)
        if category.upper() == "OTHER" and not mets.get(f"{{{CSIP}}}OTHERTYPE"):
            self._say("CSIP3", mets)
        kind = mets.get(f"{{{CSIP}}}CONTENTINFORMATIONTYPE", "")
        if kind == "OTHER" and not mets.get(f"{{{CSIP}}}OTHERCONTENTINFORMATIONTYPE"):
            self._say("CSIP5", mets)
        elif kind and kind not in CONTENT_TYPES:
            self._say("CSIP4", mets, value=kind, severity=Severity.INFO)

    def _start(self, name: str, element: etree._Element) -> None:
        identifier = element.get("ID")
        if identifier is not None and not self._ids.define(identifier) and name in UNIQUE_IDS:
            rule = UNIQUE_IDS[name]
            self._say(rule, element, value=identifier, attribute="ID", severity=self._twice)
        if name == "metsHdr":
            kind = element.get(f"{{{CSIP}}}OAISPACKAGETYPE", "")
            self.facts.head = MetsHead(profile=self.facts.head.profile, objid=self.facts.head.objid, package_type=kind)
            self._require("metsHdr", element)
        elif name == "fileGrp":
            self._start_group(element)
        elif name == "structMap":
            self._start_map(element)
        elif name == "fileSec":
            self._require("fileSec", element)

    @property
    def _twice(self) -> Severity:
        """How much an identifier that is not unique weighs."""
        return Severity.WARNING if self._regime is TT05 else Severity.ERROR

    def _start_group(self, group: etree._Element) -> None:
        self._group = group.get("USE", "")
        self._uses.append(self._group)
        self._require("fileGrp", group)
        kind = group.get(f"{{{CSIP}}}CONTENTINFORMATIONTYPE", "")
        if not kind and self._root_level and self._group.startswith("Representations"):
            self._say("CSIP62", group, value=self._group)
        elif kind == "OTHER" and not group.get(f"{{{CSIP}}}OTHERCONTENTINFORMATIONTYPE"):
            self._say("CSIP63", group, value=self._group)
        self._ids.refer(group.get("ADMID", ""), lambda: self._place(group))

    def _start_map(self, element: etree._Element) -> None:
        label = element.get("LABEL", "")
        self._map_label = label
        if label in _MAPS:
            self._maps += 1
            self._require("structMap", element)
            if label != "CSIP" or self._maps > 1:
                self._say("CSIP82", element, value=label)

    def _end_header(self, header: etree._Element) -> None:
        self._record_status = header.get("RECORDSTATUS", "")
        self._record_ids = tuple(number.get("TYPE", "") for number in header.iterchildren(f"{{{METS}}}altRecordID"))
        for agent in header.iterchildren(f"{{{METS}}}agent"):
            self._agents.append(MetsAgent.of(agent))

    def _end_section(self, section: etree._Element) -> None:
        name = local_name(section)
        self._require(name, section)
        rule = {"dmdSec": "CSIP21", "digiprovMD": "CSIP35", "rightsMD": "CSIP48"}[name]
        if section.find(f"{{{METS}}}mdRef") is None:
            self._say(rule, section, value=section.get("ID", ""))
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
        path = self._follow(reference, reference, parent)
        if path is not None and self._watcher is not None:
            self._watcher.located(reference, path)
        if path is not None and reference.get("MDTYPE") == "PREMIS":
            self.facts.premis.append(path)

    def _end_file(self, file: etree._Element) -> None:
        self._require("file", file)
        locations = file.findall(f"{{{METS}}}FLocat")
        if not locations:
            self._say("CSIP76", file, value=file.get("ID", ""))
        for location in locations:
            self._require("FLocat", location, of=file)
            path = self._follow(location, file, "file")
            if path is not None and self._watcher is not None:
                self._watcher.located(file, path)
        for attribute in ("ADMID", "DMDID"):
            if file.get(attribute):
                self._ids.refer(file.get(attribute, ""), lambda: self._place(file))

    def _end_group(self, group: etree._Element) -> None:
        if not self._counts.pop("file", 0) and "fileGrp" not in self._names[:-1]:
            # the groups of Documentation and Schemas may not be left out, and may be empty
            self._say("CSIP66", group, value=group.get("USE", ""), severity=Severity.WARNING)

    def _end_file_section(self, _section: etree._Element) -> None:
        if not self._root_level:
            return
        for rule, use in (("CSIP60", "Documentation"), ("CSIP113", "Schemas"), ("CSIP114", "Representations")):
            if not any(name == use or (rule == "CSIP114" and name.startswith(use)) for name in self._uses):
                self._say(rule)

    def _end_div(self, div: etree._Element) -> None:
        depth = self._names.count("div")
        label = div.get("LABEL", "")
        known = self._map_label in _MAPS and depth == 2 and label in _DIVISIONS
        self._refer(div, label if known else "")
        if self._map_label not in _MAPS:
            return
        if depth == 1:
            self._require("structMap/div", div)
        elif known:
            self._end_known_div(div, label)
        elif depth == 2:
            self._end_further_div(div, label)

    def _refer(self, div: etree._Element, label: str) -> None:
        """Note what a division refers to."""
        rules = {"ADMID": "CSIP91", "DMDID": "CSIP92"} if label == "Metadata" else {}
        for attribute in ("ADMID", "DMDID"):
            if div.get(attribute):
                self._ids.refer(div.get(attribute, ""), lambda: self._place(div), rules.get(attribute, ""))
        for pointer in div.iterchildren(f"{{{METS}}}fptr"):
            for part in pointer.iter(f"{{{METS}}}fptr", f"{{{METS}}}area"):
                if part.get("FILEID"):
                    rule = _POINTER_RULES.get(label, "")
                    self._ids.refer(part.get("FILEID", ""), lambda: self._place(div), rule)

    def _end_known_div(self, div: etree._Element, label: str) -> None:
        if label == "Metadata" and self._has_md.get("div Metadata"):
            self._say("CSIP88", div, value=label)
        self._has_md[f"div {label}"] = True
        self._require(f"div[{label}]", div)
        pointers = div.findall(f"{{{METS}}}fptr")
        for pointer in pointers:
            self._require(f"div[{label}]/fptr", pointer)
        rule = {"Documentation": "CSIP96", "Schemas": "CSIP100", "Representations": "CSIP104"}.get(label)
        if rule and not pointers:
            self._say(rule, div)
        if label == "Metadata" and (self._root_level or self._regime is not TT05):
            for rule, attribute, sections in (("CSIP91", "ADMID", _AMD), ("CSIP92", "DMDID", ("dmdSec",))):
                if any(self._counts.get(section) for section in sections) and not div.get(attribute):
                    self._say(rule, div)

    def _end_further_div(self, div: etree._Element, label: str) -> None:
        pointers = div.findall(f"{{{METS}}}mptr")
        if label.startswith("Representations/"):
            self._has_md["div Representations"] = True
            if not pointers:
                listed = div.find(f"{{{METS}}}fptr") is not None  # the files themselves, as CSIP101 has it
                self._say("CSIP109", div, value=label, severity=Severity.WARNING if listed else None)
        elif self._root_level and self._regime is not TT05 and (pointers or not self._is_folder(label)):
            self._say("CSIP107", div, value=label, severity=None if pointers else Severity.WARNING)
        if pointers or label.startswith("Representations/"):
            self._require("div[Representations/…]", div)
        for pointer in pointers:
            self._require("mptr", pointer)
            path = self._follow(pointer, pointer, "div")
            if path is not None and path not in self.facts.pointers:
                self.facts.pointers.append(path)
            title = pointer.get(f"{{{XLINK}}}title", "")
            if title and self._regime is not TT05:
                self._refer_title(pointer, title)

    def _refer_title(self, pointer: etree._Element, title: str) -> None:
        """Note the file group a representation's pointer names; a title of several words names none."""
        self._ids.refer("_".join(title.split()), lambda: self._place(pointer), "CSIP108")

    def _is_folder(self, label: str) -> bool:
        wanted = label.lower()
        return any(wanted == folder.lower() for folder in self._package.directories())

    def _end_map(self, structure: etree._Element) -> None:
        if self._map_label in _MAPS:
            count = len(structure.findall(f"{{{METS}}}div"))
            if count != 1:
                self._say("CSIP84", structure, value=str(count))
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
            self._breaches(check_software(self._agents))
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
        elif not self._maps:
            self._say("CSIP82")
        self._check_references()
        if self._root_level:
            self._check_representations()
            if self._regime is not TT05:
                self._breaches(check_profile(self._header()))

    def _header(self) -> HeaderFacts:
        return HeaderFacts(
            profile=self.facts.head.profile,
            package_type=self.facts.head.package_type,
            record_status=self._record_status,
            record_ids=self._record_ids,
            agents=tuple(self._agents),
            sections=self._counts.get("dmdSec", 0),
            seen=self._has_md,
        )

    def _breaches(self, breaches: Iterable[Breach]) -> None:
        for found in breaches:
            self._say(found.rule, value=found.value, severity=Severity.WARNING if found.warns else None)

    def _check_references(self) -> None:
        for reference in self._ids.unresolved():
            if not reference.rule:
                self._log.add(kinds.METS_UNRESOLVED.at(reference.place, identifier=reference.identifier[:200]))
                continue
            weight = Severity.WARNING if reference.rule == "CSIP108" else None
            self._log.add(
                breach(reference.rule, reference.place, self._regime, value=reference.identifier, severity=weight)
            )

    def _check_representations(self) -> None:
        if self._fixity is None or not self._maps:
            return
        for name in representation_names(set(self._package.directories())):
            path = f"representations/{name}/METS.xml"
            if self._package.size(path) is not None and path not in self.facts.pointers:
                self._say("CSIP105", value=name)

    def _require(self, element: str, node: etree._Element, *, of: etree._Element | None = None) -> None:
        for rule in BY_ELEMENT.get(element, ()):
            value = node.get(rule.attribute, "")
            if value.strip() and (not rule.values or value in rule.values):
                continue
            # METS takes xlink:type from the schema of XLink, where it is always “simple”
            given = rule.attribute == _LINK and rule.attribute not in node.attrib
            attribute = rule.attribute.replace(f"{{{CSIP}}}", "csip:").replace(f"{{{XLINK}}}", "xlink:")
            self._say(
                rule.id,
                node if of is None else of,
                value=value,
                attribute=attribute,
                element=element,
                severity=Severity.WARNING if given else None,
            )

    def _say(
        self,
        rule: str,
        node: etree._Element | None = None,
        *,
        value: str = "",
        attribute: str = "",
        element: str = "",
        severity: Severity | None = None,
    ) -> None:
        place = self.facts.place if node is None else self._place(node)
        shown = element or ("" if node is None or not attribute else local_name(node))
        self._log.add(
            breach(rule, place, self._regime, value=value, attribute=attribute, element=shown, severity=severity)
        )

    def _place(self, node: etree._Element) -> str:
        """Return file, element and line, for messages."""
        identifier = node.get("ID", "")
        shown = f"{local_name(node)}[@ID='{identifier[:100]}']" if identifier else local_name(node)
        return f"{self.facts.place}: {shown} (line {node.sourceline})" if node.sourceline else self.facts.place

    def _follow(self, location: etree._Element, described: etree._Element, above: str) -> str | None:
        """Find what a reference points to and compare size and checksum; return its path inside the package."""
        href = location.get(_HREF, "")
        if self._fixity is None or not href:
            return None
        found = resolve(self._package, self.facts.folder, href)
        source = f"CSIP {self._regime.version} {_LOCATION_RULES.get(above, 'CSIP79')}"
        if not found.path:
            kind = kinds.REFERENCE_OUTSIDE if found.outside else kinds.REFERENCE_MISSING
            shown = href if found.outside else unquote(href)
            self._log.add(kind.at(self._place(described), href=shown[:300], source=source))
            return None
        if not found.spelled:
            self._log.add(
                kinds.REFERENCE_SPELLING.at(
                    self._place(described), href=href[:300], path=self._package.at(found.path), source=source
                )
            )
        self.facts.referenced.add(found.path)
        self._compare(found.path, described)
        return found.path

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
