"""Ctrl-C and its kin, taken only where the launcher waits: no instant exists at which one can slip between two steps."""

import signal
from collections.abc import Collection, Iterator
from contextlib import contextmanager


class Interrupted(Exception):
    """This process was asked to stop by signal `signum`."""

    def __init__(self, signum: int):
        super().__init__(signal.Signals(signum).name)
        self.signum = signum


def stop_signals() -> set[int]:
    """SIGINT, SIGTERM and SIGHUP; not SIGHUP under nohup. SIGINT even where a shell ignores it for `command &` in a script."""
    ignored = {signal.SIGHUP} if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else set()
    return {signal.SIGINT, signal.SIGTERM, signal.SIGHUP} - ignored


@contextmanager
def held(signals: Collection[int]) -> Iterator[None]:
    """Within the block `signals` do not act; `pause` sees them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def pause(seconds: float, wake: Collection[int] = ()) -> None:
    """Sleep, at most until one of the held signals `wake` comes. Raises Interrupted when a held stop signal comes."""
    stop = stop_signals()
    came = signal.sigtimedwait(stop | set(wake), seconds)
    if came and came.si_signo in stop:
        raise Interrupted(came.si_signo)
