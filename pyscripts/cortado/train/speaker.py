"""Training speaker embeddings: what a system is made of, and its task for the loop."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from cortado.config import ClassSpec
from cortado.datadir import DataDir
from cortado.distributed import all_reduce_sum, rank, share, world_size
from cortado.errors import CortadoError
from cortado.nn.speaker import EmbeddingNetwork
from cortado.train.crops import Crops, middle_crop, random_start, read_crop
from cortado.train.loop import Task
from cortado.train.sampler import ShuffledOrder, batch_rng, row_rng
from cortado.train.settings import TrainSettings


@dataclass(frozen=True)
class CropSettings:
    """Each batch takes crops of one random length between the two `frames` (inclusive)."""

    frames: tuple[int, int] = (200, 300)
    per_utterance: int = 1  # crops of each utterance in an epoch

    def __post_init__(self):
        if not 1 <= self.frames[0] <= self.frames[1]:
            raise ValueError(f"crop frames must be an ascending pair of positive numbers, not {list(self.frames)}")
        if self.per_utterance < 1:
            raise ValueError(f"per_utterance must be at least 1, not {self.per_utterance}")


@dataclass(frozen=True)
class SpeakerConfig:
    """A speaker-verification system and how it is trained: one YAML file."""

    encoder: ClassSpec
    pooling: ClassSpec
    loss: ClassSpec
    training: TrainSettings
    input: ClassSpec = ClassSpec("cortado.train.crops.ArkCrops")
    embedding_dim: int = 256
    head: ClassSpec = ClassSpec("cortado.nn.heads.LinearHead")
    normalise: Literal["none", "level", "mean"] = "mean"
    crops: CropSettings = field(default_factory=CropSettings)
    margin_ramp: float = 0.0  # the loss's margin grows from 0 over this fraction of the run

    def __post_init__(self):
        if not 0 <= self.margin_ramp <= 1:
            raise ValueError(f"margin_ramp is a fraction of the run in [0, 1], not {self.margin_ramp}")


def build_network(config: SpeakerConfig, feat_dim: int) -> EmbeddingNetwork:
    """The network that a config describes, with fresh random weights, for features of `feat_dim` dimensions."""
    encoder = config.encoder.build(feat_dim=feat_dim)
    pooling = config.pooling.build(dim=encoder.out_dim)
    return EmbeddingNetwork(encoder, pooling, config.embedding_dim, config.head.build, normalise=config.normalise)


class SpeakerTask(Task):
    """Classify the speaker of random crops; the network below the classifier gives the embeddings."""

    def __init__(self, config: SpeakerConfig, data_dir: DataDir, seed: int, valid: DataDir | None = None):
        self.config, self.seed = config, seed
        self.crops = crops = config.input.build(data_dir=data_dir)
        utt2spk = data_dir.utt2spk
        self.speakers = sorted({utt2spk[utt] for utt in crops.utterances})
        if len(self.speakers) < 2:
            raise CortadoError(f"{data_dir.path}: {len(self.speakers)} speaker; a classifier needs at least 2")
        self.labels = self._labels(crops, utt2spk)
        self.order = ShuffledOrder(len(crops.utterances), seed)
        self.valid = None if valid is None else self._validation(valid)
        batch_size = config.training.batch_size
        self.batches_per_epoch = len(crops.utterances) * config.crops.per_utterance // batch_size
        if self.batches_per_epoch == 0:
            raise CortadoError(f"{data_dir.path} has {len(crops.utterances)} utterances, fewer than training.batch_size {batch_size}")
        self.model = nn.ModuleDict(
            {
                "network": build_network(config, crops.feat_dim),
                "loss": config.loss.build(embedding_dim=config.embedding_dim, num_classes=len(self.speakers)),
            }
        )

    def batch(self, number: int) -> tuple[Tensor, Tensor]:
        """This rank's rows: crops (rows, frames, dim) float32 and speakers (rows,) int64. The others' are drawn, not read."""
        rng = batch_rng(self.seed, number)
        low, high = self.config.crops.frames
        length = int(rng.integers(low, high + 1))
        size = self.config.training.batch_size
        items = self.order.items(number * size, size)
        starts = [random_start(self.crops, int(i), length, rng) for i in items]
        rows = share(size)
        crops = [read_crop(self.crops, int(items[row]), starts[row], length, row_rng(self.seed, number, row)) for row in rows]
        return torch.from_numpy(np.stack(crops)), torch.from_numpy(self.labels[items[rows]])

    def largest_batch(self) -> tuple[Tensor, Tensor]:
        shape = (len(share(self.config.training.batch_size)), self.config.crops.frames[1], self.crops.feat_dim)
        generator = torch.Generator().manual_seed(0)
        return torch.randn(shape, generator=generator), torch.arange(shape[0]) % len(self.speakers)

    def loss(self, batch: tuple[Tensor, Tensor], progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        features, speakers = batch
        loss = self.model["loss"]
        if self.config.margin_ramp > 0:
            loss.margin_scale = min(1.0, progress / self.config.margin_ramp)
        embeddings = self.model["network"](features)
        with torch.no_grad():
            correct = loss.logits(embeddings).argmax(1) == speakers
        return loss(embeddings, speakers), {"accuracy": correct.float().mean()}

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        if self.valid is None:
            return {}
        crops, labels = self.valid
        length = self.config.crops.frames[1]
        size = len(share(self.config.training.batch_size))
        total, correct = 0.0, 0
        device = next(self.model.parameters()).device
        for start in range(rank() * size, len(labels), world_size() * size):
            rows = range(start, min(start + size, len(labels)))
            features = torch.from_numpy(np.stack([middle_crop(crops, i, length) for i in rows])).to(device)
            speakers = torch.from_numpy(labels[rows]).to(device)
            embeddings = self.model["network"](features)
            total += float(self.model["loss"](embeddings, speakers)) * len(speakers)
            correct += int((self.model["loss"].logits(embeddings).argmax(1) == speakers).sum())
        total, correct = all_reduce_sum(torch.tensor([total, correct], dtype=torch.float64)).tolist()
        return {"loss": total / len(labels), "accuracy": correct / len(labels)}

    def _labels(self, crops: Crops, utt2spk: dict[str, str]) -> np.ndarray:
        index = {speaker: i for i, speaker in enumerate(self.speakers)}
        unknown = [utt for utt in crops.utterances if utt2spk.get(utt) not in index]
        if unknown:
            raise CortadoError(f"utterance {unknown[0]}: its speaker {utt2spk.get(unknown[0])} is not among the training speakers")
        return np.array([index[utt2spk[utt]] for utt in crops.utterances], np.int64)

    def _validation(self, data_dir: DataDir) -> tuple[Crops, np.ndarray]:
        crops = self.config.input.build(data_dir=data_dir)
        return crops, self._labels(crops, data_dir.utt2spk)
