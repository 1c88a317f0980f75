#!/usr/bin/env python3
"""Show alignments: which frames are which word, phone and state; as a table, and drawn below the spectrogram.

Usage: utils/show_ali.py [options] <data-dir> <lang-dir> <ali-dir>

<ali-dir> holds ali.*.gz and the model they were made with, final.mdl; the words are those of <data-dir>/text. Without options: the
lengths of each phone over all utterances, which show what training made of it. With --utt: one utterance, a phone on each line, with its
states as STATE*FRAMES. The picture has the spectrogram where the data directory has wav.scp, else the features; and the times of
<data-dir>/ctm, where it has that, for comparison.

Examples:
  utils/show_ali.py data/train data/lang exp/mono
  utils/show_ali.py --utt s1-bbaf2n data/train data/lang exp/tri1_ali
  utils/show_ali.py --utt s1-bbaf2n --plot bbaf2n.png data/train data/lang exp/tri1_ali
"""

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from cortado.ark import read
from cortado.ark.display import align
from cortado.command import make_parser, run
from cortado.datadir import DataDir
from cortado.datadir.audio import read_utterance
from cortado.datadir.lengths import read_frame_shift
from cortado.errors import CortadoError, DataError
from cortado.hmm.alignment import check_alignment, phone_segments, read_alignments
from cortado.hmm.model import read_transition_model
from cortado.hmm.transition_model import TransitionModel
from cortado.lang import Lang, SymbolTable
from cortado.lang.ctm import read_ctm
from cortado.lang.word_times import WordFinder
from cortado.report.alignment import AlignedUtterance, Interval, divide

COLUMNS = ("phone", "count", "share of frames", "mean / frames", "shortest", "longest")


def main() -> None:
    args = parse_arguments()
    lang = Lang.read(args.lang_dir)
    transitions = read_transition_model(args.ali_dir / "final.mdl")
    require_same_phones(lang, args.ali_dir)
    if args.utt is None:
        show_phones(args.ali_dir, transitions, lang)
    else:
        data_dir = DataDir(args.data_dir)
        utterance = find_utterance(args, data_dir, transitions, lang)
        shift = read_frame_shift(data_dir)
        show_utterance(utterance, shift)
        if args.plot:
            plot(args, data_dir, utterance, shift)
    sys.stdout.flush()  # here, where a closed pipe is still understood


def parse_arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--utt", metavar="UTTERANCE", help="show this utterance")
    parser.add_argument("--plot", metavar="FILE.png", help="with --utt: draw it (.png, .pdf or .svg)")
    parser.add_argument("data_dir", metavar="data-dir")
    parser.add_argument("lang_dir", type=Path, metavar="lang-dir")
    parser.add_argument("ali_dir", type=Path, metavar="ali-dir")
    args = parser.parse_args()
    if args.plot and args.utt is None:
        parser.error("--plot needs --utt")
    return args


def require_same_phones(lang: Lang, ali_dir: Path) -> None:
    """Raise DataError where the phones.txt beside the alignments, if there is one, is not that of the lang folder."""
    path = ali_dir / "phones.txt"
    if path.exists() and dict(SymbolTable.read(path)) != dict(lang.phones):
        raise DataError(path, f"has other phones than {lang.phones.path}: these alignments were made with another lang folder")


def show_phones(ali_dir: Path, transitions: TransitionModel, lang: Lang) -> None:
    lengths: dict[int, list[int]] = defaultdict(list)
    num_utts = 0
    for utt, tids in read_alignments(ali_dir):
        check_alignment(utt, tids, transitions)
        segments = phone_segments(tids, transitions)
        num_utts += 1
        for phone, num_frames in zip(segments.phones.tolist(), segments.num_frames.tolist(), strict=True):
            lengths[phone].append(num_frames)
    total = sum(map(sum, lengths.values()))
    rows = [COLUMNS]
    for phone, own in sorted(lengths.items()):
        share, mean = f"{100 * sum(own) / total:.1f} %", f"{np.mean(own):.1f}"
        rows.append((lang.phones.symbol(phone), f"{len(own)}", share, mean, f"{min(own)}", f"{max(own)}"))
    print(*align(rows, left=1), sep="\n", end="\n\n")
    print(f"{num_utts} utterances, {total:,} frames")
    unseen = [lang.phones.symbol(phone) for phone in (*lang.silence_phones, *lang.nonsilence_phones) if phone not in lengths]
    if unseen:
        print(f"phones never seen: {' '.join(unseen)}")


def find_utterance(args: argparse.Namespace, data_dir: DataDir, transitions: TransitionModel, lang: Lang) -> AlignedUtterance:
    """The utterance of --utt. Raises DataError where it has no text or no alignment, and where the two do not fit."""
    text = data_dir.text
    if args.utt not in text:
        raise DataError(data_dir.path / "text", f"has no utterance {args.utt}")
    tids = next((tids for utt, tids in read_alignments(args.ali_dir) if utt == args.utt), None)
    if tids is None:
        raise DataError(args.ali_dir, f"has no alignment of utterance {args.utt}")
    check_alignment(args.utt, tids, transitions)
    try:
        return divide(tids, text[args.utt].split(), transitions, lang, WordFinder(lang))
    except CortadoError as error:
        raise CortadoError(f"utterance {args.utt}: {error}") from None


def show_utterance(utterance: AlignedUtterance, shift: float) -> None:
    """A line for each phone: its time, its word where one begins, and its states."""
    rows = [("start", "end", "frames", "word", "phone", "states", "pdfs")]
    words = {word.start: word.label for word in utterance.words}
    for start, end, phone in utterance.phones:
        states = [state for state in utterance.states if start <= state.start < end]
        stays = " ".join(f"{state.hmm_state}*{state.end - state.start}" for state in states)
        pdfs = " ".join(str(state.pdf) for state in states)
        rows.append((f"{start * shift:.2f}", f"{end * shift:.2f}", f"{end - start}", words.get(start, ""), phone, stays, pdfs))
    print(*align(rows, left=0), sep="\n")


def plot(args: argparse.Namespace, data_dir: DataDir, utterance: AlignedUtterance, shift: float) -> None:
    from cortado.report.alignment_plot import plot_alignment  # matplotlib takes longer to load than all the rest

    sound = features = None
    if data_dir.has("wav.scp"):
        sound = read_utterance(data_dir, args.utt)
    elif data_dir.has("feats.scp"):
        features = read(data_dir.feats_scp[args.utt])
    words = " ".join(word.label for word in utterance.words)
    plot_alignment(utterance, shift, f"{args.utt}: {words}", args.plot, sound, features, reference_words(data_dir, args.utt, shift))


def reference_words(data_dir: DataDir, utt: str, shift: float) -> list[Interval] | None:
    """The words of the utterance in <data-dir>/ctm, in frames; None without that file."""
    path = data_dir.path / "ctm"
    if not path.exists():
        return None
    return [Interval(word.start / shift, word.end / shift, word.label) for word in read_ctm(path).get(utt, [])]


if __name__ == "__main__":
    run(main)
