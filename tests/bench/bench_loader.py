#!/usr/bin/env python3
"""What the loader costs a training step, for a small network of each encoder: steps on crops read from arks against pure compute.

    . ./path.sh; tests/bench/bench_loader.py [encoder ...]

Pure compute is the same steps on one batch in memory; the two take turns. The batches of LSTM are episodes. Seconds are the
processor's, on which other programs have little influence: the loader's threads can hide some of theirs, so on the clock a step
loses at most as much.
"""

import statistics
import sys
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

EGS = Path(__file__).resolve().parents[2] / "egs"
UTTERANCES, FRAMES = 400, 1250
ROUNDS, STEPS = 3, 4
FIXED = ["crops.frames=[250,250]", "training.batch_size=32"]
ENCODERS = {  # config, dimension of the features, settings
    "ResNet": ("librispeech/sv/conf/resnet.yaml", 80, []),
    "TDNN": ("voxceleb/sv/conf/xvector.yaml", 23, ["encoder.channels=[256,256,256,256,512]"]),
    "SE-ResNet": ("voxceleb/sv/conf/se_resnet34.yaml", 64, ["encoder.channels=[8,16,32,64]", "encoder.blocks=[1,1,1,1]"]),
    "VGG": ("voxceleb/sv/conf/vgg_attention.yaml", 80, ["encoder.channels=[8,16,32]"]),
    "VGG-M": ("voxceleb/sv/conf/vgg_m.yaml", 128, ["training.batch_size=4"]),
    "LSTM": ("vctk/sv/conf/ge2e.yaml", 40, ["encoder.hidden_dim=128", "loss.utterances_per_speaker=2"]),
}


def make_data(folder: Path, feat_dim: int) -> DataDir:
    rng = np.random.default_rng(0)
    folder.mkdir()
    utt2spk = {f"s{i % 200:03d}-u{i:04d}": f"s{i % 200:03d}" for i in range(UTTERANCES)}
    with ArkWriter(folder / "feats.ark", folder / "feats.scp") as out:
        for utt in utt2spk:
            out.write(utt, rng.standard_normal((FRAMES, feat_dim), dtype=np.float32))
    write_table(folder / "utt2spk", utt2spk)
    write_table(folder / "utt2num_frames", dict.fromkeys(utt2spk, str(FRAMES)))
    return DataDir(folder)


def make_steps(config: SpeakerConfig, task: SpeakerTask):
    """A function that trains on batches and returns the processor seconds it took."""
    optimiser = make_optimiser(task.model, config.training.optimiser)

    def seconds(batches) -> float:
        started = time.process_time()
        for batch in batches:
            with torch.autocast("cpu", torch.bfloat16, enabled=config.training.precision == "bfloat16"):
                loss, _ = task.loss(batch, 0.5)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        return time.process_time() - started

    return seconds


def main() -> None:
    torch.set_num_threads(1)
    for encoder in sys.argv[1:] or ENCODERS:
        path, feat_dim, settings = ENCODERS[encoder]
        config = load_config(SpeakerConfig, EGS / path, [*FIXED, *settings])
        with tempfile.TemporaryDirectory() as folder:
            task = SpeakerTask(config, make_data(Path(folder) / "data", feat_dim), seed=0)
            seconds, fixed = make_steps(config, task), task.batch(0)
            pure = [seconds([fixed] * 3)]  # the first steps also choose kernels
            ratios = []
            for _ in range(ROUNDS):
                pure.append(seconds([fixed] * STEPS))
                ratios.append(pure[-1] / seconds(prefetch(task.batch, 0, STEPS)))
        print(
            f"{encoder}: a step of {min(pure[1:]) / STEPS:.3f} s; compute is {statistics.median(ratios):.3f} of a step from arks "
            f"(range {min(ratios):.3f} to {max(ratios):.3f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
