"""What a file is: the result of identification, and the facts gathered about one file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatIdentification:
    """The format of one file by PRONOM."""

    puid: str
    """PRONOM identifier such as `fmt/477`; `UNKNOWN` when nothing matched."""
    name: str = ""
    version: str = ""
    mime: str = ""
    basis: str = ""
    """What the identification rests on: extension, byte offsets, container."""
    warnings: tuple[str, ...] = ()
    signature_release: str = ""
    """Tool and signature file: `siegfried 1.11.9; DROID_SignatureFile_V125.xml; container-signature-….xml`."""

    def to_json(self) -> dict[str, object]:
        """Return the stored form."""
        return {
            "puid": self.puid,
            "name": self.name,
            "version": self.version,
            "mime": self.mime,
            "basis": self.basis,
            "warnings": list(self.warnings),
            "signature_release": self.signature_release,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "FormatIdentification":
        """Read the stored form back."""
        return cls(
            puid=data["puid"],
            name=data.get("name", ""),
            version=data.get("version", ""),
            mime=data.get("mime", ""),
            basis=data.get("basis", ""),
            warnings=tuple(data.get("warnings", ())),
            signature_release=data.get("signature_release", ""),
        )


UNKNOWN_PUID = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatorRun:
    """One validator, and whether it ran on the file."""

    name: str
    version: str
    ran: bool
    why_not: str = ""
    """Reason when it did not run: not installed, timed out, out of memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatFacts:
    """Everything the examination of one file brought to light."""

    identification: FormatIdentification
    validators: tuple[ValidatorRun, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Locations are the name the caller gave the file."""
    text: str = ""
    """Extracted text in NFC, cut at the cap; empty when there is none."""
    pages: int | None = None
    """How many pages it has, where its format has pages that were counted."""
