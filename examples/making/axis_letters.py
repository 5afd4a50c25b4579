"""The letters of the correspondence on the document axis. Agencies, people and events are invented."""

from making.casebook import BASES, CHAIR, DISTRICT, PROVINCE, WORKS, day
from making.pdfa import Letter

_DEPARTMENT = "SỞ XÂY DỰNG"
_DIRECTOR = ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "Đỗ Thị Phác Thảo")
_TO_DEPARTMENT = "Sở Xây dựng tỉnh Lam Giang"
_TO_DISTRICT = "Ủy ban nhân dân huyện Bình An"

REQUEST = Letter(
    over=PROVINCE,
    body=_DEPARTMENT,
    number="142/SXD-QLHT",
    place="Lam Giang",
    day=day(2025, 4, 7),
    kind="",
    subject="báo cáo hiện trạng và phương án sửa chữa kè bờ suối Ngọc",
    to=_TO_DISTRICT,
    paragraphs=(
        "Sở Xây dựng đề nghị Ủy ban nhân dân huyện báo cáo hiện trạng kè bờ suối Ngọc theo biểu tại Phụ lục 1, vị trí "
        "kè theo bản đồ tại Phụ lục 2, và đề xuất phương án sửa chữa trước mùa mưa lũ năm 2025.",
        "Báo cáo gửi về Sở Xây dựng trước ngày 25 tháng 4 năm 2025./.",
    ),
    signer=_DIRECTOR,
)
ANNEX = Letter(
    over=PROVINCE,
    body=_DEPARTMENT,
    number="142/SXD-QLHT",
    place="Lam Giang",
    day=day(2025, 4, 7),
    kind="PHỤ LỤC 1",
    subject="Biểu báo cáo hiện trạng kè",
    paragraphs=("<i>(Kèm theo Công văn số 142/SXD-QLHT ngày 07 tháng 4 năm 2025)</i>",),
    table=(
        ("Đoạn kè", "Chiều dài (m)", "Hiện trạng", "Đề xuất"),
        ("Cầu Suối Ngọc - chợ huyện", "120", "", ""),
        ("Chợ huyện - trường tiểu học", "85", "", ""),
    ),
    signer=_DIRECTOR,
)
INSPECTION = Letter(
    over="UBND HUYỆN BÌNH AN",
    body=WORKS,
    number="05/BB-KTHT",
    place="Bình An",
    day=day(2025, 4, 15),
    kind="BIÊN BẢN",
    subject="Kiểm tra hiện trường kè bờ suối Ngọc",
    paragraphs=(
        "Đoạn từ cầu Suối Ngọc đến chợ huyện: chân kè bị xói sâu 0,6 m trên chiều dài 40 m; mái kè nứt 03 vị trí.",
        "Đoạn từ chợ huyện đến trường tiểu học: mái kè ổn định, cỏ bị bong 120 m².",
    ),
    signer=("TRƯỞNG PHÒNG", "Trần Thị Minh Họa"),
)
ANSWER = Letter(
    over=PROVINCE,
    body=DISTRICT,
    number="96/UBND-KTHT",
    place="Bình An",
    day=day(2025, 4, 22),
    kind="",
    subject="trả lời Công văn số 142/SXD-QLHT về sửa chữa kè bờ suối Ngọc",
    to=_TO_DEPARTMENT,
    paragraphs=(
        "Kè bờ suối Ngọc bị xói chân trên chiều dài 40 m. Ủy ban nhân dân huyện đề xuất gia cố chân kè bằng rọ đá, "
        "bù bê tông mái kè và trồng lại cỏ, khái toán 648.300.000 đồng (có bảng kèm theo).",
        "Kính đề nghị Sở Xây dựng xem xét, cho ý kiến./.",
    ),
    signer=CHAIR,
)
DECISION_WITH_A_SLIP = Letter(
    over=PROVINCE,
    body=DISTRICT,
    number="57/QĐ-UBND",
    place="Bình An",
    day=day(2025, 5, 12),
    kind="QUYẾT ĐỊNH",
    subject="Về việc sửa chữa kè bờ suối Ngọc",
    paragraphs=(
        BASES,
        "<b>Điều 1.</b> Phê duyệt phương án sửa chữa kè bờ suối Ngọc, kinh phí 6.483.000.000 đồng.",
        "<b>Điều 2.</b> Trưởng phòng Kinh tế và Hạ tầng thi hành Quyết định này./.",
    ),
    signer=CHAIR,
)
DECISION = Letter(
    over=PROVINCE,
    body=DISTRICT,
    number="61/QĐ-UBND",
    place="Bình An",
    day=day(2025, 5, 19),
    kind="QUYẾT ĐỊNH",
    subject="Về việc sửa chữa kè bờ suối Ngọc (thay thế Quyết định số 57/QĐ-UBND)",
    paragraphs=(
        BASES,
        "<b>Điều 1.</b> Phê duyệt phương án sửa chữa kè bờ suối Ngọc, kinh phí 648.300.000 đồng.",
        "<b>Điều 2.</b> Quyết định này thay thế Quyết định số 57/QĐ-UBND ngày 12 tháng 5 năm 2025.",
        "<b>Điều 3.</b> Trưởng phòng Kinh tế và Hạ tầng thi hành Quyết định này./.",
    ),
    signer=CHAIR,
)
INVITATION = Letter(
    over=PROVINCE,
    body=_DEPARTMENT,
    number="28/GM-SXD",
    place="Lam Giang",
    day=day(2025, 5, 14),
    kind="GIẤY MỜI",
    subject="Họp về phương án sửa chữa kè bờ suối Ngọc",
    to=_TO_DISTRICT,
    paragraphs=("Thời gian: 08 giờ 00 ngày 16 tháng 5 năm 2025. Địa điểm: Phòng họp số 1, Sở Xây dựng.",),
    signer=_DIRECTOR,
)
TRAINING = Letter(
    over=PROVINCE,
    body=_DEPARTMENT,
    number="33/SXD-VP",
    place="Lam Giang",
    day=day(2025, 4, 28),
    kind="",
    subject="cử công chức tham dự lớp tập huấn quản lý chất lượng công trình",
    to=_TO_DISTRICT,
    paragraphs=("Sở Xây dựng đề nghị cử 02 công chức tham dự lớp tập huấn ngày 08 và 09 tháng 5 năm 2025./.",),
    signer=_DIRECTOR,
)
REMINDER = Letter(
    over=PROVINCE,
    body=_DEPARTMENT,
    number="151/SXD-QLHT",
    place="Lam Giang",
    day=day(2025, 4, 21),
    kind="",
    subject="đôn đốc báo cáo hiện trạng kè bờ suối Ngọc",
    to=_TO_DISTRICT,
    paragraphs=("Sở Xây dựng đề nghị gửi báo cáo đúng thời hạn nêu tại Công văn số 142/SXD-QLHT./.",),
    signer=_DIRECTOR,
)
