"""The lang folder: what a recogniser knows of words and phones, in Kaldi's layout.

Beside Kaldi's files it holds lexiconp.txt (the lexicon in the phones of this folder) and sil_prob. L.fst, L_disambig.fst and topo are
written by pyscripts/bin/prepare_lang.py, from the rooms that know graphs and HMMs. Of a folder that Kaldi made, L.fst is read instead of
the two files that it lacks.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cortado.lang import files
from cortado.lang.files import Root, WordPhones
from cortado.lang.kaldi_lexicon import LexiconFst
from cortado.lang.lexicon import Pronunciation, write_lexicon
from cortado.lang.rows import write_rows
from cortado.lang.symbols import SymbolTable

LEXICON, SIL_PROB, LEXICON_FST = "lexiconp.txt", "sil_prob", "L.fst"
WORD_DISAMBIG = "#0"
SENTENCE_START, SENTENCE_END = "<s>", "</s>"


def lexicon_files(folder: Path) -> list[Path]:
    """The files of a lang folder that its lexicon is read from: ours, or L.fst where Kaldi made the folder."""
    return [folder / LEXICON, folder / SIL_PROB] if (folder / LEXICON).exists() else [folder / LEXICON_FST]


@dataclass(frozen=True)
class Lang:
    """All numbers are those of `words` and `phones`.

    `word_disambig` is the word #0; the phone #0 is the first of `disambig_phones`, the last of them follows the optional silence in
    L_disambig. `sil_prob` is the probability of silence between two words. `word_boundary` says of each phone "begin", "end",
    "internal", "singleton" or "nonword" where phones depend on their place in the word; else it is empty.
    """

    words: SymbolTable
    phones: SymbolTable
    silence_phones: list[int]
    nonsilence_phones: list[int]
    context_independent: list[int]
    optional_silence: int
    disambig_phones: list[int]
    word_disambig: int
    oov_word: int
    phone_sets: list[list[int]]
    roots: list[Root]
    extra_questions: list[list[int]]
    word_boundary: dict[int, str]
    pronunciations: list[WordPhones]
    sil_prob: float

    @classmethod
    def read(cls, folder: str | Path) -> "Lang":
        """Raises DataError with file and line for what is missing, malformed, or names a word or phone that is in no table."""
        top, lists = Path(folder), Path(folder) / "phones"
        words, phones = SymbolTable.read(top / "words.txt"), SymbolTable.read(top / "phones.txt")
        boundary, optional_silence = lists / "word_boundary.int", files.read_one(lists / "optional_silence.int", phones)
        if lexicon_files(top) == [top / LEXICON_FST]:
            fst = LexiconFst(top / LEXICON_FST, words, phones, optional_silence)
            pronunciations, sil_prob = fst.pronunciations(), fst.sil_prob
        else:
            pronunciations = files.read_pronunciations(top / LEXICON, words, phones)
            sil_prob = files.read_sil_prob(top / SIL_PROB)
        return cls(
            words=words,
            phones=phones,
            silence_phones=files.read_column(lists / "silence.int", phones),
            nonsilence_phones=files.read_column(lists / "nonsilence.int", phones),
            context_independent=files.read_column(lists / "context_indep.int", phones),
            optional_silence=optional_silence,
            disambig_phones=files.read_column(lists / "disambig.int", phones),
            word_disambig=files.read_one(lists / "wdisambig_words.int", words),
            oov_word=files.read_one(top / "oov.int", words),
            phone_sets=files.read_lists(lists / "sets.int", phones),
            roots=files.read_roots(lists / "roots.int", phones),
            extra_questions=files.read_lists(lists / "extra_questions.int", phones, may_be_empty=True),
            word_boundary=files.read_word_boundary(boundary, phones) if boundary.exists() else {},
            pronunciations=pronunciations,
            sil_prob=sil_prob,
        )

    def write(self, folder: str | Path) -> None:
        """Every file but L.fst, L_disambig.fst and topo."""
        top, lists = Path(folder), Path(folder) / "phones"
        self.words.write(top / "words.txt")
        self.phones.write(top / "phones.txt")
        files.write_column(lists / "silence", self.silence_phones, self.phones)
        files.write_column(lists / "nonsilence", self.nonsilence_phones, self.phones)
        files.write_column(lists / "context_indep", self.context_independent, self.phones)
        files.write_column(lists / "optional_silence", [self.optional_silence], self.phones)
        files.write_column(lists / "disambig", self.disambig_phones, self.phones)
        files.write_lists(lists / "sets", self.phone_sets, self.phones)
        files.write_lists(lists / "extra_questions", self.extra_questions, self.phones)
        files.write_roots(lists / "roots", self.roots, self.phones)
        files.write_word_boundary(lists / "word_boundary", self.word_boundary, self.phones)
        self._write_word_disambig(lists)
        self._write_align_lexicon(lists)
        write_lexicon(top / LEXICON, self.lexicon())
        write_rows(top / SIL_PROB, [[self.sil_prob]])
        write_rows(top / "oov.txt", [[self.words.symbol(self.oov_word)]])
        write_rows(top / "oov.int", [[self.oov_word]])

    def word_numbers(self, text: Iterable[str]) -> list[int]:
        """The numbers of the words of a text, those outside the lexicon as the oov word."""
        return [self.words[word] if word in self.words else self.oov_word for word in text]  # noqa: SIM401 a table has no get

    def lexicon(self) -> list[Pronunciation]:
        """The pronunciations in symbols; 12 digits of a probability survive its logarithm."""
        word, phone = self.words.symbol, self.phones.symbol
        return [Pronunciation(word(w), float(f"{math.exp(lp):.12g}"), tuple(map(phone, phones))) for w, lp, phones in self.pronunciations]

    def _write_word_disambig(self, lists: Path) -> None:
        write_rows(lists / "wdisambig.txt", [[WORD_DISAMBIG]])
        write_rows(lists / "wdisambig_words.int", [[self.word_disambig]])
        write_rows(lists / "wdisambig_phones.int", [[self.disambig_phones[0]]])

    def _write_align_lexicon(self, lists: Path) -> None:
        """Kaldi's table for finding words in phones: the word twice, and its phones. Silence is the word <eps>."""
        entries = [(0, (self.optional_silence,)), *((p.word, p.phones) for p in self.pronunciations)]
        word, phone = self.words.symbol, self.phones.symbol
        write_rows(lists / "align_lexicon.int", ([w, w, *phones] for w, phones in entries))
        write_rows(lists / "align_lexicon.txt", ([word(w), word(w), *map(phone, phones)] for w, phones in entries))
