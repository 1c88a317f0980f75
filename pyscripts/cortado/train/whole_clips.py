"""Training on whole clips, which are padded to the longest of their batch, where a SpeakerTask repeats what is shorter than its crop."""

import numpy as np
import torch
from torch import Tensor

from cortado.datadir import DataDir
from cortado.distributed import share, world_size
from cortado.errors import ConfigError
from cortado.train.crops import Crops, random_start, read_crop
from cortado.train.length_buckets import LengthBuckets
from cortado.train.sampler import batch_rng, row_rng
from cortado.train.speaker import SpeakerTask, Validation


class WholeClipTask(SpeakerTask):
    """Tell the speakers of clips apart. What is longer than the batch's length, drawn from `crops.frames`, is cut to it at random.

    The network is given the lengths, and padded frames change no valid one; zeros up to a fixed size would be masked as well. Batch
    normalisation alone counts them, as zeros, in its statistics while it trains. A batch holds clips of about one length, so they are
    few. Every clip comes once in an epoch.

    Raises ConfigError for a loss on episodes, and where the config asks for several crops of an utterance or some of a speaker.
    """

    order: LengthBuckets

    def batch(self, number: int) -> tuple[Tensor, ...]:
        """This rank's rows: clips (rows, frames, dim) float32, their lengths and speakers (rows,) int64, and the weight of their mean.

        Ranks may have one row more or less; the mean of their weighted means is that of the whole batch. All pad to the longest clip of
        the whole batch: batch normalisation counts padded frames in its statistics, and so counts as one process would.
        """
        items, rng = self.order.batch(number), batch_rng(self.seed, number)
        low, high = self.config.crops.frames
        length = int(rng.integers(low, high + 1))
        starts = [random_start(self.crops, int(i), length, rng) for i in items]
        rows = share(len(items))
        clips = [read_clip(self.crops, int(items[row]), starts[row], length, row_rng(self.seed, number, row)) for row in rows]
        longest = int(np.minimum(self.crops.num_frames[items], length).max())
        weight = torch.tensor(len(rows) * world_size() / len(items))
        return *pad(clips, longest), torch.from_numpy(self.labels[items[rows]]), weight

    def largest_batch(self) -> tuple[Tensor, ...]:
        num_items, length = self.order.largest
        rows = -(-num_items // world_size())
        features = torch.randn((rows, length, self.crops.feat_dim), generator=torch.Generator().manual_seed(0))
        return features, torch.full((rows,), length), torch.arange(rows) % len(self.speakers), torch.tensor(1.0)

    def loss(self, batch: tuple[Tensor, ...], progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        *rows, weight = batch
        value, figures = super().loss(tuple(rows), progress)
        return value * weight, {name: figure * weight for name, figure in figures.items()}

    def _middles(self, items: np.ndarray) -> tuple[Tensor, ...]:
        crops, length = self.valid.crops, self.config.crops.frames[1]
        starts = [max(0, int(crops.num_frames[i]) - length) // 2 for i in items]
        clips = [read_clip(crops, int(i), start, length, np.random.default_rng(0)) for i, start in zip(items, starts, strict=True)]
        return pad(clips, max(map(len, clips)))

    def _training_order(self, data_dir: DataDir) -> tuple[LengthBuckets, int]:
        config, size = self.config, self.config.training.batch_size
        if self._takes_episodes or config.crops.per_utterance > 1:
            raise ConfigError(
                f"whole clips are taken once an epoch, for a loss on single utterances: not for {config.loss.path} with "
                f"crops.per_utterance {config.crops.per_utterance} and crops.per_speaker {config.crops.per_speaker}"
            )
        longest = config.crops.frames[1]
        buckets = LengthBuckets(np.minimum(self.crops.num_frames, longest), size, max_frames=size * longest, seed=self.seed)
        if buckets.fewest < world_size():
            raise ConfigError(f"{data_dir.path}: some batches have {buckets.fewest} clips, too few for {world_size()} ranks")
        return buckets, buckets.num_batches

    def _validation(self, data_dir: DataDir) -> Validation:
        valid = super()._validation(data_dir)
        by_length = np.argsort(valid.crops.num_frames, kind="stable")
        return valid._replace(batches=[by_length[rows] for rows in valid.batches])


def read_clip(crops: Crops, index: int, start: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """`length` frames of utterance `index` from `start` on, or all that it has where it is shorter: (frames, dim). Raises as read_crop does."""
    return read_crop(crops, index, start, min(length, int(crops.num_frames[index])), rng)


def pad(clips: list[np.ndarray], num_frames: int) -> tuple[Tensor, Tensor]:
    """Clips (frames, dim) float32 with zeros behind them, (rows, num_frames, dim), and their lengths (rows,) int64."""
    features = torch.zeros(len(clips), num_frames, clips[0].shape[1])
    for row, clip in zip(features, clips, strict=True):
        row[: len(clip)] = torch.from_numpy(clip)
    return features, torch.tensor([len(clip) for clip in clips])
