"""A trained i-vector system in one file: all that extraction needs."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from cortado.config import from_dict, to_dict
from cortado.errors import CortadoError
from cortado.ivector.extractor import Extractor
from cortado.ivector.gmm import Gmm
from cortado.ivector.settings import IvectorConfig
from cortado.train import checkpoint


class IvectorModel(NamedTuple):
    """`feat_dim`: columns of the features on disk, before deltas. `identity`: of config, seed and data it was trained with."""

    config: IvectorConfig
    feat_dim: int
    identity: str
    ubm: Gmm
    extractor: Extractor


def save_model(path: Path, model: IvectorModel) -> None:
    """Write `model` in one step. Raises CortadoError on a full disk."""
    parts = {"config": to_dict(model.config), "ubm": vars(model.ubm), "extractor": vars(model.extractor)}
    checkpoint.save(path, {**model._asdict(), **parts})


def load_model(path: Path) -> IvectorModel:
    """What save_model wrote. Raises CortadoError when `path` is no such file."""
    content = checkpoint.load(path)
    if content.keys() != set(IvectorModel._fields):
        raise CortadoError(f"{path} is not a finished i-vector system; steps/train_ivector.sh writes one as final.pt")
    config = from_dict(IvectorConfig, content["config"], str(path))
    return IvectorModel(**{**content, "config": config, "ubm": Gmm(**content["ubm"]), "extractor": Extractor(**content["extractor"])})


def is_finished(path: Path, identity: str) -> bool:
    """Whether the model at `path` is there. Raises CortadoError when it is of another identity."""
    if not path.exists():
        return False
    if load_model(path).identity != identity:
        raise CortadoError(f"{path} was trained with another config, seed or data; remove {path.parent} or train into another directory")
    print(f"{path} is already there, trained with this very config, seed and data")
    return True


def identify(*parts: str) -> str:
    """A digest of all that determines a result."""
    return hashlib.md5("\n".join(parts).encode(), usedforsecurity=False).hexdigest()
