"""A lip reader's file gives the very network back, or says what it is not."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from lip_data import make_config, make_task, write_clips

from cortado.config import ClassSpec
from cortado.errors import CortadoError
from cortado.train import checkpoint
from cortado.train.lip_model import load_lip_reader, save_lip_reader, start_from


@pytest.fixture
def task(tmp_path):
    return make_task(make_config(), write_clips(tmp_path / "data", [12, 8]))


@pytest.fixture
def saved(tmp_path, task) -> Path:
    save_lip_reader(tmp_path / "final.pt", task, "identity", task.model.state_dict())
    return tmp_path / "final.pt"


def test_the_network_comes_back_with_its_config(task, saved):
    network, config = load_lip_reader(saved)
    x = task.batch(0)[0]
    assert config == task.config and not network.training
    assert torch.equal(network(x), task.model.eval()(x))


def test_training_starts_from_all_weights_or_without_the_last_layer_of_other_classes(tmp_path, task, saved):
    same = make_task(make_config(), write_clips(tmp_path / "same", [12]))
    assert start_from(saved, same) == f"starting from {saved}"
    assert all(torch.equal(a, b) for a, b in zip(task.model.state_dict().values(), same.model.state_dict().values(), strict=True))
    data_dir = write_clips(tmp_path / "more", [12])
    (data_dir.path / "num_classes").write_text("7\n")
    more = make_task(make_config(), data_dir)
    assert "its classes are others, so the last layer begins anew" in start_from(saved, more)
    assert more.model.classify[1].weight.shape[0] == 7
    assert torch.equal(more.model.project[0].weight, task.model.project[0].weight)


def test_another_network_and_other_files_are_refused(tmp_path, saved):
    wider = ClassSpec("cortado.nn.visual.resnet18.ResNet18", {"width": 8, "blocks": (1, 1)})
    with pytest.raises(CortadoError, match=r"final.pt has not the network of this config: .*size mismatch"):
        start_from(saved, make_task(make_config(visual=wider), write_clips(tmp_path / "wide", [12])))
    checkpoint.save(tmp_path / "other.pt", {"config": {}})
    with pytest.raises(CortadoError, match=r"other.pt is a checkpoint but not a finished lip reader"):
        load_lip_reader(tmp_path / "other.pt")
