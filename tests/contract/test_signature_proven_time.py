"""Signatures judged at the time their evidence proves: years later, offline, from what the package keeps."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.access.export import current_version, find_one
from archive.archive import Archive
from archive.evidence.proven import Bearer, ProvenFile, ProvenSignature, proven_files, version_evidence
from archive.evidence.proven_showing import difference_text, evidence_lines, file_json, file_lines, link_text
from archive.evidence.verified import PackageEvidence
from archive.signatures.recheck import recheck
from archive.signatures.values import RecheckSettings
from model.findings import Outcome
from model.signatures import Indication, Process
from tests.fakes.archives import flip_byte, take_in
from tests.fakes.custody import one_examiner
from tests.fakes.pki import PkiServer, serve
from tests.fakes.sealed_archives import Tsa, batches, configure, make_archive, opened, sealed, trust
from tests.fakes.signed_cases import FILED, make_signed_case
from tests.fakes.signing import Signing, plain_pdf, sign_pdf
from tests.fakes.terminal import Terminal

NOW = FILED + timedelta(hours=1)
LATER = datetime(2028, 1, 5, 8, tzinfo=UTC)
"""Two certificates have ended or were revoked meanwhile; that of the timestamp authority holds."""
LATEST = datetime(2035, 1, 5, 8, tzinfo=UTC)
"""Even the timestamp authority's certificate has ended; nobody renewed the evidence."""
RSA_ENDS = datetime(2029, 1, 1, tzinfo=UTC)
"""By the shipped signature policy, for keys of 2,048 bits."""
CODE = "H49.64.2024.80"
LASTING, EXPIRED, REVOKED = "1 lasting.pdf", "2 expired.pdf", "3 revoked.pdf"
ISSUERS = ("public-ca",)


@pytest.fixture(scope="module")
def authority() -> Iterator[PkiServer]:
    with serve(NOW) as server:
        yield server


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, authority: PkiServer) -> Path:
    """An archive with three signed documents, without any timestamp of their own; not yet sealed."""
    folder = tmp_path_factory.mktemp("kept")
    home = make_archive(folder / "archive", authority, Tsa("first", authority.own_tsa()), at=NOW)
    trusting(home, authority, NOW)
    signers = {LASTING: "person", EXPIRED: "person-expiring", REVOKED: "person-revoked-after"}
    files = {
        name: sign_pdf(plain_pdf(name), Signing(signer=signer, pki=authority.pki)) for name, signer in signers.items()
    }
    with one_examiner(), opened(home, NOW) as archive:
        (report,) = take_in(archive, make_signed_case(folder / "case", CODE, files))
        assert report.status.value == "accepted", report.findings
    return home


def trusting(home: Path, authority: PkiServer, at: datetime) -> None:
    """Put the revocation lists of a time into the trust folder."""
    trust(home / "trust", authority, at)
    for issuer in ISSUERS:
        (home / "trust" / f"{issuer}.crl").write_bytes(authority.pki.crl(issuer, at))


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "archive"))


@pytest.fixture
def sealed_home(home: Path) -> Path:
    with opened(home, NOW) as archive:
        assert batches(sealed(archive))
    return home


def proven(archive: Archive) -> tuple[PackageEvidence, dict[str, ProvenFile]]:
    version = current_version(archive, find_one(archive, CODE))
    evidence = version_evidence(archive, version)
    return evidence, {file.path.rpartition("/")[2]: file for file in proven_files(archive, version, evidence)}


def only(file: ProvenFile) -> ProvenSignature:
    (signature,) = file.signatures
    return signature


def test_years_later_every_signature_stands_as_it_was_filed(sealed_home: Path, authority: PkiServer) -> None:
    trusting(sealed_home, authority, LATER)
    with opened(sealed_home, LATER) as archive:
        rechecked = list(recheck(archive, RecheckSettings(dry_run=True)))
        assert {change.change.now.indication for one in rechecked for change in one.changes} == {
            Indication.INDETERMINATE
        }
        evidence, files = proven(archive)
        assert (evidence.outcome, evidence.since) == (Outcome.PASSED, NOW)
        for name in (LASTING, EXPIRED, REVOKED):
            one = only(files[name])
            assert (one.filed.indication, one.now.indication) == (Indication.TOTAL_PASSED,) * 2, name
            assert not one.changed
            assert one.now.best_signature_time == NOW
            assert one.link is not None
            assert (one.link.bearer, one.link.kind) == (Bearer.EVIDENCE, "signature-algorithm")
            assert one.link.until == RSA_ENDS
            assert "the signature algorithm rsa 2048, until 2029-01-01" in link_text(one.link)
            assert "an evidence record proves since when" in difference_text(one)
        assert only(files[EXPIRED]).now.process is Process.POINT_IN_TIME


def test_without_evidence_nothing_proves_them(home: Path, authority: PkiServer) -> None:
    trusting(home, authority, LATER)
    with opened(home, LATER) as archive:
        evidence, files = proven(archive)
        assert (evidence.records, evidence.since, evidence.outcome) == ((), None, Outcome.INDETERMINATE)
        one = only(files[EXPIRED])
        assert one.changed
        assert one.now.indication is Indication.INDETERMINATE
        assert one.link is None
        assert "does not suffice" in difference_text(one)
        assert any("not sealed" in line for line in evidence_lines(evidence))


def test_of_two_records_the_one_that_holds_longer_counts(sealed_home: Path, authority: PkiServer) -> None:
    configure(sealed_home, Tsa("first", authority.own_tsa()), Tsa("second", authority.own_tsa("tsa-ec"), "sha512"))
    with opened(sealed_home, NOW) as archive:
        assert batches(sealed(archive))
        evidence, files = proven(archive)
        assert [one.report.outcome for one in evidence.records] == [Outcome.PASSED] * 2
        link = only(files[LASTING]).link
        assert link is not None
        assert link.bearer is Bearer.EVIDENCE
        assert link.until is not None
        assert link.until > RSA_ENDS
        assert link.kind == "tsa-certificate"
        assert "Sông Hồng TSA EC" in link_text(link)


def test_without_evidence_a_signature_ends_with_its_certificate(home: Path) -> None:
    with opened(home, NOW) as archive:
        _evidence, files = proven(archive)
        one = only(files[EXPIRED])
        assert one.now.indication is Indication.TOTAL_PASSED
        assert one.link is not None
        assert (one.link.bearer, one.link.kind) == (Bearer.SIGNATURE, "certificate")
        assert link_text(one.link) == "Weakest link: the certificate of Vũ Đình Hạn, until 2026-06-01 00:00"


def test_evidence_that_was_never_renewed_proves_nothing_any_more(sealed_home: Path, authority: PkiServer) -> None:
    trusting(sealed_home, authority, LATEST)
    with opened(sealed_home, LATEST) as archive:
        evidence, files = proven(archive)
        assert evidence.outcome is Outcome.INDETERMINATE
        assert evidence.since is None
        assert {file.outcome for file in files.values()} == {Outcome.INDETERMINATE}


def test_what_is_kept_about_signatures_must_be_what_was_sealed(sealed_home: Path) -> None:
    with opened(sealed_home, NOW) as archive:
        version = current_version(archive, find_one(archive, CODE))
        for path in sealed_home.rglob(version.container_key.rpartition("/")[2]):
            content = path.read_bytes()
            flip_byte(path, content.rindex(b"%PDF-") + 3)
        evidence = version_evidence(archive, version)
        assert evidence.outcome is Outcome.FAILED
        assert evidence.proofs == ()


def test_it_is_told_to_programs_and_people(sealed_home: Path, authority: PkiServer) -> None:
    trusting(sealed_home, authority, LATER)
    with opened(sealed_home, LATER) as archive:
        held = find_one(archive, CODE)
        evidence, files = proven(archive)
        told = json.loads(json.dumps(file_json(held, files[EXPIRED], evidence)))
        assert (told["schema"], told["outcome"]) == ("signature-proven/1", "PASSED")
        assert told["proven_time"].startswith("2026-03-03T11:00:00")
        (signature,) = told["signatures"]
        assert signature["proven"]["process"] == "point-in-time"
        assert signature["weakest_link"]["until"].startswith("2029-01-01")
        (record,) = told["records"]
        assert (record["authority"], record["outcome"]) == ("first", "PASSED")
        text = "\n".join(file_lines(files[EXPIRED], evidence))
        assert "when filed" in text
        assert "at its proven time" in text


def test_the_command_ends_with_what_it_found(
    sealed_home: Path, authority: PkiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHAUBAN_HOME", raising=False)
    trusting(sealed_home, authority, LATER)
    terminal = Terminal(sealed_home)
    said = terminal("signature", "show", CODE, "--proven", "--at", LATER.isoformat(), "--json")
    assert (said.code, len(said.objects)) == (0, 3)
    people = terminal("signature", "show", CODE, "--proven", "--at", LATER.isoformat())
    assert "Weakest link: the signature algorithm rsa 2048, until 2029-01-01" in people.out
    vietnamese = terminal("signature", "show", CODE, "--proven", "--at", LATER.isoformat(), lang="vi")
    assert vietnamese.code == 0
    late = terminal("signature", "show", CODE, "--proven", "--at", LATEST.isoformat(), "--json")
    assert late.code == 4
    assert terminal("signature", "show", CODE, "--at", "2030-01-01").code == 2
