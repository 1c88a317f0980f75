"""Batches of whole utterances: cut by length within the bound, padded with zeros, whatever a network cannot take named."""

from itertools import chain, pairwise

import numpy as np
import pytest

from cortado.ark import ArkWriter, read_scp
from cortado.errors import CortadoError
from cortado.feats.batches import plan_batches, read_batch, read_features


def test_batches_hold_each_utterance_once_by_length_and_keep_the_bound():
    num_frames = {f"u{n}": int(length) for n, length in enumerate(np.random.default_rng(0).integers(1, 300, 200))}
    batches = plan_batches(num_frames, 1000)
    lengths = [[num_frames[utt] for utt in batch] for batch in batches]
    assert sorted(chain(*batches)) == sorted(num_frames) and list(chain(*lengths)) == sorted(num_frames.values())
    assert all(len(batch) * max(batch) <= 1000 for batch in lengths)
    assert all((len(batch) + 1) * following[0] > 1000 for batch, following in pairwise(lengths)), "as few as can be"


def test_an_utterance_longer_than_the_bound_is_a_batch_by_itself():
    assert plan_batches({"short": 5, "long": 400, "longer": 500}, 100) == [["short"], ["long"], ["longer"]]


def test_the_plan_does_not_depend_on_the_order_of_the_table():
    num_frames = {"b": 10, "a": 10, "c": 7}
    assert plan_batches(num_frames, 20) == plan_batches(dict(reversed(num_frames.items())), 20) == [["c", "a"], ["b"]]


@pytest.fixture
def feats_scp(tmp_path):
    rng = np.random.default_rng(0)
    matrices = {"a": rng.normal(size=(3, 4)), "b": rng.normal(size=(5, 4)), "narrow": np.zeros((5, 3)), "nan": np.full((2, 4), np.nan)}
    with ArkWriter(tmp_path / "feats.ark", tmp_path / "feats.scp") as out:
        for utt, matrix in matrices.items():
            out.write(utt, matrix.astype(np.float32))
    return read_scp(tmp_path / "feats.scp")


def test_shorter_rows_end_with_zeros(feats_scp):
    batch, lengths = read_batch(["a", "b"], feats_scp, feat_dim=4)
    assert batch.shape == (2, 5, 4) and lengths.tolist() == [3, 5]
    assert (batch[0, 3:] == 0).all()
    for row, utt in enumerate("ab"):
        np.testing.assert_array_equal(batch[row, : lengths[row]], read_features(utt, feats_scp[utt], 4))


@pytest.mark.parametrize("utt, reason", [("narrow", r"\(5, 3\), the model was trained on 4"), ("nan", "NaN"), ("gone", "no such file")])
def test_what_a_network_cannot_take_is_named(feats_scp, utt, reason):
    with pytest.raises(CortadoError, match=f"utterance {utt}: .*{reason}"):
        read_batch([utt], {**feats_scp, "gone": "/nowhere/feats.ark:10"}, feat_dim=4)
