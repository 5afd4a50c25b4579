"""Packages by Circular 02/2019 as old systems export them, made on the spot: XML, JSON, XLSX or CSV, with PDF files."""

import csv
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pikepdf

Fields = dict[str, Any]


def case_fields(**changes: Any) -> Fields:
    """Return the fields of a case file; one given as None is left out."""
    fields = {
        "FileCode": "000.00.00.H49.2010.1.TH",
        "Identifier": "000.00.00.H49",
        "OrganId": "PHONG-01",
        "FileCatalog": "2010",
        "FileNotation": "1.TH",
        "Title": "Hồ sơ về việc sửa chữa đường liên xã (hư cấu)",
        "Maintenance": "Vĩnh viễn",
        "Rights": "Không hạn chế",
        "Language": "Tiếng Việt",
        "StartDate": "02/01/2010",
        "EndDate": "31/12/2010",
        "TotalDoc": "3",
        "Maximum": "5",
        "PageNumber": "3",
        "Format": "Tốt",
    }
    fields.update(changes)
    return {name: value for name, value in fields.items() if value is not None}


def document_fields(ordinal: int, **changes: Any) -> Fields:
    """Return the fields of a document; one given as None is left out."""
    fields = {
        "DocCode": f"000.00.00.H49.2010.1.TH{'.' if ordinal < 10 else ''}{ordinal}",
        "FileCode": "000.00.00.H49.2010.1.TH",
        "Identifier": "000.00.00.H49",
        "OrganId": "PHONG-01",
        "FileCatalog": "2010",
        "FileNotation": "1.TH",
        "DocOrdinal": str(ordinal),
        "TypeName": ("Quyết định", "CV", "Báo cáo")[ordinal % 3],
        "CodeNumber": str(100 + ordinal),
        "CodeNotation": "QĐ-UBND",
        "IssuedDate": f"{ordinal % 28 + 1:02d}/03/2010",
        "OrganName": "Ủy ban nhân dân xã Bình An (hư cấu)",
        "Subject": f"Về việc sửa chữa đường liên xã, đợt {ordinal}",
        "Language": "Tiếng Việt",
        "PageAmount": "1",
        "Mode": "Không hạn chế",
        "ConfidenceLevel": "Số hóa",
        "Format": "Tốt",
        "FileName": f"vb{ordinal:03d}.pdf",
    }
    fields.update(changes)
    return {name: value for name, value in fields.items() if value is not None}


def documents(count: int = 3, **changes: Any) -> list[Fields]:
    """Return the fields of several documents, each changed alike."""
    return [document_fields(ordinal, **changes) for ordinal in range(1, count + 1)]


def make_pdf(path: Path, title: str = "x") -> Path:
    """Write a PDF of one page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        with pdf.open_metadata() as metadata:
            metadata["dc:title"] = title
        pdf.save(path, static_id=True)
    return path


def make_package(
    folder: Path,
    kind: str = "xml",
    *,
    case: Mapping[str, Any] | None = None,
    docs: Sequence[Mapping[str, Any]] | None = None,
    files: Sequence[str] | None = None,
) -> Path:
    """Write a package as a folder.

    Args:
        kind: `xml`, `attributes`, `files` (one XML each), `json`, `xlsx`, `csv` (one sheet) or `csv2` (two files).
        files: names of the PDF files; those that the documents name by default.
    """
    case = case_fields() if case is None else dict(case)
    docs = documents() if docs is None else list(docs)
    folder.mkdir(parents=True, exist_ok=True)
    _WRITERS[kind](folder, dict(case), [dict(doc) for doc in docs])
    for name in files if files is not None else [str(doc["FileName"]) for doc in docs if doc.get("FileName")]:
        make_pdf(folder / name, name)
    return folder


def xml_of(name: str, fields: Mapping[str, Any], inner: str = "") -> str:
    """Return an element with a child for each field."""
    children = "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in fields.items())
    return f"<{name}>{children}{inner}</{name}>"


def _xml(folder: Path, case: Fields, docs: list[Fields]) -> None:
    inner = "<DanhSachVanBan>" + "".join(xml_of("VanBan", doc) for doc in docs) + "</DanhSachVanBan>"
    (folder / "goi.xml").write_text(f'<?xml version="1.0"?>\n{xml_of("HoSo", case, inner)}', encoding="utf-8")


def _attributes(folder: Path, case: Fields, docs: list[Fields]) -> None:
    def element(name: str, fields: Fields) -> str:
        given = " ".join(f"{key.lower()}={quoteattr(str(value))}" for key, value in fields.items())
        return f"<x:{name} {given}/>"

    inner = element("ho_so", case) + "".join(element("van_ban", doc) for doc in docs)
    (folder / "du-lieu.xml").write_text(f'<x:goi xmlns:x="urn:example:legacy">{inner}</x:goi>', encoding="utf-8")


def _files(folder: Path, case: Fields, docs: list[Fields]) -> None:
    (folder / "metadata.xml").write_text(xml_of("File", case), encoding="utf-8")
    for number, doc in enumerate(docs, 1):
        (folder / f"VB{number}.xml").write_text(xml_of("Document", doc), encoding="utf-8")


def _json(folder: Path, case: Fields, docs: list[Fields]) -> None:
    data = {"data": {"hoSo": {**case, "vanBans": docs}}}
    (folder / "export.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def _csv(folder: Path, case: Fields, docs: list[Fields]) -> None:
    own = {key: value for key, value in case.items() if key not in docs[0]}
    _table(folder / "muc luc.csv", [{**own, **doc} for doc in docs])


def _csv2(folder: Path, case: Fields, docs: list[Fields]) -> None:
    _table(folder / "ho so.csv", [case])
    _table(folder / "van ban.csv", docs)


def _table(path: Path, rows: Sequence[Fields]) -> None:
    titles = list(dict.fromkeys(title for row in rows for title in row))
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, titles, delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


def _xlsx(folder: Path, case: Fields, docs: list[Fields]) -> None:
    write_xlsx(folder / "dulieu.xlsx", {"Ho so": [case], "Van ban": docs})


def write_xlsx(path: Path, sheets: Mapping[str, Sequence[Fields]]) -> None:
    """Write a workbook with a row of titles and a row for each record in every sheet."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        listed = "".join(f'<sheet name="{name}" sheetId="{at}" r:id="rId{at}"/>' for at, name in enumerate(sheets, 1))
        book.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>'
        )
        related = "".join(
            f'<Relationship Id="rId{at}" Type="{office}/worksheet" Target="worksheets/sheet{at}.xml"/>'
            for at in range(1, len(sheets) + 1)
        )
        book.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">{related}</Relationships>')
        for at, rows in enumerate(sheets.values(), 1):
            book.writestr(f"xl/worksheets/sheet{at}.xml", _sheet(main, rows))


def _sheet(namespace: str, rows: Sequence[Fields]) -> str:
    titles = list(dict.fromkeys(title for row in rows for title in row))
    lines = [titles, *([str(row.get(title, "")) for title in titles] for row in rows)]
    cells = "".join(
        f'<row r="{number}">'
        + "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in line)
        + "</row>"
        for number, line in enumerate(lines, 1)
    )
    return f'<worksheet xmlns="{namespace}"><sheetData>{cells}</sheetData></worksheet>'


_WRITERS = {
    "xml": _xml,
    "attributes": _attributes,
    "files": _files,
    "json": _json,
    "csv": _csv,
    "csv2": _csv2,
    "xlsx": _xlsx,
}
KINDS = tuple(_WRITERS)
