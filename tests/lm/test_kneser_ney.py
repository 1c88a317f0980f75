"""Modified Kneser-Ney: lmplz's n-grams and figures, Chen and Goodman's formulas by brute force, and sums of 1."""

import itertools
from collections import Counter, defaultdict

import numpy as np
import pytest

from cortado.errors import ConfigError
from cortado.lm import read_arpa
from cortado.lm.counts import count_ngrams, read_corpus
from cortado.lm.kneser_ney import FALLBACK_DISCOUNTS, DiscountError, check_cutoffs, estimate, estimate_discounts
from cortado.lm.scoring import log10_probs

RAGGED = ["a b a b c", "", "b", "a a a", "c b a", "a b c d", "  d  a\tb ", "b a"]


def write(path, lines):
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def model_of(path, order, cutoffs=(0,), fallback=True, vocabulary=None):
    corpus = read_corpus(path, vocabulary)
    return estimate(count_ngrams(corpus, order), corpus.vocabulary, cutoffs, fallback)[0]


def figures(model):
    """n-gram -> (log10 probability, log10 backoff weight)."""
    words = np.array(model.vocabulary, dtype=object)
    return {
        tuple(words[ids]): (prob, backoff)
        for order in model.orders
        for ids, prob, backoff in zip(order.ids, order.log10_prob.tolist(), order.log10_backoff.tolist(), strict=True)
    }


@pytest.mark.parametrize(
    ("order", "cutoffs", "fallback"),
    [
        (1, (0,), False),
        (2, (0,), False),
        (3, (0, 0, 1), True),
        (3, (0, 1), True),
        (4, (0,), True),
        (4, (0, 0, 1, 2), True),
        (5, (0,), True),
    ],
)
def test_ngrams_and_figures_are_those_of_lmplz(order, cutoffs, fallback, zipf_text, lmplz, tmp_path):
    options = ["-o", order, "--prune", *cutoffs, *(["--discount_fallback"] if fallback else [])]
    (tmp_path / "text").write_bytes(zipf_text.read_bytes() + b"\n")  # lmplz leaves a last line without newline open
    lmplz(tmp_path / "text", tmp_path / "lm.arpa", *options)
    expected, made = figures(read_arpa(tmp_path / "lm.arpa")), figures(model_of(zipf_text, order, cutoffs, fallback))
    assert made.keys() == expected.keys()
    errors = np.array([np.subtract(made[ngram], expected[ngram]) for ngram in expected])
    assert np.abs(errors).max() < 1e-5


def test_where_lmplz_cannot_estimate_discounts_neither_can_we(lmplz, tmp_path):
    text = write(tmp_path / "text", RAGGED)
    with pytest.raises(RuntimeError, match="discount"):
        lmplz(text, tmp_path / "lm.arpa", "-o", 3)
    with pytest.raises(
        DiscountError, match=r"the discounts of 1-grams cannot be estimated: .* --discount-fallback true takes 0\.5, 1\.0, 1\.5"
    ):
        model_of(text, 3, fallback=False)


class BruteForce:
    """Chen and Goodman's equations over dictionaries, with the fallback discounts in every order."""

    def __init__(self, sentences, vocabulary, order, cutoffs):
        self.order, self.vocabulary, self.cutoffs = order, vocabulary, cutoffs
        self.raw = Counter()
        for words in sentences:
            padded = ("<s>", *words, "</s>")
            for n in range(1, order + 1):
                self.raw.update(padded[i : i + n] for i in range(len(padded) - n + 1))
        left = defaultdict(set)
        for ngram in self.raw:
            if len(ngram) > 1:
                left[ngram[1:]].add(ngram[0])
        self.count = {
            ngram: times if len(ngram) == order or (ngram[0] == "<s>" and len(ngram) > 1) else len(left[ngram])
            for ngram, times in self.raw.items()
        }
        self.count["<s>",] = 0

    def is_kept(self, ngram):
        return len(ngram) == 1 or self.raw[ngram] > self.cutoffs[len(ngram) - 1]

    def probability(self, word, history):
        """The interpolated probability, whether or not the n-gram is in the model."""
        lower = self.probability(word, history[1:]) if history else 1 / (len(self.vocabulary) - 1)
        seen = {w: self.count[(*history, w)] for w in self.vocabulary if (*history, w) in self.count}
        total = sum(seen.values())
        if not total:
            return lower
        given = {w: c - FALLBACK_DISCOUNTS[min(c, 3)] for w, c in seen.items() if self.is_kept((*history, w))}
        return given.get(word, 0) / total + (total - sum(given.values())) / total * lower


@pytest.mark.parametrize("cutoffs", [(0, 0, 0, 0, 0), (0, 0, 1, 1, 2)])
@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_probabilities_are_those_of_the_formulas_and_sum_to_one(order, cutoffs, tmp_path, monkeypatch):
    monkeypatch.setattr("cortado.lm.kneser_ney.estimate_discounts", lambda adjusted, n, fallback: np.array(FALLBACK_DISCOUNTS))
    model = model_of(write(tmp_path / "text", RAGGED), order, cutoffs[:order], vocabulary=["a", "b", "d", "never"])
    sentences = [[word if word != "c" else "<unk>" for word in line.split()] for line in RAGGED]
    truth = BruteForce(sentences, model.vocabulary, order, cutoffs)
    assert figures(model).keys() == {(word,) for word in model.vocabulary} | {ngram for ngram in truth.raw if truth.is_kept(ngram)}
    predicted = [i for i, word in enumerate(model.vocabulary) if word != "<s>"]
    histories = {h for length in range(min(order, 3)) for h in itertools.product(model.vocabulary, repeat=length)}
    histories |= {ngram for ngram in truth.raw if len(ngram) < order}
    for history in histories:
        ids = [model.word_ids[word] for word in history]
        probs = 10 ** log10_probs(model, np.array([(*ids, word) for word in predicted]))[0]
        assert probs.sum() == pytest.approx(1, abs=1e-12)
        assert probs == pytest.approx([truth.probability(model.vocabulary[i], history) for i in predicted], rel=1e-9)


def test_discounts_are_those_of_equation_26():
    """Worked by hand: n1..n4 = 10, 4, 2, 1 give Y = 10/18, D1 = 1 - 2Y 4/10, D2 = 2 - 3Y 2/4, D3 = 3 - 4Y 1/2."""
    adjusted = np.repeat([0, 1, 2, 3, 4, 9], [3, 10, 4, 2, 1, 5])
    assert estimate_discounts(adjusted, 1, False) == pytest.approx([0, 5 / 9, 7 / 6, 17 / 9])


@pytest.mark.parametrize("counts", [[1, 1, 2], [2, 2, 3, 3], [1, 1, 1, 1, 2, 3, 3, 3, 3, 3, 3, 3]])
def test_counts_that_give_no_discounts_are_refused_or_take_the_fallback(counts):
    with pytest.raises(DiscountError, match=r"of 2-grams .*--discount-fallback"):
        estimate_discounts(np.array(counts), 2, False)
    assert estimate_discounts(np.array(counts), 2, True).tolist() == list(FALLBACK_DISCOUNTS)


def test_a_text_of_one_word_makes_a_model(tmp_path):
    assert set(figures(model_of(write(tmp_path / "text", ["yes"]), 3))) == {
        *((word,) for word in ("<unk>", "<s>", "</s>", "yes")),
        ("<s>", "yes"),
        ("yes", "</s>"),
        ("<s>", "yes", "</s>"),
    }


@pytest.mark.parametrize(
    ("order", "cutoffs", "message"),
    [
        (0, (0,), "--order is 0"),
        (2, (0, 0, 1), "--prune '0 0 1' has 3 numbers"),
        (3, (1, 1), "--prune '1 1' must begin with 0"),
        (3, (0, 2, 1), "--prune '0 2 1' must not decrease"),
        (3, (), "--prune '' has 0 numbers"),
    ],
)
def test_orders_and_cutoffs_that_make_no_model_are_refused(order, cutoffs, message):
    with pytest.raises(ConfigError, match=message):
        check_cutoffs(cutoffs, order)
