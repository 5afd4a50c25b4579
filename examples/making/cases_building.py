"""Land and roads: a land-use certificate, a bridge. Agencies, people and events are invented."""

from making.casebook import BASES, CHAIR, COMMUNE, DISTRICT, LAND, PROVINCE, WORKS, CaseBook, Example, day
from making.images import parcel_map
from making.office import write_docx, write_xlsx
from making.pdfa import Letter

_REVIEW_MINUTES = Letter(
    over="UBND HUYỆN BÌNH AN",
    body=COMMUNE,
    number="31/BB-UBND",
    place="Đồng Mẫu",
    day=day(2023, 2, 14),
    kind="BIÊN BẢN",
    subject="Xét duyệt hồ sơ cấp Giấy chứng nhận quyền sử dụng đất",
    paragraphs=(
        "Hôm nay, hồi 08 giờ 30 phút ngày 14 tháng 02 năm 2023, tại trụ sở Ủy ban nhân dân xã Đồng Mẫu, "
        "Hội đồng xét duyệt hồ sơ đăng ký đất đai họp xét hồ sơ của hộ ông Nguyễn Văn Ví Dụ.",
        "1. Nguồn gốc đất: thửa đất số 118, tờ bản đồ số 07, diện tích 236,5 m², do ông bà để lại, sử dụng "
        "ổn định từ trước ngày 15 tháng 10 năm 1993, không có tranh chấp.",
        "2. Ý kiến các thành viên: thống nhất 07/07 thành viên đề nghị cấp Giấy chứng nhận.",
        "Biên bản kết thúc hồi 10 giờ 15 phút cùng ngày, đã đọc lại cho mọi người cùng nghe và nhất trí ký tên.",
    ),
    signer=("CHỦ TỊCH HỘI ĐỒNG", "Hoàng Văn Thử"),
    recipients=("UBND huyện (báo cáo);", "Lưu: VT, ĐC."),
)

_LAND_SUBMISSION = Letter(
    over="UBND HUYỆN BÌNH AN",
    body=LAND,
    number="87/TTr-TNMT",
    place="Bình An",
    day=day(2023, 2, 27),
    kind="TỜ TRÌNH",
    subject="Về việc cấp Giấy chứng nhận quyền sử dụng đất cho hộ ông Nguyễn Văn Ví Dụ",
    to="Ủy ban nhân dân huyện Bình An",
    paragraphs=(
        "Sau khi thẩm tra hồ sơ do Ủy ban nhân dân xã Đồng Mẫu trình, Phòng Tài nguyên và Môi trường nhận thấy "
        "hồ sơ đủ điều kiện theo quy định tại Điều 100 Luật Đất đai năm 2013.",
        "Thời gian niêm yết công khai kết quả xét duyệt là 15 ngày, không có đơn thư khiếu nại.",
        "Phòng Tài nguyên và Môi trường kính trình Ủy ban nhân dân huyện xem xét, quyết định.",
    ),
    signer=("TRƯỞNG PHÒNG", "Trần Thị Minh Họa"),
)

_LAND_DECISION = Letter(
    over=PROVINCE,
    body=DISTRICT,
    number="245/QĐ-UBND",
    place="Bình An",
    day=day(2023, 3, 6),
    kind="QUYẾT ĐỊNH",
    subject="Về việc cấp Giấy chứng nhận quyền sử dụng đất, quyền sở hữu nhà ở và tài sản khác gắn liền với đất",
    paragraphs=(
        BASES,
        "<i>Căn cứ Luật Đất đai ngày 29 tháng 11 năm 2013;</i>",
        "<i>Theo đề nghị của Trưởng phòng Tài nguyên và Môi trường tại Tờ trình số 87/TTr-TNMT ngày 27 tháng 02 "
        "năm 2023.</i>",
        "<b>QUYẾT ĐỊNH:</b>",
        "<b>Điều 1.</b> Cấp Giấy chứng nhận quyền sử dụng đất cho hộ ông Nguyễn Văn Ví Dụ và bà Phạm Thị Mẫu, "
        "thường trú tại thôn Đông, xã Đồng Mẫu, đối với thửa đất số 118, tờ bản đồ số 07, diện tích 236,5 m², "
        "mục đích sử dụng: đất ở tại nông thôn, thời hạn sử dụng: lâu dài.",
        "<b>Điều 2.</b> Hộ gia đình có tên tại Điều 1 có trách nhiệm thực hiện nghĩa vụ tài chính và sử dụng đất "
        "đúng mục đích, đúng ranh giới.",
        "<b>Điều 3.</b> Chánh Văn phòng Hội đồng nhân dân và Ủy ban nhân dân huyện, Trưởng phòng Tài nguyên và "
        "Môi trường, Chủ tịch Ủy ban nhân dân xã Đồng Mẫu và hộ ông Nguyễn Văn Ví Dụ chịu trách nhiệm thi hành "
        "Quyết định này kể từ ngày ký./.",
    ),
    signer=CHAIR,
    recipients=("Như Điều 3;", "Chủ tịch, các PCT UBND huyện;", "Lưu: VT, TNMT."),
)

_BRIDGE_SUBMISSION = Letter(
    over="UBND HUYỆN BÌNH AN",
    body=WORKS,
    number="54/TTr-KTHT",
    place="Bình An",
    day=day(2022, 4, 11),
    kind="TỜ TRÌNH",
    subject="Về việc phê duyệt Báo cáo kinh tế - kỹ thuật sửa chữa cầu Suối Ngọc",
    to="Ủy ban nhân dân huyện Bình An",
    paragraphs=(
        "Cầu Suối Ngọc tại Km3+450 đường huyện ĐH.09 được xây dựng năm 1998, bản mặt cầu đã bong tróc, lan can "
        "hư hỏng, tải trọng khai thác chỉ còn 5 tấn, không bảo đảm an toàn giao thông trong mùa mưa lũ.",
        "Phòng Kinh tế và Hạ tầng kính trình phê duyệt Báo cáo kinh tế - kỹ thuật với tổng mức đầu tư "
        "1.486.000.000 đồng từ nguồn vốn sự nghiệp giao thông năm 2022.",
    ),
    signer=("TRƯỞNG PHÒNG", "Đỗ Quang Thí Điểm"),
)

_BRIDGE_DECISION = Letter(
    over=PROVINCE,
    body=DISTRICT,
    number="612/QĐ-UBND",
    place="Bình An",
    day=day(2022, 4, 25),
    kind="QUYẾT ĐỊNH",
    subject="Về việc phê duyệt Báo cáo kinh tế - kỹ thuật công trình sửa chữa cầu Suối Ngọc",
    paragraphs=(
        BASES,
        "<i>Căn cứ Luật Đầu tư công ngày 13 tháng 6 năm 2019; Luật Xây dựng ngày 18 tháng 6 năm 2014;</i>",
        "<i>Xét đề nghị của Phòng Kinh tế và Hạ tầng tại Tờ trình số 54/TTr-KTHT ngày 11 tháng 4 năm 2022.</i>",
        "<b>Điều 1.</b> Phê duyệt Báo cáo kinh tế - kỹ thuật công trình sửa chữa cầu Suối Ngọc với tổng mức đầu "
        "tư 1.486.000.000 đồng (một tỷ bốn trăm tám mươi sáu triệu đồng), gồm các khoản mục sau:",
    ),
    table=(
        ("STT", "Khoản mục chi phí", "Giá trị (đồng)"),
        ("1", "Chi phí xây dựng", "1.212.000.000"),
        ("2", "Chi phí quản lý dự án", "41.500.000"),
        ("3", "Chi phí tư vấn đầu tư xây dựng", "128.700.000"),
        ("4", "Chi phí khác và dự phòng", "103.800.000"),
    ),
    signer=CHAIR,
    recipients=("Phòng Kinh tế và Hạ tầng;", "Phòng Tài chính - Kế hoạch;", "Lưu: VT, XDCB."),
)

_ACCEPTANCE_MINUTES = Letter(
    over="UBND HUYỆN BÌNH AN",
    body=WORKS,
    number="09/BB-KTHT",
    place="Bình An",
    day=day(2022, 9, 16),
    kind="BIÊN BẢN",
    subject="Nghiệm thu hoàn thành công trình sửa chữa cầu Suối Ngọc để đưa vào sử dụng",
    paragraphs=(
        "1. Thành phần trực tiếp nghiệm thu: đại diện chủ đầu tư, tư vấn giám sát, nhà thầu thi công và "
        "Ủy ban nhân dân xã Đồng Mẫu.",
        "2. Chất lượng: thi công đúng hồ sơ thiết kế được duyệt; kết quả thử tải đạt 10 tấn.",
        "3. Kết luận: chấp nhận nghiệm thu hoàn thành công trình, đưa vào sử dụng từ ngày 19 tháng 9 năm 2022.",
    ),
    signer=("ĐẠI DIỆN CHỦ ĐẦU TƯ", "Đỗ Quang Thí Điểm"),
)


def land_certificate() -> Example:
    """A household is granted its land-use certificate: five documents, a sketch map."""
    book = CaseBook(
        number=12,
        year=2023,
        title="Hồ sơ cấp Giấy chứng nhận quyền sử dụng đất của hộ ông Nguyễn Văn Ví Dụ, xã Đồng Mẫu, huyện Bình An",
        maintenance="01",
        keywords=("đất đai", "giấy chứng nhận", "Đồng Mẫu"),
    )
    book.letter(
        _REVIEW_MINUTES,
        "20",
        "01-bien-ban-xet-duyet.pdf",
    )
    book.letter(
        _LAND_SUBMISSION,
        "15",
        "02-to-trinh-87.pdf",
    )
    book.letter(
        _LAND_DECISION,
        "02",
        "03-quyet-dinh-245.pdf",
    )
    book.add(
        {
            "04-trich-luc-thua-118.png": parcel_map(
                "TRÍCH LỤC BẢN ĐỒ ĐỊA CHÍNH - TỜ SỐ 07, XÃ ĐỒNG MẪU",
                (
                    ("Thửa 117", "198,0 m²"),
                    ("Thửa 118", "236,5 m²"),
                    ("Thửa 119", "205,2 m²"),
                    ("Thửa 120", "180,4 m²"),
                ),
                118,
                "PNG",
            )
        },
        "30",
        day=day(2023, 2, 10),
        subject="Trích lục bản đồ địa chính thửa đất số 118, tờ bản đồ số 07, xã Đồng Mẫu",
        pages=1,
    )
    book.add(
        {
            "05-don-dang-ky.docx": write_docx(
                "ĐƠN ĐĂNG KÝ, CẤP GIẤY CHỨNG NHẬN QUYỀN SỬ DỤNG ĐẤT",
                (
                    "Kính gửi: Ủy ban nhân dân xã Đồng Mẫu, huyện Bình An (hư cấu)",
                    "1. Người sử dụng đất: hộ ông Nguyễn Văn Ví Dụ, sinh năm 1970; vợ: bà Phạm Thị Mẫu.",
                    "2. Thửa đất đăng ký: số 118, tờ bản đồ số 07, diện tích 236,5 m², đất ở tại nông thôn.",
                    "3. Đề nghị: được cấp Giấy chứng nhận. Tôi xin cam đoan nội dung kê khai trên đơn là đúng sự thật.",
                ),
                "Nguyễn Văn Ví Dụ (nhân vật hư cấu)",
            )
        },
        "32",
        day=day(2023, 1, 30),
        subject="Đơn đăng ký, cấp Giấy chứng nhận quyền sử dụng đất của hộ ông Nguyễn Văn Ví Dụ",
        organ="Nguyễn Văn Ví Dụ (nhân vật hư cấu)",
        pages=1,
    )
    return book.finish()


def bridge_repair() -> Example:
    """A small bridge is repaired: decision, estimate as a workbook, contract, acceptance."""
    book = CaseBook(
        number=7,
        year=2022,
        title="Hồ sơ công trình sửa chữa cầu Suối Ngọc trên đường huyện ĐH.09, huyện Bình An",
        maintenance="01",
        keywords=("giao thông", "sửa chữa cầu", "Suối Ngọc"),
    )
    book.letter(
        _BRIDGE_SUBMISSION,
        "15",
        "to-trinh-54-ttr-ktht.pdf",
    )
    book.letter(
        _BRIDGE_DECISION,
        "02",
        "quyet-dinh-612-qd-ubnd.pdf",
    )
    book.add(
        {
            "du-toan-cau-suoi-ngoc.xlsx": write_xlsx(
                {
                    "Dự toán": (
                        ("STT", "Hạng mục", "Đơn vị", "Khối lượng", "Đơn giá (đồng)", "Thành tiền (đồng)"),
                        (1, "Phá dỡ bản mặt cầu cũ", "m³", 42.5, 1_850_000, 78_625_000),
                        (2, "Bê tông bản mặt cầu M350", "m³", 58.0, 6_420_000, 372_360_000),
                        (3, "Cốt thép bản mặt cầu", "tấn", 9.4, 31_700_000, 297_980_000),
                        (4, "Lan can thép mạ kẽm", "m", 84, 2_950_000, 247_800_000),
                        (5, "Gia cố mố, tứ nón đá hộc xây", "m³", 120, 1_793_625, 215_235_000),
                        ("", "Cộng", "", "", "", 1_212_000_000),
                    )
                }
            )
        },
        "32",
        day=day(2022, 4, 8),
        subject="Dự toán xây dựng công trình sửa chữa cầu Suối Ngọc",
        organ="Phòng Kinh tế và Hạ tầng huyện Bình An (hư cấu)",
        pages=1,
    )
    book.add(
        {
            "hop-dong-18-2022.docx": write_docx(
                "HỢP ĐỒNG THI CÔNG XÂY DỰNG SỐ 18/2022/HĐ-XD",
                (
                    "Bên giao thầu (Bên A): Phòng Kinh tế và Hạ tầng huyện Bình An (hư cấu).",
                    "Bên nhận thầu (Bên B): Công ty TNHH Xây dựng Thí Dụ (hư cấu).",
                    "Điều 1. Bên A giao, Bên B nhận thi công sửa chữa cầu Suối Ngọc theo thiết kế được duyệt.",
                    "Điều 2. Giá hợp đồng trọn gói: 1.205.000.000 đồng. Thời gian thực hiện: 90 ngày.",
                    "Điều 3. Bảo hành công trình: 12 tháng kể từ ngày nghiệm thu bàn giao.",
                ),
                "Phòng Kinh tế và Hạ tầng huyện Bình An (hư cấu)",
            )
        },
        "21",
        day=day(2022, 5, 30),
        subject="Hợp đồng thi công xây dựng công trình sửa chữa cầu Suối Ngọc",
        organ="Phòng Kinh tế và Hạ tầng huyện Bình An (hư cấu)",
        pages=1,
        code_number="18",
        code_notation="2022/HĐ-XD",
    )
    book.letter(
        _ACCEPTANCE_MINUTES,
        "20",
        "bien-ban-nghiem-thu-09.pdf",
    )
    return book.finish()
