"""Timing whole processes: wall time, processor time, and the memory of a process with all its children."""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

RESULTS = Path(__file__).parent / "results"
CHAUBAN = str(Path(sys.executable).with_name("chauban"))


@dataclass(frozen=True, slots=True)
class Run:
    """One timed command."""

    seconds: float
    peak: int
    """Most bytes that the process and its children held together (unique set size)."""
    output: str


def run(command: Sequence[str], *, codes: tuple[int, ...] = (0,), memory: bool = False) -> Run:
    """Run a command; fail unless its exit code is expected."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    watch = _Watch(process.pid) if memory else None
    output, _ = process.communicate()
    seconds = time.perf_counter() - started
    peak = watch.stop() if watch else 0
    if process.returncode not in codes:
        raise SystemExit(f"{' '.join(command[:4])} …: exit {process.returncode}\n{output[-2000:]}")
    return Run(seconds, peak, output)


def fresh_archive(name: str) -> Path:
    """Make an empty archive under `bench/results/`."""
    path = RESULTS / name
    shutil.rmtree(path, ignore_errors=True)
    run([CHAUBAN, "init", str(path)])
    return path


def report(measure: str, reference: str, ours: float, theirs: float, target: str) -> None:
    """Print one line of figures: both times and their ratio."""
    print(
        f"{measure}\n    ours {ours:.2f} s, {reference} {theirs:.2f} s, ratio {ours / theirs:.2f} (target {target})",
        flush=True,
    )


class _Watch:
    """Samples the memory of a process tree."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._peak = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        self._stop.set()
        self._thread.join()
        return self._peak

    def _sample(self) -> None:
        while not self._stop.wait(0.1):
            total = 0
            try:
                for process in [self._process, *self._process.children(recursive=True)]:
                    try:
                        total += process.memory_full_info().uss
                    except psutil.Error:
                        continue
            except psutil.Error:
                break
            self._peak = max(self._peak, total)
