"""A desk, and messages for it: small, with real PDF attachments, each a little different."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from archive.archive import open_archive
from ingest.desk.adding import lay_down
from ingest.desk.desk import Desk, open_desk
from ingest.desk.file_plan import import_plan
from ingest.desk.sorting import sort_tray
from ingest.desk.values import Added, AddOutcome
from ingest.edxml.values import BusinessPart, DocumentKey
from model.dates import PartialDate
from tests.fakes.edxml_messages import NOTHING_MORE, SENDER, Sent, document_bytes, key_of
from tests.fakes.signed_pdfs import plain_pdf

AGENCY = SENDER.code
NOTATION = "CV-SMAU"
PLAN = (
    "Số và ký hiệu hồ sơ;Đề mục và tiêu đề hồ sơ;Thời hạn bảo quản;Người lập;Ghi chú;Từ khóa;Chế độ sử dụng\n"
    "I;TỔNG HỢP;;;;;\n"
    "01.TH;Hồ sơ về việc sửa chữa đường liên xã;Vĩnh viễn;Nguyễn Văn Mẫu;;sửa đường;Công khai\n"
    "02.TH;Hồ sơ về công tác lưu trữ;10 năm;Trần Thị Thử;;lưu trữ;Công khai\n"
)


def pdf(number: int) -> bytes:
    """Return a PDF of one page that is no other one's."""
    return plain_pdf() + b"\n" * (number + 1)


def day_of(number: int) -> PartialDate:
    """Return the day of the document with a number."""
    return PartialDate(2026, 1 + number // 28 % 12, 1 + number % 28)


def key(number: int) -> DocumentKey:
    """Return the key of the document with a number."""
    return key_of(str(number), NOTATION, day_of(number))


def message(
    number: int,
    subject: str = "Thông tin",
    *,
    answers: Sequence[DocumentKey] = (),
    business: BusinessPart = NOTHING_MORE,
    files: Sequence[Sent] | None = None,
    **more: object,
) -> bytes:
    """Return a message with the document that has a number."""
    sent = [Sent(f"CV{number}.pdf", pdf(number))] if files is None else files
    return document_bytes(
        number=str(number),
        notation=NOTATION,
        date=day_of(number),
        subject=subject,
        type_name="Công văn",
        answers=answers,
        business=business,
        files=sent,
        **more,
    )


def write_messages(folder: Path, *messages: bytes) -> list[Path]:
    """Write messages into a folder, named by their order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{place:05d}.edxml" for place in range(len(messages))]
    for path, content in zip(paths, messages, strict=True):
        path.write_bytes(content)
    return paths


@contextmanager
def held_desk(archive: Path) -> Iterator[Desk]:
    """Open the desk of an archive and hold it."""
    with open_archive(archive) as opened, open_desk(opened) as desk, desk.changing():
        yield desk


def with_plan(desk: Desk, folder: Path, text: str = PLAN) -> None:
    """Import the plan of 2026."""
    path = folder / "danh-muc.csv"
    path.write_text(text, encoding="utf-8")
    assert import_plan(desk, path, 2026, AGENCY).findings == ()


def compile_all(desk: Desk, *paths: Path) -> list[Added]:
    """Lay everything on the desk and sort it, as `casefile add` does."""
    added = list(lay_down(desk, paths))
    list(sort_tray(desk))
    return added


def outcomes(added: Sequence[Added]) -> list[AddOutcome]:
    """Return what became of each."""
    return [item.outcome for item in added]
