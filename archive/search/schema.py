"""The index's fields, how text becomes words, and how an entry becomes a document of the index."""

import json
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

import tantivy

from archive.search.folding import MAX_KEY, compose, key
from archive.search.values import IndexEntry, SignatureTerms

SCHEMA_VERSION = 2
"""Raised with every change to fields, analysis or stored data; an index of another version is made anew."""

MAX_TITLE = 10_000
"""Characters of a title, note, agency or list of keywords that are searched."""
MAX_TEXT = 1_000_000
"""Characters of extracted text that are searched."""
MAX_STORED_TEXT = 16_000
"""Characters of extracted text that are kept for snippets."""
MAX_WORD_BYTES = 256
"""A longer word (in UTF-8) is not indexed."""

_FOLDED = "folded"
_EXACT = "exact"

EVERYWHERE = ("title", "meta", "text")
"""Fields a word is looked for in when no field is named."""
FIELD_BOOST = {"title": 3.0, "meta": 1.5, "text": 1.0}

FACETS = ("level", "type", "retention", "access", "agency_name", "fonds", "verdict", "year")

KEYED = ("verdict", "subindication", "signlevel", "algorithm")
"""Fields about signatures that are compared whole, by `key`."""
EXPIRY = "certexpiry"


@cache
def analyzer(*, folded: bool) -> Any:
    """Return what splits text into words: letters and digits in a row, lowered, and folded or not.

    No stop words: `an`, `can`, `in` are Vietnamese syllables.
    """
    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(MAX_WORD_BYTES))
        .filter(tantivy.Filter.lowercase())
    )
    return (builder.filter(tantivy.Filter.ascii_fold()) if folded else builder).build()


@cache
def schema() -> Any:
    """Return the schema.

    `title`, `meta` (all other description) and `text` hold folded words; `title_x` and `all_x` the words with
    their diacritics. The fields that only `field:word` uses are small.
    """
    builder = tantivy.SchemaBuilder()
    for name in (*EVERYWHERE, "number", "code", "agency", "keyword", "note", "case", "signer", "issuer"):
        builder.add_text_field(name, tokenizer_name=_FOLDED)
    for name in ("title_x", "all_x"):
        builder.add_text_field(name, tokenizer_name=_EXACT)
    for name in ("aip_id", "agency_key", "number_key", "state", "subindication", "signlevel", "algorithm"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("level", "type", "retention", "access", "agency_name", "fonds", "code_key", "verdict"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("start_day", "end_day", "year", EXPIRY):
        builder.add_integer_field(name, indexed=True, fast=True)
    for name in ("data", "body"):
        builder.add_bytes_field(name, stored=True)
    return builder.build()


def register_analyzers(index: Any) -> None:
    """Tell an opened index how its text fields are split."""
    index.register_tokenizer(_FOLDED, analyzer(folded=True))
    index.register_tokenizer(_EXACT, analyzer(folded=False))


def words_of(text: str, *, folded: bool) -> list[str]:
    """Return the words of composed text as the index has them."""
    words: list[str] = analyzer(folded=folded).analyze(text)
    return words


def document_of(entry: IndexEntry) -> Any:
    """Return the index's document of an entry."""
    document = tantivy.Document()
    _add_text(document, entry)
    _add_values(document, entry)
    _add_signatures(document, entry.signatures)
    document.add_bytes("data", _stored(entry))
    if entry.text:
        document.add_bytes("body", compose(entry.text[:MAX_STORED_TEXT]).encode())
    return document


def _add_text(document: Any, entry: IndexEntry) -> None:
    title = compose(entry.title[:MAX_TITLE])
    document.add_text("title", title)
    document.add_text("title_x", title)
    document.add_text("all_x", title)
    described = (
        ("number", (full_number(entry),)),
        ("code", (entry.code,)),
        ("agency", (entry.agency, entry.agency_code)),
        ("keyword", entry.keywords),
        ("note", (entry.note,)),
        ("signer", entry.signatures.signers),
    )
    for name, values in described:
        for value in _capped(values):
            document.add_text(name, value)
            document.add_text("meta", value)
            document.add_text("all_x", value)
    if entry.case_title:
        document.add_text("case", compose(entry.case_title[:MAX_TITLE]))
    if entry.text:
        text = compose(entry.text[:MAX_TEXT])
        document.add_text("text", text)
        document.add_text("all_x", text)


def _add_signatures(document: Any, terms: SignatureTerms) -> None:
    for issuer in _capped(terms.issuers):
        document.add_text("issuer", issuer)
    for name, values in zip(
        KEYED, (terms.verdicts, terms.sub_indications, terms.levels, terms.algorithms), strict=True
    ):
        for value in values:
            document.add_text(name, key(value))
    for iso in terms.expiry:
        day = day_number(iso)
        if day is not None:
            document.add_integer(EXPIRY, day)


def _capped(values: Iterable[str]) -> Iterable[str]:
    room = MAX_TITLE
    for value in values:
        if value and room > 0:
            yield compose(value[:room])
            room -= len(value)


def full_number(entry: IndexEntry) -> str:
    """Return number and notation as people write them: `123/QĐ-UBND`."""
    return "/".join(part for part in (entry.number, entry.notation) if part)


def _add_values(document: Any, entry: IndexEntry) -> None:
    document.add_text("aip_id", entry.aip_id)
    document.add_text("level", entry.level.value)
    document.add_text("code_key", key(entry.code))
    values = (
        ("type", entry.type),
        ("retention", entry.retention),
        ("access", entry.access),
        ("agency_name", " ".join(compose(entry.agency or entry.agency_code).split())),
        ("fonds", entry.fonds),
        ("number_key", key(full_number(entry))),
        ("agency_key", key(entry.agency)),
        ("agency_key", key(entry.agency_code)),
    )
    for name, value in values:
        if value:
            document.add_text(name, value[:MAX_KEY])
    start, end = day_number(entry.start), day_number(entry.end, last=True)
    first, last = start or end, end or start
    if first is not None and last is not None:
        document.add_integer("start_day", first)
        document.add_integer("end_day", last)
        document.add_integer("year", date.fromordinal(first).year)


def day_number(iso: str, *, last: bool = False) -> int | None:
    """Return the day as a number; a year or month stands for its first (or last) day, None for no date."""
    try:
        numbers = [int(part) for part in iso.split("-")] if iso else []
        if not 1 <= len(numbers) <= 3:
            return None
        year, month, day = (*numbers, *(0, 0)[: 3 - len(numbers)])
        if day or not last:
            return date(year, month or 1, day or 1).toordinal()
        month = month or 12
        return (
            date(year + month // 12, month % 12 + 1, 1).toordinal()
            if year < 9999 or month < 12
            else date.max.toordinal() + 1
        ) - 1
    except ValueError:
        return None


STORED = (
    "id", "aip_id", "code", "title", "case_title", "number", "notation", "agency",
    "start", "end", "type", "retention", "access",
)  # fmt: skip
"""Values of an entry that a hit shows, besides its level."""


def _stored(entry: IndexEntry) -> bytes:
    values: list[object] = [getattr(entry, name)[:MAX_TITLE] for name in STORED]
    values += [entry.level.value, entry.note[:MAX_TITLE], " · ".join(entry.keywords)[:MAX_TITLE]]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
