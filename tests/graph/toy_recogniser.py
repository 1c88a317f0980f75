"""A recogniser of six words with all that is difficult, and plain searches and scorers that graphs are compared with."""

import math
from collections import Counter, defaultdict

import numpy as np

from cortado.graph.fst import Fst
from cortado.hmm.topology import Topology, make_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import ConstantNode, SplitNode, TableNode, Tree
from cortado.lang import Lang, Pronunciation
from cortado.lang.build import build_lang
from cortado.lang.dictionary import Dictionary

# A word of one phone that begins others, homophones, two pronunciations, a word that is another one twice.
LEXICON = {"a": [("A", 1.0)], "ab": [("A B", 1.0)], "bee": [("B", 1.0)], "be": [("B", 1.0), ("B A", 0.5)], "cab": [("C A B", 1.0)]}
LEXICON["aa"] = [("A A", 1.0)]
OOV = ("<oov>", "SPN")


def make_lang(sil_prob: float = 0.5) -> Lang:
    entries = [Pronunciation(word, prob, tuple(phones.split())) for word, found in LEXICON.items() for phones, prob in found]
    entries.append(Pronunciation(OOV[0], 1.0, (OOV[1],)))
    return build_lang(Dictionary(entries, [["SIL"], ["SPN"]], [["A"], ["B"], ["C"]], "SIL"), OOV[0], sil_prob=sil_prob)


def make_models(lang: Lang, context_width: int, skips: bool = False, seed: int = 0) -> tuple[Tree, TransitionModel]:
    """A tree that splits every state of speech by its neighbours, at random, and random transition probabilities."""
    rng = np.random.default_rng(seed)
    topology = make_topology(lang.nonsilence_phones, lang.silence_phones, num_sil_states=3, skips=skips)
    tree = _random_tree(topology, lang.silence_phones, context_width, rng)
    transitions = TransitionModel.from_tree(tree, topology)
    return tree, transitions.update(rng.integers(10, 100, transitions.num_tids + 1))[0]


def _random_tree(topology: Topology, unsplit: list[int], context_width: int, rng: np.random.Generator) -> Tree:
    pdfs = iter(range(10_000))

    def grow(depth: int):
        if depth == 0:
            return ConstantNode(next(pdfs))
        neighbour = int(rng.choice([position for position in range(context_width) if position != context_width // 2]))
        yes_set = frozenset(rng.choice([0, *topology.phones], size=3, replace=False).tolist())
        return SplitNode(neighbour, yes_set, grow(depth - 1), grow(depth - 1))

    def states_of(phone: int):
        depth = 0 if phone in unsplit or context_width == 1 else 2
        return TableNode(-1, tuple(grow(depth) for _ in range(topology.num_pdf_classes(phone))))

    branches = [states_of(phone) if phone in topology.phones else None for phone in range(topology.phones[-1] + 1)]
    return Tree(context_width, context_width // 2, TableNode(context_width // 2, tuple(branches)))


def interpolated_arpa(order: int, seed: int = 0, num_sentences: int = 30, min_count: int = 1) -> str:
    """An ARPA file by absolute discounting of random sentences, interpolated.

    n-grams of the highest order that were seen less than `min_count` times are left out, their counts are discounted in full.
    """
    rng = np.random.default_rng(seed)
    words = list(LEXICON)
    sentences = [["<s>", *rng.choice(words, size=rng.integers(1, 6), p=_zipf(len(words))), "</s>"] for _ in range(num_sentences)]
    counts = [Counter(tuple(s[i : i + n]) for s in sentences for i in range(len(s) - n + 1)) for n in range(1, order + 1)]
    vocabulary = [*words, "</s>"]
    prob: dict[tuple, float] = {}
    backoff: dict[tuple, float] = {}

    def p(ngram: tuple) -> float:
        if not ngram:
            return 1 / len(vocabulary)
        return prob[ngram] if ngram in prob else backoff.get(ngram[:-1], 1.0) * p(ngram[1:])

    for n in range(1, order + 1):
        by_context = defaultdict(dict)
        for ngram, count in counts[n - 1].items():
            if ngram[-1] != "<s>":
                by_context[ngram[:-1]][ngram[-1]] = count
        for context, found in by_context.items():
            kept = {word: count - 0.5 for word, count in found.items() if n == 1 or n < order or count >= min_count}
            total = sum(found.values())
            backoff[context] = 1 - sum(kept.values()) / total
            seen = vocabulary if n == 1 else kept
            prob.update({(*context, word): kept.get(word, 0) / total + backoff[context] * p((*context, word)[1:]) for word in seen})
    return _arpa_text(order, prob, backoff)


def _arpa_text(order: int, prob: dict[tuple, float], backoff: dict[tuple, float]) -> str:
    sections = []
    for n in range(1, order + 1):
        rows = {ngram: math.log10(p) for ngram, p in prob.items() if len(ngram) == n}
        if n == 1:
            rows[("<s>",)] = -99
        weights = {ngram: f"\t{math.log10(backoff[ngram]):.7f}" for ngram in rows if n < order and ngram in backoff}
        sections.append([f"{value:.7f}\t{' '.join(ngram)}{weights.get(ngram, '')}" for ngram, value in rows.items()])
    head = "".join(f"ngram {n}={len(section)}\n" for n, section in enumerate(sections, 1))
    body = "".join(f"\n\\{n}-grams:\n" + "\n".join(section) + "\n" for n, section in enumerate(sections, 1))
    return f"\\data\\\n{head}{body}\n\\end\\\n"


def _zipf(num_words: int) -> np.ndarray:
    weights = 1 / np.arange(1, num_words + 1)
    return weights / weights.sum()


def arpa_cost(text: str, words: list[str]) -> float:
    """-ln p of a sentence by the rule of backoff models, straight from the lines of an ARPA file."""
    table = {}
    for fields in (line.split("\t") for line in text.splitlines() if "\t" in line):
        table[tuple(fields[1].split())] = float(fields[0]), float(fields[2]) if len(fields) > 2 else 0.0
    order = max(map(len, table))

    def log10_prob(ngram: tuple) -> float:
        if ngram in table:
            return table[ngram][0]
        return table.get(ngram[:-1], (0, 0.0))[1] + log10_prob(ngram[1:])

    sentence = ("<s>", *words, "</s>")
    total = sum(log10_prob(sentence[max(0, end - order) : end]) for end in range(2, len(sentence) + 1))
    return -total * math.log(10)


def sentence_cost(grammar: Fst, labels: list[int], backoff: int) -> float:
    """The cost of a sentence in a G that backs off only where it has no arc for the next word, as the rule of backoff models says."""
    state, cost, position = grammar.start, 0.0, 0
    while position < len(labels) or not np.isfinite(grammar.final[state]):
        arcs = {int(grammar.ilabel[arc]): arc for arc in range(grammar.first_arc[state], grammar.first_arc[state + 1])}
        found = position < len(labels) and labels[position] in arcs
        arc = arcs[labels[position] if found else backoff]
        state, cost, position = int(grammar.nextstate[arc]), cost + float(grammar.weight[arc]), position + found
    return cost + float(grammar.final[state])


def cheapest_path(fst: Fst, inputs: list[int], outputs: list[int] | None, silent: int = 0) -> float:
    """The least cost of a path that reads exactly `inputs` and writes exactly `outputs` (None: whatever). Input `silent` reads nothing."""
    best = {(fst.start, 0, 0): 0.0}
    waiting = [(fst.start, 0, 0)]
    while waiting:
        state, num_read, num_written = waiting.pop()
        for arc in range(fst.first_arc[state], fst.first_arc[state + 1]):
            label, output = int(fst.ilabel[arc]), int(fst.olabel[arc])
            read, written = num_read, num_written
            if label not in (0, silent):
                if inputs[num_read : num_read + 1] != [label]:
                    continue
                read += 1
            if output and outputs is not None:
                if outputs[num_written : num_written + 1] != [output]:
                    continue
                written += 1
            reached = int(fst.nextstate[arc]), read, written
            cost = best[state, num_read, num_written] + float(fst.weight[arc])
            if cost < best.get(reached, math.inf) - 1e-6:
                best[reached] = cost
                waiting.append(reached)
    last = len(outputs) if outputs is not None else 0
    ends = [cost + float(fst.final[state]) for (state, read, written), cost in best.items() if (read, written) == (len(inputs), last)]
    return min(ends, default=math.inf)
