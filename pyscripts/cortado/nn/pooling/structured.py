"""Structured self-attentive pooling: Z. Lin et al., "A structured self-attentive sentence embedding", ICLR 2017, equations 5,
6 and 8; for speakers Y. Zhu, T. Ko, D. Snyder, B. Mak, D. Povey, "Self-attentive speaker embeddings for text-independent
speaker verification", Interspeech 2018."""

import torch
from torch import Tensor

from cortado.errors import CortadoError
from cortado.nn.pooling.attentive import AttentivePooling, weighted_mean_and_deviation
from cortado.nn.pooling.precision import Linear
from cortado.nn.pooling.scorer import ACTIVATIONS, Activation


class StructuredPooling(AttentivePooling):
    """Heads that share a hidden layer: A = softmax_t(W2 f(W1 x_t)), no biases. The heads' means are concatenated.

    Lin et al. take tanh for f, Zhu et al. ReLU, our default as are the 500 hidden units and 5 heads. `deviation` appends each head's
    weighted standard deviation (Zhu et al.).

    `penalty_weight` ||A A^T - I||_F^2, A: (heads, time), makes heads look at different frames: whoever trains adds `take_penalty()` to the
    loss after each forward pass.

    >>> pooling = StructuredPooling(3, num_heads=2, penalty_weight=0.1)
    >>> pooling(torch.randn(4, 20, 3), torch.tensor([20, 5, 7, 1])).shape, pooling.take_penalty().shape
    (torch.Size([4, 6]), torch.Size([]))
    """

    def __init__(
        self,
        dim: int,
        num_heads: int = 5,
        hidden_dim: int = 500,
        activation: Activation = "relu",
        deviation: bool = False,
        penalty_weight: float = 0.0,
    ):
        super().__init__()
        self.out_dim = num_heads * dim * (2 if deviation else 1)
        self.hidden = Linear(dim, hidden_dim, bias=False)
        self.heads = Linear(hidden_dim, num_heads, bias=False)
        self.activation = ACTIVATIONS[activation]
        self.deviation, self.penalty_weight = deviation, penalty_weight
        self._penalty: Tensor | None = None

    def logits(self, frames: Tensor) -> Tensor:
        return self.heads(self.activation(self.hidden(frames))).transpose(1, 2)

    def pool(self, frames: Tensor, attention: Tensor) -> Tensor:
        if self.training and self.penalty_weight > 0:
            self._penalty = self.penalty_weight * orthogonality_penalty(attention)
        if self.deviation:
            return torch.cat(weighted_mean_and_deviation(frames, attention), dim=2).flatten(1)
        return (attention @ frames).flatten(1)

    def take_penalty(self) -> Tensor:
        """The weighted penalty of the last forward pass in training mode, averaged over its batch: a scalar with gradient.

        It is handed out once, so that no graph outlives its update. In evaluation mode, and where the weight is 0, it is 0.
        Raises CortadoError in training mode when no forward pass was made since the last call.
        """
        if not self.training or self.penalty_weight == 0:
            return self.heads.weight.new_zeros(())
        if self._penalty is None:
            raise CortadoError("take_penalty: no forward pass in training mode since the last call, so there is no penalty to take")
        penalty, self._penalty = self._penalty, None
        return penalty


def orthogonality_penalty(attention: Tensor) -> Tensor:
    """||A A^T - I||_F^2 averaged over the batch, of attention (batch, heads, time) with zeros in the padding.

    >>> orthogonality_penalty(torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]])).item()
    1.0
    """
    overlaps = attention @ attention.transpose(1, 2)
    return (overlaps - torch.eye(attention.shape[1], dtype=attention.dtype, device=attention.device)).square().sum(dim=(1, 2)).mean()
