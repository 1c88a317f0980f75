"""DET plots: thinning keeps the curve, files read back, pictures are whole and the same bytes each time."""

import numpy as np
import pytest
from matplotlib import image

from cortado.errors import DataError
from cortado.report.det import DetCurve, plot_det, read_det_points, thin, write_det_points
from cortado.score.measure import operating_points
from cortado.score.metrics import roc_curve


def gaussian_roc(separation=3.0, num_trials=20_000, seed=0):
    rng = np.random.default_rng(seed)
    is_target = rng.random(num_trials) < 0.2
    return roc_curve(rng.normal(size=num_trials) + separation * is_target, is_target)


def curve(label, roc):
    return DetCurve(label, roc.miss, roc.false_alarm, operating_points(roc))


def test_thinned_curve_is_small_and_lies_on_the_whole_one():
    roc = gaussian_roc()
    small = thin(roc)
    assert 100 < len(small.miss) < 2000 < len(roc.miss)
    whole = np.interp(np.linspace(0.001, 0.5, 500), roc.false_alarm, roc.miss)
    np.testing.assert_allclose(np.interp(np.linspace(0.001, 0.5, 500), small.false_alarm, small.miss), whole, atol=0.01)
    assert (small.miss[0], small.miss[-1], small.false_alarm[0], small.false_alarm[-1]) == (1, 0, 0, 1)


def test_det_points_read_back(tmp_path):
    roc = gaussian_roc()
    write_det_points(roc, tmp_path / "det.txt")
    miss, false_alarm = read_det_points(tmp_path / "det.txt")
    np.testing.assert_allclose(miss, thin(roc).miss, atol=1e-8)
    np.testing.assert_allclose(false_alarm, thin(roc).false_alarm, atol=1e-8)


@pytest.mark.parametrize("content", ["a b c\n", "0.1 0.2\n0.3 0.4\n", "0.1 0.2 0.3\n", None])
def test_a_file_that_is_no_det_curve_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "det.txt").write_text(content)
    with pytest.raises(DataError, match=r"det\.txt"):
        read_det_points(tmp_path / "det.txt")


def test_plot_of_several_curves_has_ink_of_each_and_the_same_bytes_twice(tmp_path):
    curves = [curve("one", gaussian_roc(3)), curve("two", gaussian_roc(2)), curve("one", gaussian_roc(3, seed=1))]
    plot_det(curves, tmp_path / "a.png", "two systems")
    plot_det(curves, tmp_path / "b.png", "two systems")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    pixels = image.imread(tmp_path / "a.png")[..., :3]
    for colour in ([0, 0x72, 0xB2], [0xD5, 0x5E, 0]):
        assert (np.abs(pixels - np.array(colour) / 255).max(axis=2) < 0.02).sum() > 100


def test_the_legend_of_many_systems_covers_no_curve(tmp_path):
    roc = gaussian_roc(num_trials=2000)
    plot_det([curve("system 0", roc)], tmp_path / "few.png", "title")
    plot_det([curve(f"system {number}", roc) for number in range(40)], tmp_path / "many.png", "title")
    few, many = (image.imread(tmp_path / name)[..., :3] for name in ("few.png", "many.png"))
    assert many.shape[1] > 1.5 * few.shape[1] and many.shape[0] > 1.2 * few.shape[0]
    last = np.abs(many - np.array([0xF0, 0xE4, 0x42]) / 255).max(axis=2) < 0.02  # the colour of the eighth system
    curves, legend = last[:, : many.shape[1] // 2], last[:, many.shape[1] * 2 // 3 :]
    assert curves.sum() > 100 and legend.any(axis=1).sum() >= 5  # there are five lines of that colour in the legend


@pytest.mark.parametrize("targets", [[5.0, 6.0], [0.0, 0.0], [-5.0, -6.0]])
def test_perfect_useless_and_inverted_systems_can_be_drawn(tmp_path, targets):
    scores, is_target = np.array([*targets, 0.0, 0.0, 0.0]), np.array([1, 1, 0, 0, 0], bool)
    plot_det([curve("x", roc_curve(scores, is_target))], tmp_path / "x.png", "edge")
    assert image.imread(tmp_path / "x.png").shape[0] > 100
