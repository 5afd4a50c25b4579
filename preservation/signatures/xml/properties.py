"""The qualifying properties of XAdES: what the signer stated, and the validation material kept in the signature."""

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import crl, ocsp
from lxml import etree

from model.findings import Finding
from model.material import Material, MaterialKind
from preservation.cms.certificates import UnreadableCertificate, load
from preservation.cms.digests import UnsupportedAlgorithm, digest_bytes
from preservation.signatures.xml import findings as kinds
from preservation.signatures.xml import names
from preservation.signatures.xml.names import DSIG, XADES
from preservation.signatures.xml.transforms import decode_base64

_MOST_VALUES = 2_000
_DAMAGED = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
_VALUES = {
    "EncapsulatedX509Certificate": MaterialKind.CERTIFICATE,
    "EncapsulatedCRLValue": MaterialKind.CRL,
    "EncapsulatedOCSPValue": MaterialKind.OCSP,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualifying:
    """The qualifying properties of one signature."""

    elements: tuple[etree._Element, ...] = ()
    """Every QualifyingProperties in the signature's objects; more than one is a fault."""

    @property
    def signed(self) -> etree._Element | None:
        """SignedProperties."""
        return names.child(self.elements[0], "SignedProperties", XADES) if self.elements else None

    @property
    def _signature_properties(self) -> etree._Element | None:
        return names.child(self.signed, "SignedSignatureProperties", XADES)

    @property
    def data_objects(self) -> etree._Element | None:
        """SignedDataObjectProperties."""
        return names.child(self.signed, "SignedDataObjectProperties", XADES)

    @property
    def unsigned(self) -> etree._Element | None:
        """UnsignedSignatureProperties."""
        if not self.elements:
            return None
        unsigned = names.child(self.elements[0], "UnsignedProperties", XADES)
        return names.child(unsigned, "UnsignedSignatureProperties", XADES)

    @property
    def target(self) -> str:
        """The signature they say they belong to."""
        return self.elements[0].get("Target", "").removeprefix("#") if self.elements else ""

    def stated(self, *path: str) -> etree._Element | None:
        """Return one of the signed signature properties; the last name of its path may be followed."""
        found = self._signature_properties
        for name in path:
            found = names.child(found, name, XADES)
        return found

    @property
    def signing_time(self) -> datetime | None:
        """The time the signer claims, UTC; one without a zone is taken as UTC."""
        text = names.text_of(self.stated("SigningTime"))
        try:
            time = datetime.fromisoformat(text)
            return time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    @property
    def policy(self) -> str:
        """Identifier of the signature policy; `implied` where the signer says only that there is one."""
        if self.stated("SignaturePolicyIdentifier", "SignaturePolicyImplied") is not None:
            return "implied"
        return names.text_of(
            self.stated("SignaturePolicyIdentifier", "SignaturePolicyId", "SigPolicyId", "Identifier")
        )[:500]

    @property
    def place(self) -> str:
        """Where the signer says it was signed."""
        found = self.stated("SignatureProductionPlaceV2")
        found = found if found is not None else self.stated("SignatureProductionPlace")
        parts = [names.text_of(part) for part in found.iterchildren(etree.Element)] if found is not None else []
        return ", ".join(part for part in parts if part)[:500]

    @property
    def reason(self) -> str:
        """Commitments the signer stated, then the roles claimed."""
        objects = self.data_objects
        found: list[str] = []
        for given in names.children(objects, "CommitmentTypeIndication", XADES) if objects is not None else ():
            found.append(names.text_of(names.child(names.child(given, "CommitmentTypeId", XADES), "Identifier", XADES)))
        for name in ("SignerRoleV2", "SignerRole"):
            roles = self.stated(name, "ClaimedRoles")
            found.extend(
                names.text_of(role) for role in (roles.iterchildren(etree.Element) if roles is not None else ())
            )
        return "; ".join(dict.fromkeys(text for text in found if text))[:500]

    def certificate_digests(self) -> tuple[tuple[str, bytes], ...]:
        """Return the digests of the certificates the signer named: algorithm and value, the signer's first."""
        found: list[tuple[str, bytes]] = []
        for name in ("SigningCertificateV2", "SigningCertificate"):
            holder = self.stated(name)
            for cert in names.children(holder, "Cert", XADES) if holder is not None else ():
                digest = names.child(cert, "CertDigest", XADES)
                method = names.child(digest, "DigestMethod", (DSIG, *XADES))
                value = names.child(digest, "DigestValue", (DSIG, *XADES))
                algorithm = names.DIGESTS.get(method.get("Algorithm", "") if method is not None else "", "")
                found.append((algorithm, decode_base64(names.text_of(value).encode()) or b""))
        return tuple(found)


def qualifying_properties(signature: etree._Element) -> Qualifying:
    """Find the qualifying properties of a signature: in its own objects only (EN 319 132-1, 4.4.1)."""
    found: list[etree._Element] = []
    for held in names.children(signature, "Object", (names.space(signature),)):
        found.extend(names.children(held, "QualifyingProperties", XADES))
    return Qualifying(elements=tuple(found))


def named_certificates(digests: Iterable[tuple[str, bytes]], certificates: Iterable[bytes]) -> list[bytes]:
    """Return the certificates whose digest is the first one given (EN 319 132-1, 5.2.2: the signer's)."""
    algorithm, value = next(iter(digests))
    found = []
    for der in certificates:
        try:
            if algorithm and hmac.compare_digest(digest_bytes(der, algorithm), value):
                found.append(der)
        except UnsupportedAlgorithm:
            break
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptValue:
    """One piece of validation material in the unsigned properties."""

    element: etree._Element
    kind: MaterialKind
    id: str


def kept_values(
    unsigned: etree._Element | None, material: Material, location: str
) -> tuple[tuple[KeptValue, ...], tuple[Finding, ...]]:
    """Take certificates, CRLs and OCSP responses out of the unsigned properties.

    Source:
        EN 319 132-1, 5.4.2, 5.4.3, 5.5.1
    """
    kept: list[KeptValue] = []
    findings: list[Finding] = []
    for element, kind in _encapsulated(unsigned):
        if len(kept) + len(findings) >= _MOST_VALUES:
            break
        content = decode_base64(names.text_of(element).encode())
        pieces = _READERS[kind](content) if content else ()
        if not pieces:
            findings.append(kinds.MATERIAL.at(location, kind=kind.name.lower()))
        kept.extend(KeptValue(element=element, kind=kind, id=material.add(kind, piece)) for piece in pieces)
    return tuple(kept), tuple(findings)


def _encapsulated(unsigned: etree._Element | None) -> Iterator[tuple[etree._Element, MaterialKind]]:
    if unsigned is None:
        return
    for element in unsigned.iter(etree.Element):
        kind = _VALUES.get(names.local(element))
        if kind is not None and names.space(element) in XADES:
            yield element, kind


def _certificates(content: bytes) -> tuple[bytes, ...]:
    try:
        return load(content)
    except UnreadableCertificate:
        return ()


def _crl(content: bytes) -> tuple[bytes, ...]:
    try:
        read = crl.CertificateList.load(content, strict=True)
        read["tbs_cert_list"]["this_update"].native  # noqa: B018 - reading is the test: asn1crypto parses late
    except _DAMAGED:
        return ()
    return (content,)


def _ocsp(content: bytes) -> tuple[bytes, ...]:
    """Return an OCSP response; a bare BasicOCSPResponse, as some programs keep it, gets its envelope."""
    try:
        response = ocsp.OCSPResponse.load(content, strict=True)
        response["response_status"].native  # noqa: B018 - reading is the test: asn1crypto parses late
    except _DAMAGED:
        return _enveloped(content)
    return (content,)


def _enveloped(content: bytes) -> tuple[bytes, ...]:
    try:
        basic = ocsp.BasicOCSPResponse.load(content, strict=True)
        basic["tbs_response_data"]["produced_at"].native  # noqa: B018 - reading is the test: asn1crypto parses late
    except _DAMAGED:
        return ()
    held = {"response_type": "basic_ocsp_response", "response": content}
    return (ocsp.OCSPResponse({"response_status": "successful", "response_bytes": held}).dump(),)


_READERS = {MaterialKind.CERTIFICATE: _certificates, MaterialKind.CRL: _crl, MaterialKind.OCSP: _ocsp}
