"""Adds validation material and a document timestamp to a PDF: the level B-LTA, without touching what was signed.

The PDF library writes here; imported in a worker only. Revisions are appended: the security store, the timestamp over
everything, and what proves that timestamp. Nothing else is changed, not even the dates in the document information.

Source:
    ETSI EN 319 142-1, sections 5.4.2 (DSS), 5.4.3 (document timestamp) and 6.3 (level B-LTA)
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from asn1crypto import cms, crl, ocsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore

from model.material import Material, MaterialKind

RESERVED = 16 << 10
"""Bytes kept free for a token at first; real ones have three to eight thousand."""
LARGEST_TOKEN = 1 << 20
_CHUNK = 1 << 20

Ask = Callable[[bytes, str], bytes]
"""Returns a verified DER token over a digest of the algorithm named."""


class Unsuitable(Exception):
    """The PDF cannot be extended."""


def extend_pdf(path: Path, material: Material, ask: Ask, algorithm: str = "") -> None:
    """Append a security store with the material given, and a document timestamp.

    Args:
        path: a PDF, changed in place: its bytes stay as its beginning.
        material: certificates, CRLs and OCSP responses to be kept in it.
        ask: gets the timestamp.
        algorithm: of the digest that is stamped, such as `sha512`; empty: no timestamp is appended.

    Raises:
        Unsuitable: it is encrypted, or does not begin as a PDF does.
        Exception: whatever the library raises on what it cannot read or write.
    """
    with path.open("r+b") as stream:
        if stream.read(5) != b"%PDF-":
            raise Unsuitable("bytes before the header")
        _add_material(_opened(stream), material)
        if not algorithm:
            return
        size = stream.seek(0, 2)
        reserved = RESERVED
        while True:
            stamper = _Stamper(ask, reserved)
            try:
                _stamp(_opened(stream), stamper, algorithm)
            except _TokenTooLarge as needed:
                stream.truncate(size)
                reserved = needed.size * 2
            else:
                return


class _Writer(IncrementalPdfFileWriter):
    """Leaves the document information and its dates as they are: the document was not edited."""

    def _update_meta(self) -> None:
        """Change nothing."""


def _opened(stream: BinaryIO) -> Any:
    stream.seek(0)
    writer = _Writer(stream, strict=False)
    if writer.security_handler is not None:
        raise Unsuitable("encrypted")
    return writer


def _add_material(writer: Any, material: Material) -> None:
    """Append the store as a revision of its own, if it brings anything new."""
    store = DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[x509.Certificate.load(item.content) for item in material.of(MaterialKind.CERTIFICATE)],
        ocsps=[ocsp.OCSPResponse.load(item.content) for item in material.of(MaterialKind.OCSP)],
        crls=[crl.CertificateList.load(item.content) for item in material.of(MaterialKind.CRL)],
    )
    if store.modified:
        writer.write_in_place()


def _stamp(writer: Any, stamper: "_Stamper", algorithm: str) -> None:
    PdfTimeStamper(stamper).timestamp_pdf(
        writer, algorithm, bytes_reserved=2 * stamper.reserved, in_place=True, chunk_size=_CHUNK
    )


class _TokenTooLarge(Exception):
    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class _Stamper(TimeStamper):
    """Hands the library tokens that were asked for and checked elsewhere: its own client compares neither digest
    nor nonce."""

    def __init__(self, ask: Ask, reserved: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library's constructor has no types
        self._ask = ask
        self.reserved = reserved

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Return a token over a digest."""
        token = self._ask(message_digest, md_algorithm)
        if len(token) > self.reserved:
            if len(token) > LARGEST_TOKEN:
                raise Unsuitable("timestamp too large")
            raise _TokenTooLarge(len(token))
        return cms.ContentInfo.load(token)
