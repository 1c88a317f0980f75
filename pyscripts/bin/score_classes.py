#!/usr/bin/env python3
"""Score the classification of a test set's clips: accuracy, balanced accuracy and AUC, by clip and by recording, with intervals.

usage: score_classes.py [options] <split-dir> <data-dir> <posterior-dir> <score-dir>

<split-dir> is of utils/split_recordings.sh: its split.json goes into the result, and every clip must be of its test part, itself or by its
recording. <posterior-dir> has posteriors.scp, a vector of log posteriors a clip, and the list `classes`.
Writes <score-dir>/result.json, <score-dir>/confusion.png (by clip and by recording) and <score-dir>/decisions (clip, its class, the class
taken); the summary is printed.

  score_classes.py --system crnn --features mel128 data/by_recording data/by_recording/test exp/crnn/test exp/crnn/scores_test
"""

from argparse import Namespace
from pathlib import Path

from cortado.command import command_line, make_parser, run
from cortado.datadir import DataDir, write_table
from cortado.datadir.recordings import recordings_of
from cortado.datadir.split_record import SplitRecord, read_split_record
from cortado.datadir.table import few
from cortado.errors import ConfigError, DataError
from cortado.files import file_digest
from cortado.report.confusion_plot import plot_confusions
from cortado.score.class_result import FORMAT, ClassResult, ScoredClips, estimate
from cortado.score.classification import Classified, read_classified
from cortado.score.result import code_version, parse_facts


def main() -> None:
    args = parse_arguments()
    facts, split, data_dir = parse_facts(args.info), read_split_record(args.split_dir / "split.json"), DataDir(args.data_dir)
    require_tested(args.split_dir, data_dir)
    clips = read_classified(args.posterior_dir, data_dir)
    recordings = clips.by_recording()
    result = ClassResult(
        format=FORMAT,
        system=args.system or args.posterior_dir.resolve().parent.name,
        features=args.features,
        condition=args.condition or data_dir.path.resolve().name,
        split=split,
        test=ScoredClips(
            str(data_dir.path), file_digest(data_dir.path / "utt2spk"), len(clips.names), len(recordings.names), len(data_dir.spk2utt)
        ),
        clips=estimate(clips, args.num_draws),
        recordings=estimate(recordings, args.num_draws),
        facts=facts,
        num_draws=args.num_draws,
        version=code_version(Path(__file__).resolve().parent),
        command=command_line(),
    )
    (args.score_dir / "result.json").unlink(missing_ok=True)  # it comes last, and never stands beside another run's decisions
    decisions = zip(clips.names, clips.labels, clips.predicted, strict=True)
    write_table(args.score_dir / "decisions", {clip: f"{clips.classes[label]} {clips.classes[taken]}" for clip, label, taken in decisions})
    plot(args, result, split, clips, recordings)
    result.write(args.score_dir / "result.json")
    print(result.summary())


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--system", metavar="NAME", help="what to call the system in tables (default: the folder above <posterior-dir>)")
    parser.add_argument("--features", default="-", metavar="NAME", help="what it heard, in tables (default -)")
    parser.add_argument("--condition", metavar="NAME", help="what to call the set of clips in tables (default: the name of <data-dir>)")
    parser.add_argument("--num-draws", type=int, default=1000, help="bootstrap draws behind the intervals (default 1000)")
    parser.add_argument(
        "--info",
        action="append",
        default=[],
        metavar="KEY=VALUE|FILE.json",
        help="facts to record, repeatable; tables show seed, parameters, training_seconds and synthetic (true or false)",
    )
    for folder in ("split-dir", "data-dir", "posterior-dir", "score-dir"):
        parser.add_argument(folder.replace("-", "_"), type=Path, metavar=folder)
    args = parser.parse_args()
    if args.num_draws < 1:
        raise ConfigError(f"--num-draws is {args.num_draws}, but must be at least 1")
    return args


def require_tested(split_dir: Path, data_dir: DataDir) -> None:
    """Refuse clips that the split does not test."""
    tested = DataDir(split_dir / "test").utt2spk
    others = [clip for clip, recording in recordings_of(data_dir).items() if clip not in tested and recording not in tested]
    if others:
        raise DataError(data_dir.path, f"{len(others)} clips are not of {split_dir / 'test'}, nor are their recordings: {few(others)}")


def plot(args: Namespace, result: ClassResult, split: SplitRecord, clips: Classified, recordings: Classified) -> None:
    synthetic = ", synthetic" if result.facts.synthetic else ""
    title = f"{result.system}, {result.features}, {result.condition}{synthetic}\n{split.label}"
    panels = {f"{len(clips.names)} clips": clips.confusion(), f"{len(recordings.names)} recordings": recordings.confusion()}
    plot_confusions(panels, clips.classes, title, args.score_dir / "confusion.png")


if __name__ == "__main__":
    run(main)
