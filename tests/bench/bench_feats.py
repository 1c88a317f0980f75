"""Features against kaldi-native-fbank: fbank-80 and MFCC-13 of 10 minutes of 16 kHz audio, to an ark on disk, one thread.

The peer gets its samples as a ready-made list of scaled floats, the fastest form it takes; both write through ArkWriter, as one
utterance. The sides take turns; the ratio is the median over the turns. Run: python3 tests/bench/bench_feats.py
"""

import statistics
import tempfile
import time
from pathlib import Path

import kaldi_native_fbank as knf
import numpy as np
import torch

from cortado.ark import ArkWriter
from cortado.feats import Fbank, Mfcc

RATE, SECONDS, TURNS = 16000, 600, 7


def native(kind: str, scaled: list[float]) -> np.ndarray:
    options = knf.FbankOptions() if kind == "fbank" else knf.MfccOptions()
    options.frame_opts.dither = 0
    options.mel_opts.num_bins = 80 if kind == "fbank" else 23
    computer = knf.OnlineFbank(options) if kind == "fbank" else knf.OnlineMfcc(options)
    computer.accept_waveform(RATE, scaled)
    computer.input_finished()
    return np.stack([computer.get_frame(i) for i in range(computer.num_frames_ready)])


def seconds_to_write(path: Path, compute) -> float:
    start = time.perf_counter()
    with ArkWriter(path, path.with_suffix(".scp")) as writer:
        writer.write("utt", compute())
    return time.perf_counter() - start


def compare(kind: str, extractor, samples: np.ndarray, scaled: list[float], path: Path) -> str:
    """One clause with the ratio, the medians, and the largest difference between the two matrices."""
    ours, theirs = lambda: extractor(torch.from_numpy(samples)).numpy(), lambda: native(kind, scaled)
    difference = np.abs(ours() - theirs()).max()
    times = [(seconds_to_write(path, ours), seconds_to_write(path, theirs)) for _ in range(TURNS)]
    ratio = statistics.median(peer / own for own, peer in times)
    own, peer = (statistics.median(column) for column in zip(*times, strict=True))
    return (
        f"{kind}-{extractor.dim} {ratio:.1f} x kaldi-native-fbank ({own:.3f} s against {peer:.3f} s, largest difference {difference:.1e})"
    )


def main() -> None:
    torch.set_num_threads(1)
    samples = (0.1 * np.random.default_rng(0).standard_normal(RATE * SECONDS)).astype(np.float32)
    scaled = (samples * 32768).tolist()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feats.ark"
        clauses = [compare(kind, e, samples, scaled, path) for kind, e in (("fbank", Fbank(num_mel_bins=80)), ("mfcc", Mfcc()))]
    print(f"features of {SECONDS} s of audio with ark writing, 1 thread: {'; '.join(clauses)}")


if __name__ == "__main__":
    main()
