"""What a package says of itself, as the description of a case file.

Preferred, where a package has several: the exact description of an archival package of ours, then
`documentation/hoso.json`, then the files of the norm the package follows.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from ingest.describe.convert import Cells, Converter
from ingest.describe.titles import FILES
from ingest.packages import circular
from ingest.packages.comparing import compare_reduced
from ingest.packages.findings import CHANGES_EARLIER, CONVERTED, DESCRIPTION_BROKEN, EVENTS_KEPT, TEST, VALUE_SUPPLIED
from ingest.packages.linking import FileLinks
from ingest.packages.standards import read_standard
from ingest.packages.structure import PackageFacts, read_structure
from ingest.sources.descriptor import (
    FoundDescriptor,
    check_count,
    complete_documents,
    document_spool,
    read_found,
    read_supplied,
)
from ingest.sources.package import LINK_SUFFIX, PackageSource
from ingest.sources.secrecy import is_secret
from ingest.sources.values import Description, Limits, Origin, Submission
from model.casefile import CaseFile, Document
from model.findings import FindingLog
from model.text import N_
from preservation.package.tree import SubTree

OURS = "chauban/description.jsonl"
HOSO = "documentation/hoso.json"
_LINE = 1 << 24
_IN_DATA = "/data/"


def describe_package(source: PackageSource, submission: Submission, work: Path, limits: Limits) -> Description:
    """Read the description of a package.

    Args:
        submission: a descriptor beside it outweighs what the package says.
        work: folder for the documents, emptied of earlier ones.

    Raises:
        InputError: the source is unreadable, unsafe, or beyond a limit.
    """
    told, log = FindingLog(limits.findings), FindingLog(limits.findings)
    package = source.opened.package
    facts = read_structure(package, 4 * limits.entries, told)
    source.want((*facts.algorithms, *_bag_algorithms(source)))
    description = _own_description(source, facts, work, limits, log)
    if submission.beside is not None and is_secret(description.case_file, description.documents) is None:
        description = read_supplied(submission, work, limits)
    case_file = _placed(description.case_file, facts)
    origin = Origin(type=source.kind, objid=facts.objid, profile=facts.profile, record_status=facts.record_status)
    _tell(source, origin, facts, told)
    return replace(
        description,
        case_file=case_file,
        findings=(*told, *description.findings),
        registration=facts.record_id("SUBMISSIONAGREEMENT"),
        origin=origin,
        links=frozenset(name for name in source.opened.content if name.endswith(LINK_SUFFIX)),
    )


def _own_description(
    source: PackageSource, facts: PackageFacts, work: Path, limits: Limits, log: FindingLog
) -> Description:
    opened = source.opened
    package = opened.package
    if opened.detected.bag is not None and opened.outer.size(OURS) is not None:
        found = _exact(opened.outer, work, limits, log)
        if found is not None:
            return _compared(found, source, log)
    links = FileLinks(source, facts)
    if package.size(HOSO) is not None:
        return _full(source, links, work, limits, log)
    if circular.is_circular(package):
        return _by_circular(package, links, work, limits, log)
    return read_standard(source, facts, links, work, limits, log)


def _by_circular(package: SubTree, links: FileLinks, work: Path, limits: Limits, log: FindingLog) -> Description:
    converter = Converter(log)
    case_file = converter.case_file(circular.read_case(package, log))
    cells = circular.read_documents(package, links, case_file.file_code, log)
    return described(case_file, cells, converter, work, limits, log)


def described(
    case_file: CaseFile,
    documents: Iterable[Cells],
    converter: Converter,
    work: Path,
    limits: Limits,
    log: FindingLog,
) -> Description:
    """Return the description that cells make."""
    spool = document_spool(work)
    count = 0
    for cells in documents:
        count += 1
        check_count(count, "METS.xml", limits)
        document = converter.document({name: cell for name, cell in cells.items() if name != FILES}, count)
        files = cells.get(FILES)
        spool.append(replace(document, files=tuple(files)) if isinstance(files, list) else document)
    spool.close()
    if case_file.is_loose and case_file.total_doc is None and count:
        case_file = replace(case_file, total_doc=count)
        log.add(VALUE_SUPPLIED.at("totalDoc", element="totalDoc", value=count, where=N_("the number of documents")))
    return Description(
        case_file=case_file,
        documents=complete_documents(case_file, spool, converter, count, log),
        findings=tuple(log),
    )


def _exact(bag: SubTree, work: Path, limits: Limits, log: FindingLog) -> Description | None:
    """Read the description of an archival package of ours; none where it is not one we know."""
    spool = document_spool(work)
    case_file: CaseFile | None = None
    try:
        for number, line in enumerate(_lines(bag, OURS)):
            data = json.loads(line)
            if number == 0:
                case_file = CaseFile.from_json(data["case_file"])
                continue
            check_count(number, OURS, limits)
            spool.append(replace(Document.from_json(data), ordinal=number))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        log.add(DESCRIPTION_BROKEN.at(bag.at(OURS), reason=type(error).__name__))
        return None
    finally:
        spool.close()
    if case_file is None:
        return None
    return Description(case_file=case_file, documents=spool, findings=tuple(log))


def _lines(tree: SubTree, path: str) -> Iterator[bytes]:
    with tree.open(path) as stream:
        rest = b""
        while chunk := stream.read(1 << 20):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line for line in lines if line)
            if len(rest) > _LINE:
                raise ValueError("a line is too long")
    if rest:
        yield rest


def _full(source: PackageSource, links: FileLinks, work: Path, limits: Limits, log: FindingLog) -> Description:
    """Read `documentation/hoso.json`, after seeing that the descriptions of the norm do not contradict it."""
    package = source.opened.package
    found = FoundDescriptor(rank=0, name=b"", shown=HOSO, suffix=".json", open=partial(package.open, HOSO))
    submission = Submission(source=source, name=str(source.location))
    description = read_found(found, submission, work, limits, log)
    (work / "described.json").unlink(missing_ok=True)
    documents = _WithContentNames(description.documents, links)
    return _compared(replace(description, documents=documents, copy=None), source, log)


def _compared(description: Description, source: PackageSource, log: FindingLog) -> Description:
    """Return a full description with what comparing it with the reduced one found; secret where either says so."""
    package, case_file = source.opened.package, description.case_file
    if circular.is_circular(package):
        secret = compare_reduced(package, source.kind, case_file, description.documents, log)
        if secret:
            case_file = replace(case_file, mode=secret)
    return replace(description, case_file=case_file, findings=tuple(log))


class _WithContentNames:
    """Documents whose files are named from inside the representation, wherever the description names them from."""

    def __init__(self, documents: Iterable[Document], links: FileLinks) -> None:
        self._documents = documents
        self._links = links

    def __iter__(self) -> Iterator[Document]:
        for document in self._documents:
            yield replace(document, files=tuple(self._name(name) for name in document.files))

    def _name(self, name: str) -> str:
        path = name
        while path.startswith("../"):
            path = path[3:]
        return self._links.by_path(path) or (
            path.partition(_IN_DATA)[2] if path.startswith("representations/") and _IN_DATA in path else path
        )


def _placed(case_file: CaseFile, facts: PackageFacts) -> CaseFile:
    """Return a case file with the fonds and agency that METS names, where the description names none."""
    changes: dict[str, str] = {}
    organisations = [agent for agent in facts.agents if agent.type == "ORGANIZATION"]
    keepers = [agent for agent in organisations if agent.role in ("ARCHIVIST", "PRESERVATION") and agent.code]
    makers = [agent for agent in organisations if agent.role in ("SUBMITTER", "CREATOR")] or organisations
    if not case_file.fonds_code and keepers:
        changes["fonds_code"] = keepers[0].code
    for agent in makers[:1]:
        if not case_file.agency_name and agent.name:
            changes["agency_name"] = agent.name
        if not case_file.agency_code and agent.code and agent not in keepers:
            changes["agency_code"] = agent.code
    return replace(case_file, **changes) if changes else case_file  # type: ignore[arg-type]  # text attributes only


def _tell(source: PackageSource, origin: Origin, facts: PackageFacts, log: FindingLog) -> None:
    """Note what the package is and what it wants to be to earlier ones."""
    log.add(CONVERTED.at("METS.xml", objid=origin.objid or "?", type=origin.type, profile=origin.profile or "?"))
    if origin.record_status == "TEST":
        log.add(TEST.at("METS.xml"))
    if origin.record_status in ("REPLACEMENT", "SUPPLEMENT"):
        earlier = ", ".join(f"{kind} {value}" for kind, value in facts.record_ids[:5]) or "?"
        log.add(CHANGES_EARLIER.at("METS.xml", status=origin.record_status, earlier=earlier))
    path = "metadata/preservation/PREMIS.xml"
    if source.opened.package.size(path) is not None:
        log.add(EVENTS_KEPT.at(source.opened.package.at(path)))


def _bag_algorithms(source: PackageSource) -> Iterator[str]:
    """Yield the algorithms of the manifests of the bag around a package."""
    from preservation.package.fixity import algorithm_named

    for path, _size in source.opened.outer.files():
        if "/" not in path and path.lower().startswith("manifest-") and path.lower().endswith(".txt"):
            name = algorithm_named(path[len("manifest-") : -len(".txt")])
            if name:
                yield name
