"""G, the grammar as an acceptor of words, from a backoff n-gram model.

As in Kaldi's arpa2fst, a state is a history, the end of a sentence is a final weight, and the arc to the next shorter history reads the
word #0, so that G can be determinised. States that do nothing but back off are removed, which makes a pruned model several times smaller.
"""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cortado.datadir.table import few
from cortado.errors import CortadoError, DataError
from cortado.graph.fst import EPSILON, NOT_FINAL, Fst
from cortado.lang.lang import WORD_DISAMBIG
from cortado.lang.symbols import SymbolTable
from cortado.lm.arpa import read_arpa
from cortado.lm.ngram_model import BOS, EOS, UNKNOWN_WORDS, NgramModel

UNKNOWN_WORDS_CHOICES = ("error", "skip")

_NOT_THERE = -1
_NATURAL = -math.log(10)  # log10 probability to cost


def read_grammar(path: str | Path, words: SymbolTable, skip_unknown: bool, say: Callable[[str], None]) -> Fst:
    """G of an ARPA file. `say` is told which words are left out. Raises DataError, CortadoError."""
    model = read_arpa(path)
    try:
        labels, missing = word_labels(model, words, skip_unknown)
        fst = ngram_grammar(model, labels, words[WORD_DISAMBIG])
    except CortadoError as error:
        raise DataError(path, str(error)) from error
    if missing:
        say(f"{path}: left out the n-grams with words that are not in {words.path} ({len(missing)}): {few(missing)}")
    return fst


def word_labels(model: NgramModel, words: SymbolTable, skip_unknown: bool = False) -> tuple[np.ndarray, list[str]]:
    """The labels in `words` of the model's vocabulary (V,) int32, -1 for a word without one; and the words that have none.

    The model's <unk> may be missing in `words`: nobody can say it. Raises CortadoError naming other words that are missing, unless
    `skip_unknown`, and for one that is a label with a meaning of its own, such as <eps> or #0.
    """
    reserved = [word for word in model.vocabulary if word == "<eps>" or (word.startswith("#") and word[1:].isdigit())]
    if reserved:
        raise CortadoError(f"the language model has the word {reserved[0]}, which graphs use for themselves")
    spoken = [word for word in model.vocabulary if word not in (BOS, EOS)]
    missing = [word for word in spoken if word not in words]
    unknown = [word for word in missing if word not in UNKNOWN_WORDS]
    if unknown and not skip_unknown:
        raise CortadoError(
            f"{len(unknown)} words of the language model are not in {words.path}: {few(unknown)}; estimate it with the vocabulary of the "
            "lexicon, or leave out their n-grams with --unknown-words skip"
        )
    labels = [words[word] if word in words and word not in (BOS, EOS) else _NOT_THERE for word in model.vocabulary]
    return np.array(labels, np.int32), missing


def ngram_grammar(model: NgramModel, labels: np.ndarray, backoff_label: int) -> Fst:
    """G of an n-gram model, arcs sorted by label. `labels`: (V,) label of each word id; n-grams with a word of label -1 are left out.

    Raises CortadoError when the model has no </s>, or no <s> though it has histories.
    """
    arcs = _Arcs()
    histories = _Histories(model, labels)
    final = np.full(histories.num_states, NOT_FINAL)
    eos = _word_id(model, EOS)
    for n in range(1, model.order + 1):
        ngrams = model.orders[n - 1]
        source, target = histories.sources(n), histories.targets(n)
        cost = (ngrams.log10_prob * _NATURAL).astype(np.float32)
        last_word = ngrams.ids[:, -1]
        ends = (last_word == eos) & (source >= 0)
        final[source[ends]] = cost[ends]
        spoken = (labels[last_word] >= 0) & (source >= 0)
        arcs.add(source[spoken], labels[last_word[spoken]], labels[last_word[spoken]], cost[spoken], target[spoken])
        if n < model.order:
            state = histories.states[n]
            longer, shorter = state[state >= 0], histories.backoff_targets(n)
            backoff = (ngrams.log10_backoff[state >= 0] * _NATURAL).astype(np.float32)
            arcs.add(longer, np.full(len(longer), backoff_label), np.full(len(longer), EPSILON), backoff, shorter)
    start = 0 if model.order == 1 else int(histories.states[1][_word_id(model, BOS)])
    return _without_pure_backoff(arcs, start, final, backoff_label)


class _Histories:
    """Which state each n-gram of an n-gram model is. State 0 is the empty history.

    states[n]: (count,) int32 state of each n-gram of order n as a history, -1 where it is none: it ends a sentence, holds a word that
    is left out, or is of the highest order, for which there is no table.
    """

    def __init__(self, model: NgramModel, labels: np.ndarray):
        self._model = model
        self._kept = labels >= 0
        if model.order > 1:
            self._kept[_word_id(model, BOS)] = True
        self.states = [np.zeros(1, np.int32)]
        self.num_states = 1
        for ngrams in model.orders[:-1]:
            kept = self._kept[ngrams.ids].all(axis=1)
            self.states.append(np.where(kept, np.cumsum(kept) - 1 + self.num_states, _NOT_THERE).astype(np.int32))
            self.num_states += int(kept.sum())

    def sources(self, n: int) -> np.ndarray:
        """The states in which the n-grams of order n are spoken, (count,); -1 where there is none."""
        if n == 1:
            return np.zeros(len(self._model.orders[0]), np.int32)
        return self.states[n - 1][self._model.keys(n) // len(self._model.vocabulary)]

    def targets(self, n: int) -> np.ndarray:
        """The states after the n-grams of order n, (count,)."""
        if n < self._model.order:
            return self.states[n]
        return self._longest_suffix(self._model.orders[n - 1].ids[:, 1:])

    def backoff_targets(self, n: int) -> np.ndarray:
        """The next shorter history of every state of order n, in the order of the states."""
        return self._longest_suffix(self._model.orders[n - 1].ids[self.states[n] >= 0, 1:])

    def _longest_suffix(self, ngrams: np.ndarray) -> np.ndarray:
        """The state of the longest history with which (k, n) word ids end."""
        result = np.zeros(len(ngrams), np.int32)
        pending = np.arange(len(ngrams))
        for first in range(ngrams.shape[1]):
            suffixes = ngrams[pending, first:]
            rows = self._model.rows(suffixes)
            state = np.where(rows >= 0, self.states[suffixes.shape[1]][rows], _NOT_THERE)
            result[pending[state >= 0]] = state[state >= 0]
            pending = pending[state < 0]
        return result


class _Arcs:
    """Columns of arcs, collected piece by piece: source, ilabel, olabel, weight, nextstate."""

    def __init__(self):
        self._pieces: list[tuple[np.ndarray, ...]] = []

    def add(self, *columns: np.ndarray) -> None:
        self._pieces.append(columns)

    def columns(self) -> list[np.ndarray]:
        return [np.concatenate(pieces) for pieces in zip(*self._pieces, strict=True)]


def _without_pure_backoff(arcs: _Arcs, start: int, final: np.ndarray, backoff_label: int) -> Fst:
    """The transducer without states of which the only way out is to back off: their entering arcs go on to where that leads."""
    source, ilabel, olabel, weight, nextstate = arcs.columns()
    num_arcs = np.bincount(source, minlength=len(final))
    passed = (num_arcs == 1) & np.isinf(final)
    passed[start] = False
    is_backoff = (ilabel == backoff_label) & passed[source]
    passed = np.zeros(len(final), bool)
    passed[source[is_backoff]] = True
    onward, cost = np.arange(len(final), dtype=np.int32), np.zeros(len(final), np.float32)
    onward[source[is_backoff]], cost[source[is_backoff]] = nextstate[is_backoff], weight[is_backoff]
    while passed[onward].any():
        cost, onward = np.where(passed[onward], cost + cost[onward], cost), onward[onward]
    weight = weight + np.where(passed[nextstate], cost[nextstate], 0)
    nextstate = onward[nextstate]
    kept = ~passed[source] & np.isfinite(weight)
    number = np.cumsum(~passed) - 1
    columns = (number[source[kept]], ilabel[kept], olabel[kept], weight[kept], number[nextstate[kept]])
    return Fst.from_arcs(int((~passed).sum()), int(number[start]), *columns, final[~passed]).sorted_by("ilabel")


def _word_id(model: NgramModel, word: str) -> int:
    if word not in model.word_ids:
        raise CortadoError(f"the language model has no {word}")
    return model.word_ids[word]
