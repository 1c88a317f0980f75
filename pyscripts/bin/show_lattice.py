#!/usr/bin/env python3
"""Look into the lattices of a decoding.

Usage: utils/show_lattice.py [options] <decode-dir>|<archive> <words.txt>

Without --utt: a line for each utterance, with its size, its time, the number of different words at a time, and the best words. With --utt:
its best word sequences with their costs, and its confusion network. --dot writes the lattice as a graph for graphviz; what is far from the
best path can be cut off with --beam.

Examples:
  utils/show_lattice.py exp/tri3/decode_dev exp/tri3/graph/words.txt
  utils/show_lattice.py --utt s1-bbaf2n --num-best 20 exp/tri3/decode_dev exp/tri3/graph/words.txt
  utils/show_lattice.py --utt s1-bbaf2n --dot /tmp/lat.dot --beam 3 exp/tri3/decode_dev exp/tri3/graph/words.txt
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from cortado.ark.display import align
from cortado.command import make_parser, run
from cortado.decode.determinize import determinize
from cortado.decode.lattice import Lattice
from cortado.decode.lattice_file import read_lattice_folder, read_lattices
from cortado.decode.mbr import mbr_decode
from cortado.decode.nbest import nbest
from cortado.errors import DataError
from cortado.files import atomic_write
from cortado.lang.symbols import SymbolTable

FEWEST_PERCENT = 1  # posteriors below this are not shown


def main() -> None:
    args = parse_arguments()
    words, scale = SymbolTable.read(args.words), 1 / args.lm_weight
    if args.utt is None:
        print(*align([COLUMNS, *(overview(utt, lattice, words, scale) for utt, lattice in lattices_of(args.lattices))], left=1), sep="\n")
        return
    lattice = next((lattice for utt, lattice in lattices_of(args.lattices) if utt == args.utt), None)
    if lattice is None:
        raise DataError(args.lattices, f"has no lattice of utterance {args.utt}")
    if args.beam is not None:
        lattice = lattice.prune(args.beam, scale)
    show_best(lattice, words, scale, args.num_best)
    show_network(lattice, words, scale)
    if args.dot:
        write_dot(args.dot, lattice, words)


def parse_arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--utt", metavar="UTTERANCE", help="show this utterance")
    parser.add_argument("--lm-weight", type=float, default=12.0, help="costs are graph + acoustic / this (default 12)")
    parser.add_argument("--num-best", type=int, default=10, help="word sequences to show (default 10)")
    parser.add_argument("--beam", type=float, help="with --utt: show only what is within this cost of the best path")
    parser.add_argument("--dot", metavar="FILE", help="with --utt: write the lattice for graphviz: dot -Tsvg FILE")
    parser.add_argument("lattices", type=Path, metavar="decode-dir|archive")
    parser.add_argument("words", metavar="words.txt")
    args = parser.parse_args()
    if args.utt is None and (args.dot or args.beam is not None):
        parser.error("--dot and --beam need --utt")
    return args


def lattices_of(path: Path) -> Iterator[tuple[str, Lattice]]:
    return read_lattice_folder(path) if path.is_dir() else read_lattices(path)


COLUMNS = ("utterance", "states", "arcs", "frames", "words at a time", "best words")


def overview(utterance: str, lattice: Lattice, words: SymbolTable, scale: float) -> tuple[str, ...]:
    num_frames = int(lattice.times[-1])
    lengths = lattice.times[lattice.target] - lattice.times[lattice.source]
    density = lengths[lattice.word > 0].sum() / max(1, num_frames)
    best = " ".join(map(words.symbol, lattice.best_path(scale).words))
    return utterance, str(lattice.num_states), str(lattice.num_arcs), str(num_frames), f"{density:.1f}", best


def show_best(lattice: Lattice, words: SymbolTable, scale: float, num_best: int) -> None:
    rows = [("cost", "graph", "acoustic", "words")]
    for path in nbest(lattice, num_best, scale):
        cost = path.graph_cost + scale * path.acoustic_cost
        rows.append((f"{cost:.2f}", f"{path.graph_cost:.2f}", f"{path.acoustic_cost:.2f}", " ".join(map(words.symbol, path.words))))
    print(*align(rows, left=0), sep="\n")


def show_network(lattice: Lattice, words: SymbolTable, scale: float) -> None:
    """The bins where a word is likely, with their candidates and posteriors in percent."""
    network = mbr_decode(determinize(lattice, float("inf"), scale), scale)
    rows = [("begin", "end", "candidates")]
    for candidates in network.bins:
        likely = [candidate for candidate in candidates if 100 * candidate.posterior >= FEWEST_PERCENT]
        if any(candidate.word for candidate in likely):
            said = max(likely, key=lambda candidate: candidate.posterior * (candidate.word > 0))
            names = "  ".join(f"{words.symbol(c.word) if c.word else '-'} {100 * c.posterior:.0f}" for c in likely)
            rows.append((f"{said.begin:.0f}", f"{said.end:.0f}", names))
    print("", *align(rows, left=0), f"expected errors: {network.expected_errors:.2f}", sep="\n")


def write_dot(path: str, lattice: Lattice, words: SymbolTable) -> None:
    with atomic_write(path) as out:
        out.write("digraph lattice {\n  rankdir=LR\n  node [shape=circle]\n")
        for state, time in enumerate(lattice.times.tolist()):
            shape = ", shape=doublecircle" if state == lattice.num_states - 1 else ""
            out.write(f'  {state} [label="{state}\\n{time}"{shape}]\n')
        for arc in range(lattice.num_arcs):
            word = words.symbol(int(lattice.word[arc])) if lattice.word[arc] else "-"
            label = f"{word}\\n{lattice.graph_cost[arc]:.2f} {lattice.acoustic_cost[arc]:.1f}".replace('"', '\\"')
            out.write(f'  {lattice.source[arc]} -> {lattice.target[arc]} [label="{label}"]\n')
        out.write("}\n")


if __name__ == "__main__":
    run(main)
