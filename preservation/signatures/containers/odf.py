"""Signed OpenDocument files: XML signatures in META-INF that must cover every other file of the package.

Source:
    OpenDocument 1.3 part 2 (Packages), 2.4 and 5
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from posixpath import basename

from model.findings import Finding
from model.signatures import FileSignatures, SignatureFacts, SignatureFormat, SignedState
from preservation.signatures.containers import findings as kinds
from preservation.signatures.containers.boundary import each_signature, examined, shown, with_findings
from preservation.signatures.containers.container import Container, open_container
from preservation.signatures.containers.names import is_open_document_signature
from preservation.signatures.source import SignedFile

_MACROS = "macrosignatures.xml"
_MACRO_FOLDERS = ("Basic/", "Dialogs/", "Scripts/")


def examine_odf(file: SignedFile) -> FileSignatures:
    """Find the signatures of an OpenDocument file; one without any costs its directory only."""

    def look() -> FileSignatures:
        with open_container(file.path, file.limits) as container:
            if not any(is_open_document_signature(name) for name in container.names):
                return FileSignatures(path=file.name, kind="odf", state=SignedState.UNSIGNED)
            hidden = container.inspect()
            return _look(file, container, hidden)

    return examined(file, "odf", look)


@dataclass(frozen=True, slots=True)
class _Coverage:
    """What must be covered."""

    everything: tuple[str, ...]
    """Every file but the signatures."""
    macros: tuple[str, ...]
    sealed: bool
    """No bytes of the container lie outside its files."""


def _look(file: SignedFile, container: Container, hidden: tuple[Finding, ...]) -> FileSignatures:
    # The XML engine is loaded only for a signed file: most are not.
    from preservation.signatures.containers.xades import xades_signatures

    sources = [name for name in container.names if is_open_document_signature(name)]
    found: list[SignatureFacts] = []
    findings = list(hidden)
    for name in sources:

        def read(name: str = name) -> Iterable[SignatureFacts]:
            return xades_signatures(file, container, name, SignatureFormat.ODF, set())

        found.extend(each_signature(name, SignatureFormat.ODF, read))
    if len(found) > file.limits.signatures:
        findings.append(kinds.TOO_MANY.at(limit=file.limits.signatures))
    everything = tuple(name for name in container.names if not is_open_document_signature(name))
    coverage = _Coverage(
        everything=everything,
        macros=tuple(name for name in everything if name.startswith(_MACRO_FOLDERS)),
        sealed=not hidden,
    )
    kept = [_covering(facts, coverage) for facts in found[: file.limits.signatures]]
    if kept and all(_for_macros(facts) for facts in kept):
        kept = [_only_macros(facts) for facts in kept]
    return FileSignatures(
        path=file.name,
        kind="odf",
        state=SignedState.SIGNED if kept else SignedState.UNSIGNED,
        signatures=tuple(kept),
        findings=tuple(findings),
    )


def _covering(facts: SignatureFacts, coverage: _Coverage) -> SignatureFacts:
    """Say what a signature leaves uncovered: of the whole package, or of the macros where it is theirs."""
    if facts.parent:
        return facts
    required = coverage.macros if _for_macros(facts) else coverage.everything
    covered = set(facts.scope.covered)
    missed = tuple(name for name in required if name not in covered)
    facts = with_findings(facts, shown(kinds.UNCOVERED.at(facts.id, name=name) for name in missed))
    whole = None if _for_macros(facts) else not missed and coverage.sealed
    return replace(facts, scope=replace(facts.scope, uncovered=missed, whole_document=whole))


def _for_macros(facts: SignatureFacts) -> bool:
    return basename(facts.id.partition("#")[0]).lower() == _MACROS


def _only_macros(facts: SignatureFacts) -> SignatureFacts:
    """Return the facts of a signature of macros in a document that nobody signed."""
    scope = replace(facts.scope, whole_document=False)
    return replace(with_findings(facts, [kinds.MACROS_ONLY.at(facts.id)]), scope=scope)
