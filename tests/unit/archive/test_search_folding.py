"""One folding for text and query."""

import unicodedata

import pytest

from archive.search.folding import MAX_KEY, compose, fold, key
from archive.search.schema import words_of


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Hồ sơ", "ho so"),
        ("HỒ SƠ", "ho so"),
        ("Đắk Lắk", "dak lak"),
        ("người được", "nguoi duoc"),
        ("123/QĐ-UBND", "123/qd-ubnd"),
        ("plain ASCII", "plain ascii"),
        ("", ""),
    ],
)
def test_folds_marks_case_and_d(typed: str, folded: str) -> None:
    assert fold(typed) == folded
    assert fold(unicodedata.normalize("NFD", typed)) == folded


def test_python_and_the_analyzer_fold_every_vietnamese_letter_alike() -> None:
    bases = "aăâeêioôơuưyđ"
    letters = {
        unicodedata.normalize("NFC", base + tone) for base in bases for tone in ("", *"\u0300\u0301\u0309\u0303\u0323")
    }
    for letter in letters | {letter.upper() for letter in letters}:
        word = compose(f"b{letter}c")
        assert words_of(word, folded=True) == [fold(word)]
        assert words_of(word, folded=False) == [word.lower()]


def test_compose_drops_stray_marks_and_lone_surrogates() -> None:
    assert compose("x\u0323y\ud800z") == "xyz"
    assert compose(unicodedata.normalize("NFD", "Quyết")) == "Quyết"


def test_key_is_capped_and_has_single_spaces() -> None:
    assert key("  Ủy  ban\nnhân ") == "uy ban nhan"
    assert len(key("a" * 10_000)) == MAX_KEY


def test_vietnamese_syllables_that_are_english_stop_words_stay() -> None:
    words = "cong an can in may on that the to"
    assert " ".join(words_of(words, folded=True)) == words
