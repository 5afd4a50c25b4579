"""The worker process that appends to one PDF: it parses a stranger's file, so it can be killed and has no network.

It asks its parent for the timestamp. One request on stdin, one answer on stdout.
"""

import math
import mmap
import os
import resource
import signal
import sys
import warnings
from pathlib import Path
from typing import Any, BinaryIO

from model.worker import frames
from model.worker.process import die_with
from model.worker.serving import keep_off_the_network, limit_memory, read_frame
from preservation.signatures import exchange
from preservation.signatures.dispatch import describe

DONE = "done"
PROBLEM = "problem"
ASK = "ask"


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Extend the PDF that the request names, and say how it went."""
    request = read_frame(requests)
    if request is None:
        return
    limit_memory(int(request["memory"]))
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = math.ceil(used.ru_utime + used.ru_stime + float(request["seconds"]))
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))

    def ask(digest: bytes, algorithm: str) -> bytes:
        _send(answers, {ASK: digest.hex(), "algorithm": algorithm})
        answer = read_frame(requests)
        if answer is None:
            sys.exit(0)  # the parent went away
        return bytes.fromhex(answer["token"])

    _send(answers, _extended(request, ask))


def _extended(request: dict[str, Any], ask: Any) -> dict[str, Any]:
    from preservation.signatures.pdf.extending import Unsuitable, extend_pdf

    material = exchange.decode_material(request["material"])
    try:
        extend_pdf(Path(request["path"]), material, ask, str(request["algorithm"]))
    except Unsuitable as error:
        return {PROBLEM: str(error)}
    except MemoryError:
        return {PROBLEM: "memory"}
    except Exception as error:  # noqa: BLE001 - the library raises anything on a file it cannot write to
        return {PROBLEM: describe(error)}
    return {DONE: True}


def _send(answers: BinaryIO, message: dict[str, Any]) -> None:
    answers.write(frames.encode(message))
    answers.flush()


def main() -> int:
    """Run the worker: `python -m preservation.signatures.augment_worker MARKER LIFELINE`, inherited descriptors."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    die_with(int(sys.argv[2]))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    marker = mmap.mmap(int(sys.argv[1]), frames.MARKER.size)
    keep_off_the_network()
    serve(sys.stdin.buffer, answers)
    marker.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
