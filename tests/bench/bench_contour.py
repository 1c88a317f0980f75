#!/usr/bin/env python3
"""A million frames of f0 to line segments, levels estimated on them, one thread: beside scikit-learn's KMeans and ckmeans on the same pitches.

    . ./path.sh; OMP_NUM_THREADS=1 python3 tests/bench/bench_contour.py [--num-frames 1000000] [--num-levels 40]

The melodies are SYNTHETIC: notes of a scale with intonation, vibrato, glides and breaths. ckmeans is exact, and KMeans (k-means++, 10
starts) is what most programs use; both only cluster, ours counts from f0 in Hz to symbols. Seconds are CPU time.
"""

import argparse
import time

import ckmeans
import numpy as np
from sklearn.cluster import KMeans

from cortado.motifs.cents import cents_to_hz, hz_to_cents
from cortado.motifs.contour import make_contour
from cortado.motifs.contour_config import ContourConfig, LevelsConfig
from cortado.motifs.estimate_levels import GRID, estimate_levels

NOTE = 60  # frames of a note, about a third of a second
SCALE = np.array([0, 100, 400, 500, 700, 800, 1000])  # Phrygian dominant, of flamenco's por medio


def sing(num_frames: int) -> np.ndarray:
    """f0 (num_frames,) float32, Hz, 0 in breaths."""
    rng = np.random.default_rng(0)
    num_notes = num_frames // NOTE + 1
    octave = 1200 * rng.integers(0, 2, num_notes)
    notes = 1500 + octave + rng.choice(SCALE, num_notes) + rng.normal(0, 10, num_notes)
    cents = np.convolve(np.repeat(notes, NOTE)[: num_frames + 12], np.full(13, 1 / 13), "valid")
    cents += 40 * np.sin(np.arange(num_frames) * 2 * np.pi * 6 * 256 / 44100) + rng.normal(0, 3, num_frames)
    breath = np.repeat(rng.random(num_notes) < 0.1, NOTE)[:num_frames]
    return np.where(breath, 0, cents_to_hz(cents)).astype(np.float32)


def seconds(function, *arguments):
    start = time.process_time()
    value = function(*arguments)
    return time.process_time() - start, value


def squared_error(values: np.ndarray, centres: np.ndarray) -> float:
    """Of the nearest centres."""
    centres = np.sort(centres)
    nearest = centres[np.searchsorted((centres[:-1] + centres[1:]) / 2, values)]
    return float(np.sum((values - nearest) ** 2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-frames", type=int, default=1_000_000)
    parser.add_argument("--num-levels", type=int, default=40)
    args = parser.parse_args()
    config = ContourConfig(LevelsConfig(number=args.num_levels))
    estimate_levels(lambda: [sing(10_000)], config)  # compiles, or reads what was compiled
    f0 = sing(args.num_frames)
    pitches = hz_to_cents(f0[f0 > 0])
    estimation, levels = seconds(estimate_levels, lambda: [f0], config)
    segmentation, contour = seconds(make_contour, f0, levels)
    exact, clusters = seconds(ckmeans.ckmeans, pitches, args.num_levels)
    usual, model = seconds(KMeans(args.num_levels, n_init=10, random_state=0).fit, pitches[:, None])
    optimum = sum(float(np.sum((cluster - cluster.mean()) ** 2)) for cluster in clusters)
    ours, theirs = (squared_error(pitches, centres) / optimum - 1 for centres in (np.array(levels.centres), model.cluster_centers_[:, 0]))
    spent = estimation + segmentation
    print(
        f"{args.num_frames:,} frames (SYNTHETIC) to {len(contour):,} segments on {args.num_levels} levels: {spent:.2f} s of CPU "
        f"({estimation:.2f} levels, {segmentation:.2f} segments), squared error {100 * ours:+.4f} % of the optimum (grid of {GRID} cents); "
        f"ckmeans {exact:.2f} s, {exact / spent:.0f} times ours; KMeans {usual:.1f} s, {usual / spent:.0f} times, {100 * theirs:+.2f} %"
    )


if __name__ == "__main__":
    main()
