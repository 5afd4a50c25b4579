"""The four kinds of tag file of a BagIt 1.0 bag, written and read.

Source:
    RFC 8493; docs/format/aip-v1.md section 4.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from preservation.package.blob import Blob, Sums

BAGIT_TXT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
BAG_INFO = "bag-info.txt"
FORMAT_LABEL = "Chauban-AIP-Format"
FORMAT_VERSION = 1


class ManifestPair:
    """The SHA-256 and the SHA-512 manifest of the same files, grown line by line."""

    def __init__(self, staging: Path, *, hashed: bool = True) -> None:
        self.sha256 = Blob(staging, hashed=hashed)
        self.sha512 = Blob(staging, hashed=hashed)
        self.octets = 0
        self.files = 0

    def add(self, path: str, sums: Sums) -> None:
        """Add one file by its path from the bag's top folder."""
        name = encoded_path(path)
        self.sha256.write(f"{sums.sha256.hex()}  {name}\n")
        self.sha512.write(f"{sums.sha512.hex()}  {name}\n")
        self.octets += sums.size
        self.files += 1

    def append(self, other: "ManifestPair") -> None:
        """Add everything another pair lists."""
        self.sha256.append(other.sha256)
        self.sha512.append(other.sha512)
        self.octets += other.octets
        self.files += other.files

    @property
    def oxum(self) -> str:
        """Octets and files of what is listed, as `Payload-Oxum` tells them."""
        return f"{self.octets}.{self.files}"


def encoded_path(path: str) -> str:
    """Return a path as a manifest writes it: `%`, LF and CR percent-encoded, nothing else (RFC 8493 2.1.3)."""
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def bag_info(labels: Iterable[tuple[str, str]]) -> str:
    """Return `bag-info.txt`; a value stands on one line, labels without a value are left out."""
    lines = ((label, " ".join(value.split())) for label, value in labels)
    return "".join(f"{label}: {value}\n" for label, value in lines if value)


def read_bag_info(text: str) -> Mapping[str, str]:
    """Return the labels of `bag-info.txt`; of a repeated label the first value; folded lines are joined."""
    values: dict[str, str] = {}
    label = ""
    for line in text.splitlines():
        if line[:1] in (" ", "\t") and label:
            values[label] += " " + line.strip()
            continue
        name, colon, value = line.partition(":")
        label = name.strip() if colon and name.strip() not in values else ""
        if label:
            values[label] = value.strip()
    return values
