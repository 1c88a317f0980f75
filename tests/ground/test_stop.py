"""A stop signal is noted, its repetition is not a second one, and the exit status says whether to run again."""

import os
import signal
import subprocess
import sys

import pytest

from cortado.stop import Interrupted, stop_requests

PROGRAM = """
import sys, time
from cortado.stop import stop_requests
with stop_requests() as stop:
    print("ready", flush=True)
    while True:
        time.sleep(0.01)
        if stop:
            print("noted", flush=True)
            time.sleep(1.2)
            print("waiting", flush=True)
            time.sleep(60)
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 75), (signal.SIGUSR1, 75)])
def test_only_the_users_own_interrupt_does_not_ask_for_another_run(number, status):
    before = signal.getsignal(number)
    with stop_requests() as stop:
        os.kill(os.getpid(), number)
        assert stop == [number]
    assert Interrupted(number, "update 7").exit_code == status
    assert f"{number.name} received: state saved after update 7" in str(Interrupted(number, "update 7"))
    assert signal.getsignal(number) == before


def test_the_same_request_may_come_twice_and_a_later_one_ends_the_process_at_once():
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "noted\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "waiting\n"  # the second came in time to be the first
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
