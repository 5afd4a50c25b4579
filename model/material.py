"""Validation material: certificates, revocation data and timestamp tokens, addressed by their content."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class MaterialKind(StrEnum):
    """What a piece of validation material is; also the ending of its file in a package."""

    CERTIFICATE = "cer"
    CRL = "crl"
    OCSP = "ocsp"
    """A DER `OCSPResponse`."""
    TIMESTAMP = "tst"
    """A DER `TimeStampToken` (CMS ContentInfo)."""


class MaterialSource(StrEnum):
    """Where a piece of validation material came from."""

    DOCUMENT = "document"
    """It was in the signed file itself."""
    FETCHED = "fetched"
    """It was fetched from an address the certificates name, when the file was checked."""
    TRUST_STORE = "trust-store"
    """It lies in the trust folder: an anchor, an intermediate, an imported CRL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialItem:
    """One piece of validation material."""

    kind: MaterialKind
    content: bytes
    """DER, exactly as found."""
    source: MaterialSource
    url: str = ""
    """Address it was fetched from."""
    obtained: datetime | None = None
    """When it was fetched or imported; none for what the document held."""

    @property
    def id(self) -> str:
        """SHA-256 of the content, lower-case hexadecimal: the name under which facts refer to it."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(slots=True)
class Material:
    """A collection of validation material; what is in it twice is kept once."""

    items: dict[str, MaterialItem] = field(default_factory=dict)

    def add(
        self,
        kind: MaterialKind,
        content: bytes,
        source: MaterialSource = MaterialSource.DOCUMENT,
        *,
        url: str = "",
        obtained: datetime | None = None,
    ) -> str:
        """Keep a piece and return its id; one that is there already keeps its first provenance."""
        return self.keep(MaterialItem(kind=kind, content=content, source=source, url=url, obtained=obtained))

    def keep(self, item: MaterialItem) -> str:
        """Keep a piece and return its id."""
        identifier = item.id
        self.items.setdefault(identifier, item)
        return identifier

    def update(self, other: Iterable[MaterialItem]) -> None:
        """Keep several pieces."""
        for item in other:
            self.keep(item)

    def get(self, identifier: str) -> bytes | None:
        """Return the content of a piece; none when it is not here."""
        item = self.items.get(identifier)
        return item.content if item else None

    def of(self, kind: MaterialKind) -> Iterator[MaterialItem]:
        """Yield the pieces of one kind in the order they were added."""
        return (item for item in self.items.values() if item.kind is kind)

    def __iter__(self) -> Iterator[MaterialItem]:
        return iter(self.items.values())

    def __len__(self) -> int:
        return len(self.items)
