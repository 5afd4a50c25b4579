"""Identifiers of a METS file and what refers to them, in bounded memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from preservation.package.tree import PathSet

_PENDING = 1000
"""References to something not yet seen that are kept; METS puts what is referred to first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One reference by identifier."""

    identifier: str
    place: str
    """Where it stands."""
    rule: str
    """Requirement that asks for it; empty when only METS itself does."""


class Identifiers:
    """The identifiers of one METS file."""

    def __init__(self) -> None:
        self._known = PathSet()
        self._pending: list[Reference] = []

    def define(self, identifier: str) -> bool:
        """Note an identifier; return whether it is new."""
        return self._known.add(identifier)

    def refer(self, identifiers: str, place: Callable[[], str], rule: str = "") -> None:
        """Note references, several separated by spaces; `place` tells where they stand, should it be needed."""
        for identifier in identifiers.split():
            if identifier not in self._known and len(self._pending) < _PENDING:
                self._pending.append(Reference(identifier=identifier, place=place(), rule=rule))

    def unresolved(self) -> Iterator[Reference]:
        """Yield, at the end of the file, the references that lead nowhere."""
        return (reference for reference in self._pending if reference.identifier not in self._known)
