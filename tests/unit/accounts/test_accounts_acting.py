"""Acts that name the person wherever an archive has accounts, and who may not act."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.accounts.accounts import add_account, find_account, set_roles
from archive.accounts.acting import log_in
from archive.accounts.values import Account, Role
from archive.archive import Archive, create_archive, open_archive
from archive.audit.values import ACTOR
from archive.catalogue.values import TransferQuery
from archive.signatures.trusting import archive_trust
from ingest.transfers import close_transfer, find_transfer
from model.errors import InputError, PolicyError, StorageError
from tests.fakes.archives import take_in
from tests.fakes.casefiles import make_case_folder

PASSWORD = "châu bản triều Nguyễn"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """An archive with one refused transfer."""
    monkeypatch.setenv("CHAUBAN_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv(ACTOR, "")
    create_archive(tmp_path / "archive", stores=["a", "b"])
    make_case_folder(tmp_path / "batch" / "1", "H49.1", case={"totalDoc": 7})
    with open_archive(tmp_path / "archive") as opened:
        (report,) = take_in(opened, tmp_path / "batch")
        assert report.status.value == "refused"
        yield opened


def enter(archive: Archive, login: str, *roles: Role) -> Account:
    account = add_account(archive, login, login, roles, PASSWORD)
    return log_in(archive, account.login, PASSWORD)


def actors(archive: Archive, action: str) -> list[str]:
    return [row.actor for row in archive.catalogue.audit_after(0, 1000) if row.action == action]


def test_where_there_are_accounts_an_officer_resolves_a_transfer(archive: Archive) -> None:
    refused = archive.catalogue.list_transfers(TransferQuery())[0]
    enter(archive, "lan", Role.ADMINISTRATOR)
    with pytest.raises(PolicyError, match="needs"):
        close_transfer(archive, refused, "trả lại")
    enter(archive, "minh", Role.ARCHIVIST)
    close_transfer(archive, find_transfer(archive, str(refused.id)), "trả lại")
    assert actors(archive, "resolve") == ["minh"]


def test_a_change_of_trust_names_who_is_logged_in(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(archive, "lan", Role.ADMINISTRATOR)
    monkeypatch.setenv(ACTOR, "somebody else")
    record = archive_trust(archive.folder).record
    assert record is not None
    record("added", "0" * 64, "gốc mới")
    assert actors(archive, "trust") == ["lan"]


def test_an_account_no_store_keeps_is_not_entered(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_given: object) -> None:
        raise StorageError("away")

    with monkeypatch.context() as patch, pytest.raises(StorageError):
        patch.setattr(type(archive.copies), "put", away)
        add_account(archive, "lan", "Lan", {Role.ADMINISTRATOR}, PASSWORD)
    assert archive.catalogue.accounts.named("lan") is None
    enter(archive, "lan", Role.ADMINISTRATOR)
    assert find_account(archive, "lan").holds(Role.ADMINISTRATOR)


def test_no_role_is_changed_without_a_reason(archive: Archive) -> None:
    lan = enter(archive, "lan", Role.ADMINISTRATOR)
    with pytest.raises(InputError, match="reason"):
        set_roles(archive, lan, {Role.ADMINISTRATOR, Role.APPROVER}, " ")
