"""Members as indices of Slurm's job arrays, and back."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Chunk(NamedTuple):
    """Members that go into one array: member number = offset + index."""

    offset: int
    members: tuple[int, ...]

    @property
    def indices(self) -> str:
        """As sbatch takes them: 1-3,7."""
        return format_indices(member - self.offset for member in self.members)


def first_chunk(members: Sequence[int], max_array_size: int, max_members: int | None = None) -> Chunk:
    """The first of `members`, ascending, that fit into one array: every index below `max_array_size`, at most `max_members`.

    The index is the member's own number where that is small enough. Further on, with a `max_array_size` of 1001, member
    1002 becomes index 1 of an array whose offset is 1001.
    """
    offset = members[0] // max_array_size * max_array_size
    fitting = [member for member in members if member < offset + max_array_size]
    return Chunk(offset, tuple(fitting[:max_members]))


def format_indices(numbers: Iterable[int]) -> str:
    """Ascending numbers with runs written as ranges: 1,2,3,7 becomes 1-3,7."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ",".join("-".join(map(str, run)) for run in runs)


def parse_indices(text: str) -> list[int]:
    """The numbers in a list as Slurm writes it: 7, or 1-3,7%2, or 0-8:4."""
    numbers: list[int] = []
    for first, last, step in re.findall(r"([0-9]+)(?:-([0-9]+))?(?::([0-9]+))?", text.partition("%")[0]):
        numbers += range(int(first), int(last or first) + 1, int(step or 1))
    return numbers
