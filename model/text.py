"""Translation of everything a user reads: Vietnamese and English, both complete.

Messages are written in English in the code and looked up with gettext when they are shown, never
when they are made: a finding stored today can be read in either language in thirty years.
"""

import gettext
import locale
import os
import re
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LANGUAGES = ("vi", "en")
DOMAIN = "chauban"
LOCALE_DIR = Path(__file__).parent / "locale"

SPOKEN = frozenset({"detail", "reason", "subject", "what", "why"})
"""Names of values that may be words of ours: shown through `translate_phrases`."""

_language: ContextVar[str] = ContextVar("chauban_language", default="en")


def N_(message: str) -> str:
    """Mark a message for translation where it is defined; `_` or `translate` shows it later."""
    return message


def _(message: str) -> str:
    """Return the message in the language in force."""
    return translate(message, _language.get())


def ngettext(singular: str, plural: str, number: int) -> str:
    """Return the singular or plural form in the language in force (Vietnamese has one form)."""
    return _catalogue(_language.get()).ngettext(singular, plural, number)


def translate(message: str, language: str) -> str:
    """Return the message in the named language; English when it has no translation."""
    return _catalogue(language).gettext(message) if message else ""


def numbered(message: str, *numbers: int) -> str:
    """Return a marked phrase with a number in the place of each `#`, as `translate_phrases` knows it again."""
    pieces = message.split("#")
    return "".join(f"{piece}{number}" for piece, number in zip(pieces, numbers, strict=False)) + pieces[-1]


def translate_phrases(text: str, language: str) -> str:
    """Return a value of a sentence in the named language, as far as it is words of ours.

    Args:
        text: one marked message, or phrases joined by `; ` and `: `, some of which may be names, numbers or
            the words of a library; those stay.
        language: one of `LANGUAGES`.
    """
    whole = translate(text, language)
    if whole != text or not text:
        return whole
    return "".join(piece if piece in _JOINS else _phrase(piece, language) for piece in _JOIN.split(text))


def use_language(language: str) -> None:
    """Set the language in force for this context.

    Raises:
        ValueError: the language is not one of `LANGUAGES`.
    """
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}")
    _language.set(language)


def language_in_force() -> str:
    """Return the code of the language in force."""
    return _language.get()


def language_of_locale() -> str:
    """Return `vi` or `en` from the process's locale (LC_ALL, LC_MESSAGES, LANG); `vi` when it names neither."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            code = (locale.normalize(value).split("_")[0] or "").lower()
            return "en" if code == "en" else "vi"
    return "vi"


_JOINS = ("; ", ": ")
_JOIN = re.compile("(; |: )")
_NUMBER = re.compile("[0-9]+")


def _phrase(phrase: str, language: str) -> str:
    """Translate one phrase, also when it was made by `numbered`."""
    known = translate(phrase, language)
    numbers = _NUMBER.findall(phrase)
    if known != phrase or not numbers:
        return known
    pieces = translate(_NUMBER.sub("#", phrase), language).split("#")
    if len(pieces) != len(numbers) + 1:
        return phrase
    return "".join(piece + number for piece, number in zip(pieces, numbers, strict=False)) + pieces[-1]


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE_DIR, languages=[language], fallback=True)
