"""Files that hang, crash or eat memory while their signatures are checked: that file alone is undecided."""

import base64
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from model.errors import ConfigurationError
from model.findings import Outcome
from model.signatures import SignatureReport, SignedState
from preservation.signatures.checker import CheckItem, SignatureChecker
from preservation.signatures.source import Companion, SignatureLimits
from preservation.trust.fetch import FetchKind, FetchResult
from tests.fakes.signing import sign_cms

CORPUS = Path(__file__).resolve().parents[1] / "data" / "signatures" / "corpus"
GOOD = ("minimal.pdf", "dss-signed.xml", "counterSig.p7m")


class Slow:
    """Companions that take their time."""

    def __init__(self, seconds: float = 0.0, then: Callable[[], None] | None = None) -> None:
        self.seconds, self.then, self.asked = seconds, then, 0

    def find(self, names: tuple[str, ...], digests: Mapping[str, bytes]) -> Companion | None:
        self.asked += 1
        time.sleep(self.seconds)
        if self.then:
            self.then()
        return None


def items(tmp_path: Path, bad: CheckItem) -> Iterator[CheckItem]:
    good = [CheckItem(path=CORPUS / name, name=name) for name in GOOD]
    return iter([*good, bad, *good])


def rest_is_checked(reports: list[SignatureReport]) -> SignatureReport:
    assert len(reports) == 2 * len(GOOD) + 1
    states = [SignedState.UNSIGNED, SignedState.SIGNED, SignedState.SIGNED]
    assert [one.file.state for one in reports[:3]] == [one.file.state for one in reports[4:]] == states
    return reports[3]


def run(checker: SignatureChecker, tmp_path: Path, bad: CheckItem) -> SignatureReport:
    return rest_is_checked([one.report for one in checker.check(items(tmp_path, bad))])


def codes(report: SignatureReport) -> set[str]:
    return {finding.code for finding in report.file.findings}


def endless(tmp_path: Path) -> CheckItem:
    """A named pipe in the place of the document a signature was made for: who opens it waits for ever."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "bad.p7s").write_bytes(sign_cms(b"hello"))

    class Pipe:
        def find(self, names: tuple[str, ...], digests: Mapping[str, bytes]) -> Companion:
            return Companion(name="pipe", path=tmp_path / "pipe")

    return CheckItem(path=tmp_path / "bad.p7s", name="bad.p7s", companions=Pipe())


def test_a_file_that_hangs(tmp_path: Path) -> None:
    with SignatureChecker(limits=SignatureLimits(seconds=2.5)) as checker:
        bad = run(checker, tmp_path, endless(tmp_path))
    assert codes(bad) == {"signature.timeout"}
    assert (bad.file.state, bad.outcome, bad.file.kind) == (SignedState.UNREADABLE, Outcome.INDETERMINATE, "cms")


def test_time_that_the_parent_takes_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "alone.p7s").write_bytes(sign_cms(b"hello"))
    slow = Slow(3.0)
    with SignatureChecker(limits=SignatureLimits(seconds=2.5)) as checker:
        item = CheckItem(path=tmp_path / "alone.p7s", name="alone.p7s", companions=slow)
        report = run(checker, tmp_path, item)
    assert slow.asked
    assert report.file.state is SignedState.SIGNED
    assert "signature.timeout" not in codes(report)


def test_a_worker_that_is_killed_is_tried_once_more(tmp_path: Path) -> None:
    (tmp_path / "alone.p7s").write_bytes(sign_cms(b"hello"))
    with SignatureChecker() as checker:

        def kill() -> None:
            if killer.asked <= wanted:
                assert checker._worker is not None
                os.kill(checker._worker.pid, signal.SIGKILL)

        killer, wanted = Slow(then=kill), 1
        item = CheckItem(path=tmp_path / "alone.p7s", name="alone.p7s", companions=killer)
        once = run(checker, tmp_path, item)
        killer, wanted = Slow(then=kill), 100
        always = run(checker, tmp_path, CheckItem(path=item.path, name=item.name, companions=killer))
    assert once.file.state is SignedState.SIGNED
    assert codes(always) == {"signature.checker-failed"}
    assert always.file.state is SignedState.UNREADABLE
    assert killer.asked == 2


def test_a_file_that_eats_memory(tmp_path: Path) -> None:
    big = tmp_path / "big.p7m"
    big.write_bytes(base64.encodebytes(sign_cms(bytes(100 << 20), detached=False)))
    with SignatureChecker(limits=SignatureLimits(memory=200 << 20)) as checker:
        bad = run(checker, tmp_path, CheckItem(path=big, name="big.p7m"))
    assert codes(bad) & {"signature.memory", "signature.check-broke-off"}
    assert (bad.file.state, bad.outcome) == (SignedState.UNREADABLE, Outcome.INDETERMINATE)


def test_idle_workers_may_die() -> None:
    with SignatureChecker() as checker:
        first = [CheckItem(path=CORPUS / name, name=name) for name in GOOD]
        before = [one.report.file for one in checker.check(first)]
        assert checker._worker is not None
        os.kill(checker._worker.pid, signal.SIGKILL)
        assert [one.report.file for one in checker.check(first)] == before


def test_giving_up_halfway_leaves_no_worker() -> None:
    with SignatureChecker() as checker:
        stream = checker.check([CheckItem(path=CORPUS / name, name=name) for name in GOOD])
        next(stream)
        worker = checker._worker
        assert worker is not None
        stream.close()
        assert not Path(f"/proc/{worker.pid}").exists()
        assert len(list(checker.check([CheckItem(path=CORPUS / GOOD[0], name=GOOD[0])]))) == 1


def test_a_worker_that_cannot_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nonexistent")
    with SignatureChecker() as checker, pytest.raises(ConfigurationError):
        list(checker.check([CheckItem(path=CORPUS / GOOD[1], name=GOOD[1])]))


def test_the_worker_reaches_no_network(tmp_path: Path) -> None:
    """Even code that ran in it could not connect: what hostile bytes talk it into ends there."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.2)
        program = (
            "import socket\n"
            "from model.worker.serving import keep_off_the_network\n"
            "keep_off_the_network()\n"
            "try:\n"
            f"    socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))\n"
            "except PermissionError as error:\n"
            "    print('refused', error)\n"
        )
        said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert said.stdout.startswith("refused")
        with pytest.raises(TimeoutError):
            server.accept()


def test_what_is_fetched_is_asked_of_the_parent(tmp_path: Path) -> None:
    from tests.fakes.pki import pki, write_trust
    from tests.fakes.signing import Signing, sign_pdf

    asked = []

    class Watched:
        def fetch(self, url: str, kind: FetchKind, data: bytes | None = None) -> FetchResult:
            asked.append((url, kind, threading.current_thread()))
            status, content = pki().answer(url, data)
            assert status == 200
            return FetchResult(url=url, content=content)

    from preservation.signatures.policy import SHIPPED

    policy = tmp_path / "policy.toml"
    policy.write_text(SHIPPED.read_text(encoding="utf-8").replace("enabled = false", "enabled = true"))
    (tmp_path / "signed.pdf").write_bytes(sign_pdf(signing=Signing()))
    trust = write_trust(tmp_path / "trust")
    from tests.fakes.pki import SIGNED

    with SignatureChecker(trust, policy, fetcher=Watched(), at=SIGNED) as checker:  # type: ignore[arg-type]  # its method alone is used
        (checked,) = checker.check([CheckItem(path=tmp_path / "signed.pdf", name="signed.pdf")])
    assert asked
    assert {thread for _, _, thread in asked} == {threading.current_thread()}
    assert checked.report.outcome is Outcome.PASSED, checked.report
    assert any(item.url for item in checked.material)


def test_it_can_be_used_in_a_pool_of_processes(tmp_path: Path) -> None:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        states = list(pool.map(_check_in_pool, [str(CORPUS / name) for name in GOOD]))
    assert states == ["unsigned", "signed", "signed"]


def _check_in_pool(path: str) -> str:
    with SignatureChecker() as checker:
        (checked,) = checker.check([CheckItem(path=Path(path), name=path)])
    return checked.report.file.state.value


def test_the_worker_dies_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from preservation.signatures.checker import CheckItem, SignatureChecker\n"
        "checker = SignatureChecker()\n"
        "list(checker.check([CheckItem(path=Path(sys.argv[1]), name='a.p7m')]))\n"
        "print(checker._worker.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(CORPUS / GOOD[2])], stdout=subprocess.PIPE, text=True)
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
