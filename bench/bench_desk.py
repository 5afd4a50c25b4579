"""Compiling case files from 10,000 edXML messages, against reading the same messages alone."""

import json
import os
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.measuring import CHAUBAN, RESULTS, fresh_archive, run

MESSAGES, CASE_FILES = 10_000, 200
_SIZE = 20 << 10
"""Bytes of an attachment before base64: messages have some 30 KiB."""


def desk() -> None:
    """10,000 messages in one run: messages a second, peak memory, and again when all are known."""
    folder = desk_messages()
    archive = fresh_archive("desk-archive")
    plan = RESULTS / "desk-plan.csv"
    lines = [f"{number:03d}.TH;Hồ sơ việc số {number};10 năm;việc số {number} ngày" for number in range(CASE_FILES)]
    plan.write_text("\n".join(["Số và ký hiệu hồ sơ;Tiêu đề hồ sơ;Thời hạn bảo quản;Từ khóa", *lines]), "utf-8")
    run([CHAUBAN, "-A", str(archive), "casefile", "plan", "import", str(plan), "--year", "2026", "--agency", "H49.64"])
    alone = _read_alone(folder)
    taken = run([CHAUBAN, "-A", str(archive), "casefile", "add", str(folder)], memory=True)
    again = run([CHAUBAN, "-A", str(archive), "casefile", "add", str(folder)])
    listed = run([CHAUBAN, "-A", str(archive), "casefile", "list", "--json"])
    files = [json.loads(line) for line in listed.output.splitlines()]
    documents = sum(item["documents"] for item in files)
    if (len(files), documents) != (CASE_FILES, MESSAGES):
        raise SystemExit(f"{documents} documents in {len(files)} case files")
    print(
        f"compiling {MESSAGES} messages into {CASE_FILES} case files\n    {taken.seconds:.1f} s,"
        f" {MESSAGES / taken.seconds:.0f} messages/s, peak {taken.peak / (1 << 20):.0f} MiB;"
        f" reading alone {alone:.1f} s, ratio {taken.seconds / alone:.2f}; again, all known: {again.seconds:.1f} s",
        flush=True,
    )
    shutil.rmtree(archive)


def desk_messages() -> Path:
    """Return a folder of messages, made once: questions and answers, each chain of a case file of its own."""
    from ingest.edxml.values import DocumentKey
    from model.dates import PartialDate
    from tests.fakes.edxml_messages import Sent, document_bytes, key_of

    folder = RESULTS / f"desk-messages-{MESSAGES}"
    if folder.is_dir():
        return folder
    making = folder.with_suffix(".new")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)

    def key(number: int) -> DocumentKey:
        return key_of(str(number), "CV-SMAU", PartialDate(2026, 1 + number % 12, 1 + number % 28))

    for number in range(MESSAGES):
        chain, place = divmod(number, 5)
        content = b"%PDF-1.7\n" + os.urandom(_SIZE)
        data = document_bytes(
            number=str(number),
            notation="CV-SMAU",
            date=PartialDate(2026, 1 + number % 12, 1 + number % 28),
            subject="Trả lời" if place else f"Về việc số {chain % CASE_FILES} ngày thường",
            answers=[key(number - 1)] if place else [],
            files=[Sent(f"CV{number}.pdf", content)],
        )
        (making / f"{MESSAGES - number:06d}.edxml").write_bytes(data)
    making.rename(folder)
    return folder


def _read_alone(folder: Path) -> float:
    from ingest.edxml.reading import read_message

    target = RESULTS / "desk-decoded"
    started = time.perf_counter()
    for path in sorted(folder.iterdir()):
        read_message(path, target)
        shutil.rmtree(target)
    return time.perf_counter() - started


if __name__ == "__main__":
    desk()
