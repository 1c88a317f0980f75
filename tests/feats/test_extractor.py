"""Framing: counts, mirrored edges, independence of length and chunk, dither, energies by Parseval's identity."""

import numpy as np
import pytest
import torch

from cortado.feats import Fbank, Mfcc, Spectrogram, extractor, utterance_rng


def noise(num_samples: int, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(num_samples, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("num_samples", "snipped", "mirrored"),
    [(0, 0, 0), (79, 0, 0), (80, 0, 1), (399, 0, 2), (400, 1, 3), (559, 1, 3), (560, 2, 4), (16000, 98, 100)],
)
def test_frame_counts_are_kaldis(num_samples, snipped, mirrored):
    for snip_edges, expected in ((True, snipped), (False, mirrored)):
        fbank = Fbank(snip_edges=snip_edges)
        assert fbank.num_frames(num_samples) == expected
        assert fbank(noise(num_samples)).shape == (expected, 23)


def test_edges_are_mirrored_again_and_again_in_a_very_short_waveform():
    samples = noise(90)
    both = torch.cat([samples, samples.flip(0)])
    endless = both.repeat(10)  # one period is the waveform and its mirror image
    start = len(both) * 3 - 120  # the first frame begins 120 samples before the waveform
    expected = Fbank()(endless[start : start + 400])
    torch.testing.assert_close(Fbank(snip_edges=False)(samples), expected)


@pytest.mark.parametrize("kind", [Fbank(num_mel_bins=80), Mfcc(), Spectrogram()], ids=lambda kind: type(kind).__name__)
def test_a_crop_has_the_same_bytes_as_those_rows_of_the_whole(kind):
    samples = noise(16000 * 6)
    whole = kind(samples)
    for first, count in ((0, 1), (1, 7), (255, 2), (256, 256), (313, 200)):
        crop = kind(samples[first * 160 : (first + count - 1) * 160 + 400])
        assert torch.equal(crop, whole[first : first + count])


@pytest.mark.parametrize("chunk", [64, 512])
def test_the_size_of_a_chunk_changes_nothing_but_rounding(chunk, monkeypatch):
    samples = noise(16000 * 4)
    before = Fbank(num_mel_bins=80)(samples)
    monkeypatch.setattr(extractor, "CHUNK", chunk)
    torch.testing.assert_close(Fbank(num_mel_bins=80)(samples), before, rtol=0, atol=1e-3)


def test_spectrogram_has_the_power_of_the_windowed_frame_by_parseval():
    spectrogram = Spectrogram(window_type="hamming", raw_energy=False)
    values = spectrogram(noise(4000)).double().exp()
    frames = (noise(4000).double() * 32768).unfold(0, 400, 160)
    frames = frames - frames.mean(1, keepdim=True)
    frames = frames - 0.97 * torch.cat([frames[:, :1], frames[:, :-1]], 1)
    frames = frames * torch.from_numpy(np.hamming(400))
    energy = frames.square().sum(1)
    constant = frames.sum(1).square()
    both_sides = constant + 2 * values[:, 1:-1].sum(1) + values[:, -1]
    torch.testing.assert_close(both_sides / 512, energy, rtol=1e-4, atol=0)
    torch.testing.assert_close(values[:, 0], energy, rtol=1e-4, atol=0)


@pytest.mark.parametrize("points", [400, 798, 1024])
def test_n_fft_is_the_number_of_points_of_the_transform(points):
    options = {"window_type": "rectangular", "preemphasis_coefficient": 0.0, "remove_dc_offset": False}
    values = Spectrogram(**options, n_fft=points)(noise(1000))
    expected = np.abs(np.fft.rfft(noise(1000).double().unfold(0, 400, 160).numpy() * 32768, n=points)) ** 2
    assert values.shape == (4, points // 2 + 1)
    np.testing.assert_allclose(values[:, 1:].double().exp(), expected[:, 1:], rtol=1e-2)
    assert torch.equal(Fbank(num_mel_bins=20, n_fft=512)(noise(1000)), Fbank(num_mel_bins=20)(noise(1000)))


def test_a_transform_of_fewer_points_than_a_frame_has_samples_is_refused():
    with pytest.raises(ValueError, match="n_fft is 399, fewer points than the 400 samples"):
        Spectrogram(n_fft=399)


def test_silence_lies_at_kaldis_floor_and_not_at_minus_infinity():
    floor = float(np.log(np.finfo(np.float32).eps))
    for kind in (Fbank(use_energy=True), Spectrogram()):
        feats = kind(torch.zeros(1000))
        assert torch.equal(feats, torch.full_like(feats, floor))


def test_full_scale_is_kaldis_16_bit_scale():
    constant = torch.full((400,), 0.5)
    feats = Spectrogram(remove_dc_offset=False)(constant)
    assert feats[0, 0].item() == pytest.approx(np.log(400 * 16384.0**2), abs=1e-5)


def test_dither_depends_on_seed_and_name_only_and_has_the_given_deviation():
    dithered = Spectrogram(dither=2.0, window_type="rectangular", preemphasis_coefficient=0)
    silence = torch.zeros(16000)
    feats = dithered(silence, utterance_rng(0, "a"))
    assert torch.equal(feats, dithered(silence, utterance_rng(0, "a")))
    assert not torch.equal(feats, dithered(silence, utterance_rng(0, "b")))
    assert feats[:, 0].exp().mean().item() == pytest.approx(400 * 4, rel=0.02)
    with pytest.raises(ValueError, match="generator"):
        dithered(silence)
