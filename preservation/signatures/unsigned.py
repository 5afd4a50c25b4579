"""Tells the files that certainly carry no signature from their raw bytes, so that only others need the worker.

Most files handed in are not signed. What is sought are names that no signature can do without, in a small file read
whole; of a ZIP its directory, of an Office document also the text of its first links. Nothing a stranger made is
parsed here, and whatever is unusual, large or damaged is left to the examiner of its kind.
"""

from collections.abc import Callable
from pathlib import Path

from preservation.signatures.containers.container import Container, ContainerFault, open_container
from preservation.signatures.containers.names import (
    CONTENT_TYPES,
    ROOT_RELATIONSHIPS,
    is_office_signature,
    is_open_document_signature,
)
from preservation.signatures.detect import SignedKind
from preservation.signatures.pdf.scan import scan
from preservation.signatures.source import SignatureLimits
from preservation.signatures.xml.scan import may_be_signed

_SMALL = 1 << 20
"""Bytes of a file that are searched here; the worker, which can be killed, searches larger ones."""
_TABLE = 64 << 10
"""Bytes of a table of an Office document."""


def certainly_unsigned(path: Path, kind: SignedKind, size: int) -> bool:
    """Tell whether a file that may carry signatures certainly has none; false wherever that is not plain.

    Raises:
        OSError: it cannot be read.
    """
    search = _SEARCHES.get(kind)
    return search is not None and 0 < size <= _SMALL and search(path)


def _pdf(path: Path) -> bool:
    seen = scan(path.read_bytes())
    return seen.sound and not seen.signed


def _xml(path: Path) -> bool:
    return not may_be_signed(path.read_bytes())


def _container(path: Path, decide: Callable[[Container], bool]) -> bool:
    try:
        with open_container(path, SignatureLimits()) as container:
            return decide(container)
    except ContainerFault:
        return False


def _open_document(container: Container) -> bool:
    return not any(is_open_document_signature(name) for name in container.names)


def _office(container: Container) -> bool:
    if any(is_office_signature(name) for name in container.names):
        return False
    types = container.read(CONTENT_TYPES, _TABLE)
    links = container.read(ROOT_RELATIONSHIPS, _TABLE)
    whole = types.rstrip().endswith(b"Types>") and links.rstrip().endswith(b"Relationships>")
    return whole and not any(mark in table for table in (types, links) for mark in (b"digital-signature", b"&", b"\0"))


_SEARCHES: dict[SignedKind, Callable[[Path], bool]] = {
    SignedKind.PDF: _pdf,
    SignedKind.XML: _xml,
    SignedKind.ODF: lambda path: _container(path, _open_document),
    SignedKind.OOXML: lambda path: _container(path, _office),
}
