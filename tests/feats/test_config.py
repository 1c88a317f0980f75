"""Feature configs: those that recipes share are valid, and a wrong one is refused by file and key."""

from pathlib import Path

import pytest

from cortado.config import load_config
from cortado.errors import ConfigError
from cortado.feats import EnergyVad, Fbank, Mfcc, Spectrogram, load_extractor

CONF = Path(__file__).parents[2] / "conf"


@pytest.mark.parametrize(
    ("name", "kind", "dim"),
    [
        ("fbank", Fbank, 80),
        ("mfcc", Mfcc, 13),
        ("mfcc_hires", Mfcc, 40),
        ("spectrogram", Spectrogram, 257),
        ("sid/mfcc40", Mfcc, 40),
        ("sid/mel128", Fbank, 128),
        ("sid/spectrogram400", Spectrogram, 400),
    ],
)
def test_shared_configs_give_what_their_names_say(name, kind, dim):
    extractor = load_extractor(CONF / f"{name}.yaml")
    assert type(extractor) is kind
    assert extractor.dim == dim


@pytest.mark.parametrize("name", ["mfcc40", "mel128", "spectrogram400"])
def test_features_of_singers_have_426_frames_in_the_longest_clip_and_two_in_40_ms(name):
    extractor = load_extractor(CONF / f"sid/{name}.yaml")
    assert (extractor.window_size, extractor.window_shift) == (400, 200)
    assert [extractor.num_frames(round(seconds * 16000)) for seconds in (0.04, 3.0, 5.34)] == [2, 239, 426]


def test_shared_vad_configs_are_valid():
    assert load_config(EnergyVad, CONF / "vad.yaml").energy == "first_column"
    assert load_config(EnergyVad, CONF / "vad_fbank.yaml").energy == "mel_bins"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("class: cortado.feats.Fbank\nnum_cepts: 13\n", "num_cepts"),
        ("class: cortado.feats.Fbank\nnum_mel_bins: many\n", "num_mel_bins"),
        ("class: cortado.feats.Fbank\nnum_mel_bins: 400\n", "num_mel_bins"),
        ("class: cortado.feats.Fbank\nwindow_type: gauss\n", "povey"),
        ("class: cortado.feats.EnergyVad\n", "Fbank, Mfcc and Spectrogram"),
        ("num_mel_bins: 80\n", "class"),
    ],
)
def test_wrong_configs_are_refused_naming_file_and_key(tmp_path, text, named):
    (tmp_path / "feats.yaml").write_text(text)
    with pytest.raises(ConfigError, match=named) as error:
        load_extractor(tmp_path / "feats.yaml")
    assert "feats.yaml" in str(error.value)


def test_features_that_do_not_exist_are_refused_by_class(tmp_path):
    (tmp_path / "feats.yaml").write_text("class: cortado.feats.Chroma\n")
    with pytest.raises(ConfigError, match=r"cortado\.feats\.Chroma"):
        load_extractor(tmp_path / "feats.yaml")
