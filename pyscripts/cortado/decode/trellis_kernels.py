"""Pruning of a trellis to the lattice beam, compiled: what no path within the beam goes through is forgotten."""

import numpy as np
from numba import njit

from cortado.decode.trellis import LINKS, TOKENS, Graph, Trellis


@njit(cache=True, nogil=True)
def prune_recent(graph: Graph, trellis: Trellis, log_likes, scale, last_frame: int, num_frames: int, lattice_beam: float) -> None:
    """Prune the last `num_frames` before `last_frame`, the frame reached so far, each of whose tokens may yet be on the best path.

    This is only ever less than prune_all takes away in the end, so how often it is done changes memory and not the lattice.
    """
    first_frame = max(1, last_frame - num_frames)
    trellis.extra[trellis.first_token[last_frame] : trellis.size[TOKENS]] = 0.0
    excess = _link_excesses(graph, trellis, log_likes, scale, first_frame, last_frame)
    _set_extra_costs(trellis, excess, first_frame, last_frame)
    _compact(trellis, excess, first_frame, last_frame, lattice_beam)


@njit(cache=True, nogil=True)
def prune_to_best(graph: Graph, trellis: Trellis, log_likes, scale, last_frame: int, beam: float) -> None:
    """Keep only what is within `beam` of the best path to `last_frame`, among its tokens, too: the search goes on from those."""
    last = slice(trellis.first_token[last_frame], trellis.size[TOKENS])
    trellis.extra[last] = trellis.cost[last] - trellis.cost[last].min()
    excess = _link_excesses(graph, trellis, log_likes, scale, 0, last_frame)
    _set_extra_costs(trellis, excess, 0, last_frame)
    _compact(trellis, excess, 0, last_frame, beam)


@njit(cache=True, nogil=True)
def prune_all(graph: Graph, trellis: Trellis, log_likes, scale, lattice_beam: float) -> bool:
    """Prune by complete paths: those that end in a final state, or all if there is none. Returns whether there is one."""
    num_frames = len(log_likes)
    last = slice(trellis.first_token[num_frames], trellis.size[TOKENS])
    ends = trellis.cost[last] + graph.final[trellis.state[last]]
    reached_final = ends.min() < np.inf
    trellis.extra[last] = ends - ends.min() if reached_final else trellis.cost[last] - trellis.cost[last].min()
    excess = _link_excesses(graph, trellis, log_likes, scale, 0, num_frames)
    _set_extra_costs(trellis, excess, 0, num_frames)
    _compact(trellis, excess, 0, num_frames, lattice_beam)
    return reached_final


@njit(cache=True, nogil=True)
def _link_excesses(graph, trellis, log_likes, scale, first_frame, last_frame) -> np.ndarray:
    """By how much the way over each link since `first_frame` is worse than the best way to its target: (num_links,) float64."""
    arcs, weights = graph.arcs, graph.weights
    costs, sources, targets, link_arcs = trellis.cost, trellis.source, trellis.target, trellis.arc
    first = trellis.first_link[first_frame]
    excess = np.empty(trellis.first_link[last_frame + 1] - first)
    for frame in range(first_frame, last_frame + 1):
        first_epsilon_link = trellis.first_epsilon_link[frame]
        for link in range(trellis.first_link[frame], trellis.first_link[frame + 1]):
            arc = link_arcs[link]
            cost = costs[sources[link]] + weights[arc, 2]
            if link < first_epsilon_link:
                cost += -scale * log_likes[frame - 1, arcs[arc, 1]]
            excess[link - first] = max(0.0, cost - costs[targets[link]])
    return excess


@njit(cache=True, nogil=True)
def _set_extra_costs(trellis, excess, first_frame, last_frame) -> None:
    """From the extra costs of the last frame's tokens (before epsilons) those of all since `first_frame`."""
    extras, sources, targets = trellis.extra, trellis.source, trellis.target
    base, origin = trellis.first_token[first_frame], trellis.first_link[first_frame]
    extras[base : trellis.first_token[last_frame]] = np.inf
    for frame in range(last_frame, first_frame - 1, -1):
        first, first_epsilon_link, end = trellis.first_link[frame], trellis.first_epsilon_link[frame], trellis.first_link[frame + 1]
        changed = True
        while changed:
            changed = False
            for link in range(end - 1, first_epsilon_link - 1, -1):
                extra = extras[targets[link]] + excess[link - origin]
                if extra < extras[sources[link]]:
                    extras[sources[link]] = extra
                    changed = True
        for link in range(first, first_epsilon_link):
            source = sources[link]
            if source >= base:
                extras[source] = min(extras[source], extras[targets[link]] + excess[link - origin])


@njit(cache=True, nogil=True)
def _compact(trellis, excess, first_frame, last_frame, lattice_beam) -> None:
    """Keep the tokens and links since `first_frame` whose extra cost is within the beam, and move them together."""
    extras, sources, targets, link_arcs = trellis.extra, trellis.source, trellis.target, trellis.arc
    base, origin = trellis.first_token[first_frame], trellis.first_link[first_frame]
    moved_to = _new_places(trellis, base, lattice_beam)
    kept = origin
    for frame in range(first_frame, last_frame + 1):
        first, first_epsilon_link, end = trellis.first_link[frame], trellis.first_epsilon_link[frame], trellis.first_link[frame + 1]
        trellis.first_link[frame] = kept
        for link in range(first, end):
            if link == first_epsilon_link:
                trellis.first_epsilon_link[frame] = kept
            source, target = sources[link], targets[link]
            if extras[target] + excess[link - origin] <= lattice_beam:
                sources[kept] = moved_to[source - base] if source >= base else source
                targets[kept], link_arcs[kept] = moved_to[target - base], link_arcs[link]
                kept += 1
        if first_epsilon_link == end:
            trellis.first_epsilon_link[frame] = kept
    trellis.first_link[last_frame + 1] = trellis.size[LINKS] = kept
    _move_tokens(trellis, first_frame, last_frame, lattice_beam)


@njit(cache=True, nogil=True)
def _new_places(trellis, base, lattice_beam) -> np.ndarray:
    """Where each token from `base` on will be: (size - base,) int32, -1 for those to forget."""
    extras = trellis.extra
    moved_to = np.empty(trellis.size[TOKENS] - base, np.int32)
    place = base
    for token in range(base, trellis.size[TOKENS]):
        moved_to[token - base] = -1
        if extras[token] <= lattice_beam:
            moved_to[token - base] = place
            place += 1
    return moved_to


@njit(cache=True, nogil=True)
def _move_tokens(trellis, first_frame, last_frame, lattice_beam) -> None:
    states, costs, extras = trellis.state, trellis.cost, trellis.extra
    place = trellis.first_token[first_frame]
    for frame in range(first_frame, last_frame + 1):
        first, end = trellis.first_token[frame], trellis.first_token[frame + 1]
        trellis.first_token[frame] = place
        for token in range(first, end):
            if extras[token] <= lattice_beam:
                states[place], costs[place], extras[place] = states[token], costs[token], extras[token]
                place += 1
    trellis.first_token[last_frame + 1] = trellis.size[TOKENS] = place
