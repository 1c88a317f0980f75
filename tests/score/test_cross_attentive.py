"""Scores of cross attentive pooling against a loop over pairs of crops through the network itself; order, batches and memory."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from cortado.ark import ArkWriter
from cortado.nn.cost import multiply_accumulates
from cortado.nn.cross_attentive import CrossAttentiveNetwork
from cortado.nn.encoders.se_resnet import SEResNet
from cortado.nn.pooling.cross_attentive import CrossAttentivePooling, PairHead
from cortado.score import cross_attentive
from cortado.score.cross_attentive import CrossAttentiveScorer, PairHeadOfTrials, Prepared, prepared_bytes
from cortado.score.maps import FORMAT, MapForm, MapTable
from cortado.score.models import Models, single_utterances

DIM = 6
FORM = MapForm(FORMAT, model="m", num_crops=3, crop_frames=20, map_frames=5, dim=DIM)
SHAPES = {"a": (3, 5), "b": (1, 2), "c": (3, 5), "d": (1, 1), "e": (3, 5), "f": (1, 5)}  # crops and frames; three are short utterances
PLENTY = 1 << 30


def make_network(embedding_dim=9):
    """With statistics and gains in the batch normalisation that are not the ones it begins with."""
    torch.manual_seed(2)
    network = CrossAttentiveNetwork(nn.Identity(), CrossAttentivePooling(DIM), PairHead(DIM, embedding_dim)).eval()
    norm = network.head.norm
    for tensor, low, high in ((norm.running_mean, -1, 1), (norm.running_var, 0.5, 2), (norm.weight, 0.5, 2), (norm.bias, -1, 1)):
        nn.init.uniform_(tensor, low, high)
    return network


@pytest.fixture
def network():
    return make_network()


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    with ArkWriter(tmp_path / "maps.ark", tmp_path / "maps.scp") as out:
        for key, (crops, frames) in SHAPES.items():
            out.write(key, rng.standard_normal((crops * frames, DIM)).astype(np.float32))
    FORM.write(tmp_path / "maps.json")
    return MapTable(tmp_path)


def by_a_loop(network, enrol, test):
    """The mean over all pairs of crops of the cosine of what pooling and head give for that pair, in float64."""
    network, cosines = network.double(), []
    with torch.no_grad():
        for s in torch.from_numpy(enrol).double():
            for q in torch.from_numpy(test).double():
                e_s, e_q = network.head(*network.pooling(s[None], q[None]))
                cosines.append(float(F.cosine_similarity(e_s[0, 0], e_q[0, 0], dim=0)))
    return np.mean(cosines)


def all_pairs(table):
    return (side.ravel() for side in np.indices((len(table.keys), len(table.keys))))


def scores_of(network, table, enrol, test, models=None, cache_bytes=PLENTY):
    return CrossAttentiveScorer(network, table, table, models or single_utterances(table), "cpu", cache_bytes)(enrol, test)


@pytest.mark.parametrize("embedding_dim", [4, 9])
def test_prepared_trials_score_as_a_loop_over_pairs_to_the_last_digits(table, embedding_dim):
    network = make_network(embedding_dim).double()
    head = PairHeadOfTrials(network)
    with torch.no_grad():
        for enrol in range(len(SHAPES)):
            for test in range(len(SHAPES)):
                maps = table.read(enrol), table.read(test)
                sides = [Prepared(*(x[None] for x in head.prepare(torch.from_numpy(m).double()))) for m in maps]
                assert float(head.score(*sides)) == pytest.approx(by_a_loop(network, *maps), abs=1e-13)


def test_a_list_with_short_utterances_scores_as_a_loop_but_for_rounding(network, table):
    enrol, test = all_pairs(table)
    scores = scores_of(network, table, enrol, test)
    expected = [by_a_loop(network, table.read(e), table.read(t)) for e, t in zip(enrol, test, strict=True)]
    np.testing.assert_allclose(scores, expected, atol=1.5e-6)
    assert np.ptp(scores) > 0.1  # they tell pairs apart


def test_a_trial_and_its_mirror_have_one_score_and_an_utterance_against_itself_is_scored_too(network, table):
    enrol, test = all_pairs(table)
    scores = scores_of(network, table, enrol, test).reshape(len(SHAPES), -1)
    np.testing.assert_allclose(scores, scores.T, atol=1.1e-6)


@pytest.mark.parametrize("batch", [1, 5])
def test_scores_do_not_depend_on_order_or_on_how_the_list_is_cut_to_the_last_bit(network, table, batch, monkeypatch):
    """Also in batches, as a GPU takes them, which are filled up where trials of one shape are too few."""
    enrol, test = all_pairs(table)
    scorer = CrossAttentiveScorer(network, table, table, single_utterances(table), "cpu", PLENTY)
    monkeypatch.setattr(scorer, "batch", batch)
    scores = scorer(enrol, test)
    order = np.random.default_rng(1).permutation(len(enrol))
    np.testing.assert_array_equal(scorer(enrol[order], test[order]), scores[order])
    pieces = [scorer(enrol[piece], test[piece]) for piece in np.array_split(np.arange(len(enrol)), 7)]
    np.testing.assert_array_equal(np.concatenate(pieces), scores)


def test_batches_of_a_gpu_give_the_scores_of_single_trials_but_for_rounding(network, table, monkeypatch):
    enrol, test = all_pairs(table)
    single = scores_of(network, table, enrol, test)
    scorer = CrossAttentiveScorer(network, table, table, single_utterances(table), "cpu", PLENTY)
    monkeypatch.setattr(scorer, "batch", cross_attentive.GPU_BATCH)
    np.testing.assert_allclose(scorer(enrol, test), single, atol=1.1e-6)


def test_a_model_of_several_utterances_has_the_mean_of_their_scores(network, table):
    rows = {"one": [2], "two": [0, 4], "three": [5, 0, 3]}
    models = Models(list(rows), np.repeat([0, 1, 2], [1, 2, 3]), np.concatenate(list(rows.values())))
    enrol, test = (side.ravel() for side in np.indices((3, len(SHAPES))))
    single = scores_of(network, table, *all_pairs(table)).reshape(len(SHAPES), -1)
    expected = np.concatenate([single[utts].mean(axis=0) for utts in rows.values()])
    np.testing.assert_allclose(scores_of(network, table, enrol, test, models), expected, atol=1.1e-6)


def test_no_more_maps_are_kept_than_fit_and_all_are_read_once_where_they_do(network, table, monkeypatch):
    enrol, test = all_pairs(table)
    read, rows = table.read, []
    monkeypatch.setattr(table, "read", lambda row: rows.append(row) or read(row))
    plenty = scores_of(network, table, enrol, test)
    assert sorted(rows) == list(range(len(SHAPES)))
    rows.clear()
    np.testing.assert_array_equal(scores_of(network, table, enrol, test, cache_bytes=2 * prepared_bytes(FORM)), plenty)
    assert len(rows) > len(enrol) // 2  # nearly every trial reads its test side again


def test_what_is_kept_of_an_utterance_is_as_large_as_is_said(network, table):
    prepared = PairHeadOfTrials(network).prepare(torch.from_numpy(table.read(0)))
    assert sum(tensor.numel() * tensor.element_size() for tensor in prepared) == prepared_bytes(FORM)


@pytest.mark.parametrize(
    ("trunk", "floor", "once", "by_pairs"),
    [({}, 12.3, 14.4, 310), ({"strides": (1, 2, 2, 2), "max_pool": True}, 7.8, 7.2, 162)],
    ids=["fast", "thin"],
)
def test_a_trial_of_the_papers_sizes_costs_what_is_said(trunk, floor, once, by_pairs):
    """In millions of multiply-accumulates: a trial, an utterance, and a trial pair of crops by pair of crops."""
    with torch.device("meta"):
        frames = SEResNet(64, **trunk).frame_lengths(350)
    network = CrossAttentiveNetwork(nn.Identity(), CrossAttentivePooling(128), PairHead(128, 512)).eval()
    head, maps = PairHeadOfTrials(network), torch.randn(10, frames, 128)
    with torch.no_grad():
        stacked = Prepared(*(tensor[None] for tensor in head.prepare(maps)))
        costs = multiply_accumulates(head.score, stacked, stacked), multiply_accumulates(head.prepare, maps)
    assert [round(cost / 1e6, 1) for cost in costs] == [floor, once]
    assert round(100 * multiply_accumulates(network.pairs, maps[:1], maps[:1]) / 1e6) == by_pairs
