"""Reading finding aids: EAD3 as this archive writes it comes back whole, EAD3 and EAD 2002 of others as well as can be.

A component with no component in it is a document; the components around it are not kept apart.

Source:
    EAD3 1.1; EAD 2002; docs/format/aip-v1.md section 6.4.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from ingest.describe.titles import FORM, MORE, NUMBER_AND_NOTATION, SOURCE
from ingest.packages.foreign import access_level, date_range, language_codes
from model.elements import CASE_FILE_ELEMENTS, DOCUMENT_ELEMENTS
from preservation.package import findings as kinds
from preservation.package.references import resolve
from preservation.package.safexml import XmlFault, forget, local_name, walk
from preservation.package.tree import SubTree

EAD_LIMIT = 512 << 20
"""Bytes of one finding aid that are read."""
_LIVE = 200_000
"""Elements between two components."""
_DEEP = 64
_TEXT = 20_000
_COMPONENT = re.compile(r"c(?:0[1-9]|1[0-2])?")
_SPACE = re.compile(r"\s+")
_OUR_LABELS = frozenset(("fileCode", "docOrdinal"))
_PART_ORDER = "docOrdinal"
_CASE_LABELS = {element.name: element.attribute for element in CASE_FILE_ELEMENTS} | {
    "source": SOURCE,
    "fondsCode": "fonds_code",
}
_DOCUMENT_LABELS = {element.name: element.attribute for element in DOCUMENT_ELEMENTS} | {
    "codeNumber/codeNotation": NUMBER_AND_NOTATION,
    "form": FORM,
}
_CASE_TAGS = {
    "unittitle": "title",
    "unitid": "file_code",
    "origination": "agency_name",
    "abstract": "description",
    "scopecontent": "description",
}
_DOCUMENT_TAGS = {
    "unittitle": "subject",
    "unitid": "doc_code",
    "origination": "organ_name",
    "abstract": "description",
    "scopecontent": "description",
}
_LINKS = ("dao", "daoset", "daogrp", "daoloc")
_WITHIN = frozenset(("did", "dsc", "head"))
_DESCRIPTION_LIMIT = {"case": 2000, "document": 500}
_HREFS = ("href", "{http://www.w3.org/1999/xlink}href")

Document = tuple[dict[str, object], list[str], list[str]]
"""Cells, paths of files from the package's root, and references as they stand there."""


@dataclass(slots=True)
class _Gathered:
    """What is being read of one archival description or component."""

    labels: dict[str, str]
    tags: dict[str, str]
    limit: int
    cells: dict[str, object] = field(default_factory=dict)
    more: list[tuple[str, str]] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    dates: list[tuple[str, str]] = field(default_factory=list)
    hrefs: list[str] = field(default_factory=list)

    def take(self, element: etree._Element) -> None:
        """Take one child of `did`, or one note."""
        tag = local_name(element)
        label = element.get("label") or element.get("localtype") or ""
        text = _text(element)
        attribute = self.labels.get(label, "")
        if tag in _LINKS:
            self.hrefs += [href for part in element.iter(etree.Element) for name in _HREFS if (href := part.get(name))]
        elif label == "more" and tag == "odd":
            head = _child(element, "head")
            name = "" if head is None else _text(head)
            self.more.append((name, "\n".join(_text(part) for part in element if local_name(part) == "p")))
        elif attribute and text:
            self._put(attribute, text)
        elif label != _PART_ORDER:
            self._take_plain(element, tag, label, text)

    def _take_plain(self, element: etree._Element, tag: str, label: str, text: str) -> None:
        ends = date_range(element.get("normal") or text) if tag == "unitdate" else None
        if ends:
            self.dates.append(ends)
        elif tag == "langmaterial":
            codes = [part.get("langcode", "") for part in element.iter(etree.Element) if part.get("langcode")]
            self.languages += codes or ([text] if text else [])
        elif tag == "controlaccess":
            self.keywords += [_text(part) for part in element if isinstance(part.tag, str) and _text(part)]
        elif tag == "accessrestrict" and "mode" not in self.cells and (level := access_level(text)):
            self.cells["mode"] = level
        elif text and tag in self.tags and self.tags[tag] not in self.cells and self._fits(tag, text):
            self.cells[self.tags[tag]] = text
        elif text:
            self.more.append((label or tag, text))

    def _fits(self, tag: str, text: str) -> bool:
        return self.tags[tag] != "description" or len(text) <= self.limit

    def _put(self, attribute: str, text: str) -> None:
        if self.cells.setdefault(attribute, text) != text:
            self.more.append((attribute, text))

    def finish(self, starts: str, ends: str) -> dict[str, object]:
        """Return the cells."""
        if self.dates:
            self.cells.setdefault(starts, self.dates[0][0])
            if ends != starts:
                self.cells.setdefault(ends, self.dates[-1][1])
        if self.languages:
            self.cells.setdefault("languages", language_codes(self.languages))
        if self.keywords:
            self.cells.setdefault("keywords", self.keywords)
        if self.more:
            self.cells[MORE] = self.more
        return self.cells


class EadReader:
    """One finding aid, read from its file at every question, in bounded memory."""

    def __init__(self, package: SubTree, path: str) -> None:
        self.path = package.at(path)
        self._package = package
        self._inside = path
        self.is_ours = False
        """Whether it is written as this archive writes it; known once the case file was read."""

    def case_cells(self) -> dict[str, object]:
        """Return what the finding aid says of the whole.

        Raises:
            XmlFault: not well-formed, too large, or with a document type.
            InputError: it cannot be read.
        """
        gathered = _Gathered(_CASE_LABELS, _CASE_TAGS, _DESCRIPTION_LIMIT["case"])
        for name, element in self._parts():
            if name == "archdesc":
                self._gather(element, gathered)
        if not gathered.cells.get("agency_name"):
            for pair in [pair for pair in gathered.more if pair[0] == "repository"][:1]:
                gathered.cells["agency_name"] = pair[1]
                gathered.more.remove(pair)
        return gathered.finish("start_date", "end_date")

    def documents(self) -> Iterator[Document]:
        """Yield the documents.

        Raises:
            XmlFault: not well-formed, too large, or with a document type.
            InputError: it cannot be read.
        """
        folder = self._inside.rpartition("/")[0]
        for name, element in self._parts():
            if name == "archdesc":
                continue
            gathered = _Gathered(_DOCUMENT_LABELS, _DOCUMENT_TAGS, _DESCRIPTION_LIMIT["document"])
            self._gather(element, gathered)
            cells = gathered.finish("issued_date", "issued_date")
            found = [resolve(self._package, folder, href).path for href in gathered.hrefs]
            yield cells, [path for path in found if path], gathered.hrefs

    def _gather(self, element: etree._Element, gathered: _Gathered) -> None:
        did = _child(element, "did")
        for part in did if did is not None else ():
            if isinstance(part.tag, str):
                gathered.take(part)
                self.is_ours = self.is_ours or part.get("label") in _OUR_LABELS
        for part in element:
            if isinstance(part.tag, str) and local_name(part) not in _WITHIN and not _is_component(part):
                gathered.take(part)

    def _parts(self) -> Iterator[tuple[str, etree._Element]]:
        """Yield each component that holds no other, and at its end the description of the whole."""
        holding: list[bool] = []
        live = 0
        with self._package.open(self._inside) as stream:
            for event, element in walk(stream, limit=EAD_LIMIT):
                name = local_name(element)
                component = _COMPONENT.fullmatch(name) is not None
                if event == "start":
                    live += 1
                    if component and holding:
                        holding[-1] = True
                    if component:
                        holding.append(False)
                    if live > _LIVE or len(holding) > _DEEP:
                        raise XmlFault(kinds.XML_TOO_LARGE)
                elif component:
                    if not holding.pop():
                        yield "c", element
                    live -= min(live, 1 + sum(1 for _ in element.iter()))
                    forget(element)
                elif name == "archdesc":
                    yield name, element


def _is_component(element: etree._Element) -> bool:
    return _COMPONENT.fullmatch(local_name(element)) is not None


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((part for part in element if local_name(part) == name), None)


def _text(element: etree._Element) -> str:
    return _SPACE.sub(" ", " ".join(str(part) for part in element.itertext())).strip()[:_TEXT]
