#!/usr/bin/env python3
"""Make the mini singing corpus, or one job's share of its singers: SYNTHETIC a cappella singing whose pitch is known exactly, as 16-bit FLAC.

The folder holds README, RECORDINGS.TXT (who sings which song where), and SINGER/ with SINGER-NN.flac at 44.1 kHz and f0.ark, f0.scp: for each
recording the pitch in Hz at the samples 0, 256, 512 and so on, 0 where nothing is voiced. The same options give the same bytes, whatever the
number of jobs.

Example: local/mini/make_sid_corpus.py --num-jobs 2 --job 1 data/corpus
"""

from pathlib import Path

from corpus_folder import add_plan_options, describe_plan, plan_of, write_description
from make_speaker_corpus import write_flac

from cortado.ark import ArkWriter
from cortado.command import add_job_options, make_parser, progress, run, share_of
from cortado.synth.singer_performance import SAMPLE_RATE
from cortado.synth.singing import Singer, SingingPlan

README = """SYNTHETIC singing, made by local/mini/make_sid_corpus.py from formulas. No person sings here.
Every number measured on it says something about the programs, nothing about their accuracy on people.

{plan}
All singers sing the same songs. Rooms are decaying noise, noises are coloured noise, microphones are random equalisers, another of each in
every recording. f0.scp of each singer is the exact pitch in Hz at every 256th sample, 0 where nothing is voiced.
"""


def main() -> None:
    parser = make_parser(__doc__)
    add_job_options(parser)
    add_plan_options(parser, SingingPlan)
    parser.add_argument("out", type=Path, help="folder of the corpus")
    args = parser.parse_args()
    plan = plan_of(args, SingingPlan)
    mine = share_of(plan.singers(), args)
    describe(plan, args.out)
    for singer in progress(mine, len(mine), "singers"):
        record(plan, singer, args.out / singer.name)


def describe(plan: SingingPlan, out: Path) -> None:
    """README and RECORDINGS.TXT."""
    lines = [";ID | SINGER | SONG | KEY-IN-CENTS PACE T60-IN-SECONDS SNR-IN-DB\n"]
    for take in (take for singer in plan.singers() for take in plan.takes(singer)):
        day = f"{take.key:.0f} {take.pace:.3f} {take.t60:.3f} {take.snr:.1f}"
        lines.append(f"{take.name} | {take.singer.name} | song{take.song} | {day}\n")
    write_description(out, {"README": README.format(plan=describe_plan(plan)), "RECORDINGS.TXT": "".join(lines)})


def record(plan: SingingPlan, singer: Singer, folder: Path) -> None:
    """All recordings of a singer, and their pitch."""
    with ArkWriter(folder / "f0.ark", folder / "f0.scp") as pitches:
        for take in plan.takes(singer):
            sung = plan.render(take)
            write_flac(folder / f"{take.name}.flac", sung.samples, SAMPLE_RATE)
            pitches.write(take.name, sung.f0)


if __name__ == "__main__":
    run(main)
