"""Diagonal Gaussian mixtures of all pdfs: Kaldi's AmDiagGmm, the second half of `final.mdl` (kaldi/src/gmm/am-diag-gmm.h, diag-gmm.h).

The Gaussians of all pdfs lie one after another in the same arrays, so that a pass over all of them is one operation.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortado.errors import CortadoError, DataError
from cortado.hmm.gconsts import kaldi_gconsts
from cortado.hmm.kaldi_io import KaldiReader, KaldiWriter


@dataclass(frozen=True, eq=False)
class DiagGmms:
    """offsets (num_pdfs + 1,) int64: pdf p has the rows offsets[p] up to, not with, offsets[p + 1] of weights (G,), means (G, D) and
    variances (G, D), float64.

    Raises CortadoError for a pdf without Gaussian, a negative weight, a variance that is not positive, and anything not finite.
    """

    offsets: np.ndarray
    weights: np.ndarray
    means: np.ndarray
    variances: np.ndarray

    def __post_init__(self):
        if len(self.offsets) < 2 or self.offsets[0] != 0 or self.offsets[-1] != self.num_gauss or np.diff(self.offsets).min() < 1:
            raise CortadoError("Gaussian mixtures: every pdf must have at least one Gaussian")
        if self.means.shape != self.variances.shape or len(self.means) != self.num_gauss:
            raise CortadoError(f"Gaussian mixtures: {self.num_gauss} weights, means {self.means.shape}, variances {self.variances.shape}")
        wrong = ~((self.weights >= 0) & np.isfinite(self.weights) & np.isfinite(self.means).all(1))
        wrong |= ~((self.variances > 0) & np.isfinite(self.variances)).all(1)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            pdf = int(np.searchsorted(self.offsets, row, "right")) - 1
            raise CortadoError(
                f"Gaussian mixtures: pdf {pdf}, Gaussian {row - self.offsets[pdf]}: weight {self.weights[row]:g}, variances from "
                f"{self.variances[row].min():g}: weights must not be negative, variances positive, and all values finite"
            )

    @property
    def num_pdfs(self) -> int:
        return len(self.offsets) - 1

    @property
    def num_gauss(self) -> int:
        return len(self.weights)

    @property
    def dim(self) -> int:
        return self.means.shape[1]

    @cached_property
    def gauss_to_pdf(self) -> np.ndarray:
        """(G,) int64."""
        return np.repeat(np.arange(self.num_pdfs), np.diff(self.offsets))

    def packed(self) -> np.ndarray:
        """(G, 1 + 2 D) float32: times (1, x, x squared) it is the log of weight times density.

        The products cancel, so that features should be near zero on average: an offset of 50 standard deviations costs 0.1.
        """
        return np.concatenate([self._constants()[:, None], self.means / self.variances, -0.5 / self.variances], 1).astype(np.float32)

    def log_likes(self, x: np.ndarray) -> np.ndarray:
        """(T, num_pdfs) float64, natural logs, of the frames x (T, D): the plain way, for tests and small models."""
        x = np.asarray(x, np.float64)
        squares = ((x[:, None] - self.means) ** 2 / self.variances + np.log(self.variances)).sum(2)
        with np.errstate(divide="ignore"):  # a weight of 0
            log_joint = np.log(self.weights) - 0.5 * (self.dim * math.log(2 * math.pi) + squares)
        return np.logaddexp.reduceat(log_joint, self.offsets[:-1], axis=1)

    def _constants(self) -> np.ndarray:
        """(G,): log weight plus the log density at zero."""
        log_dets = np.log(self.variances).sum(1) + (self.means**2 / self.variances).sum(1)
        with np.errstate(divide="ignore"):  # a weight of 0
            return np.log(self.weights) - 0.5 * (self.dim * math.log(2 * math.pi) + log_dets)


def parse_gmms(reader: KaldiReader) -> DiagGmms:
    """The mixtures that stand next. Raises DataError. What the file says of its constants is not looked at, as in Kaldi."""
    reader.expect("<DIMENSION>")
    dim = reader.int32()
    reader.expect("<NUMPDFS>")
    pdfs = [_parse_pdf(reader, pdf, dim) for pdf in range(reader.int32())]
    if not pdfs:
        reader.fail("the model has no pdf")
    weights, means_invvars, inv_vars = (np.concatenate(parts) for parts in zip(*pdfs, strict=True))
    offsets = np.cumsum([0, *(len(weights) for weights, _, _ in pdfs)])
    with np.errstate(divide="ignore", invalid="ignore"):  # told as what they come to by DiagGmms
        means, variances = means_invvars / inv_vars, 1 / inv_vars
    try:
        return DiagGmms(offsets, weights, means, variances)
    except CortadoError as error:
        raise DataError(reader.name, str(error)) from None


def put_gmms(writer: KaldiWriter, gmms: DiagGmms) -> None:
    """Add `gmms` to what `writer` has, in float32 as Kaldi keeps them."""
    writer.token("<DIMENSION>")
    writer.int32(gmms.dim)
    writer.token("<NUMPDFS>")
    writer.int32(gmms.num_pdfs)
    weights = gmms.weights.astype(np.float32)
    means_invvars = (gmms.means / gmms.variances).astype(np.float32)
    inv_vars = (1 / gmms.variances).astype(np.float32)
    gconsts = kaldi_gconsts(weights, means_invvars, inv_vars)
    for start, stop in zip(gmms.offsets[:-1], gmms.offsets[1:], strict=True):
        _put_pdf(writer, *(values[start:stop] for values in (gconsts, weights, means_invvars, inv_vars)))


def _parse_pdf(reader: KaldiReader, pdf: int, dim: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, means over variances and 1 over variances of one pdf, float64."""
    reader.expect("<DiagGMM>", "<DiagGMMBegin>")
    if reader.expect("<GCONSTS>", "<WEIGHTS>") == "<GCONSTS>":
        reader.vector()
        reader.expect("<WEIGHTS>")
    weights = reader.vector()
    reader.expect("<MEANS_INVVARS>")
    means_invvars = reader.matrix()
    reader.expect("<INV_VARS>")
    inv_vars = reader.matrix()
    if means_invvars.shape != (len(weights), dim) or inv_vars.shape != (len(weights), dim):
        reader.fail(f"pdf {pdf}: {len(weights)} weights, means {means_invvars.shape}, variances {inv_vars.shape} in {dim} dimensions")
    reader.expect("</DiagGMM>", "<DiagGMMEnd>")
    return weights.astype(np.float64), means_invvars.astype(np.float64), inv_vars.astype(np.float64)


def _put_pdf(writer: KaldiWriter, gconsts: np.ndarray, weights: np.ndarray, means_invvars: np.ndarray, inv_vars: np.ndarray) -> None:
    writer.line("<DiagGMM>")
    for token, values in (("GCONSTS", gconsts), ("WEIGHTS", weights), ("MEANS_INVVARS", means_invvars), ("INV_VARS", inv_vars)):
        writer.token(f"<{token}>")
        writer.floats(values)
    writer.line("</DiagGMM>")
