"""Training of cross attentive pooling: the loss of a batch against a loop over pairs, several ranks, and that it learns."""

import re
import sys
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[1] / "ground"), str(Path(__file__).parents[1] / "steps")])
from cross_attentive_program import NUM_SPEAKERS, make_config, make_task, one_pass
from start_ranks import outcome, start_ranks
from test_train_embedding import write_feats

from cortado.config import ClassSpec, load_config
from cortado.datadir import DataDir
from cortado.errors import ConfigError, CortadoError
from cortado.nn.cost import num_parameters
from cortado.train.cross_attentive import CrossAttentiveTask, load_cross_attentive
from cortado.train.loop import train
from cortado.train.model_file import save_model
from cortado.train.speaker import SpeakerConfig, build_network

PROGRAM = Path(__file__).parent / "cross_attentive_program.py"
CONFIG = Path(__file__).parents[2] / "egs/voxceleb/sv/conf/cross_attentive.yaml"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return write_feats(tmp_path_factory.mktemp("data") / "train", speakers=2 * NUM_SPEAKERS, seed=0)


def loss_by_a_loop(task, features, speakers):
    """Section 2 of the paper, one pair after the other, with batch normalisation over the vectors of all pairs."""
    network, loss, of_each = task.model["network"], task.model["loss"], 3
    projection, norm = network.pooling.projection, network.head.norm
    maps, vectors = network(features), {}
    supports, queries = range(0, len(maps), of_each), [row for row in range(len(maps)) if row % of_each]
    for s in supports:
        for q in queries:
            directions = [F.normalize(F.relu(maps[row] @ projection.weight.T + projection.bias), dim=1) for row in (s, q)]
            correlation = directions[0] @ directions[1].T
            for side, (row, r) in enumerate(((s, correlation), (q, correlation.T))):
                attention = (r @ r.mean(dim=0) / 0.05).softmax(dim=0)
                vectors[s, q, side] = ((1 + attention).unsqueeze(1) * maps[row]).mean(dim=0)
    everything = torch.stack(list(vectors.values()))
    mean, deviation = everything.mean(dim=0), (everything.var(dim=0, correction=0) + norm.eps).sqrt()
    embedded = {
        key: F.relu((vector - mean) / deviation * norm.weight + norm.bias) @ network.head.linear.weight.T for key, vector in vectors.items()
    }
    prototypical, classified = [], []
    for q in queries:
        logits = torch.stack([embedded[s, q, 1] @ F.normalize(embedded[s, q, 0], dim=0) for s in supports])
        prototypical.append(F.cross_entropy(logits, torch.tensor(q // of_each)))
        for side in (0, 1):
            logits = F.normalize(loss.softmax.weight) @ embedded[q - q % of_each, q, side]
            classified.append(F.cross_entropy(logits, speakers[q]))
    return torch.stack(prototypical).mean() + torch.stack(classified).mean()


def test_loss_and_gradients_of_a_batch_are_those_of_a_loop_over_pairs(data):
    task = make_task(data)
    task.model.double().train()
    features, speakers = task.batch(0)
    losses, gradients = [], []
    for loss_of in (lambda *batch: task.loss(batch, 0.0)[0], lambda *batch: loss_by_a_loop(task, *batch)):
        task.model.zero_grad()
        losses.append(loss_of(features.double(), speakers))
        losses[-1].backward()
        gradients.append([p.grad.clone() for p in task.model.parameters()])
    torch.testing.assert_close(*losses, rtol=1e-12, atol=0)
    for found, expected in zip(*gradients, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


def test_two_ranks_have_loss_gradients_and_statistics_of_one_process(data, tmp_path):
    statuses, said = outcome(start_ranks(2, PROGRAM, data, tmp_path))
    assert statuses == [0, 0], said
    single = one_pass(data)
    for rank in range(2):
        found = torch.load(tmp_path / f"rank{rank}.pt")
        assert found.keys() == single.keys()
        for name in (name for name in single if not name.startswith("validation")):
            torch.testing.assert_close(found[name], single[name], rtol=1e-9, atol=1e-11, msg=name)


def test_a_few_updates_lower_the_loss_and_find_the_speakers(data, tmp_path):
    task = make_task(data)
    task.model.eval()
    before = task.validate()
    train(task, task.config.training, tmp_path, "toy")
    task.model.eval()
    after = task.validate()
    assert after["loss"] < 0.3 * before["loss"] and after["accuracy"] > 0.7 > 2 * before["accuracy"]


def test_validation_measures_whole_episodes_of_held_out_utterances(data, monkeypatch):
    task, seen = make_task(data), []
    task.model.eval()
    episode = task._episode
    monkeypatch.setattr(
        task, "_episode", lambda maps, speakers: seen.append((len(maps), episode(maps, speakers)[0])) or episode(maps, speakers)
    )
    figures = task.validate()
    assert {rows for rows, _ in seen} == {3 * NUM_SPEAKERS}
    assert figures["loss"] == pytest.approx(float(torch.stack([loss for _, loss in seen]).mean()), rel=1e-5)


def test_without_held_out_data_there_is_nothing_to_validate(data):
    assert CrossAttentiveTask(make_config(), DataDir(data), seed=0).validate() == {}


@pytest.mark.parametrize(
    ("part", "path", "message"),
    [
        ("loss", "cortado.nn.losses.np_softmax.NPSoftmax", "the loss is cortado.nn.losses.np_softmax.NPSoftmax"),
        ("pooling", "cortado.nn.pooling.average.AveragePooling", "its pooling and head are AveragePooling and PairHead"),
        ("head", "cortado.nn.heads.LinearHead", "its pooling and head are CrossAttentivePooling and LinearHead"),
    ],
)
def test_a_config_with_another_part_is_refused(data, part, path, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        make_task(data, **{part: ClassSpec(path)})


def save(path, config):
    weights = {f"network.{name}": weight for name, weight in build_network(config, feat_dim=8).state_dict().items()}
    save_model(path, config, 8, ["a", "b"], "untrained", weights)


def test_a_saved_model_gives_the_maps_and_pairs_that_it_was_trained_to_give(data, tmp_path):
    task = make_task(data)
    save_model(tmp_path / "final.pt", task.config, 8, task.speakers, "x", task.model.state_dict())
    network, feat_dim = load_cross_attentive(tmp_path / "final.pt")
    features, maps = task.batch(0)[0], []
    for expected in (task.model["network"].eval(), network):
        maps.append(expected(features))
    assert feat_dim == 8 and not network.training and torch.equal(*maps)
    for found, expected in zip(network.pairs(*maps), task.model["network"].pairs(*maps), strict=True):
        assert torch.equal(found, expected)


def test_a_model_without_cross_attentive_pooling_is_named(tmp_path):
    save(tmp_path / "final.pt", make_config(pooling=ClassSpec("cortado.nn.pooling.average.AveragePooling")))
    with pytest.raises(CortadoError, match=r"final\.pt gives no frame maps: its pooling and head are AveragePooling and PairHead"):
        load_cross_attentive(tmp_path / "final.pt")


@pytest.mark.parametrize("settings", [[], ["encoder.strides=[1,2,2,2]", "encoder.max_pool=true"]], ids=["fast", "thin"])
def test_the_recipes_config_has_the_papers_parameters(settings):
    network = build_network(load_config(SpeakerConfig, CONFIG, settings), feat_dim=64)
    assert num_parameters(network.encoder) == 1_354_390
    assert num_parameters(network.pooling) + num_parameters(network.head) == 82_304
