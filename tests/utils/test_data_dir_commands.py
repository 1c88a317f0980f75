"""The commands on data directories, as users type them: names, arguments, exit codes, messages, and what they leave behind."""

import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def call(tmp_path):
    def run(command, *arguments, ok=True, **options):
        words = [ROOT / "utils" / command, *map(str, arguments)]
        result = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, **options)
        assert (result.returncode == 0) == ok, result.stdout + result.stderr
        return result

    return run


@pytest.fixture
def data(tmp_path):
    """Three speakers with 4 utterances each, as audio files; names hold characters of several bytes, the directory a blank."""
    folder = tmp_path / "a dir"
    folder.mkdir()
    rows = [(f"{speaker}-{i}", speaker) for speaker in ("a", "b", "é") for i in range(4)]
    for i, (utterance, _) in enumerate(rows):
        soundfile.write(folder / f"{utterance}.wav", np.full(1000 * (i + 1), 0.1), 8000)
    (folder / "utt2spk").write_text("".join(f"{utterance} {speaker}\n" for utterance, speaker in rows), encoding="utf-8")
    (folder / "spk2utt").write_text("".join(f"{s} {s}-0 {s}-1 {s}-2 {s}-3\n" for s in ("a", "b", "é")), encoding="utf-8")
    (folder / "spk2gender").write_text("a f\nb m\né f\n", encoding="utf-8")
    (folder / "wav.scp").write_text("".join(f"{utterance} {folder}/{utterance}.wav\n" for utterance, _ in rows), encoding="utf-8")
    (folder / "utt2rec").write_text(
        "".join(f"{utterance} {utterance[:-1]}{int(utterance[-1]) // 2}\n" for utterance, _ in rows), encoding="utf-8"
    )
    return folder


def tables(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".wav"}


def test_validate_says_yes_or_names_every_fault(call, data):
    assert call("validate_data_dir.sh", "--no-feats", "--no-text", data).stdout == (
        f"validate_data_dir.sh: Successfully validated data-directory {data}\n"
    )
    (data / "utt2spk").write_bytes((data / "utt2spk").read_bytes().replace(b"a-1 a\n", b"a-1\n").replace("é-2".encode(), b"\xe9-2"))
    result = call("validate_data_dir.sh", "--no-feats", data, ok=False)
    assert result.returncode == 1 and result.stdout == ""
    for line in ("utt2spk:2: key a-1 has no value", "utt2spk:11: is not UTF-8", "text: no such file"):
        assert f"{data}/{line}\n" in result.stderr
    assert call("validate_data_dir.sh", "nothing", ok=False).stderr.startswith("nothing: no such data directory\n")


def test_validate_warns_of_speakers_that_are_no_prefixes(call, data):
    (data / "utt2spk").write_text((data / "utt2spk").read_text(encoding="utf-8").replace(" a\n", " z\n"), encoding="utf-8")
    (data / "spk2gender").unlink()
    with open(data / "spk2utt", "w") as out:
        subprocess.run([ROOT / "utils/utt2spk_to_spk2utt.pl", data / "utt2spk"], stdout=out, check=True)
    assert "warning" in call("validate_data_dir.sh", "--no-feats", "--no-text", data).stderr
    assert call("validate_data_dir.sh", "--no-feats", "--no-text", "--no-spk-sort", data).stderr == ""


def test_fix_tells_what_it_dropped_and_keeps_the_originals(call, data):
    (data / "text").write_text("b-0 hello\r\na-0 good day \nc-0 x\n")
    before = tables(data)
    result = call("fix_data_dir.sh", data)
    assert "dropped 10 utterances without a line in text: a-1, a-2, a-3, b-1, b-2 and 5 more" in result.stdout
    assert "text: dropped 1 lines, of a utterance that is not in use: c-0" in result.stdout.replace("an utterance", "a utterance")
    assert (data / "text").read_bytes() == b"a-0 good day\nb-0 hello\n"
    assert tables(data / ".backup") == before
    assert call("fix_data_dir.sh", data).stdout == ""
    call("validate_data_dir.sh", "--no-feats", data)


def test_split_subset_and_combine_are_inverse(call, data, tmp_path):
    call("split_data.sh", data, 3)
    assert sorted(path.name for path in (data / "split3").iterdir() if path.is_dir()) == ["1", "2", "3"]
    call("combine_data.sh", "again", *(data / "split3" / str(i) for i in (3, 1, 2)))
    assert tables(tmp_path / "again") == tables(data)
    result = call("split_data.sh", data, 4, ok=False)
    assert "the largest usable number is 3" in result.stderr and not (data / "split4").exists()
    call("split_data.sh", "--per-utt", data, 12)
    assert (data / "split12utt" / "12" / "spk2utt").read_text(encoding="utf-8") == "é é-3\n"
    for i, speakers in enumerate(("a\né\n", "b\n")):
        (tmp_path / "list").write_text(speakers, encoding="utf-8")
        call("subset_data_dir.sh", "--spk-list", "list", data, f"part{i}")
    call("combine_data.sh", "whole", "part0", "part1")
    assert tables(tmp_path / "whole") == tables(data)


def test_killed_split_is_not_trusted_and_the_next_one_is_whole(call, data):
    call("split_data.sh", data, 2)
    expected = {str(path.relative_to(data)): path.read_bytes() for path in (data / "split2").rglob("*") if path.is_file()}
    subprocess.run(["rm", "-r", data / "split2"], check=True)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "pyscripts")}
    code = f"""
import os, signal
from pathlib import Path
def stop(path, content, write=Path.write_bytes):
    write(path, content)
    if path.parts[-2:] == ("2", "utt2spk"):
        os.kill(os.getpid(), signal.SIGKILL)
Path.write_bytes = stop
from cortado.datadir.split import split
split({str(data)!r}, 2)
"""
    killed = subprocess.run([ROOT / ".venv/bin/python3", "-c", code], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (data / "split2").exists() and [path for path in data.iterdir() if path.name.startswith(".split2.")]
    call("split_data.sh", data, 2)
    assert {str(path.relative_to(data)): path.read_bytes() for path in (data / "split2").rglob("*") if path.is_file()} == expected
    assert not [path for path in data.iterdir() if path.name.startswith(".split2.")]


def test_subset_counts_and_lists(call, data, tmp_path):
    assert "has 5 of the 12 utterances" in call("subset_data_dir.sh", data, 5, "five").stdout
    call("validate_data_dir.sh", "--no-feats", "--no-text", "five")
    call("subset_data_dir.sh", "--per-spk", data, 1, "each")
    assert (tmp_path / "each" / "utt2spk").read_text(encoding="utf-8") == "a-0 a\nb-0 b\né-0 é\n"
    (tmp_path / "list").write_text("b-3\nq-1\n")
    result = call("subset_data_dir.sh", "--utt-list", "list", data, "listed")
    assert "list: 1 of 2 are not in" in result.stderr and (tmp_path / "listed" / "utt2spk").read_text() == "b-3 b\n"
    (tmp_path / "list").write_text("q-1\n")
    assert "names nothing that is in" in call("subset_data_dir.sh", "--utt-list", "list", data, "none", ok=False).stderr
    assert "fewer than the 13 asked for" in call("subset_data_dir.sh", data, 13, "none", ok=False).stderr
    assert "give a <count>" in call("subset_data_dir.sh", data, "none", ok=False).stderr
    assert not (tmp_path / "none").exists()


def test_copy_takes_affixes_with_a_leading_dash(call, data, tmp_path):
    call(
        "copy_data_dir.sh",
        "--utt-suffix",
        "-reverb",
        "--spk-prefix=x-",
        "--utt-prefix",
        "x-",
        "--validate-opts",
        "--non-print",
        data,
        "copy",
    )
    assert (tmp_path / "copy" / "utt2spk").read_text(encoding="utf-8").startswith("x-a-0-reverb x-a\n")
    call("validate_data_dir.sh", "--no-feats", "--no-text", "copy")
    assert "unknown --nonsense" in call("copy_data_dir.sh", "--validate-opts", "--nonsense", data, "other", ok=False).stderr


def test_malformed_input_stops_every_command_and_leaves_no_output(call, data, tmp_path):
    content = (data / "wav.scp").read_bytes()
    (data / "wav.scp").write_bytes(content.replace(b"b-0 ", b"a-0 "))
    for command, *arguments in (
        ("copy_data_dir.sh", data, "out"),
        ("combine_data.sh", "out", data),
        ("subset_data_dir.sh", data, 3, "out"),
        ("split_data.sh", data, 2),
        ("sort_data_dir.sh", data),
        ("data/get_utt2dur.sh", data),
    ):
        assert f"{data}/wav.scp:5: key a-0 is given twice" in call(command, *arguments, ok=False).stderr, command
    assert not (tmp_path / "out").exists() and not (data / "split2").exists() and not (data / "utt2dur").exists()


def test_sort_brings_files_into_order_and_nothing_else(call, data):
    before = tables(data)
    for name in ("utt2spk", "wav.scp"):
        (data / name).write_text("".join(reversed((data / name).read_text(encoding="utf-8").splitlines(keepends=True))), encoding="utf-8")
    call("sort_data_dir.sh", data)
    assert tables(data) == before


def test_utt2dur_and_utt2num_frames_are_those_of_the_files(call, data, tmp_path):
    call("data/get_utt2dur.sh", "--nj", 2, data)
    assert (data / "utt2dur").read_text(encoding="utf-8").splitlines()[:3] == ["a-0 0.125", "a-1 0.25", "a-2 0.375"]
    (data / "wav.scp").write_text(
        (data / "wav.scp").read_text(encoding="utf-8").replace(f"{data}/b-1.wav", "echo no disk >&2; exit 1 |"), encoding="utf-8"
    )
    result = call("data/get_utt2dur.sh", data, ok=False)
    assert "1 of 12 recordings cannot be used: b-1" in result.stderr and "no disk" in result.stderr
    kaldiio = pytest.importorskip("kaldiio")
    utterances = [line.split()[0] for line in (data / "utt2spk").read_text(encoding="utf-8").splitlines()]
    with kaldiio.WriteHelper(f"ark,scp:{tmp_path}/feats.ark,{data}/feats.scp") as write:
        for i, utterance in enumerate(utterances):
            write(utterance, np.zeros((10 + i, 3), dtype=np.float32))
    call("data/get_utt2num_frames.sh", data)
    assert (data / "utt2num_frames").read_text(encoding="utf-8") == "".join(f"{utt} {10 + i}\n" for i, utt in enumerate(utterances))


def test_spk2utt_and_utt2spk_filters_are_inverse_and_name_bad_lines(data):
    def pipe(command, content, *arguments):
        return subprocess.run([ROOT / "utils" / command, *arguments], input=content, capture_output=True, check=False)

    utt2spk, spk2utt = (data / "utt2spk").read_bytes(), (data / "spk2utt").read_bytes()
    assert pipe("utt2spk_to_spk2utt.py", utt2spk).stdout == spk2utt == pipe("utt2spk_to_spk2utt.pl", b"", data / "utt2spk").stdout
    assert pipe("spk2utt_to_utt2spk.py", spk2utt).stdout == utt2spk == pipe("spk2utt_to_utt2spk.pl", b"", data / "spk2utt").stdout
    bad = pipe("spk2utt_to_utt2spk.py", b"a u1 u2\nb u2\n")
    assert bad.returncode == 1 and b"utterance u2 belongs to a and to b" in bad.stderr
    bad = pipe("utt2spk_to_spk2utt.py", b"u1 a\nu2\n")
    assert bad.returncode == 1 and b"/dev/stdin:2: key u2 has no value" in bad.stderr and bad.stdout == b""


def test_trials_obey_their_options_and_the_seed(call, data, tmp_path):
    def trials(*options):
        call("make_trials.sh", *options, data, "list")
        return [line.split() for line in (tmp_path / "list").read_text(encoding="utf-8").splitlines()]

    every = trials()
    assert len(every) == 66 and every == sorted(every) and len({frozenset(line[:2]) for line in every}) == 66
    assert all((enrol[0] == test[0]) == (label == "target") for enrol, test, label in every)
    some = trials("--same-sex", "--exclude-same", "recording", "--max-target", 5, "--max-nontarget", 10)
    labels = [label for _, _, label in some]
    assert labels.count("target") == 5 and labels.count("nontarget") == 10
    for enrol, test, label in some:
        if label == "target":
            assert enrol[0] == test[0] and int(enrol[-1]) // 2 != int(test[-1]) // 2
        else:
            assert {enrol[0], test[0]} == {"a", "é"}
    capped = ("--max-nontarget", 9, "--seed", 4)
    assert trials(*capped) == trials(*capped) != trials(*capped[:3], 5)
    call("make_trials.sh", data)
    call("validate_data_dir.sh", "--no-feats", "--no-text", data)


def test_concurrent_splits_of_one_directory_agree(data):
    command = [ROOT / "utils" / "split_data.sh", data, "3"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [(b"", 0)] * 3
    assert sorted(path.name for path in data.iterdir() if "split" in path.name) == ["split3"]
