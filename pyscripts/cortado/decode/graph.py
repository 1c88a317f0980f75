"""A decoding graph laid out for the beam search: the arcs that read a frame first, and the pdf in the arc."""

from dataclasses import dataclass

import numpy as np

from cortado.decode.graph_kernels import emitting_first, has_epsilon_cycle
from cortado.errors import CortadoError
from cortado.graph.fst import Fst


@dataclass(frozen=True)
class DecodingGraph:
    """S states and E arcs. The arcs of state s are first_arc[s] to first_arc[s + 1] - 1, from first_epsilon[s] on those without a frame.

    first_arc (S + 1,), first_epsilon (S,), tids (E,): int32, tids 0 for arcs without a frame
    arcs: (E, 4) int32: next state, pdf, the bits of the float32 weight, word (0: none); one cache line holds four arcs
    final: (S,) float32, +inf where not final
    num_pdfs: the scores of a frame must be at least that many
    """

    start: int
    first_arc: np.ndarray
    first_epsilon: np.ndarray
    arcs: np.ndarray
    tids: np.ndarray
    final: np.ndarray
    num_pdfs: int

    @property
    def num_states(self) -> int:
        return len(self.final)

    @property
    def weights(self) -> np.ndarray:
        """(E, 4) float32: the same memory as `arcs`; its third column is the weight."""
        return self.arcs.view(np.float32)


def prepare_graph(fst: Fst, tid_to_pdf: np.ndarray) -> DecodingGraph:
    """Lay out HCLG, whose input labels are transition ids; tid_to_pdf (num_tids + 1,) gives their pdfs, entry 0 is not used.

    Raises CortadoError when the graph is empty, has a transition id that the model has not, a weight of -inf, or a cycle of arcs
    without frames: lattices would be cyclic, and with a negative cost the search would not end.
    """
    if fst.num_states == 0 or fst.num_arcs >= 2**31:
        raise CortadoError(f"the decoding graph has {fst.num_states} states and {fst.num_arcs} arcs; 1 to 2^31 - 1 of each can be searched")
    if fst.num_arcs and not fst.ilabel.max() < len(tid_to_pdf):
        raise CortadoError(
            f"the decoding graph has transition id {fst.ilabel.max()}, the model only {len(tid_to_pdf) - 1}; make it anew with this model"
        )
    if np.isneginf(fst.weight).any() or np.isneginf(fst.final).any():
        raise CortadoError("the decoding graph has a weight of -inf")
    order, first_epsilon = emitting_first(fst.first_arc, fst.ilabel)
    tids = fst.ilabel[order]
    arcs = np.empty((fst.num_arcs, 4), np.int32)
    arcs[:, 0] = fst.nextstate[order]
    arcs[:, 1] = np.asarray(tid_to_pdf, np.int32)[tids]
    arcs[:, 2] = fst.weight[order].view(np.int32)
    arcs[:, 3] = fst.olabel[order]
    first_arc = fst.first_arc.astype(np.int32)
    if has_epsilon_cycle(first_arc, first_epsilon, arcs):
        raise CortadoError(
            "the decoding graph has a cycle of arcs without frames (a word without phones, or a loop of backoffs, in L or G)"
        )
    num_pdfs = int(arcs[tids > 0, 1].max(initial=-1)) + 1
    return DecodingGraph(fst.start, first_arc, first_epsilon, arcs, tids, fst.final, num_pdfs)
