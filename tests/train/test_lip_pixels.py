"""What the network sees of a clip: the mean frame and the contrast are gone, crops lie where they should, variation is bounded."""

import numpy as np
import pytest
from scipy.interpolate import interp1d

from cortado.errors import CortadoError
from cortado.train.lip_pixels import PixelSettings, longest_length, middle_view, normalise, play, random_length, random_view

CLIP = np.random.default_rng(0).integers(0, 256, (20, 32, 30)).astype(np.uint8)
PLAIN = {"flip": False, "contrast": 0.0, "num_masks": 0}


def test_the_middle_view_is_the_mean_of_squares_of_the_middle_less_the_mean_frame():
    view = middle_view(CLIP, PixelSettings(size=24, shrink=2))
    blocks = np.array(
        [[[frame[4 + 2 * y :, 3 + 2 * x :][:2, :2].mean() for x in range(12)] for y in range(12)] for frame in CLIP.astype(float)]
    )
    moving = blocks - blocks.mean(0)
    np.testing.assert_allclose(view, moving / moving.std(), atol=1e-5)
    assert view.dtype == np.float32 and view.shape == (20, 12, 12)


def test_a_still_background_and_the_contrast_change_nothing():
    rng = np.random.default_rng(1)
    mouth, background = rng.integers(0, 50, (30, 16, 16)), rng.integers(0, 50, (16, 16))
    plain, changed = (middle_view(clip.astype(np.uint8), PixelSettings(size=16)) for clip in (mouth, 3 * mouth + background))
    np.testing.assert_allclose(plain, changed, atol=1e-4)


@pytest.mark.parametrize("level", [0, 77, 255])
def test_a_still_clip_and_a_single_frame_are_zeros(level):
    assert not normalise(np.full((9, 8, 8), level, np.uint8)).any()
    assert not normalise(CLIP[:1]).any()


def test_colour_is_normalised_as_one_clip():
    colour = np.stack([CLIP, CLIP // 2, 255 - CLIP], axis=1)
    view = middle_view(colour, PixelSettings(size=24, shrink=2))
    assert view.shape == (20, 3, 12, 12) and view.std() == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(view[:, 0], -view[:, 2], atol=1e-4)


def test_random_crops_are_crops_and_reach_every_place():
    settings, seen = PixelSettings(size=28, **PLAIN), set()
    crops = {(y, x): normalise(CLIP[:, y : y + 28, x : x + 28]) for y in range(5) for x in range(3)}
    for seed in range(200):
        view = random_view(CLIP, settings, np.random.default_rng(seed), len(CLIP))
        seen.update(place for place, crop in crops.items() if np.array_equal(crop, view))
    assert seen == set(crops)


def test_flip_mirrors_about_half_of_the_clips():
    settings = PixelSettings(size=30, **{**PLAIN, "flip": True})
    views = [random_view(CLIP[:, :30], settings, np.random.default_rng(seed), len(CLIP)) for seed in range(100)]
    plain = normalise(CLIP[:, :30])
    mirrored = [np.array_equal(view, plain[..., ::-1]) for view in views]
    assert 30 < sum(mirrored) < 70
    assert all(is_mirrored or np.array_equal(view, plain) for view, is_mirrored in zip(views, mirrored, strict=True))


def test_contrast_and_masks_stay_within_their_bounds_and_reach_them():
    settings = PixelSettings(size=30, flip=False, contrast=0.2, num_masks=2, mask_frames=3)
    plain, gains, masked = normalise(CLIP[:, :30]), [], []
    for seed in range(300):
        view = random_view(CLIP[:, :30], settings, np.random.default_rng(seed), len(CLIP))
        zeros = ~view.any(axis=(1, 2))
        gains.append(np.abs(view[~zeros]).sum() / np.abs(plain[~zeros]).sum())
        masked.append(int(zeros.sum()))
        np.testing.assert_allclose(view[~zeros], gains[-1] * plain[~zeros], rtol=1e-3)
    assert 0.8 <= min(gains) < 0.82 and 1.18 < max(gains) <= 1.2001
    assert set(masked) == set(range(7))


def test_a_view_is_a_function_of_its_random_numbers():
    views = [random_view(CLIP, PixelSettings(size=24), np.random.default_rng(seed), len(CLIP)) for seed in (5, 5, 6)]
    assert np.array_equal(views[0], views[1]) and not np.array_equal(views[0], views[2])


def test_a_clip_smaller_than_the_crop_says_so():
    with pytest.raises(CortadoError, match="frames of 32 x 30 pixels are smaller than the crop of 31"):
        middle_view(CLIP, PixelSettings(size=31))


def test_a_clip_is_played_faster_or_slower_as_scipy_interpolates_its_frames():
    clip, places = normalise(CLIP), np.arange(20) + 0.5
    for num_frames in (1, 13, 20, 31):
        wanted = interp1d(places, clip, axis=0)(np.clip((np.arange(num_frames) + 0.5) * 20 / num_frames, places[0], places[-1]))
        np.testing.assert_allclose(play(clip, num_frames), wanted, atol=1e-5)
    assert play(clip, 20) is clip and play(clip[:1], 3).shape == (3, 32, 30)


def test_speeds_stay_within_their_bounds_and_as_many_clips_are_slower_as_faster():
    settings = PixelSettings(speed=0.25)
    lengths = [random_length(1000, settings, np.random.default_rng(seed)) for seed in range(500)]
    assert 800 <= min(lengths) < 805 and 1240 < max(lengths) <= 1250 == longest_length(1000, settings)
    assert 200 < sum(length < 1000 for length in lengths) < 300
    assert random_length(77, PixelSettings(), np.random.default_rng(0)) == longest_length(77, PixelSettings()) == 77


def test_a_view_at_another_speed_is_the_view_played_in_so_many_frames():
    settings = PixelSettings(size=30, **PLAIN)
    view = random_view(CLIP[:, :30], settings, np.random.default_rng(0), 27)
    np.testing.assert_array_equal(view, play(normalise(CLIP[:, :30]), 27))
