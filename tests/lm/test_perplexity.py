"""Scores of sentences and perplexity: KenLM's figures for the same model, words outside the vocabulary, and lengths of n-grams used."""

import gzip

import kenlm
import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.lm import NgramModel, NgramOrder, read_arpa, write_arpa
from cortado.lm.counts import count_ngrams, read_corpus
from cortado.lm.kneser_ney import estimate
from cortado.lm.perplexity import score_text

DEV = "w1 w2 w10\n\nnowhere w1 é3\u00a0ß w4 nowhere nowhere\nw7"


@pytest.fixture(params=[2, 3, 5])
def arpa(request, zipf_text, tmp_path):
    corpus = read_corpus(zipf_text)
    model = estimate(count_ngrams(corpus, request.param), corpus.vocabulary, [0] * min(request.param, 2) + [1] * (request.param - 2), True)[
        0
    ]
    write_arpa(tmp_path / "lm.arpa", model)
    return tmp_path / "lm.arpa"


def kenlms(arpa, text):
    """(log10 probability, length of n-gram, is out of vocabulary) of each word and end of sentence."""
    model = kenlm.Model(str(arpa))
    return [row for line in text.split("\n") for row in model.full_scores(line)]


@pytest.mark.parametrize("form", ["text", "packed", "data directory"])
def test_figures_are_those_of_kenlm(form, arpa, zipf_text, tmp_path):
    text = DEV + "\n" + zipf_text.read_text(encoding="utf-8")
    path = tmp_path / ("dev.gz" if form == "packed" else "text")
    lines = text if form != "data directory" else "\n".join(f"utt{i} {line}" for i, line in enumerate(text.split("\n")))
    path.write_bytes(gzip.compress(lines.encode()) if form == "packed" else lines.encode())
    score = score_text(read_arpa(arpa), tmp_path if form == "data directory" else path)
    rows = kenlms(arpa, text)
    log10_prob, length, is_oov = (np.array(column) for column in zip(*rows, strict=True))
    assert (score.num_sentences, score.num_words, score.num_oovs) == (text.count("\n") + 1, len(text.split()) - text.count("\u00a0"), 3)
    assert score.log10_prob == pytest.approx(log10_prob[~is_oov].sum(), rel=1e-5)
    assert score.oov_log10_prob == pytest.approx(log10_prob[is_oov].sum(), rel=1e-5)
    assert score.perplexity == pytest.approx(10 ** -log10_prob.mean(), rel=1e-4)
    assert score.perplexity_without_oovs == pytest.approx(10 ** -log10_prob[~is_oov].mean(), rel=1e-4)
    assert score.hits.tolist() == np.bincount(length, minlength=len(score.hits)).tolist()


def unigrams(words):
    return NgramModel(
        list(words), [NgramOrder(np.arange(len(words), dtype=np.int32)[:, None], np.log10(list(words.values())), np.zeros(len(words)))]
    )


def test_a_fair_die_has_perplexity_six(tmp_path):
    (tmp_path / "text").write_text("1 2 3 4\n5\n")
    score = score_text(unigrams({"<s>": 1.0, "</s>": 1 / 6, **{str(i): 1 / 6 for i in range(1, 6)}}), tmp_path / "text")
    assert score.perplexity == pytest.approx(6) and score.perplexity_without_oovs == pytest.approx(6)
    assert str(score).startswith("perplexity 6.00, 6.00 without 0 words outside the vocabulary (0.00 %); 5 words in 2 sentences")


def test_a_model_without_unknown_word_gives_other_words_no_probability(tmp_path):
    (tmp_path / "text").write_text("a b <unk>\n")
    score = score_text(unigrams({"<s>": 1.0, "</s>": 0.5, "a": 0.5}), tmp_path / "text")
    assert score.perplexity == np.inf and score.perplexity_without_oovs == pytest.approx(2)
    assert score.num_oovs == 2 and score.hits.tolist() == [2, 2]


def test_a_model_without_ends_of_sentences_is_refused(tmp_path):
    (tmp_path / "text").write_text("a\n")
    with pytest.raises(CortadoError, match="the model has no </s>"):
        score_text(unigrams({"<s>": 1.0, "a": 1.0}), tmp_path / "text")
