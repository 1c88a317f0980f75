"""steps/train_lm.sh by running it: models, words outside the vocabulary, perplexity, lmplz in its place, reruns and refusals."""

import gzip
import re
import subprocess
import sys
from pathlib import Path

import kenlm
import numpy as np
import pytest

from cortado.lm import read_arpa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "oracles"))
import lmplz
from khg_env import OracleUnavailable

SENTENCES = ["the cat sat on the mat", "the dog sat", "a cat saw the dog on a mat", "", "the cat saw a cat", "zebra"]


@pytest.fixture
def recipe(recipe_dir):
    (recipe_dir / "data/train").mkdir(parents=True)
    (recipe_dir / "data/lang").mkdir()
    lines = [f"utt{number} {sentence}\n" for number, sentence in enumerate(SENTENCES)]
    (recipe_dir / "data/train/text").write_text("".join(lines))
    (recipe_dir / "text").write_text("\n".join(SENTENCES))
    words = ["<eps>", "<unk>", "the", "cat", "dog", "sat", "on", "mat", "saw", "a", "yes", "#0", "<s>", "</s>"]
    (recipe_dir / "data/lang/words.txt").write_text("".join(f"{word} {number}\n" for number, word in enumerate(words)))
    (recipe_dir / "vocab").write_text("".join(f"{word}\n" for word in words[2:-3]))
    return recipe_dir


@pytest.fixture(scope="session")
def lmplz_program() -> str:
    try:
        return str(lmplz.lmplz_program())
    except OracleUnavailable as error:
        pytest.skip(str(error))


def run(recipe, *arguments):
    done = subprocess.run(
        ["steps/train_lm.sh", "--discount-fallback", "true", *arguments], cwd=recipe, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_a_model_of_a_data_directory_that_kenlm_reads(recipe):
    options = ("--order", "4", "--prune", "0 0 1", "--lang", "data/lang", "--dev-text", "data/train")
    status, said, errors = run(recipe, *options, "data/train", "exp/lm/4gram.arpa.gz")
    assert status == 0, errors
    assert "train_lm.sh: 1 words of data/train are not in the vocabulary: exp/lm/4gram.oov_counts" in said
    assert (recipe / "exp/lm/4gram.oov_counts").read_text() == "zebra 1\n"
    model = kenlm.Model(str(recipe / "exp/lm/4gram.arpa.gz"))
    assert model.order == 4 and "yes" in model and "utt1" not in model and "#0" not in model
    rows = [row for sentence in SENTENCES for row in model.full_scores(sentence)]
    for perplexity, kept in zip(
        re.search(r"perplexity ([\d.]+), ([\d.]+) without 1 words", said).groups(), (rows, [r for r in rows if not r[2]]), strict=True
    ):
        assert float(perplexity) == pytest.approx(10 ** -np.mean([row[0] for row in kept]), abs=0.01)


def test_the_same_text_is_the_same_bytes_from_a_list_of_words_and_from_a_lang_folder(recipe):
    assert run(recipe, "--lang", "data/lang", "data/train", "exp/one.arpa.gz")[0] == 0
    assert run(recipe, "--vocab", "vocab", "text", "exp/two.arpa.gz")[0] == 0
    one, two = ((recipe / f"exp/{name}.arpa.gz").read_bytes() for name in ("one", "two"))
    assert one == two and gzip.decompress(one).startswith(b"\\data\\\nngram 1=12\n")


def test_pruning_by_entropy_makes_the_model_smaller(recipe):
    assert run(recipe, "text", "exp/all.arpa")[0] == 0
    assert run(recipe, "--entropy-pruning", "0.01", "text", "exp/few.arpa")[0] == 0
    sizes = [sum(map(len, read_arpa(recipe / f"exp/{name}.arpa").orders)) for name in ("all", "few")]
    assert sizes[1] < sizes[0]


def test_lmplz_makes_the_model_where_it_is_asked_to(recipe, lmplz_program):
    assert run(recipe, "--vocab", "vocab", "text", "exp/lm.arpa.gz")[0] == 0 and (recipe / "exp/lm.oov_counts").exists()
    options = ("--lmplz", lmplz_program, "--vocab", "vocab", "--dev-text", "text")
    status, said, errors = run(recipe, *options, "data/train", "exp/lm.arpa.gz")
    assert status == 0, errors
    assert "perplexity" in said and not (recipe / "exp/lm.oov_counts").exists()
    model = kenlm.Model(str(recipe / "exp/lm.arpa.gz"))
    assert "cat" in model and "zebra" not in model
    ours, theirs = recipe / "exp/ours.arpa", recipe / "exp/theirs.arpa"
    assert run(recipe, "--entropy-pruning", "0.001", "text", str(ours))[0] == 0
    assert run(recipe, "--entropy-pruning", "0.001", "--lmplz", lmplz_program, "text", str(theirs))[0] == 0
    sentences = [*SENTENCES, "the mat saw the cat"]
    scores = [[kenlm.Model(str(path)).score(sentence) for sentence in sentences] for path in (ours, theirs)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-4)
    assert not [path for path in (recipe / "exp").iterdir() if path.name.startswith(".lmplz")]


def test_lmplz_that_fails_or_is_not_there_fails_the_step(recipe):
    for program, message in (("/bin/false", "/bin/false ended with status 1"), ("no/lmplz", "cannot run no/lmplz: No such file")):
        status, _, errors = run(recipe, "--lmplz", program, "text", "exp/lm.arpa.gz")
        assert status == 1 and message in errors and not (recipe / "exp/lm.arpa.gz").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--order", "0", "text", "exp/lm.arpa"), "--order is 0, but must be at least 1"),
        (("--prune", "0 x", "text", "exp/lm.arpa"), "--prune '0 x' must be whole numbers"),
        (("--prune", "0 1 0", "text", "exp/lm.arpa"), "--prune '0 1 0' must not decrease"),
        (("--vocab", "vocab", "--lang", "data/lang", "text", "exp/lm.arpa"), "--vocab and --lang both give the vocabulary"),
        (("--discount-fallback", "false", "text", "exp/lm.arpa"), "--discount-fallback true takes"),
        (("nothing", "exp/lm.arpa"), "cannot read nothing"),
        (("marked", "exp/lm.arpa"), "marked:2: has the word <s>"),
        (("empty", "exp/lm.arpa"), "empty: has no words"),
    ],
)
def test_what_makes_no_model_is_refused_by_name_and_leaves_none(arguments, message, recipe):
    (recipe / "marked").write_text("a b\n<s> a b </s>\n")
    (recipe / "empty").write_text("\n\n")
    status, _, errors = run(recipe, *arguments)
    assert status == 1 and message in errors and not (recipe / "exp/lm.arpa").exists()


def test_the_utility_prints_the_perplexity(recipe):
    assert run(recipe, "text", "exp/lm.arpa")[0] == 0
    command = ["utils/compute_perplexity.sh", "exp/lm.arpa", "data/train"]
    done = subprocess.run(command, cwd=recipe, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and re.match(r"perplexity [\d.]+, [\d.]+ without 0 words outside the vocabulary", done.stdout)
    assert re.search(r"predicted by 1-grams [\d.]+ %, 2-grams [\d.]+ %, 3-grams [\d.]+ %", done.stdout)
