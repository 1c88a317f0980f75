#!/usr/bin/env python3
"""Write when each word and phone was said, from alignments: one job of steps/get_ctm.sh.

usage: ali_to_ctm.py <data-dir> <lang-dir> <ali-dir>

Reads <ali-dir>/{ali.*.gz,final.mdl} and <data-dir>/text. Writes <ali-dir>/ctm (words, silences left out) and <ali-dir>/phones.ctm, sorted by
utterance. Kaldi's get_train_ctm.sh.

  ali_to_ctm.py data/train data/lang exp/tri1
"""

from pathlib import Path

from cortado.command import make_parser, progress, run
from cortado.datadir import DataDir
from cortado.datadir.lengths import read_frame_shift
from cortado.errors import CortadoError
from cortado.hmm.alignment import check_alignment, read_alignments
from cortado.hmm.model import read_transition_model
from cortado.lang import Lang
from cortado.lang.ctm import Timed, write_ctm
from cortado.lang.word_times import WordFinder
from cortado.report.alignment import Interval, divide


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("data_dir", metavar="data-dir")
    parser.add_argument("lang_dir", type=Path, metavar="lang-dir")
    parser.add_argument("ali_dir", type=Path, metavar="ali-dir")
    args = parser.parse_args()
    data_dir, lang = DataDir(args.data_dir), Lang.read(args.lang_dir)
    transitions, finder = read_transition_model(args.ali_dir / "final.mdl"), WordFinder(lang)
    shift = read_frame_shift(data_dir)
    words, phones = {}, {}
    for utt, tids in progress(read_alignments(args.ali_dir), len(data_dir.text), "utterances"):
        check_alignment(utt, tids, transitions)
        try:
            utterance = divide(tids, data_dir.text[utt].split(), transitions, lang, finder)
        except CortadoError as error:
            raise CortadoError(f"utterance {utt}: {error}") from None
        words[utt], phones[utt] = in_seconds(utterance.words, shift), in_seconds(utterance.phones, shift)
    write_ctm(args.ali_dir / "phones.ctm", sorted(phones.items()))
    write_ctm(args.ali_dir / "ctm", sorted(words.items()))
    print(f"times of the words and phones of {len(words)} utterances in {args.ali_dir}/ctm and phones.ctm")


def in_seconds(intervals: list[Interval], shift: float) -> list[Timed]:
    return [Timed(start * shift, end * shift, label) for start, end, label in intervals]


if __name__ == "__main__":
    run(main)
