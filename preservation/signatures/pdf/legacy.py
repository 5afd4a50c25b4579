"""The two SubFilters before PAdES that do not sign the PDF by plain detached CMS.

Source:
    ISO 32000-1, section 12.8.3.2 and 12.8.3.3.1 (adbe.x509.rsa_sha1, adbe.pkcs7.sha1), removed by ISO 32000-2
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from asn1crypto import core
from pyhanko.pdf_utils import generic

from model.material import Material, MaterialKind
from model.signatures import AlgorithmUse, Integrity, SignatureFacts, SignatureFormat, SubIndication
from preservation.cms import findings as cms_kinds
from preservation.cms.certificates import UnreadableCertificate, certificate_facts, load, parse
from preservation.cms.keys import SignatureScheme, verify_digest
from preservation.signatures.pdf import findings as kinds
from preservation.signatures.pdf.reading import entry, raw_items

_SCHEME = SignatureScheme(algorithm="rsa", digest="sha1")


def raw_rsa_facts(
    identifier: str,
    form: str,
    dictionary: Any,
    contents: bytes,
    digest: Callable[[str], bytes | None],
    material: Material,
) -> SignatureFacts:
    """Return the facts of an `adbe.x509.rsa_sha1` signature: an RSA value over the digest, certificates beside it.

    Raises:
        ValueError: the signature value is not an octet string.
        UnsupportedAlgorithm: the certificate's key is not an RSA key.
    """
    value = core.OctetString.load(contents).native
    bare = SignatureFacts(
        id=identifier,
        format=SignatureFormat.PDF,
        form=form,
        integrity=Integrity.UNKNOWN,
        value=hashlib.sha256(value).hexdigest(),
    )
    certificates = _certificates(dictionary)
    if not certificates:
        return _with(bare, Integrity.UNKNOWN, SubIndication.NO_SIGNING_CERTIFICATE_FOUND, certificates, material)
    hashed = digest("sha1")
    if hashed is None:
        return _with(bare, Integrity.UNKNOWN, SubIndication.SIGNED_DATA_NOT_FOUND, certificates, material)
    if verify_digest(parse(certificates[0]).public_key, value, hashed, _SCHEME):
        return _with(bare, Integrity.INTACT, None, certificates, material)
    return _with(bare, Integrity.BROKEN, SubIndication.SIG_CRYPTO_FAILURE, certificates, material)


def _with(
    bare: SignatureFacts,
    integrity: Integrity,
    failure: SubIndication | None,
    certificates: list[bytes],
    material: Material,
) -> SignatureFacts:
    found = {
        SubIndication.NO_SIGNING_CERTIFICATE_FOUND: (cms_kinds.NO_CERTIFICATE.at(bare.id, signer="?"),),
        SubIndication.SIG_CRYPTO_FAILURE: (cms_kinds.WRONG_VALUE.at(bare.id),),
    }
    facts = certificate_facts(certificates[0]) if certificates else None
    size = facts.key_size if facts else 0
    return replace(
        bare,
        integrity=integrity,
        failure=failure,
        certificate=facts,
        certificates=tuple(material.add(MaterialKind.CERTIFICATE, der) for der in certificates),
        algorithms=(AlgorithmUse(use="digest", name="sha1"), AlgorithmUse(use="signature", name="rsa", key_size=size)),
        findings=found.get(failure, ()) if failure else (),
    )


def _certificates(dictionary: Any) -> list[bytes]:
    """Return the certificates of a signature dictionary, the signer's first."""
    value = entry(dictionary, "/Cert")
    texts = [item.get_object() for item in raw_items(value, 20)] or [value]
    found: list[bytes] = []
    for text in texts:
        if isinstance(text, generic.TextStringObject | generic.ByteStringObject):
            try:
                found.extend(load(text.original_bytes))
            except UnreadableCertificate:
                continue
    return found


def unsupported_facts(identifier: str, form: str) -> SignatureFacts:
    """Return the facts of a signature of a kind that is not known."""
    return SignatureFacts(
        id=identifier,
        format=SignatureFormat.PDF,
        form=form,
        integrity=Integrity.UNKNOWN,
        failure=SubIndication.SIG_CONSTRAINTS_FAILURE,
        findings=(kinds.UNSUPPORTED.at(identifier, form=form or "?"),),
    )
