"""Evidence records inside ASiC containers: what each covers, and what its list alone already tells.

Source:
    ETSI EN 319 162-1 V1.1.1, 4.3.3.2 and 4.4.4.2; RFC 4998; RFC 6283
"""

import logging
from dataclasses import replace

from model.findings import Finding
from model.signatures import EvidenceFacts, EvidenceState
from preservation.cms.digests import UnsupportedAlgorithm
from preservation.signatures.containers import findings as kinds
from preservation.signatures.containers.boundary import shown
from preservation.signatures.containers.container import Container, ContainerFault
from preservation.signatures.containers.manifests import Comparison, Manifest

_log = logging.getLogger(__name__)
_RECORD_LIMIT = 64 << 20


def examine_record(
    container: Container,
    name: str,
    *,
    manifest: Manifest | None,
    comparison: Comparison | None,
    data: tuple[str, ...],
) -> EvidenceFacts:
    """Return what an evidence record says of the files of its container.

    Args:
        name: entry of the record.
        manifest: the list it belongs to; none when there is none.
        comparison: the list against the container.
        data: the files of the container.
    """
    names = tuple(reference.name for reference in manifest.references) if manifest else data
    findings = [] if manifest or len(data) == 1 else [kinds.MANIFEST_MISSING.at(name, name=name)]
    try:
        record = container.read(name, _RECORD_LIMIT)
    except ContainerFault as fault:
        facts = _unchecked(name, b"", fault.finding)
    else:
        facts = _verified(container, name, record, names)
    facts = replace(facts, findings=(*facts.findings, *findings))
    if comparison is not None:
        facts = _with_list(facts, comparison)
    covered = set(facts.covered)
    uncovered = (*facts.uncovered, *(one for one in data if one not in covered))
    return replace(facts, uncovered=tuple(dict.fromkeys(uncovered)))


def _verified(container: Container, name: str, record: bytes, names: tuple[str, ...]) -> EvidenceFacts:
    def digests(file: str, algorithm: str) -> bytes | None:
        try:
            return container.digest(file, algorithm)
        except (ContainerFault, UnsupportedAlgorithm):
            return None

    # Loaded only for a container that holds a record: few do.
    from preservation.evidence.embedded import evidence_facts

    try:
        return evidence_facts(record, digests, names, id=name)
    except Exception as error:  # noqa: BLE001 - the boundary of one part: whatever its bytes make a library raise
        _log.info("evidence record check ended", exc_info=True, extra={"msgid": "signature.container"})
        reason = type(error).__name__
        return _unchecked(name, record, kinds.EVIDENCE_NOT_CHECKED.at(name, name=name, reason=reason))


def _with_list(facts: EvidenceFacts, comparison: Comparison) -> EvidenceFacts:
    """Add what the list proves by itself: a changed file makes the record invalid, a missing one not covering."""
    state = facts.state
    if comparison.changed:
        state = EvidenceState.INVALID
    elif comparison.missing and state is not EvidenceState.INVALID:
        state = EvidenceState.NOT_COVERING
    lost = {*comparison.changed, *comparison.missing}
    return replace(
        facts,
        state=state,
        covered=tuple(name for name in facts.covered if name not in lost),
        uncovered=tuple(dict.fromkeys((*facts.uncovered, *comparison.changed, *comparison.missing))),
        findings=(*facts.findings, *shown(comparison.findings)),
    )


def _unchecked(name: str, record: bytes, finding: Finding) -> EvidenceFacts:
    written_as_xml = record.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<" or name.lower().endswith(".xml")
    return EvidenceFacts(
        id=name,
        kind="RFC 6283" if written_as_xml else "RFC 4998",
        state=EvidenceState.UNREADABLE,
        findings=(finding,),
    )
