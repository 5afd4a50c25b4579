"""Validation reports as files: XML for programs, PDF for people."""

from collections.abc import Sequence
from pathlib import Path

from model.errors import ConflictError, InputError, StorageError
from model.material import Material
from model.signatures import SignatureReport
from model.text import N_
from preservation.signatures.reporting.etsi import etsi_report


def write_report(reports: Sequence[tuple[SignatureReport, Material]], target: Path) -> None:
    """Write the report of one file or several, in the language in force; the name's ending chooses the form.

    Args:
        reports: what was found and judged, with the validation data it rests on.
        target: a new file ending in `.pdf` or `.xml`.

    Raises:
        InputError: another ending, or nothing to report as XML.
        ConflictError: the file is there already.
        StorageError: it cannot be written.
    """
    content = _content(reports, target)
    try:
        with target.open("xb") as stream:
            stream.write(content)
    except FileExistsError as error:
        raise ConflictError(
            N_("{path} is there already."), hint=N_("Name another file, or remove that one."), path=target
        ) from error
    except OSError as error:
        raise StorageError(
            N_("{path} cannot be written: {why}."),
            hint=N_("Choose another place or free some space."),
            path=target,
            why=error.strerror or error,
        ) from error


def _content(reports: Sequence[tuple[SignatureReport, Material]], target: Path) -> bytes:
    ending = target.suffix.lower()
    if ending == ".pdf":
        from preservation.signatures.reporting.printed import printed_report

        return printed_report([report for report, _ in reports])
    if ending != ".xml":
        raise InputError(
            N_("A report ends in .pdf or .xml, not in {ending}."),
            hint=N_("Use .pdf for people, .xml for programs (ETSI TS 119 102-2)."),
            ending=ending or target.name,
        )
    signed = [(report, material) for report, material in reports if report.file.signatures]
    if not signed:
        raise InputError(
            N_("There is no signature to report on."), hint=N_("An XML report needs one; a PDF report does not.")
        )
    return etsi_report(signed)
