"""What the stand-alone verifier reads: records, files, certificates, and an unpacked proof bundle."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from asn1crypto import pem, x509

from preservation.cms.digests import digest_file
from preservation.evidence.reading import MAX_RECORD
from preservation.evidence.values import DataObject
from preservation.proof.offline.paths import Material

MANIFEST = "bundle.json"
DATA = "data"
_MAX_MANIFEST = 256 << 20
_MAX_MATERIAL = 64 << 20
_CERTIFICATE_SUFFIXES = frozenset({".pem", ".cer", ".crt", ".der"})


class CannotRun(Exception):
    """Nothing could be verified; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A file that the bundle's list names."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An unpacked proof bundle, as its `bundle.json` describes it."""

    folder: Path
    label: str
    data: tuple[Listed, ...]
    complete: bool
    """Whether the data are everything that was sealed together."""
    records: tuple[str, ...]
    material: tuple[str, ...]
    """Files with certificates and revocation lists."""


def read_bytes(path: Path, limit: int = MAX_RECORD) -> bytes:
    """Read a small file.

    Raises:
        CannotRun: it cannot be read, or is too large.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror or error}") from error
    if len(content) > limit:
        raise CannotRun(f"{path}: larger than {limit} bytes")
    return content


def read_bundle(folder: Path) -> Bundle:
    """Read the list of a bundle.

    Raises:
        CannotRun: there is none, it is damaged, of a newer kind, or names a file outside the folder.
    """
    try:
        content = json.loads(read_bytes(folder / MANIFEST, _MAX_MANIFEST))
        if content["schema"] != "proof-bundle/1":
            raise CannotRun(f"{MANIFEST}: {content['schema']}")
        bundle = Bundle(
            folder=folder,
            label=str(content["label"]),
            data=tuple(Listed(path=str(one["path"]), sha256=str(one["sha256"])) for one in content["data"]),
            complete=content["complete"] is True,
            records=tuple(str(one["path"]) for one in content["records"]),
            material=tuple(str(path) for path in content["material"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CannotRun(f"{MANIFEST}: {error!r}") from error
    for path in (*(one.path for one in bundle.data), *bundle.records, *bundle.material):
        _inside(folder, path)
    return bundle


def _inside(folder: Path, path: str) -> None:
    parts = path.replace("\\", "/").split("/")
    if not path or "\0" in path or ".." in parts or Path(path).is_absolute() or ":" in parts[0]:
        raise CannotRun(f"{MANIFEST}: {path!r}")
    if not (folder / path).resolve().is_relative_to(folder.resolve()):
        raise CannotRun(f"{MANIFEST}: {path!r}")


def files_below(folder: Path) -> Iterator[str]:
    """Yield the paths of all files of a folder, relative, with `/`; links are files of their own."""
    for place, _folders, names in os.walk(folder):
        for name in names:
            yield (Path(place) / name).relative_to(folder).as_posix()


def data_object(name: str, path: Path) -> DataObject:
    """Return a file as something a record may prove; its digests are computed when they are needed."""

    @cache
    def digest(algorithm: str) -> bytes:
        try:
            return digest_file(path, (algorithm,))[algorithm]
        except OSError as error:
            raise CannotRun(f"{path}: {error.strerror or error}") from error

    found: Callable[[str], bytes | None] = digest
    return DataObject(name=name, digest=found)


def certificates_in(content: bytes) -> list[bytes]:
    """Return the DER of the certificates in a PEM or DER file."""
    if not pem.detect(content):
        return [content]
    return [der for kind, _headers, der in pem.unarmor(content, multiple=True) if kind == "CERTIFICATE"]


def read_material(paths: Iterable[Path]) -> Material:
    """Return the certificates and revocation lists of some files; what is neither is left aside."""
    material = Material()
    for path in paths:
        content = read_bytes(path, _MAX_MATERIAL)
        if not pem.detect(content):
            material.add([content], [content])
            continue
        for kind, _headers, der in pem.unarmor(content, multiple=True):
            material.add([der] if kind == "CERTIFICATE" else (), [der] if kind == "X509 CRL" else ())
    return material


def read_roots(paths: Iterable[Path]) -> list[x509.Certificate]:
    """Return the certificates of files that the inspector trusts.

    Raises:
        CannotRun: a file holds no certificate.
    """
    found: list[x509.Certificate] = []
    for path in paths:
        material = Material()
        try:
            material.add(certificates_in(read_bytes(path, _MAX_MATERIAL)))
        except ValueError as error:
            raise CannotRun(f"{path}: {error}") from error
        if not material.certificates:
            raise CannotRun(f"{path}: no certificate")
        found += material.certificates.values()
    return found


def trust_folder(folder: Path) -> list[Path]:
    """Return the certificate files of a trust folder; of one with `trust.toml`, those it trusts for timestamps.

    Raises:
        CannotRun: it has none, or its `trust.toml` cannot be read by this Python.
    """
    if (folder / "trust.toml").is_file():
        found = _anchors(folder)
    else:
        found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _CERTIFICATE_SUFFIXES)
    if not found:
        raise CannotRun(f"{folder}: no certificate")
    return found


def _anchors(folder: Path) -> list[Path]:
    try:
        import tomllib
    except ImportError as error:
        raise CannotRun(f"{folder / 'trust.toml'}: Python 3.11, or --roots FILE") from error
    try:
        listed = tomllib.loads(read_bytes(folder / "trust.toml").decode("utf-8"))["anchor"]
        names = [str(one["file"]) for one in listed if "tsa" in one["purposes"]]
    except (ValueError, TypeError, KeyError) as error:
        raise CannotRun(f"{folder / 'trust.toml'}: {error!r}") from error
    for name in names:
        _inside(folder, name)
    return [folder / name for name in names]
