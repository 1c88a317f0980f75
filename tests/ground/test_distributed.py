"""Ranks add up to what one process computes, and when one of them ends badly all end at once, with one word about why."""

import math
import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from rank_program import NUM_ITEMS, add_up, items
from start_ranks import outcome, start_ranks, torchrun

from cortado.launch.driver import LINES_SHOWN

PROGRAM = Path(__file__).parent / "rank_program.py"


def exact_sum() -> list[float]:
    return [math.fsum(column) for column in items().T.tolist()]


def test_one_process_is_a_rank_that_has_everything(tmp_path):
    add_up(tmp_path)
    found = torch.load(tmp_path / "1-0.pt")
    assert found["share"] == [0, NUM_ITEMS] and found["ranks"] == [(0, 1)] and found["first"] == "of rank 0"
    assert found["sum"].tolist() == pytest.approx(exact_sum(), rel=1e-12)


def test_statistics_add_up_to_the_same_bits_on_every_rank_and_all_end_together(tmp_path):
    world_size = 3  # the sum of two has the same bits in any order; and the items do not divide evenly
    statuses, said = outcome(start_ranks(world_size, PROGRAM, "add_up", tmp_path))
    assert statuses == [0] * world_size, said
    found = [torch.load(tmp_path / f"{world_size}-{rank}.pt") for rank in range(world_size)]
    for each in found:
        assert torch.equal(each["sum"], found[0]["sum"])
        assert each["ranks"] == [(rank, world_size) for rank in range(world_size)] and each["first"] == "of rank 0"
    assert found[0]["sum"].tolist() == pytest.approx(exact_sum(), rel=1e-12)
    bounds = [each["share"] for each in found]
    assert [start for start, _ in bounds] + [NUM_ITEMS] == [0] + [stop for _, stop in bounds]
    sizes = [stop - start for start, stop in bounds]
    assert max(sizes) - min(sizes) <= 1


def test_what_only_one_rank_meets_ends_all_and_is_said_once_where_the_launcher_shows_it(tmp_path):
    result = torchrun(2, sys.executable, PROGRAM, "fail_alone", tmp_path)
    sentence = "rank_program.py: utterance u17: features are missing"
    lines = result.stdout.splitlines()
    assert result.returncode != 0
    assert lines.count(sentence) == 1 and "lost another rank" not in result.stdout
    assert any(sentence in line for line in lines[-LINES_SHOWN:]), result.stdout


def test_a_killed_rank_ends_the_others_which_say_that_they_lost_it(tmp_path):
    result = torchrun(2, sys.executable, PROGRAM, "die", tmp_path)
    assert result.returncode != 0
    said = [line for line in result.stdout.splitlines() if line.startswith("rank_program.py: rank 0 lost another rank")]
    assert len(said) == 1, result.stdout
    assert "SIGKILL" in result.stdout  # torchrun's own word
