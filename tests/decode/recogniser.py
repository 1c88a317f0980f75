"""A small recogniser made with the library: a lexicon, a grammar like GRID's, monophones, HCLG, and scores of sentences made up from it."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from cortado.graph.fst import Fst
from cortado.graph.hclg import make_hclg
from cortado.graph.lexicon_graph import lexicon_graph
from cortado.graph.slot_grammar import slot_grammar
from cortado.hmm.features import Deltas, FrontEnd
from cortado.hmm.gmm import DiagGmms
from cortado.hmm.model import write_model
from cortado.hmm.model_folder import write_front_end
from cortado.hmm.topology import make_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import monophone_tree
from cortado.lang.build import build_lang
from cortado.lang.dictionary import Dictionary
from cortado.lang.lang import Lang
from cortado.lang.lexicon import Pronunciation

DIM = 6
SLOTS = [("command", ["bin", "lay", "set"]), ("colour", ["blue", "red"]), ("letter", ["a", "b", "c"]), ("digit", ["one", "two", "three"])]
LEXICON = {
    "bin": "b i n",
    "lay": "l e",
    "set": "s e t",
    "blue": "b l u",
    "red": "r e d",
    "a": "e",
    "b": "b i",
    "c": "s i",
    "one": "w a n",
    "two": "t u",
    "three": "th r i",
    "<unk>": "spn",
}


class Sentence(NamedTuple):
    """words with the frames that they take: (word, first frame, number of frames); pdfs (num_frames,); log_likes (num_frames, num_pdfs)
    float32; feats (num_frames, DIM) float32, of the pdfs' Gaussians.
    """

    words: list[tuple[str, int, int]]
    pdfs: np.ndarray
    log_likes: np.ndarray
    feats: np.ndarray


class Recogniser:
    """Its folder is a model folder, as steps/decode.sh wants it, with a graph in graph/."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.lang = _lang()
        self.topology = make_topology(self.lang.nonsilence_phones, self.lang.silence_phones, 3, 5)
        self.tree = monophone_tree(self.lang.phone_sets, self.topology)
        self.transitions = TransitionModel.from_tree(self.tree, self.topology)
        graph = folder / "graph"
        self.hclg().write(graph / "HCLG.fst")
        self.lang.write(graph)
        self.means = 3 * np.random.default_rng(0).standard_normal((self.transitions.num_pdfs, DIM))
        num_pdfs = len(self.means)
        self.gmms = DiagGmms(np.arange(num_pdfs + 1), np.ones(num_pdfs), self.means, np.ones_like(self.means))
        write_model(folder / "final.mdl", self.transitions, self.gmms)
        write_front_end(folder, FrontEnd(deltas=Deltas(order=0)))

    def hclg(self) -> Fst:
        grammar = slot_grammar(SLOTS, self.lang.words)
        return make_hclg(lexicon_graph(self.lang, disambig=True), grammar, self.lang.disambig_phones, self.tree, self.transitions).fst

    def sentence(self, rng: np.random.Generator, noise: float) -> Sentence:
        """A sentence of the grammar with silence around its words; the right pdf of a frame scores 10 more, all with noise added."""
        phones = {entry.word: entry.phones for entry in self.lang.pronunciations}
        words, pdfs = [], self._frames(rng, self.lang.optional_silence)
        for _, choices in SLOTS:
            word, start = str(rng.choice(choices)), len(pdfs)
            for phone in phones[self.lang.words[word]]:
                pdfs += self._frames(rng, phone)
            words.append((word, start, len(pdfs) - start))
            if rng.random() < 0.5:
                pdfs += self._frames(rng, self.lang.optional_silence)
        log_likes = noise * rng.standard_normal((len(pdfs), self.transitions.num_pdfs))
        log_likes[np.arange(len(pdfs)), pdfs] += 10
        feats = self.means[pdfs] + rng.standard_normal((len(pdfs), DIM))
        return Sentence(words, np.array(pdfs), log_likes.astype(np.float32), feats.astype(np.float32))

    def _frames(self, rng: np.random.Generator, phone: int) -> list[int]:
        """The pdf of each frame of a phone that goes through all its states."""
        states = np.flatnonzero(self.transitions.phones == phone)
        pdfs = self.transitions.forward_pdfs[states[np.argsort(self.transitions.hmm_states[states])]]
        return np.repeat(pdfs, rng.integers(1, 4, len(pdfs))).tolist()


def _lang() -> Lang:
    speech = sorted({phone for phones in LEXICON.values() for phone in phones.split()} - {"spn"})
    lexicon = [Pronunciation(word, 1.0, tuple(phones.split())) for word, phones in LEXICON.items()]
    return build_lang(Dictionary(lexicon, [["sil"], ["spn"]], [[phone] for phone in speech], "sil"), "<unk>")
