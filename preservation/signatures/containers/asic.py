"""Associated Signature Containers: ASiC-S, ASiC-E, BDOC and ADOC, with XAdES and with CAdES.

Source:
    ETSI EN 319 162-1 V1.1.1 and 162-2; ETSI TS 102 918 V1.3.1; BDOC 2.1.2; ADOC-V1.0
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from model.findings import Finding
from model.signatures import (
    EvidenceFacts,
    FileSignatures,
    Integrity,
    Level,
    Scope,
    SignatureFacts,
    SignedState,
    SubIndication,
    TimestampFacts,
    TimestampKind,
)
from model.text import N_
from preservation.cms.envelope import UnreadableCms, open_signed_data
from preservation.cms.signers import all_signer_facts
from preservation.signatures.containers import findings as kinds
from preservation.signatures.containers.boundary import (
    broken,
    each_signature,
    examined,
    shown,
    unreadable_signature,
    with_findings,
)
from preservation.signatures.containers.container import Container, ContainerFault, open_container
from preservation.signatures.containers.layout import Layout, is_archive_list, read_layout
from preservation.signatures.containers.manifests import (
    Comparison,
    Manifest,
    compare,
    read_manifest,
)
from preservation.signatures.containers.records import examine_record
from preservation.signatures.containers.xades import xades_signatures
from preservation.signatures.source import SignedFile
from preservation.timestamps.token import timestamp_facts

_TOKEN_LIMIT = 16 << 20
_CANDIDATES = 20
"""Files tried one by one where nothing says what a signature signs."""


def examine_asic(file: SignedFile) -> FileSignatures:
    """Find the signatures, timestamps and evidence records of an ASiC container."""

    def look() -> FileSignatures:
        with open_container(file.path, file.limits) as container:
            hidden = container.inspect()
            layout = read_layout(container, file.name)
            return examined(file, layout.kind, lambda: _Examination(file, container, layout).run(hidden))

    return examined(file, "asic-e", look)


@dataclass(slots=True)
class _List:
    """A list of the container, read and compared."""

    manifest: Manifest
    comparison: Comparison


@dataclass(slots=True)
class _Examination:
    """One container while it is looked at."""

    file: SignedFile
    container: Container
    layout: Layout
    lists: dict[str, _List] = field(default_factory=dict)
    """By the name of the list."""
    damaged: list[str] = field(default_factory=list)
    """Lists that cannot be read."""
    findings: list[Finding] = field(default_factory=list)
    timestamps: dict[str, TimestampFacts] = field(default_factory=dict)
    """By entry."""
    entries: dict[str, str] = field(default_factory=dict)
    """Entry of each signature, by its id."""
    claimed: set[str] = field(default_factory=set)
    """Files that signatures refer to, changed ones too."""

    def run(self, hidden: tuple[Finding, ...]) -> FileSignatures:
        self.findings.extend((*hidden, *self.layout.findings))
        self._read_lists()
        signatures = list(self._signatures())
        self._read_tokens(signatures)
        evidence = tuple(self._records())
        signatures = [self._raised(facts) for facts in signatures]
        if signatures:
            signatures = self._with_coverage(signatures, sealed=not hidden)
        return FileSignatures(
            path=self.file.name,
            kind=self.layout.kind,
            state=SignedState.SIGNED if signatures or evidence else SignedState.UNSIGNED,
            signatures=tuple(signatures),
            timestamps=tuple(self.timestamps.values()),
            evidence=evidence,
            findings=tuple(self.findings),
        )

    # -- lists

    def _read_lists(self) -> None:
        for name in self.layout.lists:
            try:
                manifest = read_manifest(self.container, name)
            except ContainerFault as fault:
                self.damaged.append(name)
                self.findings.append(fault.finding)
                continue
            self.lists[name] = _List(manifest, compare(self.container, manifest))
            if manifest.target not in self.container:
                self.findings.append(kinds.SIGNATURE_MISSING.at(name, manifest=name, name=manifest.target))

    def _list_of(self, entry: str) -> _List | None:
        """Return the list that an entry covers; the most comprehensive where several claim it."""
        claimed = [found for found in self.lists.values() if found.manifest.target == entry]
        return max(claimed, key=lambda found: len(found.manifest.references), default=None)

    # -- signatures

    def _signatures(self) -> Iterator[SignatureFacts]:
        limit = left = self.file.limits.signatures
        readers = [(name, self._xades) for name in self.layout.xades]
        readers += [(name, self._cades) for name in self.layout.cades]
        for name, reader in readers:
            if not left:
                self.findings.append(kinds.TOO_MANY.at(name, limit=limit))
                return
            found = each_signature(name, self.layout.format, partial(reader, name))
            if left < len(found):
                self.findings.append(kinds.TOO_MANY.at(name, limit=limit))
                found = found[:left]
            self.entries.update((facts.id, name) for facts in found)
            yield from found
            left -= len(found)

    def _xades(self, name: str) -> Iterable[SignatureFacts]:
        return xades_signatures(self.file, self.container, name, self.layout.format, self.claimed)

    def _cades(self, name: str) -> Iterable[SignatureFacts]:
        """Return the signatures of a CMS file over the list or the file they sign."""
        content = self.container.read(name)
        candidates = self._targets(name)[:_CANDIDATES]
        best: tuple[SignatureFacts, ...] = ()
        target = ""
        for candidate in candidates or [""]:
            found = self._signers(content, candidate, name)
            fits = any(facts.failure is not SubIndication.HASH_FAILURE for facts in found)
            if fits or not best:
                best, target = found, candidate
            if fits:
                break
        missing = [] if candidates else [kinds.MANIFEST_MISSING.at(name, name=name)]
        return [facts if facts.parent else with_findings(self._judged(facts, target), missing) for facts in best]

    def _targets(self, name: str) -> list[str]:
        """Return what a CAdES signature may sign, the likeliest first (EN 319 162-1, 4.3.3.2 and 4.4.4.2)."""
        listed = self._list_of(name)
        if listed is not None:
            return [listed.manifest.name]
        if self.layout.kind == "asic-s" and self.layout.data:
            return list(self.layout.data)
        taken = self.container
        orphans = [found.manifest.name for found in self.lists.values() if found.manifest.target not in taken]
        return [*orphans, *self.damaged] or list(self.layout.data)

    def _signers(self, content: bytes, target: str, name: str) -> tuple[SignatureFacts, ...]:
        try:
            signed = open_signed_data(content)
        except UnreadableCms as error:
            finding = kinds.SIGNATURE_UNREADABLE.at(name, name=name, reason=error.reason)
            return (unreadable_signature(name, self.layout.format, finding),)
        found, findings = all_signer_facts(
            signed,
            partial(self._digest, target),
            id=name,
            format=self.layout.format,
            form="CAdES detached",
            material=self.file.material,
            limit=self.file.limits.signatures,
        )
        if found:
            return (with_findings(found[0], findings), *found[1:])
        finding = kinds.SIGNATURE_UNREADABLE.at(name, name=name, reason=N_("nobody signed it"))
        return (unreadable_signature(name, self.layout.format, finding),)

    def _digest(self, name: str, algorithm: str) -> bytes | None:
        try:
            return self.container.digest(name, algorithm)
        except ContainerFault:
            return None

    def _judged(self, facts: SignatureFacts, target: str) -> SignatureFacts:
        """Add what the signed list says of the files: one that differs breaks the signature."""
        listed = self.lists.get(target)
        if listed is None:
            return self._judged_alone(facts, target)
        result = listed.comparison
        self.claimed.update((*result.fitting, *result.changed, *result.undecided))
        facts = with_findings(facts, shown(result.findings))
        if result.changed:
            facts = broken(facts, SubIndication.HASH_FAILURE)
        elif result.missing:
            facts = broken(facts, SubIndication.SIGNED_DATA_NOT_FOUND)
        elif result.undecided and facts.integrity is Integrity.INTACT:
            facts = replace(facts, integrity=Integrity.UNKNOWN, failure=SubIndication.SIGNED_DATA_NOT_FOUND)
        return replace(facts, scope=Scope(covered=(target, *result.fitting)))

    def _judged_alone(self, facts: SignatureFacts, target: str) -> SignatureFacts:
        """Judge a signature over one file, or over a list that cannot be read."""
        intact = facts.integrity is Integrity.INTACT
        if target in self.damaged:
            unread = replace(facts, integrity=Integrity.UNKNOWN, failure=SubIndication.FORMAT_FAILURE)
            return unread if intact else facts
        self.claimed.add(target)
        if facts.failure is SubIndication.HASH_FAILURE and self.layout.kind == "asic-s":
            facts = with_findings(facts, [kinds.FILE_CHANGED.at(facts.id, name=target)])
        elif facts.failure is SubIndication.SIGNED_DATA_NOT_FOUND:
            facts = broken(facts, SubIndication.SIGNED_DATA_NOT_FOUND)
        return replace(facts, scope=Scope(covered=(target,) if intact else ()))

    # -- timestamps

    def _read_tokens(self, signatures: list[SignatureFacts]) -> None:
        """Read the timestamps of the container, the earlier before those that cover them."""
        ordered = sorted(self.layout.tokens, key=self._weight)
        for name in ordered:
            self.timestamps[name] = self._token(name, signatures)
        latest = datetime.max.replace(tzinfo=UTC)
        by_time = sorted(self.timestamps.items(), key=lambda item: item[1].time or latest)
        self.timestamps = {name: replace(facts, order=order) for order, (name, facts) in enumerate(by_time)}

    def _weight(self, token: str) -> tuple[bool, int]:
        listed = self._list_of(token)
        if listed is None:
            return False, 0
        return is_archive_list(listed.manifest.name), len(listed.manifest.references)

    def _token(self, name: str, signatures: list[SignatureFacts]) -> TimestampFacts:
        listed = self._list_of(name)
        findings: list[Finding] = []
        kind = TimestampKind.CONTAINER
        if listed is not None:
            target, files = listed.manifest.name, tuple(listed.comparison.fitting)
            lost = (*listed.comparison.changed, *listed.comparison.missing, *listed.comparison.undecided)
            findings = [kinds.TIMESTAMP_NOT_COVERING.at(name, name=file) for file in lost]
            if is_archive_list(target):
                kind = TimestampKind.ARCHIVE
        elif len(self.layout.data) == 1:
            target, files = self.layout.data[0], self.layout.data
        else:
            target, files = "", ()
            findings = [kinds.MANIFEST_MISSING.at(name, name=name)]
        try:
            content = self.container.read(name, _TOKEN_LIMIT)
        except ContainerFault as fault:
            content, findings = b"", [*findings, fault.finding]
        covered = [facts for facts in signatures if self.entries[facts.id] in files]
        facts = timestamp_facts(
            content,
            partial(self._digest, target) if target else None,
            id=name,
            kind=kind,
            material=self.file.material,
            covers=tuple(dict.fromkeys((*(one.id for one in covered), *files))),
            covered_material=self._material(covered, files),
        )
        return replace(facts, findings=(*facts.findings, *shown(findings)))

    def _material(self, signatures: list[SignatureFacts], files: tuple[str, ...]) -> tuple[str, ...]:
        """Return the validation material inside the files a timestamp covers."""
        found: dict[str, None] = {}
        for facts in signatures:
            found.update(dict.fromkeys((*facts.certificates, *facts.revocations)))
        stamps = [stamp for facts in signatures for stamp in facts.timestamps]
        stamps += [self.timestamps[name] for name in files if name in self.timestamps]
        for stamp in stamps:
            found.update(dict.fromkeys((*stamp.certificates, *([stamp.token] if stamp.token else []))))
        return tuple(found)

    def _raised(self, facts: SignatureFacts) -> SignatureFacts:
        """Return facts at level LTA where an archive timestamp of the container covers them (EN 319 162-1, 5.3)."""
        covered = any(
            facts.id in stamp.covers and stamp.imprint_matches and stamp.kind is TimestampKind.ARCHIVE
            for stamp in self.timestamps.values()
        )
        return replace(facts, level=Level.LTA) if covered and facts.level is Level.LT else facts

    # -- evidence records

    def _records(self) -> Iterator[EvidenceFacts]:
        for name in self.layout.records[: self.file.limits.signatures]:
            listed = self._list_of(name)
            yield examine_record(
                self.container,
                name,
                manifest=listed.manifest if listed else None,
                comparison=listed.comparison if listed else None,
                data=self.layout.data,
            )

    # -- coverage

    def _with_coverage(self, signatures: list[SignatureFacts], *, sealed: bool) -> list[SignatureFacts]:
        """Say of every signature what it leaves uncovered, and of the container what nothing covers."""
        by_any = {name for facts in signatures if facts.integrity is Integrity.INTACT for name in facts.scope.covered}
        never = [name for name in self.layout.data if name not in by_any and name not in self.claimed]
        self.findings.extend(shown(kinds.UNCOVERED.at(name, name=name) for name in never))
        self.findings.extend(kinds.UNCOVERED_PARTS.at(name, name=name) for name in self.layout.unsignable[:20])
        return [self._covering(facts, by_any, sealed=sealed) for facts in signatures]

    def _covering(self, facts: SignatureFacts, by_any: set[str], *, sealed: bool) -> SignatureFacts:
        if facts.parent:
            return facts
        own = set(facts.scope.covered)
        missed = [name for name in self.layout.data if name not in own]
        uncovered = missed if self.layout.every_file_signed else [name for name in missed if name not in by_any]
        others = [] if not own else [name for name in missed if name not in uncovered]
        facts = with_findings(facts, shown(kinds.PARTIAL.at(facts.id, name=name) for name in others))
        if self.layout.every_file_signed:
            facts = with_findings(facts, shown(kinds.UNCOVERED.at(facts.id, name=name) for name in uncovered))
        whole = not uncovered and sealed and facts.scope.whole_document is not False
        return replace(facts, scope=replace(facts.scope, uncovered=tuple(uncovered), whole_document=whole))
