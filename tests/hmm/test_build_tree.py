"""Trees: the planted questions are found, roots and limits are kept; phones that sound alike are clustered."""

import numpy as np
import pytest

from cortado.hmm.alignment import PhoneSegments
from cortado.hmm.build_tree import build_tree, leaf_statistics
from cortado.hmm.questions import cluster_phones, make_questions
from cortado.hmm.topology import make_topology
from cortado.hmm.tree_stats import TreeStats, events_of_utterance, log_likelihood
from cortado.lang.files import Root

PHONES = range(2, 10)
VOWELS = frozenset({2, 3, 4})


@pytest.fixture(scope="module")
def stats() -> TreeStats:
    """Phones in all contexts; state 0 of phone 5 is another after a vowel, state 2 of it another at the end of the utterance."""
    rng = np.random.default_rng(0)
    events = np.array(
        [(left, phone, right, state) for left in (0, *PHONES) for phone in PHONES for right in (0, *PHONES) for state in range(3)]
    )
    means = 3.0 * events[:, 1:2] + 40.0 * events[:, 3:4] + np.zeros((1, 2))
    means[:, 1] += np.where(np.isin(events[:, 1], list(VOWELS)), 100, 0)
    means[(events[:, 1] == 5) & (events[:, 3] == 0) & np.isin(events[:, 0], list(VOWELS))] += 20
    means[(events[:, 1] == 5) & (events[:, 3] == 2) & (events[:, 2] == 0)] += 30
    frames = np.repeat(np.arange(len(events)), 20)
    silence = np.repeat(np.array([[0, 1, 0, state] for state in range(5)]), 300, axis=0)
    feats = np.concatenate([means[frames] + rng.normal(size=(len(frames), 2)), rng.normal(size=(len(silence), 2)) - 50])
    return TreeStats.of_frames(feats.astype(np.float32), np.concatenate([events[frames], silence]))


@pytest.fixture
def topology():
    return make_topology(PHONES, [1])


def roots(shared: bool) -> list[Root]:
    return [Root(False, False, [1]), *(Root(shared, True, [phone]) for phone in PHONES)]


def questions(stats) -> list[frozenset[int]]:
    return make_questions(stats, [[phone] for phone in PHONES], [[8, 9]])


def test_clusters_hold_phones_that_sound_alike_and_the_questions_all_that_was_given(stats):
    clusters = cluster_phones(stats, [[phone] for phone in (*PHONES, 30)])  # phone 30 never occurs
    assert VOWELS in clusters and frozenset(PHONES) - VOWELS in clusters and clusters[-1] == frozenset(PHONES)
    assert len(clusters) == 2 * len(PHONES) - 1 and not any(30 in cluster for cluster in clusters)
    asked = questions(stats)
    assert frozenset([8, 9]) in asked and frozenset([0]) in asked and len(set(asked)) == len(asked)


def test_the_planted_questions_are_asked_first(stats, topology):
    tree = build_tree(stats, questions(stats), roots(shared=False), topology, num_leaves=5 + 24 + 2, min_count=50, min_gain=100)
    assert tree.num_pdfs == 31
    around = np.array([0, *PHONES])
    before = np.array([[phone, 5, 6] for phone in around])
    by_left, by_right = tree.pdf_ids(before, np.zeros(9, int)), tree.pdf_ids(before[:, ::-1] * [0, 1, 1], np.full(9, 2))
    for pdfs, planted in ((by_left, np.isin(around, list(VOWELS))), (by_right, around == 0)):
        assert len(set(pdfs)) == 2 and len(set(pdfs[planted])) == len(set(pdfs[~planted])) == 1


def test_shared_roots_are_told_apart_by_state_and_others_that_must_not_split_do_not(stats, topology):
    tree = build_tree(stats, questions(stats), roots(shared=True), topology, num_leaves=200, min_count=50, min_gain=100)
    for phone in PHONES:
        pdfs = [tree.pdfs_of(phone, state) for state in range(3)]
        assert len(set().union(*map(set, pdfs))) == sum(map(len, pdfs)) > 2
    assert [tree.pdfs_of(1, state) for state in range(5)] == [[0], [1], [2], [3], [4]]


@pytest.mark.parametrize("num_leaves", [1, 29, 30, 40])
def test_there_are_as_many_leaves_as_asked_for_but_no_fewer_than_roots(stats, topology, num_leaves):
    tree = build_tree(stats, questions(stats), roots(shared=False), topology, num_leaves, min_count=1, min_gain=0)
    assert tree.num_pdfs == max(num_leaves, 5 + 24)


def test_splits_leave_enough_frames_and_each_gains_the_likelihood_it_must(stats, topology):
    tree = build_tree(stats, questions(stats), roots(shared=False), topology, 100, min_count=400, min_gain=100)
    counts, sums, squares = leaf_statistics(tree, stats)
    assert counts.sum() == stats.counts.sum() and (counts[5:] >= 400).all()  # leaves of silence have 300
    stem = build_tree(stats, [], roots(shared=False), topology, 1, min_count=1, min_gain=0)
    gain = log_likelihood(counts, sums, squares).sum() - log_likelihood(*leaf_statistics(stem, stats)).sum()
    assert 29 < tree.num_pdfs < 100 and gain >= 100 * (tree.num_pdfs - stem.num_pdfs)


def test_statistics_of_parts_are_those_of_the_whole():
    rng = np.random.default_rng(1)
    feats, events = rng.normal(size=(200, 3)).astype(np.float32), rng.integers(0, 3, (200, 4))
    whole = TreeStats.of_frames(feats, events)
    joined = TreeStats.join([TreeStats.of_frames(feats[:80], events[:80]), TreeStats.of_frames(feats[80:], events[80:])])
    for name in ("events", "counts", "sums", "squares"):
        np.testing.assert_allclose(getattr(joined, name), getattr(whole, name), atol=1e-4)  # terms are rounded
    for row, event in enumerate(whole.events):
        own = feats[(events == event).all(1)].astype(np.float64)
        assert whole.counts[row] == len(own)
        np.testing.assert_allclose(whole.squares[row], (own**2).sum(0), atol=1e-4)


def test_phones_without_context_see_no_neighbours_but_are_seen():
    segments = PhoneSegments(np.array([1, 5, 1]), np.array([0, 2, 3]), np.array([2, 1, 1]))
    events = events_of_utterance(segments, np.array([0, 1, 2, 0]), context_independent=[1])
    assert events.tolist() == [[0, 1, 0, 0], [0, 1, 0, 1], [1, 5, 1, 2], [0, 1, 0, 0]]
