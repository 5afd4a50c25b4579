"""People: a recruitment, a complaint digitised from paper. Agencies, people and events are invented."""

from making.casebook import BASES, CHAIR, COMMUNE, DISTRICT, HOME, INSPECTORATE, PROVINCE, CaseBook, Example, day
from making.images import scan_tiff
from making.office import write_odt, write_xlsx
from making.pdfa import Letter, render_page, write_letter

_PLAN = Letter(
    over=PROVINCE,
    body=DISTRICT,
    number="33/KH-UBND",
    place="Bình An",
    day=day(2024, 5, 6),
    kind="KẾ HOẠCH",
    subject="Tuyển dụng viên chức sự nghiệp giáo dục năm 2024",
    paragraphs=(
        "<b>I. MỤC ĐÍCH, YÊU CẦU</b>",
        "Tuyển dụng đủ số lượng, bảo đảm chất lượng, đúng vị trí việc làm; công khai, minh bạch, khách quan và "
        "đúng pháp luật.",
        "<b>II. CHỈ TIÊU TUYỂN DỤNG</b>",
        "Tổng số 24 chỉ tiêu, gồm: giáo viên mầm non 10, giáo viên tiểu học 9, giáo viên trung học cơ sở 5.",
        "<b>III. TỔ CHỨC THỰC HIỆN</b>",
        "Phòng Nội vụ chủ trì, phối hợp với Phòng Giáo dục và Đào tạo tiếp nhận Phiếu đăng ký dự tuyển từ ngày "
        "20 tháng 5 đến hết ngày 18 tháng 6 năm 2024 trong giờ hành chính.",
    ),
    signer=CHAIR,
    recipients=("Sở Nội vụ (báo cáo);", "Phòng Nội vụ;", "Lưu: VT, NV."),
)

_NOTICE = Letter(
    over="UBND HUYỆN BÌNH AN",
    body=HOME,
    number="71/TB-NV",
    place="Bình An",
    day=day(2024, 5, 13),
    kind="THÔNG BÁO",
    subject="Về việc tiếp nhận Phiếu đăng ký dự tuyển viên chức năm 2024",
    paragraphs=(
        "Thực hiện Kế hoạch số 33/KH-UBND ngày 06 tháng 5 năm 2024, Phòng Nội vụ thông báo tiếp nhận Phiếu đăng "
        "ký dự tuyển viên chức sự nghiệp giáo dục như sau:",
        "1. Đối tượng: người có đủ điều kiện theo Điều 22 Luật Viên chức.",
        "2. Địa điểm: Bộ phận tiếp nhận và trả kết quả, trụ sở Ủy ban nhân dân huyện Bình An.",
        "3. Lệ phí: theo quy định của Bộ Tài chính.",
    ),
    signer=("TRƯỞNG PHÒNG", "Vũ Thị Tỷ Dụ"),
)

_RESULT = Letter(
    over=PROVINCE,
    body=DISTRICT,
    number="1187/QĐ-UBND",
    place="Bình An",
    day=day(2024, 7, 12),
    kind="QUYẾT ĐỊNH",
    subject="Công nhận kết quả tuyển dụng viên chức sự nghiệp giáo dục năm 2024",
    paragraphs=(
        BASES,
        "<i>Căn cứ Nghị định số 115/2020/NĐ-CP ngày 25 tháng 9 năm 2020 của Chính phủ về tuyển dụng, sử dụng và "
        "quản lý viên chức;</i>",
        "<b>Điều 1.</b> Công nhận 24 thí sinh trúng tuyển kỳ tuyển dụng viên chức sự nghiệp giáo dục năm 2024.",
        "<b>Điều 2.</b> Trưởng phòng Nội vụ thông báo kết quả và hướng dẫn người trúng tuyển hoàn thiện hồ sơ.",
        "<b>Điều 3.</b> Quyết định này có hiệu lực kể từ ngày ký./.",
    ),
    signer=("CHỦ TỊCH", "Bùi Đức Khả Dĩ"),
    recipients=("Như Điều 2;", "Trang thông tin điện tử huyện;", "Lưu: VT, NV."),
)

_COMPLAINT_DECISION = Letter(
    over=PROVINCE,
    body=DISTRICT,
    number="402/QĐ-UB",
    place="Bình An",
    day=day(1998, 11, 3),
    kind="QUYẾT ĐỊNH",
    subject="Về việc giải quyết đơn khiếu nại của bà Phạm Thị Mẫu",
    paragraphs=(
        "<i>Căn cứ Pháp lệnh Khiếu nại, tố cáo của công dân năm 1991;</i>",
        "<i>Xét báo cáo số 15/BC-TTr ngày 08 tháng 10 năm 1998 của Thanh tra huyện.</i>",
        "<b>Điều 1.</b> Chấp nhận khiếu nại của bà Phạm Thị Mẫu; bồi thường bổ sung 82 m² hoa màu.",
        "<b>Điều 2.</b> Phòng Tài chính và Ủy ban nhân dân xã Đồng Mẫu thi hành Quyết định này.",
    ),
    signer=("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", "Phan Kế Tưởng Tượng"),
)

_REPORT = Letter(
    over="UBND HUYỆN BÌNH AN",
    body=INSPECTORATE,
    number="15/BC-TTr",
    place="Bình An",
    day=day(1998, 10, 8),
    kind="BÁO CÁO",
    subject="Kết quả xác minh đơn khiếu nại của bà Phạm Thị Mẫu",
    paragraphs=(
        "Ngày 14 tháng 9 năm 1998, Thanh tra huyện nhận đơn của bà Phạm Thị Mẫu, thôn Đông, xã Đồng Mẫu, khiếu nại "
        "về mức bồi thường hoa màu khi làm đường liên xã.",
        "Qua xác minh: diện tích hoa màu bị ảnh hưởng là 312 m², biên bản kiểm kê ngày 02 tháng 8 năm 1998 ghi 230 m².",
        "Đề nghị Ủy ban nhân dân huyện điều chỉnh, bồi thường bổ sung phần chênh lệch 82 m² theo đơn giá quy định.",
    ),
    signer=("CHÁNH THANH TRA", "Ngô Bá Thử Nghiệm"),
)

_PETITION = Letter(
    over="",
    body=COMMUNE,
    number="01/XN-UB",
    place="Đồng Mẫu",
    day=day(1998, 9, 12),
    kind="GIẤY XÁC NHẬN",
    subject="Về diện tích hoa màu của hộ bà Phạm Thị Mẫu",
    paragraphs=("Ủy ban nhân dân xã xác nhận bà Phạm Thị Mẫu trồng 312 m² ngô và đậu tại xứ đồng Cầu Mẫu.",),
    signer=("CHỦ TỊCH", "Hoàng Văn Thử"),
)


def recruitment() -> Example:
    """Officials are recruited: plan, notice, list of candidates, minutes, result."""
    book = CaseBook(
        number=21,
        year=2024,
        title="Hồ sơ tuyển dụng viên chức sự nghiệp giáo dục huyện Bình An năm 2024",
        maintenance="02",
        mode="02",
        keywords=("tuyển dụng", "viên chức", "giáo dục"),
    )
    book.letter(
        _PLAN,
        "10",
        "KH-33-UBND.pdf",
    )
    book.letter(
        _NOTICE,
        "07",
        "TB-71-NV.pdf",
    )
    names = ("Nguyễn Thị Ánh Thử", "Trần Văn Ấm Mẫu", "Lê Thị Ỷ Dụ", "Đặng Văn Đông Giả", "Phùng Thị Ưng Họa")
    rows = [(i, name, f"BA{i:03d}", "Giáo viên tiểu học", 70 + 3.5 * i) for i, name in enumerate(names, 1)]
    book.add(
        {
            "Danh sách thí sinh.xlsx": write_xlsx(
                {"Danh sách": [("STT", "Họ và tên", "Số báo danh", "Vị trí dự tuyển", "Điểm vòng 2"), *rows]}
            )
        },
        "32",
        day=day(2024, 7, 2),
        subject="Danh sách và kết quả điểm vòng 2 của thí sinh dự tuyển viên chức năm 2024",
        organ="Phòng Nội vụ huyện Bình An (hư cấu)",
        pages=1,
    )
    book.add(
        {
            "Biên bản họp Hội đồng.odt": write_odt(
                "BIÊN BẢN HỌP HỘI ĐỒNG TUYỂN DỤNG VIÊN CHỨC",
                (
                    "Hồi 14 giờ 00 ngày 05 tháng 7 năm 2024, tại phòng họp số 2, Hội đồng tuyển dụng viên chức họp "
                    "thông qua kết quả vòng 2.",
                    "Hội đồng thống nhất 100 % công nhận kết quả và trình Chủ tịch Ủy ban nhân dân huyện phê duyệt.",
                    "Chủ trì: Lê Hữu Giả Định. Thư ký: Vũ Thị Tỷ Dụ (các nhân vật hư cấu).",
                ),
            )
        },
        "20",
        day=day(2024, 7, 5),
        subject="Biên bản họp Hội đồng tuyển dụng viên chức thông qua kết quả vòng 2",
        pages=1,
    )
    book.letter(
        _RESULT,
        "02",
        "QĐ-1187-UBND.pdf",
    )
    return book.finish()


def complaint() -> Example:
    """An old complaint on paper, digitised: two-layer PDF/A scans and a black-and-white TIFF."""
    book = CaseBook(
        number=3,
        year=1998,
        title="Hồ sơ giải quyết đơn khiếu nại của bà Phạm Thị Mẫu về bồi thường khi làm đường liên xã",
        maintenance="03",
        mode="02",
        confidence_level="02",
        keywords=("khiếu nại", "bồi thường", "đường liên xã"),
    )
    book.letter(_REPORT, "14", "15-BC-TTr.pdf", scan=15)
    book.letter(
        _COMPLAINT_DECISION,
        "02",
        "402-QĐ-UB.pdf",
        scan=402,
    )
    book.add(
        {"01-XN-UB.tif": scan_tiff(render_page(write_letter(_PETITION), 0, 200), 9, 200)},
        "32",
        day=_PETITION.day,
        subject="Giấy xác nhận diện tích hoa màu của hộ bà Phạm Thị Mẫu",
        organ="Ủy ban nhân dân xã Đồng Mẫu (hư cấu)",
        pages=1,
        code_number="01",
        code_notation="XN-UB",
        confidence_level="02",
        autograph="Bút phê của Chủ tịch UBND huyện: “Giao Thanh tra xác minh, báo cáo trước 10/10”.",
    )
    return book.finish()
