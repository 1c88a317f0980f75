#!/usr/bin/env python3
"""What the loader costs a training step of egs/librispeech/sv: steps on crops read from arks against steps on one batch in memory.

. ./path.sh; tests/bench/bench_loader.py
"""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from cortado.ark import ArkWriter
from cortado.config import load_config
from cortado.datadir import DataDir, write_table
from cortado.train.loader import prefetch
from cortado.train.optim import make_optimiser
from cortado.train.speaker import SpeakerConfig, SpeakerTask

ROOT = Path(__file__).resolve().parents[2]
UTTERANCES, FRAMES, MEL_BINS = 600, 1250, 80
ROUNDS, STEPS, THREADS = 6, 12, 2


def make_data(folder: Path) -> DataDir:
    rng = np.random.default_rng(0)
    utt2spk = {f"s{i % 200:03d}-u{i:04d}": f"s{i % 200:03d}" for i in range(UTTERANCES)}
    with ArkWriter(folder / "feats.ark", folder / "feats.scp") as out:
        for utt in utt2spk:
            out.write(utt, rng.standard_normal((FRAMES, MEL_BINS), dtype=np.float32))
    write_table(folder / "utt2spk", utt2spk)
    write_table(folder / "utt2num_frames", dict.fromkeys(utt2spk, str(FRAMES)))
    return DataDir(folder)


def main() -> None:
    torch.set_num_threads(THREADS)
    config = load_config(SpeakerConfig, ROOT / "egs/librispeech/sv/conf/resnet.yaml", ["crops.frames=[250, 250]"])
    with tempfile.TemporaryDirectory() as folder:
        task = SpeakerTask(config, make_data(Path(folder)), seed=0)
        optimiser = make_optimiser(task.model, config.training.optimiser)

        def seconds(batches) -> float:
            started = time.perf_counter()
            for batch in batches:
                with torch.autocast("cpu", torch.bfloat16, enabled=config.training.precision == "bfloat16"):
                    loss, _ = task.loss(batch, 0.5)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            return time.perf_counter() - started

        fixed = task.batch(0)
        seconds([fixed] * 3)
        ratios = [seconds(prefetch(task.batch, 0, STEPS)) / seconds([fixed] * STEPS) for _ in range(ROUNDS)]
    print(
        f"loader: a training step from arks takes {statistics.median(ratios):.3f} of one from memory (range {min(ratios):.3f} to {max(ratios):.3f})"
    )


if __name__ == "__main__":
    main()
