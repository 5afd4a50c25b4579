"""What each form says, in each kind of file, read back by other programs.

Run with CHAUBAN_UPDATE_FORMS=1 to write the texts anew, then read the difference.
"""

import os
from pathlib import Path

import pytest

from tests.fakes.form_facts import ALL, FORMS, text_of

GOLDEN = Path(__file__).parent / "forms"


@pytest.mark.parametrize(("name", "suffix"), ALL)
def test_a_form_says_what_it_said(tmp_path: Path, name: str, suffix: str) -> None:
    text = text_of(FORMS[name](tmp_path / f"form{suffix}"))
    golden = GOLDEN / f"{name}{suffix}.txt"
    if os.environ.get("CHAUBAN_UPDATE_FORMS"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
