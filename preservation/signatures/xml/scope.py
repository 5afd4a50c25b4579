"""What of a document a signature covers, and whether the signed parts stand where they belong."""

from collections.abc import Iterable, Iterator
from enum import Enum

from lxml import etree

from model.signatures import Scope
from preservation.signatures.xml import names
from preservation.signatures.xml.document import identifier_of
from preservation.signatures.xml.names import DSIG, MANIFEST_TYPE, XADES
from preservation.signatures.xml.nodes import NodeSet
from preservation.signatures.xml.references import CheckedReference, Match

_MOST_NAMED = 200
_SIGNATURES = (f"{{{DSIG}}}Signature", f"{{{names.EDXML}}}Signature")
_OWN_SPACES = (DSIG, names.DSIG11, names.EXC_C14N, names.FILTER2, names.MORE_2007, names.WSSE)
"""Namespaces of what a signature consists of, its objects apart."""
_WRAPPER_ATTRIBUTES = frozenset({"Id", "ID", "id"})


class Envelope(Enum):
    """What the document is for its signatures."""

    DOCUMENT = "document"
    """What is to be signed: the scope is measured by it."""
    PARTS = "parts"
    """It only carries signatures over the files of a container, whose reader measures the scope."""


def is_displaced(reference: CheckedReference, signature: etree._Element) -> bool:
    """Whether a signed part inside its own signature stands where no standard puts it (signature wrapping).

    Objects belong directly into a signature, manifests and properties directly into an object.
    """
    target = reference.target
    if target is None or target is signature or signature not in set(target.iterancestors()):
        return _wrong_kind(reference, signature)
    for element in (target, *target.iterancestors()):
        if element is signature:
            break
        parent = element.getparent()
        if parent is None or (
            names.named(element, "Object", (DSIG,)) and not names.named(parent, "Signature", (DSIG,))
        ):
            return True
        inner = names.local(element) in ("Manifest", "SignatureProperties") and names.space(element) == DSIG
        if inner and not names.named(parent, "Object", (DSIG,)):
            return True
    return _wrong_kind(reference, signature)


def _wrong_kind(reference: CheckedReference, signature: etree._Element) -> bool:
    """Whether a reference says it names a manifest or object and names something else.

    Slovak and Czech software calls the signature's own KeyInfo an object.
    """
    if reference.target is None or reference.external:
        return False
    if reference.type == MANIFEST_TYPE:
        return not names.named(reference.target, "Manifest", (DSIG,))
    if reference.type == DSIG + "Object":
        own_key = names.named(reference.target, "KeyInfo", (DSIG,)) and reference.target.getparent() is signature
        return not (own_key or names.named(reference.target, "Object", (DSIG,)))
    return False


def scope_of(signature: etree._Element, references: Iterable[CheckedReference], envelope: Envelope) -> Scope:
    """Measure what a signature covers.

    Args:
        references: all of the signature, those of signed manifests included.
        envelope: whether the document itself is what was to be signed.
    """
    content = [one for one in references if not _is_properties(one)]
    covered = tuple(dict.fromkeys(_name(one) for one in content if one.match is Match.MATCH))[:_MOST_NAMED]
    if envelope is Envelope.PARTS:
        return Scope(whole_document=None, covered=covered)
    whole, uncovered = _measure(signature, [one for one in content if one.match in (Match.MATCH, Match.MISMATCH)])
    if not whole and any(one.match in (Match.MISSING, Match.REFUSED) for one in content):
        return Scope(whole_document=None, covered=covered)
    return Scope(whole_document=whole, covered=covered, uncovered=uncovered[:_MOST_NAMED])


def _measure(signature: etree._Element, content: list[CheckedReference]) -> tuple[bool | None, tuple[str, ...]]:
    root = signature.getroottree().getroot()
    sound = frozenset(one for one in root.iter(*_SIGNATURES) if _is_signature(one))
    loose = [_label(one) for one in _loose_objects(signature, content, sound)]
    whole = next((one for one in content if _covers_document(one, root, sound)), None)
    if whole is not None:
        loose += [_label(one) for one in _foreign_objects(root, signature)] + list(_beside_root(whole, root))
        return not loose, tuple(loose)
    if root is signature:
        return (not loose if content else False), tuple(loose)
    missing = [one for one in root.iterchildren(etree.Element) if one not in sound and not _signed(one, content, sound)]
    uncovered = tuple(_label(one) for one in missing) + tuple(loose)
    if missing or loose or not content:
        return False, uncovered or (names.local(root),)
    return (None if _is_wrapper(root) else False), (names.local(root),)


def _covers_document(reference: CheckedReference, root: etree._Element, sound: frozenset[etree._Element]) -> bool:
    """Whether all of the document is signed but its signatures."""
    nodes = reference.selected
    if nodes is None or reference.stripped or nodes.top is not root:
        return False
    if nodes.visible is None:
        return all(_within(element, "", sound) for element in nodes.removed)
    whole = NodeSet(tree=nodes.tree, apex=nodes.top, comments=False).keys()
    return all(_is_blank(element, kind) or _within(element, kind, sound) for element, kind in whole - nodes.visible)


def _is_blank(element: etree._Element, kind: str) -> bool:
    text = element.text if kind == "text" else element.tail if kind == "tail" else None
    return text is not None and not text.strip()


def _within(element: etree._Element, kind: str, sound: frozenset[etree._Element]) -> bool:
    """Whether a node belongs to a signature; the text after a signature does not."""
    if kind != "tail" and element in sound:
        return True
    return any(ancestor in sound for ancestor in element.iterancestors())


def _is_signature(element: etree._Element) -> bool:
    """Whether an element is a signature and hides nothing that is not a signature's outside its objects."""
    space = names.space(element)
    own = [part for part in element.iterchildren(etree.Element) if names.space(part) == space]
    if len(own) != len(list(element.iterchildren(etree.Element))):
        return False
    if not {"SignedInfo", "SignatureValue"} <= {names.local(part) for part in own}:
        return False
    others = (part for part in own if names.local(part) != "Object")
    return all(names.space(inner) in (*_OWN_SPACES, space) for part in others for inner in part.iter(etree.Element))


def _beside_root(reference: CheckedReference, root: etree._Element) -> Iterator[str]:
    """Yield instructions before and after the root (a style sheet, say) that a reference by identifier leaves out."""
    nodes = reference.selected
    if nodes is not None and nodes.apex is not None:
        for one in (*root.itersiblings(preceding=True), *root.itersiblings()):
            if isinstance(one, etree._ProcessingInstruction):
                yield f"<?{one.target!s}?>"


def _signed(element: etree._Element, content: list[CheckedReference], sound: frozenset[etree._Element]) -> bool:
    """Whether an element is signed whole."""
    around = {element, *element.iterancestors()}
    for one in content:
        nodes = one.selected
        if nodes is None or one.stripped or nodes.visible is not None or nodes.top not in around:
            continue
        if around.isdisjoint(nodes.removed) and sound.issuperset(nodes.removed):
            return True
    return False


def _loose_objects(
    signature: etree._Element, content: list[CheckedReference], sound: frozenset[etree._Element]
) -> Iterator[etree._Element]:
    """Yield the objects of a signature that hold something it does not sign."""
    for held in names.children(signature, "Object", (names.space(signature),)):
        if _signed(held, content, sound) or any(one.target is held and not one.stripped for one in content):
            continue
        parts = list(held.iterchildren(etree.Element))
        text = "".join([held.text or "", *(part.tail or "" for part in parts)]).strip()
        if text or not all(_is_own(part, content, sound) for part in parts):
            yield held


def _is_own(part: etree._Element, content: list[CheckedReference], sound: frozenset[etree._Element]) -> bool:
    return names.named(part, "QualifyingProperties", XADES) or _signed(part, content, sound)


def _foreign_objects(root: etree._Element, signature: etree._Element) -> Iterator[etree._Element]:
    """Yield objects of the document's other signatures that these do not even name: a place to hide content."""
    for other in root.iter(f"{{{DSIG}}}Signature"):
        if other is signature:
            continue
        uris = {reference.get("URI", "") for reference in other.iter(f"{{{DSIG}}}Reference")}
        for held in names.children(other, "Object", (DSIG,)):
            parts = [held, *held.iterchildren(etree.Element)]
            named = any(f"#{identifier_of(part)}" in uris for part in parts if identifier_of(part))
            own = any(names.named(part, "QualifyingProperties", XADES) for part in parts)
            if not named and not own:
                yield held


def _is_wrapper(root: etree._Element) -> bool:
    """Whether an element says nothing by itself: no attribute, no text."""
    texts = [root.text, *(child.tail for child in root)]
    return not (set(map(str, root.attrib)) - _WRAPPER_ATTRIBUTES) and not any((text or "").strip() for text in texts)


def _is_properties(reference: CheckedReference) -> bool:
    target = reference.target
    return reference.type.endswith("#SignedProperties") or (
        target is not None and names.named(target, "SignedProperties", XADES)
    )


def _name(reference: CheckedReference) -> str:
    if reference.external or reference.uri:
        return reference.uri[:500] or reference.type
    return names.local(reference.target) if reference.target is not None else ""


def _label(element: etree._Element) -> str:
    name = identifier_of(element)
    return f"{names.local(element)}#{name}"[:200] if name else names.local(element)
