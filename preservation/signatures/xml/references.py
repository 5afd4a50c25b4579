"""References: what each of them names, whether its digest fits, and what of the document it signs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from lxml import etree

from model.findings import Finding
from model.text import N_
from preservation.cms.digests import UnsupportedAlgorithm, digest_bytes
from preservation.signatures.xml import findings as kinds
from preservation.signatures.xml import names
from preservation.signatures.xml.canonical import DEFAULT, Method
from preservation.signatures.xml.document import Budget, XmlDocument
from preservation.signatures.xml.names import DSIG
from preservation.signatures.xml.nodes import NodeSet
from preservation.signatures.xml.transforms import (
    TransformContext,
    Transformed,
    TransformHandler,
    TransformRefused,
    apply_transforms,
    decode_base64,
    octets_of,
    transforms_of,
)

Resolve = Callable[[str], bytes | None]
"""Finds signed data outside the document by the URI a reference gives (empty: it gives none)."""

_BY_ID = re.compile(r"#xpointer\(id\((?:'([^']*)'|\"([^\"]*)\")\)\)")
_WHOLE = "#xpointer(/)"
_POINTER = N_("it uses a form of address that is not supported")
_FRAGMENT = N_("it names a part of another file")


class Match(Enum):
    """Whether the digest of a reference fits."""

    MATCH = "match"
    MISMATCH = "mismatch"
    MISSING = "missing"
    """The data is not here."""
    REFUSED = "refused"
    """It was not followed, or its algorithm is not supported."""
    FORGED = "forged"
    """It cannot be told what was signed: an identifier used twice, a part moved, a target that is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedReference:
    """One reference, checked."""

    element: etree._Element
    uri: str
    """As written; empty when the attribute is absent."""
    type: str = ""
    match: Match
    digest: str = ""
    """Digest algorithm."""
    target: etree._Element | None = None
    """The element of the document it names; the root for the whole document."""
    selected: NodeSet | None = None
    """The nodes of the document that are signed; none for data outside it."""
    stripped: bool = False
    """Only the text of the target is signed."""
    external: bool = False
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceContext:
    """What the references of one signature may use."""

    document: XmlDocument
    signature: etree._Element
    id: str
    """Of the signature: location of findings."""
    resolve: Resolve | None = None
    handlers: Mapping[str, TransformHandler] = field(default_factory=dict)

    @property
    def budget(self) -> Budget:
        """How much work the document may still cause."""
        return self.document.budget


class _Unresolved(Exception):
    """A reference leads nowhere."""

    def __init__(self, match: Match, finding: Finding) -> None:
        super().__init__(finding.code)
        self.match = match
        self.finding = finding


def check_reference(element: etree._Element, context: ReferenceContext) -> CheckedReference:
    """Follow a reference and compare its digest.

    Source:
        XMLDSig 1.1, 3.2.1, 4.4.3
    """
    uri, kind = element.get("URI", ""), element.get("Type", "")
    data: NodeSet | bytes | None = None
    selected: NodeSet | None = None
    match, finding, stripped, digest = Match.REFUSED, None, False, ""
    try:
        digest, expected = _expected(element, uri, context)
        data = _dereference(element, uri, context)
        result = _transform(element, data, uri, context)
        selected, stripped = result.selected, result.stripped
        match, finding = _compare(result, digest, expected, uri, context)
    except _Unresolved as error:
        match, finding = error.match, error.finding
    nodes = data if isinstance(data, NodeSet) else None
    return CheckedReference(
        element=element,
        uri=uri,
        type=kind,
        match=match,
        digest=digest,
        target=nodes.top if nodes is not None else None,
        selected=selected,
        stripped=stripped,
        external=nodes is None and not uri.startswith("#"),
        findings=() if finding is None else (finding,),
    )


def reference_octets(element: etree._Element, context: ReferenceContext, method: Method = DEFAULT) -> bytes | None:
    """Return the octets a reference signs, for the imprint of a timestamp; none when they cannot be had.

    Args:
        method: how a set of nodes is put into canonical form.
    """
    uri = element.get("URI", "")
    try:
        result = _transform(element, _dereference(element, uri, context), uri, context)
        return octets_of(result.data, context.budget, method)
    except (_Unresolved, TransformRefused):
        return None


def unique_element(identifier: str, context: ReferenceContext) -> etree._Element | None:
    """Return the only element with an identifier; none when there is none or more than one."""
    found = context.document.identifiers.get(identifier, [])
    return found[0] if len(found) == 1 else None


def _expected(element: etree._Element, uri: str, context: ReferenceContext) -> tuple[str, bytes]:
    spaces = (names.space(element), DSIG)
    method = names.child(element, "DigestMethod", spaces)
    identifier = method.get("Algorithm", "") if method is not None else ""
    value = decode_base64(names.text_of(names.child(element, "DigestValue", spaces)).encode())
    if not value:
        raise _Unresolved(Match.MISMATCH, kinds.DIGEST_VALUE.at(context.id, reference=_shown(uri)))
    name = names.DIGESTS.get(identifier)
    if name is None:
        raise _Unresolved(Match.REFUSED, kinds.ALGORITHM.at(context.id, algorithm=identifier[:120]))
    return name, value


def _transform(element: etree._Element, data: NodeSet | bytes, uri: str, context: ReferenceContext) -> Transformed:
    transforms = TransformContext(signature=context.signature, budget=context.budget, handlers=context.handlers)
    try:
        return apply_transforms(data, transforms_of(element), transforms)
    except TransformRefused as error:
        raise _refusal(uri, error.reason, context) from error


def _compare(
    result: Transformed, digest: str, expected: bytes, uri: str, context: ReferenceContext
) -> tuple[Match, Finding | None]:
    try:
        computed = digest_bytes(octets_of(result.data, context.budget), digest)
    except TransformRefused as error:
        raise _refusal(uri, error.reason, context) from error
    except UnsupportedAlgorithm as error:
        raise _Unresolved(Match.REFUSED, kinds.ALGORITHM.at(context.id, algorithm=digest)) from error
    if computed == expected:
        return Match.MATCH, None
    return Match.MISMATCH, kinds.DIGEST.at(context.id, reference=_shown(uri))


def _dereference(element: etree._Element, uri: str, context: ReferenceContext) -> NodeSet | bytes:
    """Return what a reference names (XMLDSig 1.1, 4.4.3.2 and 4.4.3.3)."""
    context.budget.references -= 1
    if context.budget.references < 0:
        raise _refusal(uri, N_("the document has too many references"), context)
    document = context.document
    if uri == "" and element.get("URI") is not None:
        return NodeSet(tree=document.tree, document=document)
    if uri == _WHOLE:
        return NodeSet(tree=document.tree, document=document, comments=True)
    if uri.startswith("#"):
        pointer = _BY_ID.fullmatch(uri)
        if pointer is None and "(" in uri:
            raise _refusal(uri, _POINTER, context)
        name = (pointer[1] or pointer[2] or "") if pointer else uri[1:]
        apex = _named(name, uri, context)
        return NodeSet(tree=document.tree, document=document, apex=apex, comments=pointer is not None)
    return _external(uri, context)


def _external(uri: str, context: ReferenceContext) -> bytes:
    if "#" in uri:
        raise _refusal(uri, _FRAGMENT, context)
    content = context.resolve(uri) if context.resolve is not None else None
    if content is None:
        raise _Unresolved(Match.MISSING, kinds.MISSING.at(context.id, reference=_shown(uri)))
    context.budget.octets -= len(content)
    return content


def _named(name: str, uri: str, context: ReferenceContext) -> etree._Element:
    found = context.document.identifiers.get(name, [])
    if len(found) == 1:
        return found[0]
    kind = kinds.AMBIGUOUS if found else kinds.DANGLING
    raise _Unresolved(Match.FORGED, kind.at(context.id, reference=_shown(uri)))


def _refusal(uri: str, reason: str, context: ReferenceContext) -> _Unresolved:
    return _Unresolved(Match.REFUSED, kinds.REFUSED.at(context.id, reference=_shown(uri), reason=reason))


def _shown(uri: str) -> str:
    return uri[:200]
