"""What Circular 05/2025 says about METS beyond CSIP, seen while the METS file passes by.

Source:
    Circular 05/2025/TT-BNV, Annexes I to V: METS of the package and of the representation
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from model.findings import FindingKind, Severity
from preservation.package import tt05_findings as kinds
from preservation.package.eark_requirements import CSIP, METS
from preservation.package.safexml import local_name
from preservation.package.tree import PathSet
from preservation.package.tt05_elements import ARCHIVAL, DISSEMINATION, SUBMISSION

_UUID = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
_PLAIN_OBJID = re.compile(f"uuid-({_UUID})")
_URN_OBJID = re.compile(f"urn:uuid:({_UUID})|urn:([^:]+):uuid[-:]({_UUID})")
_SECTION_ID, _FILE_ID = re.compile(f"uuid-({_UUID})"), re.compile(f"ID-({_UUID})")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+07:00")
_STATUSES = ("NEW", "SUPPLEMENT", "REPLACEMENT", "TEST", "OTHER")
_CATEGORIES = {DISSEMINATION: ("MIXED",)}
_PROFILES = {
    SUBMISSION: "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml",
    ARCHIVAL: "http://www.ra.ee/METS/v01/IP.xml",
    DISSEMINATION: "https://earkdip.dilcis.eu/profile/E-ARK-DIP.xml",
}
_REPRESENTATION_PROFILE = _PROFILES[SUBMISSION]
_ROOT_GROUPS = ("Schemas", "Documentation", "Representations/rep1")
_DATA_GROUPS = ("Data", "Holeyfile")
_ROOT_DIVISIONS = ("Metadata", "Documentation", "Schemas", "Representations")
_DATA_DIVISIONS = ("Metadata", "Data", "MetadataLink", "AttachmentFile", "Documentation", "Schemas")


@dataclass(slots=True, kw_only=True)
class PackageFacts:
    """What the METS files of a package tell together."""

    objid: str = ""
    fonds: str = ""
    """Code of the fonds, from the header or from OBJID."""
    registration: str = ""
    """Registration code of the transfer."""
    links: int = 0
    """Divisions that link a document with its files, and files that name their description."""
    linked: PathSet = field(default_factory=PathSet)
    """Paths of descriptions and files that are linked."""


class Tt05Mets:
    """Watches one METS file of a package."""

    def __init__(
        self,
        package_type: str,
        place: str,
        facts: PackageFacts,
        notes: kinds.Gathered,
        *,
        root: bool,
        weight: Severity | None,
    ) -> None:
        """`weight` replaces what the findings weigh, when given; `root`: METS of the package."""
        self._type = package_type
        self._place = place
        self._facts = facts
        self._notes = notes
        self._root = root
        self._weight = weight
        self._groups: set[str] = set()
        self._divisions: set[str] = set()
        self._sections: dict[int, int] = {}
        self._files: dict[int, int] = {}
        self._starts: dict[str, Callable[[etree._Element], None]] = {
            "mets": self._start_mets,
            "metsHdr": self._start_header,
            "dmdSec": self._start_section,
            "digiprovMD": self._start_section,
            "mdRef": self._start_reference,
            "file": self._start_file,
            "fileGrp": self._start_group,
        }
        self._ends: dict[str, Callable[[etree._Element], None]] = {
            "metsHdr": self._end_header,
            "mets": self._end_mets,
        }

    def start(self, name: str, element: etree._Element) -> None:
        """See the start of an element, with its attributes."""
        method = self._starts.get(name)
        if method is not None:
            method(element)

    def located(self, element: etree._Element, path: str) -> None:
        """Remember by its identifier which file a section or a `file` stands for."""
        if element.tag == f"{{{METS}}}file":
            identifier = element.get("ID", "")
            self._files[hash(identifier)] = hash(path)
            self._link_by_file(element, path)
            return
        section = element.getparent()
        if section is not None and section.get("ID"):
            self._sections[hash(section.get("ID"))] = hash(path)

    def end(self, name: str, element: etree._Element, depth: int) -> None:
        """See the end of an element, with what is in it."""
        if name == "div":
            self._end_div(element, depth)
            return
        method = self._ends.get(name)
        if method is not None:
            method(element)

    def _say(self, kind: FindingKind, **args: str) -> None:
        self._notes.add(kind, kind.at(self._place, severity=self._weight, **args))

    def _start_mets(self, mets: etree._Element) -> None:
        profile, category = mets.get("PROFILE", ""), mets.get("TYPE", "")
        expected = _PROFILES[self._type] if self._root else _REPRESENTATION_PROFILE
        if profile and profile != expected:
            self._say(kinds.PROFILE, value=profile[:200], known=expected)
        known = _CATEGORIES.get(self._type, ("Mixed", "Collection"))
        if category and category.lower() not in [word.lower() for word in known]:
            self._say(kinds.CONTENT_CATEGORY, value=category[:100], known=", ".join(known))
        if self._root:
            self._facts.objid = mets.get("OBJID", "")
            self._check_objid(self._facts.objid)

    def _check_objid(self, objid: str) -> None:
        pattern = _URN_OBJID if self._type == ARCHIVAL else _PLAIN_OBJID
        match = pattern.fullmatch(objid)
        if match is None:
            form = "urn:uuid:{UUID}" if self._type == ARCHIVAL else "uuid-{UUID}"
            self._say(kinds.OBJID, value=objid[:200], form=form)
            return
        groups = match.groups()
        if self._type == ARCHIVAL and groups[1]:
            self._facts.fonds = self._facts.fonds or groups[1]
        self._check_case("OBJID", next(group for group in (groups[0], *groups[2:]) if group))

    def _check_case(self, attribute: str, value: str) -> None:
        if value != value.upper():
            shown = "…" if attribute != "OBJID" else value
            self._say(kinds.LETTER_CASE, attribute=attribute, value=shown)

    def _start_header(self, header: etree._Element) -> None:
        self._check_time(header, "CREATEDATE")
        status = header.get("RECORDSTATUS", "")
        if status and status not in _STATUSES:
            self._say(kinds.RECORD_STATUS, value=status[:50], known=", ".join(_STATUSES))

    def _check_time(self, element: etree._Element, attribute: str) -> None:
        value = element.get(attribute, "")
        if value and _TIME.fullmatch(value) is None:
            self._say(kinds.TIME_FORM, attribute=attribute, element=local_name(element))

    def _start_section(self, section: etree._Element) -> None:
        self._check_identifier(section, _SECTION_ID, "uuid-{UUID}")

    def _check_identifier(self, element: etree._Element, pattern: re.Pattern[str], form: str) -> None:
        match = pattern.fullmatch(element.get("ID", ""))
        if match is None:
            self._say(kinds.IDENTIFIER_FORM, element=local_name(element), form=form)
        else:
            self._check_case("ID", match[1])

    def _start_reference(self, reference: etree._Element) -> None:
        self._check_facts(reference)
        section = reference.getparent()
        kind = reference.get("MDTYPE", "")
        if section is not None and section.tag == f"{{{METS}}}dmdSec" and kind not in ("DC", "OTHER", ""):
            self._say(kinds.METADATA_TYPE, value=kind[:50])

    def _start_file(self, file: etree._Element) -> None:
        self._check_identifier(file, _FILE_ID, "ID-{UUID}")
        self._check_facts(file)

    def _check_facts(self, element: etree._Element) -> None:
        """Check what an `mdRef` or `file` says about the file itself."""
        self._check_time(element, "CREATED")
        algorithm = element.get("CHECKSUMTYPE", "")
        if algorithm and algorithm != "SHA-256":
            self._say(kinds.CHECKSUM_TYPE, algorithm=algorithm[:20])
        checksum = element.get("CHECKSUM", "")
        if checksum != checksum.upper():
            self._check_case("CHECKSUM", checksum)

    def _start_group(self, group: etree._Element) -> None:
        use = group.get("USE", "")
        self._groups.add(use)
        known = _ROOT_GROUPS if self._root else _DATA_GROUPS
        if use and use not in (*_ROOT_GROUPS, *_DATA_GROUPS) and not use.startswith("Representations/"):
            self._say(kinds.FILE_GROUP, value=use[:100], known=", ".join(known))

    def _end_header(self, header: etree._Element) -> None:
        if not self._root:
            return
        self._facts.fonds = _fonds_of(header) or self._facts.fonds
        for number in header.iterfind(f"{{{METS}}}altRecordID"):
            if number.get("TYPE") == "SUBMISSIONAGREEMENT":
                self._facts.registration = (number.text or "").strip()
        if not self._facts.fonds:
            self._say(kinds.FONDS_CODE)
        if self._type == SUBMISSION and not self._facts.registration:
            self._say(kinds.REGISTRATION_CODE)

    def _end_div(self, div: etree._Element, depth: int) -> None:
        label = div.get("LABEL", "")
        if depth == 2:
            self._divisions.add(label)
            known = _ROOT_DIVISIONS if self._root else _DATA_DIVISIONS
            if label not in known and not label.startswith("Representations/"):
                self._say(kinds.DIVISION, value=label[:100])
        if label == "AttachmentFile" or label.startswith("MetadataLink"):
            self._end_link(div, label)

    def _end_link(self, div: etree._Element, label: str) -> None:
        pointers = [
            pointer.get("FILEID", "") for pointer in div.iterchildren(f"{{{METS}}}fptr") if pointer.get("FILEID")
        ]
        sections = div.get("DMDID", "").split()
        if label == "MetadataLink/File":
            self._facts.links += 1
            wanted = {"DMDID": sections, "fptr": pointers}
            if self._type == ARCHIVAL:
                wanted["ADMID"] = div.get("ADMID", "").split()
            for missing in (name for name, found in wanted.items() if not found):
                self._say(kinds.LINK_INCOMPLETE, missing=missing)
        for identifier in pointers:
            self._facts.linked.add_hash(self._files.get(hash(identifier), 0))
        if pointers:
            for identifier in sections:
                self._facts.linked.add_hash(self._sections.get(hash(identifier), 0))

    def _link_by_file(self, file: etree._Element, path: str) -> None:
        """Follow a `file` that names its own description (CSIP75)."""
        for identifier in file.get("DMDID", "").split():
            section = self._sections.get(hash(identifier))
            if section is not None:
                self._facts.links += 1
                self._facts.linked.add_hash(section)
                self._facts.linked.add(path)

    def _end_mets(self, _mets: etree._Element) -> None:
        needed = ("Schemas", "Representations") if self._root else ("Data",)
        for use in needed:
            if not any(group == use or group.startswith(f"{use}/") for group in self._groups):
                self._say(kinds.FILE_GROUP_MISSING, value=use)
        if self._root:
            return
        for label in ("Data", "MetadataLink"):
            if label not in self._divisions and not (label == "MetadataLink" and self._facts.links):
                self._say(kinds.DIVISION_MISSING, value=label)


def _fonds_of(header: etree._Element) -> str:
    """Return the code of the fonds: that of the agent with the role of the archive, else the first one given."""
    first = ""
    for agent in header.iterchildren(f"{{{METS}}}agent"):
        for note in agent.iterchildren(f"{{{METS}}}note"):
            code = (note.text or "").strip()
            if note.get(f"{{{CSIP}}}NOTETYPE") == "IDENTIFICATIONCODE" and code:
                if agent.get("ROLE") == "ARCHIVIST":
                    return code
                first = first or code
    return first
