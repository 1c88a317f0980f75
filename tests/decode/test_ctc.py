"""CTC decoding against the sum over all paths: prefixes, words, language models, unknown words; greedy decoding; lattices of hypotheses."""

import itertools

import numpy as np
import pytest

from cortado.decode.ctc import CtcOptions, GreedyDecoder, Hypothesis, PrefixBeamSearch, tokens_of
from cortado.decode.ctc_kernels import search
from cortado.decode.ctc_lattice import WordNumbers, lattice_of
from cortado.decode.posteriors import PosteriorScorer
from cortado.errors import ConfigError, CortadoError
from cortado.lang.symbols import SymbolTable
from cortado.lm.ngram_model import BOS, EOS, NgramModel, NgramOrder
from cortado.lm.tokens import Tokens
from cortado.lm.word_automaton import WordAutomaton, advance, ngram_automaton, slot_automaton

CHARACTERS = Tokens(SymbolTable(["a", "b", "▁"]))
PIECES = Tokens(SymbolTable(["▁a", "b", "▁ab"]))
EXHAUSTIVE = CtcOptions(beam=2000)


def bigram_model() -> WordAutomaton:
    vocabulary = ["<unk>", BOS, EOS, "a", "ab", "aab", "b"]
    unigrams = NgramOrder(np.arange(7)[:, None], np.log10([0.05, 1e-9, 0.3, 0.25, 0.2, 0.1, 0.1]), np.full(7, np.log10(0.4)))
    bigrams = NgramOrder(np.array([[1, 3], [3, 2], [3, 4], [4, 6]]), np.log10([0.6, 0.5, 0.3, 0.7]), np.zeros(4))
    return ngram_automaton(NgramModel.from_unsorted(vocabulary, [unigrams, bigrams]))


def random_posteriors(seed: int, num_frames: int, num_classes: int, scale: float = 1.5) -> np.ndarray:
    scores = scale * np.random.default_rng(seed).standard_normal((num_frames, num_classes))
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def log_lm(model: WordAutomaton, words: tuple[str, ...], oov_cost: float) -> float:
    state, total = model.start, 0.0
    for word in [*words, EOS]:
        known = word in model.vocabulary
        if not known and oov_cost == np.inf:
            return -np.inf
        log_prob, state = advance(model.arcs, state, model.number(word if known else "<unk>"))
        total += log_prob - (0.0 if known else oov_cost)
    return total


def sum_over_all_paths(
    log_posteriors: np.ndarray, tokens: Tokens, model: WordAutomaton, oov_cost: float
) -> dict[tuple, tuple[float, float]]:
    """Words -> (ln p of all paths that collapse to them, ln p by the language model)."""
    found: dict[tuple, float] = {}
    for path in itertools.product(range(log_posteriors.shape[1]), repeat=len(log_posteriors)):
        words = tokens.words([token for token, _ in itertools.groupby(path) if token])
        log_prob = log_posteriors[np.arange(len(path)), path].sum()
        found[words] = np.logaddexp(found.get(words, -np.inf), log_prob)
    sentences = {words: (log_prob, log_lm(model, words, oov_cost)) for words, log_prob in found.items()}
    return {words: log_probs for words, log_probs in sentences.items() if log_probs[1] > -np.inf}


@pytest.mark.parametrize("tokens", [CHARACTERS, PIECES], ids=["characters", "pieces"])
@pytest.mark.parametrize("oov_cost", [np.inf, 2.0])
def test_a_beam_that_drops_nothing_sums_over_all_paths(tokens, oov_cost):
    for seed in range(3):
        log_posteriors = random_posteriors(seed, 6, 4)
        expected = sum_over_all_paths(log_posteriors, tokens, bigram_model(), oov_cost)
        found = PrefixBeamSearch(tokens, bigram_model(), CtcOptions(2000, 0.7, oov_cost)).decode("u", log_posteriors).hypotheses
        assert {hypothesis.words for hypothesis in found} == expected.keys() and len(found) == len(expected)
        for hypothesis in found:
            np.testing.assert_allclose(hypothesis[1:], expected[hypothesis.words], atol=1e-9)
        totals = [hypothesis.log_prob(0.7) for hypothesis in found]
        assert totals == sorted(totals, reverse=True)


def test_a_grammar_lets_only_its_sentences_through():
    grammar = slot_automaton([["a", "ab"], ["b", "ab"]])
    log_posteriors = random_posteriors(3, 6, 4)
    expected = sum_over_all_paths(log_posteriors, CHARACTERS, grammar, np.inf)
    found = PrefixBeamSearch(CHARACTERS, grammar, EXHAUSTIVE).decode("u", log_posteriors).hypotheses
    assert {hypothesis.words for hypothesis in found} == expected.keys() == set(itertools.product(("a", "ab"), ("b", "ab")))
    np.testing.assert_allclose([hypothesis.log_ctc for hypothesis in found], [expected[hypothesis.words][0] for hypothesis in found])


def test_a_small_beam_keeps_the_best_sentence_of_clear_posteriors_and_never_counts_too_much():
    for seed in range(20):
        log_posteriors = random_posteriors(seed, 7, 4, scale=4)
        exact, found = (PrefixBeamSearch(CHARACTERS, bigram_model(), CtcOptions(beam)).decode("u", log_posteriors) for beam in (2000, 8))
        log_ctc = {hypothesis.words: hypothesis.log_ctc for hypothesis in exact.hypotheses}
        assert found.reached_end and found.hypotheses[0].words == exact.hypotheses[0].words
        assert all(hypothesis.log_ctc <= log_ctc[hypothesis.words] + 1e-9 for hypothesis in found.hypotheses)


def test_a_prefix_that_was_dropped_and_comes_back_is_in_the_beam_once():
    """Rare: among these posteriors it happens once that it comes back while a longer one that begins with it is still there."""
    model = bigram_model()
    decoder = PrefixBeamSearch(CHARACTERS, model, CtcOptions(beam=4, oov_cost=0.0))
    for seed in range(40):
        scores = random_posteriors(seed, 20, 4)
        tree, nodes, _, _ = search(scores, decoder.units, decoder.spellings, model.arcs, model.start, model.number(EOS), decoder.options)
        prefixes = [tuple(tokens_of(tree, node)) for node in nodes]
        assert len(prefixes) == len(set(prefixes))


def test_a_token_that_is_impossible_is_in_no_sentence():
    log_posteriors = random_posteriors(0, 5, 4)
    log_posteriors[:, 2] = -np.inf  # no b
    found = PrefixBeamSearch(CHARACTERS, bigram_model(), EXHAUSTIVE).decode("u", log_posteriors).hypotheses
    assert found and all(set(hypothesis.words) <= {"a"} for hypothesis in found)


def test_what_is_no_sentence_is_told_and_loses_an_incomplete_word():
    """Of the grammar 'ab b a' the posteriors have no more than 'ab b'; the beam of one ends within a word."""
    grammar = slot_automaton([["ab"], ["b"], ["a"]])
    path = [1, 2, 3, 2, 0]
    log_posteriors = np.log(np.full((5, 4), 0.01))
    log_posteriors[np.arange(5), path] = np.log(0.97)
    decoding = PrefixBeamSearch(CHARACTERS, grammar, CtcOptions(beam=1)).decode("u", log_posteriors)
    assert not decoding.reached_end
    assert decoding.hypotheses == [Hypothesis(("ab", "b"), pytest.approx(5 * np.log(0.97), abs=0.1), 0.0)]
    decoding = PrefixBeamSearch(CHARACTERS, grammar, CtcOptions(beam=1)).decode("u", log_posteriors[:1])
    assert not decoding.reached_end and decoding.hypotheses[0].words == ()


def test_greedy_decoding_collapses_the_best_path():
    path = [0, 1, 1, 0, 1, 3, 3, 2, 0, 0]
    log_posteriors = np.log(np.full((len(path), 4), 0.1))
    log_posteriors[np.arange(len(path)), path] = np.log(0.7)
    expected = Hypothesis(("aa", "b"), pytest.approx(10 * np.log(0.7)), 0.0)
    assert GreedyDecoder(CHARACTERS).decode("u", log_posteriors) == ("u", [expected], True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x[:, :3], r"posteriors are \(5, 3\), expected frames x 4"),
        (lambda x: x + 9, "frame 0 has the value"),
        (lambda x: x[:0], r"posteriors are \(0, 4\)"),
    ],
)
def test_what_cannot_be_log_posteriors_is_refused_by_the_name_of_the_utterance(change, message):
    scores = change(random_posteriors(0, 5, 4))
    for decode in (GreedyDecoder(CHARACTERS).decode, PosteriorScorer(np.log(np.full(4, 0.25)))):
        with pytest.raises(CortadoError, match="utterance s1-x: " + message):
            decode("s1-x", scores)


def test_nan_is_told_with_its_frame():
    scores = random_posteriors(0, 5, 4)
    scores[3, 1] = np.nan
    with pytest.raises(CortadoError, match="utterance u: frame 3 has the value nan"):
        GreedyDecoder(CHARACTERS).decode("u", scores)


def test_words_outside_a_model_without_their_class_are_refused():
    with pytest.raises(ConfigError, match="needs a language model with <unk>"):
        PrefixBeamSearch(CHARACTERS, slot_automaton([["a"]]), CtcOptions(oov_cost=3.0))


def test_lattices_have_each_hypothesis_as_a_path_with_its_costs():
    hypotheses = [Hypothesis(("a", "b"), -3.0, -2.0), Hypothesis((), -5.0, -0.5), Hypothesis(("b",), -2.0, -9.0)]
    numbers = WordNumbers()
    lattice = lattice_of(hypotheses, numbers)
    words = {number: word for word, number in numbers.items()}
    for lm_weight in (0.1, 0.5, 1.0, 3.0):
        best = max(hypotheses, key=lambda hypothesis: hypothesis.log_prob(lm_weight))
        path = lattice.best_path(1 / (10 * lm_weight))
        assert tuple(words[word] for word in path.words) == best.words
        assert (path.graph_cost, path.acoustic_cost) == (-best.log_lm, -10 * best.log_ctc)
