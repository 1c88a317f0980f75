"""A lexicon of a few words over the phones of conftest.py's models, and features spoken by such a model."""

import numpy as np

from cortado.hmm.gmm import DiagGmms
from cortado.hmm.phone_graph import PronunciationTable, pronunciation_table
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import Tree, windows_of
from cortado.lang.files import WordPhones

SIL, SIL_PROB = 1, 0.4
# word 3 has two pronunciations, of which the second ends as word 1 does; words 1 and 2 begin alike; word 4 is one phone
PRONUNCIATIONS = [
    WordPhones(1, 0.0, (2, 3)),
    WordPhones(2, -0.1, (2, 4, 5)),
    WordPhones(3, -0.3, (6, 7)),
    WordPhones(3, -1.2, (8, 3)),
    WordPhones(4, 0.0, (9,)),
]


def lexicon(sil_prob: float = SIL_PROB) -> PronunciationTable:
    return pronunciation_table(PRONUNCIATIONS, SIL, sil_prob)


def transcripts(rng, count: int, most_words: int = 5) -> list[np.ndarray]:
    return [rng.integers(1, 5, rng.integers(1, most_words + 1)).astype(np.int32) for _ in range(count)]


def speak(rng, words, transitions: TransitionModel, tree: Tree, gmms: DiagGmms, frames_of_state: float = 3.0) -> np.ndarray:
    """Features (num_frames, D) float32 of a path through the words, drawn from the mixtures of its states."""
    phones = [SIL]
    for word in words:
        said = [entry.phones for entry in PRONUNCIATIONS if entry.word == word]
        phones += [*said[rng.integers(len(said))], *([SIL] if rng.random() < 0.4 else [])]
    frames = []
    for phone, window in zip(phones, windows_of(np.array(phones), tree.context_width, tree.central_position), strict=True):
        for state in transitions.topology.entry(phone)[:-1]:
            (pdf,) = tree.pdf_ids(window[None], np.array([state.pdf_class]))
            gauss = rng.integers(gmms.offsets[pdf], gmms.offsets[pdf + 1], 1 + rng.poisson(frames_of_state))
            frames.append(gmms.means[gauss] + np.sqrt(gmms.variances[gauss]) * rng.normal(size=(len(gauss), gmms.dim)))
    return np.concatenate(frames).astype(np.float32)
