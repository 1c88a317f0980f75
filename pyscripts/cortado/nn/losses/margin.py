"""What margin losses share: cosines between embeddings and class vectors, of which the true class is made harder."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.nn.lengths import at_least_float32


class MarginSoftmax(nn.Module, ABC):
    """Cross-entropy over scale * cos(e, w_c), the true class's cosine replaced by `with_margin` of it.

    Embeddings and class vectors are normalised to length 1; there is no bias. All in float32 whatever the autocast.
    The training loop ramps the margin by setting `margin_scale`, in [0, 1].
    """

    utterances_per_speaker = 1

    def __init__(self, embedding_dim: int, num_classes: int, scale: float, margin: float):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_classes, embedding_dim))
        nn.init.xavier_uniform_(self.weight)
        self.scale, self.margin, self.margin_scale = scale, margin, 1.0

    @property
    def current_margin(self) -> float:
        """The margin in force: `margin` times `margin_scale`."""
        return self.margin * self.margin_scale

    @abstractmethod
    def with_margin(self, cosines: Tensor) -> Tensor:
        """The true classes' cosines (batch, 1) -> the smaller values to be trained on."""

    def cosines(self, embeddings: Tensor) -> Tensor:
        """embeddings: (batch, embedding_dim) -> (batch, num_classes) in [-1, 1] up to rounding."""
        with torch.autocast(embeddings.device.type, enabled=False):
            return F.linear(F.normalize(at_least_float32(embeddings)), F.normalize(self.weight))

    def logits(self, embeddings: Tensor) -> Tensor:
        """embeddings: (batch, embedding_dim) -> (batch, num_classes), without margin."""
        return self.scale * self.cosines(embeddings)

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """embeddings: (batch, embedding_dim); labels: (batch,) int64 in [0, num_classes). Returns a scalar."""
        cosines, true_class = self.cosines(embeddings), labels.unsqueeze(1)
        target = self.with_margin(cosines.gather(1, true_class))
        return F.cross_entropy(self.scale * cosines.scatter(1, true_class, target), labels)
