"""Trial lists: every malformed line is named, and drawn pairs are exactly those that brute force finds."""

import itertools
import random

import numpy as np
import pytest

from cortado.datadir.pairs import Pairs, trial_lines
from cortado.datadir.trials import merge_trials, read_trials, trial_blocks, write_trials
from cortado.errors import DataError


def test_read_trials_are_those_of_the_lines(tmp_path):
    (tmp_path / "t").write_text("a b target\nb  a\tnontarget \nç 語 nontarget", encoding="utf-8")
    trials = read_trials(tmp_path / "t")
    assert trials.enrol == ["a", "b", "ç"] and trials.test == ["b", "a", "語"]
    assert trials.is_target.dtype == bool and trials.is_target.tolist() == [True, False, False]


def test_blocks_are_put_together_at_line_ends(tmp_path, monkeypatch):
    lines = [f"e{i} t{i % 7} {'target' if i % 3 else 'nontarget'}\n" for i in range(500)]
    (tmp_path / "t").write_text("".join(lines))
    whole = read_trials(tmp_path / "t")
    monkeypatch.setattr("cortado.datadir.trials.BLOCK_BYTES", 37)
    parts = read_trials(tmp_path / "t")
    assert parts.enrol == whole.enrol and parts.test == whole.test and (parts.is_target == whole.is_target).all()
    (tmp_path / "t").write_text("".join([*lines[:300], "x y\n", *lines[300:]]))
    with pytest.raises(DataError, match="t:301: expected"):
        read_trials(tmp_path / "t")


@pytest.mark.parametrize("block_bytes", [1, 13, 40, 1000])
def test_a_part_of_a_list_is_its_lines_wherever_blocks_end(tmp_path, monkeypatch, block_bytes):
    monkeypatch.setattr("cortado.datadir.trials.BLOCK_BYTES", block_bytes)
    lines = [f"e{i} t{i % 7} {'target' if i % 3 else 'nontarget'}\n" for i in range(30)]
    (tmp_path / "t").write_text("".join(lines))
    ends = [0, *itertools.accumulate(map(len, lines))]
    for first, last in itertools.combinations(range(31), 2):
        blocks = list(trial_blocks(tmp_path / "t", ends[first], ends[last], first))
        names = [(e, t) for block in blocks for e, t in zip(block.enrol, block.test, strict=True)]
        assert names == [(f"e{i}", f"t{i % 7}") for i in range(first, last)]
        assert [label for block in blocks for label in block.is_target] == [i % 3 != 0 for i in range(first, last)]
    (tmp_path / "t").write_text("".join([*lines[:20], "x y\n", *lines[20:]]))
    with pytest.raises(DataError, match="t:21: expected"):
        list(trial_blocks(tmp_path / "t", ends[12], ends[25], 12))


@pytest.mark.parametrize(
    "content, line, reason",
    [
        (b"", None, "is empty"),
        (b"a b target\na b\n", 2, "found 'a b'"),
        (b"a b target\na b 1\n", 2, "found 'a b 1'"),
        (b"a b target\na c target x\n", 2, "found 'a c target x'"),
        (b"a b\ntarget a c target\n", 1, "found 'a b'"),
        (b"a b target\n\na c target\n", 2, "found ''"),
        (b"a b target\r\n", 1, "expected 'enrol test"),
        (b"a b target\nb c nontarget\na b nontarget\n", 3, "the pair a b is given twice"),
        (b"a b target\na \xe9 target\n", 2, "is not UTF-8"),
    ],
)
def test_malformed_list_is_named_with_its_line(tmp_path, content, line, reason):
    (tmp_path / "t").write_bytes(content)
    with pytest.raises(DataError, match=reason) as error:
        read_trials(tmp_path / "t")
    assert error.value.line == line


def test_missing_list_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_trials(tmp_path / "none")


def test_lists_are_written_sorted_and_labels_of_parts_must_agree(tmp_path):
    (tmp_path / "t").write_text("b c target\na b nontarget\n")
    trials = read_trials(tmp_path / "t")
    write_trials(tmp_path / "u", trials)
    assert (tmp_path / "u").read_text() == "a b nontarget\nb c target\n"
    other = trials._replace(is_target=np.array([True, True]))
    with pytest.raises(DataError, match="the trial a b is labelled otherwise"):
        merge_trials({tmp_path / "t": trials, tmp_path / "v": other})


def make_groups(seed):
    draw = random.Random(seed)
    speakers = [draw.choice("pqrst") for _ in range(40)]
    sexes = [{"p": "m", "q": "m", "r": "f", "s": "f", "t": "f"}[speaker] for speaker in speakers]
    recordings = [speaker + draw.choice("123") for speaker in speakers]
    return speakers, sexes, recordings


def brute_force(outer, inner):
    return {(i, j) for i, j in itertools.combinations(range(len(outer)), 2) if outer[i] == outer[j] and inner[i] != inner[j]}


def pairs_of(rows):
    return [(i, j) for i, row in enumerate(rows) for j in row.tolist()]


@pytest.mark.parametrize("seed", range(3))
def test_all_pairs_are_those_of_brute_force(seed):
    speakers, sexes, recordings = make_groups(seed)
    utterances = [str(i) for i in range(40)]
    for outer, inner in [(speakers, recordings), (sexes, speakers), ([""] * 40, speakers), (speakers, utterances)]:
        pairs = Pairs(outer, inner)
        found = pairs_of(pairs.rows())
        assert found == sorted(brute_force(outer, inner)) and pairs.total == len(found)


def test_samples_are_distinct_pairs_of_the_right_kind_and_follow_the_seed():
    speakers, sexes, _ = make_groups(0)
    pairs, allowed = Pairs(sexes, speakers), brute_force(sexes, speakers)
    sample = pairs_of(pairs.sampled_rows(100, seed=5))
    assert len(sample) == 100 == len(set(sample)) and set(sample) <= allowed and sample == sorted(sample)
    assert sample == pairs_of(pairs.sampled_rows(100, seed=5)) != pairs_of(pairs.sampled_rows(100, seed=6))
    assert set(pairs_of(pairs.sampled_rows(pairs.total, seed=1))) == allowed


def test_samples_are_even_over_all_pairs():
    speakers, sexes, _ = make_groups(1)
    pairs = Pairs(sexes, speakers)
    counts = dict.fromkeys(brute_force(sexes, speakers), 0)
    for seed in range(400):
        for pair in pairs_of(pairs.sampled_rows(20, seed)):
            counts[pair] += 1
    expected = 400 * 20 / len(counts)
    chi_square = sum((count - expected) ** 2 / expected for count in counts.values())
    assert chi_square < len(counts) + 5 * (2 * len(counts)) ** 0.5  # five standard deviations


def test_lines_of_both_kinds_come_sorted():
    names = ["a", "b", "c"]
    lines = list(trial_lines(names, Pairs("xxy", names).rows(), Pairs("zzz", "xxy").rows()))
    assert lines == ["a b target\n", "a c nontarget\n", "b c nontarget\n"]
