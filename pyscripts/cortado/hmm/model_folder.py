"""The folder of a trained model, in Kaldi's layout, and what else is needed to use it: final.mdl, tree, phones.txt, final.mat (LDA and
MLLT), trans.N (fMLLR by speaker), ali.N.gz, and, in place of Kaldi's splice_opts, cmvn_opts and delta_opts, front_end.yaml.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from cortado import ark
from cortado.config import dump_yaml, load_config
from cortado.datadir import DataDir
from cortado.errors import DataError
from cortado.files import atomic_write
from cortado.hmm.features import FeatureReader, FrontEnd, apply_affine
from cortado.hmm.gmm import DiagGmms
from cortado.hmm.kaldi_io import KaldiWriter, open_reader, write_file
from cortado.hmm.model import read_model
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import Tree, read_tree
from cortado.lang.lang import Lang
from cortado.lang.symbols import SymbolTable

FINAL_MODEL, SPEAKER_INDEPENDENT_MODEL, FINAL_MATRIX = "final.mdl", "final.alimdl", "final.mat"
_TRANSFORMS = re.compile(r"trans\.\d+")


class ModelFolder:
    """Reads a model folder, each file when it is first asked for. Raises DataError for one that is missing or damaged."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        if not (self.path / FINAL_MODEL).is_file():
            raise DataError(self.path / FINAL_MODEL, "no such model; is the training finished?")

    @cached_property
    def model(self) -> tuple[TransitionModel, DiagGmms]:
        return read_model(self.path / FINAL_MODEL)

    @cached_property
    def speaker_independent_model(self) -> tuple[TransitionModel, DiagGmms]:
        """The model for features without fMLLR; final.mdl itself where training has used none."""
        path = self.path / SPEAKER_INDEPENDENT_MODEL
        return read_model(path) if path.exists() else self.model

    @cached_property
    def tree(self) -> Tree:
        return read_tree(self.path / "tree")

    @cached_property
    def front_end(self) -> FrontEnd:
        return load_config(FrontEnd, self.path / "front_end.yaml")

    @cached_property
    def matrix(self) -> np.ndarray | None:
        """final.mat (D', D), applied to what the front end gives; None where there is none."""
        path = self.path / FINAL_MATRIX
        if not path.exists():
            return None
        reader = open_reader(path)
        return reader.matrix().astype(np.float64)

    @property
    def is_adapted(self) -> bool:
        """Whether the model is for features under fMLLR."""
        return (self.path / SPEAKER_INDEPENDENT_MODEL).exists()

    def speaker_transforms(self) -> dict[str, np.ndarray]:
        """Speaker -> fMLLR (D, D + 1), of all trans.N; none where there are no such files."""
        paths = sorted(path for path in self.path.glob("trans.*") if _TRANSFORMS.fullmatch(path.name))
        return {speaker: matrix for path in paths for speaker, matrix in ark.open_table(f"ark:{path}")}

    def check_phones(self, lang: Lang) -> None:
        """Raise DataError where the phones of `lang` are not those that the model was trained with."""
        path = self.path / "phones.txt"
        theirs = set(SymbolTable.read(path))
        if different := sorted(theirs.symmetric_difference(set(lang.phones)), key=lambda row: row[1]):
            symbol, number = different[0]
            raise DataError(
                path, f"the model was trained with other phones than those of the lang folder: {symbol} {number} is in one only"
            )

    def features(self, data_dir: DataDir) -> "ModelFeatures":
        """The features of a data directory as this model wants them, but for fMLLR."""
        return ModelFeatures(FeatureReader(data_dir, self.front_end), self.matrix)


class ModelFeatures:
    """Features under the front end and final.mat."""

    def __init__(self, reader: FeatureReader, matrix: np.ndarray | None):
        self._reader, self._matrix = reader, matrix

    def read(self, utt: str, transform: np.ndarray | None = None) -> np.ndarray:
        """(num_frames, D) float32, under the `transform` (D, D + 1) of the speaker where it is given. Raises as FeatureReader.read."""
        feats = self._reader.read(utt)
        feats = feats if self._matrix is None else apply_affine(feats, self._matrix)
        return feats if transform is None else apply_affine(feats, transform)


def copy_model(source: ModelFolder, target: Path) -> None:
    """Copy what a model folder needs, but for alignments and fMLLR, each file whole or not at all."""
    for name in (FINAL_MODEL, SPEAKER_INDEPENDENT_MODEL, FINAL_MATRIX, "tree", "phones.txt", "front_end.yaml"):
        if (source.path / name).exists():
            with atomic_write(target / name, "wb") as out:
                out.write((source.path / name).read_bytes())


def write_front_end(folder: Path, front_end: FrontEnd) -> None:
    with atomic_write(folder / "front_end.yaml") as out:
        out.write(dump_yaml(front_end))


def write_matrix(path: Path, matrix: np.ndarray) -> None:
    """A Kaldi matrix, float32, in a file of its own."""
    writer = KaldiWriter()
    writer.floats(matrix.astype(np.float32))
    write_file(path, writer)


def write_speaker_transforms(folder: Path, transforms: Mapping[str, np.ndarray]) -> None:
    """trans.1, with all speakers; where there are none, an older one is removed."""
    if not transforms:
        (folder / "trans.1").unlink(missing_ok=True)
        return
    with ark.ArkWriter(folder / "trans.1") as writer:
        for speaker in sorted(transforms):
            writer.write(speaker, transforms[speaker].astype(np.float32))
