"""The controls against their definitions: a sort for the quietest tenth, numpy's moments for the mean and spread."""

import numpy as np
import pytest

from cortado.score.controls import mean_and_std, noise_floor


@pytest.mark.parametrize("num_frames", [1, 4, 9, 10, 15, 230])
def test_the_noise_floor_is_the_mean_of_the_quietest_tenth(num_frames):
    feats = np.random.default_rng(num_frames).standard_normal((num_frames, 5)).astype(np.float32)
    by_level = sorted(feats.astype(np.float64), key=lambda frame: frame.mean())
    tenth = by_level[: max(1, round(num_frames / 10))]
    floor = noise_floor(feats)
    assert floor.dtype == np.float32
    np.testing.assert_allclose(floor, np.mean(tenth, axis=0), rtol=1e-5, atol=1e-6)


def test_the_noise_floor_knows_nothing_of_loud_frames():
    rng = np.random.default_rng(0)
    quiet, loud = rng.standard_normal((20, 3)), rng.standard_normal((80, 3)) + 10
    louder = loud + rng.uniform(0, 5, (80, 1))
    np.testing.assert_array_equal(noise_floor(np.concatenate([loud, quiet])), noise_floor(np.concatenate([louder, quiet])))


def test_mean_and_std_are_those_of_each_column_in_double_precision():
    feats = (1e4 + np.random.default_rng(1).standard_normal((500, 3))).astype(np.float32)
    exact = feats.astype(np.float64)
    expected = np.concatenate([exact.mean(0), np.sqrt(((exact - exact.mean(0)) ** 2).mean(0))])
    np.testing.assert_allclose(mean_and_std(feats), expected, rtol=1e-6)
