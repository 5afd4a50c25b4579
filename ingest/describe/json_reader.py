"""Reading hoso.json, one document at a time: a descriptor of 100,000 documents is never whole in memory."""

import codecs
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.describe import findings as kinds
from ingest.describe.convert import Cells
from ingest.describe.reading import DescriptorError, Reading
from ingest.describe.titles import CASE_CONTAINERS, DOCUMENT_CONTAINERS, MORE, case_field, document_field, fold
from model.text import N_, numbered

_CHUNK = 1 << 16
_SPACE = " \t\r\n"


def read_json(reading: Reading) -> Iterator[Cells]:
    """Yield the documents of a JSON descriptor; case-level values go to `reading`.

    Raises:
        DescriptorError: not JSON, or not an object.
    """
    means = _Meanings(reading)
    with reading.path.open("rb") as stream:
        window = _Window(stream)
        try:
            yield from _top_level(window, means)
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise DescriptorError(window.place_of(error)) from error
        except (RecursionError, ValueError) as error:
            raise DescriptorError(N_("a value is nested too deeply or is too large")) from error


def _top_level(window: "_Window", means: "_Meanings") -> Iterator[Cells]:
    window.expect("{")
    if window.peek() == "}":
        return
    while True:
        key = window.value()
        if not isinstance(key, str):
            raise window.error(N_("a name in double quotes is expected"))
        window.expect(":")
        if fold(key) in DOCUMENT_CONTAINERS and window.peek() == "[":
            yield from _documents(window, means)
        else:
            means.case_value(key, window.value())
        if window.take() == "}":
            break
        if window.last != ",":
            raise window.error(N_("a comma or a closing brace is expected"))
    if window.peek():
        raise window.error(N_("something follows the end of the description"))


def _documents(window: "_Window", means: "_Meanings") -> Iterator[Cells]:
    window.expect("[")
    if window.peek() == "]":
        window.take()
        return
    while True:
        value = window.value()
        if not isinstance(value, dict):
            raise window.error(N_("each document must be an object in braces"))
        yield means.document(value)
        if window.take() == "]":
            return
        if window.last != ",":
            raise window.error(N_("a comma or a closing bracket is expected"))


class _Window:
    """A part of the text, moved along; `json` itself decodes the values in it."""

    def __init__(self, stream: Any) -> None:
        start = stream.read(4)
        stream.seek(0)
        encoding = "utf-8-sig"
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            encoding = "utf-16"
        self._stream = stream
        self._decode = codecs.getincrementaldecoder(encoding)()
        self._decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
        self._text = ""
        self._at = 0
        self._lines = 0
        self._column = 0
        self._ended = False
        self.last = ""

    def peek(self) -> str:
        """Return the next character that is not white space, without taking it; empty at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def take(self) -> str:
        """Take the next character that is not white space."""
        self.last = self.peek()
        self._at += len(self.last)
        return self.last

    def expect(self, character: str) -> None:
        """Take one character, which must be this one."""
        if self.take() != character:
            raise self.error(f"{N_('this is expected here')}: {character}")

    def value(self) -> Any:
        """Take one whole value, reading on until it is complete."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if not self._more():
                    raise
                continue
            if end == len(self._text) and not isinstance(value, dict | list | str) and self._more():
                continue
            self._at = end
            return value

    def error(self, reason: str) -> json.JSONDecodeError:
        """Return the error for what stands here."""
        return json.JSONDecodeError(reason, self._text, max(0, self._at - len(self.last)))

    def place_of(self, error: "json.JSONDecodeError | UnicodeDecodeError") -> str:
        """Return where and why, in words."""
        if isinstance(error, UnicodeDecodeError):
            return N_("it is not UTF-8 text")
        column = error.colno + (self._column if error.lineno == 1 else 0)
        return f"{numbered(N_('line #, column #'), self._lines + error.lineno, column)}: {error.msg}"

    def _more(self) -> bool:
        """Read on, twice as much as is waiting, so that a long value costs no more than its length."""
        if self._ended:
            return False
        waiting = self._text[self._at :]
        newline = self._text.rfind("\n", 0, self._at)
        self._column = self._at - newline - 1 if newline >= 0 else self._column + self._at
        self._lines += self._text.count("\n", 0, self._at)
        data = self._stream.read(max(_CHUNK, len(waiting)))
        self._ended = not data
        self._text = waiting + self._decode.decode(data, self._ended)
        self._at = 0
        return True


class _Meanings:
    """Which attribute each key means, learnt once a key."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._document: dict[str, str] = {}

    def case_value(self, key: str, value: object) -> None:
        """Note a value of the top level: the case file itself or one of its fields."""
        if fold(key) in CASE_CONTAINERS and isinstance(value, dict):
            for name, content in value.items():
                self._case_field(name, content)
        elif key not in ("$schema", "schema"):
            self._case_field(key, value)

    def document(self, value: Mapping[str, object]) -> Cells:
        """Return the cells of one document."""
        cells: dict[str, object] = {}
        for key, content in value.items():
            if content is None:
                continue
            attribute = self._document.get(key)
            if attribute is None:
                attribute = self._document.setdefault(key, document_field(key))
                if not attribute:
                    self._reading.unknown(key)
            if attribute in cells:
                self._reading.log.add(kinds.FIELD_TWICE.at(self._reading.name, title=key[:200]))
            elif attribute:
                cells[attribute] = content if attribute == MORE else _plain(content)
        return cells

    def _case_field(self, key: str, value: object) -> None:
        attribute = case_field(key)
        if attribute:
            self._reading.say_of_case(attribute, value if attribute == MORE else _plain(value), key)
        else:
            self._reading.unknown(key)


def _plain(value: object) -> object:
    """Return a value without objects inside: they have no meaning in a description."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return [_plain(item) if not isinstance(item, list) else json.dumps(item) for item in value]
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DescriptorError(N_("a name is given twice in the same object"))
    return found


def _no_constant(name: str) -> object:
    raise DescriptorError(f"{N_('a value that is not JSON')}: {name}")
