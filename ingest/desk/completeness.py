"""The review of a case file before it is closed: facts only, each a finding; nothing here decides.

Source:
    Decree 30/2020/NĐ-CP, Articles 13, 18 and 29.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from formats.examine import ExamineItem, Examiner
from ingest.describe.titles import fold
from ingest.desk import findings as kinds
from ingest.desk.desk import Desk
from ingest.desk.staging import StagedDocument
from ingest.desk.values import DeskDocument, DocumentKind, Standing, StandingDocument, name_of
from ingest.desk.view import CaseView
from model.casefile import CaseFile, Document
from model.elements import CASE_FILE_ELEMENTS, DOCUMENT_ELEMENTS, SECRET_MODE, Obligation
from model.findings import Finding, Severity
from model.signatures import Role, SignatureReport, SignedState
from model.text import N_
from preservation.signatures.checker import CheckItem, SignatureChecker

AGREED = "15"
"""Status code: recall or update agreed to."""

_WHY = {
    Standing.DRAFT: N_("it is a draft"),
    Standing.DUPLICATE: N_("the same document is in the case file already"),
    Standing.NOTICE: N_("the document it speaks of is not in the case file"),
}


def place_of(ordinal: int) -> str:
    """Return the location of a document in findings."""
    return f"document[{ordinal}]"


class PageCounter:
    """Counts the pages of staged files, in the worker that examines what strangers made."""

    def __init__(self, examiner: Examiner) -> None:
        self._examiner = examiner

    def count(self, documents: Sequence[StagedDocument]) -> dict[int, tuple[int | None, int | None]]:
        """Return for each document, by its number, the pages of all its files and of the first; none: not countable."""
        items = [ExamineItem(path=path, name=path.name) for staged in documents for path in staged.contents]
        counted = iter([facts.pages for facts in self._examiner.examine(items)])
        found: dict[int, tuple[int | None, int | None]] = {}
        for staged in documents:
            pages = [next(counted) for _ in staged.contents]
            known = [number for number in pages if number is not None]
            found[staged.ordinal] = sum(known) if known else None, known[0] if known else None
        return found


def review_case(case_file: CaseFile, view: CaseView, documents: Sequence[Document]) -> Iterator[Finding]:
    """Yield what the case file as a whole lacks."""
    if not documents:
        yield kinds.EMPTY.at()
    if not view.case.agency_code:
        yield kinds.MISSING.at("caseFile/agencyCode", title="Mã cơ quan")
    for element in CASE_FILE_ELEMENTS:
        if element.obligation is Obligation.MANDATORY and getattr(case_file, element.attribute) in (None, "", ()):
            yield kinds.MISSING.at(f"caseFile/{element.name}", title=element.vietnamese)
    for item in view.excluded():
        yield kinds.EXCLUDED.at(name_of(item.document), why=_WHY[item.standing])


def review_documents(
    desk: Desk, view: CaseView, staged: Sequence[StagedDocument], documents: Sequence[Document], case_file: CaseFile
) -> Iterator[Finding]:
    """Yield what the documents lack, each by itself and in the chain of questions and answers."""
    answered = {link.target for link in view.answers}
    questions = _questions(desk, view)
    for item, document in zip(staged, documents, strict=True):
        where = place_of(item.ordinal)
        yield from _described(document, where)
        yield from _content(item, where)
        yield from _chain(desk, item.item.document, answered, questions, view, where)
        yield from _fate(item.item, where)
        yield from _dates(document, case_file, where)
    numbers = {item.item.document.id: item.ordinal for item in staged}
    for target, speaker in view.without_effect:
        if target in numbers:
            yield kinds.RECALL_BY_ANOTHER.at(place_of(numbers[target]), organ=speaker.organ_name or speaker.sender)


def review_pages(staged: StagedDocument, counted: tuple[int | None, int | None]) -> tuple[int, tuple[Finding, ...]]:
    """Return how many pages a document has, and what is odd about that."""
    claimed, (total, first) = staged.item.document.pages, counted
    where = place_of(staged.ordinal)
    if total is None:
        if claimed is None:
            return 1, (kinds.PAGES_UNKNOWN.at(where, taken=1),)
        return claimed, ()
    if claimed is not None and claimed not in (total, first):
        return total, (kinds.PAGES_DIFFER.at(where, claimed=claimed, counted=total),)
    return total, ()


def review_signatures(staged: Sequence[StagedDocument], checker: SignatureChecker) -> Iterator[Finding]:
    """Yield which documents lack the signature of a person or of the agency, or have them in the wrong order.

    Presence and order only: whether a signature is valid is judged at ingest.
    """
    items = [CheckItem(path=path, name=path.name) for document in staged for path in document.contents]
    checked = iter(checker.check(items))
    for document in staged:
        reports = [next(checked).report for _ in document.contents]
        if reports:
            yield from _signed(reports, place_of(document.ordinal))


def _signed(reports: Sequence[SignatureReport], where: str) -> Iterator[Finding]:
    roles: list[tuple[Role, datetime | None, int]] = []
    for report in reports:
        for place, signature in enumerate(report.file.signatures):
            role = signature.certificate.role if signature.certificate is not None else Role.UNKNOWN
            roles.append((role, signature.claimed_signing_time, place))
    if not roles:
        if any(report.file.state is not SignedState.NOT_SIGNABLE for report in reports):
            yield kinds.NO_SIGNATURE.at(where)
        return
    person = [(time, place) for role, time, place in roles if role is Role.PERSON]
    agency = [(time, place) for role, time, place in roles if role is Role.AGENCY]
    spare = len(roles) - len(person) - len(agency)
    missing = [kind for kind, there in ((kinds.NO_PERSON, person), (kinds.NO_AGENCY, agency)) if not there]
    if spare and missing:
        yield kinds.SIGNATURES_UNKNOWN.at(where)
        missing = missing[spare:]
    yield from (kind.at(where) for kind in missing)
    if person and agency and _before(agency[0], person[0]):
        yield kinds.SIGNATURE_ORDER.at(where)


def _before(one: tuple[datetime | None, int], other: tuple[datetime | None, int]) -> bool:
    if one[0] is not None and other[0] is not None and one[0] != other[0]:
        return one[0] < other[0]
    return one[1] < other[1]


def _described(document: Document, where: str) -> Iterator[Finding]:
    for element in DOCUMENT_ELEMENTS:
        value = getattr(document, element.attribute)
        # What documents take from the case file is said once, of the case file.
        own = element.obligation is Obligation.MANDATORY and element.attribute not in ("maintenance", "mode")
        if own and value in (None, "", ()):
            yield kinds.DOCUMENT_MISSING.at(f"{where}/{element.name}", title=element.vietnamese)
    if document.mode == SECRET_MODE:
        yield kinds.SECRET.at(f"{where}/mode")


def _content(staged: StagedDocument, where: str) -> Iterator[Finding]:
    document = staged.item.document
    for file in staged.lost:
        yield kinds.CONTENT_LOST.at(where, name=file.name)
    for attachment in document.attachments:
        if not attachment.sha256:
            yield kinds.ATTACHMENT_MISSING.at(where, name=attachment.name)
    for name, first in staged.same:
        yield kinds.SAME_FILE.at(where, name=name, first=first)
    if document.kind is DocumentKind.MESSAGE and not document.attachments:
        yield kinds.NO_CONTENT.at(where)
    beside = max(0, len(document.attachments) - 1)
    if len(document.appendixes) > beside:
        names = [fold(f"{item.name} {item.description}") for item in document.attachments]
        without = [name for name in document.appendixes if not any(fold(name) in other for other in names)]
        for name in without[: len(document.appendixes) - beside]:
            yield kinds.ANNEX_MISSING.at(where, name=name)


def _questions(desk: Desk, view: CaseView) -> dict[str, tuple[str, str]]:
    """Return by key of a question on the desk its identifier and where it is."""
    keys = {key for item in view.documents for ref in item.document.answers for key in desk.keys.of(ref)}
    named = desk.index.named(sorted(keys))
    rows = desk.index.get_documents(sorted({name for names in named.values() for name in names}))
    return {key: (names[0], rows[names[0]].file_id) for key, names in named.items() if names[0] in rows}


def _chain(
    desk: Desk,
    document: DeskDocument,
    answered: set[str],
    questions: dict[str, tuple[str, str]],
    view: CaseView,
    where: str,
) -> Iterator[Finding]:
    for reference in document.answers:
        places = {questions[key][1] for key in desk.keys.of(reference) if key in questions}
        code = reference.code or reference.document_id
        if not places:
            yield kinds.ANSWER_WITHOUT_QUESTION.at(where, code=code)
        elif view.case.id not in places:
            yield kinds.QUESTION_ELSEWHERE.at(where, code=code, place=min(places))
    due, date = document.due, document.key.date
    if due is not None and date is not None and due.earliest > date.latest and document.id not in answered:
        yield kinds.QUESTION_WITHOUT_ANSWER.at(where, date=due.vietnamese)


def _fate(item: StandingDocument, where: str) -> Iterator[Finding]:
    if item.standing is Standing.RECALLED and not any(notice.status_code == AGREED for notice in item.notices):
        yield kinds.RECALL_UNCONFIRMED.at(where)


def _dates(document: Document, case_file: CaseFile, where: str) -> Iterable[Finding]:
    issued, start, end = document.issued_date, case_file.start_date, case_file.end_date
    if issued is None or start is None or end is None:
        return ()
    if start.earliest <= issued.latest and issued.earliest <= end.latest:
        return ()
    place = f"{where}/issuedDate"
    return (kinds.DATE_OUTSIDE.at(place, date=issued.vietnamese, start=start.vietnamese, end=end.vietnamese),)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether a case file cannot be closed without saying why."""
    return any(finding.severity is Severity.ERROR for finding in findings)
