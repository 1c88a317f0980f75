"""steps/decode.sh --log-likes and steps/score.sh on a small recogniser: words, layout, reruns, dev's weights on test, and wrong inputs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import kaldialign
import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "decode"))
from recogniser import DIM, Recogniser

from cortado import ark
from cortado.decode.lattice_file import read_lattice_folder
from cortado.hmm.class_priors import write_log_priors

NUM_UTTERANCES = 6


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory) -> Recogniser:
    return Recogniser(tmp_path_factory.mktemp("exp") / "mono")


@pytest.fixture
def recipe(recipe_dir, recogniser) -> Path:
    """A recipe folder with exp/mono, and data/dev and data/test with noisy scores in log_likes.scp."""
    (recipe_dir / "exp").mkdir()
    (recipe_dir / "exp/mono").symlink_to(recogniser.folder)
    for seed, name in enumerate(("dev", "test")):
        write_data(recipe_dir / "data" / name, recogniser, np.random.default_rng(seed), noise=6.0)
    return recipe_dir


def write_data(folder: Path, recogniser: Recogniser, rng: np.random.Generator, noise: float, num_utterances: int = NUM_UTTERANCES) -> None:
    folder.mkdir(parents=True)
    utterances = [f"s{n % 2}-{n:02}" for n in range(num_utterances)]
    sentences = {utterance: recogniser.sentence(rng, noise) for utterance in sorted(utterances)}
    with ark.ArkWriter(folder / "log_likes.ark", folder / "log_likes.scp") as writer:
        for utterance, sentence in sentences.items():
            writer.write(utterance, sentence.log_likes)
    with ark.ArkWriter(folder / "feats.ark", folder / "feats.scp") as writer:
        for utterance, sentence in sentences.items():
            writer.write(utterance, sentence.feats)
    with ark.ArkWriter(folder / "cmvn.ark", folder / "cmvn.scp") as writer:  # no mean, no variance, of one frame
        for speaker in ("s0", "s1"):
            writer.write(speaker, np.array([[0.0] * DIM + [1.0], [1.0] * DIM + [0.0]]))
    tables = {
        "text": {utterance: " ".join(word for word, _, _ in sentence.words) for utterance, sentence in sentences.items()},
        "utt2spk": {utterance: utterance[:2] for utterance in sentences},
        "spk2utt": {speaker: " ".join(u for u in sentences if u.startswith(speaker)) for speaker in ("s0", "s1")},
        "wav.scp": {utterance: f"{utterance}.wav" for utterance in sentences},
    }
    rows = [f"{u} 1 {s / 100:.3f} {n / 100:.3f} {word}\n" for u, sentence in sentences.items() for word, s, n in sentence.words]
    (folder / "ctm").write_text("".join(rows))
    for name, rows in tables.items():
        (folder / name).write_text("".join(f"{key} {value}\n" for key, value in rows.items()))


def call(recipe: Path, step: str, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run([f"steps/{step}.sh", *map(str, arguments)], cwd=recipe, capture_output=True, text=True, check=False, timeout=300)


def decode(recipe: Path, name: str, *options) -> subprocess.CompletedProcess:
    model = ["--model-dir", "exp/mono", "--log-likes", f"data/{name}/log_likes.scp"]
    return call(recipe, "decode", *model, *options, "exp/mono/graph", f"data/{name}", f"exp/net/decode_{name}")


def test_lattices_are_the_same_for_any_number_of_jobs_and_threads(recipe):
    found = []
    for options in (("--nj", 3), ("--nj", 2, "--num-threads", 2), ("--nj", 1)):
        done = decode(recipe, "dev", *options)
        assert done.returncode == 0, done.stderr
        folder = recipe / "exp/net/decode_dev"
        assert len(list(folder.glob("lat.*.gz"))) == options[1]
        found.append({utterance: vars(lattice) for utterance, lattice in read_lattice_folder(folder)})
        assert len(found[-1]) == NUM_UTTERANCES
    for others in found[1:]:
        assert others.keys() == found[0].keys()
        for utterance, lattice in others.items():
            for name, values in lattice.items():
                np.testing.assert_array_equal(values, found[0][utterance][name])
    log = (recipe / "exp/net/decode_dev/log/decode.1.log").read_text()
    assert f"{NUM_UTTERANCES} utterances decoded, 0 failed" in log


def test_dev_chooses_the_weights_and_test_is_scored_once_with_them(recipe):
    for name in ("dev", "test"):
        assert decode(recipe, name, "--nj", 2).returncode == 0
    dev = call(recipe, "score", "--word-penalties", "0.0,2.0", "data/dev", "exp/mono/graph", "exp/net/decode_dev")
    assert dev.returncode == 0, dev.stderr
    folder = recipe / "exp/net/decode_dev"
    reports = {path.name: path.read_text() for path in folder.glob("wer_*")}
    assert len(reports) == 22
    best = (folder / "scoring_kaldi/best_wer").read_text()
    weights = [(folder / "scoring_kaldi/wer_details" / name).read_text().strip() for name in ("lmwt", "wip")]
    assert best.endswith(f" exp/net/decode_dev/wer_{weights[0]}_{weights[1]}\n")
    rates = {name: float(report.split()[1]) for name, report in reports.items()}
    assert rates[f"wer_{weights[0]}_{weights[1]}"] == min(rates.values())

    scored = call(recipe, "score", "--like", "exp/net/decode_dev", "data/test", "exp/mono/graph", "exp/net/decode_test")
    assert scored.returncode == 0, scored.stderr
    folder = recipe / "exp/net/decode_test"
    assert [path.name for path in folder.glob("wer_*")] == [f"wer_{weights[0]}_{weights[1]}"]
    result = json.loads((folder / "result.json").read_text())
    assert (result["chosen_on"], result["system"], result["condition"]) == ("exp/net/decode_dev", "net", "test")
    words = read_words(folder / f"scoring_kaldi/penalty_{weights[1]}/{weights[0]}.txt")
    references = read_words(recipe / "data/test/text")
    edits = [kaldialign.edit_distance(references[utterance], words[utterance])["total"] for utterance in references]
    assert result["wer"]["value"] == pytest.approx(sum(edits) / (4 * NUM_UTTERANCES))
    assert result["oracle_wer"] <= result["wer"]["value"]
    assert scored.stdout.startswith("WER ")


def read_words(path: Path) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[1:] for line in path.read_text().splitlines()}


def test_clean_scores_are_recognised_without_error(recipe, recogniser):
    write_data(recipe / "data/clean", recogniser, np.random.default_rng(7), noise=0.5)
    assert decode(recipe, "clean", "--nj", 1, "--acoustic-scale", 1).returncode == 0
    scored = call(recipe, "score", "data/clean", "exp/mono/graph", "exp/net/decode_clean")
    assert "WER 0.00 %" in scored.stdout


def test_posteriors_less_priors_decode_as_the_likelihoods_that_they_come_from(recipe, recogniser):
    priors = np.log(np.random.default_rng(2).dirichlet(np.full(recogniser.transitions.num_pdfs, 0.2)) + 1e-6).astype(np.float32)
    write_log_priors(recipe / "priors", priors)
    with ark.ArkWriter(recipe / "post.ark", recipe / "post.scp") as writer:
        for utterance, log_likes in ark.open_table(f"ark:{recipe}/data/dev/log_likes.ark"):
            joint = (log_likes + priors).astype(np.float64)
            writer.write(utterance, (joint - np.logaddexp.reduce(joint, axis=1, keepdims=True)).astype(np.float32))
    found = {}
    for name, options in {"likes": (), "posts": ("--log-likes", "post.scp", "--priors", "priors")}.items():
        assert decode(recipe, "dev", "--nj", 1, *options).returncode == 0
        paths = {utterance: lattice.best_path(1 / 12) for utterance, lattice in read_lattice_folder(recipe / "exp/net/decode_dev")}
        found[name] = {utterance: (path.words, path.alignment.tolist()) for utterance, path in paths.items()}
    assert found["posts"] == found["likes"] and len(found["posts"]) == NUM_UTTERANCES
    write_log_priors(recipe / "priors", priors[1:])
    refused = decode(recipe, "dev", "--nj", 1, "--log-likes", "post.scp", "--priors", "priors")
    assert f"priors: has priors of {len(priors) - 1} classes, the model has {len(priors)} pdfs" in refused.stderr


def test_scores_that_are_no_numbers_end_the_step_by_the_name_of_the_utterance(recipe):
    scp = recipe / "data/dev/log_likes.scp"
    scores = {key: ark.read(rxfile) for key, rxfile in ark.read_scp(recipe / "data/dev/log_likes.scp").items()}
    scores["s1-03"][5, 2] = np.nan
    with ark.ArkWriter(recipe / "data/dev/log_likes.ark", scp) as writer:
        for utterance, matrix in scores.items():
            writer.write(utterance, matrix)
    refused = decode(recipe, "dev", "--nj", 1)
    assert refused.returncode != 0
    assert "utterance s1-03: a score of frame 5 is NaN" in refused.stderr
    assert not (recipe / "exp/net/decode_dev/lat.1.gz").exists()


def test_an_utterance_without_scores_or_without_any_path_is_named(recipe):
    scp = recipe / "data/dev/log_likes.scp"
    lines = scp.read_text().splitlines(keepends=True)
    scp.write_text("".join(lines[:-1]))
    assert f"has no scores of utterance {lines[-1].split()[0]}" in decode(recipe, "dev", "--nj", 1).stderr
    scores = {key: ark.read(rxfile) for key, rxfile in ark.read_scp(recipe / "data/test/log_likes.scp").items()}
    scores["s0-02"][4] = -np.inf
    with ark.ArkWriter(recipe / "data/test/log_likes.ark", recipe / "data/test/log_likes.scp") as writer:
        for utterance, matrix in scores.items():
            writer.write(utterance, matrix)
    assert "s0-02 could not be decoded; --max-failed 1 goes on" in decode(recipe, "test", "--nj", 1).stderr
    assert decode(recipe, "test", "--nj", 1, "--max-failed", 1).returncode == 0
    scored = call(recipe, "score", "data/test", "exp/mono/graph", "exp/net/decode_test")
    assert scored.returncode == 0, scored.stderr
    result = json.loads((recipe / "exp/net/decode_test/result.json").read_text())
    assert result["errors"]["missing_sentences"] == 1
    assert result["errors"]["deletions"] >= 4


def test_mixtures_recognise_what_was_drawn_from_them(recipe):
    done = call(recipe, "decode", "--nj", 2, "--acoustic-scale", 1, "exp/mono/graph", "data/dev", "exp/mono/decode_dev")
    assert done.returncode == 0, done.stderr
    scored = call(recipe, "score", "data/dev", "exp/mono/graph", "exp/mono/decode_dev")
    assert "WER 0.00 %" in scored.stdout


def test_a_speaker_far_from_the_model_is_brought_near_by_fmllr(recipe, recogniser):
    """Features turned about and shifted, differently for two speakers, as a model for fMLLR features must bear it."""
    sat = recipe / "exp/sat"
    shutil.copytree(recogniser.folder, sat)
    shutil.copyfile(sat / "final.mdl", sat / "final.alimdl")
    rng = np.random.default_rng(1)
    write_data(recipe / "data/far", recogniser, rng, noise=1.0, num_utterances=30)
    transforms = {speaker: (np.eye(DIM) + 0.5 * rng.standard_normal((DIM, DIM)), 4 * rng.standard_normal(DIM)) for speaker in ("s0", "s1")}
    feats = {key: ark.read(rxfile) for key, rxfile in ark.read_scp(recipe / "data/far/feats.scp").items()}
    with ark.ArkWriter(recipe / "data/far/feats.ark", recipe / "data/far/feats.scp") as writer:
        for utterance, matrix in feats.items():
            turn, shift = transforms[utterance[:2]]
            writer.write(utterance, (matrix @ turn.T + shift).astype(np.float32))
    done = call(recipe, "decode_fmllr", "--nj", 1, "--acoustic-scale", 0.3, "exp/sat/graph", "data/far", "exp/sat/decode_far")
    assert done.returncode == 0, done.stderr
    rates = []
    for folder in ("decode_far.si", "decode_far"):
        scored = call(recipe, "score", "--num-draws", 10, "data/far", "exp/sat/graph", f"exp/sat/{folder}")
        rates.append(float(scored.stdout.split()[1]))
    assert rates[1] < 0.5 * rates[0]


def test_times_rescoring_and_looking_in(recipe, recogniser):
    """What follows a decoding, in one go: each step starts Python anew."""
    write_data(recipe / "data/clean", recogniser, np.random.default_rng(7), noise=0.5)
    recogniser.lang.write(recipe / "data/lang")
    assert decode(recipe, "clean", "--nj", 2, "--acoustic-scale", 1).returncode == 0
    made = call(
        recipe, "get_decode_ctm", "--model", "exp/mono/final.mdl", "--lm-weight", 1, "data/clean", "data/lang", "exp/net/decode_clean"
    )
    assert made.returncode == 0, made.stderr
    lines = [line.split() for line in (recipe / "exp/net/decode_clean/ctm").read_text().splitlines()]
    truth = [line.split() for line in (recipe / "data/clean/ctm").read_text().splitlines()]
    assert [line[:5] for line in lines] == truth
    assert all(float(line[5]) > 0.9 for line in lines)

    words = sorted({line[4] for line in lines})
    for name, favourite in (("old", words[0]), ("new", words[-1])):
        write_unigram(recipe / f"data/{name}.arpa", words, favourite)
    rescored = call(recipe, "rescore", "data/old.arpa", "data/new.arpa", "exp/mono/graph", "exp/net/decode_clean", "exp/net/rescored")
    assert rescored.returncode == 0, rescored.stderr
    before, after = (dict(read_lattice_folder(recipe / "exp/net" / name)) for name in ("decode_clean", "rescored"))
    for utterance, lattice in before.items():
        one, other = lattice.best_path(1.0), after[utterance].best_path(1.0)
        said = [recogniser.lang.words.symbol(word) for word in other.words]
        gain = np.log(2) * (said.count(words[-1]) - said.count(words[0]))
        assert one.words == other.words
        assert other.graph_cost == pytest.approx(one.graph_cost - gain, abs=1e-3)

    shown = subprocess.run(
        ["utils/show_lattice.py", "--utt", "s0-00", "--dot", "lat.dot", "exp/net/decode_clean", "exp/mono/graph/words.txt"],
        cwd=recipe,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    sentence = " ".join(line[4] for line in truth if line[0] == "s0-00")
    assert shown.stdout.splitlines()[1].endswith(sentence)
    assert "expected errors: 0.0" in shown.stdout
    assert (recipe / "lat.dot").read_text().startswith("digraph")


def write_unigram(path: Path, words: list[str], favourite: str) -> None:
    """All words equally probable, but one, which is twice as probable; as KenLM wants bigrams, one that changes nothing."""
    log10_prob = {word: np.log10((2 if word == favourite else 1) / (len(words) + 3)) for word in words}
    rows = ["-99\t<s>", f"{np.log10(1 / (len(words) + 3))}\t</s>", *(f"{value}\t{word}" for word, value in log10_prob.items())]
    bigram = ["\\2-grams:", f"{log10_prob[words[0]]}\t<s> {words[0]}"]
    path.write_text("\n".join(["\\data\\", f"ngram 1={len(rows)}", "ngram 2=1", "", "\\1-grams:", *rows, "", *bigram, "", "\\end\\", ""]))
