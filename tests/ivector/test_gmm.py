"""Gaussian mixtures: densities and EM against scipy, a plain loop, and scikit-learn."""

import warnings

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from cortado.ivector.gmm import Gmm, maximise, posteriors
from cortado.ivector.ubm import accumulate

NUM_GAUSS, DIM = 3, 4
TINY_FLOOR, ANY_COUNT = 1e-9, 1e-6


def synthetic_frames(num: int = 600) -> np.ndarray:
    """Three clusters with correlated dimensions, far from the origin as C0 is."""
    rng = np.random.default_rng(0)
    parts = [rng.normal(size=(num // 3, DIM)) @ rng.normal(size=(DIM, DIM)) + 4 * rng.normal(size=DIM) for _ in range(3)]
    return np.concatenate(parts) + [50, 0, 0, 0]


@pytest.fixture(params=[True, False], ids=["full", "diagonal"])
def gmm(request) -> Gmm:
    frames = synthetic_frames()
    rng = np.random.default_rng(1)
    roots = rng.normal(size=(NUM_GAUSS, DIM, DIM))
    covariances = roots @ roots.transpose(0, 2, 1) + np.eye(DIM)
    if not request.param:
        covariances = np.diagonal(covariances, axis1=1, axis2=2).copy()
    means = frames[[10, 300, 500]]
    return Gmm(*(torch.from_numpy(array) for array in (np.array([0.2, 0.5, 0.3]), means, covariances)))


def log_joints(gmm: Gmm, frames: np.ndarray) -> np.ndarray:
    covariances = gmm.covariances if gmm.is_full else torch.diag_embed(gmm.covariances)
    parts = zip(gmm.weights.numpy(), gmm.means.numpy(), covariances.numpy(), strict=True)
    return np.stack([np.log(weight) + multivariate_normal(mean, covariance).logpdf(frames) for weight, mean, covariance in parts], 1)


def em_step_by_loops(gmm: Gmm, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    joint = np.exp(log_joints(gmm, frames))
    of_gauss = joint / joint.sum(1, keepdims=True)
    weights, means, covariances = [], [], []
    for c in range(NUM_GAUSS):
        count = of_gauss[:, c].sum()
        mean = sum(p * x for p, x in zip(of_gauss[:, c], frames, strict=True)) / count
        covariance = sum(p * np.outer(x - mean, x - mean) for p, x in zip(of_gauss[:, c], frames, strict=True)) / count
        weights.append(count / len(frames))
        means.append(mean)
        covariances.append(covariance if gmm.is_full else np.diag(covariance))
    return np.array(weights), np.array(means), np.array(covariances)


def em_step(gmm: Gmm, frames: np.ndarray, floor: float = TINY_FLOOR, min_frames: float = ANY_COUNT) -> tuple[Gmm, float]:
    stats, log_like = accumulate(gmm, torch.from_numpy(frames).split(100))
    return maximise(gmm, stats, floor, min_frames)[0], log_like


def test_densities_and_posteriors_are_scipys(gmm):
    frames = synthetic_frames(60)
    of_gauss, log_likes = posteriors(gmm.theta(), gmm.phi(torch.from_numpy(frames)))
    expected = log_joints(gmm, frames)
    np.testing.assert_allclose(log_likes, np.logaddexp.reduce(expected, axis=1), rtol=1e-9)
    np.testing.assert_allclose(of_gauss, np.exp(expected - np.logaddexp.reduce(expected, axis=1)[:, None]), atol=1e-9)


def test_an_em_step_is_that_of_a_plain_loop(gmm):
    frames = synthetic_frames()
    expected = em_step_by_loops(gmm, frames)
    found, log_like = em_step(gmm, frames)
    for name, array in zip(("weights", "means", "covariances"), expected, strict=True):
        np.testing.assert_allclose(getattr(found, name), array, rtol=1e-8, atol=1e-8, err_msg=name)
    assert log_like == pytest.approx(np.logaddexp.reduce(log_joints(gmm, frames), axis=1).mean())


def test_some_iterations_end_where_scikit_learn_ends_from_the_same_start(gmm):
    mixture = pytest.importorskip("sklearn.mixture")
    frames, iterations = synthetic_frames(), 8
    precisions = torch.linalg.inv(gmm.covariances) if gmm.is_full else 1 / gmm.covariances
    peer = mixture.GaussianMixture(
        NUM_GAUSS,
        covariance_type="full" if gmm.is_full else "diag",
        tol=0,
        reg_covar=0,
        max_iter=iterations,
        init_params="random",
        random_state=0,
        weights_init=gmm.weights.numpy(),
        means_init=gmm.means.numpy(),
        precisions_init=precisions.numpy(),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        peer.fit(frames)
    for _ in range(iterations):
        gmm, _ = em_step(gmm, frames)
    np.testing.assert_allclose(gmm.means, peer.means_, atol=1e-6)
    np.testing.assert_allclose(gmm.covariances, peer.covariances_, atol=1e-5)
    np.testing.assert_allclose(gmm.weights, peer.weights_, atol=1e-6)


@pytest.mark.parametrize("floor", [TINY_FLOOR, 0.3])
def test_the_likelihood_never_falls_even_where_the_floor_acts(gmm, floor):
    frames = synthetic_frames()
    gmm, _ = em_step(gmm, frames, floor)  # from here on, within the bound
    log_likes = []
    for _ in range(15):
        gmm, log_like = em_step(gmm, frames, floor)
        log_likes.append(log_like)
    assert (np.diff(log_likes) > -1e-10).all() and log_likes[-1] > log_likes[0] + 0.01


def test_the_floor_bounds_the_variance_in_every_direction_by_a_share_of_that_of_all_frames(gmm):
    frames = synthetic_frames()
    everything = np.cov(frames.T, bias=True)
    floored, _ = em_step(gmm, frames, 0.3)
    if gmm.is_full:
        shares = [np.linalg.eigvals(np.linalg.solve(everything, covariance)).real.min() for covariance in floored.covariances.numpy()]
    else:
        shares = (floored.covariances.numpy() / np.diag(everything)).min(1)
    assert min(shares) == pytest.approx(0.3, rel=1e-6)


def test_a_gaussian_with_too_few_frames_is_dropped_and_named_and_the_weights_are_still_one(gmm):
    far = Gmm(gmm.weights, gmm.means + torch.tensor([[0.0], [1e3], [0.0]]), gmm.covariances)
    stats, _ = accumulate(far, [torch.from_numpy(synthetic_frames())])
    found, dropped = maximise(far, stats, TINY_FLOOR, min_frames=1)
    assert dropped == [1] and found.num_gauss == 2
    assert float(found.weights.sum()) == pytest.approx(1)
    alone, dropped = maximise(far, stats, TINY_FLOOR, min_frames=1e9)
    assert alone.num_gauss == 1 and len(dropped) == 2
