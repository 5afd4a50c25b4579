"""The dossier of a destruction (hồ sơ hủy): everything that was done, as a case file that ingest can take in.

Source:
    Circular 06/2025/TT-BNV (what the dossier holds; kept at least twenty years from the destruction);
    Circular 05/2025/TT-BNV, Annex I (its description)
"""

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from archive.archive import Archive
from archive.audit.proofs import proof_content, prove_entries
from archive.audit.recording import current_head
from archive.disposal.stubs import stub_json, stub_of
from archive.forms.words import VIETNAM
from archive.layout import review_file_key
from archive.review.papers import (
    CERTIFICATE,
    DECISION,
    DESTRUCTION,
    EXPLANATION,
    FOUNDING,
    LIST,
    MINUTES,
    write_papers,
)
from archive.review.recording import review_items, stored_acts
from archive.review.spooling import read_spool
from archive.review.values import Review
from model.errors import StorageError
from model.fixity import read_chunks
from model.text import N_

KEPT = "05"
"""Retention period of the dossier: twenty years."""
_PROVED = 1000
"""Records whose entries in the audit log are proved one by one; for more, the head stands for all of them."""
_PAPERS = {
    LIST: ("32", "Danh mục hồ sơ, tài liệu hết thời hạn lưu trữ, trùng lặp"),
    EXPLANATION: ("14", "Bản thuyết minh hồ sơ, tài liệu hết giá trị"),
    FOUNDING: ("02", "Quyết định thành lập Hội đồng xét hủy tài liệu lưu trữ"),
    MINUTES: ("20", "Biên bản họp Hội đồng xét hủy tài liệu lưu trữ"),
    DECISION: ("02", "Quyết định hủy hồ sơ, tài liệu hết giá trị"),
    DESTRUCTION: ("20", "Biên bản về việc hủy hồ sơ, tài liệu hết giá trị"),
    CERTIFICATE: ("32", "Giấy chứng nhận hủy hồ sơ, tài liệu"),
}
"""Type and title of each paper (Circular 05/2025, table of document types)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One document of the dossier."""

    type: str
    subject: str
    files: tuple[str, ...]
    pages: int = 1
    """Of its PDF; what has no pages counts as one."""


def dossier_code(review: Review) -> str:
    """Return the code of the dossier: the same for the same review, and no other's."""
    return f"HUY.{review.number}.{review.id.hex[-12:]}"


def write_dossier(archive: Archive, review: Review, folder: Path) -> Path:
    """Write the dossier of an executed review into a folder; what an interrupted writing left is replaced.

    Raises:
        StorageError: it cannot be written, or a store cannot be read.
        IntegrityError: what the stores keep of the review is damaged.
    """
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        parts = [*_papers(archive, review, folder), *_records(archive, review, folder)]
        description = json.dumps(_description(archive, review, parts), ensure_ascii=False, indent=1)
        (folder / "hoso.json").write_text(description, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            N_("The dossier of review {number} cannot be written: {why}."),
            hint=N_("Free some space, then run `chauban retention review dossier {number}`."),
            number=review.number,
            why=error.strerror or error,
        ) from error
    return folder


def _papers(archive: Archive, review: Review, folder: Path) -> Iterator[_Part]:
    from formats.pdf import count_pages

    found: dict[str, list[str]] = {}
    for path in write_papers(archive, review, folder):
        found.setdefault(path.stem, []).append(path.name)
    for name, files in found.items():
        kind, subject = _PAPERS[name]
        yield _Part(type=kind, subject=subject, files=tuple(files), pages=count_pages(folder / f"{name}.pdf"))
    if review.appraisal is None:
        return
    body = review.appraisal.body
    suffix = Path(body.file).suffix.lower()
    name = f"van-ban-tham-dinh{suffix if suffix.isascii() and suffix[1:].isalnum() else ''}"
    with archive.copies.open(review_file_key(review.id, body.sha256)) as source, (folder / name).open("wb") as target:
        for chunk in read_chunks(source):
            target.write(chunk)
    yield _Part(type="22", subject=f"Văn bản thẩm định của {body.authority}", files=(name,))


def _records(archive: Archive, review: Review, folder: Path) -> Iterator[_Part]:
    """Write what machines read: acts, list, results, stubs, proofs from the audit log."""
    acts = (content for content, _act in stored_acts(archive, review.id))
    yield _lines(folder, "hanh-vi.txt", acts, "Các hành vi của đợt xét hủy (JSON, mỗi dòng một hành vi)")
    items = (row.line for row, _key in review_items(archive, review))
    yield _lines(folder, "danh-muc.txt", items, "Danh mục khi lập (JSON, mỗi dòng một hồ sơ)")
    results = (
        line.decode("utf-8") for run in review.runs for line, _key in read_spool(archive, review.id, run.body.results)
    )
    yield _lines(folder, "ket-qua.txt", results, "Kết quả thực hiện (JSON, mỗi dòng một hồ sơ)")
    stubs = (
        json.dumps(stub_json(stub_of(row)), ensure_ascii=False, sort_keys=True)
        for row in archive.catalogue.stubs.of_review(review.id)
    )
    yield _lines(folder, "ban-ghi-huy.txt", stubs, "Bản ghi còn lại của hồ sơ đã hủy (JSON, mỗi dòng một hồ sơ)")
    yield _lines(folder, "nhat-ky.txt", _proofs(archive, review), "Bằng chứng từ nhật ký (JSON, dòng đầu là gốc)")


def _proofs(archive: Archive, review: Review) -> Iterator[str]:
    """Yield the head of the audit log, and the proofs that the acts are in it."""
    yield current_head(archive).decode("utf-8")
    subjects: list[UUID] = [review.id]
    destroyed = sum(run.body.destroyed for run in review.runs)
    if destroyed <= _PROVED:
        subjects += [row.aip_id for row in archive.catalogue.stubs.of_review(review.id)]
    for subject in subjects:
        for proof in prove_entries(archive, str(subject)):
            yield proof_content(proof).decode("utf-8").strip()


def _lines(folder: Path, name: str, lines: Iterable[str], subject: str) -> _Part:
    with (folder / name).open("w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(f"{line}\n")
    return _Part(type="32", subject=subject, files=(name,))


def _description(archive: Archive, review: Review, parts: list[_Part]) -> dict[str, object]:
    """Return the description of the dossier and its documents."""
    code = dossier_code(review)
    began = review.opened.at.astimezone(VIETNAM).date().strftime("%d/%m/%Y")
    ended = review.runs[-1].at.astimezone(VIETNAM).date().strftime("%d/%m/%Y")
    fonds = review.opened.body.fonds or archive.configuration.fonds or _fonds_of_list(archive, review)
    same = {"language": ["01"], "mode": "01", "confidenceLevel": "01", "riskRecovery": False, "maintenance": KEPT}
    documents = [
        {
            **same,
            "docId": f"{code[-18:]}.{number:02d}",
            "docCode": f"{code}.{number:07d}",
            "typeName": part.type,
            "issuedDate": ended,
            "organName": archive.configuration.name,
            "subject": part.subject,
            "numberOfPage": part.pages,
            "process": False,
            "files": list(part.files),
        }
        for number, part in enumerate(parts, 1)
    ]
    case_file = {
        **same,
        "fileCode": code,
        "title": f"Hồ sơ hủy số {review.number}: {review.opened.body.title}",
        "startDate": began,
        "endDate": ended,
        "totalDoc": len(parts),
        "numberOfPage": sum(part.pages for part in parts),
        "fondsCode": fonds,
        "description": f"{review.id}",
    }
    return {"caseFile": case_file, "documents": documents}


def _fonds_of_list(archive: Archive, review: Review) -> str:
    """Return the fonds of the first case file of the list."""
    row = next(iter(archive.catalogue.reviews.items(review.id)))
    data: dict[str, str] = json.loads(row.line)
    return data["fonds"]
