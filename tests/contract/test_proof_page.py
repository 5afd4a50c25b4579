"""The verifier page in a real browser, without a network; and all three verifiers say the same of any record."""

import base64
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from model.dates import utc_text
from preservation.cms.digests import digest_bytes
from preservation.evidence.reading import read_record, token_contents
from preservation.evidence.values import DataObject, TokenVerdict
from preservation.evidence.verify import verify_record
from preservation.proof.bundle import write_bundle
from preservation.proof.page import build_page
from preservation.proof.zipapp import build_verifier
from preservation.signatures.judging.tokens import judge_token
from preservation.signatures.judging.values import Judging
from preservation.signatures.policy import load_signature_policy
from preservation.trust.store import load_trust
from tests.conftest import DATA
from tests.fakes.chromium import Page, browser, chromium
from tests.fakes.pki import ANCHORS, pki, write_trust
from tests.fakes.proofs import AT, Sealing, parts

pytestmark = pytest.mark.skipif(
    chromium() is None, reason="NOT RUN: there is no Chromium (apt-get install chromium); the HTML verifier is untested"
)
RFC4998 = DATA / "evidence" / "rfc4998"
_SUMMARY = """
(async () => {
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const file = ({ path, content }) => ({ path, bytes: async () => bytes(content) });
  const given = INPUT;
  const result = await verifyFiles({
    files: given.files.map(file), roots: given.roots.map(file), fingerprint: '', at: new Date(given.at),
  });
  const [record] = result.records;
  return {
    outcome: result.outcome, sub_indication: record.sub_indication,
    proof_time: record.proof_time ? record.proof_time.toISOString() : null,
    holds_until: record.holds_until ? record.holds_until.toISOString() : null,
    covered: record.objects.map((one) => one.covered),
    timestamps: record.timestamps.map((one) => [one.time.toISOString(), one.outcome, one.sub_indication]),
    codes: [...new Set(record.findings.map((one) => one.code))].sort(),
  };
})()
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("proof-page")
    (folder / "verify.html").write_bytes(build_page())
    with zipfile.ZipFile(io.BytesIO(build_verifier())) as archive:
        archive.extractall(folder / "program")
    write_trust(folder / "trust")
    write_bundle(folder / "proof", parts(Sealing(renewals=("timestamp", "sha3-512"))))
    return folder


@pytest.fixture(scope="module")
def opened(place: Path) -> Iterator[Page]:
    with browser() as page:
        page.open((place / "verify.html").as_uri())
        yield page
        assert not page.log, page.log
        assert all(address.startswith("file:") for address in page.requested), page.requested


# -- as a person uses it


def _shown(page: Page) -> str:
    page.wait("byId('result').getAttribute('aria-busy') === 'false' && state.result !== null")
    return str(page.run("byId('result').textContent"))


def _given(page: Page, folder: Path, *, language: str = "en", roots: tuple[Path, ...] = (), **fields: str) -> str:
    """Choose a folder, roots and fields as a person does; return what is shown."""
    page.open(page.run("location.href"))
    page.run(f"document.querySelector('[data-language={language}]').click()")
    for name, value in {"at": utc_text(AT), **fields}.items():
        page.run(f"byId('{name}').value = {json.dumps(value)}")
    if roots:
        page.give("#roots", list(roots))
    page.give("#folder", [folder])
    return _shown(page)


def test_a_bundle_is_verified_in_either_language(opened: Page, place: Path, tmp_path: Path) -> None:
    roots = (place / "proof" / "roots" / "root-1.pem",)
    english = _given(opened, place / "proof", roots=roots)
    assert "PASSED" in english
    assert "at the latest on 2026-03-01 00:00:00 UTC" in english
    assert "data/phụ lục/annex 1.txt: covered" in english
    opened.run("document.querySelector('[data-language=vi]').click()")
    vietnamese = _shown(opened)
    assert "ĐẠT" in vietnamese
    assert "01/03/2026 00:00:00 UTC" in vietnamese
    assert opened.run("document.documentElement.lang") == "vi"
    opened.screenshot(tmp_path / "passed.png")
    assert (tmp_path / "passed.png").stat().st_size > 10_000


def test_without_a_root_it_says_so_and_how_to_go_on(opened: Page, place: Path) -> None:
    text = _given(opened, place / "proof")
    fingerprint = digest_bytes(pki().certificate("root-public"), "sha256").hex()
    assert "UNDECIDED" in text
    assert "Trust in the authority was not checked" in text
    assert fingerprint in text
    assert "-in evidence/record-1-timestamp-2.tst -token_in" in text
    spaced = " ".join(fingerprint[place : place + 2].upper() for place in range(0, 64, 2))
    assert "PASSED" in _given(opened, place / "proof", fingerprint=spaced)
    assert "not that of this root" in _given(opened, place / "proof", fingerprint="00" * 32)


@pytest.mark.parametrize("act", ["changed", "missing", "added", "markup"])
def test_what_was_done_to_a_bundle_is_named(opened: Page, place: Path, tmp_path: Path, act: str) -> None:
    folder = Path(shutil.copytree(place / "proof", tmp_path / "proof"))
    markup = folder / "data" / "<img src=x onerror=alert(1)>.txt"
    {
        "changed": lambda: (folder / "data" / "map.bin").write_bytes(b"mop"),
        "missing": lambda: (folder / "data" / "map.bin").unlink(),
        "added": lambda: (folder / "data" / "other.bin").write_bytes(b"x"),
        "markup": lambda: markup.write_bytes(b"x"),
    }[act]()
    text = _given(opened, folder, roots=(folder / "roots" / "root-1.pem",))
    assert "FAILED" in text
    named = {"added": "other.bin was added", "markup": "<img src=x onerror=alert(1)>.txt was added"}
    assert named.get(act, f"map.bin {'was changed' if act == 'changed' else 'is missing'}") in text
    assert opened.run("document.images.length") == 0


@pytest.mark.parametrize("content", ["{", "[]", '{"schema":"proof-bundle/9"}', "null"])
def test_a_damaged_bundle_is_said_to_be_one(opened: Page, place: Path, tmp_path: Path, content: str) -> None:
    folder = Path(shutil.copytree(place / "proof", tmp_path / "proof"))
    (folder / "bundle.json").write_text(content, encoding="utf-8")
    assert "Could not verify" in _given(opened, folder)


def test_it_can_be_used_with_the_keyboard_and_a_reader(opened: Page) -> None:
    missing = opened.run(
        "[...document.querySelectorAll('input')].filter((one) => !one.labels.length).map((one) => one.id)"
    )
    assert missing == []
    assert opened.run("[...document.querySelectorAll('[data-word]')].every((one) => one.textContent.length > 2)")
    assert opened.run("byId('result').getAttribute('aria-live')") == "polite"


def test_it_may_load_and_send_nothing(opened: Page) -> None:
    refused = opened.run("fetch('https://example.org/').then(() => 'sent', () => 'refused')")
    assert refused == "refused"
    assert opened.run("eval === undefined || (() => { try { return eval('1'); } catch { return 'refused'; } })()")
    opened.log.clear()  # the browser logs what the policy stopped
    opened.requested[:] = [one for one in opened.requested if not one.startswith("https://example.org/")]


# -- the three verifiers


def _page_says(page: Page, record: bytes, documents: tuple[bytes, ...], roots: tuple[bytes, ...], at: datetime) -> Any:
    def file(path: str, content: bytes) -> dict[str, str]:
        return {"path": path, "content": base64.b64encode(content).decode()}

    files = [file("record.ers", record), *(file(f"file {n}", one) for n, one in enumerate(documents))]
    trusted = [file(f"{n}.cer", one) for n, one in enumerate(roots)]
    given = json.dumps({"files": files, "roots": trusted, "at": utc_text(at)})
    return page.run(_SUMMARY.replace("INPUT", given))


def _program_says(place: Path, record: bytes, documents: tuple[bytes, ...], at: datetime, *options: str) -> Any:
    (place / "record.ers").write_bytes(record)
    names = []
    for number, document in enumerate(documents):
        (place / f"file {number}").write_bytes(document)
        names.append(f"file {number}")
    command = [sys.executable, "-I", "-S", "program", "--record", "record.ers", *options, "--json"]
    command += ["--at", at.isoformat(), *(["--data", *names] if names else [])]
    done = subprocess.run(command, cwd=place, env={}, capture_output=True, timeout=60, check=False)
    assert not done.stderr, done.stderr.decode()
    found = json.loads(done.stdout)
    (one,) = found["records"]
    return {
        "outcome": found["outcome"],
        "sub_indication": one["sub_indication"],
        "proof_time": one["proof_time"],
        "holds_until": one["holds_until"],
        "covered": [item["covered"] for item in one["objects"]],
        "timestamps": [[stamp["time"], stamp["outcome"], stamp["sub_indication"]] for stamp in one["timestamps"]],
        "codes": sorted({finding["code"] for finding in one["findings"]}),
    }


@cache
def _judging(trust: Path, at: datetime) -> Judging:
    return Judging(trust=load_trust(trust), policy=load_signature_policy(None), at=at)


def _product_says(trust: Path, record: bytes, documents: tuple[bytes, ...], at: datetime) -> Any:
    def check(token: bytes, at: datetime, *, number: int) -> TokenVerdict:
        _time, _algorithm, value = token_contents(token)
        return judge_token(token, lambda _name: value, _judging(trust, at), id=str(number))

    objects = [DataObject(name=f"file {n}", digest=partial(digest_bytes, one)) for n, one in enumerate(documents)]
    report = verify_record(record, objects, at=at, check_token=check)
    return {
        "outcome": report.outcome.value,
        "sub_indication": report.sub_indication and report.sub_indication.value,
        "proof_time": report.proof_time and utc_text(report.proof_time),
        "covered": [item.covered for item in report.objects],
        "timestamps": [
            [utc_text(stamp.time), stamp.outcome.value, stamp.sub_indication and stamp.sub_indication.value]
            for stamp in report.timestamps
        ],
        "codes": sorted({one.code for one in report.findings if one.code.startswith("evidence.")}),
    }


ROOTS = tuple(pki().certificate(label) for label in ANCHORS["tsa"])
SEALINGS = st.builds(
    Sealing,
    documents=st.sampled_from([(b"one",), (b"one", b"two"), (b"one", b"two", b"three")]),
    neighbours=st.integers(0, 4),
    algorithm=st.sampled_from(["sha256", "sha384", "sha512", "sha3-256", "sha3-512"]),
    tsa=st.sampled_from(["tsa", "tsa-ec", "tsa-gov", "tsa-revoked", "tsa-expired", "tsa-unknown", "tsa-not-tsa"]),
    renewals=st.lists(st.sampled_from(["timestamp", "sha512", "sha3-512"]), max_size=3).map(tuple),
    damage=st.sampled_from([False, False, False, True]),
)


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    sealing=SEALINGS,
    years=st.sampled_from([0, 0, 0, 1, 9]),
    change=st.sampled_from(["", "", "", "document", "missing", "truncated", "flipped"]),
    place_of_change=st.integers(0, 10_000),
)
def test_three_verifiers_agree(
    opened: Page, place: Path, sealing: Sealing, years: int, change: str, place_of_change: int
) -> None:
    record, documents, at = sealing.record(), sealing.documents, AT + timedelta(days=366 * years)
    if change == "document":
        documents = (b"changed", *documents[1:])
    elif change == "missing":
        documents = documents[1:]
    elif change == "truncated":
        record = record[: -1 - place_of_change % 50]
    elif change == "flipped":
        value = digest_bytes(documents[0], sealing.algorithm)
        other = bytearray(value)
        other[place_of_change % len(value)] ^= 1 << place_of_change % 8
        record = record.replace(value, bytes(other))
    page = _page_says(opened, record, documents, ROOTS, at)
    program = _program_says(place, record, documents, at, "--trust", "trust")
    product = _product_says(place / "trust", record, documents, at)
    assert page == program
    assert {key: value for key, value in program.items() if key != "holds_until"} == product


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(data=st.data())
def test_no_bit_flipped_before_the_last_token_passes_on_the_page(opened: Page, data: st.DataObject) -> None:
    sealing = Sealing(renewals=("timestamp", "sha512"))
    record = sealing.record()
    position = data.draw(st.integers(0, record.index(read_record(record).timestamps[-1].token) * 8 - 1))
    changed = bytearray(record)
    changed[position // 8] ^= 1 << position % 8
    assert _page_says(opened, bytes(changed), sealing.documents, ROOTS, AT)["outcome"] != "PASSED"


FOREIGN = [
    ("1_1_Renew_Unsorted.er", ["d1-123456"]),
    ("BIN-1_ER.ers", ["d7-some-binary-content"]),
    ("BIN-1_ER_malformed.ers", ["d7-some-binary-content"]),
    ("er-asn1-simple.ers", ["d2-one"]),
    ("er-asn1-simple.ers", ["d3-zero"]),
    ("er-asn1-full-renewal.ers", ["d5-x03", "d6-x01"]),
    ("er-asn1-full-renewal.ers", ["d5-x03"]),
    ("er-asn1-chain-renewal-invalid.ers", ["d4-tab"]),
    ("1_0_Initial.er", ["d1-123456"]),
]


@pytest.mark.parametrize(("record", "names"), FOREIGN, ids=str)
def test_page_and_program_agree_on_records_by_others(opened: Page, place: Path, record: str, names: list[str]) -> None:
    content = (RFC4998 / record).read_bytes()
    documents = tuple((RFC4998 / "data" / f"{name}.bin").read_bytes() for name in names)
    page = _page_says(opened, content, documents, (), AT)
    program = _program_says(place, content, documents, AT)
    # The browser computes no RSA over SHA-224: what it cannot judge it leaves open, for that reason.
    for mine, other in zip(page.pop("timestamps"), program.pop("timestamps"), strict=True):
        assert mine == other or mine[2] == "CRYPTO_CONSTRAINTS_FAILURE"
    page.pop("sub_indication")
    program.pop("sub_indication")
    assert page == program
