"""Every benchmark, or those named: `make bench`, `python bench/run.py large small signatures verify memory …`.

Each prints the ratio against a named reference measured in the same run. Times differ between
machines and hours; ratios are what to compare.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.bench_desk import desk
from bench.bench_edxml import edxml
from bench.bench_evidence import evidence
from bench.bench_ingest import held, large, memory, small
from bench.bench_retention import destroying, retention
from bench.bench_signatures import signatures
from bench.bench_verify import verify


def search() -> None:
    """Search over 100,000 case files against Whoosh and SQLite FTS5; builds all three indexes first."""
    script = Path(__file__).with_name("bench_search.py")
    subprocess.run([sys.executable, str(script), "--whoosh-records", "100000"], check=True)


BENCHMARKS: dict[str, Callable[[], None]] = {
    "large": large,
    "small": small,
    "signatures": signatures,
    "verify": verify,
    "evidence": evidence,
    "edxml": edxml,
    "desk": desk,
    "retention": retention,
    "destroying": destroying,
    "memory": memory,
    "held": held,
    "search": search,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
