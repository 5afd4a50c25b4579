"""Writing a form to a file: which kind of file its name says."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from archive.durable import sync_folder
from archive.forms.layout import Form
from archive.forms.pdf import write_pdf
from archive.forms.sheet import write_xlsx
from archive.forms.values import FormSuffix
from archive.forms.word import write_docx
from model.errors import ConfigurationError, StorageError
from model.text import N_

_WRITERS: Mapping[FormSuffix, Callable[[Form, Path], None]] = {
    FormSuffix.DOCX: write_docx,
    FormSuffix.XLSX: write_xlsx,
    FormSuffix.PDF: write_pdf,
}


def write_form(form: Form, target: Path) -> Path:
    """Write a form to a file, whole or not at all; a file of that name is replaced.

    Args:
        form: what it says; its rows are read once.
        target: its suffix says which kind of file: `.docx`, `.xlsx` or `.pdf` (PDF/A-2b).
    Returns:
        The target.
    Raises:
        ConfigurationError: another suffix.
        InputError: more rows than that kind of file holds.
        StorageError: the file could not be written.
    """
    suffix = target.suffix.lower()
    if suffix not in tuple(FormSuffix):
        raise ConfigurationError(
            N_("A form cannot be written as {path}: its name must end in one of {suffixes}."),
            hint=N_("Choose .docx to complete and sign it, .xlsx to work with the list, .pdf to keep it."),
            path=target.name,
            suffixes=", ".join(FormSuffix),
        )
    temporary = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        _WRITERS[FormSuffix(suffix)](form, temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise StorageError(
            N_("The form {path} could not be written: {detail}."),
            hint=N_("Check that the folder is there, that you may write to it and that the disk has room."),
            path=target.name,
            detail=error.strerror or str(error),
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return target
