"""local/debian_voices/* on packages made here: real .deb archives in a local repository for apt, and unpacked trees that follow the labels."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cortado.datadir import DataDir
from cortado.datadir.audio import read_audio
from cortado.datadir.validate import problems
from cortado.errors import DataError

sys.path.append(str(Path(__file__).parent))
from corpus_trees import voice

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / "local/debian_voices"
needs_apt = pytest.mark.skipif(not all(map(shutil.which, ("apt-get", "apt-cache", "dpkg-deb"))), reason="no apt or dpkg here")


def load(name: str):
    """A module of local/debian_voices, under a name of its own: other corpora have modules of the same name."""
    spec = importlib.util.spec_from_file_location(f"debian_voices_{name}", LOCAL / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


corpus, chains = load("corpus"), load("chains")


def example_of(pattern: str, number: int = 0) -> str:
    """A path that matches the pattern of a label, another one for each number."""
    path = re.sub(r"\[(.).*?\]", r"\1", pattern).replace("?", str(number)).replace("*", f"x{number}")
    return f"usr/share/{path}" if path.endswith(corpus.SUFFIXES) else f"usr/share/{path}.wav"


def make_corpus(top: Path, speakers_per_package: int = 4, recordings: int = 6) -> Path:
    """Every package unpacked, with the first speakers of its labels: `recordings` of half a second each, and one of each dropped label."""
    for package in corpus.read_packages().values():
        labels = [label for label in corpus.read_labels() if label.package == package.name]
        names = list(dict.fromkeys(label.speaker for label in labels if not label.is_dropped))[:speakers_per_package]
        for label in labels:
            count = 1 if label.is_dropped else recordings if label.speaker in names else 0
            for number in range(count):
                write_recording(
                    top / package.name / example_of(label.pattern, number), voice(sum(label.speaker.encode()), number, 8000, 0.5)
                )
        (top / package.name / "version").write_text(package.version + "\n")
    return top


def write_recording(path: Path, samples: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, 8000, format="WAV" if path.suffix in (".gsm", ".wav") else "OGG")


def prepare(tree: Path, out: Path, *options: str) -> subprocess.CompletedProcess:
    words = [sys.executable, LOCAL / "prepare_speakers.py", "--corpus", tree, "--seconds", "1", *options, out]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def is_one_sentence(result: subprocess.CompletedProcess, *parts: str) -> bool:
    return result.returncode == 1 and result.stderr.count("\n") == 1 and all(part in result.stderr for part in parts)


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    return make_corpus(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="module")
def prepared(tree, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("data")
    result = prepare(tree, out)
    assert result.returncode == 0, result.stderr
    return out


def speakers(path: Path) -> set[str]:
    return set(path.read_text().split())


# The tables


def test_each_package_has_labels_and_each_label_a_package():
    assert {label.package for label in corpus.read_labels()} == set(corpus.read_packages())


def test_no_label_is_hidden_behind_an_earlier_one():
    labels = corpus.read_labels()
    for label in labels:
        path = example_of(label.pattern)
        assert next(other for other in labels if other.package == label.package and corpus.matches(path, other)) is label


def test_a_speaker_in_two_packages_is_said_to_be_merged_and_has_no_test():
    packages, where = corpus.read_packages(), {}
    for label in corpus.read_labels():
        if not label.is_dropped and where.setdefault(label.speaker, label.package) != label.package:
            assert label.reason.startswith("merged:")
            assert {packages[label.package].use, packages[where[label.speaker]].use} == {"train"}


def test_nobody_speaks_a_language_that_is_none():
    assert all(label.language != "-" for label in corpus.read_labels() if not label.is_dropped)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("some-package */x", "expected <package> <pattern> <speaker> <language>"),
        ("some-package */x - -", "some-package */x is dropped without a reason"),
    ],
)
def test_a_wrong_label_is_named_with_its_line(tmp_path, line, message):
    (tmp_path / "labels").write_text(f"# a comment\n{line}\n")
    with pytest.raises(DataError, match=re.escape(f"labels:2: {message}")):
        corpus.read_labels(tmp_path / "labels")


@pytest.mark.parametrize("line", ["a 1 hired test GPL-2", "a 1 studio tested GPL-2", "b 1 studio test GPL-2", "a 1 studio test"])
def test_a_wrong_package_is_named_with_its_line(tmp_path, line):
    (tmp_path / "packages").write_text(f"b 1 studio test GPL-2\n{line}\n")
    with pytest.raises(DataError, match="packages:2: "):
        corpus.read_packages(tmp_path / "packages")


# Recordings and chains


def tone(seconds: float, rate: int = 8000) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)


def test_silent_ends_are_cut_off_and_pauses_are_not():
    sound = np.concatenate([np.zeros(4000), tone(0.2), np.zeros(1600), tone(0.2), 1e-3 * tone(1.0)])
    assert np.array_equal(chains.trim(sound), sound[4000 : 4000 + 4800])


def test_every_format_becomes_one_channel_at_8_khz(tmp_path):
    for name, rate, channels, options in (
        ("a.gsm", 8000, 1, {"format": "RAW", "subtype": "GSM610"}),
        ("a.ogg", 44100, 2, {"format": "OGG"}),
        ("a.opus", 48000, 1, {"format": "OGG", "subtype": "OPUS"}),
        ("a.wav", 22050, 2, {"format": "WAV"}),
    ):
        soundfile.write(tmp_path / name, np.stack([tone(0.5, rate)] * channels, 1), rate, **options)
        samples, _ = chains.read_recording(tmp_path / name)
        spectrum = np.abs(np.fft.rfft(samples[:3200]))
        assert 3400 <= len(samples) <= 4400 and spectrum.argmax() == 440 * 3200 // 8000, name


def test_the_digest_is_of_the_samples_not_of_the_file(tmp_path):
    for name, seconds in (("a.wav", 0.5), ("b.flac", 0.5), ("c.wav", 0.6)):
        soundfile.write(tmp_path / name, (32767 * tone(seconds)).astype(np.int16), 8000)
    digests = [chains.read_recording(tmp_path / name)[1] for name in ("a.wav", "b.flac", "c.wav")]
    assert digests[0] == digests[1] != digests[2]


def test_chains_have_each_recording_once_in_order_and_end_as_soon_as_they_are_long_enough():
    pieces = [np.full(length, value, np.float32) for value, length in enumerate((4000, 4000, 9000, 3000, 4999, 2000))]
    made = chains.make_chains(pieces, 1.0)
    assert [sorted(set(chain.tolist())) for chain in made] == [[0, 1], [2], [3, 4, 5]]
    assert np.array_equal(np.concatenate(made), np.concatenate(pieces))


# Data directories


def test_all_speakers_have_chains_of_their_own_recordings(prepared):
    data = DataDir(prepared / "all")
    assert problems(data.path) == []
    lengths = [len(read_audio(path)[0]) for path in data.wav_scp.values()]
    assert min(lengths) >= 8000 and max(lengths) < 8000 + 4001
    assert {"allison-smith", "klettres-ar", "tuxpaint-be"} <= set(data.spk2utt) and "-" not in data.spk2utt


def test_copies_of_the_same_samples_count_once(tmp_path):
    once, thrice = make_corpus(tmp_path / "once"), make_corpus(tmp_path / "thrice")
    for path in list((thrice / "klettres-data").rglob("*.wav")):
        for copy in ("copy1", "copy2"):
            shutil.copy(path, path.with_name(f"{path.stem}{copy}.wav"))
    for tree in (once, thrice):
        assert prepare(tree, tmp_path / f"data_{tree.name}").returncode == 0
    assert (tmp_path / "data_once/all/utt2spk").read_bytes() == (tmp_path / "data_thrice/all/utt2spk").read_bytes()


def test_no_test_speaker_and_no_contributor_of_a_tested_language_is_trained_on(prepared):
    languages = {label.speaker: label.language for label in corpus.read_labels()}
    packages = corpus.read_packages()
    voices = {label.speaker: packages[label.package].voices for label in corpus.read_labels()}
    for package in ("klettres-data", "ktuberling-data", "tuxpaint-stamps-default"):
        test, train = (speakers(prepared / "speakers" / f"{part}_{package}") for part in ("test", "train"))
        assert len(test) == 4 and not test & train
        assert all(speaker.startswith(package.split("-")[0]) for speaker in test)
        tested = {languages[speaker] for speaker in test}
        assert all(voices[speaker] == "studio" for speaker in train if languages[speaker] in tested)
    assert "klettres-ar" in speakers(prepared / "speakers/train_ktuberling-data")  # a language that is not tested
    assert "klettres-de" not in speakers(prepared / "speakers/train_ktuberling-data")


def test_a_speaker_keeps_at_most_so_many_chains(tree, tmp_path):
    assert prepare(tree, tmp_path, "--chains", "2").returncode == 0
    assert max(len(utterances) for utterances in chains_of(tmp_path).values()) == 2


def chains_of(out: Path) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[1:] for line in (out / "all/spk2utt").read_text().splitlines()}


def test_a_recording_without_a_label_is_named(tmp_path):
    tree = make_corpus(tmp_path / "packages")
    write_recording(tree / "klettres-data/usr/share/klettres/xx/alpha/a.ogg", tone(0.5))
    result = prepare(tree, tmp_path / "data")
    assert is_one_sentence(result, "klettres/xx/alpha/a.ogg: no line of labels for klettres-data matches it", "4:22.12.3-1")
    assert not (tmp_path / "data").exists()


def test_a_package_that_is_not_there_is_named(tmp_path):
    assert is_one_sentence(
        prepare(tmp_path, tmp_path / "data"), "asterisk-core-sounds-en-wav is not unpacked there", "download_packages.sh"
    )


def test_another_version_is_said(tmp_path):
    tree = make_corpus(tmp_path / "packages")
    (tree / "festvox-ru/version").write_text("0.6-1\n")
    result = prepare(tree, tmp_path / "data")
    assert result.returncode == 0 and "warning: festvox-ru is version 0.6-1; the labels were made for 0.5+dfsg-6" in result.stderr


@pytest.mark.parametrize("options", [("--seconds", "0"), ("--chains", "1")])
def test_impossible_numbers_are_named(tree, tmp_path, options):
    assert is_one_sentence(prepare(tree, tmp_path, *options), " ".join(options))


# Downloading


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """A repository of one package, some-voices 1:1.0-1, and an apt that knows this one alone."""
    package, pool, apt = tmp_path / "package", tmp_path / "pool", tmp_path / "apt"
    write_recording(package / "usr/share/voices/a.wav", tone(0.1))
    (package / "usr/share/pictures.png").write_bytes(b"not wanted")
    control = "Package: some-voices\nVersion: 1:1.0-1\nArchitecture: all\nMaintainer: A B <a@b.c>\nDescription: voices\n"
    (package / "DEBIAN").mkdir()
    (package / "DEBIAN/control").write_text(control)
    for folder in (pool, apt / "etc/apt.conf.d", apt / "etc/preferences.d", apt / "state/lists/partial", apt / "cache/archives/partial"):
        folder.mkdir(parents=True)
    archive = pool / "some-voices_1.0-1_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", package, archive], check=True, capture_output=True)
    content = archive.read_bytes()
    index = f"{control}Filename: ./{archive.name}\nSize: {len(content)}\nSHA256: {sha256(content).hexdigest()}\n"
    (pool / "Packages").write_text(index)
    (apt / "etc/sources.list").write_text(f"deb [trusted=yes] file:{pool} ./\n")
    (apt / "state/status").touch()
    settings = {"Dir": apt, "Dir::Etc": "etc", "Dir::Etc::sourceparts": "/dev/null", "Dir::State": apt / "state"}
    settings |= {"Dir::State::status": apt / "state/status", "Dir::Cache": apt / "cache"}
    (tmp_path / "apt.conf").write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()))
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    subprocess.run(["apt-get", "--quiet", "update"], check=True, capture_output=True)
    return pool


def download(folder: Path, *packages: str, **environment: str) -> subprocess.CompletedProcess:
    words = ["/bin/bash", LOCAL / "download_packages.sh", folder, *packages]
    return subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def without_apt(tmp_path: Path) -> str:
    """A PATH on which there is no apt."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "mkdir").symlink_to(shutil.which("mkdir"))
    return str(tools)


@needs_apt
def test_a_package_is_unpacked_with_its_recordings_and_version_alone(repository, tmp_path):
    result = download(tmp_path / "out", "some-voices")
    assert result.returncode == 0, result.stderr
    files = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert files == ["some-voices/usr/share/voices/a.wav", "some-voices/version"]
    assert (tmp_path / "out/some-voices/version").read_text() == "1:1.0-1\n"


@needs_apt
def test_what_is_there_is_not_downloaded_again(repository, tmp_path):
    assert download(tmp_path / "out", "some-voices").returncode == 0
    shutil.rmtree(repository)
    result = download(tmp_path / "out", "some-voices", PATH=without_apt(tmp_path))
    assert (result.returncode, result.stdout) == (0, ""), result.stderr


@needs_apt
def test_a_package_that_apt_does_not_know_is_named(repository, tmp_path):
    result = download(tmp_path / "out", "some-voices", "other-voices")
    assert is_one_sentence(result, "apt knows no package other-voices", "apt-get update")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["some-voices"]  # what came before is kept, nothing half done is


@needs_apt
@pytest.mark.parametrize(
    ("damage", "apt_says"),
    [
        (lambda archive: archive.unlink(), "File not found"),
        (lambda archive: archive.write_bytes(b"x" * archive.stat().st_size), "Hash Sum mismatch"),
    ],
)
def test_what_cannot_be_fetched_or_is_not_what_apt_expects_is_refused_with_its_words(repository, tmp_path, damage, apt_says):
    damage(next(repository.glob("*.deb")))
    result = download(tmp_path / "out", "some-voices")
    assert result.returncode == 1 and apt_says in result.stderr
    assert "some-voices could not be downloaded; apt says above why" in result.stderr.splitlines()[-1]
    assert list((tmp_path / "out").iterdir()) == []


def test_without_apt_the_message_says_where_to_go(tmp_path):
    result = download(tmp_path / "out", "some-voices", PATH=without_apt(tmp_path))
    assert is_one_sentence(result, "there is no apt-get here", "Debian or Ubuntu system", "some-voices")
