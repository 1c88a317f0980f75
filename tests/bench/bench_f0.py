"""f0 of SYNTHETIC singing against praat's autocorrelation (praat-parselmouth): times real time of one core, and accuracy by mir_eval.

Three voices of 40 s from bass to soprano, clean and as on an old disc, to vectors in an ark. The sides take turns; the ratio is the median
over the turns of processor time, since others may use the machine. Raw pitch accuracy is within 50 cents, voicing recall and false alarm
beside it. Run: OMP_NUM_THREADS=1 python3 tests/bench/bench_f0.py
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import mir_eval
import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "pitch"))
from sung_signals import HOP, RATE, harden, sing

from cortado.ark import ArkWriter
from cortado.pitch import Praat, SalienceTracker, Tracker, make_f0

TONICS, SECONDS, TURNS = (90.0, 180.0, 420.0), 40, 3

Song = tuple[np.ndarray, np.ndarray]  # samples, exact f0


def main() -> None:
    clean = [sing(SECONDS, tonic, seed) for seed, tonic in enumerate(TONICS)]
    noisy = [sing(SECONDS, tonic, seed, snr_db=8) for seed, tonic in enumerate(TONICS, 10)]
    hard = [(harden(samples, seed), f0) for seed, (samples, f0) in enumerate(noisy)]
    ours, praat = SalienceTracker(), Praat()
    accuracies = "; ".join(
        f"{name}: ours {accuracy(songs, ours)}, praat {accuracy(songs, praat)}" for name, songs in (("clean", clean), ("old disc", hard))
    )
    with tempfile.TemporaryDirectory() as folder:
        times = [[seconds_to_write(clean + hard, tracker, Path(folder)) for tracker in (ours, praat)] for _ in range(TURNS)]
    ratio = statistics.median(theirs / own for own, theirs in times)
    own, theirs = (2 * len(TONICS) * SECONDS / statistics.median(column) for column in zip(*times, strict=True))
    print(f"f0 with ark writing: {ratio:.1f} x praat ({own:.0f} against {theirs:.0f} times real time a core); {accuracies}")


def accuracy(songs: list[Song], tracker: Tracker) -> str:
    """'RPA 99.5 % VR 99.6 % VFA 0.3 %', means over the songs."""
    rows = []
    for samples, exact in songs:
        found = make_f0(samples, RATE, tracker).values
        times, other_times = (np.arange(len(f0)) * HOP / RATE for f0 in (exact, found))
        cents = mir_eval.melody.to_cent_voicing(times, exact, other_times, found)
        rows.append([mir_eval.melody.raw_pitch_accuracy(*cents), *mir_eval.melody.voicing_measures(cents[0], cents[2])])
    return " ".join(f"{name} {100 * value:.1f} %" for name, value in zip(("RPA", "VR", "VFA"), np.mean(rows, axis=0), strict=True))


def seconds_to_write(songs: list[Song], tracker: Tracker, folder: Path) -> float:
    start = time.process_time()
    with ArkWriter(folder / "f0.ark", folder / "f0.scp") as writer:
        for number, (samples, _) in enumerate(songs):
            writer.write(f"song-{number}", make_f0(samples, RATE, tracker).values)
    return time.process_time() - start


if __name__ == "__main__":
    main()
