"""The network of cross attentive pooling: what belongs to one utterance, and what only a pair of them has.

S. M. Kye, Y. Kwon, J. S. Chung, "Cross attentive pooling for speaker verification", SLT 2021.
"""

from torch import Tensor, nn

from cortado.errors import CortadoError
from cortado.nn.lengths import at_least_float32
from cortado.nn.normalise import Normalisation, normalise_features
from cortado.nn.pooling.cross_attentive import CrossAttentivePooling, PairHead
from cortado.nn.pooling.precision import without_autocast
from cortado.nn.speaker import EmbeddingNetwork


class CrossAttentiveNetwork(nn.Module):
    """Features to a map of frames each, which can be stored; two maps to an embedding of either side, which cannot.

    >>> import torch
    >>> from cortado.nn.encoders.se_resnet import SEResNet
    >>> network = CrossAttentiveNetwork(SEResNet(feat_dim=64), CrossAttentivePooling(128), PairHead(128, 512))
    >>> maps = network(torch.randn(5, 202, 64))
    >>> support, query = network.pairs(maps[:2], maps[2:])
    >>> maps.shape, support.shape, query.shape
    (torch.Size([5, 51, 128]), torch.Size([2, 3, 512]), torch.Size([2, 3, 512]))
    """

    def __init__(self, encoder: nn.Module, pooling: CrossAttentivePooling, head: PairHead, normalise: Normalisation = "none"):
        super().__init__()
        self.encoder, self.pooling, self.head, self.normalise = encoder, pooling, head, normalise

    @classmethod
    def of(cls, network: EmbeddingNetwork) -> "CrossAttentiveNetwork":
        """The same encoder, pooling and head, of which a config's network consists. Raises CortadoError for another pooling or head."""
        if not (isinstance(network.pooling, CrossAttentivePooling) and isinstance(network.head, PairHead)):
            names = " and ".join(type(part).__name__ for part in (network.pooling, network.head))
            raise CortadoError(f"its pooling and head are {names}; pairs of utterances need CrossAttentivePooling and PairHead")
        return cls(network.encoder, network.pooling, network.head, network.normalise)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, time, feat_dim), all rows full -> (batch, frames, dim)."""
        return self.encoder(normalise_features(x, None, self.normalise))[0]

    def pairs(self, support: Tensor, query: Tensor) -> tuple[Tensor, Tensor]:
        """Each pair's embedding of its support and of its query: (S, Q, embedding_dim) both, at least float32.

        support: (S, frames, dim); query: (Q, frames, dim), of as many frames or not.
        """
        with without_autocast(support):
            return self.head(*self.pooling(at_least_float32(support), at_least_float32(query)))
