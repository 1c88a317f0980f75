"""A trained network as an ONNX graph, which runs without torch: features of a batch of whole utterances in, embeddings out."""

import logging
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from cortado.errors import CortadoError
from cortado.files import commit, temporary_name
from cortado.nn.speaker import EmbeddingNetwork

EXAMPLE_FRAMES = 200  # the graph is for any number of frames that the network takes


class _Embed(nn.Module):
    """`embed` as the forward pass, which is what is exported."""

    def __init__(self, network: EmbeddingNetwork):
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> Tensor:
        return self.network.embed(features)


def export_onnx(network: EmbeddingNetwork, feat_dim: int, path: Path) -> None:
    """Write the graph of `network`, in evaluation mode, to `path` in one step.

    Input "features": (batch, time, feat_dim) float32, before the network's own normalisation, all rows full; output
    "embeddings": (batch, embedding_dim) float32. Batch and time may be any. Raises CortadoError when packages that torch's
    exporter needs are not installed.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise CortadoError(f"export needs the package {error.name}: utils/make_env.py --tests installs it") from None
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it tells of torchvision, which nothing here uses
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about torch's own use of torch
        program = torch.onnx.export(
            _Embed(network).eval(),
            (torch.zeros(2, EXAMPLE_FRAMES, feat_dim),),
            input_names=["features"],
            output_names=["embeddings"],
            dynamic_shapes=({0: "batch", 1: "time"},),
            dynamo=True,
            verbose=False,
        )
    temporary = temporary_name(path)
    try:
        program.save(temporary, external_data=False)
        commit(temporary, path)
    except OSError as error:
        raise CortadoError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)
