"""COMPARISON.md from rows: what each cell says, and that the words say of every system whether its difference is noise."""

import dataclasses

import numpy as np
import pytest

from cortado.report.comparison import Comparison, Cost, Row, Table, in_words, render
from cortado.score.paired import Difference
from cortado.score.result import FORMAT, BackEnd, Estimate, Facts, Result, TableVersion, TrialList, Version


def result(system, eer, seed, cpu_seconds=50.0):
    error = Estimate(eer, eer - 0.01, eer + 0.01, 0.5)
    return Result(
        format=FORMAT,
        system=system,
        condition="clean",
        trials=TrialList("data/clean/trials", "0" * 32, 300, 9600, 50),
        enrol=TableVersion("e.scp", "1" * 32),
        test=TableVersion("e.scp", "1" * 32),
        back_end=BackEnd("asnorm", 50, 200),
        facts=Facts(seed=seed, parameters=1234, other={"training_cpu_seconds": cpu_seconds}),
        eer=error,
        min_dcf_001=error,
        min_dcf_005=Estimate(0.25, 0.2, 0.3, 0.5),
        auc=Estimate(0.99, 0.98, 0.995),
        num_draws=1000,
        version=Version("c" * 40, dirty=False),
        command="score_trials.py",
    )


def row(system, eers, value=None, p=None, standard_error=0.005, **others):
    difference = None if value is None else Difference(value, (value - 0.002, value + 0.002), standard_error, np.inf, p, p)
    return Row(system, [result(system, eer, seed, **others) for seed, eer in enumerate(eers)], difference)


BASELINE = row("statistics", [0.04, 0.06])
BETTER = row("attentive", [0.02, 0.03], value=-0.025, p=0.0004, cpu_seconds=75.0)
WORSE = row("average", [0.07, 0.08], value=0.025, p=0.04)
NOISE = row("multi_head", [0.05, 0.06], value=0.005, p=0.051)


def table(*rows, condition="clean"):
    return Table(condition, [BASELINE, *rows], seed_deviation=0.0123, seed_degrees=4)


def tables_of(text):
    """Each table as a list of dictionaries, by the header that it stands under."""
    found, rows = {}, None
    for line in text.splitlines():
        if line.startswith("#"):
            heading, rows = line.strip("# "), None
        elif line.startswith("| "):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if rows is None:
                columns, rows = cells, found.setdefault(heading, [])
            elif set("".join(cells)) - set(":-"):
                rows.append(dict(zip(columns, cells, strict=True)))
    return found


def test_a_row_shows_means_difference_intervals_and_verdict():
    rows = tables_of(render("# Title", [Comparison("poolings", [table(BETTER, NOISE)])], {}))["clean"]
    assert rows[1] == {
        "System": "attentive",
        "EER %": "2.50",
        "By seed": "2.00, 3.00",
        "minDCF(0.05)": "0.2500",
        "Difference": "-2.50",
        "Over speakers": "-2.70 to -2.30",
        "Over speakers and seeds": "-3.48 to -1.52",  # 1.96 standard errors of 0.5 points
        "p": "< 0.001",
        "Verdict": "better",
    }
    assert [each["Verdict"] for each in rows] == ["baseline", "better", "noise"]
    assert rows[0]["EER %"] == "5.00" and rows[0]["Difference"] == ""


def test_the_overview_has_every_condition_and_marks_what_is_more_than_noise():
    second = table(row("attentive", [0.05, 0.05], value=0.0, p=1.0), condition="noisy")
    rows = tables_of(render("# Title", [Comparison("poolings", [table(BETTER), second])], {}))[
        "Poolings against `statistics` (cosine, AS-norm 50)"
    ]
    assert rows == [
        {"System": "statistics", "clean": "EER 5.00 %", "noisy": "EER 5.00 %"},
        {"System": "attentive", "clean": "**-2.50**", "noisy": "0.00"},
    ]


def test_costs_are_given_as_multiples_of_the_baselines():
    costs = {"statistics": Cost(20e6, 128, 10.0), "attentive": Cost(25e6, 12_345_678, 11.0)}
    rows = tables_of(render("# Title", [Comparison("poolings", [table(BETTER, NOISE)])], costs))["Costs"]
    assert list(rows[1].values()) == ["attentive", "1,234", "25.0", "12,345.7", "75.0 (1.50)", "11.0 (1.10)"]
    assert list(rows[2].values()) == ["multi_head", "1,234", "-", "-", "50.0 (1.00)", "-"]  # nobody measured it


def test_a_system_without_training_time_has_a_dash():
    bare = dataclasses.replace(NOISE, seeds=[dataclasses.replace(NOISE.seeds[0], facts=Facts(seed=0))])
    rows = tables_of(render("# Title", [Comparison("poolings", [table(bare)])], {}))["Costs"]
    assert (rows[1]["Parameters"], rows[1]["Training, CPU s"]) == ("-", "-")


def test_words_name_every_system_under_its_verdict():
    text = in_words(table(BETTER, WORSE, NOISE))
    assert "Better than `statistics`: attentive (-2.50)." in text
    assert "Worse than `statistics`: average (+2.50)." in text
    assert "Noise, and no reason to prefer either: multi_head (+0.50)." in text


def test_words_say_so_where_all_is_noise():
    text = in_words(table(NOISE))
    assert text.startswith("No system differs from `statistics` by more than noise: multi_head (+0.50)") and "Better" not in text


@pytest.mark.parametrize(("others", "expected"), [((NOISE,), "0.98"), ((BETTER, WORSE, NOISE), "1.20")])
def test_words_say_how_large_a_difference_would_have_been_seen(others, expected):
    # of a standard error of 0.5 points: 1.96 of them at 5 %, 2.394 of them at 5 % over 3 systems
    assert f"less than about {expected} points could not have been told from noise" in in_words(table(*others))
    assert "between seeds of a system is 1.23 points (4 degrees of freedom)" in in_words(table(*others))
