"""A trained speaker model in one file: weights, config and what is needed to build the network again."""

from pathlib import Path

import torch

from cortado.config import from_dict, to_dict
from cortado.errors import CortadoError
from cortado.nn.speaker import EmbeddingNetwork
from cortado.train import checkpoint
from cortado.train.speaker import SpeakerConfig, build_network


def save_model(path: Path, config: SpeakerConfig, feat_dim: int, speakers: list[str], identity: str, weights: dict) -> None:
    """Write `weights` (of the task's model: network and loss) with the config and the speakers in the classifier's order."""
    content = {"config": to_dict(config), "feat_dim": feat_dim, "speakers": speakers, "identity": identity, "weights": weights}
    checkpoint.save(path, content)


def load_network(path: str | Path, device: str = "cpu") -> tuple[EmbeddingNetwork, int]:
    """The embedding network in evaluation mode, and the feature dimension it expects.

    Every weight must be there and fit. Raises CortadoError when `path` is not a speaker model.
    """
    content = checkpoint.load(path)
    if not {"config", "feat_dim", "weights"} <= content.keys():
        raise CortadoError(f"{path} is a checkpoint but not a finished speaker model; steps/train_embedding.sh writes one as final.pt")
    network = build_network(from_dict(SpeakerConfig, content["config"], str(path)), content["feat_dim"])
    prefix = "network."
    weights = {name[len(prefix) :]: w for name, w in content["weights"].items() if name.startswith(prefix)}
    network.load_state_dict(weights, strict=True)
    return network.to(torch.device(device)).eval(), content["feat_dim"]
