"""Training of cross attentive pooling: a grid of all prototypes against all queries of an episode.

A batch is an episode of N speakers with M utterances each. The first of a speaker is its prototype ("support"), the others are
queries. The trunk sees each utterance once; then each of the N (M - 1) queries is pooled with each of the N supports.

The grid is small beside the trunk, so it is neither cut nor recomputed, and batch normalisation sees all pairs of both sides
at once. For the paper's N = 200, M = 3, 200 frames and Fast ResNet-34 its 80,000 pairs of 50 x 128 maps keep 1.7 GB for the
backward pass, where the trunk keeps 10.7 GB (Thin: 1.3 and 5.2), and cost 15 GMAC forward, the trunk 430.

Several ranks share the work by queries: each has all supports (those of other ranks without their trunks) against its own
queries. The statistics of batch normalisation are summed over ranks, so loss and gradients are those of one process.
"""

from pathlib import Path

import torch
from torch import Tensor

from cortado.datadir import DataDir
from cortado.distributed import all_reduce_sum, rank, world_size
from cortado.errors import ConfigError, CortadoError
from cortado.nn.cross_attentive import CrossAttentiveNetwork
from cortado.nn.losses.episode import FromAllRanks
from cortado.nn.losses.np_softmax_pairs import NPSoftmaxOfPairs, matching_pairs
from cortado.train.model_file import load_network
from cortado.train.speaker import SpeakerConfig, SpeakerTask


class CrossAttentiveTask(SpeakerTask):
    """Which of the prototypes is a query's own, and which of all training speakers are the two?

    Its config names CrossAttentivePooling, PairHead and NPSoftmaxOfPairs. Raises ConfigError for others.
    """

    def __init__(self, config: SpeakerConfig, data_dir: DataDir, seed: int, valid: DataDir | None = None):
        super().__init__(config, data_dir, seed, valid)
        if not isinstance(self.model["loss"], NPSoftmaxOfPairs):
            raise ConfigError(f"the loss is {config.loss.path}; cross attentive pooling is trained with NPSoftmaxOfPairs")
        try:
            self.model["network"] = CrossAttentiveNetwork.of(self.model["network"])
        except CortadoError as error:
            raise ConfigError(f"the network cannot be trained on pairs: {error}") from None

    def loss(self, batch: tuple[Tensor, Tensor], progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        features, speakers = batch
        return self._episode(self.model["network"](features), speakers)

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """The loss and the accuracy on episodes of held-out utterances' middles, over all ranks."""
        if self.valid is None:
            return {}
        sums = torch.zeros(3, dtype=torch.float64)
        for items in self.valid.batches[rank() :: world_size()]:
            maps = self._embed_middles(items)
            value, figures = self._episode(maps, torch.from_numpy(self.valid.labels[items]).to(maps.device))
            sums += torch.tensor([float(value), float(figures["accuracy"]), 1.0]) * len(items)
        loss, accuracy, count = all_reduce_sum(sums).tolist()
        return {"loss": loss / count, "accuracy": accuracy / count}

    def _episode(self, maps: Tensor, speakers: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """maps: (rows, frames, dim) and speakers (rows,), speaker after speaker. The loss, and the share of these speakers'
        queries that are found among all training speakers.

        In training on several ranks, the supports are those of all ranks; in validation each rank has an episode of its own.
        """
        of_each = self._utterances_per_speaker
        maps, labels = (x.unflatten(0, (-1, of_each)) for x in (maps, speakers))
        support, query, labels = maps[:, 0].contiguous(), maps[:, 1:].flatten(0, 1), labels[:, 1:].flatten()
        own = torch.arange(len(support), device=maps.device).repeat_interleave(of_each - 1)
        if self.model.training and world_size() > 1:
            own += rank() * len(support)
            support = FromAllRanks.apply(support)
        pairs = self.model["network"].pairs(support, query)
        with torch.autocast(maps.device.type, enabled=False):
            value = self.model["loss"](*pairs, own, labels)
        with torch.no_grad():
            found = self.model["loss"].logits(matching_pairs(pairs[1], own)).argmax(1)
        return value, {"accuracy": (found == labels).float().mean()}


def load_cross_attentive(path: str | Path, device: str = "cpu") -> tuple[CrossAttentiveNetwork, int]:
    """The network of a finished model in evaluation mode, and the feature dimension it expects.

    Raises CortadoError when `path` is no speaker model, or one without cross attentive pooling.
    """
    network, feat_dim = load_network(path, device)
    try:
        return CrossAttentiveNetwork.of(network).eval(), feat_dim
    except CortadoError as error:
        raise CortadoError(f"{path} gives no frame maps: {error}") from None
