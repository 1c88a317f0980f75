"""steps/score_trials.sh and score_trials.py by running them: outputs, figures from the score file, parts, reruns, bad inputs."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

sys.path.append(str(Path(__file__).parents[1] / "ground"))
from in_process import run_in_process

from cortado.ark import ArkWriter, open_table
from cortado.score.metrics import eer, roc_curve

ROOT = Path(__file__).parents[2]
STEP = ROOT / "steps" / "score_trials.sh"
COMMAND = ROOT / "pyscripts" / "bin" / "score_trials.py"
SPLIT = ROOT / "pyscripts" / "bin" / "split_trials.py"
STEP_COHORT = ["--cohort-data", "data/train", "--cohort-dir", "exp/sys/train"]
COHORT = ["--cohort-utt2spk", "data/train/utt2spk", "--cohort", "exp/sys/train/embeddings.scp"]


def write_embeddings(folder, prefix, num_speakers, rng, dim=16):
    """Four utterances a speaker: a speaker vector plus noise, and an offset that mean subtraction must remove."""
    utt2spk = {}
    (folder / "exp" / "sys").mkdir(parents=True, exist_ok=True)
    scp = folder / "exp" / "sys" / prefix / "embeddings.scp"
    scp.parent.mkdir()
    with ArkWriter(str(scp.with_suffix(".ark").relative_to(folder)), str(scp.relative_to(folder))) as out:
        for speaker in range(num_speakers):
            centre = rng.normal(size=dim)
            for number in range(4):
                utt = f"{prefix}{speaker:02}-{number}"
                utt2spk[utt] = f"{prefix}{speaker:02}"
                out.write(utt, (centre + 0.8 * rng.normal(size=dim) + 2).astype(np.float32))
    data = folder / "data" / prefix
    data.mkdir(parents=True)
    (data / "utt2spk").write_text("".join(f"{utt} {speaker}\n" for utt, speaker in utt2spk.items()))
    return utt2spk


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A recipe folder with test and training embeddings and all trials between test utterances."""
    folder = tmp_path_factory.mktemp("recipe")
    rng = np.random.default_rng(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        utt2spk = write_embeddings(folder, "test", 12, rng)
        write_embeddings(folder, "train", 10, rng)
    utts = sorted(utt2spk)
    pairs = [(a, b) for i, a in enumerate(utts) for b in utts[i + 1 :]]
    lines = [f"{a} {b} {'target' if utt2spk[a] == utt2spk[b] else 'nontarget'}\n" for a, b in pairs]
    (folder / "data" / "test" / "trials").write_text("".join(lines))
    return folder


@pytest.fixture
def recipe(template, tmp_path):
    return shutil.copytree(template, tmp_path / "recipe")


def step(recipe, *arguments, data="data/test", scores="exp/sys/scores"):
    command = [STEP, "--num-draws", "50", *arguments, data, "exp/sys/test", scores]
    return subprocess.run(command, cwd=recipe, capture_output=True, text=True, check=False)


def command(recipe, *arguments):
    """The command behind the step, which is what checks its inputs."""
    fixed = ["--trials", "data/test/trials", "--utt2spk", "data/test/utt2spk", "--embeddings", "exp/sys/test/embeddings.scp"]
    names = ["--system", "x", "--condition", "y", "--num-draws", "50", "--out", "exp/sys/scores"]
    return run_in_process(COMMAND, *fixed, *names, *arguments, cwd=recipe)


def read_scores(path):
    return np.array([float(line.split()[2]) for line in path.read_text().splitlines()])


def test_outputs_agree_with_each_other_and_with_scikit_learn(recipe):
    (recipe / "info.json").write_text('{"parameters": 1234, "training_seconds": 5.5, "seed": 3}')
    done = step(
        recipe,
        "--norm",
        "asnorm",
        "--top-n",
        "6",
        *STEP_COHORT,
        "--info",
        "info.json synthetic=true",
        "--system",
        "tiny",
        "--condition",
        "all",
    )
    assert done.returncode == 0, done.stderr
    out = recipe / "exp" / "sys" / "scores"
    trials = [line.split() for line in (recipe / "data/test/trials").read_text().splitlines()]
    assert [line.split()[:2] for line in (out / "scores").read_text().splitlines()] == [trial[:2] for trial in trials]
    scores, is_target = read_scores(out / "scores"), np.array([trial[2] == "target" for trial in trials])
    result = json.loads((out / "result.json").read_text())
    assert result["eer"]["value"] == eer(roc_curve(scores, is_target)).value
    assert result["auc"]["value"] == pytest.approx(roc_auc_score(is_target, scores), abs=1e-12)
    for metric in ("eer", "min_dcf_001", "min_dcf_005", "auc"):
        assert result[metric]["low"] <= result[metric]["value"] <= result[metric]["high"]
    assert result["trials"] | {"md5": ""} == {
        "path": "data/test/trials",
        "md5": "",
        "num_targets": int(is_target.sum()),
        "num_nontargets": int((~is_target).sum()),
        "num_speakers": 12,
    }
    assert result["facts"] == {"parameters": 1234, "seed": 3, "synthetic": True, "training_seconds": 5.5, "other": {}}
    assert (result["back_end"]["top_n"], result["back_end"]["num_cohort_speakers"]) == (6, 10)
    assert result["command"].startswith("score_trials.py --trials data/test/trials ")
    assert done.stdout == (out / "summary").read_text()
    assert f"EER {100 * result['eer']['value']:.2f} % [" in done.stdout and "synthetic speech" in done.stdout
    assert (out / "det.png").stat().st_size > 5000 and len((out / "det.txt").read_text().splitlines()) > 10


def test_cosine_scores_are_cosines_and_the_mean_is_subtracted_when_asked(recipe, monkeypatch):
    for norm, arguments in (("none", []), ("mean", ["--norm", "mean", *STEP_COHORT])):
        assert step(recipe, *arguments, scores=f"exp/sys/{norm}").returncode == 0
    monkeypatch.chdir(recipe)
    test, train = (dict(open_table(f"exp/sys/{name}/embeddings.scp")) for name in ("test", "train"))
    mean = np.mean(list(train.values()), axis=0)
    for norm, offset in (("none", 0), ("mean", mean)):
        first = (recipe / f"exp/sys/{norm}/scores").read_text().splitlines()[100].split()
        a, b = test[first[0]] - offset, test[first[1]] - offset
        assert float(first[2]) == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=2e-6)


def test_same_inputs_give_the_same_bytes_and_new_embeddings_are_scored_again(recipe, monkeypatch):
    out = recipe / "exp" / "sys" / "scores"
    step(recipe)
    first = contents(recipe)
    shutil.rmtree(out)
    step(recipe)
    assert contents(recipe) == first
    monkeypatch.chdir(recipe)
    scp = (recipe / "exp/sys/test/embeddings.scp").read_text()
    rng = np.random.default_rng(5)
    with ArkWriter("exp/sys/test/embeddings.ark", "exp/sys/test/embeddings.scp") as table:
        for line in scp.splitlines():
            table.write(line.split()[0], rng.normal(size=16).astype(np.float32))
    assert (recipe / "exp/sys/test/embeddings.scp").read_text() == scp  # only the ark tells
    step(recipe)
    assert (out / "scores").read_bytes() != first["scores"]


def test_enrolment_may_come_from_another_table(recipe):
    shutil.copytree(recipe / "exp/sys/test", recipe / "exp/sys/enrol")
    assert step(recipe, "--enrol-dir", "exp/sys/enrol").returncode == 0
    with_enrol = read_scores(recipe / "exp/sys/scores/scores")
    step(recipe, scores="exp/sys/other")
    np.testing.assert_array_equal(with_enrol, read_scores(recipe / "exp/sys/other/scores"))


FILES = ("scores", "result.json", "summary", "det.txt", "det.png")


def contents(recipe, scores="exp/sys/scores"):
    return {name: (recipe / scores / name).read_bytes() for name in FILES}


def test_results_do_not_depend_on_the_number_of_jobs_and_a_smaller_one_leaves_no_part(recipe):
    norm = ("--norm", "asnorm", "--top-n", "6", *STEP_COHORT)
    assert step(recipe, *norm).returncode == 0
    expected = contents(recipe)
    for nj in ("5", "2"):
        done = step(recipe, "--nj", nj, *norm)
        assert done.returncode == 0 and contents(recipe) == expected, done.stderr
        assert len(list((recipe / "exp/sys/scores/parts").glob("scored.*"))) == int(nj)
        assert len(list((recipe / "exp/sys/scores/log").glob("score_trials.*.log"))) == int(nj)


def test_the_recorded_command_gives_the_same_result_in_one_process(recipe):
    assert step(recipe, "--nj", "2").returncode == 0
    expected = contents(recipe)
    words = json.loads(expected["result.json"])["command"].split()
    shutil.rmtree(recipe / "exp/sys/scores")
    subprocess.run([sys.executable, COMMAND, *words[1:]], cwd=recipe, check=True)
    assert contents(recipe) == expected


@pytest.mark.parametrize("nj", ["0", "1129", "many"])
def test_a_number_of_jobs_that_the_list_cannot_have_is_refused(recipe, nj):
    done = step(recipe, "--nj", nj)
    assert done.returncode == 1 and not (recipe / "exp/sys/scores").exists()
    assert done.stderr == f"score_trials.sh: --nj is a whole number from 1 to the 1128 lines of data/test/trials, not '{nj}'\n"


def test_a_bad_line_in_a_later_part_has_its_number_in_the_file(recipe):
    edit_line(recipe / "data/test/trials", 1000, "test00-0 maybe\n")
    assert "data/test/trials:1000: expected" in step(recipe, "--nj", "2").stderr
    edit_line(recipe / "data/test/trials", 1000, "test00-0 test00-1 nontarget\n")
    done = step(recipe, "--nj", "2")
    assert done.returncode == 1
    assert "data/test/trials:1000: test00-0 test00-1 is labelled nontarget, but they are one speaker" in done.stderr


def test_a_pair_in_two_parts_is_named_with_its_later_line(recipe):
    lines = (recipe / "data/test/trials").read_text().splitlines(keepends=True)
    edit_line(recipe / "data/test/trials", 900, lines[10])
    done = step(recipe, "--nj", "2")
    assert done.returncode == 1 and not (recipe / "exp/sys/scores/result.json").exists()
    assert f"data/test/trials:900: the pair {' '.join(lines[10].split()[:2])} is given twice" in done.stderr


def test_killed_between_its_jobs_and_the_merge_no_old_result_stays_and_no_job_runs_again(recipe):
    assert step(recipe, "--nj", "2").returncode == 0
    expected = contents(recipe)
    (recipe / "kill.sh").write_text('run.py "$@"\nkill -KILL $PPID\n')
    trials = recipe / "data/test/trials"
    trials.write_text("".join(trials.read_text().splitlines(keepends=True)[::-1]))
    killed = step(recipe, "--nj", "2", "--cmd", "bash kill.sh")
    assert killed.returncode == -signal.SIGKILL and not (recipe / "exp/sys/scores/result.json").exists()
    completed = step(recipe, "--nj", "2")
    assert completed.returncode == 0 and "2 / 2 succeeded before" in completed.stderr
    scores = (recipe / "exp/sys/scores/scores").read_bytes()
    assert sorted(scores.splitlines()) == sorted(expected["scores"].splitlines()) and scores != expected["scores"]


def test_a_part_that_is_gone_is_scored_again_alone_and_a_new_number_of_draws_scores_nothing(recipe):
    assert step(recipe, "--nj", "2").returncode == 0
    expected = contents(recipe)
    (recipe / "exp/sys/scores/parts/scored.2of2.npy").unlink()
    done = step(recipe, "--nj", "2")
    assert done.returncode == 0 and "1 / 2 succeeded before" in done.stderr and contents(recipe) == expected
    done = step(recipe, "--nj", "2", "--num-draws", "60")
    assert "2 / 2 succeeded before" in done.stderr and contents(recipe) != expected


def test_memory_of_a_job_does_not_grow_with_the_list(recipe):
    lines = (recipe / "data/test/trials").read_text()
    (recipe / "exp/sys/scores/parts").mkdir(parents=True)
    peaks = []
    for repeats in (1900, 5700):  # 2.1 and 6.4 million trials; that pairs repeat is for the merge to find
        with open(recipe / "data/test/trials", "w") as out:  # not as one string: what this process ever held counts as the job's
            out.writelines(lines for _ in range(repeats))
        subprocess.run([SPLIT, "data/test/trials", "1", "exp/sys/scores/parts/trials.json"], cwd=recipe, check=True)
        arguments = ["--trials", "data/test/trials", "--utt2spk", "data/test/utt2spk", "--embeddings", "exp/sys/test/embeddings.scp"]
        job = subprocess.Popen([sys.executable, COMMAND, *arguments, "--out", "exp/sys/scores", "--part", "1"], cwd=recipe)
        _, status, usage = os.wait4(job.pid, 0)
        job.returncode = status  # wait4 has seen it end
        assert status == 0
        peaks.append(usage.ru_maxrss / 1024)
    assert peaks[1] < peaks[0] + 45  # MiB; the allocator is no exact one; rows and scores of the further trials would take 65


def edit_line(path, number, text):
    lines = path.read_text().splitlines(keepends=True)
    lines[number - 1] = text
    path.write_text("".join(lines))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("test00-0 nobody nontarget\n", "data/test/trials:7: nobody has no speaker in data/test/utt2spk"),
        ("test00-0 test01-3\n", "data/test/trials:7: expected 'enrol test target|nontarget'"),
        ("test00-0 test01-3 1\n", "data/test/trials:7: expected 'enrol test target|nontarget'"),
        ("test00-0 test01-3 target\n", "data/test/trials:7: test00-0 test01-3 is labelled target, but they are two speakers"),
    ],
)
def test_bad_trial_is_named_with_its_line_and_nothing_is_written(recipe, line, reason):
    kept = (recipe / "data/test/trials").read_text().splitlines(keepends=True)
    (recipe / "data/test/trials").write_text("".join([*kept[:6], line]))
    done = command(recipe)
    assert done.returncode == 1 and reason in done.stderr and "Traceback" not in done.stderr
    assert not (recipe / "exp/sys/scores/result.json").exists()


def test_trial_without_an_embedding_is_named_with_its_line(recipe):
    with open(recipe / "data/test/utt2spk", "a") as out:
        out.write("unheard test11\n")
    edit_line(recipe / "data/test/trials", 9, "test00-0 unheard nontarget\n")
    done = command(recipe)
    assert done.returncode == 1
    assert "data/test/trials:9: unheard has no embedding in exp/sys/test/embeddings.scp" in done.stderr


def test_list_of_targets_alone_is_refused(recipe):
    trials = recipe / "data/test/trials"
    trials.write_text("".join(line for line in trials.read_text().splitlines(keepends=True) if line.endswith(" target\n")))
    done = command(recipe)
    assert done.returncode == 1 and "trials are target trials" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--norm", "asnorm"], "--norm asnorm needs --cohort and --cohort-utt2spk"),
        (["--norm", "asnorm", "--top-n", "11", *COHORT], "top-n is 11, but must be at least 2 and at most the 10 speakers"),
        (["--info", "seed=x"], "--info seed: expected int, found 'x'"),
        (["--num-draws", "0"], "--num-draws is 0, but must be at least 1"),
        (["--system", ""], "the result needs names for tables: --system and --condition"),
    ],
)
def test_impossible_option_stops_with_its_name(recipe, arguments, reason):
    done = command(recipe, *arguments)
    assert done.returncode == 1 and reason in done.stderr
    assert not (recipe / "exp/sys/scores/summary").exists()


def test_step_ends_with_the_error_of_its_job_and_prints_no_summary_of_an_earlier_run(recipe):
    step(recipe)
    edit_line(recipe / "data/test/trials", 9, "test00-0 test05-1 maybe\n")
    done = step(recipe)
    assert done.returncode != 0 and done.stdout == ""
    assert "data/test/trials:9: expected 'enrol test target|nontarget', found 'test00-0 test05-1 maybe'" in done.stderr


def test_step_names_an_embedding_folder_without_embeddings(recipe):
    done = step(recipe, "--cohort-dir", "exp/sys/nowhere")
    assert done.returncode == 1 and "cannot read exp/sys/nowhere/embeddings.scp" in done.stderr


def test_step_names_a_table_without_a_line(recipe):
    (recipe / "exp/sys/test/embeddings.scp").write_text("")
    done = step(recipe)
    assert done.returncode == 1 and "cannot read exp/sys/test/embeddings.scp, or it is empty" in done.stderr
