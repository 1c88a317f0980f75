#!/usr/bin/env python3
"""Make a lang folder in Kaldi's layout from a dictionary folder.

Usage: utils/prepare_lang.sh [options] <dict-dir> <oov-word> [<tmp-dir>] <lang-dir>

<dict-dir> holds lexicon.txt or lexiconp.txt, silence_phones.txt, nonsilence_phones.txt, optional_silence.txt and, perhaps,
extra_questions.txt; utils/prepare_dict.sh makes one. <oov-word>, a word of the lexicon, stands for the words outside it. <tmp-dir>,
which Kaldi's command needs, may be given and is not used.

Writes words.txt, phones.txt, oov.txt, topo, L.fst and L_disambig.fst (for OpenFst, sorted by output label), phones/*.{txt,int,csl}, and
two files of ours: lexiconp.txt, the lexicon in the phones of the folder, and sil_prob. utils/validate_lang.sh checks it all.

Example:
  utils/prepare_lang.sh --position-dependent-phones true data/local/dict '<unk>' data/lang
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.graph.lexicon_graph import lexicon_graph
from cortado.hmm.topology import make_topology, write_topology
from cortado.lang.build import build_lang
from cortado.lang.dictionary import Dictionary


def main() -> None:
    args = parse_arguments()
    lang = build_lang(
        Dictionary.read(args.dict_dir),
        args.oov_word,
        sil_prob=args.sil_prob,
        position_dependent=args.position_dependent_phones == "true",
        share_silence=args.share_silence_phones == "true",
    )
    topology = make_topology(lang.nonsilence_phones, lang.silence_phones, args.num_nonsil_states, args.num_sil_states, args.skips == "true")
    lang.write(args.lang_dir)
    write_topology(args.lang_dir / "topo", topology)
    lexicon_graph(lang, disambig=False).write(args.lang_dir / "L.fst")
    lexicon_graph(lang, disambig=True).write(args.lang_dir / "L_disambig.fst")
    num_words = len({entry.word for entry in lang.pronunciations})
    num_phones = len(lang.silence_phones) + len(lang.nonsilence_phones)
    print(f"{args.lang_dir}: {num_words} words, {len(lang.pronunciations)} pronunciations, {num_phones} phones")


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument(
        "--num-sil-states", type=int, default=5, metavar="N", help="emitting states of a silence phone: 1, or 3 or more (default 5)"
    )
    parser.add_argument("--num-nonsil-states", type=int, default=3, metavar="N", help="emitting states of other phones (default 3)")
    parser.add_argument(
        "--skips", default="false", choices=("true", "false"), help="let a state of other phones be skipped (default false)"
    )
    parser.add_argument("--sil-prob", type=float, default=0.5, metavar="P", help="of silence between words, 0 for none (default 0.5)")
    parser.add_argument(
        "--position-dependent-phones",
        default="false",
        choices=("true", "false"),
        help="a phone that begins a word is another one than inside it, at its end, or alone: _B _I _E _S (default false; Kaldi's is true)",
    )
    parser.add_argument(
        "--share-silence-phones", default="false", choices=("true", "false"), help="all silence phones share their pdfs (default false)"
    )
    parser.add_argument("dict_dir", type=Path, metavar="dict-dir")
    parser.add_argument("oov_word", metavar="oov-word")
    parser.add_argument("tmp_dir", nargs="?", metavar="tmp-dir", help="not used")
    parser.add_argument("lang_dir", type=Path, metavar="lang-dir")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
