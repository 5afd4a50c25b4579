"""Certificates as people know them, read tolerantly: old and careless authorities must not make a signature vanish."""

import base64
import binascii
import hashlib
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from asn1crypto import cms, core, x509

from model.signatures import CertificateFacts, Role
from model.text import N_
from preservation.cms import tlv
from preservation.cms.digests import UnsupportedAlgorithm
from preservation.cms.keys import key_of

_LARGEST = 1 << 20
"""Bytes of a certificate."""
_REMEMBERED = 16 << 10
"""Certificates up to this size are parsed once, not each time they are looked at."""
_MOST = 2_000
"""Certificates of one bundle."""


class UnreadableCertificate(Exception):
    """The bytes are not a certificate that can be read."""


_SHORT = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.42": "givenName",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}
_QC_STATEMENTS = "1.3.6.1.5.5.7.1.3"
_QC_ESIGN = "0.4.0.1862.1.6.1"
_QC_ESEAL = "0.4.0.1862.1.6.2"
_AGENCY_NUMBER = re.compile(r"\b(?:MST|MNS)\s*:", re.IGNORECASE)
"""Tax number, or budget number of a state body (Vietnamese public and government authorities)."""
_PERSON_NUMBER = re.compile(r"\b(?:CMND|CMT|CCCD|CC|HC|DDCN)\s*:", re.IGNORECASE)
"""Identity card, citizen card or passport number."""
_KEY_NAMES = {"rsassa_pss": "rsa-pss", "ec": "ecdsa"}
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)


def load(der_or_pem: bytes) -> tuple[bytes, ...]:
    """Return the DER of every certificate in a file: DER, PEM with one or more, or a PKCS #7 bundle.

    Raises:
        UnreadableCertificate: there is none, or one cannot be read.
    """
    blocks = [content for label, content in _pem_blocks(der_or_pem) if "KEY" not in label]
    found = [der for block in blocks or [_from_base64(der_or_pem)] for der in _certificates_in(block)]
    if not found or len(found) > _MOST:
        reason = N_("there are too many certificates") if found else N_("there is no certificate")
        raise UnreadableCertificate(reason)
    return tuple(found)


def parse(der: bytes) -> x509.Certificate:
    """Return the certificate as an ASN.1 value whose signed part, subject, issuer and key are known to be readable.

    Raises:
        UnreadableCertificate: it cannot be read.
    """
    if len(der) > _LARGEST:
        raise UnreadableCertificate(N_("the certificate is too large"))
    return _parse(der) if len(der) > _REMEMBERED else _parse_once(der)


@lru_cache(maxsize=1024)
def _parse_once(der: bytes) -> x509.Certificate:
    return _parse(der)


def _parse(der: bytes) -> x509.Certificate:
    try:
        certificate = x509.Certificate.load(der)
        signed = certificate["tbs_certificate"]
        for name in ("serial_number", "issuer", "validity", "subject", "subject_public_key_info"):
            if isinstance(signed[name], core.Void):
                raise UnreadableCertificate(N_("a part of it is missing"))
        signed["subject_public_key_info"]["algorithm"]["algorithm"].dotted.strip()
        certificate["signature_algorithm"]["algorithm"].dotted.strip()
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as exc:
        raise UnreadableCertificate(str(exc)) from exc
    return certificate


def certificate_facts(der: bytes) -> CertificateFacts:
    """Return what a person needs to know of a certificate.

    Raises:
        UnreadableCertificate: it cannot be read.
    """
    try:
        return _facts(parse(der), der)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError) as exc:
        raise UnreadableCertificate(str(exc)) from exc


def serial_of(number: core.Integer) -> str:
    """Return a serial number in hexadecimal; a negative one as the bytes that were written."""
    return (number.contents or b"").hex().lstrip("0") or "0"


def distinguished_name(name: x509.Name) -> str:
    """Return a name as RFC 4514 text."""
    return ",".join("+".join(f"{kind}={_escaped(value)}" for kind, value in pairs) for pairs in reversed(_pairs(name)))


def emails_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the e-mail addresses a certificate was made for, lower case."""
    found = [value for pairs in _pairs(certificate.subject) for kind, value in pairs if kind == "emailAddress"]
    try:
        names = certificate.subject_alt_name_value
        found += [str(name.native) for name in names or () if name.name == "rfc822_name"]
    except (ValueError, TypeError, KeyError):
        pass
    return tuple(dict.fromkeys(value.strip().lower() for value in found))


def subject_key_identifier(certificate: x509.Certificate) -> bytes:
    """Return the key identifier the certificate states, or the usual one of its key (RFC 5280, 4.2.1.2)."""
    try:
        stated = certificate.key_identifier
    except (ValueError, TypeError, KeyError):
        stated = None
    return stated or hashlib.sha1(bytes(certificate.public_key["public_key"]), usedforsecurity=False).digest()


def key_facts(certificate: x509.Certificate) -> tuple[str, int]:
    """Return the algorithm of a certificate's key and its size in bits; 0 when that cannot be told."""
    algorithm = certificate.public_key["algorithm"]["algorithm"]
    name = _KEY_NAMES.get(str(algorithm.native), str(algorithm.native))
    try:
        key = key_of(certificate.public_key)
    except UnsupportedAlgorithm:
        return name, 0
    return name, {"ed25519": 256, "ed448": 456}.get(name) or int(getattr(key, "key_size", 0))


def _facts(certificate: x509.Certificate, der: bytes) -> CertificateFacts:
    signed = certificate["tbs_certificate"]
    subject = distinguished_name(signed["subject"])
    values: dict[str, str] = {}
    for pairs in _pairs(signed["subject"]):
        for kind, value in pairs:
            values.setdefault(kind, value)
    algorithm, size = key_facts(certificate)
    return CertificateFacts(
        id=hashlib.sha256(der).hexdigest(),
        subject=subject,
        name=values.get("CN") or subject,
        organisation=values.get("O", ""),
        issuer=distinguished_name(signed["issuer"]),
        serial=serial_of(signed["serial_number"]),
        not_before=_time(signed["validity"]["not_before"]),
        not_after=_time(signed["validity"]["not_after"]),
        key_algorithm=algorithm,
        key_size=size,
        role=_role(certificate, values),
    )


def _role(certificate: x509.Certificate, values: dict[str, str]) -> Role:
    """Tell from its own contents for whom a certificate was made; unknown when nothing is said, or both."""
    numbers = " ".join(values.get(kind, "") for kind in ("UID", "serialNumber"))
    statements = _statements(certificate)
    agency = _QC_ESEAL in statements or "organizationIdentifier" in values or _AGENCY_NUMBER.search(numbers) is not None
    person = (
        _QC_ESIGN in statements
        or _PERSON_NUMBER.search(numbers) is not None
        or ("givenName" in values and "SN" in values)
    )
    if _QC_ESEAL in statements or _QC_ESIGN in statements:
        agency = _QC_ESEAL in statements
        person = _QC_ESIGN in statements
    if person:
        # A person's certificate may name the employer's number as well; an agency's names no person.
        return Role.UNKNOWN if _QC_ESEAL in statements else Role.PERSON
    return Role.AGENCY if agency else Role.UNKNOWN


def _statements(certificate: x509.Certificate) -> frozenset[str]:
    """Return which of the types of qualified certificate are stated (ETSI EN 319 412-5, 4.2.3)."""
    try:
        for extension in certificate["tbs_certificate"]["extensions"]:
            if extension["extn_id"].dotted == _QC_STATEMENTS:
                stated = bytes(extension["extn_value"])
                return frozenset(oid for oid in (_QC_ESIGN, _QC_ESEAL) if core.ObjectIdentifier(oid).dump() in stated)
    except (ValueError, TypeError, KeyError):
        pass
    return frozenset()


def _pairs(name: x509.Name) -> list[list[tuple[str, str]]]:
    """Return the attributes of a name in the order they were written."""
    return [
        [(_SHORT.get(pair["type"].dotted, pair["type"].dotted), _text(pair)) for pair in relative]
        for relative in name.chosen
    ]


def _text(pair: x509.NameTypeAndValue) -> str:
    try:
        native = pair["value"].native
    except (ValueError, TypeError, LookupError):
        native = (pair["value"].contents or b"").decode("latin-1")
    return native if isinstance(native, str) else str(native)


def _escaped(value: str) -> str:
    """Escape a value as RFC 4514, 2.4 asks."""
    value = re.sub(r'([,+"\\<>;])', r"\\\1", value).replace("\0", "\\00")
    if value.startswith(("#", " ")):
        value = "\\" + value
    if value.endswith(" ") and not value.endswith("\\ "):
        value = value[:-1] + "\\ "
    return value


_TIME = re.compile(r"(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(?:[.,]\d+)?(Z|[+-]\d{4})?\Z")


def _time(value: x509.Time) -> datetime:
    """Read a time also when it lacks seconds, or has a fraction or an offset.

    Raises:
        UnreadableCertificate: it is no time.
    """
    chosen = value.chosen
    text = (chosen.contents or b"").decode("ascii", "replace")
    short = isinstance(chosen, core.UTCTime)
    match = _TIME.match(text)
    if match is None or (len(match[1]) == 2) != short:
        raise UnreadableCertificate(f"the time {text!r} cannot be read")
    year = int(match[1])
    if short:
        year += 1900 if year >= 50 else 2000
    month, day, hour, minute = (int(match[index]) for index in range(2, 6))
    moment = datetime(year, month, day, hour, minute, min(int(match[6] or 0), 59), tzinfo=_zone(match[7]))
    return moment.astimezone(UTC) if 1 < year < 9999 else moment.replace(tzinfo=UTC)


def _zone(text: str | None) -> timezone:
    if not text or text == "Z":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return timezone(offset if text[0] == "+" else -offset)


def _pem_blocks(data: bytes) -> list[tuple[str, bytes]]:
    blocks = []
    for match in _PEM.finditer(data):
        try:
            blocks.append((match[1].decode("ascii"), base64.b64decode(match[2])))
        except binascii.Error as exc:
            raise UnreadableCertificate(N_("the PEM text is damaged")) from exc
    return blocks


def _from_base64(data: bytes) -> bytes:
    """Return the bytes themselves, or what they stand for when they are bare base64."""
    if data[:1] == b"0" and data[1:2] > b"\x7f":
        return data
    try:
        return base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error as exc:
        raise UnreadableCertificate(N_("neither a certificate nor text that stands for one")) from exc


def _certificates_in(der: bytes) -> list[bytes]:
    try:
        top = tlv.element_at(der, 0)
        der = der[: top.end]
        first = next(tlv.children(der, top), None)
        if first is not None and first.tag == tlv.OBJECT_IDENTIFIER:
            signed = cms.ContentInfo.load(der)["content"]
            return [tlv.encode(tlv.SEQUENCE, item.chosen.contents) for item in signed["certificates"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise UnreadableCertificate(str(exc)) from exc
    parse(der)
    return [der]
