"""What lies where in an ASiC container: data, signatures, timestamps, evidence records, lists; and its type.

Source:
    ETSI EN 319 162-1 V1.1.1, 4.3.3, 4.4.3, 4.4.4 and Annex A; ETSI TS 102 918 V1.3.1; BDOC 2.1.2; ADOC-V1.0
"""

import re
from dataclasses import dataclass
from pathlib import PurePath

from model.findings import Finding
from model.signatures import SignatureFormat
from model.text import N_
from preservation.signatures.containers import findings as kinds
from preservation.signatures.containers.container import STORED, Container, ContainerFault
from preservation.signatures.containers.manifests import LIST_LIMIT, read_contents
from preservation.signatures.xml import names
from preservation.signatures.xml.document import XmlFault, read_document

META = "META-INF/"
MIMETYPE = "mimetype"
CONTENTS = META + "manifest.xml"
_MIMETYPE_LIMIT = 1024
_ASIC_S, _ASIC_E = "application/vnd.etsi.asic-s+zip", "application/vnd.etsi.asic-e+zip"
_BDOC, _ADOC = "application/vnd.bdoc", "application/vnd.lt.archyvai.adoc"
_SUFFIXES = {".asics": "asic-s", ".scs": "asic-s", ".asice": "asic-e", ".sce": "asic-e", ".edoc": "asic-e"}
_ADOC_RELATIONS = META + "relations.xml"
_ADOC_UNSIGNABLE = "/metadata/unsignable"
_LIST = re.compile(r"META-INF/[^/]*ASiC[^/]*Manifest[^/]*\.xml", re.IGNORECASE)
_RECORD_LIST = re.compile(r"META-INF/[^/]*ASiCEvidenceRecordManifest[^/]*\.xml", re.IGNORECASE)
_ARCHIVE_LIST = re.compile(r"META-INF/[^/]*ASiCArchiveManifest[^/]*\.xml", re.IGNORECASE)
_XADES = re.compile(r"META-INF/(?:[^/]*signature[^/]*|signatures/[^/]+)\.xml", re.IGNORECASE)
_CADES = re.compile(r"META-INF/[^/]*\.p7[sm]", re.IGNORECASE)
_TOKEN = re.compile(r"META-INF/[^/]*\.tst", re.IGNORECASE)
_RECORD = re.compile(r"META-INF/[^/]*(?:evidencerecord[^/]*\.xml|\.ers)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The files of an ASiC container by what they are for."""

    kind: str
    """`asic-s` or `asic-e`."""
    format: SignatureFormat
    data: tuple[str, ...]
    """What a reader sees, and what must be signed."""
    unsignable: tuple[str, ...]
    """Data that by its format's rules is never signed (ADOC metadata)."""
    xades: tuple[str, ...]
    cades: tuple[str, ...]
    tokens: tuple[str, ...]
    records: tuple[str, ...]
    lists: tuple[str, ...]
    """ASiC manifests of signatures, timestamps and evidence records."""
    findings: tuple[Finding, ...]

    @property
    def every_file_signed(self) -> bool:
        """Whether by the format's rules each signature covers every file (BDOC 2.1.2, 5)."""
        return self.format is SignatureFormat.BDOC


def is_archive_list(name: str) -> bool:
    """Whether a list is one of an archive timestamp."""
    return bool(_ARCHIVE_LIST.fullmatch(name))


def is_record_list(name: str) -> bool:
    """Whether a list is one of an evidence record."""
    return bool(_RECORD_LIST.fullmatch(name))


def read_layout(container: Container, name: str) -> Layout:
    """Sort the files of a container.

    Args:
        name: the container's own file name.
    """
    parts = container.names
    lists = tuple(part for part in parts if _LIST.fullmatch(part))
    groups = {
        "xades": tuple(part for part in parts if _XADES.fullmatch(part) and part not in lists),
        "cades": tuple(part for part in parts if _CADES.fullmatch(part)),
        "tokens": tuple(part for part in parts if _TOKEN.fullmatch(part)),
        "records": tuple(part for part in parts if _RECORD.fullmatch(part) and part not in lists),
    }
    data = tuple(part for part in parts if not part.startswith(META) and part != MIMETYPE)
    mimetype, findings = _mimetype(container)
    kind = _kind(mimetype, PurePath(name).suffix.lower(), simple=len(data) == 1 and not lists)
    form = _format(mimetype, PurePath(name).suffix.lower(), kind)
    findings += _check_type(mimetype, PurePath(name).suffix.lower(), kind, len(data))
    unsignable = _unsignable(container, data) if form is SignatureFormat.ADOC else ()
    findings += _check_contents(container, data)
    return Layout(
        kind=kind,
        format=form,
        data=tuple(part for part in data if part not in unsignable),
        unsignable=unsignable,
        lists=lists,
        findings=tuple(findings),
        **groups,
    )


def _mimetype(container: Container) -> tuple[str, list[Finding]]:
    """Return what the container says it is, and what is wrong with the place where it says so."""
    entry = container.entries.get(MIMETYPE)
    if entry is None:
        return "", [kinds.MIMETYPE_MISSING.at()]
    found = []
    if container.first is not entry:
        found.append(kinds.MIMETYPE_PLACE.at(MIMETYPE, what=N_("not its first file")))
    if entry.method != STORED:
        found.append(kinds.MIMETYPE_PLACE.at(MIMETYPE, what=N_("compressed")))
    try:
        content = container.read(MIMETYPE, _MIMETYPE_LIMIT)
    except ContainerFault as fault:
        return "", [*found, fault.finding]
    text = content.decode("utf-8", "replace")
    stripped = text.strip().lstrip("\ufeff").lower()
    if stripped != text.lower():
        found.append(kinds.MIMETYPE_WRONG.at(MIMETYPE, found=repr(text[:80])))
    return stripped, found


def _kind(mimetype: str, suffix: str, *, simple: bool) -> str:
    if mimetype == _ASIC_S:
        return "asic-s"
    if mimetype.startswith((_ASIC_E, _BDOC, _ADOC)):
        return "asic-e"
    return _SUFFIXES.get(suffix) or ("asic-s" if simple else "asic-e")


def _format(mimetype: str, suffix: str, kind: str) -> SignatureFormat:
    if mimetype.startswith(_ADOC) or (suffix == ".adoc" and not mimetype):
        return SignatureFormat.ADOC
    if mimetype.startswith(_BDOC) or (suffix == ".bdoc" and kind == "asic-e"):
        return SignatureFormat.BDOC
    return SignatureFormat.ASIC_S if kind == "asic-s" else SignatureFormat.ASIC_E


def _check_type(mimetype: str, suffix: str, kind: str, count: int) -> list[Finding]:
    found = []
    known = mimetype in (_ASIC_S, _ASIC_E) or mimetype.startswith((_BDOC, _ADOC))
    promised = _SUFFIXES.get(suffix, kind)
    if mimetype and (promised != kind or (not known and kind == "asic-e")):
        found.append(kinds.MIMETYPE_WRONG.at(MIMETYPE, found=mimetype[:120]))
    if kind == "asic-s" and count != 1:
        found.append(kinds.SEVERAL_OBJECTS.at(count=count))
    return found


def _check_contents(container: Container, data: tuple[str, ...]) -> list[Finding]:
    """Compare the table of contents with the container (BDOC 2.1.2, 6; ETSI EN 319 162-1, 4.4.3.2)."""
    if CONTENTS not in container:
        return []
    try:
        listed = read_contents(container, CONTENTS)
    except ContainerFault as fault:
        return [fault.finding]
    missing = [kinds.LISTED_MISSING.at(CONTENTS, name=name) for name in listed if name not in container]
    extra = [kinds.NOT_LISTED.at(CONTENTS, name=name) for name in data if name not in listed]
    return missing[:20] + extra[:20]


def _unsignable(container: Container, data: tuple[str, ...]) -> tuple[str, ...]:
    """Return the metadata an ADOC container declares as never signed; other places are not believed."""
    try:
        root = read_document(container.read(_ADOC_RELATIONS, LIST_LIMIT), limit=LIST_LIMIT).root
    except (ContainerFault, XmlFault):
        return ()
    declared = {
        element.get("full-path", "")
        for element in root.iter("{*}Relationship")
        if names.local(element) and element.get("type", "").endswith(_ADOC_UNSIGNABLE)
    }
    return tuple(name for name in data if name in declared and name.startswith("metadata/") and name.endswith(".xml"))
