"""Alignment: the best path of a plain search over all states, and frame by frame that of kaldi-hmm-gmm with the same model."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from khg_inputs import lexicon_inputs, model_inputs, speech_inputs  # conftest.py puts tests/oracles on sys.path
from small_speech import PRONUNCIATIONS, SIL, SIL_PROB, lexicon, speak, transcripts

from cortado.hmm.accumulate import accumulate, new_statistics
from cortado.hmm.align import find_alignments, report
from cortado.hmm.chunks import Chunk
from cortado.hmm.corpus import Utterance
from cortado.hmm.packed_graphs import Scales, score_arcs
from cortado.hmm.settings import AlignSettings
from cortado.hmm.training_graph import GraphBuilder

NEVER = -np.inf


@pytest.fixture
def speech(transitions, triphone_tree, gmms):
    """Twelve utterances with their chunk, features and graphs."""
    rng = np.random.default_rng(3)
    words = transcripts(rng, 12)
    feats = [speak(rng, transcript, transitions, triphone_tree, gmms) for transcript in words]
    return make_chunk(words, feats), np.concatenate(feats), GraphBuilder(lexicon(), triphone_tree, transitions).build(words)


def make_chunk(words, feats) -> Chunk:
    return Chunk([Utterance(f"u{i}", "s", w, len(f)) for i, (w, f) in enumerate(zip(words, feats, strict=True))], Path("unused"))


def best_score(feats, utterance, graphs, arcs, gmms) -> float:
    """Over all paths, in float64, all states of all frames."""
    states = slice(*graphs.state_offsets[utterance : utterance + 2])
    log_likes = gmms.log_likes(feats)[:, graphs.pdf[states]]
    size = states.stop - states.start
    weights = np.full((size, size), NEVER)
    weights[np.arange(size), np.arange(size)] = arcs.self_loop[states]
    weights[np.arange(size - 1), np.arange(1, size)] = arcs.chain[states][1:]
    for target in range(size):
        own = slice(*graphs.extra_offsets[states.start + target : states.start + target + 2])
        weights[graphs.extra_source[own], target] = arcs.extra[own]
    scores = arcs.start[states].astype(np.float64) + log_likes[0]
    for frame in log_likes[1:]:
        scores = (scores[:, None] + weights).max(0) + frame
    return (scores + arcs.final[states]).max()


def test_the_score_is_the_best_of_all_paths(speech, transitions, gmms):
    chunk, feats, graphs = speech
    arcs = score_arcs(graphs, transitions, Scales())
    paths = find_alignments(feats, chunk, graphs, transitions, gmms, AlignSettings(), 1)
    for utterance, (start, end) in enumerate(zip(chunk.frame_offsets[:-1], chunk.frame_offsets[1:], strict=True)):
        assert paths.scores[utterance] == pytest.approx(best_score(feats[start:end], utterance, graphs, arcs, gmms), abs=0.02)
    assert not paths.retried.any()


def test_every_frame_is_aligned_as_by_kaldi_hmm_gmm(speech, khg, transitions, triphone_tree, gmms):
    chunk, feats, graphs = speech
    ours = find_alignments(feats, chunk, graphs, transitions, gmms, AlignSettings(), 1)
    words = [utterance.words for utterance in chunk.utterances]
    theirs = khg(
        "khg_align.py",
        **model_inputs(triphone_tree, transitions, gmms),
        **lexicon_inputs(PRONUNCIATIONS, SIL, SIL_PROB),
        **speech_inputs(words, feats, chunk.frame_offsets, beams=(30, 120)),
    )
    np.testing.assert_array_equal(ours.tids, theirs["tids"])
    np.testing.assert_allclose(ours.scores, theirs["scores"], rtol=1e-5)
    statistics = new_statistics(gmms)
    accumulate(statistics, feats, transitions.tid_to_pdf[ours.tids], gmms)
    np.testing.assert_allclose(statistics.sums, theirs["sums"], rtol=1e-4, atol=1e-3 * np.abs(feats).max() ** 2)


def test_alone_or_together_in_one_thread_or_three_the_alignment_is_the_same(speech, transitions, gmms, triphone_tree):
    chunk, feats, graphs = speech
    one = find_alignments(feats, chunk, graphs, transitions, gmms, AlignSettings(), 1)
    three = find_alignments(feats, chunk, graphs, transitions, gmms, AlignSettings(), 3)
    np.testing.assert_array_equal(one.tids, three.tids)
    np.testing.assert_array_equal(one.scores, three.scores)
    start, end = chunk.frame_offsets[5:7]
    alone = Chunk(chunk.utterances[5:6], Path("unused"))
    graph = GraphBuilder(lexicon(), triphone_tree, transitions).build([chunk.utterances[5].words])
    found = find_alignments(feats[start:end], alone, graph, transitions, gmms, AlignSettings(), 1)
    np.testing.assert_array_equal(found.tids, one.tids[start:end])


def test_an_utterance_without_a_path_is_named_with_the_reason(speech, transitions, gmms, triphone_tree):
    chunk, feats, _ = speech
    words, short = [np.array([2, 3, 2]), np.array([2, 3, 2])], 5
    feats = [feats[:short], feats[:200]]
    graphs = GraphBuilder(lexicon(), triphone_tree, transitions).build(words)
    settings, chunk = AlignSettings(beam=1e-3, retry_beam=1e-3), make_chunk(words, feats)
    paths = find_alignments(np.concatenate(feats), chunk, graphs, transitions, gmms, settings, 1)
    found = report(chunk, graphs, paths, settings)
    assert list(found.failed) == ["u0", "u1"] and not paths.tids.any() and not found.scores
    assert found.failed["u0"].startswith("5 frames are too few") and "retry beam of 0.001" in found.failed["u1"]


def test_the_retry_beam_finds_what_the_beam_does_not(speech, transitions, gmms):
    chunk, feats, graphs = speech
    wide = find_alignments(feats, chunk, graphs, transitions, gmms, AlignSettings(), 1)
    retried = find_alignments(feats, chunk, graphs, transitions, gmms, AlignSettings(beam=1e-3, retry_beam=1200), 1)
    assert retried.retried.sum() > 5  # a path may survive any beam
    for utterance in np.flatnonzero(retried.retried):
        frames = slice(*chunk.frame_offsets[utterance : utterance + 2])
        np.testing.assert_array_equal(retried.tids[frames], wide.tids[frames])
