"""Daily work: a storm, the library. Agencies, people and events are invented."""

from making.casebook import BASES, CHAIR, DISTRICT, LIBRARY, PROVINCE, STORMS, CaseBook, Example, day
from making.images import parcel_map
from making.pdfa import Letter

_HEAD = ("TRƯỞNG BAN", "Lê Hữu Giả Định")

_TELEGRAM = Letter(
    over="UBND HUYỆN BÌNH AN",
    body=STORMS,
    number="05/CĐ-PCTT",
    place="Bình An",
    day=day(2024, 9, 6),
    kind="CÔNG ĐIỆN",
    subject="Về việc tập trung ứng phó bão số 3",
    to="Chủ tịch Ủy ban nhân dân các xã, thị trấn",
    paragraphs=(
        "Bão số 3 đang mạnh lên, dự báo từ đêm 07 tháng 9 có mưa to đến rất to. Yêu cầu Chủ tịch Ủy ban nhân dân "
        "các xã, thị trấn:",
        "1. Dừng các cuộc họp không cấp bách; trực ban 24/24 giờ.",
        "2. Hoàn thành sơ tán các hộ ở vùng trũng thấp, ven suối trước 17 giờ 00 ngày 07 tháng 9 năm 2024.",
        "3. Báo cáo nhanh về Thường trực Ban Chỉ huy trước 06 giờ và 16 giờ hằng ngày.",
    ),
    signer=_HEAD,
)

_OFFICIAL_LETTER = Letter(
    over="UBND HUYỆN BÌNH AN",
    body=STORMS,
    number="48/PCTT",
    place="Bình An",
    day=day(2024, 9, 7),
    kind="",
    subject="bố trí lực lượng, phương tiện ứng cứu",
    to="Các thành viên Ban Chỉ huy",
    paragraphs=(
        "Ban Chỉ huy đề nghị các thành viên theo nhiệm vụ được phân công kiểm tra lực lượng, phương tiện, vật tư "
        "theo phương châm “bốn tại chỗ”, sẵn sàng ứng cứu khi có lệnh.",
    ),
    signer=_HEAD,
)

_DAMAGE_REPORT = Letter(
    over="UBND HUYỆN BÌNH AN",
    body=STORMS,
    number="52/BC-PCTT",
    place="Bình An",
    day=day(2024, 9, 12),
    kind="BÁO CÁO",
    subject="Tổng hợp thiệt hại do bão số 3",
    paragraphs=("Đến 16 giờ 00 ngày 11 tháng 9 năm 2024, thiệt hại trên địa bàn huyện như sau:",),
    table=(
        ("Xã, thị trấn", "Nhà tốc mái", "Lúa ngập (ha)", "Ước thiệt hại (triệu đồng)"),
        ("Đồng Mẫu", "14", "36,5", "1.240"),
        ("Suối Ngọc", "9", "12,0", "610"),
        ("Thị trấn Bình An", "5", "0", "180"),
    ),
    signer=_HEAD,
)

_BOOKS_SUBMISSION = Letter(
    over="UBND HUYỆN BÌNH AN",
    body=LIBRARY,
    number="11/TTr-TV",
    place="Bình An",
    day=day(2023, 8, 1),
    kind="TỜ TRÌNH",
    subject="Về việc mua bổ sung sách cho kho thiếu nhi",
    to="Ủy ban nhân dân huyện Bình An",
    paragraphs=(
        "Kho sách thiếu nhi hiện có 1.860 bản, trong đó 412 bản hư hỏng không thể phục chế. Thư viện huyện kính "
        "đề nghị cho mua bổ sung 350 bản sách với kinh phí dự kiến 24.500.000 đồng.",
    ),
    signer=("GIÁM ĐỐC", "Mai Thị Ngụ Ngôn"),
)

_BOOKS_DECISION = Letter(
    over=PROVINCE,
    body=DISTRICT,
    number="903/QĐ-UBND",
    place="Bình An",
    day=day(2023, 8, 21),
    kind="QUYẾT ĐỊNH",
    subject="Về việc phê duyệt kinh phí mua bổ sung sách cho Thư viện huyện",
    paragraphs=(
        BASES,
        "<b>Điều 1.</b> Phê duyệt kinh phí 24.500.000 đồng mua bổ sung 350 bản sách cho kho thiếu nhi.",
        "<b>Điều 2.</b> Giám đốc Thư viện huyện, Trưởng phòng Tài chính - Kế hoạch thi hành Quyết định này./.",
    ),
    signer=CHAIR,
)


def storm() -> Example:
    """A storm is prepared for: an urgent telegram, a plan, a report, a photographed map."""
    book = CaseBook(
        number=30,
        year=2024,
        title="Hồ sơ phòng, chống bão số 3 năm 2024 trên địa bàn huyện Bình An",
        maintenance="05",
        keywords=("thiên tai", "bão số 3", "công điện"),
    )
    book.letter(
        _TELEGRAM,
        "23",
        "cong-dien-05.pdf",
    )
    book.letter(
        _OFFICIAL_LETTER,
        "22",
        "cong-van-48.pdf",
    )
    book.letter(
        _DAMAGE_REPORT,
        "14",
        "bao-cao-52.pdf",
    )
    book.add(
        {
            "so-do-so-tan.jpg": parcel_map(
                "SƠ ĐỒ CÁC KHU VỰC SƠ TÁN - XÃ ĐỒNG MẪU",
                (("Khu A", "32 hộ"), ("Khu B", "18 hộ"), ("Trường học", "điểm trú"), ("Khu C", "25 hộ")),
                3,
                "JPEG",
            )
        },
        "30",
        day=day(2024, 9, 6),
        subject="Sơ đồ các khu vực sơ tán dân xã Đồng Mẫu",
        organ="Ban Chỉ huy Phòng, chống thiên tai huyện Bình An (hư cấu)",
        pages=1,
    )
    return book.finish()


def library_books() -> Example:
    """A library buys books: request, decision, invoice list as text."""
    book = CaseBook(
        number=9,
        year=2023,
        title="Hồ sơ mua bổ sung sách cho Thư viện huyện Bình An năm 2023",
        maintenance="06",
        keywords=("thư viện", "mua sắm", "sách"),
    )
    book.letter(
        _BOOKS_SUBMISSION,
        "15",
        "to-trinh-11.pdf",
    )
    book.letter(
        _BOOKS_DECISION,
        "02",
        "quyet-dinh-903.pdf",
    )
    titles = ("Dế Mèn phiêu lưu ký", "Truyện cổ tích Việt Nam", "Đất rừng phương Nam", "Góc sân và khoảng trời")
    lines = [f"{number}. {title}: {20 + 5 * number} bản" for number, title in enumerate(titles, 1)]
    text = "DANH MỤC SÁCH MUA BỔ SUNG (minh họa)\n\n" + "\n".join(lines) + "\n"
    book.add(
        {"danh-muc-sach.txt": text.encode()},
        "32",
        day=day(2023, 8, 25),
        subject="Danh mục sách mua bổ sung cho kho thiếu nhi",
        organ="Thư viện huyện Bình An (hư cấu)",
        pages=1,
    )
    return book.finish()
