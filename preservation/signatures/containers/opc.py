"""Office packages (Open Packaging Conventions): content types, relationships and the transform that signs these.

Source:
    ISO/IEC 29500-2:2021, 6.2 (parts), 6.5 (relationships), 7.2.3 (content types), 10.6 (relationships transform)
"""

from dataclasses import dataclass
from posixpath import normpath
from urllib.parse import unquote

from lxml import etree

from model.text import N_
from preservation.signatures.containers import findings as kinds
from preservation.signatures.containers.container import Container, ContainerFault
from preservation.signatures.containers.names import CONTENT_TYPES
from preservation.signatures.xml import names
from preservation.signatures.xml.document import XmlFault, read_document

RELATIONSHIP_TRANSFORM = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
RELATIONSHIPS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
SIGNATURE_TYPES = "application/vnd.openxmlformats-package.digital-signature-"
SIGNATURE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/"
DIGITAL_SIGNATURE = "http://schemas.openxmlformats.org/package/2006/digital-signature"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_PART_LIMIT = 16 << 20
"""Bytes of a table of content types or relationships."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """One link from a part, or from the package."""

    id: str
    type: str
    target: str
    """Entry it leads to; the address as written when it leads out of the package."""
    external: bool = False


class Package:
    """The parts of an Office package."""

    def __init__(self, container: Container) -> None:
        """Read the content types.

        Raises:
            ContainerFault: they are missing or cannot be read.
        """
        self.container = container
        self._folded = {name.lower(): name for name in container.names}
        self._defaults: dict[str, str] = {}
        self._overrides: dict[str, str] = {}
        for element in _parse(container, CONTENT_TYPES):
            kind = element.get("ContentType", "").strip()
            if names.named(element, "Default", (_TYPES,)):
                self._defaults.setdefault(element.get("Extension", "").lower(), kind)
            elif names.named(element, "Override", (_TYPES,)):
                self._overrides.setdefault(unquote(element.get("PartName", "")).lower(), kind)

    def entry(self, part: str) -> str | None:
        """Return the entry of a part, by its name with a leading slash; part names do not tell letter case apart."""
        plain = part.lstrip("/")
        return self._folded.get(plain.lower()) or self._folded.get(unquote(plain).lower())

    def content_type(self, entry: str) -> str:
        """Return the content type of an entry; empty when it has none."""
        known = self._overrides.get("/" + entry.lower())
        return self._defaults.get(entry.rpartition(".")[2].lower(), "") if known is None else known

    def relationships(self, table: str) -> tuple[Relationship, ...]:
        """Return the links of a relationships part, by its entry.

        Raises:
            ContainerFault: it cannot be read.
        """
        base = source_of(table).rpartition("/")[0]
        return tuple(
            self._relationship(element, base)
            for element in names.children(_parse(self.container, table), "Relationship", (_RELATIONSHIPS,))
        )

    def _relationship(self, element: etree._Element, base: str) -> Relationship:
        target = element.get("Target", "")
        external = element.get("TargetMode", "Internal").lower() == "external"
        path = target.partition("#")[0].partition("?")[0]
        joined = path if path.startswith("/") else f"/{base}/{path}"
        entry = None if external or not path else self.entry(normpath(joined))
        return Relationship(
            id=element.get("Id", ""), type=element.get("Type", ""), target=entry or target, external=external
        )


def relations_of(entry: str) -> str:
    """Return the entry of the relationships part of a part; of the package for an empty name."""
    folder, _, name = entry.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


def source_of(table: str) -> str:
    """Return the entry whose links a relationships part holds; empty for the package."""
    folder, _, name = table.rpartition("/")
    parent = folder.removesuffix("_rels").rstrip("/")
    bare = name.removesuffix(".rels")
    return f"{parent}/{bare}" if parent and bare else bare


def is_relations(entry: str) -> bool:
    """Whether an entry holds relationships."""
    folder, _, name = entry.lower().rpartition("/")
    return name.endswith(".rels") and folder.rpartition("/")[2] == "_rels"


def selectors(transform: etree._Element) -> tuple[frozenset[str], frozenset[str]]:
    """Return the ids and the types of the links a relationships transform keeps."""
    ids = names.children(transform, "RelationshipReference", (DIGITAL_SIGNATURE,))
    types = names.children(transform, "RelationshipsGroupReference", (DIGITAL_SIGNATURE,))
    return (
        frozenset(element.get("SourceId", "") for element in ids),
        frozenset(element.get("SourceType", "") for element in types),
    )


def relationship_transform(content: bytes, transform: etree._Element) -> bytes:
    """Return a relationships part with the signed links only, sorted, with explicit target modes.

    Source:
        ISO/IEC 29500-2:2021, 10.6 (relationships transform algorithm)
    """
    root = read_document(content, limit=_PART_LIMIT).root
    ids, types = selectors(transform)
    kept = [
        element
        for element in names.children(root, "Relationship", (_RELATIONSHIPS,))
        if element.get("Id", "") in ids or element.get("Type", "") in types
    ]
    kept.sort(key=lambda element: element.get("Id", "").encode("utf-16-be"))
    for child in list(root):
        root.remove(child)
    root.text = None
    for element in kept:
        for child in list(element):
            element.remove(child)
        element.text = element.tail = None
        if element.get("TargetMode") is None:
            element.set("TargetMode", "Internal")
        root.append(element)
    return bytes(etree.tostring(root, encoding="utf-8"))


def _parse(container: Container, entry: str) -> etree._Element:
    try:
        return read_document(container.read(entry, _PART_LIMIT), location=entry, limit=_PART_LIMIT).root
    except XmlFault as fault:
        reason = N_("it is not readable XML")
        raise ContainerFault(kinds.ENTRY_DAMAGED.at(entry, name=entry, reason=reason)) from fault
