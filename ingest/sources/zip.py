"""A case file handed in as a ZIP archive."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ingest.sources.findings import ENCRYPTED_MEMBER, LINK, SPECIAL_FILE
from ingest.sources.folder import special_word
from ingest.sources.guards import Tally, damaged, display_name, member_path, name_findings
from ingest.sources.values import Limits, SourceEntry
from ingest.sources.zip_reader import ENCRYPTED, ZipMember, ZipReader
from model.findings import Finding, FindingLog


class ZipSource:
    """The files of a ZIP archive, read in place: nothing is unpacked to disk."""

    kind = "zip"

    def __init__(self, location: Path, limits: Limits) -> None:
        self.location = location
        self.limits = limits
        self._reader = ZipReader(location, limits)
        self._log = FindingLog()

    def __reduce__(self) -> tuple[type["ZipSource"], tuple[Path, Limits]]:
        return type(self), (self.location, self.limits)

    def entries(self) -> Iterator[SourceEntry]:
        """Yield the members in the order of the central directory.

        Raises:
            InputError: damaged, unsafe names, names given twice, members that overlap, or a limit is met.
        """
        self._log = FindingLog()
        where = str(self.location)
        tally = Tally(self.limits, where)
        for member in self._reader.members():
            name = member_path(member.name, where)
            tally.count(name)
            if member.is_folder or not name:
                continue
            tally.claim(name)
            tally.add_bytes(name, member.size)
            if self._readable(member, name):
                self._log.extend(name_findings(name))
                yield SourceEntry(name=name, size=member.size, modified=member.modified, locator=member.record)

    def findings(self) -> tuple[Finding, ...]:
        """Return what is odd about the archive; complete once `entries` was exhausted."""
        return tuple(self._log)

    def open(self, entry: SourceEntry) -> BinaryIO:
        """Open a member; its size and checksum are enforced while it is read."""
        if entry.locator is None:
            raise damaged(str(self.location), entry.name)
        return self._reader.open(self._reader.member_at(entry.locator))

    def close(self) -> None:
        """Close the archive."""
        self._reader.close()

    def _readable(self, member: ZipMember, name: bytes) -> bool:
        shown = display_name(name)
        kind = stat.S_IFMT(member.mode)
        if kind == stat.S_IFLNK:
            self._log.add(LINK.at(shown, name=shown))
        elif kind not in (0, stat.S_IFREG):
            self._log.add(SPECIAL_FILE.at(shown, name=shown, what=special_word(member.mode)))
        elif member.flags & ENCRYPTED:
            self._log.add(ENCRYPTED_MEMBER.at(shown, name=shown))
        else:
            return True
        return False
