#!/usr/bin/env python3
"""Make the decoding graph HCLG of a lang folder and an acoustic model.

Usage: utils/mkgraph.sh [options] <lang-dir> <model-dir> <graph-dir>

<lang-dir> is one of utils/prepare_lang.sh or Kaldi. The grammar is its G.fst, as utils/format_lm.sh or Kaldi writes it, or comes from
--arpa or --grammar. <model-dir> holds tree and final.mdl. Writes, in Kaldi's layout, HCLG.fst (for OpenFst, a vector FST), words.txt,
phones.txt, phones/, num_pdfs and disambig_tid.int. Nothing is done when the graph of these very inputs and options is there.

After each step a line tells states, arcs, seconds, and the least and greatest -ln of the sum of the probabilities in a state (Kaldi's
fstisstochastic). Temporary files, up to the size of the graph, lie in /dev/shm where that has 4 GiB free, else in TMPDIR.

Example:
  utils/mkgraph.sh data/lang_test exp/tri1 exp/tri1/graph
  utils/mkgraph.sh --grammar conf/grammar.txt data/lang exp/mono exp/mono/graph_grammar
"""

import sys
from pathlib import Path

from cortado.command import make_parser, run
from cortado.graph.check import check_phones, check_words
from cortado.graph.fst import Fst
from cortado.graph.grammar_fst import UNKNOWN_WORDS_CHOICES, read_grammar
from cortado.graph.graph_dir import describe_inputs, is_graph_of, write_graph_dir
from cortado.graph.hclg import KALDIS_SCALES, Scales, make_hclg
from cortado.graph.slot_grammar import read_slots, slot_grammar
from cortado.hmm.model import read_transition_model
from cortado.hmm.tree import read_tree
from cortado.lang.files import read_column
from cortado.lang.lang import WORD_DISAMBIG
from cortado.lang.symbols import SymbolTable


def main() -> None:
    args = parse_arguments()
    lang_dir, model_dir = args.lang_dir, args.model_dir
    files = {
        **{name: lang_dir / name for name in ("words.txt", "phones.txt", "L_disambig.fst", "phones/disambig.int")},
        **{name: model_dir / name for name in ("tree", "final.mdl")},
        "grammar": args.arpa or args.grammar or lang_dir / "G.fst",
    }
    scales = Scales(args.transition_scale, args.self_loop_scale)
    inputs = describe_inputs(files, {**scales._asdict(), "unknown_words": args.unknown_words})
    if is_graph_of(args.graph_dir, inputs):
        print(f"{args.graph_dir}: the graph of these inputs is there already")
        return
    words, phones = SymbolTable.read(files["words.txt"]), SymbolTable.read(files["phones.txt"])
    disambig_phones = read_column(files["phones/disambig.int"], phones)
    tree, transitions = read_tree(files["tree"]), read_transition_model(files["final.mdl"])
    lexicon, grammar = Fst.read(files["L_disambig.fst"]), make_grammar(args, words)
    check_phones(lexicon, phones, disambig_phones, transitions.topology.phones)
    check_words(lexicon, grammar, words, words[WORD_DISAMBIG])
    graph = make_hclg(lexicon, grammar, disambig_phones, tree, transitions, scales, say)
    write_graph_dir(args.graph_dir, graph, lang_dir, tree.num_pdfs, inputs)
    megabytes = graph.fst.num_bytes / 1e6
    print(f"{args.graph_dir}: {graph.fst.num_states} states, {graph.fst.num_arcs} arcs, {megabytes:.1f} MB")


def parse_arguments():
    parser = make_parser(__doc__)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--arpa", type=Path, metavar="FILE", help="the grammar is this n-gram model, plain or gzipped")
    source.add_argument(
        "--grammar", type=Path, metavar="FILE", help="the grammar is one word of each line in turn; a line: name of the slot, words"
    )
    parser.add_argument(
        "--unknown-words",
        default="error",
        choices=UNKNOWN_WORDS_CHOICES,
        help="words of --arpa that are not in words.txt: stop, or leave out their n-grams (default error)",
    )
    parser.add_argument("--transition-scale", type=float, default=KALDIS_SCALES.transition, metavar="S", help="of transitions (default 1)")
    parser.add_argument("--self-loop-scale", type=float, default=KALDIS_SCALES.self_loop, metavar="S", help="of self-loops (default 0.1)")
    parser.add_argument("lang_dir", type=Path, metavar="lang-dir")
    parser.add_argument("model_dir", type=Path, metavar="model-dir")
    parser.add_argument("graph_dir", type=Path, metavar="graph-dir")
    return parser.parse_args()


def make_grammar(args, words: SymbolTable) -> Fst:
    if args.grammar:
        return slot_grammar(read_slots(args.grammar), words)
    if args.arpa:
        return read_grammar(args.arpa, words, args.unknown_words == "skip", say)
    return Fst.read(args.lang_dir / "G.fst")


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    run(main)
