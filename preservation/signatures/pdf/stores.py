"""The document security store: certificates and revocation data that a PDF keeps for its signatures.

Source:
    ETSI EN 319 142-1, section 5.4.2; ISO 32000-2, section 12.8.4.3
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfStrictReadError

from model.material import Material, MaterialKind
from preservation.signatures.pdf import findings as kinds
from preservation.signatures.pdf.reading import Document, entry, raw_items, why

_ITEMS = 2_000
"""Certificates, CRLs and OCSP responses that are kept of one store."""
_ENTRIES = 400
"""Entries by signature (VRI) that are looked at."""
_KINDS: tuple[tuple[str, MaterialKind, DecodePurpose], ...] = (
    ("/Certs", MaterialKind.CERTIFICATE, DecodePurpose.CERTIFICATE),
    ("/Cert", MaterialKind.CERTIFICATE, DecodePurpose.CERTIFICATE),
    ("/CRLs", MaterialKind.CRL, DecodePurpose.CRL),
    ("/CRL", MaterialKind.CRL, DecodePurpose.CRL),
    ("/OCSPs", MaterialKind.OCSP, DecodePurpose.OCSP_RESPONSE),
    ("/OCSP", MaterialKind.OCSP, DecodePurpose.OCSP_RESPONSE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What one revision's store holds, by id in the material."""

    certificates: tuple[str, ...] = ()
    revocations: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Certificates and revocation data."""
        return self.certificates + self.revocations


@dataclass(slots=True, kw_only=True)
class SecurityStore:
    """Reads the store of each revision; what several revisions share is read once."""

    document: Document
    material: Material
    _streams: dict[tuple[object, ...], str] = field(default_factory=dict)
    _revisions: dict[int, Stored] = field(default_factory=dict)

    def at(self, revision: int) -> Stored:
        """Return what the store held in a revision; what cannot be read is a finding of the document."""
        if revision not in self._revisions:
            try:
                self._revisions[revision] = self._read(revision)
            except PdfStrictReadError:
                raise
            except Exception as exc:  # noqa: BLE001 - the boundary of the store: signatures are read without it
                self.document.findings.add(kinds.DSS_UNREADABLE.at(reason=why(exc)))
                self._revisions[revision] = Stored()
        return self._revisions[revision]

    def _read(self, revision: int) -> Stored:
        last = revision + 1 == self.document.revisions
        reader = self.document.reader
        root = reader.root if last else reader.get_historical_resolver(revision).root
        store = entry(root, "/DSS")
        if not isinstance(store, generic.DictionaryObject):
            return Stored()
        found: dict[MaterialKind, dict[str, None]] = {kind: {} for _, kind, _ in _KINDS}
        for number, (kind, purpose, item) in enumerate(_entries(store)):
            if number == _ITEMS:
                self.document.findings.add(kinds.DSS_UNREADABLE.at(reason=f"> {_ITEMS}"))
                break
            identifier = self._keep(kind, purpose, item, revision)
            if identifier:
                found[kind][identifier] = None
        return Stored(
            certificates=tuple(found[MaterialKind.CERTIFICATE]),
            revocations=(*found[MaterialKind.OCSP], *found[MaterialKind.CRL]),
        )

    def _keep(self, kind: MaterialKind, purpose: DecodePurpose, item: Any, revision: int) -> str:
        """Add one stream to the material; an empty text when it cannot be read."""
        key: tuple[object, ...] = (kind, id(item))
        if isinstance(item, generic.IndirectObject):
            place = self.document.reader.xrefs.get_historical_ref(item.reference, revision)
            key = (kind, item.idnum, item.generation, place)
        if key not in self._streams:
            try:
                content = item.get_object().read_data(purpose)
                self._streams[key] = self.material.add(kind, content) if _plausible(content) else ""
            except PdfStrictReadError:
                raise
            except Exception as exc:  # noqa: BLE001 - the boundary of one item: it must not hide the others
                self.document.findings.add(kinds.DSS_UNREADABLE.at(reason=why(exc)))
                self._streams[key] = ""
        return self._streams[key]


def concerns(material: Material, revocations: Iterable[str], certificate: str) -> tuple[str, ...]:
    """Return the CRLs and OCSP responses that can speak of a certificate: by its issuer, or by its serial number."""
    der = material.get(certificate)
    if der is None:
        return ()
    try:
        subject = x509.Certificate.load(der)
        issuer, serial = subject.issuer.dump(), subject["tbs_certificate"]["serial_number"].contents
    except (ValueError, TypeError, KeyError):
        return ()
    return tuple(item for item in revocations if _speaks(material, item, issuer, serial))


def _speaks(material: Material, identifier: str, issuer: bytes, serial: bytes) -> bool:
    item = material.items[identifier]
    try:
        if item.kind is MaterialKind.CRL:
            return bool(crl.CertificateList.load(item.content)["tbs_cert_list"]["issuer"].dump() == issuer)
        answer = ocsp.OCSPResponse.load(item.content)["response_bytes"]["response"].parsed
        singles = answer["tbs_response_data"]["responses"]
        return any(single["cert_id"]["serial_number"].contents == serial for single in singles)
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def _plausible(content: bytes) -> bool:
    """Whether the bytes begin as every one of these structures does."""
    return content[:1] == b"\x30"


def _entries(store: Any) -> Iterator[tuple[MaterialKind, DecodePurpose, Any]]:
    """Yield the streams of a store and of its entries by signature."""
    by_signature = entry(store, "/VRI")
    names = list(by_signature)[:_ENTRIES] if isinstance(by_signature, generic.DictionaryObject) else []
    for dictionary in (store, *(entry(by_signature, name) for name in names)):
        for name, kind, purpose in _KINDS:
            yield from ((kind, purpose, item) for item in raw_items(entry(dictionary, name), _ITEMS))
