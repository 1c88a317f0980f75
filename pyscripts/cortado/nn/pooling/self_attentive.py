"""Self-attentive pooling (SAP): W. Cai, J. Chen, M. Li, "Exploring the encoding layer and loss function in end-to-end
speaker and language recognition system", Odyssey 2018; the baseline of cross attentive pooling (S. M. Kye et al., SLT 2021)."""

from torch import Tensor

from cortado.nn.pooling.attentive import AttentivePooling
from cortado.nn.pooling.scorer import AdditiveScorer


class SelfAttentivePooling(AttentivePooling):
    """sum_t w_t x_t with w = softmax_t(mu . tanh(W x_t + b)), W square.

    >>> import torch
    >>> SelfAttentivePooling(3)(torch.randn(4, 20, 3), torch.tensor([20, 5, 7, 1])).shape
    torch.Size([4, 3])
    """

    def __init__(self, dim: int):
        super().__init__()
        self.out_dim = dim
        self.scorer = AdditiveScorer(1, dim, hidden_dim=dim, activation="tanh", offset=False)

    def logits(self, frames: Tensor) -> Tensor:
        return self.scorer(frames.unsqueeze(2))

    def pool(self, frames: Tensor, attention: Tensor) -> Tensor:
        return (attention @ frames).flatten(1)
