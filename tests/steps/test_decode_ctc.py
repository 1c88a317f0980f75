"""steps/make_tokens.sh and steps/decode_ctc.sh: words from made-up posteriors, scored by steps/score.sh; threads, wrong characters."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from cortado import ark
from cortado.lm import write_arpa
from cortado.lm.counts import count_ngrams, read_corpus
from cortado.lm.kneser_ney import estimate

TEXT = {
    f"s1-{n}": " ".join(words) for n, words in enumerate([("bin", "blue"), ("set", "red"), ("lay", "green", "now"), ("bin", "red", "now")])
}


@pytest.fixture
def recipe(recipe_dir) -> Path:
    """data/train with a text, and a bigram of it."""
    data = recipe_dir / "data/train"
    data.mkdir(parents=True)
    (data / "text").write_text("".join(f"{utterance} {words}\n" for utterance, words in TEXT.items()))
    (data / "utt2spk").write_text("".join(f"{utterance} s1\n" for utterance in TEXT))
    corpus = read_corpus(data)
    write_arpa(recipe_dir / "2gram.arpa.gz", estimate(count_ngrams(corpus, 2), corpus.vocabulary, [0, 0], True)[0])
    return recipe_dir


def call(recipe: Path, step: str, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run([f"steps/{step}.sh", *map(str, arguments)], cwd=recipe, capture_output=True, text=True, check=False, timeout=300)


def write_posteriors(recipe: Path, weaken: str) -> None:
    """Each token a frame with a blank behind it; the first token of utterance `weaken` has its odds against another one."""
    tokens = dict(ark.open_table(f"ark:{recipe}/exp/tokens/tokens.ark"))
    num_classes = int((recipe / "exp/tokens/num_classes").read_text())
    with ark.ArkWriter(recipe / "exp/net/post.ark", recipe / "exp/net/post.scp") as writer:
        for utterance, classes in tokens.items():
            scores = np.zeros((2 * len(classes), num_classes))
            scores[np.arange(0, len(scores), 2), classes] = 6
            scores[1::2, 0] = 6
            if utterance == weaken:
                scores[0, classes[0] % (num_classes - 1) + 1] = 6.5
            writer.write(utterance, (scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))).astype(np.float32))


def test_the_language_model_mends_what_greedy_decoding_spells_wrong(recipe):
    made = call(recipe, "make_tokens", "data/train", "exp/tokens")
    assert made.returncode == 0, made.stderr
    write_posteriors(recipe, weaken="s1-2")
    rates = {}
    for name, options in {"greedy": (), "lm": ("--lm", "2gram.arpa.gz", "--num-threads", 2)}.items():
        decoded = call(recipe, "decode_ctc", *options, "exp/tokens", "data/train", "exp/net/post.scp", f"exp/net/{name}")
        assert decoded.returncode == 0, decoded.stderr
        scored = call(
            recipe, "score", "--num-draws", 10, "--min-lm-weight", 10, "--max-lm-weight", 10, "data/train", *[f"exp/net/{name}"] * 2
        )
        assert scored.returncode == 0, scored.stderr
        rates[name] = json.loads((recipe / f"exp/net/{name}/result.json").read_text())["wer"]["value"]
    assert rates == {"greedy": pytest.approx(1 / 10), "lm": 0}
    assert " lay green now\n" in (recipe / "exp/net/lm/log/decode.log").read_text()


def test_wrong_characters_and_posteriors_are_named(recipe):
    made = call(recipe, "make_tokens", "--unit", "pieces", "--num-pieces", 30, "data/train", "exp/tokens")
    assert made.returncode == 0, made.stderr
    dev = recipe / "data/dev"
    dev.mkdir()
    (dev / "text").write_text("s2-a bin blue\ns2-b set 7\n")
    (dev / "utt2spk").write_text("s2-a s2\ns2-b s2\n")
    refused = call(recipe, "make_tokens", "--like", "exp/tokens", "data/dev", "exp/tokens_dev")
    assert refused.returncode == 1 and "data/dev/text:2: utterance s2-b: '7' of 'set 7' is in no token" in refused.stderr
    write_posteriors(recipe, weaken="")
    refused = call(recipe, "decode_ctc", "exp/tokens", "data/dev", "exp/net/post.scp", "exp/net/dev")
    assert refused.returncode == 1 and "has no scores of utterance s2-a of data/dev" in refused.stderr
