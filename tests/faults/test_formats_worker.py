"""Files that hang, crash or eat memory: that file alone is undecided, the rest goes on."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from formats.examine import ExamineItem, ExamineLimits, Examiner
from model.formats import FormatFacts

HANGS = b"<!DOCTYPE html>" + b"<svg " * 400_000
"""Elements never closed, in the worst number for the search of their ends."""


def items(tmp_path: Path, data: bytes, name: str) -> list[ExamineItem]:
    files = []
    for number in range(7):
        path = tmp_path / f"{number}.txt"
        path.write_text(f"số {number}")
        files.append(path)
    (tmp_path / name).write_bytes(data)
    files.insert(3, tmp_path / name)
    return [ExamineItem(path=path, name=path.name) for path in files]


def check_rest(facts: list[FormatFacts]) -> FormatFacts:
    assert [one.text for number, one in enumerate(facts) if number != 3] == [f"số {number}" for number in range(7)]
    return facts[3]


def test_a_file_that_hangs(tmp_path: Path) -> None:
    with Examiner(limits=ExamineLimits(seconds=2.0)) as examiner:
        bad = check_rest(list(examiner.examine(items(tmp_path, HANGS, "page.html"))))
    assert "format.timeout" in {finding.code for finding in bad.findings}
    assert bad.identification.puid != "UNKNOWN"
    assert any(not run.ran and run.why_not == "timeout" for run in bad.validators)


def test_a_worker_that_is_killed(tmp_path: Path) -> None:
    with Examiner() as examiner:

        def kill_at_work() -> None:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                worker = examiner._worker
                if worker is not None and worker.marker()[:2] == (4, 1):
                    os.kill(worker.pid, signal.SIGKILL)
                    return
                time.sleep(0.02)

        killer = threading.Thread(target=kill_at_work)
        killer.start()
        facts = list(examiner.examine(items(tmp_path, HANGS, "page.html")))
        killer.join()
    bad = check_rest(facts)
    assert "format.crashed" in {finding.code for finding in bad.findings}


def test_a_file_that_eats_memory(tmp_path: Path) -> None:
    data = ("ồ" * 40_000_000).encode()
    with Examiner(limits=ExamineLimits(memory=400 << 20)) as examiner:
        bad = check_rest(list(examiner.examine(items(tmp_path, data, "big.txt"))))
    assert {finding.code for finding in bad.findings} & {"format.memory", "format.text-failed"}


def test_idle_workers_may_die(tmp_path: Path) -> None:
    with Examiner() as examiner:
        first = items(tmp_path, b"x", "a.txt")
        list(examiner.examine(first))
        worker = examiner._worker
        assert worker is not None
        os.kill(worker.pid, signal.SIGKILL)
        assert check_rest(list(examiner.examine(first))).text == "x"


def test_giving_up_halfway_leaves_no_worker(tmp_path: Path) -> None:
    with Examiner() as examiner:
        stream = examiner.examine(items(tmp_path, b"x", "a.txt"))
        next(stream)
        worker = examiner._worker
        assert worker is not None
        stream.close()
        assert not Path(f"/proc/{worker.pid}").exists()
        assert len(list(examiner.examine(items(tmp_path, b"x", "a.txt")))) == 8


def test_the_worker_dies_with_its_parent(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(HANGS)
    program = (
        "import sys, threading, time\n"
        "from pathlib import Path\n"
        "from formats.examine import Examiner, ExamineItem\n"
        "examiner = Examiner()\n"
        "def tell():\n"
        "    while examiner._worker is None or examiner._worker.marker()[1] != 1: time.sleep(0.02)\n"
        "    print(examiner._worker.pid, flush=True)\n"
        "threading.Thread(target=tell, daemon=True).start()\n"
        "list(examiner.examine([ExamineItem(path=Path(sys.argv[1]), name='page.html')]))\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "page.html")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
