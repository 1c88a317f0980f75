#!/usr/bin/env python3
"""Write when each recognised word was said, and how sure it is: one job of steps/get_decode_ctm.sh.

usage: lattices_to_ctm.py [options] <model> <lang-dir> <data-dir> <decode-dir>

Reads <decode-dir>/lat.*.gz. The words are those of the best path at --lm-weight and --word-penalty, or at the weights that scoring chose
(steps/score.sh), when neither is given. Writes <decode-dir>/ctm, lines 'utterance 1 start duration word confidence', times in seconds,
sorted by utterance. An utterance whose path was cut off before the end of a sentence has no times; it is left out and named.

  lattices_to_ctm.py exp/tri3/final.mdl data/lang data/test exp/tri3/decode_test
"""

import sys
from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir import DataDir
from cortado.datadir.lengths import read_frame_shift
from cortado.datadir.table import few
from cortado.decode.ctm import recognised_words, write_recognised
from cortado.decode.lattice_file import read_lattice_folder
from cortado.decode.score_folder import read_best_weights
from cortado.decode.sweep import Weights
from cortado.errors import CortadoError
from cortado.hmm.model import read_transition_model
from cortado.lang import Lang
from cortado.lang.word_times import WordFinder


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--lm-weight", type=float, help="costs are graph + acoustic / this (default: what scoring chose)")
    parser.add_argument("--word-penalty", type=float, default=0.0, help="cost of each word, with --lm-weight (default 0)")
    parser.add_argument("model")
    parser.add_argument("lang_dir")
    parser.add_argument("data_dir")
    parser.add_argument("decode_dir", type=Path)
    args = parser.parse_args()
    weights = Weights(args.lm_weight, args.word_penalty) if args.lm_weight else read_best_weights(args.decode_dir)
    lang, transitions = Lang.read(args.lang_dir), read_transition_model(args.model)
    finder, shift = WordFinder(lang), read_frame_shift(DataDir(args.data_dir))
    said, left_out = {}, []
    for utterance, lattice in read_lattice_folder(args.decode_dir):
        try:
            words = recognised_words(lattice, weights, transitions, finder)
        except CortadoError as error:
            left_out.append(utterance)
            print(f"utterance {utterance}: {error}", file=sys.stderr)
            continue
        said[utterance] = [(shift * w.begin, shift * w.end, lang.words.symbol(w.word), w.confidence) for w in words]
    write_recognised(args.decode_dir / "ctm", sorted(said.items()))
    without = f", without {len(left_out)}: {few(left_out)}" if left_out else ""
    print(f"{args.decode_dir}/ctm: words of {len(said)} utterances{without}")


if __name__ == "__main__":
    run(main)
