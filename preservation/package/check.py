"""`package check`: one report on whatever lies at a path, and the deep check of a stored container."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from model.errors import InputError
from model.findings import Finding, FindingLog, Severity, ValidationReport
from model.fixity import PACKAGE_ALGORITHMS
from preservation.package import findings as kinds
from preservation.package.aipcheck import check_bag_side, check_payload_side, is_ours, refuse_newer
from preservation.package.archives import TarTree, open_tree
from preservation.package.bagcheck import BagFacts, check_bag
from preservation.package.csip import TT05, Regime, breach, check_structure, regime_of
from preservation.package.detect import (
    CASE_FOLDER,
    EDXML,
    TT02,
    UNKNOWN,
    Detected,
    detect,
    single_top_folder,
)
from preservation.package.fixity import Fixity
from preservation.package.metscheck import MetsFacts, check_mets
from preservation.package.premischeck import check_premis
from preservation.package.tree import PackageTree, PathSet, SubTree
from preservation.package.tt05 import Tt05Check

CaseFolderCheck = Callable[[Path], ValidationReport]
"""Checks a folder of documents with a descriptor; lives where descriptors are read."""
EdxmlCheck = Callable[[Path], ValidationReport]
LegacyCheck = Callable[[Path], ValidationReport]
"""Checks an edXML message; lives where messages are read."""

KEPT = 10_000
"""Findings of a report; further ones are counted."""
_KEPT_PER_CODE = 5_000
_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
_PREMIS_PLACES = ("metadata/preservation/", "/metadata/preservation/")


def check_package(
    path: Path,
    *,
    case_folder: CaseFolderCheck | None = None,
    edxml: EdxmlCheck | None = None,
    legacy: LegacyCheck | None = None,
) -> ValidationReport:
    """Check whatever lies at a path: a bag, an information package, both in one, or a METS file alone.

    Nothing is unpacked, fetched or written.

    Args:
        path: folder, ZIP, TAR or file.
        case_folder: checks folders of documents with a descriptor; without it they stay undecided.
        edxml: checks edXML messages; without it they stay undecided.
        legacy: checks packages by Circular 02/2019; without it they stay undecided.

    Raises:
        InputError: nothing is there, or it cannot be opened.
        UnsupportedVersionError: an archival package of a newer format.
    """
    tree = open_tree(path)
    try:
        found = detect(tree)
        if found.type == CASE_FOLDER and case_folder is not None:
            report = case_folder(path)
            findings = (*tree.problems, *report.findings)
            return ValidationReport.of(str(path), findings, type=CASE_FOLDER)
        if found.type == EDXML and edxml is not None:
            return edxml(path)
        if found.type == TT02 and legacy is not None:
            report = legacy(path)
            return ValidationReport.of(str(path), (*tree.problems, *report.findings), type=TT02)
        return _check_tree(tree, found, str(path), root_name=path.resolve().name)
    finally:
        tree.close()


def check_opened(tree: PackageTree, *, root_name: str = "") -> ValidationReport:
    """Check a package in a tree that somebody else opened, reads and closes.

    Args:
        tree: digests it knows already are not computed again (`ReadBefore`).
        root_name: of the folder the tree is; empty when it has no name of its own.
    """
    return _check_tree(tree, detect(tree), tree.location, root_name=root_name)


def check_container(stream: BinaryIO, name: str) -> ValidationReport:
    """Check a stored container deeply: bag, METS, PREMIS, description, every member's digests.

    The content is read once, from beginning to end; the metadata is read again after it.

    Args:
        stream: seekable, at the start of the container.
        name: of the container, for the report.

    Raises:
        UnsupportedVersionError: the package has a newer format.
    """
    try:
        tree = TarTree(stream, name, digests=PACKAGE_ALGORITHMS)
    except InputError as error:
        return ValidationReport.of(name, [kinds.UNREADABLE.at(name, reason=error)], type=UNKNOWN)
    found = detect(tree)
    return _check_tree(tree, found, name, root_name="", stored=True)


def _check_tree(
    tree: PackageTree, found: Detected, subject: str, *, root_name: str, stored: bool = False
) -> ValidationReport:
    log = FindingLog(limit_per_code=_KEPT_PER_CODE)
    if found.bare_mets and found.package is not None:
        path = next(name for name, _size in tree.files())
        check_mets(found.package, path, None, log)
    elif found.bag is not None or found.package is not None:
        _check_levels(tree, found, log, root_name=root_name, stored=stored)
    else:
        _explain(tree, found, log)
    if stored and found.bag is None:
        log.add(kinds.AIP_NOT_OURS.at())
    log.extend(tree.problems)
    return _report(subject, found.type, log, tree.problems.left_out())


def _explain(tree: PackageTree, found: Detected, log: FindingLog) -> None:
    if found.type in (EDXML, TT02, CASE_FOLDER):
        log.add(kinds.NOT_JUDGED.at(kind=found.type))
        return
    log.add(kinds.UNKNOWN.at())
    if tree.kind in ("zip", "tar") and single_top_folder(SubTree(tree, "")) is None:
        log.add(breach("CSIPSTR1", tree.location, Regime(version="2.2.0")))


def _check_levels(tree: PackageTree, found: Detected, log: FindingLog, *, root_name: str, stored: bool) -> None:
    fixity = Fixity(tree, log, PACKAGE_ALGORITHMS if stored else ())
    facts: BagFacts | None = None
    if found.bag is not None:
        facts = check_bag(found.bag, fixity, log)
        refuse_newer(facts)
    ours = facts is not None and is_ours(facts.info)
    if stored and not ours:
        log.add(kinds.AIP_NOT_OURS.at())
    referenced, described = PathSet(), PathSet()
    if found.package is not None:
        archive = tree.kind in ("zip", "tar") and found.bag is None
        referenced, described = _check_information(
            found, found.package, fixity, log, archive=archive, root_name=root_name, ours=ours
        )
    if ours and facts is not None and found.bag is not None:
        check_bag_side(found.bag, facts, found.head.objid, log, named=tree.kind == "tar")
        check_payload_side(found.bag, found.package or found.bag, fixity, referenced, described, log)


def _check_information(
    found: Detected,
    package: SubTree,
    fixity: Fixity,
    log: FindingLog,
    *,
    archive: bool,
    root_name: str,
    ours: bool,
) -> tuple[PathSet, PathSet]:
    """Check one information package; return the files METS refers to and the files PREMIS describes."""
    regime = TT05 if found.tt05_type else None
    check_structure(package, log, regime or regime_of(found.head.profile), archive=archive)
    if found.bag is None:
        _check_name(package, found.head.objid, root_name, log)
    tt05 = Tt05Check(package, found.tt05_type, log, ours=ours) if found.tt05_type else None
    referenced, premis = _check_all_mets(package, fixity, log, tt05)
    for path, _size in package.files():
        if path != "METS.xml" and path not in referenced:
            log.add(kinds.NOT_REFERENCED.at(package.at(path)))
    described = PathSet()
    for path in sorted(premis | _premis_files(package)):
        described.update(check_premis(package, path, fixity, log).described)
    if tt05 is not None:
        tt05.finish()
    return referenced, described


def _check_all_mets(
    package: SubTree, fixity: Fixity, log: FindingLog, tt05: Tt05Check | None
) -> tuple[PathSet, set[str]]:
    referenced = PathSet()
    premis: set[str] = set()
    done: set[str] = set()
    todo = ["METS.xml"]
    todo += [
        path
        for path, _size in package.files()
        if path.count("/") == 2 and path.startswith("representations/") and path.endswith("/METS.xml")
    ]
    while todo:
        path = todo.pop(0)
        if path in done or package.size(path) is None:
            continue
        done.add(path)
        regime, watcher = (None, None) if tt05 is None else (TT05, tt05.watcher(path))
        facts: MetsFacts = check_mets(package, path, fixity, log, regime=regime, watcher=watcher)
        referenced.update(facts.referenced)
        premis.update(facts.premis)
        todo += facts.pointers
    return referenced, premis


def _premis_files(package: SubTree) -> set[str]:
    return {
        path
        for path, _size in package.files()
        if path.endswith(".xml")
        and path.rpartition("/")[2].lower().startswith("premis")
        and (path.startswith(_PREMIS_PLACES[0]) or _PREMIS_PLACES[1] in path)
        and not path.startswith("documentation/")
    }


def _check_name(package: SubTree, objid: str, root_name: str, log: FindingLog) -> None:
    name = package.name or root_name
    same = {objid, objid.replace(":", "_"), objid.replace(":", "+"), objid.replace(":", "-")}
    if objid and name and name not in same:
        log.add(kinds.PACKAGE_NAME.at(package.prefix.rstrip("/"), name=name, objid=objid[:200]))


def _report(subject: str, kind: str, log: FindingLog, earlier: int) -> ValidationReport:
    findings: list[Finding] = sorted(log.kept, key=lambda finding: _RANK[finding.severity])
    left_out = log.left_out() + earlier + max(0, len(findings) - KEPT)
    report = ValidationReport.of(subject, findings, type=kind)
    if left_out:
        findings = [*findings[: KEPT - 1], kinds.MORE.at(count=left_out + (len(findings) >= KEPT))]
        report = replace(report, findings=tuple(findings))
    return report
