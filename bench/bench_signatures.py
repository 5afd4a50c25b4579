"""Ingest of signed documents against calling pyHanko directly on the same files."""

import asyncio
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench.corpora import signed_files
from bench.measuring import CHAUBAN, RESULTS, fresh_archive, report, run

ROOT = Path(__file__).resolve().parents[1]
TRUST = ROOT / "examples" / "signed" / "trust"


def signatures() -> None:
    """600 signed PDFs (PAdES-B-T) in 30 case files: the whole ingest, with one worker and with two."""
    batch = signed_files()
    direct, one, two = [], [], []
    for _ in range(3):
        direct.append(_pyhanko(batch))
        one.append(_ingest(batch, 1))
        two.append(_ingest(batch, 2))
    middle = {name: sorted(times)[1] for name, times in (("direct", direct), ("one", one), ("two", two))}
    report("ingest of 600 signed PDFs, one worker", "pyHanko alone", middle["one"], middle["direct"], "≤ 1.18")
    print(f"    throughput {middle['direct'] / middle['one']:.2f} of calling pyHanko directly (target ≥ 0.85)")
    print(f"    two workers: {middle['direct'] / middle['two']:.2f} of pyHanko alone (target ≥ 1.8)")
    print(
        f"    two workers: {middle['one'] / middle['two']:.2f} times one worker, which has a second process itself",
        flush=True,
    )


def _ingest(batch: Path, workers: int) -> float:
    archive = fresh_archive("signatures-archive")
    shutil.copytree(TRUST, archive / "trust", dirs_exist_ok=True)
    (archive / "trust" / "trust.toml").unlink(missing_ok=True)  # the plain folder of the example, taken as it is
    taken = run([CHAUBAN, "-A", str(archive), "ingest", str(batch), "--workers", str(workers)]).seconds
    shutil.rmtree(RESULTS / "signatures-archive")
    return taken


def _pyhanko(batch: Path) -> float:
    """Run `async_validate_pdf_signature` on every file in a process of its own; its start counts."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "bench.bench_signatures", str(batch)], check=True, cwd=ROOT)
    return time.perf_counter() - started


async def _validate(batch: Path) -> None:
    from asn1crypto import crl, x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    def context() -> ValidationContext:
        return ValidationContext(
            trust_roots=[x509.Certificate.load((TRUST / "tsa" / "root.cer").read_bytes())],
            other_certs=[x509.Certificate.load((TRUST / "ca.cer").read_bytes())],
            crls=[crl.CertificateList.load((TRUST / name).read_bytes()) for name in ("root.crl", "ca.crl")],
            revocation_mode="require",
        )

    for path in sorted(batch.rglob("*.pdf")):
        with path.open("rb") as stream:
            reader = PdfFileReader(stream)
            for embedded in reader.embedded_regular_signatures:
                status = await async_validate_pdf_signature(embedded, context(), ts_validation_context=context())
                if not status.bottom_line:
                    raise SystemExit(f"{path}: {status.summary()}")


if __name__ == "__main__":
    asyncio.run(_validate(Path(sys.argv[1])))
