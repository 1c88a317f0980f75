"""local/voxceleb/* on generated trees of the publishers' layouts: what ends up in data directories and lists, and what is refused."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cortado.config import ClassSpec, convert, load_config
from cortado.datadir import DataDir
from cortado.datadir.audio import iterate_utterances
from cortado.datadir.trials import read_trials
from cortado.datadir.validate import problems
from cortado.feats import Augmenter

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / "local/voxceleb"
sys.path.append(str(ROOT / "tests/local"))
from corpus_trees import VOX1_DEV, VOX2_DEV, make_noises, make_voxceleb, write_recordings  # noqa: E402


@pytest.fixture(scope="module")
def pristine(tmp_path_factory) -> Path:
    return make_voxceleb(tmp_path_factory.mktemp("pristine"), utterances=1)


@pytest.fixture
def tree(pristine, tmp_path) -> Path:
    """A tree that a test may damage."""
    return shutil.copytree(pristine, tmp_path / "corpora")


def command(name: str, *arguments, **environment: str) -> subprocess.CompletedProcess:
    words = [sys.executable, LOCAL / name, *arguments]
    return subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def prepare_train(tree: Path, out: Path, train: str, *options: str, **environment: str) -> subprocess.CompletedProcess:
    corpora = ("--vox1", tree / "Vox Celeb1", "--vox2", tree / "VoxCeleb2")
    return command("prepare_train.py", "--train", train, *corpora, "--check-counts", "false", *options, out, **environment)


def prepare_test(tree: Path, out: Path, lists: str, *options) -> subprocess.CompletedProcess:
    """Against a training set of Vox2, unless there is another one in `out`/train already."""
    if not (out / "train").exists():
        prepare_train(tree, out / "train", "vox2")
    vox1 = tree / "Vox Celeb1"
    return command(
        "prepare_test.py",
        "--vox1",
        vox1,
        "--lists",
        lists,
        "--train-data",
        out / "train",
        "--check-counts",
        "false",
        *options,
        out / "test",
    )


def is_one_sentence(result: subprocess.CompletedProcess, *parts: str) -> bool:
    return result.returncode == 1 and result.stderr.count("\n") == 1 and all(part in result.stderr for part in parts)


def test_training_speakers_are_those_of_the_corpora_asked_for(tree, tmp_path):
    for train, speakers in (("vox1", VOX1_DEV), ("vox2", VOX2_DEV), ("both", VOX1_DEV + VOX2_DEV)):
        result = prepare_train(tree, tmp_path / train, train)
        assert result.returncode == 0, result.stderr
        data = DataDir(tmp_path / train)
        assert set(data.spk2utt) == set(speakers) and problems(data.path) == []
        assert data.utterances[0].startswith(f"{min(speakers)}--abc_DEFgh1-00001")  # a video may begin with a dash
        assert all(Path(path).is_file() for path in data.wav_scp.values())


def test_trials_are_those_of_the_list_with_its_labels(tree, tmp_path):
    result = prepare_test(tree, tmp_path, "O E-cleaned")
    assert result.returncode == 0, result.stderr
    published = [line.split() for line in (tree / "Vox Celeb1/veri_test.txt").read_text().splitlines()]
    expected = {tuple(p.removesuffix(".wav").replace("/", "-") for p in pair): label == "1" for label, *pair in published}
    trials = read_trials(tmp_path / "test/trials_O")
    assert dict(zip(zip(trials.enrol, trials.test, strict=True), trials.is_target.tolist(), strict=True)) == expected
    data = DataDir(tmp_path / "test")
    both = [*trials.enrol, *trials.test, *read_trials(tmp_path / "test/trials_E-cleaned").enrol]
    assert set(data.utterances) >= set(both) and problems(data.path) == []


def test_a_pair_given_twice_is_one_trial_and_is_counted(tree, tmp_path):
    path = tree / "Vox Celeb1/veri_test.txt"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines, *lines[:3]]))
    result = prepare_test(tree, tmp_path, "O")
    assert f"{len(lines)} trials; 3 lines repeat a pair" in result.stdout
    assert len(read_trials(tmp_path / "test/trials_O").enrol) == len(lines)


def test_aac_is_decoded_by_ffmpeg_and_a_converted_file_wins(tree, tmp_path):
    write_recordings(tree / "VoxCeleb2/dev/aac", ["id00012"], suffix=".m4a", utterances=2)  # the first of each video is there as .wav
    tools = tmp_path / "a tool's folder"
    tools.mkdir()
    (tools / "ffmpeg").write_text('#!/bin/sh\nwhile [ "$1" != -i ]; do shift; done\nexec cat "$2"\n')
    (tools / "ffmpeg").chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    result = prepare_train(tree, tmp_path / "data", "vox2", PATH=path)
    assert result.returncode == 0, result.stderr
    data = DataDir(tmp_path / "data")
    pipes = {name for name, rxfile in data.wav_scp.items() if rxfile.endswith("|")}
    assert pipes == {f"id00012-{video}-00002" for video in ("-abc_DEFgh1", "zZ9-_abcdef")}
    os.environ["PATH"], before = path, os.environ["PATH"]
    try:
        samples = {name: len(samples) for name, samples, _ in iterate_utterances(data) if name in pipes}
    finally:
        os.environ["PATH"] = before
    assert set(samples.values()) == {int(1.4 * 16000)}


def test_aac_without_ffmpeg_is_one_clear_sentence(tree, tmp_path):
    write_recordings(tree / "VoxCeleb2/dev/aac", ["id00012"], suffix=".m4a", utterances=2)
    result = prepare_train(tree, tmp_path / "data", "vox2", PATH=str(tmp_path))
    assert is_one_sentence(result, "AAC", "no ffmpeg on the PATH") and not (tmp_path / "data").exists()


def rewrite(name: str, change):
    def damage(tree: Path) -> None:
        path = tree / "Vox Celeb1" / name
        path.write_text(change(path.read_text()))

    return damage


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda tree: (tree / "Vox Celeb1/veri_test.txt").unlink(), "veri_test.txt: cannot be read"),
        (rewrite("veri_test.txt", lambda text: text + "1 id10270/x/00001.wav\n"), "veri_test.txt:29: expected '1|0 SPEAKER/VIDEO"),
        (rewrite("veri_test.txt", lambda text: "0" + text[1:]), "veri_test.txt:1: 0 says two speakers"),
        (
            rewrite("veri_test.txt", lambda text: text.replace("id10273/-abc", "id10273/xabc")),
            "names id10273/xabc_DEFgh1/00001.wav, which is not",
        ),
        (lambda tree: shutil.rmtree(tree / "Vox Celeb1/vox1_test_wav"), "no folder vox1_test_wav/wav or test/wav below it"),
    ],
)
def test_a_wrong_list_or_tree_is_one_clear_sentence(tree, tmp_path, damage, message):
    damage(tree)
    assert is_one_sentence(prepare_test(tree, tmp_path, "O"), message)


def test_e_and_h_after_training_on_vox1_are_refused(tree, tmp_path):
    for train in ("vox1", "both"):
        prepare_train(tree, tmp_path / train / "train", train)
        result = prepare_test(tree, tmp_path / train, "O E-cleaned")
        assert is_one_sentence(result, "list_test_all2.txt:1: id10001 is a training speaker", "training on vox2 alone")


def test_another_number_of_trials_or_speakers_than_published_is_refused(tree, tmp_path):
    result = prepare_test(tree, tmp_path, "O", "--check-counts", "true")
    assert is_one_sentence(result, "veri_test.txt: has 28 trials, the published list has 37720")
    result = prepare_train(tree, tmp_path / "data", "vox1", "--check-counts", "true")
    assert is_one_sentence(result, "holds 12 utterances of 6 speakers, published are 148642 of 1211")


def test_a_list_of_the_right_length_but_other_bytes_is_said(tree, tmp_path):
    lines = (tree / "Vox Celeb1/veri_test.txt").read_text().splitlines(keepends=True)
    (tree / "Vox Celeb1/veri_test.txt").write_text("".join(lines * 1348)[: 37_720 * len(lines[0])])
    result = prepare_test(tree, tmp_path, "O", "--check-counts", "true")
    assert result.returncode == 0 and "warning" in result.stderr and "not 29fc7cc1c5d59f0816dc15d6e8be60f7" in result.stderr


@pytest.mark.parametrize(("lists", "train", "message"), [("O X", "vox2", "--lists 'O X'"), ("", "vox2", "--lists ''")])
def test_unknown_lists_are_named(tree, tmp_path, lists, train, message):
    assert is_one_sentence(prepare_test(tree, tmp_path, lists), message, "O O-cleaned E E-cleaned H H-cleaned")


def test_a_file_of_another_name_is_refused(tree, tmp_path):
    path = tree / "VoxCeleb2/dev/aac/id00012/-abc_DEFgh1/00001.wav"
    path.rename(path.with_name("one.wav"))
    assert is_one_sentence(prepare_train(tree, tmp_path / "data", "vox2"), "one.wav: expected SPEAKER/VIDEO/NNNNN.wav")


def test_noises_and_rooms_become_tables_that_the_augmenter_takes(tmp_path):
    make_noises(tmp_path)
    result = command("prepare_noises.py", "--musan", tmp_path / "musan", "--rirs", tmp_path / "RIRS_NOISES", tmp_path / "data/noises")
    assert result.returncode == 0, result.stderr
    noises = (tmp_path / "data/noises/noise.scp").read_text().splitlines()
    assert [line.split()[0] for line in noises] == [f"{kind}-x-{n}" for kind in ("music-fma", "noise-free-sound") for n in (0, 1)]
    assert len((tmp_path / "data/noises/rir.scp").read_text().splitlines()) == 4
    config = load_config(Augmenter, LOCAL / "augment.yaml")
    tables = ["noise.scp", "rir.scp", "speech.scp"]
    assert [config.noise_scp, config.rir_scp, config.babble_scp] == [f"data/noises/{name}" for name in tables]
    assert sorted(path.name for path in (tmp_path / "data/noises").iterdir()) == tables
    missing = command("prepare_noises.py", "--musan", tmp_path, "--rirs", tmp_path / "RIRS_NOISES", tmp_path / "x")
    assert is_one_sentence(missing, "--musan", "no noise/*/*.wav below it")


def test_the_wave_input_is_one_override_that_names_features_and_augmentation():
    result = command("wave_input.py", ROOT / "conf/fbank40.yaml", LOCAL / "augment.yaml")
    key, _, value = result.stdout.strip().partition("=")
    assert key == "input" and " " not in value
    import yaml

    spec = convert(yaml.safe_load(value), ClassSpec, "input")
    assert spec.path == "cortado.train.crops.WaveCrops" and spec.arguments["features"].arguments["num_mel_bins"] == 40
    assert spec.arguments["augment"] == load_config(Augmenter, LOCAL / "augment.yaml")


def test_archives_are_compared_with_their_sums(tmp_path):
    script = LOCAL / "check_archives.sh"
    (tmp_path / "veri_test.txt").write_text("1 a b\n")
    result = subprocess.run(["bash", script, tmp_path], capture_output=True, text=True, check=False)
    assert result.returncode == 1 and "veri_test.txt: FAILED" in result.stdout
    assert subprocess.run(["bash", script], capture_output=True, check=False).returncode == 1
