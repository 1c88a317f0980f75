"""A trained PLDA back end: what is done to embeddings before PLDA, the model, and what it was trained on, in one file.

Embeddings are centred, projected by LDA if asked, and scaled to length sqrt(dim) (D. Garcia-Romero and C. Espy-Wilson, "Analysis of
i-vector length normalization in speaker recognition systems", Interspeech 2011). The length is normalised before training, so the
model is scored on what it was trained on. Kaldi normalises once more in the basis of the finished model, by a length that depends on
the number of enrolment utterances; its scores are then no ratio of densities of the model, and are not made here.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from cortado.config import from_dict, to_dict
from cortado.errors import CortadoError, DataError
from cortado.files import atomic_write
from cortado.score.embeddings import Embeddings
from cortado.score.lda import fit_lda
from cortado.score.plda import Plda, fit_plda
from cortado.score.result import TableVersion

FORMAT = "cortado PLDA back end 1"


@dataclass(frozen=True)
class TrainedOn:
    """The embeddings and the speakers that a back end was trained on, and its settings. lda_dim: None without LDA."""

    format: str
    embeddings: TableVersion
    speakers: tuple[str, ...]
    lda_dim: int | None
    num_iters: int


@dataclass(frozen=True)
class PldaBackEnd:
    """mean: (dim,); lda: (dim, lda_dim) or None; both float64."""

    trained_on: TrainedOn
    mean: np.ndarray
    lda: np.ndarray | None
    plda: Plda

    def prepare(self, embeddings: Embeddings) -> Embeddings:
        """The embeddings as PLDA takes them: centred, projected, of length sqrt(dim). Raises DataError as `Embeddings` does."""
        return _normalised(embeddings, self.mean, self.lda)

    def of_one_length(self, prepared: Embeddings) -> Embeddings:
        """Means of prepared embeddings, scaled to the length that each of those has."""
        return _scaled(prepared)

    def enrol_side(self, prepared: Embeddings, num_utts: np.ndarray) -> Embeddings:
        """Vectors, float32, for the enrolment side of inner products, as `Plda.enrol_side` of means of prepared embeddings."""
        return replace(prepared, vectors=self.plda.enrol_side(self.plda.project(prepared.vectors), num_utts).astype(np.float32))

    def test_side(self, prepared: Embeddings, num_utts: np.ndarray) -> Embeddings:
        """Vectors, float32, for the test side, as `Plda.test_side` of prepared embeddings."""
        return replace(prepared, vectors=self.plda.test_side(self.plda.project(prepared.vectors), num_utts).astype(np.float32))

    def write(self, path: str | Path) -> None:
        """Write as .npz, atomically; the same model gives the same bytes."""
        lda = {} if self.lda is None else {"lda": self.lda}
        about = json.dumps(to_dict(self.trained_on), sort_keys=True)
        with atomic_write(path, "wb") as out:
            model = {"mean": self.plda.mean, "directions": self.plda.directions, "psi": self.plda.psi}
            np.savez(out, trained_on=np.array(about), embedding_mean=self.mean, **lda, **{f"plda_{k}": v for k, v in model.items()})


def read_plda(path: str | Path) -> PldaBackEnd:
    """Read what PldaBackEnd.write wrote. Raises DataError for anything else."""
    try:
        with np.load(path) as stored:
            about = json.loads(str(stored["trained_on"]))
            if about["format"] != FORMAT:
                raise ValueError
            plda = Plda(*(stored[f"plda_{name}"] for name in ("mean", "directions", "psi")))
            mean, lda = stored["embedding_mean"], stored.get("lda")
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, AttributeError, TypeError):
        raise DataError(path, "cannot be read as a PLDA model; train_plda.py writes one") from None
    return PldaBackEnd(from_dict(TrainedOn, about, str(path)), mean, lda, plda)


def train_plda(
    embeddings: Embeddings, utt2spk: dict[str, str], utt2spk_path: str, lda_dim: int | None, num_iters: int
) -> tuple[PldaBackEnd, list[float]]:
    """The back end of these embeddings of training speakers, and the log-likelihoods of `fit_plda`.

    Raises DataError for an embedding without a speaker, CortadoError for an impossible lda_dim and as fit_lda and fit_plda do.
    """
    missing = [key for key in embeddings.keys if key not in utt2spk]
    if missing:
        raise DataError(utt2spk_path, f"no speaker for {missing[0]} of {embeddings.source} ({len(missing)} such keys)")
    labels = np.array([utt2spk[key] for key in embeddings.keys])
    speakers = np.unique(labels)
    mean, lda = embeddings.vectors.mean(axis=0, dtype=np.float64), None
    if lda_dim is not None:
        most = min(len(mean), len(speakers) - 1)
        if not 1 <= lda_dim <= most:
            sizes = f"embeddings of {len(mean)} values and {len(speakers)} speakers"
            raise CortadoError(f"the dimension of LDA is {lda_dim}, but {sizes} have 1 to {most} directions")
        mean, lda = fit_lda(embeddings.vectors, labels, lda_dim)
        lda = np.ascontiguousarray(lda)  # as it will be read back; products with another order round otherwise
    prepared = _normalised(embeddings, mean, lda)
    plda, log_likes = fit_plda(prepared.vectors, labels, num_iters)
    version = TableVersion(embeddings.source, embeddings.md5())
    return PldaBackEnd(TrainedOn(FORMAT, version, tuple(speakers.tolist()), lda_dim, num_iters), mean, lda, plda), log_likes


def _normalised(embeddings: Embeddings, mean: np.ndarray, lda: np.ndarray | None) -> Embeddings:
    centred = embeddings.centred(mean)
    return _scaled(centred if lda is None else replace(centred, vectors=centred.vectors @ lda))


def _scaled(embeddings: Embeddings) -> Embeddings:
    unit = embeddings.unit()
    return replace(unit, vectors=unit.vectors * np.sqrt(unit.vectors.shape[1]))
