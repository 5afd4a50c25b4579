"""PDF/A-2b from ReportLab: described in XMP, with an output intent and nothing that the clock decides.

Source:
    ISO 19005-2 (PDF/A-2), 6.2.3 output intent, 6.2.11.4 embedded fonts, 6.6.2 metadata.
"""

import zlib
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from preservation.printing.page import FONT, register_fonts
from preservation.printing.srgb import srgb_profile

_PRODUCER = "chauban"
_THIN = 0.5
"""Width of lines in points."""


class ArchivalPdf:
    """A file of pages with words and lines; a page is compressed and put away as soon as it ends.

    ReportLab's fonts, objects and cross references are used; its canvas would keep the uncompressed code of
    every page until the file is saved.
    """

    def __init__(self, target: Path, page: tuple[float, float], *, title: str, author: str, day: date | None) -> None:
        """Begin a file.

        Args:
            target: where it will be saved.
            page: width and height in points.
            title: of the document; printable.
            author: of the document; printable.
            day: when the document was issued: the only date in the file. None leaves dates out.
        """
        from reportlab.pdfgen.canvas import Canvas

        register_fonts()
        self._canvas = Canvas(
            str(target), pagesize=page, invariant=1, initialFontName=FONT, pdfVersion=(1, 7), lang="vi-VN"
        )
        self._document = self._canvas._doc
        self._page = page
        self._words: list[str] = []
        self._lines: list[str] = []
        self._font = ""
        _describe(self._document, title, author, day)

    def words(self, x: float, y: float, text: str, face: str, size: float) -> None:
        """Write words whose baseline begins at a point; every letter must be in the face."""
        from reportlab.pdfbase.pdfmetrics import getFont

        font = getFont(face)
        self._words.append(f"1 0 0 1 {x:.2f} {y:.2f} Tm")
        for subset, codes in font.splitString(text, self._document):
            name = f"{font.getSubsetInternalName(subset, self._document)} {size:g} Tf"
            if name != self._font:
                self._words.append(name)
                self._font = name
            self._words.append(f"<{codes.hex()}> Tj")

    def line(self, x: float, y: float, to_x: float, to_y: float) -> None:
        """Draw a thin line from a point to another."""
        self._lines.append(f"{x:.2f} {y:.2f} m {to_x:.2f} {to_y:.2f} l S")

    def end_page(self) -> None:
        """End the page; what is written next stands on another."""
        from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFName, PDFPage, PDFResourceDictionary, PDFStream

        code = "\n".join((f"{_THIN} w", *self._lines, "BT", *self._words, "ET"))
        page = PDFPage()
        page.pagewidth, page.pageheight = self._page
        page.Contents = PDFStream(PDFDictionary({"Filter": PDFName("FlateDecode")}), zlib.compress(code.encode()))
        page.Resources = PDFResourceDictionary()
        page.Resources.basicFonts()
        self._document.addPage(page)
        self._words, self._lines, self._font = [], [], ""

    def save(self) -> None:
        """Write the file."""
        self._canvas.save()


def _describe(document: Any, title: str, author: str, day: date | None) -> None:
    """Give the document its catalogue, its information and its XMP."""
    from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFStream, PDFString

    document.encrypt = _ending_streams()
    flate = {"Filter": PDFName("FlateDecode")}
    profile = PDFStream(PDFDictionary({"N": 3, **flate}), zlib.compress(srgb_profile()))
    intent = PDFDictionary(
        {
            "Type": PDFName("OutputIntent"),
            "S": PDFName("GTS_PDFA1"),
            "OutputConditionIdentifier": PDFString("sRGB IEC61966-2.1"),
            "Info": PDFString("sRGB IEC61966-2.1"),
            "DestOutputProfile": document.Reference(profile),
        }
    )
    packet = PDFStream(
        PDFDictionary({"Type": PDFName("Metadata"), "Subtype": PDFName("XML")}), _xmp(title, author, day).encode()
    )
    catalogue = document.Catalog
    catalogue.__NoDefault__ = [*catalogue.__NoDefault__, "OutputIntents"]
    catalogue.OutputIntents = PDFArray([document.Reference(intent)])
    catalogue.Metadata = packet
    catalogue.ViewerPreferences = PDFDictionary({"DisplayDocTitle": "true"})
    document.info = _information(title, author, day)
    document.signature.update(f"{title}\n{author}\n{day}".encode())


def _ending_streams() -> Any:
    """Return what ReportLab asks for the bytes of a stream: the same bytes, with a line's end after them.

    ReportLab writes `endstream` right after the last byte, which PDF/A does not allow (ISO 19005-2, 6.1.7.1).
    """
    from reportlab.pdfbase.pdfdoc import NoEncryption, PDFObject

    class Ended(PDFObject):  # type: ignore[misc]  # ReportLab has no types
        """The bytes of a stream; the line's end is not counted in its length."""

        def __init__(self, content: bytes) -> None:
            self.content = content

        def __len__(self) -> int:
            return len(self.content)

        def format(self, _document: object) -> bytes:
            """Return what is written."""
            return self.content + b"\n"

    class Streams(NoEncryption):  # type: ignore[misc]  # ReportLab has no types
        """No encryption, which PDF/A forbids."""

        def encode(self, content: bytes | str) -> Ended:
            """Return the stream's bytes."""
            return Ended(content.encode("latin-1") if isinstance(content, str) else content)

    return Streams()


def _information(title: str, author: str, day: date | None) -> Any:
    """Return the information dictionary, which says what the XMP says."""
    from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFString

    class Information(PDFDictionary):  # type: ignore[misc]  # ReportLab has no types
        """A dictionary that answers as ReportLab's own information object does."""

        def digest(self, _hash: object) -> None:
            """Add nothing to the identifier: it is made of the values themselves."""

    entries = {"Title": PDFString(title), "Author": PDFString(author), "Producer": PDFString(_PRODUCER)}
    if day is not None:
        stamp = PDFString(f"D:{day:%Y%m%d}000000+07'00'")
        entries |= {"CreationDate": stamp, "ModDate": stamp}
    return Information(entries)


def _xmp(title: str, author: str, day: date | None) -> str:
    moment = "" if day is None else f"{day.isoformat()}T00:00:00+07:00"
    dates = f"<xmp:CreateDate>{moment}</xmp:CreateDate><xmp:ModifyDate>{moment}</xmp:ModifyDate>" if moment else ""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">\n'
        "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>\n"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>\n'
        f"<dc:creator><rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq></dc:creator>\n"
        "<dc:language><rdf:Bag><rdf:li>vi-VN</rdf:li></rdf:Bag></dc:language>\n"
        f"<pdf:Producer>{_PRODUCER}</pdf:Producer>{dates}\n"
        '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    )
