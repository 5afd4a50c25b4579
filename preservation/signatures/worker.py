"""The worker process of a `SignatureChecker`: one file at a time from stdin, its report on stdout.

It parses what strangers made, so it has no network: what must be fetched, and which file lies beside a detached
signature, it asks its parent. Heavy libraries are imported when the first file needs them.
"""

import gc
import math
import mmap
import os
import resource
import signal
import sys
import time
import warnings
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from model import codec
from model.dates import from_utc_text
from model.material import Material
from model.signatures import FileSignatures, ProofOfExistence, SignatureReport
from model.worker import frames
from model.worker.process import die_with
from model.worker.serving import keep_off_the_network, limit_memory, read_frame, resident_memory
from preservation.signatures import exchange
from preservation.signatures import findings as kinds
from preservation.signatures.detect import SignedKind
from preservation.signatures.dispatch import examine, judge, undecided, unreadable
from preservation.signatures.judging.values import Judging
from preservation.signatures.policy import SignaturePolicy, load_signature_policy
from preservation.signatures.source import Companion, SignatureLimits, SignedFile
from preservation.trust.collect import FetchingCollector
from preservation.trust.fetch import FetchKind, FetchResult
from preservation.trust.store import EMPTY_TRUST, TrustStore, load_trust

_RENEW_SHARE = 0.4
_RENEW_FILES = 2_000
_TIDIED = 50
"""Files after which memory is tidied; the libraries, which came with the first one, are not looked through again."""
_CPU_SPARE = 2


class Worker:
    """Serves one checker until its pipe closes."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO, marker: mmap.mmap) -> None:
        self._requests = requests
        self._answers = answers
        self._marker = marker
        self._number = frames.IDLE
        self._started = 0.0
        self._waiting: deque[dict[str, Any]] = deque()

    def serve(self) -> int:
        """Answer request after request; return the exit code."""
        options = self._read()
        if options is None:
            return 0
        limits = SignatureLimits(**options["limits"])
        limit_memory(limits.memory)
        desk = Desk(options, limits, self)
        for served in range(_RENEW_FILES):
            request = self._read()
            if request is None:
                return 0
            self._begin(request)
            self._answer(desk.answer(request))
            if desk.exhausted or resident_memory() > limits.memory * _RENEW_SHARE:
                break
            if served % _TIDIED == 0:
                gc.collect()
                gc.freeze()
        return frames.EXIT_RENEW

    def _begin(self, request: Mapping[str, Any]) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        allowed = math.ceil(used.ru_utime + used.ru_stime + float(request["seconds"])) + _CPU_SPARE
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        soft = allowed if hard == resource.RLIM_INFINITY else min(allowed, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
        self._number, self._started = int(request["number"]), time.monotonic()
        self._mark(exchange.STEP_WORKING)

    def _answer(self, message: dict[str, Any]) -> None:
        frame = frames.encode({"number": self._number, **message})
        self._marker[:] = frames.MARKER.pack(frames.IDLE, 0, 0.0)
        self._answers.write(frame)
        self._answers.flush()

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask the parent something and wait for its answer; the waiting does not count against the file."""
        spent = time.monotonic() - self._started
        self._mark(exchange.STEP_ASKING)
        self._answers.write(frames.encode({"number": self._number, **question}))
        self._answers.flush()
        while (answer := read_frame(self._requests)) is not None and "operation" in answer:
            self._waiting.append(answer)
        if answer is None:
            sys.exit(0)  # the parent went away
        self._started = time.monotonic() - spent
        self._mark(exchange.STEP_WORKING)
        return answer

    def _mark(self, step: int) -> None:
        self._marker[:] = frames.MARKER.pack(self._number, step, self._started)

    def _read(self) -> dict[str, Any] | None:
        self._marker[:] = frames.MARKER.pack(frames.IDLE, 0, 0.0)
        return self._waiting.popleft() if self._waiting else read_frame(self._requests)


class AskedCompanions:
    """Files beside the signed one, as the parent finds them."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def find(self, names: tuple[str, ...], digests: Mapping[str, bytes]) -> Companion | None:
        """Return the file that was signed."""
        question = {"ask": "companion", "names": names, "digests": {name: one.hex() for name, one in digests.items()}}
        answer = self._worker.ask(question)
        return Companion(name=answer["name"], path=Path(answer["path"])) if answer.get("path") else None


class Desk:
    """Answers one request after another under one trust store and one policy."""

    def __init__(self, options: Mapping[str, Any], limits: SignatureLimits, worker: Worker) -> None:
        self._options = options
        self._limits = limits
        self._worker = worker
        self.exhausted = False
        """Memory ran out once: this process should be replaced."""

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Examine or judge one file; return its report and material as JSON."""
        report, material = self._report(request)
        return {"report": codec.encode(report), "material": exchange.encode_material(material)}

    def _report(self, request: Mapping[str, Any]) -> tuple[SignatureReport, Material]:
        material = Material()
        name, file = str(request["name"]), None
        try:
            file, material = self._facts(request, name)
            if exchange.material_size(material) > exchange.LARGEST_MATERIAL:
                limit = exchange.LARGEST_MATERIAL >> 20
                heavy = kinds.TOO_MUCH_MATERIAL.at(name, megabytes=limit)
                return self._undecided(request, unreadable(name, heavy, kind=file.kind)), Material()
            return self._judged(request, file, material), material
        except MemoryError:
            self.exhausted = True
            memory = kinds.MEMORY.at(name, megabytes=self._limits.memory >> 20)
            kind = str(request.get("kind", ""))
            broken = replace(file, findings=(*file.findings, memory)) if file else unreadable(name, memory, kind=kind)
            return self._undecided(request, broken), material if file else Material()

    def _facts(self, request: Mapping[str, Any], name: str) -> tuple[FileSignatures, Material]:
        if request["operation"] == "judge":
            return codec.decode(FileSignatures, request["file"]), exchange.decode_material(request["material"])
        file = SignedFile(
            path=Path(request["path"]),
            name=name,
            material=Material(),
            companions=AskedCompanions(self._worker),
            limits=self._limits,
        )
        return examine(file, SignedKind(request["kind"])), file.material

    def _undecided(self, request: Mapping[str, Any], file: FileSignatures) -> SignatureReport:
        return undecided(
            file, at=from_utc_text(request["at"]), policy=self._options["policy_id"], trust=self._options["trust_id"]
        )

    def _judged(self, request: Mapping[str, Any], file: FileSignatures, material: Material) -> SignatureReport:
        collector = (
            FetchingCollector(self._fetch) if self._options["fetch"] and request["operation"] == "check" else None
        )
        judging = Judging(
            trust=replace(self._trust, crls=()) if request.get("alone") else self._trust,
            policy=self._policy,
            at=from_utc_text(request["at"]),
            collector=collector,
            proofs=tuple(codec.decode(ProofOfExistence, proof) for proof in request.get("proofs", ())),
        )
        report = judge(file, material, judging)
        told = collector.findings(file.path) if collector else ()
        return replace(report, file=replace(report.file, findings=(*report.file.findings, *told)))

    def _fetch(self, url: str, kind: FetchKind, data: bytes | None) -> FetchResult:
        question = {"ask": "fetch", "url": url, "kind": kind.value, "data": None if data is None else data.hex()}
        return codec.decode(FetchResult, self._worker.ask(question))

    @cached_property
    def _trust(self) -> TrustStore:
        from preservation.trust.lists import read_list

        folder = self._options["trust"]
        return load_trust(Path(folder), read_list) if folder else EMPTY_TRUST

    @cached_property
    def _policy(self) -> SignaturePolicy:
        path = self._options["policy"]
        policy = load_signature_policy(Path(path) if path else None)
        return replace(policy, fetch=replace(policy.fetch, enabled=True)) if self._options["fetch"] else policy


def main() -> int:
    """Run the worker: `python -m preservation.signatures.worker MARKER LIFELINE`, two inherited descriptors."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    gc.set_threshold(50_000, 20, 100)
    die_with(int(sys.argv[2]))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    marker = mmap.mmap(int(sys.argv[1]), frames.MARKER.size)
    keep_off_the_network()
    return Worker(sys.stdin.buffer, answers, marker).serve()


if __name__ == "__main__":
    sys.exit(main())
