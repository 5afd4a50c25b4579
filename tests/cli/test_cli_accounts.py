"""`chauban user`, `login`, `logout` and `whoami`."""

from pathlib import Path

import pytest

from tests.fakes.terminal import Terminal

PASSWORD = "châu bản triều Nguyễn"


@pytest.fixture
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with the password; the token goes into a folder of the test."""
    monkeypatch.setenv("CHAUBAN_TOKEN_FILE", str(tmp_path / "token"))
    path = tmp_path / "password.txt"
    path.write_text(PASSWORD + "\n", "utf-8")
    return path


def add(terminal: Terminal, secret: Path, login: str, *roles: str) -> int:
    words = [word for role in roles for word in ("--role", role)]
    return terminal("user", "add", login, "--name", f"Họ tên {login}", *words, "--password-file", secret).code


def test_accounts_from_the_first_to_the_disabled(fresh: Terminal, secret: Path) -> None:
    assert add(fresh, secret, "minh", "approver") == 15
    assert add(fresh, secret, "lan", "administrator") == 0
    assert add(fresh, secret, "minh", "approver") == 15, "nobody is logged in"
    assert fresh("login", "lan", "--password-file", secret).code == 0
    assert add(fresh, secret, "minh", "approver", "council-member") == 0
    assert add(fresh, secret, "minh", "approver") == 11
    told = fresh("whoami", "--json").objects[0]
    assert (told["schema"], told["login"], told["roles"]) == ("user/1", "lan", ["administrator"])
    assert [item["login"] for item in fresh("user", "list", "--json").objects] == ["lan", "minh"]
    assert fresh("user", "role", "minh", "--role", "records-officer", "--because", "đổi việc").code == 0
    assert fresh("user", "disable", "minh", "--because", "nghỉ hưu").code == 0
    assert fresh("user", "disable", "lan", "--because", "x").code == 15
    assert fresh("user", "disable", "nobody", "--because", "x").code == 10
    entries = fresh("audit", "show", "--json").objects
    assert {item["actor"] for item in entries if item["action"] == "account"} >= {"lan"}
    assert fresh("logout").code == 0
    assert fresh("whoami").code == 15


def test_a_wrong_password_is_a_refusal_and_an_unreadable_file_an_input_error(fresh: Terminal, secret: Path) -> None:
    assert add(fresh, secret, "lan", "administrator") == 0
    wrong = secret.with_name("wrong.txt")
    wrong.write_text("something else entirely")
    assert fresh("login", "lan", "--password-file", wrong).code == 15
    assert fresh("login", "lan", "--password-file", secret.with_name("absent.txt")).code == 17


def test_after_a_rebuild_from_the_stores_the_operator_sets_the_first_password(
    fresh: Terminal, secret: Path, tmp_path: Path
) -> None:
    assert add(fresh, secret, "lan", "administrator") == 0
    for path in (tmp_path / "archive").glob("catalogue.sqlite*"):
        path.unlink()
    assert fresh("rebuild").code == 0
    assert fresh("login", "lan", "--password-file", secret).code == 15
    assert fresh("user", "password", "lan", "--password-file", secret).code == 0
    assert fresh("login", "lan", "--password-file", secret).code == 0
    assert add(fresh, secret, "minh", "approver") == 0
