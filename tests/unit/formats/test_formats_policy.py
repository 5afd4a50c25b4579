"""The format policy: what is accepted, discouraged and refused, and a broken policy file."""

from pathlib import Path

import pytest

from formats.policy import FormatPolicy
from model.errors import ConfigurationError
from model.formats import UNKNOWN_PUID, FormatIdentification


@pytest.mark.parametrize(
    ("puid", "name", "code"),
    [
        ("fmt/477", "a.pdf", ""),
        ("fmt/412", "a.docx", ""),
        ("fmt/353", "a.tif", ""),
        ("x-fmt/263", "a.zip", "format.discouraged"),
        ("fmt/899", "a.bin", "format.not-accepted"),
        ("x-fmt/111", "a.txt", ""),
        ("x-fmt/111", "run.BAT", "format.not-accepted"),
        ("fmt/999999", "a.x", "format.discouraged"),
        (UNKNOWN_PUID, "a.x", "format.discouraged"),
    ],
)
def test_shipped_policy(puid: str, name: str, code: str) -> None:
    findings = FormatPolicy.load(None).findings(FormatIdentification(puid=puid), name)
    assert [finding.code for finding in findings] == ([code] if code else [])
    assert all("?" not in finding.message() for finding in findings)


def test_an_operators_policy(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        '[default]\nunlisted = { decision = "refuse", reason = "Not ours." }\nunknown = { decision = "refuse" }\n'
        '[[rule]]\ndecision = "accept"\npuids = ["fmt/477"]\n'
    )
    policy = FormatPolicy.load(path)
    assert not policy.findings(FormatIdentification(puid="fmt/477"), "a.pdf")
    (finding,) = policy.findings(FormatIdentification(puid="fmt/18", name="PDF"), "a.pdf")
    assert finding.code == "format.not-accepted"
    assert "Not ours." in finding.message()


@pytest.mark.parametrize("text", ["[default", "[default]\n", '[default]\nunlisted = "x"\nunknown = "y"\n'])
def test_a_broken_policy(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError):
        FormatPolicy.load(path)


@pytest.mark.corpus
def test_every_listed_identifier_is_one_of_pronom(corpus: Path) -> None:
    registry = (corpus / "pronom" / "DROID_SignatureFile_V122.xml").read_text(encoding="utf-8")
    missing = [puid for puid in FormatPolicy.load().by_puid if f'PUID="{puid}"' not in registry]
    assert missing == []
