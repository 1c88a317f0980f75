"""A trained lip reader in one file: weights, config and what is needed to build the network again."""

from pathlib import Path

import torch

from cortado.config import from_dict, to_dict
from cortado.errors import CortadoError
from cortado.nn.lip_network import LipNetwork
from cortado.train import checkpoint
from cortado.train.lips import LipConfig, LipTask, build_network

KEYS = {"config", "frame_shape", "num_classes", "identity", "weights"}


def save_lip_reader(path: Path, task: LipTask, identity: str, weights: dict[str, torch.Tensor]) -> None:
    """Write `weights` of the task's network with all that describes it."""
    frame_shape = list(task.frame_shape)
    content = {"config": to_dict(task.config), "frame_shape": frame_shape, "num_classes": task.num_classes}
    checkpoint.save(path, {**content, "identity": identity, "weights": weights})


def load_lip_reader(path: str | Path, device: str = "cpu") -> tuple[LipNetwork, LipConfig]:
    """The network in evaluation mode, and its config. Raises CortadoError when `path` is no lip reader."""
    content = _read(path)
    config = from_dict(LipConfig, content["config"], str(path))
    network = build_network(config, tuple(content["frame_shape"]), content["num_classes"])
    network.load_state_dict(content["weights"], strict=True)
    return network.to(torch.device(device)).eval(), config


def start_from(path: str | Path, task: LipTask) -> str:
    """Give the task's network the weights of the model `path` before its training, and return one sentence on it.

    Those of the last layer are left as they are, fresh, where the model has another number of classes. Raises CortadoError for a
    model of another network.
    """
    content = _read(path)
    weights, sentence = content["weights"], f"starting from {path}"
    if content["num_classes"] != task.num_classes:
        fresh = {f"classify.{name}": weight for name, weight in task.model.classify.state_dict().items()}
        weights, sentence = {**weights, **fresh}, f"{sentence}; its classes are others, so the last layer begins anew"
    try:
        task.model.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        raise CortadoError(f"{path} has not the network of this config: {' '.join(str(error).split())[:300]}") from None
    return sentence


def _read(path: str | Path) -> dict:
    content = checkpoint.load(path)
    if not content.keys() >= KEYS:
        raise CortadoError(f"{path} is a checkpoint but not a finished lip reader; steps/train_lips.sh writes one as final.pt")
    return content
