"""Distances between all utterances of an episode, and which of them are one speaker's."""

import torch
from torch import Tensor
from torch.nn import functional as F


def pair_distances(utterances: Tensor) -> tuple[Tensor, Tensor]:
    """Euclidean distances of all rows, brought to length 1 first, and whether two rows are of one speaker.

    utterances: (speakers, utterances, dim). Returns (n, n) in [0, 2] and (n, n) bool, n = speakers x utterances.
    Distances are of differences, not of products: where two rows are equal they are 0, with a gradient of 0.

    >>> distances, same = pair_distances(torch.tensor([[[2.0, 0.0], [0.0, 1.0]], [[-1.0, 0.0], [3.0, 0.0]]]))
    >>> distances[0].tolist()
    [0.0, 1.4142135381698608, 2.0, 0.0]
    >>> same[0].tolist()
    [True, True, False, False]
    """
    num_speakers, num_utterances, _ = utterances.shape
    rows = F.normalize(utterances.flatten(0, 1))
    speakers = torch.arange(num_speakers, device=rows.device).repeat_interleave(num_utterances)
    distances = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist")
    return distances, speakers.unsqueeze(1) == speakers
