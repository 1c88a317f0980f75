"""Diagonal mixtures: log-likelihoods and constants of kaldi-hmm-gmm, and the packed form against the plain one."""

import dataclasses

import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.hmm.gconsts import kaldi_gconsts
from cortado.hmm.gmm import DiagGmms


@pytest.fixture
def frames(gmms) -> np.ndarray:
    return 10 * np.random.default_rng(5).normal(size=(40, gmms.dim))


@pytest.fixture
def oracle(khg, gmms, frames):
    return khg("khg_gmm.py", x=frames, **{field.name: getattr(gmms, field.name) for field in dataclasses.fields(gmms)})


def test_log_likelihoods_are_kaldis(oracle, gmms, frames):
    np.testing.assert_allclose(gmms.log_likes(frames), oracle["log_likes"], rtol=1e-5)


def test_the_constants_in_files_are_kaldis_to_the_last_bit(khg):
    rng = np.random.default_rng(6)
    num_gauss, dim = 6000, 40
    variances = rng.uniform(0.01, 30, (num_gauss, dim))
    model = {"weights": rng.uniform(0.1, 1, num_gauss), "means": 10 * rng.normal(size=(num_gauss, dim)), "variances": variances}
    oracle = khg("khg_gmm.py", x=np.zeros((1, dim)), offsets=np.arange(0, num_gauss + 1, 100), **model)
    ours = kaldi_gconsts(oracle["weights"], oracle["means_invvars"], oracle["inv_vars"])
    np.testing.assert_array_equal(ours, oracle["gconsts"])


def test_the_constant_of_a_gaussian_of_weight_0_is_minus_infinity():
    assert kaldi_gconsts(*np.zeros((1, 1), np.float32), np.zeros((1, 2), np.float32), np.ones((1, 2), np.float32)) == -np.inf


def test_the_packed_form_gives_the_plain_log_likelihoods(gmms, frames):
    powers = np.concatenate([np.ones((len(frames), 1)), frames, frames**2], 1)
    joint = powers @ gmms.packed().astype(np.float64).T
    for pdf in range(gmms.num_pdfs):
        together = np.logaddexp.reduce(joint[:, gmms.gauss_to_pdf == pdf], axis=1)
        np.testing.assert_allclose(together, gmms.log_likes(frames)[:, pdf], rtol=1e-5)


def test_a_gaussian_of_weight_0_counts_for_nothing(gmms, frames):
    pdf = int(np.diff(gmms.offsets).argmax())
    first, last = gmms.offsets[pdf], gmms.offsets[pdf + 1]
    weights = gmms.weights.copy()
    weights[first] = 0
    rest = DiagGmms(
        np.array([0, last - first - 1]), weights[first + 1 : last], gmms.means[first + 1 : last], gmms.variances[first + 1 : last]
    )
    silenced = dataclasses.replace(gmms, weights=weights)
    np.testing.assert_allclose(silenced.log_likes(frames)[:, pdf], rest.log_likes(frames)[:, 0])


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("variances", 0.0, "pdf 1, Gaussian 1: weight 0.5, variances from 0"),
        ("variances", np.inf, "pdf 1, Gaussian 1"),
        ("means", np.nan, "pdf 1, Gaussian 1"),
        ("weights", -0.1, "weight -0.1"),
    ],
)
def test_impossible_values_are_told_with_pdf_and_gaussian(field, value, reason):
    arrays = {"weights": np.array([1, 0.5, 0.5]), "means": np.zeros((3, 2)), "variances": np.ones((3, 2))}
    arrays[field][2] = value
    with pytest.raises(CortadoError, match=reason):
        DiagGmms(np.array([0, 1, 3]), **arrays)


def test_a_pdf_without_gaussian_is_refused():
    with pytest.raises(CortadoError, match="at least one Gaussian"):
        DiagGmms(np.array([0, 1, 1]), np.ones(1), np.zeros((1, 2)), np.ones((1, 2)))
