"""PLDA against the joint density of its vectors (scipy), an EM written out utterance by utterance, and planted covariances."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, ortho_group

from cortado.errors import CortadoError
from cortado.score.plda import Plda, fit_plda

DIM = 4


def planted(num_speakers: int, num_utts, seed: int = 0, dim: int = DIM):
    """Vectors drawn from the model, their labels, and mean, W and B."""
    rng = np.random.default_rng(seed)
    turn = ortho_group.rvs(dim, random_state=seed)
    within = turn @ np.diag(np.geomspace(0.3, 3, dim)) @ turn.T
    between = np.diag(np.geomspace(4, 0.2, dim))
    mean = np.arange(dim) - 1.5
    labels = np.repeat(np.arange(num_speakers), num_utts)
    y = rng.multivariate_normal(np.zeros(dim), between, num_speakers)
    return mean + y[labels] + rng.multivariate_normal(np.zeros(dim), within, len(labels)), labels, (mean, within, between)


def covariances(plda: Plda) -> tuple[np.ndarray, np.ndarray]:
    back = np.linalg.inv(plda.directions)
    return back.T @ back, back.T @ np.diag(plda.psi) @ back


def joint_log_density(vectors: np.ndarray, mean, within, between) -> float:
    """Of vectors of one speaker, stacked into one long vector whose blocks share B."""
    n = len(vectors)
    covariance = np.kron(np.eye(n), within) + np.kron(np.ones((n, n)), between)
    return multivariate_normal.logpdf(vectors.ravel(), np.tile(mean, n), covariance)


@pytest.fixture(scope="module")
def uneven():
    """30 speakers of 1 to 7 utterances."""
    return planted(30, np.random.default_rng(1).integers(1, 8, 30))


def test_a_ratio_is_that_of_the_joint_density_to_the_product_of_both(uneven):
    vectors, labels, _ = uneven
    plda, _ = fit_plda(vectors, labels, 5)
    parameters = (plda.mean, *covariances(plda))
    rng = np.random.default_rng(2)
    num_utts = np.array([1, 3, 1, 2, 5])
    models = [rng.normal(size=(n, DIM)) * 2 for n in num_utts]
    tests = rng.normal(size=(6, DIM)) * 2
    means = np.stack([plda.project(model).mean(axis=0) for model in models])
    ratios = plda.enrol_side(means, num_utts) @ plda.test_side(plda.project(tests), num_utts).T
    direct = [
        [
            joint_log_density(np.vstack([m, t]), *parameters) - joint_log_density(m, *parameters) - joint_log_density(t[None], *parameters)
            for t in tests
        ]
        for m in models
    ]
    np.testing.assert_allclose(ratios, direct, atol=1e-9)


def test_a_ratio_of_single_utterances_does_not_depend_on_which_is_enrolled(uneven):
    plda, _ = fit_plda(*uneven[:2], 3)
    x, once = plda.project(uneven[0][:9]), np.ones(9, int)
    ratios = plda.enrol_side(x, once) @ plda.test_side(x, once).T
    np.testing.assert_allclose(ratios, ratios.T, atol=1e-10)


def test_the_likelihood_is_that_of_the_stacked_vectors_and_never_falls(uneven):
    vectors, labels, _ = uneven
    plda, log_likes = fit_plda(vectors, labels, 40)
    direct = sum(joint_log_density(vectors[labels == k], plda.mean, *covariances(plda)) for k in range(30))
    assert log_likes[-1] == pytest.approx(direct / len(vectors), abs=1e-10)
    assert len(log_likes) == 41 and np.diff(log_likes).min() > -1e-12 and log_likes[-1] > log_likes[0] + 1e-3


def test_a_step_is_em_written_out_speaker_by_speaker(uneven):
    vectors, labels, _ = uneven
    before, _ = fit_plda(vectors, labels, 2)
    after, _ = fit_plda(vectors, labels, 3)
    within, between = covariances(before)
    posteriors = {}
    for k in range(30):
        x = vectors[labels == k]
        covariance = np.linalg.inv(np.linalg.inv(between) + len(x) * np.linalg.inv(within))
        posteriors[k] = covariance @ np.linalg.inv(within) @ (x - before.mean).sum(axis=0), covariance
    mean = before.mean + np.mean([y for y, _ in posteriors.values()], axis=0)
    shift = mean - before.mean
    new_between = np.mean([np.outer(y - shift, y - shift) + c for y, c in posteriors.values()], axis=0)
    rest = [(x - before.mean - posteriors[k][0], posteriors[k][1]) for x, k in zip(vectors, labels, strict=True)]
    new_within = np.mean([np.outer(r, r) + c for r, c in rest], axis=0)
    np.testing.assert_allclose(after.mean, mean, atol=1e-10)
    for found, expected in zip(covariances(after), (new_within, new_between), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_planted_covariances_are_found_again():
    vectors, labels, (mean, within, between) = planted(6000, np.tile([1, 2, 6], 2000))
    plda, _ = fit_plda(vectors, labels, 30)
    found_within, found_between = covariances(plda)
    np.testing.assert_allclose(plda.mean, mean, atol=0.1)
    np.testing.assert_allclose(found_within, within, atol=0.1)
    np.testing.assert_allclose(found_between, between, atol=0.25)
    assert (np.diff(plda.psi) <= 0).all()


def test_a_shift_and_a_turn_of_the_vectors_change_no_ratio(uneven):
    vectors, labels, _ = uneven
    turn = ortho_group.rvs(DIM, random_state=3) * 2.5
    ratios = []
    for x in (vectors, vectors @ turn + 7):
        plda, _ = fit_plda(x, labels, 5)
        projected, once = plda.project(x[:20]), np.ones(20, int)
        ratios.append(plda.enrol_side(projected, once) @ plda.test_side(projected, once).T)
    np.testing.assert_allclose(*ratios, atol=1e-8)


def test_fewer_speakers_than_dimensions_leave_directions_in_which_speakers_do_not_differ():
    plda, log_likes = fit_plda(*planted(3, 20)[:2], 10)
    assert (plda.psi[2:] < 1e-9).all() and np.isfinite(log_likes).all()


@pytest.mark.parametrize(("num_speakers", "num_utts"), [(20, 1), (1, 20), (3, 2)])
def test_too_few_vectors_beyond_the_first_of_a_speaker_are_refused(num_speakers, num_utts):
    with pytest.raises(
        CortadoError, match=f"4 or more vectors beyond each one's first; found {num_speakers * num_utts} of {num_speakers} "
    ):
        fit_plda(*planted(num_speakers, num_utts)[:2])


def test_a_direction_without_variation_is_refused(uneven):
    vectors, labels, _ = uneven
    for dead in (np.full(len(vectors), 3.0), vectors[:, 0] * 2 - vectors[:, 1]):
        with pytest.raises(CortadoError, match="vary in all directions"):
            fit_plda(np.column_stack([vectors, dead]), labels)
