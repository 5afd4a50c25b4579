"""A case file of 100,000 files needs little memory, to write and to read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys, time
from dataclasses import replace
from pathlib import Path
from model.material import MaterialItem, MaterialKind, MaterialSource
from preservation.package.plan import SignatureEvidence, SignatureRecord
from preservation.package.reader import read_package
from preservation.package.signature_reader import PackagedSignatures
from preservation.package.writer import write_package
from tests.fakes.package_plans import package_plan
from tests.fakes.signature_reports import PASSED, signed_report

class Repeated:
    def __init__(self, make, count):
        self.make, self.count = make, count
    def __iter__(self):
        return (self.make(number) for number in range(self.count))

folder, count, profile, signed = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
plan = package_plan(folder, profile)
file, document = plan.files[1], plan.documents[0]
path = lambda number: f"tập {number // 1000}/văn bản {number:06d}.pdf"
plan = replace(
    plan,
    files=Repeated(lambda n: replace(file, object=replace(file.object, path=path(n), document=n + 1)), count),
    documents=Repeated(lambda n: replace(document, ordinal=n + 1, files=(path(n),)), count),
    events=(),
)
piece = lambda n: MaterialItem(kind=MaterialKind.TIMESTAMP, content=b"token %d" % n, source=MaterialSource.DOCUMENT)
report = signed_report("", PASSED)
record = lambda n: SignatureRecord(
    report=replace(report, file=replace(report.file, path=path(n))), material=(piece(n).id,)
)
if signed:
    plan = replace(plan, signatures=SignatureEvidence(records=Repeated(record, count), material=Repeated(piece, count)))
(folder / "staging").mkdir()
start = time.process_time()
with (folder / "c.tar").open("wb") as out:
    write_package(plan, folder / "staging", out.write)
written = time.process_time() - start
with (folder / "c.tar").open("rb") as stream:
    package = read_package(stream)
    assert sum(1 for _ in package.files) == count
    assert sum(1 for _ in package.documents) == count
    signatures = PackagedSignatures(package)
    assert sum(len(signatures.material(record)) for record in signatures.records()) == count * signed
peak = int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) // 1024
print(peak, int(written / count * 1e6))
"""


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("profile", "signed", "limit"), [("vn-tt05", 0, 150), ("eark", 0, 150), ("vn-tt05", 1, 250)])
def test_100_000_files_in_bounded_memory(tmp_path: Path, profile: str, signed: int, limit: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), "100000", profile, str(signed)],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    peak, microseconds = (int(number) for number in done.stdout.split())
    print(f"{profile}, signed {signed}: peak {peak} MiB, {microseconds} µs of CPU a file")
    assert peak < limit
