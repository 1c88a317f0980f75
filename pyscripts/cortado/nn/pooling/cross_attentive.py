"""Cross attentive pooling (CAP): S. M. Kye, Y. Kwon, J. S. Chung, "Cross attentive pooling for speaker verification", SLT
2021, and the authors' code. It pools pairs of utterances: each one's weights depend on the other."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cortado.nn.lengths import at_least_float32, masked_mean, masked_softmax, zero_padding
from cortado.nn.pooling.precision import Linear, without_autocast


class CrossAttentivePooling(nn.Module):
    """All pairs of S support and Q query utterances, each pair giving a vector of either side.

    With S_i, Q_j the frames after the shared projection g (affine, ReLU) scaled to length 1, and R_ij = S_i . Q_j:

        logit_i = R_i . mean_i'(R_i') / tau,  a = softmax_i(logit),  e_s = 1/T sum_i (1 + a_i) s_i

    and the query side likewise with R transposed; s are the frames before g. The mean over rows is divided by their number, as
    in the authors' code (the paper writes the other length). Because of the 1/T the attentive part is a T-th of the mean's.

    R is never made: R_i . mean_i'(R_i') = S_i . sum_j Q_j (Q_j . mean_i'(S_i')). So a pair costs 4 (Ts + Tq) dim products, not
    the Ts Tq dim of R alone, and what is held are a few tensors of S x Q x Ts, S x Q x Tq and S x Q x dim numbers: for the
    paper's 200 supports and 400 queries of 51 frames x 128 they take 16 and 41 MB each, where R would take 832 MB.

    >>> pooling = CrossAttentivePooling(8)
    >>> support, query = pooling(torch.randn(3, 20, 8), torch.randn(5, 17, 8), torch.tensor([20, 9, 1]))
    >>> support.shape, query.shape
    (torch.Size([3, 5, 8]), torch.Size([3, 5, 8]))
    """

    def __init__(self, dim: int, temperature: float = 0.05):
        super().__init__()
        self.out_dim = dim
        self.temperature = temperature
        self.projection = Linear(dim, dim)

    def attention(
        self, support: Tensor, query: Tensor, support_lengths: Tensor | None = None, query_lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """a of either side: (..., S, Q, Ts) and (..., S, Q, Tq), at least float32, summing to 1 over time, 0 in the padding.

        Arguments as in forward.
        """
        with without_autocast(support):
            s, q = self._directions(support, support_lengths), self._directions(query, query_lengths)
            s_mean, q_mean = masked_mean(s, support_lengths), masked_mean(q, query_lengths)
            of_support = masked_softmax(_logits(s, s_mean, q) / self.temperature, support_lengths)
            of_query = masked_softmax(_logits(q, q_mean, s) / self.temperature, query_lengths)
        return of_support, of_query.transpose(-3, -2)

    def forward(
        self, support: Tensor, query: Tensor, support_lengths: Tensor | None = None, query_lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """support: (..., S, Ts, dim); query: (..., Q, Tq, dim); lengths: (..., S) and (..., Q) int64, at least 1, or None.

        Returns each pair's support vector and query vector, both (..., S, Q, dim) in the frames' type. Leading dimensions
        are as many grids, say one per trial.
        """
        of_support, of_query = self.attention(support, query, support_lengths, query_lengths)
        with without_autocast(support):
            pooled_support = _weigh(support, of_support, support_lengths)
            pooled_query = _weigh(query, of_query.transpose(-3, -2), query_lengths).transpose(-3, -2)
        return pooled_support.to(support.dtype), pooled_query.to(query.dtype)

    def _directions(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        """Projected frames of length 1, zero in the padding: x's shape, at least float32."""
        frames = zero_padding(at_least_float32(x), lengths)
        return zero_padding(F.normalize(self.projection(frames).relu(), dim=-1), lengths)


class PairHead(nn.Module):
    """What the paper puts behind the pooling: batch normalisation of all pairs' vectors of both sides at once, ReLU, affine
    without bias (xavier-uniform; the released code leaves the matrix uninitialised). With the pooling 82,304 parameters at
    128 -> 512.

    >>> support, query = PairHead(8, embedding_dim=4)(torch.randn(3, 5, 8), torch.randn(3, 5, 8))
    >>> support.shape, query.shape
    (torch.Size([3, 5, 4]), torch.Size([3, 5, 4]))
    """

    def __init__(self, dim: int, embedding_dim: int):
        super().__init__()
        self.out_dim = embedding_dim
        self.norm = nn.BatchNorm1d(dim)
        self.linear = nn.Linear(dim, embedding_dim, bias=False)
        nn.init.xavier_uniform_(self.linear.weight)

    def forward(self, support: Tensor, query: Tensor) -> tuple[Tensor, Tensor]:
        """support, query: (..., dim), alike -> (..., embedding_dim) each."""
        both = torch.stack([support, query])
        normalised = self.norm(both.flatten(0, -2)).view(both.shape)
        support, query = self.linear(normalised.relu()).unbind()
        return support, query


def _logits(own: Tensor, own_mean: Tensor, other: Tensor) -> Tensor:
    """own: (..., N, T, dim), own_mean: (..., N, dim), other: (..., M, U, dim), unit frames -> (..., N, M, T), before tau."""
    context = other @ own_mean.unsqueeze(-3).transpose(-2, -1)  # (..., M, U, N): the mean row of R
    direction = context.transpose(-2, -1) @ other  # (..., M, N, dim): R_i . context is own_i . direction
    return direction.transpose(-3, -2) @ own.transpose(-2, -1)


def _weigh(x: Tensor, attention: Tensor, lengths: Tensor | None) -> Tensor:
    """1/T sum (1 + a) x over the valid frames. x: (..., N, T, dim), attention: (..., N, M, T) -> (..., N, M, dim)."""
    frames = zero_padding(at_least_float32(x), lengths)
    num_frames = x.shape[-2] if lengths is None else lengths[..., None, None]
    return masked_mean(frames, lengths).unsqueeze(-2) + attention @ frames / num_frames
