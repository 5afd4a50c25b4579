"""Verification of an evidence record: which data it proves, since when, and until when.

Source:
    RFC 4998 4.3, 5.3; RFC 6283 3.3, 4.3; BSI TR-ESOR basis profile (excess hashes).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from model.dates import utc_text
from model.findings import Finding, Outcome
from model.signatures import SubIndication
from preservation.cms.digests import digest_bytes
from preservation.evidence import findings as kinds
from preservation.evidence.hashtree import roots
from preservation.evidence.reading import UnknownAlgorithm, UnreadableRecord, canonical_methods, read_record
from preservation.evidence.values import (
    RFC6283,
    ArchiveTimestamp,
    Chain,
    DataObject,
    ObjectCoverage,
    Record,
    RecordReport,
    TimestampCheck,
    TokenCheck,
    TokenVerdict,
)

_ORDER_TOLERANCE = 1.0
"""Seconds by which a renewal may seem older: many authorities cut fractions off."""


def verify_record(
    content: bytes, objects: Sequence[DataObject], *, at: datetime, check_token: TokenCheck, whole_group: bool = False
) -> RecordReport:
    """Verify an evidence record against data objects.

    Args:
        content: the record, DER or XML.
        objects: what it is to prove; none: only the record's own consistency.
        at: the time of the verification: the last timestamp must hold then.
        check_token: judges a token at a time.
        whole_group: the objects are everything that was sealed together, so that a further value in the record means
            that one is missing. Always so for RFC 6283, and for RFC 4998 with more than one object.
    """
    try:
        record = read_record(content)
    except UnreadableRecord as error:
        return RecordReport(
            outcome=Outcome.FAILED,
            sub_indication=SubIndication.FORMAT_FAILURE,
            objects=tuple(ObjectCoverage(name=item.name, covered=False) for item in objects),
            findings=(kinds.UNREADABLE.at(reason=str(error)),),
        )
    except UnknownAlgorithm as error:
        return RecordReport(
            outcome=Outcome.INDETERMINATE,
            sub_indication=SubIndication.POLICY_PROCESSING_ERROR,
            objects=tuple(ObjectCoverage(name=item.name, covered=False) for item in objects),
            findings=(kinds.UNKNOWN_ALGORITHM.at(algorithm=str(error)),),
        )
    group = whole_group or len(objects) > 1 or record.kind == RFC6283
    return _Verification(record=record, objects=objects, at=at, group=group, check_token=check_token).report()


@dataclass(slots=True)
class _Verification:
    """One run of the verification, and what it has found so far."""

    record: Record
    objects: Sequence[DataObject]
    at: datetime
    group: bool
    check_token: TokenCheck
    findings: list[Finding] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    """Names of objects whose digest a chain needs and nobody knows."""

    def report(self) -> RecordReport:
        covered = self._covered_by(self.record.chains[0], None)
        broken = self._structure(covered)
        stamps, verdicts = self._tokens()
        return self._conclude(covered, broken, stamps, verdicts)

    # -- data objects

    def _covered_by(self, chain: Chain, earlier: set[str] | None) -> set[str]:
        """Return the names of the objects that a chain's first timestamp covers."""
        stamp = chain.timestamps[0]
        values = set(stamp.path[0]) if stamp.path else {stamp.imprint}
        found: set[str] = set()
        explained: set[bytes] = set()
        for item in self.objects:
            candidates = self._leaves(item, chain)
            if candidates is None:
                self.unknown.add(item.name)
                self.findings.append(kinds.NOT_COMPUTABLE.at(item.name, algorithm=chain.algorithm))
                continue
            hits = [value for value in candidates if value in values]
            if hits:
                found.add(item.name)
                explained.update(hits)
            elif earlier is None:
                self.findings.append(kinds.NOT_COVERED.at(item.name))
            elif item.name in earlier:
                self.findings.append(kinds.NOT_RENEWED.at(item.name, time=utc_text(stamp.time)))
        if stamp.path and found:
            self._unexplained(chain, values - explained)
        return found

    def _unexplained(self, chain: Chain, values: set[bytes]) -> None:
        if self.record.kind == RFC6283 and chain.before:
            values = values - {digest_bytes(chain.before, chain.algorithm)}
        if values and self.group:
            self.findings.append(kinds.GROUP_MISMATCH.at(count=len(values)))
        elif values:
            self.findings.append(kinds.OTHERS_COVERED.at(count=len(values)))

    def _leaves(self, item: DataObject, chain: Chain) -> list[bytes] | None:
        """Return the values an object may have in a chain's hash tree; none when its digest is not known."""
        digests = [item.digest(chain.algorithm)]
        if item.canonical is not None and chain.canonicalization in canonical_methods():
            digests.append(item.canonical(chain.algorithm, chain.canonicalization))
        known = [digest for digest in digests if digest is not None]
        if not known:
            return None
        if not chain.before or self.record.kind == RFC6283:
            return known
        earlier = digest_bytes(chain.before, chain.algorithm)
        # RFC 4998 5.2 puts the document's digest first; erratum 7411 wants both sorted. Both are in use.
        ordered = [digest_bytes(digest + earlier, chain.algorithm) for digest in known]
        return ordered + [digest_bytes(b"".join(sorted((digest, earlier))), chain.algorithm) for digest in known]

    # -- the record itself

    def _declared(self) -> None:
        used = {chain.algorithm for chain in self.record.chains}
        for algorithm in sorted(used - set(self.record.algorithms)) if self.record.algorithms else ():
            self.findings.append(kinds.UNDECLARED_ALGORITHM.at(algorithm=algorithm))

    def _structure(self, covered: set[str]) -> bool:
        """Verify paths, chaining and order. Return whether something is broken."""
        before = len(self.findings)
        self._declared()
        number = 0
        for position, chain in enumerate(self.record.chains):
            if position:
                self._renewed(chain, covered)
            mixed = {stamp.algorithm for stamp in chain.timestamps}
            if len(mixed) > 1:
                self.findings.append(kinds.MIXED_ALGORITHMS.at(algorithms=", ".join(sorted(mixed))))
            for place, stamp in enumerate(chain.timestamps):
                number += 1
                self._path(stamp, number)
                if place:
                    self._chained(chain.timestamps[place - 1], stamp, number)
        self._order()
        return any(finding.code in _BREAKING for finding in self.findings[before:])

    def _renewed(self, chain: Chain, covered: set[str]) -> None:
        """A hash-tree renewal must cover the objects and the older part of the sequence."""
        stamp = chain.timestamps[0]
        covered &= self._covered_by(chain, set(covered))
        if self.record.kind != RFC6283:
            return  # RFC 4998 mixes both into one value, which the objects were just compared with
        values = stamp.path[0] if stamp.path else (stamp.imprint,)
        if digest_bytes(chain.before, chain.algorithm) not in values:
            number = sum(len(earlier.timestamps) for earlier in self.record.chains if earlier is not chain)
            self.findings.append(kinds.NOT_CHAINED.at(number=number, time=utc_text(stamp.time)))

    def _path(self, stamp: ArchiveTimestamp, number: int) -> None:
        if stamp.imprint_algorithm != stamp.algorithm:
            finding = kinds.IMPRINT_ALGORITHM.at(
                number=number, imprint=stamp.imprint_algorithm, algorithm=stamp.algorithm
            )
            self.findings.append(finding)
        if stamp.path and stamp.imprint not in roots(stamp.algorithm, stamp.path):
            self.findings.append(kinds.ROOT_MISMATCH.at(number=number, time=utc_text(stamp.time)))

    def _chained(self, previous: ArchiveTimestamp, stamp: ArchiveTimestamp, number: int) -> None:
        value = digest_bytes(previous.covered_by_next, stamp.algorithm)
        if value not in (stamp.path[0] if stamp.path else (stamp.imprint,)):
            self.findings.append(kinds.NOT_CHAINED.at(number=number, time=utc_text(stamp.time)))

    def _order(self) -> None:
        for number, (earlier, later) in enumerate(pairwise(self.record.timestamps), start=2):
            if (earlier.time - later.time).total_seconds() > _ORDER_TOLERANCE:
                self.findings.append(kinds.ORDER.at(number=number, time=utc_text(later.time)))

    # -- tokens

    def _tokens(self) -> tuple[tuple[TimestampCheck, ...], tuple[TokenVerdict, ...]]:
        """Judge every token at the time of the next one, the last one at the time of the verification."""
        stamps = self.record.timestamps
        moments = [*(later.time for _, later in pairwise(stamps)), self.at]
        checks: list[TimestampCheck] = []
        verdicts: list[TokenVerdict] = []
        places = [
            (number, place)
            for number, chain in enumerate(self.record.chains, start=1)
            for place in range(1, len(chain.timestamps) + 1)
        ]
        for count, (stamp, moment, (chain, place)) in enumerate(zip(stamps, moments, places, strict=True), start=1):
            verdict = self.check_token(stamp.token, moment, number=count)
            verdicts.append(verdict)
            self._token_finding(stamp, verdict, count, moment)
            checks.append(
                TimestampCheck(
                    chain=chain,
                    number=place,
                    time=stamp.time,
                    algorithm=stamp.algorithm,
                    root=stamp.imprint.hex(),
                    verified_at=moment,
                    outcome=verdict.outcome,
                    sub_indication=verdict.sub_indication,
                    holds_until=verdict.holds_until,
                )
            )
        return tuple(checks), tuple(verdicts)

    def _token_finding(self, stamp: ArchiveTimestamp, verdict: TokenVerdict, number: int, moment: datetime) -> None:
        self.findings.extend(verdict.findings)
        if verdict.outcome is Outcome.PASSED:
            return
        kind = kinds.TOKEN_FAILED if verdict.outcome is Outcome.FAILED else kinds.TOKEN_UNDECIDED
        reason = verdict.sub_indication.value if verdict.sub_indication else verdict.outcome.value
        self.findings.append(kind.at(number=number, time=utc_text(stamp.time), at=utc_text(moment), reason=reason))

    # -- conclusion

    def _conclude(
        self,
        covered: set[str],
        broken: bool,
        stamps: tuple[TimestampCheck, ...],
        verdicts: tuple[TokenVerdict, ...],
    ) -> RecordReport:
        outcome, reason = self._outcome(covered, broken, verdicts)
        if not self.objects:
            self.findings.append(kinds.NO_DATA.at())
        sound = not broken and all(verdict.outcome is not Outcome.FAILED for verdict in verdicts)
        return RecordReport(
            kind=self.record.kind,
            outcome=outcome,
            sub_indication=reason,
            proof_time=stamps[0].time if sound else None,
            holds_until=verdicts[-1].holds_until if outcome is Outcome.PASSED else None,
            objects=tuple(ObjectCoverage(name=item.name, covered=item.name in covered) for item in self.objects),
            timestamps=stamps,
            findings=tuple(self.findings),
        )

    def _outcome(
        self, covered: set[str], broken: bool, verdicts: tuple[TokenVerdict, ...]
    ) -> tuple[Outcome, SubIndication | None]:
        if broken:
            return Outcome.FAILED, SubIndication.HASH_FAILURE
        for verdict in verdicts:
            if verdict.outcome is Outcome.FAILED:
                return Outcome.FAILED, verdict.sub_indication or SubIndication.SIG_CRYPTO_FAILURE
        missing = any(item.name not in covered for item in self.objects)
        mismatch = any(finding.code == kinds.GROUP_MISMATCH.code for finding in self.findings)
        if missing or mismatch or self.unknown or not self.objects:
            return Outcome.INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND
        for verdict in verdicts:
            if verdict.outcome is Outcome.INDETERMINATE:
                return Outcome.INDETERMINATE, verdict.sub_indication
        return Outcome.PASSED, None


_BREAKING = frozenset(
    kind.code
    for kind in (
        kinds.NOT_RENEWED,
        kinds.ROOT_MISMATCH,
        kinds.NOT_CHAINED,
        kinds.ORDER,
        kinds.MIXED_ALGORITHMS,
        kinds.IMPRINT_ALGORITHM,
        kinds.UNDECLARED_ALGORITHM,
    )
)


def digests_of(known: dict[str, bytes]) -> Callable[[str], bytes | None]:
    """Return the lookup of an object of which only digests are known."""
    return known.get
