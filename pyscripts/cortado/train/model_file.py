"""A trained speaker model in one file: weights, config and what is needed to build the network again."""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from cortado.config import from_dict, to_dict
from cortado.errors import CortadoError
from cortado.nn.speaker import EmbeddingNetwork
from cortado.train import checkpoint
from cortado.train.speaker import SpeakerConfig, SpeakerTask, build_model, build_network


def save_model(path: Path, config: SpeakerConfig, feat_dim: int, speakers: list[str], identity: str, weights: dict) -> None:
    """Write `weights` (of the task's model: network and loss) with the config and the speakers in the classifier's order."""
    content = {"config": to_dict(config), "feat_dim": feat_dim, "speakers": speakers, "identity": identity, "weights": weights}
    checkpoint.save(path, content)


def load_network(path: str | Path, device: str = "cpu") -> tuple[EmbeddingNetwork, int]:
    """The embedding network in evaluation mode, and the feature dimension it expects.

    Every weight must be there and fit. Raises CortadoError when `path` is not a speaker model.
    """
    content = _read(path)
    network = build_network(from_dict(SpeakerConfig, content["config"], str(path)), content["feat_dim"])
    network.load_state_dict(_part(content, "network"), strict=True)
    return network.to(torch.device(device)).eval(), content["feat_dim"]


class Classifier(NamedTuple):
    """A trained network with its loss, which classifies, and the speakers in the order of its classes."""

    network: EmbeddingNetwork
    loss: nn.Module
    speakers: list[str]
    feat_dim: int

    def log_posteriors(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """features: (batch, time, feat_dim), lengths: (batch,) int64 or None -> (batch, num_speakers) float32, natural logarithms."""
        return self.loss.logits(self.network(features, lengths)).float().log_softmax(dim=1)


def load_classifier(path: str | Path, device: str = "cpu") -> Classifier:
    """All of a trained model, in evaluation mode. Raises CortadoError when `path` is not a speaker model, or one that cannot classify
    utterances by themselves: its loss trains no class vectors, or compares them in pairs.
    """
    content = _read(path)
    config = from_dict(SpeakerConfig, content["config"], str(path))
    model = build_model(config, content["feat_dim"], len(content["speakers"]))
    network, loss = model["network"], model["loss"]
    if not (hasattr(loss, "logits") and hasattr(network.head, "embed")):
        raise CortadoError(f"{path} was trained with {config.loss.path}, which tells no speaker by one utterance; train with softmax, say")
    model.load_state_dict(content["weights"], strict=True)
    model.to(torch.device(device)).eval()
    return Classifier(network, loss, content["speakers"], content["feat_dim"])


def start_from(path: str | Path, task: SpeakerTask) -> str:
    """Give `task` the weights of the model `path` before its training, and return one sentence on what was taken.

    The whole network is, or CortadoError says what does not fit. The loss's weights are taken too where they are for the
    same speakers and of the same shapes; else they are left as they are, fresh.
    """
    content = _read(path)
    network, loss = task.model["network"], task.model["loss"]
    try:
        network.load_state_dict(_part(content, "network"), strict=True)
    except RuntimeError as error:
        raise CortadoError(f"{path} has not the network of this config: {_shortened(error)}") from None
    weights = _part(content, "loss")
    if content["speakers"] != task.speakers:
        return f"starting from the network of {path}; its speakers are others, so the loss begins anew"
    if _shapes(weights) != _shapes(loss.state_dict()):
        return f"starting from the network of {path}; its loss was another, so this one begins anew"
    loss.load_state_dict(weights, strict=True)
    return f"starting from the network and the loss of {path}, with the same {len(task.speakers)} speakers"


def _read(path: str | Path) -> dict:
    content = checkpoint.load(path)
    if not {"config", "feat_dim", "speakers", "weights"} <= content.keys():
        raise CortadoError(f"{path} is a checkpoint but not a finished speaker model; steps/train_embedding.sh writes one as final.pt")
    return content


def _part(content: dict, name: str) -> dict[str, Tensor]:
    """The weights of the "network" or of the "loss", by their names in it."""
    prefix = name + "."
    return {key.removeprefix(prefix): weight for key, weight in content["weights"].items() if key.startswith(prefix)}


def _shapes(weights: dict[str, Tensor]) -> dict[str, torch.Size]:
    return {name: weight.shape for name, weight in weights.items()}


def _shortened(error: RuntimeError, length: int = 300) -> str:
    text = " ".join(str(error).partition("\n")[2].split())
    return text if len(text) <= length else text[:length] + " ..."
