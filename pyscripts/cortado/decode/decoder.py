"""Beam search over a decoding graph: scores of an utterance in, its lattice out.

As Kaldi's lattice-faster-decoder decodes, with the same cutoffs; the search itself is compiled and runs without the interpreter lock.
"""

import threading
from dataclasses import dataclass

import numpy as np

from cortado.decode.graph import DecodingGraph
from cortado.decode.lattice import Lattice
from cortado.decode.search_kernels import SearchOptions, search
from cortado.decode.trellis import LINKS, TOKENS, Graph, Trellis
from cortado.errors import ConfigError, CortadoError


@dataclass(frozen=True)
class DecoderOptions:
    """beam, lattice_beam: in costs, after acoustic_scale. lattice_beam 0 finds the best path alone.

    max_active, min_active: tokens of a frame that are extended, whatever the beam. prune_interval: frames between two prunings, which
    bound memory and change nothing else. max_links: when more links than this are left by a pruning, the tokens furthest from the best
    are given up until they are fewer; five million take up to 300 MB, and only scores that say nothing ever need so many.
    """

    beam: float = 13.0
    lattice_beam: float = 6.0
    max_active: int = 7000
    min_active: int = 200
    acoustic_scale: float = 1 / 12
    prune_interval: int = 50
    max_links: int = 5_000_000

    def __post_init__(self):
        for name in ("beam", "acoustic_scale", "max_active", "prune_interval", "max_links"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name} is {getattr(self, name)}, but must be greater than 0")
        if not self.lattice_beam >= 0:
            raise ConfigError(f"lattice_beam is {self.lattice_beam}, but must be at least 0")
        if not 0 <= self.min_active <= self.max_active:
            raise ConfigError(f"min_active is {self.min_active}, but must lie between 0 and max_active, {self.max_active}")


@dataclass(frozen=True)
class Decoding:
    """What came of one utterance.

    lattice: all paths within the lattice beam of the best one, state by state, acoustic costs without acoustic_scale; None when no path
    lived to the last frame. reached_final: whether its paths end in final states of the graph; if not, they end anywhere.
    gave_up: whether tokens within the beam were given up to bound memory.
    """

    utterance: str
    num_frames: int
    lattice: Lattice | None
    reached_final: bool
    gave_up: bool


class Decoder:
    """Decode utterances on one graph. Threads may share it: each gets its own table of the graph's states, 4 bytes a state."""

    def __init__(self, graph: DecodingGraph, options: DecoderOptions):
        self.graph, self.options = graph, options
        self._arrays = Graph(graph.start, graph.first_arc, graph.first_epsilon, graph.arcs, graph.weights, graph.final)
        self._search_options = SearchOptions(
            float(options.beam),
            float(options.lattice_beam),
            options.max_active,
            options.min_active,
            np.float32(options.acoustic_scale),
            options.prune_interval,
            options.max_links,
        )
        self._of_thread = threading.local()

    def decode(self, utterance: str, log_likes: np.ndarray) -> Decoding:
        """log_likes: (num_frames, num_pdfs) float32, -inf allowed: log-likelihoods, or log-posteriors less log-priors, not scaled.

        Raises CortadoError naming the utterance for scores that are NaN or +inf, that have too few pdfs, or none at all.
        """
        self._check(utterance, log_likes)
        log_likes = np.ascontiguousarray(log_likes, np.float32)
        trellis, reached_final, gave_up = search(self._arrays, log_likes, self._search_options, self._token_of_state())
        lattice = self._lattice(trellis, log_likes, reached_final) if trellis.size[TOKENS] else None
        return Decoding(utterance, len(log_likes), lattice, reached_final, gave_up)

    def _check(self, utterance: str, log_likes: np.ndarray) -> None:
        if log_likes.ndim != 2 or not len(log_likes):
            raise CortadoError(f"utterance {utterance}: scores are {log_likes.shape}, expected frames x pdfs, at least one frame")
        if log_likes.shape[1] < self.graph.num_pdfs:
            raise CortadoError(f"utterance {utterance}: scores of {log_likes.shape[1]} pdfs, the graph has {self.graph.num_pdfs}")
        greatest = log_likes.max()  # NaN if there is one
        if not greatest < np.inf:
            frame = int(np.argmax(~(log_likes < np.inf).all(axis=1)))
            raise CortadoError(f"utterance {utterance}: a score of frame {frame} is {'NaN' if np.isnan(greatest) else '+inf'}")

    def _token_of_state(self) -> np.ndarray:
        if not hasattr(self._of_thread, "token_of_state"):
            self._of_thread.token_of_state = np.zeros(self.graph.num_states, np.int32)
        return self._of_thread.token_of_state

    def _lattice(self, trellis: Trellis, log_likes: np.ndarray, reached_final: bool) -> Lattice:
        """The links as arcs, and an arc from each token that may end a path to one final state behind them all."""
        num_tokens, num_links = trellis.size[TOKENS], trellis.size[LINKS]
        arc = trellis.arc[:num_links]
        tids, words = self.graph.tids[arc], self.graph.arcs[arc, 3]
        emitting = np.flatnonzero(tids)
        frame_of_link = np.repeat(np.arange(len(log_likes) + 1), np.diff(trellis.first_link))
        acoustic_cost = np.zeros(num_links)
        acoustic_cost[emitting] = -log_likes[frame_of_link[emitting] - 1, self.graph.arcs[arc[emitting], 1]]
        ends = np.arange(trellis.first_token[len(log_likes)], num_tokens)
        end_costs = self.graph.final[trellis.state[ends]] if reached_final else np.zeros(len(ends))
        ends, end_costs = ends[end_costs < np.inf], end_costs[end_costs < np.inf]
        return Lattice.from_arcs(
            num_states=num_tokens + 1,
            source=np.concatenate([trellis.source[:num_links], ends]),
            target=np.concatenate([trellis.target[:num_links], np.full(len(ends), num_tokens)]),
            word=np.concatenate([words, np.zeros(len(ends), np.int32)]),
            graph_cost=np.concatenate([self.graph.weights[arc, 2], end_costs]),
            acoustic_cost=np.concatenate([acoustic_cost, np.zeros(len(ends))]),
            num_tids=np.concatenate([tids > 0, np.zeros(len(ends), bool)]),
            tids=tids[emitting],
        )
