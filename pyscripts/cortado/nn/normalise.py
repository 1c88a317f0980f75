"""What is taken off the features of an utterance before the network sees them."""

from typing import Literal

from torch import Tensor

from cortado.nn.lengths import masked_mean

Normalisation = Literal["none", "level", "mean"]


def normalise_features(x: Tensor, lengths: Tensor | None, kind: Normalisation) -> Tensor:
    """x: (batch, time, dim) log-mel or cepstra; lengths: (batch,) int64 or None -> the same shape.

    "mean" subtracts each dimension's mean over the valid frames (cepstral mean normalisation: the channel's fixed filter
    is gone, and with it the speaker's long-term spectrum). "level" subtracts one number, the mean over frames and
    dimensions: only the loudness is gone. "none" changes nothing.

    >>> import torch
    >>> normalise_features(torch.tensor([[[1.0, 3.0], [3.0, 5.0]]]), None, "level").tolist()
    [[[-2.0, 0.0], [0.0, 2.0]]]
    """
    if kind == "none":
        return x
    mean = masked_mean(x, lengths)
    if kind == "level":
        mean = mean.mean(dim=1, keepdim=True)
    return x - mean.unsqueeze(1)
