"""Training lip readers: what a system is made of, and its task for the loop."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cortado.config import ClassSpec
from cortado.datadir import DataDir
from cortado.distributed import all_reduce_sum, rank, share, world_size
from cortado.errors import ConfigError, CortadoError
from cortado.nn.lip_network import LipNetwork
from cortado.train.labelled_clips import ClipBatch, LabelledClips, collate
from cortado.train.length_buckets import LengthBuckets
from cortado.train.lip_pixels import PixelSettings, longest_length, middle_view, random_length, random_view, spare_pixels
from cortado.train.loop import Task
from cortado.train.sampler import batch_rng, row_rng
from cortado.train.settings import TrainSettings


@dataclass(frozen=True)
class LipConfig:
    """A lip reader and how it is trained: one YAML file.

    A batch holds clips of about one length: at most `training.batch_size` of them, and at most `batch_frames` frames in all, which
    bounds memory. Longer clips than `max_frames` are cut to it at random, or left out where the targets have no times. The first
    `sorted_epochs` epochs begin with short clips.
    """

    visual: ClassSpec
    training: TrainSettings
    encoder: ClassSpec = ClassSpec("cortado.nn.transformer.TransformerEncoder")
    targets: ClassSpec = ClassSpec("cortado.train.frame_targets.FrameTargets")
    upsample: int = 4  # outputs for each frame of the video
    dropout: float = 0.1  # before the encoder and behind it
    pixels: PixelSettings = field(default_factory=PixelSettings)
    max_frames: int = 500
    batch_frames: int = 2000
    sorted_epochs: int = 0

    def __post_init__(self):
        if self.upsample < 1 or self.sorted_epochs < 0 or not 0 <= self.dropout < 1:
            raise ValueError("upsample must be at least 1, sorted_epochs at least 0 and dropout in [0, 1)")
        if not 1 <= self.max_frames <= self.batch_frames:
            raise ValueError(f"max_frames is {self.max_frames}; it must be at least 1, and at most batch_frames, {self.batch_frames}")


def build_network(config: LipConfig, frame_shape: tuple[int, ...], num_classes: int) -> LipNetwork:
    """The network that a config describes, with fresh random weights. frame_shape: ([channels,] height, width) of the clips."""
    in_channels = frame_shape[0] if len(frame_shape) == 3 else 1
    visual, encoder = config.visual.build(in_channels=in_channels), config.encoder.build()
    return LipNetwork(visual, encoder, num_classes, config.upsample, config.dropout)


def load_clips(config: LipConfig, data_dir: DataDir, targets: str | Path) -> LabelledClips:
    """The clips of a data directory with the targets in the folder `targets`. Raises CortadoError as LabelledClips does."""
    return LabelledClips(data_dir, config.targets.build(folder=targets, upsample=config.upsample), config.max_frames)


class LipTask(Task):
    """Find the targets of mouth clips. Raises CortadoError where the held-out clips `valid` have other classes."""

    def __init__(self, config: LipConfig, data: LabelledClips, seed: int, valid: LabelledClips | None = None):
        self.config, self.data, self.valid, self.seed = config, data, valid, seed
        self.num_classes = data.targets.num_classes
        if valid is not None and valid.targets.num_classes != self.num_classes:
            raise CortadoError(f"{valid.targets.path} has {valid.targets.num_classes} classes, {data.targets.path} {self.num_classes}")
        self.frame_shape = data.clips.frame_shape
        for part in (data, valid) if valid is not None else (data,):
            spare_pixels(part.clips.frame_shape, config.pixels)  # raises CortadoError
        self.model = build_network(config, self.frame_shape, self.num_classes)
        self.buckets = LengthBuckets(data.lengths, config.training.batch_size, config.batch_frames, seed, config.sorted_epochs)
        self.batches_per_epoch = self.buckets.num_batches
        if self.buckets.fewest < world_size():
            raise ConfigError(
                f"some batches have {self.buckets.fewest} clips, too few for {world_size()} ranks; raise batch_frames or lower max_frames"
            )

    def batch(self, number: int) -> tuple[Tensor, ...]:
        """This rank's rows, a ClipBatch, and a factor: by it a sum over their targets becomes this rank's part of the batch's mean.

        Ranks have other numbers of targets; the mean of their parts is the mean over all targets.
        """
        items, rng = self.buckets.batch(number), batch_rng(self.seed, number)
        starts = [int(rng.integers(0, self.data.spare_frames(item) + 1)) for item in items]
        lengths = [self._random_length(item, rng) for item in items]
        views, targets = [], []
        for row in share(len(items)):
            clip, its_targets = self.data.read(items[row], starts[row])
            views.append(random_view(clip, self.config.pixels, row_rng(self.seed, number, row), lengths[row]))
            targets.append(self.data.targets.played(its_targets, lengths[row]))
        of_all_ranks = sum(self.data.targets.count(self.data.utterance(item), length) for item, length in zip(items, lengths, strict=True))
        return *collate(views, targets), torch.tensor(world_size() / of_all_ranks)

    def _random_length(self, item: int, rng: np.random.Generator) -> int:
        """In how many frames clip `item` is played this time."""
        length = random_length(int(self.data.lengths[item]), self.config.pixels, rng)
        return max(length, self.data.targets.fewest_frames(self.data.utterance(item)))

    def largest_batch(self) -> tuple[Tensor, ...]:
        num_items, shortest = self.buckets.largest
        length = longest_length(shortest, self.config.pixels)
        side = self.config.pixels.size // self.config.pixels.shrink
        generator = torch.Generator().manual_seed(0)
        shape = (length, *self.frame_shape[:-2], side, side)
        rows = range(-(-num_items // world_size()))
        longest = max(np.flatnonzero(self.data.lengths <= shortest), key=lambda item: self.data.num_targets[item])
        most = self.data.targets.count(self.data.utterance(longest), length)
        views = [torch.randn(shape, generator=generator).numpy() for _ in rows]
        targets = [torch.arange(most) % (self.num_classes - 1) + 1 for _ in rows]
        return *collate(views, targets), torch.tensor(1 / (most * len(rows)))

    def loss(self, batch: tuple[Tensor, ...], progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        *clips, scale = batch
        loss, figure = self._evaluate(clips, training=True)
        return loss * scale, {self.data.targets.figure: figure * scale}

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """The means over all targets of held-out clips, of their middles where they are cut, over all ranks."""
        if self.valid is None:
            return {}
        device, sums = next(self.model.parameters()).device, torch.zeros(3, dtype=torch.float64)
        buckets = LengthBuckets(self.valid.lengths, self.config.training.batch_size, self.config.batch_frames, seed=0)
        for number in range(rank(), buckets.num_batches, world_size()):
            items = buckets.batch(number)
            clips = [part.to(device) for part in self._middles(items)]
            loss, figure = self._evaluate(clips, training=False)
            sums += torch.tensor([float(loss), float(figure), float(self.valid.num_targets[items].sum())], dtype=torch.float64)
        loss, figure, count = all_reduce_sum(sums).tolist()
        return {"loss": loss / count, self.data.targets.figure: figure / count}

    def _evaluate(self, clips: ClipBatch, training: bool) -> tuple[Tensor, Tensor]:
        """The loss and the figure of the targets, summed over all targets of a batch."""
        x, lengths, targets, num_targets = clips
        log_posteriors = self.model(x, lengths)
        with torch.autocast(x.device.type, enabled=False):
            return self.data.targets.loss(log_posteriors, lengths * self.config.upsample, targets, num_targets, training)

    def _middles(self, items: np.ndarray) -> ClipBatch:
        views, targets = [], []
        for item in items:
            clip, its_targets = self.valid.read(item, self.valid.spare_frames(item) // 2)
            views.append(middle_view(clip, self.config.pixels))
            targets.append(its_targets)
        return collate(views, targets)
