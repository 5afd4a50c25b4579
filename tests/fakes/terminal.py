"""The command line as a test uses it: in this process where speed matters, or as the installed program."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner

PROGRAM = Path(sys.executable).with_name("chauban")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command ended with and said."""

    code: int
    raw: bytes
    """Standard output, byte for byte."""
    err: str

    @property
    def out(self) -> str:
        """Standard output as text."""
        return self.raw.decode("utf-8")

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Standard output read as JSON Lines: every line is one object with its schema first."""
        read = [json.loads(line) for line in self.out.splitlines()]
        assert all(isinstance(item, dict) and next(iter(item)) == "schema" for item in read), self.out
        return read


class Terminal:
    """Runs commands on one archive."""

    def __init__(self, archive: Path | None = None) -> None:
        self.archive = archive

    def __call__(self, *words: object, lang: str = "en") -> Said:
        """Run a command in this process."""
        result = CliRunner().invoke(_root(), self._line(words, lang))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(code=result.exit_code, raw=result.stdout_bytes, err=result.stderr)

    def start(self, *words: object, env: Mapping[str, str] | None = None, lang: str = "") -> "subprocess.Popen[bytes]":
        """Start the installed program, in a process group of its own."""
        with _heeding_interrupts():
            return self._popen(words, env, lang)

    def _popen(self, words: tuple[object, ...], env: Mapping[str, str] | None, lang: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [PROGRAM, *self._line(words, lang)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )

    def run(self, *words: object, env: Mapping[str, str] | None = None, lang: str = "") -> Said:
        """Run the installed program to its end."""
        with self.start(*words, env=env, lang=lang) as process:
            out, err = process.communicate(timeout=120)
        return Said(code=process.returncode, raw=out, err=err.decode("utf-8"))

    def _line(self, words: tuple[object, ...], lang: str) -> list[str]:
        before = ["--lang", lang] if lang else []
        if self.archive is not None:
            before += ["--archive", str(self.archive)]
        return before + [str(word) for word in words]


@contextmanager
def _heeding_interrupts() -> Iterator[None]:
    """Undo for a while what a shell does to background commands, or what is started would never see Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@cache
def _root() -> click.Group:
    import cli

    return cli.load_commands()
