"""final.mdl: the layout of Kaldi's source, the same bytes when written again, and what a damaged file says."""

import os
import struct

import numpy as np
import pytest

from cortado.errors import CortadoError, DataError
from cortado.hmm.gmm import DiagGmms
from cortado.hmm.model import read_model, read_transition_model, write_model
from cortado.hmm.topology import make_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import monophone_tree

# One phone, 2, of one state; one standard Gaussian of one dimension. Layout: the Write functions of TransitionModel and AmDiagGmm.
TINY_TEXT = """<TransitionModel> 
<Topology> 
<TopologyEntry> 
<ForPhones> 
2 
</ForPhones> 
<State> 0 <PdfClass> 0 <Transition> 0 0.75 <Transition> 1 0.25 </State> 
<State> 1 </State> 
</TopologyEntry> 
</Topology> 
<Triples> 1 
2 0 0 
</Triples> 
<LogProbs> 
 [ 0.0 -0.2876821 -1.3862944 ]
</LogProbs> 
</TransitionModel> 
<DIMENSION> 1 <NUMPDFS> 1 <DiagGMM> 
<GCONSTS>  [ -0.9189385 ]
<WEIGHTS>  [ 1.0 ]
<MEANS_INVVARS>  [
  0.0 ]
<INV_VARS>  [
  1.0 ]
</DiagGMM> 
"""  # noqa: W291


def tiny_binary() -> bytes:
    def ints(*values):
        return b"".join(struct.pack("<bi", 4, value) for value in values)

    def floats(name, sizes, *values):
        return name + ints(*sizes) + struct.pack(f"<{len(values)}f", *values)

    states = ints(1, 2, 0, 2, 0) + struct.pack("<bf", 4, 0.75) + ints(1) + struct.pack("<bf", 4, 0.25) + ints(-1, 0)
    return b"".join(
        [
            b"\0B<TransitionModel> <Topology> ",
            ints(1) + struct.pack("<i", 2),
            ints(3) + struct.pack("<3i", -1, -1, 0),
            states,
            b"</Topology> <Triples> ",
            ints(1, 2, 0, 0),
            b"</Triples> <LogProbs> ",
            floats(b"FV ", [3], 0, np.log(0.75), np.log(0.25)),
            b"</LogProbs> </TransitionModel> <DIMENSION> ",
            ints(1) + b"<NUMPDFS> " + ints(1),
            b"<DiagGMM> <GCONSTS> " + floats(b"FV ", [1], -0.5 * np.log(2 * np.pi)),
            b"<WEIGHTS> " + floats(b"FV ", [1], 1),
            b"<MEANS_INVVARS> " + floats(b"FM ", [1, 1], 0),
            b"<INV_VARS> " + floats(b"FM ", [1, 1], 1),
            b"</DiagGMM> ",
        ]
    )


@pytest.fixture
def tiny() -> tuple[TransitionModel, DiagGmms]:
    topology = make_topology([2], [], num_states=1)
    gmms = DiagGmms(np.array([0, 1]), np.ones(1), np.zeros((1, 1)), np.ones((1, 1)))
    return TransitionModel.from_tree(monophone_tree([[2]], topology), topology), gmms


def test_binary_and_text_are_laid_out_as_in_kaldis_source(tiny, tmp_path):
    write_model(tmp_path / "final.mdl", *tiny)
    assert (tmp_path / "final.mdl").read_bytes() == tiny_binary()
    write_model(tmp_path / "text.mdl", *tiny, is_binary=False)
    assert (tmp_path / "text.mdl").read_text() == TINY_TEXT


def test_a_model_read_and_written_has_the_same_bytes_in_either_form(transitions, gmms, tmp_path):
    for is_binary in (True, False):
        write_model(tmp_path / "one", transitions, gmms, is_binary)
        write_model(tmp_path / "two", *read_model(tmp_path / "one"), is_binary)
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    write_model(tmp_path / "binary", *read_model(tmp_path / "one"))  # text holds all that binary does
    write_model(tmp_path / "direct", transitions, gmms)
    assert (tmp_path / "binary").read_bytes() == (tmp_path / "direct").read_bytes()


def test_what_is_read_is_what_was_written_in_float32(transitions, gmms, tmp_path):
    write_model(tmp_path / "final.mdl", transitions, gmms)
    read_transitions, read_gmms = read_model(tmp_path / "final.mdl")
    for name in ("phones", "hmm_states", "forward_pdfs", "self_loop_pdfs", "log_probs"):
        np.testing.assert_array_equal(getattr(read_transitions, name), getattr(transitions, name))
    np.testing.assert_array_equal(read_gmms.offsets, gmms.offsets)
    for name in ("weights", "means", "variances"):
        np.testing.assert_allclose(getattr(read_gmms, name), getattr(gmms, name), rtol=2e-7)
    assert read_transition_model(tmp_path / "final.mdl").num_tids == transitions.num_tids


def test_a_gaussian_model_in_double_precision_is_read(tiny, tmp_path):
    data = tiny_binary()
    for old in (b"FV \4\1\0\0\0" + struct.pack("<f", 1), b"FM \4\1\0\0\0\4\1\0\0\0" + struct.pack("<f", 1)):
        data = data.replace(old, b"D" + old[1:-4] + struct.pack("<d", 1))
    (tmp_path / "final.mdl").write_bytes(data)
    assert len(data) == len(tiny_binary()) + 8
    np.testing.assert_array_equal(read_model(tmp_path / "final.mdl")[1].log_likes(np.ones((1, 1))), tiny[1].log_likes(np.ones((1, 1))))


def test_a_model_cut_anywhere_is_an_error_with_file_and_place(tmp_path):
    for data in (tiny_binary(), TINY_TEXT.encode()):
        (tmp_path / "final.mdl").write_bytes(data)
        for cut in range(len(data.rstrip()) - 1, -1, -1):  # in text, the last space may be missing
            os.truncate(tmp_path / "final.mdl", cut)
            with pytest.raises(DataError, match=r"final.mdl(: byte \d+|:\d+): "):
                read_model(tmp_path / "final.mdl")


def test_a_flipped_bit_gives_another_model_or_a_dataerror_and_nothing_else(tmp_path):
    data, errors = tiny_binary(), 0
    (tmp_path / "final.mdl").write_bytes(data)
    with open(tmp_path / "final.mdl", "r+b", buffering=0) as file:
        for bit in range(8 * len(data)):
            os.pwrite(file.fileno(), bytes([data[bit // 8] ^ 1 << bit % 8]), bit // 8)
            try:
                read_model(tmp_path / "final.mdl")
            except DataError:
                errors += 1
            os.pwrite(file.fileno(), data[bit // 8 : bit // 8 + 1], bit // 8)
    assert errors > 4 * len(data)


def test_a_model_with_fewer_mixtures_than_pdfs_is_refused(transitions, gmms, tmp_path):
    few = gmms.offsets[4]
    write_model(tmp_path / "final.mdl", transitions, DiagGmms(gmms.offsets[:5], gmms.weights[:few], gmms.means[:few], gmms.variances[:few]))
    with pytest.raises(DataError, match=f"has {transitions.num_pdfs} pdfs, but there are mixtures for 4"):
        read_model(tmp_path / "final.mdl")


def test_another_file_is_said_to_be_none(tmp_path):
    (tmp_path / "tree").write_bytes(b"\0BContextDependency \4\1\0\0\0")
    with pytest.raises(DataError, match="tree: byte 2: expected <TransitionModel>, found ContextDependency"):
        read_model(tmp_path / "tree")
    (tmp_path / "final.mdl").write_bytes(b"\x80\x02\xff\xfe")
    with pytest.raises(DataError, match="expected a word like <Topology>"):
        read_model(tmp_path / "final.mdl")
    with pytest.raises(DataError, match="no such file"):
        read_model(tmp_path / "missing.mdl")


def test_a_full_disk_leaves_the_old_model(tiny, transitions, gmms, tmp_path, disk_full_after):
    write_model(tmp_path / "final.mdl", *tiny)
    with disk_full_after(1000), pytest.raises(CortadoError, match=r"cannot write .*final.mdl"):
        write_model(tmp_path / "final.mdl", transitions, gmms)
    assert (tmp_path / "final.mdl").read_bytes() == tiny_binary()
