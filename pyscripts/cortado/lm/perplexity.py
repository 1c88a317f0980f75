"""How well an n-gram model predicts a text."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cortado.errors import CortadoError
from cortado.lm.ngram_model import BOS, EOS, NgramModel
from cortado.lm.scoring import log10_probs
from cortado.lm.sentences import WordIds, words_before


@dataclass
class TextScore:
    """Sums over a text, of which every word and every end of a sentence is predicted.

    log10_prob: of words of the vocabulary and ends of sentences; oov_log10_prob: of the other words, which are scored as <unk>, minus
    infinity where the model has no <unk>; hits: (order + 1,) how many were predicted by an n-gram of each length, 0 for none at all.
    """

    num_sentences: int
    num_words: int
    num_oovs: int
    log10_prob: float
    oov_log10_prob: float
    hits: np.ndarray

    def __str__(self) -> str:
        """All of it, in two lines."""
        oovs = f"{self.num_oovs} words outside the vocabulary ({100 * self.num_oovs / self.num_words:.2f} %)"
        shares = (f"{n}-grams {100 * hits / self.hits.sum():.1f} %" for n, hits in enumerate(self.hits) if n)
        return (
            f"perplexity {self.perplexity:.2f}, {self.perplexity_without_oovs:.2f} without {oovs}; {self.num_words} words in "
            f"{self.num_sentences} sentences\npredicted by {', '.join(shares)}"
        )

    @property
    def perplexity(self) -> float:
        """With words outside the vocabulary."""
        return 10 ** (-(self.log10_prob + self.oov_log10_prob) / (self.num_words + self.num_sentences))

    @property
    def perplexity_without_oovs(self) -> float:
        """Without the predictions of words outside the vocabulary; they still stand in the histories of others."""
        return 10 ** (-self.log10_prob / (self.num_words - self.num_oovs + self.num_sentences))


def score_text(model: NgramModel, path: str | Path) -> TextScore:
    """Score a text or the transcripts of a data directory, read in parts. Raises DataError as sentences.read_chunks."""
    missing = [word for word in (BOS, EOS) if word not in model.word_ids]
    if missing:
        raise CortadoError(f"the model has no {missing[0]}, so it cannot score sentences")
    words = WordIds(model.vocabulary)
    total = TextScore(0, 0, 0, 0.0, 0.0, np.zeros(model.order + 1, np.int64))
    for ids in words.read(path):
        is_oov = (ids >= words.num_known) | (ids == words.unknown)
        ids[is_oov] = -1 if words.unknown is None else words.unknown
        is_predicted = ids != words[BOS.encode()]
        log10_prob, length = score_sentences(model, ids)
        total.num_sentences += int((~is_predicted).sum())
        total.num_words += int((ids != words[EOS.encode()]).sum() - (~is_predicted).sum())
        total.num_oovs += int(is_oov.sum())
        total.log10_prob += float(log10_prob[is_predicted & ~is_oov].sum())
        total.oov_log10_prob += float(log10_prob[is_oov].sum())
        total.hits += np.bincount(length[is_predicted], minlength=model.order + 1)
    return total


def score_sentences(model: NgramModel, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """scoring.log10_probs of every word of `ids`, whole sentences from <s> to </s>, after those before it. (num_words,) each."""
    log10_prob, length = np.zeros(len(ids)), np.zeros(len(ids), np.int64)
    num_in_history = np.minimum(words_before(ids, model.word_ids[BOS]), model.order - 1)
    for n in range(1, model.order + 1):
        last = np.flatnonzero(num_in_history == n - 1)
        if last.size:
            log10_prob[last], length[last] = log10_probs(model, sliding_window_view(ids, n)[last - n + 1])
    return log10_prob, length
