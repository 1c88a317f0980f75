"""Training speaker embeddings: what a system is made of, and its task for the loop."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from cortado.config import ClassSpec
from cortado.datadir import DataDir
from cortado.distributed import all_reduce_sum, rank, share, world_size
from cortado.errors import ConfigError, CortadoError
from cortado.feats.windows import Windows
from cortado.nn.normalise import Normalisation
from cortado.nn.speaker import EmbeddingNetwork
from cortado.train.crops import Crops, middle_crop, random_start, read_crop
from cortado.train.episodes import EpisodeOrder
from cortado.train.labels import label_utterances, number_speakers
from cortado.train.loop import Task
from cortado.train.sampler import EpochOrder, ShuffledOrder, batch_rng, row_rng
from cortado.train.settings import TrainSettings


@dataclass(frozen=True)
class CropSettings:
    """Each batch takes crops of one random length between the two `frames` (inclusive).

    With `per_speaker`, and with every loss that takes several utterances of a speaker, no speaker is in a batch twice.
    """

    frames: tuple[int, int] = (200, 300)
    per_utterance: int = 1  # crops of each utterance in an epoch
    per_speaker: int | None = None  # crops of each speaker in an epoch, at most

    def __post_init__(self):
        if not 1 <= self.frames[0] <= self.frames[1]:
            raise ValueError(f"crop frames must be an ascending pair of positive numbers, not {list(self.frames)}")
        if self.per_utterance < 1:
            raise ValueError(f"per_utterance must be at least 1, not {self.per_utterance}")
        if self.per_speaker is not None and self.per_speaker < 1:
            raise ValueError(f"per_speaker must be at least 1, not {self.per_speaker}")


@dataclass(frozen=True)
class SpeakerConfig:
    """A speaker-verification system and how it is trained: one YAML file.

    `training.batch_size` counts crops: where `loss` takes episodes of N speakers with M utterances each, it is N x M.
    """

    encoder: ClassSpec
    pooling: ClassSpec
    loss: ClassSpec
    training: TrainSettings
    input: ClassSpec = ClassSpec("cortado.train.crops.ArkCrops")
    embedding_dim: int = 256
    head: ClassSpec = ClassSpec("cortado.nn.heads.LinearHead")
    normalise: Normalisation = "mean"
    crops: CropSettings = field(default_factory=CropSettings)
    windows: Windows | None = None  # that embeddings of utterances are the mean of; None takes utterances whole
    margin_ramp: float = 0.0  # the loss's margin grows from 0 over this fraction of the run
    task: str = "cortado.train.speaker.SpeakerTask"  # class path of what the loop is given; others for pairs and for whole clips

    def __post_init__(self):
        if not 0 <= self.margin_ramp <= 1:
            raise ValueError(f"margin_ramp is a fraction of the run in [0, 1], not {self.margin_ramp}")


def build_network(config: SpeakerConfig, feat_dim: int) -> EmbeddingNetwork:
    """The network that a config describes, with fresh random weights, for features of `feat_dim` dimensions."""
    encoder = config.encoder.build(feat_dim=feat_dim)
    pooling = config.pooling.build(dim=encoder.out_dim)
    return EmbeddingNetwork(encoder, pooling, config.embedding_dim, config.head.build, config.normalise, config.windows)


def build_model(config: SpeakerConfig, feat_dim: int, num_speakers: int) -> nn.ModuleDict:
    """All that is trained: the "network" and its "loss". Raises ConfigError where the margin of a loss without one is to grow."""
    network = build_network(config, feat_dim)
    loss = config.loss.build(embedding_dim=network.head.out_dim, num_classes=num_speakers)
    if config.margin_ramp > 0 and not hasattr(loss, "margin_scale"):
        raise ConfigError(f"margin_ramp is {config.margin_ramp}, and {config.loss.path} has no margin that could grow; set it to 0")
    return nn.ModuleDict({"network": network, "loss": loss})


class Validation(NamedTuple):
    """Held-out utterances and their speakers (num_utterances,), and the batches they are measured in, each (rows,) int64."""

    crops: Crops
    labels: np.ndarray
    batches: list[np.ndarray]


class SpeakerTask(Task):
    """Tell the speakers of random crops apart; the network below the loss gives the embeddings."""

    def __init__(self, config: SpeakerConfig, data_dir: DataDir, seed: int, valid: DataDir | None = None):
        self.config, self.seed = config, seed
        self.crops = config.input.build(data_dir=data_dir)
        self.speakers, self.labels = number_speakers(self.crops, data_dir)
        if len(self.speakers) < 2:
            raise CortadoError(f"{data_dir.path}: {len(self.speakers)} speaker; telling speakers apart needs at least 2")
        self.model = build_model(config, self.crops.feat_dim, len(self.speakers))
        self.order, self.batches_per_epoch = self._training_order(data_dir)
        self.valid = None if valid is None else self._validation(valid)

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
        rows = self._rows_of_a_rank
        generator = torch.Generator().manual_seed(0)
        features = torch.randn((rows, self.config.crops.frames[1], self.crops.feat_dim), generator=generator)
        return features, torch.arange(rows) // self._utterances_per_speaker % len(self.speakers)

    def loss(self, batch: tuple[Tensor, Tensor], progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        *inputs, speakers = batch
        network, loss = self.model["network"], self.model["loss"]
        if self.config.margin_ramp > 0:
            loss.margin_scale = min(1.0, progress / self.config.margin_ramp)
        embeddings = network(*inputs)
        value, figures = loss(embeddings, speakers), {}
        if hasattr(loss, "logits"):
            figures["accuracy"] = self._num_correct(embeddings, speakers) / len(speakers)
        if hasattr(network.pooling, "take_penalty"):
            figures["penalty"] = network.pooling.take_penalty()
            value = value + figures["penalty"]
        return value, figures

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """The loss on held-out utterances' middles and, where the loss classifies, the accuracy, over all ranks."""
        if self.valid is None:
            return {}
        loss, sums = self.model["loss"], torch.zeros(3, dtype=torch.float64)
        for items in self.valid.batches[rank() :: world_size()]:
            embeddings = self._embed_middles(items)
            speakers = torch.from_numpy(self.valid.labels[items]).to(embeddings.device)
            correct = float(self._num_correct(embeddings, speakers)) if hasattr(loss, "logits") else 0.0
            sums += torch.tensor([float(loss(embeddings, speakers)) * len(items), correct, len(items)])
        total, correct, count = all_reduce_sum(sums).tolist()
        return {"loss": total / count, **({"accuracy": correct / count} if hasattr(loss, "logits") else {})}

    @torch.no_grad()
    def _num_correct(self, embeddings: Tensor, speakers: Tensor) -> Tensor:
        return (self.model["loss"].logits(embeddings).argmax(1) == speakers).sum()

    def _embed_middles(self, items: np.ndarray) -> Tensor:
        """What the loss sees of held-out utterances, computed on as many rows at once as a rank trains on."""
        device, embeddings = next(self.model.parameters()).device, []
        for start in range(0, len(items), self._rows_of_a_rank):
            inputs = self._middles(items[start : start + self._rows_of_a_rank])
            embeddings.append(self.model["network"](*(x.to(device) for x in inputs)))
        return torch.cat(embeddings)

    def _middles(self, items: np.ndarray) -> tuple[Tensor, ...]:
        """What the network takes of held-out utterances: the middles, (rows, frames, dim)."""
        middles = [middle_crop(self.valid.crops, int(i), self.config.crops.frames[1]) for i in items]
        return (torch.from_numpy(np.stack(middles)),)

    @property
    def _rows_of_a_rank(self) -> int:
        return self.config.training.rows_of_a_rank()

    @property
    def _utterances_per_speaker(self) -> int:
        return self.model["loss"].utterances_per_speaker

    @property
    def _takes_episodes(self) -> bool:
        return self._utterances_per_speaker > 1 or self.config.crops.per_speaker is not None

    def _training_order(self, data_dir: DataDir) -> tuple[EpochOrder, int]:
        """The order of the utterances, and the number of batches in an epoch."""
        if self._takes_episodes:
            episodes = self._episodes(data_dir, self.labels, self._num_speakers_of_a_batch(), self.seed)
            return episodes, episodes.num_batches
        num_utterances, size = len(self.labels), self.config.training.batch_size
        num_batches = num_utterances * self.config.crops.per_utterance // size
        if num_batches == 0:
            raise CortadoError(f"{data_dir.path} has {num_utterances} utterances, fewer than training.batch_size {size}")
        return ShuffledOrder(num_utterances, self.seed), num_batches

    def _num_speakers_of_a_batch(self) -> int:
        """Raises ConfigError for a batch that is not of whole speakers, equally many for each rank."""
        size, of_each = self.config.training.batch_size, self._utterances_per_speaker
        if size % (of_each * world_size()) or size < 2 * of_each:
            ranks = f" on each of {world_size()} ranks" if world_size() > 1 else ""
            raise ConfigError(
                f"training.batch_size is {size}: a batch for {self.config.loss.path} holds whole speakers, with {of_each} utterances "
                f"each{ranks}; make it a multiple of {of_each * world_size()}, of 2 speakers or more"
            )
        return size // of_each

    def _episodes(self, data_dir: DataDir, labels: np.ndarray, num_speakers: int, seed: int) -> EpisodeOrder:
        crops, of_each = self.config.crops, self._utterances_per_speaker
        if crops.per_speaker is not None and crops.per_speaker < of_each:
            raise ConfigError(f"crops.per_speaker is {crops.per_speaker}, fewer than the {of_each} utterances of a speaker in one batch")
        try:
            return EpisodeOrder(labels, num_speakers, of_each, seed, limit=crops.per_speaker, passes=crops.per_utterance)
        except CortadoError as error:
            raise CortadoError(f"{data_dir.path}: {error}") from None

    def _validation(self, data_dir: DataDir) -> Validation:
        crops = self.config.input.build(data_dir=data_dir)
        labels = label_utterances(crops, data_dir, self.speakers)
        if self._utterances_per_speaker == 1:
            rows = np.arange(len(labels))
            return Validation(crops, labels, np.split(rows, rows[self._rows_of_a_rank :: self._rows_of_a_rank]))
        present = np.unique(labels, return_inverse=True)[1]
        order = self._episodes(data_dir, present, min(self._num_speakers_of_a_batch(), present.max() + 1), seed=0)
        return Validation(crops, labels, np.split(order.order(0), order.num_batches))
