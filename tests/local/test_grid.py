"""local/grid on generated trees: clips, damaged ones among them, to data directories; and on the real clips where they are."""

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cortado.datadir import DataDir, read_table
from cortado.datadir.validate import problems
from cortado.errors import CortadoError
from cortado.lang.ctm import read_ctm
from cortado.video.sound import read_sound

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[2] / "local/grid")])
from clip import find_picture_fault
from corpus_trees import GRID_RATE, GRID_SENTENCES, make_grid, say, write_clip
from extract_audio import extract
from grid import find_clips

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / "local/grid/prepare_asr.sh"
split_talkers = runpy.run_path(str(COMMAND.with_suffix(".py")))["split_talkers"]


def prepare(corpus: Path, data: Path, *options) -> subprocess.CompletedProcess:
    command = ["bash", COMMAND, "--nj", "1", *map(str, options), corpus, data]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    return make_grid(tmp_path_factory.mktemp("grid"))


@pytest.fixture(scope="module")
def data(corpus, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("prepared") / "data"
    prepared = prepare(corpus, folder, "--dev-sentences", 2, "--test-sentences", 3)
    assert prepared.returncode == 0, prepared.stderr + prepared.stdout
    return folder


def test_every_clip_is_in_one_valid_set_with_sound_video_text_and_times(data):
    names = {subset: DataDir(data / subset).utterances for subset in ("train", "dev", "test")}
    assert {subset: len(own) for subset, own in names.items()} == {"train": 7, "dev": 2, "test": 3}
    assert sorted(name for own in names.values() for name in own) == sorted(f"s1-{sentence}" for sentence in GRID_SENTENCES)
    for subset in names:
        directory = DataDir(data / subset)
        assert problems(directory.path, need_text=True, need_wav=True) == []
        assert all(Path(path).is_file() for path in directory.table("video.scp").values())
        ctm = read_ctm(directory.path / "ctm")
        assert {name: " ".join(word for _, _, word in words) for name, words in ctm.items()} == directory.table("text")


def test_sound_lies_where_the_alignment_says(data):
    """Before the first word and behind the last there is noise alone, thirty decibels below the words."""
    for name, words in read_ctm(data / "train/ctm").items():
        samples, rate = soundfile.read(data / f"wav/s1/{name}.wav")
        assert rate == 16000 and abs(len(samples) / rate - 3) < 0.06
        begin, end = words[0].start, words[-1].end
        power = [np.mean(samples[int(a * rate) : int(b * rate)] ** 2) for a, b in ((0.02, begin - 0.02), (begin, end), (end + 0.1, 2.9))]
        assert power[1] > 1000 * power[0] and power[1] > 1000 * power[2], name


def test_language_files_hold_the_published_grammar(data):
    slots = [line.split() for line in (data / "local/grammar").read_text().splitlines()]
    assert [(slot, len(words)) for slot, *words in slots] == [
        ("command", 4), ("colour", 4), ("preposition", 4), ("letter", 25), ("digit", 10), ("adverb", 4),
    ]  # fmt: skip
    assert len(read_lines(data / "local/vocabulary")) == 51 and "w" not in slots[3]
    train = set(DataDir(data / "train").table("text").values())
    assert set(read_lines(data / "local/lm_train")) == train and len(train) == 7


def read_lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_the_dictionary_has_all_words_and_british_letters(data, tmp_path):
    made = subprocess.run(
        ["bash", ROOT / "utils/prepare_dict.sh", "--lexicon", data / "local/lexicon.txt", "--word-list", "true"]
        + [data / "local/vocabulary", tmp_path / "dict"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0 and (tmp_path / "dict/oov_counts").read_text() == "", made.stderr
    lexicon = read_lines(tmp_path / "dict/lexicon.txt")
    assert {"z Z EH D", "z Z IY", "a EY", "zero Z IH R OW"} <= set(lexicon) and "a AH" not in lexicon


def test_a_sentence_of_several_talkers_is_in_one_set_only(tmp_path):
    corpus = make_grid(tmp_path, talkers=("s1", "s2"), sentences=GRID_SENTENCES[:4], suffix=".mp4", under_video=False)
    prepared = prepare(corpus, tmp_path / "data", "--dev-sentences", 1, "--test-sentences", 1)
    assert prepared.returncode == 0, prepared.stderr
    sets = [{name.partition("-")[2] for name in DataDir(tmp_path / "data" / subset).utterances} for subset in ("train", "dev", "test")]
    assert [len(own) for own in sets] == [2, 1, 1] and len(set.union(*sets)) == 4
    assert set(DataDir(tmp_path / "data/test").spk2utt) == {"s1", "s2"}


def test_unseen_talkers_are_the_test_set_and_no_talker_is_in_two_sets(tmp_path):
    talkers = [f"s{number}" for number in (1, 2, 3, 20, 22)]
    corpus = make_grid(tmp_path, talkers, sentences=GRID_SENTENCES[:1], suffix=".mp4")
    prepared = prepare(corpus, tmp_path / "data", "--unseen-talkers", "s20 s1")
    assert prepared.returncode == 0, prepared.stderr
    sets = {subset: set(DataDir(tmp_path / "data" / subset).spk2utt) for subset in ("train", "dev", "test")}
    assert sets["test"] == {"s1", "s20"} and len(sets["dev"]) == 1 and len(sets["train"]) == 2
    assert set.union(*sets.values()) == set(talkers)
    refused = prepare(corpus, tmp_path / "data", "--unseen-talkers", "s1 s21")
    assert refused.returncode == 1 and "--unseen-talkers 's1 s21': there is no s21; the talkers are s1 s2 s20 s22 s3" in refused.stderr


def test_the_published_unseen_talkers_leave_29_of_33_with_video_and_every_draw_of_dev_is_among_them():
    talkers = {f"s{number}" for number in range(1, 35)} - {"s21"}  # of whom there is sound alone
    for seed in range(20):
        sets = split_talkers(talkers, ["s1", "s2", "s20", "s22"], seed)
        assert [len(sets[name]) for name in ("train", "dev", "test")] == [27, 2, 4]
        assert set.union(*sets.values()) == talkers
    with pytest.raises(CortadoError, match="at least two others are needed, to train on and for dev; the talkers are s1 s2"):
        split_talkers({"s1", "s2"}, ["s1"], seed=0)
    assert len({frozenset(split_talkers(talkers, ["s1", "s2", "s20", "s22"], seed)["dev"]) for seed in range(20)}) > 10


def test_the_draw_is_the_seeds_and_not_that_of_the_number_of_jobs(corpus, tmp_path, data):
    prepare(corpus, tmp_path / "same", "--dev-sentences", 2, "--test-sentences", 3, "--nj", 2)
    prepare(corpus, tmp_path / "other", "--dev-sentences", 2, "--test-sentences", 3, "--seed", 2)
    texts = [(folder / "test/text").read_text() for folder in (data, tmp_path / "same", tmp_path / "other")]
    assert texts[0] == texts[1] != texts[2]
    name = DataDir(data / "test").utterances[0]
    assert (data / f"wav/s1/{name}.wav").read_bytes() == (tmp_path / f"same/wav/s1/{name}.wav").read_bytes()


def cut_stream(clip: Path, align: Path) -> str:
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    return f"{clip}: its sound is from"


def lose_sound(clip: Path, align: Path) -> str:
    clip.write_bytes(clip.read_bytes()[:200])
    return f"{clip}: has 0 streams of audio"


def empty_file(clip: Path, align: Path) -> str:
    clip.write_bytes(b"")
    return f"{clip}: broken"


def shorten_sound(clip: Path, align: Path) -> str:
    write_clip(clip, say("bin blue", 0, 0, GRID_RATE)[0], seconds=3.0)
    return f"{clip}: its sound is from"


def silence_sound(clip: Path, align: Path) -> str:
    write_clip(clip, np.zeros(3 * GRID_RATE, np.float32), seconds=3.0)
    return f"{clip}: its sound is zero throughout"


def lose_alignment(clip: Path, align: Path) -> str:
    align.unlink()
    return f"{align}: cannot be read"


def say_something_else(clip: Path, align: Path) -> str:
    align.write_text(align.read_text().replace("blue", "green"))
    return f"{align}: has the words 'bin green at f two now', but the clip's name says bin blue at f two now"


def end_words_behind_the_sound(clip: Path, align: Path) -> str:
    align.write_text("0 70000 bin\n70000 71000 blue\n71000 72000 at\n72000 73000 f\n73000 74000 two\n74000 99000 now\n")
    return f"{align}: now ends at 3.96 s"


def run_backwards(clip: Path, align: Path) -> str:
    align.write_text("0 5000 sil\n4000 6000 bin\n")
    return f"{align}:2: bin is from 4000 to 6000, but what is before it ends at 5000"


@pytest.mark.parametrize(
    "spoil",
    [
        cut_stream,
        lose_sound,
        empty_file,
        shorten_sound,
        silence_sound,
        lose_alignment,
        say_something_else,
        end_words_behind_the_sound,
        run_backwards,
    ],
)
def test_the_reason_why_a_clip_is_damaged_is_found(corpus, tmp_path, spoil):
    copy = shutil.copytree(corpus, tmp_path / "corpus")
    complaint = spoil(copy / "video/s1/bbaf2n.mpg", copy / "align/s1/bbaf2n.align")
    clip = find_clips(copy)[0]
    assert clip.sentence == "bbaf2n" and extract(clip, tmp_path / "wav", with_pictures=False).startswith(complaint)
    assert not (tmp_path / "wav").exists()


def test_damaged_clips_are_left_out_and_listed_and_move_no_other(corpus, data, tmp_path):
    copy = shutil.copytree(corpus, tmp_path / "corpus")
    complaint = shorten_sound(copy / "video/s1/bbaf2n.mpg", copy / "align/s1/bbaf2n.align")
    prepared = prepare(copy, tmp_path / "data", "--dev-sentences", 2, "--test-sentences", 3)
    assert prepared.returncode == 0, prepared.stderr
    assert f"left out: s1-bbaf2n: {complaint}" in prepared.stdout
    assert read_table(tmp_path / "data/local/damaged")["s1-bbaf2n"].startswith(complaint)
    for subset in ("train", "dev", "test"):
        assert set(DataDir(data / subset).utterances) - {"s1-bbaf2n"} == set(DataDir(tmp_path / "data" / subset).utterances)


def test_grey_pictures_count_only_where_pictures_are_wanted(tmp_path):
    corpus = make_grid(tmp_path, sentences=GRID_SENTENCES[:1])
    write_clip(corpus / "video/s1/bbaf2n.mpg", say("bin blue at f two now", 0, 0, GRID_RATE, 3.0)[0], seconds=3.0, grey=10)
    clip = find_clips(corpus)[0]
    assert extract(clip, tmp_path, with_pictures=False) == "ok"
    assert extract(clip, tmp_path, with_pictures=True) == f"{clip.video}: 10 of 75 pictures are grey, first number 0"


@pytest.mark.parametrize(
    ("break_it", "options", "message"),
    [
        (shutil.rmtree, (), "no s<N>/*.mpg or *.mp4"),
        (lambda c: (c / "video/s1/bbaf2n.mpg").rename(c / "video/s1/holiday.mpg"), (), "holiday.mpg: is not named after a sentence"),
        (lambda c: shutil.rmtree(c / "align"), (), "12 of 12 clips are damaged, more than --max-damaged 0.1"),
        (lambda c: None, ("--dev-sentences", "6", "--test-sentences", "6"), "12 sentences cannot be split with 6 for dev and 6 for test"),
        (lambda c: None, ("--unseen-talkers", "s1", "--dev-sentences", "2"), "--unseen-talkers splits by talker; --dev-sentences and"),
    ],
)
def test_a_corpus_that_cannot_be_used_is_one_clear_sentence(corpus, tmp_path, break_it, options, message):
    copy = shutil.copytree(corpus, tmp_path / "corpus")
    break_it(copy)
    refused = prepare(copy, tmp_path / "data", *options)
    assert refused.returncode == 1 and message in refused.stderr and "Traceback" not in refused.stderr


def test_a_corpus_that_is_not_named_is_asked_for(tmp_path):
    refused = prepare("", tmp_path / "data")
    assert refused.returncode == 1 and "no folder of GRID is named; the recipe's run.sh takes it as --corpus" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_the_real_clips_have_sound_and_the_known_damaged_pictures(grid, tmp_path):
    """Five of the 500 begin with grey pictures; all have sound."""
    for name in ("brwa4p", "sbbh4p"):
        assert find_picture_fault(grid / f"video/s1/{name}.mp4").endswith("pictures are grey, first number 0")
    assert find_picture_fault(grid / "video/s1/bbaf2n.mp4") is None
    assert abs(len(read_sound(grid / "video/s1/brwa4p.mp4", 16000)) / 16000 - 2.978) < 0.001


@pytest.fixture(scope="module")
def grid() -> Path:
    path = ROOT.parent / "shared/data/grid"
    if not path.is_dir():
        pytest.skip(f"needs {path}")
    return path
