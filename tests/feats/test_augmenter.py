"""Drawing perturbations: the channel condition and its config file, recordings of noise and rooms, impossible options."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from cortado.config import load_config
from cortado.errors import ConfigError, DataError
from cortado.feats import Augmenter, utterance_rng

CONF = Path(__file__).parents[2] / "conf"
RATE = 16000
UNTOUCHED = {"eq_db": 0.0, "reverb_probability": 0.0, "noise_probability": 0.0}


def speech(seconds: float = 1.0) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal(int(seconds * RATE))).astype(np.float32)


def test_the_channel_condition_has_its_published_settings_and_changes_every_utterance_in_its_own_way():
    channel = load_config(Augmenter, CONF / "channel.yaml")
    assert channel == Augmenter(
        eq_db=4.0,
        reverb_probability=1.0,
        reverb_t60=(0.15, 0.6),
        noise_probability=1.0,
        noise_snr=(20.0, 35.0),
        rir_scp=None,
        noise_scp=None,
    )
    assert channel == Augmenter()
    perturbed, other = (channel(speech(), RATE, utterance_rng(3, name)) for name in ("utt", "other"))
    assert perturbed.shape == speech().shape and perturbed.dtype == np.float32
    assert not np.array_equal(perturbed, speech()) and not np.array_equal(perturbed, other)
    np.testing.assert_array_equal(perturbed, channel(speech(), RATE, utterance_rng(3, "utt")))


def test_training_augmentation_config_is_valid():
    load_config(Augmenter, CONF / "augment.yaml")


def test_nothing_asked_for_changes_nothing():
    np.testing.assert_array_equal(Augmenter(**UNTOUCHED)(speech(), RATE, utterance_rng(0, "a")), speech())


def write_table(folder: Path, name: str, samples: np.ndarray, rate: int) -> str:
    soundfile.write(folder / f"{name}.wav", samples, rate, subtype="FLOAT")
    (folder / f"{name}.scp").write_text(f"{name} {folder}/{name}.wav\n")
    return str(folder / f"{name}.scp")


def test_recorded_rooms_are_applied(tmp_path):
    scp = write_table(tmp_path, "rir", np.array([0, 1, 0, 0, 0], dtype=np.float32), RATE)
    echo_free = Augmenter(**{**UNTOUCHED, "reverb_probability": 1.0}, rir_scp=scp)
    np.testing.assert_allclose(echo_free(speech(), RATE, utterance_rng(0, "a")), speech(), atol=1e-6)


@pytest.mark.parametrize(("seconds", "rate"), [(0.3, RATE), (5.0, RATE), (2.0, 8000)])
def test_recorded_noise_is_cut_or_repeated_or_resampled_to_fit(tmp_path, seconds, rate):
    tone = (0.5 * np.sin(2 * np.pi * 500 * np.arange(int(seconds * rate)) / rate)).astype(np.float32)
    scp = write_table(tmp_path, "tone", tone, rate)
    noisy = Augmenter(**{**UNTOUCHED, "noise_probability": 1.0}, noise_scp=scp, noise_snr=(10.0, 10.0))
    added = noisy(speech(), RATE, utterance_rng(0, "a")) - speech()
    assert np.abs(np.fft.rfft(added)).argmax() == 500
    assert 10 * np.log10(np.mean(speech() ** 2) / np.mean(added**2)) == pytest.approx(10, abs=0.01)


def test_babble_is_as_many_talkers_as_asked_for_equally_loud_at_its_own_ratio(tmp_path):
    times, tones = np.arange(RATE) / RATE, (400, 500, 600, 700, 800)
    lines = []
    for hertz in tones:  # of different loudness: 400 Hz is faintest
        write_table(tmp_path, str(hertz), (hertz / 4000 * np.sin(2 * np.pi * hertz * times)).astype(np.float32), RATE)
        lines.append(f"{hertz} {tmp_path}/{hertz}.wav\n")
    (tmp_path / "speech.scp").write_text("".join(lines))
    babbling = Augmenter(
        **{**UNTOUCHED, "noise_probability": 1.0},
        babble_share=1.0,
        babble_talkers=(2, 3),
        babble_snr=(15.0, 15.0),
        babble_scp=str(tmp_path / "speech.scp"),
    )
    counts = set()
    for name in "abcdefgh":
        added = babbling(speech(), RATE, utterance_rng(0, name)) - speech()
        assert 10 * np.log10(np.mean(speech() ** 2) / np.mean(added**2)) == pytest.approx(15, abs=0.01)
        levels = np.abs(np.fft.rfft(added))[list(tones)]
        shares = np.round(levels / levels[levels > 0.1 * levels.max()].min()).astype(int)
        assert set(shares) <= {0, 1, 2, 3}  # whole talkers, however loud their recordings are
        counts.add(int(shares.sum()))
    assert counts <= {1, 2, 3} and 3 in counts


def test_without_babble_the_draws_are_those_of_an_augmenter_that_knows_none(tmp_path):
    scp = write_table(tmp_path, "speech", speech(), RATE)
    perturbed = (Augmenter(babble_scp=scp, **options)(speech(), RATE, utterance_rng(1, "a")) for options in ({}, {"babble_share": 0.0}))
    for samples in perturbed:
        np.testing.assert_array_equal(samples, Augmenter()(speech(), RATE, utterance_rng(1, "a")))


def test_a_missing_noise_recording_is_named(tmp_path):
    (tmp_path / "noise.scp").write_text("hum /nowhere/hum.wav\n")
    noisy = Augmenter(**{**UNTOUCHED, "noise_probability": 1.0}, noise_scp=str(tmp_path / "noise.scp"))
    with pytest.raises(DataError, match=r"/nowhere/hum\.wav"):
        noisy(speech(), RATE, utterance_rng(0, "a"))


@pytest.mark.parametrize(
    "line",
    [
        "eq_db: -1",
        "noise_probability: 2",
        "noise_snr: [20, 5]",
        "reverb_t60: [0, 1]",
        "babble_share: 0.5",
        "babble_talkers: [0, 3]",
        "echo: 1",
    ],
)
def test_impossible_options_are_refused_by_name(tmp_path, line):
    (tmp_path / "augment.yaml").write_text(line + "\n")
    with pytest.raises(ConfigError, match=line.split(":")[0]):
        load_config(Augmenter, tmp_path / "augment.yaml")
