"""What METS tells about a package: who made it, what describes it, and which files belong to which description.

One streaming pass over each METS file; nothing is followed out of the package.
"""

from dataclasses import dataclass, field

from lxml import etree

from ingest.packages.findings import METS_BROKEN, METS_TOO_LARGE, SAME_ID
from model.errors import InputError
from model.findings import FindingLog
from preservation.package.eark_requirements import CSIP, METS, XLINK
from preservation.package.fixity import algorithm_named
from preservation.package.references import resolve
from preservation.package.safexml import XmlFault, forget, local_name, walk
from preservation.package.tree import SubTree

METS_FILES = 1000
"""METS files of one package that are read."""
_HEADER_ITEMS = 200
_TEXT = 2000
_HREF = f"{{{XLINK}}}href"
_NOTE_TYPE = f"{{{CSIP}}}NOTETYPE"
_LOOKED_AT = tuple(
    f"{{{METS}}}{name}" for name in ("mets", "metsHdr", "dmdSec", "mdRef", "file", "fileGrp", "div", "amdSec")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetsAgent:
    """A person, organisation or program that METS names."""

    role: str
    type: str
    name: str
    code: str
    """Note of type IDENTIFICATIONCODE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A file of descriptive metadata that METS refers to."""

    path: str
    mdtype: str


@dataclass(slots=True, kw_only=True)
class PackageFacts:
    """What all METS files of a package say together."""

    objid: str = ""
    label: str = ""
    profile: str = ""
    package_type: str = ""
    record_status: str = ""
    agents: list[MetsAgent] = field(default_factory=list)
    record_ids: list[tuple[str, str]] = field(default_factory=list)
    """Type and value of each altRecordID."""
    sections: list[Section] = field(default_factory=list)
    """In the order of the METS files, the package's first."""
    files_of: dict[str, list[str]] = field(default_factory=dict)
    """Paths of content files by the path of the description that METS links them with."""
    algorithms: tuple[str, ...] = ()
    """Digest algorithms that METS uses, as hashlib names them."""

    def record_id(self, kind: str) -> str:
        """Return the value of an altRecordID; empty when there is none."""
        return next((value for name, value in self.record_ids if name.upper() == kind), "")


def read_structure(package: SubTree, limit: int, log: FindingLog) -> PackageFacts:
    """Read every METS file of a package: its own, those it points to, and those of representations.

    Args:
        package: the tree seen from the package's root folder.
        limit: things that all of them may list together.
        log: what could not be read is noted there.
    """
    facts = PackageFacts()
    reader = _Reader(package, facts, limit, log)
    todo = ["METS.xml"]
    todo += [
        path
        for path, _size in package.files()
        if path.count("/") == 2 and path.startswith("representations/") and path.endswith("/METS.xml")
    ]
    done: set[str] = set()
    while todo and len(done) < METS_FILES:
        path = todo.pop(0)
        if path not in done and package.size(path) is not None:
            done.add(path)
            todo += reader.read(path)
    facts.algorithms = tuple(sorted(reader.algorithms))
    return facts


@dataclass(slots=True)
class _File:
    """The identifiers of one METS file: they mean nothing in another."""

    folder: str
    is_root: bool
    sections: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    links: list[tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)
    divisions: list[tuple[str, ...]] = field(default_factory=list)
    pointers: list[str] = field(default_factory=list)


class _Reader:
    def __init__(self, package: SubTree, facts: PackageFacts, limit: int, log: FindingLog) -> None:
        self._package = package
        self._facts = facts
        self._left = limit
        self._limit = limit
        self._log = log
        self.algorithms: set[str] = set()

    def read(self, path: str) -> list[str]:
        """Read one METS file; return the METS files it points to."""
        mets = _File(path.rpartition("/")[0], path == "METS.xml")
        place = self._package.at(path)
        try:
            with self._package.open(path) as stream:
                for event, element in walk(stream, tags=_LOOKED_AT):
                    if self._left <= 0:
                        self._log.add(METS_TOO_LARGE.at(place, limit=self._limit))
                        break
                    self._take(event, element, mets)
        except XmlFault as fault:
            self._log.add(METS_BROKEN.at(place, reason=fault.at("").message("en")))
        except InputError as error:
            self._log.add(METS_BROKEN.at(place, reason=error))
        self._join(mets)
        return mets.pointers

    def _take(self, event: str, element: etree._Element, mets: _File) -> None:
        name = local_name(element)
        if event == "start":
            if name == "mets" and mets.is_root:
                self._head(element)
            elif name == "div":
                own = tuple(element.get("DMDID", "").split())
                mets.divisions.append(own or (mets.divisions[-1] if mets.divisions else ()))
            return
        if name == "metsHdr":
            if mets.is_root:
                self._header(element)
        elif name == "dmdSec":
            self._section(element, mets)
        elif name == "file":
            self._file(element, mets)
        elif name == "div":
            self._division(element, mets)
            return
        if name not in ("mets", "mdRef"):
            forget(element)

    def _head(self, mets: etree._Element) -> None:
        facts = self._facts
        facts.objid, facts.profile = mets.get("OBJID", "")[:_TEXT], mets.get("PROFILE", "")[:_TEXT]
        facts.label = mets.get("LABEL", "")[:_TEXT]

    def _header(self, header: etree._Element) -> None:
        facts = self._facts
        facts.record_status = header.get("RECORDSTATUS", "")[:100].strip().upper()
        facts.package_type = header.get(f"{{{CSIP}}}OAISPACKAGETYPE", "")[:100]
        for agent in header.findall(f"{{{METS}}}agent")[:_HEADER_ITEMS]:
            notes = agent.findall(f"{{{METS}}}note")
            codes = [_text(note) for note in notes if note.get(_NOTE_TYPE) == "IDENTIFICATIONCODE"]
            name = agent.find(f"{{{METS}}}name")
            facts.agents.append(
                MetsAgent(
                    role=agent.get("OTHERROLE") or agent.get("ROLE") or "",
                    type=agent.get("OTHERTYPE") or agent.get("TYPE") or "",
                    name="" if name is None else _text(name),
                    code=codes[0] if codes else "",
                )
            )
        for item in header.findall(f"{{{METS}}}altRecordID")[:_HEADER_ITEMS]:
            facts.record_ids.append((item.get("TYPE", "")[:100], _text(item)))

    def _section(self, section: etree._Element, mets: _File) -> None:
        reference = section.find(f"{{{METS}}}mdRef")
        if reference is None:
            return
        self._algorithm(reference)
        path = resolve(self._package, mets.folder, reference.get(_HREF, "")).path
        if not path:
            return
        self._left -= 1
        self._facts.sections.append(
            Section(path=path, mdtype=reference.get("OTHERMDTYPE") or reference.get("MDTYPE") or "")
        )
        self._name(mets.sections, section.get("ID", ""), path)

    def _file(self, file: etree._Element, mets: _File) -> None:
        self._left -= 1
        self._algorithm(file)
        location = file.find(f"{{{METS}}}FLocat")
        href = "" if location is None else location.get(_HREF, "")
        path = resolve(self._package, mets.folder, href).path if href else ""
        if not path:
            return
        identifier = file.get("ID", "")
        self._name(mets.files, identifier, path)
        described = tuple(file.get("DMDID", "").split())
        if described:
            mets.links.append((described, (identifier,)))

    def _division(self, div: etree._Element, mets: _File) -> None:
        described = mets.divisions.pop() if mets.divisions else ()
        pointers = tuple(item.get("FILEID", "") for item in div.findall(f"{{{METS}}}fptr"))
        if described and pointers:
            self._left -= len(pointers)
            mets.links.append((described, pointers))
        for pointer in div.findall(f"{{{METS}}}mptr"):
            path = resolve(self._package, mets.folder, pointer.get(_HREF, "")).path
            if path and len(mets.pointers) < METS_FILES:
                mets.pointers.append(path)
        div.clear()
        parent = div.getparent()
        while parent is not None and (before := div.getprevious()) is not None and local_name(before) == "div":
            parent.remove(before)

    def _name(self, table: dict[str, str], identifier: str, path: str) -> None:
        if identifier and table.setdefault(identifier, path) != path:
            self._log.add(SAME_ID.at(identifier[:200], id=identifier[:200]))

    def _algorithm(self, element: etree._Element) -> None:
        stated = element.get("CHECKSUMTYPE", "")
        if stated and len(self.algorithms) < 8 and (name := algorithm_named(stated[:40])):
            self.algorithms.add(name)

    def _join(self, mets: _File) -> None:
        """Turn links between identifiers into links between paths."""
        for described, pointers in mets.links:
            paths = [mets.files[pointer] for pointer in pointers if pointer in mets.files]
            for identifier in described:
                section = mets.sections.get(identifier)
                if section is not None and paths:
                    held = self._facts.files_of.setdefault(section, [])
                    held += [path for path in paths if path not in held[-64:]]


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()[:_TEXT]
