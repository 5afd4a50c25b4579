"""A document and the detached signature that lies beside it are checked together and answer together."""

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from model.findings import Outcome
from model.signatures import SignatureReport, SignedState
from model.walking import FoundFile
from preservation.signatures import findings as kinds
from preservation.signatures.beside import Surroundings
from preservation.signatures.checker import CheckedFile, CheckItem, SignatureChecker
from preservation.signatures.detect import SignedKind, kind_of_name

_REMEMBERED = 512
_SIGNS_ITSELF = {SignedKind.CMS, SignedKind.TIMESTAMP}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedFile:
    """One file checked, and where its signature is if not in itself."""

    path: Path
    checked: CheckedFile
    beside: tuple[SignatureReport, ...] = ()
    """Reports on the files beside it that hold its signature."""

    @property
    def signed_by(self) -> tuple[str, ...]:
        """Names of the files beside it that hold its signature."""
        return tuple(_name(report) for report in self.beside)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    file: FoundFile
    candidates: tuple[Path, ...]


class PairedChecks:
    """One run over files that may sign each other.

    Args:
        checker: checks each of them.
        surroundings: finds the files beside them.
    """

    def __init__(self, checker: SignatureChecker, surroundings: Surroundings) -> None:
        self._checker = checker
        self._surroundings = surroundings
        self._plans: deque[_Plan] = deque()
        self._order: deque[Path] = deque()
        self._early: set[Path] = set()
        """Signature files checked before their turn, for the sake of the file they sign."""
        self._results: dict[Path, CheckedFile] = {}
        self._recent: OrderedDict[Path, SignatureReport | None] = OrderedDict()

    def run(self, files: Iterable[FoundFile]) -> Iterator[PairedFile]:
        """Yield each file in the order given."""
        for checked in self._checker.check(self._items(iter(files))):
            path = self._order.popleft()
            self._results[path] = checked
            if path in self._recent:
                self._recent[path] = checked.report
            yield from self._finished()
        yield from self._finished()  # a signature checked early may have its turn after the last result

    def _finished(self) -> Iterator[PairedFile]:
        while self._plans and self._plans[0].file.path in self._results:
            yield self._paired(self._plans.popleft())

    def _items(self, files: Iterator[FoundFile]) -> Iterator[CheckItem]:
        for file in files:
            candidates = self._candidates(file.path)
            self._plans.append(_Plan(file=file, candidates=candidates))
            for path in candidates:
                if path not in self._recent:
                    self._early.add(path)
                    self._remember(path)
                    yield self._item(FoundFile(path=path, links=False))
            if file.path in self._early:
                continue
            if kind_of_name(file.path.name) is not SignedKind.NOTHING:
                self._remember(file.path)
            yield self._item(file)

    def _item(self, file: FoundFile) -> CheckItem:
        self._order.append(file.path)
        beside = self._surroundings.of(file.path)
        return CheckItem(path=file.path, name=str(file.path), companions=beside, links=file.links)

    def _candidates(self, path: Path) -> tuple[Path, ...]:
        if kind_of_name(path.name) in _SIGNS_ITSELF:
            return ()
        return tuple(self._surroundings.folder(path).signatures_of(path))

    def _remember(self, path: Path) -> None:
        self._recent[path] = None
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)

    def _paired(self, plan: _Plan) -> PairedFile:
        """Let an unsigned document answer with the verdict on the signature beside it."""
        checked = self._results.pop(plan.file.path)
        self._early.discard(plan.file.path)
        if checked.report.file.state not in {SignedState.UNSIGNED, SignedState.NOT_SIGNABLE}:
            return PairedFile(path=plan.file.path, checked=checked)
        others = [report for path in plan.candidates if (report := self._recent.get(path)) is not None]
        report, beside = paired(checked.report, others)
        return PairedFile(path=plan.file.path, checked=replace(checked, report=report), beside=beside)


def paired(
    report: SignatureReport, others: Iterable[SignatureReport]
) -> tuple[SignatureReport, tuple[SignatureReport, ...]]:
    """Return the report on a document without a signature of its own, and those on the files that sign it.

    Args:
        report: on the document.
        others: on the files beside it that may be its signature.
    """
    name = PurePath(report.file.path).name
    signed = [other for other in others if other.file.state is SignedState.SIGNED]
    signing = [other for other in signed if any(_covers(one.scope.covered, name) for one in other.file.signatures)]
    if not signing:
        hints = tuple(kinds.DETACHED_CANDIDATE.at(report.file.path, name=_name(other)) for other in signed)
        return replace(report, file=replace(report.file, findings=(*report.file.findings, *hints))), ()
    found = tuple(kinds.DETACHED_BESIDE.at(report.file.path, name=_name(other)) for other in signing)
    kept = tuple(one for one in report.file.findings if one.code not in {kinds.NONE.code, kinds.NOT_SIGNABLE.code})
    outcomes = {other.outcome for other in signing}
    outcome = next(one for one in (Outcome.FAILED, Outcome.INDETERMINATE, Outcome.PASSED) if one in outcomes)
    file = replace(report.file, findings=(*kept, *found))
    return replace(report, file=file, outcome=outcome), tuple(signing)


def _covers(covered: tuple[str, ...], name: str) -> bool:
    return any(PurePath(one).name == name for one in covered)


def _name(report: SignatureReport) -> str:
    return PurePath(report.file.path).name
