"""Everything of a handed-in package that is not content: kept byte for byte in the archival package.

Few files are kept one by one under `documentation/submission/`; many, as a package of thousands of
documents has them, in one TAR there, so that the archival package's own METS stays small.
"""

import shutil
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.sources.package import PackageSource
from ingest.values import ReceivedFile
from ingest.workspace import Workspace
from model.errors import StorageError
from model.findings import FindingLog
from model.fixity import Digester
from model.spool import Spool
from model.text import N_
from preservation.package.plan import ExtraFile

if TYPE_CHECKING:
    from ingest.packages.links import LinkResolver

FOLDER = "documentation/submission/"
PARTS = "parts.jsonl"
PACKED = "submission.tar"
ONE_BY_ONE = 500
"""Files that are kept one by one; more are packed."""
_PER_FOLDER = 1000
_MEDIA_TYPES = {".xml": "application/xml", ".xsd": "application/xml", ".json": "application/json", ".txt": "text/plain"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPart:
    """One file that is kept beside the content."""

    path: str
    """In the archival package."""
    place: str
    """Of its bytes, from the work area."""
    mime: str

    def to_json(self) -> dict[str, str]:
        """Return the stored form."""
        return {"path": self.path, "place": self.place, "mime": self.mime}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "KeptPart":
        """Read the stored form back."""
        return cls(path=data["path"], place=data["place"], mime=data["mime"])

    def as_extra(self, work: Path) -> ExtraFile:
        """Return what the package writer is told."""
        return ExtraFile(path=self.path, content=work / self.place, mime=self.mime)


class PackageParts:
    """Gathers the parts of one package while they are read."""

    def __init__(self, source: PackageSource, workspace: Workspace) -> None:
        self.source = source
        self._work = workspace.path
        shutil.rmtree(self._work / "parts", ignore_errors=True)
        (self._work / "parts").mkdir()
        workspace.discard_after(PARTS)
        self._files: Spool[ReceivedFile] = Spool(
            self._work / PARTS, ReceivedFile.to_json, ReceivedFile.from_json, durable=False
        )
        self._links: list[ReceivedFile] = []
        self._originals: dict[bytes, ReceivedFile] = {}
        self._count = 0

    def place(self, position: int) -> Path:
        """Return where the bytes of a part are copied to."""
        return self._work / "parts" / f"{position // _PER_FOLDER:06d}" / f"{position:06d}"

    def add(self, file: ReceivedFile) -> None:
        """Take a part that was copied to its place."""
        self._files.append(file)
        self._count += 1

    def rewritten(self, file: ReceivedFile, links: "LinkResolver", log: FindingLog) -> ReceivedFile:
        """Return a link file as the archival package has it; as it was received it becomes a part."""
        content = self._read(file)
        changed = links.rewritten(content, file.path, log)
        if changed == content:
            return file
        number = len(self._links)
        self._place_of(number, "").write_bytes(changed)
        self._place_of(number, ".received").write_bytes(content)
        self._originals[file.name] = file
        name = self.source.original_name(file.name)
        received = replace(file, name=name, path=f"links/{file.path}", content=self._place_of(number, ".received"))
        self._links.append(received)
        digester = Digester()
        digester.update(changed)
        sha256, sha512 = digester.digests()
        return replace(
            file, size=len(changed), sha256=sha256.value, sha512=sha512.value, content=self._place_of(number, "")
        )

    def whole(self, content: Iterable[ReceivedFile]) -> "WholePackage":
        """Return every file of the package under its own name."""
        return WholePackage(self.source, content, self._originals, self._files)

    def finish(self) -> tuple[KeptPart, ...]:
        """Return what the archival package keeps."""
        self._files.close()
        files = (*self._links,) if self._count > ONE_BY_ONE else (*self._links, *self._files)
        kept = [
            KeptPart(
                path=f"{FOLDER}{file.path}", place=str(file.content.relative_to(self._work)), mime=_mime(file.path)
            )
            for file in files
        ]
        if self._count > ONE_BY_ONE:
            self._pack()
            kept.append(KeptPart(path=FOLDER + PACKED, place=f"parts/{PACKED}", mime="application/x-tar"))
        return tuple(kept)

    def _pack(self) -> None:
        """Write all parts into one TAR; the same parts give the same bytes."""
        try:
            with tarfile.open(self._work / "parts" / PACKED, "w", format=tarfile.PAX_FORMAT) as tar:
                for file in self._files:
                    member = tarfile.TarInfo(file.name.decode("utf-8", "surrogateescape"))
                    member.size = file.size
                    with file.content.open("rb") as stream:
                        tar.addfile(member, stream)
        except OSError as error:
            raise StorageError(
                N_("The work area cannot be written: {why}."),
                hint=N_("Free some space, then run the same command again."),
                why=error.strerror,
            ) from error

    def _place_of(self, number: int, ending: str) -> Path:
        return self._work / "parts" / f"link-{number:06d}{ending}"

    def _read(self, file: ReceivedFile) -> bytes:
        from ingest.packages.links import LINK_LIMIT

        with file.content.open("rb") as stream:
            return stream.read(LINK_LIMIT + 1)


class WholePackage:
    """Every file of a package as it was received, as often as one likes."""

    def __init__(
        self,
        source: PackageSource,
        content: Iterable[ReceivedFile],
        originals: Mapping[bytes, ReceivedFile],
        parts: Iterable[ReceivedFile],
    ) -> None:
        self._source = source
        self._content = content
        self._originals = originals
        self._parts = parts

    def __iter__(self) -> Iterator[ReceivedFile]:
        for file in self._content:
            received = self._originals.get(file.name, file)
            yield replace(received, name=self._source.original_name(file.name))
        yield from self._parts


def _mime(path: str) -> str:
    return _MEDIA_TYPES.get(Path(path).suffix.lower(), "application/octet-stream")
