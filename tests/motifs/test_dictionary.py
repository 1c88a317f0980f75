"""Dictionaries of singers: what is counted where, files that read back, and what is said where there is no motif."""

import math
import sys
from pathlib import Path

import pytest

from cortado.errors import CortadoError, DataError
from cortado.motifs.dictionary import Motif, MotifConfig, make_dictionaries, mine
from cortado.motifs.dictionary_files import read_motifs, read_occurrences, write_motifs, write_occurrences

sys.path.append(str(Path(__file__).parent))
from toy_contours import contours

MOTIF, OTHER = [1, 2, 1, 2, 3], [-1, -1, -2, -1, -2]
SONGS = contours(
    {
        "a-1": [[9, *MOTIF, 8], [*MOTIF, 7], [6, *MOTIF]],
        "a-2": [[*MOTIF, 5], [4, *OTHER], [*OTHER, 9]],
        "b-1": [[*OTHER, 8], [3, *OTHER], [*OTHER, 7], [8, *MOTIF]],
    }
)


def patterns(**settings) -> dict[str, dict[tuple[int, ...], int]]:
    return {singer: dict(supports) for singer, supports in mine(SONGS, MotifConfig(**settings)).items()}


def test_a_recording_is_searched_by_itself_and_its_phrases_counted():
    assert patterns() == {"a": {tuple(MOTIF): 3}, "b": {tuple(OTHER): 3}}


def test_supports_of_the_recordings_of_a_singer_add_up():
    one_more = contours({"a-1": [MOTIF, MOTIF, MOTIF], "a-2": [MOTIF, MOTIF], "a-3": [MOTIF]})
    assert mine(one_more, MotifConfig(min_support=2)) == {"a": {tuple(MOTIF): 5}}


def test_a_pattern_is_closed_or_not_in_each_recording():
    assert patterns(min_support=1, max_length=5)["a"] == {tuple(MOTIF): 3, tuple(OTHER): 2}  # in a-2, MOTIF is always part of a longer one


def test_a_singer_is_searched_as_a_whole_and_phrases_or_recordings_counted():
    assert patterns(mine_in="singer", min_support=4) == {"a": {tuple(MOTIF): 4}, "b": {}}
    assert patterns(mine_in="singer", support_in="recording", min_support=2) == {"a": {tuple(MOTIF): 2}, "b": {}}


def test_the_corpus_is_searched_as_a_whole_and_singers_counted():
    everybody = {tuple(MOTIF): 2, tuple(OTHER): 2}
    assert patterns(mine_in="corpus", support_in="singer", min_support=2) == {"a": everybody, "b": everybody}
    # b-1 sings OTHER after an 8, a-2 does not; nor does anybody sing more before MOTIF twice
    assert patterns(mine_in="corpus", support_in="recording", min_support=3)["a"] == {tuple(MOTIF): 3}


def test_occurrences_are_those_in_recordings_of_the_motifs_own_singer():
    motifs, occurrences = make_dictionaries(SONGS, MotifConfig())
    assert motifs == [Motif("a", tuple(MOTIF), 3, 4), Motif("b", tuple(OTHER), 3, 3)]
    assert [(o.recording, o.pattern) for o in occurrences] == [
        *[("a-1", tuple(MOTIF))] * 3,
        ("a-2", tuple(MOTIF)),
        *[("b-1", tuple(OTHER))] * 3,
    ]


def test_gaps_find_what_an_ornament_parts():
    ornamented = contours({"a-1": [[1, 2, 3], [1, 9, 2, 3], [1, 2, 8, 3]]})
    config = {"min_length": 3, "min_support": 3}
    assert mine(ornamented, MotifConfig(max_gap=1, **config)) == {"a": {(1, 2, 3): 3}}
    with pytest.raises(CortadoError, match="without gaps, the most are 1"):
        mine(ornamented, MotifConfig(**config))


def test_files_read_back_as_they_were_written(tmp_path):
    motifs, occurrences = make_dictionaries(SONGS, MotifConfig())
    write_motifs(tmp_path / "motifs", motifs)
    write_occurrences(tmp_path / "occurrences", occurrences)
    assert read_motifs(tmp_path / "motifs") == motifs
    assert read_occurrences(tmp_path / "occurrences") == occurrences
    assert (tmp_path / "motifs").read_text().splitlines()[:2] == ["# singer motif support num_occurrences", "a 1,2,1,2,3 3 4"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("# motif recording start end\n1,2 a-1 0.1\n", ":2: expected 'motif recording start end', found '1,2 a-1 0.1'"),
        ("# motif recording start end\n1,x a-1 0.1 0.2\n", ":2: expected"),
        ("1,2 a-1 0.1 0.2\n", "begins with '1,2 a-1 0.1 0.2', not with"),
        ("", "is empty"),
    ],
)
def test_malformed_files_are_named_with_the_line(tmp_path, lines, message):
    (tmp_path / "occurrences").write_text(lines)
    with pytest.raises(DataError, match=message):
        read_occurrences(tmp_path / "occurrences")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"min_support": 4},
            r"is in 4 phrases \(min_support\) of one recording \(mine_in\), in 10 phrases of 3 .* the most are 3: lower min",
        ),
        ({"min_length": 9}, "of 10 phrases of 3 recordings of 2 singers, the longest phrase has 7 symbols, fewer than min_length, 9"),
        ({"mine_in": "corpus", "support_in": "singer"}, r"no corpus \(mine_in\) has more than 2 of what support_in counts, singers"),
        ({"min_duration": 60.0}, "no motif lasts min_duration, 60.0 s"),
    ],
)
def test_where_there_is_no_motif_numbers_and_the_key_to_change_are_told(settings, message):
    with pytest.raises(CortadoError, match=message):
        make_dictionaries(SONGS, MotifConfig(**settings))


@pytest.mark.parametrize(
    "settings",
    [
        {"support_in": "recording"},
        {"mine_in": "singer", "support_in": "singer"},
        {"min_support": 0},
        {"min_duration": math.nan},
        {"max_gap": -1},
        {"max_length": 4},
    ],
)
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        MotifConfig(**settings)
