"""Total variability: statistics and posteriors against direct computation from the model's definition; EM on synthetic data."""

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles
from scipy.stats import multivariate_normal

from cortado.ivector.baum_welch import BaumWelch
from cortado.ivector.extractor import Extractor, pack, unpack
from cortado.ivector.extractor_training import accumulate, maximise, random_extractor
from cortado.ivector.gmm import Gmm

NUM_GAUSS, DIM, RANK = 5, 3, 2


def random_ubm(rng) -> Gmm:
    roots = rng.normal(size=(NUM_GAUSS, DIM, DIM))
    weights = rng.dirichlet(np.full(NUM_GAUSS, 5))
    covariances = roots @ roots.transpose(0, 2, 1) + 0.5 * np.eye(DIM)
    return Gmm(*map(torch.from_numpy, (weights, 3 * rng.normal(size=(NUM_GAUSS, DIM)), covariances)))


def random_model(rng) -> Extractor:
    return Extractor(torch.from_numpy(0.5 * rng.normal(size=(NUM_GAUSS, DIM, RANK))))


def synthetic_stats(rng, model: Extractor, num_utterances: int) -> torch.Tensor:
    """Statistics drawn from the model itself (synthetic): (num_utterances, C, 1 + D)."""
    ivectors = rng.normal(size=(num_utterances, RANK))
    zeroth = rng.uniform(2, 30, size=(num_utterances, NUM_GAUSS, 1))
    means = np.einsum("cdr,ur->ucd", model.loadings, ivectors)
    first = zeroth * means + np.sqrt(zeroth) * rng.normal(size=means.shape)
    return torch.from_numpy(np.concatenate([zeroth, first], 2))


def test_statistics_are_those_of_a_loop_over_frames_in_each_gaussians_own_coordinates():
    rng = np.random.default_rng(0)
    ubm, frames = random_ubm(rng), 3 * rng.normal(size=(5000, DIM))  # more than one block
    densities = [
        weight * multivariate_normal(mean, covariance).pdf(frames)
        for weight, mean, covariance in zip(*(tensor.numpy() for tensor in vars(ubm).values()), strict=True)
    ]
    of_gauss = np.stack(densities, 1) / np.sum(densities, 0)[:, None]
    found = BaumWelch(ubm)(torch.from_numpy(frames)).numpy()
    np.testing.assert_allclose(found[:, 0], of_gauss.sum(0))
    for c in range(NUM_GAUSS):
        centred = of_gauss[:, c] @ (frames - ubm.means[c].numpy())
        root = np.linalg.cholesky(ubm.covariances[c].numpy())
        np.testing.assert_allclose(root @ found[c, 1:], centred, atol=1e-8)


def dense_joint(ubm: Gmm, model: Extractor, zeroth: np.ndarray) -> tuple[np.ndarray, ...]:
    """Of the supervector of first-order statistics, in the features' coordinates, with mean 0: its covariance without and with the
    variability of w, and its covariance with w. Sums of n frames have n times the mean and n times the covariance of one.
    """
    roots = np.linalg.cholesky(ubm.covariances.numpy())
    counts = np.repeat(zeroth, DIM)
    total = counts[:, None] * (roots @ model.loadings.numpy()).reshape(-1, RANK)
    noise = np.zeros((len(counts), len(counts)))
    for c in range(NUM_GAUSS):
        part = slice(c * DIM, (c + 1) * DIM)
        noise[part, part] = zeroth[c] * ubm.covariances[c].numpy()
    return noise, noise + total @ total.T, total


def test_ivector_covariance_and_likelihood_are_those_of_the_supervectors_joint_gaussian():
    rng = np.random.default_rng(1)
    ubm, model = random_ubm(rng), random_model(rng)
    stats = synthetic_stats(rng, model, 4)
    found = model.posterior(stats, model.products())
    second = unpack(found.second_moments(), RANK)
    sums = accumulate(model, [stats])
    log_like = 0.0
    for u, (zeroth, whitened) in enumerate(zip(stats[:, :, 0].numpy(), stats[:, :, 1:].numpy(), strict=True)):
        first = np.einsum("cij,cj->ci", np.linalg.cholesky(ubm.covariances.numpy()), whitened).ravel()
        noise, covariance, with_w = dense_joint(ubm, model, zeroth)
        gain = np.linalg.solve(covariance, with_w).T
        np.testing.assert_allclose(found.mean[u], gain @ first, atol=1e-9)
        dense_covariance = np.eye(RANK) - gain @ with_w
        np.testing.assert_allclose(second[u] - torch.outer(found.mean[u], found.mean[u]), dense_covariance, atol=1e-9)
        log_like += multivariate_normal(cov=covariance).logpdf(first) - multivariate_normal(cov=noise).logpdf(first)
    assert float(sums.log_like) == pytest.approx(log_like)


def test_sums_do_not_depend_on_the_batches():
    rng = np.random.default_rng(2)
    model = random_model(rng)
    stats = synthetic_stats(rng, model, 7)
    whole, cut = accumulate(model, [stats]), accumulate(model, stats.split(3))
    for name, tensor in vars(whole).items():
        torch.testing.assert_close(getattr(cut, name), tensor, rtol=1e-12, atol=1e-12)


@pytest.fixture(scope="module")
def trained():
    """The model behind synthetic statistics, one trained on them, and the likelihood before each iteration."""
    rng = np.random.default_rng(3)
    planted = random_model(rng)
    stats = synthetic_stats(rng, planted, 500)
    model, gains = random_extractor(NUM_GAUSS, DIM, RANK, seed=0), []
    for _ in range(40):
        sums = accumulate(model, stats.split(100))
        model, gains = maximise(model, sums), [*gains, sums.gain()]
    return planted, stats, model, gains


def test_em_never_lowers_the_marginal_likelihood_and_ends_above_that_of_the_planted_model(trained):
    planted, stats, model, gains = trained
    assert (np.diff(gains) > -1e-12).all() and gains[-1] > gains[0]
    assert accumulate(model, [stats]).gain() > accumulate(planted, [stats]).gain()


def test_the_planted_subspace_is_recovered(trained):
    planted, _, model, _ = trained
    angles = subspace_angles(planted.loadings.flatten(0, 1).numpy(), model.loadings.flatten(0, 1).numpy())
    assert np.degrees(angles).max() < 3
    chance = subspace_angles(
        planted.loadings.flatten(0, 1).numpy(), random_extractor(NUM_GAUSS, DIM, RANK, 0).loadings.flatten(0, 1).numpy()
    )
    assert np.degrees(chance).max() > 30


def test_minimum_divergence_leaves_the_posteriors_standard_normal_on_the_whole(trained):
    _, stats, model, _ = trained
    sums = accumulate(model, [stats])
    num = float(sums.num_utterances)
    np.testing.assert_allclose(model.posterior(stats, model.products()).mean.mean(0), np.zeros(RANK), atol=0.1)
    np.testing.assert_allclose(unpack(sums.second[None] / num, RANK)[0], np.eye(RANK), atol=0.02)


def test_a_gaussian_without_frames_keeps_its_loadings_up_to_the_change_of_prior(trained):
    _, stats, _, _ = trained
    stats = stats.clone()
    stats[:, 2] = 0
    model = random_extractor(NUM_GAUSS, DIM, RANK, seed=1)
    found = maximise(model, accumulate(model, [stats]))
    assert found.loadings.isfinite().all()
    transform = torch.linalg.lstsq(model.loadings[2], found.loadings[2]).solution
    torch.testing.assert_close(model.loadings[2] @ transform, found.loadings[2])


def test_packing_a_symmetric_matrix_loses_nothing():
    matrices = torch.randn(3, 4, 4)
    symmetric = matrices + matrices.mT
    assert torch.equal(unpack(pack(symmetric), 4), symmetric)
