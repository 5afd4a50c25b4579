"""What the benchmarks take in: made on the spot from a seed, kept under `bench/results/` for the next run."""

import io
import json
import random
import struct
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
from PIL import Image

ROOT = Path(__file__).parent / "results" / "corpora"
_WORDS = """hồ sơ văn bản quyết định công văn ủy ban nhân dân xã huyện tỉnh về việc sửa chữa nâng cấp đường giao thông
liên thôn kinh phí dự toán ngân sách năm kế hoạch báo cáo tổng hợp kết quả thực hiện nhiệm vụ phát triển kinh tế
xã hội giáo dục y tế đất đai quy hoạch xây dựng môi trường thủy lợi nông nghiệp thanh tra khiếu nại tố cáo"""
SYLLABLES = tuple(_WORDS.split())


def large_files(total: int = 2 << 30, count: int = 4) -> Path:
    """Return a case file of a few large sound recordings, `total` bytes together."""
    folder = ROOT / f"large-{total}-{count}"
    if (folder / "hoso.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for number in range(count):
        path = folder / f"{number + 1:03d} ghi âm.wav"
        _write_wav(path, total // count, seed=number)
        names.append(path.name)
    _describe(folder, "H49.64.2024.LON", names)
    return folder


def small_files(cases: int = 200, documents: int = 100, *, first: int = 0) -> Path:
    """Return a batch of case files of small documents: 40 % PDF, the rest office, text, XML and images.

    Batches that begin at other numbers have no file and no case file code in common.
    """
    folder = ROOT / f"letters-{first}-{cases}-{documents}"
    if (folder / "complete").exists():
        return folder / "batch"
    generator = random.Random(20260101)
    pdf = _PdfTemplate()
    for case in range(first, first + cases):
        target = folder / "batch" / f"case-{case:05d}"
        target.mkdir(parents=True, exist_ok=True)
        names = [_write_small(target, case * documents + number, generator, pdf) for number in range(documents)]
        _describe(target, f"H49.64.2024.{case}", names)
    (folder / "complete").touch()
    return folder / "batch"


def many_files(count: int = 100_000) -> Path:
    """Return one case file of very many small text files."""
    folder = ROOT / f"many-{count}"
    if (folder / "hoso.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    generator = random.Random(1)
    names = []
    for number in range(count):
        path = folder / f"{number:06d}.txt"
        path.write_text(f"{number} {sentence(generator, 60)}\n", encoding="utf-8")
        names.append(path.name)
    _describe(folder, "H49.64.2024.NHIEU", names)
    return folder


def one_file(size: int = 20 << 30) -> Path:
    """Return a case file of one enormous sound recording; the file is sparse but for its beginning."""
    folder = ROOT / f"one-{size}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "001 ghi âm.wav"
    if not path.exists():
        with path.open("wb") as file:
            file.write(_wav_header(min(size, 0xFFFFFFFF)))
            file.truncate(size)
    _describe(folder, "H49.64.2024.MOT", [path.name])
    return folder


def sentence(generator: random.Random, words: int) -> str:
    """Return words of administrative Vietnamese in no particular order."""
    return " ".join(generator.choices(SYLLABLES, k=words))


def _write_small(folder: Path, number: int, generator: random.Random, pdf: "_PdfTemplate") -> str:
    text = f"Văn bản số {number}. " + sentence(generator, generator.randint(80, 400))
    kind = number % 10
    makers: dict[int, tuple[str, Callable[[str], bytes]]] = {
        4: (".docx", _docx),
        5: (".docx", _docx),
        6: (".xlsx", _xlsx),
        7: (".xml", lambda content: f'<?xml version="1.0" encoding="UTF-8"?>\n<vb>{content}</vb>\n'.encode()),
        8: (".txt", lambda content: content.encode()),
        9: (".png", lambda _content: _png(number)),
    }
    suffix, make = makers.get(kind, (".pdf", pdf.make))
    path = folder / f"{number % 1000:03d} văn bản{suffix}"
    path.write_bytes(make(text))
    return path.name


class _PdfTemplate:
    """Pages of text with an embedded standard font, a few kilobytes each."""

    def make(self, text: str) -> bytes:
        ascii_text = text.encode("ascii", "replace").decode().replace("(", "").replace(")", "")
        with pikepdf.new() as document:
            document.add_blank_page(page_size=(595, 842))
            page = document.pages[0]
            lines = [ascii_text[start : start + 90] for start in range(0, len(ascii_text), 90)]
            body = "BT /F1 10 Tf 40 800 Td 12 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
            font = pikepdf.Dictionary(
                Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
            )
            page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=document.make_indirect(font)))
            page.Contents = document.make_stream(body.encode("latin-1"))
            buffer = io.BytesIO()
            document.save(buffer, static_id=True)
            return buffer.getvalue()


def _docx(text: str) -> bytes:
    paragraphs = "".join(f"<w:p><w:r><w:t>{text[i : i + 200]}</w:t></w:r></w:p>" for i in range(0, len(text), 200))
    return _zip(
        {
            "[Content_Types].xml": _TYPES.format(
                part="/word/document.xml",
                type="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
            ),
            "_rels/.rels": _RELS.format(target="word/document.xml"),
            "word/document.xml": '<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w='
            '"http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
            f"{paragraphs}</w:body></w:document>",
        }
    )


def _xlsx(text: str) -> bytes:
    words = text.split()[:200]
    cells = "".join(
        f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>{word}</t></is></c></row>'
        for row, word in enumerate(words, 1)
    )
    spreadsheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return _zip(
        {
            "[Content_Types].xml": '<?xml version="1.0" encoding="UTF-8"?><Types xmlns='
            '"http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
            "_rels/.rels": _RELS.format(target="xl/workbook.xml"),
            "xl/workbook.xml": f'<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="{spreadsheet}" '
            f'xmlns:r="{office}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns='
            '"http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{spreadsheet}">'
            f"<sheetData>{cells}</sheetData></worksheet>",
        }
    )


_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="{part}" ContentType="{type}"/></Types>'
)
_RELS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="{target}"/></Relationships>'
)


def _zip(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _png(number: int) -> bytes:
    image = Image.frombytes("RGB", (60, 60), random.Random(number).randbytes(60 * 60 * 3))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _write_wav(path: Path, size: int, seed: int) -> None:
    generator = random.Random(seed)
    block = generator.randbytes(1 << 20)
    with path.open("wb") as file:
        file.write(_wav_header(size))
        left = size - 44
        while left > 0:
            file.write(struct.pack("<Q", left) + block[: min(left, len(block)) - 8] if left > 8 else block[:left])
            left -= min(left, len(block)) if left > 8 else left


def _wav_header(size: int) -> bytes:
    form = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", size - 8, b"WAVE", b"fmt ", 16, 1, 2, 44100, 176400, 4, 16)
    return form + struct.pack("<4sI", b"data", size - 44)


def _describe(folder: Path, code: str, names: list[str]) -> None:
    case = {
        "fileCode": code,
        "title": f"Hồ sơ thử tải {code}",
        "maintenance": "05",
        "mode": "01",
        "language": ["01"],
        "startDate": "02/01/2024",
        "endDate": "30/12/2024",
        "totalDoc": len(names),
        "numberOfPage": len(names),
        "riskRecovery": False,
        "confidenceLevel": "01",
        "fondsCode": "P01",
        "agencyCode": "H49.64",
        "agencyName": "Ủy ban nhân dân xã Bình An (hư cấu)",
    }
    documents = [
        {
            "docId": f"{code}.{ordinal}"[-25:],
            "docCode": f"{code}.{ordinal:07d}",
            "maintenance": "05",
            "typeName": "02",
            "codeNumber": str(ordinal),
            "codeNotation": "QĐ-UBND",
            "issuedDate": "05/03/2024",
            "organName": "Ủy ban nhân dân xã Bình An (hư cấu)",
            "subject": f"Quyết định số {ordinal} về việc sửa đường liên xã",
            "language": ["01"],
            "numberOfPage": 1,
            "mode": "01",
            "confidenceLevel": "01",
            "process": False,
            "riskRecovery": False,
            "files": [name],
        }
        for ordinal, name in enumerate(names, 1)
    ]
    content = json.dumps({"caseFile": case, "documents": documents}, ensure_ascii=False)
    (folder / "hoso.json").write_text(content, encoding="utf-8")


def signed_files(cases: int = 30, documents: int = 20) -> Path:
    """Return a batch of case files of PDF letters signed with the demonstration authority (PAdES-B-T)."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))
    from making.signed import sign_pdf

    folder = ROOT / f"signed-{cases}-{documents}"
    if (folder / "complete").exists():
        return folder / "batch"
    letters = small_files(cases, 3 * documents, first=5_000_000)
    when = datetime(2025, 6, 20, tzinfo=UTC)
    for case, source in enumerate(sorted(letters.iterdir())):
        target = folder / "batch" / f"case-{case:05d}"
        target.mkdir(parents=True, exist_ok=True)
        names = []
        for path in sorted(source.glob("*.pdf"))[:documents]:
            signer = ("person", "agency")[len(names) % 2]
            (target / path.name).write_bytes(sign_pdf(path.read_bytes(), signer, when + timedelta(minutes=len(names))))
            names.append(path.name)
        _describe(target, f"H49.64.2025.KY{case}", names)
    (folder / "complete").touch()
    return folder / "batch"
