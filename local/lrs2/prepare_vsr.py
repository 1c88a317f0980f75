#!/usr/bin/env python3
"""Data directories of LRS2's sets from its lists and what extract_sound.py says of its clips.

Damaged clips are left out, named with the reason, and listed in <data>/local/damaged. Clips of pretrain are cut to parts of at most
--max-seconds between their words, which become the utterances. A folder of the corpus counts as a speaker.

Writes <data>/<set>/{wav.scp,video.scp,text,utt2spk,spk2utt}, for pretrain also segments, and <data>/local/lm/text: what is said in all
clips of pretrain and train, a clip a line, for the dictionary and the language model.

Example: local/lrs2/prepare_vsr.py --corpus mvlrs_v1 --sets "pretrain train val test" --wav-dir data/wav data data/local/lrs2.*.clips
"""

from argparse import Namespace
from collections.abc import Iterable, Mapping
from pathlib import Path

from cut import Part, cut
from lrs2 import Clip, find_corpus, read_clips, read_word_times, read_words

from cortado.command import make_parser, progress, run
from cortado.datadir import read_table, utt2spk_to_spk2utt, write_table
from cortado.datadir.table import few
from cortado.errors import CortadoError, DataError

PUBLISHED = {"pretrain": 96_318, "train": 45_839, "val": 1_082, "test": 1_243}  # clips of each set
SPOKEN = ("pretrain", "train")  # the sets of which the language model learns
MOST_SHOWN = 20


def main() -> None:
    args = parse_arguments()
    corpus = find_corpus(args.corpus)
    lists_dir = args.lists_dir or corpus
    sets = {subset: read_clips(corpus, lists_dir, subset) for subset in dict.fromkeys([*SPOKEN, *args.sets.split()])}
    check_lists(sets, lists_dir, args.check_counts == "true")
    states = {name: state for part in args.parts for name, state in read_table(part).items()}
    used = {subset: sets[subset] for subset in args.sets.split()}
    durations = report_damaged(used, states, args.max_damaged, args.data / "local/damaged")
    for subset, clips in used.items():
        good = [clip for clip in clips if clip.name in durations]
        parts = cut_clips(good, durations, args.max_seconds) if subset == "pretrain" else None
        write_data_dir(args.data / subset, good, args.wav_dir, parts)
    damaged = {clip.name for clips in used.values() for clip in clips} - durations.keys()
    write_lm_text(args.data / "local/lm", [clip for subset in SPOKEN for clip in sets[subset] if clip.name not in damaged])


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="mvlrs_v1, or the folder that holds it")
    parser.add_argument("--lists-dir", type=Path, metavar="DIR", help="folder of train.txt and the other lists (default: the corpus)")
    parser.add_argument("--sets", required=True, metavar="'A B'", help="those to make, of pretrain train val test")
    parser.add_argument("--wav-dir", type=Path, required=True, metavar="DIR", help="where extract_sound.py put the sound")
    parser.add_argument("--max-seconds", type=float, default=6.0, metavar="X", help="of a part of a pretrain clip (default 6)")
    parser.add_argument("--check-counts", choices=["true", "false"], default="true", help="refuse shorter lists (default true)")
    parser.add_argument("--max-damaged", type=float, default=0.05, metavar="SHARE", help="more damaged clips are an error (default 0.05)")
    parser.add_argument("data", type=Path)
    parser.add_argument("parts", nargs="+", type=Path, help="the lists of extract_sound.py")
    return parser.parse_args()


def check_lists(sets: Mapping[str, list[Clip]], lists_dir: Path, has_published_counts: bool) -> None:
    """Raises CortadoError for a clip in two sets and, if wanted, for lists of other lengths than the published ones."""
    set_of: dict[str, str] = {}
    for subset, clips in sets.items():
        if has_published_counts and len(clips) != PUBLISHED[subset]:
            reason = f"names {len(clips)} clips, published are {PUBLISHED[subset]}; complete it, or take it with --check-counts false"
            raise DataError(lists_dir / f"{subset}.txt", reason)
        for clip in clips:
            if set_of.setdefault(clip.name, subset) != subset:
                raise DataError(lists_dir / f"{subset}.txt", f"{clip.video} is also in {set_of[clip.name]}.txt")


def report_damaged(sets: Mapping[str, list[Clip]], states: Mapping[str, str], max_share: float, path: Path) -> dict[str, float]:
    """Clip -> seconds of its sound, of those that can be used; the others are listed in `path` and the first of them printed.

    Raises CortadoError when there are too many, and for a clip of which extract_sound.py has said nothing.
    """
    clips = [clip.name for members in sets.values() for clip in members]
    if lost := [name for name in clips if name not in states]:
        raise CortadoError(f"{len(lost)} clips are in no list of extract_sound.py: {few(lost)}; have the lists grown? run it again")
    durations = {name: float(states[name].removeprefix("ok ")) for name in clips if states[name].startswith("ok ")}
    damaged = {name: states[name] for name in clips if name not in durations}
    write_table(path, damaged)
    for name in sorted(damaged)[:MOST_SHOWN]:
        print(f"left out: {name}: {damaged[name]}")
    if damaged:
        print(f"left out: {len(damaged)} of {len(clips)} clips, all listed in {path}")
    if len(damaged) > max_share * len(clips):
        raise CortadoError(f"{len(damaged)} of {len(clips)} clips are damaged, more than --max-damaged {max_share:g}; see {path}")
    return durations


def cut_clips(clips: Iterable[Clip], durations: Mapping[str, float], longest: float) -> dict[str, list[Part]]:
    """Clip -> its parts."""
    return {clip.name: cut(read_word_times(clip.transcript), longest, durations[clip.name]) for clip in clips}


def write_data_dir(folder: Path, clips: list[Clip], wav_dir: Path, parts: Mapping[str, list[Part]] | None) -> None:
    """`parts` of the clips, where they are cut: then these are the utterances."""
    write_table(folder / "wav.scp", {clip.name: wav_dir / clip.source / f"{clip.name}.wav" for clip in clips})
    write_table(folder / "video.scp", {clip.name: clip.video for clip in clips})
    if parts is None:
        text = {clip.name: " ".join(read_words(clip.transcript)) for clip in progress(clips, len(clips), "transcripts")}
        utt2spk = {clip.name: clip.source for clip in clips}
    else:
        utterances = {f"{clip.name}-{number:03}": (clip, part) for clip in clips for number, part in enumerate(parts[clip.name])}
        write_table(
            folder / "segments", {name: f"{clip.name} {part.start:.3f} {part.end:.3f}" for name, (clip, part) in utterances.items()}
        )
        text = {name: " ".join(part.words) for name, (_, part) in utterances.items()}
        utt2spk = {name: clip.source for name, (clip, _) in utterances.items()}
    write_table(folder / "text", text)
    write_table(folder / "utt2spk", utt2spk)
    write_table(folder / "spk2utt", {speaker: " ".join(names) for speaker, names in utt2spk_to_spk2utt(utt2spk).items()})
    print(f"{folder}: {len(utt2spk)} utterances of {len(clips)} clips from {len(set(utt2spk.values()))} folders")


def write_lm_text(folder: Path, clips: list[Clip]) -> None:
    write_table(folder / "text", {clip.name: " ".join(read_words(clip.transcript)) for clip in progress(clips, len(clips), "transcripts")})


if __name__ == "__main__":
    run(main)
