"""From a read query and its conditions to the engine's queries.

Two engine queries come out: `match` decides what is found (totals, facets, sorted lists), `ranked` finds the
same and scores it. The score has tiers: what carries the typed diacritics exactly comes before what only
matches when folded; within a tier BM25 with boosts for titles and for words that stand side by side.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tantivy import FieldType, Occur, Query

from archive.search.folding import key
from archive.search.query import Both, Node, Without, Word, read_query
from archive.search.schema import (
    EVERYWHERE,
    EXPIRY,
    FIELD_BOOST,
    KEYED,
    MAX_WORD_BYTES,
    day_number,
    schema,
    words_of,
)
from archive.search.signature_terms import expiry_query, keyed_query
from archive.search.values import Level, SearchRequest
from model.errors import InputError
from model.text import N_

EXACT_TIER = 10_000.0
"""Added to the score of what has the typed diacritics; above any BM25 sum of `MAX_WORDS` words."""
_WHOLE_NUMBER_BOOST = 60.0
_ADJACENT_TITLE_BOOST = 4.0
_ADJACENT_BOOST = 2.0
_MAX_ADJACENT = 6
_ADJACENT_LIMIT = 2_000
"""Documents with the rarer word of a pair: beyond, that both stand side by side in the text says little and costs."""
_MAX_EXPANSIONS = 256
"""Words a prefix inside a number (`123/Q*`) may stand for in running text."""
_REGEX_SIGNS = frozenset(r"\.+*?()|[]{}^$#&-~")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needle:
    """Words to mark in a snippet."""

    folded: tuple[str, ...]
    exact: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A request in the engine's terms."""

    match: Any
    ranked: Any
    needles: tuple[Needle, ...] = ()


def compile_request(request: SearchRequest, searcher: Any) -> Compiled | None:
    """Return the engine's queries; None when the query has no letter or digit and finds nothing.

    Raises:
        InputError: a date of the request is not a date.
    """
    filters = [(Occur.Must, Query.const_score_query(part, 0.0)) for part in _filters(request, searcher)]
    if not request.query.strip():
        match = Query.boolean_query(filters or [(Occur.Must, _everything())])
        return Compiled(match=match, ranked=match)
    node = read_query(request.query)
    if node is None:
        return None
    compiler = _Compiler(searcher)
    main = compiler.query(node)
    if main is None:
        return None
    match = Query.boolean_query([(Occur.Must, main), *filters]) if filters else main
    extra = [(Occur.Should, part) for part in compiler.bonuses(node)]
    ranked = Query.boolean_query([(Occur.Must, match), *extra]) if extra else match
    return Compiled(match=match, ranked=ranked, needles=tuple(_needles(node)))


def _everything() -> Any:
    """Return the query of every entry (the document with the cursor is no entry)."""
    return Query.term_set_query(schema(), "level", [level.value for level in Level])


def _filters(request: SearchRequest, searcher: Any) -> Iterator[Any]:
    whole = (
        ("level", (request.level.value,) if request.level else ()),
        ("fonds", (request.fonds,) if request.fonds else ()),
        ("type", request.type),
        ("retention", request.retention),
        ("access", request.access),
    )
    for name, values in whole:
        if values:
            yield Query.term_set_query(schema(), name, [_whole(value) for value in values])
    if request.agency:
        yield _agency(_whole(request.agency), searcher)
    if request.date_from:
        yield _range("end_day", _day(request.date_from), None)
    if request.date_to:
        yield _range("start_day", None, _day(request.date_to, last=True))


def _agency(name: str, searcher: Any) -> Any:
    """Return the query of an agency: by its code or whole name where one is so, else by words of its name."""
    words = words_of(name, folded=True)
    if not words or searcher.doc_freq("agency_key", key(name)):
        return Query.term_query(schema(), "agency_key", key(name))
    return _adjacent("agency", words)


def _whole(value: str) -> str:
    return value.encode("utf-8", "replace").decode()


def _range(name: str, low: int | None, high: int | None) -> Any:
    return Query.range_query(schema(), name, FieldType.Integer, lower_bound=low, upper_bound=high)


def _day(iso: str, *, last: bool = False) -> int:
    day = day_number(iso, last=last)
    if day is None:
        raise InputError(
            N_("The date “{value}” cannot be read."),
            hint=N_("Write it as year-month-day, such as 2024-12-31."),
            value=iso,
        )
    return day


class _Compiler:
    """Turns the nodes of one query into engine queries over one state of the index."""

    def __init__(self, searcher: Any) -> None:
        self.searcher = searcher

    def query(self, node: Node) -> Any | None:
        """Return what the node finds, folded; None when it asks for nothing."""
        if isinstance(node, Word):
            return self.word(node)
        if isinstance(node, Without):
            part = self.query(node.part)
            return _but(part) if part is not None else None
        occur = Occur.Must if isinstance(node, Both) else Occur.Should
        clauses = []
        for part in node.parts:
            denied = isinstance(part, Without) and occur is Occur.Must
            found = self.query(part.part if denied and isinstance(part, Without) else part)
            if found is not None:
                clauses.append((Occur.MustNot if denied else occur, found))
        if clauses and all(kind is Occur.MustNot for kind, _ in clauses):
            clauses.append((Occur.Must, _everything()))
        return Query.boolean_query(clauses) if clauses else None

    def word(self, word: Word) -> Any | None:
        """Return what a word finds: itself, or its parts side by side, in one field or everywhere."""
        if word.field == EXPIRY:
            return expiry_query(word.text)
        if word.field in KEYED:
            return keyed_query(word)
        folded = words_of(word.text, folded=True)
        if not folded:
            return Query.empty_query() if _is_too_long(word.text) else None
        names = (word.field,) if word.field else EVERYWHERE
        parts = [(Occur.Should, self.boosted(name, folded, prefix=word.prefix)) for name in names]
        whole = key(word.text)
        if (len(folded) > 1 or whole[:1].isdigit()) and word.field in {"", "number", "code"}:
            parts += [(Occur.Should, part) for part in _whole_numbers(whole, word)]
        return Query.boolean_query(parts)

    def boosted(self, name: str, words: list[str], *, prefix: bool) -> Any:
        found = self.in_field(name, words, prefix=prefix)
        boost = FIELD_BOOST.get(name, 1.0)
        return found if boost == 1.0 else Query.boost_query(found, boost)

    def in_field(self, name: str, words: list[str], *, prefix: bool) -> Any:
        """Return the query of words side by side in one field, the last perhaps only begun."""
        if not prefix:
            return _adjacent(name, words)
        if len(words) == 1:
            return Query.regex_query(schema(), name, _begins(words[0]))
        begun = self.searcher.terms_with_prefix(name, words[-1], limit=_MAX_EXPANSIONS + 1)
        if not begun or len(begun) > _MAX_EXPANSIONS:
            return Query.empty_query()
        return Query.regex_phrase_query(schema(), name, [*map(_literal, words[:-1]), _begins(words[-1])])

    def bonuses(self, node: Node) -> Iterator[Any]:
        """Yield what only adds to the score: exact diacritics, and neighbours that stand side by side."""
        exact = self.exact(node)
        if exact is not None:
            yield Query.const_score_query(exact, EXACT_TIER)
        for pair in list(self.pairs(node.parts if isinstance(node, Both) else ()))[:_MAX_ADJACENT]:
            yield Query.boost_query(_adjacent("title", pair), _ADJACENT_TITLE_BOOST)
            yield Query.boost_query(_adjacent("meta", pair), _ADJACENT_BOOST)
            if min(self.searcher.doc_freq("text", word) for word in pair) <= _ADJACENT_LIMIT:
                yield Query.boost_query(_adjacent("text", pair), _ADJACENT_BOOST)

    def pairs(self, parts: tuple[Node, ...]) -> Iterator[list[str]]:
        """Yield two words that were typed side by side: most Vietnamese words are two syllables."""
        for one, two in pairwise(parts):
            if isinstance(one, Word) and isinstance(two, Word) and _is_plain(one) and _is_plain(two):
                pair = [*words_of(one.text, folded=True), *words_of(two.text, folded=True)]
                if len(pair) == 2:
                    yield pair

    def exact(self, node: Node) -> Any | None:
        """Return the query of the typed diacritics; None when the node was typed without any."""
        if isinstance(node, Word):
            return self.exact_word(node)
        if isinstance(node, Without):
            return None
        found = [self.exact(part) for part in node.parts]
        if all(part is None for part in found):
            return None
        if isinstance(node, Both):
            return Query.boolean_query([(Occur.Must, part) for part in found if part is not None])
        plain = [self.query(part) for part, query in zip(node.parts, found, strict=True) if query is None]
        return Query.boolean_query([(Occur.Should, part) for part in [*found, *plain] if part is not None])

    def exact_word(self, word: Word) -> Any | None:
        if word.field == EXPIRY or word.field in KEYED:
            return None
        typed = words_of(word.text, folded=False)
        if typed == words_of(word.text, folded=True):
            return None
        return self.in_field("title_x" if word.field == "title" else "all_x", typed, prefix=word.prefix)


def _but(part: Any) -> Any:
    return Query.boolean_query([(Occur.Must, _everything()), (Occur.MustNot, part)])


def _adjacent(name: str, words: list[str]) -> Any:
    if len(words) == 1:
        return Query.term_query(schema(), name, words[0])
    return Query.phrase_query(schema(), name, list(words))


def _literal(words: str) -> str:
    return "".join(f"\\{sign}" if sign in _REGEX_SIGNS else sign for sign in words)


def _begins(words: str) -> str:
    return f"{_literal(words)}.*"


def _is_plain(word: Word) -> bool:
    return not word.field and not word.prefix


def _is_too_long(text: str) -> bool:
    return len(text.encode()) > MAX_WORD_BYTES


def _whole_numbers(whole: str, word: Word) -> Iterator[Any]:
    """Yield the queries of a number or code compared whole, so that it comes first, or by how it begins."""
    names = {"number": ("number_key",), "code": ("code_key",)}.get(word.field, ("number_key", "code_key"))
    for name in names:
        if word.prefix:
            found = Query.regex_query(schema(), name, _begins(whole))
        else:
            found = Query.term_query(schema(), name, whole)
        yield Query.const_score_query(found, _WHOLE_NUMBER_BOOST)


def _needles(node: Node) -> Iterator[Needle]:
    if isinstance(node, Word):
        exact = words_of(node.text, folded=False)
        if exact and node.field != EXPIRY and node.field not in KEYED:
            folded = words_of(node.text, folded=True)
            yield Needle(folded=tuple(folded), exact=tuple(exact), prefix=node.prefix)
    elif not isinstance(node, Without):
        for part in node.parts:
            yield from _needles(part)
