"""Making HCLG beside Kaldi's chain done with kaldifst alone, in the same process: python tests/bench/bench_graph.py [--full]

All inputs are SYNTHETIC: Zipf text with habits (each word has favourite followers), a random lexicon of 2 to 8 phones a word, a random
tree of 2826 leaves, a Kneser-Ney 4-gram with cut-offs 0, 0, 1, 2. The peer composes with an explicit H and
minimises with kaldifst, and is spared the self-loops; both start from the same L and G. Prints one line: size, CPU seconds, the peak
memory of the process with ours (a temporary file of up to the size of the graph comes on top), and how many times faster than the peer.
--full is 20,000 words and 3.3 million running words; --large has the cut-offs 0, 0, 0, 1, and runs without the peer.
"""

import argparse
import resource
import time
from pathlib import Path

import kaldifst
import numpy as np

from cortado.graph.exchange import from_kaldifst, to_kaldifst
from cortado.graph.fst import NOT_FINAL, Fst
from cortado.graph.grammar_fst import ngram_grammar, word_labels
from cortado.graph.hclg import make_hclg
from cortado.graph.hmm_fst import phone_hmms
from cortado.graph.lexicon_graph import lexicon_graph
from cortado.hmm.topology import make_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import ConstantNode, SplitNode, TableNode, Tree
from cortado.lang import Lang, Pronunciation
from cortado.lang.build import build_lang
from cortado.lang.dictionary import Dictionary
from cortado.lm import NgramModel
from cortado.lm.counts import Corpus, count_ngrams
from cortado.lm.kneser_ney import estimate

NUM_PHONES = 40
NUM_LEAVES = 2826
BOS, EOS = 1, 2


def make_text(num_running: int, num_words: int, rng: np.random.Generator) -> np.ndarray:
    """Word ids from EOS + 1 on, sentences of 8 words on average between BOS and EOS, one after another."""
    share = np.cumsum(1 / np.arange(1, num_words + 1))
    draw = lambda *shape: np.searchsorted(share, rng.random(shape) * share[-1])
    favourites = draw(num_words + 1, 20)
    of_rank = np.cumsum(1 / np.arange(1, 21))
    lengths = np.minimum(rng.geometric(1 / 9, num_running // 8), 60)
    text = np.full((len(lengths), lengths.max() + 2), -1, np.int32)
    text[:, 0] = BOS
    last = np.full(len(lengths), num_words)
    for position in range(1, lengths.max() + 1):
        liked = favourites[last, np.searchsorted(of_rank, rng.random(len(lengths)) * of_rank[-1])]
        last = np.where(rng.random(len(lengths)) < 0.35, draw(len(lengths)), liked)
        text[:, position] = np.where(position <= lengths, last + EOS + 1, -1)
    text[np.arange(len(lengths)), lengths + 1] = EOS
    return text[text >= 0]


def estimate_lm(num_running: int, num_words: int, cutoffs: list[int], rng: np.random.Generator) -> NgramModel:
    vocabulary = ["<unk>", "<s>", "</s>", *(f"w{word}" for word in range(num_words))]
    corpus = Corpus(make_text(num_running, num_words, rng), vocabulary, {})
    return estimate(count_ngrams(corpus, 4), vocabulary, cutoffs, discount_fallback=True)[0]


def make_lang(num_words: int, rng: np.random.Generator) -> Lang:
    phones = [f"P{phone}" for phone in range(NUM_PHONES)]
    spoken = [tuple(rng.choice(phones, size=rng.integers(2, 9)).tolist()) for _ in range(num_words)]
    entries = [Pronunciation(f"w{word}", 1.0, pronunciation) for word, pronunciation in enumerate(spoken)]
    return build_lang(
        Dictionary([*entries, Pronunciation("<unk>", 1.0, ("SPN",))], [["SIL"], ["SPN"]], [[p] for p in phones], "SIL"), "<unk>"
    )


def make_models(lang: Lang, rng: np.random.Generator) -> tuple[Tree, TransitionModel]:
    """A tree of triphones whose states are split by random questions for the neighbours, about as often each."""
    topology = make_topology(lang.nonsilence_phones, lang.silence_phones)
    pdfs = iter(range(NUM_LEAVES + 1))

    def grow(num_leaves: int):
        if num_leaves == 1:
            return ConstantNode(next(pdfs))
        yes_set = frozenset(rng.choice(topology.phones, size=rng.integers(8, 24), replace=False).tolist())
        first = int(rng.integers(-(-num_leaves // 3), num_leaves - num_leaves // 3 + 1)) if num_leaves > 2 else 1
        return SplitNode(int(rng.choice([0, 2])), yes_set, grow(first), grow(num_leaves - first))

    num_split, num_whole = 3 * NUM_PHONES, 5 * len(lang.silence_phones)
    shares = np.diff(np.linspace(0, NUM_LEAVES - num_whole, num_split + 1).astype(int)).tolist()
    table = [None] * (topology.phones[-1] + 1)
    for phone in topology.phones:
        table[phone] = TableNode(-1, tuple(grow(1 if phone in lang.silence_phones else shares.pop()) for _ in topology.entry(phone)[:-1]))
    tree = Tree(3, 1, TableNode(1, tuple(table)))
    return tree, TransitionModel.from_tree(tree, topology)


def plain_chain(lexicon: Fst, grammar: Fst, lang: Lang, tree: Tree, transitions: TransitionModel) -> kaldifst.StdVectorFst:
    """Kaldi's mkgraph.sh with kaldifst alone, but for the self-loops."""
    lg = kaldifst.compose(to_kaldifst(lexicon.sorted_by("olabel")), to_kaldifst(grammar))
    kaldifst.determinize_star(lg, use_log=True)
    kaldifst.minimize_encoded(lg)
    clg, windows = kaldifst.compose_context(lang.disambig_phones, 3, 1, lg)
    kaldifst.arcsort(clg, sort_type="ilabel")
    hclg = kaldifst.compose(to_kaldifst(explicit_h(windows, tree, transitions)), clg)
    kaldifst.determinize_star(hclg, use_log=True)
    arrays = from_kaldifst(hclg)
    arrays.ilabel[arrays.ilabel > transitions.num_tids] = 0
    hclg = to_kaldifst(arrays)
    kaldifst.minimize_encoded(hclg)
    return hclg


def explicit_h(windows: list[list[int]], tree: Tree, transitions: TransitionModel) -> Fst:
    """H as a transducer: from its only final state a way through the HMM of each window, and a loop for each disambiguation symbol."""
    labels = [label for label, window in enumerate(windows) if len(window) == 3]
    phones = np.array([windows[label] for label in labels])
    sequences = np.full((len(labels), max(map(len, transitions.topology.entries)) - 1), -1)
    for state in range(sequences.shape[1]):
        rows = np.array([state < len(transitions.topology.entry(phone)) - 1 for phone in phones[:, 1].tolist()])
        pdfs = tree.pdf_ids(phones[rows], np.full(rows.sum(), state))
        sequences[rows, state] = transitions.find_states(phones[rows, 1], np.full(rows.sum(), state), pdfs)
    hmms = phone_hmms(sequences, transitions, 1.0)
    hmm_of_state = np.repeat(np.arange(len(labels)), np.diff(hmms.first_state))
    is_entry = np.arange(len(hmm_of_state)) == hmms.first_state[hmm_of_state]
    state_of_arc = np.repeat(np.arange(len(hmm_of_state)), np.diff(hmms.first_arc))
    target = hmms.first_state[hmm_of_state[state_of_arc]] + hmms.target
    target = np.where(target == hmms.first_state[hmm_of_state[state_of_arc] + 1], 0, target + 1)
    source = np.where(is_entry[state_of_arc], 0, state_of_arc + 1)
    olabel = np.where(is_entry[state_of_arc], np.array(labels)[hmm_of_state[state_of_arc]], 0)
    symbols = [label for label, window in enumerate(windows) if label and len(window) != 3]
    loops = transitions.num_tids + np.arange(1, len(symbols) + 1)
    zeros = np.zeros(len(symbols))
    final = np.full(len(hmm_of_state) + 1, NOT_FINAL)
    final[0] = 0
    columns = ((source, zeros), (hmms.tid, loops), (olabel, symbols), (hmms.cost, zeros), (target, zeros))
    return Fst.from_arcs(len(final), 0, *map(np.concatenate, columns), final).sorted_by("olabel")


def cpu_seconds(work) -> tuple[float, object]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def peak_gigabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_true", help="20,000 words, 3.3 million running words (minutes)")
    size.add_argument("--large", action="store_true", help="the same with thresholds 0, 0, 0, 1, and without peer")
    parser.add_argument("--write", type=Path, help="write the graph here")
    args = parser.parse_args()
    is_small = not (args.full or args.large)
    rng = np.random.default_rng(0)
    num_words = 3000 if is_small else 20_000
    model = estimate_lm(150_000 if is_small else 3_300_000, num_words, [0, 0, 0, 1] if args.large else [0, 0, 1, 2], rng)
    lang = make_lang(num_words, rng)
    lexicon, (tree, transitions) = lexicon_graph(lang, disambig=True), make_models(lang, rng)
    labels, _ = word_labels(model, lang.words)
    make = lambda g: make_hclg(lexicon, g, lang.disambig_phones, tree, transitions).fst
    make(ngram_grammar(NgramModel(model.vocabulary, model.orders[:1]), labels, lang.word_disambig))  # compiles the kernels
    seconds, grammar = cpu_seconds(lambda: ngram_grammar(model, labels, lang.word_disambig))
    counts = "/".join(str(len(order)) for order in model.orders)
    built, graph = cpu_seconds(lambda: make(grammar))
    line = f"SYNTHETIC {counts} n-grams, G {grammar.num_arcs} arcs: HCLG {graph.num_states} states, {graph.num_arcs} arcs"
    line += f" in {seconds + built:.1f} CPU s (G {seconds:.1f}), peak {peak_gigabytes():.2f} GB"
    if args.write:
        graph.write(args.write)
    if not args.large:
        del graph
        peer, _ = cpu_seconds(lambda: plain_chain(lexicon, grammar, lang, tree, transitions))
        line += f"; kaldifst alone {peer:.1f} CPU s, without G and self-loops: {peer / built:.2f}x"
    print(line)


if __name__ == "__main__":
    main()
