"""Writes the generated examples: `python examples/generate.py [--to FOLDER]`.

The same versions of the libraries write the same bytes. Needs the development dependencies and the
fonts in preservation/printing/fonts.
"""

import argparse
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from making import cases_building, cases_daily, cases_old, cases_people, real, refused, signed
from making.axis import axis_files
from making.casebook import Example
from making.descriptors import csv_descriptor, json_descriptor, xlsx_descriptor, xml_descriptor
from making.office import bag, write_zip

HERE = Path(__file__).resolve().parent
_BAG_INFO = {
    "Source-Organization": "Thư viện huyện Bình An (hư cấu)",
    "External-Description": "Hồ sơ mua bổ sung sách năm 2023 (minh họa)",
    "Bagging-Date": "2024-01-02",
}


def accepted() -> Iterator[tuple[str, bytes]]:
    """Yield the files of the case files that are accepted: path, content."""
    land = cases_building.land_certificate()
    yield from _folder("batch/01-cap-giay-chung-nhan-dat", land, json_descriptor(land))
    bridge = cases_building.bridge_repair()
    yield from _folder("batch/02-sua-chua-cau-suoi-ngoc", bridge, xml_descriptor(bridge))
    recruitment = cases_people.recruitment()
    yield from _folder("batch/03-tuyen-dung-vien-chuc", recruitment, xlsx_descriptor(recruitment))
    complaint = cases_people.complaint()
    yield from _folder("batch/04-giai-quyet-khieu-nai", complaint, csv_descriptor(complaint))
    storm = cases_daily.storm()
    yield "batch/05-phong-chong-bao-so-3.zip", write_zip({**json_descriptor(storm), **storm.files})
    books = cases_daily.library_books()
    bagged = bag({**json_descriptor(books), **books.files}, _BAG_INFO)
    yield from ((f"batch/06-mua-sach-thu-vien/{name}", content) for name, content in bagged.items())


def refused_ones() -> Iterator[tuple[str, bytes]]:
    """Yield the files of the case files that are refused."""
    bad = refused.badly_described()
    yield from _folder("refused/01-mo-ta-sai", bad, _with_impossible_date(json_descriptor(bad)))
    secret = refused.secret()
    yield from _folder("refused/02-ho-so-mat", secret, json_descriptor(secret))
    locked = refused.locked()
    yield from _folder("refused/03-pdf-co-mat-khau", locked, json_descriptor(locked))
    twice = refused.duplicate()
    yield from _folder("refused/04-trung-tai-lieu", twice, json_descriptor(twice))
    plain = refused.ordinary()
    yield "refused/05-zip-doc-hai.zip", refused.hostile_zip(json_descriptor(plain), plain.files)
    misnamed = refused.misnamed()
    yield from _folder("refused/06-sai-phan-mo-rong", misnamed, json_descriptor(misnamed))


def real_ones() -> Iterator[tuple[str, bytes]]:
    """Yield the descriptors of the real documents made by others; the documents themselves lie there already."""
    descriptors = {
        "real/01-nghi-dinh-30-2020": json_descriptor(real.decree()),
        "real/02-van-ban-ky-so": xml_descriptor(real.signed_documents()),
        "real/03-tep-van-phong-va-thu": xlsx_descriptor(real.office_and_mail()),
    }
    for folder, files in descriptors.items():
        yield from ((f"{folder}/{name}", content) for name, content in files.items())


def signed_ones() -> Iterator[tuple[str, bytes]]:
    """Yield the files of the signed case file, and of the trust folder to judge it by."""
    case = signed.signed_case()
    yield from _folder("signed/01-dat-ten-duong", case, json_descriptor(case))
    yield from ((f"{signed.TRUST}/{name}", content) for name, content in signed.trust_folder().items())


def old_ones() -> Iterator[tuple[str, bytes]]:
    """Yield the files of the case files whose period has ended."""
    supplies, sports, lease = cases_old.office_supplies(), cases_old.sports_day(), cases_old.kiosk_lease()
    yield from _folder("old/01-mua-sam-van-phong-pham", supplies, json_descriptor(supplies))
    yield from _folder("old/02-hoi-thao-co-quan", sports, json_descriptor(sports))
    yield from _folder("old/03-cho-thue-ki-ot", lease, json_descriptor(lease))


EXPECTED = (
    ("batch/01-cap-giay-chung-nhan-dat", "accepted", ""),
    ("batch/02-sua-chua-cau-suoi-ngoc", "accepted", ""),
    ("batch/03-tuyen-dung-vien-chuc", "accepted", ""),
    ("batch/04-giai-quyet-khieu-nai", "accepted", ""),
    ("batch/05-phong-chong-bao-so-3.zip", "accepted", ""),
    ("batch/06-mua-sach-thu-vien", "accepted", ""),
    ("real/01-nghi-dinh-30-2020", "accepted", ""),
    ("real/02-van-ban-ky-so", "accepted", ""),
    ("real/03-tep-van-phong-va-thu", "accepted", ""),
    (
        "refused/01-mo-ta-sai",
        "refused",
        "metadata.missing metadata.bad-date metadata.unknown-code metadata.end-before-start metadata.total-differs "
        "intake.file-absent intake.file-unnamed",
    ),
    ("refused/02-ho-so-mat", "refused", "intake.secret"),
    ("refused/03-pdf-co-mat-khau", "refused", "format.encrypted"),
    ("refused/04-trung-tai-lieu", "refused", "intake.duplicate-in-archive"),
    ("refused/05-zip-doc-hai.zip", "refused", "intake.unreadable"),
    ("refused/06-sai-phan-mo-rong", "refused", "format.not-accepted format.extension-mismatch"),
    ("old/01-mua-sam-van-phong-pham", "accepted", ""),
    ("old/02-hoi-thao-co-quan", "accepted", ""),
    ("old/03-cho-thue-ki-ot", "accepted", ""),
)
"""Path, outcome, and codes that the report must hold; taken in in this order into an empty archive."""


def expected_csv() -> bytes:
    """Return `expected.csv`."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([("path", "outcome", "codes"), *EXPECTED])
    return out.getvalue().encode()


def everything() -> Iterator[tuple[str, bytes]]:
    """Yield every generated file: path below the folder, content."""
    yield from accepted()
    yield from refused_ones()
    yield from real_ones()
    yield from signed_ones()
    yield from old_ones()
    yield from ((f"axis/{name}", content) for name, content in axis_files())
    yield "expected.csv", expected_csv()


def main() -> None:
    """Write everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=HERE, help="folder to write to (default: this one)")
    folder = parser.parse_args().to
    for name, content in everything():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _with_impossible_date(descriptor: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content.replace(b'"04/05/2023"', b'"31/02/2023"') for name, content in descriptor.items()}


def _folder(name: str, example: Example, descriptor: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for file, content in {**descriptor, **example.files}.items():
        yield f"{name}/{file}", content


if __name__ == "__main__":
    main()
