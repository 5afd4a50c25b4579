"""Which routine reads which kind of file, and what is said when one breaks off. Runs in the worker."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from importlib import import_module

from model.findings import Finding, Outcome
from model.material import Material
from model.signatures import (
    FileSignatures,
    Indication,
    Integrity,
    Process,
    SignatureReport,
    SignatureVerdict,
    SignedState,
    SubIndication,
    TimestampVerdict,
)
from preservation.signatures import findings as kinds
from preservation.signatures.detect import SignedKind, detect
from preservation.signatures.judging.values import Judging
from preservation.signatures.source import SignedFile

Examine = Callable[[SignedFile], FileSignatures]

_EXAMINERS = {
    SignedKind.PDF: ("preservation.signatures.pdf.examine", "examine_pdf"),
    SignedKind.CMS: ("preservation.signatures.cades", "examine_cms"),
    SignedKind.TIMESTAMP: ("preservation.signatures.standalone", "examine_timestamp"),
    SignedKind.XML: ("preservation.signatures.xml.examine", "examine_xml"),
    SignedKind.ASIC_S: ("preservation.signatures.containers.asic", "examine_asic"),
    SignedKind.ASIC_E: ("preservation.signatures.containers.asic", "examine_asic"),
    SignedKind.BDOC: ("preservation.signatures.containers.asic", "examine_asic"),
    SignedKind.ADOC: ("preservation.signatures.containers.asic", "examine_asic"),
    SignedKind.ODF: ("preservation.signatures.containers.odf", "examine_odf"),
    SignedKind.OOXML: ("preservation.signatures.containers.ooxml", "examine_ooxml"),
    SignedKind.SMIME: ("preservation.signatures.smime", "examine_smime"),
    SignedKind.OLE: ("preservation.signatures.standalone", "examine_ole"),
    SignedKind.PGP: ("preservation.signatures.standalone", "examine_pgp"),
}
"""Modules are imported when the first file needs them."""


def examine(file: SignedFile, kind: SignedKind | None = None) -> FileSignatures:
    """Find the signatures of one file, whatever its kind; what a library raises becomes a finding.

    Args:
        file: the file.
        kind: what it is read as, where that is known.

    Raises:
        MemoryError: memory ran out; this process should end.
    """
    try:
        known = detect(file.path, file.name) if kind is None else kind
        if known is SignedKind.NOTHING:
            return FileSignatures(path=file.name, state=SignedState.NOT_SIGNABLE)
        module, function = _EXAMINERS[known]
        routine: Examine = getattr(import_module(module), function)
        found = routine(file)
    except MemoryError:
        raise
    except OSError as error:
        return unreadable(file.name, kinds.UNREADABLE.at(file.name, why=error.strerror or str(error)))
    except Exception as error:  # noqa: BLE001 (hostile bytes make parsers raise anything)
        return unreadable(file.name, kinds.CHECKER_FAILED.at(file.name, what=describe(error)), kind=kind or "")
    return found


def judge(file: FileSignatures, material: Material, judging: Judging) -> SignatureReport:
    """Judge what was found in one file; where the judge breaks off, the facts stay, undecided.

    Raises:
        MemoryError: memory ran out; this process should end.
    """
    from preservation.signatures.judging.judge import judge_file

    try:
        return judge_file(file, material, judging)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (hostile certificates make path validation raise anything)
        broken = kinds.CHECKER_FAILED.at(file.path, what=describe(error))
        return undecided(
            replace(file, findings=(*file.findings, broken)),
            at=judging.at,
            policy=judging.policy.id,
            trust=judging.trust.id,
        )


def undecided(file: FileSignatures, *, at: datetime, policy: str, trust: str) -> SignatureReport:
    """Return the report on a file that no judge looked at: a broken signature fails, nothing passes."""
    broken = any(signature.integrity is Integrity.BROKEN for signature in file.signatures)
    return SignatureReport(
        file=file,
        verdicts=tuple(
            SignatureVerdict(
                id=signature.id,
                indication=Indication.INDETERMINATE,
                sub_indication=signature.failure or SubIndication.CUSTOM,
                process=Process.NONE,
                validation_time=at,
                policy=policy,
                trust=trust,
            )
            for signature in file.signatures
        ),
        timestamps=tuple(
            TimestampVerdict(id=stamp.id, outcome=Outcome.INDETERMINATE, time=stamp.time) for stamp in file.timestamps
        ),
        outcome=Outcome.FAILED if broken else Outcome.INDETERMINATE,
        checked_at=at,
        policy=policy,
        trust=trust,
    )


def unreadable(name: str, finding: Finding, *, kind: str = "") -> FileSignatures:
    """Return what is known of a file that could not be looked at."""
    return FileSignatures(path=name, kind=kind, state=SignedState.UNREADABLE, findings=(finding,))


def describe(error: BaseException) -> str:
    """Return an exception as a word or two for a finding."""
    text = ""
    with suppress(Exception):  # a message that itself cannot be made
        text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
