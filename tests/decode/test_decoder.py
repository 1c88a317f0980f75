"""The beam search against kaldi-decoder, against Kaldi's rules written down plainly, and against all paths of small graphs."""

import kaldi_decoder
import kaldifst
import numpy as np
import pytest
from worlds import decode, kaldi_search, paths_of, paths_through, random_graph, random_scores, random_tid_to_pdf

from cortado.decode.decoder import Decoder, DecoderOptions
from cortado.decode.graph import prepare_graph
from cortado.decode.threads import map_in_threads
from cortado.errors import ConfigError, CortadoError
from cortado.graph.exchange import to_kaldifst
from cortado.graph.fst import Fst

SCALE = 0.5  # a power of two: scaling in float32 is exact


def faster_decoder(fst, tid_to_pdf, scores, beam, max_active, min_active):
    """(words, transition ids, cost) of kaldi-decoder's FasterDecoder, which reads scores by transition id."""
    options = kaldi_decoder.FasterDecoderOptions(beam=beam, max_active=max_active, min_active=min_active)
    graph = to_kaldifst(fst)  # kaldi-decoder does not keep what it points to alive
    by_tid = np.ascontiguousarray((np.float32(SCALE) * scores)[:, tid_to_pdf[1:]])
    scores_by_tid = kaldi_decoder.DecodableCtc(by_tid)
    decoder = kaldi_decoder.FasterDecoder(graph, options)
    decoder.decode(scores_by_tid)
    assert decoder.reached_final()
    _, tids, words, weight = kaldifst.get_linear_symbol_sequence(decoder.get_best_path()[1])
    return tuple(words), list(tids), weight.value1 + weight.value2


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("lattice_beam", [0.0, 3.0])
def test_words_alignment_and_cost_are_kaldi_decoders(seed, lattice_beam):
    fst, tid_to_pdf, scores = random_graph(seed, 400), random_tid_to_pdf(seed), random_scores(seed, 60)
    limits = {"beam": 9.0, "max_active": 7000, "min_active": 20}
    words, tids, cost = faster_decoder(fst, tid_to_pdf, scores, **limits)
    path = decode(fst, tid_to_pdf, scores, lattice_beam=lattice_beam, acoustic_scale=SCALE, **limits).lattice.best_path(SCALE)
    assert path.words == words
    assert path.alignment.tolist() == tids
    assert path.graph_cost + SCALE * path.acoustic_cost == pytest.approx(cost, abs=2e-3)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("limits", [(2.0, 7000, 0), (2.0, 7000, 30), (6.0, 60, 20), (6.0, 15, 15), (0.5, 400, 50), (1.0, 9, 5)])
def test_beams_that_cut_paths_off_cut_as_kaldis_rules_say(seed, limits):
    beam, max_active, min_active = limits
    fst, tid_to_pdf, scores = random_graph(seed, 400), random_tid_to_pdf(seed), random_scores(seed, 40)
    expected = kaldi_search(fst, tid_to_pdf, -np.float32(SCALE) * scores, beam, max_active, min_active)
    options = {"beam": beam, "max_active": max_active, "min_active": min_active, "acoustic_scale": SCALE}
    path = decode(fst, tid_to_pdf, scores, lattice_beam=0.0, **options).lattice.best_path(SCALE)
    assert path.graph_cost + SCALE * path.acoustic_cost == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("seed", range(8))
def test_the_lattice_holds_exactly_the_paths_within_its_beam(seed):
    fst, tid_to_pdf, scores = random_graph(seed, 12), random_tid_to_pdf(seed), random_scores(seed, 5)
    found = paths_through(fst, tid_to_pdf, scores, SCALE)
    best = min(cost for _, _, cost in found)
    lattice = decode(fst, tid_to_pdf, scores, beam=1000, lattice_beam=5.0, acoustic_scale=SCALE).lattice
    kept = {(words, tids, round(graph + SCALE * acoustic, 3)) for words, tids, graph, acoustic in paths_of(lattice)}
    within = {(words, tids, round(cost, 3)) for words, tids, cost in found if cost < best + 4.99}
    assert within <= kept
    assert kept <= {(words, tids, round(cost, 3)) for words, tids, cost in found}
    assert lattice.prune(5.0001, SCALE).num_arcs == lattice.num_arcs  # no arc lies only on paths beyond the beam


def test_how_often_memory_is_freed_changes_nothing():
    fst, tid_to_pdf, scores = random_graph(3, 300), random_tid_to_pdf(3), random_scores(3, 70)
    options = {"beam": 6, "lattice_beam": 4, "acoustic_scale": SCALE, "min_active": 20}
    lattices = [decode(fst, tid_to_pdf, scores, prune_interval=interval, **options).lattice for interval in (1, 25, 1000)]
    assert len({(lattice.num_states, lattice.num_arcs) for lattice in lattices}) == 1
    nearest = [{(words, tids) for words, tids, _, _ in paths_of(lattice.prune(1.0, SCALE))} for lattice in lattices]
    assert nearest[0] == nearest[1] == nearest[2]


def test_two_threads_find_what_one_finds_in_the_same_order():
    graph = prepare_graph(random_graph(1, 400), random_tid_to_pdf(1))
    decoder = Decoder(graph, DecoderOptions(acoustic_scale=SCALE, beam=7))
    utterances = [(f"utt{n}", random_scores(n, 40)) for n in range(12)]
    alone = [decoder.decode(*utterance) for utterance in utterances]
    together = list(map_in_threads(lambda utterance: decoder.decode(*utterance), utterances, 2))
    assert [decoding.utterance for decoding in together] == [name for name, _ in utterances]
    for one, other in zip(alone, together, strict=True):
        for name, values in vars(one.lattice).items():
            np.testing.assert_array_equal(values, vars(other.lattice)[name])


def test_a_thread_pool_takes_utterances_as_it_needs_them():
    taken = []

    def utterances():
        for number in range(100):
            taken.append(number)
            yield number

    results = map_in_threads(lambda number: number, utterances(), 2)
    assert next(results) == 0
    assert len(taken) <= 5


def test_scores_that_say_nothing_are_decoded_in_bounded_memory():
    fst, tid_to_pdf = random_graph(2, 2000), random_tid_to_pdf(2)
    flat = np.zeros((200, 15), np.float32)
    options = {"beam": 15, "lattice_beam": 10, "max_active": 2000, "acoustic_scale": SCALE}
    free = decode(fst, tid_to_pdf, flat, **options)
    bounded = decode(fst, tid_to_pdf, flat, max_links=20_000, **options)
    assert (free.gave_up, bounded.gave_up) == (False, True)
    assert bounded.lattice.num_arcs < free.lattice.num_arcs
    assert bounded.reached_final
    assert len(bounded.lattice.best_path(SCALE).alignment) == 200
    assert bounded.lattice.best_path(SCALE).graph_cost >= free.lattice.best_path(SCALE).graph_cost - 1e-6


@pytest.mark.parametrize(("value", "said"), [(np.nan, "frame 7 is NaN"), (np.inf, "frame 7 is \\+inf")])
def test_scores_that_are_no_numbers_are_refused_by_utterance_and_frame(value, said):
    scores = random_scores(0, 10)
    scores[7, 3] = value
    with pytest.raises(CortadoError, match=f"utterance utt: a score of {said}"):
        decode(random_graph(0, 20), random_tid_to_pdf(0), scores)


def test_scores_of_another_shape_are_refused():
    for shape in ((0, 15), (10, 5), (10,)):
        with pytest.raises(CortadoError, match="utterance utt: scores"):
            decode(random_graph(0, 20), random_tid_to_pdf(0), np.zeros(shape, np.float32))


def test_minus_infinity_forbids_a_pdf_and_a_frame_of_it_ends_all_paths():
    fst, tid_to_pdf, scores = random_graph(0, 100), random_tid_to_pdf(0), random_scores(0, 20)
    scores[:, 4] = -np.inf
    path = decode(fst, tid_to_pdf, scores).lattice.best_path(1 / 12)
    assert 4 not in tid_to_pdf[path.alignment]
    scores[5] = -np.inf
    assert decode(fst, tid_to_pdf, scores).lattice is None


def test_too_few_frames_for_any_sentence_give_a_path_that_does_not_end():
    arcs = [(state, 1, 0, 0.0, state + 1) for state in range(5)]
    fst = Fst.from_arcs(6, 0, *zip(*arcs, strict=True), [np.inf] * 5 + [0.0])
    short, long = (decode(fst, np.zeros(2, np.int32), np.zeros((frames, 1), np.float32)) for frames in (3, 5))
    assert (short.reached_final, len(short.lattice.best_path(1.0).alignment)) == (False, 3)
    assert (long.reached_final, len(long.lattice.best_path(1.0).alignment)) == (True, 5)


@pytest.mark.parametrize("wrong", [{"beam": 0}, {"beam": float("nan")}, {"lattice_beam": -1}, {"max_active": 10, "min_active": 20}])
def test_impossible_options_are_refused_by_name(wrong):
    with pytest.raises(ConfigError, match=next(reversed(wrong))):
        DecoderOptions(**wrong)
