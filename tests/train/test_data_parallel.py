"""Several ranks compute the loss, gradients and weights of one process on the whole batch, and all hold the same bits."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[1] / "ground"), str(Path(__file__).parents[1] / "steps")])
from gradient_program import SYSTEMS, results
from start_ranks import outcome, start_ranks
from test_train_embedding import write_feats

PROGRAM = Path(__file__).parent / "gradient_program.py"
RANKS = 4  # the sum of two has the same bits in any order


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return write_feats(tmp_path_factory.mktemp("data") / "train", speakers=8, seed=0)


@pytest.fixture(scope="module")
def single(data, tmp_path_factory) -> dict[str, dict[str, torch.Tensor]]:
    return results(data, tmp_path_factory.mktemp("single"))


@pytest.fixture(scope="module")
def of_ranks(data, tmp_path_factory) -> list[dict]:
    """What each rank found."""
    folder = tmp_path_factory.mktemp("ranks")
    statuses, said = outcome(start_ranks(RANKS, PROGRAM, data, folder))
    assert statuses == [0] * RANKS, said
    return [torch.load(folder / f"rank{rank}.pt") for rank in range(RANKS)]


def worst(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> tuple[float, str]:
    """The largest difference relative to a tensor's largest value, and its tensor's name.

    A gradient that is zero but for rounding (a bias before batch normalisation) is held against the largest of all gradients.
    """
    assert found.keys() == expected.keys()
    gradients = [value.abs().max() for name, value in expected.items() if name.startswith("gradient")]
    floor = 0.1 * max(gradients) if gradients else torch.tensor(1e-3)
    differences = {name: (found[name].to(value) - value).abs().max() / max(value.abs().max(), floor) for name, value in expected.items()}
    name = max(differences, key=differences.get)
    return float(differences[name]), name


@pytest.mark.parametrize("system", SYSTEMS)
def test_loss_gradients_and_running_statistics_are_those_of_one_process(system, single, of_ranks):
    case = f"{system} torch.float64"
    difference, name = worst(of_ranks[0]["results"][case], single[case])
    assert difference < 1e-11, name


@pytest.mark.parametrize("system", SYSTEMS)
def test_in_float32_they_are_as_near_to_the_exact_ones_as_those_of_one_process(system, single, of_ranks):
    case, exact = f"{system} torch.float32", single[f"{system} torch.float64"]
    rounding, _ = worst(single[case], exact)
    difference, name = worst(of_ranks[0]["results"][case], exact)
    assert rounding < 1e-3 and difference < 3 * rounding, name


@pytest.mark.parametrize("system", SYSTEMS)
def test_in_bfloat16_they_differ_by_its_rounding(system, single, of_ranks):
    case = f"{system} torch.bfloat16"
    difference, name = worst(of_ranks[0]["results"][case], single[case])
    assert difference < 0.1, name


@pytest.mark.parametrize("system", SYSTEMS)
def test_weights_after_several_clipped_and_accumulated_updates_stay_close(system, single, of_ranks):
    difference, name = worst(of_ranks[0]["results"][f"{system} trained"], single[f"{system} trained"])
    assert difference < 1e-4, name


def test_all_ranks_hold_the_same_bits(of_ranks):
    for other in of_ranks[1:]:
        for case, expected in of_ranks[0]["results"].items():
            for name, value in expected.items():
                assert torch.equal(other["results"][case][name], value), (case, name)


def test_batch_normalisation_over_ranks_keeps_bfloat16_and_channels_last(of_ranks):
    assert of_ranks[0]["formats"] == {(torch.bfloat16, True)}
