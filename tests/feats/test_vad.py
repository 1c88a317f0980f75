"""Voice activity decisions against a loop over frames, and on a signal whose speech is known."""

from pathlib import Path

import numpy as np
import pytest
import torch

from cortado.config import load_config
from cortado.feats import EnergyVad, Fbank, Mfcc


def looped_decisions(log_energy: np.ndarray, vad: EnergyVad) -> list[float]:
    threshold = vad.vad_energy_threshold + vad.vad_energy_mean_scale * log_energy.mean()
    decisions = []
    for t in range(len(log_energy)):
        around = [u for u in range(t - vad.vad_frames_context, t + vad.vad_frames_context + 1) if 0 <= u < len(log_energy)]
        above = sum(log_energy[u] > threshold for u in around)
        decisions.append(float(above >= len(around) * vad.vad_proportion_threshold))
    return decisions


@pytest.mark.parametrize("context", [0, 2, 50])
@pytest.mark.parametrize("proportion", [0.12, 0.6])
def test_decisions_equal_a_loop_over_frames(context, proportion):
    vad = EnergyVad(vad_frames_context=context, vad_proportion_threshold=proportion, vad_energy_threshold=0.3)
    feats = np.random.default_rng(1).standard_normal((40, 3))
    np.testing.assert_array_equal(vad(torch.from_numpy(feats)), looped_decisions(feats[:, 0], vad))


def burst(start: float = 1.0, end: float = 2.0) -> torch.Tensor:
    """3 s of quiet noise, loud within [start, end) seconds."""
    samples = np.random.default_rng(0).standard_normal(48000).astype(np.float32) * 1e-4
    samples[int(start * 16000) : int(end * 16000)] *= 100
    return torch.from_numpy(samples)


@pytest.mark.parametrize(("kind", "config"), [(Mfcc(), "vad"), (Fbank(num_mel_bins=80), "vad_fbank")])
def test_a_loud_second_is_found_from_an_energy_column_or_from_mel_bins(kind, config):
    vad = load_config(EnergyVad, Path(__file__).parents[2] / f"conf/{config}.yaml")
    decisions = vad(kind(burst())).numpy()
    assert set(decisions) == {0.0, 1.0}
    assert decisions[100:198].all()
    assert not decisions[:95].any()
    assert not decisions[202:].any()


@pytest.mark.parametrize("options", [{"vad_proportion_threshold": 1.5}, {"vad_frames_context": -1}])
def test_impossible_options_are_refused_by_name(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        EnergyVad(**options)
