"""Entropies of attention against scipy, frames against what encoders really see, and pictures that put both at the right second."""

import math

import numpy as np
import pytest
import scipy.stats
import torch
from matplotlib import image
from torch import nn

from cortado.errors import CortadoError
from cortado.nn import EmbeddingNetwork
from cortado.nn.encoders.lstm import LSTM
from cortado.nn.encoders.resnet import ResNet
from cortado.nn.encoders.se_resnet import SEResNet
from cortado.nn.encoders.tdnn import TDNN
from cortado.nn.encoders.vgg import VGG
from cortado.nn.encoders.vgg_m import VGGM
from cortado.nn.pooling.cross_attentive import CrossAttentivePooling
from cortado.nn.pooling.multi_resolution import MultiResolutionPooling
from cortado.nn.pooling.serialized import SerializedPooling
from cortado.nn.pooling.statistics import StatisticsPooling
from cortado.report.attention import FrameGrid, SystemEntropies, attend, entropy, feature_span, head_entropies, require_attention
from cortado.report.attention_plot import Utterance, plot_attention, plot_entropies

BLUE, ORANGE, GREY = (0, 114, 178), (213, 94, 0), (89, 89, 89)


def test_entropy_is_scipys_in_nats():
    weights = np.random.default_rng(0).dirichlet(np.full(300, 0.05), size=(3, 4))
    np.testing.assert_allclose(entropy(torch.from_numpy(weights)), scipy.stats.entropy(weights, axis=2), rtol=1e-12)


@pytest.mark.parametrize("num_frames", [1, 2, 51, 100_000])
def test_uniform_weights_have_log_t_and_a_single_frame_has_none(num_frames):
    one_hot = torch.zeros(num_frames)
    one_hot[num_frames // 2] = 1
    assert entropy(torch.full((num_frames,), 1 / num_frames)).item() == pytest.approx(math.log(num_frames), rel=1e-7)
    assert entropy(one_hot).item() == 0


@pytest.mark.parametrize("pooling", [MultiResolutionPooling(12, num_heads=3), SerializedPooling(12, num_layers=3)])
def test_padding_changes_no_entropy_and_one_frame_has_zero(pooling):
    torch.manual_seed(0)
    encoder = TDNN(8, channels=(12,), kernel_sizes=(3,), dilations=(1,))
    network = EmbeddingNetwork(encoder, pooling, embedding_dim=4, normalise="mean").eval()
    lengths = torch.tensor([40, 17, 3])
    features = torch.randn(3, 40, 8)
    for row, length in zip(features, lengths, strict=True):
        row[length:] = torch.nan  # whatever stands there
    with torch.inference_mode():
        attention, frames = attend(network, torch.nan_to_num(features, 99.0), lengths)
        alone = [entropy(attend(network, row[None, :n], torch.tensor([n]))[0][0]) for row, n in zip(features, lengths, strict=True)]
    assert frames.tolist() == [38, 15, 1]
    np.testing.assert_allclose(entropy(attention), torch.stack(alone), atol=1e-5)
    assert entropy(attention)[2].tolist() == pytest.approx([0, 0, 0], abs=1e-6)
    assert (alone[0] > 0.1).all()


def test_the_interval_is_students_and_the_fraction_that_of_the_mean_log_t():
    rng = np.random.default_rng(1)
    num_frames = rng.integers(1, 90, size=40)
    entropies = rng.random((40, 2)) * np.log(num_frames)[:, None]
    lines = head_entropies(SystemEntropies("a", entropies, num_frames))
    assert [line.head for line in lines] == ["1", "2", "all"]
    for line, values in zip(lines, [*entropies.T, entropies.mean(axis=1)], strict=True):
        expected = scipy.stats.t.interval(0.95, 39, loc=np.mean(values), scale=scipy.stats.sem(values))
        assert (line.low, line.high) == pytest.approx(expected)
        assert (line.std, line.uniform) == pytest.approx((np.std(values, ddof=1), np.log(num_frames).mean()))
        assert line.fraction == pytest.approx(values.sum() / np.log(num_frames).sum())


def test_what_a_single_utterance_of_one_frame_does_not_say_is_none():
    (line,) = head_entropies(SystemEntropies("a", np.zeros((1, 1)), np.ones(1, int)))
    assert (line.mean, line.std, line.low, line.high, line.uniform, line.fraction) == (0, None, None, None, 0, None)


@pytest.mark.parametrize("pooling", [StatisticsPooling(8), CrossAttentivePooling(8)])
def test_a_pooling_without_weights_of_utterances_is_refused_and_those_that_have_them_are_named(pooling):
    network = EmbeddingNetwork(TDNN(8), pooling, embedding_dim=4)
    with pytest.raises(CortadoError, match=f"exp/x/final.pt: .*{type(pooling).__name__}.*MultiResolutionPooling, ") as refused:
        require_attention(network, "exp/x/final.pt")
    named = str(refused.value).partition("these have: ")[2].split(", ")
    assert {"SerializedPooling", "SelfAttentivePooling", "DictionaryPooling"} < set(named)
    assert not {"StatisticsPooling", "CrossAttentivePooling", "AttentivePooling"} & set(named)


def without_excitation(encoder: SEResNet) -> SEResNet:
    """Squeeze and excitation sees the whole utterance, which has no middle."""
    for name, parameter in encoder.named_parameters():
        if ".excite." in name:
            nn.init.zeros_(parameter)
    return encoder


ENCODERS = {
    "tdnn": lambda: TDNN(6, channels=(8, 8, 8), kernel_sizes=(5, 3, 3), dilations=(1, 2, 3)),
    "resnet": lambda: ResNet(16, channels=(4, 4, 4, 4), blocks=(1, 1, 1, 1), collapse_frequency=False),
    "resnet with a strided stem": lambda: ResNet(
        16, channels=(4, 4), blocks=(1, 1), strides=(1, 2), stem_stride=(2, 2), collapse_frequency=False
    ),
    "se-resnet": lambda: without_excitation(SEResNet(16, channels=(8, 8, 8, 8), blocks=(1, 1, 1, 1))),
    "vgg": lambda: VGG(16, channels=(4, 4, 4, 4)),
    "vgg-m": lambda: VGGM(97),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_a_frame_lies_in_the_middle_of_the_features_that_reach_it(name):
    torch.manual_seed(0)
    encoder = ENCODERS[name]().eval()
    for parameter in encoder.parameters():
        parameter.data.abs_()  # so that no ReLU cuts a way
    features = torch.rand(8, 220, encoder.feat_dim, requires_grad=True)  # several, since a maximum takes one way of its four
    frames, _ = encoder(features, None)
    middle = frames.shape[1] // 2
    frames[:, middle].sum().backward()
    reached = torch.nonzero(features.grad.abs().sum(dim=(0, 2))).flatten()
    assert reached.min() > 0 and reached.max() < 219  # else the edges cut it
    grid = FrameGrid.of(encoder)
    assert grid.first + grid.stride * middle == (reached.min() + reached.max()).item() / 2


def test_an_encoder_that_makes_one_frame_is_refused():
    with pytest.raises(CortadoError, match="LSTM makes a single frame"):
        FrameGrid.of(LSTM(8, hidden_dim=4))


@pytest.mark.parametrize("num_lost", [0, 80, 159])
def test_windows_of_25_ms_lie_where_they_were_cut(num_lost):
    """Without padding, frame i is the middle of [0.01 i, 0.01 i + 0.025]; samples that fill no window are lost behind the last."""
    num_samples = 400 + 97 * 160 + num_lost
    span = feature_span(98, 0.01, num_samples / 16000)
    edges = FrameGrid(0, 1).edges(98, span, 98)
    error = (edges[:-1] + edges[1:]) / 2 - (0.01 * np.arange(98) + 0.0125)
    np.testing.assert_allclose(error, num_lost / 16000 / 2, atol=1e-9)  # never half a shift


def test_features_that_do_not_fill_the_audio_are_refused():
    with pytest.raises(CortadoError, match=r"100 frames of 0.01 s are not of these 1.40 s"):
        feature_span(100, 0.01, 1.4)


def pixels(path) -> np.ndarray:
    """(height, width, 3) int, 0 to 255, of an image."""
    return (image.imread(path)[..., :3] * 255).round().astype(int)


def is_colour(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """(height, width) bool."""
    return (np.abs(picture - colour) < 3).all(axis=2)


def middle_column(ink: np.ndarray) -> float:
    """Of the columns in which more than a line is drawn."""
    return np.nonzero(ink.sum(axis=0) > 20)[0][[0, -1]].mean()


def test_weight_on_the_frame_of_a_click_is_drawn_below_the_click(tmp_path):
    rate, num_features, click = 8000, 298, 2.105
    grid = FrameGrid(7.5, 16)
    samples = np.zeros(3 * rate, np.float32)
    samples[int((click - 0.08) * rate) : int((click + 0.08) * rate)] = np.tile([1, -1], 640)  # as wide as a frame
    span = feature_span(num_features, 0.01, 3.0)
    edges = grid.edges(18, span, num_features)
    frame = int(np.searchsorted(edges, click)) - 1
    attention = np.zeros((1, 18))
    attention[0, frame] = 1
    utterance = Utterance(np.zeros((num_features, 4)), span, samples, 3.0)
    plot_attention(utterance, attention, edges, "click", tmp_path / "a.png")
    picture = pixels(tmp_path / "a.png")
    weight = is_colour(picture, BLUE)
    pixels_per_second = np.count_nonzero(weight.any(axis=0)) / 0.16
    offset = (edges[frame] + edges[frame + 1]) / 2 - click
    assert 200 < pixels_per_second < 400 and abs(offset) < 0.08
    assert middle_column(weight) - middle_column(is_colour(picture, GREY)) == pytest.approx(offset * pixels_per_second, abs=2)


def test_pictures_have_ink_of_every_head_and_system_and_the_same_bytes_twice(tmp_path):
    rng = np.random.default_rng(0)
    systems = [SystemEntropies(name, rng.random((9, heads)), np.full(9, 30)) for name, heads in (("wide", 3), ("narrow", 1))]
    attention = rng.dirichlet(np.ones(20), size=5)
    edges = np.arange(21) * 0.08
    utterance = Utterance(rng.random((160, 8)), (0, 1.6), None, 1.6)
    for name in "ab":
        plot_entropies(systems, tmp_path / f"{name}.png", "two systems")
        plot_attention(utterance, attention, edges, "発話 $x$", tmp_path / f"{name}.utt.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.utt.png").read_bytes() == (tmp_path / "b.utt.png").read_bytes()
    boxes = pixels(tmp_path / "a.png")
    assert min(is_colour(boxes, BLUE).sum(), is_colour(boxes, ORANGE).sum()) > 1000
    rows = is_colour(pixels(tmp_path / "a.utt.png"), BLUE).any(axis=1)
    assert np.count_nonzero(np.diff(rows.astype(int)) == 1) == 5  # heads
