"""Stopping by signal: the work in hand is finished and saved first, and the exit status says whether to go on from there."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)  # where several have come, the first of these counts
RESUBMIT = os.EX_TEMPFAIL  # 75: stopped, saved, further than at the start: run me again
SAME_REQUEST = 1.0  # seconds within which a second signal is the first one again, come on another way (torchrun, the process group)


class Interrupted(Exception):
    """A signal asked the work to stop, and its state is saved, further than it was when this process began.

    `exit_code` is RESUBMIT for SIGTERM and SIGUSR1, which say that a cluster wants its machine back, and 130 for SIGINT,
    which says that the user does not want the work to go on.
    """

    def __init__(self, number: int, reached: str):
        self.exit_code = 128 + number if number == signal.SIGINT else RESUBMIT
        super().__init__(f"{signal.Signals(number).name} received: state saved after {reached}; the same command continues from there")


@contextmanager
def stop_requests() -> Iterator[list[int]]:
    """A list that gets the number of a stop signal when one arrives, instead of the process dying in the middle of its work.

    A later one, of a user who will not wait, ends the process at once with 128 + its number.
    """
    requests: list[int] = []
    first = 0.0

    def note(number, _frame):
        nonlocal first
        if not requests:
            first = time.monotonic()
            requests.append(number)
        elif time.monotonic() > first + SAME_REQUEST:
            os._exit(128 + number)

    before = {number: signal.signal(number, note) for number in STOP_SIGNALS}
    try:
        yield requests
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
