"""The exported graph gives the embeddings and scores of the network itself, for any batch and length, through ONNX Runtime."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.extend([str(Path(__file__).parents[1] / "ground"), str(Path(__file__).parents[1] / "steps")])
from in_process import run_in_process
from test_train_embedding import write_feats

from cortado import ark
from cortado.config import load_config
from cortado.datadir import DataDir
from cortado.errors import CortadoError
from cortado.nn import EmbeddingNetwork
from cortado.nn.encoders.se_resnet import SEResNet
from cortado.nn.encoders.tdnn import TDNN
from cortado.nn.heads import SerializedHead
from cortado.nn.pooling.multi_resolution import MultiResolutionPooling
from cortado.nn.pooling.serialized import SerializedPooling
from cortado.train.model_file import save_model
from cortado.train.onnx_export import export_onnx
from cortado.train.speaker import SpeakerConfig, SpeakerTask

onnxruntime = pytest.importorskip("onnxruntime", reason="utils/make_env.py --tests installs onnxruntime")
pytest.importorskip("onnxscript", reason="utils/make_env.py --tests installs onnxscript")

COMMANDS = Path(__file__).resolve().parents[2] / "pyscripts/bin"
CONFIG = """
encoder: {class: cortado.nn.encoders.tdnn.TDNN, channels: [8, 8], kernel_sizes: [5, 3], dilations: [1, 2]}
pooling: {class: cortado.nn.pooling.statistics.StatisticsPooling}
loss: {class: cortado.nn.losses.aam_softmax.AAMSoftmax}
embedding_dim: 6
crops: {frames: [20, 30]}
training: {epochs: 1, batch_size: 8}
"""


def session(path: Path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def embed(graph, features: np.ndarray) -> np.ndarray:
    return graph.run(None, {"features": features})[0]


def scores(embeddings: np.ndarray) -> np.ndarray:
    """Cosines of all pairs."""
    rows = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    return rows @ rows.T


def test_a_model_file_scores_all_utterances_as_its_extracted_embeddings_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = write_feats(tmp_path / "data", speakers=4, seed=0)
    (tmp_path / "train.yaml").write_text(CONFIG)
    task = SpeakerTask(load_config(SpeakerConfig, "train.yaml"), DataDir(data), seed=0)
    for number in range(40):  # moves the running statistics
        task.loss(task.batch(number), 0.0)
    save_model(tmp_path / "exp/final.pt", task.config, 8, task.speakers, "", task.model.state_dict())
    assert run_in_process(COMMANDS / "extract_embeddings.py", "exp/final.pt", data, "embeddings").returncode == 0
    exported = subprocess.run(["export_onnx.py", "exp/final.pt", "exp/final.onnx"], capture_output=True, text=True, check=False)
    assert exported.returncode == 0, exported.stderr
    extracted = dict(ark.open_table("scp:embeddings.scp"))
    graph = session(tmp_path / "exp/final.onnx")
    found = {utt: embed(graph, feats[None])[0] for utt, feats in ark.open_table(f"scp:{data}/feats.scp")}
    ours, theirs = (np.stack([table[utt] for utt in sorted(extracted)]) for table in (extracted, found))
    assert ours.shape == (16, 6) and np.std(scores(ours)) > 0.1
    np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scores(theirs), scores(ours), atol=1e-5)


def se_resnet() -> EmbeddingNetwork:
    encoder = SEResNet(24, channels=(8, 8, 8, 16), blocks=(1, 1, 1, 1), strides=(1, 2, 2, 2), max_pool=True)
    return EmbeddingNetwork(encoder, MultiResolutionPooling(16, num_heads=4), 8, normalise="mean_variance")


def serialized() -> EmbeddingNetwork:
    encoder = TDNN(24, channels=(8, 8), kernel_sizes=(5, 3), dilations=(1, 2), projection_dim=16)
    return EmbeddingNetwork(encoder, SerializedPooling(16, num_layers=2), 16, SerializedHead, normalise="level")


@pytest.mark.parametrize("make", [se_resnet, serialized])
def test_any_batch_and_any_length_gives_the_networks_own_embeddings(make, tmp_path):
    torch.manual_seed(0)
    network = make()
    network(torch.randn(8, 60, 24))  # moves the running statistics
    export_onnx(network.eval(), 24, tmp_path / "network.onnx")
    graph = session(tmp_path / "network.onnx")
    for batch, num_frames in ((1, 9), (3, 200), (2, 641)):
        features = torch.randn(batch, num_frames, 24)
        with torch.inference_mode():
            expected = network.embed(features).numpy()
        np.testing.assert_allclose(embed(graph, features.numpy()), expected, rtol=1e-4, atol=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["network.onnx"]


def test_without_the_exporters_packages_one_sentence_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(CortadoError, match=r"export needs the package onnxscript: utils/make_env\.py --tests"):
        export_onnx(se_resnet(), 24, tmp_path / "network.onnx")
