"""A run that is stopped, killed or restarted ends exactly where an undisturbed one does."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))
from toy_task import ToyTask, settings

from cortado.errors import CortadoError
from cortado.stop import Interrupted
from cortado.train import checkpoint
from cortado.train.loop import Task, train
from cortado.train.settings import ScheduleSettings

PROGRAM = Path(__file__).parent / "toy_task.py"


def equal(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    directory = tmp_path_factory.mktemp("undisturbed")
    return train(ToyTask(), settings(), directory, "toy"), directory


def start(directory: Path, pause: float) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, PROGRAM, directory, str(pause)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def wait_for_new_checkpoint(process: subprocess.Popen, directory: Path, since: float = 0.0) -> None:
    """Until there is a checkpoint written after the instant `since` (seconds of the file system's clock)."""
    path = directory / "checkpoint.pt"
    while not path.exists() or path.stat().st_mtime <= since:
        assert process.poll() is None, "the run ended before it could be disturbed"
        time.sleep(0.005)


def test_sigkill_at_several_instants_and_rerun_gives_the_same_weights(tmp_path, undisturbed, capsys):
    last = 0.0
    for delay in (0.0, 0.04, 0.08):  # an update takes 0.03 s, and every third is saved
        process = start(tmp_path, 0.03)
        wait_for_new_checkpoint(process, tmp_path, last)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        last = (tmp_path / "checkpoint.pt").stat().st_mtime
        assert not (tmp_path / "final.pt").exists(), "the kill came too late to test anything"
    assert equal(train(ToyTask(), settings(), tmp_path, "toy"), undisturbed[0])
    assert "continuing after update" in capsys.readouterr().out


def test_sigterm_saves_the_very_update_and_asks_for_another_run(tmp_path, undisturbed):
    process = start(tmp_path, 0.03)
    wait_for_new_checkpoint(process, tmp_path)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == os.EX_TEMPFAIL
    position = checkpoint.load(tmp_path / "checkpoint.pt")["position"]
    assert 0 < position["update"] < 40
    assert equal(train(ToyTask(), settings(), tmp_path, "toy"), undisturbed[0])


@pytest.mark.parametrize("update", [10, 15, 30])
def test_stopped_in_an_update_the_run_goes_on_to_the_same_weights_and_records(tmp_path, undisturbed, update):
    """Updates 10 and 30 are the last of an epoch, which must not go unrecorded."""

    class Stopping(ToyTask):
        def loss(self, batch, progress):
            if round(progress * 39) == update - 1:
                os.kill(os.getpid(), signal.SIGTERM)
            return super().loss(batch, progress)

    with pytest.raises(Interrupted):
        train(Stopping(), settings(), tmp_path, "toy")
    assert equal(train(ToyTask(), settings(), tmp_path, "toy"), undisturbed[0])
    assert (tmp_path / "train.jsonl").read_bytes() == (undisturbed[1] / "train.jsonl").read_bytes()


def test_stopped_in_its_very_last_update_the_run_is_finished(tmp_path, undisturbed):
    class Stopping(ToyTask):
        def loss(self, batch, progress):
            if round(progress * 39) == 39:
                os.kill(os.getpid(), signal.SIGTERM)
            return super().loss(batch, progress)

    assert equal(train(Stopping(), settings(), tmp_path, "toy"), undisturbed[0])


def test_each_recorded_update_appears_once_after_a_kill(tmp_path):
    process = start(tmp_path, 0.02)
    while not (tmp_path / "train.jsonl").exists() or '"update": 20' not in (tmp_path / "train.jsonl").read_text():
        assert process.poll() is None, "the run ended before it could be disturbed"
        time.sleep(0.005)
    process.kill()
    process.communicate()
    train(ToyTask(), settings(), tmp_path, "toy")
    lines = [json.loads(line) for line in (tmp_path / "train.jsonl").read_text().splitlines()]
    seen = [(line["kind"], line["update"]) for line in lines]
    assert seen == sorted(set(seen), key=lambda s: (s[1], s[0]))
    assert ("train", 40) in seen and ("valid", 40) in seen


def test_the_memory_pass_leaves_no_trace(tmp_path, undisturbed, monkeypatch):
    monkeypatch.setattr("cortado.train.loop._Run.memory_pass", lambda self: None)
    assert equal(train(ToyTask(), settings(), tmp_path, "toy"), undisturbed[0])


def test_lack_of_memory_shows_before_the_first_epoch_and_says_what_to_lower(tmp_path):
    class Huge(ToyTask):
        def largest_batch(self):
            raise MemoryError("cannot hold it")

    with pytest.raises(CortadoError, match=r"does not fit in memory.*batch_size"):
        train(Huge(), settings(), tmp_path, "toy")
    assert not (tmp_path / "checkpoint.pt").exists()


def test_the_final_weights_are_the_mean_of_the_last_epochs(undisturbed):
    weights, directory = undisturbed
    third, fourth = (checkpoint.load(directory / f"epoch-000{n}.pt") for n in (3, 4))
    torch.testing.assert_close(weights["0.weight"], (third["0.weight"] + fourth["0.weight"]) / 2)
    assert sorted(p.name for p in directory.glob("epoch-*")) == ["epoch-0003.pt", "epoch-0004.pt"]


def test_another_config_in_the_same_directory_is_refused(tmp_path):
    train(ToyTask(), settings(epochs=2), tmp_path, "one")
    with pytest.raises(CortadoError, match="another config"):
        train(ToyTask(), settings(epochs=2), tmp_path, "two")


def test_a_loss_that_is_not_finite_stops_with_the_update(tmp_path):
    class Diverging(ToyTask):
        def batch(self, number):
            x, y = super().batch(number)
            return (x * float("nan") if number == 12 else x), y

    with pytest.raises(CortadoError, match="loss is nan at update 13"):
        train(Diverging(), settings(), tmp_path, "toy")


class Line(Task):
    """Least squares without any random state: what accumulation must leave unchanged."""

    def __init__(self, rows: int):
        torch.manual_seed(0)
        self.model, self.rows, self.batches_per_epoch = nn.Linear(3, 1), rows, 24 // rows
        self.data = torch.randn(24, 3, generator=torch.Generator().manual_seed(1))

    def batch(self, number):
        start = number * self.rows % 24
        return (self.data[start : start + self.rows],)

    def largest_batch(self):
        return self.batch(0)

    def loss(self, batch, progress):
        return ((self.model(batch[0]) - batch[0].sum(1, keepdim=True)) ** 2).mean(), {}


def test_accumulated_gradients_equal_those_of_the_large_batch(tmp_path):
    large = train(Line(8), settings(epochs=2), tmp_path / "large", "x")
    small = train(Line(2), settings(epochs=2, accumulate=4), tmp_path / "small", "x")
    for name in large:
        torch.testing.assert_close(large[name], small[name], atol=1e-6, rtol=1e-6)


def test_early_stopping_ends_after_patience_and_keeps_the_best_epoch(tmp_path):
    class Validated(Line):
        losses = iter([3.0, 1.0, 2.0, 2.5, 0.1])

        def validate(self):
            return {"loss": next(self.losses)}

    weights = train(Validated(8), settings(epochs=5, patience=2, average=1), tmp_path, "x")
    assert equal(weights, checkpoint.load(tmp_path / "epoch-0002.pt"))
    assert checkpoint.load(tmp_path / "checkpoint.pt")["position"]["update"] == 4 * 3


def test_newbob_ends_the_run_after_its_final_epochs_and_averages_the_last(tmp_path):
    class Validated(Line):
        losses = iter([3.0, 2.0, 2.5, 1.0, 1.0])

        def validate(self):
            return {"loss": next(self.losses)}

    schedule = ScheduleSettings(shape="newbob", final_epochs=2)
    weights = train(Validated(8), settings(epochs=50, schedule=schedule, average=2), tmp_path, "x")
    assert checkpoint.load(tmp_path / "checkpoint.pt")["position"]["update"] == 5 * 3
    last = [checkpoint.load(tmp_path / f"epoch-000{number}.pt")["weight"] for number in (4, 5)]
    torch.testing.assert_close(weights["weight"], (last[0] + last[1]) / 2)


def test_an_exception_of_the_loader_reaches_the_user(tmp_path):
    class Broken(ToyTask):
        def batch(self, number):
            if number == 5:
                raise CortadoError("utterance u17: features are missing")
            return super().batch(number)

    with pytest.raises(CortadoError, match="u17"):
        train(Broken(), settings(), tmp_path, "toy")
