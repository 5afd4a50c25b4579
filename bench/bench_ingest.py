"""Ingest measured against what it cannot do without: copying and hashing, and identifying formats."""

import multiprocessing
import shutil
import subprocess
import time
from pathlib import Path

from bench.corpora import large_files, many_files, one_file, small_files
from bench.measuring import CHAUBAN, RESULTS, fresh_archive, report, run


def large() -> None:
    """2 GB in large files against `cp` and `sha512sum` of the same files."""
    source = large_files()
    theirs, ours = [], []
    for _ in range(3):
        theirs.append(_copy_and_hash(source))
        archive = fresh_archive("large-archive")
        ours.append(run([CHAUBAN, "-A", str(archive), "ingest", str(source)]).seconds)
    shutil.rmtree(RESULTS / "large-archive")
    report("ingest of 2 GiB in large files", "cp + sha512sum", sorted(ours)[1], sorted(theirs)[1], "≤ 1.8")


def small() -> None:
    """20,000 small files in 200 case files, two workers, against pygfried alone with two workers."""
    batch = small_files()
    theirs, ours = [], []
    for _ in range(3):
        theirs.append(_identify_only(batch))
        archive = fresh_archive("small-archive")
        ours.append(run([CHAUBAN, "-A", str(archive), "ingest", str(batch), "--workers", "2"]).seconds)
    report("ingest of 20,000 small files", "pygfried alone", sorted(ours)[1], sorted(theirs)[1], "≤ 2.5")


def memory() -> None:
    """Peak memory of one case file of 100,000 files, and of one file of 20 GB."""
    for name, source in (("100,000 files", many_files()), ("one file of 20 GiB", one_file())):
        archive = fresh_archive("memory-archive")
        taken = run([CHAUBAN, "-A", str(archive), "ingest", str(source)], memory=True)
        shutil.rmtree(archive)
        print(f"ingest of {name}\n    {taken.seconds:.0f} s, peak {taken.peak / (1 << 20):.0f} MiB (target < 300 MB)")


def held() -> None:
    """The rate of ingest with 100,000 case files held against the rate with 1,000 held."""
    from bench.prefill import prefill

    few, many = fresh_archive("held-1000"), fresh_archive("held-100000")
    prefill(few, 1_000)
    prefill(many, 100_000)
    seconds: dict[Path, list[float]] = {few: [], many: []}
    for round_ in range(3):
        for archive in (few, many):
            batch = small_files(40, 20, first=1_000_000 + 100 * round_)
            seconds[archive].append(run([CHAUBAN, "-A", str(archive), "ingest", str(batch)]).seconds)
    slow, fast = sorted(seconds[many])[1], sorted(seconds[few])[1]
    print(
        f"ingest rate with 100,000 case files held\n    {slow:.2f} s against {fast:.2f} s with 1,000 held, "
        f"rate ratio {fast / slow:.2f} (target ≥ 0.95)"
    )


def _copy_and_hash(source: Path) -> float:
    target = RESULTS / "copied"
    shutil.rmtree(target, ignore_errors=True)
    started = time.perf_counter()
    subprocess.run(["cp", "-r", str(source), str(target)], check=True)
    files = [str(path) for path in source.iterdir()]
    subprocess.run(["sha512sum", *files], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    shutil.rmtree(target)
    return seconds


def _identify_only(batch: Path) -> float:
    files = sorted(str(path) for path in batch.rglob("*") if path.is_file() and path.name != "hoso.json")
    context = multiprocessing.get_context("spawn")
    halves = [files[0::2], files[1::2]]
    started = time.perf_counter()
    processes = [context.Process(target=_identify, args=(half,)) for half in halves]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return time.perf_counter() - started


def _identify(files: list[str]) -> None:
    import pygfried

    for start in range(0, len(files), 64):
        pygfried.identify_many(files[start : start + 64])
