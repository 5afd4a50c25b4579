"""Timestamp tokens judged with what is at hand: the authority's signature, its binding and its certificate path.

Source:
    RFC 3161 2.3, 2.4.2; RFC 5035; RFC 5652 5.3 to 5.6; RFC 5816; ETSI EN 319 102-1 5.4
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from asn1crypto import cms, core, tsp, x509

from model.findings import Outcome
from model.signatures import SubIndication
from preservation.cms.digests import UnsupportedAlgorithm, digest_bytes, name_of
from preservation.evidence.reading import token_contents
from preservation.evidence.values import TokenVerdict
from preservation.proof.offline.paths import Material, find_path, problem
from preservation.proof.offline.signatures import fits, scheme_of, weakness

_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_CERTIFICATE_V1 = "1.2.840.113549.1.9.16.2.12"
_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who made a timestamp, as far as it was established."""

    name: str
    root: str = ""
    """Name of the root its path leads to; empty when there is no path."""
    root_sha256: str = ""
    """Fingerprint of that root, hexadecimal."""
    trusted: bool = False
    """Whether the inspector named that root."""


class _Undecided(Exception):
    def __init__(self, reason: SubIndication) -> None:
        super().__init__(reason.value)
        self.reason = reason


class _Broken(_Undecided):
    pass


@dataclass(slots=True)
class OfflineTokenCheck:
    """Judges the tokens of a record; remembers whose they are."""

    material: Material
    roots: Sequence[x509.Certificate]
    """What the inspector trusts; none: a path is shown to the root that is here, and stays undecided."""
    authorities: dict[int, Authority] = field(default_factory=dict)
    """By number of the timestamp."""

    def __call__(self, token: bytes, at: datetime, *, number: int) -> TokenVerdict:
        """Judge one token at a time."""
        try:
            until = self._judged(token, at, number)
        except _Broken as error:
            return TokenVerdict(outcome=Outcome.FAILED, sub_indication=error.reason)
        except _Undecided as error:
            return TokenVerdict(outcome=Outcome.INDETERMINATE, sub_indication=error.reason)
        except UnsupportedAlgorithm:
            reason = SubIndication.CRYPTO_CONSTRAINTS_FAILURE
            return TokenVerdict(outcome=Outcome.INDETERMINATE, sub_indication=reason)
        except Exception:  # noqa: BLE001 - whatever hostile bytes make the ASN.1 library raise
            return TokenVerdict(outcome=Outcome.FAILED, sub_indication=SubIndication.FORMAT_FAILURE)
        return TokenVerdict(outcome=Outcome.PASSED, holds_until=until)

    def _judged(self, token: bytes, at: datetime, number: int) -> datetime:
        stamped, _algorithm, _imprint = token_contents(token)
        signed = cms.ContentInfo.load(token)["content"]
        certificates = [one.dump() for one in signed["certificates"] or () if one.name == "certificate"]
        lists = [one.chosen.dump() for one in signed["crls"] or () if one.name == "crl"]  # RFC 5652 10.2.1
        material = self.material.with_token(certificates, lists)
        signers = list(signed["signer_infos"])
        if not signers:
            raise _Undecided(SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
        leaf = verified_signer(signed, signers[0], material)
        self.authorities[number] = Authority(name=name_of_subject(leaf))
        roots = self.roots or [one for one in material.certificates.values() if one.self_signed != "no"]
        path = find_path(leaf, material, roots)
        if path is None:
            raise _Undecided(SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
        self.authorities[number] = Authority(
            name=name_of_subject(leaf),
            root=name_of_subject(path.root),
            root_sha256=digest_bytes(path.root.dump(), "sha256").hex(),
            trusted=bool(self.roots),
        )
        found = problem(path, stamped, at, material)
        if found is not None:
            raise _Undecided(found)
        if not self.roots:
            raise _Undecided(SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
        return path.ends()


def name_of_subject(certificate: x509.Certificate) -> str:
    """Return a certificate's subject for people: the common name and the organisation."""
    parts = certificate.subject.native
    common, organisation = parts.get("common_name"), parts.get("organization_name")
    return ", ".join(str(part) for part in (common, organisation) if part) or certificate.subject.human_friendly


def verified_signer(signed: cms.SignedData, signer: cms.SignerInfo, material: Material) -> x509.Certificate:
    """Return the certificate whose key made a token's signature, which holds and names that certificate."""
    content = bytes(signed["encap_content_info"]["content"])
    digest_oid = signer["digest_algorithm"]["algorithm"].dotted
    digest = name_of(digest_oid)
    if digest is None:
        raise UnsupportedAlgorithm(digest_oid)
    attributes = signer["signed_attrs"]
    if not attributes:
        raise _Broken(SubIndication.SIG_CRYPTO_FAILURE)  # RFC 3161 2.4.2: a token has signed attributes
    if _only(attributes, _MESSAGE_DIGEST).native != digest_bytes(content, digest):
        raise _Broken(SubIndication.SIG_CRYPTO_FAILURE)
    if _only(attributes, _CONTENT_TYPE).dotted != _TST_INFO:
        raise _Broken(SubIndication.SIG_CRYPTO_FAILURE)
    certificate = _certificate_of(signer, attributes, material)
    scheme = scheme_of(signer["signature_algorithm"], digest)
    if scheme.digest != digest:
        raise _Broken(SubIndication.SIG_CRYPTO_FAILURE)
    as_set = b"\x31" + bytes(attributes.dump())[1:]
    if not fits(certificate.public_key, scheme, as_set, signer["signature"].native):
        raise _Broken(SubIndication.SIG_CRYPTO_FAILURE)
    if weakness(certificate.public_key, scheme):
        raise _Undecided(SubIndication.CRYPTO_CONSTRAINTS_FAILURE)
    return certificate


def _only(attributes: cms.CMSAttributes, oid: str) -> core.Asn1Value:
    """Return the value of an attribute that must be there once, with one value (RFC 5652 11.1, 11.2)."""
    found = [value for one in attributes if one["type"].dotted == oid for value in one["values"]]
    if len(found) != 1:
        raise _Broken(SubIndication.SIG_CRYPTO_FAILURE)
    return found[0]


def _certificate_of(signer: cms.SignerInfo, attributes: cms.CMSAttributes, material: Material) -> x509.Certificate:
    """Return the certificate the signer names; the signed reference must fit it (RFC 5035 5.4)."""
    sid = signer["sid"]
    named = [one for one in material.certificates.values() if _is_named(one, sid)]
    if not named:
        raise _Undecided(SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
    references = list(_references(attributes))
    for certificate in named:
        if all(digest_bytes(certificate.dump(), name) == value for name, value in references):
            return certificate
    raise _Broken(SubIndication.SIG_CRYPTO_FAILURE)


def _is_named(certificate: x509.Certificate, sid: cms.SignerIdentifier) -> bool:
    if sid.name == "issuer_and_serial_number":
        named = sid.chosen
        same_serial = certificate.serial_number == named["serial_number"].native
        return bool(same_serial and certificate.issuer == named["issuer"])
    return bool(certificate.key_identifier == sid.chosen.native)


def _references(attributes: cms.CMSAttributes) -> list[tuple[str, bytes]]:
    """Return the digests by which signed attributes name the signer's certificate."""
    found = []
    for one in attributes:
        if one["type"].dotted == _CERTIFICATE_V1:
            first = tsp.SigningCertificate.load(one["values"][0].dump())["certs"][0]
            found.append(("sha1", first["cert_hash"].native))
        elif one["type"].dotted == _CERTIFICATE_V2:
            first = tsp.SigningCertificateV2.load(one["values"][0].dump())["certs"][0]
            oid = first["hash_algorithm"]["algorithm"].dotted
            name = name_of(oid)
            if name is None:
                raise UnsupportedAlgorithm(oid)
            found.append((name, first["cert_hash"].native))
    return found
