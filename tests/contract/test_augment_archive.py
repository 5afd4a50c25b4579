"""Archival copies of what is held: given out, kept beside the package, known to rebuild and to verification."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archive.access.export import export_archival_copies
from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile
from archive.configuration import CONFIG_NAME, TimestampAuthoritySetting, read_configuration
from archive.fixity import verify_version
from archive.inventory import compare_stores
from archive.keptcopies import kept_copies
from archive.signatures.augmenting import Augmented, AugmentRequest, augment
from cli import load_commands
from ingest.rebuild import rebuild
from ingest.values import IngestStatus
from model.errors import (
    ConfigurationError,
    ConflictError,
    NotFoundError,
    PolicyError,
    StorageError,
    TimestampError,
)
from model.findings import Outcome
from model.preservation import EventType
from model.signatures import Indication, Level
from preservation.signatures.checker import CheckItem, SignatureChecker
from tests.fakes.archives import container_paths, flip_byte, take_in
from tests.fakes.custody import one_examiner
from tests.fakes.pki import PkiServer, serve
from tests.fakes.signed_cases import FILED, detached, good, make_signed_case, revoked, trusting_archive
from tests.fakes.signing import plain_pdf

NOW = FILED + timedelta(hours=1)
CODE = "H49.64.2024.1"
GOOD, DOUBTFUL, PLAIN = "1 quyết định.pdf", "2 tờ trình.pdf", "3 nháp.pdf"


@pytest.fixture(scope="module", autouse=True)
def examiner() -> Iterator[None]:
    with one_examiner():
        yield


@pytest.fixture(scope="module")
def authority() -> Iterator[PkiServer]:
    with serve(NOW) as server:
        yield server


@pytest.fixture
def archive(tmp_path: Path, authority: PkiServer) -> Iterator[Archive]:
    """An archive with one case file: a good, a doubtful and an unsigned document, and one signed beside it."""
    with trusting_archive(tmp_path / "archive", at=NOW) as opened:
        for issuer in ("root-public", "public-ca", "tsa-ca"):
            path = opened.folder / "trust" / f"{issuer}.crl"
            path.write_bytes(authority.pki.crl(issuer, NOW))
        plain = plain_pdf("Plain")
        files = {GOOD: good(), DOUBTFUL: revoked(), PLAIN: plain, f"{PLAIN}.p7s": detached(plain)}
        (report,) = take_in(opened, make_signed_case(tmp_path / "case", CODE, files))
        assert report.status is IngestStatus.ACCEPTED, report.findings
        settings = (TimestampAuthoritySetting(name="thử", url=authority.own_tsa(), timeout=10),)
        yield replace(opened, configuration=replace(opened.configuration, timestamp_authorities=settings))


def held_of(archive: Archive) -> HeldCaseFile:
    (held,) = archive.catalogue.find_case_files(CODE)
    return held


def made(archive: Archive, **request: Any) -> list[Augmented]:
    return list(augment(archive, held_of(archive), AugmentRequest(**request)))


def events(archive: Archive, kind: EventType) -> int:
    return len(archive.catalogue.events(held_of(archive).aip_id, kind=kind))


def test_a_copy_is_given_out_and_the_package_stays(archive: Archive, tmp_path: Path) -> None:
    containers = [path.read_bytes() for store in "ab" for path in container_paths(archive, store)]
    first, second = made(archive, target=tmp_path / "out")
    assert (first.path, first.written, first.key) == (GOOD, tmp_path / "out" / GOOD, "")
    assert first.report is not None
    assert first.report.copy.file.signatures[0].level is Level.LTA
    assert (tmp_path / "out" / GOOD).read_bytes().startswith((tmp_path / "case" / GOOD).read_bytes())
    assert (second.path, second.report) == (DOUBTFUL, None)
    assert isinstance(second.problem, PolicyError)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [GOOD]
    assert events(archive, EventType.DISSEMINATION) == 1
    assert events(archive, EventType.CREATION) == 0
    assert [path.read_bytes() for store in "ab" for path in container_paths(archive, store)] == containers
    with SignatureChecker(archive.folder / "trust", clock=archive.clock) as checker:
        (checked,) = checker.check([CheckItem(path=tmp_path / "out" / GOOD, name=GOOD)])
    assert checked.report.verdicts[0].indication is Indication.TOTAL_PASSED


def test_a_kept_copy_is_in_every_store_and_comes_back_from_them(archive: Archive, tmp_path: Path) -> None:
    (copy,) = made(archive, document=1, keep=True)
    assert copy.report is not None
    paths = [archive.folder / store / copy.key for store in "ab"]
    assert {path.stem for path in paths} == {copy.report.sha256.hex()}
    assert paths[0].read_bytes() == paths[1].read_bytes()
    held = held_of(archive)
    (known,) = kept_copies(archive, held.aip_id, 1)
    assert (known.path, known.key, known.sha256) == (GOOD, copy.key, copy.report.sha256)
    before = list(archive.catalogue.dump())
    rebuild(archive)
    assert list(archive.catalogue.dump()) == before
    assert kept_copies(archive, held.aip_id, 1) == (known,)
    (written,) = export_archival_copies(archive, held, tmp_path / "copy.pdf", None)
    assert written.read_bytes() == paths[0].read_bytes()
    with pytest.raises(NotFoundError):
        export_archival_copies(archive, held, tmp_path / "other.pdf", 2)


def test_verification_knows_kept_copies_and_repairs_them(archive: Archive) -> None:
    (copy,) = made(archive, document=1, keep=True)
    (version,) = archive.catalogue.versions(held_of(archive).aip_id)
    assert verify_version(archive, version).outcome is Outcome.PASSED
    assert list(compare_stores(archive, deep=True, repair=False)) == []
    one, other = (archive.folder / store / copy.key for store in "ab")
    flip_byte(one)
    other.unlink()
    report = verify_version(archive, version, repair=True)
    assert {finding.code for finding in report.findings} == {"custody.copy-unrepairable"}
    flip_byte(one)
    report = verify_version(archive, version)
    assert [finding.code for finding in report.findings] == ["custody.archival-copy-missing"]
    assert report.outcome is Outcome.FAILED
    assert verify_version(archive, version, repair=True).outcome is Outcome.PASSED
    flip_byte(one)
    assert [item.code for item in verify_version(archive, version).findings] == ["custody.archival-copy-changed"]
    assert verify_version(archive, version, repair=True).outcome is Outcome.PASSED
    assert verify_version(archive, version).findings == ()
    assert one.read_bytes() == other.read_bytes()


def test_what_nobody_told_of_is_surplus(archive: Archive) -> None:
    (copy,) = made(archive, document=1, keep=True)
    path = archive.folder / "a" / copy.key
    path.with_name("0" * 64 + ".pdf").write_bytes(path.read_bytes())
    assert [finding.code for finding in compare_stores(archive, deep=False, repair=False)] == ["custody.surplus"]


def test_a_copy_is_taken_from_a_good_store(archive: Archive, tmp_path: Path) -> None:
    (copy,) = made(archive, document=1, keep=True)
    whole = (archive.folder / "b" / copy.key).read_bytes()
    flip_byte(archive.folder / "a" / copy.key)
    (written,) = export_archival_copies(archive, held_of(archive), tmp_path / "copy.pdf", 1)
    assert written.read_bytes() == whole


def test_a_store_that_is_away_leaves_no_event(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object) -> None:
        raise StorageError("Store {store} is away.", store="b")

    monkeypatch.setattr(type(archive.copies), "create", away)
    with pytest.raises(StorageError):
        made(archive, document=1, keep=True)
    assert events(archive, EventType.CREATION) == 0


def test_what_cannot_be_asked_for_is_said(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        made(archive, document=3, keep=True)
    (tmp_path / "there.pdf").write_bytes(b"")
    with pytest.raises(ConflictError):
        made(archive, document=1, target=tmp_path / "there.pdf")
    nobody = replace(archive, configuration=replace(archive.configuration, timestamp_authorities=()))
    with pytest.raises(ConfigurationError, match="No timestamp authority"):
        made(nobody, document=1, keep=True)
    unset = TimestampAuthoritySetting(name="x", url="http://127.0.0.1:1", timeout=1, user_env="CHAUBAN_NOBODY")
    locked = replace(archive, configuration=replace(archive.configuration, timestamp_authorities=(unset,)))
    with pytest.raises(ConfigurationError, match="CHAUBAN_NOBODY"):
        made(locked, document=1, keep=True)
    away = replace(unset, user_env="")
    silent = replace(archive, configuration=replace(archive.configuration, timestamp_authorities=(away,)))
    with pytest.raises(TimestampError):
        made(silent, document=1, keep=True)
    assert list(tmp_path.glob("*.pdf")) == [tmp_path / "there.pdf"]


def test_undecided_documents_when_allowed(archive: Archive, tmp_path: Path) -> None:
    (copy,) = made(archive, document=2, target=tmp_path / "copy.pdf", allow_indeterminate=True)
    assert copy.problem is None
    assert (tmp_path / "copy.pdf").read_bytes().startswith((tmp_path / "case" / DOUBTFUL).read_bytes())


def configured(folder: Path, text: str) -> Path:
    path = folder / CONFIG_NAME
    whole = path.read_text(encoding="utf-8")
    path.write_text(f"{whole}\n{text}\n", encoding="utf-8")
    return path


def test_command(archive: Archive, authority: PkiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configured(archive.folder, f'[[timestamp_authority]]\nname = "thử"\nurl = "{authority.own_tsa()}"')
    monkeypatch.setattr("archive.archive.SystemClock", lambda: archive.clock)

    def run(*arguments: object) -> Result:
        words = ["--lang", "en", "--archive", str(archive.folder), *map(str, arguments)]
        return CliRunner().invoke(load_commands(), words, prog_name="chauban")

    assert run("signature", "augment", CODE).exit_code == 2
    result = run("signature", "augment", CODE, "--to", tmp_path / "out", "--keep", "--json")
    assert result.exit_code == PolicyError.exit_code, result.output
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert (first["schema"], first["path"], first["problem"]) == ("signature-augment/1", GOOD, None)
    assert first["copy"]["signatures"][0]["level"] == "LTA"
    assert second["problem"]
    shown = run("show", CODE).output
    assert "creation" in shown
    assert f"Archival copy of {GOOD}" in shown
    (listed,) = json.loads(run("show", CODE, "--json").stdout)["archival_copies"]
    assert listed["key"] == first["key"]
    assert run("verify", CODE).exit_code == 0
    assert run("export", CODE, "--as", "archival-copy", "--to", tmp_path / "kept.pdf").exit_code == 0
    assert (tmp_path / "kept.pdf").read_bytes() == (tmp_path / "out" / GOOD).read_bytes()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('name = "a"', "url"),
        ('name = "a"\nurl = "ftp://x"', "http"),
        ('name = "a"\nurl = "http://x"\nalgorithm = "md5"', "algorithm"),
        ('name = "a"\nurl = "http://x"\npassword = "secret"', "password"),
        ('name = "a"\nurl = "http://x"\ntimeout = 0', "timeout"),
        ('name = "a"\nurl = "http://x"\n[[timestamp_authority]]\nname = "a"\nurl = "http://y"', "same name"),
    ],
)
def test_configuration_that_cannot_be_used(tmp_path: Path, text: str, why: str) -> None:
    with trusting_archive(tmp_path / "archive") as opened:
        configured(opened.folder, f"[[timestamp_authority]]\n{text}")
        with pytest.raises(ConfigurationError, match=why):
            read_configuration(opened.folder)


def test_configuration_is_read(tmp_path: Path) -> None:
    with trusting_archive(tmp_path / "archive") as opened:
        assert read_configuration(opened.folder).timestamp_authorities == ()
        configured(
            opened.folder,
            '[[timestamp_authority]]\nname = "a"\nurl = "http://tsa.ca.gov.vn"\nalgorithm = "sha256"\n'
            'user_env = "TSA_USER"\npassword_env = "TSA_PASSWORD"\npolicy = "1.2.3"\ntimeout = 5',
        )
        (setting,) = read_configuration(opened.folder).timestamp_authorities
    assert (setting.algorithm, setting.user_env, setting.policy, setting.timeout) == ("sha256", "TSA_USER", "1.2.3", 5)
