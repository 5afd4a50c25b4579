"""The terminal a command was started from: what it can show, and which language was asked for."""

import io
import os
import sys
from collections.abc import Sequence
from itertools import pairwise

from model.text import LANGUAGES, language_of_locale


def print_anything() -> None:
    """Keep output from failing on a character: data in UTF-8, and on a terminal what it cannot show as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def language_asked(arguments: Sequence[str]) -> str:
    """Return the language: the option, CHAUBAN_LANG, then the locale."""
    named = [after for option, after in pairwise(arguments) if option == "--lang"]
    named += [item.removeprefix("--lang=") for item in arguments if item.startswith("--lang=")]
    for choice in (*named, os.environ.get("CHAUBAN_LANG", "")):
        if choice in LANGUAGES:
            return choice
    return language_of_locale()
