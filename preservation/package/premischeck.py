"""The check of PREMIS: schema, and what it says of each file against the file itself.

Source:
    PREMIS Data Dictionary 3.0
"""

import posixpath
from dataclasses import dataclass, field

from lxml import etree

from model.errors import InputError
from model.findings import FindingLog
from preservation.package import findings as kinds
from preservation.package.fixity import Fixity, algorithm_named
from preservation.package.safexml import XmlFault, forget, local_name, root_tag, validate_file, walk
from preservation.package.tree import PathSet, SubTree

PREMIS_3 = "http://www.loc.gov/premis/v3"
_PREMIS_2 = "info:lc/xmlns/premis-v2"
_ENTITIES = tuple(f"{{{PREMIS_3}}}{name}" for name in ("object", "event", "agent", "rights"))
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


@dataclass(slots=True, kw_only=True)
class PremisFacts:
    """What the check of a PREMIS file learned."""

    described: PathSet = field(default_factory=PathSet)
    """Paths inside the package of the files it describes."""
    files: int = 0
    """File objects."""
    events: int = 0
    agents: int = 0


def check_premis(package: SubTree, path: str, fixity: Fixity, log: FindingLog) -> PremisFacts:
    """Check one PREMIS file and compare its file objects with the files of the package.

    Args:
        package: the tree seen from the package's root folder.
        path: of the PREMIS file inside the package.
        fixity: digests of the files.
        log: where findings go.
    """
    facts = PremisFacts()
    place = package.at(path)
    if package.size(path) is None:
        return facts
    if not validate_file(package, path, place, log) or not _is_premis(root_tag(package, path), place, log):
        return facts
    try:
        with package.open(path) as stream:
            for _event, element in walk(stream, events=("end",), tags=_ENTITIES):
                _take(element, package, path, fixity, log, facts)
                forget(element)
    except XmlFault as error:
        log.add(error.at(place))
    except InputError as error:
        log.add(kinds.UNREADABLE.at(place, reason=error))
    if facts.files and not len(facts.described):
        log.add(kinds.PREMIS_UNMATCHED.at(place))
    return facts


def _is_premis(tag: str, place: str, log: FindingLog) -> bool:
    if tag in (f"{{{PREMIS_3}}}premis", *_ENTITIES):
        return True
    old = tag.startswith(f"{{{_PREMIS_2}}}")
    log.add((kinds.PREMIS_OLD if old else kinds.PREMIS_ROOT).at(place, name=tag[:100]))
    return False


def _take(
    element: etree._Element, package: SubTree, path: str, fixity: Fixity, log: FindingLog, facts: PremisFacts
) -> None:
    name = local_name(element)
    if name == "event":
        facts.events += 1
    elif name == "agent":
        facts.agents += 1
    elif name == "object" and element.get(_XSI_TYPE, "").rpartition(":")[2] == "file":
        facts.files += 1
        _check_object(element, package, path, fixity, log, facts)


def _check_object(
    element: etree._Element, package: SubTree, path: str, fixity: Fixity, log: FindingLog, facts: PremisFacts
) -> None:
    place = package.at(path)
    located, found = _file_of(element, package, path)
    if found is None:
        if located:
            log.add(kinds.FILE_MISSING.at(package.at(located), named_in=place))
        return
    if not facts.described.add(found):
        log.add(kinds.PREMIS_TWICE.at(package.at(found), named_in=place))
    size = (element.findtext(f".//{{{PREMIS_3}}}size") or "").strip()
    if size.isdecimal() and int(size[:20]) != package.size(found):
        log.add(kinds.REFERENCE_SIZE.at(package.at(found), named_in=place, size=size, found=str(package.size(found))))
    for fixed in element.iter(f"{{{PREMIS_3}}}fixity"):
        name = (fixed.findtext(f"{{{PREMIS_3}}}messageDigestAlgorithm") or "").strip()
        value = (fixed.findtext(f"{{{PREMIS_3}}}messageDigest") or "").strip().lower()
        algorithm = algorithm_named(name)
        if not algorithm:
            log.add(kinds.REFERENCE_ALGORITHM.at(package.at(found), algorithm=name[:40]))
            continue
        digest = fixity.digest(package.at(found), algorithm)
        if digest is not None and digest.hex() != value:
            log.add(kinds.REFERENCE_CHECKSUM.at(package.at(found), named_in=place, algorithm=name))


def _file_of(element: etree._Element, package: SubTree, path: str) -> tuple[str, str | None]:
    """Return where the object says its file lies (empty when it does not say) and the file's path, if found."""
    top = _top_of(path)
    located = ""
    for location in element.iter(f"{{{PREMIS_3}}}contentLocationValue"):
        text = (location.text or "").strip()
        for base in (top, ""):
            for prefix in ("", "file:", "file://", "./"):
                candidate = _inside(base, text.removeprefix(prefix))
                if candidate and package.size(candidate) is not None:
                    return candidate, candidate
        if "://" not in text:
            located = located or _inside(top, text)
    for name in ("originalName", "objectIdentifierValue"):
        text = (element.findtext(f".//{{{PREMIS_3}}}{name}") or "").strip()
        for base in (posixpath.join(top, "data"), top, ""):
            candidate = _inside(base, text)
            if not located and candidate and package.size(candidate) is not None:
                return candidate, candidate
    return located, None


def _top_of(path: str) -> str:
    """Return the folder of the package or representation a metadata file belongs to."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "representations" and len(parts) > 2 else ""


def _inside(base: str, text: str) -> str:
    if not text or text.startswith(("/", "\\")):
        return ""
    path = posixpath.normpath(posixpath.join(base, text))
    return "" if path.startswith("..") or path == "." else path
