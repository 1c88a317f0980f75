"""steps/train_plda.sh and PLDA in steps/score_trials.sh by running them: figures, jobs, models of several utterances, refusals."""

import json
import subprocess

import numpy as np
import pytest

from cortado.ark import ArkWriter
from cortado.score.metrics import auc, roc_curve
from cortado.score.plda_back_end import read_plda

DIM = 12


def write_embeddings(folder, name, num_speakers, num_utts, rng):
    """Speakers differ where utterances hardly do, and hardly where those do: cosine is misled, PLDA is not."""
    data, out = folder / "data" / name, folder / "exp" / name
    data.mkdir(parents=True)
    out.mkdir(parents=True)
    utt2spk = {}
    with ArkWriter(str(out / "embeddings.ark"), str(out / "embeddings.scp")) as table:
        for speaker in range(num_speakers):
            centre = rng.normal(size=DIM) * np.linspace(1, 0.1, DIM)
            for number in range(num_utts):
                utt2spk[f"{name}{speaker:02}-{number}"] = f"{name}{speaker:02}"
                table.write(
                    f"{name}{speaker:02}-{number}", (centre + rng.normal(size=DIM) * np.linspace(0.4, 2, DIM) + 4).astype(np.float32)
                )
    (data / "utt2spk").write_text("".join(f"{utt} {speaker}\n" for utt, speaker in utt2spk.items()))
    return utt2spk


def write_trials(path, enrol, test):
    """All pairs of two tables name -> speaker, but of a name with itself."""
    pairs = [(a, b) for a in enrol for b in test if a != b]
    path.write_text("".join(f"{a} {b} {'target' if enrol[a] == test[b] else 'nontarget'}\n" for a, b in pairs))


@pytest.fixture
def recipe(recipe_dir):
    rng = np.random.default_rng(0)
    write_embeddings(recipe_dir, "train", 60, 4, rng)
    test = write_embeddings(recipe_dir, "test", 8, 4, rng)
    write_trials(recipe_dir / "data/test/trials", test, test)
    return recipe_dir


def run(recipe, *command):
    done = subprocess.run(command, cwd=recipe, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def score(recipe, name, *options):
    return run(recipe, "steps/score_trials.sh", "--num-draws", "20", *options, "data/test", "exp/test", f"exp/scores_{name}")


def read_scores(recipe, name):
    return np.array([float(line.split()[2]) for line in (recipe / f"exp/scores_{name}/scores").read_text().splitlines()])


def test_plda_is_trained_and_scores_better_than_cosine_in_any_number_of_jobs(recipe):
    status, said, errors = run(recipe, "steps/train_plda.sh", "--lda-dim", "10", "data/train", "exp/train", "exp/plda.npz")
    assert status == 0, errors
    assert said == "train_plda.sh: made exp/plda.npz from 240 utterances of data/train\n"
    assert read_plda(recipe / "exp/plda.npz").trained_on.lda_dim == 10
    log = (recipe / "exp/log/train_plda.log").read_text()
    log_likes = [float(line.split()[4]) for line in log.splitlines() if line.startswith("after ")]
    assert len(log_likes) == 21 and np.diff(log_likes).min() >= 0
    norm = ("--norm", "asnorm", "--top-n", "20", "--cohort-data", "data/train", "--cohort-dir", "exp/train")
    for name, options in {
        "cosine": (),
        "plda": ("--plda", "exp/plda.npz"),
        "jobs": ("--plda", "exp/plda.npz", "--nj", "3"),
        "asnorm": ("--plda", "exp/plda.npz", *norm),
    }.items():
        status, _, errors = score(recipe, name, *options)
        assert status == 0, errors
    is_target = np.array([line.endswith(" target") for line in (recipe / "data/test/trials").read_text().splitlines()])
    areas = {name: auc(roc_curve(read_scores(recipe, name), is_target)) for name in ("cosine", "plda", "asnorm")}
    assert areas["plda"] > areas["cosine"] + 0.03 and areas["asnorm"] > areas["cosine"] + 0.03
    np.testing.assert_array_equal(read_scores(recipe, "jobs"), read_scores(recipe, "plda"))
    records = {
        name: json.loads((recipe / f"exp/scores_{name}/result.json").read_text())["back_end"] for name in ("cosine", "plda", "asnorm")
    }
    assert "plda" not in records["cosine"]
    assert records["plda"]["plda"]["lda_dim"] == 10 and records["asnorm"]["norm"] == "asnorm"
    assert "(exp, test, LDA 10, PLDA, AS-norm 20)" in (recipe / "exp/scores_asnorm/summary").read_text()


def test_models_of_several_utterances_are_enrolled(recipe):
    run(recipe, "steps/train_plda.sh", "data/train", "exp/train", "exp/plda.npz")
    (recipe / "data/test/models").write_text("".join(f"m{k} test{k:02}-0 test{k:02}-1 test{k:02}-2\n" for k in range(8)))
    test = dict(line.split() for line in (recipe / "data/test/utt2spk").read_text().splitlines())
    write_trials(recipe / "data/test/trials", {f"m{k}": f"test{k:02}" for k in range(8)}, {u: s for u, s in test.items() if u[-1] == "3"})
    for name, options in (("cosine", ()), ("plda", ("--plda", "exp/plda.npz"))):
        status, _, errors = score(recipe, name, "--enrol-models", "data/test/models", *options)
        assert status == 0, errors
        assert (recipe / f"exp/scores_{name}/scores").read_text().startswith("m0 test00-3 ")
    status, _, errors = score(recipe, "none")
    assert status != 0 and "data/test/trials:1: m0 has no speaker in data/test/utt2spk" in errors


def test_trials_of_speakers_it_was_trained_on_are_refused_with_their_line(recipe):
    run(recipe, "steps/train_plda.sh", "data/test", "exp/test", "exp/plda.npz")
    status, _, errors = score(recipe, "plda", "--plda", "exp/plda.npz")
    assert status != 0 and "data/test/trials:1: test00-0 is of test00, on whom the model was trained that is to score it" in errors
    assert not (recipe / "exp/scores_plda/scores").exists()


def test_wrong_options_and_models_are_named(recipe):
    for options, reason in (
        (("--lda-dim", "13"), "the dimension of LDA is 13, but embeddings of 12 values and 60 speakers have 1 to 12 directions"),
        (("--num-iters", "0"), "--num-iters is 0, but must be at least 1"),
    ):
        status, _, errors = run(recipe, "steps/train_plda.sh", *options, "data/train", "exp/train", "exp/plda.npz")
        assert status != 0 and reason in errors and not (recipe / "exp/plda.npz").exists()
    status, _, errors = score(recipe, "plda", "--plda", "exp/plda.npz")
    assert (status, errors) == (1, "score_trials.sh: cannot read exp/plda.npz\n")
    (recipe / "exp/plda.npz").write_text("no model")
    status, _, errors = score(recipe, "plda", "--plda", "exp/plda.npz")
    assert status != 0 and "exp/plda.npz: cannot be read as a PLDA model; train_plda.py writes one" in errors
