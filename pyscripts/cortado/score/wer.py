"""Word error rate: errors counted by kaldialign, one tool for every table, as the split of errors into kinds depends on the tool."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import kaldialign

from cortado.errors import CortadoError

Words = tuple[str, ...]
_GAP = "***"  # where a word stands against none, as sclite and Kaldi's align-text print it


class WordErrors(NamedTuple):
    """Counts over sentences. num_words: of the reference. num_missing: sentences without a hypothesis, all their words deleted."""

    num_words: int
    substitutions: int
    deletions: int
    insertions: int
    num_sentences: int
    num_wrong: int
    num_missing: int

    @property
    def total(self) -> int:
        return self.substitutions + self.deletions + self.insertions

    @property
    def wer(self) -> float:
        """Errors per word of the reference; may exceed 1."""
        return self.total / self.num_words

    def report(self) -> str:
        """The three lines of Kaldi's compute-wer."""
        partial = " [PARTIAL]" if self.num_missing else ""
        return (
            f"%WER {100 * self.wer:.2f} [ {self.total} / {self.num_words}, {self.insertions} ins, {self.deletions} del, "
            f"{self.substitutions} sub ]{partial}\n"
            f"%SER {100 * self.num_wrong / self.num_sentences:.2f} [ {self.num_wrong} / {self.num_sentences} ]\n"
            f"Scored {self.num_sentences} sentences, {self.num_missing} not present in hyp.\n"
        )


@dataclass(frozen=True)
class Interval:
    """A WER and its 95 % interval over sentences."""

    value: float
    low: float
    high: float


def count_errors(references: Mapping[str, Words], hypotheses: Mapping[str, Words]) -> WordErrors:
    """Errors over all references; an utterance without a hypothesis counts as one that is empty.

    Raises CortadoError for a hypothesis of an utterance without a reference, and when the references have no words at all.
    """
    if unknown := hypotheses.keys() - references.keys():
        raise CortadoError(f"there is no reference for utterance {min(unknown)}, nor for {len(unknown) - 1} others of those recognised")
    edits = [kaldialign.edit_distance(words, hypotheses.get(utt, ())) for utt, words in references.items()]
    errors = WordErrors(
        num_words=sum(map(len, references.values())),
        substitutions=sum(edit["sub"] for edit in edits),
        deletions=sum(edit["del"] for edit in edits),
        insertions=sum(edit["ins"] for edit in edits),
        num_sentences=len(references),
        num_wrong=sum(edit["total"] > 0 for edit in edits),
        num_missing=len(references.keys() - hypotheses.keys()),
    )
    if not errors.num_words:
        raise CortadoError("the references have no words, so that there is no error rate")
    return errors


def bootstrap_wer(references: Mapping[str, Words], hypotheses: Mapping[str, Words], num_draws: int = 10_000, seed: int = 0) -> Interval:
    """The WER with its interval by drawing sentences (M. Bisani and H. Ney, ICASSP 2004), as Kaldi's compute-wer-bootci gives it."""
    pairs = [(list(words), list(hypotheses.get(utt, ()))) for utt, words in references.items()]
    drawn = kaldialign.bootstrap_wer_ci(*map(list, zip(*pairs, strict=True)), replications=num_draws, seed=seed)
    return Interval(count_errors(references, hypotheses).wer, max(0.0, drawn["ci95min"]), drawn["ci95max"])


def align_words(reference: Words, hypothesis: Words) -> list[tuple[str, str]]:
    """Pairs of words that stand against one another, *** for none."""
    return kaldialign.align(reference, hypothesis, _GAP)


def per_utterance(references: Mapping[str, Words], hypotheses: Mapping[str, Words]) -> Iterable[str]:
    """Lines of Kaldi's wer_per_utt_details: reference, hypothesis, C S I D of each word, and their counts."""
    for utt, words in references.items():
        pairs = align_words(words, hypotheses.get(utt, ()))
        kinds = [_kind(*pair) for pair in pairs]
        widths = [max(map(len, pair)) for pair in pairs]
        for name, row in (("ref", [ref for ref, _ in pairs]), ("hyp", [hyp for _, hyp in pairs]), ("op", kinds)):
            yield " ".join([utt, f"{name:3}", *(f"{word:^{width}}" for word, width in zip(row, widths, strict=True))]).rstrip() + "\n"
        yield f"{utt} #csid " + " ".join(str(kinds.count(kind)) for kind in "CSID") + "\n"


def _kind(reference: str, hypothesis: str) -> str:
    if reference == hypothesis:
        return "C"
    return "I" if reference == _GAP else "D" if hypothesis == _GAP else "S"


def trn_lines(sentences: Mapping[str, Words]) -> Iterable[str]:
    """Lines of sclite's .trn files: the words, and the utterance in brackets."""
    return (" ".join([*words, f"({utt})"]) + "\n" for utt, words in sentences.items())
