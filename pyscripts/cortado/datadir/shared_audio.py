"""Which clips hold the same audio: copies by a digest of their samples, overlaps by runs of equal samples.

Two clips overlap where RUN or more consecutive samples are equal, bit for bit, wherever they stand in either: cut from one file, or from
two exports of it. Runs are compared by 64-bit hashes, so that clips without a common run are taken for overlapping with a chance of about
n^2 / 2^65 for n runs (1 in 5,000 for an hour at 22 kHz). Silence is equal everywhere and proves nothing: runs whose samples stay within
QUIET of one another are passed over, which takes in zeros, dither and clipped plateaus.

Of a corpus of hours, not every run has to be kept. With `min_run` above RUN, only the smallest hash among the runs of every stretch of
`min_run` samples is (S. Schleimer, D. Wilkerson and A. Aiken, "Winnowing: local algorithms for document fingerprinting", SIGMOD 2003):
an overlap of `min_run` samples is found for certain, a shorter one with luck, and about 2 of min_run - RUN hashes remain.
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cortado.errors import ConfigError

RUN = 24  # samples
QUIET = 2.0**-8  # of full scale
BLOCK = 1 << 18  # samples that hashes are computed of together
AT_ONCE = 1 << 23  # hashes held in memory together; the audio is read once for each such part of them
NOT_A_RUN = np.uint64(2**64 - 1)  # the hash of a quiet run: never the smallest

Clips = Callable[[], Iterator[tuple[str, np.ndarray]]]  # each call reads them anew: (name, samples (num_samples,) float32)


class Overlap(NamedTuple):
    """Of clips that a system is tested on, those with a copy among the clips it was trained on, and those that overlap with one.

    A copy overlaps, unless it is quiet throughout.
    """

    copies: set[str]
    overlapping: set[str]


def content_digest(samples: np.ndarray) -> bytes:
    """16 bytes that equal samples, (num_samples,) float32, have in common and others do not; 0 and -0 are equal."""
    return hashlib.blake2b(samples + np.float32(0), digest_size=16).digest()


def run_hashes(samples: np.ndarray, min_run: int = RUN) -> np.ndarray:
    """The distinct hashes, ascending uint64, that stand for the runs of RUN samples in `samples`, (num_samples,) float32, finite.

    Two clips that share a loud run of `min_run` samples share one of them. Raises ConfigError for `min_run` below RUN.
    """
    if min_run < RUN:
        raise ConfigError(f"equal runs of {min_run} samples may be chance; the shortest that count are of {RUN}")
    step = max(BLOCK, 2 * min_run)
    blocks = [samples[start : start + step + min_run - 1] for start in range(0, max(1, len(samples) - min_run + 1), step)]
    return np.unique(np.concatenate([_smallest(_hashes(block), min_run - RUN + 1) for block in blocks]))


def link_clips(clips: Clips, num_samples: int, min_run: int = RUN) -> dict[str, int]:
    """Clip -> its overlap group, numbered from 0. Clips that overlap, be it through others, are of one group.

    num_samples: of all clips together, to keep memory within about 40 bytes for each of AT_ONCE hashes.
    """
    names: list[str] = []
    pairs = [np.empty((0, 2), np.int64)]
    for part in _parts(num_samples, min_run):
        hashes = {name: _of_part(run_hashes(samples, min_run), part) for name, samples in clips()}
        names = list(hashes)
        pairs.append(_neighbours(list(hashes.values())))
    return dict(zip(names, join(len(names), np.concatenate(pairs)).tolist(), strict=True))


def measure_overlap(clips: Clips, is_trained_on: Mapping[str, bool], min_run: int = RUN) -> Overlap:
    """How far the test clips, those that `is_trained_on` has as False, are known from the training clips; others are not looked at."""

    def chosen(trained: bool) -> Iterator[tuple[str, np.ndarray]]:
        return ((name, samples) for name, samples in clips() if is_trained_on.get(name) is trained)

    trained_on = {content_digest(samples) for _, samples in chosen(trained=True)}
    copies, num_samples = set(), 0
    for name, samples in chosen(trained=False):
        num_samples += len(samples)
        if content_digest(samples) in trained_on:
            copies.add(name)
    overlapping: set[str] = set()
    for part in _parts(num_samples, min_run):
        tested = {name: _of_part(run_hashes(samples, min_run), part) for name, samples in chosen(trained=False)}
        hashes = np.unique(np.concatenate([np.empty(0, np.uint64), *tested.values()]))
        is_known = np.zeros(len(hashes), bool)
        for _, samples in chosen(trained=True):
            own = _of_part(run_hashes(samples, min_run), part)
            is_known[_find(own, hashes)] = True
        overlapping.update(name for name, own in tested.items() if is_known[_find(own, hashes)].any())
    return Overlap(copies, overlapping)


def join(num_nodes: int, pairs: np.ndarray) -> np.ndarray:
    """The group of each node, (num_nodes,) int from 0, where the nodes of each of the pairs, (num_pairs, 2) int64, are of one group."""
    if num_nodes == 0:
        return np.empty(0, np.int64)
    graph = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(num_nodes, num_nodes))
    return connected_components(graph, directed=False)[1]


Part = tuple[int, int]  # a remainder, and the number of parts, which the hashes of that part are divided by


def _parts(num_samples: int, min_run: int) -> list[Part]:
    """As many as memory asks for."""
    num_hashes = num_samples * min(1.0, 2 / (min_run - RUN + 2))
    num_parts = max(1, math.ceil(num_hashes / AT_ONCE))
    return [(part, num_parts) for part in range(num_parts)]


def _of_part(hashes: np.ndarray, part: Part) -> np.ndarray:
    return hashes[hashes % part[1] == part[0]]


def _find(hashes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Where those of the hashes that are known, ascending, stand there."""
    places = np.searchsorted(known, hashes)
    hashes, places = hashes[places < len(known)], places[places < len(known)]
    return places[known[places] == hashes]


def _neighbours(hashes: Sequence[np.ndarray]) -> np.ndarray:
    """Pairs of clips, (num_pairs, 2) int64, that join all clips with a hash in common: each to the next one that has it."""
    values = np.concatenate([np.empty(0, np.uint64), *hashes])
    owners = np.repeat(np.arange(len(hashes)), [len(own) for own in hashes])
    order = np.argsort(values, kind="stable")
    same = np.flatnonzero(values[order[1:]] == values[order[:-1]])
    first, second = owners[order[same]], owners[order[same + 1]]
    return np.stack(np.divmod(np.unique(first * len(hashes) + second), max(1, len(hashes))), axis=1)


def _hashes(samples: np.ndarray) -> np.ndarray:
    """The hash of the run from each sample on, (max(0, num_samples - RUN + 1),) uint64: a polynomial in hashes of the samples, modulo 2^64."""
    if len(samples) < RUN:
        return np.empty(0, np.uint64)
    ones = _scatter((samples + np.float32(0)).view(np.uint32).astype(np.uint64))
    twos = _joined(ones, ones, 1)
    fours = _joined(twos, twos, 2)
    eights = _joined(fours, fours, 4)
    hashes = _scatter(_joined(_joined(eights, eights, 8), eights, 16))
    span = _sliding(np.maximum, samples, RUN) - _sliding(np.minimum, samples, RUN)
    return np.where(span > QUIET, hashes, NOT_A_RUN)


def _joined(first: np.ndarray, second: np.ndarray, distance: int) -> np.ndarray:
    """The hash of a run from those of its two parts, the second beginning `distance` samples after the first."""
    factor = np.uint64(pow(0x9E3779B97F4A7C15, distance, 2**64))
    length = len(second) - distance
    return first[:length] * factor + second[distance:]


def _scatter(values: np.ndarray) -> np.ndarray:
    """One to one, with each bit depending on all: the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _smallest(hashes: np.ndarray, width: int) -> np.ndarray:
    """The values that are the smallest of some `width` consecutive hashes (of all, where there are fewer), in their order."""
    hashes = _sliding(np.minimum, hashes, min(width, len(hashes)))
    is_new = np.append(True, hashes[1:] != hashes[:-1])[: len(hashes)]
    return hashes[is_new & (hashes != NOT_A_RUN)]


def _sliding(choose: np.ufunc, values: np.ndarray, width: int) -> np.ndarray:
    """The smallest, or largest, of `width` consecutive values from each on: (num_values - width + 1,)."""
    done = 1
    while done < width:  # values[i] is that of `done` from i on
        more = min(done, width - done)
        values = choose(values[: len(values) - more], values[more:])
        done += more
    return values
