"""The attachments of a message: what the manifest names, what is there, and what each of them really is.

Sending software packs most formats into a ZIP of one file with a random name and says so, or does not;
content decides, never a name.

Source:
    QCVN 102:2016/BTTTT, edXMLManifest and AttachmentEncoded.
"""

import stat
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.edxml import findings as kinds
from ingest.edxml.content import Contents, Shelf, Stored, bad_base64
from ingest.edxml.interpreting import EncodedEntry, ManifestEntry
from ingest.edxml.refusal import Refused
from ingest.edxml.values import Attachment
from ingest.sources.guards import damaged, member_path
from ingest.sources.naming import portable_paths
from ingest.sources.values import Limits
from ingest.sources.zip_reader import ZipMember, ZipReader
from model.errors import InputError
from model.findings import FindingLog
from model.text import N_
from preservation.package.edxml import begins_as_edxml

_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_NAMES = (
    *(".docx", ".xlsx", ".pptx", ".docm", ".xlsm", ".pptm", ".odt", ".ods", ".odp"),
    *(".asice", ".asics", ".sce", ".scs", ".epub", ".kmz", ".jar"),
)
"""Names of files that are ZIPs by themselves; unpacked only where they are labelled as packed."""
_ARCHIVES = ((b"Rar!\x1a\x07", 0), (b"7z\xbc\xaf\x27\x1c", 0), (b"\x1f\x8b", 0), (b"ustar", 257))
_COPY = 1 << 20
_LINK = N_("one of its members is a link, not a file.")
_UNNAMED = "attachment"


@dataclass(slots=True, kw_only=True)
class _Item:
    """One attachment on its way."""

    content_id: str
    name: str
    content_type: str
    description: str
    location: str
    stored: Stored | None = None
    unpacked: bool = False
    nested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """An attachment that is there, before the manifest is looked at."""

    entry: EncodedEntry
    stored: Stored | None


def carried_in(encoded: Sequence[EncodedEntry], contents: Contents) -> list[Carried]:
    """Join the elements that carry attachments with what was decoded of them.

    Raises:
        Refused: one of them is not base64.
    """
    for entry in encoded:
        if entry.slot in contents.broken:
            name = entry.name or entry.content_id or f"#{entry.slot + 1}"
            raise bad_base64(name[:200], contents.broken[entry.slot], entry.location)
    for slot, what in contents.broken.items():
        raise bad_base64(f"#{slot + 1}", what, "AttachmentEncoded")
    return [Carried(entry=entry, stored=contents.stored[entry.slot] if entry.slot >= 0 else None) for entry in encoded]


def attach(
    manifest: Sequence[ManifestEntry], carried: Sequence[Carried], shelf: Shelf, log: FindingLog
) -> tuple[Attachment, ...]:
    """Match the manifest with what is there, unpack what was packed for sending, and give every file its name.

    Returns:
        Those of the manifest in its order, then those it does not name.

    Raises:
        Refused: a ZIP is unsafe, or a limit was met.
    """
    items = list(_matched(manifest, carried, log))
    for item in items:
        if item.stored is not None:
            _look_inside(item, shelf, log)
    return tuple(_named(items, shelf, log))


def _matched(manifest: Sequence[ManifestEntry], carried: Sequence[Carried], log: FindingLog) -> Iterator[_Item]:
    by_id: dict[str, deque[int]] = defaultdict(deque)
    by_name: dict[str, deque[int]] = defaultdict(deque)
    without_id: dict[str, deque[int]] = defaultdict(deque)
    for number, one in enumerate(carried):
        by_id[one.entry.content_id].append(number)
        by_name[one.entry.name].append(number)
        if not one.entry.content_id:
            without_id[one.entry.name].append(number)
    for identifier, numbers in by_id.items():
        if identifier and len(numbers) > 1:
            log.add(kinds.ID_TWICE.at(carried[numbers[1]].entry.location, id=identifier[:200]))
    taken: set[int] = set()
    for named in manifest:
        queues = [by_id[named.content_id], without_id[named.name]] if named.content_id else [by_name[named.name]]
        found = _next(queues, taken)
        if found is None:
            shown = named.name or named.content_id
            log.add(kinds.ATTACHMENT_MISSING.at(named.location, name=shown[:200], id=named.content_id[:200]))
            yield _Item(
                content_id=named.content_id,
                name=named.name or named.content_id,
                content_type=named.content_type,
                description=named.description,
                location=named.location,
            )
            continue
        taken.add(found)
        yield _joined(named, carried[found], log)
    for number, one in enumerate(carried):
        if number not in taken:
            item = _joined(None, one, log)
            log.add(kinds.UNLISTED.at(item.location, name=item.name[:200]))
            yield item


def _next(queues: Sequence[deque[int]], taken: set[int]) -> int | None:
    for queue in queues:
        while queue:
            number = queue.popleft()
            if number not in taken:
                return number
    return None


def _joined(named: ManifestEntry | None, one: Carried, log: FindingLog) -> _Item:
    entry = one.entry
    item = _Item(
        content_id=entry.content_id or (named.content_id if named else ""),
        name=entry.name or (named.name if named else "") or entry.content_id or _UNNAMED,
        content_type=entry.content_type or (named.content_type if named else ""),
        description=entry.description or (named.description if named else ""),
        location=entry.location,
        stored=one.stored,
    )
    if named and named.written_id and entry.written_id and named.written_id != entry.written_id:
        log.add(kinds.CONTENT_ID_FORM.at(entry.location, id=item.content_id[:200]))
    if one.stored is None:
        log.add(kinds.ATTACHMENT_EMPTY.at(entry.location, name=item.name[:200], id=item.content_id[:200]))
    return item


def _look_inside(item: _Item, shelf: Shelf, log: FindingLog) -> None:
    """Unpack an attachment that is a ZIP of one file, and note what the file is."""
    stored = item.stored
    if stored is None:
        return
    name, labelled = item.name[:200], "zip" in item.content_type.lower()
    zipped = stored.start.startswith(_ZIP_STARTS)
    if zipped and (labelled or not _ends(item, *_ZIP_NAMES)):
        _unpack(item, stored, shelf, log)
        if item.unpacked and not labelled:
            log.add(kinds.ZIP_UNLABELLED.at(item.location, name=name, type=item.content_type[:80] or "?"))
    elif labelled and not zipped:
        log.add(kinds.ZIP_NOT_ONE.at(item.location, name=name))
    if item.stored is None:
        return
    stored = item.stored
    item.nested = begins_as_edxml(stored.start)
    if item.nested:
        log.add(kinds.NESTED.at(item.location, name=name))
    archive = any(stored.start[place : place + len(mark)] == mark for mark, place in _ARCHIVES)
    if archive or (stored.start.startswith(_ZIP_STARTS) and _ends(item, ".zip")):
        log.add(kinds.INNER_ARCHIVE.at(item.location, name=name))


def _ends(item: _Item, *endings: str) -> bool:
    return item.name.lower().rstrip().endswith(endings)


def _unpack(item: _Item, stored: Stored, shelf: Shelf, log: FindingLog) -> None:
    """Replace a ZIP of one file by that file; leave one of several, or one that is called a ZIP, as it is.

    Raises:
        Refused: it is protected, unsafe or beyond a limit, or damaged though it is labelled a ZIP.
    """
    limits = shelf.limits
    reader = ZipReader(
        stored.path, Limits(entries=10_000, file_size=limits.attachment, total_size=limits.total, ratio=limits.ratio)
    )
    try:
        member = _only_member(reader, item)
        if _ends(item, ".zip"):
            return
        if member is None:
            if not _ends(item, *_ZIP_NAMES):
                log.add(kinds.ZIP_SEVERAL.at(item.location, name=item.name[:200]))
            return
        item.stored = _copy(reader, member, shelf)
    except InputError as error:
        if error.template == damaged("").template and ("zip" not in item.content_type.lower() or _ends(item, ".zip")):
            log.add(kinds.ZIP_DAMAGED.at(item.location, name=item.name[:200]))
            return
        raise Refused(kinds.ZIP_UNSAFE.at(item.location, name=item.name[:200], why=_reason(error, stored))) from error
    finally:
        reader.close()
    item.unpacked = True
    shelf.give_back(stored)
    if item.stored.size == 0:
        shelf.give_back(item.stored)
        item.stored, item.unpacked = None, False
        log.add(kinds.ATTACHMENT_EMPTY.at(item.location, name=item.name[:200], id=item.content_id[:200]))


def _only_member(reader: ZipReader, item: _Item) -> ZipMember | None:
    """Return the only file of a ZIP; none when there are several, or none at all.

    Raises:
        InputError: a member's name leads out of the ZIP, or the ZIP cannot be read.
        Refused: a member is a link.
    """
    files: list[ZipMember] = []
    for member in reader.members():
        member_path(member.name, item.name[:200])
        if stat.S_ISLNK(member.mode):
            raise Refused(kinds.ZIP_UNSAFE.at(item.location, name=item.name[:200], why=_LINK))
        if not member.is_folder and len(files) < 2:
            files.append(member)
    return files[0] if len(files) == 1 else None


def _copy(reader: ZipReader, member: ZipMember, shelf: Shelf) -> Stored:
    writer = shelf.new()
    try:
        with reader.open(member) as stream:
            while data := stream.read(_COPY):
                writer.write(data)
    finally:
        stored = writer.close()
    return stored


def _reason(error: InputError, stored: Stored) -> str:
    """Return an error's sentence without the name of a work file, which tells a reader nothing."""
    return error.message.replace(str(stored.path), "ZIP")


def _named(items: Sequence[_Item], shelf: Shelf, log: FindingLog) -> Iterator[Attachment]:
    """Give the files their names, safe and unique in the folder."""
    for name, count in Counter(item.name for item in items).items():
        if count > 1:
            log.add(kinds.NAME_TWICE.at(name=name[:200]))
    paths = _paths(items, shelf)
    for number, item in enumerate(items):
        stored = item.stored
        path: Path | None = None
        if stored is not None:
            path = shelf.rename(stored, paths[number])
            if path.name != item.name:
                log.add(kinds.NAME_CHANGED.at(item.location, name=item.name[:200], path=path.name))
        yield Attachment(
            content_id=item.content_id,
            name=item.name,
            content_type=item.content_type,
            description=item.description,
            path=path,
            size=stored.size if stored else 0,
            sha256=stored.sha256 if stored else b"",
            unpacked=item.unpacked,
            nested=item.nested,
        )


def _paths(items: Sequence[_Item], shelf: Shelf) -> Mapping[int, str]:
    """Return the file name of each item that has content, beside what is in the folder already."""
    before = [path.name for path in shelf.folder.iterdir()]
    numbers = [number for number, item in enumerate(items) if item.stored is not None]
    names = [_one_component(items[number].name) for number in numbers]
    wanted = [name.encode("utf-8", "surrogatepass") for name in (*before, *names)]
    given = [path for _name, path, _findings in portable_paths(wanted)]
    return dict(zip(numbers, given[len(before) :], strict=True))


def _one_component(name: str) -> str:
    plain = name.replace("/", "_").replace("\\", "_").strip().lstrip(".")
    return plain or _UNNAMED
