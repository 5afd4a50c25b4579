"""OpenDocument: package, content, encryption, macros, and text.

Source:
    OASIS OpenDocument 1.3 part 2 (packages), sections 2.2, 3.3 and 3.4
"""

from lxml import etree

from formats import findings as kinds
from formats import xmltools, zips
from formats.content import Content
from formats.zipreader import Archive, ZipDamage
from model.text import N_

_LARGEST_PART = 64 << 20
_MIMETYPE = "mimetype"
_SPACERS = {"s": " ", "tab": "\t", "line-break": "\n"}


def validate(content: Content) -> None:
    """Check the package: manifest, content part, every member's CRC."""
    archive = zips.open_archive(content)
    if archive is None:
        return
    zips.check_names(content, archive.members)
    if "META-INF/manifest.xml" in archive.by_name:
        zips.check_manifest(content, archive)
    else:
        content.add(kinds.DAMAGED, detail=f"{N_('a part is missing')}: META-INF/manifest.xml")
    if content.found("format.encrypted"):
        return
    zips.check_members(content, archive)
    first = archive.members[0] if archive.members else None
    if first is None or first.name != _MIMETYPE or first.method:
        content.add(kinds.IRREGULAR, detail=N_("the first member is not an uncompressed mimetype"))
    if not content.found("format.encrypted", "format.damaged"):
        _content_part(content, archive)
    if any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in archive.by_name):
        content.add(kinds.ACTIVE, detail=N_("macros"))


def extract(content: Content, limit: int) -> str:
    """Return the text of paragraphs and headings, a line each."""
    archive = content.shared if isinstance(content.shared, Archive) else None
    if archive is None:
        return ""
    try:
        root = xmltools.parses(archive.read("content.xml", _LARGEST_PART))
    except ZipDamage:
        return ""
    lines: list[str] = []
    length = 0
    for block in root.iter("{*}p", "{*}h") if root is not None else ():
        line = _line(block)
        lines.append(line)
        length += len(line)
        if length > limit * 2:
            break
    return "\n".join(lines)


def _content_part(content: Content, archive: Archive) -> None:
    member = archive.by_name.get("content.xml")
    if member is None:
        content.add(kinds.DAMAGED, detail=f"{N_('a part is missing')}: content.xml")
    elif member.size > _LARGEST_PART:
        content.add(kinds.TOO_LARGE, what="content.xml", limit=f"{_LARGEST_PART >> 20} MiB")
    else:
        xmltools.parse(content, archive.read("content.xml"), "content.xml")


def _line(block: etree._Element) -> str:
    for spacer in block.iter("{*}s", "{*}tab", "{*}line-break"):
        spacer.text = _SPACERS[etree.QName(spacer).localname]
    return "".join(map(str, block.itertext()))
