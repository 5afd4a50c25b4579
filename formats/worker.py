"""The worker process of an `Examiner`: reads batches of files from stdin, answers on stdout.

Heavy libraries are imported when the first file needs them.
"""

import gc
import mmap
import os
import signal
import sys
import time
import warnings
from functools import partial
from typing import Any, BinaryIO

from formats.dispatch import Dispatcher
from model.formats import FormatFacts
from model.worker import frames
from model.worker.process import die_with
from model.worker.serving import limit_memory, read_frame, resident_memory

_FLUSH_BYTES = 1 << 16
_FLUSH_SECONDS = 0.05
_RENEW_SHARE = 0.5


class Worker:
    """Serves one examiner until its pipe closes."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO, marker: mmap.mmap) -> None:
        self._requests = requests
        self._answers = answers
        self._marker = marker
        self._buffer = bytearray()
        self._flushed = time.monotonic()

    def serve(self) -> int:
        """Answer batch after batch; return the exit code."""
        options = self._read()
        if options is None:
            return 0
        memory = int(options["memory"])
        limit_memory(memory)
        dispatcher = Dispatcher(
            validate=bool(options["validate"]),
            text_characters=int(options["text_characters"]),
            memory=memory,
            aliases=str(options["aliases"]),
        )
        while (request := self._read()) is not None:
            if not self._batch(dispatcher, request["items"]) or resident_memory() > memory * _RENEW_SHARE:
                return frames.EXIT_RENEW
            gc.collect(0)
        return 0

    def _batch(self, dispatcher: Dispatcher, items: list[tuple[int, str, str, int]]) -> bool:
        """Examine one batch. Return False when memory ran out and a fresh worker should go on."""
        self._mark(items[0][0], frames.STEP_IDENTIFY)
        identified = dispatcher.identify([(path, name) for _, path, name, _ in items])
        healthy = True
        for (number, path, name, steps), known in zip(items, identified, strict=True):
            facts = dispatcher.examine(path, name, known, steps, partial(self._mark, number))
            self._answer(number, facts)
            if dispatcher.exhausted:
                healthy = False
                break
        self._flush()
        return healthy

    def _mark(self, number: int, step: int) -> None:
        self._marker[:] = frames.MARKER.pack(number, step, time.monotonic())

    def _answer(self, number: int, facts: FormatFacts) -> None:
        self._buffer += frames.encode(
            {
                "number": number,
                "identification": facts.identification.to_json(),
                "validators": [
                    {"name": run.name, "version": run.version, "ran": run.ran, "why_not": run.why_not}
                    for run in facts.validators
                ],
                "findings": [finding.to_json() for finding in facts.findings],
                "text": facts.text,
                "pages": facts.pages,
            }
        )
        if len(self._buffer) > _FLUSH_BYTES or time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self._flush()

    def _flush(self) -> None:
        self._mark(frames.IDLE, 0)
        self._answers.write(self._buffer)
        self._answers.flush()
        self._buffer.clear()
        self._flushed = time.monotonic()

    def _read(self) -> dict[str, Any] | None:
        self._mark(frames.IDLE, 0)
        return read_frame(self._requests)


def main() -> int:
    """Run the worker: `python -m formats.worker MARKER LIFELINE`, two inherited descriptors."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    gc.set_threshold(100_000, 20, 100)
    die_with(int(sys.argv[2]))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    marker = mmap.mmap(int(sys.argv[1]), frames.MARKER.size)
    return Worker(sys.stdin.buffer, answers, marker).serve()


if __name__ == "__main__":
    sys.exit(main())
