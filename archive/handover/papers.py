"""The papers of a hand-over: list of case files (mục lục hồ sơ) and minutes (biên bản giao nhận).

Source:
    Decree 30/2020/NĐ-CP, Annex V; Circular 05/2025/TT-BNV, Articles 22 to 25
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from archive.archive import Archive
from archive.catalogue.handovers_values import Handover, HandoverTotals
from archive.catalogue.values import HeldCaseFile
from archive.forms.values import HandoverFacts, Issuer, ListedCaseFile, Party
from archive.handover.folder import MANIFEST
from model.dates import PartialDate
from model.elements import code_word
from preservation.package.profiles import VIETNAM

CASE_LISTS = ("muc-luc-ho-so.xlsx", "muc-luc-ho-so.pdf")
MINUTES = ("bien-ban-giao-nhan.docx", "bien-ban-giao-nhan.pdf")
_PRINTED = 200
"""Packages whose digests are printed; of more, the digest of the manifest stands for all of them."""


def write_papers(archive: Archive, handover: Handover, totals: HandoverTotals, manifest: Path, folder: Path) -> None:
    """Write the list of case files and the minutes; papers of an interrupted preparation are replaced.

    Raises:
        StorageError: they cannot be written.
    """
    from archive.forms.handover import write_handover
    from archive.forms.lists import write_case_list

    day = handover.started.astimezone(VIETNAM).date()
    issuer = Issuer(agency=archive.configuration.name, day=day)
    for name in (*CASE_LISTS, *MINUTES):
        (folder / name).unlink(missing_ok=True)
    for name in CASE_LISTS:
        listed = (ListedCaseFile(case_file=held.case_file) for held in _held(archive, handover))
        write_case_list(listed, issuer, folder / name)
    facts = _facts(archive, handover, totals, manifest, issuer)
    for name in MINUTES:
        write_handover(facts, folder / name)


def _facts(
    archive: Archive, handover: Handover, totals: HandoverTotals, manifest: Path, issuer: Issuer
) -> HandoverFacts:
    first, last = _span(archive, handover)
    request = handover.request
    return HandoverFacts(
        issuer=issuer,
        giver=Party(agency=archive.configuration.name),
        receiver=Party(agency=request.receiver, code=request.receiver_code),
        block=_block(archive, request.fonds),
        basis=(f"mã đăng ký nộp lưu {request.registration}",),
        first_date=first,
        last_date=last,
        case_files=totals.case_files,
        documents=totals.documents,
        data_files=totals.files,
        bytes=totals.bytes,
        condition=f"hồ sơ điện tử, thời hạn lưu trữ {code_word('maintenance', '01', 'vi').lower()}",
        digests=_digests(archive, handover, totals, manifest),
    )


def _held(archive: Archive, handover: Handover) -> Iterator[HeldCaseFile]:
    for item in archive.catalogue.handovers.all_items(handover.id):
        held = archive.catalogue.get_case_file(item.aip_id)
        if held is not None:
            yield held


def _span(archive: Archive, handover: Handover) -> tuple[PartialDate | None, PartialDate | None]:
    """Return the first and the last date of all case files."""
    first = last = None
    for held in _held(archive, handover):
        start, end = held.case_file.start_date, held.case_file.end_date
        if start is not None and (first is None or start.earliest < first.earliest):
            first = start
        if end is not None and (last is None or end.latest > last.latest):
            last = end
    return first, last


def _block(archive: Archive, fonds: str) -> str:
    known = archive.catalogue.get_fonds(fonds) if fonds else None
    title = known.title if known and known.title else ""
    return " ".join(part for part in ("Phông", fonds, title) if part) if fonds else "Hồ sơ lưu trữ vĩnh viễn"


def _digests(archive: Archive, handover: Handover, totals: HandoverTotals, manifest: Path) -> Sequence[tuple[str, str]]:
    with manifest.open("rb") as stream:
        whole = (MANIFEST, hashlib.file_digest(stream, "sha256").hexdigest())
    if totals.case_files > _PRINTED:
        return (whole,)
    return (whole, *((item.name, item.sha256.hex()) for item in archive.catalogue.handovers.all_items(handover.id)))
