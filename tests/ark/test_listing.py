"""Listings: statistics against brute force, the summary's honesty about what was read, and the layout of the table."""

import numpy as np
import pytest

from cortado import ark
from cortado.ark.display import align, format_number, format_rows
from cortado.ark.listing import Summary, find_object, kind_name, statistics, walk
from cortado.errors import CortadoError


@pytest.mark.parametrize("unclean", [[], [np.nan], [np.inf], [-np.inf], [np.nan, np.nan, np.inf, -np.inf]])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_statistics_are_of_the_finite_values_and_count_the_others(unclean, dtype):
    clean = np.random.default_rng(0).normal(100, 5, 44).astype(dtype)
    array = np.random.default_rng(1).permutation(np.concatenate([clean, np.array(unclean, dtype)]))
    found = statistics(array.reshape(-1, 4) if len(array) % 4 == 0 else array)
    assert found[:3] == pytest.approx((min(clean.tolist()), sum(clean.tolist()) / 44, max(clean.tolist())), rel=1e-9)
    assert (found.num_nan, found.num_inf) == (sum(map(np.isnan, unclean)), sum(map(np.isinf, unclean)))


def test_statistics_of_many_large_values_do_not_lose_digits():
    assert statistics(np.full(3_000_000, 16_777_217, dtype=np.int32)).mean == 16_777_217
    assert statistics(np.full((2, 2), np.nan, np.float32))[3:] == (4, 0)
    assert np.isnan(statistics(np.zeros(0, np.float32)).mean)


def test_walk_reads_the_values_that_are_wanted_and_no_others(kaldiio_ark, as_kaldiio_reads):
    found = {entry.key: array for entry, array in walk(str(kaldiio_ark), lambda index, key: index < 2 or key == "NPY")}
    assert list(found) == list(as_kaldiio_reads)
    assert [key for key, array in found.items() if array is not None] == ["FM", "DM", "NPY"]


def test_an_object_is_found_by_key_without_touching_others_of_an_scp(tmp_path, kaldiio_ark, every_kind):
    scp = tmp_path / "x.scp"
    scp.write_text(f"utt-1 {tmp_path}/gone.ark:5\nutt-2 {kaldiio_ark}:3[0:1]\n")
    entry, array = find_object(str(scp), "utt-2")
    np.testing.assert_array_equal(array, every_kind["FM"][:2])
    assert (entry.key, entry.shape) == ("utt-2", (2, 3))
    with pytest.raises(CortadoError, match=r"none of its 2 objects has the key utt-3; did you mean utt-2, utt-1\?"):
        find_object(str(scp), "utt-3")


def test_kinds_are_told_in_words(kaldiio_ark):
    assert [kind_name(entry) for entry in ark.scan(kaldiio_ark)] == [
        "matrix",
        "double matrix",
        "vector",
        "double vector",
        "int vector",
        "matrix CM",
        "matrix CM2",
        "matrix CM3",
        "uint8 volume",
        "float64 matrix",
    ]


def test_the_summary_says_over_what_its_nan_count_is(tmp_path):
    with ark.ArkWriter(tmp_path / "x.ark") as writer:
        for number in range(30):
            matrix = np.zeros((number + 1, 4), np.float32)
            matrix[0, 0] = np.nan if number in (3, 25) else 0
            writer.write(f"utt-{number}", matrix)
    lines = {}
    for wanted in (2, 20, 30):
        summary = Summary()
        for entry, array in walk(f"{tmp_path}/x.ark", lambda index, key, wanted=wanted: index < wanted):
            summary.add(entry, None if array is None else statistics(array))
        lines[wanted] = summary.lines()
    assert lines[2][:2] == ["objects  30: matrix (30)", "lengths  465 in all, from 1 to 30, median 16; width 4"]
    assert lines[2][2] == "values   no NaN and no inf in the first 2 objects (--all reads every one)"
    assert lines[20][2] == "values   NaN or inf in 1 of the first 20 objects (--all reads every one): utt-3 (1 NaN, 0 inf)"
    assert lines[30][2] == "values   NaN or inf in 2 of 30 objects: utt-3 (1 NaN, 0 inf), utt-25 (1 NaN, 0 inf)"
    assert Summary().lines() == ["no objects"]


def test_columns_are_aligned_also_under_wide_and_combining_characters():
    lines = list(align([("key", "n"), ("日本", "10"), ("e\u0301", "2")], left=1))
    assert lines == ["key    n", "日本  10", "e\u0301      2"]


@pytest.mark.parametrize(("value", "text"), [(3.0, "3"), (-0.123456, "-0.1235"), (1e10, "1e+10"), (np.nan, "-"), (255.0, "255")])
def test_numbers_are_short(value, text):
    assert format_number(value) == text


def test_rows_are_numbered_and_fit_the_terminal():
    matrix = np.arange(600, dtype=np.float32).reshape(3, 200)
    lines = list(format_rows(matrix, 2, 60))
    assert [line.split()[0] for line in lines] == ["0", "1"]
    assert all(len(line) <= 60 and "..." in line and line.split()[1] == str(200 * row) for row, line in enumerate(lines))
    assert lines[1].split()[-1] == "399"
    assert list(format_rows(matrix[:, :3], 9, 60))[2].split() == ["2", "400", "401", "402"]


def test_a_vector_runs_on_with_the_number_of_the_first_value_in_each_line():
    lines = list(format_rows(np.arange(100, 150, dtype=np.int32), 3, 49))
    assert [line.split()[:2] for line in lines] == [["0", "100"], ["10", "110"], ["20", "120"]]
    assert len(list(format_rows(np.arange(12, dtype=np.int32), 5, 49))) == 1
    assert list(format_rows(np.zeros(0, np.int32), 5, 49)) == []


def test_frames_of_a_volume_are_shown_one_by_one():
    text = "\n".join(format_rows(np.arange(2 * 9 * 9, dtype=np.uint8).reshape(2, 9, 9), 1, 80))
    assert text.startswith("frame 0\n  [[ 0") and "..." in text and "frame 1" not in text
