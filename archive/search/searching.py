"""Running one search over one state of the index."""

import json
import time
from typing import Any

import tantivy

from archive.search.compiler import Compiled, compile_request
from archive.search.schema import FACETS, STORED
from archive.search.snippets import Snippets, texts_to_search
from archive.search.values import Hit, Level, SearchPage, SearchRequest, Sort

MAX_LIMIT = 1_000
"""Hits of one page."""
MAX_FACET_VALUES = 200
"""Values of one facet, the most frequent first; their counts are exact."""
_DEEP = 10_000
"""From this offset on the total is taken first, so that a page behind the end costs nothing."""
_SEGMENT_FACET_VALUES = 20_000
_PUBLIC_FACETS = {"agency_name": "agency"}

_SORTS = {
    Sort.NEWEST: ("end_day", tantivy.Order.Desc),
    Sort.OLDEST: ("start_day", tantivy.Order.Asc),
    Sort.CODE: ("code_key", tantivy.Order.Asc),
}


def run_search(searcher: Any, request: SearchRequest) -> SearchPage:
    """Return one page of what the request finds.

    Raises:
        InputError: a date of the request is not a date.
    """
    began = time.perf_counter()
    compiled = compile_request(request, searcher)
    if compiled is None:
        return SearchPage(total=0, hits=(), facets=_no_facets() if request.facets else {})
    total, found = _page(searcher, compiled, request)
    snippets = Snippets(compiled.needles) if request.snippets else None
    hits = tuple(_hit(searcher.doc(address), score, snippets) for score, address in found)
    facets = _facets(searcher, compiled.match) if request.facets else {}
    return SearchPage(total=total, hits=hits, facets=facets, milliseconds=(time.perf_counter() - began) * 1000)


def _page(searcher: Any, compiled: Compiled, request: SearchRequest) -> tuple[int, list[tuple[float, Any]]]:
    limit = min(max(request.limit, 0), MAX_LIMIT)
    offset = max(request.offset, 0)
    if not limit or offset >= _DEEP:
        total = _count(searcher, compiled.match)
        if not limit or offset >= total:
            return total, []
    sort = request.sort if request.query.strip() or request.sort is not Sort.RELEVANCE else Sort.NEWEST
    if sort is Sort.RELEVANCE:
        result = searcher.search(compiled.ranked, limit, count=True, offset=offset)
        return result.count, result.hits
    name, order = _SORTS[sort]
    result = searcher.search(compiled.match, limit, count=True, offset=offset, order_by_field=name, order=order)
    return result.count, [(0.0, address) for _, address in result.hits]


def _count(searcher: Any, match: Any) -> int:
    return int(searcher.search(tantivy.Query.const_score_query(match, 1.0), 1, count=True).count)


def _hit(document: Any, score: float, snippets: Snippets | None) -> Hit:
    *values, level, note, keywords = json.loads(document.get_first("data").decode("utf-8", "surrogatepass"))
    named = dict(zip(STORED, values, strict=True))
    snippet = ""
    if snippets is not None:
        body = document.get_first("body")
        snippet = snippets.best(texts_to_search(body.decode() if body else "", note, keywords, named["title"]))
    return Hit(**named, level=Level(level), score=float(score), snippet=snippet)


def _facets(searcher: Any, match: Any) -> dict[str, tuple[tuple[str, int], ...]]:
    terms = {"size": MAX_FACET_VALUES, "segment_size": _SEGMENT_FACET_VALUES}
    counted = searcher.aggregate(match, {name: {"terms": {"field": name, **terms}} for name in FACETS})
    return {
        _PUBLIC_FACETS.get(name, name): tuple(
            (_facet_value(bucket["key"]), int(bucket["doc_count"])) for bucket in counted[name]["buckets"]
        )
        for name in FACETS
    }


def _facet_value(value: object) -> str:
    return str(int(value)) if isinstance(value, float) else str(value)


def _no_facets() -> dict[str, tuple[tuple[str, int], ...]]:
    return {_PUBLIC_FACETS.get(name, name): () for name in FACETS}
