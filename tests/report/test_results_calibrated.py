"""RESULTS.md and result.json of calibrated scores; those of others are as if there were none."""

import json
from dataclasses import replace

from cortado.report.results import find_runs, render
from cortado.score.result import (
    FORMAT,
    BackEnd,
    Calibrated,
    Estimate,
    Facts,
    PldaModel,
    Result,
    ScoredSystem,
    TableVersion,
    TrialList,
    Version,
    read_result,
)

TABLE = TableVersion("e.scp", "1" * 32)
PLAIN = Result(
    format=FORMAT,
    system="resnet",
    condition="clean",
    trials=TrialList("data/clean/trials", "0" * 32, 1000, 9000, 50),
    enrol=TABLE,
    test=TABLE,
    back_end=BackEnd("none"),
    facts=Facts(seed=0),
    eer=Estimate(0.03, 0.02, 0.05, 0.5),
    min_dcf_001=Estimate(0.5, 0.4, 0.6, None),
    min_dcf_005=Estimate(0.25, 0.2, 0.3, 0.5),
    auc=Estimate(0.99, 0.98, 0.995),
    num_draws=1000,
    version=Version("c" * 40, dirty=False),
    command="score_trials.py",
)


def calibrated(cllr=0.125, quality=(), systems=1, **changed):
    names = tuple(ScoredSystem(name, "cosine", 0) for name in ("resnet", "xvector")[:systems])
    figures = [Estimate(value, value - 0.01, value + 0.01) for value in (cllr, 0.1, 0.6, 0.3)]
    return replace(PLAIN, calibrated=Calibrated(names, quality, 0.05, "data/held/trials", "a" * 32, *figures), **changed)


def render_all(folder, **results):
    for name, result in results.items():
        result.write(folder / "exp" / name / "result.json")
    text = render(find_runs([folder / "exp"], folder), "# Title")
    return text, [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("| ")]


def test_calibrated_results_read_back_equal_and_others_have_no_key_of_theirs(tmp_path):
    for name, result in (
        ("a", calibrated()),
        ("b", replace(PLAIN, back_end=BackEnd("asnorm", 50, 9, TABLE, PldaModel("p.npz", "2" * 32, None)))),
    ):
        result.write(tmp_path / name)
        assert read_result(tmp_path / name) == result
    PLAIN.write(tmp_path / "c")
    values = json.loads((tmp_path / "c").read_text())
    assert "calibrated" not in values and values["back_end"] == {"norm": "none", "top_n": None, "num_cohort_speakers": None, "cohort": None}


def test_columns_appear_with_the_first_calibrated_result_and_others_have_a_dash(tmp_path):
    text, rows = render_all(tmp_path / "plain", a=PLAIN)
    assert "Cllr" not in text and len(rows[0]) == 11
    text, rows = render_all(tmp_path / "both", a=PLAIN, b=calibrated())
    assert rows[0][-4:] == ["Cllr", "min Cllr", "actDCF(0.01)", "actDCF(0.05)"]
    assert {row[2]: row[-4:] for row in rows[2:4]} == {"cosine": ["-"] * 4, "cosine, calibrated": ["0.1250", "0.1000", "0.6000", "0.3000"]}
    assert "Cllr: cost of calibrated log-likelihood ratios in bits" in text
    assert f"calibrated on data/held/trials ({'a' * 32}) at p_target 0.05" in text


def test_seeds_of_a_calibrated_system_are_one_row_of_means(tmp_path):
    _, rows = render_all(tmp_path, a=calibrated(0.125), b=calibrated(0.25, facts=Facts(seed=1)))
    assert [row[-4] for row in rows[2:3]] == ["0.1875"] and "clean" not in rows[3][0]


def test_back_ends_have_names_of_their_own():
    plda = PldaModel("p.npz", "2" * 32, 128)
    assert BackEnd("asnorm", 50, 9, TABLE, plda).label() == "LDA 128, PLDA, AS-norm 50"
    assert BackEnd("none", plda=replace(plda, lda_dim=None)).label() == "PLDA"
    assert calibrated(quality=("log_dur",)).label() == "cosine, calibrated with quality"
    assert calibrated(systems=2).label() == "fusion of resnet (cosine) + xvector (cosine), calibrated"
    assert "Cllr 0.1250 (min 0.1000)" in calibrated().summary() and "Cllr" not in PLAIN.summary()
