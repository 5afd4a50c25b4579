"""What a file may be signed as, told from a few of its bytes and, where these say nothing, from its name.

Cheap enough to ask for every file of a batch: 4 KiB are read, of a ZIP its directory too, and nothing is unpacked
but a `mimetype` entry. Content decides over the name. What is hostile is capped and falls back to the name.
"""

import binascii
import re
import struct
import zlib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path, PurePath
from typing import BinaryIO


class SignedKind(StrEnum):
    """What a file is read as when its signatures are looked for."""

    NOTHING = ""
    """Files of this type carry no signatures of their own."""
    PDF = "pdf"
    CMS = "cms"
    TIMESTAMP = "timestamp"
    """An RFC 3161 token or response that lies alone."""
    XML = "xml"
    ASIC_S = "asic-s"
    ASIC_E = "asic-e"
    BDOC = "bdoc"
    ADOC = "adoc"
    ODF = "odf"
    OOXML = "ooxml"
    SMIME = "smime"
    OLE = "ole"
    """Microsoft's compound file of Office 97 to 2003, or an encrypted newer document."""
    PGP = "pgp"
    """OpenPGP, which this program does not judge."""


_HEAD = 4096
_PDF_HEADER_WITHIN = 1024
_ZIP_ENTRIES = 2_000
_ZIP_DIRECTORY = 512 << 10
_MIMETYPE = 256
_END_RECORD = 22
_END_SEARCH = 65_535 + _END_RECORD

_BY_SUFFIX = {
    ".pdf": SignedKind.PDF,
    ".p7s": SignedKind.CMS,
    ".p7m": SignedKind.CMS,
    ".p7c": SignedKind.CMS,
    ".p7b": SignedKind.CMS,
    ".pk7": SignedKind.CMS,
    ".pkcs7": SignedKind.CMS,
    ".cms": SignedKind.CMS,
    ".sig": SignedKind.CMS,
    ".tst": SignedKind.TIMESTAMP,
    ".tsr": SignedKind.TIMESTAMP,
    ".xml": SignedKind.XML,
    ".edxml": SignedKind.XML,
    ".xades": SignedKind.XML,
    ".xsig": SignedKind.XML,
    ".ddoc": SignedKind.XML,
    ".asics": SignedKind.ASIC_S,
    ".scs": SignedKind.ASIC_S,
    ".asice": SignedKind.ASIC_E,
    ".sce": SignedKind.ASIC_E,
    ".edoc": SignedKind.ASIC_E,
    ".bdoc": SignedKind.BDOC,
    ".adoc": SignedKind.ADOC,
    **dict.fromkeys((".odt", ".ods", ".odp", ".odg", ".odf", ".ott", ".ots", ".otp"), SignedKind.ODF),
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), SignedKind.OOXML),
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb"), SignedKind.OOXML),
    **dict.fromkeys((".pptx", ".pptm", ".potx", ".ppsx"), SignedKind.OOXML),
    ".eml": SignedKind.SMIME,
}
DETACHED_SUFFIXES = (".p7s", ".p7m", ".pkcs7", ".pk7", ".cms", ".sig", ".xml", ".xades", ".xsig", ".tst", ".tsr")
"""Endings that a file of a detached signature adds to the name of the file it signs, or has in place of its ending."""

_NEVER = ("image/", "audio/", "video/", "font/")
_NEVER_ALONE = frozenset(
    {"application/gzip", "application/x-tar", "application/x-7z-compressed", "application/vnd.rar"}
)

_ZIP_MIMETYPES = {
    "application/vnd.etsi.asic-s+zip": SignedKind.ASIC_S,
    "application/vnd.etsi.asic-e+zip": SignedKind.ASIC_E,
    "application/vnd.bdoc-1.0": SignedKind.BDOC,
    "application/vnd.bdoc-1.1": SignedKind.BDOC,
    "application/vnd.lt.archyvai.adoc-2008": SignedKind.ADOC,
    "application/vnd.lt.archyvai.adoc-2011": SignedKind.ADOC,
}
_ODF_MIMETYPE = "application/vnd.oasis.opendocument."
_ASIC_ENTRY = re.compile(
    rb"META-INF/[^/]*(?:signature[^/]*\.(?:xml|p7s)|timestamp[^/]*\.tst|evidencerecord[^/]*\.(?:ers|xml)"
    rb"|ASiC[^/]*\.xml)",
    re.IGNORECASE,
)

_CMS_TYPES = (b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07", b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17")
"""Object identifiers of RFC 5652 content types: pkcs-7, and authenticated-enveloped data."""
_TST_INFO = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04"
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 #]+)-----\s+(?:[!-9;-~]+:[^\n]*\n)*\s*([A-Za-z0-9+/=\s]+)")
_BASE64 = re.compile(rb"\s*(MI[A-Za-z0-9+/=\s]{40,})")
_NOT_CMS_LABELS = (b"CERTIFICATE", b"KEY", b"CRL", b"REQUEST", b"PARAMETERS")
_PGP = re.compile(rb"-----BEGIN PGP (?:SIGNATURE|SIGNED MESSAGE|MESSAGE)-----")

_HTML = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_XML = re.compile(r"\s*<(?:\?xml\b|!--|!DOCTYPE\b|[A-Za-z_À-\uffff][^<>]*>)", re.DOTALL)
_HEADER = re.compile(rb"([!-9;-~]{2,60}):[ \t\r\n]")
_MAIL_HEADERS = re.compile(
    rb"^(?:mime-version|received|return-path|message-id|from|to|subject|date|content-type|x-[a-z0-9-]+|delivered-to"
    rb"|dkim-signature|arc-[a-z-]+|authentication-results|reply-to|sender|content-transfer-encoding)$",
    re.IGNORECASE,
)


def detect(path: Path, name: str, mime: str = "") -> SignedKind:
    """Tell as what a file is to be read for signatures.

    Args:
        path: where its bytes are.
        name: the name its maker gave it.
        mime: its MIME type where it was identified; pictures and sound are then not opened.

    Raises:
        OSError: it cannot be read.
    """
    if not may_carry_signatures(name, mime):
        return SignedKind.NOTHING
    with path.open("rb", buffering=0) as stream:
        head = stream.read(_HEAD)
        if head.startswith(b"PK"):
            found: SignedKind | None = _zip_kind(stream, head)
        else:
            found = kind_of_bytes(head)
    return kind_of_name(name) if found is None else found


def may_carry_signatures(name: str, mime: str) -> bool:
    """Tell whether a file is worth opening, by its identified type; unknown types and signature names are."""
    if kind_of_name(name) is not SignedKind.NOTHING or mime.endswith("+xml"):
        return True
    return not mime.startswith(_NEVER) and mime not in _NEVER_ALONE


def kind_of_name(name: str) -> SignedKind:
    """Tell the kind that a file's name promises."""
    return _BY_SUFFIX.get(PurePath(name).suffix.lower(), SignedKind.NOTHING)


def kind_of_bytes(head: bytes) -> SignedKind | None:
    """Tell the kind of a file that is no ZIP by its first bytes; none where they say nothing."""
    if head.startswith(b"%PDF-"):
        return SignedKind.PDF
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return SignedKind.OLE
    if head.startswith(b"\x30"):
        return _der_kind(head)
    text = _as_text(head)
    if text is not None and _HTML.match(text):
        return SignedKind.NOTHING
    if text is not None and _XML.match(text):
        return SignedKind.XML
    return _armoured_kind(head) or _loose_kind(head)


def _loose_kind(head: bytes) -> SignedKind | None:
    """Recognise what begins after something else: mail by its header lines, a PDF after foreign bytes."""
    if _is_mail(head):
        return SignedKind.SMIME
    if b"%PDF-" in head[:_PDF_HEADER_WITHIN]:
        return SignedKind.PDF
    return None


def _as_text(head: bytes) -> str | None:
    """Read the beginning of a file as text by its byte order mark; none where it cannot be XML."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "ignore")
    if head.startswith(b"<\x00"):
        return head.decode("utf-16-le", "ignore")
    if head.startswith(b"\x00<"):
        return head.decode("utf-16-be", "ignore")
    return head.decode("utf-8", "replace") if head.lstrip()[:1] == b"<" else None


def _is_mail(head: bytes) -> bool:
    """Tell whether a file begins with header lines of which two are known ones of mail (RFC 5322, RFC 2045)."""
    if head.startswith(b"From "):
        head = head.partition(b"\n")[2]
    known = 0
    for line in head.splitlines():
        if not line:
            break
        if line[:1] in b" \t":
            continue
        header = _HEADER.match(line + b"\n")
        if header is None:
            return False
        known += bool(_MAIL_HEADERS.match(header[1]))
        if known == 2:
            return True
    return False


# -- CMS


def _armoured_kind(head: bytes) -> SignedKind | None:
    if _PGP.search(head[:1024]):
        return SignedKind.PGP
    armoured = _PEM.search(head)
    if armoured is not None and not armoured[1].endswith(_NOT_CMS_LABELS):
        return _der_kind(_from_base64(armoured[2]))
    bare = _BASE64.match(head)
    return _der_kind(_from_base64(bare[1])) if bare else None


def _from_base64(text: bytes) -> bytes:
    digits = b"".join(text.split()).partition(b"=")[0]
    try:
        return binascii.a2b_base64(digits[: len(digits) // 4 * 4])
    except binascii.Error:
        return b""


def _der_kind(der: bytes) -> SignedKind | None:
    """Tell a CMS object or a timestamp response from other DER by its first object identifier."""
    body = _contents(der)
    if body.startswith(_CMS_TYPES):
        return SignedKind.TIMESTAMP if _TST_INFO in body[:400] else SignedKind.CMS
    if body.startswith(b"\x30"):
        length = body[1] if len(body) > 1 else 0x80
        after = body[2 + length :] if length < 0x80 else b""
        if _contents(after).startswith(_CMS_TYPES) and _TST_INFO in after[:400]:
            return SignedKind.TIMESTAMP
    return None


def _contents(der: bytes) -> bytes:
    """Return what follows the header of a SEQUENCE, of definite or indefinite length."""
    if len(der) < 2 or der[0] != 0x30:
        return b""
    return der[2 + (der[1] & 0x7F if der[1] > 0x80 else 0) :]


# -- ZIP


def _zip_kind(stream: BinaryIO, head: bytes) -> SignedKind | None:
    """Tell the kind of a ZIP: its `mimetype` entry, then the names of its entries."""
    declared = _mimetype(head)
    names: list[bytes] = []
    for name, offset in _directory(stream):
        names.append(name)
        if name == b"mimetype" and not declared and offset >= 0:
            stream.seek(offset)
            declared = _mimetype(stream.read(30 + len(name) + 64 + _MIMETYPE))
    if declared in _ZIP_MIMETYPES:
        return _ZIP_MIMETYPES[declared]
    if declared.startswith(_ODF_MIMETYPE):
        return SignedKind.ODF
    return _kind_of_entries(names)


def _kind_of_entries(names: list[bytes]) -> SignedKind | None:
    present = set(names)
    if b"[Content_Types].xml" in present:
        return SignedKind.OOXML
    if b"META-INF/manifest.xml" in present and b"content.xml" in present:
        return SignedKind.ODF
    if not any(_ASIC_ENTRY.fullmatch(name) for name in names):
        return None
    data = [name for name in names if not name.startswith(b"META-INF/") and name != b"mimetype" and name[-1:] != b"/"]
    return SignedKind.ASIC_S if len(data) == 1 else SignedKind.ASIC_E


def _mimetype(record: bytes) -> str:
    """Read the `mimetype` entry from a local header and what follows it; empty when it is another entry."""
    if len(record) < 30 or not record.startswith(b"PK\x03\x04"):
        return ""
    method, size, name_length, extra = struct.unpack_from("<8xH8xI4xHH", record)
    if record[30 : 30 + name_length] != b"mimetype":
        return ""
    start = 30 + name_length + extra
    content = record[start : start + min(size or _MIMETYPE, _MIMETYPE)]
    if method == zlib.DEFLATED:
        try:
            content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, _MIMETYPE)
        except zlib.error:
            return ""
    return content.partition(b"PK")[0].decode("ascii", "ignore").strip().lower()


def _directory(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield name and offset of the entries of a ZIP, from a bounded part of its central directory."""
    length = stream.seek(0, 2)
    start = max(0, length - _END_SEARCH)
    stream.seek(start)
    tail = _read(stream, _END_SEARCH)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < _END_RECORD:
        return
    size, offset = struct.unpack_from("<II", tail, end + 12)
    # Where bytes were put before the ZIP its offsets are wrong by their number; the end record tells it.
    shift = start + end - size - offset
    if 0xFFFFFFFF in {size, offset}:
        size, offset, shift = *_zip64(tail[:end], stream), 0
    if not 0 <= offset + shift < length:
        return
    stream.seek(offset + shift)
    records = _read(stream, min(size, _ZIP_DIRECTORY))
    place = 0
    for _ in range(_ZIP_ENTRIES):
        if records[place : place + 4] != b"PK\x01\x02" or len(records) < place + 46:
            return
        name_length, extra, comment, entry = struct.unpack_from("<28xHHH8xI", records, place)
        yield records[place + 46 : place + 46 + name_length], entry + shift
        place += 46 + name_length + extra + comment


def _zip64(before: bytes, stream: BinaryIO) -> tuple[int, int]:
    """Return size and offset of the central directory from the ZIP64 end record; an empty one where it has none."""
    locator = before.rfind(b"PK\x06\x07")
    if locator < 0 or len(before) - locator < 20:
        return 0, -1
    (where,) = struct.unpack_from("<8xQ", before, locator)
    if where >= 1 << 62:
        return 0, -1
    stream.seek(where)
    record = stream.read(56)
    if len(record) < 56 or not record.startswith(b"PK\x06\x06"):
        return 0, -1
    size, offset = struct.unpack_from("<40xQQ", record)
    return size, offset


def _read(stream: BinaryIO, size: int) -> bytes:
    """Read so many bytes of an unbuffered stream, or what there is."""
    data = bytearray()
    while len(data) < size and (chunk := stream.read(size - len(data))):
        data += chunk
    return bytes(data)
