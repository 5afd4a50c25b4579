"""The description of an E-ARK package: EAD3 and EAD 2002, Dublin Core, MODS; what else it holds is kept as files.

Source:
    E-ARK CSIP 2.2.0 section 4.1; EAD3 1.1; EAD 2002; DCMI Metadata Terms; MODS 3.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ingest.describe.convert import Cells, Converter
from ingest.describe.titles import FILES
from ingest.packages.dublincore import DocumentPairs, case_of, document_of, read_pairs
from ingest.packages.ead import EadReader
from ingest.packages.findings import (
    DESCRIPTION_BROKEN,
    DESCRIPTION_NOT_USED,
    NO_DESCRIPTION,
    NO_LINK,
    VALUE_SUPPLIED,
    WHOLE,
)
from ingest.packages.linking import FileLinks, description_keys
from ingest.packages.structure import PackageFacts
from ingest.sources.package import PackageSource
from ingest.sources.values import Description, Limits
from model.errors import InputError
from model.findings import FindingLog
from preservation.package.safexml import XmlFault, root_tag
from preservation.package.tree import SubTree

EAD3_NAMESPACE = "http://ead3.archivists.org/schema/"
EAD, DUBLIN_CORE, MODS, EAC = "EAD", "Dublin Core", "MODS", "EAC-CPF"
_CANDIDATES = 200
_DC_ROOTS = frozenset(("dc", "metadata", "simpledc", "qualifieddc", "record", "oai_dc", "dublin_core", "dublincore"))
_DC_MARKS = ("purl.org/dc", "openarchives.org", "dublincore.org")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A file that may describe the package or one of its documents."""

    path: str
    standard: str
    """Empty for one that nothing is taken from."""
    name: str
    """Of the standard, or of the root element."""

    @property
    def is_root(self) -> bool:
        """Whether it is about the package and not about a representation."""
        return not self.path.startswith("representations/")


def read_standard(
    source: PackageSource, facts: PackageFacts, links: FileLinks, work: Path, limits: Limits, log: FindingLog
) -> Description:
    """Read the best description of a package that does not follow the circular."""
    from ingest.packages.describing import described

    package = source.opened.package
    found = list(_candidates(package, facts))
    main = _best(found)
    make = partial(described, work=work, limits=limits, log=log)
    for item in found:
        if item is not main and not (item.standard in (DUBLIN_CORE, MODS) and facts.files_of.get(item.path)):
            log.add(DESCRIPTION_NOT_USED.at(package.at(item.path), standard=item.name))
    converter = Converter(log)
    try:
        case, standard, documents = _read(package, main, found, facts, links, log)
    except XmlFault as error:
        log.add(error.at(package.at(main.path if main else "")))
        case, standard, documents = {}, "METS", iter(())
    except InputError as error:
        log.add(DESCRIPTION_BROKEN.at(package.at(main.path if main else ""), reason=error))
        case, standard, documents = {}, "METS", iter(())
    if main is None:
        log.add(NO_DESCRIPTION.at(package.at("metadata/descriptive")))
    _complete(case, facts, log)
    case_file = converter.case_file(case)
    guarded = _guarded(documents, package, main, log)
    description = make(case_file, guarded, converter)
    if not any(document.files for document in description.documents):
        log.add(WHOLE.at("METS.xml", count=len(links)))
        converter = Converter(log)
        whole = {**document_of_case(case), FILES: list(links.all_names())}
        description = make(case_file, [whole] if len(links) else [], converter)
    if standard:
        count = sum(1 for _ in description.documents)
        description = replace(description, case_file=replace(case_file, total_doc=case_file.total_doc or count))
    return replace(description, standard=standard, findings=tuple(log))


def document_of_case(case: Cells) -> dict[str, object]:
    """Return the cells of the one document that the files of a package are, where nothing divides them."""
    names = {"title": "subject", "start_date": "issued_date", "agency_name": "organ_name", "languages": "languages"}
    cells = {attribute: case[name] for name, attribute in names.items() if name in case}
    if case.get("mode"):
        cells["mode"] = case["mode"]
    return cells


def _complete(case: dict[str, object], facts: PackageFacts, log: FindingLog) -> None:
    """Let METS tell what the description does not: what the package is called."""
    for attribute, element, value in (("title", "title", facts.label), ("file_code", "fileCode", facts.objid)):
        if not case.get(attribute) and value:
            case[attribute] = value
            log.add(VALUE_SUPPLIED.at(element, element=element, value=value[:200], where="METS"))


def _candidates(package: SubTree, facts: PackageFacts) -> Iterator[Candidate]:
    seen: set[str] = set()
    for path in [*(section.path for section in facts.sections), *_lying(package)]:
        if path in seen or not path.lower().endswith(".xml"):
            continue
        seen.add(path)
        if len(seen) > _CANDIDATES and path not in facts.files_of:
            continue
        tag = root_tag(package, path)
        yield Candidate(path=path, standard=_standard(tag), name=_standard_name(tag))


def _lying(package: SubTree) -> Iterator[str]:
    """Yield the files of descriptive metadata that no METS may name, those of the package first."""
    inside = []
    for path, _size in package.files():
        if "metadata/descriptive/" not in path or path.startswith("documentation/"):
            continue
        if path.startswith("metadata/"):
            yield path
        else:
            inside.append(path)
    yield from inside


def _standard(tag: str) -> str:
    space, _, local = tag.rpartition("}")
    name = local.lower()
    if name == "ead":
        return EAD
    if name in ("mods", "modscollection"):
        return MODS
    if name in ("eac", "eac-cpf"):
        return EAC
    return DUBLIN_CORE if name in _DC_ROOTS or any(mark in space for mark in _DC_MARKS) else ""


def _standard_name(tag: str) -> str:
    standard = _standard(tag)
    if standard == EAD:
        return "EAD3" if EAD3_NAMESPACE in tag else "EAD 2002"
    return standard or tag.rpartition("}")[2][:100] or "?"


def _best(found: list[Candidate]) -> Candidate | None:
    for standard in (EAD, MODS, DUBLIN_CORE):
        for is_root in (True, False):
            for item in found:
                if item.standard == standard and item.is_root is is_root:
                    return item
    return None


def _read(
    package: SubTree,
    main: Candidate | None,
    found: list[Candidate],
    facts: PackageFacts,
    links: FileLinks,
    log: FindingLog,
) -> tuple[dict[str, object], str, Iterator[Cells]]:
    """Return the cells of the case file, the standard they come from, and the documents."""
    if main is None:
        return {}, "METS", iter(())
    if main.standard == EAD:
        reader = EadReader(package, main.path)
        case = reader.case_cells()
        return case, "" if reader.is_ours else main.name, _components(reader, links, log)
    case = case_of(read_pairs(package, main.path))
    described = [item for item in found if item is not main and item.standard in (DUBLIN_CORE, MODS)]
    return case, main.standard, _records(package, described, facts, links, log)


def _components(reader: EadReader, links: FileLinks, log: FindingLog) -> Iterator[Cells]:
    for cells, paths, references in reader.documents():
        names = [name for path in paths if (name := links.by_path(path)) is not None]
        if not names:
            keys = [reference.rpartition("/")[2].rpartition(".")[0] or reference for reference in references]
            keys += [str(cells[name]) for name in ("doc_code", "doc_id") if name in cells]
            names = list(links.similar(keys))
            if names:
                log.add(NO_LINK.at(reader.path))
        yield {**cells, FILES: names}


def _records(
    package: SubTree, described: list[Candidate], facts: PackageFacts, links: FileLinks, log: FindingLog
) -> Iterator[Cells]:
    """Yield the documents that have a record of their own, linked by METS or called like their files."""
    for item in described:
        files = links.linked(item.path) or links.similar(description_keys(item.path, []))
        if not files:
            continue
        if not facts.files_of.get(item.path):
            log.add(NO_LINK.at(package.at(item.path)))
        pairs: DocumentPairs = read_pairs(package, item.path)
        yield {**document_of(pairs), FILES: list(files)}


def _guarded(documents: Iterator[Cells], package: SubTree, main: Candidate | None, log: FindingLog) -> Iterator[Cells]:
    """Yield documents until their description turns out to be broken, which is a finding."""
    place = package.at(main.path) if main else ""
    try:
        yield from documents
    except XmlFault as error:
        log.add(error.at(place))
    except InputError as error:
        log.add(DESCRIPTION_BROKEN.at(place, reason=error))
