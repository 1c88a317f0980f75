"""Copies and overlaps of clips, compared with a search that looks at every run of samples as it is."""

from itertools import combinations

import networkx
import numpy as np
import pytest

from cortado.datadir import shared_audio
from cortado.datadir.shared_audio import QUIET, RUN, content_digest, link_clips, measure_overlap, run_hashes
from cortado.errors import ConfigError


def noise(rng, num_samples: int) -> np.ndarray:
    return rng.uniform(-0.5, 0.5, num_samples).astype(np.float32)


def loud_runs(samples: np.ndarray) -> set[bytes]:
    """Every run of RUN samples that is not silence, as its bytes."""
    runs = (samples[start : start + RUN] for start in range(len(samples) - RUN + 1))
    return {run.tobytes() for run in runs if run.max() - run.min() > QUIET}


def partition(groups: dict) -> set[frozenset]:
    return {frozenset(name for name, group in groups.items() if group == number) for number in groups.values()}


def brute_force(clips: dict[str, np.ndarray]) -> set[frozenset]:
    runs = {name: loud_runs(samples) for name, samples in clips.items()}
    graph = networkx.Graph([(a, b) for a, b in combinations(clips, 2) if runs[a] & runs[b]])
    graph.add_nodes_from(clips)
    return {frozenset(component) for component in networkx.connected_components(graph)}


def make_clips(seed: int) -> dict[str, np.ndarray]:
    """Clips cut from a few takes at random, so that some overlap by a little less than a run and some by more; silence within."""
    rng = np.random.default_rng(seed)
    takes = [noise(rng, 600) for _ in range(6)]
    for take in takes:
        take[200:260] = 0
    starts = rng.integers(0, 520, size=24)
    return {f"c{n:02}": takes[rng.integers(6)][start : start + rng.integers(20, 80)] for n, start in enumerate(starts)}


@pytest.mark.parametrize("at_once", [100, 1 << 23])
def test_groups_are_those_that_comparing_every_run_finds(monkeypatch, at_once):
    monkeypatch.setattr(shared_audio, "AT_ONCE", at_once)  # in a dozen parts, and in one
    sizes = set()
    for seed in range(8):
        clips = make_clips(seed)
        groups = link_clips(lambda clips=clips: iter(clips.items()), sum(map(len, clips.values())))
        assert partition(groups) == brute_force(clips)
        sizes |= {len(group) for group in partition(groups)}
    assert {1, 2, 3} <= sizes


@pytest.mark.parametrize(("length", "is_shared"), [(RUN - 1, False), (RUN, True)])
def test_a_run_of_24_samples_counts_and_one_less_does_not(length, is_shared):
    rng = np.random.default_rng(0)
    first, second = noise(rng, 400), noise(rng, 400)
    second[30 : 30 + length] = first[300 : 300 + length]
    assert bool(len(np.intersect1d(run_hashes(first), run_hashes(second)))) == is_shared


@pytest.mark.parametrize("silence", [np.zeros(500), np.full(500, 0.999), np.tile([0, 1, -1, 0, 1], 100) / 32768])
def test_zeros_a_clipped_plateau_and_dither_are_no_evidence(silence):
    assert len(run_hashes(silence.astype(np.float32))) == 0


def test_an_overlap_of_min_run_samples_is_found_wherever_it_lies_and_few_hashes_are_kept(monkeypatch):
    monkeypatch.setattr(shared_audio, "BLOCK", 1000)  # overlaps across the edges of blocks
    rng, min_run = np.random.default_rng(0), 300
    long = noise(rng, 20_000)
    of_long = run_hashes(long, min_run)
    assert len(of_long) == pytest.approx(2 * len(long) / (min_run - RUN + 2), rel=0.2)
    for start in rng.integers(0, len(long) - min_run, size=100):
        clip = np.concatenate([noise(rng, 50), long[start : start + min_run], noise(rng, 70)])
        assert len(np.intersect1d(of_long, run_hashes(clip, min_run)))


def test_a_run_shorter_than_those_that_are_no_chance_is_refused():
    with pytest.raises(ConfigError, match="equal runs of 10 samples may be chance; the shortest that count are of 24"):
        run_hashes(np.zeros(100, np.float32), 10)


def test_a_digest_is_of_the_samples_and_minus_zero_is_zero():
    samples = np.array([0.0, 0.25, -0.5], np.float32)
    assert content_digest(samples) == content_digest(samples * np.array([-1, 1, 1], np.float32))
    assert content_digest(samples) != content_digest(samples[:2]) and content_digest(samples) != content_digest(samples + np.float32(1e-7))


@pytest.mark.parametrize("at_once", [100, 1 << 23])
def test_test_clips_that_overlap_with_training_are_those_that_comparing_every_run_finds(monkeypatch, at_once):
    monkeypatch.setattr(shared_audio, "AT_ONCE", at_once)
    counts = []
    for seed in range(5):
        clips = make_clips(seed)
        trained = {name: number % 3 > 0 for number, name in enumerate(clips)}
        runs = set().union(*(loud_runs(clips[name]) for name in clips if trained[name]))
        found = measure_overlap(lambda clips=clips: iter(clips.items()), trained).overlapping
        assert found == {name for name in clips if not trained[name] and runs & loud_runs(clips[name])}
        counts.append(len(found))
    assert min(counts) > 0 and max(counts) < 8


def test_what_test_has_in_common_with_training_is_counted_clip_by_clip():
    rng = np.random.default_rng(3)
    take = noise(rng, 500)
    clips = {
        "train": take[:200],
        "copy": take[:200],
        "overlap": take[190 - RUN : 400],
        "near": take[200 - RUN + 1 : 300],
        "other": noise(rng, 300),
    }
    clips["elsewhere"] = clips["other"]  # neither trained on nor tested
    trained = {"train": True, "copy": False, "overlap": False, "near": False, "other": False}
    overlap = measure_overlap(lambda: iter(clips.items()), trained)
    assert overlap == ({"copy"}, {"copy", "overlap"})
