"""conf/sid: the networks and the training of the singers' paper (Arronte Alvarez and Gomez-Martin, arXiv 2008.00198), and clips of 40 ms."""

from pathlib import Path

import numpy as np
import pytest
import torch

from cortado.ark import ArkWriter
from cortado.config import load_config
from cortado.datadir import DataDir
from cortado.nn.cost import num_parameters
from cortado.train.settings import OptimiserSettings
from cortado.train.speaker import SpeakerConfig, build_model
from cortado.train.whole_clips import WholeClipTask

CONF = Path(__file__).resolve().parents[2] / "conf/sid"
NETWORKS = ("crnn", "residual50", "residual_blstm")
BATCH_NORM_OF_THE_LAST_LAYER = 2 * 1024

# Parameters with 128 bins and 5 singers, layer by layer, and in millions as the descriptions of the paper were computed before.
SIZES = [
    ("crnn", 1152 + 3 * 147_456 + 8 * 128 + 3 * 256 * (2432 + 258 + 514) + 257 * 1024, 3.17),
    ("residual50", 25_557_032 - 9_408 + 576 - 2_049_000 + 2049 * 1024, 25.60),
    ("residual_blstm", 576 + 128 + 6 * (36_864 + 128) + 8 * 256 * (64 * 64 + 256 + 2) + 513 * 1024, 9.67),
]


def load(name: str, *overrides: str) -> SpeakerConfig:
    return load_config(SpeakerConfig, CONF / f"{name}.yaml", overrides)


@pytest.mark.parametrize(("name", "parameters", "millions"), SIZES)
@pytest.mark.parametrize("feat_dim", [128, 40])
def test_networks_have_the_parameters_of_their_description_and_40_cepstra_are_padded_to_its_128_rows(name, parameters, millions, feat_dim):
    with torch.device("meta"):
        model = build_model(load(name), feat_dim, num_speakers=5)
    found = num_parameters(model)
    assert found == parameters + BATCH_NORM_OF_THE_LAST_LAYER + 1025 * 5
    assert found / 1e6 == pytest.approx(millions, abs=0.0075)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_training_is_the_papers(name):
    config = load(name)
    training, schedule = config.training, config.training.schedule
    assert config.task == "cortado.train.whole_clips.WholeClipTask" and config.crops.frames == (426, 426)
    assert config.loss.path == "cortado.nn.losses.softmax.Softmax" and config.embedding_dim == 1024
    assert (training.epochs, training.batch_size, training.patience, training.average) == (20, 64, 2, 1)
    assert training.optimiser == OptimiserSettings("Adam", lr=1e-3, weight_decay=0.0)
    assert schedule.shape == "constant" and schedule.warmup == 0


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> DataDir:
    """Clips of two singers of 40 cepstra, from a single frame on."""
    folder, rng = tmp_path_factory.mktemp("clips"), np.random.default_rng(0)
    lengths = [1, 2, 3, 4, 5, 9, 33, 140]
    with ArkWriter(folder / "feats.ark", folder / "feats.scp") as out:
        for number, length in enumerate(lengths):
            out.write(f"s{number % 2}-{number}", rng.standard_normal((length, 40)).astype(np.float32))
    (folder / "utt2spk").write_text("".join(f"s{n % 2}-{n} s{n % 2}\n" for n in range(len(lengths))))
    (folder / "utt2num_frames").write_text("".join(f"s{n % 2}-{n} {length}\n" for n, length in enumerate(lengths)))
    return DataDir(folder)


@pytest.mark.parametrize("name", [f"{name}_mini" for name in NETWORKS])
def test_clips_of_one_to_four_frames_train_and_validate(name, clips):
    torch.manual_seed(0)
    task = WholeClipTask(load(name, "training.batch_size=2"), clips, seed=0, valid=clips)
    shortest = min((task.batch(number) for number in range(task.batches_per_epoch)), key=lambda batch: batch[0].shape[1])
    assert shortest[0].shape == (2, 2, 40)
    task.loss(shortest, 0.0)[0].backward()
    assert all(p.grad.isfinite().all() for p in task.model.parameters())
    task.model.eval()
    assert np.isfinite(task.validate()["loss"])
