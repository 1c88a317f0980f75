"""Small folders of mouth clips and their targets, which a network can learn: a bar, as high as its class says, opens and closes."""

from pathlib import Path

import numpy as np

from cortado.ark import ArkWriter
from cortado.config import ClassSpec
from cortado.datadir import DataDir
from cortado.train.lip_pixels import PixelSettings
from cortado.train.lips import LipConfig, LipTask, load_clips
from cortado.train.settings import OptimiserSettings, TrainSettings

NUM_CLASSES, SIDE = 4, 28
CONFIG = """
visual: {class: cortado.nn.visual.resnet18.ResNet18, width: 4, blocks: [1, 1]}
encoder: {class: cortado.nn.transformer.TransformerEncoder, dim: 16, num_layers: 1, num_heads: 2, feedforward_dim: 32}
pixels: {size: 24}
max_frames: 20
batch_frames: 64
training: {epochs: 2, batch_size: 4, checkpoint_every: 2}
"""
TOKENS = ClassSpec("cortado.train.token_targets.TokenTargets")


def write_clips(folder: Path, lengths: list[int], seed: int = 0) -> DataDir:
    """Clips u00, u01, ... in lips.scp, and beside it targets.scp, tokens.scp and num_classes: the folder serves as both.

    Every fourth of a clip shows one class, whose bar is 6 pixels a class high, on noise.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    (folder / "num_classes").write_text(f"{NUM_CLASSES}\n")
    tables = {name: ArkWriter(folder / f"{name}.ark", folder / f"{name}.scp") for name in ("lips", "targets", "tokens")}
    for writer in tables.values():
        writer.__enter__()
    for number, length in enumerate(lengths):
        utterance, classes = f"u{number:02d}", np.repeat(rng.integers(0, NUM_CLASSES, 4), -(-length // 4))[:length]
        clip = rng.integers(0, 60, (length, SIDE, SIDE))
        for frame, shown in zip(clip, classes, strict=True):
            frame[2 : 2 + 6 * shown, 4:-4] += 150
        tables["lips"].write(utterance, clip.astype(np.uint8))
        tables["targets"].write(utterance, np.repeat(classes, 4).astype(np.int32))
        tables["tokens"].write(utterance, rng.integers(1, NUM_CLASSES, 2).astype(np.int32))
    for writer in tables.values():
        writer.__exit__(None, None, None)
    (folder / "utt2spk").write_text("".join(f"u{number:02d} s\n" for number in range(len(lengths))))
    return DataDir(folder)


def make_config(**changes) -> LipConfig:
    values = {
        "visual": ClassSpec("cortado.nn.visual.resnet18.ResNet18", {"width": 4, "blocks": (1, 1)}),
        "encoder": ClassSpec(
            "cortado.nn.transformer.TransformerEncoder", {"dim": 16, "num_layers": 1, "num_heads": 2, "feedforward_dim": 32}
        ),
        "training": TrainSettings(epochs=2, batch_size=4, optimiser=OptimiserSettings(lr=0.01)),
        "pixels": PixelSettings(size=24),
        "max_frames": 20,
        "batch_frames": 64,
    }
    return LipConfig(**{**values, **changes})


def make_task(config: LipConfig, data_dir: DataDir, valid: DataDir | None = None, seed: int = 3) -> LipTask:
    held_out = None if valid is None else load_clips(config, valid, valid.path)
    return LipTask(config, load_clips(config, data_dir, data_dir.path), seed, held_out)
