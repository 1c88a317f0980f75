"""Three padded rows of frames, which tests of single poolings compute in numpy one by one, and numpy's softmax."""

import numpy as np
import torch
from torch import Tensor

DIM = 6
LENGTHS = torch.tensor([9, 4, 1])


def random_frames(seed: int) -> Tensor:
    """(3, 9, DIM) float64, with numbers behind the ends of the rows too. Sets torch's seed, which the weights drawn next follow."""
    torch.manual_seed(seed)
    return torch.randn(3, 9, DIM, dtype=torch.float64)


def valid_frames(x: Tensor) -> list[np.ndarray]:
    """The frames of each row without its padding, (length, DIM)."""
    return [x[row, :length].numpy() for row, length in enumerate(LENGTHS)]


def softmax(scores: np.ndarray) -> np.ndarray:
    e = np.exp(scores - scores.max())
    return e / e.sum()
