"""EPUB publications: container, package document, and text.

Source:
    EPUB 3.3 (OCF) sections 4.2 and 5.6
"""

import posixpath

from lxml import etree

from formats import findings as kinds
from formats import html, xmltools, zips
from formats.content import Content
from formats.zipreader import Archive
from model.text import N_

_CONTAINER = "META-INF/container.xml"


def validate(content: Content) -> None:
    """Check mimetype, container, that the package document parses, and that what it lists is there."""
    archive = zips.open_archive(content)
    if archive is None:
        return
    zips.check_names(content, archive.members)
    zips.check_members(content, archive)
    if content.found("format.encrypted", "format.damaged"):
        return
    first = archive.members[0] if archive.members else None
    if first is None or first.name != "mimetype" or first.method:
        content.add(kinds.DAMAGED, detail=N_("the first member is not an uncompressed mimetype"))
    package = _package(content, archive)
    if package is not None:
        name, root = package
        _listed(content, archive, posixpath.dirname(name), root)


def extract(content: Content, limit: int) -> str:
    """Return the text of the publication's XHTML members in the order of the archive."""
    archive = content.shared if isinstance(content.shared, Archive) else None
    parts: list[str] = []
    length = 0
    for member in archive.members if archive else ():
        if archive is not None and member.name.lower().endswith((".xhtml", ".html", ".htm")) and length <= limit * 2:
            parts.append(html.text_of(archive.read(member.name), limit))
            length += len(parts[-1])
    return "\n".join(parts)


def _package(content: Content, archive: Archive) -> tuple[str, etree._Element] | None:
    if _CONTAINER not in archive.by_name:
        content.add(kinds.DAMAGED, detail=f"{N_('a part is missing')}: {_CONTAINER}")
        return None
    container = xmltools.parse(content, archive.read(_CONTAINER), _CONTAINER)
    if container is None:
        return None
    name = next((str(root.get("full-path", "")) for root in container.iter("{*}rootfile")), "")
    if name not in archive.by_name:
        content.add(kinds.DAMAGED, detail=N_("the package document is missing"))
        return None
    root = xmltools.parse(content, archive.read(name), name, known_dtd=True)
    return None if root is None else (name, root)


def _listed(content: Content, archive: Archive, folder: str, root: etree._Element) -> None:
    """Compare manifest and spine with the members."""
    identifiers: set[str] = set()
    for item in root.iter("{*}item"):
        identifiers.add(str(item.get("id", "")))
        target = str(item.get("href", ""))
        if "://" not in target and html.unquoted(posixpath.join(folder, target)) not in archive.by_name:
            content.add(kinds.DAMAGED, detail=f"{N_('a part is listed and missing')}: {target}")
    for reference in root.iter("{*}itemref"):
        if reference.get("idref") not in identifiers:
            content.add(
                kinds.DAMAGED,
                detail=f"{N_('the reading order names a part that is not listed')}: {reference.get('idref')}",
            )
    for element in ("title", "identifier", "language"):
        if next(root.iter("{http://purl.org/dc/elements/1.1/}" + element), None) is None:
            content.add(kinds.DAMAGED, detail=f"{N_('the metadata lack an element')}: dc:{element}")
