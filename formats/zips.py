"""ZIP archives: members within limits, safe names, sound data."""

import re
import stat
from collections.abc import Iterable

from formats import findings as kinds
from formats import xmltools
from formats.content import Content
from formats.zipreader import DEFLATED, STORED, Archive, Member, ZipDamage, read_archive
from model.text import N_

VALIDATOR = "chauban zip"
VERSION = "1"
RATIO = 200
"""Unpacked over packed bytes, once more than `RATIO_FROM` would be unpacked."""
RATIO_FROM = 16 << 20
LARGEST = 16 << 30
"""Bytes unpacked from one archive for checking."""
_MANIFEST = "META-INF/manifest.xml"
_DRIVE = re.compile(r"[A-Za-z]:")
_REPORTED = 20


def validate(content: Content) -> None:
    """Check directory, names, encryption, limits and every member's CRC.

    Source:
        APPNOTE.TXT 4.3, 4.4; ISO/IEC 21320-1 for names
    """
    archive = open_archive(content)
    if archive is None:
        return
    check_names(content, archive.members)
    if _MANIFEST in archive.by_name:
        check_manifest(content, archive)
    check_members(content, archive)


def extract(content: Content, limit: int) -> str:
    """Return the names of the members, one a line: what an archive says of itself."""
    archive = content.shared if isinstance(content.shared, Archive) else read_archive(content.view)
    names: list[str] = []
    length = 0
    for member in archive.members:
        names.append(member.name)
        length += len(member.name)
        if length > limit:
            break
    return "\n".join(names)


def open_archive(content: Content) -> Archive | None:
    """Read the directory; with a finding and none when that fails or the archive is a bomb."""
    content.ran(VALIDATOR, VERSION)
    try:
        archive = read_archive(content.view)
    except ZipDamage as damage:
        content.add(kinds.DAMAGED, detail=damage)
        return None
    content.shared = archive
    unpacked = sum(member.size for member in archive.members)
    packed = sum(member.packed for member in archive.members)
    if unpacked > RATIO_FROM and unpacked > RATIO * max(packed, 1):
        content.add(kinds.BOMB, detail=f"{packed} B → {unpacked} B")
        return None
    if _overlap(archive.members):
        content.add(kinds.BOMB, detail=N_("members lie over one another"))
        return None
    return archive


def check_members(content: Content, archive: Archive) -> None:
    """Unpack every member without keeping it, and compare length and CRC."""
    if any(member.encrypted for member in archive.members):
        content.add(kinds.ENCRYPTED, detail=N_("ZIP members need a password"))
        return
    if sum(member.size for member in archive.members) > LARGEST:
        content.add(kinds.TOO_LARGE, what=N_("what the archive unpacks to"), limit=f"{LARGEST >> 30} GiB")
        return
    unknown: set[int] = set()
    for member in archive.members:
        if member.method not in (STORED, DEFLATED):
            unknown.add(member.method)
            continue
        if member.name in archive.kept:
            continue
        try:
            for _chunk in archive.chunks(member):
                pass
        except ZipDamage as damage:
            content.add(kinds.DAMAGED, detail=damage)
            break
    if unknown:
        methods = ", ".join(map(str, sorted(unknown)))
        content.add(kinds.NOT_CHECKED, why=f"{N_('ZIP compression methods that are not supported')}: {methods}")


def check_names(content: Content, members: Iterable[Member]) -> None:
    """Refuse names that leave the folder they are unpacked to, links, and one name twice."""
    seen: set[str] = set()
    found = 0
    for member in members:
        why = unsafe(member.name)
        if not why and stat.S_ISLNK(member.mode):
            why = N_("symbolic link")
        elif not why and member.name in seen:
            why = N_("the name occurs twice")
        seen.add(member.name)
        if why and found < _REPORTED:
            found += 1
            content.add(kinds.UNSAFE_MEMBER, member=member.name, why=why)


def unsafe(name: str) -> str:
    """Return why a member's name is unsafe; empty when it is not."""
    parts = name.replace("\\", "/").split("/")
    if not name.strip():
        return N_("empty name")
    if name.startswith(("/", "\\")):
        return N_("absolute path")
    if _DRIVE.match(name):
        return N_("drive letter")
    if ".." in parts:
        return N_("climbs out of the folder")
    if parts[-1] == "." or parts[0] == ".." or "\x00" in name:
        return N_("not a file name")
    return ""


def check_manifest(content: Content, archive: Archive) -> None:
    """Look at the manifest of an ASiC or OpenDocument package: its paths, and encryption."""
    try:
        data = archive.read(_MANIFEST)
    except ZipDamage as damage:
        content.add(kinds.DAMAGED, detail=damage)
        return
    root = xmltools.parse(content, data, _MANIFEST)
    if root is None:
        return
    for entry in root.iter("{*}file-entry"):
        path = next((value for key, value in entry.attrib.items() if str(key).endswith("full-path")), "")
        why = "" if path == "/" else unsafe(str(path))
        if why:
            content.add(kinds.UNSAFE_MEMBER, member=path, why=f"{N_('in the manifest')}: {why}")
            return
    if next(root.iter("{*}encryption-data"), None) is not None:
        content.add(kinds.ENCRYPTED, detail=N_("OpenDocument encryption"))


def _overlap(members: Iterable[Member]) -> bool:
    """Tell whether packed data of members overlap, which no honest program writes."""
    end = 0
    for member in sorted(members, key=lambda one: one.offset):
        if member.offset < end:
            return True
        end = member.offset + 30 + len(member.raw) + member.packed
    return False
