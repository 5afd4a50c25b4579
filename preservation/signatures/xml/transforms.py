"""The transforms of a reference, one after the other, and what of the document was left after them."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lxml import etree

from model.text import N_
from preservation.signatures.xml import names
from preservation.signatures.xml.canonical import DEFAULT, Method, canonicalize, method_of
from preservation.signatures.xml.document import Budget, OverBudget, XmlFault, parse_data
from preservation.signatures.xml.filters import Refused, xpath_filter, xpath_filter2
from preservation.signatures.xml.names import DSIG
from preservation.signatures.xml.nodes import NodeSet

TransformHandler = Callable[[bytes, etree._Element], bytes]
"""A transform of one container format: the octets it is given and the `ds:Transform` element, to octets."""

Data = NodeSet | bytes
_MOST = 16
_SPACES = re.compile(rb"[ \t\r\n]+")

TOO_MANY = N_("it asks for too many transforms")
TOO_MUCH = N_("the document asks for more work than is done for one file")
STYLESHEET = N_("it runs a style sheet (XSLT), which could show anything")
UNKNOWN = N_("it uses a transform that is not supported")
NOT_NODES = N_("it uses a transform for XML on something that is not XML")
EXPRESSION = N_("its expression cannot be evaluated")
NOT_CANONICAL = N_("its content has no canonical form (a namespace without a full name)")
NOT_BASE64 = N_("its content is not base64")


@dataclass(slots=True)
class Transformed:
    """What a chain of transforms made of the data a reference selects."""

    data: Data
    selected: NodeSet | None = None
    """The last set of nodes of the signed document itself: what the signature shows to a reader."""
    stripped: bool = False
    """Only text was signed, not the elements around it (base64)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformContext:
    """What the transforms of one signature may use."""

    signature: etree._Element
    budget: Budget
    handlers: Mapping[str, TransformHandler] = field(default_factory=dict)


class TransformRefused(Exception):
    """A transform is not applied.

    Args:
        reason: a phrase of this module.
        detail: what it is about: an identifier, a library's words.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = f"{reason}: {detail[:160]}" if detail else reason


def apply_transforms(data: Data, transforms: etree._Element | None, context: TransformContext) -> Transformed:
    """Apply the transforms of a `ds:Transforms` element in their order.

    Raises:
        TransformRefused: one is unknown, unsafe, or does not fit its input.
    """
    result = Transformed(data=data, selected=data if isinstance(data, NodeSet) else None)
    if transforms is None:
        return result
    chain = list(names.children(transforms, "Transform", (names.space(transforms),)))
    if len(chain) > _MOST:
        raise TransformRefused(TOO_MANY)
    for transform in chain:
        try:
            _apply(result, transform, context)
        except OverBudget as error:
            raise TransformRefused(TOO_MUCH) from error
        except Refused as error:
            raise TransformRefused(EXPRESSION, str(error)) from error
    return result


def octets_of(data: Data, budget: Budget, method: Method = DEFAULT) -> bytes:
    """Return the octets that are digested: a set of nodes in canonical form.

    Raises:
        TransformRefused: the document has used up its budget.
    """
    try:
        octets = canonicalize(data, method) if isinstance(data, NodeSet) else data
    except OverBudget as error:
        raise TransformRefused(TOO_MUCH) from error
    except etree.C14NError as error:
        raise TransformRefused(NOT_CANONICAL) from error
    budget.octets -= len(octets)
    if budget.octets < 0:
        raise TransformRefused(TOO_MUCH)
    return octets


def decode_base64(content: bytes) -> bytes | None:
    """Return what base64 with white space stands for; none when it is not base64."""
    try:
        return base64.b64decode(_SPACES.sub(b"", content), validate=True)
    except (binascii.Error, ValueError):
        return None


def _apply(result: Transformed, transform: etree._Element, context: TransformContext) -> None:
    identifier = transform.get("Algorithm", "")
    method = method_of(identifier, transform)
    if method is not None:
        result.data = octets_of(_nodes(result.data, identifier, comments=True), context.budget, method)
    elif identifier in (names.ENVELOPED, names.XPATH, names.FILTER2):
        _filter(result, identifier, transform, context)
    elif identifier == names.BASE64:
        _decode(result, context)
    elif identifier in context.handlers:
        result.data = context.handlers[identifier](octets_of(result.data, context.budget), transform)
    elif identifier == names.XSLT:
        raise TransformRefused(STYLESHEET)
    else:
        raise TransformRefused(UNKNOWN, identifier)


def _filter(result: Transformed, identifier: str, transform: etree._Element, context: TransformContext) -> None:
    own = isinstance(result.data, NodeSet)
    nodes = _nodes(result.data, identifier, comments=True)
    if identifier == names.ENVELOPED:
        if not own or nodes.document is None:
            raise TransformRefused(NOT_NODES, identifier)
        result.data = nodes.without([context.signature])
    elif identifier == names.XPATH:
        result.data = xpath_filter(nodes, transform, context.signature, context.budget)
    else:
        result.data = xpath_filter2(nodes, transform, context.budget)
    if result.selected is not None and isinstance(result.data, NodeSet) and own:
        result.selected = result.data


def _nodes(data: Data, identifier: str, *, comments: bool) -> NodeSet:
    if isinstance(data, NodeSet):
        return data
    try:
        return NodeSet(tree=parse_data(data), comments=comments)
    except XmlFault as error:
        raise TransformRefused(NOT_NODES, identifier) from error


def _decode(result: Transformed, context: TransformContext) -> None:
    """Decode; of a set of nodes only the text counts (XMLDSig 1.1, 6.6.2)."""
    if isinstance(result.data, NodeSet):
        nodes = result.data
        if nodes.visible is not None or nodes.removed:
            raise TransformRefused(NOT_NODES, names.BASE64)
        result.stripped = next(nodes.top.iterchildren(etree.Element), None) is not None
        text = names.string_value(nodes.top).encode("ascii", "replace")
    else:
        text = result.data
    decoded = decode_base64(text)
    if decoded is None:
        raise TransformRefused(NOT_BASE64)
    context.budget.octets -= len(decoded)
    result.data = decoded


def transforms_of(reference: etree._Element) -> etree._Element | None:
    """Return the transforms of a reference; none when it has none."""
    return names.child(reference, "Transforms", (names.space(reference), DSIG))
