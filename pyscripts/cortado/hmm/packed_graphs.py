"""Training graphs of several utterances as flat arrays, state after state, in the form the Viterbi kernel walks through.

Most states are entered from themselves and from the state before alone. Those two arcs have a column each; what is left (loops of
silence, junctions of words, skips) lies in lists by the state it leads to.
"""

from typing import NamedTuple

import numpy as np

from cortado.hmm.transition_model import TransitionModel

MOST_EXTRA = 253  # arcs in a state's list: a back pointer is a uint8, and 0 and 1 are the loop and the arc from the state before


class PackedGraphs(NamedTuple):
    """U utterances with S states and E extra arcs together. States within an utterance count from 0; tid 0 means "no such arc".

    Costs are negative natural logs of pronunciation and silence probabilities; those of transitions are looked up by tid. The tid
    of an arc into a state is of the HMM state it leaves; that of an end leaves the last state of all.
    """

    state_offsets: np.ndarray  # (U + 1,) int64: states of utterance u are state_offsets[u] to state_offsets[u + 1]
    pdf: np.ndarray  # (S,) int32
    self_loop_tid: np.ndarray  # (S,) int32
    chain_tid: np.ndarray  # (S,) int32: of the arc from the state before
    chain_cost: np.ndarray  # (S,) float32
    extra_offsets: np.ndarray  # (S + 1,) int64: extra arcs into a state
    extra_source: np.ndarray  # (E,) int32
    extra_tid: np.ndarray  # (E,) int32
    extra_cost: np.ndarray  # (E,) float32
    start_cost: np.ndarray  # (S,) float32: inf where no path begins
    final_tid: np.ndarray  # (S,) int32
    final_cost: np.ndarray  # (S,) float32
    furthest: np.ndarray  # (S,) int32: no arc from this state or one before leads further
    nearest: np.ndarray  # (S,) int32: no arc from this state or one after leads further back


class ArcScores(NamedTuple):
    """The log weights of the arcs of PackedGraphs in its order, float32; -inf where there is none."""

    self_loop: np.ndarray
    chain: np.ndarray
    extra: np.ndarray
    start: np.ndarray
    final: np.ndarray


class Scales(NamedTuple):
    """How the parts of a path's score are weighed, with Kaldi's values for training.

    Scores are divided by `acoustic`, so that a beam is in nats of acoustic log-likelihood: Kaldi's beam 10 is 100 here.
    """

    acoustic: float = 0.1
    transition: float = 1.0
    self_loop: float = 0.1


def score_arcs(graphs: PackedGraphs, transitions: TransitionModel, scales: Scales) -> ArcScores:
    """What the arcs weigh under the probabilities of `transitions`."""
    of_tid = scaled_log_probs(transitions, scales) / scales.acoustic

    def score(tids: np.ndarray, costs: np.ndarray | float) -> np.ndarray:
        return np.where(tids > 0, of_tid[tids] - costs / scales.acoustic, -np.inf).astype(np.float32)

    return ArcScores(
        self_loop=score(graphs.self_loop_tid, 0.0),
        chain=score(graphs.chain_tid, graphs.chain_cost),
        extra=score(graphs.extra_tid, graphs.extra_cost),
        start=-graphs.start_cost / np.float32(scales.acoustic),
        final=score(graphs.final_tid, graphs.final_cost),
    )


def scaled_log_probs(transitions: TransitionModel, scales: Scales) -> np.ndarray:
    """Log-probability of each transition id, (num_tids + 1,) float64, weighed as Kaldi's AddTransitionProbs does: staying or leaving by
    `self_loop`, and where to go when leaving by `transition`.
    """
    log_probs = transitions.log_probs.astype(np.float64)
    leave = transitions.non_self_loop_log_prob(transitions.tid_to_state)
    scaled = scales.self_loop * leave + scales.transition * (log_probs - leave)
    return np.where(transitions.tid_is_self_loop, scales.self_loop * log_probs, scaled)


def shortest_path(graphs: PackedGraphs, utterance: int) -> int:
    """The fewest frames in which an utterance can be said. Arcs that lead back shorten no path, so one pass in their order is enough."""
    first, last = graphs.state_offsets[utterance : utterance + 2].tolist()
    frames = np.full(last - first, np.inf)
    for state in range(last - first):
        if graphs.start_cost[first + state] < np.inf:
            frames[state] = 1
        if graphs.chain_tid[first + state]:
            frames[state] = min(frames[state], frames[state - 1] + 1)
        for source in graphs.extra_source[graphs.extra_offsets[first + state] : graphs.extra_offsets[first + state + 1]]:
            frames[state] = min(frames[state], frames[source] + 1)
    return int(frames[graphs.final_tid[first:last] > 0].min())
