"""The papers of a submission: report on processing, minutes of the hand-over, lists of case files and documents.

They are prescribed in Vietnamese, whatever language the program speaks.

Source:
    Circular 05/2025/TT-BNV, Article 24.4 and Article 25; Decree 30/2020/NĐ-CP, Annex V.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from archive.archive import Archive
from archive.catalogue.submissions_values import ActKind, SubmittedTransfer, Verdict
from archive.catalogue.values import TransferState
from archive.forms.handover import write_handover
from archive.forms.lists import write_case_list, write_document_list
from archive.forms.processing import write_processing_report
from archive.forms.values import (
    FormSuffix,
    HandoverFacts,
    Issuer,
    JudgedDocument,
    ListedCaseFile,
    ListedDocuments,
    Party,
    ProcessingFacts,
)
from ingest.reception.acting import person, whoever_is_logged_in
from ingest.reception.findings import DUPLICATE_IN_ARCHIVE, DUPLICATE_IN_SUBMISSION
from ingest.reception.handed_in import all_received
from ingest.reception.standing import JudgedCase, Standing, judged
from model.dates import PartialDate
from model.errors import NotFoundError, StorageError
from model.findings import printable
from model.text import N_

PROCESSING_NAME = "bao-cao-xu-ly-nghiep-vu"
HANDOVER_NAME = "bien-ban-giao-nhan"
CASE_LIST_NAME = "muc-luc-ho-so"
DOCUMENT_LISTS = "muc-luc-van-ban"
_DIGESTS = 50
"""Packages up to which the minutes print every digest."""
_DUPLICATES = 1000
_VI = "vi"
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class _Failures:
    """The documents and case files that failed, found as they are asked for."""

    archive: Archive
    standing: Standing

    def __iter__(self) -> Iterator[JudgedDocument]:
        for submitted in all_received(self.archive, self.standing.submission):
            if submitted.refused:
                yield from _failed(judged(self.archive, submitted))


def write_papers(archive: Archive, standing: Standing, folder: Path, suffix: FormSuffix) -> Iterator[Path]:
    """Write every paper of a submission into a folder; yield each file.

    Raises:
        NotFoundError: nothing was received yet.
        StorageError: the folder cannot be written.
    """
    if not standing.totals.received:
        raise NotFoundError(
            N_("Nothing was received under submission {submission} yet."),
            hint=N_("Receive its packages with `chauban submission receive`."),
            submission=f"{standing.submission.code}/{standing.submission.ordinal}",
        )
    _make(folder)
    yield write_processing_report(_processing(archive, standing), folder / f"{PROCESSING_NAME}{suffix}")
    yield write_handover(_handover(archive, standing), folder / f"{HANDOVER_NAME}{suffix}")
    submitter = Issuer(agency=standing.submission.agency_name)
    passing = (case.described for case in _passing(archive, standing))
    listed = (ListedCaseFile(case_file=described.case_file) for described in passing if described is not None)
    yield write_case_list(listed, submitter, folder / f"{CASE_LIST_NAME}{suffix}", title=standing.submission.fonds)
    lists = folder / DOCUMENT_LISTS
    _make(lists)
    for number, case in enumerate(_passing(archive, standing), 1):
        if case.described is not None:
            documents = (item.document for item in case.described.documents)
            contents = ListedDocuments(case_file=case.described.case_file, documents=documents)
            yield write_document_list(contents, submitter, lists / f"{number:06d}-{_plain(case)}{suffix}")


def _plain(case: JudgedCase) -> str:
    """Return a case file's code as a file name that every system can hold."""
    return _NOT_PLAIN.sub("_", case.submitted.case_code)[:60].strip(".") or str(case.submitted.transfer_id)


def _passing(archive: Archive, standing: Standing) -> Iterator[JudgedCase]:
    for submitted in all_received(archive, standing.submission):
        if not submitted.refused and not submitted.undecided and submitted.state is not TransferState.HELD_ALREADY:
            yield judged(archive, submitted)


def _processing(archive: Archive, standing: Standing) -> ProcessingFacts:
    submission, totals = standing.submission, standing.totals
    return ProcessingFacts(
        issuer=Issuer(agency=archive.configuration.name),
        submitter=Party(agency=submission.agency_name, code=submission.agency_code),
        registration_code=submission.code,
        ordinal=submission.ordinal,
        received_at=totals.first or submission.registered_at,
        proposed=submission.case_files,
        received=totals.received,
        passed=totals.passed + totals.approved + totals.held,
        failed=totals.failed,
        documents_proposed=submission.documents,
        documents_passed=totals.documents_passed,
        documents_failed=totals.documents_failed,
        failures=_Failures(archive, standing),
        duplicates=tuple(islice(_duplicates(archive, standing), _DUPLICATES)),
        proposals_to_submitter=tuple(_to_submitter(archive, standing)),
        proposals_to_approver=tuple(_to_approver(standing)),
        reporter=whoever_is_logged_in(archive),
        approver=_approver(archive, standing),
    )


def _failed(case: JudgedCase) -> Iterator[JudgedDocument]:
    """Yield what failed of a case file: its documents, or itself where no document of it is to blame."""
    submitted, count = case.submitted, 0
    for item, reasons in case.documents(_VI):
        if reasons:
            count += 1
            yield JudgedDocument(
                case_code=submitted.case_code, title=item.document.subject, passed=False, reasons=reasons
            )
    if not count:
        reasons = case.reasons(_VI) or (submitted.reason,)
        yield JudgedDocument(case_code=submitted.case_code, title=submitted.title, passed=False, reasons=reasons)


def _duplicates(archive: Archive, standing: Standing) -> Iterator[tuple[str, str]]:
    for submitted in all_received(archive, standing.submission):
        if submitted.state is TransferState.HELD_ALREADY:
            yield submitted.case_code, "Kho lưu trữ đã có hồ sơ này; không tiếp nhận thêm."
        elif _is_second(submitted):
            yield submitted.case_code, "Trùng với hồ sơ khác trong cùng lần nộp; hệ thống tự động từ chối."
        elif submitted.waits:
            case = judged(archive, submitted)
            if _is_held(case):
                yield submitted.case_code, _decided(archive, case)


def _is_second(submitted: SubmittedTransfer) -> bool:
    """Tell whether a case file was refused because the same submission has it already."""
    return submitted.refused and DUPLICATE_IN_SUBMISSION.code in submitted.reason


def _is_held(case: JudgedCase) -> bool:
    """Tell whether a case file is one the archive has, by its code or its content."""
    return any(finding.code == DUPLICATE_IN_ARCHIVE.code for finding in case.findings)


def _decided(archive: Archive, case: JudgedCase) -> str:
    act = case.officers[-1] if case.officers else None
    if act is None:
        return "Chưa quyết định."
    word = "Tiếp nhận" if act.verdict is Verdict.KEEP else "Không tiếp nhận"
    officer = person(archive, act.actor)
    return f"{word}: {act.because}" + (f" (người quyết định: {officer})" if officer else "")


def _approver(archive: Archive, standing: Standing) -> str:
    """Return who approved the submission last; empty where nobody did, or nobody with an account."""
    acts = archive.catalogue.submissions.submission_acts(standing.submission.id)
    approvals = [act.actor for act in acts if act.kind is ActKind.APPROVAL]
    return person(archive, approvals[-1]) if approvals else ""


def _to_submitter(archive: Archive, standing: Standing) -> Iterator[str]:
    """Yield what the agency is to do: duplicates need nothing, and what failed is not missing as well."""
    refused: set[str] = set()
    again = 0
    for submitted in all_received(archive, standing.submission):
        if submitted.refused:
            refused.add(submitted.case_code)
            is_duplicate = _is_second(submitted) or (submitted.waits and _is_held(judged(archive, submitted)))
            again += not is_duplicate
    if again:
        yield f"Chỉnh sửa và nộp lại {again} hồ sơ không đạt nêu tại mục 3 (không kể hồ sơ trùng lặp)."
    missing = sum(item.code not in refused for item in archive.catalogue.submissions.missing(standing.submission.id))
    if missing:
        yield f"Nộp bổ sung {missing} hồ sơ có trong mục lục đăng ký nhưng chưa nhận được."


def _to_approver(standing: Standing) -> Iterator[str]:
    totals = standing.totals
    if totals.undecided:
        yield f"Quyết định đối với {totals.undecided} hồ sơ còn chờ ý kiến trước khi phê duyệt."
    if totals.passed:
        yield f"Phê duyệt tiếp nhận {totals.passed} hồ sơ đạt yêu cầu."
    if totals.approved:
        yield f"Đã phê duyệt và chuyển thành gói lưu trữ: {totals.approved} hồ sơ."


def _handover(archive: Archive, standing: Standing) -> HandoverFacts:
    submission, totals = standing.submission, standing.totals
    facts = _Extent()
    for case in _passing(archive, standing):
        facts.add(case)
    failed = totals.received - facts.cases
    return HandoverFacts(
        issuer=Issuer(agency=archive.configuration.name),
        giver=Party(agency=submission.agency_name, code=submission.agency_code),
        receiver=Party(agency=archive.configuration.name, person=whoever_is_logged_in(archive)),
        block=submission.fonds,
        basis=(f"Đăng ký nộp lưu số {submission.code}, lần nộp thứ {submission.ordinal}",),
        first_date=facts.first,
        last_date=facts.last,
        case_files=facts.cases,
        documents=facts.documents,
        data_files=facts.files,
        bytes=facts.size,
        condition="Hồ sơ, tài liệu đạt yêu cầu kiểm tra." if not failed else f"Không tiếp nhận {failed} hồ sơ.",
        digests=tuple(_digests(archive, standing)) if facts.cases <= _DIGESTS else (),
    )


@dataclass(slots=True)
class _Extent:
    """What passing case files come to."""

    cases: int = 0
    documents: int = 0
    files: int = 0
    size: int = 0
    first: PartialDate | None = None
    last: PartialDate | None = None

    def add(self, case: JudgedCase) -> None:
        """Count a case file."""
        submitted = case.submitted
        self.cases += 1
        self.documents += submitted.documents
        self.files += submitted.files
        self.size += submitted.bytes
        if case.described is not None:
            self._span(case.described.case_file.start_date, case.described.case_file.end_date)

    def _span(self, start: PartialDate | None, end: PartialDate | None) -> None:
        if start is not None and (self.first is None or start.earliest < self.first.earliest):
            self.first = start
        if end is not None and (self.last is None or end.latest > self.last.latest):
            self.last = end


def _digests(archive: Archive, standing: Standing) -> Iterator[tuple[str, str]]:
    for submitted, digest in package_digests(archive, all_received(archive, standing.submission)):
        yield submitted.case_code, digest


def package_digests(archive: Archive, received: Iterable[SubmittedTransfer]) -> Iterator[tuple[SubmittedTransfer, str]]:
    """Yield the transfers that became packages, with the SHA-256 of each container."""
    for submitted in received:
        versions = archive.catalogue.versions(submitted.aip_id) if submitted.aip_id is not None else []
        if versions and submitted.state is not TransferState.HELD_ALREADY:
            yield submitted, versions[0].container_sha256.hex()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StorageError(
            N_("The folder {path} cannot be made: {why}."),
            hint=N_("Choose another place or correct the permissions."),
            path=printable(str(folder)),
            why=exc.strerror or exc,
        ) from exc
