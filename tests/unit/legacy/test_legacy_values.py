"""The words of Circular 02/2019 as the codes of Circular 05/2025."""

import pytest

from ingest.legacy.values import access_code, language_codes, level_code, period_code, type_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Vĩnh viễn", "01"),
        ("vĩnh viễn", "01"),
        ("70 năm", "02"),
        ("20", "05"),
        ("20 nam", "05"),
        ("10 năm", "06"),
        ("15 năm", "07"),
        ("5", "07"),
        ("05", "05"),
        ("Lâu dài", ""),
    ],
)
def test_periods(text: str, code: str) -> None:
    assert period_code(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Nghị quyết", "01"),
        ("NQ", "01"),
        ("QĐ", "02"),
        ("QD", "02"),
        ("quyết định", "02"),
        ("Quyết định phê duyệt", "02"),
        ("CV", "22"),
        ("Tờ trình", "15"),
        ("TTr", "15"),
        ("HĐ", "21"),
        ("HD", "08"),
        ("Thông tư", "32"),
        ("Sớ tấu", ""),
    ],
)
def test_types(text: str, code: str) -> None:
    assert type_code(text) == code


def test_access_levels() -> None:
    assert [access_code(word) for word in ("Hạn chế", "Không hạn chế", "Mật", "Tối mật")] == [
        "02",
        "01",
        "03",
        "Tối mật",
    ]


def test_languages() -> None:
    assert language_codes("Tiếng Việt") == (("01",), ())
    assert language_codes("Việt, Anh") == (("01", "02"), ())
    assert language_codes("Tiếng Việt và tiếng Lào") == (("01", "11"), ("tiếng Lào",))
    assert language_codes("Việt-Anh") == (("06",), ())


def test_levels() -> None:
    assert [level_code(word) for word in ("Số hóa", "Gốc điện tử", "Hỗn hợp", "?")] == ["02", "01", "03", ""]
