"""Cepstral mean and variance normalisation: by speaker or utterance from statistics, or over a sliding window.

Statistics are Kaldi's: a (2, dim + 1) float64 matrix; row 0 holds the sums and, last, the number of frames; row 1 the sums of squares.
"""

from dataclasses import dataclass

import torch


def cmvn_stats(feats: torch.Tensor) -> torch.Tensor:
    """Statistics (2, dim + 1) float64 of feats (time, dim). Those of several utterances are added with `+`."""
    feats = feats.double()
    stats = torch.zeros(2, feats.shape[1] + 1, dtype=torch.float64)
    stats[0, :-1] = feats.sum(0)
    stats[0, -1] = len(feats)
    stats[1, :-1] = feats.square().sum(0)
    return stats


def apply_cmvn(feats: torch.Tensor, stats: torch.Tensor, norm_means: bool = True, norm_vars: bool = False) -> torch.Tensor:
    """feats (time, dim) less the mean in `stats`, and divided by the standard deviation if `norm_vars`; float32.

    Raises ValueError when the statistics have another dimension or no frames, or for variances without means (Kaldi refuses that, too).
    """
    if stats.shape != (2, feats.shape[1] + 1):
        raise ValueError(f"CMVN statistics of shape {tuple(stats.shape)} do not fit features of dimension {feats.shape[1]}")
    if norm_vars and not norm_means:
        raise ValueError("variances cannot be normalised without the means")
    count = stats[0, -1]
    if count < 1:
        raise ValueError("the CMVN statistics hold no frame")
    if not norm_means:
        return feats
    mean = stats[0, :-1] / count
    scale = torch.ones_like(mean)
    if norm_vars:
        scale = (stats[1, :-1] / count - mean.square()).clamp_min(1e-20).rsqrt()
    return torch.addcmul((-mean * scale).float(), feats, scale.float())


@dataclass(frozen=True)
class SlidingCmvn:
    """Normalisation over a window of `cmn_window` frames, around each frame or up to it: Kaldi's apply-cmvn-sliding.

    Near the ends the window keeps its length where the utterance allows; without `center` it grows from `min_cmn_window`.
    """

    cmn_window: int = 300
    center: bool = True
    min_cmn_window: int = 100
    norm_vars: bool = False

    def __post_init__(self):
        if not 0 < self.min_cmn_window <= self.cmn_window:
            raise ValueError(f"min_cmn_window {self.min_cmn_window} must lie between 1 and cmn_window ({self.cmn_window})")

    def windows(self, num_frames: int) -> tuple[torch.Tensor, torch.Tensor]:
        """First frame and end (one past the last) of each frame's window, two int64 vectors (num_frames,)."""
        time = torch.arange(num_frames)
        if self.center:
            start = time - self.cmn_window // 2
            end = start + self.cmn_window
        else:
            start, end = time - self.cmn_window, time + 1
        end, start = end - start.clamp_max(0), start.clamp_min(0)
        if not self.center:
            end = torch.where(end > time, (time + 1).clamp_min(self.min_cmn_window), end)
        start = (start - (end - num_frames).clamp_min(0)).clamp_min(0)
        return start, end.clamp_max(num_frames)

    def __call__(self, feats: torch.Tensor) -> torch.Tensor:
        """feats (time, dim) -> (time, dim) float32, by running sums in float64."""
        start, end = self.windows(len(feats))
        count = (end - start).double()[:, None]
        mean = _window_sums(feats.double(), start, end) / count
        centred = feats - mean
        if not self.norm_vars:
            return centred.float()
        variance = _window_sums(feats.double().square(), start, end) / count - mean.square()
        return torch.where(count == 1, 0.0, centred * variance.clamp_min(1e-10).rsqrt()).float()


def _window_sums(values: torch.Tensor, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """Sums of the rows [start, end) of values (time, dim), one per pair."""
    sums = torch.cat([values.new_zeros(1, values.shape[1]), values.cumsum(0)])
    return sums[end] - sums[start]
