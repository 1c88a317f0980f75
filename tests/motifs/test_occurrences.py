"""Occurrences of motifs beside a look at every place, and their times."""

import sys
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

from cortado.motifs.contour import FRAME_SHIFT
from cortado.motifs.occurrences import find_occurrences

sys.path.append(str(Path(__file__).parent))
from toy_contours import GAP, SEGMENT, contours


def segment_at(seconds: float) -> int:
    """Which segment of the first phrase begins then."""
    return round((seconds / FRAME_SHIFT - GAP) / SEGMENT)


def intervals_of(pattern, phrase, max_gap: int) -> set[tuple[int, int]]:
    """(first segment, last segment) of every way to find the pattern in a phrase of len(phrase) + 1 segments."""
    found = set()
    for places in combinations(range(len(phrase)), len(pattern)):
        steps = np.diff(places)
        if [phrase[place] for place in places] == list(pattern) and (steps <= max_gap + 1).all():
            found.add((places[0], places[-1] + 1))
    return found


def most_without_overlap(intervals: set[tuple[int, int]], behind: int = -1) -> int:
    """By trying each of them as the next one."""
    return max((1 + most_without_overlap(intervals, last) for first, last in intervals if first > behind), default=0)


@pytest.mark.parametrize("max_gap", [0, 1, 2])
def test_as_many_occurrences_are_found_as_fit_side_by_side(max_gap):
    rng = np.random.default_rng(max_gap)
    for _ in range(100):
        phrase, pattern = rng.choice([-1, 1], 10).tolist(), tuple(rng.choice([-1, 1], 2).tolist())
        every = intervals_of(pattern, phrase, max_gap)
        found = [
            (segment_at(occurrence.start), segment_at(occurrence.end) - 1)
            for occurrence in find_occurrences([pattern], contours({"a-1": [phrase]}), max_gap)
        ]
        assert set(found) <= every and all(one[1] < other[0] for one, other in pairwise(found))
        assert len(found) == most_without_overlap(every)


def test_an_occurrence_lasts_from_the_segment_that_is_left_to_the_one_that_is_reached():
    (found,) = find_occurrences([(2, -1)], contours({"a-1": [[1], [1, 2, -1, 1]]}))
    first_frame = GAP + 2 * SEGMENT + GAP + SEGMENT  # two segments of the first phrase, one of the second are before it
    assert (found.start, found.end) == pytest.approx(
        ((first_frame - 0.5) * FRAME_SHIFT, (first_frame + 3 * SEGMENT - 0.5) * FRAME_SHIFT), abs=1e-4
    )
    assert (found.pattern, found.recording) == ((2, -1), "a-1")


def test_no_occurrence_runs_over_the_end_of_a_phrase_or_of_a_recording():
    found = find_occurrences([(1, 2)], contours({"a-1": [[1], [2, 1]], "a-2": [[2, 1]], "b-1": [[1, 2]]}), max_gap=3)
    assert [occurrence.recording for occurrence in found] == ["b-1"]


def test_short_occurrences_do_not_count():
    recording = contours({"a-1": [[1, 2]]})
    seconds = 3 * SEGMENT * FRAME_SHIFT
    assert len(find_occurrences([(1, 2)], recording, min_duration=seconds - 1e-6)) == 1
    assert not find_occurrences([(1, 2)], recording, min_duration=seconds + 1e-6)


def test_only_the_first_in_each_phrase_is_taken_where_that_is_asked_for():
    recording = contours({"a-1": [[1, 2, 1, 1, 2], [1, 2, 3, 1, 2]], "a-2": [[1, 2]]})
    assert len(find_occurrences([(1, 2)], recording)) == 5
    first = find_occurrences([(1, 2)], recording, first_per_phrase=True)
    assert [o.recording for o in first] == ["a-1", "a-1", "a-2"]
    assert {o.start for o in first} <= {o.start for o in find_occurrences([(1, 2)], recording)}


def test_one_interval_is_an_occurrence_of_its_longest_pattern_only():
    found = find_occurrences([(1, 3), (1, 2, 3), (2, 3)], contours({"a-1": [[1, 2, 3]]}), max_gap=1)
    assert [occurrence.pattern for occurrence in found] == [(1, 2, 3), (2, 3)]


def test_all_patterns_of_a_dictionary_are_found_at_once_as_one_by_one():
    rng = np.random.default_rng(0)
    recordings = contours({f"a-{number}": rng.choice([-1, 1], (5, 20)).tolist() for number in range(3)})
    patterns = {tuple(rng.choice([-1, 1], length).tolist()) for length in rng.integers(1, 8, 40)}
    together = find_occurrences(patterns, recordings)
    alone = [occurrence for pattern in patterns for occurrence in find_occurrences([pattern], recordings)]
    assert sorted(together) == sorted(alone) and len(alone) > 200
