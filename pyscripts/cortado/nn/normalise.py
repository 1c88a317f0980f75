"""What is done to the features of an utterance before the network sees them."""

from typing import Literal

from torch import Tensor

from cortado.nn.lengths import masked_mean, masked_mean_and_variance

Normalisation = Literal["none", "level", "mean", "mean_variance"]


def normalise_features(x: Tensor, lengths: Tensor | None, kind: Normalisation) -> Tensor:
    """x: (batch, time, dim) log-mel or cepstra; lengths: (batch,) int64 or None -> the same shape.

    "mean" subtracts each dimension's mean over the valid frames (cepstral mean normalisation: the channel's fixed filter
    is gone, and with it the speaker's long-term spectrum). "mean_variance" also divides by each dimension's standard deviation,
    the root of variance + 1e-5: the instance normalisation of S. M. Kye et al., SLT 2021. "level" subtracts one number, the
    mean over frames and dimensions: only the loudness is gone. "none" changes nothing.

    >>> import torch
    >>> normalise_features(torch.tensor([[[1.0, 3.0], [3.0, 5.0]]]), None, "level").tolist()
    [[[-2.0, 0.0], [0.0, 2.0]]]
    """
    if kind == "none":
        return x
    if kind == "mean_variance":
        mean, variance = masked_mean_and_variance(x, lengths)
        return (x - mean.unsqueeze(1)) / (variance + 1e-5).sqrt().unsqueeze(1)
    mean = masked_mean(x, lengths)
    if kind == "level":
        mean = mean.mean(dim=1, keepdim=True)
    return x - mean.unsqueeze(1)
