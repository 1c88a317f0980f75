"""Runs of EM: a stopped one continues where it was, a checkpoint of something else is refused."""

import signal

import pytest
import torch

from cortado.errors import CortadoError
from cortado.ivector.em import run_em
from cortado.stop import Interrupted


class Doubling:
    """A model that is doubled in each step; during step `signal_at` the process is asked to stop."""

    def __init__(self, signal_at: int = -1, log_like: float = -1.0):
        self.stop, self.signal_at, self.log_like = [], signal_at, log_like

    def begin(self):
        return {"x": torch.ones(1)}

    def step(self, model, iteration):
        if iteration == self.signal_at:
            self.stop.append(signal.SIGUSR1)
        return {"x": 2 * model["x"]}, self.log_like + iteration

    def run(self, path, total=5, identity="this"):
        return run_em(self, total, path, identity, self.stop)


def test_a_stop_comes_after_the_iteration_in_hand_is_saved_and_the_next_run_ends_as_an_undisturbed_one(tmp_path):
    with pytest.raises(Interrupted, match="state saved after ubm, iteration 3 of 5") as stop:
        Doubling(signal_at=2).run(tmp_path / "ubm.pt")
    assert stop.value.exit_code == 75
    continued, undisturbed = Doubling().run(tmp_path / "ubm.pt"), Doubling().run(tmp_path / "other.pt")
    assert float(continued.model["x"]) == float(undisturbed.model["x"]) == 32
    assert continued.log_likes == undisturbed.log_likes == [-1, 0, 1, 2, 3]
    assert float(Doubling().run(tmp_path / "ubm.pt").model["x"]) == 32  # what is finished takes no further step


def test_a_checkpoint_of_another_config_or_other_data_is_refused(tmp_path):
    Doubling().run(tmp_path / "ubm.pt")
    with pytest.raises(CortadoError, match=r"ubm\.pt is of a run with another config, seed or data"):
        Doubling().run(tmp_path / "ubm.pt", identity="another")


def test_a_likelihood_that_is_not_finite_ends_the_run_and_is_not_saved(tmp_path):
    with pytest.raises(CortadoError, match="the log-likelihood is nan in iteration 1"):
        Doubling(log_like=float("nan")).run(tmp_path / "ubm.pt")
    assert not (tmp_path / "ubm.pt").exists()
