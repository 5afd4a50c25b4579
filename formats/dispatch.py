"""Which routine checks which format, and the order of things for one file.

Runs in the worker. What goes wrong inside a library becomes a finding about the file; what ends the
process is noticed by the examiner.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Protocol, cast

from formats import findings as kinds
from formats.content import Content, open_content
from formats.families import MAIL, TEXT, family_of
from formats.headers import looks_like_mail
from formats.identify import Identifier
from formats.text import tidy
from model.findings import Finding
from model.formats import UNKNOWN_PUID, FormatFacts, FormatIdentification
from model.text import N_
from model.worker.frames import STEP_TEXT, STEP_VALIDATE

Known = tuple[FormatIdentification, tuple[Finding, ...]]
"""What identification said about one file."""

_SEALED = ("format.encrypted", "format.bomb", "format.entities", "format.external-reference", "format.empty")
"""Findings after which no text is extracted."""


class Family(Protocol):
    """What the module of a family offers."""

    def validate(self, content: Content, /) -> None:
        """Check well-formedness; add findings and validator runs to the content."""

    def extract(self, content: Content, limit: int, /) -> str:
        """Return the text, about `limit` characters at most."""


class Dispatcher:
    """Identifies and examines files, one after another.

    Args:
        validate: also check well-formedness.
        text_characters: cap on extracted text.
        memory: the process's cap in bytes, for the finding when it is met.
        aliases: folder for aliases of files.
    """

    def __init__(self, *, validate: bool, text_characters: int, memory: int, aliases: str) -> None:
        self._validate = validate
        self._limit = text_characters
        self._memory = memory
        self._aliases = aliases
        self._identifier: Identifier | None = None
        self.exhausted = False
        """Memory ran out once: this process should be replaced."""

    def identify(self, files: Sequence[tuple[str, str]]) -> list[Known]:
        """Identify files given as (path, name), in order."""
        if self._identifier is None:
            self._identifier = Identifier(self._aliases)
        return self._identifier.identify(files)

    def examine(self, path: str, name: str, known: Known, steps: int, mark: Callable[[int], None]) -> FormatFacts:
        """Check one identified file and extract its text, as far as `steps` goes."""
        identification, findings = known
        if steps < STEP_VALIDATE:
            return FormatFacts(identification=identification, findings=findings)
        mark(STEP_VALIDATE)
        try:
            content = open_content(path, name, identification)
        except OSError as error:
            unreadable = kinds.UNREADABLE.at(name, why=error.strerror or str(error))
            return FormatFacts(identification=identification, findings=(*findings, unreadable))
        try:
            content.findings.extend(findings)
            text = self._look(content, steps, mark)
        finally:
            content.close()
        return FormatFacts(
            identification=identification,
            validators=tuple(content.validators),
            findings=tuple(content.findings),
            text=text,
            pages=content.pages,
        )

    def _look(self, content: Content, steps: int, mark: Callable[[int], None]) -> str:
        """Validate and extract text; return the text."""
        if not content.size:
            return ""
        named = family_of(content.identification, content.name)
        if named == TEXT and looks_like_mail(content.view[:2048]):
            named = MAIL
        if not named:
            if self._validate:
                _unchecked(content)
            return ""
        family = cast("Family", import_module(f"formats.{named}"))
        if self._validate:
            self._guarded(content, family)
            _settle_unknown(content)
        if steps < STEP_TEXT or self.exhausted or content.found(*_SEALED):
            return ""
        mark(STEP_TEXT)
        return self._text(content, family)

    def _guarded(self, content: Content, family: Family) -> None:
        """Validate; whatever the libraries throw becomes a finding."""
        try:
            family.validate(content)
        except MemoryError:
            self.exhausted = True
            content.add(kinds.MEMORY, megabytes=self._memory >> 20)
        except Exception as error:  # noqa: BLE001 (hostile bytes make parsers raise anything)
            content.add(kinds.CRASHED, detail=type(error).__name__)

    def _text(self, content: Content, family: Family) -> str:
        try:
            text, cut = tidy(family.extract(content, self._limit), self._limit)
        except MemoryError:
            self.exhausted = True
            content.add(kinds.TEXT_FAILED, why=N_("it needed too much memory"))
        except Exception as error:  # noqa: BLE001 (hostile bytes make parsers raise anything)
            if not content.found("format.damaged", "format.crashed"):
                content.add(kinds.TEXT_FAILED, why=type(error).__name__)
        else:
            if cut:
                content.add(kinds.TEXT_CUT, limit=self._limit)
            return text
        return ""


def _unchecked(content: Content) -> None:
    """Say that nothing beyond the identification was checked; an unknown format says so already."""
    identification = content.identification
    if identification.puid != UNKNOWN_PUID:
        label = " ".join(filter(None, (identification.name, identification.version)))
        content.add(kinds.NO_VALIDATOR, format=label, puid=identification.puid)
        content.skipped("chauban", "no validator for this format")


def _settle_unknown(content: Content) -> None:
    """A format PRONOM does not know, but a validator looked at: say that instead."""
    if content.found("format.unknown") and any(run.ran for run in content.validators):
        content.findings = [one for one in content.findings if one.code != "format.unknown"]
        content.add(kinds.UNRECOGNISED, extension=content.extension)
