"""The elements of a message's envelope, as they are told apart by name alone."""

from collections.abc import Iterator


class Node:
    """One element: small, since a message may have many."""

    __slots__ = ("attributes", "children", "line", "name", "namespace", "parts", "prefix", "slot")

    def __init__(self, name: str, prefix: str, namespace: str, line: int) -> None:
        self.name = name
        """Without prefix."""
        self.prefix = prefix
        self.namespace = namespace
        self.line = line
        self.attributes: dict[str, str] = {}
        """By name without prefix; declarations of namespaces left out."""
        self.children: list[Node] = []
        self.parts: list[str] = []
        self.slot = -1
        """Number of the attachment whose content stood here; -1 where there was none."""

    @property
    def text(self) -> str:
        """The element's own text, blanks around it removed."""
        return "".join(self.parts).strip()

    def all(self, *names: str) -> Iterator["Node"]:
        """Yield the children with one of the names, in order."""
        return (child for child in self.children if child.name in names)

    def first(self, *names: str) -> "Node | None":
        """Return the first child with one of the names."""
        return next(self.all(*names), None)

    def value(self, *names: str) -> str:
        """Return the text of the first child with one of the names; empty when there is none."""
        found = self.first(*names)
        return found.text if found is not None else ""

    def find(self, *names: str) -> "Node | None":
        """Return the first element with one of the names, this one or under it, in document order."""
        return next((node for node in self.walk() if node.name in names), None)

    def walk(self) -> Iterator["Node"]:
        """Yield this element and everything under it, in document order."""
        todo = [self]
        while todo:
            node = todo.pop()
            yield node
            todo.extend(reversed(node.children))


EMPTY = Node("", "", "", 0)
"""Stands for an element that is not there."""
