"""Passwords: argon2id with the library's parameters, and what a password must be."""

from functools import cache
from typing import TYPE_CHECKING

from model.errors import InputError
from model.text import N_

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_LENGTH = 12
MAX_LENGTH = 1024
"""Characters; longer ones would only cost time."""


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


def hashed(password: str) -> str:
    """Return the argon2id hash of a password, with its parameters and salt.

    Raises:
        InputError: it is too short or too long.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InputError(
            N_("A password has {least} to {most} characters."),
            hint=N_("Several words in a row are easy to remember and hard to guess."),
            least=MIN_LENGTH,
            most=MAX_LENGTH,
        )
    return _hasher().hash(password)


def fits(stored: str, password: str) -> bool:
    """Tell whether a password fits a hash; an empty hash fits nothing, and telling so takes the same time."""
    from argon2.exceptions import InvalidHashError, VerificationError

    given = password[: MAX_LENGTH + 1]
    if not stored:
        _hasher().hash(given)
        return False
    try:
        return _hasher().verify(stored, given)
    except (VerificationError, InvalidHashError):
        return False
