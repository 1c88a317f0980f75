"""What the visual modules cost: the published figures, and the table of what is built."""

import subprocess
from pathlib import Path

import pytest
import torch

from cortado.nn.cost import multiply_accumulates, num_parameters
from cortado.nn.visual.all3d import All3D
from cortado.nn.visual.cost import PUBLISHED, macs_in_paper, stored_mebibytes
from cortado.nn.visual.p3d import P3DA
from cortado.nn.visual.resnet18 import ResNet18
from cortado.nn.visual.stingy import Sti3D, StiRes3D

ROOT = Path(__file__).resolve().parents[3]


def colour(kind):
    with torch.device("meta"):
        return kind(in_channels=3)


@pytest.mark.parametrize("published", PUBLISHED[:3], ids=lambda published: published.network.__name__)
def test_published_multiply_accumulates_of_the_first_three_networks(published):
    assert macs_in_paper(colour(published.network)) == pytest.approx(published.macs, rel=1e-4)


@pytest.mark.parametrize(
    "kind, macs", [(ResNet18, 2.70496e8), (All3D, 6.60959e8), (P3DA, 3.42061e8), (Sti3D, 1.22881e8), (StiRes3D, 1.44573e8)]
)
def test_multiply_accumulates_in_the_counting_of_the_paper(kind, macs):
    assert macs_in_paper(colour(kind)) == pytest.approx(macs, abs=501)  # the figures' last digit


def test_the_shortcut_of_the_stingy_convolution_has_its_published_cost():
    difference = macs_in_paper(colour(StiRes3D)) - macs_in_paper(colour(Sti3D))
    assert difference == pytest.approx((2.2286 - 2.0117) * 1e8, abs=1e4)


@pytest.mark.parametrize("one, other", [(1, 2), (2, 3)])
def test_differences_of_published_memory_are_ours(one, other):
    ours = stored_mebibytes(colour(PUBLISHED[one].network)) - stored_mebibytes(colour(PUBLISHED[other].network))
    assert ours == pytest.approx(PUBLISHED[one].mebibytes - PUBLISHED[other].mebibytes, rel=0.003)


@pytest.mark.parametrize(
    "kind, parameters, grey_80, rgb_80, grey_88, grey_96, grey_112",
    [
        (ResNet18, 11_182_784, 264.4, 314.6, 316.2, 347.6, 504.5),
        (All3D, 33_153_728, 737.5, 787.6, 881.1, 963.3, 1404.6),
        (P3DA, 15_368_384, 351.7, 401.9, 420.4, 460.8, 670.5),
        (Sti3D, 2_708_352, 86.5, 136.7, 104.1, 116.9, 166.4),
        (StiRes3D, 3_936_640, 112.8, 163.0, 135.5, 151.1, 216.4),
    ],
)
def test_parameters_and_multiply_accumulates_as_built(kind, parameters, grey_80, rgb_80, grey_88, grey_96, grey_112):
    with torch.device("meta"):
        grey = kind()
        assert num_parameters(grey) == parameters
        for size, expected in ((80, grey_80), (88, grey_88), (96, grey_96), (112, grey_112)):
            assert multiply_accumulates(grey, torch.empty(1, 2, size, size)) / 2e6 == pytest.approx(expected, abs=0.051)
        assert multiply_accumulates(kind(in_channels=3), torch.empty(1, 2, 3, 80, 80)) / 2e6 == pytest.approx(rgb_80, abs=0.051)


@pytest.mark.parametrize(
    "omega, million, mmac", [(0.5, 2.52, 94.5), (1, 2.99, 108.1), (1.5, 3.46, 121.8), (2, 3.94, 135.5), (3, 4.88, 162.8)]
)
def test_omega_sweep_as_built(omega, million, mmac):
    with torch.device("meta"):
        network = StiRes3D(omega=omega)
        assert num_parameters(network) / 1e6 == pytest.approx(million, abs=0.0051)
        assert multiply_accumulates(network, torch.empty(1, 2, 88, 88)) / 2e6 == pytest.approx(mmac, abs=0.051)


def test_the_command_shows_both_figures_and_says_what_is_unexplained():
    done = subprocess.run(
        ["bash", ROOT / "utils/show_visual_costs.sh", "--width", "16", "--sizes", "44"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "StiRes3D  144.573  222.86" in done.stdout
    assert "same 78.29 more" in done.stdout
    assert "273,376" in done.stdout
