"""Which files of a package belong to which document: by the names it gives, else by its codes in the file's name."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ingest.describe.titles import fold
from ingest.legacy.records import Record
from ingest.sources.guards import display_name, is_system_file, plain_name, readings
from model.text import N_
from preservation.package.tree import folded_path

BY_NAME = N_("the file names in the description")
BY_CODE = N_("the document's code in the file name")
BY_NUMBER = N_("the document's number and notation in the file name")
BY_ORDINAL = N_("the document's ordinal in the file name")
_WORDS = 8
"""Words of a file name that are tried together."""


@dataclass(slots=True)
class FileIndex:
    """The files of a package by what their names may mean; those that two files share mean neither."""

    names: dict[str, bytes] = field(default_factory=dict)
    """By whole path, and by bare name where only one file has it."""
    _keys: dict[str, bytes | None] = field(default_factory=dict)
    _ordinals: dict[int, bytes | None] = field(default_factory=dict)
    taken: set[bytes] = field(default_factory=set)
    """Files that were found to belong to a document."""
    top: bytes = b""
    """Folder of the description, `/` at its end, which names in a description leave out."""
    how: dict[str, int] = field(default_factory=dict)
    """Documents whose files were found, by how."""

    @classmethod
    def of(cls, names: Iterable[bytes], top: bytes = b"") -> "FileIndex":
        """Return the index of the files of a package, its descriptions left out."""
        index = cls(top=top)
        bare: dict[str, bytes | None] = {}
        for name in names:
            if is_system_file(name):
                continue
            text = index.written(name)
            index.names[_plain(text)] = name
            base = text.rpartition("/")[2]
            _once(bare, _plain(base), name)
            stem = base.rpartition(".")[0] or base
            for key in _keys_of(stem):
                _once(index._keys, key, name)
            for number in _numbers_of(stem):
                _once(index._ordinals, number, name)
        for base, only in bare.items():
            if only is not None:
                index.names.setdefault(base, only)
        return index

    def has(self, written: str) -> bool:
        """Tell whether a name means a file that is there."""
        return _plain(written) in self.names

    def written(self, name: bytes) -> str:
        """Return what a description calls a file."""
        below = name.removeprefix(self.top)
        return (readings(below) or (display_name(below),))[0]

    def files_of(self, record: Record, ordinal: int) -> tuple[str, ...]:
        """Return the names of a document's files as the description shall give them; empty when none was found."""
        if record.files:
            self._count(BY_NAME)
            return tuple(self._named(written) for written in record.files)
        for how, name in self._candidates(record, ordinal):
            if name is not None and name not in self.taken:
                self.taken.add(name)
                self._count(how)
                return (self.written(name),)
        return ()

    def _named(self, written: str) -> str:
        """Return the path of a named file: a path of the old system's own means the file called so."""
        plain = _plain(written)
        name = self.names.get(plain)
        if name is None:
            plain = re.split(r"[?#]", plain)[0] if "://" in plain else plain
            name = self.names.get(plain.rpartition("/")[2])
        if name is None:
            return written.replace("\\", "/").rpartition("/")[2] if "://" in written else written
        self.taken.add(name)
        return self.written(name)

    def _candidates(self, record: Record, ordinal: int) -> Iterator[tuple[str, bytes | None]]:
        fields = record.fields
        if code := fold(fields.get("DocCode", "")):
            yield BY_CODE, self._keys.get(code)
        number, notation = fields.get("CodeNumber", ""), fields.get("CodeNotation", "")
        if number and notation:
            yield BY_NUMBER, self._keys.get(fold(number + notation))
        given = fields.get("DocOrdinal", "")
        yield BY_ORDINAL, self._ordinals.get(int(given) if re.fullmatch(r"\d{1,9}", given) else ordinal)

    def _count(self, how: str) -> None:
        self.how[how] = self.how.get(how, 0) + 1


def _once(table: "dict[str, bytes | None] | dict[int, bytes | None]", key: str | int, name: bytes) -> None:
    """Enter a key; one that two files have means neither of them."""
    table[key] = None if key in table else name  # type: ignore[index]  # both tables take their own kind of key


def _plain(text: str) -> str:
    return folded_path(plain_name(text))


def _keys_of(stem: str) -> set[str]:
    """Return what a file name may mean, folded: the whole of it, and words of it that stand together."""
    words = [word for word in re.split(r"[\s_()\[\]]+", stem) if word][:_WORDS]
    keys = {fold(stem)}
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            keys.add(fold("".join(words[start:end])))
    return {key for key in keys if len(key) >= 2}


def _numbers_of(stem: str) -> set[int]:
    """Return the ordinals a file name may mean: the number it is, begins or ends with."""
    found = [
        re.fullmatch(r"\D*(\d{1,9})", stem),
        re.match(r"(\d{1,9})(?=\D)", stem),
        re.search(r"(?<=\D)(\d{1,9})$", stem),
    ]
    return {int(match[1]) for match in found if match}
