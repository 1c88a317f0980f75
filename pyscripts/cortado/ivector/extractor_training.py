"""Training the total variability model: EM with minimum divergence (Kenny, Boulianne, Dumouchel 2005; Kenny 2008).

Beside what a posterior costs (see extractor), an utterance costs C R^2 to add up what the M-step needs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from cortado.distributed import all_reduce_sum
from cortado.ivector.baum_welch import StatsFile
from cortado.ivector.em import Model
from cortado.ivector.extractor import BATCH, GAUSS_AT_ONCE, Extractor, unpack

MIN_FRAMES = 1.0  # a Gaussian that accounts for fewer keeps its loadings


class ExtractorTraining:
    """The steps of EM over the statistics of this rank's utterances. shape: C, D, R."""

    def __init__(self, stats: StatsFile, shape: tuple[int, int, int], seed: int, device: torch.device):
        self.stats, self.shape, self.seed, self.device = stats, shape, seed, device

    def begin(self) -> Model:
        return vars(random_extractor(*self.shape, self.seed))

    def step(self, model: Model, iteration: int) -> tuple[Model, float]:
        """The model after an iteration, and the log-likelihood per frame, over that of the UBM, of the one before."""
        extractor = Extractor(**model).to(self.device)
        sums = accumulate(extractor, self.stats.batches(BATCH, self.device))
        return vars(maximise(extractor, sums).to(torch.device("cpu"))), sums.gain()


@dataclass(frozen=True)
class Sums:
    """What the M-step needs, over all utterances: of n_c E[w w'] `weighted` (C, R(R + 1)/2), of first_c E[w]' `cross` (C D, R),
    of E[w w'] `second` (R(R + 1)/2,), of n_c `zeroth` (C,); the log-likelihood over that of the UBM (with the UBM's alignments),
    and the number of utterances.
    """

    weighted: Tensor
    cross: Tensor
    second: Tensor
    zeroth: Tensor
    log_like: Tensor
    num_utterances: Tensor

    def gain(self) -> float:
        """Log-likelihood per frame over the UBM's."""
        return float(self.log_like / self.zeroth.sum())


def random_extractor(num_gauss: int, dim: int, ivector_dim: int, seed: int) -> Extractor:
    """Loadings at random, which together move a mean by about a tenth of its standard deviation."""
    generator = torch.Generator().manual_seed(seed)
    loadings = torch.randn(num_gauss, dim, ivector_dim, dtype=torch.float64, generator=generator)
    return Extractor(loadings * (0.1 / ivector_dim**0.5))


def accumulate(extractor: Extractor, batches: Iterable[Tensor]) -> Sums:
    """The E-step over the utterances of all ranks. batches: this rank's statistics, (U, C, 1 + D) float64 each."""
    num_gauss, dim, ivector_dim = extractor.loadings.shape
    products = extractor.products()
    zeros = extractor.loadings.new_zeros
    sums = Sums(
        torch.zeros_like(products),
        zeros(num_gauss * dim, ivector_dim),
        zeros(products.shape[1]),
        zeros(num_gauss),
        zeros(()),
        zeros(()),
    )
    for stats in batches:
        found = extractor.posterior(stats, products)
        second = found.second_moments()
        zeroth, first = stats[:, :, 0], stats[:, :, 1:].flatten(1)
        sums.weighted.addmm_(zeroth.T, second)
        sums.cross.addmm_(first.T, found.mean)
        sums.second.add_(second.sum(0))
        sums.zeroth.add_(zeroth.sum(0))
        sums.log_like.add_(found.log_likes().sum())
        sums.num_utterances.add_(len(stats))
    for field in fields(sums):
        all_reduce_sum(getattr(sums, field.name))
    return sums


def maximise(extractor: Extractor, sums: Sums) -> Extractor:
    """The M-step: loadings of greatest expected likelihood; then minimum divergence, the best N(0, covariance) as prior of w, which
    is written as N(0, I) again by changing the loadings. The marginal likelihood cannot fall.
    """
    num_gauss, dim, ivector_dim = extractor.loadings.shape
    loadings = extractor.loadings.clone()
    occupied = torch.nonzero(sums.zeroth >= MIN_FRAMES).flatten()
    cross = sums.cross.unflatten(0, (num_gauss, dim))
    for part in occupied.split(GAUSS_AT_ONCE):
        chol = torch.linalg.cholesky(unpack(sums.weighted[part], ivector_dim))
        loadings[part] = torch.cholesky_solve(cross[part].mT, chol).mT
    covariance = unpack(sums.second[None] / sums.num_utterances, ivector_dim)[0]
    return Extractor(loadings @ torch.linalg.cholesky(covariance))
