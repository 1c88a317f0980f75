"""Audio: parts equal slices of the whole, pipes fail loudly, and nothing unreadable becomes samples."""

import numpy as np
import pytest
import soundfile

from cortado.datadir import DataDir
from cortado.datadir.audio import duration, iterate_utterances, read_audio, read_utterance
from cortado.datadir.lengths import durations
from cortado.errors import DataError

RATE = 16000


def noise(seconds, seed=0):
    return (np.random.default_rng(seed).standard_normal(round(seconds * RATE)) * 0.1).astype(np.float32)


@pytest.fixture
def wav(tmp_path):
    path = tmp_path / "a file.wav"
    soundfile.write(path, noise(3.0), RATE, subtype="FLOAT")
    return str(path)


def data_dir(folder, **tables):
    folder.mkdir()
    for name, text in tables.items():
        (folder / name.replace("_scp", ".scp")).write_text(text)
    return DataDir(folder)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_part_equals_the_slice_of_the_whole(tmp_path, name):
    path = str(tmp_path / name)
    soundfile.write(path, noise(3.0), RATE)
    whole, rate = read_audio(path)
    assert rate == RATE and whole.dtype == np.float32 and whole.shape == (3 * RATE,) and duration(path) == 3.0
    for start, end in [(0.5, 0.75), (0.0, 3.0), (2.9, 3.005), (1.00003, 1.5)]:
        part, _ = read_audio(path, start, end)
        expected = whole[round(start * RATE) : round(end * RATE)]
        assert part.shape == expected.shape and np.abs(part - expected).max() < 1e-6  # MP3 rounds anew after a seek
    assert np.abs(read_audio(path, 2.0)[0] - whole[2 * RATE :]).max() < 1e-6


def test_part_of_a_long_file_decodes_only_that_part(tmp_path, monkeypatch):
    path = str(tmp_path / "long.flac")
    soundfile.write(path, np.tile(noise(10.0), 12), RATE)
    counts = []
    read = soundfile.SoundFile.read
    monkeypatch.setattr(
        soundfile.SoundFile, "read", lambda self, frames=-1, **options: counts.append(frames) or read(self, frames, **options)
    )
    part, _ = read_audio(path, 77.0, 77.5)
    assert counts == [RATE // 2]
    assert np.allclose(part, np.tile(noise(10.0), 12)[77 * RATE : 77 * RATE + RATE // 2], atol=2**-15)


def test_samples_of_a_16_bit_file_are_exact(tmp_path):
    values = np.array([-32768, -1, 0, 1, 32767], dtype=np.int16)
    soundfile.write(tmp_path / "a.wav", values, 8000)
    assert np.array_equal(read_audio(str(tmp_path / "a.wav"))[0], values / np.float32(32768))


def test_pipe_gives_what_the_file_gives(wav):
    assert np.array_equal(read_audio(f"cat '{wav}' |")[0], read_audio(wav)[0])
    assert np.array_equal(read_audio(f" cat '{wav}' | cat | ", 1.0, 1.5)[0], read_audio(wav, 1.0, 1.5)[0])
    assert duration(f"cat '{wav}' |") == 3.0


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_pipe_with_a_header_written_before_the_length_was_known(tmp_path, size):
    soundfile.write(tmp_path / "a.wav", noise(1.0), RATE)
    content = (tmp_path / "a.wav").read_bytes()
    at = content.index(b"data") + 4
    (tmp_path / "b.wav").write_bytes(content[:at] + size.to_bytes(4, "little") + content[at + 4 :])
    assert np.array_equal(read_audio(f"cat {tmp_path / 'b.wav'} |")[0], read_audio(str(tmp_path / "a.wav"))[0])


@pytest.mark.parametrize(
    "command, reason",
    [
        ("echo the disk is gone >&2; exit 3", "failed with status 3: the disk is gone"),
        ("cat '{wav}' | (cat; echo broken >&2; exit 4) | cat", "failed with status 4: broken"),
        ("no_such_program_at_all", "no_such_program_at_all: command not found"),
        ("true", "wrote no audio"),
        ("echo not audio", "cannot be decoded"),
        ("head -c 5000 '{wav}'", "is cut off"),
    ],
)
def test_failing_pipe_is_an_error_with_its_stderr(wav, command, reason):
    with pytest.raises(DataError, match=reason):
        read_audio(command.format(wav=wav) + " |")


def test_unusable_files_are_named(tmp_path):
    def content(name, data):
        (tmp_path / name).write_bytes(data)

    for name in ("whole.wav", "whole.flac"):
        soundfile.write(tmp_path / name, noise(1.0), RATE)
        content("cut_" + name, (tmp_path / name).read_bytes()[:9000])
    soundfile.write(tmp_path / "stereo.wav", np.zeros((100, 2)), RATE)
    soundfile.write(tmp_path / "silent.wav", np.zeros(0), RATE)
    content("empty.wav", b"")
    content("text.wav", b"hello " * 100)
    for name, reason in {
        "none.wav": "no such file",
        "empty.wav": "is an empty file",
        "text.wav": "cannot be decoded",
        "silent.wav": "holds no samples",
        "stereo.wav": "has 2 channels",
        "cut_whole.wav": "is cut off",
        "cut_whole.flac": "cannot be decoded|is cut off",
    }.items():
        with pytest.raises(DataError, match=reason) as error:
            read_audio(str(tmp_path / name))
        assert name in str(error.value)


@pytest.mark.parametrize("start, end", [(2.5, 3.5), (3.0, None), (4.0, 5.0), (1.0, 1.0), (1.0, 0.5), (-1.0, 1.0)])
def test_part_that_is_not_there_is_an_error(wav, start, end):
    with pytest.raises(DataError, match=r"lasts 3.000 s"):
        read_audio(wav, start, end)


def test_segments_are_honoured_and_each_pipe_runs_once(wav, tmp_path):
    count = tmp_path / "count"
    directory = data_dir(
        tmp_path / "data",
        utt2spk="a s\nb s\nc s\nd s\n",
        wav_scp=f"r1 echo x >> {count}; cat '{wav}' |\nr2 {wav}\n",
        segments="a r1 0 1\nb r2 0.5 0.6\nc r1 1.5 2.25\nd r2 1 -1\n",
    )
    whole = read_audio(wav)[0]
    found = {utterance: samples for utterance, samples, rate in iterate_utterances(directory)}
    assert list(found) == ["a", "c", "b", "d"] and count.read_text() == "x\n"
    expected = {"a": (0, 16000), "b": (8000, 9600), "c": (24000, 36000), "d": (16000, 48000)}
    assert all(np.array_equal(found[utterance], whole[slice(*part)]) for utterance, part in expected.items())


def test_bad_utterances_are_reported_one_by_one_and_the_rest_go_on(wav, tmp_path):
    directory = data_dir(
        tmp_path / "data",
        utt2spk="a s\nb s\nc s\nd s\ne s\n",
        wav_scp=f"r1 {wav}\nr2 false |\n",
        segments="a r1 0 1\nb r1 2 9\nc r2 0 1\nd r2 1 2\ne r3 1 2\n",
    )
    bad = {}
    assert [utterance for utterance, _, _ in iterate_utterances(directory, bad.__setitem__)] == ["a"]
    assert list(bad) == ["b", "c", "d", "e"]
    assert "shorter than the end 9" in str(bad["b"]) and "failed with status 1" in str(bad["d"]) and "no recording r3" in str(bad["e"])
    with pytest.raises(DataError, match="utterance b"):
        list(iterate_utterances(directory))


def test_durations_are_of_headers_or_of_segments(wav, tmp_path):
    directory = data_dir(tmp_path / "data", utt2spk="a s\nb s\n", wav_scp=f"a {wav}\nb cat '{wav}' |\n")
    assert durations(directory, num_jobs=2) == {"a": 3.0, "b": 3.0}
    directory = data_dir(tmp_path / "cut", utt2spk="a s\nb s\n", wav_scp=f"r {wav}\n", segments="a r 0.5 2\nb r 1.25 -1\n")
    assert durations(directory) == {"a": 1.5, "b": 1.75}
    directory = data_dir(tmp_path / "bad", utt2spk="a s\nb s\n", wav_scp=f"a {wav}\nb {wav}.none\n")
    with pytest.raises(DataError, match=r"wav.scp: 1 of 2 recordings cannot be used: b \(.*no such file"):
        durations(directory)


def test_one_utterance_is_its_segment_or_its_whole_recording(tmp_path, wav):
    whole = data_dir(tmp_path / "whole", wav_scp=f"r {wav}\n", utt2spk="r s\n")
    assert np.array_equal(read_utterance(whole, "r")[0], noise(3.0))
    cut = data_dir(tmp_path / "cut", wav_scp=f"r {wav}\n", utt2spk="a s\n", segments="a r 0.5 1.25\n")
    samples, rate = read_utterance(cut, "a")
    assert rate == RATE and np.array_equal(samples, noise(3.0)[RATE // 2 : RATE * 5 // 4])
    with pytest.raises(DataError, match=r"segments.*no utterance b"):
        read_utterance(cut, "b")
    with pytest.raises(DataError, match=r"wav.scp.*no recording b"):
        read_utterance(whole, "b")
