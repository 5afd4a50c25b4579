"""The check of our own archival packages beyond what BagIt, METS and PREMIS ask.

Source:
    docs/format/aip-v1.md (AIP format 1)
"""

from collections.abc import Mapping
from typing import Any

from model.errors import InputError, UnsupportedVersionError
from model.findings import FindingLog
from model.text import N_
from preservation.package import findings as kinds
from preservation.package.bagcheck import BagFacts
from preservation.package.fixity import Fixity
from preservation.package.signaturecheck import check_signatures, json_lines
from preservation.package.tree import PathSet, SubTree

FORMAT = 1
"""Newest version of the format this program reads."""
_DESCRIPTION = "chauban/description.jsonl"
_SCHEMA = "chauban-description/1"
_CONTENT = "representations/rep1/data/"
_MANIFESTS = ("manifest-sha256.txt", "manifest-sha512.txt", "tagmanifest-sha256.txt", "tagmanifest-sha512.txt")
_PAYLOAD = (
    "METS.xml",
    "metadata/preservation/PREMIS.xml",
    "representations/rep1/METS.xml",
    "representations/rep1/metadata/preservation/PREMIS_rep1.xml",
)


def is_ours(info: Mapping[str, list[str]]) -> bool:
    """Tell whether a bag says that this archive wrote it."""
    return "chauban-aip-format" in info


def refuse_newer(facts: BagFacts) -> None:
    """Refuse a package written in a newer format than this program reads.

    Raises:
        UnsupportedVersionError: the format is newer.

    Source:
        AIP format 1, section 7
    """
    text = _label(facts, "Chauban-AIP-Format")
    if text.isdecimal() and int(text[:9]) > FORMAT:
        raise UnsupportedVersionError(
            N_("The package is written in AIP format {found}; this program reads up to {known}."),
            hint=N_("Use a newer version of the program."),
            found=text[:9],
            known=FORMAT,
        )


def check_bag_side(bag: SubTree, facts: BagFacts, objid: str, log: FindingLog, *, named: bool) -> None:
    """Check labels, manifests and tag folder.

    Args:
        bag: the tree seen from the bag's top folder.
        facts: what the check of the bag learned.
        objid: OBJID of the payload's METS.
        log: where findings go.
        named: the top folder's name is the package's own (inside a container), not given by a user.
    """
    place = bag.at("bag-info.txt")
    identifier = _label(facts, "Chauban-AIP-Id")
    version = _label(facts, "Chauban-Package-Version")
    expected = (
        ("Chauban-AIP-Format", str(FORMAT)),
        ("Chauban-AIP-Id", objid.lower().rpartition(":")[2]),
        ("External-Identifier", objid),
    )
    for label, value in expected:
        if _label(facts, label) != value:
            log.add(kinds.AIP_LABEL.at(place, label=label, value=_label(facts, label), expected=value))
    if _label(facts, "Chauban-Profile") not in ("vn-tt05", "eark"):
        log.add(
            kinds.AIP_LABEL.at(
                place, label="Chauban-Profile", value=_label(facts, "Chauban-Profile"), expected="vn-tt05, eark"
            )
        )
    top = f"{identifier}-v{version.zfill(5)}"
    if named and bag.name != top:
        log.add(kinds.AIP_LABEL.at(place, label="Chauban-AIP-Id", value=top, expected=bag.name))
    for name in _MANIFESTS:
        if name not in facts.manifests:
            log.add(kinds.AIP_FILE_MISSING.at(bag.at(name)))
    _check_protection(bag, facts, log)


def _check_protection(bag: SubTree, facts: BagFacts, log: FindingLog) -> None:
    for path, _size in bag.files():
        if path.startswith(("data/", "evidence/", "tagmanifest-")):
            continue
        for manifest, listed in facts.protected.items():
            if path not in listed:
                log.add(kinds.AIP_NOT_PROTECTED.at(bag.at(path), manifest=manifest))


def check_payload_side(
    bag: SubTree, package: SubTree, fixity: Fixity, referenced: PathSet, described: PathSet, log: FindingLog
) -> None:
    """Check that METS, PREMIS, the description and the facts about signatures agree with the content files.

    Args:
        bag: the tree seen from the bag's top folder.
        package: the tree seen from the payload folder.
        fixity: digests by path from the root of what was opened.
        referenced: content files METS refers to, by path inside the package.
        described: content files PREMIS describes, by path inside the package.
        log: where findings go.
    """
    for name in _PAYLOAD:
        if package.size(name) is None:
            log.add(kinds.AIP_FILE_MISSING.at(package.at(name)))
    for path, _size in package.files():
        if path.startswith(_CONTENT):
            for known, place in ((referenced, "METS.xml"), (described, "PREMIS_rep1.xml")):
                if path not in known:
                    log.add(kinds.AIP_NOT_DESCRIBED.at(package.at(path), place=place))
    _check_description(bag, package, log)
    check_signatures(bag, package, fixity, log)


def _check_description(bag: SubTree, package: SubTree, log: FindingLog) -> None:
    place = bag.at(_DESCRIPTION)
    if bag.size(_DESCRIPTION) is None:
        log.add(kinds.AIP_FILE_MISSING.at(place))
        return
    number = 1
    try:
        for number, value in enumerate(json_lines(bag, _DESCRIPTION), 1):
            if not (_is_case_file(value) if number == 1 else value.get("ordinal") == number - 1):
                log.add(kinds.AIP_DESCRIPTION.at(place, line=number))
            for name in value.get("files") or ():
                if package.size(f"{_CONTENT}{name}") is None:
                    log.add(kinds.FILE_MISSING.at(package.at(f"{_CONTENT}{name}"), named_in=place))
    except (ValueError, TypeError, RecursionError):
        log.add(kinds.AIP_DESCRIPTION.at(place, line=number))
    except InputError as error:
        log.add(kinds.UNREADABLE.at(place, reason=error))


def _is_case_file(line: Mapping[str, Any]) -> bool:
    return line.get("schema") == _SCHEMA and isinstance(line.get("case_file"), dict)


def _label(facts: BagFacts, label: str) -> str:
    values = facts.info.get(label.lower(), [])
    return values[0] if values else ""
