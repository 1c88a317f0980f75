"""Validation: a good directory passes, and each way of being bad is found, named, and found together with the others."""

import pytest

from cortado.datadir import DataDir, spk2utt_to_utt2spk, utt2spk_to_spk2utt
from cortado.datadir.validate import problems, speaker_order_warning
from cortado.errors import DataError


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_good_directories_have_no_problems(data):
    assert problems(data, need_feats=True, need_text=True, need_wav=True) == []


def test_good_segments_have_no_problems(segmented):
    assert problems(segmented, need_wav=True) == []


@pytest.mark.parametrize(
    "name, old, new, expected",
    [
        ("utt2spk", "s1-u1 s1\n", "s1-u1\n", "utt2spk:2: key s1-u1 has no value"),
        ("utt2spk", "s1-u1 s1\n", "s1-u1 s1 x\n", "utt2spk:2: s1-u1: expected two fields, found 3"),
        ("utt2spk", "s1-u1 s1\n", "s1-u0 s1\n", "utt2spk:2: key s1-u0 is given twice"),
        ("utt2spk", "s1-u1 s1\n", "s1-u1 s2\n", "spk2utt: utterance s1-u1 has speaker s1 here and s2 in utt2spk"),
        ("utt2spk", "s1-u1 s1\n", "s9-u1 s1\n", "utt2spk:3: is not in C-locale order"),
        ("spk2utt", "s1-u0 s1-u1", "s1-u0 s1-u0", "spk2utt: utterance s1-u0 belongs to s1 and to s1"),
        ("spk2utt", "s1-u0 s1-u1", "s1-u1", "spk2utt: utterance s1-u0 has no speaker here and s1 in utt2spk"),
        ("spk2utt", "s1-u0 s1-u1", "s1-u0 s1-u00 s1-u1", "spk2utt: utterance s1-u00 has speaker s1 here and none in utt2spk"),
        ("spk2utt", "s2 ", "s7 ", "spk2utt: utterance s2-u0 has speaker s7 here"),
        ("feats.scp", "s1-u1 ", "s1-u11 ", "feats.scp:2: utterance s1-u11 is unknown to utt2spk"),
        ("vad.scp", "s1-u1 ", "s1-u11 ", "vad.scp: utterance s1-u1 is missing"),
        ("cmvn.scp", "s2 ", "s22 ", "cmvn.scp:2: speaker s22 is unknown to utt2spk"),
        ("spk2gender", "s2 f", "s2 x", "spk2gender:2: s2: 'x' is neither m nor f"),
        ("wav.scp", "s2-u0 ", "s2-u1 ", "wav.scp:4: recording s2-u1 is unknown to utt2spk"),
        ("utt2dur", "1.5", "0", "utt2dur:1: s1-u0: '0' is not a positive"),
        ("utt2dur", "1.5", "nan", "utt2dur:1: s1-u0: 'nan' is not a positive"),
        ("utt2num_frames", "148", "14.8", "utt2num_frames:1: s1-u0: '14.8' is not a positive"),
        ("text", "the words of  s1-u0", "\u0007", "text:1: s1-u0: the text holds the unprintable character"),
        ("text", "the words of  s1-u1", "<s>", "text:2: s1-u1: the text holds <s>"),
        ("lips.scp", "s3-u3 ", "s3-u4 ", "lips.scp: utterance s3-u3 is missing"),
        ("video.scp", "s3-u3 ", "s3-u3\t\r\n", "video.scp:8: ends in a carriage return"),
        ("utt2rec", "session0", "session 0", "utt2rec:1: s1-u0: expected two fields"),
        ("f0.scp", "s1-u0 ", "", "f0.scp:1: key /exp/f0.scp.ark:0 has no value"),
        ("contour.scp", "s1-u2", "\n", "contour.scp:3: is an empty line"),
        ("trials", "s1-u1 target", "s1-u1", "trials:1: expected 'enrol test target|nontarget', found 's1-u0 s1-u1'"),
        ("trials", "s1-u1 target", "s1-u1 1", "trials:1: expected 'enrol test target|nontarget'"),
        ("trials", "s1-u1", "s1-u7", "trials:1: utterance s1-u7 is unknown to utt2spk"),
        ("trials", "s1-u0", "s2-u0", "trials:2: is not in C-locale order"),
    ],
)
def test_each_fault_is_named_with_file_and_line(data, name, old, new, expected):
    edit(data / name, old, new)
    assert any(f"{data}/{expected}" in problem for problem in problems(data)), problems(data)


@pytest.mark.parametrize(
    "old, new, expected",
    [
        ("rec0 0 0.75", "rec0 0.75 0", "segments:1: s1-u0: end 0 is not after start 0.75"),
        ("rec0 0 0.75", "rec0 -0.1 0.75", "segments:1: s1-u0: start -0.1 is negative"),
        ("rec0 0 0.75", "rec0 0 20.75", "segments:1: s1-u0: ends at 20.75, after its recording of 20.0 s"),
        ("rec0 0 0.75", "rec0 0 inf", "segments:1: s1-u0: end inf is not after"),
        ("rec0 0 0.75", "rec0 zero 1", "segments:1: s1-u0: start zero or end 1 is not a number"),
        ("rec0 0 0.75", "rec0 0", "segments:1: s1-u0: expected 'utterance recording start end', found 3 fields"),
        ("rec0 0 0.75", "rec9 0 0.75", "wav.scp: recording rec9 is missing"),
        ("s1-u0 rec0", "s1-u00 rec0", "segments: utterance s1-u0 is missing"),
    ],
)
def test_each_fault_of_segments_is_named(segmented, old, new, expected):
    edit(segmented / "segments", old, new)
    assert any(f"{segmented}/{expected}" in problem for problem in problems(segmented)), problems(segmented)


def test_segment_may_end_with_its_recording(segmented):
    edit(segmented / "segments", "rec0 0 0.75", "rec0 0 -1")
    edit(segmented / "segments", "rec1 1 1.75", "rec1 1 20.005")
    assert problems(segmented) == []


def test_all_faults_are_told_at_once_and_long_lists_are_counted(data):
    edit(data / "spk2gender", "s1 m", "s1 z")
    (data / "vad.scp").write_text("".join(f"s4-u{i:02} x\n" for i in range(50)))
    found = problems(data)
    assert any("spk2gender:1" in problem for problem in found)
    assert len([problem for problem in found if "vad.scp" in problem]) == 21
    assert f"{data}/vad.scp: and 38 more problems" in found  # 50 unknown and 8 missing, 20 shown


@pytest.mark.parametrize("name", ["feats.scp", "text", "wav.scp", "utt2spk", "spk2utt"])
def test_missing_file_is_a_problem_where_it_is_needed(data, name):
    (data / name).unlink()
    assert f"{data}/{name}: no such file" in problems(data, need_feats=True, need_text=True, need_wav=True)


def test_missing_directory_is_a_problem(tmp_path):
    assert problems(tmp_path / "none") == [f"{tmp_path}/none: no such data directory"]


def test_unprintable_text_may_be_allowed(data):
    edit(data / "text", "the words of  s1-u0", "\u0007")
    assert problems(data, non_print=True) == []


def test_speakers_that_sort_unlike_their_utterances_are_warned_of(data):
    assert speaker_order_warning(data) is None
    edit(data / "utt2spk", "s1-u0 s1", "s1-u0 s9")
    assert "s1-u1 of s1 sorts behind an utterance of s9" in speaker_order_warning(data)


def test_data_dir_reads_tables_when_asked(segmented):
    directory = DataDir(segmented)
    assert directory.utterances == sorted(directory.utt2spk)
    assert directory.spk2utt["s2"] == ["s2-u0"]
    assert directory.segments["s1-u1"] == ("rec1", 1.0, 1.75)
    assert not directory.has("glm")
    with pytest.raises(DataError, match="glm: cannot be read"):
        directory.table("glm")
    with pytest.raises(DataError, match="no such data directory"):
        DataDir(segmented / "none")


def test_utt2spk_and_spk2utt_are_inverse():
    utt2spk = {"b": "y", "a": "z", "c": "y"}
    spk2utt = utt2spk_to_spk2utt(utt2spk)
    assert list(spk2utt.items()) == [("y", ["b", "c"]), ("z", ["a"])]
    assert spk2utt_to_utt2spk({speaker: " ".join(utts) for speaker, utts in spk2utt.items()}) == utt2spk
