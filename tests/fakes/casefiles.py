"""Small, complete case files made on the spot, for tests that hand something in."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pikepdf


def make_case_folder(
    folder: Path, code: str = "H49.64.2024.1", *, documents: int = 3, case: Mapping[str, Any] | None = None
) -> Path:
    """Write a case file that the strict policy accepts: text, XML and PDF documents and `hoso.json`."""
    folder.mkdir(parents=True)
    listed = [_document(folder, code, ordinal) for ordinal in range(1, documents + 1)]
    description: dict[str, Any] = {
        "fileCode": code,
        "title": f"Hồ sơ về việc sửa đường liên xã số {code}",
        "maintenance": "05",
        "mode": "01",
        "language": ["01"],
        "startDate": "02/01/2024",
        "endDate": "30/12/2024",
        "totalDoc": documents,
        "numberOfPage": documents,
        "riskRecovery": False,
        "confidenceLevel": "01",
        "fondsCode": "P01",
        "agencyCode": "H49.64",
        "agencyName": "Ủy ban nhân dân xã Bình An (hư cấu)",
    }
    description.update(case or {})
    (folder / "hoso.json").write_text(
        json.dumps({"caseFile": description, "documents": listed}, ensure_ascii=False), encoding="utf-8"
    )
    return folder


def _document(folder: Path, code: str, ordinal: int) -> dict[str, Any]:
    name = _write(folder, code, ordinal)
    return {
        "docId": f"{code}-{ordinal}"[-25:],
        "docCode": f"{code}.{ordinal:07d}",
        "maintenance": "05",
        "typeName": "02",
        "codeNumber": str(ordinal),
        "codeNotation": "QĐ-UBND",
        "issuedDate": "05/03/2024",
        "organName": "Ủy ban nhân dân xã Bình An (hư cấu)",
        "subject": f"Quyết định số {ordinal} về việc sửa đường",
        "language": ["01"],
        "numberOfPage": 1,
        "mode": "01",
        "confidenceLevel": "01",
        "process": False,
        "riskRecovery": False,
        "files": [name],
    }


def _write(folder: Path, code: str, ordinal: int) -> str:
    text = f"Nội dung văn bản số {ordinal} của hồ sơ {code}: đường liên xã, kinh phí, người dân."
    if ordinal % 3 == 1:
        path = folder / f"{ordinal:03d} văn bản.txt"
        path.write_text(text, encoding="utf-8")
    elif ordinal % 3 == 2:
        path = folder / f"{ordinal:03d} phụ lục.xml"
        path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<phuluc>{text}</phuluc>\n', encoding="utf-8")
    else:
        path = folder / f"{ordinal:03d} bản vẽ.pdf"
        _write_pdf(path, f"{code} {ordinal}")
    return path.name


def _write_pdf(path: Path, title: str) -> None:
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        with pdf.open_metadata() as metadata:
            metadata["dc:title"] = title
        pdf.save(path, static_id=True)
