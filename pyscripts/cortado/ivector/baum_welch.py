"""Baum-Welch statistics of utterances against a UBM, and a file of them that EM reads again in each iteration."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cortado.command import progress
from cortado.files import atomic_write
from cortado.ivector.frames import SpeechFrames, in_blocks
from cortado.ivector.gmm import Gmm, posteriors


class BaumWelch:
    """Statistics in the coordinates of each Gaussian, where its mean is 0 and its covariance the identity.

    In these the covariance does not appear in any formula of the total variability model.
    """

    def __init__(self, ubm: Gmm):
        self.ubm, self.theta = ubm, ubm.theta()
        self.root = torch.linalg.cholesky(ubm.covariances)

    def __call__(self, frames: Tensor) -> Tensor:
        """frames (N, D) float64 -> (C, 1 + D): the zeroth order (frames of each Gaussian), then the first.

        It depends on the utterance alone: frames are taken in blocks of a fixed size.
        """
        sums = self.theta.new_zeros(self.ubm.num_gauss, 1 + frames.shape[1])
        for block in in_blocks([frames]):
            phi = self.ubm.phi(block.to(self.theta.device))
            of_gauss, _ = posteriors(self.theta, phi)
            sums.addmm_(of_gauss.T, phi[:, : sums.shape[1]])
        centred = sums[:, 1:] - sums[:, :1] * self.ubm.means
        sums[:, 1:] = torch.linalg.solve_triangular(self.root, centred[:, :, None], upper=False)[:, :, 0]
        return sums


class StatsFile:
    """The statistics of some utterances, float32 (num_utterances, C, 1 + D), on disk: made once, read in batches."""

    def __init__(self, path: Path, frames: SpeechFrames, utterances: Sequence[str], statistics: BaumWelch):
        self.path = path
        self.shape = (len(utterances), statistics.ubm.num_gauss, 1 + frames.dim)
        if not path.exists():
            with atomic_write(path, "wb") as out:
                for utterance in progress(utterances, len(utterances), "utterances"):
                    out.write(statistics(frames.read(utterance)).float().cpu().numpy().tobytes())

    def batches(self, size: int, device: torch.device) -> Iterator[Tensor]:
        """All of them in order, (at most size, C, 1 + D) float64 on `device`."""
        if not self.shape[0]:
            return
        stats = np.memmap(self.path, np.float32, "r", shape=self.shape)
        for start in range(0, len(stats), size):
            yield torch.from_numpy(np.array(stats[start : start + size])).to(device).double()
