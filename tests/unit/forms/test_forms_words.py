"""Vietnamese words for numbers and dates."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.forms.words import day_in_words, moment, number_in_words, shown, span, words_of
from model.dates import PartialDate

DIGITS = {
    "không": 0,
    "một": 1,
    "mốt": 1,
    "hai": 2,
    "ba": 3,
    "bốn": 4,
    "tư": 4,
    "năm": 5,
    "lăm": 5,
    "sáu": 6,
    "bảy": 7,
    "tám": 8,
    "chín": 9,
}
SCALES = {"nghìn": 10**3, "triệu": 10**6}


def read_back(words: str) -> int:
    """Return the number that words say, by the rules of the language, not by those of the writer."""
    above, total, group, digit = 0, 0, 0, 0
    for word in words.split():
        if word in DIGITS:
            digit = DIGITS[word]
        elif word == "mười":
            group, digit = group + 10, 0
        elif word in ("trăm", "mươi"):
            group, digit = group + digit * (100 if word == "trăm" else 10), 0
        elif word in SCALES:
            total, group, digit = total + (group + digit) * SCALES[word], 0, 0
        elif word == "tỷ":
            above, total, group, digit = (total + group + digit) * 10**9, 0, 0, 0
        else:
            assert word == "linh", word
    return above + total + group + digit


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"),
        (4, "bốn"),
        (5, "năm"),
        (10, "mười"),
        (11, "mười một"),
        (14, "mười bốn"),
        (15, "mười lăm"),
        (20, "hai mươi"),
        (21, "hai mươi mốt"),
        (24, "hai mươi tư"),
        (25, "hai mươi lăm"),
        (100, "một trăm"),
        (101, "một trăm linh một"),
        (104, "một trăm linh bốn"),
        (105, "một trăm linh năm"),
        (115, "một trăm mười lăm"),
        (1_000, "một nghìn"),
        (1_001, "một nghìn không trăm linh một"),
        (2_024, "hai nghìn không trăm hai mươi tư"),
        (10_005, "mười nghìn không trăm linh năm"),
        (1_000_000, "một triệu"),
        (1_000_015, "một triệu không trăm mười lăm"),
        (10**9 + 1, "một tỷ không trăm linh một"),
        (10**12, "một nghìn tỷ"),
    ],
)
def test_numbers_are_said_as_people_say_them(number: int, words: str) -> None:
    assert number_in_words(number) == words


@given(st.integers(0, 10**12) | st.integers(0, 10**18 - 1))
def test_every_number_can_be_read_back(number: int) -> None:
    words = number_in_words(number)
    assert read_back(words) == number
    assert "mươi một" not in words
    assert "mươi năm" not in words
    assert "mười năm" not in words


@pytest.mark.parametrize("number", [-1, 10**18])
def test_numbers_without_words_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="no words"):
        number_in_words(number)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 3, 5), "ngày 05 tháng 3 năm 2026"),
        (date(2026, 2, 15), "ngày 15 tháng 02 năm 2026"),
        (date(2026, 1, 9), "ngày 09 tháng 01 năm 2026"),
        (date(2026, 12, 31), "ngày 31 tháng 12 năm 2026"),
    ],
)
def test_dates_have_the_zeros_of_the_decree(day: date, words: str) -> None:
    assert day_in_words(day) == words


def test_a_day_not_known_is_left_to_a_pen() -> None:
    assert day_in_words(None) == "ngày …… tháng …… năm ……"


def test_times_go_by_the_clock_of_viet_nam() -> None:
    assert moment(datetime(2026, 2, 28, 17, 5, tzinfo=UTC)) == "00 giờ 05 phút, ngày 01 tháng 3 năm 2026"


def test_spans_say_one_date_once() -> None:
    assert span(PartialDate(2025), PartialDate(2025)) == "2025"
    assert span(PartialDate(2025, 3), PartialDate(2026, 1, 2)) == "03/2025 - 02/01/2026"
    assert span(None, PartialDate(2026)) == "2026"
    assert span(None, None) == ""


def test_codes_are_shown_as_words_and_unknown_ones_as_they_are() -> None:
    assert words_of("maintenance", "01") == "Vĩnh viễn"
    assert words_of("language", "01", "03", "") == "Tiếng Việt, Tiếng Pháp"
    assert words_of("maintenance", "99") == "99"


def test_text_is_composed_on_one_line_with_nothing_hidden() -> None:
    assert shown("e\u0302\u0301") == "ế"
    assert shown("một\nhai\tba\u00a0bốn") == "một hai ba bốn"
    assert shown("a\x00b\u202ec\ufeff") == "a\\x00b\\u202ec\\ufeff"
