"""Office documents, archives and bags, the same bytes at every run."""

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

_LONG_AGO = (2024, 1, 2, 8, 0, 0)
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def write_zip(members: Mapping[str, bytes], *, stored: Sequence[str] = ()) -> bytes:
    """Return a ZIP of the members in their order, with fixed times."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _LONG_AGO)
            info.external_attr = 0o100644 << 16
            info.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


def write_docx(title: str, paragraphs: Sequence[str], author: str) -> bytes:
    """Return a Word document: a bold title, then paragraphs in Times New Roman 14."""
    body = _word_paragraph(title, bold=True, align="center") + "".join(_word_paragraph(text) for text in paragraphs)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'wordprocessingml.document.main+xml"/>'
        '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.'
        'core-properties+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" '
        'Target="docProps/core.xml"/></Relationships>',
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(title)}</dc:title><dc:creator>{escape(author)}</dc:creator>"
        '<dcterms:created xsi:type="dcterms:W3CDTF">2024-01-02T01:00:00Z</dcterms:created></cp:coreProperties>',
        "word/document.xml": f'<w:document xmlns:w="{_W}"><w:body>{body}<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1134" w:right="1021" w:bottom="1134" w:left="1701" w:header="567" w:footer="567" '
        'w:gutter="0"/></w:sectPr></w:body></w:document>',
    }
    return write_zip({name: (_XML + text).encode() for name, text in parts.items()})


def write_odt(title: str, paragraphs: Sequence[str]) -> bytes:
    """Return an OpenDocument text."""
    office = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = (
        f'xmlns:office="{office}:office:1.0" xmlns:text="{office}:text:1.0" xmlns:style="{office}:style:1.0" '
        f'xmlns:fo="{office}:xsl-fo-compatible:1.0" xmlns:meta="{office}:meta:1.0" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.2"'
    )
    text = "".join(f"<text:p>{escape(paragraph)}</text:p>" for paragraph in paragraphs)
    mime = "application/vnd.oasis.opendocument.text"
    parts = {
        "content.xml": f"<office:document-content {spaces}><office:body><office:text>"
        f'<text:h text:outline-level="1">{escape(title)}</text:h>{text}'
        "</office:text></office:body></office:document-content>",
        "styles.xml": f'<office:document-styles {spaces}><office:styles><style:default-style style:family="paragraph">'
        '<style:text-properties fo:font-family="Times New Roman" fo:font-size="14pt" fo:language="vi" '
        'fo:country="VN"/></style:default-style></office:styles></office:document-styles>',
        "meta.xml": f"<office:document-meta {spaces}><office:meta><dc:title>{escape(title)}</dc:title>"
        "<dc:language>vi-VN</dc:language></office:meta></office:document-meta>",
        "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{office}:manifest:1.0" manifest:version="1.2">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}" manifest:version="1.2"/>'
        + "".join(
            f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>'
            for name in ("content.xml", "styles.xml", "meta.xml")
        )
        + "</manifest:manifest>",
    }
    members = {"mimetype": mime.encode()} | {name: (_XML + part).encode() for name, part in parts.items()}
    return write_zip(members, stored=("mimetype",))


def write_xlsx(sheets: Mapping[str, Sequence[Sequence[object]]], *, head: int = 1) -> bytes:
    """Return a workbook; `head` rows of each sheet are set in bold."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for cells in sheet.iter_rows(max_row=head):
            for cell in cells:
                cell.font = Font(name="Times New Roman", bold=True)
                cell.alignment = Alignment(wrap_text=True, vertical="center")
        for column in range(1, sheet.max_column + 1):
            sheet.column_dimensions[get_column_letter(column)].width = 22
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    core = members["docProps/core.xml"]
    members["docProps/core.xml"] = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2024-01-02T01:00:00Z", core)
    return write_zip(members)


def bag(files: Mapping[str, bytes], info: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files of a BagIt 1.0 bag around a payload, with SHA-256 and SHA-512 manifests.

    Source:
        RFC 8493.
    """
    payload = {f"data/{name}": content for name, content in files.items()}
    size = sum(len(content) for content in payload.values())
    lines = [f"{name}: {value}" for name, value in info.items()] + [f"Payload-Oxum: {size}.{len(payload)}"]
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": ("\n".join(lines) + "\n").encode(),
    }
    for algorithm in ("sha256", "sha512"):
        tags[f"manifest-{algorithm}.txt"] = _manifest(algorithm, payload)
    listed = dict(tags)
    for algorithm in ("sha256", "sha512"):
        tags[f"tagmanifest-{algorithm}.txt"] = _manifest(algorithm, listed)
    return tags | payload


def _manifest(algorithm: str, files: Mapping[str, bytes]) -> bytes:
    lines = [f"{hashlib.new(algorithm, files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return "".join(lines).encode()


def _word_paragraph(text: str, *, bold: bool = False, align: str = "both") -> str:
    weight = "<w:b/>" if bold else ""
    return (
        f'<w:p><w:pPr><w:spacing w:after="120"/><w:jc w:val="{align}"/></w:pPr><w:r><w:rPr>'
        '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>'
        f'{weight}<w:sz w:val="28"/><w:lang w:val="vi-VN"/></w:rPr>'
        f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'
    )
