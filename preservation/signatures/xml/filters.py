"""The XPath transforms: XPath 1.0 filtering and XPath Filter 2.0, over nodes of the document itself."""

import re
from dataclasses import replace
from typing import Any

from lxml import etree

from preservation.signatures.xml.document import Budget, OverBudget
from preservation.signatures.xml.names import DSIG, FILTER2, children
from preservation.signatures.xml.nodes import Key, NodeSet, key_of, subtree_keys

_LONGEST = 2_000
_WITHOUT_SIGNATURES = re.compile(r"\s*not\s*\(\s*ancestor-or-self::([\w.-]+):Signature\s*\)\s*")
_ENVELOPED = re.compile(
    r"count\(ancestor-or-self::(?P<p>[\w.-]+):Signature\|here\(\)/ancestor::(?P=p):Signature\[1\]\)"
    r">count\(ancestor-or-self::(?P=p):Signature\)"
)


class Refused(Exception):
    """A transform is not applied; the text says why, in words for people."""


def xpath_filter(nodes: NodeSet, transform: etree._Element, signature: etree._Element, budget: Budget) -> NodeSet:
    """Keep the nodes for which an expression is true.

    Source:
        XMLDSig 1.1, 6.6.3
    """
    element = next(children(transform, "XPath", (DSIG,)), None)
    if element is None:
        raise Refused("XPath")
    expression, prefixes = _expression(element, budget)
    if (found := _WITHOUT_SIGNATURES.fullmatch(expression)) and prefixes.get(found[1]) == DSIG:
        return nodes.without(nodes.top.iter(f"{{{DSIG}}}Signature"))
    if (found := _ENVELOPED.fullmatch("".join(expression.split()))) and prefixes.get(found["p"]) == DSIG:
        return nodes.without([signature])
    everything = "(//. | //@*)" if nodes.apex is None else "(descendant-or-self::node() | descendant-or-self::*/@*)"
    kept = _keys(_evaluate(nodes, f"{everything}[boolean({expression})]", element, prefixes)) & nodes.keys()
    _refuse_orphans(nodes, kept, expression, element, prefixes)
    return replace(nodes, removed=(), visible=frozenset(kept))


def _refuse_orphans(
    nodes: NodeSet, kept: set[Key], expression: str, here: etree._Element, prefixes: dict[str, str]
) -> None:
    """Refuse a filter that parts an element from its attributes or namespaces: its canonical form is no XML."""
    options: dict[str, Any] = {"namespaces": prefixes, "extensions": _here(here)}
    inner = f"namespace::*[name() != 'xml'][boolean({expression})]"
    left = etree.XPath(f"boolean({inner} | @*[boolean({expression})])", **options)
    lost = etree.XPath(f"boolean(namespace::*[name() != 'xml'][not({expression})])", **options)
    for element in nodes.top.iter(etree.Element):
        if (lost if (element, "") in kept else left)(element):
            raise Refused("namespace::*")


def _here(element: etree._Element) -> dict[tuple[None, str], Any]:
    return {(None, "here"): lambda _context: [element]}


def xpath_filter2(nodes: NodeSet, transform: etree._Element, budget: Budget) -> NodeSet:
    """Intersect, subtract and unite subtrees.

    Source:
        XML-Signature XPath Filter 2.0, 3
    """
    steps = []
    for element in children(transform, "XPath", (FILTER2,)):
        expression, prefixes = _expression(element, budget)
        steps.append((element.get("Filter"), _evaluate(nodes, expression, element, prefixes)))
    if not steps or any(kind not in ("subtract", "intersect", "union") for kind, _ in steps):
        raise Refused("Filter")
    if all(kind == "subtract" for kind, _ in steps) and all(_is_element(node) for _, found in steps for node in found):
        return nodes.without(node for _, found in steps for node in found)
    chosen = _whole(nodes)
    for kind, found in steps:
        selected = _closure(found)
        if kind == "subtract":
            chosen -= selected
        else:
            chosen = chosen & selected if kind == "intersect" else chosen | selected
    return replace(nodes, removed=(), visible=frozenset(chosen & nodes.keys()))


def _expression(element: etree._Element, budget: Budget) -> tuple[str, dict[str, str]]:
    """Return an expression that is whole by itself, and the prefixes it may use."""
    budget.filters -= 1
    if budget.filters < 0:
        raise OverBudget
    expression = (element.text or "").strip()
    if not expression or len(expression) > _LONGEST or len(element):
        raise Refused("XPath")
    prefixes = {prefix: uri for prefix, uri in element.nsmap.items() if prefix and uri}
    try:
        etree.XPath(expression, namespaces=prefixes)
    except etree.XPathError as error:
        raise Refused(f"XPath: {error}") from error
    return expression, prefixes


def _evaluate(nodes: NodeSet, expression: str, here: etree._Element, prefixes: dict[str, str]) -> list[Any]:
    options: dict[str, Any] = {
        "namespaces": prefixes,
        "extensions": _here(here),
    }
    try:
        found = nodes.tree.xpath(expression, **options) if _absolute(nodes) else nodes.top.xpath(expression, **options)
    except (etree.XPathError, etree.LxmlError) as error:
        raise Refused(f"XPath: {error}") from error
    if not isinstance(found, list):
        raise Refused("XPath")
    return found


def _absolute(nodes: NodeSet) -> bool:
    return nodes.apex is None


def _is_element(node: object) -> bool:
    return isinstance(node, etree._Element) and isinstance(node.tag, str)


def _keys(found: list[Any]) -> set[Key]:
    return {key for node in found if (key := key_of(node)) is not None}


def _closure(found: list[Any]) -> set[Key]:
    """Return everything under the nodes found; a text or attribute stands for itself."""
    return _keys(found) | subtree_keys(node for node in found if isinstance(node, etree._Element))


def _whole(nodes: NodeSet) -> set[Key]:
    return NodeSet(tree=nodes.tree, comments=True).keys()
