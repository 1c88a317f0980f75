"""Decoding of CTC networks: greedily, or by prefix beam search with a language model of words.

A. Graves, S. Fernandez, F. Gomez, J. Schmidhuber, Connectionist temporal classification, ICML 2006. The search: A. Hannun, A. Maas,
D. Jurafsky, A. Ng, First-pass large vocabulary continuous speech recognition using bi-directional recurrent DNNs, 2014.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cortado.decode.ctc_kernels import Prefixes, SearchOptions, search
from cortado.decode.ctc_spelling import units_and_spellings
from cortado.decode.posteriors import check_log_posteriors
from cortado.errors import ConfigError
from cortado.lm.ngram_model import EOS
from cortado.lm.tokens import BLANK, Tokens
from cortado.lm.word_automaton import WordAutomaton


class Hypothesis(NamedTuple):
    """words, and natural logs of their probability: of the token sequence by the network, of the words by the language model."""

    words: tuple[str, ...]
    log_ctc: float
    log_lm: float

    def log_prob(self, lm_weight: float) -> float:
        """Of both, the language model weighted."""
        return self.log_ctc + lm_weight * self.log_lm


class CtcDecoding(NamedTuple):
    """The hypotheses of an utterance, each once, the best first. reached_end: whether they are sentences of the language model; if not,
    the words of each may be cut off.
    """

    utterance: str
    hypotheses: list[Hypothesis]
    reached_end: bool


@dataclass(frozen=True)
class CtcOptions:
    """beam: prefixes kept in each frame. lm_weight: of the language model's ln p beside the network's in the search.

    oov_cost: what a word outside the model costs beside p(<unk>), in nats; inf: there are none.
    """

    beam: int = 256
    lm_weight: float = 1.0
    oov_cost: float = np.inf

    def __post_init__(self):
        if self.beam < 1:
            raise ConfigError(f"beam is {self.beam}, but must be at least 1")
        if not 0 <= self.lm_weight < np.inf:
            raise ConfigError(f"lm_weight is {self.lm_weight}, but must be at least 0")
        if np.isnan(self.oov_cost):
            raise ConfigError("oov_cost is no number")


class GreedyDecoder:
    """The best token of each frame, repetitions and blanks taken out; its log_ctc is that of the one path. Threads may share it."""

    def __init__(self, tokens: Tokens):
        self._tokens = tokens

    def decode(self, utterance: str, log_posteriors: np.ndarray) -> CtcDecoding:
        """log_posteriors (num_frames, num_classes), natural logs -> one hypothesis. Raises CortadoError as check_log_posteriors."""
        check_log_posteriors(utterance, log_posteriors, self._tokens.num_classes)
        best = log_posteriors.argmax(axis=1)
        is_token = best != BLANK
        is_token[1:] &= best[1:] != best[:-1]
        log_prob = float(log_posteriors.max(axis=1).sum(dtype=np.float64))
        return CtcDecoding(utterance, [Hypothesis(self._tokens.words(best[is_token].tolist()), log_prob, 0.0)], True)


class PrefixBeamSearch:
    """The most probable sentences by the network and the language model together. Threads may share it."""

    def __init__(self, tokens: Tokens, model: WordAutomaton, options: CtcOptions):
        """Raises ConfigError where words outside the model are allowed, and it has no <unk>."""
        if options.oov_cost < np.inf and model.unknown < 0:
            raise ConfigError(f"--oov-cost {options.oov_cost} needs a language model with <unk>; inf allows no words outside the model")
        self._tokens, self._model = tokens, model
        self.units, self.spellings = units_and_spellings(tokens, model.vocabulary)
        self.options = SearchOptions(options.beam, float(options.lm_weight), float(options.oov_cost), model.unknown)

    def decode(self, utterance: str, log_posteriors: np.ndarray) -> CtcDecoding:
        """log_posteriors (num_frames, num_classes), natural logs, -inf allowed -> the best at lm_weight first.

        Where nothing in the last beam is a sentence of the model, what is there counts without the end of the sentence, and without a last
        word that is not complete. Raises CortadoError as check_log_posteriors.
        """
        check_log_posteriors(utterance, log_posteriors, self._tokens.num_classes)
        start, end_word = self._model.start, self._model.number(EOS)
        scores = np.ascontiguousarray(log_posteriors, np.float64)
        tree, nodes, log_ctc, log_lm = search(scores, self.units, self.spellings, self._model.arcs, start, end_word, self.options)
        spelled = [self._tokens.words(tokens_of(tree, node)) for node in nodes.tolist()]
        found = map(Hypothesis, spelled, log_ctc.tolist(), log_lm.tolist())
        sentences = [hypothesis for hypothesis in found if hypothesis.log_lm > -np.inf]
        if sentences:
            return CtcDecoding(utterance, self._merged(sentences), True)
        is_complete = tree.end_log_lm[nodes] > -np.inf
        words = [one if complete else one[:-1] for one, complete in zip(spelled, is_complete.tolist(), strict=True)]
        log_lm = np.where(is_complete, tree.end_log_lm[nodes], tree.log_lm[nodes])
        return CtcDecoding(utterance, self._merged(map(Hypothesis, words, log_ctc.tolist(), log_lm.tolist())), False)

    def _merged(self, hypotheses: Iterable[Hypothesis]) -> list[Hypothesis]:
        """Those of the same words, spelled in other tokens, put together; the best first."""
        found: dict[tuple[str, ...], Hypothesis] = {}
        for hypothesis in hypotheses:
            before = found.get(hypothesis.words)
            log_ctc = float(np.logaddexp(before.log_ctc, hypothesis.log_ctc)) if before else hypothesis.log_ctc
            found[hypothesis.words] = hypothesis._replace(log_ctc=log_ctc)
        return sorted(found.values(), key=lambda hypothesis: (-hypothesis.log_prob(self.options.lm_weight), hypothesis.words))


def tokens_of(tree: Prefixes, node: int) -> list[int]:
    """The tokens of a prefix."""
    tokens = []
    while node:
        tokens.append(int(tree.token[node]))
        node = tree.parent[node]
    return tokens[::-1]
