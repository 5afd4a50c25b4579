"""Linked documents of Circular 05/2025: a `.fetch.txt` stands for a document that lies in another package.

Source:
    Circular 05/2025/TT-BNV, Annexes I and III
"""

import re
from dataclasses import dataclass

from model.errors import InputError
from model.findings import FindingLog
from preservation.package import findings, tt05_findings
from preservation.package.tree import SubTree
from preservation.package.tt05_elements import ARCHIVAL

_LIMIT = 64 * 1024
_UUID = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
_LINE = re.compile(rf"urn[_:](?P<fonds>[^_\s]+)[_:](?:uuid[-:_])?{_UUID}_\S.* \d+ \S.* \S+")
_LINE_FORM = "urn_{mã phông}_{uuid}_{path} {size} {path} {document id}"
_IDENTIFIER = re.compile(r"\S.{0,199}")
_IDENTIFIER_FORM = "{document id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedContext:
    """The package a linked document stands in."""

    package_type: str
    fonds: str
    """Code of the package's fonds; empty when not known."""
    loose: bool


def check_linked(package: SubTree, path: str, context: LinkedContext, log: FindingLog) -> None:
    """Check what a `.fetch.txt` says; the document itself is not looked for.

    Args:
        package: the tree seen from the package's root folder.
        path: of the file inside the package.
        context: what the package is.
        log: where findings go.
    """
    place = package.at(path)
    log.add(findings.TT05_LINKED.at(place))
    if context.loose:
        log.add(tt05_findings.LINKED_LOOSE.at(place))
    try:
        with package.open(path) as stream:
            raw = stream.read(_LIMIT + 1)
    except InputError as error:
        log.add(findings.UNREADABLE.at(place, reason=error))
        return
    lines = [line.strip() for line in raw.decode("utf-8-sig", "replace").splitlines() if line.strip()]
    archival = context.package_type == ARCHIVAL
    match = _LINE.fullmatch(lines[0]) if lines else None
    good = match is not None if archival else bool(lines) and _IDENTIFIER.fullmatch(lines[0]) is not None
    if len(raw) > _LIMIT or len(lines) != 1 or not good:
        form = _LINE_FORM if archival else _IDENTIFIER_FORM
        log.add(tt05_findings.LINKED_FORM.at(place, form=form))
    elif archival and match is not None:
        fonds = match["fonds"]
        if context.fonds and fonds not in ("uuid", context.fonds):
            log.add(tt05_findings.LINKED_FONDS.at(place, found=fonds[:100], fonds=context.fonds[:100]))
