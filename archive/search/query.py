"""The query language of people: words, "phrases", prefix*, AND OR NOT ( ), field:word, -word.

Reading a query never fails: what makes no sense as an operator is a word. NOT binds closest, then AND (also
unwritten), then OR.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from archive.search.folding import compose, fold

MAX_QUERY = 1_000
"""Characters of a query that are read."""
MAX_WORDS = 24
"""Words and phrases of a query that are looked for; more are left out."""
MAX_DEPTH = 12
"""Parentheses within each other; deeper ones are left out."""

FIELDS = {
    "title": "title",
    "number": "number",
    "notation": "number",
    "code": "code",
    "agency": "agency",
    "keyword": "keyword",
    "keywords": "keyword",
    "note": "note",
    "text": "text",
    "case": "case",
    "tieude": "title",
    "so": "number",
    "kyhieu": "number",
    "ma": "code",
    "coquan": "agency",
    "tukhoa": "keyword",
    "ghichu": "note",
    "noidung": "text",
    "hoso": "case",
    "signer": "signer",
    "issuer": "issuer",
    "verdict": "verdict",
    "subindication": "subindication",
    "signlevel": "signlevel",
    "algorithm": "algorithm",
    "certexpiry": "certexpiry",
    "nguoiky": "signer",
    "noicap": "issuer",
    "ketqua": "verdict",
    "lydo": "subindication",
    "mucky": "signlevel",
    "thuattoan": "algorithm",
    "hanchungthu": "certexpiry",
}
"""Name before the colon, folded -> field of the index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word, or words that stand side by side in one piece: `quyết`, `123/QĐ-UBND`, `"quyết định"`."""

    text: str
    """As typed, in NFC, without quotation marks and the final asterisk."""
    field: str = ""
    """Field of the index; empty for all."""
    prefix: bool = False
    """The last word is only the beginning of a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """All parts must hold."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """At least one part must hold."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """The part must not hold."""

    part: "Node"


Node = Word | Both | Either | Without

_TOKEN = re.compile(r"""(?P<open>\()|(?P<close>\))|"(?P<phrase>[^"]*)"?|(?P<word>[^\s()"]+)""")
_FIELD = re.compile(r"(?P<name>[^\W\d_]{2,13}):(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of the query: `(`, `)`, `AND`, `OR`, `NOT` or a word."""

    kind: str
    text: str = ""
    field: str = ""
    prefix: bool = False


def read_query(query: str) -> Node | None:
    """Return what the query asks for; None when it has not one letter or digit.

    Args:
        query: anything a person typed; read up to `MAX_QUERY` characters.
    """
    tokens = list(_tokens(compose(query[:MAX_QUERY])))
    if not any(_says_something(token.text) for token in tokens if token.kind == "word"):
        tokens = [_Token("word", token.text) for token in tokens if token.text in _OPERATORS]
    return _Reader(tokens).either(0)


_OPERATORS = frozenset({"AND", "OR", "NOT"})


def _tokens(query: str) -> Iterator[_Token]:
    words = 0
    field = ""
    for match in _TOKEN.finditer(query):
        if match["word"] is not None:
            pieces, field = _word(match["word"], field, query[match.end() : match.end() + 1] in ('"', "("))
        else:
            phrase = match["phrase"]
            pieces = [_Token(match[0], "", field) if phrase is None else _Token("word", phrase, field)]
            field = ""
        words += sum(piece.kind == "word" for piece in pieces)
        if words > MAX_WORDS:
            return
        yield from pieces


def _word(word: str, field: str, followed: bool) -> tuple[list[_Token], str]:
    """Return the tokens of one word, and the field for what comes next when the word ends in a field's colon."""
    if word in _OPERATORS:
        return [_Token(word, word)], ""
    before = []
    if word[0] == "-":
        word = word.lstrip("-")
        before = [_Token("NOT")] if _says_something(word) or followed else []
    named = _FIELD.fullmatch(word)
    if named and (name := FIELDS.get(fold(named["name"]))):
        field, word = name, named["rest"]
        if not word:
            return before, field
    if not _says_something(word):
        return before, field
    bare = word.rstrip("*")
    return [*before, _Token("word", bare, field, bare != word and bare[-1].isalnum())], ""


def _says_something(text: str) -> bool:
    return any(character.isalnum() for character in text)


class _Reader:
    """Recursive descent over the tokens; every stray token is passed over."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""

    def either(self, depth: int, field: str = "") -> Node | None:
        parts = []
        while self.peek() and (self.peek() != ")" or depth == 0):
            part = self.both(depth, field)
            if part is not None:
                parts.append(part)
            self.at += self.peek() == "OR"
        return _joined(Either, parts)

    def both(self, depth: int, field: str) -> Node | None:
        parts: list[Node] = []
        while self.peek() not in ({"", "OR", ")"} if depth else {"", "OR"}):
            if self.peek() in {"AND", ")"}:
                self.at += 1
                continue
            part = self.one(depth, field)
            if part is not None:
                parts.append(part)
        return _joined(Both, parts)

    def one(self, depth: int, field: str) -> Node | None:
        denied = False
        while self.peek() == "NOT":
            denied = not denied
            self.at += 1
        if self.peek() in {"", "AND", "OR", ")"}:
            return None
        token = self.tokens[self.at]
        self.at += 1
        part: Node | None
        if token.kind == "word" and not _says_something(token.text):
            return None
        if token.kind == "word":
            part = Word(text=token.text, field=token.field or field, prefix=token.prefix)
        elif depth >= MAX_DEPTH:
            return None
        else:
            part = self.either(depth + 1, token.field or field)
            self.at += self.peek() == ")"
        return Without(part=part) if denied and part is not None else part


def _joined(kind: type[Both] | type[Either], parts: list[Node]) -> Node | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return kind(parts=tuple(parts))
