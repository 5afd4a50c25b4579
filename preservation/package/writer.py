"""Writes one version of an archival package as a stream, in memory that does not grow with the case file.

Everything about the content is generated first (the digests are in the plan already), into blobs that
stay in memory while small. Then the container is streamed in one go, each content file being hashed
again on its way, so that nothing but the bytes that were examined ever gets into a package.

Source:
    docs/format/aip-v1.md
"""

import hashlib
import os
import re
import stat
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from io import FileIO
from pathlib import Path
from typing import Any

from model.casefile import Document
from model.elements import ELEMENT_SETS
from model.errors import InputError, StorageError
from model.fixity import SHA256, SHA512, digest_stream
from model.identifiers import derived_uuids
from model.spool import Spool
from model.text import N_
from preservation.package import bag
from preservation.package.blob import Blob, Sums
from preservation.package.descriptive import Ead3
from preservation.package.giving_json import json_text
from preservation.package.mets import REPRESENTATION, Heading, Listed, RepresentationMets, root_mets
from preservation.package.plan import ContainerMember, ContentFile, ExtraFile, PackagePlan, SignatureRecord
from preservation.package.premis import DATA, RepresentationPremis, package_premis
from preservation.package.profiles import profile_named, schema_bytes
from preservation.package.readme import readme
from preservation.package.signature_lines import (
    BULK,
    MATERIAL,
    SIGNATURES,
    material_line,
    material_path,
    record_line,
    report_path,
)
from preservation.package.simpledc import case_file_simpledc, document_path, document_simpledc
from preservation.package.stream import ContainerStream, Write
from preservation.package.xmltext import time_text

TAGS = "chauban/"
DESCRIPTION = TAGS + "description.jsonl"
REPORT = TAGS + "report.json"
TEXT = TAGS + "text.jsonl.gz"
DESCRIPTION_SCHEMA = "chauban-description/1"
_DOCUMENTATION = "documentation/"
_README = _DOCUMENTATION + "README.txt"
_REP = f"representations/{REPRESENTATION}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPackage:
    """What was written."""

    top_folder: str
    size: int
    """Bytes of the container."""
    file_count: int
    """Content files."""
    byte_count: int
    """Bytes of the content files."""
    payload_oxum: str
    """Octets and files of the whole payload, as in `bag-info.txt`."""
    members: Spool[ContainerMember]
    """Every file of the container in order; kept in the staging folder."""
    content_prefix: str
    """What the container's paths of content files start with."""
    text_offset: int
    """First byte of the extracted text, `chauban/text.jsonl.gz`; 0 when there is none."""
    text_size: int

    def content_members(self) -> Iterator[ContainerMember]:
        """Yield the members that are content files, in the order of the plan."""
        return (member for member in self.members if member.path.startswith(self.content_prefix))


def write_package(plan: PackagePlan, staging: Path, write: Write) -> WrittenPackage:
    """Write one version of a package.

    Args:
        plan: what goes in; the same plan gives the same bytes.
        staging: an existing folder for what does not fit into memory; `members.jsonl` stays there.
        write: takes the container's bytes in order, in pieces of about a mebibyte; a piece is not
            changed after it was handed over.

    Raises:
        ValueError: the plan contradicts itself (no files, a path twice, a document with unknown files).
        InputError: a file is gone or is no longer what was examined.
        StorageError: a file cannot be read, or the staging folder cannot be written.
        ConfigurationError: the profile is unknown.
    """
    with ExitStack() as stack:
        try:
            build = _Build(plan, staging, stack)
            build.generate()
            return build.stream(write)
        except OSError as exc:
            raise StorageError(
                N_("The package could not be written: {reason}."),
                hint=N_("See that the disk has room and can be read, then start again."),
                reason=exc,
            ) from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One member that is not content, and where its bytes come from."""

    path: str
    sums: Sums
    blob: Blob | None = None
    content: bytes = b""
    extra: ExtraFile | None = None


class _Build:
    """The parts of one package, in the order they come to be."""

    def __init__(self, plan: PackagePlan, staging: Path, stack: ExitStack) -> None:
        self.plan = plan
        self.staging = staging
        self.stack = stack
        profile = profile_named(plan.profile)
        derive = derived_uuids(plan.aip_id)
        self.heading = Heading(
            profile=profile,
            objid=profile.objid(plan.aip_id),
            representation_id=profile.cased(derive(REPRESENTATION)),
            version=plan.version,
            policy=plan.policy,
            created=plan.created,
            case_file=plan.case_file,
            software_version=plan.software_version,
            new_id=lambda name: profile.cased(derive(name)),
        )
        self.profile = profile
        self.top = f"{plan.aip_id}-v{plan.version:05d}"
        self.payload = f"data/{profile.folder(plan.aip_id)}/"
        self.tags: list[_Entry] = []
        self.metadata: list[_Entry] = []
        self.manifests: list[_Entry] = []
        self.companions: list[_Entry] = []
        self.representation_mets = RepresentationMets(staging, self.heading)
        stack.callback(self.representation_mets.close)
        self.content_lines = self._pair(hashed=False)
        self.document_lines = self._pair(hashed=False)
        self.documents = self._blob(hashed=False)
        self.document_records = self._blob(hashed=False)
        self.bulk_records = self._blob(hashed=False)
        self.bulk_lines = self._pair(hashed=False)
        self.file_ids: set[str] = set()
        self.forms: set[str] = set()
        self.oxum = ""
        self.byte_count = 0

    # --- generating -------------------------------------------------------------------------------

    def generate(self) -> None:
        """Make everything but the content, in an order in which each part knows what it must tell."""
        premis_rep = self._files()
        description, descriptive = self._describe()
        self._extras()
        self._signatures()
        self._metadata(premis_rep, descriptive)
        self._manifests(description)

    def _files(self) -> Blob:
        premis = RepresentationPremis(self.heading, self.plan.events)
        blob = self._blob()
        blob.write(premis.head())
        signed = _Signed(self.plan)
        for file in self.plan.files:
            item = file.object
            _check_path(item.path)
            file_id = self._file_id(item.path)
            if file_id in self.file_ids:
                raise ValueError(f"two files of the package have the path {item.path!r}")
            self.file_ids.add(file_id)
            blob.write(premis.file(item, file_id, signed.of(item.path)))
            self.representation_mets.add_file(item, file_id)
            self.content_lines.add(f"{self.payload}{DATA}{item.path}", Sums(item.size, item.sha256, item.sha512))
            self.byte_count += item.size
        if not self.file_ids:
            raise ValueError("a package without files")
        signed.finish()
        blob.write(premis.tail())
        return blob

    def _describe(self) -> tuple[Blob, Blob]:
        """Write the description of the case file and of every document, in all its forms."""
        plan, case_file = self.plan, self.plan.case_file
        lines, descriptive = self._blob(), self._blob()
        lines.write(json_text({"schema": DESCRIPTION_SCHEMA, "case_file": case_file.to_json()}) + "\n")
        ead3 = None
        if self.profile.one_file_per_document:
            descriptive.write(case_file_simpledc(case_file))
        else:
            software = f"chauban {plan.software_version}".strip()
            ead3 = Ead3(descriptive, case_file, objid=self.heading.objid, created=plan.created, software=software)
        for document in plan.documents:
            lines.write(json_text(document.to_json()) + "\n")
            if ead3 is not None:
                self._check_files(document)
                ead3.add(document)
            else:
                self._document_file(document)
        if ead3 is not None:
            ead3.finish()
        return lines, descriptive

    def _document_file(self, document: Document) -> None:
        content = document_simpledc(document, self.plan.case_file).encode("utf-8")
        sums = Sums.of(content)
        path = document_path(document)
        listed = Listed(path=path, sums=sums, mime="text/xml")
        ids = self._check_files(document)
        self.representation_mets.add_document(document.ordinal, listed, zip(document.files, ids, strict=True))
        self.forms.add(document.form)
        self.document_lines.add(f"{self.payload}{_REP}{path}", sums)
        self.documents.write_bytes(content)
        form = _FORMS.index(document.form) if document.form in _FORMS else 0
        self.document_records.write_bytes(_RECORD.pack(document.ordinal, form, sums.size, sums.sha256, sums.sha512))

    def _check_files(self, document: Document) -> list[str]:
        ids = [self._file_id(path) for path in document.files]
        if not self.file_ids.issuperset(ids):
            raise ValueError(f"document {document.ordinal} names a file that the package does not have")
        return ids

    def _extras(self) -> None:
        for extra in sorted(self.plan.extras, key=lambda item: item.path):
            _check_path(extra.path)
            if extra.path.startswith(TAGS) and extra.path not in _OURS and not extra.path.startswith(BULK):
                self.tags.append(_Entry(path=extra.path, sums=_measure(extra.content), extra=extra))
            elif extra.path.startswith(_DOCUMENTATION) and extra.path != _README:
                path = self.payload + extra.path
                self.companions.append(_Entry(path=path, sums=_measure(extra.content), extra=extra))
            else:
                raise ValueError(f"an extra file cannot have the path {extra.path!r}")

    def _signatures(self) -> None:
        """Write the facts about signatures, and measure the validation material, which may be many small files."""
        evidence = self.plan.signatures
        if evidence is None:
            return
        lines, material = self._blob(), self._blob()
        for record in evidence.records:
            lines.write(record_line(record))
        for path, content, line in self._bulk():
            sums = Sums.of(content)
            self.bulk_lines.add(path, sums)
            self.bulk_records.write_bytes(_BULK_RECORD.pack(sums.size, sums.sha256, sums.sha512))
            material.write(line)
        for path, blob in ((SIGNATURES, lines), (MATERIAL, material)):
            self.tags.append(_Entry(path=path, sums=blob.sums(), blob=blob))
        self.tags.sort(key=lambda entry: entry.path)

    def _bulk(self) -> Iterator[tuple[str, bytes, str]]:
        """Yield path and content of each piece of validation material and of each report, with its line."""
        evidence = self.plan.signatures
        if evidence is None:
            return
        for item in evidence.material:
            identifier = item.id
            yield material_path(identifier, item.kind), item.content, material_line(item, identifier)
        for number, content in evidence.reports:
            yield report_path(number), content, ""

    def _metadata(self, premis_rep: Blob, descriptive: Blob) -> None:
        """Make PREMIS and both METS, the representation's first: the package's METS tells its digest."""
        premis = self._blob()
        signed = self.plan.signatures.records if self.plan.signatures else ()
        for part in package_premis(self.heading, self.plan.events, self.plan.agents, self._file_id, signed):
            premis.write(part)
        text = readme(self.heading).encode("utf-8")
        self.companions.insert(0, _Entry(path=self.payload + _README, sums=Sums.of(text), content=text))
        schemas = []
        for schema in self.profile.schemas_of(loose=self.heading.loose, forms=self.forms):
            content = schema_bytes(schema.resource)
            path = f"{self.payload}schemas/{schema.name}"
            schemas.append(_Entry(path=path, sums=_schema_sums(schema.resource), content=content))
        mets_rep = self._blob()
        premis_path = f"metadata/preservation/PREMIS_{REPRESENTATION}.xml"
        self.representation_mets.finish(mets_rep, Listed(path=premis_path, sums=premis_rep.sums(), mime="text/xml"))
        case_file_path = f"metadata/descriptive/{self.profile.case_file_name}"
        mets = self._blob()
        mets.write(
            root_mets(
                self.heading,
                description=Listed(path=case_file_path, sums=descriptive.sums(), mime="text/xml"),
                premis=Listed(path="metadata/preservation/PREMIS.xml", sums=premis.sums(), mime="text/xml"),
                representation=Listed(path=f"{_REP}METS.xml", sums=mets_rep.sums(), mime="text/xml"),
                schemas=[self._listed(entry) for entry in schemas],
                documentation=[self._listed(entry) for entry in self.companions],
            )
        )
        self.companions[:0] = schemas
        for path, blob in (
            ("METS.xml", mets),
            (case_file_path, descriptive),
            ("metadata/preservation/PREMIS.xml", premis),
            (f"{_REP}METS.xml", mets_rep),
            (_REP + premis_path, premis_rep),
        ):
            self.metadata.append(_Entry(path=self.payload + path, sums=blob.sums(), blob=blob))

    def _manifests(self, description: Blob) -> None:
        payload = self._pair()
        for entry in (*self.metadata, *self.companions):
            payload.add(entry.path, entry.sums)
        payload.append(self.document_lines)
        payload.append(self.content_lines)
        self.oxum = payload.oxum
        head = []
        for path, text in (("bagit.txt", bag.BAGIT_TXT), (bag.BAG_INFO, bag.bag_info(self._labels()))):
            content = text.encode("utf-8", "backslashreplace")
            head.append(_Entry(path=path, sums=Sums.of(content), content=content))
        head.append(_Entry(path=DESCRIPTION, sums=description.sums(), blob=description))
        self.tags[:0] = head
        self.manifests = [
            _Entry(path="manifest-sha256.txt", sums=payload.sha256.sums(), blob=payload.sha256),
            _Entry(path="manifest-sha512.txt", sums=payload.sha512.sums(), blob=payload.sha512),
        ]
        tag_lines = self._pair()
        for entry in (*self.tags, *self.manifests):
            tag_lines.add(entry.path, entry.sums)
        tag_lines.append(self.bulk_lines)
        self.manifests += [
            _Entry(path="tagmanifest-sha256.txt", sums=tag_lines.sha256.sums(), blob=tag_lines.sha256),
            _Entry(path="tagmanifest-sha512.txt", sums=tag_lines.sha512.sums(), blob=tag_lines.sha512),
        ]

    def _labels(self) -> list[tuple[str, str]]:
        plan = self.plan
        created = time_text(plan.created, UTC)
        return [
            ("Bag-Software-Agent", f"chauban {plan.software_version}"),
            ("Bagging-Date", created[:10]),
            ("External-Identifier", self.heading.objid),
            ("Payload-Oxum", self.oxum),
            ("Source-Organization", plan.case_file.agency_name),
            (bag.FORMAT_LABEL, str(bag.FORMAT_VERSION)),
            ("Chauban-AIP-Id", str(plan.aip_id)),
            ("Chauban-Package-Version", str(plan.version)),
            ("Chauban-Profile", plan.profile),
            ("Chauban-Policy", plan.policy),
            ("Chauban-Created", created),
        ]

    # --- streaming --------------------------------------------------------------------------------

    def stream(self, write: Write) -> WrittenPackage:
        """Write the container."""
        path = self.staging / "members.jsonl"
        path.unlink(missing_ok=True)
        members: Spool[ContainerMember] = Spool(path, _encode_member, _decode_member, durable=False)
        self.stack.callback(members.close)
        out = ContainerStream(write, members, self.top, int(self.plan.created.timestamp()))
        text = None
        for entry in (*self.tags, *self.metadata, *self.manifests, *self.companions):
            member = _stream_entry(out, entry)
            text = member if entry.path == TEXT else text
        self._stream_bulk(out)
        self._stream_documents(out)
        for file in self.plan.files:
            _stream_content(out, f"{self.payload}{DATA}{file.object.path}", file)
        out.finish()
        return WrittenPackage(
            top_folder=self.top,
            size=out.position,
            file_count=len(self.file_ids),
            byte_count=self.byte_count,
            payload_oxum=self.oxum,
            members=members,
            content_prefix=f"{self.top}/{self.payload}{DATA}",
            text_offset=text.offset if text else 0,
            text_size=text.size if text else 0,
        )

    def _stream_bulk(self, out: ContainerStream) -> None:
        measured = _unpacked(self.bulk_records, _BULK_RECORD)
        for (path, content, _line), (size, sha256, sha512) in zip(self._bulk(), measured, strict=True):
            if len(content) != size or hashlib.sha256(content).digest() != sha256:
                raise ValueError(f"{path} was not the same twice")
            out.add(path, Sums(size, sha256, sha512), [content])

    def _stream_documents(self, out: ContainerStream) -> None:
        content = self.documents.reader()
        for ordinal, form, size, sha256, sha512 in _unpacked(self.document_records, _RECORD):
            path = f"{self.payload}{_REP}{document_path(Document(ordinal=ordinal, form=_FORMS[form]))}"
            out.add(path, Sums(size, sha256, sha512), [content.read(size)])

    # --- small things -----------------------------------------------------------------------------

    def _listed(self, entry: _Entry) -> Listed:
        mime = "application/xml" if entry.path.endswith(".xsd") else "text/plain"
        return Listed(
            path=entry.path.removeprefix(self.payload), sums=entry.sums, mime=entry.extra.mime if entry.extra else mime
        )

    def _file_id(self, path: str) -> str:
        return self.heading.new_id(DATA + path)

    def _blob(self, *, hashed: bool = True) -> Blob:
        blob = Blob(self.staging, hashed=hashed)
        self.stack.callback(blob.close)
        return blob

    def _pair(self, *, hashed: bool = True) -> bag.ManifestPair:
        pair = bag.ManifestPair(self.staging, hashed=hashed)
        self.stack.callback(pair.sha256.close)
        self.stack.callback(pair.sha512.close)
        return pair


_UNSAFE = re.compile("[\x00-\x1f\x7f\\\\\ud800-\udfff]")
_RECORD = struct.Struct(">QBQ32s64s")
_FORMS = tuple(ELEMENT_SETS)
_BULK_RECORD = struct.Struct(">Q32s64s")
_OURS = (DESCRIPTION, SIGNATURES)


class _Signed:
    """The records about signatures, which stand in the order of the files, one file at a time."""

    def __init__(self, plan: PackagePlan) -> None:
        self._records = iter(plan.signatures.records if plan.signatures else ())
        self._next = next(self._records, None)

    def of(self, path: str) -> SignatureRecord | None:
        """Return the record of a file; none where there is none."""
        found = self._next
        if found is None or found.report.file.path != path:
            return None
        self._next = next(self._records, None)
        return found

    def finish(self) -> None:
        """See that every record had its file.

        Raises:
            ValueError: one is of no file, or not in the order of the files.
        """
        if self._next is not None:
            raise ValueError(f"no file, or not in order, for the signatures of {self._next.report.file.path!r}")


def _unpacked(records: Blob, layout: struct.Struct) -> Iterator[tuple[Any, ...]]:
    reader = records.reader()
    while chunk := reader.read(layout.size * 1024):
        yield from layout.iter_unpack(chunk)


def _stream_entry(out: ContainerStream, entry: _Entry) -> ContainerMember:
    if entry.blob is not None:
        return out.add(entry.path, entry.sums, entry.blob.chunks())
    if entry.extra is None:
        return out.add(entry.path, entry.sums, [entry.content])
    with _opened(entry.extra.content, entry.extra.path) as content:
        return out.add_read(entry.path, entry.sums, content, entry.extra.path)


def _stream_content(out: ContainerStream, path: str, file: ContentFile) -> None:
    item = file.object
    with _opened(file.content, item.path) as content:
        out.add_read(path, Sums(item.size, item.sha256, item.sha512), content, item.path)


def _opened(content: Path, path: str) -> FileIO:
    """Open what was handed in, without a buffer: it is read in one piece or in large ones."""
    try:
        return FileIO(content, opener=_open_regular)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as exc:
        raise InputError(
            N_("The file {path} is gone."),
            hint=N_("See that nobody works in the folder, then start again."),
            path=path,
        ) from exc


def _open_regular(path: str, flags: int) -> int:
    """Open a file, without waiting for a writer where a named pipe was put in its place."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise FileNotFoundError(path)


@cache
def _schema_sums(resource: str) -> Sums:
    return Sums.of(schema_bytes(resource))


def _measure(content: Path) -> Sums:
    with _opened(content, content.name) as stream:
        size, (sha256, sha512) = digest_stream(stream, (SHA256, SHA512))
    return Sums(size, sha256.value, sha512.value)


def _check_path(path: str) -> None:
    """See that a path of the plan is what the plan promises.

    Raises:
        ValueError: it could leave the package, or cannot be written everywhere.
    """
    if any(part in ("", ".", "..") for part in path.split("/")) or _UNSAFE.search(path):
        raise ValueError(f"not a portable path: {path!r}")


def _encode_member(member: ContainerMember) -> object:
    return [member.path, member.offset, member.size, member.sha256.hex(), member.sha512.hex()]


def _decode_member(data: Any) -> ContainerMember:
    path, offset, size, sha256, sha512 = data
    return ContainerMember(
        path=path, offset=offset, size=size, sha256=bytes.fromhex(sha256), sha512=bytes.fromhex(sha512)
    )
