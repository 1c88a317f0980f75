#!/usr/bin/env python3
"""How far the loader of mouth clips is ahead of the training step, on one CPU core: frames a second of either, and their ratio.

    . ./path.sh; tests/bench/bench_lip_loader.py [width of the ResNet-18, default 16]

Clips of 75 frames of 96 x 96 pixels in arks; crops of 88, shrunk to 44. Seconds are the processor's. The step is forward, backward
and the optimiser on a batch in memory, of a lip reader whose encoder is small, so the ratio is the least that a recipe sees.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from cortado.ark import ArkWriter
from cortado.config import ClassSpec
from cortado.datadir import DataDir
from cortado.train.lip_pixels import PixelSettings
from cortado.train.lips import LipConfig, LipTask, load_clips
from cortado.train.optim import make_optimiser
from cortado.train.settings import TrainSettings

CLIPS, FRAMES, CLASSES, BATCH = 64, 75, 400, 8
ROUNDS = 3


def make_data(folder: Path) -> DataDir:
    rng = np.random.default_rng(0)
    folder.mkdir()
    (folder / "num_classes").write_text(f"{CLASSES}\n")
    with ArkWriter(folder / "lips.ark", folder / "lips.scp") as lips, ArkWriter(folder / "targets.ark", folder / "targets.scp") as targets:
        for number in range(CLIPS):
            lips.write(f"u{number}", rng.integers(0, 256, (FRAMES, 96, 96)).astype(np.uint8))
            targets.write(f"u{number}", rng.integers(0, CLASSES, 4 * FRAMES).astype(np.int32))
    return DataDir(folder)


def make_config(width: int) -> LipConfig:
    return LipConfig(
        visual=ClassSpec("cortado.nn.visual.resnet18.ResNet18", {"width": width}),
        encoder=ClassSpec(
            "cortado.nn.transformer.TransformerEncoder", {"dim": 192, "num_layers": 2, "num_heads": 4, "feedforward_dim": 512}
        ),
        pixels=PixelSettings(size=88, shrink=2),
        training=TrainSettings(epochs=1, batch_size=BATCH),
    )


def seconds(work) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    torch.set_num_threads(1)
    width = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    with tempfile.TemporaryDirectory() as folder:
        data_dir, config = make_data(Path(folder) / "data"), make_config(width)
        task = LipTask(config, load_clips(config, data_dir, data_dir.path), seed=0)
        optimiser, batch = make_optimiser(task.model, config.training.optimiser), task.batch(0)

        def train() -> None:
            optimiser.zero_grad()
            task.loss(batch, 0.5)[0].backward()
            optimiser.step()

        def load() -> None:
            for number in range(task.batches_per_epoch):
                task.batch(number)

        train()  # the first step also chooses kernels
        steps = min(seconds(lambda: [train() for _ in range(4)]) / 4 for _ in range(ROUNDS))
        loads = min(seconds(load) / task.batches_per_epoch for _ in range(ROUNDS))
    frames = BATCH * FRAMES
    print(
        f"ResNet-18 of width {width}: a step trains on {frames / steps:.0f} frames/s, the loader makes {frames / loads:.0f}: "
        f"{steps / loads:.1f} times as many"
    )


if __name__ == "__main__":
    main()
