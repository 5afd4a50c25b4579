"""Office Open XML: package, main part, macros, embedded files, and text.

Source:
    ISO/IEC 29500-2 (Open Packaging Conventions), ISO/IEC 29500-1
"""

import posixpath
import re
from collections.abc import Iterator

from lxml import etree

from formats import findings as kinds
from formats import ole, vietnamese, xmltools, zips
from formats.content import Content
from formats.zipreader import Archive, ZipDamage
from model.text import N_

_TYPES = "[Content_Types].xml"
_RELS = "_rels/.rels"
_MAIN = "/officeDocument"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WS = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LARGEST_PART = 64 << 20
_WORD_PARTS = re.compile(r"word/(?:header|footer|footnotes|endnotes|comments)\d*\.xml")
_SLIDES = re.compile(r"ppt/(?:slides/slide|notesSlides/notesSlide)(\d+)\.xml")
_LEGACY = re.compile(rb"[\"'](?:\.Vn|VNI)")
_SHEETS = re.compile(r"xl/worksheets/sheet(\d+)\.xml")


def validate(content: Content) -> None:
    """Check the package: content types, relationships, main part, every member's CRC."""
    if content.view[:8] == _OLE_MAGIC:
        ole.validate(content)
        return
    archive = zips.open_archive(content)
    if archive is None:
        return
    zips.check_names(content, archive.members)
    zips.check_members(content, archive)
    if not content.found("format.encrypted", "format.damaged"):
        _package(content, archive)
    _risks(content, archive)


def extract(content: Content, limit: int) -> str:
    """Return the text of document, sheets or slides."""
    archive = content.shared if isinstance(content.shared, Archive) else None
    if archive is None:
        return ""
    parts: list[str] = []
    length = 0
    for piece in _pieces(archive):
        parts.append(piece)
        length += len(piece)
        if length > limit * 2:
            break
    return "\n".join(parts)


def _package(content: Content, archive: Archive) -> None:
    for required in (_TYPES, _RELS):
        if required not in archive.by_name:
            content.add(kinds.DAMAGED, detail=f"{N_('a part is missing')}: {required}")
            return
    if xmltools.parse(content, archive.read(_TYPES), _TYPES) is None:
        return
    relations = xmltools.parse(content, archive.read(_RELS), _RELS)
    if relations is None:
        return
    main = _main_part(relations)
    if not main or main not in archive.by_name:
        content.add(kinds.DAMAGED, detail=N_("the main part is missing"))
    elif archive.by_name[main].size > _LARGEST_PART:
        content.add(kinds.TOO_LARGE, what=main, limit=f"{_LARGEST_PART >> 20} MiB")
    elif not main.endswith(".bin"):
        xmltools.parse(content, archive.read(main), main)


def _main_part(relations: etree._Element) -> str:
    for relation in relations.iter("{*}Relationship"):
        if str(relation.get("Type", "")).endswith(_MAIN):
            return posixpath.normpath(str(relation.get("Target", "")).lstrip("/"))
    return ""


def _risks(content: Content, archive: Archive) -> None:
    names = [member.name for member in archive.members]
    if any(name.endswith("vbaProject.bin") for name in names):
        content.add(kinds.ACTIVE, detail=N_("macros (VBA)"))
    embedded = [name for name in names if "/embeddings/" in name and not name.endswith("/")]
    if embedded:
        content.add(kinds.EMBEDDED, detail=", ".join(embedded[:10]))


def _pieces(archive: Archive) -> Iterator[str]:
    if "word/document.xml" in archive.by_name:
        yield from _word(archive)
    elif "xl/workbook.xml" in archive.by_name:
        yield from _sheets(archive)
    else:
        slides = sorted(
            (int(match[1]), name) for name in archive.by_name if (match := _SLIDES.fullmatch(name)) is not None
        )
        for _, name in slides:
            yield from _paragraphs(archive, name, "{*}p", "{*}t")


def _word(archive: Archive) -> Iterator[str]:
    names = ["word/document.xml", *sorted(name for name in archive.by_name if _WORD_PARTS.fullmatch(name))]
    usual = _usual_font(archive)
    for name in names:
        root = _part(archive, name)
        if root is not None:
            legacy = bool(usual) or _LEGACY.search(archive.read(name, _LARGEST_PART)) is not None
            yield word_text(root, usual, legacy=legacy)


def _usual_font(archive: Archive) -> str:
    """Return the document's default font when it is a legacy Vietnamese one."""
    if not _LEGACY.search(archive.read("word/styles.xml", _LARGEST_PART)):
        return ""
    root = _part(archive, "word/styles.xml")
    for style in root.iter("{*}docDefaults", "{*}style") if root is not None else ():
        if str(style.tag).endswith("docDefaults") or "1" in style.attrib.values():
            for fonts in style.iter("{*}rFonts"):
                for value in fonts.attrib.values():
                    if str(value).startswith((".Vn", "VNI")):
                        return str(value)
    return ""


def word_text(root: etree._Element, usual: str, *, legacy: bool) -> str:
    """Return the text of a WordprocessingML part, a line per paragraph; legacy fonts decoded when there are any."""
    space = _WS if str(root.tag).startswith(_WS) else _W
    parts: list[str] = []
    add = parts.append
    text_tag = f"{space}t"
    breaks = {f"{space}p": "\n", f"{space}br": "\n", f"{space}cr": "\n", f"{space}tab": "\t", f"{space}tc": "\t"}
    for element in root.iter(text_tag, *breaks):
        if element.tag == text_tag:
            text = element.text or ""
            parent = element.getparent() if legacy else None
            add(text if parent is None else vietnamese.by_font(text, _font(parent, space) or usual))
        else:
            add(breaks[str(element.tag)])
    return "".join(parts)


def _font(run: etree._Element, space: str) -> str:
    fonts = run.find(f"{space}rPr/{space}rFonts")
    if fonts is None:
        return ""
    return str(fonts.get(f"{space}ascii") or fonts.get(f"{space}hAnsi") or "")


def _sheets(archive: Archive) -> Iterator[str]:
    workbook = _part(archive, "xl/workbook.xml")
    if workbook is not None:
        yield "\n".join(str(sheet.get("name", "")) for sheet in workbook.iter("{*}sheet"))
    yield from _paragraphs(archive, "xl/sharedStrings.xml", "{*}si", "{*}t")
    sheets = sorted((int(match[1]), name) for name in archive.by_name if (match := _SHEETS.fullmatch(name)) is not None)
    for _, name in sheets:
        if b"inlineStr" in archive.read(name, _LARGEST_PART):
            yield from _paragraphs(archive, name, "{*}is", "{*}t")


def _paragraphs(archive: Archive, name: str, paragraph: str, run: str) -> Iterator[str]:
    root = _part(archive, name)
    if root is not None:
        for block in root.iter(paragraph):
            text = "".join(element.text or "" for element in block.iter(run))
            if text:
                yield text


def _part(archive: Archive, name: str) -> etree._Element | None:
    try:
        data = archive.read(name, _LARGEST_PART)
    except ZipDamage:
        return None
    return xmltools.parses(data) if data else None
