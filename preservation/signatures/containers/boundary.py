"""The boundary of one container: whatever happens inside, the answer is a value."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

from model.findings import Finding
from model.signatures import (
    FileSignatures,
    Integrity,
    SignatureFacts,
    SignatureFormat,
    SignedState,
    SubIndication,
)
from preservation.signatures.containers import findings as kinds
from preservation.signatures.containers.container import ContainerFault
from preservation.signatures.source import SignedFile

_log = logging.getLogger(__name__)
_SHOWN = 50
"""Findings of one sort that are listed one by one."""


def examined(file: SignedFile, kind: str, look: Callable[[], FileSignatures]) -> FileSignatures:
    """Return what a look into the container finds, or why it could not be made."""
    try:
        return look()
    except ContainerFault as fault:
        finding = fault.finding
    except Exception as error:  # noqa: BLE001 - the boundary of one part: whatever its bytes make a library raise
        _log.info("container check ended", exc_info=True, extra={"msgid": "signature.container"})
        finding = kinds.CHECK_ENDED.at(reason=type(error).__name__)
    return FileSignatures(path=file.name, kind=kind, state=SignedState.UNREADABLE, findings=(finding,))


def each_signature(
    name: str, form: SignatureFormat, read: Callable[[], Iterable[SignatureFacts]]
) -> tuple[SignatureFacts, ...]:
    """Return the signatures of one signature file; one that cannot be read is still a signature."""
    try:
        found = tuple(read())
    except ContainerFault as fault:
        return (unreadable_signature(name, form, fault.finding),)
    except Exception as error:  # noqa: BLE001 - the boundary of one part: whatever its bytes make a library raise
        _log.info("signature check ended", exc_info=True, extra={"msgid": "signature.container"})
        reason = str(error).split("\n")[0][:200] or type(error).__name__
        return (unreadable_signature(name, form, kinds.SIGNATURE_UNREADABLE.at(name, name=name, reason=reason)),)
    return found


def unreadable_signature(name: str, form: SignatureFormat, finding: Finding) -> SignatureFacts:
    """Return the facts of a signature of which nothing but its existence is known."""
    return SignatureFacts(
        id=name,
        format=form,
        integrity=Integrity.UNKNOWN,
        failure=SubIndication.FORMAT_FAILURE,
        location=name,
        findings=(finding,),
    )


def with_findings(facts: SignatureFacts, more: Iterable[Finding]) -> SignatureFacts:
    """Return facts with further findings, each once."""
    return replace(facts, findings=tuple(dict.fromkeys((*facts.findings, *more))))


def broken(facts: SignatureFacts, failure: SubIndication) -> SignatureFacts:
    """Return facts of a signature whose signed files do not fit; a failure found before stays."""
    if facts.integrity is Integrity.BROKEN:
        return facts
    return replace(facts, integrity=Integrity.BROKEN, failure=failure)


def shown(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return so many findings of one sort as a person reads."""
    return tuple(findings)[:_SHOWN]
