"""utils/compare_systems.sh, and the command that it starts, on score folders of known scores, against figures computed here another way."""

import json
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_curve

sys.path.append(str(Path(__file__).parents[1] / "ground"))
from in_process import run_in_process

from cortado.files import file_digest
from cortado.score.result import FORMAT, BackEnd, Estimate, Facts, Result, TableVersion, TrialList, Version

ROOT = Path(__file__).resolve().parents[2]
SPEAKERS, PARTS = 12, 4


def compare(folder, *options):
    return run_in_process(ROOT / "pyscripts/bin/compare_systems.py", "--num-draws", "50", *options, "exp", cwd=folder)


def write_scores(folder, name, system, seed, separation, norm="none", condition="test"):
    """A score folder whose target scores lie `separation` above the others; returns scores and labels."""
    trials = folder / "data" / condition / "trials"
    pairs = [line.split() for line in trials.read_text().splitlines()]
    is_target = np.array([label == "target" for *_, label in pairs])
    rng = np.random.default_rng([seed, len(system)])
    scores = np.round(rng.normal(size=len(pairs)) + separation * is_target, 6)
    out = folder / "exp" / name
    out.mkdir(parents=True)
    (out / "scores").write_text("".join(f"{e} {t} {s:.6f}\n" for (e, t, _), s in zip(pairs, scores, strict=True)))
    error, version = Estimate(equal_error(scores, is_target), 0.0, 1.0, 0.0), TableVersion("embeddings.scp", "0" * 32)
    trial_list = TrialList(f"data/{condition}/trials", file_digest(trials), int(is_target.sum()), int((~is_target).sum()), SPEAKERS)
    facts, code = Facts(seed=seed, parameters=10), Version(None, False)
    back_end = BackEnd(norm, *((5, 9) if norm == "asnorm" else ()))
    rest = (error, error, error, error, 10, code, "score_trials.py")
    Result(FORMAT, system, condition, trial_list, version, version, back_end, facts, *rest).write(out / "result.json")
    return scores, is_target


def equal_error(scores, is_target):
    """The interpolated equal error rate, from scikit-learn's ROC."""
    false_alarm, hit, _ = roc_curve(is_target, scores, drop_intermediate=False)
    gap = false_alarm - (1 - hit)
    i = int(np.argmax(gap >= 0))
    share = gap[i - 1] / (gap[i - 1] - gap[i])
    return float(false_alarm[i - 1] + share * (false_alarm[i] - false_alarm[i - 1]))


@pytest.fixture
def folder(tmp_path):
    utterances = [(f"s{speaker:02d}-{part}", f"s{speaker:02d}") for speaker in range(SPEAKERS) for part in range(PARTS)]
    data = tmp_path / "data/test"
    data.mkdir(parents=True)
    (data / "utt2spk").write_text("".join(f"{utt} {speaker}\n" for utt, speaker in utterances))
    pairs = combinations(utterances, 2)
    (data / "trials").write_text("".join(f"{a} {b} {'target' if s == t else 'nontarget'}\n" for (a, s), (b, t) in pairs))
    return tmp_path


@pytest.fixture
def three_systems(folder):
    """base, its equal, and one that is far better; two seeds each."""
    scored = {}
    for system, separation in (("base", 1.5), ("equal", 1.5), ("far_better", 4.0)):
        scored[system] = [write_scores(folder, f"{system}_{seed}/scores", system, seed, separation) for seed in (0, 1)]
    return folder, scored


def rows_of(page):
    lines = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines if len(cells) == 9}


def test_differences_and_verdicts_are_those_of_the_scores(three_systems):
    folder, scored = three_systems
    as_users_do = ["bash", ROOT / "utils/compare_systems.sh", "--num-draws", "50", "--compare", "systems none base equal far_better", "exp"]
    done = subprocess.run(as_users_do, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = rows_of((folder / "COMPARISON.md").read_text())
    errors = {system: [equal_error(*run) for run in runs] for system, runs in scored.items()}
    for system, (eer, by_seed, _, difference, *_) in rows.items():
        if system in errors:
            assert eer == f"{100 * np.mean(errors[system]):.2f}"
            assert by_seed == ", ".join(f"{100 * error:.2f}" for error in errors[system])
            if system != "base":
                assert float(difference) == pytest.approx(100 * (np.mean(errors[system]) - np.mean(errors["base"])), abs=0.0051)
    assert [rows[system][-1] for system in errors] == ["baseline", "noise", "better"]


def test_the_interval_over_speakers_is_that_of_speakers_drawn_alike_for_both(three_systems):
    folder, scored = three_systems
    assert compare(folder, "--num-draws", "400", "--compare", "systems none base far_better").returncode == 0
    stated = rows_of((folder / "COMPARISON.md").read_text())["far_better"][4]
    low, high = map(float, stated.split(" to "))
    speakers = [line.split() for line in (folder / "data/test/trials").read_text().splitlines()]
    enrol, test = (np.array([int(pair[side][1:3]) for pair in speakers]) for side in (0, 1))
    rng, drawn = np.random.default_rng(5), []
    for _ in range(400):
        copies = np.bincount(rng.integers(SPEAKERS, size=SPEAKERS), minlength=SPEAKERS)
        times = np.where(enrol == test, copies[enrol], copies[enrol] * copies[test])
        errors = {system: [equal_error(*(np.repeat(x, times) for x in run)) for run in runs] for system, runs in scored.items()}
        drawn.append(np.mean(errors["far_better"]) - np.mean(errors["base"]))
    expected = 100 * np.quantile(drawn, [0.025, 0.975])
    width = expected[1] - expected[0]  # other draws here than there
    assert abs(low - expected[0]) < 0.15 * width and abs(high - expected[1]) < 0.15 * width


def test_the_same_scores_give_the_same_bytes(three_systems):
    folder, _ = three_systems
    pages = []
    for _ in range(2):
        assert compare(folder, "--compare", "systems none base equal").returncode == 0
        pages.append((folder / "COMPARISON.md").read_bytes())
    assert pages[0] == pages[1]


def test_a_section_takes_its_own_back_end_only(folder):
    for norm, separation in (("none", 1.0), ("asnorm", 2.0)):
        for system in ("base", "other"):
            for seed in (0, 1):
                write_scores(folder, f"{system}_{seed}/{norm}", system, seed, separation, norm)
    done = compare(folder, "--compare", "poolings asnorm base other", "--compare", "metric_losses none base other")
    assert done.returncode == 0, done.stderr
    headings = re.findall("^## .* against.*", (folder / "COMPARISON.md").read_text(), re.MULTILINE)
    assert headings == ["## Poolings against `base` (cosine, AS-norm 5)", "## Metric losses against `base` (cosine)"]


def test_header_and_costs_come_from_their_files(three_systems):
    folder, _ = three_systems
    (folder / "header.md").write_text("# Poolings\n\nOn one trunk.\n")
    costs = {"macs_per_second": 2e7, "macs_per_trial": 128, "extraction_cpu_seconds_per_hour": 9.0}
    (folder / "costs.json").write_text(json.dumps({"base": costs}))
    assert compare(folder, "--header", "header.md", "--costs", "costs.json", "--compare", "systems none base equal").returncode == 0
    page = (folder / "COMPARISON.md").read_text()
    assert page.startswith("# Poolings\n\nOn one trunk.\n") and "| base | 10 | 20.0 | 0.1 | - | 9.0 (1.00) |" in page


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ("none base missing", "missing: not scored with the back end none on 'test', as base was; score it, or leave it out"),
        ("mean base equal", "base: no result.json of this system with the back end mean"),
        ("none base", "expected a title, a back end (none, mean, asnorm), a baseline, and other systems, each once"),
        ("plda base equal", "expected a title, a back end (none, mean, asnorm), a baseline, and other systems, each once"),
    ],
)
def test_what_is_not_there_is_one_sentence(three_systems, wanted, reason):
    folder, _ = three_systems
    done = compare(folder, "--compare", f"systems {wanted}")
    assert done.returncode == 1 and reason in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (folder / "COMPARISON.md").exists()


def test_single_seeds_are_refused(folder):
    for system in ("base", "other"):
        write_scores(folder, f"{system}/scores", system, 0, 1.5)
    done = compare(folder, "--compare", "systems none base other")
    assert done.returncode == 1 and "no system was trained from more than one seed" in done.stderr


def test_scores_of_a_list_that_has_changed_since_are_refused(three_systems):
    folder, _ = three_systems
    lines = (folder / "data/test/trials").read_text().splitlines(keepends=True)
    (folder / "data/test/trials").write_text("".join(lines[:-1]))
    done = compare(folder, "--compare", "systems none base equal")
    assert done.returncode == 1 and "holds scores of data/test/trials with MD5" in done.stderr
