"""Alignments: Kaldi's files, the phones in them, and conversion to another tree, against paths drawn at random whose truth is known."""

import gzip
import itertools
from typing import NamedTuple

import kaldiio
import numpy as np
import pytest

from cortado.errors import CortadoError, DataError
from cortado.hmm.alignment import check_alignment, convert_alignment, phone_segments, read_alignments, write_alignments
from cortado.hmm.topology import make_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import Tree, monophone_tree


class Truth(NamedTuple):
    """A path through phones: each with its passages, (HMM state, next HMM state, frames) each."""

    phones: list[int]
    passages: list[list[tuple[int, int, int]]]

    @property
    def num_frames(self) -> list[int]:
        return [sum(frames for _, _, frames in passages) for passages in self.passages]

    def window(self, position: int, tree: Tree) -> list[int]:
        places = range(position - tree.central_position, position - tree.central_position + tree.context_width)
        return [self.phones[place] if 0 <= place < len(self.phones) else 0 for place in places]

    def alignment(self, transitions: TransitionModel, tree: Tree, reordered: bool = True) -> np.ndarray:
        """Transition ids, found one by one."""
        rows = zip(transitions.phones, transitions.hmm_states, transitions.forward_pdfs, strict=True)
        state_of = {tuple(map(int, row)): state for state, row in enumerate(rows)}
        tids = []
        for position, (phone, passages) in enumerate(zip(self.phones, self.passages, strict=True)):
            for hmm_state, target, frames in passages:
                pdf_class = transitions.topology.entry(phone)[hmm_state].pdf_class
                pdf = int(tree.pdf_ids(np.array([self.window(position, tree)]), np.array([pdf_class]))[0])
                state = state_of[phone, hmm_state, pdf]
                targets = [goal for goal, _ in transitions.topology.entry(phone)[hmm_state].transitions]
                leaving = transitions.first_tid[state] + targets.index(target)
                loops = [transitions.self_loop_tid(state)] * (frames - 1)
                tids += [leaving, *loops] if reordered else [*loops, leaving]
        return np.array(tids, np.int32)


def draw_truth(topology, seed: int) -> Truth:
    rng = np.random.default_rng(seed)
    phones = rng.choice(topology.phones, 30).tolist()
    phones[3] = phones[4] = phones[5]  # the same phone again and again must stay three
    passages = []
    for phone in phones:
        entry, state, path = topology.entry(phone), 0, []
        while state < len(entry) - 1:
            target = int(rng.choice([target for target, _ in entry[state].transitions if target != state]))
            path.append((state, target, int(rng.geometric(0.5))))
            state = target
        passages.append(path)
    return Truth(phones, passages)


@pytest.mark.parametrize(("seed", "reordered"), list(itertools.product(range(5), [True, False])))
def test_phone_segments_are_those_of_the_path_in_either_order_of_self_loops(transitions, triphone_tree, seed, reordered):
    truth = draw_truth(transitions.topology, seed)
    segments = phone_segments(truth.alignment(transitions, triphone_tree, reordered), transitions)
    np.testing.assert_array_equal(segments.phones, truth.phones)
    np.testing.assert_array_equal(segments.num_frames, truth.num_frames)
    np.testing.assert_array_equal(segments.starts, np.cumsum([0, *truth.num_frames[:-1]]))


def test_phones_of_one_state_are_told_apart_though_the_state_never_changes():
    topology = make_topology([2], [], num_states=1)
    transitions = TransitionModel.from_tree(monophone_tree([[2]], topology), topology)
    loop, leaving = 1, 2
    assert phone_segments(np.array([leaving, loop, loop, leaving, loop]), transitions).num_frames.tolist() == [3, 2]
    assert phone_segments(np.array([loop, loop, leaving, loop, leaving]), transitions).num_frames.tolist() == [3, 2]
    assert phone_segments(np.array([leaving, leaving]), transitions).num_frames.tolist() == [1, 1]


@pytest.mark.parametrize("reordered", [True, False])
def test_conversion_gives_the_ids_of_the_same_path_in_the_other_tree_and_back(topology, transitions, triphone_tree, reordered):
    tree = monophone_tree([[1], [2, 5], *([phone] for phone in topology.phones if phone not in (1, 2, 5))], topology)
    monophone = TransitionModel.from_tree(tree, topology)
    for seed in range(5):
        truth = draw_truth(topology, seed)
        mono, tri = truth.alignment(monophone, tree, reordered), truth.alignment(transitions, triphone_tree, reordered)
        np.testing.assert_array_equal(convert_alignment(mono, monophone, transitions, triphone_tree), tri)
        np.testing.assert_array_equal(convert_alignment(tri, transitions, monophone, tree), mono)
        assert convert_alignment(mono[:0], monophone, transitions, triphone_tree).shape == (0,)


def test_conversion_to_another_topology_names_the_phone(transitions, triphone_tree, topology):
    other = make_topology(topology.phones[1:], [1], 4, 5)
    tree = monophone_tree([[phone] for phone in topology.phones], other)
    tids = draw_truth(topology, 0).alignment(transitions, triphone_tree)
    with pytest.raises(CortadoError, match="phone 2 has another topology"):
        convert_alignment(tids, transitions, TransitionModel.from_tree(tree, other), tree)


def test_an_alignment_that_changes_phone_in_the_middle_of_one_is_an_error_with_the_frame(transitions, triphone_tree):
    truth = draw_truth(transitions.topology, 1)
    ends = np.cumsum(truth.num_frames)
    last = next(position for position in range(29) if truth.phones[position] != truth.phones[position + 1])
    cut = ends[last] - truth.passages[last][-1][2]  # where its last state begins, which is taken out
    broken = np.delete(truth.alignment(transitions, triphone_tree), slice(cut, ends[last]))
    with pytest.raises(
        CortadoError, match=f"frame {cut}: the alignment goes to phone {truth.phones[last + 1]} within phone {truth.phones[last]}"
    ):
        phone_segments(broken, transitions)


def test_files_are_kaldis_and_the_same_alignments_have_the_same_bytes(tmp_path):
    alignments = {utt: np.arange(1, size, dtype=np.int32) for utt, size in (("b", 5), ("a-1", 300), ("a", 2), ("empty", 1))}
    write_alignments(tmp_path / "ali.1.gz", alignments)
    write_alignments(tmp_path / "again.gz", dict(reversed(alignments.items())))
    assert (tmp_path / "ali.1.gz").read_bytes() == (tmp_path / "again.gz").read_bytes()
    assert (tmp_path / "ali.1.gz").read_bytes()[4:8] == bytes(4)  # where gzip keeps the time
    (tmp_path / "ali.ark").write_bytes(gzip.decompress((tmp_path / "ali.1.gz").read_bytes()))
    read = dict(kaldiio.load_ark(str(tmp_path / "ali.ark")))
    assert list(read) == ["a", "a-1", "b", "empty"]
    assert gzip.decompress((tmp_path / "ali.1.gz").read_bytes()).startswith(b"a \0B\4\1\0\0\0\4\1\0\0\0a-1 \0B\4")
    for utt, tids in read_alignments(tmp_path):
        np.testing.assert_array_equal(tids, alignments[utt])
        np.testing.assert_array_equal(read[utt], alignments[utt])


def test_all_parts_of_a_folder_are_read_in_the_order_of_their_numbers(tmp_path):
    for part in range(1, 12):
        write_alignments(tmp_path / f"ali.{part}.gz", {f"utt-{part:02d}": np.array([part])})
    assert [(utt, tids.tolist()) for utt, tids in read_alignments(tmp_path)] == [(f"utt-{part:02d}", [part]) for part in range(1, 12)]


def test_a_text_archive_is_read_too(tmp_path):
    (tmp_path / "ali.1.gz").write_bytes(gzip.compress(b"utt 4 4 5 \n"))
    assert [(utt, tids.tolist()) for utt, tids in read_alignments(tmp_path)] == [("utt", [4, 4, 5])]


@pytest.mark.parametrize(
    ("parts", "num_jobs", "reason"),
    [
        ([], None, "has no alignments"),
        ([1, 3], None, "ali.2.gz: is missing: there must be 3 parts"),
        ([1, 2], "3\n", "ali.3.gz: is missing: there must be 3 parts"),
        ([1, 2, 3], "2\n", "ali.3.gz: is one part too many: num_jobs says 2"),
        ([1], "many\n", "num_jobs: expected one number"),
    ],
)
def test_missing_and_left_over_parts_are_named(tmp_path, parts, num_jobs, reason):
    for part in parts:
        write_alignments(tmp_path / f"ali.{part}.gz", {f"utt-{part}": np.array([1])})
    if num_jobs:
        (tmp_path / "num_jobs").write_text(num_jobs)
    with pytest.raises(DataError, match=reason):
        list(read_alignments(tmp_path))


def test_an_utterance_in_two_parts_and_one_that_is_no_int_vector_are_named(tmp_path):
    for part in (1, 2):
        write_alignments(tmp_path / f"ali.{part}.gz", {"same": np.array([1])})
    with pytest.raises(DataError, match=r"ali.2.gz: utterance same is in .*ali.1.gz already"):
        list(read_alignments(tmp_path))
    (tmp_path / "ali.2.gz").write_bytes(gzip.compress(b"utt  [ 1.5 2.5 ]\n"))
    with pytest.raises(DataError, match=r"ali.2.gz: utterance utt: not an int vector"):
        list(read_alignments(tmp_path))


def test_a_cut_file_is_an_error_after_its_whole_utterances(tmp_path):
    write_alignments(tmp_path / "whole", {f"utt-{number}": np.random.default_rng(number).integers(1, 9999, 500) for number in range(9)})
    data = (tmp_path / "whole").read_bytes()
    (tmp_path / "ali.1.gz").write_bytes(data[: len(data) // 2])
    read = []
    with pytest.raises(DataError, match=r"ali.1.gz: byte \d+"):
        read += (utt for utt, _ in read_alignments(tmp_path))
    assert 0 < len(read) < 9


def test_frames_and_ids_are_checked_with_the_utterance(transitions):
    tids = np.array([1, 1, transitions.num_tids])
    check_alignment("utt", tids, transitions, num_frames=3)
    with pytest.raises(CortadoError, match="utterance utt: the alignment has 3 frames, its features have 4"):
        check_alignment("utt", tids, transitions, num_frames=4)
    for wrong in (0, transitions.num_tids + 1):
        with pytest.raises(CortadoError, match=r"utterance utt: .*made with another model"):
            check_alignment("utt", np.array([1, wrong]), transitions)
