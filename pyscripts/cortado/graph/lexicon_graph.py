"""L as a graph."""

import numpy as np

from cortado.graph.fst import NOT_FINAL, Fst
from cortado.lang.lang import Lang
from cortado.lang.lexicon_fst import lexicon_fst


def lexicon_graph(lang: Lang, disambig: bool) -> Fst:
    """L, or with `disambig` L_disambig, sorted by output label so that it can be composed with a grammar."""
    arcs = lexicon_fst(lang, disambig)
    final = np.full(arcs.num_states, NOT_FINAL)
    final[arcs.final] = 0
    return Fst.from_arcs(arcs.num_states, 0, arcs.src, arcs.ilabel, arcs.olabel, arcs.weight, arcs.dst, final).sorted_by("olabel")
