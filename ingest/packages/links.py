"""Linked documents (`*.fetch.txt`): documents of other case files of the same fonds, named instead of enclosed.

A submission names the document by its identifier alone; an archival package by the package and the
path it lies at. Only this archive is asked: nothing is ever fetched from anywhere.

Source:
    Circular 05/2025/TT-BNV, Annexes I and III (holey documents).
"""

from dataclasses import dataclass
from urllib.parse import quote

from archive.catalogue.identifiers import DocumentIdentifiers, IdentifiedDocument
from ingest.packages.findings import LINK_AMBIGUOUS, LINK_FORM, LINK_MADE, LINK_NOT_FOUND, LINK_OTHER_FONDS
from model.findings import FindingLog
from preservation.package.tt05_linked import read_line

LINK_LIMIT = 1 << 16
"""Bytes of a link file that are read."""
_LINES = 100
_IDENTIFIER = 200
_MARK = ".fetch.txt"
_DATA = "representations/rep1/data/"


@dataclass(frozen=True, slots=True)
class LinkResolver:
    """Finds what links mean among the documents of one fonds."""

    identifiers: DocumentIdentifiers
    fonds: str

    def rewritten(self, content: bytes, path: str, log: FindingLog) -> bytes:
        """Return a link file as an archival package has it; as it was where a link leads nowhere, with a finding.

        Args:
            content: of the file as received.
            path: of the file under `data/`.
        """
        lines: list[str] = []
        for identifier in self._named(content, path, log):
            document = self._find(identifier, path, log)
            if document is not None:
                lines += self._lines(document, identifier, path, log)
        return "".join(f"{line}\n" for line in lines).encode() if lines else content

    def _named(self, content: bytes, path: str, log: FindingLog) -> list[str]:
        """Return the identifiers a link file names."""
        shown = content[:200].decode("utf-8", "backslashreplace").strip()
        try:
            texts = [line.strip() for line in content.decode("utf-8-sig").splitlines() if line.strip()]
        except UnicodeDecodeError:
            texts = []
        found = list(dict.fromkeys(line.identifier if (line := read_line(text)) else text for text in texts))
        wrong = any(len(item) > _IDENTIFIER or "://" in item or not item.isprintable() for item in found)
        if wrong or not found or len(found) > _LINES or len(content) > LINK_LIMIT:
            log.add(LINK_FORM.at(path, text=shown))
            return []
        return found

    def _find(self, identifier: str, path: str, log: FindingLog) -> IdentifiedDocument | None:
        found = self.identifiers.find(identifier)
        own = [item for item in found if item.fonds_code == self.fonds and item.files]
        if len(own) == 1:
            return own[0]
        if own:
            packages = ", ".join(dict.fromkeys(str(item.aip_id) for item in own))
            log.add(LINK_AMBIGUOUS.at(path, identifier=identifier, packages=packages))
        elif found and found[0].fonds_code != self.fonds:
            other = found[0].fonds_code or "?"
            log.add(LINK_OTHER_FONDS.at(path, identifier=identifier, other=other, fonds=self.fonds or "?"))
        else:
            log.add(LINK_NOT_FOUND.at(path, identifier=identifier, fonds=self.fonds or "?"))
        return None

    def _lines(self, document: IdentifiedDocument, identifier: str, path: str, log: FindingLog) -> list[str]:
        here = quote(f"{_DATA}{path.removesuffix(_MARK)}", safe="/")
        package = str(document.aip_id).upper()
        lines = []
        for held, size, sha256 in document.files:
            there = quote(f"{_DATA}{held}", safe="/")
            fonds = quote(self.fonds, safe="")
            lines.append(f"urn_{fonds}_{package}_{there} {size} {here} {quote(identifier, safe='/:')}")
            log.add(LINK_MADE.at(path, identifier=identifier, path=held, package=document.aip_id, sha256=sha256.hex()))
        return lines
