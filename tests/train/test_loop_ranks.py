"""A run of several ranks that is killed or stopped ends where an undisturbed one does, and may go on with another number of ranks."""

import json
import signal
import sys
import time
from pathlib import Path

import pytest
import torch

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[1] / "ground")])
from start_ranks import outcome, start_ranks
from toy_task import ToyTask, settings

from cortado.errors import ConfigError
from cortado.train import checkpoint
from cortado.train.loop import train

PROGRAM = Path(__file__).parent / "toy_task.py"
RANKS = 3  # the sum of two has the same bits in any order


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Path:
    """A run of RANKS."""
    directory = tmp_path_factory.mktemp("undisturbed")
    statuses, said = outcome(start_ranks(RANKS, PROGRAM, directory, 0))
    assert statuses == [0] * RANKS, said
    return directory


def recorded(directory: Path) -> list[tuple[int, str]]:
    lines = [json.loads(line) for line in (directory / "train.jsonl").read_text().splitlines()]
    return [(line["update"], line["kind"]) for line in lines]


def test_ranks_killed_together_and_started_again_give_the_same_bytes(tmp_path, undisturbed):
    processes = start_ranks(RANKS, PROGRAM, tmp_path, 0.02)
    while not (tmp_path / "checkpoint.pt").exists():
        assert all(process.poll() is None for process in processes), "the run ended before it could be disturbed"
        time.sleep(0.005)
    time.sleep(0.1)  # between two checkpoints
    for process in processes:
        process.kill()
    outcome(processes)
    assert not (tmp_path / "final.pt").exists(), "the kill came too late to test anything"
    statuses, said = outcome(start_ranks(RANKS, PROGRAM, tmp_path, 0))
    assert statuses == [0] * RANKS and said.count("continuing after update") == 1
    assert (tmp_path / "final.pt").read_bytes() == (undisturbed / "final.pt").read_bytes()
    assert recorded(tmp_path) == recorded(undisturbed)


def test_a_signal_to_one_rank_stops_all_after_the_same_update_and_another_number_of_ranks_goes_on(tmp_path, capfd):
    statuses, said = outcome(start_ranks(2, PROGRAM, tmp_path, 0, 1, int(signal.SIGUSR1)))
    assert statuses == [75, 75], said
    assert checkpoint.load(tmp_path / "checkpoint.pt")["position"]["update"] == 10
    train(ToyTask(), settings(), tmp_path, "toy")
    said = capfd.readouterr().out
    assert "continuing after update 10 of 40" in said and "2 ranks until now, 1 from here on" in said
    assert checkpoint.load(tmp_path / "checkpoint.pt")["position"]["update"] == 40
    assert recorded(tmp_path)[-1] == (40, "valid")


def test_ranks_drop_different_units(undisturbed):
    first, second, _ = checkpoint.load(undisturbed / "checkpoint.pt")["random_states"]
    assert not torch.equal(first["cpu"], second["cpu"])


def test_a_batch_that_ranks_cannot_share_equally_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("cortado.train.settings.world_size", lambda: 4)
    with pytest.raises(ConfigError, match=r"training\.batch_size is 6, which 4 ranks cannot share equally"):
        train(ToyTask(), settings(), tmp_path, "toy")
