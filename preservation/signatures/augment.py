"""Copies of signed PDFs that carry their own proof: level PAdES-B-LTA, for readers without this program.

The original is never written to. A copy gets the validation material and a document timestamp appended, is then
examined and judged as any file is, and exists under its name only if everything about it is right.

Source:
    ETSI EN 319 142-1, section 6.3 (level B-LTA)
"""

import os
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from asn1crypto import crl, ocsp, x509

from model.errors import ArchiveError, ConflictError, InputError, PolicyError, StorageError
from model.fixity import SHA256, Digest, digest_stream
from model.material import Material, MaterialItem, MaterialKind, MaterialSource
from model.signatures import (
    FileSignatures,
    Indication,
    Integrity,
    Level,
    Modification,
    SignatureFacts,
    SignatureReport,
    SignatureVerdict,
    SignedState,
)
from model.text import N_
from model.worker import frames
from model.worker.process import WorkerProcess
from preservation.cms.certificates import UnreadableCertificate, parse
from preservation.signatures import augment_worker, exchange
from preservation.signatures.checker import CheckItem, SignatureChecker, StoredSignatures
from preservation.signatures.detect import SignedKind
from preservation.signatures.source import SignatureLimits
from preservation.signatures.wording import reason_phrase
from preservation.timestamps.client import TimestampClient
from preservation.timestamps.response import Timestamp

_POLL = 0.2
_CHUNK = 1 << 20
_MOST_REQUESTS = 2
"""A second timestamp is asked for where the first was larger than the room kept for it."""
_SEE_CHECK = N_("`chauban signature check` on the file says more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentSettings:
    """How copies are made."""

    algorithm: str = "sha512"
    """Of the digest that is stamped."""
    allow_indeterminate: bool = False
    """Also of files with signatures that cannot be decided; never of broken or suspiciously changed ones."""
    limits: SignatureLimits = field(default_factory=SignatureLimits)
    """What one file may cost, without the waiting for the timestamp authority."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentReport:
    """One copy made."""

    path: Path
    original: SignatureReport
    """Of the original, as of now."""
    copy: SignatureReport
    """Of the copy, judged as any file is."""
    timestamp: Timestamp
    """The document timestamp."""
    sha256: bytes
    """Of the copy."""
    size: int
    original_size: int


def augment_pdf(
    source: Path,
    target: Path,
    *,
    name: str,
    checker: SignatureChecker,
    authority: TimestampClient,
    stored: StoredSignatures | None = None,
    settings: AugmentSettings | None = None,
) -> AugmentReport:
    """Write a copy of a signed PDF at level PAdES-B-LTA.

    Args:
        source: the signed PDF; only read.
        target: where the copy goes; nothing may be there.
        name: of the file, for messages and reports.
        checker: examines and judges original and copy; fetches what is missing if it is set up to.
        authority: gives the document timestamp.
        stored: what was once found in the file, with its material, where a package keeps it.
        settings: how.

    Raises:
        InputError: not a PDF, without a signature, unreadable, or one that nothing can be appended to.
        PolicyError: its signatures are not in order, or the copy's would not be.
        TimestampError: no authority gave a timestamp.
        ConflictError, StorageError: the target exists or cannot be written.
    """
    chosen = settings or AugmentSettings()
    if os.path.lexists(target):
        raise ConflictError(N_("{path} is there already."), hint=N_("Name another file."), path=target)
    original, material = _judged(source, name, checker, stored)
    _refuse_unfit(original, chosen)
    temporary = target.with_name(f".{uuid4().hex}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, temporary)
        stamp = _stamped(temporary, name, _needed(original, material), authority, chosen)
        copy = _completed(temporary, name, checker, chosen)
        size = _same_beginning(source, temporary, name)
        _refuse_worse(original, copy)
        report = AugmentReport(
            path=target,
            original=original,
            copy=copy,
            timestamp=stamp,
            sha256=_digest(temporary).value,
            size=temporary.stat().st_size,
            original_size=size,
        )
        _publish(temporary, target)
    except OSError as error:
        raise StorageError(
            N_("{path} cannot be written: {why}."),
            hint=N_("Choose another place or free some space."),
            path=target,
            why=error.strerror or error,
        ) from error
    finally:
        with suppress(NotADirectoryError):
            temporary.unlink(missing_ok=True)
    return report


# --- whether a copy may be made -----------------------------------------------------------------------------------


def _judged(
    source: Path, name: str, checker: SignatureChecker, stored: StoredSignatures | None
) -> tuple[SignatureReport, Material]:
    """Examine and judge the original with everything there is: what it holds, what was stored, what can be fetched."""
    (found,) = checker.check((CheckItem(path=source, name=name),))
    if stored is None or not found.report.file.signatures:
        return found.report, found.material
    material = Material()
    for items in (found.material, stored.material):
        material.update(items)
    together = StoredSignatures(file=found.report.file, material=material, proofs=stored.proofs)
    (judged,) = checker.judge((together,))
    return judged.report, judged.material


def _refuse_unfit(report: SignatureReport, settings: AugmentSettings) -> None:
    """See that a file is a PDF whose signatures are all in order."""
    file = report.file
    if file.kind != SignedKind.PDF:
        raise InputError(
            N_("{name} is not a PDF: an archival copy is made of signed PDFs only."),
            hint=N_("Other formats are kept as they are; their proof is in the package."),
            name=file.path,
        )
    if file.state is SignedState.UNREADABLE:
        reason = " ".join(finding.message() for finding in file.findings[:1]).rstrip(".")
        raise InputError(
            N_("{name} cannot be checked for signatures: {reason}."), hint=_SEE_CHECK, name=file.path, reason=reason
        )
    if not file.signatures:
        raise InputError(N_("{name} has no signature: there is nothing to prove."), hint=_SEE_CHECK, name=file.path)
    for facts, verdict in zip(file.signatures, report.verdicts, strict=True):
        reason = _unfit(facts, verdict, settings)
        if reason:
            raise PolicyError(
                N_("No archival copy of {name} is made: signature {signature}: {reason}."),
                hint=N_("`chauban signature check` says more; --allow-indeterminate permits undecided signatures."),
                name=file.path,
                signature=facts.id,
                reason=reason,
            )


def _unfit(facts: SignatureFacts, verdict: SignatureVerdict, settings: AugmentSettings) -> str:
    """Return why a signature keeps its file from being copied; empty if it does not."""
    if facts.integrity is not Integrity.INTACT:
        return N_("it is broken or cannot be verified")
    if facts.modification is Modification.SUSPICIOUS:
        return N_("the file was changed after signing")
    if verdict.indication is Indication.TOTAL_PASSED:
        return ""
    if verdict.indication is Indication.INDETERMINATE and settings.allow_indeterminate:
        return ""
    return _words(verdict)


def _words(verdict: SignatureVerdict) -> str:
    return reason_phrase(verdict.sub_indication) if verdict.sub_indication else verdict.indication.value


def _refuse_worse(original: SignatureReport, copy: SignatureReport) -> None:
    """See that every signature of the original is in the copy, as good as before, and at the level it should have."""
    before, after = original.file, copy.file
    if [one.value for one in before.signatures] != [one.value for one in after.signatures]:
        raise _not_accepted(before, N_("its signatures are not those of the original"))
    for facts, old, new in zip(after.signatures, original.verdicts, copy.verdicts, strict=True):
        if facts.integrity is not Integrity.INTACT or facts.modification is Modification.SUSPICIOUS:
            raise _not_accepted(before, N_("what was appended would break a signature"))
        if old.indication is not Indication.TOTAL_PASSED:
            continue
        if new.indication is not Indication.TOTAL_PASSED:
            raise _not_accepted(before, _words(new))
        if not _carries_its_proof(facts, after):
            raise _not_accepted(before, N_("there is no revocation data that could be kept in it"))


def _carries_its_proof(facts: SignatureFacts, copy: FileSignatures) -> bool:
    """Tell whether a signature reached level LTA; one of the older kinds has no level, but has the same proof."""
    if facts.level is not Level.NONE:
        return facts.level is Level.LTA
    return bool(facts.revocations) and any(facts.id in stamp.covers for stamp in copy.timestamps)


def _not_accepted(file: FileSignatures, reason: str) -> PolicyError:
    return PolicyError(
        N_("The archival copy of {name} was not accepted and is not kept: {reason}."),
        hint=N_("Bring the revocation lists with `chauban trust update`, or allow fetching; then try again."),
        name=file.path,
        reason=reason,
    )


# --- what goes into it --------------------------------------------------------------------------------------------


def _needed(report: SignatureReport, material: Material) -> Material:
    """Return what the verdicts rest on: the chains, and every revocation list and answer about them."""
    verdicts = report.verdicts
    stamps = (*report.timestamps, *(stamp for verdict in verdicts for stamp in verdict.timestamps))
    links = (*(verdict.chain for verdict in verdicts), *(stamp.chain for stamp in stamps))
    chains = dict.fromkeys(identifier for chain in links for identifier in chain)
    decided = {use.material for verdict in verdicts for use in verdict.revocations}
    certificates = _parsed(material.items[one] for one in chains if one in material.items)
    issuers = {certificate.issuer.dump() for certificate in certificates}
    serials = {certificate.serial_number for certificate in certificates}
    needed = Material()
    for identifier, item in material.items.items():
        if identifier in chains or identifier in decided or _about(item, issuers, serials):
            needed.keep(item)
    return needed


def _parsed(items: Iterable[MaterialItem]) -> Sequence[x509.Certificate]:
    found = []
    for item in items:
        with suppress(UnreadableCertificate):
            found.append(parse(item.content))
    return found


def _about(item: MaterialItem, issuers: set[bytes], serials: set[int]) -> bool:
    """Tell whether a revocation list or answer can speak of one of the certificates."""
    try:
        if item.kind is MaterialKind.CRL:
            return crl.CertificateList.load(item.content)["tbs_cert_list"]["issuer"].dump() in issuers
        if item.kind is MaterialKind.OCSP:
            answer = ocsp.OCSPResponse.load(item.content)["response_bytes"]["response"].parsed
            singles = answer["tbs_response_data"]["responses"]
            return any(single["cert_id"]["serial_number"].native in serials for single in singles)
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    return False


# --- the writing --------------------------------------------------------------------------------------------------


def _stamped(
    path: Path, name: str, material: Material, authority: TimestampClient, settings: AugmentSettings
) -> Timestamp:
    """Append material and a document timestamp; return that timestamp."""
    stamps: list[Timestamp] = []

    def ask(digest: bytes) -> bytes:
        if len(stamps) == _MOST_REQUESTS:
            raise _unwritable(name, N_("the timestamp is too large"))
        stamps.append(authority.timestamp(digest, settings.algorithm))
        return stamps[-1].token

    _extended(path, name, material, settings, ask)
    if not stamps:
        raise _unwritable(name, N_("no timestamp was asked for"))
    return stamps[-1]


def _completed(path: Path, name: str, checker: SignatureChecker, settings: AugmentSettings) -> SignatureReport:
    """Append what proves the new timestamp, where it is not in the copy yet; return the report on the copy."""
    (checked,) = checker.check((CheckItem(path=path, name=name),))
    needed = _needed(checked.report, checked.material)
    missing = Material()
    missing.update(item for item in needed if item.source is not MaterialSource.DOCUMENT)
    if not len(missing):
        return checked.report
    _extended(path, name, missing, settings)
    (checked,) = checker.check((CheckItem(path=path, name=name),))
    return checked.report


def _extended(
    path: Path, name: str, material: Material, settings: AugmentSettings, ask: Callable[[bytes], bytes] | None = None
) -> None:
    """Have the worker append to a file: material, and where somebody can be asked for it, a timestamp."""
    limits = settings.limits
    seconds = limits.seconds + path.stat().st_size / limits.bytes_per_second
    request = {
        "path": str(path),
        "algorithm": settings.algorithm if ask else "",
        "seconds": seconds,
        "memory": limits.memory,
        "material": exchange.encode_material(material),
    }
    worker = WorkerProcess("preservation.signatures.augment_worker")
    deadline = time.monotonic() + seconds
    try:
        worker.queue(frames.encode(request))
        while True:
            message = worker.message()
            if message is None:
                if time.monotonic() > deadline:
                    raise _unwritable(name, N_("it took too long"))
                if not worker.pump(_POLL):
                    raise _unwritable(name, N_("the program that writes it broke off"))
            elif augment_worker.ASK in message and ask is not None:
                asked = time.monotonic()
                token = ask(bytes.fromhex(message[augment_worker.ASK]))
                worker.queue(frames.encode({"token": token.hex()}))
                deadline += time.monotonic() - asked
            elif augment_worker.DONE in message:
                return
            else:
                raise _unwritable(name, str(message.get(augment_worker.PROBLEM, "?")))
    finally:
        worker.kill()


def _unwritable(name: str, reason: str) -> ArchiveError:
    return InputError(
        N_("Nothing can be appended to {name}: {reason}."),
        hint=N_("It stays as it is; its proof is in the package and in evidence records."),
        name=name,
        reason=reason,
    )


def _same_beginning(source: Path, copy: Path, name: str) -> int:
    """See that a copy begins with every byte of the original; return how many these are."""
    size = 0
    with source.open("rb") as one, copy.open("rb") as other:
        while chunk := one.read(_CHUNK):
            if other.read(len(chunk)) != chunk:
                raise _unwritable(name, N_("what was signed would have been changed"))
            size += len(chunk)
    return size


def _digest(path: Path) -> Digest:
    with path.open("rb") as stream:
        return digest_stream(stream, (SHA256,))[1][0]


def _publish(temporary: Path, target: Path) -> None:
    """Give a finished file its name, once it is safely on the disk; nothing is overwritten."""
    with temporary.open("rb") as stream:
        os.fsync(stream.fileno())
    try:
        os.link(temporary, target)
    except FileExistsError as error:
        raise ConflictError(N_("{path} is there already."), hint=N_("Name another file."), path=target) from error
    except OSError:  # a file system without links
        if os.path.lexists(target):
            raise ConflictError(N_("{path} is there already."), hint=N_("Name another file."), path=target) from None
        temporary.rename(target)
