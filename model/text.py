"""Translation of everything a user reads: Vietnamese and English, both complete.

Messages are written in English in the code and looked up with gettext when they are shown, never
when they are made: a finding stored today can be read in either language in thirty years.
"""

import gettext
import locale
import os
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LANGUAGES = ("vi", "en")
DOMAIN = "chauban"
LOCALE_DIR = Path(__file__).parent / "locale"

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


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE_DIR, languages=[language], fallback=True)
