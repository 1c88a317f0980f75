"""Training a universal background model: EM with diagonal covariances from a random start, then with full ones."""

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from cortado.distributed import all_reduce_sum, say, share
from cortado.errors import CortadoError
from cortado.ivector.em import Model
from cortado.ivector.frames import SpeechFrames, in_blocks
from cortado.ivector.gmm import Gmm, maximise, posteriors
from cortado.ivector.settings import UbmSettings

FRAMES_FOR_EACH = 20  # Gaussian, that the start is drawn from
FRAMES_OF_ONE = 20  # utterance among these, at the least: to open a file costs more than to read so many
SMALLEST_SPREAD = 1e-6  # of a column, over all utterances; float32 has no more digits than that in a constant one


class UbmTraining:
    """The steps of EM over the speech frames of `utterances`, all of which have some; each rank reads its share of them.

    Its methods raise CortadoError for data that so many Gaussians cannot be trained on.
    """

    def __init__(self, frames: SpeechFrames, utterances: Sequence[str], settings: UbmSettings, seed: int, device: torch.device):
        self.frames, self.utterances, self.settings, self.seed, self.device = frames, utterances, settings, seed, device

    @property
    def num_iterations(self) -> int:
        return self.settings.diagonal_iterations + self.settings.full_iterations

    def begin(self) -> Model:
        """A diagonal mixture: frames drawn at random as means, and the variances of all."""
        generator = torch.Generator().manual_seed(self.seed)
        sample = self._sample(generator)
        path, num_gauss = self.frames.data_dir.path, self.settings.num_gauss
        if len(sample) < num_gauss:
            raise CortadoError(f"{path} has {len(sample)} speech frames to begin {num_gauss} Gaussians with; lower ubm.num_gauss")
        scale = sample.std(0)
        if constant := torch.nonzero(scale < SMALLEST_SPREAD).flatten().tolist():
            raise CortadoError(f"{path}: column {constant[0]} of the features is constant; no Gaussian fits that")
        means = sample[torch.randperm(len(sample), generator=generator)[:num_gauss]]
        weights = torch.full((num_gauss,), 1 / num_gauss, dtype=torch.float64)
        return vars(Gmm(weights, means, scale.square().expand_as(means).clone()))

    def step(self, model: Model, iteration: int) -> tuple[Model, float]:
        """The mixture after an iteration, and the log-likelihood per frame of the one before."""
        gmm, settings = Gmm(**model), self.settings
        if iteration == settings.diagonal_iterations:
            gmm = gmm.with_full_covariances()
        every = settings.full_every if gmm.is_full else settings.diagonal_every
        try:
            stats, log_like = accumulate(gmm.to(self.device), self._blocks(every))
            new, dropped = maximise(gmm, stats.cpu(), settings.variance_floor, settings.min_frames / every)
        except torch.linalg.LinAlgError:
            raise CortadoError(
                f"{self.frames.data_dir.path}: covariances are singular: a column of the features follows from others, or frames are too few"
            ) from None
        for index in dropped:
            say(f"Gaussian {index} dropped, it had {float(stats[index, 0]):.2f} frames of those taken: {new.num_gauss} are left")
        return vars(new), log_like

    def _blocks(self, every: int) -> Iterator[Tensor]:
        mine = share(len(self.utterances))
        return in_blocks(self.frames.read(utterance)[::every] for utterance in self.utterances[mine.start : mine.stop])

    def _sample(self, generator: torch.Generator) -> Tensor:
        """At least FRAMES_FOR_EACH * num_gauss frames, or all, of utterances at random, evenly over each of them."""
        wanted = FRAMES_FOR_EACH * self.settings.num_gauss
        of_each = max(FRAMES_OF_ONE, -(-wanted // len(self.utterances)))
        parts, found = [], 0
        for index in torch.randperm(len(self.utterances), generator=generator).tolist():
            if found >= wanted:
                break
            frames = self.frames.read(self.utterances[index])
            parts.append(frames[:: max(1, len(frames) // of_each)])
            found += len(parts[-1])
        return torch.cat(parts)


def accumulate(gmm: Gmm, blocks: Iterable[Tensor]) -> tuple[Tensor, float]:
    """The E-step over the frames of all ranks: sums of posterior * phi (C, 1 + D + Q), and the mean log-likelihood.

    blocks: this rank's frames, matrices (num, D) float64 on the CPU.
    """
    theta = gmm.theta()
    stats, log_like = torch.zeros_like(theta), theta.new_zeros(())
    for block in blocks:
        phi = gmm.phi(block.to(theta.device))
        of_gauss, log_likes = posteriors(theta, phi)
        stats.addmm_(of_gauss.T, phi)
        log_like += log_likes.sum()
    all_reduce_sum(stats)
    return stats, float(all_reduce_sum(log_like) / stats[:, 0].sum())
