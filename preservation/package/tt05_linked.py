"""Linked documents of Circular 05/2025: a `.fetch.txt` stands for a document that lies in another package.

Source:
    Circular 05/2025/TT-BNV, Annexes I and III
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from model.errors import InputError
from model.findings import FindingLog
from preservation.package import findings, tt05_findings
from preservation.package.tree import SubTree
from preservation.package.tt05_elements import ARCHIVAL

_LIMIT = 64 * 1024
_UUID = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
_LINE = re.compile(rf"urn[_:](?P<fonds>\S*?)[_:](?:uuid[-:_])?{_UUID}_\S.* \d+ \S.* (?P<identifier>\S+)")
_LONGEST = 8192
"""Characters of a line: two paths, percent-encoded, and what stands around them."""
_LINE_FORM = "urn_{mã phông}_{uuid}_{path} {size} {path} {document id}"
_IDENTIFIER = re.compile(r"\S.{0,199}")
_IDENTIFIER_FORM = "{document id}"


@dataclass(frozen=True, slots=True)
class LinkedLine:
    """What a line of an archival package names."""

    fonds: str
    identifier: str


def read_line(line: str) -> LinkedLine | None:
    """Read a line as an archival package has it, percent-encoding undone; none when it is no such line."""
    match = _LINE.fullmatch(line) if len(line) <= _LONGEST else None
    return LinkedLine(unquote(match["fonds"]), unquote(match["identifier"])) if match is not None else None


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
    if context.package_type == ARCHIVAL:
        _check_lines(lines if len(raw) <= _LIMIT else [], place, context.fonds, log)
    elif len(raw) > _LIMIT or len(lines) != 1 or not _IDENTIFIER.fullmatch(lines[0]):
        log.add(tt05_findings.LINKED_FORM.at(place, form=_IDENTIFIER_FORM))


def _check_lines(lines: list[str], place: str, own: str, log: FindingLog) -> None:
    """Check the lines of an archival package: one for each file of the document, all of one fonds."""
    found = [read_line(line) for line in lines]
    if not found or None in found:
        log.add(tt05_findings.LINKED_FORM.at(place, form=_LINE_FORM))
    for fonds in dict.fromkeys(line.fonds for line in found if line is not None):
        if own and fonds not in ("", "uuid", own):
            log.add(tt05_findings.LINKED_FONDS.at(place, found=fonds[:100], fonds=own[:100]))
