"""The papers of a review, as its acts and its list tell them.

Source:
    Circular 06/2025/TT-BNV and its annexes (titles and columns after public transcriptions); Decree 30/2020/NĐ-CP,
    Annex I (parts of a document)
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.archive import Archive
from archive.catalogue.reviews import ItemRow
from archive.forms.handover import digest_table
from archive.forms.layout import Align, Block, Column, Form, Head, Paragraph, Signature, Table
from archive.forms.values import Issuer
from archive.forms.words import VIETNAM, day_in_words, grouped, moment, number_in_words, short_day
from archive.forms.writing import write_form
from archive.review.acts import item_of
from archive.review.showing import acts_of
from archive.review.values import Act, Body, Choice, ItemState, Reason, Review, ReviewItem
from model.dates import PartialDate

LIST = "danh-muc-het-gia-tri"
EXPLANATION = "ban-thuyet-minh"
FOUNDING = "quyet-dinh-thanh-lap-hoi-dong"
MINUTES = "bien-ban-hop-hoi-dong"
DECISION = "quyet-dinh-huy"
DESTRUCTION = "bien-ban-huy"
CERTIFICATE = "giay-chung-nhan-huy"
LAW = (
    "Căn cứ Luật Lưu trữ ngày 21 tháng 6 năm 2024;",
    "Căn cứ Thông tư số 06/2025/TT-BNV của Bộ trưởng Bộ Nội vụ;",
)
_NOT_PROPOSED = (ItemState.HELD, ItemState.ELSEWHERE)
_SETTLED = {
    ItemState.LISTED: "đề nghị hủy",
    ItemState.OBJECTED: "có ý kiến phản đối, đưa ra khỏi danh mục",
    ItemState.EXTENDED: "xác định lại thời hạn lưu trữ, đưa ra khỏi danh mục",
    ItemState.KEPT: "Hội đồng quyết định giữ lại",
    ItemState.REFUSED: "giữ lại khi thực hiện",
    ItemState.BLOCKED: "đang hủy, kho lưu trữ chưa cho phép xóa hết",
    ItemState.DESTROYED: "đã hủy",
    ItemState.HELD: "đang bị tạm giữ",
    ItemState.ELSEWHERE: "đang được xét hủy trong danh mục khác",
}
_LIST_COLUMNS = (
    Column(title="Phông (khối)", width=16),
    Column(title="Bó số", width=10, align=Align.CENTER),
    Column(title="Tập số", width=12, align=Align.CENTER),
    Column(title="Tiêu đề tập / Số hồ sơ", width=62),
    Column(title="Lý do hủy", width=38),
    Column(title="Ghi chú", width=27),
)
_APART_COLUMNS = (
    Column(title="Số TT", width=12, align=Align.CENTER),
    Column(title="Số hồ sơ", width=35),
    Column(title="Tiêu đề", width=65),
    Column(title="Lý do chưa xét hủy", width=53),
)
_MINUTES_COLUMNS = (
    Column(title="Số TT", width=10, align=Align.CENTER),
    Column(title="Số hồ sơ", width=28),
    Column(title="Tiêu đề", width=42),
    Column(title="Quyết định", width=28),
    Column(title="Ý kiến của thành viên", width=57),
)
_DONE_COLUMNS = (
    Column(title="Số TT", width=12, align=Align.CENTER),
    Column(title="Số hồ sơ", width=35),
    Column(title="Tiêu đề", width=55),
    Column(title="Kết quả", width=30),
    Column(title="Ghi chú", width=33),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What the list comes to."""

    by_state: Counter[ItemState]
    expired: int
    duplicates: int
    documents: int
    files: int
    bytes: int
    first: str
    last: str
    """First and last date of the documents, ISO; empty where none is known."""


def write_papers(archive: Archive, review: Review, folder: Path) -> Iterator[Path]:
    """Write every paper that the review has come to; yield each when it is there.

    Raises:
        StorageError: one cannot be written.
    """
    totals = totals_of(archive, review)
    for suffix in ("docx", "xlsx", "pdf"):
        yield write_form(_list(archive, review), folder / f"{LIST}.{suffix}")
    forms = [(EXPLANATION, _explanation(archive, review, totals))]
    if review.council is not None:
        forms.append((FOUNDING, _founding(archive, review)))
    for name, form in forms:
        yield from _both(form, folder, name)
    for name, make in (
        (MINUTES, _minutes if review.minutes else None),
        (DECISION, _decision if review.approval else None),
        (DESTRUCTION, _destruction if review.runs else None),
        (CERTIFICATE, _certificate if review.runs else None),
    ):
        for suffix in ("docx", "pdf") if make is not None else ():
            if make is not None:  # a form is read once: each file has its own
                yield write_form(make(archive, review, totals), folder / f"{name}.{suffix}")


def totals_of(archive: Archive, review: Review) -> Totals:
    """Count the list, in bounded memory."""
    states: Counter[ItemState] = Counter()
    counted: Counter[str] = Counter()
    first = last = ""
    for item, row in _items(archive, review):
        states[row.state] += 1
        if row.state in _NOT_PROPOSED:
            continue
        counted[item.reason.value] += 1
        counted.update(documents=item.documents, files=item.files, bytes=item.bytes)
        first = min(filter(None, (first, item.start)), default="")
        last = max(last, item.end)
    return Totals(
        by_state=states,
        expired=counted[Reason.EXPIRED.value],
        duplicates=counted[Reason.DUPLICATE.value],
        documents=counted["documents"],
        files=counted["files"],
        bytes=counted["bytes"],
        first=first,
        last=last,
    )


def _items(archive: Archive, review: Review, *states: ItemState) -> Iterator[tuple[ReviewItem, ItemRow]]:
    for row in archive.catalogue.reviews.items(review.id, *states):
        yield item_of(row.line, str(review.id)), row


def _both(form: Form, folder: Path, name: str) -> Iterator[Path]:
    for suffix in ("docx", "pdf"):
        yield write_form(form, folder / f"{name}.{suffix}")


def _head(archive: Archive, act: Act[Body], number: str = "", *, numbered: bool = True) -> Head:
    day = act.at.astimezone(VIETNAM).date()
    return Head(issuer=Issuer(agency=archive.configuration.name, number=number, day=day), numbered=numbered, dated=True)


def _list(archive: Archive, review: Review) -> Form:
    rows = (
        (
            item.fonds,
            "",
            str(item.position),
            f"{item.title} / {item.code}",
            _reason(item),
            _SETTLED[row.state] if row.state is not ItemState.LISTED else "",
        )
        for item, row in _items(archive, review)
        if row.state not in _NOT_PROPOSED
    )
    body = review.opened.body
    closing = f"Danh mục này gồm: {_counted(body.listed)} hồ sơ."
    return Form(
        title="Danh mục hồ sơ, tài liệu hết thời hạn lưu trữ, trùng lặp",
        subtitles=(body.title, f"Đợt xét hủy số {review.number}; đến hạn tính đến ngày {short_day(body.day)}"),
        head=_head(archive, review.opened, numbered=False),
        blocks=(Table(columns=_LIST_COLUMNS, rows=rows), Paragraph(text=closing)),
        signatures=(Signature(capacity="Người lập danh mục", name=review.opened.name),),
        appendix=_apart(archive, review),
        landscape=True,
    )


def _apart(archive: Archive, review: Review) -> Sequence[Block]:
    body = review.opened.body
    if not body.held and not body.elsewhere:
        return ()
    rows = (
        (str(number), item.code, item.title, f"{_SETTLED[row.state]}: {item.note}")
        for number, (item, row) in enumerate(_items(archive, review, *_NOT_PROPOSED), 1)
    )
    title = "HỒ SƠ ĐÃ ĐẾN HẠN NHƯNG CHƯA ĐƯA VÀO DANH MỤC"
    return (
        Paragraph(text=title, bold=True, align=Align.CENTER, indented=False),
        Table(columns=_APART_COLUMNS, rows=rows, numbered=False),
    )


def _reason(item: ReviewItem) -> str:
    due = _day(item.due)
    expired = f"Hết thời hạn lưu trữ ({item.schedule}), đến hạn ngày {due}"
    return f"Trùng lặp với hồ sơ {item.note}; {expired.lower()}" if item.reason is Reason.DUPLICATE else expired


def _explanation(archive: Archive, review: Review, totals: Totals) -> Form:
    body = review.opened.body
    apart = body.held + body.elsewhere
    lines = (
        "1. Sự hình thành khối tài liệu",
        f"- Khối tài liệu: {body.title}; phông: {body.fonds or 'các phông của kho lưu trữ'}.",
        f"- Hệ thống thống kê hồ sơ hết thời hạn lưu trữ tính đến ngày {short_day(body.day)}"
        f"{f', theo quy tắc {body.schedule}' if body.schedule else ''}. Lý do: {review.opened.because}",
        "2. Số lượng",
        f"- Tổng số hồ sơ được rà soát: {_counted(body.listed + apart)}",
        "- Tài liệu giấy: không",
        f"- Giữ lại, chưa xét hủy: {_counted(apart)}",
        f"- Hết thời hạn lưu trữ và trùng lặp, đề nghị hủy: {_counted(body.listed)}",
        f"- Số văn bản, tài liệu: {grouped(totals.documents)}; số tệp tin: {grouped(totals.files)};"
        f" dung lượng: {grouped(totals.bytes)} byte",
        f"3. Thời gian của tài liệu: {_day(totals.first) or '……'} - {_day(totals.last) or '……'}",
        "4. Các nhóm tài liệu đề nghị hủy",
        f"- Hết thời hạn lưu trữ: {_counted(totals.expired)} hồ sơ",
        f"- Trùng lặp: {_counted(totals.duplicates)} hồ sơ",
        "- Nhóm khác: không",
    )
    return Form(
        title="Bản thuyết minh",
        subtitles=("Hồ sơ, tài liệu hết thời hạn lưu trữ, trùng lặp", body.title),
        head=_head(archive, review.opened, numbered=False),
        blocks=tuple(Paragraph(text=line, bold=line[0].isdigit()) for line in lines),
        signatures=(Signature(capacity="Người lập", name=review.opened.name),),
    )


def _founding(archive: Archive, review: Review) -> Form:
    council = review.council
    if council is None:
        raise ValueError("no council")
    body = council.body
    parts = ("Chủ tịch Hội đồng", "Thư ký Hội đồng", *("Thành viên" for _login in body.members))
    people = [
        Paragraph(text=f"{number}. Ông (bà) {name}: {part}")
        for number, (name, part) in enumerate(zip(body.names, parts, strict=True), 1)
    ]
    head = _head(archive, council, body.decision)
    if body.day is not None:
        head = Head(
            issuer=Issuer(agency=archive.configuration.name, number=body.decision, day=body.day),
            numbered=True,
            dated=True,
        )
    return Form(
        title="Quyết định",
        subtitles=("Về việc thành lập Hội đồng xét hủy tài liệu lưu trữ",),
        head=head,
        blocks=(
            *_basis(),
            Paragraph(text="QUYẾT ĐỊNH:", bold=True, align=Align.CENTER, indented=False),
            Paragraph(lead="Điều 1.", text=f"Thành lập Hội đồng xét hủy tài liệu (số {review.number}), gồm:"),
            *people,
            Paragraph(
                lead="Điều 2.",
                text=f"Hội đồng xem xét danh mục “{review.opened.body.title}”, cho ý kiến về từng hồ sơ"
                " và lập biên bản.",
            ),
            Paragraph(lead="Điều 3.", text="Quyết định này có hiệu lực kể từ ngày ký./."),
        ),
        signatures=(Signature(capacity="Người có thẩm quyền"),),
    )


def _minutes(archive: Archive, review: Review, totals: Totals) -> Form:
    minutes, council = review.minutes, review.council
    if minutes is None or council is None:
        raise ValueError("no minutes")
    absent = [login for login in council.body.people if login not in review.present]
    listed = ((item, row) for item, row in _items(archive, review) if row.state not in _NOT_PROPOSED)
    rows = (
        (str(number), item.code, item.title, _verdict(review, item), _opinions(review, item))
        for number, (item, _row) in enumerate(listed, 1)
    )
    return Form(
        title="Biên bản",
        subtitles=("Họp Hội đồng xét hủy tài liệu lưu trữ",),
        head=_head(archive, minutes),
        blocks=(
            Paragraph(text=f"Thời gian kết thúc: {moment(minutes.at)}."),
            Paragraph(text=f"Thành viên Hội đồng: {_people(review, council.body.people)}."),
            Paragraph(text=f"Có mặt: {_people(review, review.present)}."),
            Paragraph(text=f"Vắng mặt: {_people(review, absent) or 'không'}."),
            Paragraph(text=f"Nội dung: xét hủy danh mục “{review.opened.body.title}”, số {review.number}."),
            Table(columns=_MINUTES_COLUMNS, rows=rows, numbered=False),
            Paragraph(lead="Kết luận của Hội đồng:", text=minutes.because),
            Paragraph(
                text=f"Số hồ sơ đề nghị hủy: {_counted(review.left)}; giữ lại:"
                f" {_counted(totals.by_state[ItemState.KEPT])}."
            ),
        ),
        signatures=(
            Signature(capacity="Thư ký", name=review.name_of(council.body.secretary)),
            Signature(capacity="Chủ tịch Hội đồng", name=review.name_of(council.body.chair)),
        ),
    )


def _verdict(review: Review, item: ReviewItem) -> str:
    drop = review.dropped.get(item.aip_id)
    state = review.state_of(item.aip_id)
    if drop is not None and drop.because:
        return f"Giữ lại: {_SETTLED[state]} ({drop.name}: {drop.because})"
    return "Đồng ý hủy" if state is ItemState.LISTED else f"Giữ lại: {_SETTLED[state]}"


def _opinions(review: Review, item: ReviewItem) -> str:
    told = []
    for login in review.present:
        vote = review.votes[login].on(item.aip_id)
        if vote is None:
            told.append(f"{review.name_of(login)}: không có ý kiến")
        else:
            choice = "hủy" if vote[0] is Choice.DESTROY else "giữ"
            told.append(f"{review.name_of(login)}: {choice} ({vote[1]})")
    return "; ".join(told)


def _decision(archive: Archive, review: Review, totals: Totals) -> Form:
    approval, appraisal = review.approval, review.appraisal
    if approval is None or appraisal is None:
        raise ValueError("no decision")
    body, opinion = approval.body, appraisal.body
    head = Head(
        issuer=Issuer(agency=archive.configuration.name, number=body.number, day=body.day), numbered=True, dated=True
    )
    return Form(
        title="Quyết định",
        subtitles=("Về việc hủy hồ sơ, tài liệu hết giá trị",),
        head=head,
        blocks=(
            *_basis(),
            Paragraph(text=f"Căn cứ biên bản họp Hội đồng xét hủy tài liệu số {review.number};"),
            Paragraph(
                text=f"Căn cứ văn bản thẩm định của {opinion.authority} ngày {short_day(opinion.day)}"
                f" (tệp {opinion.file}, SHA-256 {opinion.sha256});"
            ),
            Paragraph(text="QUYẾT ĐỊNH:", bold=True, align=Align.CENTER, indented=False),
            Paragraph(
                lead="Điều 1.",
                text=f"Cho phép hủy {_counted(body.count)} hồ sơ trong danh mục kèm theo; thời gian của tài liệu:"
                f" {_day(totals.first) or '……'} - {_day(totals.last) or '……'}.",
            ),
            Paragraph(
                lead="Điều 2.",
                text=f"Việc hủy được thực hiện trước khi hết {moment(body.not_after)}; hồ sơ bị tạm giữ, bị phản đối"
                " hoặc chưa hết thời hạn lưu trữ tại thời điểm thực hiện không bị hủy.",
            ),
            Paragraph(lead="Điều 3.", text=f"Lý do: {approval.because}./."),
        ),
        signatures=(Signature(capacity="Người có thẩm quyền", name=approval.name),),
    )


def _destruction(archive: Archive, review: Review, totals: Totals) -> Form:
    last = review.runs[-1]
    listed = ((item, row) for item, row in _items(archive, review) if row.state not in _NOT_PROPOSED)
    rows = (
        (str(number), item.code, item.title, _SETTLED[row.state], row.note)
        for number, (item, row) in enumerate(listed, 1)
    )
    confirmation = review.confirmation
    return Form(
        title="Biên bản",
        subtitles=("Về việc hủy hồ sơ, tài liệu hết giá trị",),
        head=_head(archive, last),
        blocks=(
            *_basis(),
            Paragraph(text=f"Căn cứ {_decided(review)}."),
            Paragraph(text=f"Người xác nhận: {confirmation.name if confirmation else '……'}."),
            Paragraph(text=f"Người thực hiện: {last.name}; thời gian: {moment(last.at)}."),
            Paragraph(
                text="Cách hủy: xóa mọi bản sao, phiên bản, dữ liệu dẫn xuất, chỉ mục và tệp tạm trong các kho"
                f" ({', '.join(store.name for store in archive.copies.stores)}); đã đọc lại để kiểm tra."
            ),
            Table(columns=_DONE_COLUMNS, rows=rows, numbered=False),
            Paragraph(
                text=f"Đã hủy: {_counted(totals.by_state[ItemState.DESTROYED])} hồ sơ; giữ lại:"
                f" {_counted(review.opened.body.listed - totals.by_state[ItemState.DESTROYED])} hồ sơ./."
            ),
        ),
        signatures=(
            Signature(capacity="Người thực hiện", name=last.name),
            Signature(capacity="Người xác nhận", name=confirmation.name if confirmation else ""),
        ),
    )


def _certificate(archive: Archive, review: Review, totals: Totals) -> Form:
    last = review.runs[-1]
    backups = archive.configuration.disposal.offline_backups
    left = "; ".join(backups) if backups else "không khai báo bản sao lưu ngoại tuyến"
    digests = [
        ("danh mục hồ sơ (mọi dòng)", review.opened.body.items.sha256),
        *((f"kết quả thực hiện lần {number}", run.body.results.sha256) for number, run in enumerate(review.runs, 1)),
    ]
    stubs = hashlib.sha256()
    for row in archive.catalogue.stubs.of_review(review.id):
        stubs.update(f"{row.details}\n".encode())
    head = archive.audit.head()
    digests.append(("bản ghi còn lại của mọi hồ sơ, theo mã gói", stubs.hexdigest()))
    digests.append((f"gốc của nhật ký kiểm toán, {grouped(head.size)} mục", head.root.hex()))
    if review.appraisal is not None:
        digests.append((f"văn bản thẩm định: {review.appraisal.body.file}", review.appraisal.body.sha256))
    items = (
        ("Kho lưu trữ", f"{archive.configuration.name} ({archive.configuration.archive_id})"),
        ("Đợt xét hủy", f"{review.number}, {review.opened.body.title} ({review.id})"),
        ("Quyết định", _decided(review)),
        ("Đã hủy", f"{_counted(totals.by_state[ItemState.DESTROYED])} hồ sơ"),
        ("Thực hiện xong", moment(last.at)),
        (
            "Phần còn lại của mỗi hồ sơ",
            "bản ghi còn lại với mã, tiêu đề, quy tắc, người quyết định, mã băm, bằng chứng",
        ),
        ("Nhật ký", f"{len(acts_of(archive, review))} hành vi của đợt xét hủy được ghi trong nhật ký kiểm toán"),
        ("Còn phải hủy trên bản sao lưu ngoại tuyến", left),
    )
    return Form(
        title="Giấy chứng nhận",
        subtitles=("Hủy hồ sơ, tài liệu điện tử",),
        head=_head(archive, last),
        blocks=tuple(
            Paragraph(lead=f"{number}. {label}:", text=text, align=Align.LEFT)
            for number, (label, text) in enumerate(items, 1)
        ),
        signatures=(Signature(capacity="Đại diện cơ quan lưu trữ", hint="(Chữ ký, dấu của cơ quan lưu trữ)"),),
        appendix=(
            Paragraph(text="MÃ BĂM", bold=True, align=Align.CENTER, indented=False),
            digest_table(digests),
        ),
    )


def _decided(review: Review) -> str:
    if review.approval is None:
        return ""
    body = review.approval.body
    return f"Quyết định số {body.number}, {day_in_words(body.day)}, của {review.approval.name}"


def _basis() -> tuple[Paragraph, ...]:
    return tuple(Paragraph(text=line) for line in LAW)


def _people(review: Review, logins: Sequence[str]) -> str:
    return ", ".join(review.name_of(login) for login in logins)


def _counted(number: int) -> str:
    return f"{grouped(number)} ({number_in_words(number)})"


def _day(iso: str) -> str:
    return PartialDate.from_iso(iso).vietnamese if iso else ""
