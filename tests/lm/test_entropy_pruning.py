"""Pruning by relative entropy: the entropy summed over all histories and words, and models that remain models."""

import itertools

import kenlm
import numpy as np
import pytest

from cortado.errors import ConfigError
from cortado.lm import NgramModel, NgramOrder, write_arpa
from cortado.lm.counts import count_ngrams, read_corpus
from cortado.lm.entropy_pruning import prune, with_new_backoffs
from cortado.lm.kneser_ney import estimate
from cortado.lm.perplexity import score_text
from cortado.lm.scoring import log10_probs


def model_of(path, order):
    corpus = read_corpus(path)
    return estimate(count_ngrams(corpus, order), corpus.vocabulary, discount_fallback=True)[0]


@pytest.fixture
def model(tmp_path):
    (tmp_path / "text").write_text("a b a b c\nb a b\na a c\nc b a b\na b\nc c a b c\n")
    return model_of(tmp_path / "text", 3)


def distribution(model, history):
    """Probabilities of every word but <s> after a history of word ids."""
    words = [i for i, word in enumerate(model.vocabulary) if word != "<s>"]
    return 10 ** log10_probs(model, np.array([(*history, word) for word in words]))[0]


def history_prob(model, history):
    """The product over its words, each after those before it; <s> counts as </s>."""
    first = model.word_ids["</s>"] if history[0] == model.word_ids["<s>"] else history[0]
    log10 = model.orders[0].log10_prob[first]
    return 10 ** (log10 + sum(log10_probs(model, np.array([history[: i + 1]]))[0][0] for i in range(1, len(history))))


def without(model, n, row):
    orders = list(model.orders)
    order, mask = orders[n - 1], np.arange(len(orders[n - 1])) != row
    orders[n - 1] = NgramOrder(order.ids[mask], order.log10_prob[mask], order.log10_backoff[mask])
    return with_new_backoffs(NgramModel(model.vocabulary, orders))


def ngrams(model, n):
    return {tuple(ids) for ids in model.orders[n - 1].ids.tolist()} if n <= model.order else set()


@pytest.mark.parametrize("threshold", [1e-4, 1e-3, 3e-3, 1e-2])
def test_what_is_left_out_has_less_relative_entropy_than_the_threshold(threshold, model):
    """Each distribution is compared as a whole with that of the model without the one n-gram."""
    pruned = prune(model, threshold)
    for n in (3, 2):
        begins = {ngram[:n] for ngram in ngrams(pruned, n + 1)}
        for row, ngram in enumerate(map(tuple, model.orders[n - 1].ids.tolist())):
            old = distribution(model, ngram[:-1])
            new = distribution(without(model if n == 3 else bigrams_of(model), n, row), ngram[:-1])
            growth = np.expm1(history_prob(model, ngram[:-1]) * (old * np.log(old / new)).sum())
            assert abs(growth - threshold) > 1e-6 * threshold  # else rounding would decide
            assert (ngram in ngrams(pruned, n)) == (ngram in begins or growth >= threshold)


def bigrams_of(model):
    return NgramModel(model.vocabulary, model.orders[:2])


@pytest.mark.parametrize("threshold", [1e-9, 1e-3, 1e-2, 1.0])
def test_probabilities_of_the_pruned_model_sum_to_one(threshold, model):
    pruned = prune(model, threshold)
    for length in range(pruned.order):
        for history in itertools.product(range(len(model.vocabulary)), repeat=length):
            assert distribution(pruned, history).sum() == pytest.approx(1, abs=1e-9)


def test_a_high_threshold_leaves_the_words_and_a_low_one_every_probability(model):
    assert prune(model, 1e9).order == 1
    same = prune(model, 1e-15)  # some n-grams are as probable without being in the model
    assert same.order == 3
    for length in range(3):
        for history in itertools.product(range(len(model.vocabulary)), repeat=length):
            np.testing.assert_allclose(distribution(same, history), distribution(model, history), rtol=1e-6)


def test_a_pruned_model_is_smaller_predicts_little_worse_and_kenlm_reads_it(zipf_text, tmp_path):
    model = model_of(zipf_text, 4)
    pruned = prune(model, 1e-6)
    assert sum(map(len, pruned.orders)) < 0.9 * sum(map(len, model.orders))
    before, after = score_text(model, zipf_text), score_text(pruned, zipf_text)
    assert before.perplexity < after.perplexity < 1.2 * before.perplexity
    write_arpa(tmp_path / "pruned.arpa", pruned)
    reader = kenlm.Model(str(tmp_path / "pruned.arpa"))
    lines = zipf_text.read_text(encoding="utf-8").split("\n")
    assert sum(map(reader.score, lines)) == pytest.approx(after.log10_prob, rel=1e-5)


@pytest.mark.parametrize("threshold", [0.0, -1e-8, float("nan")])
def test_a_threshold_that_means_nothing_is_refused(threshold, model):
    with pytest.raises(ConfigError, match=r"--entropy-pruning is .*must be above 0"):
        prune(model, threshold)
