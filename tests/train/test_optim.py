"""Schedules against torch's own, and weight decay where it belongs."""

import pytest
import torch
from torch import nn

from cortado.train.optim import Schedule, make_optimiser
from cortado.train.settings import OptimiserSettings, ScheduleSettings


def factors(updates_per_epoch=10, epochs=6, **settings):
    schedule = Schedule(ScheduleSettings(**settings), updates_per_epoch, epochs)
    return [schedule.factor(u) for u in range(updates_per_epoch * epochs)]


def torch_factors(make_scheduler, updates=60):
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, seen = make_scheduler(optimiser), []
    for _ in range(updates):
        seen.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return seen


def test_cosine_is_torchs_cosine_annealing():
    oracle = torch_factors(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=60, eta_min=0.05))
    assert factors(shape="cosine", warmup=0.0, floor=0.05) == pytest.approx(oracle)


def test_step_is_torchs_step_lr():
    oracle = torch_factors(lambda o: torch.optim.lr_scheduler.StepLR(o, step_size=20, gamma=0.4))
    assert factors(shape="step", warmup=0.0, floor=0.0, decay=0.4, every=2) == pytest.approx(oracle)


def test_linear_is_torchs_linear_lr():
    oracle = torch_factors(lambda o: torch.optim.lr_scheduler.LinearLR(o, start_factor=1.0, end_factor=0.1, total_iters=60))
    assert factors(shape="linear", warmup=0.0, floor=0.1) == pytest.approx(oracle)


def test_warmup_rises_linearly_to_the_peak():
    rising = factors(shape="constant", warmup=0.5)
    assert rising[:30] == pytest.approx([(i + 1) / 30 for i in range(30)])
    assert rising[30:] == [1.0] * 30


def test_plateau_is_torchs_reduce_on_plateau():
    losses = [5.0, 4.0, 4.0, 4.0, 3.9, 3.95, 3.95, 3.95, 3.95, 3.0]
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    oracle = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.5, patience=1, threshold=0.0)
    schedule = Schedule(ScheduleSettings(shape="plateau", warmup=0.0, floor=0.0, decay=0.5, every=2), 1, len(losses))
    for loss in losses:
        oracle.step(loss)
        schedule.end_epoch(loss)
        assert schedule.factor(0) == optimiser.param_groups[0]["lr"]


def test_a_held_peak_comes_between_warmup_and_torchs_cosine():
    oracle = torch_factors(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=36, eta_min=0.05), updates=36)
    found = factors(shape="cosine", warmup=0.1, hold=0.3, floor=0.05)
    assert found[:6] == pytest.approx([(i + 1) / 6 for i in range(6)]) and found[6:24] == [1.0] * 18
    assert found[24:] == pytest.approx(oracle)


def test_newbob_waits_for_the_first_rise_and_then_halves_before_each_of_the_final_epochs():
    """As J. Zeng et al. train: 1e-4 until the validation cross-entropy no longer falls, then six epochs halving it each."""
    schedule = Schedule(ScheduleSettings(shape="newbob", warmup=0.0, floor=0.0), updates_per_epoch=1, epochs=100)
    seen = []
    for loss in (5.0, 4.0, 3.0, 3.5, 2.0, 9.0, 1.0, 0.5, 0.4, 0.3):
        assert not schedule.is_over
        seen.append(schedule.factor(0))
        schedule.end_epoch(loss)
    assert schedule.is_over
    assert seen == [1, 1, 1, 1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64]


def test_a_warmup_and_a_held_peak_that_fill_the_run_are_refused():
    with pytest.raises(ValueError, match="hold is a fraction of the run, and below 1 together with warmup"):
        ScheduleSettings(warmup=0.5, hold=0.5)


@pytest.mark.parametrize("name", ["AdamW", "Adam", "RAdam"])
def test_the_averaging_of_gradients_is_the_configs(name):
    group = make_optimiser(nn.Linear(2, 2), OptimiserSettings(name=name, betas=(0.8, 0.95))).param_groups[0]
    assert tuple(group["betas"]) == (0.8, 0.95)


@pytest.mark.parametrize("name", ["AdamW", "Adam", "SGD", "RAdam"])
def test_weight_decay_is_left_off_biases_and_gains(name):
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    decayed, plain = make_optimiser(model, OptimiserSettings(name=name, weight_decay=0.3)).param_groups
    assert [p.ndim for p in decayed["params"]] == [2] and decayed["weight_decay"] == 0.3
    assert [p.ndim for p in plain["params"]] == [1, 1, 1] and plain["weight_decay"] == 0.0
