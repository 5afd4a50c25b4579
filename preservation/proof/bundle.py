"""Writes a proof bundle: files, their evidence records, and everything needed to verify them without us.

Pure over streams: what goes in is given as values and readers; memory does not grow with the size of the files.
"""

import base64
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO, Protocol

from asn1crypto import cms, x509

from model.dates import utc_text
from model.errors import ConflictError, InputError, StorageError
from model.text import N_
from preservation.cms import digests
from preservation.evidence.reading import UnknownAlgorithm, UnreadableRecord, read_record
from preservation.evidence.values import Record
from preservation.proof.page import build_page
from preservation.proof.readme import Facts, Fingerprint, ReadRecord, readme_html, readme_text
from preservation.proof.walk import Walk
from preservation.proof.zipapp import build_verifier

SCHEMA = "proof-bundle/1"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_LONGEST_PATH = 20
"""Certificates from a token up to its root."""

Opener = Callable[[], AbstractContextManager[BinaryIO]]
"""Opens a file for reading from its beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFile:
    """A file that goes into the bundle."""

    path: str
    """Below its folder of the bundle, relative, with `/`."""
    open: Opener


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRecord:
    """An evidence record over the files."""

    authority: str
    """Name of the timestamp authority, for people."""
    content: bytes
    """DER."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofParts:
    """What a proof bundle is made of."""

    label: str
    """What is proven, for people: title and identifier."""
    created: datetime
    data: tuple[ProofFile, ...]
    """The document, or the files of the package without `evidence/` and tag manifests; none where they are gone."""
    complete: bool
    """Whether `data` is everything that was sealed together."""
    records: tuple[ProofRecord, ...]
    """None where the files are not sealed: the bundle then says that it proves no time."""
    certificates: tuple[bytes, ...] = ()
    """DER; roots, authorities and whatever else the tokens' paths need; the root of the first token first."""
    revocation_lists: tuple[bytes, ...] = ()
    """DER CRLs."""
    ocsp_responses: tuple[bytes, ...] = ()
    """DER; for the full program, the small verifiers read revocation lists only."""
    reports: tuple[ProofFile, ...] = ()
    """Validation reports, verdicts on signatures, the extract of the audit log: laid into `reports/`."""
    walked: str = ""
    """Path of the document that `verify.sh` proves by hand; the first file by default."""
    container: str = ""
    """Name of the stored package (TAR), for the README."""
    member_prefix: str = ""
    """What stands before a file's path in that TAR, such as `<uuid>-v00001/`."""


class _Target(Protocol):
    def create(self, path: str) -> AbstractContextManager[BinaryIO]: ...


def write_bundle(target: Path, parts: ProofParts) -> None:
    """Write a bundle as a new folder.

    Args:
        target: must not exist, or be an empty folder.
    Raises:
        ConflictError: there is something at the target.
        InputError: a name is unsafe, a record cannot be read, or the first does not cover the walked document.
        StorageError: the disk cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConflictError(
            N_("There is something at {path} already."), hint=N_("Choose a new folder for the proof."), path=target
        )
    try:
        _write(_Folder(target), parts)
    except OSError as error:
        raise _not_written(target, error) from error


def pack_bundle(stream: BinaryIO, name: str, parts: ProofParts) -> None:
    """Write a bundle as a ZIP into an open file.

    Args:
        name: of the folder in the ZIP that everything lies in.

    Raises:
        InputError: as `write_bundle`.
    """
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(_Zip(archive, name), parts)


def _not_written(target: Path, error: OSError) -> StorageError:
    return StorageError(
        N_("The proof cannot be written to {path}: {why}."),
        hint=N_("Check the free space and that this account may write there."),
        path=target,
        why=error.strerror or error,
    )


@dataclass(frozen=True, slots=True)
class _Folder:
    root: Path

    @contextmanager
    def create(self, path: str) -> Iterator[BinaryIO]:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())


@dataclass(frozen=True, slots=True)
class _Zip:
    archive: zipfile.ZipFile
    top: str

    @contextmanager
    def create(self, path: str) -> Iterator[BinaryIO]:
        entry = zipfile.ZipInfo(f"{self.top}/{path}", _ZIP_TIME)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o100644 << 16
        with self.archive.open(entry, "w", force_zip64=True) as stream:
            yield stream  # type: ignore[misc]  # a ZipExtFile in writing mode is a binary stream


@dataclass(slots=True)
class _Writer:
    """Writes files and notes their digests."""

    target: _Target
    also: frozenset[str] = frozenset()
    """Further digest algorithms, besides SHA-256 and SHA-512."""
    names: set[str] = field(default_factory=set)
    sums: list[str] = field(default_factory=list)
    """Lines of `sha512sum.txt`."""

    def put(self, path: str, content: bytes) -> None:
        with self.target.create(path) as stream:
            stream.write(content)
        self._noted(path, hashlib.sha512(content).hexdigest())

    def copy(self, file: ProofFile, folder: str) -> tuple[str, int, dict[str, bytes]]:
        """Copy a file; return its path in the bundle, its size and its digests."""
        path = f"{folder}/{_safe(file.path)}"
        if path.casefold() in self.names:
            raise InputError(
                N_("Two files of the proof have the name {path}."),
                hint=N_("Names that differ only in capital letters cannot lie in one folder everywhere."),
                path=path,
            )
        states = {name: digests.new(name) for name in {"sha256", "sha512"} | self.also}
        size = 0
        with file.open() as source, self.target.create(path) as stream:
            while chunk := source.read(digests.CHUNK):
                stream.write(chunk)
                size += len(chunk)
                for state in states.values():
                    state.update(chunk)
        found = {name: state.digest() for name, state in states.items()}
        self._noted(path, found["sha512"].hex())
        return path, size, found

    def _noted(self, path: str, sha512: str) -> None:
        self.names.add(path.casefold())
        escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        self.sums.append(f"{'' if escaped == path else chr(92)}{sha512}  {escaped}\n")


def _safe(path: str) -> str:
    parts = path.split("/")
    if "\0" in path or any(part in {"", ".", ".."} for part in parts):
        raise InputError(
            N_("{path} is no safe name for a file of a proof."),
            hint=N_("A name must be relative and must not lead out of its folder."),
            path=path,
        )
    return path


def _write(target: _Target, parts: ProofParts) -> None:
    records = _records(parts)
    writer = _Writer(target, also=frozenset(one.record.chains[0].algorithm for one in records[:1]))
    walked, data = _data(writer, parts, records[0] if records else None)
    material, roots = _material(writer, parts)
    records = tuple(replace(one, roots=_roots_of(one, parts, roots)) for one in records)
    for read, given in zip(records, parts.records, strict=True):
        writer.put(read.path, given.content)
        for path, stamp in zip(read.tokens, read.record.timestamps, strict=True):
            writer.put(path, stamp.token)
    reports = [writer.copy(report, "reports")[0] for report in parts.reports]
    writer.put("verify.pyz", build_verifier())
    writer.put("verify.html", build_page())
    if records and data:
        writer.put("verify.sh", _shell_script())
        walk = Walk(document=walked, token=records[0].tokens[0], record=records[0].record)
        writer.put("path.txt", walk.text().encode("utf-8", "surrogateescape"))
    facts = _facts(parts, records, roots, walked)
    writer.put("README.txt", readme_text(facts).encode("utf-8", "backslashreplace"))
    writer.put("README.html", readme_html(facts).encode("utf-8", "backslashreplace"))
    manifest = {
        "schema": SCHEMA,
        "label": parts.label,
        "created": utc_text(parts.created),
        "complete": parts.complete,
        "data": data,
        "records": [{"path": one.path, "authority": one.authority, "tokens": list(one.tokens)} for one in records],
        "material": material,
        "reports": reports,
    }
    writer.put("bundle.json", (json.dumps(manifest, ensure_ascii=True, indent=1) + "\n").encode())
    with target.create("sha512sum.txt") as stream:
        for line in writer.sums:
            stream.write(line.encode("utf-8", "surrogateescape"))


def _records(parts: ProofParts) -> tuple[ReadRecord, ...]:
    """Read the records: a bundle that cannot be verified is not written."""
    if not parts.records and not parts.data:
        raise InputError(
            N_("There is nothing to prove: {label} has neither an evidence record nor a file."),
            hint=N_("Seal the package first: chauban evidence seal."),
            label=parts.label,
        )
    found = []
    for number, given in enumerate(parts.records, start=1):
        try:
            record: Record = read_record(given.content)
        except (UnreadableRecord, UnknownAlgorithm) as error:
            raise InputError(
                N_("The evidence record of {authority} cannot be read: {reason}."),
                hint=N_("Verify the stored records: chauban evidence verify."),
                authority=given.authority,
                reason=error,
            ) from error
        count = len(record.timestamps)
        tokens = tuple(f"evidence/record-{number}-timestamp-{place}.tst" for place in range(1, count + 1))
        path = f"evidence/record-{number}.ers"
        found.append(ReadRecord(path=path, authority=given.authority, tokens=tokens, record=record))
    return tuple(found)


def _data(writer: _Writer, parts: ProofParts, record: ReadRecord | None) -> tuple[str, list[dict[str, object]]]:
    """Copy the files, each compared with the record; return the walked one and the list of all."""
    listed: list[dict[str, object]] = []
    walked = ""
    for file in parts.data:
        path, size, found = writer.copy(file, "data")
        if record is not None and not _covers(record.record, found):
            raise InputError(
                N_("The evidence record does not cover {path}."),
                hint=N_("Verify the package: chauban evidence verify."),
                path=file.path,
            )
        if file.path == parts.walked or (not parts.walked and not walked):
            walked = path
        listed.append({"path": path, "size": size, "sha256": found["sha256"].hex(), "sha512": found["sha512"].hex()})
    return walked or next((str(one["path"]) for one in listed), ""), listed


def _covers(record: Record, digests: Mapping[str, bytes]) -> bool:
    first = record.chains[0]
    stamp = first.timestamps[0]
    return digests[first.algorithm] in (stamp.path[0] if stamp.path else (stamp.imprint,))


def _material(writer: _Writer, parts: ProofParts) -> tuple[list[str], tuple[Fingerprint, ...]]:
    writer.put("certs.pem", b"".join(_pem(der) for der in parts.certificates))
    material = ["certs.pem"]
    roots: list[Fingerprint] = []
    for der in parts.certificates:
        certificate = x509.Certificate.load(der)
        if certificate.self_signed == "no":
            continue
        path = f"roots/root-{len(roots) + 1}.pem"
        writer.put(path, _pem(der))
        name = str(certificate.subject.human_friendly)
        roots.append(Fingerprint(path=path, name=name, sha256=hashlib.sha256(der).hexdigest()))
    for number, der in enumerate(parts.revocation_lists, start=1):
        material.append(f"crls/{number}.crl")
        writer.put(material[-1], der)
    for number, der in enumerate(parts.ocsp_responses, start=1):
        writer.put(f"ocsp/{number}.ors", der)
    return material, tuple(roots)


def _roots_of(read: ReadRecord, parts: ProofParts, roots: tuple[Fingerprint, ...]) -> tuple[str, ...]:
    """Return of each token of a record the path of the root it leads to; the first root where that cannot be told."""
    certificates = [x509.Certificate.load(der) for der in parts.certificates]
    by_name = {one.subject.hashable: one for one in certificates}
    paths = {one.sha256: one.path for one in roots}
    first = roots[0].path if roots else ""
    return tuple(paths.get(_root_above(stamp.token, by_name), first) for stamp in read.record.timestamps)


def _root_above(token: bytes, by_name: Mapping[str, x509.Certificate]) -> str:
    """Return the fingerprint of the root above a token's signer, going by the names alone; empty for none."""
    signer = cms.ContentInfo.load(token)["content"]["signer_infos"][0]["sid"]
    if signer.name != "issuer_and_serial_number":
        return ""
    name = signer.chosen["issuer"].hashable
    for _step in range(_LONGEST_PATH):
        certificate = by_name.get(name)
        if certificate is None:
            return ""
        if certificate.self_signed != "no":
            return str(hashlib.sha256(certificate.dump()).hexdigest())
        name = certificate.issuer.hashable
    return ""


def _pem(der: bytes) -> bytes:
    text = base64.encodebytes(der).replace(b"\n", b"")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\n".join((b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""))


def _facts(parts: ProofParts, records: tuple[ReadRecord, ...], roots: tuple[Fingerprint, ...], walked: str) -> Facts:
    return Facts(
        label=parts.label,
        created=parts.created,
        complete=parts.complete,
        count=len(parts.data),
        document=walked,
        records=records,
        roots=roots,
        container=parts.container,
        member=f"{parts.member_prefix}{walked.removeprefix('data/')}",
    )


def _shell_script() -> bytes:
    return files("preservation.proof").joinpath("data/verify.sh").read_bytes()
