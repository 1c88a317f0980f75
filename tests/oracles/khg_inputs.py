"""What khg_align.py takes, from our objects."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cortado.hmm.gmm import DiagGmms
from cortado.hmm.kaldi_io import KaldiWriter
from cortado.hmm.topology import put_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import Tree, write_tree
from cortado.lang.files import WordPhones


def model_inputs(tree: Tree, transitions: TransitionModel, gmms: DiagGmms) -> dict[str, np.ndarray]:
    """Tree, topology, probabilities and mixtures."""
    writer = KaldiWriter(is_binary=False)
    put_topology(writer, transitions.topology)
    with tempfile.TemporaryDirectory() as folder:
        write_tree(Path(folder, "tree"), tree)
        tree_bytes = Path(folder, "tree").read_bytes()[2:]  # without the mark of binary files
    as_array = {"topo": np.frombuffer(writer.data(), np.uint8), "tree": np.frombuffer(tree_bytes, np.uint8)}
    return {**as_array, "log_probs": transitions.log_probs, **vars(gmms)}


def lexicon_inputs(pronunciations: Sequence[WordPhones], silence: int, sil_prob: float) -> dict[str, np.ndarray]:
    """L.fst: state 0 begins, words lead from state 1 to it or to 2, from where silence leads to 1."""
    into_silence, past_silence = -np.log(sil_prob), -np.log1p(-sil_prob)
    arcs = [(0, 1, 0, 0, past_silence), (0, 2, 0, 0, into_silence), (2, 1, silence, 0, 0.0)]
    state = 3
    for word, log_prob, phones in pronunciations:
        places = [1, *range(state, state + len(phones) - 1)]
        state += len(phones) - 1
        for i, phone in enumerate(phones):
            label, cost = (word, -log_prob) if i == 0 else (0, 0.0)
            ends = [(1, past_silence), (2, into_silence)] if i == len(phones) - 1 else [(places[i + 1], 0.0)]
            arcs += [(places[i], end, phone, label, cost + more) for end, more in ends]
    columns = (np.array(column) for column in zip(*arcs, strict=True))
    return {**dict(zip(("src", "dst", "ilabel", "olabel", "arc_weights"), columns, strict=True)), "final": np.array(1)}


def speech_inputs(
    words: Sequence[np.ndarray], feats: np.ndarray, frame_offsets: np.ndarray, beams: Sequence[float]
) -> dict[str, np.ndarray]:
    """Transcripts and features of all utterances; beams as Kaldi counts them."""
    word_offsets = np.cumsum([0, *map(len, words)])
    return {
        "words": np.concatenate(words),
        "word_offsets": word_offsets,
        "feats": feats,
        "frame_offsets": frame_offsets,
        "beams": np.array(beams, float),
    }
