"""What a proof carries beside files and records: validation data, reports on signatures, entries of the audit log."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, TypeVar, cast

from archive.access.writing import verified
from archive.archive import Archive
from archive.audit.proofs import proof_content, prove_entries
from archive.catalogue.values import PackageVersion
from archive.evidence.authorities import TokenTrust
from archive.evidence.groups import entry_chunks
from archive.evidence.holding import kept_material
from archive.evidence.proven import proven_files
from archive.evidence.proven_showing import evidence_lines, file_json, file_lines
from archive.evidence.values import PackageKey
from archive.evidence.verified import PackageEvidence
from model.errors import IntegrityError
from model.material import Material, MaterialKind
from model.signatures import TimestampKind
from model.text import LANGUAGES, N_, use_language
from preservation.evidence.reading import read_record, token_contents
from preservation.package.container import Entry
from preservation.package.plan import SignatureRecord
from preservation.package.reader import read_package
from preservation.package.signature_lines import MATERIAL_FOLDER, report_path
from preservation.package.signature_reader import PackagedSignatures
from preservation.proof.bundle import ProofFile
from preservation.timestamps.token import timestamp_facts

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """The files of one copy of a container; each is compared with its digest when it is read."""

    stream: BinaryIO
    entries: Mapping[str, Entry]
    """By their paths in the bag, in the container's order."""
    sha256: Mapping[str, bytes]

    def file(self, path: str, name: str) -> ProofFile:
        """Return a file under a name in the proof.

        Raises:
            IntegrityError: the container lacks it, or has it beside what the manifest lists.
        """
        if path not in self.entries or path not in self.sha256:
            raise IntegrityError(
                N_("{path} is not in the stored package as its manifest says."),
                hint=N_("Run `chauban verify --all --repair` and tell the person responsible."),
                path=path,
            )
        return ProofFile(path=name, open=partial(self._opened, path))

    @contextmanager
    def _opened(self, path: str) -> Iterator[BinaryIO]:
        chunks = verified(entry_chunks(self.stream, self.entries[path]), self.sha256[path], path)
        yield cast("BinaryIO", _Reader(chunks))


class _Reader:
    """Reads chunk by chunk, whatever size is asked for."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def read(self, _size: int = -1) -> bytes:
        """Return the next bytes, none at the end."""
        return next(self._chunks, b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofMaterial:
    """What proves the timestamps of evidence records valid; everything DER."""

    certificates: tuple[bytes, ...]
    """Of each timestamp the path up to its root; that of the first timestamp first."""
    crls: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]


def proof_material(archive: Archive, evidence: PackageEvidence) -> ProofMaterial:
    """Return what the timestamps carry themselves, what was kept with them, and what proves them valid now."""
    trust = TokenTrust.of(archive)
    material = Material()
    for one in evidence.records:
        for stamp in read_record(one.record.content).timestamps:
            _time, algorithm, imprint = token_contents(stamp.token)
            material.update(trust.material(stamp.token, algorithm, imprint))
            timestamp_facts(stamp.token, None, id="", kind=TimestampKind.ARCHIVE, material=material)
        material.update(kept_material(archive, one.record))
    return ProofMaterial(
        certificates=_contents(material, MaterialKind.CERTIFICATE),
        crls=_contents(material, MaterialKind.CRL),
        ocsps=_contents(material, MaterialKind.OCSP),
    )


def _contents(material: Material, kind: MaterialKind) -> tuple[bytes, ...]:
    return tuple(item.content for item in material.of(kind))


def proof_reports(
    archive: Archive, version: PackageVersion, evidence: PackageEvidence, members: Members, wanted: set[str] | None
) -> Iterator[ProofFile]:
    """Yield the reports of a proof.

    Args:
        members: the files of the package.
        wanted: paths under `data/` of the files it is about; none: all.

    Raises:
        IntegrityError: what the package keeps about signatures, or the audit log, is damaged.
    """
    stored = PackagedSignatures(read_package(members.stream))
    records = [
        (number, record)
        for number, record in enumerate(stored.records(), start=1)
        if record.report.file.signatures and (wanted is None or record.report.file.path in wanted)
    ]
    if records:
        yield from _signatures(members, records)
        yield from _proven(archive, version, evidence, wanted)
    yield from _audit(archive, version)


def _signatures(members: Members, records: list[tuple[int, SignatureRecord]]) -> Iterator[ProofFile]:
    """Yield the validation reports at filing, and the validation data they rest on."""
    from preservation.signatures.reporting.printed import printed_report

    for number, _record in records:
        path = report_path(number)
        if path in members.entries:
            yield members.file(path, f"filed/{number:07d}.xml")
    reports = [record.report for _number, record in records]
    for language in LANGUAGES:
        yield _file(f"filed.{language}.pdf", _spoken(language, partial(printed_report, reports)))
    needed = {identifier for _number, record in records for identifier in record.material}
    for path in members.entries:
        name = path.removeprefix(MATERIAL_FOLDER)
        if name != path and name.partition(".")[0] in needed:
            yield members.file(path, f"validation-data/{name}")


def _proven(
    archive: Archive, version: PackageVersion, evidence: PackageEvidence, wanted: set[str] | None
) -> Iterator[ProofFile]:
    """Yield the verdicts on the signatures at the time the evidence proves."""
    held = archive.catalogue.get_case_file(version.aip_id)
    if held is None:
        return
    files = [one for one in proven_files(archive, version, evidence) if wanted is None or one.path in wanted]
    lines = [json.dumps(file_json(held, file, evidence), ensure_ascii=False) + "\n" for file in files]
    yield _file("proven.jsonl", "".join(lines).encode())

    def told() -> str:
        every = [*evidence_lines(evidence), *(line for file in files for line in ("", *file_lines(file, evidence)))]
        return "\n".join(every) + "\n"

    for language in LANGUAGES:
        yield _file(f"proven.{language}.txt", _spoken(language, told).encode())


def _audit(archive: Archive, version: PackageVersion) -> Iterator[ProofFile]:
    """Yield the entries of the audit log about a package, each with the proof that it is in the log."""
    for proof in prove_entries(archive, str(version.aip_id)):
        yield _file(f"audit/{proof.seq:07d}.json", proof_content(proof))


def sealed_digests(archive: Archive, package: PackageKey) -> Iterator[ProofFile]:
    """Yield the digests of a package's files as far as the catalogue still knows them, as `sha512sum` writes them."""
    rows = sorted(archive.catalogue.content_digests(package.aip_id, package.version, "sha512"))
    lines = [f"{digest.hex()}  {path.partition('/')[2]}\n" for path, digest in rows if not set(path) & set("\r\n\\")]
    if lines:
        yield _file("sealed-sha512.txt", "".join(lines).encode("utf-8", "surrogateescape"))


def _file(path: str, content: bytes) -> ProofFile:
    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        yield io.BytesIO(content)

    return ProofFile(path=path, open=opened)


def _spoken(language: str, make: Callable[[], T]) -> T:
    """Return what is made while a language is in force."""

    def run() -> T:
        use_language(language)
        return make()

    return copy_context().run(run)
