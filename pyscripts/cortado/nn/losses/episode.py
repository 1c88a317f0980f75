"""What losses on episodes share: a batch of N speakers with M utterances each, collected from all ranks."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from cortado.distributed import all_reduce_sum, rank, world_size
from cortado.errors import ConfigError, CortadoError
from cortado.nn.lengths import at_least_float32


class EpisodeLoss(nn.Module, ABC):
    """A loss that compares the utterances of a batch with each other; the batch's form is in `cortado.nn.losses`.

    A new one is the method `episode_loss`. `embedding_dim` and `num_classes` are taken as every loss takes them; only one
    that also trains class vectors uses them.

    >>> class Spread(EpisodeLoss):
    ...     def episode_loss(self, utterances):
    ...         return utterances.var(dim=1, correction=0).mean()
    >>> spread = Spread(embedding_dim=1, num_classes=9, utterances_per_speaker=2)
    >>> spread(torch.tensor([[1.0], [3.0], [5.0], [5.0]]), torch.tensor([7, 7, 4, 4]))
    tensor(0.5000)
    """

    def __init__(self, embedding_dim: int, num_classes: int, utterances_per_speaker: int = 2):
        super().__init__()
        if utterances_per_speaker < 2:
            raise ConfigError(f"utterances_per_speaker must be at least 2, not {utterances_per_speaker}")
        self.utterances_per_speaker = utterances_per_speaker

    @abstractmethod
    def episode_loss(self, utterances: Tensor) -> Tensor:
        """utterances: (speakers, utterances, embedding_dim), float32 or float64, at least 2 speakers. Returns a scalar."""

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """embeddings: (batch, embedding_dim); labels: (batch,) int64, speaker after speaker. Returns a scalar.

        In training the rows of all ranks are collected first. Raises CortadoError for a batch of another form.
        """
        with torch.autocast(embeddings.device.type, enabled=False):
            self._check(labels)
            rows = at_least_float32(embeddings)
            if self.training and world_size() > 1:
                rows = FromAllRanks.apply(rows)
            if len(rows) < 2 * self.utterances_per_speaker:
                raise CortadoError("an episode of one speaker has nothing to tell it from: a batch needs at least 2 speakers")
            return self.episode_loss(rows.unflatten(0, (-1, self.utterances_per_speaker)))

    def _check(self, labels: Tensor) -> None:
        if len(labels) % self.utterances_per_speaker:
            raise CortadoError(f"a batch of {len(labels)} rows is no whole number of speakers with {self.utterances_per_speaker} each")
        speakers = labels.unflatten(0, (-1, self.utterances_per_speaker))
        if bool((speakers != speakers[:, :1]).any()):
            raise CortadoError(f"a batch must hold {self.utterances_per_speaker} utterances of each speaker, one after the other")


class FromAllRanks(torch.autograd.Function):
    """(rows, dim) of each rank to (ranks x rows, dim) in order of rank, the same on all.

    Every rank computes the whole loss from it, and DistributedDataParallel averages over ranks, so gradients are summed here.
    """

    @staticmethod
    def forward(ctx, rows: Tensor) -> Tensor:
        collected = rows.new_zeros(world_size(), *rows.shape)
        collected[rank()] = rows
        return all_reduce_sum(collected).flatten(0, 1)

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        return all_reduce_sum(grad.clone()).unflatten(0, (world_size(), -1))[rank()]
