"""Words over a grid of weights without decoding again, and the choice among the points of the grid."""

from worlds import best_by_words, random_lattice

from cortado.decode.determinize import determinize
from cortado.decode.mbr import mbr_decode
from cortado.decode.sweep import Weights, best_path_words, best_weights, mbr_words, sweep
from cortado.score.wer import WordErrors


def test_each_point_has_the_best_words_of_every_utterance_at_its_weights():
    lattices = {f"utt{seed}": determinize(random_lattice(seed), 4.0, 0.5) for seed in range(4)}
    grid = [Weights(weight, penalty) for weight in (1.0, 2.0, 8.0) for penalty in (-1.0, 0.0, 2.0)]
    found = sweep(lattices.items(), grid, best_path_words, tuple)
    for weights, hypotheses in found.items():
        for utterance, words in hypotheses.items():
            costs = best_by_words(lattices[utterance], 1 / weights.lm_weight, weights.word_penalty)
            assert costs[words][0] < min(cost for cost, *_ in costs.values()) + 1e-9
    assert len({tuple(hypotheses.values()) for hypotheses in found.values()}) > 1


def test_minimum_bayes_risk_is_swept_in_the_same_way():
    lattice = determinize(random_lattice(3), 4.0, 0.5)
    found = sweep([("utt", lattice)], [Weights(2.0, 0.5)], mbr_words, tuple)
    assert found == {Weights(2.0, 0.5): {"utt": mbr_decode(lattice, 0.5, 0.5).words}}


def test_points_are_named_as_kaldis_files():
    assert [str(Weights(10, 0.5)), str(Weights(7.0, 0.0))] == ["10_0.5", "7_0.0"]


def test_fewest_errors_win_then_fewest_wrong_sentences_then_the_middle_of_the_equals():
    errors = {
        Weights(9, 0.0): WordErrors(10, 2, 0, 1, 5, 3, 0),
        Weights(8, 1.0): WordErrors(10, 1, 1, 1, 5, 2, 0),
        Weights(8, 0.0): WordErrors(10, 3, 0, 0, 5, 2, 0),
        Weights(7, 0.0): WordErrors(10, 4, 0, 0, 5, 1, 0),
    }
    assert best_weights(errors) == Weights(8, 0.0)
    equal = WordErrors(10, 0, 0, 0, 5, 0, 0)
    plateau = {Weights(lm_weight, 0.0): equal for lm_weight in (17, 3, 9)} | {Weights(1, 0.0): errors[Weights(7, 0.0)]}
    assert best_weights(plateau) == Weights(9, 0.0)
