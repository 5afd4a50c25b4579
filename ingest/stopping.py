"""Ending a long run in order: the signals that ask for it are held back until the case file at hand is finished."""

import signal
from multiprocessing import resource_tracker
from types import FrameType
from typing import Any, Self

_STOPPING = frozenset((signal.SIGTERM, signal.SIGINT))


class Stopping:
    """SIGTERM and SIGINT, held back; processes started meanwhile inherit that, so a signal to all of them ends none.

    Used in a `with` of the main thread; the signals that came are taken away at its end.
    """

    def __init__(self) -> None:
        self._asked = False
        self._before: set[int] = set()
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        resource_tracker.ensure_running()  # starting it later would let the signals through again
        self._handlers = {number: signal.signal(number, self._ask) for number in _STOPPING}
        self._before = {int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)}
        return self

    def __exit__(self, *_: object) -> None:
        while signal.sigtimedwait(_STOPPING, 0) is not None:
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def asked(self) -> bool:
        """Tell whether somebody asked the run to end."""
        if not self._asked and _STOPPING & signal.sigpending():
            self._asked = True
        return self._asked

    def wait(self, seconds: float) -> bool:
        """Wait, less long when somebody asks the run to end; tell whether somebody did."""
        if not self._asked and signal.sigtimedwait(_STOPPING, seconds) is not None:
            self._asked = True
        return self._asked

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        """Note a signal that a thread which does not hold it back let through."""
        self._asked = True
