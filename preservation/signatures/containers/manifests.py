"""Lists inside ASiC containers: which files a signature, timestamp or evidence record covers, by their digests.

Source:
    ETSI EN 319 162-1 V1.1.1, A.4 (ASiCManifest) and 4.3.3.2; OpenDocument 1.3 part 2, 3.2 (manifest.xml)
"""

import unicodedata
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from lxml import etree

from model.findings import Finding
from model.text import N_
from preservation.cms.digests import UnsupportedAlgorithm
from preservation.signatures.containers import findings as kinds
from preservation.signatures.containers.container import Container, ContainerFault
from preservation.signatures.xml import names
from preservation.signatures.xml.document import XmlFault, read_document
from preservation.signatures.xml.transforms import decode_base64

LIST_LIMIT = 4 << 20
"""Bytes of a list of files that is read."""
_ASIC_SPACES = ("http://uri.etsi.org/02918/v1.2.1#", "http://uri.etsi.org/02918/v1.1.1#")
_ODF_MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReference:
    """One file of a list (DataObjectReference)."""

    name: str
    """Entry of the container, or the reference as written when it leads out of it."""
    algorithm: str
    """Canonical name of the digest; the identifier as written when it is not known."""
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One ASiCManifest."""

    name: str
    target: str
    """Entry of the signature, timestamp or evidence record that covers the list (SigReference)."""
    references: tuple[DataReference, ...]


@dataclass(slots=True)
class Comparison:
    """What a list says and what is in the container."""

    fitting: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether every file of the list is there and unchanged."""
        return not (self.changed or self.missing or self.undecided)


def entry_of(reference: str, container: Container) -> str:
    """Return the entry a reference names: relative to the container's root, percent-encoded or as it is.

    Source:
        ETSI EN 319 162-1, A.4; RFC 3986
    """
    path = reference.partition("#")[0].removeprefix("./").lstrip("/")
    if path in container:
        return path
    try:
        decoded = unquote(path, errors="strict")
    except UnicodeDecodeError:
        return path
    forms = (decoded, unicodedata.normalize("NFC", decoded), unicodedata.normalize("NFD", decoded))
    return next((form for form in forms if form in container), decoded)


def read_manifest(container: Container, name: str) -> Manifest:
    """Read an ASiCManifest.

    Raises:
        ContainerFault: it is not one.
    """
    root = _parse(container, name)
    if not names.named(root, "ASiCManifest", _ASIC_SPACES):
        raise _unreadable(name, N_("it is not an ASiC manifest"))
    signature = names.child(root, "SigReference", _ASIC_SPACES)
    uri = "" if signature is None else signature.get("URI", "")
    found = []
    for reference in names.children(root, "DataObjectReference", _ASIC_SPACES):
        method = names.child(reference, "DigestMethod", (names.DSIG,))
        algorithm = "" if method is None else method.get("Algorithm", "")
        value = names.text_of(names.child(reference, "DigestValue", (names.DSIG,)))
        digest = decode_base64(value.encode("ascii", "replace"))
        if digest is None or not algorithm or not reference.get("URI"):
            raise _unreadable(name, N_("a reference is incomplete"))
        found.append(
            DataReference(
                name=_target(reference.get("URI", ""), container),
                algorithm=names.DIGESTS.get(algorithm, algorithm),
                digest=digest,
            )
        )
    if not found:
        raise _unreadable(name, N_("it names no files"))
    return Manifest(name=name, target=entry_of(uri, container) if uri else "", references=tuple(found))


def compare(container: Container, manifest: Manifest) -> Comparison:
    """Compare the digests of a list with the files of the container."""
    result = Comparison()
    for reference in manifest.references:
        name = reference.name
        if name not in container:
            result.missing.append(name)
            result.findings.append(kinds.FILE_MISSING.at(manifest.name, name=name))
            continue
        try:
            fits = container.digest(name, reference.algorithm) == reference.digest
        except UnsupportedAlgorithm:
            result.undecided.append(name)
            result.findings.append(
                kinds.DIGEST_UNKNOWN.at(manifest.name, name=name, algorithm=reference.algorithm[:80])
            )
        except ContainerFault as fault:
            result.changed.append(name)
            result.findings.append(fault.finding)
        else:
            (result.fitting if fits else result.changed).append(name)
            if not fits:
                result.findings.append(kinds.FILE_CHANGED.at(manifest.name, name=name))
    return result


def read_contents(container: Container, name: str) -> dict[str, str]:
    """Return path and media type of every file of an OpenDocument `manifest.xml`; folders left out.

    Raises:
        ContainerFault: it is not one.
    """
    root = _parse(container, name)
    if names.local(root) != "manifest":
        raise _unreadable(name, N_("it is not a table of contents"))
    found = {}
    for element in names.children(root, "file-entry", (_ODF_MANIFEST,)):
        path = element.get(f"{{{_ODF_MANIFEST}}}full-path", "")
        if path and not path.endswith("/"):
            found[entry_of(path, container)] = element.get(f"{{{_ODF_MANIFEST}}}media-type", "")
    return found


def _target(uri: str, container: Container) -> str:
    try:
        foreign = bool(urlsplit(uri).scheme)
    except ValueError:
        foreign = True
    return uri if foreign and uri not in container else entry_of(uri, container)


def _parse(container: Container, name: str) -> etree._Element:
    try:
        return read_document(container.read(name, LIST_LIMIT), location=name, limit=LIST_LIMIT).root
    except XmlFault as fault:
        raise _unreadable(name, N_("it is not readable XML")) from fault


def _unreadable(name: str, reason: str) -> ContainerFault:
    return ContainerFault(kinds.MANIFEST_UNREADABLE.at(name, name=name, reason=reason))
