"""Case files with signed documents, and an archive that trusts the test PKI, at a time that stands still."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from archive.archive import Archive, create_archive, open_archive
from tests.fakes.casefiles import make_case_folder
from tests.fakes.pki import SIGNED, SetClock, pki
from tests.fakes.signing import Signing, plain_pdf, sign_cms, sign_pdf

FILED = SIGNED + timedelta(days=1, hours=2)
"""When the case files are handed in."""
ROOTS = ("root-public", "root-gov")


def trust_folder(folder: Path, *labels: str) -> Path:
    """Write the roots (those of the PKI unless named) and their revocation lists into a trust folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for label in labels or ROOTS:
        (folder / f"{label}.cer").write_bytes(pki().certificate(label))
    return folder


def good(at: datetime = SIGNED) -> bytes:
    """Return a PDF signed by a person, with a timestamp and all validation data."""
    return sign_pdf(plain_pdf("Good"), Signing(level="LT", at=at))


def revoked() -> bytes:
    """Return a PDF signed after the certificate was revoked."""
    return sign_pdf(plain_pdf("Revoked"), Signing(signer="person-revoked-before", level="LT"))


def altered() -> bytes:
    """Return a PDF whose signed bytes were changed."""
    return good().replace(b"(Good)", b"(Evil)")


def detached(data: bytes) -> bytes:
    """Return a detached CMS signature over data."""
    return sign_cms(data, Signing(level="LT"))


def make_signed_case(folder: Path, code: str, files: Mapping[str, bytes]) -> Path:
    """Write a case file: one document for each PDF; what is named `x.p7s` belongs to the document of `x`."""
    make_case_folder(folder, code, documents=len([name for name in files if not name.endswith(".p7s")]))
    descriptor = json.loads((folder / "hoso.json").read_text(encoding="utf-8"))
    mains = [name for name in files if not name.endswith(".p7s")]
    for document, main in zip(descriptor["documents"], mains, strict=True):
        (folder / document["files"][0]).unlink()
        document["files"] = [name for name in (main, f"{main}.p7s") if name in files]
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / "hoso.json").write_text(json.dumps(descriptor, ensure_ascii=False), encoding="utf-8")
    return folder


@contextmanager
def trusting_archive(folder: Path, *, at: datetime = FILED, database: str = "") -> Iterator[Archive]:
    """Make and open an archive that trusts the test PKI; its clock is a `SetClock`."""
    create_archive(folder, stores=("a", "b"), database=database)
    trust_folder(folder / "trust")
    with open_archive(folder, clock=SetClock(time=at)) as archive:
        yield archive
