"""steps/make_feats.sh on tiny generated corpora: same matrices for any nj, reruns, segments and pipes, augmentation, bad audio."""

import hashlib
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from cortado import ark
from cortado.feats import Augmenter, change_speed, load_extractor, resample, utterance_rng

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "conf/fbank.yaml"
RATE = 16000


def noise(seconds: float, seed: int, rate: int = RATE) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(int(seconds * rate))).astype(np.float32)


def write_data_dir(folder: Path, recordings: dict[str, tuple[np.ndarray, int]]) -> Path:
    """A data directory of WAV files; the speaker is what stands before the dash."""
    (folder / "wav").mkdir(parents=True)
    for name, (samples, rate) in recordings.items():
        soundfile.write(folder / f"wav/{name}.wav", samples, rate, subtype="FLOAT")
    write_tables(folder, {name: f"{folder}/wav/{name}.wav" for name in recordings}, {name: name.split("-")[0] for name in recordings})
    return folder


def write_tables(folder: Path, wav_scp: dict[str, str], utt2spk: dict[str, str]) -> None:
    spk2utt: dict[str, list[str]] = {}
    for utterance, speaker in sorted(utt2spk.items()):
        spk2utt.setdefault(speaker, []).append(utterance)
    lines = {
        "wav.scp": sorted(wav_scp.items()),
        "utt2spk": sorted(utt2spk.items()),
        "spk2utt": [(speaker, " ".join(utterances)) for speaker, utterances in sorted(spk2utt.items())],
    }
    for name, rows in lines.items():
        (folder / name).write_text("".join(f"{key} {value}\n" for key, value in rows))


def make_feats(recipe: Path, *arguments) -> subprocess.CompletedProcess:
    command = ["steps/make_feats.sh", "--feats-config", CONFIG, *arguments]
    return subprocess.run(list(map(str, command)), cwd=recipe, capture_output=True, text=True, check=False)


def feats_of(data: Path) -> dict[str, np.ndarray]:
    return {utterance: ark.read(rxfile) for utterance, rxfile in ark.read_scp(data / "feats.scp").items()}


def table(path: Path) -> dict[str, str]:
    return dict(line.split(None, 1) for line in path.read_text().splitlines())


def assert_same_arrays(one: dict[str, np.ndarray], two: dict[str, np.ndarray]) -> None:
    assert list(one) == list(two)
    for key in one:
        np.testing.assert_array_equal(one[key], two[key])


GOOD = {f"s{i // 3}-{i}": (noise(0.3 + 0.37 * i, i), RATE) for i in range(6)}


def test_matrices_do_not_depend_on_nj_and_a_rerun_does_only_what_is_missing(recipe_dir):
    data = write_data_dir(recipe_dir / "data/train", GOOD)
    made = make_feats(recipe_dir, "--nj", 3, "data/train")
    assert made.returncode == 0, made.stderr
    first = feats_of(data)
    extractor = load_extractor(CONFIG)
    assert_same_arrays(first, {key: extractor(torch.from_numpy(samples)).numpy() for key, (samples, _) in sorted(GOOD.items())})
    assert table(data / "feats.md5") == {key: hashlib.md5(feats.tobytes()).hexdigest() for key, feats in first.items()}
    assert table(data / "utt2num_frames") == {key: str(len(feats)) for key, feats in first.items()}
    assert {key: float(value) for key, value in table(data / "utt2dur").items()} == pytest.approx(
        {key: len(samples) / RATE for key, (samples, _) in GOOD.items()}, abs=1e-6
    )
    assert (data / "frame_shift").read_text() == "0.01\n"
    assert (data / "conf/fbank.yaml").read_bytes() == CONFIG.read_bytes()

    arks = {path: path.stat().st_mtime_ns for path in (data / "data").glob("*.ark")}
    scp = (data / "feats.scp").read_bytes()
    (data / "data/raw_fbank_train.2of3.ark").unlink()
    (data / "cmvn.scp").write_text("s0 of.older.features.ark:3\n")
    assert make_feats(recipe_dir, "--nj", 3, "data/train").returncode == 0
    rewritten = {path.name for path, time in arks.items() if path.stat().st_mtime_ns != time}
    assert rewritten == {"raw_fbank_train.2of3.ark"}
    assert (data / "feats.scp").read_bytes() == scp

    assert make_feats(recipe_dir, "--nj", 1, "data/train").returncode == 0
    assert_same_arrays(feats_of(data), first)
    assert not list((data / "data").glob("*of3*"))
    assert [path.name for path in (data / "log").glob("*.log")] == ["make_fbank_train.1.log"]
    assert not (data / "cmvn.scp").exists()


def test_segments_and_pipes_are_honoured_and_other_rates_converted_when_allowed(recipe_dir):
    data = write_data_dir(recipe_dir / "data/cuts", {"rec1": (noise(3, 1, 8000), 8000)})
    pipe = f"cat '{data}/wav/rec1.wav' |"
    write_tables(data, {"rec1": f"{data}/wav/rec1.wav", "rec2": pipe}, {"a-1": "a", "a-2": "a", "b-1": "b"})
    (data / "segments").write_text("a-1 rec1 0.5 1.25\na-2 rec2 0.5 1.25\nb-1 rec1 1.0 2.0\n")
    refused = make_feats(recipe_dir, "--nj", 1, "data/cuts")
    assert refused.returncode != 0
    assert "rec1.wav" in refused.stderr
    assert "8000 Hz" in refused.stderr

    made = make_feats(recipe_dir, "--nj", 1, "--allow-resample", "true", "--compress", "true", "data/cuts")
    assert made.returncode == 0, made.stderr
    feats = feats_of(data)
    converted = resample(noise(3, 1, 8000)[4000:10000], 8000, RATE)
    exact = load_extractor(CONFIG)(torch.from_numpy(converted)).numpy()
    np.testing.assert_allclose(feats["a-1"], exact, atol=1e-3)
    np.testing.assert_array_equal(feats["a-1"], feats["a-2"])
    assert len(feats["b-1"]) == 98


def test_augmentation_follows_seed_and_utterance_and_not_order_or_nj(recipe_dir):
    data = write_data_dir(recipe_dir / "data/aug", {key: GOOD[key] for key in sorted(GOOD)[:4]})
    options = ("--augment", ROOT / "conf/channel.yaml", "--speed", "0.9", "data/aug")
    assert make_feats(recipe_dir, "--nj", 2, "--seed", 5, *options).returncode == 0
    extractor, expected = load_extractor(CONFIG), {}
    for key in sorted(GOOD)[:4]:
        rng = utterance_rng(5, key)
        samples = Augmenter()(change_speed(GOOD[key][0], 0.9), RATE, rng)
        expected[key] = extractor(torch.from_numpy(samples)).numpy()
    assert_same_arrays(feats_of(data), expected)


@pytest.fixture
def bad_data(recipe_dir) -> Path:
    """One good and one clipped utterance among bad ones of every kind."""
    clipped = np.clip(20 * noise(0.5, 8), -1, 1)
    data = write_data_dir(
        recipe_dir / "data/bad",
        {
            "a-good": (noise(1, 0), RATE),
            "b-short": (noise(0.02, 1), RATE),
            "c-rate": (noise(1, 2, 8000), 8000),
            "d-nan": (np.append(noise(1, 3), np.float32(np.nan)), RATE),
            "e-clipped": (clipped, RATE),
        },
    )
    (data / "wav/f-text.wav").write_text("this is no audio\n")
    (data / "wav/g-empty.wav").touch()
    wav_scp = table(data / "wav.scp")
    wav_scp.update({f"{name}": f"{data}/wav/{name}.wav" for name in ("f-text", "g-empty", "h-missing")})
    wav_scp["i-pipe"] = "echo no such disk >&2; exit 3 |"
    write_tables(data, wav_scp, {name: name[0] for name in wav_scp})
    return data


def test_every_bad_recording_is_named_and_counted_and_nothing_is_lost_silently(recipe_dir, bad_data):
    refused = make_feats(recipe_dir, "--nj", 1, "data/bad")
    assert refused.returncode != 0
    log = (bad_data / "log/make_fbank_bad.1.log").read_text()
    for kind, name in [
        ("too short", "b-short"),
        ("wrong rate", "c-rate"),
        ("not finite", "d-nan"),
        ("clipped", "e-clipped"),
        ("unreadable", "f-text"),
        ("unreadable", "g-empty"),
        ("unreadable", "h-missing"),
    ]:
        assert f"{kind}: utterance {name}: {bad_data}/wav/{name}.wav: " in log
    assert "unreadable: utterance i-pipe: echo no such disk" in log
    assert "(utterance" not in log  # named once a line is enough
    assert "no such disk" in log.split("i-pipe", 1)[1].split("status 3", 1)[1]
    assert "features of 2 of 9 utterances; 1 clipped, 1 not finite, 1 too short, 4 unreadable, 1 wrong rate" in log
    assert "--allow-missing" in refused.stderr
    assert not (bad_data / "feats.scp").exists()
    assert not list((bad_data / "data").glob("*.ark"))

    allowed = make_feats(recipe_dir, "--nj", 1, "--allow-missing", 7, "data/bad")
    assert allowed.returncode == 0, allowed.stderr
    assert list(feats_of(bad_data)) == ["a-good", "e-clipped"]
    assert "7 of the 9 keys" in allowed.stderr
    assert "b-short c-rate" in allowed.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--nj", 1, "data/none"), "data/none"),
        (("--feats-config", "conf/none.yaml", "data/train"), "conf/none.yaml"),
        (("--seeds", 1, "data/train"), "--seeds"),
        ((), "Usage: steps/make_feats.sh"),
    ],
)
def test_wrong_calls_say_what_is_wrong(recipe_dir, arguments, named):
    write_data_dir(recipe_dir / "data/train", {"a-1": (noise(0.1, 0), RATE)})
    refused = make_feats(recipe_dir, *arguments)
    assert refused.returncode != 0
    assert named in refused.stderr
