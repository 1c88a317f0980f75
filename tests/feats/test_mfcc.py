"""Cepstra against kaldi-native-fbank, and the transform against its inverse."""

import kaldi_native_fbank as knf
import numpy as np
import pytest
import torch
from scipy.fft import dct

from cortado.feats import Mfcc
from cortado.feats.mel import dct_matrix, lifter_coefficients


def native_mfcc(samples: np.ndarray, mfcc: Mfcc) -> np.ndarray:
    options = knf.MfccOptions()
    options.frame_opts.dither, options.frame_opts.samp_freq = 0, mfcc.sample_frequency
    options.frame_opts.snip_edges = mfcc.snip_edges
    options.mel_opts.num_bins, options.mel_opts.low_freq, options.mel_opts.high_freq = mfcc.num_mel_bins, mfcc.low_freq, mfcc.high_freq
    options.num_ceps, options.cepstral_lifter, options.use_energy = mfcc.num_ceps, mfcc.cepstral_lifter, mfcc.use_energy
    computer = knf.OnlineMfcc(options)
    computer.accept_waveform(mfcc.sample_frequency, (samples * 32768).tolist())
    computer.input_finished()
    return np.stack([computer.get_frame(i) for i in range(computer.num_frames_ready)])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_energy": False},
        {"use_energy": False, "num_mel_bins": 40, "num_ceps": 40, "high_freq": -400},
        {"cepstral_lifter": 0, "snip_edges": False},
        {"sample_frequency": 8000, "use_energy": False},
        {"sample_frequency": 44100},
    ],
    ids=str,
)
def test_agrees_with_kaldi_native_fbank_within_float32_rounding(options):
    mfcc = Mfcc(**options)
    samples = (0.1 * np.random.default_rng(5).standard_normal(int(2.7 * mfcc.sample_frequency))).astype(np.float32)
    ours, theirs = mfcc(torch.from_numpy(samples)).numpy(), native_mfcc(samples, mfcc)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-3)
    assert np.abs(ours - theirs).mean() < 5e-5


def test_cosine_transform_is_orthonormal_and_scipys():
    matrix = dct_matrix(23, 23)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(23), atol=1e-12)
    np.testing.assert_allclose(matrix, dct(np.eye(23), norm="ortho", axis=0), atol=1e-12)


def test_lifter_of_22_peaks_at_12_in_the_middle():
    coefficients = lifter_coefficients(22, 13)
    assert coefficients[0] == 1
    assert coefficients[11] == pytest.approx(12)


@pytest.mark.parametrize(("options", "named"), [({"num_ceps": 24}, "num_ceps"), ({"cepstral_lifter": -1}, "cepstral_lifter")])
def test_impossible_options_are_refused_by_name(options, named):
    with pytest.raises(ValueError, match=named):
        Mfcc(**options)
