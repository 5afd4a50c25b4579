"""An archive that has handed case files over, and the people who did it and may release them."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from archive.accounts.accounts import add_account
from archive.accounts.acting import TOKEN_FILE, identify
from archive.accounts.values import Role
from archive.archive import Archive, create_archive, open_archive
from archive.catalogue.handovers_values import Handover, HandoverRequest
from archive.disposal.values import Destruction
from archive.handover.preparing import prepare
from archive.handover.receipts import Said, register_receipt
from archive.handover.releasing import release
from tests.fakes.archives import take_in
from tests.fakes.casefiles import make_case_folder
from tests.fakes.pki import SetClock

MADE = datetime(2060, 3, 2, 8, tzinfo=UTC)
"""After everything that a test's own clock may say."""
AFTER = MADE + timedelta(days=31)
"""When what was received may be released."""
CODES = ("H49.64.2020.1", "H49.64.2020.2", "H49.64.2020.3")
TEN_YEARS = "H49.64.2020.9"
REQUEST = HandoverRequest(receiver="Lưu trữ lịch sử tỉnh Ví Dụ", receiver_code="H49.LS", registration="DK-2060/07")
PREPARER, REGISTRAR, APPROVER, OTHER = "lan", "hoa", "minh", "son"
_ROLES = {
    PREPARER: (Role.ARCHIVIST, Role.APPROVER, Role.ADMINISTRATOR),
    REGISTRAR: (Role.ARCHIVIST, Role.APPROVER),
    APPROVER: (Role.APPROVER,),
    OTHER: (Role.ARCHIVIST, Role.RECORDS_OFFICER),
}
_PASSWORD = "châu bản triều Nguyễn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An archive with a hand-over of three case files: one accepted by itself, two by another receipt or not yet."""

    folder: Path
    handover: UUID


@contextmanager
def opened(folder: Path, at: datetime = AFTER) -> Iterator[Archive]:
    """Open an archive at a time."""
    with open_archive(folder, clock=SetClock(time=at)) as archive:
        yield archive


def as_(archive: Archive, login: str) -> None:
    """Let somebody act from now on."""
    token, account = f"token of {login}", archive.catalogue.accounts.named(login)
    assert account is not None
    path = archive.folder / f"token-{login}"
    path.write_text(token)
    path.chmod(0o600)
    os.environ[TOKEN_FILE] = str(path)
    now = archive.clock.now()
    digest = hashlib.sha256(token.encode()).digest()
    archive.catalogue.accounts.drop_token(digest)
    archive.catalogue.accounts.add_token(account.id, digest, now, now + timedelta(days=1))
    assert identify(archive) == account


def make(folder: Path, *, receipts: bool = True) -> Made:
    """Make such an archive; the environment must be the test's own."""
    create_archive(folder / "archive", stores=("a", "b"))
    with opened(folder / "archive", MADE - timedelta(days=1)) as archive:
        for login, roles in _ROLES.items():
            add_account(archive, login, login.title(), roles, _PASSWORD)
        for number, code in enumerate((*CODES, TEN_YEARS)):
            period = "06" if code == TEN_YEARS else "01"
            case = {"maintenance": period, "startDate": "01/01/2020", "endDate": "31/12/2020"}
            make_case_folder(folder / "in" / str(number), code, documents=1, case=case)
        for report in take_in(archive, folder / "in"):
            assert report.aip_id is not None, report
    with opened(folder / "archive", MADE) as archive:
        as_(archive, PREPARER)
        handover = prepare(archive, REQUEST, folder / "out", "nộp lưu", lambda item: None).handover
        if receipts:
            as_(archive, REGISTRAR)
            register(archive, handover, folder / "một.json", CODES[0])
            (folder / "scan.pdf").write_bytes(b"%PDF-1.7 signed")
            register_receipt(archive, handover, folder / "scan.pdf", Said(accepted=CODES[1:2]), "biên nhận")
    return Made(folder=folder / "archive", handover=handover.id)


def register(archive: Archive, handover: Handover, path: Path, code: str) -> None:
    """Register the receipt of another archive that accepts a case file."""
    (item,) = archive.catalogue.handovers.by_code(handover.id, code)
    files = [{"sha256": file.object.sha256.hex()} for file in archive.catalogue.files(item.aip_id, item.version)]
    entry = {"status": "accepted", "case_code": code, "source": item.name, "file_list": files}
    path.write_text(json.dumps({"schema": "receipt/1", "archive": {"id": "x"}, "transfers": [entry]}))
    register_receipt(archive, handover, path, Said(), "biên nhận")


def released(archive: Archive, made: Made, *, dry_run: bool = False) -> dict[str, Destruction]:
    """Release as the approver; return what became of each case file, by its code."""
    handover = archive.catalogue.handovers.get(made.handover)
    assert handover is not None
    codes = {item.aip_id: item.code for item in archive.catalogue.handovers.all_items(made.handover)}
    return {codes[done.aip_id]: done for done in release(archive, handover, "bàn giao xong", dry_run=dry_run)}
