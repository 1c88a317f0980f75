"""Splits, subsets, copies and unions: nothing is lost, doubled or altered, and putting parts together gives the whole."""

import os
import random
import re
from itertools import pairwise

import pytest

from cortado.datadir import DataDir, subset
from cortado.datadir.combine import combine
from cortado.datadir.folder import replaced_data_dir, replaced_folder
from cortado.datadir.rename import Affixes, copy
from cortado.datadir.select import write_subset
from cortado.datadir.split import cut_evenly, split
from cortado.datadir.table import read_table
from cortado.datadir.trials import read_trials
from cortado.datadir.validate import problems
from cortado.errors import CortadoError, DataError


def keys(path):
    return set(read_table(path))


def make_subset(source, utterances, target):
    with replaced_data_dir(target) as folder:
        write_subset(DataDir(source), utterances, folder)


@pytest.mark.parametrize("num_parts, per_utt", [(1, False), (2, False), (3, False), (1, True), (5, True), (8, True)])
@pytest.mark.parametrize("kind", ["data", "segmented"])
def test_parts_are_valid_and_together_are_the_whole(request, tmp_path, snapshot, kind, num_parts, per_utt):
    source = request.getfixturevalue(kind)
    (source / "trials").unlink()
    whole = snapshot(source)
    folder = split(source, num_parts, per_utt)
    assert folder == source / f"split{num_parts}{'utt' * per_utt}"
    parts = [folder / str(i) for i in range(1, num_parts + 1)]
    assert sorted(p.name for p in folder.iterdir() if not p.name.startswith(".")) == [p.name for p in parts]
    for part in parts:
        assert problems(part, need_feats=True, need_text=True, need_wav=True) == []
        if not per_utt:
            speakers = set(read_table(part / "utt2spk").values())
            assert not any(speakers & set(read_table(other / "utt2spk").values()) for other in parts if other != part)
    if per_utt:  # statistics of a speaker in several parts are refused, so that check is done without them
        for folder in [*parts, source]:
            (folder / "cmvn.scp").unlink()
        del whole["cmvn.scp"]
    assert combine([DataDir(part) for part in parts], tmp_path / "again") == []
    assert snapshot(tmp_path / "again") == whole


def test_parts_in_order_are_the_sorted_whole(data):
    folder = split(data, 3)
    assert "".join((folder / str(i) / "feats.scp").read_text() for i in (1, 2, 3)) == (data / "feats.scp").read_text()


def test_cuts_are_as_even_as_whole_groups_allow():
    draw = random.Random(1)
    for _ in range(300):
        sizes = [draw.choice([1, 1, 2, 5, 30]) for _ in range(draw.randint(1, 40))]
        num_parts = draw.randint(1, len(sizes))
        edges = cut_evenly(sizes, num_parts)
        sums = [sum(sizes[a:b]) for a, b in pairwise(edges)]
        assert edges[0] == 0 and edges[-1] == len(sizes) and len(sums) == num_parts and min(sums) > 0
        assert max(sums) <= sum(sizes) / num_parts + 2 * max(sizes)
    assert cut_evenly([1] * 12, 5) == [0, 2, 5, 7, 10, 12]


def test_more_parts_than_speakers_is_an_error_with_the_largest_number(data):
    with pytest.raises(DataError, match="cannot be split into 4: the largest usable number is 3"):
        split(data, 4)
    with pytest.raises(DataError, match="cannot be split into 9: the largest usable number is 8"):
        split(data, 9, per_utt=True)
    with pytest.raises(DataError, match="cannot be split into 0"):
        split(data, 0)
    assert not (data / "split4").exists()


def test_split_is_made_again_only_when_contents_change(data, snapshot):
    folder = split(data, 2)
    first, made = snapshot(folder), folder.stat().st_ino
    os.utime(data / "text")
    assert split(data, 2).stat().st_ino == made
    (data / "text").write_text((data / "text").read_text(encoding="utf-8").replace("words", "signs"), encoding="utf-8")
    os.utime(data / "text", (0, 0))
    split(data, 2)
    assert folder.stat().st_ino != made
    changed = {name for name, content in snapshot(folder).items() if content != first[name]}
    assert changed == {".split_of", "1/text", "2/text"}
    (data / "f0.scp").unlink()
    split(data, 2)
    assert not (folder / "1" / "f0.scp").exists()


def test_interrupted_split_is_not_trusted_and_leaves_nothing_behind(data, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("cortado.datadir.split.write_parts", die)
    with pytest.raises(KeyboardInterrupt):
        split(data, 2)
    assert not [path for path in data.iterdir() if "split" in path.name]


def test_hidden_folder_of_a_killed_process_is_swept_up_and_that_of_a_living_one_kept(data):
    import socket

    dead, alive = (data / f".split2.{socket.gethostname()}.{pid}.tmp" for pid in (2**22 + 1, os.getppid()))
    dead.mkdir()
    alive.mkdir()
    split(data, 2)
    assert not dead.exists() and alive.exists()


def test_subset_keeps_every_file_and_drops_what_is_of_others(segmented):
    make_subset(segmented, ["s1-u0", "s1-u1", "s3-u0"], segmented.parent / "part")
    part = segmented.parent / "part"
    assert problems(part) == []
    assert {path.name for path in part.iterdir()} == {path.name for path in segmented.iterdir()}
    assert keys(part / "lips.scp") == {"s1-u0", "s1-u1", "s3-u0"} and keys(part / "spk2gender") == {"s1", "s3"}
    assert keys(part / "wav.scp") == {"rec0", "rec1"} == keys(part / "reco2dur")
    assert (part / "trials").read_text() == "s1-u0 s1-u1 target\n"


def test_subset_takes_the_place_of_an_older_one_with_its_splits(data, snapshot):
    target = data.parent / "part"
    make_subset(data, ["s1-u0"], target)
    alone = snapshot(target)
    make_subset(data, DataDir(data).utterances, target)
    split(target, 2)
    (target / "notes").write_text("mine")
    make_subset(data, ["s1-u0"], target)
    assert snapshot(target) == alone | {"notes": b"mine"}


def test_choices_of_subsets(data):
    source = DataDir(data)
    utterances = source.utterances
    assert subset.first(source, 3) == utterances[:3] and subset.last(source, 3) == utterances[-3:]
    assert subset.every_nth(source, 4) == utterances[::2] and subset.every_nth(source, 8) == utterances
    assert subset.shortest(source, 2) == ["s1-u0", "s1-u1"]
    assert sorted(subset.per_speaker(source, 2)) == ["s1-u0", "s1-u1", "s2-u0", "s3-u0", "s3-u2"]
    chosen = subset.whole_speakers(source, 4)
    assert len(chosen) >= 4 and sorted(chosen) == sorted(subset.of_speakers(source, {source.utt2spk[utt] for utt in chosen}))
    for choose in (subset.first, subset.shortest, subset.whole_speakers, subset.every_nth):
        with pytest.raises(DataError, match="has 8 utterances, fewer than the 9 asked for"):
            choose(source, 9)
    with pytest.raises(CortadoError, match="at least one"):
        subset.first(source, 0)


def test_plain_copy_has_the_same_bytes(segmented, tmp_path, snapshot):
    split(segmented, 2)
    copy(DataDir(segmented), tmp_path / "copy", Affixes())
    assert snapshot(tmp_path / "copy") == {name: content for name, content in snapshot(segmented).items() if not name.startswith("split")}


@pytest.mark.parametrize("kind", ["data", "segmented"])
def test_renamed_copy_is_valid_and_renaming_back_by_hand_gives_the_original(request, tmp_path, snapshot, kind):
    source = request.getfixturevalue(kind)
    copy(DataDir(source), tmp_path / "copy", Affixes("sp0.9-", "-reverb", "sp0.9-", ""))
    assert problems(tmp_path / "copy") == []
    assert read_table(tmp_path / "copy" / "utt2uniq")["sp0.9-s1-u0-reverb"] == "s1-u0"
    copied = snapshot(tmp_path / "copy")
    del copied["utt2uniq"]
    undone = {name: re.sub(rb"sp0.9-(s\d)(-u\d)-reverb|sp0.9-(s\d)", rb"\1\2\3", content) for name, content in copied.items()}
    assert undone == snapshot(source)
    assert copied["utt2spk"] != undone["utt2spk"] and copied["trials"] != undone["trials"]


def test_copy_onto_itself_and_blank_affixes_are_refused(data):
    with pytest.raises(CortadoError, match="same directory"):
        copy(DataDir(data), data / ".." / data.name, Affixes())
    with pytest.raises(CortadoError, match="--utt-prefix 'a b' contains a blank"):
        copy(DataDir(data), data / "x", Affixes("a b"))


def test_union_of_overlapping_parts_is_the_whole(data, tmp_path, snapshot):
    make_subset(data, DataDir(data).utterances[:5], tmp_path / "a")
    make_subset(data, DataDir(data).utterances[3:], tmp_path / "b")
    left_out = combine([DataDir(tmp_path / "a"), DataDir(tmp_path / "b")], tmp_path / "c")
    assert left_out == ["cmvn.scp is left out, since each part has its own for s2, s3: compute it again"]
    whole = snapshot(data)
    del whole["cmvn.scp"]
    whole["trials"] = b"s1-u0 s1-u1 target\ns3-u1 s3-u2 target\n"  # the third joined the two parts
    assert snapshot(tmp_path / "c") == whole


def test_contradiction_between_parts_names_both(data, tmp_path):
    copy(DataDir(data), tmp_path / "b", Affixes())
    (tmp_path / "b" / "text").write_text((data / "text").read_text(encoding="utf-8").replace("words of  s1-u2", "x"), encoding="utf-8")
    with pytest.raises(DataError, match=re.escape(str(data / "text"))) as error:
        combine([DataDir(data), DataDir(tmp_path / "b")], tmp_path / "c")
    assert "s1-u2" in str(error.value) and str(tmp_path / "b" / "text") in str(error.value)
    assert not (tmp_path / "c").exists()


def test_part_without_segments_gets_whole_recordings_and_missing_files_are_named(segmented, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for name, text in {"utt2spk": "z1 z\n", "spk2utt": "z z1\n", "wav.scp": "z1 z1.flac\n"}.items():
        (other / name).write_text(text)
    left_out = combine([DataDir(segmented), DataDir(other)], tmp_path / "all")
    assert DataDir(tmp_path / "all").segments["z1"] == ("z1", 0.0, None)
    assert f"text is left out: {other} has none" in left_out
    assert problems(tmp_path / "all") == []
    assert read_trials(tmp_path / "all" / "trials").enrol == ["s1-u0", "s1-u0", "s3-u1"]


def test_failed_replacement_keeps_the_old_folder(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "file").write_text("1")
    with pytest.raises(RuntimeError), replaced_folder(tmp_path / "old") as new:
        (new / "file").write_text("2")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["old"] and (tmp_path / "old" / "file").read_text() == "1"
