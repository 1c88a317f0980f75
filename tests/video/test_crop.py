"""Crops of pictures of which every value between the pixels is known."""

import numpy as np
import pytest

from cortado.video.crop import crop

ROW, COLUMN = np.mgrid[:200, :240]
RAMP = (20 + 0.5 * COLUMN + 0.3 * ROW).astype(np.float32)


@pytest.mark.parametrize("side", [48.0, 60.5, 96.0, 150.0])
def test_a_ramp_keeps_its_value_at_the_place_of_every_pixel(side):
    size, centre = 48, (120.25, 99.5)
    offsets = ((np.arange(size) + 0.5) / size - 0.5) * side
    expected = 20 + 0.5 * (centre[0] + offsets[None, :]) + 0.3 * (centre[1] + offsets[:, None])
    np.testing.assert_allclose(crop(np.round(RAMP).astype(np.uint8), np.array(centre), side, size), expected, atol=1.2)


def test_a_square_of_whole_pixels_is_copied():
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    np.testing.assert_array_equal(crop(image, np.array([20.5, 15.5]), 12, 12), image[10:22, 15:27])
    np.testing.assert_array_equal(crop(image[..., 0], np.array([20.5, 15.5]), 12, 12), image[10:22, 15:27, 0])


def test_beyond_the_edge_its_last_pixels_go_on():
    image = np.full((30, 30), 50, np.uint8)
    image[:, 0] = 200
    np.testing.assert_array_equal(crop(image, np.array([-10.5, 14.5]), 16, 16), 200)


def test_where_the_square_shrinks_fine_patterns_become_their_mean():
    image = np.where((ROW + COLUMN) % 2, 0, 200).astype(np.uint8)
    np.testing.assert_allclose(crop(image, np.array([120.0, 100.0]), 96, 24), 100, atol=2)
