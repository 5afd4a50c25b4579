"""An office with accounts that reviews what is due, and an archive whose clock a test sets."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import archive.open_commands
from archive.archive import open_archive
from archive.forms.words import VIETNAM
from tests.fakes.casefiles import make_case_folder
from tests.fakes.pki import SetClock
from tests.fakes.terminal import Said, Terminal

PASSWORD = "châu bản triều Nguyễn"
WHY = ("--because", "theo quy định")
OFFICER, CHAIR, SECRETARY, MEMBER, APPROVER = "lan", "hoa", "minh", "tuan", "son"
COUNCIL = ("--chair", CHAIR, "--secretary", SECRETARY, "--member", MEMBER)
ROLES = {
    OFFICER: ("administrator", "records-officer"),
    CHAIR: ("council-member",),
    SECRETARY: ("council-member",),
    MEMBER: ("council-member",),
    APPROVER: ("approver",),
}


@dataclass(slots=True)
class Office:
    """The command line, who sits at it, and what time it is."""

    terminal: Terminal
    folder: Path
    clock: SetClock
    use_token: Callable[[Path], None]
    number: str = ""

    def by(self, login: str, *words: object) -> Said:
        """Run a command as somebody."""
        self.use_token(self.folder / f"token-{login}")
        return self.terminal(*words)

    def review(self, login: str, verb: str, *words: object, because: bool = True) -> Said:
        """Run a command of the review as somebody."""
        return self.by(login, "retention", "review", verb, self.number, *words, *(WHY if because else ()))

    def show(self) -> dict[str, object]:
        """Return the review as JSON."""
        return self.review(OFFICER, "show", "--json", because=False).objects[0]

    def items(self) -> dict[str, str]:
        """Return the state of each case file of the list, by its code."""
        found = self.review(OFFICER, "show", "--items", "--json", because=False).objects[1:]
        return {str(item["case_code"]): str(item["state"]) for item in found}

    def done(self, login: str, verb: str, *words: object) -> None:
        """Run a command that must succeed."""
        said = self.review(login, verb, *words)
        assert said.code == 0, said.err

    def until(self, state: str) -> None:
        """Bring the review to a state, by everybody's acts."""
        for reached, act in _STEPS:
            act(self)
            if reached == state:
                return
        raise AssertionError(state)

    def day(self, days: int = 0) -> str:
        """Return a day in Viet Nam, counted from now."""
        return (self.clock.time.astimezone(VIETNAM) + timedelta(days=days)).date().isoformat()

    def wait(self, **passing: float) -> None:
        """Let time pass; whoever acts after that logs in again."""
        self.clock.time += timedelta(**passing)
        for login in (OFFICER, CHAIR, APPROVER):
            log_in(self, login)


def log_in(office: Office, login: str) -> None:
    """Log somebody in."""
    said = office.by(login, "login", login, "--password-file", office.folder / "password.txt")
    assert said.code == 0, said.err


def make_archive(folder: Path, *, count: int = 4) -> None:
    """Make an archive with five accounts and with case files that are due, and one that is not."""
    terminal, token = Terminal(folder / "archive"), folder / "token"
    (folder / "password.txt").write_text(PASSWORD, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAUBAN_TOKEN_FILE", str(token))
        assert terminal("init", folder / "archive").code == 0
        for login, held in ROLES.items():
            words = [word for role in held for word in ("--role", role)]
            secret = ("--password-file", folder / "password.txt")
            assert terminal("user", "add", login, "--name", login.title(), *words, *secret).code == 0
            assert terminal("login", OFFICER, *secret).code == 0
        for number in range(1, count + 1):
            dates = {"startDate": "01/01/2001", "endDate": "31/12/2003", "maintenance": "05"}
            make_case_folder(folder / "batch" / str(number), f"H49.{number}", case=dates)
        make_case_folder(folder / "batch" / "young", "H49.young")
        assert terminal("ingest", folder / "batch").code == 0


def make_office(made: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Return an office over a copy of such an archive, everybody logged in."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    clock = SetClock(time=datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1))

    def opened(path: Path, *, for_rebuild: bool = False) -> object:
        return open_archive(path, clock=clock, for_rebuild=for_rebuild)

    monkeypatch.setattr(archive.open_commands, "open_archive", opened)
    office = Office(
        terminal=Terminal(folder / "archive"),
        folder=folder,
        clock=clock,
        use_token=lambda path: monkeypatch.setenv("CHAUBAN_TOKEN_FILE", str(path)),
    )
    for login in ROLES:
        log_in(office, login)
    return office


def opened_review(office: Office) -> None:
    """Open a review over everything that is due."""
    said = office.by(OFFICER, "retention", "review", "open", "--title", "Hồ sơ 2001-2003", *WHY)
    assert said.code == 0, said.err
    office.number = said.out.split()[0]


def vote(office: Office) -> None:
    """Let the whole council vote for destruction."""
    for login in (CHAIR, SECRETARY, MEMBER):
        office.done(login, "vote", "--destroy", "--all")


def appraise(office: Office) -> None:
    """Register a written appraisal."""
    path = office.folder / "thẩm định.txt"
    path.write_text("Đồng ý với danh mục đề nghị hủy.", "utf-8")
    office.done(OFFICER, "appraisal", path, "--authority", "Chi cục Lưu trữ", "--date", office.day())


def approve(office: Office) -> None:
    """Decide the destruction."""
    office.done(APPROVER, "approve", "--decision", "12/QĐ-UBND", "--date", office.day())


def confirm(office: Office) -> None:
    """Type the confirmation."""
    office.done(OFFICER, "confirm", "--phrase", office.show()["phrase"])


_STEPS: tuple[tuple[str, Callable[[Office], None]], ...] = (
    ("draft", opened_review),
    ("council", lambda office: office.done(OFFICER, "appoint", *COUNCIL)),
    ("voted", vote),
    ("minuted", lambda office: office.done(SECRETARY, "minutes")),
    ("appraised", appraise),
    ("approved", approve),
    ("confirmed", confirm),
    ("cooled", lambda office: office.wait(days=3, minutes=1)),
    ("executed", lambda office: office.done(OFFICER, "execute")),
)
