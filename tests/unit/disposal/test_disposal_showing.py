"""What `show`, `doctor` and the configuration say of destruction."""

import json
from pathlib import Path

import pytest

from archive.configuration import read_configuration
from archive.disposal.showing import find_stubs, stub_details, stub_lines
from archive.disposal.testing import mark
from archive.doctor import diagnose
from model.errors import ConfigurationError
from tests.fakes.custody import chauban, one_examiner
from tests.fakes.disposal import Coverage, destroyed, make_due, opened, permission


def test_a_stub_is_shown_in_the_place_of_the_record(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    with one_examiner():
        records = make_due(folder, 2, stores=("a",))
    with opened(folder) as archive:
        destroyed(archive, records[:1])
        (row,) = find_stubs(archive, "H49.1")
        text = "\n".join(stub_lines(archive, row))
        assert "destroyed" in text
        assert "approved by minh" in text
        assert stub_details(archive, row)["event"]["type"] == "deletion"
        assert mark(archive, permission(), records[1], Coverage()) == ()
    told = [item for item in diagnose(folder) if item.what == "destruction"]
    assert [item.ok for item in told] == [False]
    shown = chauban(folder, "show", str(records[0]), "--json")
    assert shown.returncode == 0, shown.stderr
    data = json.loads(shown.stdout)
    assert (data["schema"], data["state"], data["case_code"]) == ("stub/1", "destroyed", "H49.1")
    assert chauban(folder, "show", "H49.2").returncode == 0, "being destroyed, and said so"
    assert chauban(folder, "show", "H49.9").returncode == 10


@pytest.mark.parametrize(
    "section",
    ["offline_backups = 'x'", "offline_backups = [1]", "cooling_off_days = 15", "legal_days = true", "other = 1"],
)
def test_a_wrong_setting_is_refused(tmp_path: Path, section: str) -> None:
    (tmp_path / "chauban.toml").write_text(
        f'[archive]\nid = "6f0b0a52-6d3a-5b9c-9d52-0c8c7a3b6e11"\n[disposal]\n{section}\n[store.a]\nurl = "a"\n'
    )
    with pytest.raises(ConfigurationError):
        read_configuration(tmp_path, {})


def test_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / "chauban.toml").write_text(
        '[archive]\nid = "6f0b0a52-6d3a-5b9c-9d52-0c8c7a3b6e11"\n'
        '[disposal]\noffline_backups = ["Băng A"]\ncooling_off_days = 5\n[store.a]\nurl = "a"\n'
    )
    disposal = read_configuration(tmp_path, {}).disposal
    assert (disposal.offline_backups, disposal.cooling_off_days, disposal.legal_days) == (("Băng A",), 5, 15)
