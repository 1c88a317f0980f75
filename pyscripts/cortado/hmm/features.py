"""What the models see of the features on disk: speaker means removed, deltas or neighbouring frames appended, then linear transforms."""

from dataclasses import dataclass

import numpy as np
import torch

from cortado import ark
from cortado.datadir import DataDir
from cortado.datadir.table import few
from cortado.errors import CortadoError, DataError
from cortado.feats import add_deltas, apply_cmvn, splice


@dataclass(frozen=True)
class Deltas:
    """Derivatives up to `order`, each by regression over 2 `window` + 1 frames."""

    order: int = 2
    window: int = 2

    def __post_init__(self):
        if self.order < 0 or self.window < 1:
            raise ValueError(f"deltas: order ({self.order}) must be at least 0 and window ({self.window}) at least 1")


@dataclass(frozen=True)
class Splice:
    """`left` frames before and `right` frames after."""

    left: int = 4
    right: int = 4

    def __post_init__(self):
        if min(self.left, self.right) < 0:
            raise ValueError(f"splice: left ({self.left}) and right ({self.right}) must be at least 0")


@dataclass(frozen=True)
class FrontEnd:
    """The mean of the speaker is always removed: float32 arithmetic of Gaussians has no digits left for large offsets.

    `norm_vars`: divide by the speaker's standard deviations, too. Exactly one of `deltas` and `splice` is given.
    """

    norm_vars: bool = False
    deltas: Deltas | None = None
    splice: Splice | None = None

    def __post_init__(self):
        if (self.deltas is None) == (self.splice is None):
            raise ValueError("front_end: give either deltas or splice")

    def dim(self, feat_dim: int) -> int:
        """The size of the vectors made of features of `feat_dim` columns."""
        if self.deltas is not None:
            return feat_dim * (self.deltas.order + 1)
        return feat_dim * (self.splice.left + 1 + self.splice.right)

    def __call__(self, feats: torch.Tensor, cmvn_stats: torch.Tensor) -> torch.Tensor:
        """feats (num_frames, feat_dim), the speaker's statistics (2, feat_dim + 1) -> (num_frames, dim) float32."""
        feats = apply_cmvn(feats, cmvn_stats, norm_vars=self.norm_vars)
        if self.deltas is not None:
            return add_deltas(feats, self.deltas.order, self.deltas.window)
        return splice(feats, self.splice.left, self.splice.right)


class FeatureReader:
    """Reads the features of a data directory utterance by utterance and applies the front end.

    Raises DataError where speakers have no statistics in cmvn.scp; steps/compute_cmvn.sh makes them.
    """

    def __init__(self, data_dir: DataDir, front_end: FrontEnd):
        self._data_dir, self._front_end = data_dir, front_end
        self._cmvn_scp = data_dir.table("cmvn.scp")
        if missing := sorted(set(data_dir.utt2spk.values()) - self._cmvn_scp.keys()):
            raise DataError(
                data_dir.path / "cmvn.scp", f"has no line for {len(missing)} speakers: {few(missing)}; run steps/compute_cmvn.sh"
            )
        self._speaker, self._stats = "", torch.empty(0)
        self.dim = front_end.dim(ark.read_shape(next(iter(data_dir.feats_scp.values())))[1])

    def read(self, utt: str) -> np.ndarray:
        """(num_frames, dim) float32. Raises DataError or CortadoError naming the utterance: an ark that is cut short, values that are not
        finite, statistics of another dimension.
        """
        rxfile = self._data_dir.feats_scp[utt]
        try:
            feats = torch.from_numpy(ark.read(rxfile))
            seen = self._front_end(feats, self._cmvn_stats(self._data_dir.utt2spk[utt])).numpy()
        except (DataError, ValueError) as error:
            raise CortadoError(f"utterance {utt}: {error}") from None
        if not np.isfinite(seen).all():
            raise DataError(rxfile, f"the features of {utt} have NaN or infinite values")
        return seen

    def _cmvn_stats(self, speaker: str) -> torch.Tensor:
        if speaker != self._speaker:
            self._speaker, self._stats = speaker, torch.from_numpy(ark.read(self._cmvn_scp[speaker]))
        return self._stats


def apply_affine(feats: np.ndarray, transform: np.ndarray) -> np.ndarray:
    """feats (num_frames, D) float32, transform (D', D + 1), the last column what is added, or (D', D): (num_frames, D') float32."""
    dim = feats.shape[1]
    turned = feats @ transform[:, :dim].T.astype(np.float32)
    if transform.shape[1] > dim:
        turned += transform[:, dim].astype(np.float32)
    return turned
