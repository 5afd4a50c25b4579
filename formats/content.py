"""The bytes of one file under examination: read once, shared by all that look at them."""

import mmap
import os
import stat
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import BinaryIO

from model.findings import Finding, FindingKind
from model.formats import UNKNOWN_PUID, FormatIdentification, ValidatorRun
from model.text import N_

READ_AT_ONCE = 4 << 20
"""Files up to this size are read into memory; larger ones are mapped."""


@dataclass(slots=True)
class Content:
    """One open file. Close it after use."""

    name: str
    """The name the caller gave: its location in findings and the source of its extension."""
    stream: BinaryIO
    size: int
    view: bytes | mmap.mmap
    """All bytes; behaves like `bytes` for slicing and `find`."""
    identification: FormatIdentification
    findings: list[Finding] = field(default_factory=list)
    validators: list[ValidatorRun] = field(default_factory=list)
    pages: int | None = None
    """How many pages it has, where its format has pages that were counted."""
    shared: object = None
    """What the validator leaves for the text extractor of the same format."""

    def add(self, kind: FindingKind, **args: object) -> None:
        """Record a finding about this file."""
        values = tuple((name, str(value)) for name, value in args.items())
        self.findings.append(replace(kind.at(self.name), args=values))

    def ran(self, name: str, version: str) -> None:
        """Record that a validator ran."""
        self.validators.append(ValidatorRun(name=name, version=version, ran=True))

    def skipped(self, name: str, why: str, version: str = "") -> None:
        """Record that a validator did not run, and why."""
        self.validators.append(ValidatorRun(name=name, version=version, ran=False, why_not=why))

    def found(self, *codes: str) -> bool:
        """Tell whether a finding of one of the codes was made."""
        return any(finding.code in codes for finding in self.findings)

    def data(self) -> bytes:
        """Return all bytes as one object; the caller has checked the size."""
        return self.view if isinstance(self.view, bytes) else self.view[:]

    @property
    def extension(self) -> str:
        """The extension of the given name, lower case, without its dot."""
        return extension_of(self.name)

    def close(self) -> None:
        """Release the file."""
        if isinstance(self.view, mmap.mmap):
            self.view.close()
        self.stream.close()


def extension_of(name: str) -> str:
    """Return the extension of a name, lower case, without its dot."""
    return PurePosixPath(name).suffix[1:].lower()


def open_content(path: str, name: str, identification: FormatIdentification | None = None) -> Content:
    """Open a regular file for examination.

    Raises:
        OSError: the file cannot be opened or is not a regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise OSError(N_("not a regular file"))
    stream = os.fdopen(descriptor, "rb", buffering=0)
    small = status.st_size <= READ_AT_ONCE
    view = stream.read() if small else mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    return Content(
        name=name,
        stream=stream,
        size=len(view),
        view=view,
        identification=identification or FormatIdentification(puid=UNKNOWN_PUID),
    )
