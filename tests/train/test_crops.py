"""Crops are rows of the whole utterance's features, whether read from arks or computed from a piece of a waveform."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from cortado.ark import ArkWriter
from cortado.config import ClassSpec
from cortado.datadir import DataDir
from cortado.errors import ConfigError, CortadoError, DataError
from cortado.feats import Augmenter, Fbank
from cortado.train.crops import ArkCrops, WaveCrops, fingerprint, middle_crop, random_crop

RATE = 16000
FBANK = ClassSpec("cortado.feats.Fbank", {"num_mel_bins": 20})


def write_lines(path: Path, rows: Mapping[str, object]) -> None:
    path.write_text("".join(f"{key} {value}\n" for key, value in rows.items()))


def noise(num_samples: int, seed: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(num_samples)).astype(np.float32)


@pytest.fixture
def ark_data(tmp_path) -> Path:
    """Utterances "long" of 50 frames and "short" of 7."""
    rng = np.random.default_rng(0)
    with ArkWriter(tmp_path / "feats.ark", tmp_path / "feats.scp") as out:
        out.write("long", rng.standard_normal((50, 3)).astype(np.float32))
        out.write("short", rng.standard_normal((7, 3)).astype(np.float32))
    write_lines(tmp_path / "utt2num_frames", {"long": 50, "short": 7})
    return tmp_path


@pytest.fixture
def wave_data(tmp_path) -> Path:
    """One recording an utterance; the lengths are no whole numbers of frames."""
    lengths = {"a": 16123, "b": 9001}
    for seed, (utt, length) in enumerate(lengths.items()):
        soundfile.write(tmp_path / f"{utt}.wav", noise(length, seed), RATE, subtype="FLOAT")
    write_lines(tmp_path / "wav.scp", {utt: tmp_path / f"{utt}.wav" for utt in lengths})
    write_lines(tmp_path / "utt2dur", {utt: round(length / RATE, 6) for utt, length in lengths.items()})
    return tmp_path


def whole(samples: np.ndarray) -> np.ndarray:
    return Fbank(num_mel_bins=20)(torch.from_numpy(samples)).numpy()


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def is_run_of(crop: np.ndarray, feats: np.ndarray) -> bool:
    return any(np.array_equal(crop, feats[start : start + len(crop)]) for start in range(len(feats) - len(crop) + 1))


def test_crops_of_an_ark_are_rows_of_its_matrix_at_random_and_in_the_middle(ark_data):
    crops = ArkCrops(DataDir(ark_data))
    assert crops.feat_dim == 3 and crops.num_frames.tolist() == [50, 7]
    feats = crops.read(0, 0, 50, rng())
    drawn = [random_crop(crops, 0, 20, rng(seed)) for seed in range(20)]
    assert all(crop.shape == (20, 3) and is_run_of(crop, feats) for crop in drawn)
    assert len({crop.tobytes() for crop in drawn}) > 5
    np.testing.assert_array_equal(middle_crop(crops, 0, 20), feats[15:35])


def test_every_start_is_drawn_and_the_same_generator_draws_the_same(ark_data):
    crops = ArkCrops(DataDir(ark_data))
    feats = crops.read(0, 0, 50, rng())
    starts = {int(np.flatnonzero((feats == random_crop(crops, 0, 47, rng(seed))[0]).all(1))[0]) for seed in range(60)}
    assert starts == {0, 1, 2, 3}
    np.testing.assert_array_equal(random_crop(crops, 0, 20, rng(5)), random_crop(crops, 0, 20, rng(5)))


def test_a_shorter_utterance_is_repeated_to_the_length_asked_for(ark_data):
    crops = ArkCrops(DataDir(ark_data))
    feats = crops.read(1, 0, 7, rng())
    for crop in (random_crop(crops, 1, 17, rng()), middle_crop(crops, 1, 17)):
        np.testing.assert_array_equal(crop, np.concatenate([feats, feats, feats[:3]]))


def test_utterances_of_arks_are_sorted_whatever_the_order_of_the_file(ark_data):
    before = ArkCrops(DataDir(ark_data))
    for name in ("feats.scp", "utt2num_frames"):
        lines = (ark_data / name).read_text().splitlines(keepends=True)
        (ark_data / name).write_text("".join(reversed(lines)))
    crops = ArkCrops(DataDir(ark_data))
    assert list(crops.utterances) == ["long", "short"] and crops.num_frames.tolist() == [50, 7]
    np.testing.assert_array_equal(crops.read(1, 0, 7, rng()), before.read(1, 0, 7, rng()))
    assert fingerprint(crops) == fingerprint(before)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"long": 50}, r"utt2num_frames: has no line for 1 utterances: short"),
        ({"long": 50, "short": "many"}, r"utt2num_frames: short: 'many' is not a positive number of frames"),
    ],
)
def test_a_length_that_is_missing_or_no_number_is_named(ark_data, rows, message):
    write_lines(ark_data / "utt2num_frames", rows)
    with pytest.raises(DataError, match=message):
        ArkCrops(DataDir(ark_data))


def test_a_length_beyond_the_matrix_is_an_error(ark_data):
    write_lines(ark_data / "utt2num_frames", {"long": 60, "short": 7})
    with pytest.raises(CortadoError, match="50"):
        random_crop(ArkCrops(DataDir(ark_data)), 0, 60, rng())


def test_nan_in_a_crop_names_the_utterance(ark_data):
    with ArkWriter(ark_data / "feats.ark", ark_data / "feats.scp") as out:
        for utt, num_frames in (("long", 50), ("short", 7)):
            out.write(utt, np.full((num_frames, 3), np.nan if utt == "short" else 0, np.float32))
    crops = ArkCrops(DataDir(ark_data))
    random_crop(crops, 0, 5, rng())
    with pytest.raises(CortadoError, match=r"utterance short: .* not finite"):
        random_crop(crops, 1, 5, rng())


def test_crops_of_a_waveform_are_rows_of_the_whole_utterances_features(wave_data):
    crops = WaveCrops(DataDir(wave_data), FBANK)
    for index, feats in enumerate((whole(noise(16123, 0)), whole(noise(9001, 1)))):
        assert crops.num_frames[index] == len(feats)
        for start, stop in ((0, 10), (17, 40), (len(feats) - 3, len(feats)), (0, len(feats))):
            np.testing.assert_array_equal(crops.read(index, start, stop, rng()), feats[start:stop])
    assert crops.feat_dim == 20


def test_a_crop_of_a_waveform_decodes_its_own_samples_only(wave_data):
    content = bytearray((wave_data / "a.wav").read_bytes())
    content[-4 * 100 :] = np.full(100, np.nan, np.float32).tobytes()  # the last samples; a crop before them is clean
    (wave_data / "a.wav").write_bytes(content)
    crops = WaveCrops(DataDir(wave_data), FBANK)
    assert np.isfinite(crops.read(0, 0, 90, rng())).all()
    with pytest.raises(CortadoError, match=r"utterance a: .* not finite"):
        random_crop(crops, 0, int(crops.num_frames[0]), rng())


def test_segments_are_honoured(wave_data):
    write_lines(wave_data / "segments", {"a-1": "a 0.1 0.6", "a-2": "a 0.50003 -1", "b-1": "b 0 0.4"})
    write_lines(wave_data / "utt2dur", {"a-1": 0.5, "a-2": 16123 / RATE - 0.50003, "b-1": 0.4})
    crops = WaveCrops(DataDir(wave_data), FBANK)
    a, b = noise(16123, 0), noise(9001, 1)
    for index, samples in enumerate((a[1600:9600], a[8000:], b[:6400])):
        feats = whole(samples)
        assert crops.num_frames[index] == len(feats)
        np.testing.assert_array_equal(crops.read(index, 2, len(feats), rng()), feats[2:])


def test_a_duration_rounded_up_never_takes_a_crop_beyond_the_file(wave_data):
    samples = noise(16071, 0)  # 16071 / RATE is 1.0044 s: one frame less than 1.005 s would hold
    soundfile.write(wave_data / "a.wav", samples, RATE, subtype="FLOAT")
    write_lines(wave_data / "utt2dur", {"a": 1.005, "b": 0.56})
    crops = WaveCrops(DataDir(wave_data), FBANK)
    assert crops.num_frames[0] == len(whole(samples)) + 1
    last = crops.read(0, 98, 99, rng())
    np.testing.assert_array_equal(last, whole(samples[-400:]))


def test_a_duration_much_longer_than_the_file_is_an_error(wave_data):
    write_lines(wave_data / "utt2dur", {"a": 1.2, "b": 0.56})
    crops = WaveCrops(DataDir(wave_data), FBANK)
    with pytest.raises(DataError, match=r"a\.wav: utterance a: the recording lasts 1\.008 s, less than utt2dur says"):
        crops.read(0, 100, 118, rng())


def test_augmentation_changes_the_crop_and_depends_on_the_generator_alone(wave_data):
    crops = WaveCrops(DataDir(wave_data), FBANK, Augmenter())
    first, again, other = (crops.read(0, 5, 40, rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == other.shape == (35, 20)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, whole(noise(16123, 0))[5:40])


def test_another_sampling_rate_names_the_utterance_and_both_rates(wave_data):
    soundfile.write(wave_data / "b.wav", noise(9001, 1), 8000)
    crops = WaveCrops(DataDir(wave_data), FBANK)
    with pytest.raises(DataError, match=r"b\.wav: utterance b: 8000 Hz, the features are set to 16000 Hz"):
        crops.read(1, 0, 10, rng())


@pytest.mark.parametrize(
    ("name", "rows", "message"),
    [
        ("utt2dur", {"a": 1.0}, r"utt2dur: has no line for 1 utterances: b"),
        ("utt2dur", {"a": 1.0, "b": 0.02}, r"utterance b is shorter than one frame"),
        ("utt2dur", {"a": 1.0, "b": "long"}, r"utt2dur: b: 'long' is not a positive number of seconds"),
        ("segments", {"a": "a 0 1", "b": "c 0 0.5"}, r"wav\.scp: has no line for 1 recordings of segments: c"),
    ],
)
def test_tables_that_cannot_be_used_are_named(wave_data, name, rows, message):
    write_lines(wave_data / name, rows)
    with pytest.raises(DataError, match=message):
        WaveCrops(DataDir(wave_data), FBANK)


def test_features_with_mirrored_edges_are_refused(wave_data):
    with pytest.raises(ConfigError, match="snip_edges must be true"):
        WaveCrops(DataDir(wave_data), ClassSpec("cortado.feats.Fbank", {"snip_edges": False}))


def test_the_fingerprint_is_that_of_names_lengths_and_contents_wherever_they_lie(ark_data, tmp_path_factory):
    def copy(feats: dict[str, np.ndarray], md5: str | None = None) -> str:
        folder = tmp_path_factory.mktemp("copy")
        with ArkWriter(folder / "feats.ark", folder / "feats.scp") as out:
            for utt, matrix in feats.items():
                out.write(utt, matrix)
        write_lines(folder / "utt2num_frames", {utt: len(matrix) for utt, matrix in feats.items()})
        if md5:
            write_lines(folder / "feats.md5", dict.fromkeys(feats, md5))
        return fingerprint(ArkCrops(DataDir(folder)))

    crops = ArkCrops(DataDir(ark_data))
    feats = {"long": crops.read(0, 0, 50, rng()), "short": crops.read(1, 0, 7, rng())}
    same = fingerprint(crops)
    assert copy(feats) == same
    assert copy({"other": feats["long"], "short": feats["short"]}) != same
    assert copy({"long": feats["long"][:49], "short": feats["short"]}) != same
    assert copy({"long": feats["long"] + 1, "short": feats["short"]}) != same
    assert copy(feats, md5="0") == copy(feats, md5="0") != copy(feats, md5="1")


def test_the_fingerprint_of_waveforms_follows_their_samples(wave_data):
    before = fingerprint(WaveCrops(DataDir(wave_data), FBANK))
    soundfile.write(wave_data / "b.wav", noise(9001, 7), RATE, subtype="FLOAT")
    assert fingerprint(WaveCrops(DataDir(wave_data), FBANK)) != before
