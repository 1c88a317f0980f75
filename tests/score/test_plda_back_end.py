"""The PLDA back end around the model: what is done before it, its file, and scores of trials against the joint density."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from cortado.errors import CortadoError, DataError
from cortado.score.back_end import PldaScorer, plda_cohort
from cortado.score.embeddings import Embeddings
from cortado.score.models import Models, single_utterances
from cortado.score.plda_back_end import read_plda, train_plda

DIM = 6


def table(source, num_speakers, num_utts, seed):
    """Embeddings far from the origin, and their speakers."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(num_speakers, DIM)) * np.linspace(0.3, 2, DIM) + 3
    keys = [f"{source}{k}-{i}" for k in range(num_speakers) for i in range(num_utts)]
    vectors = np.repeat(centres, num_utts, axis=0) + rng.normal(size=(len(keys), DIM))
    return Embeddings(source, keys, vectors.astype(np.float32)), {key: key.split("-")[0] for key in keys}


@pytest.fixture(scope="module", params=[None, 4], ids=["plain", "lda"])
def back_end(request):
    return train_plda(*table("train", 40, 5, 0), "utt2spk", request.param, 10)[0]


@pytest.fixture(scope="module")
def test_side():
    return table("test", 10, 4, 1)[0]


def density(back_end, *vectors):
    """Joint log-density of prepared vectors of one speaker, straight from the covariances of the model."""
    plda, n = back_end.plda, len(vectors)
    back = np.linalg.inv(plda.directions)
    within, between = back.T @ back, back.T @ np.diag(plda.psi) @ back
    covariance = np.kron(np.eye(n), within) + np.kron(np.ones((n, n)), between)
    return multivariate_normal.logpdf(np.concatenate(vectors), np.tile(plda.mean, n), covariance)


def prepared_by_hand(back_end, embeddings):
    x = (embeddings.vectors.astype(np.float64) - back_end.mean) @ (np.eye(DIM) if back_end.lda is None else back_end.lda)
    return x * np.sqrt(x.shape[1]) / np.linalg.norm(x, axis=1, keepdims=True)


def scorer(back_end, test_side, num_trials=300, **options):
    return PldaScorer(test_side, test_side, back_end, options.pop("cohort", None), 5, num_trials, **options)


def test_embeddings_are_centred_projected_and_of_one_length(back_end, test_side):
    prepared = back_end.prepare(test_side).vectors
    np.testing.assert_allclose(prepared, prepared_by_hand(back_end, test_side), rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(prepared, axis=1), np.sqrt(4 if back_end.lda is not None else DIM), rtol=1e-12)


def test_a_score_is_the_log_likelihood_ratio_of_the_trained_model(back_end, test_side):
    rows = np.random.default_rng(2).integers(len(test_side.keys), size=(2, 300))
    x = prepared_by_hand(back_end, test_side)
    direct = [density(back_end, x[e], x[t]) - density(back_end, x[e]) - density(back_end, x[t]) for e, t in rows.T[:60]]
    np.testing.assert_allclose(scorer(back_end, test_side)(*rows)[:60], direct, atol=2e-5)


def test_a_model_of_several_utterances_is_scored_by_their_joint_density(back_end, test_side):
    models = Models(["one", "three", "two"], np.array([0, 1, 1, 1, 2, 2]), np.array([3, 4, 5, 6, 10, 11]))
    enrol, test = np.repeat([0, 1, 2], 10), np.tile(np.arange(20, 30), 3)
    x = prepared_by_hand(back_end, test_side)
    enrolled = [[x[3]], [x[4], x[5], x[6]], [x[10], x[11]]]
    direct = [
        density(back_end, *enrolled[e], x[t]) - density(back_end, *enrolled[e]) - density(back_end, x[t])
        for e, t in zip(enrol, test, strict=True)
    ]
    np.testing.assert_allclose(scorer(back_end, test_side, models=models)(enrol, test), direct, atol=3e-5)


def test_asnorm_measures_the_ratio_against_the_ratios_of_both_sides_with_the_cohort(back_end, test_side):
    utterances, utt2spk = table("cohort", 12, 3, 3)
    cohort = plda_cohort(back_end, utterances, utt2spk, "utt2spk")
    means = prepared_by_hand(back_end, utterances).reshape(12, 3, -1).mean(axis=1)
    means *= np.sqrt(means.shape[1]) / np.linalg.norm(means, axis=1, keepdims=True)
    x = prepared_by_hand(back_end, test_side)
    # two utterances and one enrolled, so that the two sides' cohort scores are of different models
    models = Models(["a", "b"], np.array([0, 0, 1]), np.array([0, 1, 2]))
    found = scorer(back_end, test_side, models=models, cohort=cohort)(np.array([0, 1]), np.array([9, 9]))
    for score, enrolled in zip(found, ([x[0], x[1]], [x[2]]), strict=True):

        def ratio(model, test):
            return density(back_end, *model, test) - density(back_end, *model) - density(back_end, test)

        raw = ratio(enrolled, x[9])
        against = np.array([[ratio(enrolled, mean), ratio([mean], x[9])] for mean in means])
        top = np.sort(against, axis=0)[-5:]
        assert score == pytest.approx(np.mean((raw - top.mean(axis=0)) / top.std(axis=0)), abs=1e-4)


def test_a_score_does_not_depend_on_the_piece_or_on_unused_rows(back_end, test_side):
    rows = np.random.default_rng(4).integers(3, 25, size=(2, 300))
    whole = scorer(back_end, test_side)(*rows)
    pieces = np.split(rows, [1, 77, 290], axis=1)
    one_by_one = scorer(back_end, test_side)
    np.testing.assert_array_equal(np.concatenate([one_by_one(*piece) for piece in pieces]), whole)
    used = tuple(map(np.unique, rows))
    np.testing.assert_allclose(scorer(back_end, test_side, used=used)(*rows), whole, atol=2e-5)


def test_a_model_of_one_utterance_is_that_utterance(back_end, test_side):
    rows = np.random.default_rng(5).integers(len(test_side.keys), size=(2, 50))
    models = single_utterances(test_side)
    np.testing.assert_array_equal(scorer(back_end, test_side, models=models)(*rows), scorer(back_end, test_side)(*rows))


def test_the_file_reads_back_equal_and_has_the_same_bytes_twice(back_end, test_side, tmp_path):
    for name in ("a.npz", "b.npz"):
        back_end.write(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    read = read_plda(tmp_path / "a.npz")
    assert read.trained_on == back_end.trained_on and read.trained_on.speakers[:2] == ("train0", "train1")
    np.testing.assert_array_equal(read.prepare(test_side).vectors, back_end.prepare(test_side).vectors)
    rows = np.arange(20)[None] + [[0], [10]]
    np.testing.assert_array_equal(scorer(read, test_side)(*rows), scorer(back_end, test_side)(*rows))


@pytest.mark.parametrize("content", [b"", b"no model", None])
def test_a_file_that_is_no_model_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "x.npz").write_bytes(content)
    else:
        np.savez(tmp_path / "x.npz", trained_on=np.array('{"format": "another"}'))
    with pytest.raises(DataError, match=r"x\.npz: cannot be read as a PLDA model"):
        read_plda(tmp_path / "x.npz")


def test_a_file_cut_short_is_named(back_end, tmp_path):
    back_end.write(tmp_path / "x.npz")
    (tmp_path / "x.npz").write_bytes((tmp_path / "x.npz").read_bytes()[:-500])
    with pytest.raises(DataError, match=r"x\.npz: cannot be read as a PLDA model"):
        read_plda(tmp_path / "x.npz")


@pytest.mark.parametrize("lda_dim", [0, 7, -1])
def test_lda_to_more_directions_than_there_are_is_refused(lda_dim):
    with pytest.raises(CortadoError, match=f"the dimension of LDA is {lda_dim}, but embeddings of 6 values and 40 speakers have 1 to 6"):
        train_plda(*table("train", 40, 5, 0), "utt2spk", lda_dim, 10)


def test_an_utterance_without_a_speaker_and_embeddings_of_another_size_are_named(back_end, test_side):
    embeddings, utt2spk = table("train", 40, 5, 0)
    del utt2spk["train3-1"]
    with pytest.raises(DataError, match="data/utt2spk: no speaker for train3-1 of train"):
        train_plda(embeddings, utt2spk, "data/utt2spk", None, 1)
    with pytest.raises(DataError, match="embeddings have 5 values, the mean to subtract has 6"):
        back_end.prepare(replace(test_side, vectors=test_side.vectors[:, :5]))
