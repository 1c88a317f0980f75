"""LDA, MLLT and fMLLR: against scikit-learn, transforms that were applied are undone, and gains are gains of the likelihood."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from cortado.errors import CortadoError
from cortado.hmm.accumulate import accumulate, new_statistics
from cortado.hmm.features import apply_affine
from cortado.hmm.fmllr import FmllrStatistics, compose, estimate_fmllr, fmllr_gain
from cortado.hmm.frame_precisions import frame_precisions
from cortado.hmm.gmm import DiagGmms
from cortado.hmm.lda import LdaStatistics, estimate_lda
from cortado.hmm.mllt import estimate_mllt, mllt_gain, scatter_of_dimensions
from cortado.hmm.symmetric import unpack_symmetric, weighted_products

DIM = 4


@pytest.fixture
def model() -> DiagGmms:
    rng = np.random.default_rng(0)
    return DiagGmms(np.array([0, 2, 3, 5]), np.array([0.5, 0.5, 1, 0.3, 0.7]), 5 * rng.normal(size=(5, DIM)), rng.uniform(0.3, 3, (5, DIM)))


def draw(model: DiagGmms, count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Frames (count, D) float32 of the model, and their pdfs."""
    rng = np.random.default_rng(seed)
    gauss = rng.choice(model.num_gauss, count, p=model.weights / model.weights.sum())
    feats = model.means[gauss] + np.sqrt(model.variances[gauss]) * rng.normal(size=(count, DIM))
    return feats.astype(np.float32), model.gauss_to_pdf[gauss]


def log_like(feats, pdfs, model) -> float:
    return model.log_likes(feats)[np.arange(len(feats)), pdfs].sum()


def test_lda_spans_what_scikit_learn_finds_and_whitens_the_classes():
    rng = np.random.default_rng(2)
    classes = rng.integers(0, 6, 3000)
    feats = (rng.normal(size=(6, 8))[classes] * [5, 4, 3, 2, 1, 0, 0, 0] + rng.normal(size=(3000, 8)) @ rng.normal(size=(8, 8))).astype(
        np.float32
    )
    statistics = LdaStatistics.zeros(7, 8)  # class 6 never occurs
    statistics.add(feats[:1000], classes[:1000])
    statistics.add(feats[1000:], np.where(np.arange(2000) < 1900, classes[1000:], -1))
    transform = estimate_lda(statistics, 3)
    used = np.arange(3000) < 2900
    peer = LinearDiscriminantAnalysis(solver="eigen").fit(feats[used], classes[used]).scalings_[:, :3]
    cosines = np.abs(np.sum(transform.T * peer, 0)) / np.linalg.norm(transform, axis=1) / np.linalg.norm(peer, axis=0)
    np.testing.assert_allclose(cosines, 1, atol=1e-6)
    projected = feats[used] @ transform.T
    within = sum(np.cov(projected[classes[used] == k].T, bias=True) * (classes[used] == k).sum() for k in range(6)) / used.sum()
    np.testing.assert_allclose(within, np.eye(3), atol=1e-3)


def test_lda_to_more_dimensions_than_classes_is_refused():
    statistics = LdaStatistics.zeros(2, 3)
    statistics.add(np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32), np.arange(50) % 2)
    with pytest.raises(CortadoError, match="LDA to 2 dimensions needs more than 2 classes and 50 frames"):
        estimate_lda(statistics, 2)


def test_products_are_the_weighted_outer_products():
    rng = np.random.default_rng(3)
    weights, vectors = rng.random((5000, 2)), rng.normal(size=(5000, 3))
    expected = np.einsum("nw,ni,nj->wij", weights, vectors, vectors)
    np.testing.assert_allclose(unpack_symmetric(weighted_products(weights, vectors), 3), expected, rtol=1e-6, atol=1e-4)


def mllt_of(feats, pdfs, model):
    statistics = new_statistics(model)
    accumulate(statistics, feats, pdfs, model)
    precisions, _ = frame_precisions(feats, pdfs, model)
    scatter = scatter_of_dimensions(weighted_products(precisions, feats), statistics.sums, model)
    return estimate_mllt(scatter, len(feats)), scatter


def test_the_scatter_of_mllt_is_that_around_each_mean(model):
    feats, pdfs = draw(model, 600)
    _, scatter = mllt_of(feats, pdfs, model)
    joint = np.log(model.weights) - 0.5 * ((feats[:, None] - model.means) ** 2 / model.variances + np.log(model.variances)).sum(2)
    joint[model.gauss_to_pdf != pdfs[:, None]] = -np.inf
    posteriors = np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))
    centred = feats[:, None] - model.means
    expected = np.einsum("tm,md,tmi,tmj->dij", posteriors, 1 / model.variances, centred, centred)
    np.testing.assert_allclose(scatter, expected, rtol=1e-3, atol=1e-2 * np.abs(expected).max())


def fit(feats, pdfs) -> DiagGmms:
    """One Gaussian for each pdf."""
    members = [feats[pdfs == pdf].astype(np.float64) for pdf in range(pdfs.max() + 1)]
    return DiagGmms(
        np.arange(len(members) + 1), np.ones(len(members)), np.array([x.mean(0) for x in members]), np.array([x.var(0) for x in members])
    )


def test_mllt_gains_what_it_says(model):
    feats, pdfs = draw(model, 3000)
    feats = feats @ np.random.default_rng(4).normal(size=(DIM, DIM)).astype(np.float32)
    mixed = fit(feats, pdfs)
    transform, scatter = mllt_of(feats, pdfs, mixed)
    moved = DiagGmms(mixed.offsets, mixed.weights, mixed.means @ transform.T, mixed.variances)
    gain = (log_like(feats @ transform.T, pdfs, moved) - log_like(feats, pdfs, mixed)) / 3000 + np.linalg.slogdet(transform)[1]
    assert mllt_gain(transform, scatter, 3000) == pytest.approx(gain, rel=1e-3) and gain > 0.1


def test_mllt_and_new_variances_in_turn_undo_a_mixing_of_dimensions():
    rng = np.random.default_rng(4)
    mixing = rng.normal(size=(DIM, DIM))
    centres, deviations = 3 * rng.normal(size=(6, DIM)), rng.uniform(0.2, 3, (6, DIM))
    pdfs = rng.integers(0, 6, 12_000)
    feats = ((centres[pdfs] + deviations[pdfs] * rng.normal(size=(12_000, DIM))) @ mixing.T).astype(np.float32)
    total = np.eye(DIM)
    for _ in range(20):
        transform, _ = mllt_of(feats, pdfs, fit(feats, pdfs))
        feats, total = (feats @ transform.T).astype(np.float32), transform @ total
    unmixed = np.sort(np.abs(total @ mixing), axis=1)
    np.testing.assert_array_less(unmixed[:, -2] / unmixed[:, -1], 0.1)  # a permutation and a scale


def test_fmllr_undoes_what_a_speaker_does_to_the_features_and_gains_what_it_says(model):
    feats, pdfs = draw(model, 6000)
    rng = np.random.default_rng(5)
    speaker = np.column_stack([np.eye(DIM) + 0.15 * rng.normal(size=(DIM, DIM)), rng.normal(size=DIM)])
    heard = apply_affine(feats, speaker)
    total = np.eye(DIM, DIM + 1)
    for _ in range(4):  # posteriors follow the features
        now = apply_affine(heard, total)
        statistics = FmllrStatistics.zeros(DIM)
        precisions, weighted_means = frame_precisions(now, pdfs, model)
        statistics.add(now[:2500], precisions[:2500], weighted_means[:2500])
        other = FmllrStatistics.zeros(DIM)
        other.add(now[2500:], precisions[2500:], weighted_means[2500:])
        statistics = statistics + other
        transform = estimate_fmllr(statistics)
        before, after = (log_like(apply_affine(heard, t), pdfs, model) for t in (total, compose(transform, total)))
        gained = after - before + 6000 * np.linalg.slogdet(transform[:, :DIM])[1]
        assert gained > fmllr_gain(transform, statistics) - 1 > -1.1  # the gain with old posteriors is a lower bound
        total = compose(transform, total)
    np.testing.assert_allclose(apply_affine(heard, total), feats, atol=0.35)


def test_a_speaker_with_few_frames_is_left_as_it_is(model):
    feats, pdfs = draw(model, 300)
    statistics = FmllrStatistics.zeros(DIM)
    statistics.add(feats, *frame_precisions(feats, pdfs, model))
    np.testing.assert_array_equal(estimate_fmllr(statistics), np.eye(DIM, DIM + 1))


def test_composed_transforms_are_applied_one_after_the_other():
    rng = np.random.default_rng(6)
    first, second, feats = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.normal(size=(5, 3)).astype(np.float32)
    np.testing.assert_allclose(apply_affine(feats, compose(second, first)), apply_affine(apply_affine(feats, first), second), atol=1e-5)
