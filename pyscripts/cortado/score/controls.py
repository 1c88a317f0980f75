"""Embeddings that know nothing of speakers' voices: how much of a result recordings and averages alone explain.

Where each speaker was recorded once, "same speaker" is also "same room, microphone and noise". A system is worth what it
gains over these two.
"""

import numpy as np

QUIET = 0.1  # of the frames


def noise_floor(feats: np.ndarray) -> np.ndarray:
    """What the room sounds like when nobody speaks: the mean of the tenth of the frames with the least level.

    feats: (num_frames, num_mel_bins) log-mel -> (num_mel_bins,) float32.
    """
    level = feats.mean(1)
    count = max(1, round(QUIET * len(feats)))
    return feats[np.argpartition(level, count - 1)[:count]].mean(0, dtype=np.float64).astype(np.float32)


def mean_and_std(feats: np.ndarray) -> np.ndarray:
    """The average frame and its spread. feats: (num_frames, dim) -> (2 dim,) float32."""
    return np.concatenate([feats.mean(0, dtype=np.float64), feats.std(0, dtype=np.float64)]).astype(np.float32)
