"""An announced list that was printed as a form: a row that only numbers its columns is no case file."""

from pathlib import Path

from ingest.reception.announced import read_announced

PRINTED = (
    "STT;Mã hồ sơ;Tiêu đề hồ sơ;Thời hạn lưu trữ\n(1);(2);(3);(4)\n1;H99.15.2025.001;Hồ sơ sửa chữa kè;Vĩnh viễn\n"
)


def test_the_row_that_numbers_the_columns_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "muc-luc.csv"
    path.write_text(PRINTED, encoding="utf-8")
    (item,) = read_announced(path)
    assert (item.code, item.title, item.maintenance) == ("H99.15.2025.001", "Hồ sơ sửa chữa kè", "01")
