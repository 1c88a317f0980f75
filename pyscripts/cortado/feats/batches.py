"""Features of whole utterances in batches by length, padded, as networks take them when they do not train."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from cortado import ark
from cortado.errors import CortadoError, DataError


def plan_batches(num_frames: Mapping[str, int], frames_per_batch: int) -> list[list[str]]:
    """Utterances by length, cut into batches of at most `frames_per_batch` frames with their padding (at least one utterance).

    >>> plan_batches({"a": 30, "b": 10, "c": 20, "d": 90}, 50)
    [['b', 'c'], ['a'], ['d']]
    """
    batches: list[list[str]] = []
    for utt in sorted(num_frames, key=lambda u: (num_frames[u], u)):
        if batches and (len(batches[-1]) + 1) * num_frames[utt] <= frames_per_batch:
            batches[-1].append(utt)
        else:
            batches.append([utt])
    return batches


def read_features(utterance: str, rxfile: str, feat_dim: int) -> np.ndarray:
    """The matrix (num_frames, feat_dim) of one utterance. Raises CortadoError naming it for any that the model cannot take."""
    try:
        matrix = ark.read(rxfile)
    except DataError as error:
        raise CortadoError(f"utterance {utterance}: {error}") from None
    if matrix.ndim != 2 or matrix.shape[1] != feat_dim:
        raise CortadoError(f"utterance {utterance}: features are {matrix.shape}, the model was trained on {feat_dim} dimensions")
    if not np.isfinite(matrix).all():
        raise CortadoError(f"utterance {utterance}: features hold NaN or infinite values")
    return matrix


def read_batch(utterances: Sequence[str], feats_scp: Mapping[str, str], feat_dim: int) -> tuple[Tensor, Tensor]:
    """Features padded with zeros, (batch, time, dim) float32, and lengths (batch,) int64. Raises as read_features does."""
    matrices = [read_features(utt, feats_scp[utt], feat_dim) for utt in utterances]
    lengths = torch.tensor([len(m) for m in matrices])
    batch = torch.zeros(len(matrices), int(lengths.max()), feat_dim)
    for row, matrix in zip(batch, matrices, strict=True):
        row[: len(matrix)] = torch.from_numpy(np.array(matrix, np.float32))
    return batch, lengths
