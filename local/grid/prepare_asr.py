#!/usr/bin/env python3
"""Data directories train, dev and test of GRID from its clips and what extract_audio.py says of them.

Sentences are drawn, not clips: a sentence that several talkers say is in one set only. The draw does not depend on which clips are damaged;
these are left out afterwards, named with the reason, and listed in <data>/local/damaged.

With --unseen-talkers the sets differ in talkers instead: those named are the test set, a tenth of the others, drawn, is dev. Published tests on
unseen talkers are on s1, s2, s20 and s22 (Y. Assael et al., "LipNet: end-to-end sentence-level lipreading", 2016).

Writes <data>/{train,dev,test}/{wav.scp,video.scp,text,utt2spk,spk2utt,ctm} (ctm: GRID's own times of the words), and in <data>/local:
  grammar     the published grammar, a slot and its words on each line
  vocabulary  its 51 words
  lexicon.txt the letters whose names CMUdict does not have, for prepare_dict.sh --lexicon
  lm_train    the training sentences, one a line, without utterance names
  damaged     the clips left out, with the reason

Example: local/grid/prepare_asr.py --corpus GRID --wav-dir data/wav data data/local/grid.*.clips
"""

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from grid import SLOTS, Clip, find_clips, read_words, words_of

from cortado.command import make_parser, run
from cortado.datadir import read_table, utt2spk_to_spk2utt, write_table
from cortado.datadir.table import few
from cortado.errors import ConfigError, CortadoError
from cortado.lang import Pronunciation, write_lexicon
from cortado.lang.ctm import write_ctm
from cortado.lang.rows import write_rows

# The letter a is never the article, and z is zed to most of the talkers, who are British.
LETTERS = [("a", "EY"), ("z", "Z EH D"), ("z", "Z IY")]
MOST_SHOWN = 20


def main() -> None:
    args = parse_arguments()
    clips = find_clips(args.corpus)
    states = {name: state for part in args.parts for name, state in read_table(part).items()}
    require_states(clips, states)
    damaged = {clip.name: states[clip.name] for clip in clips if states[clip.name] != "ok"}
    report_damaged(damaged, len(clips), args.max_damaged, args.data / "local/damaged")
    for name, members in split(clips, args).items():
        good = [clip for clip in members if clip.name not in damaged]
        write_data_dir(args.data / name, good, args.wav_dir)
        if name == "train":
            write_rows(args.data / "local/lm_train", (words_of(clip.sentence) for clip in good))
        talkers, sentences = {clip.talker for clip in members}, {clip.sentence for clip in members}
        print(f"{args.data / name}: {len(good)} utterances of {len(talkers)} talkers, {len(sentences)} sentences")
    write_language(args.data / "local")


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="the GRID tree")
    parser.add_argument("--wav-dir", type=Path, required=True, metavar="DIR", help="where extract_audio.py put the sound")
    parser.add_argument("--dev-sentences", type=int, metavar="N", help="default a tenth of the sentences")
    parser.add_argument("--test-sentences", type=int, metavar="N", help="default a tenth of the sentences")
    parser.add_argument("--unseen-talkers", default="", metavar="'s1 s2'", help="the test set, instead of sentences of all talkers")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (default 0)")
    parser.add_argument("--max-damaged", type=float, default=0.1, metavar="SHARE", help="more damaged clips are an error (default 0.1)")
    parser.add_argument("data", type=Path)
    parser.add_argument("parts", nargs="+", type=Path, help="the lists of extract_audio.py")
    args = parser.parse_args()
    if args.unseen_talkers and (args.dev_sentences is not None or args.test_sentences is not None):
        raise ConfigError("--unseen-talkers splits by talker; --dev-sentences and --test-sentences do not go with it")
    return args


def require_states(clips: list[Clip], states: dict[str, str]) -> None:
    lost = [clip.name for clip in clips if clip.name not in states]
    if lost:
        raise CortadoError(f"{len(lost)} clips are in no list of extract_audio.py: {few(lost)}; has the corpus grown? make the lists again")


def report_damaged(damaged: dict[str, str], num_clips: int, max_share: float, path: Path) -> None:
    """List the damaged clips in `path` and print the first of them. Raises CortadoError when there are too many."""
    write_table(path, damaged)
    for name in sorted(damaged)[:MOST_SHOWN]:
        print(f"left out: {name}: {damaged[name]}")
    if damaged:
        print(f"left out: {len(damaged)} of {num_clips} clips, all listed in {path}")
    if len(damaged) > max_share * num_clips:
        raise CortadoError(f"{len(damaged)} of {num_clips} clips are damaged, more than --max-damaged {max_share:g}; see {path}")


def split(clips: list[Clip], args: Namespace) -> dict[str, list[Clip]]:
    """The clips of train, dev and test, damaged ones included, as the options want them."""
    if args.unseen_talkers:
        sets = split_talkers({clip.talker for clip in clips}, args.unseen_talkers.split(), args.seed)
        return {name: [clip for clip in clips if clip.talker in talkers] for name, talkers in sets.items()}
    sets = draw_sets({clip.sentence for clip in clips}, args.dev_sentences, args.test_sentences, args.seed)
    return {name: [clip for clip in clips if clip.sentence in sentences] for name, sentences in sets.items()}


def split_talkers(talkers: set[str], unseen: list[str], seed: int) -> dict[str, set[str]]:
    """The talkers of train, dev and test. Raises CortadoError for one that is not there, and when too few are left to train on."""
    missing = [talker for talker in unseen if talker not in talkers]
    others = sorted(talkers - set(unseen))
    if missing or len(others) < 2:
        reason = f"there is no {few(missing)}" if missing else "at least two others are needed, to train on and for dev"
        raise CortadoError(f"--unseen-talkers '{' '.join(unseen)}': {reason}; the talkers are {' '.join(sorted(talkers))}")
    dev = set(np.random.default_rng(seed).permutation(others)[: max(1, len(others) // 10)].tolist())
    return {"train": set(others) - dev, "dev": dev, "test": set(unseen)}


def draw_sets(sentences: Iterable[str], num_dev: int | None, num_test: int | None, seed: int) -> dict[str, set[str]]:
    """The sentences of train, dev and test. Raises CortadoError when none would be left for one of them."""
    shuffled = np.random.default_rng(seed).permutation(sorted(sentences)).tolist()
    tenth = len(shuffled) // 10
    num_dev, num_test = tenth if num_dev is None else num_dev, tenth if num_test is None else num_test
    if min(num_dev, num_test) < 1 or num_dev + num_test >= len(shuffled):
        raise CortadoError(
            f"{len(shuffled)} sentences cannot be split with {num_dev} for dev and {num_test} for test (--dev-sentences, --test-sentences)"
        )
    held_out = num_dev + num_test
    return {"train": set(shuffled[held_out:]), "dev": set(shuffled[:num_dev]), "test": set(shuffled[num_dev:held_out])}


def write_data_dir(folder: Path, clips: list[Clip], wav_dir: Path) -> None:
    utt2spk = {clip.name: clip.talker for clip in clips}
    write_table(folder / "wav.scp", {clip.name: wav_dir / clip.talker / f"{clip.name}.wav" for clip in clips})
    write_table(folder / "video.scp", {clip.name: clip.video for clip in clips})
    write_table(folder / "text", {clip.name: " ".join(words_of(clip.sentence)) for clip in clips})
    write_table(folder / "utt2spk", utt2spk)
    write_table(folder / "spk2utt", {talker: " ".join(names) for talker, names in utt2spk_to_spk2utt(utt2spk).items()})
    write_ctm(folder / "ctm", ((clip.name, read_words(clip.align, clip.sentence)) for clip in clips))


def write_language(folder: Path) -> None:
    write_rows(folder / "grammar", ([slot, *words] for slot, words in SLOTS.items()))
    write_rows(folder / "vocabulary", ([word] for word in sorted(word for words in SLOTS.values() for word in words)))
    write_lexicon(folder / "lexicon.txt", [Pronunciation(letter, 1.0, tuple(phones.split())) for letter, phones in LETTERS])


if __name__ == "__main__":
    run(main)
