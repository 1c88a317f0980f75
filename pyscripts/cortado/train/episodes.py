"""Batches of whole speakers: N speakers with M utterances each, as the losses that compare utterances want them."""

import numpy as np

from cortado.errors import CortadoError
from cortado.train.sampler import EpochOrder


class EpisodeOrder(EpochOrder):
    """Items in batches of `num_speakers` different speakers, each with `per_speaker` items one after the other.

    As in the papers on cross attentive pooling and metric learning (Kye et al., SLT 2021; Chung et al., Interspeech 2020), each
    epoch shuffles a speaker's utterances anew, takes at most `limit` of them and cuts these into groups of `per_speaker`,
    leaving the rest out; a batch is groups of different speakers. Where groups of a few speakers are too many for that, some
    are left out, chosen at random: never more than must be, so an epoch has as many batches as there can be.

    `labels`: (num_utterances,) int64, the speakers from 0. Items are numbers of utterances. `passes` above 1 counts each
    utterance so many times, for several crops of it; a group has an utterance twice only where two passes meet in it.

    Raises CortadoError naming how many speakers have too few utterances, or that there are fewer than `num_speakers`.

    >>> order = EpisodeOrder(np.array([0, 0, 0, 1, 1, 2, 2, 2, 2]), num_speakers=2, per_speaker=2, seed=0)
    >>> order.num_items, sorted(order.items(0, 4) // 3)  # the third utterance of speaker 0 is left out, or another
    (8, [0, 0, 2, 2])
    """

    def __init__(self, labels: np.ndarray, num_speakers: int, per_speaker: int, seed: int, limit: int | None = None, passes: int = 1):
        super().__init__(seed)
        self.num_speakers, self.per_speaker, self.passes = num_speakers, per_speaker, passes
        self._labels = np.tile(labels, passes)
        available = np.bincount(self._labels)
        short = int((available < per_speaker).sum())
        if short:
            raise CortadoError(
                f"{short} of {len(available)} speakers have fewer than the {per_speaker} utterances that a batch takes of each; leave these "
                "speakers out, or set crops.per_utterance to take several crops of an utterance"
            )
        if len(available) < num_speakers:
            raise CortadoError(f"a batch takes {num_speakers} speakers, and there are {len(available)}; lower training.batch_size")
        self._starts = np.cumsum(available) - available
        self._groups = np.minimum(available, limit or available) // per_speaker
        self.num_batches = most_batches(self._groups, num_speakers)
        self.num_items = self.num_batches * num_speakers * per_speaker

    def make_order(self, rng: np.random.Generator) -> np.ndarray:
        speakers, groups = deal(self._groups, self.num_speakers, rng)
        first = self._starts[speakers] + groups * self.per_speaker
        return self._shuffled_by_speaker(rng)[first[:, None] + np.arange(self.per_speaker)].ravel()

    def _shuffled_by_speaker(self, rng: np.random.Generator) -> np.ndarray:
        """All items, speaker after speaker; a speaker's in random order, the first pass before the second."""
        num_utterances = len(self._labels) // self.passes
        keys = rng.random(len(self._labels)) + np.repeat(np.arange(self.passes), num_utterances)
        return np.lexsort((keys, self._labels)) % num_utterances


def most_batches(groups: np.ndarray, num_speakers: int) -> int:
    """How many batches of `num_speakers` different speakers can be made where speaker s has `groups[s]` groups.

    B batches take at most B groups of a speaker, so sum_s min(groups_s, B) must reach B num_speakers; that is also enough.

    >>> most_batches(np.array([9, 2, 2]), num_speakers=2)
    4
    """
    low, high = 0, int(groups.sum()) // num_speakers
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if np.minimum(groups, middle).sum() >= middle * num_speakers else (low, middle - 1)
    return low


def deal(groups: np.ndarray, num_speakers: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """All batches of an epoch: the speakers of each, and which group of that speaker it is, both (batches x num_speakers,).

    Batches are drawn one by one, speakers with a chance in proportion to the groups they have left; who has as many left as
    there are batches to come is in all of them. So the last batch is filled as the first one.
    """
    num_batches = most_batches(groups, num_speakers)
    left = rng.multivariate_hypergeometric(np.minimum(groups, num_batches), num_batches * num_speakers)
    speakers, numbers = np.empty((2, num_batches, num_speakers), np.int64)
    dealt = np.zeros_like(left)
    for batch in range(num_batches):
        with np.errstate(divide="ignore"):
            waiting = rng.exponential(size=len(left)) / left  # the smallest are a draw in proportion to `left`
        waiting[left == num_batches - batch] = -1.0
        chosen = rng.permutation(np.argpartition(waiting, num_speakers - 1)[:num_speakers])
        speakers[batch], numbers[batch] = chosen, dealt[chosen]
        dealt[chosen] += 1
        left[chosen] -= 1
    return speakers.ravel(), numbers.ravel()
