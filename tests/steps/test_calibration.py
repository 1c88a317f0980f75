"""Calibration and fusion by running their steps: ratios from the score files by scikit-learn, figures, records, refusals."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from cortado.ark import ArkWriter
from cortado.score.cllr import act_dcf, cllr, min_cllr
from cortado.score.metrics import roc_curve

ROOT = Path(__file__).parents[2]
BIN = ROOT / "pyscripts" / "bin"
DIM = 8
CALIBRATED = {
    "cllr": cllr,
    "min_cllr": min_cllr,
    "act_dcf_001": lambda roc: act_dcf(roc, 0.01),
    "act_dcf_005": lambda roc: act_dcf(roc, 0.05),
}


def run(folder, *command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def write_data(folder, name, num_speakers, rng):
    """Three utterances a speaker, longer ones less noisy; the embeddings of two systems, which err independently."""
    data = folder / "data" / name
    data.mkdir(parents=True)
    utts = [f"{name}{k:02}-{i}" for k in range(num_speakers) for i in range(3)]
    seconds = rng.uniform(1, 20, len(utts))
    speakers = [utt.split("-")[0] for utt in utts]
    for system in "ab":
        out = folder / "exp" / system / name
        out.mkdir(parents=True)
        centres = np.repeat(rng.normal(size=(num_speakers, DIM)), 3, axis=0)
        vectors = 0.9 * centres + rng.normal(size=(len(utts), DIM)) * np.sqrt(4 / seconds)[:, None]
        with ArkWriter(str(out / "embeddings.ark"), str(out / "embeddings.scp")) as table:
            for utt, vector in zip(utts, vectors, strict=True):
                table.write(utt, vector.astype(np.float32))
    (data / "utt2spk").write_text("".join(f"{utt} {speaker}\n" for utt, speaker in zip(utts, speakers, strict=True)))
    (data / "utt2dur").write_text("".join(f"{utt} {duration:.3f}\n" for utt, duration in zip(utts, seconds, strict=True)))
    pairs = [(i, j) for i in range(len(utts)) for j in range(i + 1, len(utts))]
    lines = [f"{utts[i]} {utts[j]} {'target' if speakers[i] == speakers[j] else 'nontarget'}\n" for i, j in pairs]
    (data / "trials").write_text("".join(lines))


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """Scores of systems a and b on the held-out and on the test list, and quality measures of a."""
    folder = tmp_path_factory.mktemp("calibration")
    for name in ("steps", "utils", "path.sh"):
        (folder / name).symlink_to(ROOT / name)
    rng = np.random.default_rng(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # where the scps say that the arks are
        for name, num_speakers in (("train", 12), ("held", 14), ("test", 12)):
            write_data(Path(), name, num_speakers, rng)
    for name in ("held", "test"):
        for system in "ab":
            files = [
                "--trials",
                f"data/{name}/trials",
                "--utt2spk",
                f"data/{name}/utt2spk",
                "--embeddings",
                f"exp/{system}/{name}/embeddings.scp",
            ]
            names = ["--system", system, "--condition", name, "--info", "seed=1", "--info", "parameters=5", "--num-draws", "20"]
            succeed(run(folder, BIN / "score_trials.py", *files, *names, "--out", f"exp/{system}/scores_{name}"))
        measuring = ["steps/measure_quality.sh", "--top-n", "5", f"data/{name}", f"exp/a/{name}", "data/train", "exp/a/train"]
        succeed(run(folder, *measuring, f"exp/a/{name}/quality"))
    return folder


@pytest.fixture
def recipe(template, tmp_path):
    return shutil.copytree(template, tmp_path / "recipe", symlinks=True)


def train(recipe, *arguments):
    return run(recipe, "steps/train_calibration.sh", *arguments)


def calibrate(recipe, *arguments):
    return run(recipe, "steps/calibrate_scores.sh", "--num-draws", "20", *arguments)


def succeed(outcome):
    assert outcome[0] == 0, outcome[2]
    return outcome[1]


def trials(recipe, name):
    lines = [line.split() for line in (recipe / f"data/{name}/trials").read_text().splitlines()]
    return [line[:2] for line in lines], np.array([line[2] == "target" for line in lines])


def read_scores(folder):
    lines = [line.split() for line in (folder / "scores").read_text().splitlines()]
    return [line[:2] for line in lines], np.array([float(line[2]) for line in lines])


def read_numbers(path):
    return {key: float(value) for key, value in (line.split() for line in path.read_text().splitlines())}


def features(recipe, name, systems, measures=()):
    columns = [read_scores(recipe / f"exp/{system}/scores_{name}")[1] for system in systems]
    for measure in measures:
        value = read_numbers(recipe / f"exp/a/{name}/quality/{measure}")
        sides = np.array([[value[key] for key in pair] for pair in trials(recipe, name)[0]])
        columns += [sides.min(axis=1), sides.max(axis=1)]
    return np.column_stack(columns)


def ratios_by_scikit_learn(recipe, systems, measures=(), p_target=0.05):
    x, is_target = features(recipe, "held", systems, measures), trials(recipe, "held")[1]
    weights = np.where(is_target, p_target / is_target.sum(), (1 - p_target) / (~is_target).sum()) * 1000
    scale = x.std(axis=0)
    fit = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x / scale, is_target, weights)
    return fit.decision_function(features(recipe, "test", systems, measures) / scale) - logit(p_target)


def test_ratios_and_their_figures_are_those_of_scikit_learn_and_the_score_file(recipe):
    said = succeed(train(recipe, "data/held", "exp/a/scores_held", "exp/a/cal.json"))
    assert said == "train_calibration.sh: made exp/a/cal.json from 861 trials of data/held/trials\n"
    said = succeed(calibrate(recipe, "data/test", "exp/a/cal.json", "exp/a/scores_test", "exp/a/scores_cal"))
    pairs, ratios = read_scores(recipe / "exp/a/scores_cal")
    expected_pairs, is_target = trials(recipe, "test")
    assert pairs == expected_pairs
    np.testing.assert_allclose(ratios, ratios_by_scikit_learn(recipe, "a"), atol=2e-6)
    raw, result = (json.loads((recipe / f"exp/a/{name}/result.json").read_text()) for name in ("scores_test", "scores_cal"))
    roc = roc_curve(ratios, is_target)
    for name, figure in CALIBRATED.items():
        estimate = result["calibrated"][name]
        assert estimate["value"] == getattr(figure(roc), "value", figure(roc))
        assert estimate["low"] <= estimate["value"] <= estimate["high"]
    assert {key: raw[key]["value"] for key in ("eer", "auc")} == {
        key: result[key]["value"] for key in ("eer", "auc")
    }  # one rising function
    assert {key: result[key] for key in ("trials", "enrol", "test", "back_end", "facts")} == {
        key: raw[key] for key in ("trials", "enrol", "test", "back_end", "facts")
    }
    assert "calibrated" not in raw and result["calibrated"]["systems"] == [{"name": "a", "back_end": "cosine", "seed": 1}]
    assert said == (recipe / "exp/a/scores_cal/summary").read_text() and "Cllr 0." in said and "(a, test, cosine, calibrated)" in said
    assert result["calibrated"]["min_cllr"]["value"] < result["calibrated"]["cllr"]["value"] < 1


def test_quality_measures_count_and_lower_cllr(recipe):
    quality = ("--quality", "exp/a/held/quality"), ("--quality", "exp/a/test/quality")
    measures = ("log_dur", "log_magnitude", "cohort_mean")
    succeed(train(recipe, *quality[0], "--p-target", "0.2", "data/held", "exp/a/scores_held", "exp/q/cal.json"))
    said = succeed(calibrate(recipe, *quality[1], "data/test", "exp/q/cal.json", "exp/a/scores_test", "exp/q/scores"))
    assert "cosine, calibrated with quality)" in said
    np.testing.assert_allclose(read_scores(recipe / "exp/q/scores")[1], ratios_by_scikit_learn(recipe, "a", measures, 0.2), atol=2e-5)
    assert "x lesser log_dur" in (recipe / "exp/q/log/train_calibration.log").read_text()
    succeed(train(recipe, "--p-target", "0.2", "data/held", "exp/a/scores_held", "exp/a/cal.json"))
    succeed(calibrate(recipe, "data/test", "exp/a/cal.json", "exp/a/scores_test", "exp/a/scores_cal"))
    with_quality, without = (
        json.loads((recipe / f"exp/{name}/result.json").read_text())["calibrated"] for name in ("q/scores", "a/scores_cal")
    )
    assert with_quality["cllr"]["value"] < without["cllr"]["value"] and with_quality["min_cllr"]["value"] < without["min_cllr"]["value"]
    status, _, errors = calibrate(recipe, "data/test", "exp/q/cal.json", "exp/a/scores_test", "exp/q/scores2")
    assert status != 0 and "the quality measures log_dur, log_magnitude, cohort_mean need folders that hold them" in errors


def test_a_fusion_is_better_than_each_system_and_its_row_names_both(recipe):
    succeed(train(recipe, "data/held", "exp/a/scores_held", "exp/b/scores_held", "exp/fusion/cal.json"))
    fusing = ("--system", "a+b", "data/test", "exp/fusion/cal.json", "exp/a/scores_test", "exp/b/scores_test", "exp/fusion/scores")
    succeed(calibrate(recipe, *fusing))
    np.testing.assert_allclose(read_scores(recipe / "exp/fusion/scores")[1], ratios_by_scikit_learn(recipe, "ab"), atol=2e-6)
    fused, *alone = (
        json.loads((recipe / f"exp/{folder}/result.json").read_text()) for folder in ("fusion/scores", "a/scores_test", "b/scores_test")
    )
    assert fused["auc"]["value"] > max(result["auc"]["value"] for result in alone)
    assert fused["facts"]["parameters"] == 10 and fused["facts"]["seed"] == 1
    succeed(run(recipe, "utils/make_results.sh", "exp"))
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in (recipe / "RESULTS.md").read_text().splitlines()
        if "| a+b" in line
    ]
    assert rows[0][1:3] == ["a+b", "fusion of a (cosine) + b (cosine), calibrated"]
    swapped = calibrate(recipe, "data/test", "exp/fusion/cal.json", "exp/b/scores_test", "exp/a/scores_test", "exp/fusion/swapped")
    assert swapped[0] != 0 and "the calibration is for scores of a / cosine / seed 1, b / cosine / seed 1; these are of b" in swapped[2]


def test_the_same_call_gives_the_same_bytes_and_new_scores_a_new_calibration(recipe):
    files = ("exp/a/cal.json", *(f"exp/a/scores_cal/{name}" for name in ("scores", "result.json", "summary", "det.txt", "det.png")))
    contents = []
    for _ in range(2):
        succeed(train(recipe, "data/held", "exp/a/scores_held", "exp/a/cal.json"))
        succeed(calibrate(recipe, "data/test", "exp/a/cal.json", "exp/a/scores_test", "exp/a/scores_cal"))
        contents.append([(recipe / name).read_bytes() for name in files])
        shutil.rmtree(recipe / "exp/a/scores_cal")
    assert contents[0] == contents[1]
    scores = recipe / "exp/a/scores_held/scores"
    scores.write_text("".join(f"{line.rsplit(' ', 1)[0]} {5 * float(line.split()[2]):.6f}\n" for line in scores.read_text().splitlines()))
    succeed(train(recipe, "data/held", "exp/a/scores_held", "exp/a/cal.json"))
    assert (recipe / "exp/a/cal.json").read_bytes() != contents[0][0]


def test_the_list_of_training_and_lists_with_its_speakers_are_refused(recipe):
    succeed(train(recipe, "data/test", "exp/a/scores_test", "exp/a/cal.json"))
    status, _, errors = calibrate(recipe, "data/test", "exp/a/cal.json", "exp/a/scores_test", "exp/a/scores_cal")
    assert status != 0 and "data/test/trials: the calibration was trained on this very list" in errors
    cal = json.loads((recipe / "exp/a/cal.json").read_text())
    assert cal["speakers"] == [f"test{k:02}" for k in range(12)]
    (recipe / "exp/a/cal.json").write_text(json.dumps(cal | {"md5": "0" * 32, "speakers": ["test03", "zoe"]}))
    status, _, errors = calibrate(recipe, "data/test", "exp/a/cal.json", "exp/a/scores_test", "exp/a/scores_cal")
    assert status != 0 and "the calibration was trained on trials of test03 (1 such speakers)" in errors
    assert not (recipe / "exp/a/scores_cal/result.json").exists()


def test_scores_that_are_not_those_of_the_list_are_named(recipe):
    succeed(train(recipe, "data/held", "exp/a/scores_held", "exp/a/cal.json"))
    scores = recipe / "exp/a/scores_test/scores"
    lines = scores.read_text().splitlines(keepends=True)
    scores.write_text("".join([*lines[:40], *lines[41:]]))
    status, _, errors = calibrate(recipe, "data/test", "exp/a/cal.json", "exp/a/scores_test", "exp/a/scores_cal")
    assert status != 0 and "exp/a/scores_test/scores:41: is a score of" in errors
    status, _, errors = train(recipe, "data/held", "exp/b/scores_test", "exp/b/cal.json")
    assert status != 0 and "exp/b/scores_test: holds scores of data/test/trials with MD5" in errors
    (recipe / "exp/a/scores_held/result.json").unlink()
    status, _, errors = train(recipe, "data/held", "exp/a/scores_held", "exp/a/cal.json")
    assert (status, errors) == (1, "train_calibration.sh: cannot read exp/a/scores_held/result.json\n")


def test_scores_are_calibrated_once_and_not_in_their_place(recipe):
    succeed(train(recipe, "data/held", "exp/a/scores_held", "exp/a/cal.json"))
    status, _, errors = calibrate(recipe, "data/test", "exp/a/cal.json", "exp/a/scores_test", "exp/a/scores_test/")
    assert status != 0 and "--out is exp/a/scores_test, which holds the scores to calibrate; give another folder" in errors
    succeed(calibrate(recipe, "data/test", "exp/a/cal.json", "exp/a/scores_test", "exp/a/scores_cal"))
    status, _, errors = calibrate(recipe, "data/test", "exp/a/cal.json", "exp/a/scores_cal", "exp/a/twice")
    assert status != 0 and "exp/a/scores_cal: holds scores that are calibrated already" in errors


@pytest.mark.parametrize("p_target", ["0", "1"])
def test_an_impossible_prior_is_refused(recipe, p_target):
    status, _, errors = train(recipe, f"--p-target={p_target}", "data/held", "exp/a/scores_held", "exp/a/cal.json")
    assert status != 0 and f"--p-target is {float(p_target)}, but must lie between 0 and 1" in errors


def test_a_file_that_is_no_calibration_is_named(recipe):
    (recipe / "exp/a/cal.json").write_text("{}")
    status, _, errors = calibrate(recipe, "data/test", "exp/a/cal.json", "exp/a/scores_test", "exp/a/scores_cal")
    assert status != 0 and "exp/a/cal.json: is no calibration; train_calibration.py writes one" in errors
