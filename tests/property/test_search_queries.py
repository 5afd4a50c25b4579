"""No query raises, and what a query finds agrees with a simple reading of it."""

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.search.folding import compose, fold
from archive.search.index import SearchIndex
from archive.search.query import Both, Either, Node, Word, read_query
from archive.search.schema import words_of
from archive.search.values import IndexEntry, Level, SearchRequest, Sort

SYLLABLES = ("hồ", "hò", "sơ", "sở", "đất", "dat", "an", "công", "cong", "2001", "qđ", "thu")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    with SearchIndex.open(tmp_path_factory.mktemp("search")) as opened:
        opened.apply(
            [
                IndexEntry(
                    id=f"p{number}",
                    aip_id=f"p{number}",
                    level=Level.DOCUMENT,
                    code=f"H49.{number}",
                    title=title_of(number),
                    number=str(number),
                    notation="QĐ-UBND",
                    text=text_of(number),
                )
                for number in range(64)
            ],
            (),
            1,
        )
        yield opened


def title_of(number: int) -> str:
    return " ".join(word for bit, word in enumerate(SYLLABLES[:6]) if number >> bit & 1)


def text_of(number: int) -> str:
    return " ".join(word for bit, word in enumerate(SYLLABLES[6:]) if number * 37 >> bit & 1)


OPERATORS = st.sampled_from(
    ["AND", "OR", "NOT", "(", ")", '"', "-", "*", ":", "title:", "text:", " ", "~", "^2", "[a TO b]", "\\"]
)
PIECES = st.one_of(OPERATORS, st.sampled_from(SYLLABLES), st.text(max_size=8))
QUERIES = st.one_of(
    st.text(max_size=200), st.lists(PIECES, max_size=30).map(" ".join), st.lists(PIECES, max_size=20).map("".join)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(query=QUERIES, sort=st.sampled_from(Sort), facets=st.booleans())
def test_no_query_raises(index: SearchIndex, query: str, sort: Sort, facets: bool) -> None:
    page = index.search(SearchRequest(query=query, sort=sort, facets=facets))
    assert 0 <= page.total <= 64
    assert len(page.hits) == min(page.total, 20)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=10))
def test_no_filter_value_raises(index: SearchIndex, fonds: str, agency: str, code: str) -> None:
    index.search(SearchRequest(fonds=fonds, agency=agency, type=(code,), retention=(code, ""), access=(code,)))


NODES = st.recursive(
    st.sampled_from(SYLLABLES),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} OR {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} NOT {pair[1]})"),
        inner.map(lambda one: f"(NOT {one})"),
    ),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(query=NODES)
def test_totals_agree_with_brute_force(index: SearchIndex, query: str) -> None:
    node = read_query(query)
    assert node is not None
    expected = sum(
        holds(node, set(words_of(f"{title_of(number)} {text_of(number)}", folded=True)) | {"qd"})
        for number in range(64)
    )
    assert index.search(SearchRequest(query=query, limit=0)).total == expected


def holds(node: Node, words: set[str]) -> bool:
    if isinstance(node, Word):
        return fold(node.text) in words
    if isinstance(node, Both):
        return all(holds(part, words) for part in node.parts)
    if isinstance(node, Either):
        return any(holds(part, words) for part in node.parts)
    return not holds(node.part, words)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(SYLLABLES[:8]), min_size=1, max_size=3))
def test_exact_diacritics_rank_before_folded(index: SearchIndex, words: list[str]) -> None:
    hits = index.search(SearchRequest(query=" ".join(words), limit=100)).hits
    accented = [word for word in words if not word.isascii()]

    def exact(number: int) -> bool:
        return set(accented) <= set(f"{title_of(number)} {text_of(number)} qđ".split())

    tiers = [exact(int(hit.id[1:])) for hit in hits]
    assert tiers == sorted(tiers, reverse=True)


@given(st.text(max_size=100))
def test_folding_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert compose(compose(text)) == compose(text)
    assert compose(unicodedata.normalize("NFD", text)) == compose(text)
    compose(text).encode()


@pytest.mark.corpus
def test_naughty_strings(index: SearchIndex, corpus: Path) -> None:
    strings = json.loads((corpus / "filenames" / "blns.json").read_text())
    assert len(strings) > 400
    for text in strings:
        index.search(SearchRequest(query=text, facets=True))
