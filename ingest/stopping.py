"""Ending a long run in order: the signals that ask for it are held back until the case file at hand is finished."""

import signal
from typing import Self

_STOPPING = frozenset((signal.SIGTERM, signal.SIGINT))


class Stopping:
    """SIGTERM and SIGINT, held back so that the case file at hand is finished; processes started meanwhile inherit it.

    Used in a `with`; the signals that came are taken away at its end.
    """

    def __init__(self) -> None:
        self._asked = False
        self._before: set[int] = set()

    def __enter__(self) -> Self:
        self._before = {int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)}
        return self

    def __exit__(self, *_: object) -> None:
        while signal.sigtimedwait(_STOPPING, 0) is not None:
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)

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
