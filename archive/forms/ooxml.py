"""The container of DOCX and XLSX files: a ZIP of XML parts, the same bytes for the same parts.

The parts are written as they come, so a table of any length needs no memory; python-docx and openpyxl
hold a document as a tree (python-docx is quadratic in rows) and stamp it with the clock.

Source:
    ECMA-376 part 2 (Open Packaging Conventions).
"""

from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from archive.forms.values import Issuer
from archive.forms.words import shown

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "application/vnd.openxmlformats-officedocument."
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/"
_CHUNK = 1 << 18
_EPOCH = (1980, 1, 1, 0, 0, 0)


class PartWriter:
    """Writes the parts of one container in order."""

    def __init__(self, target: Path) -> None:
        self._archive = ZipFile(target, "w", ZIP_DEFLATED, allowZip64=True)

    def __enter__(self) -> "PartWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def write(self, name: str, pieces: Iterable[str]) -> None:
        """Write one part from pieces of XML."""
        info = ZipInfo(name, _EPOCH)
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        with self._archive.open(info, "w", force_zip64=True) as part:
            waiting: list[str] = [DECLARATION]
            size = 0
            for piece in pieces:
                waiting.append(piece)
                size += len(piece)
                if size > _CHUNK:
                    part.write("".join(waiting).encode())
                    waiting, size = [], 0
            part.write("".join(waiting).encode())

    def write_package(self, main: str, title: str, issuer: Issuer, types: dict[str, str]) -> None:
        """Write what every container has: content types, first relations and the properties of the document.

        Args:
            main: name of the main part.
            types: content type of each part, by name.
        """
        self.write("[Content_Types].xml", _content_types(types))
        self.write(
            "_rels/.rels",
            relations(
                {
                    "officeDocument": main,
                    "extended-properties": "docProps/app.xml",
                    f"{_PACKAGE}relationships/metadata/core-properties": "docProps/core.xml",
                }
            ),
        )
        self.write("docProps/core.xml", _properties(title, issuer))
        self.write("docProps/app.xml", [_APPLICATION])


def text_of(text: str) -> str:
    """Return text for an XML part, as a form shows it."""
    return escape(shown(text))


def relations(targets: dict[str, str]) -> list[str]:
    """Return a part of relations, numbered rId1, rId2 … in the order given.

    Args:
        targets: name of a part by its relation, whose short form is one of the office documents.
    """
    lines = [f'<Relationships xmlns="{_PACKAGE}relationships">']
    for number, (kind, target) in enumerate(targets.items(), 1):
        url = kind if kind.startswith("http") else f"{RELATIONS}/{kind}"
        lines.append(f'<Relationship Id="rId{number}" Type="{url}" Target="{target}"/>')
    return [*lines, "</Relationships>"]


def measured(width: int, shares: Iterable[int]) -> list[int]:
    """Return a width divided by shares; the rest that rounding leaves goes to the last."""
    parts = list(shares)
    whole = sum(parts)
    cut = [round(width * part / whole) for part in parts]
    cut[-1] += width - sum(cut)
    return cut


def _content_types(types: dict[str, str]) -> list[str]:
    core = "application/vnd.openxmlformats-package.core-properties+xml"
    known = types | {"docProps/core.xml": core, "docProps/app.xml": f"{MAIN}extended-properties+xml"}
    return [
        f'<Types xmlns="{_PACKAGE}content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>',
        *(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in known.items()),
        "</Types>",
    ]


def _properties(title: str, issuer: Issuer) -> list[str]:
    """Return the core properties; the only date is the form's own."""
    dates = ""
    if issuer.day is not None:
        stamp = f"{issuer.day.isoformat()}T00:00:00Z"
        dates = "".join(
            f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{stamp}</dcterms:{name}>' for name in ("created", "modified")
        )
    return [
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{text_of(title)}</dc:title><dc:creator>{text_of(issuer.agency)}</dc:creator>"
        f"<dc:language>vi-VN</dc:language>{dates}</cp:coreProperties>"
    ]


_APPLICATION = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    "<Application>chauban</Application></Properties>"
)
