"""The errors of the archive, each with its exit code.

A verdict is a value; an error means that something could not be done or could not be checked.
Messages name the object, what happened, and (in the hint) what to do.
"""

from collections.abc import Iterator
from typing import ClassVar

from model.text import N_, SPOKEN, _, language_in_force, translate_phrases


class ArchiveError(Exception):
    """Base of every error a user can meet.

    Args:
        message: one sentence, an English template known to the translation catalogue.
        hint: what to do about it, likewise a template.
        values: what fills the templates' `{named}` places.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False
    meaning: ClassVar[str] = N_("a bug in the program")

    def __init__(self, message: str, *, hint: str = "", **values: object) -> None:
        super().__init__(message)
        self.template = message
        self.hint_template = hint
        self.values = values

    @property
    def message(self) -> str:
        """The sentence in the language in force."""
        return _(self.template).format(**self._spoken())

    @property
    def hint(self) -> str:
        """What to do, in the language in force; empty when there is nothing to say."""
        return _(self.hint_template).format(**self._spoken())

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def _spoken(self) -> dict[str, object]:
        """The values, those that may be words of ours in the language in force."""
        language = language_in_force()
        return {
            name: translate_phrases(str(value), language) if name in SPOKEN else value
            for name, value in self.values.items()
        }


class PartialError(ArchiveError):
    """A batch ended and some of its items were not processed."""

    code = "partial"
    exit_code = 5
    meaning = N_("a batch ended, some items were not processed")


class NotFoundError(ArchiveError):
    """No such package, transfer, job or file."""

    code = "not-found"
    exit_code = 10
    meaning = N_("no such package, transfer, job or file")


class ConflictError(ArchiveError):
    """The thing is locked or exists already."""

    code = "conflict"
    exit_code = 11
    meaning = N_("locked, or exists already")


class IntegrityError(ArchiveError):
    """Damage in custody: somebody must be told."""

    code = "integrity"
    exit_code = 12
    meaning = N_("damage in custody: tell the person responsible now")


class ConfigurationError(ArchiveError):
    """The configuration cannot be used."""

    code = "configuration"
    exit_code = 13
    meaning = N_("the configuration cannot be used")


class ExternalServiceError(ArchiveError):
    """A service outside this program (S3, database, TSA) failed; trying again may help."""

    code = "external-service"
    exit_code = 14
    retryable = True
    meaning = N_("an external service failed; try again")


class StorageError(ExternalServiceError):
    """The store could not be written or read: disk full, read error, store unreachable."""

    code = "storage"
    meaning = N_("the store or the disk could not be used; try again when it can")


class TimestampError(ExternalServiceError):
    """No timestamp authority gave a timestamp that can be relied on."""

    code = "timestamp"
    meaning = N_("no timestamp authority gave a usable timestamp; try again, or ask another")


class PolicyError(ArchiveError):
    """A hold or a policy forbids the act."""

    code = "policy"
    exit_code = 15
    meaning = N_("a hold or a policy forbids it")


class UnsupportedVersionError(ArchiveError):
    """The package or archive was written by a newer program."""

    code = "unsupported-version"
    exit_code = 16
    meaning = N_("the package or archive is newer than the program")


class InputError(ArchiveError):
    """What was handed in cannot be read or is unsafe to read."""

    code = "input"
    exit_code = 17
    meaning = N_("what was handed in is unreadable or unsafe")


EXIT_DONE = 0
EXIT_USAGE = 2
EXIT_FAILED = 3
EXIT_INDETERMINATE = 4
EXIT_INTERRUPTED = 130
EXIT_CUT_OFF = 141

VERDICT_MEANINGS = {
    EXIT_DONE: N_("done; every check passed"),
    EXIT_USAGE: N_("the command line is wrong"),
    EXIT_FAILED: N_("checked: failed or refused"),
    EXIT_INDETERMINATE: N_("checked: could not be decided"),
    EXIT_INTERRUPTED: N_("interrupted"),
    EXIT_CUT_OFF: N_("the reader of the output went away before its end"),
}

_SEVEREST_FIRST = (EXIT_INTERRUPTED, 12, 16, 13, 14, 11, 10, 15, 17, 1, 5, EXIT_FAILED, EXIT_INDETERMINATE)


def error_classes() -> Iterator[type[ArchiveError]]:
    """Yield every error class, base first, in the order they are defined."""
    todo: list[type[ArchiveError]] = [ArchiveError]
    while todo:
        current = todo.pop(0)
        yield current
        todo.extend(current.__subclasses__())


def severest_exit(codes: set[int]) -> int:
    """Return the exit code of a batch: interrupt, 12, other errors, 5, 3, 4, 0 (unknown codes count as a bug)."""
    for code in _SEVEREST_FIRST:
        if code in codes:
            return code
    return EXIT_DONE if codes <= {EXIT_DONE} else 1
