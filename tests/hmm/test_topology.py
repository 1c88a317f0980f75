"""Topologies: what Kaldi's scripts and classes write, its check, and frames needed."""

import numpy as np
import pytest

from cortado.errors import CortadoError, DataError
from cortado.hmm.topology import FINAL_STATE, HmmState, Topology, make_topology, read_topology, write_topology

# Kaldi's gen_topo.pl 3 5 2:3 1, and the layout of HmmTopology::Write.
KALDI_TEXT = """<Topology> 
<TopologyEntry> 
<ForPhones> 
2 3 
</ForPhones> 
<State> 0 <PdfClass> 0 <Transition> 0 0.75 <Transition> 1 0.25 </State> 
<State> 1 <PdfClass> 1 <Transition> 1 0.75 <Transition> 2 0.25 </State> 
<State> 2 <PdfClass> 2 <Transition> 2 0.75 <Transition> 3 0.25 </State> 
<State> 3 </State> 
</TopologyEntry> 
<TopologyEntry> 
<ForPhones> 
1 
</ForPhones> 
<State> 0 <PdfClass> 0 <Transition> 0 0.25 <Transition> 1 0.25 <Transition> 2 0.25 <Transition> 3 0.25 </State> 
<State> 1 <PdfClass> 1 <Transition> 1 0.25 <Transition> 2 0.25 <Transition> 3 0.25 <Transition> 4 0.25 </State> 
<State> 2 <PdfClass> 2 <Transition> 1 0.25 <Transition> 2 0.25 <Transition> 3 0.25 <Transition> 4 0.25 </State> 
<State> 3 <PdfClass> 3 <Transition> 1 0.25 <Transition> 2 0.25 <Transition> 3 0.25 <Transition> 4 0.25 </State> 
<State> 4 <PdfClass> 4 <Transition> 4 0.75 <Transition> 5 0.25 </State> 
<State> 5 </State> 
</TopologyEntry> 
</Topology> 
"""  # noqa: W291
# HmmTopology::Write in binary, of one phone, 2, with one state: \4 and -4 are the widths of numbers.
KALDI_BINARY = (
    b"\0B<Topology> \4\1\0\0\0\2\0\0\0\4\3\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\4\1\0\0\0\4\2\0\0\0"
    b"\4\0\0\0\0\4\2\0\0\0\4\0\0\0\0\4\0\0\x40\x3f\4\1\0\0\0\4\0\0\x80\x3e\4\xff\xff\xff\xff\4\0\0\0\0</Topology> "
)
CHAIN_TEXT = """<Topology> 
<TopologyEntry> 
<ForPhones> 
1 2 
</ForPhones> 
<State> 0 <ForwardPdfClass> 0 <SelfLoopPdfClass> 1 <Transition> 0 0.5 <Transition> 1 0.5 </State> 
<State> 1 </State> 
</TopologyEntry> 
</Topology> 
"""  # noqa: W291


def with_states(*states: HmmState) -> Topology:
    return Topology(((*states, FINAL_STATE),), {1: 0})


def test_make_topology_writes_what_kaldis_gen_topo_writes(tmp_path):
    write_topology(tmp_path / "topo", make_topology([2, 3], [1]))
    assert (tmp_path / "topo").read_text() == KALDI_TEXT


def test_the_binary_form_is_that_of_kaldis_source(tmp_path):
    write_topology(tmp_path / "topo", make_topology([2], [], num_states=1), is_binary=True)
    assert (tmp_path / "topo").read_bytes() == KALDI_BINARY


@pytest.mark.parametrize("text", [KALDI_TEXT, CHAIN_TEXT])
def test_text_to_binary_to_text_gives_the_same_bytes(tmp_path, text):
    (tmp_path / "topo").write_text(text)
    write_topology(tmp_path / "binary", read_topology(tmp_path / "topo"), is_binary=True)
    write_topology(tmp_path / "text", read_topology(tmp_path / "binary"))
    assert (tmp_path / "text").read_text() == text


def test_phones_may_be_written_on_one_line_with_any_white_space(tmp_path):
    (tmp_path / "topo").write_text(" ".join(KALDI_TEXT.split()).replace("<State>", "\n\t<State>"))
    assert read_topology(tmp_path / "topo") == make_topology([2, 3], [1])


def test_chain_topologies_keep_both_pdf_classes(tmp_path):
    (tmp_path / "topo").write_text(CHAIN_TEXT)
    topology = read_topology(tmp_path / "topo")
    assert not topology.is_hmm
    assert topology.entry(2)[0] == HmmState(0, 1, ((0, 0.5), (1, 0.5)))
    assert topology.num_pdf_classes(1) == 2


def test_skips_lead_to_the_state_after_the_next_and_out_of_the_last_but_one():
    entry = make_topology([2], [1], 3, 5, skips=True).entry(2)
    assert [[target for target, _ in state.transitions] for state in entry] == [[0, 1, 2], [1, 2, 3], [2, 3], []]


def brute_force_min_frames(topology: Topology, phone: int) -> int:
    """The shortest of all paths, by powers of the matrix of transitions."""
    entry = topology.entry(phone)
    step = np.zeros((len(entry), len(entry)), int)
    for state, (_, _, transitions) in enumerate(entry):
        step[state, [target for target, _ in transitions]] = 1
    return next(n for n in range(1, 20) if np.linalg.matrix_power(step, n)[0, -1])


@pytest.mark.parametrize(("num_states", "skips"), [(1, False), (3, False), (3, True), (4, True), (6, True)])
def test_min_num_frames_is_the_shortest_path(num_states, skips):
    topology = make_topology([2], [1], num_states, 5, skips)
    for phone in (1, 2):
        assert topology.min_num_frames(phone) == brute_force_min_frames(topology, phone)


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        ([HmmState.emitting(0, [(0, 0.75), (2, 0.25)])], "its transitions lead to"),
        ([HmmState.emitting(0, [(0, 0.75), (1, 0.35)])], "sum to 1"),
        ([HmmState.emitting(0, [(0, float("nan")), (1, 0.35)])], "sum to 1"),
        ([HmmState.emitting(1, [(0, 0.75), (1, 0.25)])], "without gaps"),
        ([HmmState.emitting(-1, [(0, 0.75), (1, 0.25)])], "must have a pdf class"),
        ([HmmState.emitting(0, [(0, 0.75), (2, 0.25)]), HmmState.emitting(1, [(1, 1.0)])], "no path leads to state 1"),
        ([], "at least two states"),
    ],
)
def test_a_topology_that_kaldi_would_refuse_is_refused_with_the_phone(states, reason):
    with pytest.raises(CortadoError, match=f"phone 1.*{reason}"):
        with_states(*states)


def test_a_phone_in_two_entries_is_named_with_its_line(tmp_path):
    (tmp_path / "topo").write_text(KALDI_TEXT.replace("\n1 \n", "\n1 3 \n"))
    with pytest.raises(DataError, match="topo:13: phone 3 has two entries"):
        read_topology(tmp_path / "topo")


def test_a_phone_that_is_given_twice_or_unknown_is_named():
    with pytest.raises(CortadoError, match="phone 2 is given twice"):
        make_topology([2, 3], [1, 2])
    with pytest.raises(CortadoError, match="phone 7 is not in the topology"):
        make_topology([2], [1]).entry(7)
