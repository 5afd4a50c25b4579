"""Whether the full description of a package and the reduced one of its norm contradict each other."""

from collections.abc import Iterable, Iterator

from ingest.describe.convert import Converter
from ingest.packages import circular
from ingest.packages.findings import DESCRIPTIONS_DIFFER
from ingest.packages.simpledc import NotSimpleDc, document_cells, read_simpledc
from ingest.sources.secrecy import is_secret_mode
from model.casefile import CaseFile, Document
from model.errors import InputError
from model.findings import FindingLog
from preservation.package.safexml import XmlFault
from preservation.package.simpledc import element_text
from preservation.package.tree import SubTree

_CASE = ("file_code", "title", "maintenance", "mode", "start_date", "end_date")
_DOCUMENT = ("subject", "type_name", "code_number", "code_notation", "issued_date", "organ_name", "mode")
_REQUEST = "dip"
"""In a dissemination package `EAD.xml` describes the request, not the case file."""


def compare_reduced(
    package: SubTree, kind: str, case_file: CaseFile, documents: Iterable[Document], log: FindingLog
) -> str:
    """Note every value that both descriptions give and give differently.

    Returns:
        The access level of secret records, when the reduced description has one; else empty.

    Args:
        kind: of the package, as `package check` names it.
        documents: of the full description.
    """
    silent = FindingLog()
    secret = ""
    if not kind.endswith(_REQUEST):
        reduced = Converter(silent).case_file(circular.read_case(package, silent))
        _compare(_CASE, case_file, reduced, package.at(circular.CASE_FILE), log)
        secret = reduced.mode if is_secret_mode(reduced.mode) else ""
    expected = {document.doc_code: _digest(document) for document in documents if document.doc_code}
    for path, document in _reduced(package, case_file.file_code, silent):
        secret = secret or (document.mode if is_secret_mode(document.mode) else "")
        told = expected.get(document.doc_code)
        if told is not None:
            _compare_values(_DOCUMENT, told, _digest(document), package.at(path), log)
    return secret


def _reduced(package: SubTree, code: str, log: FindingLog) -> Iterator[tuple[str, Document]]:
    converter = Converter(log)
    for item in circular.document_files(package):
        try:
            pairs = read_simpledc(package, item.path)
        except (XmlFault, InputError, NotSimpleDc):
            continue
        yield item.path, converter.document(document_cells(pairs, item.form, code), 1)


def _digest(document: Document) -> tuple[str, ...]:
    return tuple(element_text(getattr(document, name))[:200] for name in _DOCUMENT)


def _compare(names: tuple[str, ...], full: CaseFile, reduced: CaseFile, place: str, log: FindingLog) -> None:
    told = tuple(element_text(getattr(full, name)) for name in names)
    _compare_values(names, told, tuple(element_text(getattr(reduced, name)) for name in names), place, log)


def _compare_values(
    names: tuple[str, ...], full: tuple[str, ...], reduced: tuple[str, ...], place: str, log: FindingLog
) -> None:
    for name, whole, short in zip(names, full, reduced, strict=True):
        if whole and short and whole != short:
            log.add(DESCRIPTIONS_DIFFER.at(place, element=name, full=whole[:200], reduced=short[:200]))
