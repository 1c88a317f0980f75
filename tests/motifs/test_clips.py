"""Clips: segments around motifs, and random ones that have the motifs' durations, but no sound in common with them."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from cortado.errors import CortadoError
from cortado.motifs.clips import Clip, motif_clips, phrase_spans, random_clips, segment_clips, without_overlap
from cortado.motifs.occurrences import Occurrence

sys.path.append(str(Path(__file__).parent))
from toy_contours import contours

MOTIFS = [Clip("a", 2.0, 2.5), Clip("a", 2.25, 3.0), Clip("a", 7.0, 7.5), Clip("b", 1.0, 1.2)]
SPANS = {"a": [(1.0, 4.0), (6.5, 9.0)], "b": [(0.0, 3.0)]}


def milliseconds(clip: Clip) -> tuple[int, int]:
    return round(1000 * clip.start), round(1000 * clip.end)


def overlap(one: Clip, other: Clip) -> bool:
    (start, end), (other_start, other_end) = milliseconds(one), milliseconds(other)
    return one.recording == other.recording and start < other_end and other_start < end


def test_an_interval_is_cut_once_and_ends_with_its_recording():
    occurrences = [Occurrence((1, 2, 3), "a", 1.0, 2.0), Occurrence((1, 3), "a", 1.0, 2.0), Occurrence((1, 3), "a", 0.5, 2.004)]
    assert motif_clips(occurrences, {"a": 2.001}) == [Clip("a", 0.5, 2.001), Clip("a", 1.0, 2.0)]


def test_motifs_beyond_the_end_of_their_recording_are_of_other_audio():
    with pytest.raises(CortadoError, match=r"ends at 2\.5 s of recording a, which lasts 2\.0000 s"):
        motif_clips([Occurrence((1, 2), "a", 1.0, 2.5)], {"a": 2.0})
    with pytest.raises(CortadoError, match="recording b, which the data directory does not have"):
        motif_clips([Occurrence((1, 2), "b", 1.0, 2.5)], {"a": 2.0})


def test_of_clips_that_overlap_the_longest_stay():
    assert without_overlap(MOTIFS) == [Clip("a", 2.25, 3.0), Clip("a", 7.0, 7.5), Clip("b", 1.0, 1.2)]
    touching = [Clip("a", 0.0, 1.0), Clip("a", 1.0, 2.0), Clip("a", 0.5, 1.5), Clip("b", 0.5, 1.5)]
    assert without_overlap(touching) == [Clip("a", 0.0, 1.0), Clip("a", 1.0, 2.0), Clip("b", 0.5, 1.5)]


@pytest.mark.parametrize(
    ("anchor", "motif", "segment"),
    [
        ("centre", (4.0, 5.0), (3.0, 6.0)),
        ("start", (4.0, 5.0), (4.0, 7.0)),
        ("centre", (0.2, 0.5), (0.0, 3.0)),
        ("start", (8.0, 9.0), (7.0, 10.0)),
        ("centre", (1.0, 6.0), (2.0, 5.0)),  # a motif longer than the segment
    ],
)
def test_segments_lie_around_their_motif_within_the_recording(anchor, motif, segment):
    assert segment_clips([Clip("a", *motif)], {"a": 10.0}, 3.0, anchor) == [Clip("a", *segment)]


def test_a_recording_shorter_than_a_segment_is_taken_whole_and_once():
    assert segment_clips([Clip("a", 0.0, 0.5), Clip("a", 1.0, 1.5)], {"a": 2.0}, 3.0) == [Clip("a", 0.0, 2.0)]


def test_phrases_span_from_their_first_to_their_last_segment():
    songs = contours({"a-1": [[1, 2], [1]], "b-1": [[1]]})
    spans = phrase_spans(songs)
    assert list(spans) == ["a-1", "b-1"] and [len(of_recording) for of_recording in spans.values()] == [2, 1]
    frame = 256 / 44100
    assert spans["a-1"] == [pytest.approx((19.5 * frame, 109.5 * frame), abs=1e-4), pytest.approx((129.5 * frame, 189.5 * frame), abs=1e-4)]


@pytest.mark.parametrize("may_overlap", [True, False])
@pytest.mark.parametrize("seed", range(10))
def test_random_clips_have_the_durations_of_the_motifs_and_nothing_in_common_with_them(seed, may_overlap):
    clips, without_room = random_clips(MOTIFS, SPANS, seed, may_overlap)
    durations = lambda clips: Counter((clip.recording, round(clip.end - clip.start, 6)) for clip in clips)
    assert not without_room and durations(clips) == durations(MOTIFS)
    assert not any(overlap(clip, motif) for clip in clips for motif in MOTIFS)
    assert all(any(start <= clip.start and clip.end <= end for start, end in SPANS[clip.recording]) for clip in clips)


def test_every_place_that_is_free_is_drawn_and_what_has_no_room_is_counted():
    motif = Clip("a", 0.050, 0.070)
    spans = {"a": [(0.0, 0.075), (0.1, 0.122)]}
    clips, without_room = random_clips([motif] * 50, spans, 0)
    starts = [*range(31), 100, 101, 102]  # milliseconds: before the motif, not in the 5 behind it, and in the second phrase
    assert [milliseconds(clip) for clip in clips] == [(start, start + 20) for start in starts]
    assert without_room == {"a": 50 - len(starts)}


def test_random_clips_that_must_not_overlap_fill_every_gap():
    motifs = [Clip("a", k / 10, k / 10 + 0.05) for k in range(32)]
    clips, without_room = random_clips(motifs, {"a": [(0.0, 3.0), (5.0, 5.06)]}, 0, overlap=False)
    starts = [milliseconds(clip)[0] for clip in clips]
    assert starts[:30] == [100 * k + 50 for k in range(30)] and 5000 <= starts[30] <= 5010
    assert len(clips) == 31 and without_room == {"a": 1}


def test_a_recording_without_room_takes_nothing_from_the_others():
    clips, without_room = random_clips(MOTIFS, SPANS | {"b": [(0.9, 1.25)]}, 3)
    assert without_room == {"b": 1}
    assert clips == [clip for clip in random_clips(MOTIFS, SPANS, 3)[0] if clip.recording == "a"]


def test_seed_and_recording_decide_and_no_order():
    assert random_clips(MOTIFS, SPANS, 5) == random_clips(MOTIFS[::-1], SPANS, 5) != random_clips(MOTIFS, SPANS, 6)
    twins = [Clip(recording, 1.0, 1.2) for recording in "ab"]
    one, other = random_clips(twins, {"a": [(0.0, 9.0)], "b": [(0.0, 9.0)]}, 0)[0]
    assert one.start != other.start
