"""The transition model: Kaldi's numbering, probabilities and update, by kaldi-hmm-gmm on the same tree and topology."""

import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.hmm.topology import HmmState, Topology, make_topology, write_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import monophone_tree, write_tree


@pytest.fixture
def counts(transitions) -> np.ndarray:
    """Of every size: states never seen, below the minimum of 5, with one transition never taken."""
    rng = np.random.default_rng(3)
    counts = rng.gamma(0.3, 40, transitions.num_tids + 1) * rng.integers(0, 2, transitions.num_tids + 1)
    return counts * (transitions.tid_to_state % 5 != 0)


@pytest.fixture
def oracle(khg, topology, triphone_tree, counts, tmp_path):
    write_topology(tmp_path / "topo", topology)
    write_tree(tmp_path / "tree", triphone_tree)
    topo, tree = (np.frombuffer((tmp_path / name).read_bytes(), np.uint8) for name in ("topo", "tree"))
    return khg("khg_objects.py", topo=topo, tree=tree[2:], windows=np.ones((1, 3), int), pdf_classes=[0], counts=counts)


def test_states_and_ids_are_numbered_as_kaldis(oracle, transitions):
    tuples = np.column_stack([transitions.phones, transitions.hmm_states, transitions.forward_pdfs, transitions.self_loop_pdfs])
    np.testing.assert_array_equal(tuples, oracle["tuples"])
    np.testing.assert_array_equal(transitions.tid_to_state[1:] + 1, oracle["tid_to_state"][1:])
    np.testing.assert_array_equal(transitions.tid_to_pdf[1:], oracle["tid_to_pdf"])
    np.testing.assert_array_equal(transitions.tid_is_self_loop[1:], oracle["is_self_loop"])
    np.testing.assert_array_equal(transitions.tid_is_final[1:], oracle["is_final"])
    assert not (transitions.tid_is_final[0] or transitions.tid_is_self_loop[0])


def test_probabilities_are_those_of_the_topology_as_in_kaldi(oracle, transitions):
    np.testing.assert_allclose(transitions.log_probs, oracle["log_probs"], rtol=2e-7)
    leaving = transitions.non_self_loop_log_prob(np.arange(transitions.num_states))
    np.testing.assert_allclose(leaving, oracle["non_self_loop_log_probs"][1:], rtol=2e-6)


def test_the_update_is_kaldis_with_floor_and_minimum_count(oracle, transitions, counts):
    updated, stats = transitions.update(counts)
    np.testing.assert_allclose(updated.log_probs, oracle["updated"], rtol=2e-6, atol=1e-6)
    np.testing.assert_allclose([stats.objf_impr, stats.count], [oracle["objf_impr"], oracle["count"]], rtol=1e-5)
    assert stats.num_floored and stats.num_skipped  # both happen here
    unchanged = updated.log_probs == transitions.log_probs
    assert unchanged.any() and not unchanged.all()
    leaving = np.log(1 - np.exp(updated.log_probs[updated.self_loop_tid(5)]))
    np.testing.assert_allclose(updated.non_self_loop_log_prob(5), leaving, rtol=1e-5)


def test_every_id_leads_from_its_state_to_a_state_of_its_phone(transitions):
    for tid in range(1, transitions.num_tids + 1):
        state = transitions.tid_to_state[tid]
        assert transitions.first_tid[state] <= tid < transitions.first_tid[state + 1]
        phone, hmm_state = transitions.tid_to_phone[tid], transitions.tid_to_hmm_state[tid]
        assert (phone, hmm_state) == (transitions.phones[state], transitions.hmm_states[state])
        target, prob = transitions.topology.entry(phone)[hmm_state].transitions[tid - transitions.first_tid[state]]
        assert transitions.tid_to_next_hmm_state[tid] == target
        assert np.exp(transitions.log_probs[tid]) == pytest.approx(prob)
        assert transitions.tid_to_pdf_class[tid] == transitions.topology.entry(phone)[hmm_state].pdf_class
        if transitions.tid_is_self_loop[tid]:
            assert transitions.self_loop_tid(state) == tid


def test_states_are_found_by_phone_state_and_pdf(transitions):
    rng = np.random.default_rng(4)
    rows = rng.integers(0, transitions.num_states, 50)
    found = transitions.find_states(transitions.phones[rows], transitions.hmm_states[rows], transitions.forward_pdfs[rows])
    np.testing.assert_array_equal(found, rows)
    for wrong in ((1, 0, transitions.num_pdfs), (1, 5, 0), (99, 0, 0), (1, 0, -1), (0, 0, 0)):
        with pytest.raises(CortadoError, match="phone {}, HMM state {} and pdf {}".format(*wrong)):
            transitions.find_states(*(np.array([value]) for value in wrong))


def test_a_state_without_self_loop_has_none():
    topology = Topology(((HmmState.emitting(0, [(1, 1.0)]), HmmState(-1, -1, ())),), {1: 0})
    transitions = TransitionModel.from_tree(monophone_tree([[1]], topology), topology)
    assert transitions.self_loop_tid(0) == 0 and transitions.non_self_loop_log_prob(0) == 0
    assert transitions.update(np.array([0, 7.0]))[1].count == 0  # there is nothing to estimate


def test_impossible_models_are_refused():
    topology = make_topology([2], [1])
    good = TransitionModel.from_tree(monophone_tree([[1], [2]], topology), topology)
    arrays = [good.phones, good.hmm_states, good.forward_pdfs, good.self_loop_pdfs]
    with pytest.raises(CortadoError, match="finite log probabilities"):
        TransitionModel(topology, *arrays, good.log_probs[:-1])
    with pytest.raises(CortadoError, match="finite log probabilities"):
        TransitionModel(topology, *arrays, np.where(np.arange(good.num_tids + 1) == 3, -np.inf, good.log_probs))
    with pytest.raises(CortadoError, match="distinct and ascending"):
        TransitionModel(topology, *(array[::-1] for array in arrays), good.log_probs)
    with pytest.raises(CortadoError, match="phone 2 has no emitting state 4"):
        TransitionModel(topology, good.phones, np.where(good.phones == 2, 4, good.hmm_states), *arrays[2:], good.log_probs)
    with pytest.raises(CortadoError, match="phone 1 is not in the topology"):
        TransitionModel(make_topology([2], []), *arrays, good.log_probs)


def test_a_chain_topology_is_not_made_into_a_model():
    topology = Topology(((HmmState(0, 1, ((0, 0.5), (1, 0.5))), HmmState(-1, -1, ())),), {1: 0})
    with pytest.raises(CortadoError, match="two pdf classes"):
        TransitionModel.from_tree(monophone_tree([[1]], topology), topology)
