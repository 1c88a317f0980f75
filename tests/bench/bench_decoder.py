"""Beam search on a 20,000-word bigram graph, one thread: real-time factor with a lattice and without, beside kaldi-decoder's best path.

Run: OMP_NUM_THREADS=1 python3 tests/bench/bench_decoder.py [number of utterances]

Lexicon, grammar and scores are drawn at random; words, alignments and costs must be those of kaldi-decoder's FasterDecoder on the same
graph, scores, beam and limits. Times are CPU seconds of this process; the peer is not charged for its expansion of scores to transition
ids, ours is charged for cutting the lattice down. Last, by the clock, what two threads need for all utterances against one, the median of
three; with other programs at work it says only that no thread waits for the other.
"""

import sys
import time

import kaldi_decoder
import kaldifst
import numpy as np

from cortado.decode.decoder import Decoder, DecoderOptions
from cortado.decode.determinize import determinize
from cortado.decode.graph import prepare_graph
from cortado.decode.threads import map_in_threads
from cortado.graph.exchange import to_kaldifst
from cortado.graph.fst import NOT_FINAL, Fst
from cortado.graph.grammar_fst import ngram_grammar, word_labels
from cortado.graph.hclg import make_hclg
from cortado.hmm.topology import make_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import monophone_tree
from cortado.lang.build import build_lang
from cortado.lang.dictionary import Dictionary
from cortado.lang.lexicon import Pronunciation
from cortado.lang.lexicon_fst import lexicon_fst
from cortado.lm.ngram_model import NgramModel, NgramOrder

NUM_WORDS, NUM_BIGRAMS, NUM_PHONES, NUM_FRAMES = 20_000, 400_000, 40, 500
SCALE = 0.125  # a power of two: scaling in float32 is exact
LIMITS = {"beam": 13.0, "max_active": 7000, "min_active": 200}


def make_lang(rng):
    phones = [f"p{n}" for n in range(NUM_PHONES)]
    spellings = {tuple(phones[n] for n in rng.integers(NUM_PHONES, size=rng.integers(3, 9))) for _ in range(NUM_WORDS)}
    lexicon = [Pronunciation(f"w{n:05}", 1.0, spelling) for n, spelling in enumerate(sorted(spellings))]
    return build_lang(
        Dictionary([*lexicon, Pronunciation("<unk>", 1.0, ("spn",))], [["sil"], ["spn"]], [[p] for p in phones], "sil"), "<unk>"
    )


def make_grammar(rng, lang):
    """A bigram over words of Zipf's frequencies."""
    words = [word for word, _ in lang.words if word.startswith("w")]
    vocabulary = [*words, "<s>", "</s>"]
    frequency = 1 / np.arange(1, len(words) + 1)
    frequency /= frequency.sum()
    first, second = (rng.choice(len(words), NUM_BIGRAMS, p=frequency) for _ in range(2))
    bigrams = np.unique(np.stack([first, second], axis=1), axis=0)
    unigrams = np.log10(np.concatenate([frequency * 0.9, [1e-9, 0.1]]))
    backoffs = np.full(len(vocabulary), np.log10(0.4))
    probs = np.log10(0.6 * rng.dirichlet(np.ones(8), len(bigrams))[:, 0])
    orders = [
        NgramOrder(np.arange(len(vocabulary), dtype=np.int32)[:, None], unigrams, backoffs),
        NgramOrder(bigrams.astype(np.int32), probs, np.zeros(len(bigrams))),
    ]
    model = NgramModel.from_unsorted(vocabulary, orders)
    return ngram_grammar(model, word_labels(model, lang.words)[0], lang.word_disambig)


def make_graph(rng):
    """(HCLG, transition model, lang)."""
    lang = make_lang(rng)
    arcs = lexicon_fst(lang, disambig=True)
    final = np.full(arcs.num_states, NOT_FINAL)
    final[arcs.final] = 0
    lexicon = Fst.from_arcs(arcs.num_states, 0, arcs.src, arcs.ilabel, arcs.olabel, arcs.weight, arcs.dst, final)
    topology = make_topology(lang.nonsilence_phones, lang.silence_phones)
    tree = monophone_tree(lang.phone_sets, topology)
    transitions = TransitionModel.from_tree(tree, topology)
    return make_hclg(lexicon, make_grammar(rng, lang), lang.disambig_phones, tree, transitions).fst, transitions, lang


def make_scores(rng, transitions, lang):
    """Log-likelihoods of frequent words one after the other, noisy enough that several thousand tokens stay within the beam."""
    pdfs: list[int] = []
    while len(pdfs) < NUM_FRAMES:
        for phone in lang.pronunciations[rng.integers(2000)].phones:
            states = np.flatnonzero(transitions.phones == phone)
            pdfs += np.repeat(transitions.forward_pdfs[states], rng.integers(1, 5, len(states))).tolist()
    scores = 12 * rng.standard_normal((len(pdfs), transitions.num_pdfs))
    scores[np.arange(len(pdfs)), pdfs] += 20
    return scores.astype(np.float32)


def ours(decoder, scores, determinized):
    start = time.process_time()
    decoding = decoder.decode("utt", scores)
    path = decoding.lattice.best_path(SCALE)
    spent = time.process_time() - start
    if determinized:
        determinize(decoding.lattice, decoder.options.lattice_beam, SCALE)
    return spent, time.process_time() - start, (list(path.words), path.alignment.tolist(), path.graph_cost + SCALE * path.acoustic_cost)


def peers(fst, scores, transitions):
    by_tid = np.ascontiguousarray((np.float32(SCALE) * scores)[:, transitions.tid_to_pdf[1:]])
    scores_by_tid = kaldi_decoder.DecodableCtc(by_tid)
    start = time.process_time()
    decoder = kaldi_decoder.FasterDecoder(fst, kaldi_decoder.FasterDecoderOptions(**LIMITS))
    decoder.decode(scores_by_tid)
    path = decoder.get_best_path()[1]
    spent = time.process_time() - start
    _, tids, words, weight = kaldifst.get_linear_symbol_sequence(path)
    return spent, (words, tids, weight.value1 + weight.value2)


def wall_seconds(decoder, utterances, num_threads):
    start = time.perf_counter()
    for _ in map_in_threads(lambda scores: decoder.decode("utt", scores), 5 * utterances, num_threads):
        pass
    return time.perf_counter() - start


def main():
    num_utterances = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    rng = np.random.default_rng(0)
    fst, transitions, lang = make_graph(rng)
    graph, peer_graph = prepare_graph(fst, transitions.tid_to_pdf), to_kaldifst(fst)
    with_lattice, without = (Decoder(graph, DecoderOptions(acoustic_scale=SCALE, lattice_beam=beam, **LIMITS)) for beam in (6.0, 0.0))
    utterances = [make_scores(rng, transitions, lang) for _ in range(num_utterances)]
    for decoder in (with_lattice, without):
        ours(decoder, utterances[0][:50], True)  # compiles
    num_frames, times, equal = sum(map(len, utterances)), np.zeros(4), 0
    for scores in utterances:
        lattice, determinized, best = ours(with_lattice, scores, True)
        plain, _, _ = ours(without, scores, False)
        peer, expected = peers(peer_graph, scores, transitions)
        times += lattice, determinized, plain, peer
        equal += best[:2] == expected[:2] and abs(best[2] - expected[2]) < 0.01
    factors = times / (num_frames / 100)
    speed_up = np.median([wall_seconds(with_lattice, utterances, 1) / wall_seconds(with_lattice, utterances, 2) for _ in range(3)])
    print(
        f"graph of {fst.num_states:,} states, {fst.num_arcs:,} arcs; {num_frames:,} frames, beam 13, at most 7000 active: real-time factor "
        f"{factors[0]:.4f} with a lattice (beam 6), {factors[1]:.4f} determinised, {factors[2]:.4f} without; kaldi-decoder's best path "
        f"{factors[3]:.4f}, {factors[3] / factors[0]:.2f} times ours with a lattice; {equal} of {num_utterances} the same words, "
        f"alignments and costs; two threads {speed_up:.2f} times as fast as one"
    )


if __name__ == "__main__":
    main()
