"""Values inside sentences are Vietnamese too, as far as they are words of ours."""

import tomllib

import pytest

from archive.showing import _EVENT_OUTCOME_WORDS, _EVENT_WORDS
from formats import findings as kinds
from formats.policy import SHIPPED
from model.errors import InputError
from model.preservation import EventOutcome, EventType
from model.text import N_, numbered, translate, translate_phrases, use_language


@pytest.mark.parametrize(
    ("text", "vietnamese"),
    [
        ("", ""),
        ("it is encrypted (6.1.3)", "tệp bị mã hóa (6.1.3)"),
        ("JavaScript; starting of programs", "JavaScript; lệnh khởi chạy chương trình"),
        ("a part is missing: word/document.xml", "thiếu một phần: word/document.xml"),
        ("a.xml: the CRC does not fit the data", "a.xml: mã CRC không khớp với dữ liệu"),
        (
            "the ZIP directory lies outside the file; bytes are missing",
            "danh mục ZIP nằm ngoài tệp; tệp bị thiếu byte",
        ),
        ("line 3, column 7: this is expected here: ,", "dòng 3, cột 7: ở đây phải có ký tự: ,"),
        ("line 3, column 7: Expecting value", "dòng 3, cột 7: Expecting value"),
        ("file#1 2.pdf", "file#1 2.pdf"),
    ],
)
def test_phrases_are_translated_and_names_stay(text: str, vietnamese: str) -> None:
    assert translate_phrases(text, "vi") == vietnamese
    assert translate_phrases(text, "en") == text


def test_numbers_stand_in_the_place_of_their_signs() -> None:
    assert numbered(N_("line #, column #"), 3, 7) == "line 3, column 7"


def test_findings_and_errors_translate_their_reasons() -> None:
    finding = kinds.ENCRYPTED.at("a.pdf", detail=N_("needs a password to open"))
    assert "phải có mật khẩu mới mở được" in finding.message("vi")
    assert "needs a password to open" in finding.message("en")
    error = InputError(N_("{name} cannot be read: {reason}."), name="a", reason="Permission denied")
    use_language("vi")
    try:
        assert "không đủ quyền truy cập" in error.message
    finally:
        use_language("en")


def test_every_reason_of_the_format_policy_is_translated() -> None:
    data = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    reasons = [table["reason"] for table in (*data["default"].values(), *data["rule"])]
    assert not [reason for reason in reasons if len(reason.split()) > 4 and translate(reason, "vi") == reason]


def test_every_event_has_words() -> None:
    assert set(_EVENT_WORDS) == set(EventType)
    assert set(_EVENT_OUTCOME_WORDS) == set(EventOutcome)
