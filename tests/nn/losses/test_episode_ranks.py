"""Losses on episodes that are shared by several ranks: what one process would compute on all speakers."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[2] / "ground")])
from episode_program import LOSSES, results
from start_ranks import outcome, start_ranks

PROGRAM = Path(__file__).parent / "episode_program.py"


@pytest.fixture(scope="module")
def of_ranks(tmp_path_factory) -> list[dict]:
    folder = tmp_path_factory.mktemp("ranks")
    statuses, said = outcome(start_ranks(2, PROGRAM, folder))
    assert statuses == [0, 0], said
    return [torch.load(folder / f"rank{rank}.pt") for rank in range(2)]


@pytest.fixture(scope="module")
def single() -> dict:
    return results()


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_of_every_rank_are_those_of_one_process_with_all_speakers(name, of_ranks, single):
    for found in of_ranks:
        for parameter in set(single[name]) - {"loss", "alone"}:
            torch.testing.assert_close(found[name][parameter], single[name][parameter], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_mean_of_the_losses_is_that_of_one_process(name, of_ranks, single):
    mean = sum(found[name]["loss"] for found in of_ranks) / len(of_ranks)
    torch.testing.assert_close(mean, single[name]["loss"], rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", LOSSES)
def test_evaluation_looks_at_a_ranks_own_rows_alone(name, of_ranks, single):
    """Ranks may then hold different numbers of batches, and none waits for another."""
    assert len({float(found[name]["alone"]) for found in (*of_ranks, single)}) == 3
