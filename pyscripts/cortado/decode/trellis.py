"""Tokens and links of a beam search in arrays that compiled code grows."""

from typing import NamedTuple

import numpy as np
from numba import njit

TOKENS, LINKS = 0, 1  # places in `size`


class Graph(NamedTuple):
    """A DecodingGraph as compiled code takes it; `weights` is the memory of `arcs` seen as float32.

    Compiled loops read the arrays of this and of Trellis into variables first, and give these no new value: either would count
    references in the loop, at ten times its cost.
    """

    start: int
    first_arc: np.ndarray
    first_epsilon: np.ndarray
    arcs: np.ndarray
    weights: np.ndarray
    final: np.ndarray


class Trellis(NamedTuple):
    """A token is a graph state after a number of frames, a link an arc of the graph between two tokens.

    Tokens: state int32; cost float64, of the best way to it; extra float64, by how much the best complete path through it is worse
    than the best of all (set by pruning). Tokens after `frame` frames are first_token[frame] to first_token[frame + 1] - 1.
    Links: source, target, arc int32. Links into the tokens of `frame` are first_link[frame] to first_link[frame + 1] - 1, from
    first_epsilon_link[frame] on those without a frame, whose source is a token of the same frame.
    Only the first size[TOKENS] tokens and size[LINKS] links are in use. stack: int32, as long as there is room for tokens.
    """

    state: np.ndarray
    cost: np.ndarray
    extra: np.ndarray
    source: np.ndarray
    target: np.ndarray
    arc: np.ndarray
    first_token: np.ndarray
    first_link: np.ndarray
    first_epsilon_link: np.ndarray
    size: np.ndarray
    stack: np.ndarray


@njit(cache=True, nogil=True)
def new_trellis(num_frames: int, start: int) -> Trellis:
    """Room for some tokens and links, and the token of the start state in it."""
    num_tokens, num_links = 1 << 14, 1 << 15
    trellis = Trellis(
        np.empty(num_tokens, np.int32),
        np.empty(num_tokens, np.float64),
        np.empty(num_tokens, np.float64),
        np.empty(num_links, np.int32),
        np.empty(num_links, np.int32),
        np.empty(num_links, np.int32),
        np.zeros(num_frames + 2, np.int64),
        np.zeros(num_frames + 2, np.int64),
        np.zeros(num_frames + 2, np.int64),
        np.zeros(2, np.int64),
        np.empty(num_tokens, np.int32),
    )
    trellis.state[0], trellis.cost[0] = start, 0.0
    trellis.size[TOKENS] = 1
    return trellis


@njit(cache=True, nogil=True)
def with_room(trellis: Trellis, num_tokens: int, num_links: int) -> Trellis:
    """The same trellis in arrays that hold at least so many tokens and links."""
    if num_tokens <= len(trellis.state) and num_links <= len(trellis.source):
        return trellis
    token_room, link_room = len(trellis.state), len(trellis.source)
    while token_room < num_tokens:
        token_room *= 2
    while link_room < num_links:
        link_room *= 2
    return Trellis(
        grown(trellis.state, token_room),
        grown(trellis.cost, token_room),
        grown(trellis.extra, token_room),
        grown(trellis.source, link_room),
        grown(trellis.target, link_room),
        grown(trellis.arc, link_room),
        trellis.first_token,
        trellis.first_link,
        trellis.first_epsilon_link,
        trellis.size,
        grown(trellis.stack, token_room),
    )


@njit(cache=True, nogil=True)
def grown(array: np.ndarray, room: int) -> np.ndarray:
    """`array`, or a longer copy of it when it has less than `room` entries."""
    if len(array) >= room:
        return array
    longer = np.empty(room, array.dtype)
    longer[: len(array)] = array
    return longer
