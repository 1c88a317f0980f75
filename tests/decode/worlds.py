"""Small random decoding graphs, and plain searches over them that the compiled ones are compared with."""

import numpy as np

from cortado.decode.decoder import Decoder, DecoderOptions
from cortado.decode.graph import prepare_graph
from cortado.decode.lattice import Lattice
from cortado.graph.fst import Fst

NUM_WORDS = 12


def random_tid_to_pdf(seed: int, num_tids: int = 40, num_pdfs: int = 15) -> np.ndarray:
    return np.concatenate([[0], np.random.default_rng(seed).integers(0, num_pdfs, num_tids)]).astype(np.int32)


def random_graph(seed: int, num_states: int, num_tids: int = 40, share_of_epsilons: float = 0.3, share_final: float = 0.2) -> Fst:
    """Every state has a self-loop, two or three arcs to anywhere, and perhaps one without a frame to a later state."""
    rng = np.random.default_rng(seed)
    rows = []

    def add(source: int, tid: int, target: int, may_have_word: bool = True) -> None:
        word = int(rng.integers(1, NUM_WORDS + 1)) if may_have_word and rng.random() < 0.4 else 0
        rows.append((source, tid, word, rng.exponential(), target))

    for state in range(num_states):
        add(state, int(rng.integers(1, num_tids + 1)), state, may_have_word=False)
        for _ in range(rng.integers(2, 4)):
            add(state, int(rng.integers(1, num_tids + 1)), int(rng.integers(num_states)))
        if state + 1 < num_states and rng.random() < share_of_epsilons:
            add(state, 0, int(rng.integers(state + 1, num_states)))
    final = np.where(rng.random(num_states) < share_final, rng.exponential(1.0, num_states), np.inf)
    final[-1] = 0
    return Fst.from_arcs(num_states, 0, *zip(*rows, strict=True), final)


def random_scores(seed: int, num_frames: int, num_pdfs: int = 15, spread: float = 3.0) -> np.ndarray:
    return (spread * np.random.default_rng(seed).standard_normal((num_frames, num_pdfs))).astype(np.float32)


def decode(fst: Fst, tid_to_pdf: np.ndarray, scores: np.ndarray, **options):
    return Decoder(prepare_graph(fst, tid_to_pdf), DecoderOptions(**options)).decode("utt", scores)


def random_lattice(seed: int, num_frames: int = 8, lattice_beam: float = 4.0) -> Lattice:
    """A state-level lattice of some tens of paths."""
    fst, tid_to_pdf = random_graph(seed, 30), random_tid_to_pdf(seed)
    scores = random_scores(seed, num_frames)
    return decode(fst, tid_to_pdf, scores, beam=20, lattice_beam=lattice_beam, acoustic_scale=0.5).lattice


def paths_of(lattice: Lattice) -> list[tuple[tuple, tuple, float, float]]:
    """(words, transition ids, graph cost, acoustic cost) of every path, by walking them all."""
    paths, open_ends = [], [(0, (), (), 0.0, 0.0)]
    while open_ends:
        state, words, tids, graph_cost, acoustic_cost = open_ends.pop()
        if state == lattice.num_states - 1:
            paths.append((words, tids, graph_cost, acoustic_cost))
        for arc in np.flatnonzero(lattice.source == state):
            word = (int(lattice.word[arc]),) if lattice.word[arc] else ()
            span = tuple(lattice.tids[lattice.first_tid[arc] : lattice.first_tid[arc + 1]].tolist())
            costs = graph_cost + lattice.graph_cost[arc], acoustic_cost + lattice.acoustic_cost[arc]
            open_ends.append((int(lattice.target[arc]), words + word, tids + span, *costs))
    return paths


def path_costs(lattice: Lattice, acoustic_scale: float, word_penalty: float = 0.0) -> dict[tuple[tuple, tuple], float]:
    """(words, transition ids) -> least cost of such a path."""
    costs: dict[tuple[tuple, tuple], float] = {}
    for words, tids, graph_cost, acoustic_cost in paths_of(lattice):
        cost = graph_cost + acoustic_scale * acoustic_cost + word_penalty * len(words)
        costs[words, tids] = min(cost, costs.get((words, tids), np.inf))
    return costs


def best_by_words(lattice: Lattice, acoustic_scale: float, word_penalty: float = 0.0) -> dict[tuple, tuple[float, tuple, float, float]]:
    """Words -> (cost, transition ids, graph cost, acoustic cost) of their best path."""
    best: dict[tuple, tuple[float, tuple, float, float]] = {}
    for words, tids, graph_cost, acoustic_cost in paths_of(lattice):
        cost = graph_cost + acoustic_scale * acoustic_cost + word_penalty * len(words)
        if words not in best or cost < best[words][0]:
            best[words] = cost, tids, graph_cost, acoustic_cost
    return best


def paths_through(fst: Fst, tid_to_pdf: np.ndarray, scores: np.ndarray, acoustic_scale: float) -> list[tuple[tuple, tuple, float]]:
    """(words, transition ids, cost) of every path of a graph that reads all frames and ends in a final state."""
    found, open_ends = [], [(fst.start, 0, (), (), 0.0)]
    while open_ends:
        state, frame, words, tids, cost = open_ends.pop()
        if frame == len(scores) and fst.final[state] < np.inf:
            found.append((words, tids, cost + float(fst.final[state])))
        for arc in range(fst.first_arc[state], fst.first_arc[state + 1]):
            tid, word, here = int(fst.ilabel[arc]), int(fst.olabel[arc]), cost + float(fst.weight[arc])
            if tid and frame == len(scores):
                continue
            if tid:
                here -= acoustic_scale * float(scores[frame, tid_to_pdf[tid]])
            step = (int(fst.nextstate[arc]), frame + (tid > 0), words + ((word,) if word else ()), tids + ((tid,) if tid else ()), here)
            open_ends.append(step)
    return found


def kaldi_search(fst: Fst, tid_to_pdf: np.ndarray, costs: np.ndarray, beam: float, max_active: int, min_active: int) -> float:
    """The cost that Kaldi's lattice-faster-decoder finds, written down from its rules with a dict of tokens a frame.

    costs: (num_frames, num_pdfs). Tokens are taken in the order in which they came, which matters at narrow beams.
    """
    tokens = {fst.start: 0.0}
    _close(fst, tokens, beam)
    for row in costs:
        cutoff, next_beam = _cutoff(sorted(tokens.values()), beam, max_active, min_active)
        best = min(tokens, key=tokens.get)
        next_cutoff = min((cost + next_beam for _, cost in _steps(fst, tid_to_pdf, best, tokens[best], row)), default=np.inf)
        reached: dict[int, float] = {}
        for state, cost in tokens.items():
            if cost > cutoff:
                continue
            for target, new_cost in _steps(fst, tid_to_pdf, state, cost, row):
                if new_cost < next_cutoff:
                    next_cutoff = min(next_cutoff, new_cost + next_beam)
                    reached[target] = min(new_cost, reached.get(target, np.inf))
        _close(fst, reached, next_cutoff)
        tokens = reached
    best_end = min(cost + float(fst.final[state]) for state, cost in tokens.items())
    return best_end if best_end < np.inf else min(tokens.values())


def _steps(fst, tid_to_pdf, state, cost, row):
    for arc in range(fst.first_arc[state], fst.first_arc[state + 1]):
        if fst.ilabel[arc]:
            yield int(fst.nextstate[arc]), cost + float(fst.weight[arc]) + float(row[tid_to_pdf[fst.ilabel[arc]]])


def _close(fst, tokens, cutoff):
    changed = True
    while changed:
        changed = False
        for state, cost in list(tokens.items()):
            for arc in range(fst.first_arc[state], fst.first_arc[state + 1]):
                new_cost, target = cost + float(fst.weight[arc]), int(fst.nextstate[arc])
                if fst.ilabel[arc] == 0 and cost < cutoff and new_cost < cutoff and new_cost < tokens.get(target, np.inf):
                    tokens[target] = new_cost
                    changed = True


def _cutoff(costs, beam, max_active, min_active):
    best, by_beam = costs[0], costs[0] + beam
    by_most = costs[max_active] if len(costs) > max_active else np.inf
    if by_most < by_beam:
        return by_most, by_most - best + 0.5
    by_least = costs[min_active] if len(costs) > min_active else np.inf
    if by_least > by_beam:
        return by_least, by_least - best + 0.5
    return by_beam, beam
