"""The beam search frame by frame, compiled: token passing with the cutoffs of Kaldi's lattice-faster-decoder.

Costs are sums of graph weights and of -acoustic_scale * log-likelihood, in float64. `token_of_state` (num_states,) int32 finds the
token of a state: an entry counts only if that token is of this frame and of this state, so it is never cleared.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from cortado.decode.trellis import LINKS, TOKENS, Graph, Trellis, new_trellis, with_room
from cortado.decode.trellis_kernels import prune_all, prune_recent, prune_to_best

BEAM_DELTA = 0.5  # Kaldi's beam_delta: what the beam of the next frame gets beyond a cutoff by number of tokens
NARROWER = 0.8  # by which the beam shrinks until the links are few enough
NARROWEST = 0.01


class SearchOptions(NamedTuple):
    """See DecoderOptions."""

    beam: float
    lattice_beam: float
    max_active: int
    min_active: int
    acoustic_scale: np.float32
    prune_interval: int
    max_links: int


@njit(cache=True, nogil=True)
def search(graph: Graph, log_likes: np.ndarray, options: SearchOptions, token_of_state: np.ndarray) -> tuple[Trellis, bool, bool]:
    """(trellis, whether a final state was reached, whether max_links made it give up tokens); no tokens are in the trellis when none
    lived to the last frame.

    log_likes: (num_frames, num_pdfs) float32. What remains in the trellis lies within the lattice beam of the best path, which ends
    in a final state, or in any if none was reached.
    """
    num_frames, scale, lattice_beam = len(log_likes), options.acoustic_scale, options.lattice_beam
    trellis, cutoff, gave_up = new_trellis(num_frames, graph.start), options.beam, False
    token_of_state[graph.start] = 0
    for frame in range(num_frames + 1):
        if frame > 0:
            trellis, cutoff = _read_frame(graph, trellis, frame, log_likes[frame - 1], options, token_of_state)
        trellis = _close_over_epsilons(graph, trellis, frame, cutoff, token_of_state)
        if frame > 0:
            _drop_poor_links(graph, trellis, frame, log_likes[frame - 1], scale, lattice_beam)
        trellis.first_epsilon_link[frame] = trellis.size[LINKS]
        trellis = _link_epsilons(graph, trellis, frame, cutoff, lattice_beam, token_of_state)
        trellis.first_token[frame + 1], trellis.first_link[frame + 1] = trellis.size[TOKENS], trellis.size[LINKS]
        if trellis.size[TOKENS] == trellis.first_token[frame]:
            trellis.size[:] = 0
            return trellis, False, gave_up
        if 0 < frame < num_frames and frame % options.prune_interval == 0:
            prune_recent(graph, trellis, log_likes, scale, frame, 2 * options.prune_interval, lattice_beam)
            beam = options.beam
            while trellis.size[LINKS] > options.max_links and beam > NARROWEST:
                beam *= NARROWER
                gave_up = True
                prune_to_best(graph, trellis, log_likes, scale, frame, beam)
    return trellis, prune_all(graph, trellis, log_likes, scale, lattice_beam), gave_up


@njit(cache=True, nogil=True)
def _cutoff(costs: np.ndarray, best: float, options: SearchOptions) -> tuple[float, float]:
    """(cost above which tokens are not extended, beam of the next frame): Kaldi's GetCutoff.

    More than max_active tokens: about the max_active-th best. Not more than min_active within the beam: the min_active-th best.
    """
    cutoff, num_below, num_up_to = best + options.beam, 0, 0
    for cost in costs:
        num_below += cost < cutoff
        num_up_to += cost <= cutoff
    if num_below > options.max_active:
        cutoff = np.partition(costs, options.max_active)[options.max_active]
    elif num_up_to > options.min_active:
        return cutoff, options.beam
    elif len(costs) > options.min_active:
        cutoff = np.partition(costs, options.min_active)[options.min_active]
    else:
        cutoff = np.inf
    return cutoff, cutoff - best + BEAM_DELTA


@njit(cache=True, nogil=True)
def _read_frame(graph, trellis, frame, scores, options, token_of_state) -> tuple[Trellis, float]:
    """Extend the tokens of the frame before over the arcs that read `scores` (num_pdfs,); (trellis, cutoff of the new tokens)."""
    scale = options.acoustic_scale
    begin, base = trellis.first_token[frame - 1], trellis.size[TOKENS]
    best = begin + np.argmin(trellis.cost[begin:base])
    cutoff, adaptive_beam = _cutoff(trellis.cost[begin:base], trellis.cost[best], options)
    next_cutoff = _least_next_cost(graph, trellis, best, scores, scale) + adaptive_beam
    num_tokens, num_links = base, trellis.size[LINKS]
    num_arcs = _num_emitting_arcs(graph, trellis, begin, base, cutoff)
    trellis = with_room(trellis, num_tokens + num_arcs, num_links + num_arcs)
    first_arc, first_epsilon, arcs, weights = graph.first_arc, graph.first_epsilon, graph.arcs, graph.weights
    states, costs, sources, targets, link_arcs = trellis.state, trellis.cost, trellis.source, trellis.target, trellis.arc
    for token in range(begin, base):
        cost = costs[token]
        if cost > cutoff:
            continue
        for arc in range(first_arc[states[token]], first_epsilon[states[token]]):
            new_cost = cost + weights[arc, 2] + -scale * scores[arcs[arc, 1]]
            if new_cost >= next_cutoff:
                continue
            next_cutoff = min(next_cutoff, new_cost + adaptive_beam)
            state = arcs[arc, 0]
            target = token_of_state[state]
            if base <= target < num_tokens and states[target] == state:
                if new_cost < costs[target]:
                    costs[target] = new_cost
                elif new_cost > costs[target] + options.lattice_beam:
                    continue
            else:
                target = num_tokens
                num_tokens += 1
                states[target], costs[target], token_of_state[state] = state, new_cost, target
            sources[num_links], targets[num_links], link_arcs[num_links] = token, target, arc
            num_links += 1
    trellis.size[TOKENS], trellis.size[LINKS] = num_tokens, num_links
    return trellis, next_cutoff


@njit(cache=True, nogil=True)
def _least_next_cost(graph, trellis, token, scores, scale) -> float:
    """The least cost that the best token leads to: a bound that is near the final one spares most tokens beyond it."""
    least, cost, state = np.inf, trellis.cost[token], trellis.state[token]
    arcs, weights = graph.arcs, graph.weights
    for arc in range(graph.first_arc[state], graph.first_epsilon[state]):
        least = min(least, cost + weights[arc, 2] + -scale * scores[arcs[arc, 1]])
    return least


@njit(cache=True, nogil=True)
def _num_emitting_arcs(graph, trellis, begin, end, cutoff) -> int:
    """How many arcs read a frame from the tokens within the cutoff: as many tokens and links may be added."""
    first_arc, first_epsilon, states, costs = graph.first_arc, graph.first_epsilon, trellis.state, trellis.cost
    num_arcs = 0
    for token in range(begin, end):
        if costs[token] <= cutoff:
            num_arcs += first_epsilon[states[token]] - first_arc[states[token]]
    return num_arcs


@njit(cache=True, nogil=True)
def _close_over_epsilons(graph, trellis, frame, cutoff, token_of_state) -> Trellis:
    """Add what the tokens of `frame` reach without reading a frame, and improve their costs until nothing changes."""
    while not _relax_epsilons(graph, trellis, frame, cutoff, token_of_state):
        trellis = with_room(trellis, 2 * len(trellis.state), 0)
    return trellis


@njit(cache=True, nogil=True)
def _relax_epsilons(graph, trellis, frame, cutoff, token_of_state) -> bool:
    """As _close_over_epsilons; False when it stopped for lack of room, to be called again."""
    first_arc, first_epsilon, arcs, weights = graph.first_arc, graph.first_epsilon, graph.arcs, graph.weights
    states, costs, stack = trellis.state, trellis.cost, trellis.stack
    base, num_tokens, top = trellis.first_token[frame], trellis.size[TOKENS], 0
    for token in range(base, num_tokens):
        if first_epsilon[states[token]] < first_arc[states[token] + 1] and costs[token] < cutoff:
            stack[top] = token
            top += 1
    while top > 0:
        top -= 1
        token = stack[top]
        first, end = first_epsilon[states[token]], first_arc[states[token] + 1]
        if max(top, num_tokens) + end - first > len(states):
            trellis.size[TOKENS] = num_tokens
            return False
        for arc in range(first, end):
            new_cost = costs[token] + weights[arc, 2]
            if new_cost >= cutoff:
                continue
            state = arcs[arc, 0]
            target = token_of_state[state]
            if base <= target < num_tokens and states[target] == state:
                if new_cost >= costs[target]:
                    continue
                costs[target] = new_cost
            else:
                target = num_tokens
                num_tokens += 1
                states[target], costs[target], token_of_state[state] = state, new_cost, target
            if first_epsilon[state] < first_arc[state + 1]:
                stack[top] = target
                top += 1
    trellis.size[TOKENS] = num_tokens
    return True


@njit(cache=True, nogil=True)
def _drop_poor_links(graph, trellis, frame, scores, scale, lattice_beam) -> None:
    """Forget links into `frame` that are worse than their token, whose cost has come down since, by more than the lattice beam."""
    arcs, weights = graph.arcs, graph.weights
    costs, sources, targets, link_arcs = trellis.cost, trellis.source, trellis.target, trellis.arc
    kept = trellis.first_link[frame]
    for link in range(kept, trellis.size[LINKS]):
        source, target, arc = sources[link], targets[link], link_arcs[link]
        if costs[source] + weights[arc, 2] + -scale * scores[arcs[arc, 1]] - costs[target] <= lattice_beam:
            sources[kept], targets[kept], link_arcs[kept] = source, target, arc
            kept += 1
    trellis.size[LINKS] = kept


@njit(cache=True, nogil=True)
def _link_epsilons(graph, trellis, frame, cutoff, lattice_beam, token_of_state) -> Trellis:
    """Add the links without a frame between the tokens of `frame`, once their costs are settled."""
    first_arc, first_epsilon, arcs, weights = graph.first_arc, graph.first_epsilon, graph.arcs, graph.weights
    base, num_tokens, num_links = trellis.first_token[frame], trellis.size[TOKENS], trellis.size[LINKS]
    num_arcs = 0
    for token in range(base, num_tokens):
        num_arcs += first_arc[trellis.state[token] + 1] - first_epsilon[trellis.state[token]]
    trellis = with_room(trellis, 0, num_links + num_arcs)
    states, costs, sources, targets, link_arcs = trellis.state, trellis.cost, trellis.source, trellis.target, trellis.arc
    for token in range(base, num_tokens):
        if costs[token] >= cutoff:
            continue
        for arc in range(first_epsilon[states[token]], first_arc[states[token] + 1]):
            new_cost = costs[token] + weights[arc, 2]
            if new_cost < cutoff:
                target = token_of_state[arcs[arc, 0]]
                if new_cost - costs[target] <= lattice_beam:
                    sources[num_links], targets[num_links], link_arcs[num_links] = token, target, arc
                    num_links += 1
    trellis.size[LINKS] = num_links
    return trellis
