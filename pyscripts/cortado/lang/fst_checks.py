"""Whether L and L_disambig say what the lexicon says, whatever way their states are numbered."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from cortado.lang.disambiguation import disambiguation_numbers
from cortado.lang.lang import Lang
from cortado.lang.lexicon_fst import LexiconArcs

_MOST_SHOWN = 5
Path = tuple[int, tuple[int, ...]]  # a word and its phones
Arc = tuple[int, int, int]  # input label, output label, next state


def fst_problems(lang: Lang, arcs: LexiconArcs, disambig: bool) -> Iterator[str]:
    """What is wrong with the arcs of L, or with `disambig` of L_disambig.

    Words must lead from the final state, where words enter, back to it or to where a silence follows, each over the phones of the lexicon and
    in L_disambig over its disambiguation symbols; these must keep any word from beginning another one, so that L_disambig can be determinised.
    """
    graph = _Graph(lang, arcs)
    wanted = Counter(_pronunciations(lang, disambig))
    found = Counter(graph.words())
    for title, paths in (("lacks", wanted - found), ("has what is not in lexiconp.txt:", found - wanted)):
        for word, phones in sorted(paths)[:_MOST_SHOWN]:
            yield f"{title} {lang.words.symbol(word)} as '{' '.join(map(lang.phones.symbol, phones))}' ({len(paths)} such in all)"
    if bool(lang.sil_prob) != graph.has_silence:
        yield f"has {'no ' if lang.sil_prob else ''}silence between words, but sil_prob is {lang.sil_prob:g}"
    if disambig:
        yield from _ambiguities(lang, found)
        if not graph.has_loop(lang.disambig_phones[0], lang.word_disambig):
            yield "has no loop #0:#0 where words enter, so that grammars with backoff cannot be composed with it"


def _pronunciations(lang: Lang, disambig: bool) -> Iterator[Path]:
    numbers = disambiguation_numbers([entry.phones for entry in lang.pronunciations])
    for (word, _, phones), number in zip(lang.pronunciations, numbers, strict=True):
        behind = (lang.disambig_phones[number],) if disambig and number < len(lang.disambig_phones) and number else ()
        yield word, phones + behind


def _ambiguities(lang: Lang, paths: Counter[Path]) -> Iterator[str]:
    """Sorted, a sequence stands right before what it begins."""
    ordered = sorted(paths.elements(), key=lambda path: path[1])
    for (word, phones), (other, longer) in pairwise(ordered):
        if longer[: len(phones)] == phones:
            yield f"cannot be determinised: the phones of {lang.words.symbol(word)} are, or begin, those of {lang.words.symbol(other)}"


class _Graph:
    """The arcs of a lexicon by the state they leave. Words enter at `hub`; they end there and, before a silence, in other `ends`."""

    def __init__(self, lang: Lang, arcs: LexiconArcs):
        self.lang, self.hub = lang, arcs.final
        self.arcs: dict[int, list[Arc]] = {}
        for src, *arc in zip(arcs.src.tolist(), arcs.ilabel.tolist(), arcs.olabel.tolist(), arcs.dst.tolist(), strict=True):
            self.arcs.setdefault(src, []).append((arc[0], arc[1], arc[2]))
        self.ends = {self.hub} | {state for ilabel, olabel, state in self.arcs.get(0, []) if ilabel == olabel == 0}

    @property
    def has_silence(self) -> bool:
        """Whether the optional silence stands before each way back from an end to the hub."""
        silences = self.ends - {self.hub}
        return bool(silences) and all(
            [arc[:2] for arc in self.arcs.get(state, [])] == [(self.lang.optional_silence, 0)] for state in silences
        )

    def has_loop(self, ilabel: int, olabel: int) -> bool:
        return (ilabel, olabel, self.hub) in self.arcs.get(self.hub, [])

    def words(self) -> Iterator[Path]:
        """The word and the phones of each way from the hub to an end."""
        longest = max(len(entry.phones) for entry in self.lang.pronunciations) + 1
        loop = (self.lang.disambig_phones[0], self.lang.word_disambig, self.hub)
        stack: list[tuple[Arc, int, tuple[int, ...]]] = [(arc, 0, ()) for arc in self.arcs.get(self.hub, []) if arc != loop]
        while stack:
            (ilabel, olabel, state), word, phones = stack.pop()
            word, phones = olabel or word, (*phones, ilabel)
            if state == self.hub:
                yield word, phones
            elif state not in self.ends and len(phones) <= longest:
                stack += [(arc, word, phones) for arc in self.arcs.get(state, [])]
