"""Sets of nodes of a document: what a reference selects and its transforms leave over."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from lxml import etree

from preservation.signatures.xml.document import OverBudget, XmlDocument

Key = tuple[etree._Element, str]
"""One node: an element, comment or instruction (empty), its text (`text`), the text after it (`tail`), or an
attribute (`@` and its name)."""

_LARGEST_SET = 500_000
_MOST_REMOVED = 500


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NodeSet:
    """Nodes of one tree: an apex with everything under it, less what was removed."""

    tree: etree._ElementTree
    document: XmlDocument | None = None
    """The document the signature stands in; none for data parsed on the way."""
    apex: etree._Element | None = None
    """Outermost element selected; none for the whole document."""
    comments: bool = False
    removed: tuple[etree._Element, ...] = ()
    """Elements left out with everything under them."""
    visible: frozenset[Key] | None = None
    """The nodes one by one, where they are not whole subtrees."""

    @property
    def top(self) -> etree._Element:
        """The outermost element."""
        root: etree._Element = self.tree.getroot()
        return root if self.apex is None else self.apex

    def without(self, elements: Iterable[etree._Element]) -> "NodeSet":
        """Return the set less some elements and everything under them."""
        gone = tuple(elements)
        if self.visible is not None:
            return replace(self, visible=self.visible - subtree_keys(gone))
        merged = tuple(dict.fromkeys((*self.removed, *gone)))
        if len(merged) > _MOST_REMOVED:
            return replace(self, removed=(), visible=frozenset(self.keys() - subtree_keys(gone)))
        return replace(self, removed=merged)

    def keys(self) -> set[Key]:
        """Return the nodes one by one.

        Raises:
            OverBudget: there are too many.
        """
        if self.visible is not None:
            return set(self.visible)
        found = subtree_keys([*self._outside(), self.top], comments=self.comments)
        return found - subtree_keys(self.removed)

    def _outside(self) -> Iterator[etree._Element]:
        """Yield comments and instructions beside the root, where the whole document is selected."""
        if self.apex is None:
            yield from self.top.itersiblings(preceding=True)
            yield from self.top.itersiblings()


def subtree_keys(tops: Iterable[etree._Element], *, comments: bool = True) -> set[Key]:
    """Return every node of some subtrees, the attributes included.

    Raises:
        OverBudget: there are too many.
    """
    found: set[Key] = set()
    for top in tops:
        if (top, "") in found:
            continue
        for element in top.iter():
            if comments or not isinstance(element, etree._Comment):
                found.add((element, ""))
            if isinstance(element.tag, str):
                found.update((element, "@" + str(name)) for name in element.attrib)
                if element.text:
                    found.add((element, "text"))
            if element is not top and element.tail:
                found.add((element, "tail"))
            if len(found) > _LARGEST_SET:
                raise OverBudget
    return found


def key_of(result: object) -> Key | None:
    """Return the node an XPath result stands for; none for namespace nodes."""
    if isinstance(result, etree._Element):
        return (result, "")
    parent = getattr(result, "getparent", lambda: None)()
    if parent is None:
        return None
    name = getattr(result, "attrname", None)
    if name is not None:
        return (parent, "@" + name)
    return (parent, "tail" if getattr(result, "is_tail", False) else "text")
