"""Mending: the result is valid, only what had to go is gone, the report says so, and the originals are kept."""

import pytest

from cortado.datadir.fix import fix
from cortado.datadir.table import read_table
from cortado.datadir.validate import problems
from cortado.errors import CortadoError


def lines(path):
    return path.read_text(encoding="utf-8", errors="surrogateescape").splitlines(keepends=True)


def rewrite(path, new_lines):
    path.write_text("".join(new_lines), encoding="utf-8", errors="surrogateescape", newline="")


def test_valid_directory_is_left_as_it_is(data, snapshot):
    before = snapshot(data)
    assert fix(data) == []
    assert snapshot(data) == before


def test_order_blanks_and_windows_line_ends_are_mended_without_loss(data, snapshot):
    before = snapshot(data)
    for name in ("utt2spk", "text", "wav.scp", "spk2gender"):
        rewrite(data / name, [line.replace("\n", " \r\n").replace(" ", "\t", 1) for line in reversed(lines(data / name))])
    rewrite(data / "feats.scp", ["\n", *lines(data / "feats.scp"), "\n", lines(data / "feats.scp")[0]])
    (data / "spk2utt").unlink()
    report = fix(data)
    assert problems(data, need_text=True) == []
    after = snapshot(data)
    assert {name: after[name] for name in before} == before
    assert not any("dropped" in sentence for sentence in report)


@pytest.mark.parametrize("name", ["feats.scp", "text", "wav.scp", "vad.scp", "lips.scp", "utt2rec"])
def test_utterance_that_one_file_lacks_goes_from_all(data, name):
    rewrite(data / name, [line for line in lines(data / name) if not line.startswith("s3-u1")])
    report = fix(data)
    assert problems(data) == []
    assert "s3-u1" not in (data / "utt2spk").read_text() and len(lines(data / "utt2spk")) == 7
    assert any("dropped 1 utterances" in sentence and name in sentence and "s3-u1" in sentence for sentence in report)


def test_speaker_that_one_file_lacks_goes_with_all_utterances(data):
    rewrite(data / "spk2gender", lines(data / "spk2gender")[:2])
    report = fix(data)
    assert problems(data) == []
    assert set(read_table(data / "utt2spk").values()) == {"s1", "s2"}
    assert any("dropped 4 utterances whose speaker has no line in spk2gender" in sentence for sentence in report)
    assert lines(data / "trials") == ["s1-u0 s1-u1 target\n"]
    assert any("dropped 2 of 3 trials" in sentence for sentence in report)


def test_bad_segments_go_and_unused_recordings_are_named(segmented):
    rows = lines(segmented / "segments")
    rows[0] = "s1-u0 rec0 5 4\n"
    rows[1] = "s1-u1 rec1 5 25\n"
    rows[2] = rows[2].replace("rec2", "rec9")
    rewrite(segmented / "segments", rows)
    rewrite(segmented / "wav.scp", ["rec7 x.flac\n", *lines(segmented / "wav.scp")])
    report = " ".join(fix(segmented))
    assert problems(segmented) == []
    assert "end 4 is not after start 5 (line 1)" in report
    assert "dropped 1 utterances that end after their recording does: s1-u1" in report
    assert "dropped 1 utterances whose recording has no line in wav.scp: s1-u2" in report
    assert "wav.scp: dropped 1 lines, of a recording that is not in use: rec7" in report


def test_unreadable_lines_go_with_their_numbers_and_contradictions_with_their_keys(data):
    rows = lines(data / "text")
    rewrite(data / "text", [rows[0].split()[0] + "\n", rows[1].replace("\n", "\udce9\n"), *rows[2:], rows[2].replace("words", "others")])
    report = " ".join(fix(data))
    assert problems(data) == []
    assert set(read_table(data / "utt2spk")) == {"s2-u0", "s3-u0", "s3-u1", "s3-u2", "s3-u3"}
    assert "no value (line 1)" in report and "not UTF-8 (line 2)" in report
    assert "1 keys dropped, each given twice with different values: s1-u2" in report


@pytest.mark.parametrize("bad", ["s1-u2\n", "s1-u2 x\0\n", "s1-u2 \udce9\n"])
@pytest.mark.parametrize("at", [0, 3])
def test_bad_line_takes_no_good_line_of_its_key_with_it(data, bad, at):
    rows = lines(data / "text")
    rewrite(data / "text", [*rows[:at], bad, *rows[at:]])
    report = fix(data)
    assert lines(data / "text") == rows and len(lines(data / "utt2spk")) == 8
    assert f"(line {at + 1})" in report[0]


def test_incomplete_lengths_are_removed_rather_than_utterances(data):
    rewrite(data / "utt2dur", lines(data / "utt2dur")[1:])
    report = " ".join(fix(data))
    assert problems(data) == []
    assert not (data / "utt2dur").exists() and len(lines(data / "utt2spk")) == 8
    assert "utt2dur: removed, since it lacks 1 of 8 lines; utils/data/get_utt2dur.sh" in report


def test_originals_of_all_mendings_are_kept(data, snapshot):
    first = snapshot(data)
    rewrite(data / "text", lines(data / "text")[1:])
    fix(data)
    assert (data / ".backup" / "wav.scp").read_bytes() == first["wav.scp"]
    second = snapshot(data / ".backup")
    assert fix(data) == [] and snapshot(data / ".backup") == second
    rewrite(data / "text", lines(data / "text")[1:])
    fix(data)
    assert snapshot(data / ".backup.1") == second
    assert len(lines(data / ".backup" / "wav.scp")) == 7


def test_extra_files_are_cut_down_but_drop_nothing(data):
    rewrite(data / "utt2snr", [f"s1-u0 3\ns3-u0 {' ' * 2}4\n"])
    rewrite(data / "spk2age", ["s2 30\ns9 40\n"])
    rewrite(data / "text", lines(data / "text")[1:])
    fix(data, utt_extra_files=["utt2snr"], spk_extra_files=["spk2age", "not_there"])
    assert lines(data / "utt2snr") == ["s3-u0 4\n"] and lines(data / "spk2age") == ["s2 30\n"]
    assert len(lines(data / "utt2spk")) == 7


def test_nothing_changes_when_no_utterance_would_be_left(data, snapshot):
    rewrite(data / "text", ["other words\n"])
    before = snapshot(data)
    with pytest.raises(CortadoError, match="no utterance would be left, so nothing was changed"):
        fix(data)
    assert snapshot(data) == before


def test_missing_utt2spk_is_made_from_spk2utt(data, snapshot):
    before = snapshot(data)
    (data / "utt2spk").unlink()
    fix(data)
    assert {name: content for name, content in snapshot(data).items() if ".backup" not in name} == before
