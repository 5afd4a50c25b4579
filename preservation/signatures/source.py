"""What an examiner of signatures is given, and what bounds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from model.material import Material


class Companions(Protocol):
    """Finds the files that lie beside a signed file: what a detached signature signs."""

    def find(self, names: tuple[str, ...], digests: Mapping[str, bytes]) -> "Companion | None":
        """Return the file that was signed.

        Args:
            names: file names it may have, the likeliest first.
            digests: what its digest must be, by algorithm name (`sha256`); may be empty. A file whose digest fits
                comes before one whose name fits.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A file beside the signed one."""

    name: str
    path: Path


class NoCompanions:
    """Nothing lies beside the file."""

    def find(self, names: tuple[str, ...], digests: Mapping[str, bytes]) -> Companion | None:  # noqa: ARG002 - protocol
        """Return nothing."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureLimits:
    """What one file may cost."""

    seconds: float = 60.0
    """Wall time of the whole check of a small file, without waiting for the network."""
    bytes_per_second: int = 2 << 20
    """A large file gets one more second for each of these."""
    memory: int = 2 << 30
    """Bytes of private memory of the worker."""
    document: int = 512 << 20
    """Largest signed XML, CMS or mail read whole, and largest entry of a container, in bytes."""
    xml: int = 64 << 20
    """Largest XML document parsed, in bytes."""
    entries: int = 10_000
    """Entries of a container."""
    ratio: int = 200
    """Unpacked bytes for each packed byte of a container entry."""
    unpacked: int = 2 << 30
    """Unpacked bytes of a container in all."""
    signatures: int = 200
    """Signatures of one file; the rest is a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFile:
    """One file to be looked at for signatures."""

    path: Path
    """Where its bytes are; read only."""
    name: str
    """The name its maker gave it."""
    material: Material
    """Collects the validation material the file holds."""
    companions: Companions = field(default_factory=NoCompanions)
    limits: SignatureLimits = SignatureLimits()
