"""Signed PDFs made on the fly: signed, signed again, stamped, changed after signing, damaged in one chosen way."""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from model.material import Material
from model.signatures import FileSignatures
from preservation.signatures.pdf.examine import examine_pdf
from preservation.signatures.source import SignatureLimits, SignedFile
from tests.fakes.pki import SIGNED, pki

Edit = Callable[[IncrementalPdfFileWriter], None]


class Stamper(timestamps.TimeStamper):
    """A timestamp authority without a network."""

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        return cms.ContentInfo.load(pki().timestamp(message_digest, md_algorithm, SIGNED))

    async def async_dummy_response(self, md_algorithm: str) -> cms.ContentInfo:
        return await self.async_timestamp(bytes(32), md_algorithm)


@cache
def plain_pdf(*, streams: bool = False) -> bytes:
    """Return an unsigned document of one page with a text field."""
    writer = PdfFileWriter(stream_xrefs=streams)
    page = _page(writer, b"BT ET")
    reference = writer.insert_page(page)
    field = writer.add_object(
        generic.DictionaryObject(
            {
                pdf_name("/FT"): pdf_name("/Tx"),
                pdf_name("/T"): generic.pdf_string("Note"),
                pdf_name("/V"): generic.pdf_string(""),
                pdf_name("/Type"): pdf_name("/Annot"),
                pdf_name("/Subtype"): pdf_name("/Widget"),
                pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (10, 10, 90, 30)]),
                pdf_name("/P"): reference,
            }
        )
    )
    page[pdf_name("/Annots")] = generic.ArrayObject([field])
    writer.root[pdf_name("/AcroForm")] = generic.DictionaryObject({pdf_name("/Fields"): generic.ArrayObject([field])})
    return _written(writer)


def signed_pdf(
    data: bytes | None = None,
    *,
    name: str = "Sig1",
    label: str = "person",
    subfilter: fields.SigSeedSubFilter = fields.SigSeedSubFilter.PADES,
    stamped: bool = False,
    **options: Any,
) -> bytes:
    """Sign a document once more, in an incremental update."""
    signer = signers.SimpleSigner(
        signing_cert=pki().asn1(label),
        signing_key=pki().key_info(label),
        cert_registry=SimpleCertificateStore(),
    )
    options.setdefault("md_algorithm", "sha256")
    metadata = signers.PdfSignatureMetadata(field_name=name, subfilter=subfilter, reason="Đồng ý", **options)
    out = signers.PdfSigner(metadata, signer, timestamper=Stamper() if stamped else None).sign_pdf(
        IncrementalPdfFileWriter(BytesIO(data or plain_pdf()), strict=False)
    )
    return bytes(out.getvalue())


def stamped_pdf(data: bytes, *, name: str | None = None) -> bytes:
    """Add a document timestamp."""
    stamper = signers.PdfTimeStamper(Stamper(), field_name=name)
    out = stamper.timestamp_pdf(IncrementalPdfFileWriter(BytesIO(data)), "sha256", validation_context=None)
    return bytes(out.getvalue())


def with_store(data: bytes, label: str = "person") -> bytes:
    """Add a document security store with the chain and the CRLs of a signer."""
    from asn1crypto import crl, x509

    def add(writer: IncrementalPdfFileWriter) -> None:
        store = DocumentSecurityStore(writer)
        store.register_vri(
            None,
            certs=[x509.Certificate.load(der) for der in pki().chain(label)],
            crls=[crl.CertificateList.load(der) for der in pki().crls(label)],
        )
        writer.root[pdf_name("/DSS")] = writer.add_object(store.as_pdf_object())
        writer.update_root()

    return changed_pdf(data, add)


def changed_pdf(data: bytes, edit: Edit) -> bytes:
    """Apply a change in an incremental update."""
    writer = IncrementalPdfFileWriter(BytesIO(data), strict=False)
    edit(writer)
    return _written(writer)


def add_page(writer: IncrementalPdfFileWriter) -> None:
    """Append a page."""
    writer.insert_page(_page(writer, b"BT (more) Tj ET"))


def replace_content(writer: IncrementalPdfFileWriter) -> None:
    """Overwrite the contents of the first page."""
    page, _ = writer.find_page_for_modification(0)
    page = page.get_object()
    page[pdf_name("/Contents")] = writer.add_object(generic.StreamObject(stream_data=b"BT (other) Tj ET"))
    writer.update_container(page)


def add_annotation(writer: IncrementalPdfFileWriter) -> None:
    """Put a free text over the first page."""
    reference, _ = writer.find_page_for_modification(0)
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 100, 100)]),
            pdf_name("/Contents"): generic.pdf_string("approved"),
        }
    )
    writer.register_annotation(reference, writer.add_object(note))


def add_script(writer: IncrementalPdfFileWriter) -> None:
    """Let a script run when the document is opened."""
    writer.root[pdf_name("/OpenAction")] = generic.DictionaryObject(
        {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): generic.pdf_string("app.alert(1)")}
    )
    writer.update_root()


def add_attachment(writer: IncrementalPdfFileWriter) -> None:
    """Attach a file."""
    from pyhanko.pdf_utils import embed

    stream = embed.EmbeddedFileObject.from_file_data(writer, data=b"attached")
    embed.embed_file(writer, embed.FileSpec(file_spec_string="a.txt", embedded_data=stream))


def fill_field(writer: IncrementalPdfFileWriter) -> None:
    """Fill in the text field."""
    field = writer.root["/AcroForm"]["/Fields"][0]
    field[pdf_name("/V")] = generic.pdf_string("filled in")
    writer.update_container(field)


def change_info(writer: IncrementalPdfFileWriter) -> None:
    """Change the title."""
    writer.set_info(writer.add_object(generic.DictionaryObject({pdf_name("/Title"): generic.pdf_string("new")})))


def remove_fields(writer: IncrementalPdfFileWriter) -> None:
    """Take every field off the form."""
    form = writer.root["/AcroForm"]
    form[pdf_name("/Fields")] = generic.ArrayObject()
    writer.update_container(form)
    writer.update_root()


def examined(folder: Path, data: bytes, *, limits: SignatureLimits | None = None) -> tuple[FileSignatures, Material]:
    """Examine a document."""
    path = folder / "document.pdf"
    path.write_bytes(data)
    material = Material()
    file = SignedFile(path=path, name="document.pdf", material=material, limits=limits or SignatureLimits())
    return examine_pdf(file), material


def _page(writer: Any, content: bytes) -> PageObject:
    text = writer.add_object(generic.StreamObject(stream_data=content))
    return PageObject(contents=text, media_box=(0, 0, 200, 200))


def _written(writer: Any) -> bytes:
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
