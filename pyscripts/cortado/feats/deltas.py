"""Dynamic features and frame splicing: Kaldi's add-deltas and splice-feats. At the ends the first and last frame are repeated."""

import numpy as np
import torch


def add_deltas(feats: torch.Tensor, order: int = 2, window: int = 2) -> torch.Tensor:
    """Append derivatives: feats (time, dim) -> (time, (order + 1) * dim), the features themselves first.

    The derivative of order k is one filter over the features: k times the regression slope over 2 `window` + 1 frames.
    """
    filters = _delta_filters(order, window)
    reach = order * window
    return (_contexts(feats, reach, reach) @ filters.to(feats)).transpose(1, 2).flatten(1)


def splice(feats: torch.Tensor, left: int, right: int) -> torch.Tensor:
    """Each frame with its `left` earlier and `right` later ones, in order of time: (time, (left + 1 + right) * dim)."""
    return _contexts(feats, left, right).transpose(1, 2).flatten(1)


def _contexts(feats: torch.Tensor, left: int, right: int) -> torch.Tensor:
    """View of the frames around each frame, (time, dim, left + 1 + right)."""
    index = torch.arange(-left, len(feats) + right).clamp(0, len(feats) - 1)
    return feats[index].unfold(0, left + 1 + right, 1)


def _delta_filters(order: int, window: int) -> torch.Tensor:
    """Filters of orders 0 to `order` as columns, (2 * order * window + 1, order + 1) float64."""
    slope = np.arange(-window, window + 1) / sum(j * j for j in range(-window, window + 1))
    filters = np.zeros((2 * order * window + 1, order + 1))
    taps = np.ones(1)
    for k in range(order + 1):
        start = (order - k) * window
        filters[start : start + len(taps), k] = taps
        taps = np.convolve(taps, slope)
    return torch.from_numpy(filters)
