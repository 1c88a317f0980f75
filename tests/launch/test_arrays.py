"""Members as indices of job arrays: every member goes somewhere, once, below the largest index; lists as Slurm writes them."""

import random

import pytest

from cortado.launch.arrays import first_chunk, format_indices, parse_indices


def chunks_of(members, max_array_size, max_members=None):
    left, chunks = list(members), []
    while left:
        chunks.append(first_chunk(left, max_array_size, max_members))
        left = [member for member in left if member not in chunks[-1].members]
    return chunks


def test_index_is_the_members_own_number_where_all_fit():
    chunk = first_chunk([3, 7, 8, 9, 1000], 1001)
    assert (chunk.offset, chunk.members, chunk.indices) == (0, (3, 7, 8, 9, 1000), "3,7-9,1000")


@pytest.mark.parametrize("seed", range(20))
def test_chunks_hold_every_member_once_with_indices_that_slurm_takes(seed):
    rng = random.Random(seed)
    members = sorted(rng.sample(range(1, 5000), rng.randint(1, 400)))
    size, most = rng.choice([2, 10, 1001]), rng.choice([None, 1, 37])
    chunks = chunks_of(members, size, most)
    assert [member for chunk in chunks for member in chunk.members] == members
    for chunk in chunks:
        indices = parse_indices(chunk.indices)
        assert [chunk.offset + index for index in indices] == list(chunk.members)
        assert all(0 <= index < size for index in indices)
        assert most is None or len(indices) <= most


@pytest.mark.parametrize("seed", range(5))
def test_list_that_is_written_is_read_back(seed):
    numbers = sorted(random.Random(seed).sample(range(60), 40))
    assert parse_indices(format_indices(numbers)) == numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("4", [4]), ("4-8%2", [4, 5, 6, 7, 8]), ("1,3-4,9", [1, 3, 4, 9]), ("0-8:4", [0, 4, 8]), ("N/A", [])],
)
def test_lists_as_scontrol_and_sacct_print_them(text, numbers):
    assert parse_indices(text) == numbers
