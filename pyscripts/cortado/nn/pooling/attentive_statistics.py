"""Attentive statistics pooling (ASP): K. Okabe, T. Koshinaka, K. Shinoda, "Attentive statistics pooling for deep speaker
embedding", Interspeech 2018, section 3."""

import torch
from torch import Tensor

from cortado.nn.pooling.attentive import AttentivePooling, weighted_mean_and_deviation
from cortado.nn.pooling.scorer import Activation, AdditiveScorer


class AttentiveStatisticsPooling(AttentivePooling):
    """Weighted mean and standard deviation with the weights softmax_t(v . f(W x_t + g) + b).

    Okabe et al. leave f open (tanh, ReLU) and use 64 hidden units on 1500-dim frames. The defaults are the baseline of
    Z. Wang et al., ICASSP 2020: W square (263,169 parameters at 512); its f is unknown and taken to be ReLU.

    >>> AttentiveStatisticsPooling(3, hidden_dim=64)(torch.randn(4, 20, 3), torch.tensor([20, 5, 7, 1])).shape
    torch.Size([4, 6])
    """

    def __init__(self, dim: int, hidden_dim: int | None = None, activation: Activation = "relu"):
        super().__init__()
        self.out_dim = 2 * dim
        self.scorer = AdditiveScorer(1, dim, hidden_dim=dim if hidden_dim is None else hidden_dim, activation=activation)

    def logits(self, frames: Tensor) -> Tensor:
        return self.scorer(frames.unsqueeze(2))

    def pool(self, frames: Tensor, attention: Tensor) -> Tensor:
        return torch.cat(weighted_mean_and_deviation(frames, attention), dim=2).flatten(1)
