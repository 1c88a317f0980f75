"""Episodes: whole speakers, none twice in a batch, limits kept, as many batches as can be, and a function of seed and epoch."""

from itertools import product

import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.train.episodes import EpisodeOrder, deal, most_batches

UNEVEN = np.random.default_rng(0).permutation(np.repeat(np.arange(9), (4, 5, 6, 7, 8, 12, 30, 31, 50)))  # (153,), shuffled


def episodes(order: EpisodeOrder, epoch: int = 0) -> np.ndarray:
    """The utterances of an epoch: (batches, speakers, utterances)."""
    return order.order(epoch).reshape(order.num_batches, order.num_speakers, order.per_speaker)


@pytest.mark.parametrize(("num_speakers", "per_speaker", "limit"), [(4, 3, None), (2, 4, 12), (9, 2, None), (5, 1, 6)])
def test_a_batch_is_whole_speakers_none_twice_and_no_utterance_comes_twice_in_an_epoch(num_speakers, per_speaker, limit):
    order = EpisodeOrder(UNEVEN, num_speakers, per_speaker, seed=3, limit=limit)
    for epoch in range(3):
        utterances = episodes(order, epoch)
        speakers = UNEVEN[utterances]
        assert (speakers == speakers[:, :, :1]).all()
        assert all(len(set(batch)) == num_speakers for batch in speakers[:, :, 0].tolist())
        assert len(np.unique(utterances)) == utterances.size == order.num_items
        assert limit is None or np.bincount(speakers.ravel()).max() <= limit


def test_each_epoch_takes_other_utterances_of_a_speaker_up_to_the_limit():
    order = EpisodeOrder(UNEVEN, num_speakers=3, per_speaker=2, seed=0, limit=6)
    taken = [set(order.order(epoch)[UNEVEN[order.order(epoch)] == 8]) for epoch in range(20)]
    assert all(len(utterances) <= 6 for utterances in taken)
    assert len(set.union(*taken)) > 40, "of 50"


def test_equal_speakers_lose_nothing():
    order = EpisodeOrder(np.repeat(np.arange(12), 9), num_speakers=4, per_speaker=3, seed=1)
    assert sorted(order.order(0)) == list(range(108))


def test_an_epoch_has_as_many_batches_as_any_arrangement():
    """Against a search through all arrangements, for 3 speakers with up to 4 groups each."""

    def longest(groups: tuple[int, ...], size: int) -> int:
        takers = [s for s in range(len(groups)) if groups[s]]
        if len(takers) < size:
            return 0
        choices = (c for c in product((0, 1), repeat=len(groups)) if sum(c) == size and all(g >= t for g, t in zip(groups, c, strict=True)))
        return 1 + max(longest(tuple(sorted(g - t for g, t in zip(groups, c, strict=True))), size) for c in choices)

    for groups, size in product(product(range(5), repeat=3), (2, 3)):
        assert most_batches(np.array(groups), size) == longest(groups, size), (groups, size)


def test_one_speaker_with_most_of_the_utterances_is_in_every_batch_and_the_others_share_the_rest():
    speakers, numbers = deal(np.array([40, 3, 3, 3]), num_speakers=2, rng=np.random.default_rng(0))
    batches = speakers.reshape(-1, 2)
    assert len(batches) == 9 and (batches == 0).any(axis=1).all()
    assert sorted(zip(speakers.tolist(), numbers.tolist(), strict=True)) == sorted(
        [(0, n) for n in range(9)] + list(product((1, 2, 3), range(3)))
    )


def test_speakers_are_spread_evenly_over_an_epoch():
    """Else its last batches would show the few speakers with most utterances alone."""
    speakers, _ = deal(np.repeat([10, 30], 50), num_speakers=10, rng=np.random.default_rng(0))
    is_large = speakers.reshape(2, -1) >= 50  # the two halves of the epoch
    assert np.abs(is_large.mean(axis=1) - 0.75).max() < 0.04


def test_any_two_speakers_meet():
    """So each speaker is told from all others within a few epochs."""
    order = EpisodeOrder(np.repeat(np.arange(20), 12), num_speakers=5, per_speaker=3, seed=0)
    met = np.eye(20, dtype=bool)
    for epoch in range(20):
        for batch in episodes(order, epoch)[:, :, 0] // 12:
            met[np.ix_(batch, batch)] = True
    assert met.all()


def test_seed_and_position_alone_decide():
    order = EpisodeOrder(UNEVEN, num_speakers=4, per_speaker=3, seed=7)
    later = order.items(2 * order.num_items + 12, 24)
    fresh = EpisodeOrder(UNEVEN, num_speakers=4, per_speaker=3, seed=7)
    np.testing.assert_array_equal(fresh.items(2 * order.num_items + 12, 24), later)
    other = EpisodeOrder(UNEVEN, num_speakers=4, per_speaker=3, seed=8)
    assert not np.array_equal(other.order(0), order.order(0)) and not np.array_equal(order.order(0), order.order(1))


def test_passes_take_every_utterance_so_often_and_twice_in_a_group_only_where_it_must_be():
    labels = np.repeat(np.arange(4), (2, 6, 6, 6))
    with pytest.raises(CortadoError, match=r"1 of 4 speakers have fewer than the 3 utterances.*crops\.per_utterance"):
        EpisodeOrder(labels, num_speakers=2, per_speaker=3, seed=0)
    order = EpisodeOrder(labels, num_speakers=2, per_speaker=3, seed=0, passes=3)
    groups = episodes(order).reshape(-1, 3)
    assert np.bincount(order.order(0)).max() == 3
    for group in groups:
        distinct = len(set(group))
        assert distinct == (2 if labels[group[0]] == 0 else 3)


def test_fewer_speakers_than_a_batch_takes_are_refused():
    with pytest.raises(CortadoError, match=r"a batch takes 5 speakers, and there are 4; lower training\.batch_size"):
        EpisodeOrder(np.repeat(np.arange(4), 6), num_speakers=5, per_speaker=2, seed=0)
