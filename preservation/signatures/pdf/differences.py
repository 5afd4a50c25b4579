"""Names what differs between a signed revision of a PDF and what it is now, in words an archivist knows.

This explains a verdict, it does not make one: whatever cannot be read here is left out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pyhanko.pdf_utils import generic

from model.text import N_
from preservation.signatures.pdf.reading import Document, entry, raw_items

_PAGES = 5_000
_DEPTH = 64
_NODES = 20_000
_NAMED = 5
"""Replaced objects that are named."""
_PAGE_NODES = frozenset({"/Page", "/Pages"})
"""A destination or widget that leads to a page is not changed by what happens to the page."""

PAGE_ADDED = N_("page added")
PAGE_REMOVED = N_("page removed")
PAGE_CONTENT = N_("page content replaced")
ANNOTATION_ADDED = N_("annotation added")
ANNOTATION_REMOVED = N_("annotation removed")
ANNOTATION_CHANGED = N_("annotation changed")
ACTION_ADDED = N_("script or action added")
ATTACHMENT_ADDED = N_("attachment added")
FIELD_ADDED = N_("form field added")
FIELD_REMOVED = N_("form field removed")
FIELD_CHANGED = N_("form field changed")
LAYERS_CHANGED = N_("layers changed")
FREED = N_("object removed")


@dataclass(slots=True)
class _View:
    """One revision of the document."""

    root: Any
    pages: list[tuple[Any, Any]] = field(default_factory=list)
    """Reference and dictionary of each page."""


@dataclass(slots=True)
class _Comparison:
    """Two revisions and which objects were written between them."""

    old: _View
    new: _View
    written: set[tuple[int, int]]
    known: set[tuple[int, int]]
    """Those of them that the old revision had."""
    freed: bool = False


def changes_between(document: Document, revision: int) -> tuple[str, ...]:
    """Return what differs between a revision and the newest one; the names of the replaced objects come last."""
    try:
        comparison = _comparison(document, revision)
    except Exception:  # noqa: BLE001 - an explanation only: a revision that cannot be read is explained by others
        return ()
    found: list[str] = []
    for look in (_pages, _page_parts, _actions, _attachments, _layers, _form):
        found.extend(_tried(look, comparison))
    if comparison.freed:
        found.append(FREED)
    found.extend(f"object {number} replaced" for number, _ in sorted(comparison.known)[:_NAMED])
    return tuple(dict.fromkeys(found))


def _tried(look: Callable[[_Comparison], Iterator[str]], comparison: _Comparison) -> list[str]:
    try:
        return list(look(comparison))
    except Exception:  # noqa: BLE001 - an explanation only: one that fails must not hide the others
        return []


def _comparison(document: Document, revision: int) -> _Comparison:
    xrefs = document.reader.xrefs
    written: set[tuple[int, int]] = set()
    freed = False
    for later in range(revision + 1, document.revisions):
        written |= {(ref.idnum, ref.generation) for ref in xrefs.explicit_refs_in_revision(later)}
        freed = freed or bool(xrefs.refs_freed_in_revision(later))
    known = {
        (number, generation)
        for number, generation in written
        if xrefs.get_historical_ref(generic.Reference(number, generation), revision) is not None
    }
    old, new = document.reader.get_historical_resolver(revision), document.reader
    return _Comparison(
        old=_View(root=old.root, pages=list(_page_list(old.root))),
        new=_View(root=new.root, pages=list(_page_list(new.root))),
        written=written,
        known=known,
        freed=freed,
    )


def _page_list(root: Any) -> Iterator[tuple[Any, Any]]:
    todo = [root.raw_get("/Pages")]
    seen: set[object] = set()
    pages = 0
    while todo and len(seen) < _NODES and pages < _PAGES:
        item = todo.pop()
        key = _key(item) or id(item)
        if key in seen:
            continue
        seen.add(key)
        node = item.get_object()
        if not isinstance(node, generic.DictionaryObject):
            continue
        if "/Kids" in node:
            todo.extend(reversed(raw_items(entry(node, "/Kids"), _NODES)))
        else:
            pages += 1
            yield _key(item), node


def _key(value: Any) -> tuple[int, int] | None:
    return (value.idnum, value.generation) if isinstance(value, generic.IndirectObject) else None


def _pages(comparison: _Comparison) -> Iterator[str]:
    old, new = len(comparison.old.pages), len(comparison.new.pages)
    if new > old:
        yield PAGE_ADDED
    elif new < old:
        yield PAGE_REMOVED
    elif [key for key, _ in comparison.old.pages] != [key for key, _ in comparison.new.pages]:
        yield PAGE_CONTENT


def _page_parts(comparison: _Comparison) -> Iterator[str]:
    """Compare the pages that both revisions have."""
    newer = {key: page for key, page in comparison.new.pages if key is not None}
    for key, old in comparison.old.pages:
        new = newer.get(key) if key is not None else None
        if new is None:
            continue
        if any(_differs(comparison, old, new, name) for name in ("/Contents", "/Resources", "/MediaBox", "/Rotate")):
            yield PAGE_CONTENT
        yield from _annotations(comparison, old, new)


def _annotations(comparison: _Comparison, old: Any, new: Any) -> Iterator[str]:
    before, after = _members(old, "/Annots"), _members(new, "/Annots")
    added = [item for item in after if item not in before]
    if any(_field_type(item) != "/Sig" for item in added if item is not None):
        yield ANNOTATION_ADDED
    if any(item not in after for item in before):
        yield ANNOTATION_REMOVED
    for item in after:
        if item in before and (item.idnum, item.generation) in comparison.known and _field_type(item) is None:
            yield ANNOTATION_CHANGED


def _members(container: Any, name: str) -> list[Any]:
    items = raw_items(entry(container, name), _NODES)
    return [item for item in items if isinstance(item, generic.IndirectObject)]


def _field_type(item: Any) -> Any:
    return entry(item.get_object(), "/FT")


def _differs(comparison: _Comparison, old: Any, new: Any, name: str) -> bool:
    """Whether an entry of a dictionary, or an object it leads to, was written anew."""
    before, after = _raw(old, name), _raw(new, name)
    if (before is None) != (after is None) or (before is not None and _text(before) != _text(after)):
        return True
    return after is not None and _touched(comparison, after)


def _raw(container: Any, name: str) -> Any:
    return container.raw_get(name) if name in container else None


def _text(value: Any, depth: int = 0) -> str:
    """Return a text that two equal values have in common; references are not followed."""
    if isinstance(value, generic.IndirectObject):
        return f"{value.idnum} {value.generation} R"
    if isinstance(value, generic.NullObject) or depth > _DEPTH:
        return "null"
    if isinstance(value, generic.ArrayObject):
        return "[" + " ".join(_text(item, depth + 1) for item in raw_items(value, _NODES)) + "]"
    if isinstance(value, generic.DictionaryObject):
        return "<<" + " ".join(f"{name} {_text(value.raw_get(name), depth + 1)}" for name in sorted(value)) + ">>"
    return repr(value)


def _touched(comparison: _Comparison, value: Any) -> bool:
    """Whether one of the objects reached from a value was there before and was written anew."""
    todo: list[tuple[Any, int]] = [(value, 0)]
    seen: set[object] = set()
    while todo and len(seen) < _NODES:
        item, depth = todo.pop()
        key = _key(item)
        if depth > _DEPTH or (key is not None and key in seen):
            continue
        seen.add(key or id(item))
        resolved = item.get_object()
        if entry(resolved, "/Type") in _PAGE_NODES:
            continue
        if key in comparison.known:
            return True
        if isinstance(resolved, generic.DictionaryObject):
            names = [name for name in resolved if name not in {"/Parent", "/P"}]
            todo.extend((resolved.raw_get(name), depth + 1) for name in names)
        else:
            todo.extend((member, depth + 1) for member in raw_items(resolved, _NODES))
    return False


def _actions(comparison: _Comparison) -> Iterator[str]:
    old, new = comparison.old.root, comparison.new.root
    if (
        any(name in new and _differs(comparison, old, new, name) for name in ("/OpenAction", "/AA"))
        or _names_differ(comparison, "/JavaScript")
        or any("/AA" in page and "/AA" not in older for (_, older), (_, page) in _pairs(comparison))
    ):
        yield ACTION_ADDED


def _pairs(comparison: _Comparison) -> Iterator[tuple[tuple[Any, Any], tuple[Any, Any]]]:
    return zip(comparison.old.pages, comparison.new.pages, strict=False)


def _attachments(comparison: _Comparison) -> Iterator[str]:
    if _names_differ(comparison, "/EmbeddedFiles") or (
        "/AF" in comparison.new.root and _differs(comparison, comparison.old.root, comparison.new.root, "/AF")
    ):
        yield ATTACHMENT_ADDED


def _names_differ(comparison: _Comparison, name: str) -> bool:
    old, new = entry(comparison.old.root, "/Names"), entry(comparison.new.root, "/Names")
    if not isinstance(new, generic.DictionaryObject) or name not in new:
        return False
    return not isinstance(old, generic.DictionaryObject) or _differs(comparison, old, new, name)


def _layers(comparison: _Comparison) -> Iterator[str]:
    if _differs(comparison, comparison.old.root, comparison.new.root, "/OCProperties"):
        yield LAYERS_CHANGED


def _form(comparison: _Comparison) -> Iterator[str]:
    old = _members(entry(comparison.old.root, "/AcroForm"), "/Fields")
    new = _members(entry(comparison.new.root, "/AcroForm"), "/Fields")
    if any(item not in old and _field_type(item) != "/Sig" for item in new):
        yield FIELD_ADDED
    if any(item not in new for item in old):
        yield FIELD_REMOVED
    kept = [item for item in new if item in old and (item.idnum, item.generation) in comparison.known]
    if any(_field_type(item) != "/Sig" for item in kept):
        yield FIELD_CHANGED
