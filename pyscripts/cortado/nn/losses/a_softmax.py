"""Angular softmax: W. Liu, Y. Wen, Z. Yu, M. Li, B. Raj, L. Song, "SphereFace", CVPR 2017, equations 7 and 8."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from cortado.nn.lengths import at_least_float32
from cortado.nn.losses.normalised_softmax import NormalisedSoftmax


class ASoftmax(NormalisedSoftmax):
    """The true class's logit |e| cos(theta) goes over to |e| psi(theta), psi = (-1)^k cos(m theta) - 2k, k = floor(m theta / pi).

    Trained with psi from the beginning, it does not converge. As in the paper's appendix and the authors' code, the logit is
    |e| (lambda cos theta + psi) / (1 + lambda), lambda = max(lambda_min, lambda_start / (1 + lambda_decay t)), t the number of
    training batches so far (a buffer, so a continued run goes on where it was). lambda_min 5 leaves a sixth of psi.

    >>> ASoftmax(embedding_dim=8, num_classes=5)(torch.randn(3, 8), torch.tensor([0, 4, 1])).shape
    torch.Size([])
    """

    def __init__(
        self,
        embedding_dim: int,
        num_classes: int,
        margin: int = 4,
        lambda_start: float = 1000.0,
        lambda_decay: float = 0.12,
        lambda_min: float = 5.0,
    ):
        super().__init__(embedding_dim, num_classes)
        self.margin = margin
        self.lambda_start, self.lambda_decay, self.lambda_min = lambda_start, lambda_decay, lambda_min
        self.register_buffer("num_batches", torch.tensor(0))

    def current_lambda(self) -> Tensor:
        """The weight of the plain cosine against psi."""
        return (self.lambda_start / (1 + self.lambda_decay * self.num_batches)).clamp(min=self.lambda_min)

    def psi(self, cosines: Tensor) -> Tensor:
        """cos(theta) -> psi(theta), which falls from 1 at theta = 0 to 1 - 2m at pi."""
        k = sum((cosines <= math.cos(i * math.pi / self.margin)).to(cosines.dtype) for i in range(1, self.margin))
        return (1 - 2 * (k % 2)) * _chebyshev(self.margin, cosines) - 2 * k

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """embeddings: (batch, embedding_dim); labels: (batch,) int64 in [0, num_classes). Returns a scalar."""
        logits, true_class = self.logits(embeddings), labels.unsqueeze(1)
        norms = at_least_float32(embeddings).norm(dim=1, keepdim=True)
        target = logits.gather(1, true_class)
        hard = norms * self.psi(target / norms.clamp(min=1e-12))
        target = target + (hard - target) / (1 + self.current_lambda())
        if self.training:
            self.num_batches += 1
        return F.cross_entropy(logits.scatter(1, true_class, target), labels)


def _chebyshev(degree: int, cosines: Tensor) -> Tensor:
    """cos(degree theta) as a polynomial of cos(theta): it has a gradient everywhere, the arc cosine has none at 0 and pi."""
    before, value = torch.ones_like(cosines), cosines
    for _ in range(degree - 1):
        before, value = value, 2 * cosines * value - before
    return value
