"""Tables of identification results: controls beside every system, splits told apart, seeds in one row, contradictions refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cortado.datadir import split_record
from cortado.datadir.split_record import PartSize, SplitRecord
from cortado.errors import DataError
from cortado.report.class_results import read_class_runs, render_classes
from cortado.report.confusion_plot import plot_confusions
from cortado.score.class_controls import CONTROLS
from cortado.score.class_result import FORMAT, ClassResult, Estimate, Estimates, ScoredClips, read_class_result
from cortado.score.result import Facts, Version

SPLIT = SplitRecord(split_record.FORMAT, "recording", 0, PartSize(700, 14), PartSize(100, 2), PartSize(200, 4), 0, 0, 24)
FIGURES = Estimates(Estimate(0.5, 0.4, 0.6), Estimate(0.45, 0.3, 0.5), Estimate(0.8, 0.7, 0.9))
RESULT = ClassResult(
    format=FORMAT,
    system="crnn",
    features="mel128",
    condition="motifs",
    split=SPLIT,
    test=ScoredClips("data/split/test", "0" * 32, 200, 4, 3),
    clips=FIGURES,
    recordings=FIGURES,
    facts=Facts(seed=0),
    num_draws=1000,
    version=Version("abcdef0123456789", False),
    command="score_classes.py data/split data/split/test exp/crnn/test exp/crnn/scores",
)


def render(folder: Path, *results: ClassResult) -> str:
    for number, result in enumerate(results):
        result.write(folder / f"exp/run{number:02}/result.json")
    return render_classes(read_class_runs([folder / "exp"], folder))


def with_controls(result: ClassResult) -> list[ClassResult]:
    return [result, *(replace(result, system=control, features="-") for control in CONTROLS)]


def test_a_result_is_read_as_it_was_written_and_another_programs_is_refused(tmp_path):
    RESULT.write(tmp_path / "result.json")
    assert read_class_result(tmp_path / "result.json") == RESULT
    (tmp_path / "result.json").write_text('{"format": "cortado word recognition result 1"}')
    with pytest.raises(DataError, match=r"not a result of score_classes\.py"):
        read_class_result(tmp_path / "result.json")


def test_controls_come_first_and_without_one_of_them_there_is_no_page(tmp_path):
    page = render(tmp_path / "whole", *with_controls(RESULT))
    rows = [line.split(" | ")[1] for line in page.splitlines() if line.startswith("| motifs |")]
    assert rows == [*CONTROLS, "crnn"]
    for missing in CONTROLS:
        kept = [result for result in with_controls(RESULT) if result.system != missing]
        with pytest.raises(DataError, match=f"no result of the control {missing} on motifs, split seed 0"):
            render(tmp_path / missing, *kept)


def test_a_row_has_the_means_over_its_seeds(tmp_path):
    better = Estimates(Estimate(0.7, 0.5, 0.9), Estimate(0.55, 0.4, 0.6), Estimate(0.9, 0.8, 1.0))
    other = replace(RESULT, split=replace(SPLIT, seed=1), clips=better, facts=Facts(seed=1))
    page = render(tmp_path, *with_controls(RESULT), *with_controls(other))
    assert (
        "| motifs | crnn | mel128 | 60.00 | 45.00 to 75.00 | 50.00, 70.00 | 50.00 | 85.00 | 50.00 | 40.00 to 60.00 | 45.00 | 80.00 | - | - |"
        in page
    )
    assert (
        "**motifs / crnn / mel128, seed 1**: exp/run04; commit abcdef012345; split by recording, split seed 1; clips data/split/test ("
        in page
    )


def test_a_random_split_has_a_table_of_its_own_that_says_what_it_is_and_how_much_it_leaks(tmp_path):
    random = replace(RESULT, split=replace(SPLIT, kind="random", num_copies=146, num_overlapping=196))
    page = render(tmp_path, *with_controls(RESULT), *with_controls(random))
    honest, reproduction = page.split("## Random split of clips: a reproduction\n")
    assert "**0.0 %** have a copy in training and **0.0 %** share samples" in honest and "reproduction" not in honest
    assert "**73.0 %** have a copy in training and **98.0 %** share samples" in reproduction
    assert random.summary().endswith(
        "random split of clips, a reproduction: of 200 test clips, 73.0 % have a copy in training and 98.0 % share samples with it"
    )


def test_synthetic_singing_stands_in_a_table_of_its_own(tmp_path):
    page = render(tmp_path, *with_controls(RESULT), *with_controls(replace(RESULT, facts=Facts(seed=0, synthetic=True))))
    assert (
        page.count("| motifs | crnn |") == 2 and "## Split by recording\n" in page and "## Split by recording, synthetic singing\n" in page
    )


def test_the_same_row_twice_and_other_clips_of_one_name_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"the same row and seeds as exp/run0\d: motifs, crnn, mel128"):
        render(tmp_path / "twice", *with_controls(RESULT), RESULT)
    other = replace(RESULT, system="residual50", test=replace(RESULT.test, md5="1" * 32))
    with pytest.raises(DataError, match="motifs, split seed 0, was scored on other clips"):
        render(tmp_path / "other", *with_controls(RESULT), other)


def test_a_confusion_plot_is_the_same_for_the_same_counts_and_has_room_for_many_classes(tmp_path):
    for name, size in (("few", 3), ("few_again", 3), ("many", 30)):
        counts = np.arange(size * size).reshape(size, size)
        classes = [f"cantaor número {number}" for number in range(size)]
        plot_confusions({"clips": counts, "recordings": counts.T}, classes, "crnn, $mel", tmp_path / f"{name}.png")
    assert (tmp_path / "few.png").read_bytes() == (tmp_path / "few_again.png").read_bytes() != (tmp_path / "many.png").read_bytes()
