"""Normalisation against numpy's mean and variance, and a loop over frames for the sliding window."""

import numpy as np
import pytest
import torch

from cortado.feats import SlidingCmvn, apply_cmvn, cmvn_stats


def random_feats(num_frames: int, dim: int = 4, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(3, 2, (num_frames, dim)).astype(np.float32))


def test_statistics_have_kaldis_form_and_add_up_over_utterances():
    one, two = random_feats(10), random_feats(7, seed=1)
    stats = cmvn_stats(one) + cmvn_stats(two)
    both = torch.cat([one, two]).double()
    assert stats.dtype == torch.float64
    torch.testing.assert_close(stats[0], torch.cat([both.sum(0), torch.tensor([17.0])]).double())
    torch.testing.assert_close(stats[1], torch.cat([both.square().sum(0), torch.tensor([0.0])]).double())


def test_normalised_features_have_mean_0_and_variance_1():
    feats = random_feats(500)
    normalised = apply_cmvn(feats, cmvn_stats(feats), norm_vars=True).numpy()
    assert normalised.dtype == np.float32
    np.testing.assert_allclose(normalised.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(normalised.std(0), 1, rtol=1e-5)
    np.testing.assert_allclose(apply_cmvn(feats, cmvn_stats(feats)), feats - feats.double().mean(0), atol=1e-6)


@pytest.mark.parametrize(
    ("feats", "stats", "options", "reason"),
    [
        (random_feats(5, 3), cmvn_stats(random_feats(5, 4)), {}, "dimension 3"),
        (random_feats(5), torch.zeros(2, 5).double(), {}, "no frame"),
        (random_feats(5), cmvn_stats(random_feats(5)), {"norm_means": False, "norm_vars": True}, "without the means"),
    ],
)
def test_statistics_that_do_not_fit_are_refused(feats, stats, options, reason):
    with pytest.raises(ValueError, match=reason):
        apply_cmvn(feats, stats, **options)


def kaldi_window(t: int, num_frames: int, options: SlidingCmvn) -> tuple[int, int]:
    """Start and end of the window of frame t, as in the description of apply-cmvn-sliding."""
    if options.center:
        start = t - options.cmn_window // 2
        end = start + options.cmn_window
    else:
        start, end = t - options.cmn_window, t + 1
    if start < 0:
        start, end = 0, end - start
    if not options.center and end > t:
        end = max(t + 1, options.min_cmn_window)
    if end > num_frames:
        start, end = max(0, start - (end - num_frames)), num_frames
    return start, end


@pytest.mark.parametrize("num_frames", [1, 2, 9, 10, 11, 25, 60])
@pytest.mark.parametrize("norm_vars", [False, True])
@pytest.mark.parametrize("center", [False, True])
def test_sliding_window_equals_a_loop_over_frames(num_frames, norm_vars, center):
    sliding = SlidingCmvn(cmn_window=10, min_cmn_window=4, center=center, norm_vars=norm_vars)
    feats = random_feats(num_frames).numpy()
    expected = []
    for t in range(num_frames):
        start, end = kaldi_window(t, num_frames, sliding)
        inside = feats[start:end].astype(np.float64)
        scale = np.maximum(inside.var(0), 1e-10) ** -0.5 if norm_vars else 1.0
        expected.append((feats[t] - inside.mean(0)) * scale * (0 if norm_vars and len(inside) == 1 else 1))
    np.testing.assert_allclose(sliding(torch.from_numpy(feats)), expected, atol=1e-5)


def test_one_window_over_everything_is_utterance_normalisation():
    feats = random_feats(250)
    torch.testing.assert_close(SlidingCmvn(norm_vars=True)(feats), apply_cmvn(feats, cmvn_stats(feats), norm_vars=True), atol=1e-5, rtol=0)


def test_window_shorter_than_its_minimum_is_refused():
    with pytest.raises(ValueError, match="min_cmn_window"):
        SlidingCmvn(cmn_window=50)
