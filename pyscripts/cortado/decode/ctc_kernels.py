"""The prefix beam search, compiled; ctc.py has its interface.

Prefixes are token sequences without blanks, kept in a tree, a node each. In every frame each prefix of the beam stays, by a blank or its
last token once more, or grows by a token; paths that come to the same prefix are summed. Blank and other endings are kept apart, for a
token may come twice in a row only with a blank between.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from cortado.decode.ctc_spelling import NO_WORD, Spellings, Units
from cortado.lm.word_automaton import NO_STATE, WordArcs, advance, find

NOT_SPELLED = -1  # the place in Spellings of a prefix whose last word begins as no word of the model does
NO_NODE = -1
BLANK = 0


class SearchOptions(NamedTuple):
    """beam: prefixes kept in each frame. lm_weight: of the language model's ln p. oov_cost: nats that a word outside the model costs beside
    the probability of `unknown`, the number of their class; +inf where there shall be none.
    """

    beam: int
    lm_weight: float
    oov_cost: float
    unknown: int


class Prefixes(NamedTuple):
    """The tree; of each node: (num_nodes,). Node 0 is the empty prefix.

    parent, token, first_child, next_sibling: int32, the shape of the tree; spelled: int32, where in Spellings its last word has come
    log_lm: ln p of the words that are complete, and state: the model's state behind them
    end_log_lm, end_state: the same with the last word taken as complete; -inf where it cannot be
    """

    parent: np.ndarray
    token: np.ndarray
    first_child: np.ndarray
    next_sibling: np.ndarray
    spelled: np.ndarray
    log_lm: np.ndarray
    state: np.ndarray
    end_log_lm: np.ndarray
    end_state: np.ndarray


class Beam(NamedTuple):
    """nodes (n,) int32, and ln p of their paths that end in a blank, and of the others; (n,) float64 each."""

    nodes: np.ndarray
    blank: np.ndarray
    other: np.ndarray


class Candidates(NamedTuple):
    """What may be in the next beam: place in the beam, token added (BLANK: none), score by which it is judged, and as in Beam."""

    slots: np.ndarray
    tokens: np.ndarray
    scores: np.ndarray
    blank: np.ndarray
    other: np.ndarray


@njit(cache=True, nogil=True)
def search(
    log_posteriors: np.ndarray, units: Units, spellings: Spellings, arcs: WordArcs, start: int, end_word: int, options: SearchOptions
) -> tuple[Prefixes, np.ndarray, np.ndarray, np.ndarray]:
    """log_posteriors (num_frames, num_classes) -> the tree, the nodes of the last beam, their ln p by the network, and by the language model
    as sentences, -inf for what is none.
    """
    num_frames, num_classes = log_posteriors.shape
    tree = _empty_tree(1 + num_frames * options.beam)
    tree.state[0], tree.end_state[0] = start, start
    num_nodes = 1
    beam = Beam(np.zeros(1, np.int32), np.zeros(1), np.full(1, -np.inf))
    slot_of_node = np.full(len(tree.parent), NO_NODE, np.int32)
    space = options.beam * num_classes
    candidates = Candidates(np.empty(space, np.int32), np.empty(space, np.int32), np.empty(space), np.empty(space), np.empty(space))
    for frame in range(num_frames):
        for slot, node in enumerate(beam.nodes):
            slot_of_node[node] = slot
        is_in_beam = np.zeros((len(beam.nodes), num_classes), np.bool_)
        count, least = _stay(log_posteriors[frame], beam, tree, slot_of_node, options, candidates, is_in_beam)
        count = _grow_all(log_posteriors[frame], beam, tree, units, spellings, options, candidates, is_in_beam, count, least)
        for node in beam.nodes:
            slot_of_node[node] = NO_NODE
        beam, num_nodes = _next_beam(candidates, count, beam, tree, num_nodes, units, spellings, arcs, options)
    return _sentences(tree, beam, arcs, end_word)


@njit(cache=True, nogil=True)
def _empty_tree(size: int) -> Prefixes:
    """Room for `size` nodes, of which the first is there."""
    parent, first_child, next_sibling = np.full(size, NO_NODE, np.int32), np.full(size, NO_NODE, np.int32), np.full(size, NO_NODE, np.int32)
    token, spelled = np.zeros(size, np.int32), np.zeros(size, np.int32)
    state, end_state = np.zeros(size, np.int32), np.zeros(size, np.int32)
    return Prefixes(parent, token, first_child, next_sibling, spelled, np.zeros(size), state, np.zeros(size), end_state)


@njit(cache=True, nogil=True)
def _stay(log_posterior, beam, tree, slot_of_node, options, candidates, is_in_beam) -> tuple[int, float]:
    """Fill `candidates` with the prefixes of the beam, and mark in is_in_beam[slot, token] those that are another one's longer by a token.

    Returns how many candidates there are, and the least score that one needs beside them.
    """
    count, least = 0, np.inf
    for slot, node in enumerate(beam.nodes):
        token = tree.token[node]
        blank = _log_add(beam.blank[slot], beam.other[slot]) + log_posterior[BLANK]
        other = -np.inf
        if token != BLANK:
            other = beam.other[slot] + log_posterior[token]
            parent_slot = slot_of_node[tree.parent[node]]
            if parent_slot != NO_NODE:
                is_in_beam[parent_slot, token] = True
                other = _log_add(other, _before(beam, tree, parent_slot, token) + log_posterior[token])
        score = _log_add(blank, other) + options.lm_weight * tree.log_lm[node]
        count, least = _add(candidates, count, slot, BLANK, score, blank, other), min(least, score)
    return count, least if len(beam.nodes) == options.beam else -np.inf


@njit(cache=True, nogil=True)
def _grow_all(log_posterior, beam, tree, units, spellings, options, candidates, is_in_beam, count: int, least: float) -> int:
    """Add to the `count` candidates those that are longer by a token, and not in the beam; how many there are then."""
    for slot, node in enumerate(beam.nodes):
        for token in range(1, len(log_posterior)):
            log_lm = tree.end_log_lm[node] if units.begins_word[token] else tree.log_lm[node]
            if is_in_beam[slot, token] or log_lm == -np.inf:
                continue
            other = _before(beam, tree, slot, token) + log_posterior[token]
            score = other + options.lm_weight * log_lm
            if score < least:
                continue
            if options.oov_cost == np.inf and _spell(tree.spelled[node], token, units, spellings) == NOT_SPELLED:
                continue
            count = _add(candidates, count, slot, token, score, -np.inf, other)
    return count


@njit(cache=True, nogil=True)
def _log_add(x: float, y: float) -> float:
    """ln(exp(x) + exp(y))."""
    greater, smaller = max(x, y), min(x, y)
    return greater if smaller == -np.inf else greater + math.log1p(math.exp(smaller - greater))


@njit(cache=True, nogil=True)
def _before(beam, tree, slot: int, token: int) -> float:
    """ln p of the paths of a prefix that `token` makes longer: those behind a blank alone where it is the last token once more."""
    if tree.token[beam.nodes[slot]] == token:
        return beam.blank[slot]
    return _log_add(beam.blank[slot], beam.other[slot])


@njit(cache=True, nogil=True)
def _add(candidates, count: int, slot: int, token: int, score: float, blank: float, other: float) -> int:
    """Unless its probability is zero; how many there are then."""
    if score == -np.inf:
        return count
    candidates.slots[count], candidates.tokens[count] = slot, token
    candidates.scores[count], candidates.blank[count], candidates.other[count] = score, blank, other
    return count + 1


@njit(cache=True, nogil=True)
def _spell(spelled: int, token: int, units, spellings) -> int:
    """Where in Spellings a prefix has come when `token` is added."""
    if units.begins_word[token]:
        spelled = 0
    for place in range(units.first_letter[token], units.first_letter[token + 1]):
        if spelled != NOT_SPELLED:
            found = find(spellings.keys, spelled * units.num_letters + units.letters[place])
            spelled = spellings.targets[found] if found >= 0 else NOT_SPELLED
    return spelled


@njit(cache=True, nogil=True)
def _next_beam(candidates, count: int, beam, tree, num_nodes: int, units, spellings, arcs, options) -> tuple[Beam, int]:
    """The best candidates, those that have grown with nodes of their own; how many nodes there are then."""
    order = np.argsort(-candidates.scores[:count])[: options.beam]
    nodes = np.empty(len(order), np.int32)
    for place, candidate in enumerate(order):
        parent, token = beam.nodes[candidates.slots[candidate]], candidates.tokens[candidate]
        nodes[place] = parent
        if token != BLANK:
            nodes[place] = _child(tree, parent, token)
            if nodes[place] == NO_NODE:
                _grow(tree, num_nodes, parent, token, units, spellings, arcs, options)
                nodes[place] = num_nodes
                num_nodes += 1
    return Beam(nodes, candidates.blank[order], candidates.other[order]), num_nodes


@njit(cache=True, nogil=True)
def _child(tree, parent: int, token: int) -> int:
    node = tree.first_child[parent]
    while node != NO_NODE and tree.token[node] != token:
        node = tree.next_sibling[node]
    return node


@njit(cache=True, nogil=True)
def _grow(tree, node: int, parent: int, token: int, units, spellings, arcs, options) -> None:
    """Make `node` the child of `parent` by `token`."""
    tree.parent[node], tree.token[node] = parent, token
    tree.next_sibling[node], tree.first_child[parent] = tree.first_child[parent], node
    tree.spelled[node] = _spell(tree.spelled[parent], token, units, spellings)
    if units.begins_word[token]:
        tree.log_lm[node], tree.state[node] = tree.end_log_lm[parent], tree.end_state[parent]
    else:
        tree.log_lm[node], tree.state[node] = tree.log_lm[parent], tree.state[parent]
    log_prob, state = _end_word(tree.spelled[node], tree.state[node], spellings, arcs, options)
    tree.end_log_lm[node], tree.end_state[node] = tree.log_lm[node] + log_prob, state


@njit(cache=True, nogil=True)
def _end_word(spelled: int, state: int, spellings, arcs, options) -> tuple[float, int]:
    """advance() by the word that ends at `spelled`; between words nothing ends, and nothing changes."""
    if spelled == 0:
        return 0.0, state
    if spelled != NOT_SPELLED and spellings.words[spelled] != NO_WORD:
        return advance(arcs, state, spellings.words[spelled])
    if options.oov_cost == np.inf:
        return -np.inf, NO_STATE
    log_prob, state = advance(arcs, state, options.unknown)
    return log_prob - options.oov_cost, state


@njit(cache=True, nogil=True)
def _sentences(tree, beam, arcs, end_word: int):
    """What search() returns."""
    log_ctc, log_lm = np.empty(len(beam.nodes)), np.empty(len(beam.nodes))
    for slot, node in enumerate(beam.nodes):
        log_ctc[slot] = _log_add(beam.blank[slot], beam.other[slot])
        log_lm[slot] = tree.end_log_lm[node]
        if log_lm[slot] > -np.inf:
            log_lm[slot] += advance(arcs, tree.end_state[node], end_word)[0]
    return tree, beam.nodes, log_ctc, log_lm
