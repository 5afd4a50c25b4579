"""The schemas a package of Circular 05/2025 brings: which elements they declare, and which they forget.

They are never used to validate: a stranger's schema may cost without bound. Whether a description follows
the circular is decided by the circular's own element lists.

Source:
    Circular 05/2025/TT-BNV, Annexes I to V: folder `schemas`
"""

from collections.abc import Iterable

from model.errors import InputError
from model.findings import FindingLog
from preservation.package import tt05_findings as kinds
from preservation.package.safexml import XmlFault, read_small
from preservation.package.tree import SubTree
from preservation.package.tt05_elements import Layout

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_NAMES = {"ead": "case", "ead_doc": "", "ead_pic": "pic", "ead_media": "media"}
_LISTED = 12
"""Names shown in one finding."""


class PackageSchemas:
    """The schemas of one package for its descriptions, by the kind of description."""

    def __init__(self, package: SubTree, log: FindingLog) -> None:
        self._package = package
        self._log = log
        self._paths: dict[str, str] = {}
        self._declared: dict[str, frozenset[str]] = {}
        for path, _size in package.files():
            folder, _, name = path.rpartition("/")
            kind = _NAMES.get(name.lower().removesuffix(".xsd")) if name.lower().endswith(".xsd") else None
            if folder == "schemas" and kind is not None:
                self._paths.setdefault(kind, path)

    def undeclared(self, kind: str, names: Iterable[str]) -> tuple[str, list[str]]:
        """Return the schema's path, and the elements in use that it does not declare.

        Args:
            kind: `case`, or a key of `ELEMENT_SETS`.
            names: of the elements in use.
        """
        declared = self._read(kind)
        if not declared:
            return "", []
        return self._paths[kind], [name for name in names if name not in declared]

    def compare(self, kind: str, layout: Layout) -> None:
        """Note where a schema differs from the circular's list."""
        declared = self._read(kind)
        if not declared:
            return
        expected = {row.name for row in layout.elements}
        more = sorted(declared - expected - layout.tolerated - {"simpledc"})
        less = sorted(expected - declared)
        if more or less:
            self._log.add(
                kinds.SCHEMA_DIFFERS.at(
                    self._package.at(self._paths[kind]),
                    declared=", ".join(more[:_LISTED]) or "–",
                    expected=", ".join(less[:_LISTED]) or "–",
                    source=layout.source,
                )
            )

    def _read(self, kind: str) -> frozenset[str]:
        if kind not in self._declared:
            self._declared[kind] = self._names(self._paths[kind]) if kind in self._paths else frozenset()
        return self._declared[kind]

    def _names(self, path: str) -> frozenset[str]:
        try:
            root = read_small(self._package, path)
        except (XmlFault, InputError) as error:
            self._log.add(kinds.SCHEMA_UNREADABLE.at(self._package.at(path), reason=error))
            return frozenset()
        if root.tag != f"{_XSD}schema":
            return frozenset()
        return frozenset(element.get("name", "") for element in root.iter(f"{_XSD}element")) - {""}
