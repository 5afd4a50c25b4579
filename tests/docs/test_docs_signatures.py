"""What the pages on signatures, trust and the signature policy say is so."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from preservation.signatures.checker import CheckItem, SignatureChecker
from preservation.signatures.policy import load_signature_policy
from preservation.signatures.rendering import report_json
from preservation.signatures.source import SignatureLimits

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/signatures.md").read_text(encoding="utf-8")
POLICY_PAGE = (ROOT / "docs/signature-policy.md").read_text(encoding="utf-8")
CASE, TRUST = ROOT / "examples/signed/01-dat-ten-duong", ROOT / "examples/signed/trust"


def names(data: Any) -> set[str]:
    """Every field name of a JSON document."""
    if isinstance(data, dict):
        return set(data) | {name for value in data.values() for name in names(value)}
    return {name for item in data for name in names(item)} if isinstance(data, list) else set()


def test_every_field_of_the_json_is_explained() -> None:
    with SignatureChecker(TRUST) as checker:
        items = [CheckItem(path=path, name=path.name) for path in sorted(CASE.glob("*.pdf"))]
        shown = [report_json(checked.report) for checked in checker.check(items)]
    written = set(re.findall(r"`([a-z_0-9]+)(?:\[\])?`", PAGE)) | {"schema"}
    assert names(shown) - written == set()


def test_every_setting_of_the_policy_is_explained() -> None:
    text = (ROOT / "preservation/signatures/data/signature-policy.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    settings = names(data) - {"algorithm", "rule", "document-signer", "agency-seal", "tsa"}
    assert {name for name in settings if f"`{name}`" not in POLICY_PAGE and f'`"{name}"`' not in POLICY_PAGE} == {
        *data.keys() & {"revocation", "certificate", "algorithms", "intake", "required", "fetch"}
    }
    for section in ("revocation", "certificate", "algorithms", "intake", "required", "fetch"):
        assert f"`[{section}" in POLICY_PAGE


def test_the_policies_of_the_page_can_be_used(tmp_path: Path) -> None:
    text = (ROOT / "preservation/signatures/data/signature-policy.toml").read_text(encoding="utf-8")
    intake, fetch = re.findall(r"^```toml\n(.*?)^```", POLICY_PAGE, re.MULTILINE | re.DOTALL)
    changed = text.replace('"INDETERMINATE" = "warn"\n', intake)
    changed = changed.replace("[fetch]\nenabled = false\nallow = []\n", fetch)
    assert changed.count("\n") == text.count("\n") + 1
    path = tmp_path / "policy.toml"
    path.write_text(changed, encoding="utf-8")
    policy = load_signature_policy(path)
    assert policy.intake["INDETERMINATE/REVOKED_NO_POE"] == "refuse"
    assert policy.fetch.enabled


def test_the_limits_are_those_of_the_program() -> None:
    limits = SignatureLimits()
    assert (limits.seconds, limits.bytes_per_second, limits.memory) == (60, 2 << 20, 2 << 30)
    assert (limits.xml, limits.document, limits.entries) == (64 << 20, 512 << 20, 10_000)
    assert (limits.ratio, limits.unpacked, limits.signatures) == (200, 2 << 30, 200)


@pytest.mark.parametrize(
    ("document", "good"),
    [("01-quyet-dinh-88.pdf", True), ("02-to-trinh-31.pdf", False), ("03-bien-ban-04.pdf", False)],
)
def test_the_check_with_openssl_works(tmp_path: Path, document: str, *, good: bool) -> None:
    if shutil.which("openssl") is None or shutil.which("xxd") is None:
        pytest.skip("needs openssl and xxd")
    script = PAGE.split("How an inspector repeats")[1].split("```sh\n")[1].split("```")[0]
    shutil.copyfile(CASE / document, tmp_path / "SIGNED.pdf")
    shutil.copyfile(TRUST / "document-signer/root.cer", tmp_path / "root.cer")
    for name in ("root.crl", "ca.cer", "ca.crl"):
        shutil.copyfile(TRUST / name, tmp_path / name)
    said = subprocess.run(
        ["bash", "-eu", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "SIGNED_AT": "2025-06-20T06:00:00Z"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert ("CMS Verification successful" in said.stderr) is good, said.stderr
    assert (said.returncode == 0) is good
