"""LDA against scikit-learn's: the same subspace, and unit covariance within speakers."""

import numpy as np
import pytest
from scipy.linalg import subspace_angles
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from cortado.errors import CortadoError
from cortado.score.lda import fit_lda

NUM_SPEAKERS, DIM = 5, 8


@pytest.fixture(scope="module")
def speakers() -> tuple[np.ndarray, np.ndarray]:
    """Vectors of 30 to 70 utterances a speaker, whose spread is far from round, and their labels."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(NUM_SPEAKERS), [30, 40, 50, 60, 70])
    spread = rng.standard_normal((DIM, DIM))
    return rng.standard_normal((NUM_SPEAKERS, DIM))[labels] * 2 + rng.standard_normal((len(labels), DIM)) @ spread + 5, labels


def test_the_directions_span_scikit_learns_subspace(speakers):
    vectors, labels = speakers
    _, projection = fit_lda(vectors, labels)
    oracle = LinearDiscriminantAnalysis(solver="eigen").fit(vectors, labels)
    for dim in range(1, NUM_SPEAKERS):  # the order of the directions is the same, too
        assert np.degrees(subspace_angles(projection[:, :dim], oracle.scalings_[:, :dim]).max()) < 0.5


def test_speakers_have_unit_covariance_within_and_the_mean_is_that_of_all(speakers):
    vectors, labels = speakers
    mean, projection = fit_lda(vectors, labels)
    projected = (vectors - mean) @ projection
    within = sum(np.cov(projected[labels == k].T, bias=True) * np.mean(labels == k) for k in range(NUM_SPEAKERS))
    np.testing.assert_allclose(within, np.eye(DIM), atol=0.02)  # the ridge takes a little off the flattest direction
    np.testing.assert_allclose(projected.mean(0), 0, atol=1e-9)


def test_fewer_directions_are_the_first_ones(speakers):
    _, full = fit_lda(*speakers)
    _, two = fit_lda(*speakers, dim=2)
    np.testing.assert_array_equal(two, full[:, :2])


def test_a_direction_without_any_spread_does_not_blow_up(speakers):
    vectors, labels = speakers
    mean, projection = fit_lda(np.column_stack([vectors, np.full(len(vectors), 7.0)]), labels)
    assert np.abs(projection[-1]).max() < 1e3
    assert mean[-1] == 7


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 1, 2, 3]])
def test_one_speaker_or_one_vector_each_is_refused(labels):
    with pytest.raises(CortadoError, match="2 or more speakers"):
        fit_lda(np.random.default_rng(0).standard_normal((4, 2)), np.array(labels))
