"""HCLG, the decoding graph: HMM states, phones in context, lexicon and grammar composed, determinised and minimised, as Kaldi's mkgraph.sh.

Left out of Kaldi's chain: pushing weights after the first minimisation and removing epsilons locally, which change size and speed little.
"""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import kaldifst

from cortado.errors import CortadoError
from cortado.graph.check import stochasticity
from cortado.graph.context import compose_context
from cortado.graph.exchange import determinize, from_kaldifst, park, to_kaldifst
from cortado.graph.fst import EPSILON, Fst
from cortado.graph.hmm_fst import expand_hmms
from cortado.graph.minimize import minimize
from cortado.graph.self_loops import add_self_loops
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import Tree

Say = Callable[[str], None]


class Scales(NamedTuple):
    """What log probabilities of transitions count: those between states, and those of staying in a state or not."""

    transition: float
    self_loop: float


KALDIS_SCALES = Scales(transition=1.0, self_loop=0.1)


class Hclg(NamedTuple):
    """The graph, transition ids to words, and the labels `disambig_tids` that stood in it for disambiguation symbols before the end."""

    fst: Fst
    disambig_tids: list[int]


def make_hclg(
    lexicon: Fst,
    grammar: Fst,
    disambig_phones: Sequence[int],
    tree: Tree,
    transitions: TransitionModel,
    scales: Scales = KALDIS_SCALES,
    say: Say = lambda line: None,
) -> Hclg:
    """`lexicon`: L_disambig; `grammar`: G, which backs off with #0; `say` is given a line after each step.

    Raises CortadoError when the lexicon and the grammar have no sentence in common.
    """
    steps = _Steps(say)
    fst = _minimal_lg(lexicon, grammar, steps)
    fst, labels = compose_context(fst, disambig_phones, tree.context_width, tree.central_position)
    steps("CLG: context", fst)
    fst, num_disambig = expand_hmms(fst, labels, tree, transitions, scales.transition)
    steps("HCLG: states for phones", fst)
    parked = park(fst)
    del fst
    fst = determinize(parked)
    steps("HCLG: determinized", fst)
    fst.ilabel[fst.ilabel > transitions.num_tids] = EPSILON
    fst = minimize(fst)
    steps("HCLG: minimized", fst)
    fst = add_self_loops(fst, transitions, scales.self_loop)
    steps("HCLG: self-loops", fst)
    return Hclg(fst, list(range(transitions.num_tids + 1, transitions.num_tids + num_disambig + 1)))


def _minimal_lg(lexicon: Fst, grammar: Fst, steps: "_Steps") -> Fst:
    lg = kaldifst.compose(to_kaldifst(lexicon.sorted_by("olabel")), to_kaldifst(grammar.sorted_by("ilabel")))
    if not lg.num_states:
        raise CortadoError("the grammar has no sentence whose words are all in the lexicon")
    fst = from_kaldifst(lg)
    steps("LG: composed", fst)
    del lg
    fst = determinize(park(fst))
    steps("LG: determinized", fst)
    fst = minimize(fst)
    steps("LG: minimized", fst)
    return fst


class _Steps:
    """Says what came out of each step, after how many seconds since the one before, and the costs that `stochasticity` finds."""

    def __init__(self, say: Say):
        self._say = say
        self._last = time.monotonic()

    def __call__(self, name: str, fst: Fst) -> None:
        seconds = time.monotonic() - self._last
        least, greatest = stochasticity(fst)
        self._say(f"{name:<24} {fst.num_states:>9} states {fst.num_arcs:>9} arcs {seconds:6.1f} s, -ln sums {least:.4f} to {greatest:.4f}")
        self._last = time.monotonic()
