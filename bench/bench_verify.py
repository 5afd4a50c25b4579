"""`verify --all` against `sha512sum` of the stored containers."""

import shutil
import subprocess
import time

from bench.corpora import large_files, small_files
from bench.measuring import CHAUBAN, RESULTS, fresh_archive, report, run


def verify() -> None:
    """Time both over an archive with large and small packages, one store."""
    archive = fresh_archive("verify-archive")
    run([CHAUBAN, "-A", str(archive), "ingest", str(large_files(1 << 30, 2)), str(small_files(40, 100))])
    containers = [str(path) for path in sorted(archive.rglob("*.tar"))]
    ours, theirs = [], []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run(["sha512sum", *containers], check=True, stdout=subprocess.DEVNULL)
        theirs.append(time.perf_counter() - started)
        ours.append(run([CHAUBAN, "-A", str(archive), "verify", "--all"]).seconds)
    shutil.rmtree(RESULTS / "verify-archive")
    report("verify --all", "sha512sum of the containers", sorted(ours)[1], sorted(theirs)[1], "≤ 1.15")
