"""Where EM begins: features on disk, a tree, a first model; kept in the experiment directory for a run that is continued."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from cortado.errors import CortadoError
from cortado.hmm import initial
from cortado.hmm.features import FeatureReader
from cortado.hmm.gmm import DiagGmms
from cortado.hmm.initial import TreeModel
from cortado.hmm.model_folder import ModelFolder
from cortado.hmm.settings import HmmConfig
from cortado.hmm.shard import Shard
from cortado.hmm.topology import Topology
from cortado.hmm.tree import read_tree, write_tree
from cortado.lang.lang import Lang
from cortado.train import checkpoint


@dataclass(frozen=True)
class Start:
    """`matrix` (D', D): applied to what the front end gives, None where there is none. `transforms`: of Snapshot."""

    model: TreeModel
    matrix: np.ndarray | None
    transforms: np.ndarray


def monophone_start(shard: Shard, reader: FeatureReader, lang: Lang, topology: Topology) -> Start:
    """Write the features of all chunks; a model in which all states are alike."""
    model = initial.monophone_model(lang, topology, initial.write_feats(shard.chunks, reader))
    return Start(model, None, np.zeros((0, reader.dim, reader.dim + 1)))


def triphone_start(
    shard: Shard, reader: FeatureReader, lang: Lang, topology: Topology, old: ModelFolder, num_leaves: int, config: HmmConfig
) -> Start:
    """Write the features of all chunks; LDA where the config wants it, and a tree, from the alignments of an earlier model."""
    transitions, _ = old.model
    if transitions.topology != topology:
        raise CortadoError(f"{old.path}: its topology is not that of the lang folder, so that its alignments do not fit")
    initial.write_old_alignments(shard.chunks, old.path, transitions)
    matrix = old.matrix if config.front_end is None else None
    if config.lda_dim is not None:
        matrix = initial.lda_of_alignments(shard, reader, transitions, config.lda_dim)
    initial.write_feats(shard.chunks, reader, matrix)
    transforms = _first_transforms(reader.dim if matrix is None else len(matrix), shard, old, config)
    model = initial.triphone_model(shard, transforms, transitions, lang, num_leaves, config.tree)
    return Start(model, matrix, transforms)


def save_start(folder: Path, identity: str, start: Start) -> None:
    """Write folder/tree and then folder/start.pt."""
    arrays = {**vars(start.model.gmms), "transforms": start.transforms}
    if start.matrix is not None:
        arrays["matrix"] = start.matrix
    write_tree(folder / "tree", start.model.tree)
    checkpoint.save(folder / "start.pt", {"identity": identity, **{name: torch.from_numpy(array) for name, array in arrays.items()}})


def load_start(folder: Path, identity: str) -> Start | None:
    """What save_start wrote, None where there is nothing. Raises CortadoError for that of another run."""
    path = folder / "start.pt"
    if not path.exists():
        return None
    content = checkpoint.load(path)
    if content.pop("identity") != identity:
        raise CortadoError(
            f"{path} is of a run with another config, seed, lang or data; train into another directory or remove this one first"
        )
    arrays = {name: tensor.numpy() for name, tensor in content.items()}
    gmms = DiagGmms(*(arrays[name] for name in ("offsets", "weights", "means", "variances")))
    return Start(TreeModel(read_tree(folder / "tree"), gmms), arrays.get("matrix"), arrays["transforms"])


def _first_transforms(dim: int, shard: Shard, old: ModelFolder, config: HmmConfig) -> np.ndarray:
    """Those that EM will go on from: fMLLR of the earlier model or none for each speaker; one that does nothing, for MLLT."""
    if config.fmllr or (config.front_end is None and old.is_adapted):
        known = old.speaker_transforms() if config.front_end is None else {}
        return np.stack([known.get(speaker, np.eye(dim, dim + 1)).astype(np.float64) for speaker in shard.speakers])
    return np.eye(dim, dim + 1)[None] if config.mllt else np.zeros((0, dim, dim + 1))
