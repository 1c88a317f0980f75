"""local/lrs2 on a generated tree: clips and lists to data directories, long clips cut to parts, damaged ones left out."""

import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

sys.path.extend([str(Path(__file__).parent), *(str(Path(__file__).parents[2] / folder) for folder in ("tests/ground", "local/lrs2"))])
from cut import cut
from in_process import run_in_process
from lrs2 import read_word_times, read_words
from lrs2_tree import make_lrs2

from cortado.datadir import DataDir, read_table
from cortado.datadir.validate import problems
from cortado.errors import DataError
from cortado.lang.ctm import Timed

LOCAL = Path(__file__).resolve().parents[2] / "local/lrs2"
SETS = "pretrain train val test"
PRETRAIN = "5535415699068794046"


def prepare(corpus: Path, top: Path, *options, sets: str = SETS, lists: tuple = ()):
    """Sound and data directories, as local/lrs2/prepare_vsr.sh makes them; what the last command said."""
    where = ("--corpus", corpus, "--sets", sets, *lists)
    extracted = run_in_process(LOCAL / "extract_sound.py", *where, "data/wav", "data/local/lrs2.1of1", cwd=top)
    if extracted.returncode:
        return extracted
    options = ("--check-counts", "false", "--max-seconds", 3, *options)
    return run_in_process(
        LOCAL / "prepare_vsr.py", *where, "--wav-dir", "data/wav", *options, "data", "data/local/lrs2.1of1.clips", cwd=top
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    return make_lrs2(tmp_path_factory.mktemp("lrs2"), size=96)


@pytest.fixture(scope="module")
def top(corpus, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    prepared = prepare(corpus.parent, folder)
    assert prepared.returncode == 0, prepared.stderr
    return folder


def test_every_clip_of_the_lists_is_in_a_valid_data_directory(top, corpus):
    names = {subset: DataDir(top / "data" / subset).table("video.scp") for subset in SETS.split()}
    assert {subset: sorted(clips) for subset, clips in names.items()} == {
        "pretrain": [f"{PRETRAIN}-p00001", "6330311066473698535-p00001"],
        "train": [f"{PRETRAIN}-m00001", f"{PRETRAIN}-m00002"],
        "val": ["6001-m00001"],
        "test": ["6350-m00001", "6350-m00002"],  # whose lines have a second field
    }
    for subset in names:
        assert problems(top / "data" / subset, need_text=True, need_wav=True) == []
        assert set(DataDir(top / "data" / subset).spk2utt) == {name.partition("-")[0] for name in names[subset]}
    assert (top / "data/local/damaged").read_text() == ""


def test_sound_is_as_long_as_the_pictures_and_text_is_as_published(top, corpus):
    samples, rate = soundfile.read(top / "data/wav/6350/6350-m00002.wav")
    assert rate == 16000 and samples.std() > 0.01
    assert DataDir(top / "data/test").text["6350-m00002"].split() == read_words(corpus / "main/6350/00002.txt")
    lm_text = read_table(top / "data/local/lm/text")
    assert sorted(lm_text) == sorted(name for subset in ("pretrain", "train") for name in DataDir(top / "data" / subset).table("video.scp"))
    assert lm_text[f"{PRETRAIN}-p00001"].split() == read_words(corpus / f"pretrain/{PRETRAIN}/00001.txt")


def test_parts_of_pretrain_clips_hold_their_words_at_their_times(top, corpus):
    pretrain = DataDir(top / "data/pretrain")
    for recording, video in pretrain.table("video.scp").items():
        timed = read_word_times(Path(video).with_suffix(".txt"))
        parts = [(pretrain.segments[name], pretrain.text[name].split()) for name in pretrain.utterances if name.startswith(recording)]
        assert len(parts) > 1 and [word for _, words in parts for word in words] == [word.label for word in timed]
        rest = iter(timed)
        for segment, words in parts:
            own = [next(rest) for _ in words]
            assert segment.recording == recording and segment.start <= own[0].start < own[-1].end <= segment.end
            samples, rate = soundfile.read(top / pretrain.wav_scp[recording])
            assert segment.end <= len(samples) / rate


def random_words(rng: np.random.Generator) -> list[Timed]:
    edges = np.cumsum(rng.uniform(0, 0.8, 2 * rng.integers(1, 40)))
    return [Timed(start, end, str(number)) for number, (start, end) in enumerate(edges.reshape(-1, 2).tolist())]


@pytest.mark.parametrize("seed", range(20))
def test_parts_are_the_words_in_their_order_apart_and_cut_at_the_widest_pause(seed):
    rng = np.random.default_rng(seed)
    words = random_words(rng)
    parts = cut(words, longest=3, duration=words[-1].end + rng.uniform(0, 1))
    assert [word for part in parts for word in part.words] == [word.label for word in words]
    for part in parts:
        first, last = words[int(part.words[0])], words[int(part.words[-1])]
        assert 0 <= part.start <= first.start and last.end <= part.end
        assert last.end - first.start <= 3
    pauses = {number: words[number].start - words[number - 1].end for number in range(1, len(words))}
    for part, following in pairwise(parts):
        assert part.end <= following.start
        begin = words[int(part.words[0])].start
        possible = [pause for number, pause in pauses.items() if 1.5 < words[number - 1].end - begin <= 3]
        assert pauses[int(following.words[0])] == max(possible)


def test_a_word_longer_than_a_part_is_a_part_and_no_part_reaches_beyond_the_clip():
    words = [Timed(0.1, 5.0, "a"), Timed(5.0, 5.2, "b"), Timed(5.2, 9.0, "c")]
    assert [(part.words, part.start, part.end) for part in cut(words, longest=3, duration=9.1)] == [
        (("a",), 0.0, 5.0), (("b",), 5.0, 5.2), (("c",), 5.2, 9.1)
    ]  # fmt: skip


def test_without_pretrain_its_text_is_still_read_and_lists_may_lie_elsewhere(corpus, tmp_path):
    copy = shutil.copytree(corpus, tmp_path / "mvlrs_v1")
    (tmp_path / "lists").mkdir()
    for path in copy.glob("*.txt"):
        path.rename(tmp_path / "lists" / path.name)
    prepared = prepare(copy, tmp_path, sets="train val test", lists=("--lists-dir", tmp_path / "lists"))
    assert prepared.returncode == 0 and not (tmp_path / "data/pretrain").exists()
    assert len(read_table(tmp_path / "data/local/lm/text")) == 4


def cut_stream(clip: Path) -> str:
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    return f"{clip}: "


def lose_transcript(clip: Path) -> str:
    clip.with_suffix(".txt").unlink()
    return f"{clip.with_suffix('.txt')}: cannot be read"


def lose_words(clip: Path) -> str:
    clip.with_suffix(".txt").write_text("Text:  \nConf:  3\n")
    return f"{clip.with_suffix('.txt')}:1: expected 'Text:  WORD ...', found 'Text:  '"


@pytest.mark.parametrize("spoil", [cut_stream, lose_transcript, lose_words])
def test_damaged_clips_are_left_out_with_the_reason(corpus, tmp_path, spoil):
    copy = shutil.copytree(corpus, tmp_path / "mvlrs_v1")
    complaint = spoil(copy / f"main/{PRETRAIN}/00001.mp4")
    prepared = prepare(copy, tmp_path, "--max-damaged", 0.5, sets="train val test")
    assert prepared.returncode == 0, prepared.stderr
    assert read_table(tmp_path / "data/local/damaged")[f"{PRETRAIN}-m00001"].startswith(complaint)
    assert DataDir(tmp_path / "data/train").utterances == [f"{PRETRAIN}-m00002"]
    assert f"{PRETRAIN}-m00001" not in read_table(tmp_path / "data/local/lm/text")
    refused = prepare(copy, tmp_path, sets="train val test")
    assert refused.returncode == 1 and "1 of 5 clips are damaged, more than --max-damaged 0.05" in refused.stderr


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("A 0.1 0.4 1.0\nB 0.5 x 1.0\n", "4: expected word, start and end, found 'B 0.5 x 1.0'"),
        ("A 0.5 0.9 1.0\nB 0.4 0.8 1.0\n", "4: B is from 0.4 to 0.8 s, behind a word at 0.5 s"),
        ("A 0.1 0.4 1.0\n", " has times for 1 words, which are not those of its text"),
    ],
)
def test_times_that_cannot_be_are_refused_with_their_line(tmp_path, table, complaint):
    path = tmp_path / "00001.txt"
    path.write_text(f"Text:  A B\nWORD START END ASDSCORE\n{table}")
    with pytest.raises(DataError) as refused:
        read_word_times(path)
    assert str(refused.value) == f"{path}:{complaint}"


def test_a_pretrain_transcript_without_times_is_refused(tmp_path):
    (tmp_path / "00001.txt").write_text("Text:  A B\nConf:  3\n")
    with pytest.raises(DataError, match="has no times of its words, which stand behind a line 'WORD START END"):
        read_word_times(tmp_path / "00001.txt")


@pytest.mark.parametrize(
    ("line", "options", "complaint"),
    [
        ("6350-00001", (), "test.txt:3: expected SOURCE/NNNNN, as 5535415699068794046/00001, found '6350-00001'"),
        ("6350/00009", (), "1 of its 3 clips are not in the corpus: "),
        (f"{PRETRAIN}/00002", (), f"main/{PRETRAIN}/00002.mp4 is also in train.txt"),
        (
            "",
            ("--check-counts", "true"),
            "pretrain.txt: names 2 clips, published are 96318; complete it, or take it with --check-counts false",
        ),
    ],
)
def test_lists_that_do_not_fit_are_one_clear_sentence(corpus, tmp_path, line, options, complaint):
    copy = shutil.copytree(corpus, tmp_path / "mvlrs_v1")
    with (copy / "test.txt").open("a") as out:
        out.write(line and f"{line}\n")
    refused = prepare(copy, tmp_path, *options)
    assert refused.returncode == 1 and complaint in refused.stderr


def test_a_corpus_that_is_not_named_is_asked_for(tmp_path):
    refused = subprocess.run(["bash", LOCAL / "prepare_vsr.sh", "", tmp_path / "data"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1 and "no folder of LRS2 is named; the recipe's run.sh takes it as --corpus" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_another_folder_is_no_corpus(tmp_path):
    refused = prepare(tmp_path, tmp_path)
    assert refused.returncode == 1 and "give the folder of LRS2, mvlrs_v1, which has main/ and pretrain/" in refused.stderr
