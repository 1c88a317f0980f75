"""The layout of a decoding graph, and the graphs that are refused before a search could go astray on them."""

import numpy as np
import pytest
from worlds import random_graph, random_tid_to_pdf

from cortado.decode.graph import prepare_graph
from cortado.errors import CortadoError
from cortado.graph.fst import Fst

TID_TO_PDF = np.array([0, 5, 3], np.int32)


def graph_of(*arcs, num_states=3):
    """arcs: (source, tid, word, weight, target)."""
    return Fst.from_arcs(num_states, 0, *zip(*arcs, strict=True), np.array([np.inf] * (num_states - 1) + [0.0]))


def test_arcs_are_the_same_with_emitting_ones_first_and_pdfs_in_them():
    fst, tid_to_pdf = random_graph(0, 50), random_tid_to_pdf(0)
    graph = prepare_graph(fst, tid_to_pdf)
    for state in range(fst.num_states):
        span = slice(fst.first_arc[state], fst.first_arc[state + 1])
        expected = sorted(zip(fst.ilabel[span] == 0, *(column[span] for column in fst[2:6]), strict=True), key=lambda arc: arc[0])
        got = slice(graph.first_arc[state], graph.first_arc[state + 1])
        columns = graph.tids[got], graph.arcs[got, 3], graph.weights[got, 2], graph.arcs[got, 0]
        assert list(zip(*columns, strict=True)) == [arc[1:] for arc in expected]
        assert (graph.tids[graph.first_epsilon[state] : graph.first_arc[state + 1]] == 0).all()
        assert (graph.tids[graph.first_arc[state] : graph.first_epsilon[state]] > 0).all()
    emitting = graph.tids > 0
    np.testing.assert_array_equal(graph.arcs[emitting, 1], tid_to_pdf[graph.tids[emitting]])


def test_scores_must_reach_the_greatest_pdf_of_the_graph_not_of_the_model():
    assert prepare_graph(graph_of((0, 2, 0, 0.0, 1), (1, 0, 1, 0.0, 2)), TID_TO_PDF).num_pdfs == 4


@pytest.mark.parametrize("weight", [-1.0, 0.0, 1.0])
def test_a_cycle_without_frames_is_refused_whatever_its_cost(weight):
    with pytest.raises(CortadoError, match="cycle"):
        prepare_graph(graph_of((0, 1, 0, 0.0, 1), (1, 0, 0, weight, 2), (2, 0, 3, 0.0, 1)), TID_TO_PDF)


def test_negative_weights_and_cycles_with_frames_are_accepted():
    prepare_graph(graph_of((0, 0, 0, -2.0, 1), (1, 1, 0, 0.0, 0), (1, 0, 3, -1.0, 2)), TID_TO_PDF)


def test_a_graph_of_another_model_is_refused_by_its_transition_id():
    with pytest.raises(CortadoError, match="transition id 3, the model only 2"):
        prepare_graph(graph_of((0, 3, 0, 0.0, 2)), TID_TO_PDF)


def test_empty_graphs_and_weights_of_minus_infinity_are_refused():
    with pytest.raises(CortadoError, match="0 states"):
        prepare_graph(Fst.from_arcs(0, -1, [], [], [], [], [], []), TID_TO_PDF)
    with pytest.raises(CortadoError, match="-inf"):
        prepare_graph(graph_of((0, 1, 0, -np.inf, 2)), TID_TO_PDF)
